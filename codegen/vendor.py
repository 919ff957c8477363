"""Kernels as a small package that builds without this tool: sources, the C that Cython makes of them, certificates, and what
builds, tests and explains them."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

from convt._derive import ConvSpec, children
from convt._derive.lengths import image_lengths, smallest_feature_length
from convt._derive.maps import MAPS

from . import translate
from .errors import BuildError
from .kernel import Kernel
from .plan import as_fields
from .render import fill, header
from .store import HEADER

FIXED = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "test_impulses.py")
ENDS = (".pyx", ".c", ".json")
AXES = {"u": ("F", "m", "features"), "x": ("C", "n", "image")}
FEATURES, IMAGES = 8, 4  # channels of the examples


@dataclass(frozen=True)
class Example:
    """An array of an example, the expression that makes it, and what its axes are."""

    letter: str
    value: str
    says: str


@dataclass(frozen=True)
class Section:
    """What the package's README says about one kernel."""

    name: str
    command: str
    compiler: str
    arrays: tuple[Example, ...]
    inputs: str
    out: str
    groups: int
    packing: tuple[str, ...]


def names(kernels: Sequence[str]) -> list[str]:
    """The files of a package with these kernels."""
    return [*FIXED, HEADER, *(name + end for name in kernels for end in ENDS)]


def package(title: str, kernels: Sequence[Kernel], others: Sequence[Mapping[str, Any]] = (),
            more: Mapping[ConvSpec, Mapping[str, Any]] | None = None) -> dict[str, bytes]:
    """Name -> content of each file, beside which may lie the kernels of the ``others``' certificates.

    ``title``: the name of the folder; ``more``: what the certificates of a configuration are to say besides. Raises ``BuildError``.
    """
    own = {kernel.name: kernel.certificate | dict((more or {}).get(kernel.spec, {})) for kernel in kernels}
    certificates = {certificate["kernel"]: certificate for certificate in (*others, *own.values())}
    sections = [as_fields(section(certificates[name])) for name in sorted(certificates)]
    rows: dict[str, dict[str, Any]] = {"README.md": {"kernels": sections}, "pyproject.toml": {"version": "0.1.0"}}
    texts = {name: fill(f"vendor/{name}.jinja", rows.get(name, {}) | ({"distribution": distribution(title)} if name in rows else {}))
             for name in FIXED} | {HEADER: header()}
    made = children.together(2, lambda kernel, _: translated(kernel.name, kernel.source), kernels)
    for kernel, text in zip(kernels, made, strict=True):
        texts |= {f"{kernel.name}.pyx": kernel.source, f"{kernel.name}.c": text,
                  f"{kernel.name}.json": json.dumps(own[kernel.name], indent=1) + "\n"}
    return {name: text.encode() for name, text in texts.items()}


def strangers(kernels: Sequence[str], certificates: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of certificates those kernels, beside these, that include another ``convt_runtime.h`` than these will."""
    own = sha256(header().encode()).hexdigest()
    return [other["kernel"] for other in certificates if other["kernel"] not in kernels and other.get("header_sha256", own) != own]


def distribution(title: str) -> str:
    """The name under which pip knows a folder's package; never that of another project."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(("convt", *(words[words[:1] == ["convt"]:] or ["kernels"])))


def translated(name: str, source: str) -> str:
    """The C that Cython makes of a source. Raises ``BuildError``."""
    with tempfile.TemporaryDirectory(prefix="convt-cython-") as folder:
        Path(folder, f"{name}.pyx").write_text(source, encoding="utf-8")
        child = translate.start(Path(folder))
        words, _ = children.finish(child, translate.told(Path(folder), name))
        if child.returncode:
            raise BuildError(f"cython {name}.pyx ended with {child.returncode}:\n" + "\n".join(words.strip().split("\n")[-25:]))
        return Path(folder, f"{name}.c").read_text(encoding="utf-8")


def section(certificate: Mapping[str, Any]) -> Section:
    """What can be said about a kernel from its certificate, with arrays that fit."""
    name, problem = certificate["kernel"], certificate["problem"]
    fields: dict[str, Any] = {field: [axis[field] for axis in problem["axes"]] for field in problem["axes"][0]}
    spec = ConvSpec(**fields)
    m = tuple(smallest_feature_length(axis) + 15 for axis in spec.axes)
    n = image_lengths(spec, m)
    taps, dtype, last = certificate.get("filter", {}).get("taps"), f"np.{problem['dtype']}", problem["layout"] == "channels_last"
    images, groups = (FEATURES, FEATURES) if taps else (IMAGES, 1)
    shapes = {"u": _laid_out(FEATURES, m, last), "x": _laid_out(images, n, last), "w": (FEATURES, images // groups, *spec.kernel)}
    roles = MAPS[problem["map"]]
    one, two, out = *roles.reads, roles.gives
    values = {letter: f"np.{'empty' if letter == out else 'ones'}({shapes[letter]}, {dtype})" for letter in (one, two, out)}
    if taps:
        one_filter = ", ".join(repr(float(Fraction(tap))) for tap in taps)
        values["w"] = f"np.tile(np.array([{one_filter}], {dtype}).reshape({spec.kernel}), ({FEATURES}, 1{', 1' * spec.dims}))"
    arrays = tuple(Example(letter, value, _axes(letter, last)) for letter, value in values.items())
    packs = two == "w" and not taps
    return Section(name, certificate["command"], certificate["compiler"], arrays, f"{one}, {two}", out, groups,
                   _packing(name, dtype, f"{FEATURES}, {images}, 1", f"{m}, {n}", one, out) if packs else ())


def _laid_out(channels: int, lengths: tuple[int, ...], last: bool) -> tuple[int, ...]:
    return (1, *lengths, channels) if last else (1, channels, *lengths)


def _axes(letter: str, last: bool) -> str:
    if letter == "w":
        return "weights: (F, C/groups, *kernel)"
    channels, length, says = AXES[letter]
    return f"{says}: (batch, *{length}, {channels})" if last else f"{says}: (batch, {channels}, *{length})"


def _packing(name: str, dtype: str, channels: str, lengths: str, one: str, out: str) -> tuple[str, ...]:
    """Lines that pack weights once for the family that suits the sizes, and call with them."""
    return ("", "# weights that stay are packed once, for the family that suits the sizes",
            f'name = "{name}"',
            f"costs = module.costs(name, 1, {channels}, {lengths})",
            "family = min(costs, key=costs.get)",
            f"packed = np.empty(module.packed_length(name, {channels}, family), {dtype})",
            "if packed.size and module.pack(name, w, packed, 1, family):  # False where a weight is Inf or NaN",
            f"    module.{name}({one}, w, None, {out}, threads=2, family=family, packed=packed)")
