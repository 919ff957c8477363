"""Theorem 2: the conv length of the transposed length is m exactly when 0 ≤ op < s.

A strided convolution maps s different image lengths to the same m; output padding says which of them is meant.
Source of the one-size form: Dumoulin & Visin (2016), relations 13 and 14.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..claims import Certificate, ForAll
from ..form import m, n, symbols
from ..logic import Between, Equal, Floor, Iff, Le, Lt, Maximum
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

q, M, op, s = symbols("q M op s")


def theorem(spec: ConvSpec) -> Theorem:
    """The round trip."""
    return compose(2, "round trip", "all sizes", "s image lengths share one m; output padding picks one of them",
                   (*by_axis(spec.axes, axis_lines), *parametric_steps()))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    yield Step("with n taken from m and any op, conv gives m back ⇔ op < s", ForAll(back_again(axis)))
    yield Step(f"the image lengths with the same m are {axis.stride} consecutive ones, cut off at n ≥ 1",
               ForAll(fibre(axis)))
    back = Fact("conv of the transposed length is {back}", {"back": m + axis.output_padding // axis.stride},
                lambda back: (ForAll(chosen(axis, back)),))
    yield back
    yield Step("for the op of this configuration conv gives m + ⌊op/s⌋", back.claims[0])


def _conv_length(axis: Axis) -> tuple[Floor, Maximum]:
    return Floor(q, n + sum(axis.padding) - axis.span, axis.stride), Maximum(M, 0, q + 1)


def _first(axis: Axis) -> Any:
    return axis.stride * (m - 1) + axis.span - sum(axis.padding)


def back_again(axis: Axis) -> Statement:
    """M(n(m, op)) = m ⇔ op < s, for op ≥ 0."""
    variables = (Variable(m, 1, 5), Variable(op, 0, axis.stride + 2), Variable(n, 1, 9))
    given = (Le(1, m), Le(0, op), Equal(n, _first(axis) + op))
    return Statement(variables, given, Iff(Equal(M, m), Lt(op, axis.stride)), _conv_length(axis))


def fibre(axis: Axis) -> Statement:
    """M(n) = m ⇔ n0 ≤ n ≤ n0 + s − 1 with n0 = s(m−1) + span − p_lo − p_hi."""
    first = _first(axis)
    variables = (Variable(m, 1, 4), Variable(n, first - 3, first + axis.stride + 2))
    return Statement(variables, (Le(1, m),), Iff(Equal(M, m), Between(first, n, first + axis.stride - 1)),
                     _conv_length(axis))


def chosen(axis: Axis, back: Any) -> Statement:
    """For the op of this configuration, M is this term in m."""
    given = (Le(1, m), Equal(n, _first(axis) + axis.output_padding))
    return Statement((Variable(m, 1, 6), Variable(n, 1, 9)), given, Equal(M, back), _conv_length(axis))


def parametric_steps() -> Iterator[Step]:
    """The same with every parameter symbolic: certificates over ℤ."""
    room = s * (m - 1) + op
    low, high, stride = ("q is no more", room - s * q), ("q is no less", s * q + s - 1 - room), ("s", s - 1)
    yield Step("for all parameters: op < s leaves q = ⌊(s(m−1) + op)/s⌋ no room above m − 1",
               Certificate((low, ("above", q - m), ("op < s", s - 1 - op), stride),
                           ((1, ("q is no more",)), (1, ("s", "above")), (1, ("above",)), (1, ("op < s",))), -1))
    yield Step("for all parameters: nor below m − 1",
               Certificate((high, ("below", m - 2 - q), ("op", op), stride),
                           ((1, ("q is no less",)), (1, ("s", "below")), (1, ("below",)), (1, ("op",))), -1))
    yield Step("for all parameters: op ≥ s forces q ≥ m, so conv gives more than m",
               Certificate((high, ("at most", m - 1 - q), ("op ≥ s", op - s), stride),
                           ((1, ("q is no less",)), (1, ("s", "at most")), (1, ("at most",)), (1, ("op ≥ s",))), -1))
