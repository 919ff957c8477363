"""Theorem 7: "paint the kernel at every s-th position, add where it overlaps, crop" is Aᵀ.

The picture most people have of a transposed convolution, made exact: where the canvas begins and ends, what the crop
removes, and that output padding shows canvas that was cropped, or blank beyond its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..claims import ForAll, SameSum
from ..form import Indices, a, bounded, feature_range, i, j, m, size_variables, tap_range
from ..logic import Between, Equal, Lt
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import Way, by_way, letters
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose, said


def theorem(spec: ConvSpec) -> Theorem:
    """Scatter = Aᵀ."""
    return compose(7, "scatter", "all sizes", "painting the kernel, adding overlaps and cropping computes Aᵀu", lines(spec))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All lines."""
    own = list(by_axis(spec.axes, lambda axis: axis_lines(spec, axis)))
    yield Step("tap a of feature i lands on canvas position J = s·i + d·a, a place of the canvas on every axis; image position j shows "
               "J = j + p_lo: what is painted there, each stroke once, is the sum over the index relation", said(own))
    yield from own


def axis_lines(spec: ConvSpec, axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    yield Fact("paint tap a of feature i at {paint}, add, show position {seen} at j",
               {"paint": axis.stride * i + axis.dilation * a, "seen": j + axis.padding[0]},
               lambda paint, seen: (painted(spec, {axis: (paint, seen)}),))
    yield Step("image positions beyond s(m−1) + d(k−1) − p_lo are beyond all paint: they are zero", ForAll(blank(axis)))


def last_painted(axis: Axis, length: Any = m) -> Any:
    """Last position of the canvas: s(m−1) + d(k−1)."""
    return axis.stride * (length - 1) + axis.dilation * (axis.kernel - 1)


def painted(spec: ConvSpec, ways: Mapping[Axis, tuple[Any, Any]] | None = None) -> SameSum:
    """An output is the sum of what is painted at the position that it shows; all of it lies on the canvas."""
    return by_way(spec, "x", [canvas(axis, at, *(ways or {}).get(axis, ())) for axis, at in letters(spec)])


def canvas(axis: Axis, at: Indices, paint: Any = None, seen: Any = None) -> Way:
    """Canvas position J is painted by (i, a) and shown at j; what (i, a) paints lies on the canvas."""
    J = at.letter("J")
    place = at.named(axis.stride * i + axis.dilation * a if paint is None else paint)
    links = (Equal(J, place), Equal(J, at.named(j + axis.padding[0] if seen is None else seen)), Between(0, J, last_painted(axis, at.m)))
    return Way(((J, place),), links)


def blank(axis: Axis) -> Statement:
    """What is beyond the canvas is beyond every place that (i, a) paints."""
    sizes, _ = size_variables(axis)
    variables = (sizes[0], Variable(i, 0, m - 1), Variable(a, 0, axis.kernel - 1),
                 Variable(j, last_painted(axis) - axis.padding[0], last_painted(axis) + 3))
    given = (feature_range(), tap_range(axis), Lt(last_painted(axis) - axis.padding[0], j))
    return Statement(variables, given, Lt(axis.stride * i + axis.dilation * a - axis.padding[0], j), (), bounded(axis))
