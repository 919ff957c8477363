"""Theorem 7: "paint the kernel at every s-th position, add where it overlaps, crop" is Aᵀ.

The picture most people have of a transposed convolution, made exact: where the canvas begins and ends, what the crop
removes, and that output padding shows canvas that was cropped, or blank beyond its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..claims import ForAll
from ..form import a, feature_range, i, j, m, relation, size_variables, symbols, tap_range
from ..logic import All, Between, Equal, Exists, Iff, Lt
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

t = symbols("t")


def theorem(spec: ConvSpec) -> Theorem:
    """Scatter = Aᵀ."""
    return compose(7, "scatter", "all sizes", "painting the kernel, adding overlaps and cropping computes Aᵀu",
                   by_axis(spec.axes, axis_lines))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    scatter = Fact("paint tap a of feature i at {paint}, add, show position {seen} at j",
                   {"paint": axis.stride * i + axis.dilation * a, "seen": j + axis.padding[0]},
                   lambda paint, seen: (ForAll(painted(axis, paint, seen)),))
    yield scatter
    yield Step("tap a of feature i lands on canvas position t = s·i + d·a; image position j shows t = j + p_lo: "
               "together that is the index relation, and all paint lies on the canvas", scatter.claims[0])
    yield Step("image positions beyond s(m−1) + d(k−1) − p_lo are beyond all paint: they are zero", ForAll(blank(axis)))


def last_painted(axis: Axis) -> Any:
    """Last position of the canvas: s(m−1) + d(k−1)."""
    return axis.stride * (m - 1) + axis.dilation * (axis.kernel - 1)


def painted(axis: Axis, paint: Any = None, seen: Any = None) -> Statement:
    """Related ⇔ some canvas position is painted by (i, a) and shown at j; it lies on the canvas."""
    paint = axis.stride * i + axis.dilation * a if paint is None else paint
    canvas = Exists((t,), All(Equal(t, paint), Equal(t, j + axis.padding[0] if seen is None else seen)), (paint,))
    place = axis.stride * i + axis.dilation * a - axis.padding[0]
    variables = (Variable(m, 1, 3), Variable(i, 0, m - 1), Variable(a, 0, axis.kernel - 1),
                 Variable(j, place - 1, place + 1))
    claim = All(Iff(relation(axis), canvas), Between(0, paint, last_painted(axis)))
    return Statement(variables, (feature_range(), tap_range(axis)), claim)


def blank(axis: Axis) -> Statement:
    """What is beyond the canvas is beyond every place that (i, a) paints."""
    sizes, _ = size_variables(axis)
    variables = (sizes[0], Variable(i, 0, m - 1), Variable(a, 0, axis.kernel - 1),
                 Variable(j, last_painted(axis) - axis.padding[0], last_painted(axis) + 3))
    given = (feature_range(), tap_range(axis), Lt(last_painted(axis) - axis.padding[0], j))
    return Statement(variables, given, Lt(axis.stride * i + axis.dilation * a - axis.padding[0], j))
