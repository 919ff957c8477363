"""Dialects: how frameworks and formats write a transposed convolution, and what that is as a ``ConvSpec``.

One file a dialect, found by its name. Each reads the dialect's own arguments (``read``) and proposes arguments for a
configuration (``candidates``); ``say`` takes the first proposal that reads back as the same map for every size. What
no proposal can say is refused with the dialect's own reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol

from .. import lengths
from ..errors import ArgumentError
from ..spec import Axis, ConvSpec

SIZES = (4, 5, 7, 9)  # feature lengths at which two ways of saying are compared; every rule is periodic or linear in m


@dataclass(frozen=True)
class Reading:
    """What arguments mean: the configuration (its output padding gives n exactly), and what to know about it."""

    spec: ConvSpec
    notes: tuple[str, ...] = ()
    weights: Weights | None = None
    """Where the arguments change the layout of the dialect's weights."""


@dataclass(frozen=True)
class Weights:
    """Layout of a dialect's weights: axes f (features), c (image channels), k (all kernel axes), and whether reversed."""

    axes: str
    flipped: bool = False

    def to_ours(self, array: Any) -> Any:
        """An array in the dialect's layout as (F, C, *k), reversed along the kernel axes where the dialect does."""
        order = self._positions(array.ndim)
        moved = array.transpose(order)
        return moved[(slice(None), slice(None), *[slice(None, None, -1)] * (array.ndim - 2))] if self.flipped else moved

    def from_ours(self, array: Any) -> Any:
        """(F, C, *k) in the dialect's layout."""
        turned = array[(slice(None), slice(None), *[slice(None, None, -1)] * (array.ndim - 2))] if self.flipped else array
        order = self._positions(array.ndim)
        return turned.transpose([order.index(axis) for axis in range(array.ndim)])

    def _positions(self, ndim: int) -> list[int]:
        """For each of our axes f, c, *k: where the dialect has it."""
        kernel = ndim - 2
        names: list[str] = []
        for letter in self.axes:
            names += [f"k{axis}" for axis in range(kernel)] if letter == "k" else [letter]
        return [names.index(name) for name in ("f", "c", *(f"k{axis}" for axis in range(kernel)))]

    def __str__(self) -> str:
        words = {"f": "F", "c": "C/G", "k": "*k"}
        return "(" + ", ".join(words[letter] for letter in self.axes) + ")" + (", reversed" if self.flipped else "")


class Dialect(Protocol):
    """What a file of this package has."""

    NAME: str
    """As users call it."""
    OPERATION: str
    """The operation, as it is written there."""
    WEIGHTS: Weights
    CHANNELS_LAST: bool
    LIMITS: str
    """What it cannot say, in one sentence."""

    def read(self, feature: Sequence[int], kernel: Sequence[int], **arguments: Any) -> Reading:
        """The meaning of the dialect's arguments for feature lengths m. ``ArgumentError`` where the dialect refuses them."""

    def candidates(self, spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Arguments that may say ``spec``, the plainest first."""


@dataclass(frozen=True)
class Saying:
    """A configuration in a dialect: the arguments, or why there are none."""

    dialect: Dialect
    arguments: Mapping[str, Any] | None
    weights: Weights
    notes: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why there are no arguments; empty where there are."""
        return "" if self.arguments is not None else self.dialect.LIMITS

    def __str__(self) -> str:
        if self.arguments is None:
            return f"cannot: {self.reason}"
        return ", ".join(f"{name}={_written(value)}" for name, value in self.arguments.items()) or "no arguments"


def dialects() -> tuple[Dialect, ...]:
    """All dialects, by file name: nothing is registered."""
    names = sorted(info.name for info in iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}") for name in names)


def dialect(name: str) -> Dialect:
    """The dialect of this name. ``ArgumentError`` names the nearest."""
    known = {one.NAME.lower(): one for one in dialects()}
    if name.lower() not in known:
        from difflib import get_close_matches

        close = get_close_matches(name.lower(), known, 1)
        raise ArgumentError("dialect", name, "must be one of " + ", ".join(one.NAME for one in known.values()),
                            known[close[0]].NAME if close else None)
    return known[name.lower()]


def say(one: Dialect, spec: ConvSpec) -> Saying:
    """How the dialect writes ``spec``, for every size; else its reason."""
    least = [lengths.smallest_feature_length(axis) for axis in spec.axes]
    sizes = [tuple(max(m, low) for low in least) for m in SIZES]
    for number, arguments in enumerate(one.candidates(spec, sizes[0])):
        try:
            readings = [one.read(feature, spec.kernel, **_proposal(one, spec, feature, number)) for feature in sizes]
        except ArgumentError:
            continue
        if all(same_map(reading.spec, spec) for reading in readings):
            return Saying(one, arguments, readings[-1].weights or one.WEIGHTS, readings[-1].notes)
    return Saying(one, None, one.WEIGHTS)


def _proposal(one: Dialect, spec: ConvSpec, feature: Sequence[int], number: int) -> dict[str, Any]:
    """The same proposal at another size: arguments such as an output shape depend on it."""
    return next(arguments for index, arguments in enumerate(one.candidates(spec, feature)) if index == number)


def same_map(one: ConvSpec, other: ConvSpec) -> bool:
    """Whether two configurations are the same map for every size: p_hi and op act only as p_hi − op (theorem 1)."""
    return [_map_of(axis) for axis in one.axes] == [_map_of(axis) for axis in other.axes]


def _map_of(axis: Axis) -> tuple[int, ...]:
    dilation = axis.dilation if axis.kernel > 1 else 1
    return axis.kernel, axis.stride, dilation, axis.padding[0], axis.padding[1] - axis.output_padding


def per_axis(name: str, value: Any, dims: int) -> tuple[int, ...]:
    """A number for all axes, or one an axis."""
    values = (value,) * dims if isinstance(value, int) else tuple(value)
    if len(values) != dims:
        raise ArgumentError(name, value, f"must be one number, or one for each of {dims} axes")
    return tuple(int(entry) for entry in values)


def spec_of(kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], begin: Sequence[int], end: Sequence[int],
            more: Sequence[int]) -> ConvSpec:
    """The configuration with these crops and output paddings; a negative output padding becomes a crop."""
    return ConvSpec.of([Axis(k, s, (lo, hi - min(op, 0)), d, max(op, 0)) for k, s, d, lo, hi, op in
                        zip(kernel, stride, dilation, begin, end, more, strict=True)])


def same_crop(excess: int, upper: bool = True) -> tuple[int, int]:
    """A total crop max(D, 0) in halves, the smaller one first (``upper``) or last."""
    total = max(excess, 0)
    return (total // 2, total - total // 2) if upper else (total - total // 2, total // 2)


def _written(value: Any) -> str:
    if isinstance(value, tuple | list):
        inner = ", ".join(map(_written, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    return repr(value)
