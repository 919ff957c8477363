"""The chosen parameters of a convolution: ``Axis``, ``ConvSpec``, and the grammar of their names.

A spec is geometry only: kernel, stride, padding (crop of the image side), dilation and output padding, one set an
axis. Channels, groups, batch and sizes belong to calls. Nothing here needs SymPy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd
from operator import index
from typing import Any, TypeGuard

from .errors import ArgumentError

LARGEST = 1 << 20  # of any one parameter
LONGEST = 1 << 40  # of any one length, so that s·m stays far away from the limits of 64 bits
DEFAULTS = {"s": 1, "p": (0, 0), "d": 1, "op": 0}

_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_SIGNED = r"(?:0|-?[1-9][0-9]{0,8})"
_CROP = rf"{_SIGNED}(?::{_SIGNED})?"
_FIELD = dict.fromkeys(("k", "s", "d", "op"), rf"{_NUMBER}(?:x{_NUMBER})*") | {"p": rf"{_CROP}(?:x{_CROP})*"}
_NAME = re.compile(
    rf"([1-3])d_k({_FIELD['k']})(?:s({_FIELD['s']}))?(?:p({_FIELD['p']}))?(?:d({_FIELD['d']}))?(?:op({_FIELD['op']}))?",
    re.ASCII,
)
_TOKEN = re.compile(r"(op|[kspd])([0-9x:\-]+)", re.ASCII)
_GRAMMAR = "a name is <dims>d_k<kernel>[s<stride>][p<padding>][d<dilation>][op<output padding>], such as 2d_k4s2p1"


@dataclass(frozen=True, order=True)
class Axis:
    """One axis of a convolution: kernel size k, stride s, crop (p_lo, p_hi), dilation d, output padding op."""

    kernel: int
    stride: int = 1
    padding: tuple[int, int] = (0, 0)
    dilation: int = 1
    output_padding: int = 0

    @property
    def span(self) -> int:
        """Number of image positions from the first tap to the last: d(k−1)+1."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def uncropped(self) -> Axis:
        """Kernel, stride and dilation alone."""
        return Axis(self.kernel, self.stride, (0, 0), self.dilation)

    @property
    def chosen(self) -> bool:
        """Whether the parameters are numbers; letters stand for all of them (``derive.general``)."""
        return isinstance(self.kernel, int)

    @property
    def gcd(self) -> int:
        """g = gcd(s, d): image positions with (j + p_lo) mod g ≠ 0 have no tap."""
        return gcd(self.stride, self.dilation)

    @property
    def period(self) -> int:
        """s/g: from one tap of a phase to the next."""
        return self.stride // self.gcd

    @property
    def step(self) -> int:
        """d/g: so many features on, the next tap of a phase reads."""
        return self.dilation // self.gcd

    @property
    def bezout(self) -> tuple[int, int]:
        """(y, x) with y·(d/g) = 1 + x·(s/g): y is the inverse of d/g modulo s/g, 0 where that is 1."""
        y = pow(self.step, -1, self.period) if self.period > 1 else 0
        return y, (y * self.step - 1) // self.period


class ConvSpec:
    """The geometry of a 1-D to 3-D convolution, the same for the forward map and for its transpose.

    ``kernel``, ``stride``, ``dilation``, ``output_padding``: an int, or one int an axis. ``padding``: an int, one int
    an axis, or one (begin, end) pair an axis; negative values un-crop. ``dims`` is needed only when every argument is
    a plain int (default: as many axes as the longest argument names). Raises ``ArgumentError``.

    Immutable, hashable, and equal when all axes are equal. ``str(spec)`` is the canonical name and
    ``ConvSpec.parse(str(spec)) == spec``.
    """

    __slots__ = ("axes",)
    axes: tuple[Axis, ...]

    def __init__(
        self,
        kernel: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] | Sequence[tuple[int, int]] = 0,
        dilation: int | Sequence[int] = 1,
        output_padding: int | Sequence[int] = 0,
        dims: int | None = None,
    ) -> None:
        given = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation,
                 "output_padding": output_padding}
        dims = _dims(given, dims)
        kernels = per_axis("kernel", kernel, dims, 1)
        strides = per_axis("stride", stride, dims, 1)
        dilations = per_axis("dilation", dilation, dims, 1)
        paddings = _padding(padding, dims)
        extras = per_axis("output_padding", output_padding, dims, 0)
        rows = zip(kernels, strides, paddings, dilations, extras, strict=True)
        object.__setattr__(self, "axes", tuple(Axis(*row) for row in rows))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"ConvSpec is immutable; build a new one instead of setting {name}")

    @classmethod
    def of(cls, axes: Sequence[Axis]) -> ConvSpec:
        """The spec with these axes. Of letters, it is one as far as theorems ask for its axes (``derive.general``)."""
        if not all(axis.chosen for axis in axes):
            made = object.__new__(cls)
            object.__setattr__(made, "axes", tuple(axes))
            return made
        return cls(
            [x.kernel for x in axes], [x.stride for x in axes], [x.padding for x in axes],
            [x.dilation for x in axes], [x.output_padding for x in axes],
        )

    @classmethod
    def parse(cls, name: str) -> ConvSpec:
        """The spec a name such as ``2d_k4s2p1`` stands for; ``ArgumentError`` says what is wrong with any other."""
        if not isinstance(name, str):
            raise ArgumentError("name", name, "must be a string; " + _GRAMMAR)
        match = _NAME.fullmatch(name)
        if match is None:
            raise ArgumentError("name", name, _what_is_wrong(name), _respelled(name))
        dims = int(match[1])
        fields = dict(zip(("k", "s", "p", "d", "op"), match.groups()[1:], strict=True))
        values = {letter: _values(name, letter, text, dims) for letter, text in fields.items() if text is not None}
        return cls(values["k"], values.get("s", 1), values.get("p", 0), values.get("d", 1), values.get("op", 0), dims)

    @property
    def uncropped(self) -> ConvSpec:
        """Kernel, stride and dilation alone, on every axis."""
        return ConvSpec.of([axis.uncropped for axis in self.axes])

    @property
    def chosen(self) -> bool:
        """Whether the parameters are numbers."""
        return all(axis.chosen for axis in self.axes)

    @property
    def dims(self) -> int:
        """Number of axes, 1 to 3."""
        return len(self.axes)

    @property
    def kernel(self) -> tuple[int, ...]:
        """Kernel size of each axis."""
        return tuple(axis.kernel for axis in self.axes)

    @property
    def stride(self) -> tuple[int, ...]:
        """Stride of each axis."""
        return tuple(axis.stride for axis in self.axes)

    @property
    def padding(self) -> tuple[tuple[int, int], ...]:
        """Crop (begin, end) of the image side, of each axis."""
        return tuple(axis.padding for axis in self.axes)

    @property
    def dilation(self) -> tuple[int, ...]:
        """Dilation of each axis."""
        return tuple(axis.dilation for axis in self.axes)

    @property
    def output_padding(self) -> tuple[int, ...]:
        """Output padding of each axis."""
        return tuple(axis.output_padding for axis in self.axes)

    @property
    def identifier(self) -> str:
        """The name as part of an identifier: ``:`` becomes ``t`` and ``-`` becomes ``n``."""
        return str(self).replace(":", "t").replace("-", "n")

    def __str__(self) -> str:
        if not self.chosen:
            return "any layer"
        parts = [f"{self.dims}d_k{_spell(self.kernel)}"]
        columns: dict[str, tuple[Any, ...]] = {"s": self.stride, "p": self.padding, "d": self.dilation, "op": self.output_padding}
        for letter, column in columns.items():
            if any(value != DEFAULTS[letter] for value in column):
                parts.append(letter + _spell(column))
        return "".join(parts)

    def __repr__(self) -> str:
        return f"ConvSpec.parse({str(self)!r})"

    def __iter__(self) -> Iterator[Axis]:
        return iter(self.axes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConvSpec) and self.axes == other.axes

    def __hash__(self) -> int:
        return hash(self.axes)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return ConvSpec.parse, (str(self),)

    def _repr_html_(self) -> str:
        return f"<code>{self}</code>"

    def _repr_latex_(self) -> str:
        return rf"$\mathtt{{{str(self).replace('_', chr(92) + '_')}}}$"


def integer(argument: str, value: object, least: int, most: int = LARGEST) -> int:
    """``value`` as an int within [least, most]; ``ArgumentError`` otherwise. Booleans and floats are no integers."""
    try:
        number = None if str(getattr(value, "dtype", type(value).__name__)).endswith("bool") else index(value)  # type: ignore[arg-type]
    except Exception:  # arrays, tensors and others have the method and refuse in their own ways
        number = None
    if number is None:
        nearest = min(max(round(value), least), most) if isinstance(value, float) and abs(value) < most else None
        raise ArgumentError(argument, value, f"must be an integer from {least} to {most}", nearest)
    if not least <= number <= most:
        raise ArgumentError(argument, number, f"must be from {least} to {most}", min(max(number, least), most))
    return number


def per_axis(argument: str, value: Any, dims: int, least: int, most: int = LARGEST) -> tuple[int, ...]:
    """One int for each axis, from an int for all axes or from a sequence of as many."""
    if not is_sequence(value):
        return (integer(argument, value, least, most),) * dims
    if len(value) != dims:
        raise ArgumentError(argument, value, f"must have one entry for each of {dims} axes", _stretched(value, dims))
    return tuple(integer(f"{argument}[{axis}]", entry, least, most) for axis, entry in enumerate(value))


def spec_of(spec: object, argument: str = "spec") -> ConvSpec:
    """The spec that was given, or the one that a name stands for. Raises ``ArgumentError``."""
    if isinstance(spec, ConvSpec):
        return spec
    if isinstance(spec, str):
        return ConvSpec.parse(spec)
    raise ArgumentError(argument, spec, "must be a ConvSpec or its name, such as 2d_k4s2p1")


def is_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether ``value`` has entries, one an axis; text, dictionaries and arrays without axes have none."""
    if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__getitem__"):
        return False
    try:
        return len(value) >= 0
    except TypeError:  # arrays without axes
        return False


def _dims(given: dict[str, Any], dims: int | None) -> int:
    if dims is not None:
        return integer("dims", dims, 1, 3)
    for argument, value in given.items():
        if is_sequence(value):
            if not 1 <= len(value) <= 3:
                raise ArgumentError(argument, value, "must have one entry an axis, and 1 to 3 axes")
            return len(value)
    raise ArgumentError("dims", None, "is needed when no argument has one entry an axis; 1, 2 or 3")


def _padding(value: Any, dims: int) -> list[tuple[int, int]]:
    if isinstance(value, str):
        raise ArgumentError("padding", value, "a configuration has numbers: an int, one an axis, or one (begin, end) an axis; "
                            "convt.dialects.read says which numbers a framework's word means", 0)
    if not is_sequence(value):
        crop = integer("padding", value, -LARGEST)
        return [(crop, crop)] * dims
    if len(value) != dims:
        raise ArgumentError("padding", value, f"must be an int, one int an axis, or one (begin, end) pair for each "
                            f"of {dims} axes", _stretched(value, dims))
    crops = []
    for axis, entry in enumerate(value):
        pair = entry if is_sequence(entry) else (entry, entry)
        if len(pair) != 2:
            raise ArgumentError(f"padding[{axis}]", entry, "must be an int or a (begin, end) pair")
        crops.append((integer(f"padding[{axis}]", pair[0], -LARGEST), integer(f"padding[{axis}]", pair[1], -LARGEST)))
    return crops


def _stretched(value: Any, dims: int) -> Any:
    return tuple((list(value) + [value[-1]] * dims)[:dims]) if len(value) else None


def _values(name: str, letter: str, text: str, dims: int) -> Any:
    entries = text.split("x")
    if len(entries) not in (1, dims):
        raise ArgumentError("name", name, f"field {letter!r} has {len(entries)} entries, but there are {dims} axes")
    if letter == "p":
        crops = [tuple(int(end) for end in entry.split(":")) for entry in entries]
        return [crop * 2 if len(crop) == 1 else crop for crop in crops] * (dims // len(crops))
    numbers = [int(entry) for entry in entries]
    return numbers * (dims // len(numbers))


def _spell(column: Sequence[Any]) -> str:
    entries = ["{}:{}".format(*v) if isinstance(v, tuple) and v[0] != v[1] else str(v[0] if isinstance(v, tuple) else v)
               for v in column]
    return entries[0] if len(set(entries)) == 1 else "x".join(entries)


def _what_is_wrong(name: str) -> str:
    letters = [letter for letter, _ in _TOKEN.findall(name.partition("_")[2])]
    doubled = next((letter for letter in letters if letters.count(letter) > 1), None)
    if not name.isascii():
        return "has characters outside ASCII; " + _GRAMMAR
    if doubled:
        return f"names field {doubled!r} twice; " + _GRAMMAR
    if "+" in name:
        return "has a sign '+'; " + _GRAMMAR
    if re.search(r"(?<![0-9])-?0[0-9]|-0", name):
        return "has a leading zero; " + _GRAMMAR
    if letters and "k" not in letters:
        return "has no kernel size; " + _GRAMMAR
    return _GRAMMAR + ", fields in this order"


def _respelled(name: str) -> str | None:
    """The canonical name that a near miss (order, case, blanks, leading zeros) most likely meant, if there is one."""
    head, _, tail = re.sub(r"\s+", "", name).replace("+", "").lower().partition("_")
    found = {letter: re.sub(r"(?<![0-9])0+(?=[0-9])", "", text) for letter, text in reversed(_TOKEN.findall(tail))}
    ordered = "".join(letter + found[letter] for letter in ("k", "s", "p", "d", "op") if letter in found)
    match = _NAME.fullmatch(f"{head}_{ordered}")
    if match is None:
        return None
    try:
        return str(ConvSpec.parse(match[0]))
    except ArgumentError:
        return None
