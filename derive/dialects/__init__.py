"""Dialects: how frameworks and formats write a transposed convolution, and what that is as a ``ConvSpec``.

One file a dialect, found by its name. Each reads the dialect's own arguments (``read``), proposes arguments for a
configuration (``candidates``), names the rules that a configuration breaks (``limits``), and writes a call down
(``call``). ``derive/proposals.py`` goes from a configuration to arguments, ``derive/readings.py`` from the arguments that
users write to a configuration, ``derive/comparison.py`` compares two of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol

from ..errors import ArgumentError
from ..layouts import Groups, Weights
from ..spec import LARGEST, Axis, ConvSpec, integer, is_sequence
from ..spec import per_axis as strict_per_axis

SIZES = (4, 5, 7, 9)  # feature lengths at which two ways of saying are compared; every rule is periodic or linear in m


@dataclass(frozen=True)
class Reading:
    """What arguments mean: the configuration (its output padding gives n exactly), and what to know about it."""

    spec: ConvSpec
    notes: tuple[str, ...] = ()
    weights: Weights | None = None
    """Where the arguments change the layout of the dialect's weights."""


class Dialect(Protocol):
    """What a file of this package has."""

    NAME: str
    """As users call it."""
    OPERATION: str
    """The operation, as it is written there."""
    COMPARED: str
    """The library and version that ``read`` was compared with, and which part, where it is not all."""
    DIMS: tuple[int, ...]
    """Numbers of spatial axes that it has."""
    WEIGHTS: Weights
    GROUPS: Groups | None
    """How it says groups, if it can."""
    CHANNELS_LAST: bool

    def read(self, feature: Sequence[int], kernel: Sequence[int], **arguments: Any) -> Reading:
        """The meaning of the dialect's arguments for feature lengths m. ``ArgumentError`` where the dialect refuses them."""

    def candidates(self, spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Arguments that may say ``spec``, the plainest first."""

    def limits(self, spec: ConvSpec) -> Iterator[str]:
        """The rules of the dialect that ``spec`` breaks, each with its numbers; none where it can be said."""

    def call(self, spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
        """The call as it is written there, of u, w, C image channels and a batch of N, for every size."""


def dialects() -> tuple[Dialect, ...]:
    """All dialects, by file name: nothing is registered."""
    names = sorted(info.name for info in iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}") for name in names)


def dialect(name: str) -> Dialect:
    """The dialect of this name. ``ArgumentError`` names the nearest."""
    known = {one.NAME.lower(): one for one in dialects()}
    if name.lower() not in known:
        close = get_close_matches(name.lower(), known, 1)
        raise ArgumentError("dialect", name, "must be one of " + ", ".join(one.NAME for one in known.values()),
                            known[close[0]].NAME if close else None)
    return known[name.lower()]


def same_map(one: ConvSpec, other: ConvSpec) -> bool:
    """Whether two configurations are the same map for every size: p_hi and op act only as p_hi − op (theorem 1)."""
    return [_map_of(axis) for axis in one.axes] == [_map_of(axis) for axis in other.axes]


def _map_of(axis: Axis) -> tuple[int, ...]:
    dilation = axis.dilation if axis.kernel > 1 else 1
    return axis.kernel, axis.stride, dilation, axis.padding[0], axis.padding[1] - axis.output_padding


def per_axis(name: str, value: Any, dims: int, least: int = -LARGEST) -> tuple[int, ...]:
    """A number for all axes, or one an axis."""
    if isinstance(value, str):
        raise ArgumentError(name, value, f"must be one number, or one for each of {dims} axes", least if least > 0 else 0)
    return strict_per_axis(name, value, dims, least)


def pairs(name: str, value: Any, dims: int, least: int = -LARGEST) -> tuple[tuple[int, int], ...]:
    """One (begin, end) for each axis."""
    if not is_sequence(value) or len(value) != dims or not all(is_sequence(pair) and len(pair) == 2 for pair in value):
        raise ArgumentError(name, value, f"must be one (begin, end) for each of {dims} axes", [(0, 0)] * dims)
    return tuple((integer(name, lo, least), integer(name, hi, least)) for lo, hi in value)


def choice(name: str, value: Any, words: Sequence[str]) -> str:
    """One of these words, as the dialect spells it."""
    if not isinstance(value, str) or value not in words:
        close = get_close_matches(str(value).lower(), [word.lower() for word in words], 1, 0.5)
        nearest = next((word for word in words if close and word.lower() == close[0]), words[0])
        raise ArgumentError(name, value, f"must be {', '.join(words[:-1])} or {words[-1]}", nearest)
    return value


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise ArgumentError(name, value, "must be True or False", False)
    return value


def spec_of(kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], begin: Sequence[int], end: Sequence[int],
            more: Sequence[int]) -> ConvSpec:
    """The configuration with these crops and output paddings; a negative output padding becomes a crop."""
    return ConvSpec.of([Axis(k, s, (lo, hi - min(op, 0)), d, max(op, 0)) for k, s, d, lo, hi, op in
                        zip(kernel, stride, dilation, begin, end, more, strict=True)])


def same_crop(excess: int, upper: bool = True) -> tuple[int, int]:
    """A total crop max(D, 0) in halves, the smaller one first (``upper``) or last."""
    total = max(excess, 0)
    return (total // 2, total - total // 2) if upper else (total - total // 2, total // 2)


def same_of(axis: Axis) -> tuple[int, int]:
    """What SAME crops where the length is that of ``axis``: (p_lo, p_hi − op)."""
    lo = max(sum(axis.padding) - axis.output_padding, 0) // 2
    return lo, sum(axis.padding) - axis.output_padding - lo


def plain_dilation(spec: ConvSpec) -> tuple[int, ...]:
    """The dilation of each axis; that of a single tap means nothing, and is 1."""
    return tuple(axis.dilation if axis.kernel > 1 else 1 for axis in spec.axes)


def net(axis: Axis) -> int:
    """p_hi − op: what is cropped at the end; negative where positions are added."""
    return axis.padding[1] - axis.output_padding
