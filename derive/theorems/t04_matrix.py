"""Theorem 4: the matrix of an axis entry by entry, and why transposing is swapping two indices.

Feed δ_j to conv and read a column; feed δ_i to its transpose and read a row: both find w[a] exactly where
s·i + d·a − p_lo = j.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import sympy

from ..claims import ForAll, Identity, SameSum, Sum
from ..expression import Transpose
from ..form import TrilinearForm, a, i, j, relation, symbols, tap_range
from ..logic import All, Between, Divides, Equal, Exists, Floor, Iff
from ..objects import Derivative, Jacobian, Map, Vector
from ..sizes import smallest, too_long
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

TERMS = 64  # of a form that is differentiated twice
q, other, probe = symbols("q a' i'")


def theorem(spec: ConvSpec) -> Theorem:
    """The matrix entry by entry."""
    return compose(4, "matrix", "all sizes", "A[i, j] = w[a] where s·i + d·a − p_lo = j; Aᵀ swaps the two indices",
                   by_axis(spec.axes, axis_lines))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    where = Fact("A[i, j] = w[a] ⇔ j = {place}", {"place": place(axis)}, lambda place: (ForAll(where_nonzero(axis, place)),))
    yield where
    yield Step("no two taps of a feature meet the same image position: an entry is one weight, never a sum",
               ForAll(one_tap(axis)))
    yield Step("an entry is a weight exactly when d divides j + p_lo − s·i and the quotient is a tap", where.claims[0])
    yield Step("δ_j into conv reads column j, δ_i into its transpose reads row i: the same single sum", delta(axis))
    spec = ConvSpec.of([axis])
    missing = too_long("the matrix", spec, smallest(spec), TERMS)
    yield missing or Step("at a size, the columns of ∂T/∂u and the rows of ∂T/∂x are this matrix", at_a_size(spec), "this size")


def place(axis: Axis) -> Any:
    """s·i + d·a − p_lo."""
    return axis.stride * i + axis.dilation * a - axis.padding[0]


def one_tap(axis: Axis) -> Statement:
    """Two taps that relate the same i and j are the same tap."""
    again = relation(axis).xreplace({a: other})
    variables = (Variable(i, 0, 3), Variable(a, 0, 3), Variable(other, 0, 3), Variable(j, 0, 9))
    return Statement(variables, (relation(axis), again), Equal(a, other))


def where_nonzero(axis: Axis, reached: Any = None) -> Statement:
    """Some tap has j = s·i + d·a − p_lo ⇔ d | j + p_lo − s·i and 0 ≤ j + p_lo − s·i ≤ d(k−1)."""
    rest = j + axis.padding[0] - axis.stride * i
    some_tap = Exists((a,), All(tap_range(axis), Equal(j, place(axis) if reached is None else reached)), (q,))
    claim = Iff(some_tap, All(Divides(axis.dilation, rest), Between(0, rest, axis.dilation * (axis.kernel - 1))))
    position = axis.stride * i - axis.padding[0]
    variables = (Variable(i, 0, 3), Variable(j, position - 2, position + axis.span + 1))
    return Statement(variables, (), claim, (Floor(q, rest, axis.dilation),))


@dataclass(frozen=True)
class Probed:
    """(A δ_j)_i or (Aᵀ δ_i)_j of one axis, as a sum over what is related."""

    axis: Axis
    by: Literal["j", "i"]

    @property
    def written(self) -> Sum:
        """Over a with (i, a, j) related; over (i′, a) with i′ = i and (i′, a, j) related."""
        weight = sympy.IndexedBase("w")[a]
        tap = Variable(a, 0, self.axis.kernel - 1)
        if self.by == "j":
            return Sum(weight, (tap,), All(tap_range(self.axis), relation(self.axis)))
        probed = All(tap_range(self.axis), relation(self.axis).xreplace({i: probe}), Equal(probe, i))
        return Sum(weight, (Variable(probe, 0, 3), tap), probed)

    def latex(self, printer: Any) -> str:
        return r"(A\, \delta_j)_i" if self.by == "j" else r"(A^{\mathsf T}\, \delta_i)_j"


def delta(axis: Axis) -> SameSum:
    """Both single sums are one."""
    parameters = (Variable(i, 0, 3), Variable(j, -2, axis.span))
    return SameSum(parameters, (), Probed(axis, "j"), Probed(axis, "i"), {probe: i, a: a}, {a: a})


def at_a_size(spec: ConvSpec) -> Identity:
    """Matrix entries by differentiating the form twice, against the matrix built from the relation."""
    form = TrilinearForm.at(spec, smallest(spec))
    u, x = Vector(form, "u"), Vector(form, "x")
    return Identity((Jacobian(Derivative(form, "u"), x), Transpose(Jacobian(Derivative(form, "x"), u))), (Map(form), Map(form)))
