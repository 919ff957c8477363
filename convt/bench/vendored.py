"""Stored kernels against the same kernels out of a package that pip built with default settings: in pairs, in one process."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

from convt import packages
from convt._codegen import vendor
from convt._codegen.errors import BuildError, CheckFailed, Failure
from convt._codegen.kernel import aligned, load
from convt._codegen.pipeline import build
from convt._codegen.probes import environment
from convt._codegen.problem import Problem
from convt._derive import children
from convt._derive.errors import ToolMissing

from . import layers
from .layers import Layer
from .samples import interval, repeats, sample, summary

HEAD = ("layer", "threads", "stored ms", "vendored ms", "vendored/stored")


@dataclass
class Pair:
    """Seconds of each round, of the stored kernel and of the vendored one."""

    layer: str
    threads: int
    stored: list[float] = field(default_factory=list)
    vendored: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> tuple[float, float, float]:
        """Median of the paired ratios vendored/stored, with its 95 % interval."""
        return interval(self.stored, self.vendored)

    def row(self) -> tuple[str, ...]:
        """In the order of HEAD."""
        middle, low, high = self.ratio
        return (self.layer, str(self.threads), f"{summary(self.stored)[0]:.3g}", f"{summary(self.vendored)[0]:.3g}",
                f"{middle:.3f} ({low:.3f}–{high:.3f})")


def measure(path: str | None, only: str, counts: list[int], rounds: int, note: Callable[[str], None]) -> list[Pair]:
    """Times for the layers of a file (or the default ones), from a process for each number of threads.

    Raises ``ToolMissing`` without pip or setuptools, ``BuildError`` with pip's last words, and what ``build`` raises.
    """
    problems = list(dict.fromkeys(Problem.of(layer.spec) for layer in layers.load(path, only)))
    kernels = build(problems, alone=True)
    with tempfile.TemporaryDirectory(prefix="convt-vendored-") as folder:
        package, site = Path(folder, "kernels"), Path(folder, "site")
        packages.put(package, vendor.package("kernels", kernels))
        note(f"pip installs {len(kernels)} kernel{'s' * (len(kernels) > 1)}")
        install(package, site)
        pairs = []
        for threads in counts:
            words = json.dumps({"path": path, "only": only, "threads": threads, "rounds": rounds, "site": str(site)})
            child = children.start(__name__, words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            said, complained = children.finish(child)
            if child.returncode:
                raise Failure(f"the timing process ended with {child.returncode}: {(complained.strip() or 'no message').splitlines()[-1]}")
            pairs += [Pair(**row) for row in json.loads(said)]
        return pairs


def install(package: Path, site: Path) -> None:
    """``pip install`` of a package into a folder, with the setuptools that is here. Raises ``ToolMissing`` or ``BuildError``."""
    for name in ("pip", "setuptools"):
        if not children.installed(name):
            raise ToolMissing(f"{name} is not installed, and builds the vendored kernels: python -m ensurepip, pip install setuptools")
    settings = {"CC": os.environ["CC"]} if "CC" in os.environ else {}
    words = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(site)]
    pip = children.start_program([children.interpreter(), "-I", "-m", "pip", *words, str(package)], env=environment() | settings,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = children.finish(pip)
    if pip.returncode:
        raise BuildError(f"pip install {package} ended with {pip.returncode}:\n" + "\n".join(said.strip().splitlines()[-25:]))


def main(words: str) -> None:
    """The child: pairs as JSON on standard output."""
    request = json.loads(words)
    threads = request["threads"]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    print(json.dumps([asdict(pair(layer, threads, request["rounds"], Path(request["site"])))
                      for layer in layers.load(request["path"], request["only"])]))


def pair(layer: Layer, threads: int, rounds: int, site: Path) -> Pair:
    """Both kernels on the same arrays, one after the other in turns. Raises ``CheckFailed`` where their bits differ."""
    import numpy as np

    kernel = build([Problem.of(layer.spec)], alone=True)[0]
    rng = np.random.default_rng(len(layer.name))
    u, w = (rng.standard_normal(shape).astype(np.float32) for shape in layer.shapes[:2])
    stored, vendored = load(kernel.entry), _loaded(kernel.name, site)
    channels = layer.features, layer.images, layer.groups
    costs = stored.costs(kernel.name, 1, *channels, layer.size, layer.image)
    family = min(costs, key=costs.__getitem__)
    packed: Any = aligned(stored.packed_length(kernel.name, *channels, family), np.dtype(np.float32))
    if packed.size and not vendored.pack(kernel.name, w, packed, layer.groups, family, threads):
        raise CheckFailed(f"{kernel.name}: the vendored kernel does not pack finite weights")
    outs = [np.zeros(layer.shapes[2], np.float32) for _ in range(2)]
    runs = [partial(getattr(module, kernel.name), u, w, None, out, layer.groups, threads, family, packed if packed.size else None)
            for module, out in zip((stored, vendored), outs, strict=True)]
    for run in runs:
        run()
    count = min(map(repeats, runs))
    if outs[0].tobytes() != outs[1].tobytes():
        raise CheckFailed(f"{kernel.name}: the vendored kernel gives other bits for {layer.name}")
    made = Pair(layer.name, threads)
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            (made.stored, made.vendored)[which].append(sample(runs[which], count))
    return made


def _loaded(name: str, site: Path) -> Any:
    """The extension module of that name in a folder."""
    (path,) = site.glob(f"{name}.*.so")
    spec = spec_from_loader(name, ExtensionFileLoader(name, str(path)))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
