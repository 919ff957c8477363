"""Theorem 2: the conv length of the transposed length is m exactly when 0 ≤ op < s.

A strided convolution maps s different image lengths to the same m; output padding says which of them is meant.
Source of the one-size form: Dumoulin & Visin (2016), relations 13 and 14.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..claims import ForAll, Identity
from ..form import m, n, symbols
from ..logic import Between, Equal, Floor, Iff, Le, Lt, Maximum
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

Q, M, op, Q2 = symbols("Q M op Q'")


def theorem(spec: ConvSpec) -> Theorem:
    """The round trip."""
    return compose(2, "round trip", "all sizes", "s image lengths share one m; output padding picks one of them",
                   by_axis(spec.axes, axis_lines))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    yield Step("with n taken from m and any op, conv gives m back ⇔ op < s", ForAll(back_again(axis)))
    yield Step(f"the image lengths with the same m are {axis.stride} consecutive ones, cut off at n ≥ 1",
               ForAll(fibre(axis)))
    yield Step("with its own op, conv gives m + ⌊op/s⌋", ForAll(own_op(axis)))
    if axis.chosen:
        back = Fact("conv of the transposed length is {back}", {"back": m + axis.output_padding // axis.stride},
                    lambda back: (ForAll(own_op(axis)), Identity((m + axis.output_padding // axis.stride,), (back,))))
        yield back
        yield Step("m + ⌊op/s⌋ in numbers", back.claims[1])


def _conv_length(axis: Axis) -> tuple[Floor, Maximum]:
    return Floor(Q, n + sum(axis.padding) - axis.span, axis.stride), Maximum(M, 0, Q + 1)


def _compared(axis: Axis) -> tuple[tuple[Any, Any], ...]:
    return tuple((axis.stride, term) for term in (Q - m, Q - m + 1, m - 1 - Q, m - 2 - Q))


def _first(axis: Axis) -> Any:
    return axis.stride * (m - 1) + axis.span - sum(axis.padding)


def back_again(axis: Axis) -> Statement:
    """M(n(m, op)) = m ⇔ op < s, for op ≥ 0."""
    variables = (Variable(m, 1, 5), Variable(op, 0, axis.stride + 2), Variable(n, 1, 9))
    given = (Le(1, m), Le(0, op), Equal(n, _first(axis) + op))
    return Statement(variables, given, Iff(Equal(M, m), Lt(op, axis.stride)), _conv_length(axis), _compared(axis))


def fibre(axis: Axis) -> Statement:
    """M(n) = m ⇔ n0 ≤ n ≤ n0 + s − 1 with n0 = s(m−1) + span − p_lo − p_hi."""
    first = _first(axis)
    variables = (Variable(m, 1, 4), Variable(n, first - 3, first + axis.stride + 2))
    return Statement(variables, (Le(1, m),), Iff(Equal(M, m), Between(first, n, first + axis.stride - 1)),
                     _conv_length(axis), _compared(axis))


def own_op(axis: Axis) -> Statement:
    """For the op of the layer, M is m + Q′ with Q′ = ⌊op/s⌋."""
    given = (Le(1, m), Equal(n, _first(axis) + axis.output_padding))
    return Statement((Variable(m, 1, 6), Variable(n, 1, 9)), given, Equal(M, m + Q2),
                     (*_conv_length(axis), Floor(Q2, axis.output_padding, axis.stride)),
                     (*((axis.stride, term) for term in (Q - m + 1 - Q2 - 1, m - 1 + Q2 - Q - 1, -1 - Q2)),))
