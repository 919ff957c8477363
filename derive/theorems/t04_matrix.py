"""Theorem 4: the matrix of an axis entry by entry, and why transposing is swapping two indices.

Feed δ_j to conv and read a column; feed δ_i to its transpose and read a row: both find w[a] exactly where
s·i + d·a − p_lo = j.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ..claims import ForAll, Identity, SameSum, Sum
from ..expression import Transpose
from ..form import TrilinearForm, a, bounded, compared, feature_range, i, image_range, j, relation, symbols, tap_range
from ..logic import All, Between, Divides, Equal, Exists, Floor, Iff
from ..objects import Derivative, Jacobian, Map, Vector
from ..sizes import small_enough, smallest
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import Output, b, c, channels, f, group, letters, same, tensor
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

TERMS = 64  # of a form that is differentiated twice
Q, other = symbols("Q a'")


def theorem(spec: ConvSpec) -> Theorem:
    """The matrix entry by entry."""
    return compose(4, "matrix", "all sizes", "A[i, j] = w[a] where s·i + d·a − p_lo = j on every axis; Aᵀ swaps the two indices",
                   (*by_axis(spec.axes, axis_lines), *lines(spec)))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All axes, channels and groups together."""
    yield Step("δ at (b, γ, c, j) into conv reads a column, δ at (b, γ, f, i) into its transpose reads a row: the entry there is the same "
               "single sum", delta(spec))
    if not spec.chosen:
        return
    small, missing = small_enough("the matrix", spec, TERMS)
    if missing:
        yield missing
    for label, one in small:
        yield Step(f"{label}at a size, the columns of ∂T/∂u and the rows of ∂T/∂x are this matrix", at_a_size(one), "this size")


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    where = Fact("A[i, j] = w[a] ⇔ j = {place}", {"place": place(axis)}, lambda place: (ForAll(where_nonzero(axis, place)),))
    yield where
    yield Step("no two taps of a feature meet the same image position: an entry is one weight, never a sum",
               ForAll(one_tap(axis)))
    yield Step("an entry is a weight exactly when d divides j + p_lo − s·i and the quotient is a tap", where.claims[0])


def place(axis: Axis) -> Any:
    """s·i + d·a − p_lo."""
    return axis.stride * i + axis.dilation * a - axis.padding[0]


def one_tap(axis: Axis) -> Statement:
    """Two taps that relate the same i and j are the same tap."""
    again = relation(axis).xreplace({a: other})
    variables = (Variable(i, 0, 3), Variable(a, 0, 3), Variable(other, 0, 3), Variable(j, 0, 9))
    return Statement(variables, (relation(axis), again), Equal(a, other), (), compared(axis.dilation, a, other, 1))


def where_nonzero(axis: Axis, reached: Any = None) -> Statement:
    """Some tap has j = s·i + d·a − p_lo ⇔ d | j + p_lo − s·i and 0 ≤ j + p_lo − s·i ≤ d(k−1)."""
    rest = j + axis.padding[0] - axis.stride * i
    some_tap = Exists((a,), All(tap_range(axis), Equal(j, place(axis) if reached is None else reached)), (Q,))
    claim = Iff(some_tap, All(Divides(axis.dilation, rest), Between(0, rest, axis.dilation * (axis.kernel - 1))))
    position = axis.stride * i - axis.padding[0]
    variables = (Variable(i, 0, 3), Variable(j, position - 2, position + axis.span + 1))
    return Statement(variables, (), claim, (Floor(Q, rest, axis.dilation),), (
        *bounded(axis)[2:], *compared(axis.dilation, a, Q, 0, 1), (axis.dilation, -1 - Q), (axis.dilation, Q - axis.kernel)))


@dataclass(frozen=True)
class Probed:
    """(A δ)[b,γ,f,i] with δ at (b,γ,c,j), or (Aᵀδ)[b,γ,c,j] with δ at (b,γ,f,i): what is summed over has to be that place."""

    spec: ConvSpec
    slot: Literal["u", "x"]

    @property
    def running(self) -> dict[Any, Any]:
        """The letters of the place of δ -> those that the sum of the output runs over."""
        places = [(c if self.slot == "u" else f)] + [at.j if self.slot == "u" else at.i for _, at in letters(self.spec)]
        return {place: symbols(place.name[0] + "'" + place.name[1:]) for place in places}

    @property
    def written(self) -> Sum:
        """The output's sum with a condition in the place of the input."""
        own, running = Output(self.spec, self.slot).written, self.running
        variables = tuple(Variable(running.get(v.symbol, v.symbol), v.first, v.last) for v in own.variables)
        hit = [Equal(other, place) for place, other in running.items()]
        return Sum(tensor(self.spec, "w"), variables, All(*own.condition.xreplace(running).args, *hit))

    def latex(self, printer: Any) -> str:
        at, free = (", ".join(map(printer.doprint, (b, group, *places))) for places in (
            self.running, Output(self.spec, self.slot).free[2:]))
        name = "A" if self.slot == "u" else r"A^{\mathsf T}"
        return rf"({name}\, \delta_{{{at}}})[{free}]"


def delta(spec: ConvSpec) -> SameSum:
    """Both single sums are one."""
    row, column = Probed(spec, "u"), Probed(spec, "x")
    taps = {at.a: at.a for _, at in letters(spec)}
    inside = [*channels(f, c)[1], *[one for _, at in letters(spec) for one in (feature_range(at), image_range(at))]]
    same_place = [pair for axis, at in letters(spec) for pair in compared(axis.stride, column.running[at.i], at.i, 0)]
    return same(spec, row, column, taps | {other: place for place, other in column.running.items()},
                taps | {other: place for place, other in row.running.items()}, inside, products=same_place)


def at_a_size(spec: ConvSpec) -> Identity:
    """Matrix entries by differentiating the form twice, against the matrix built from the relation."""
    form = TrilinearForm.at(spec, smallest(spec))
    u, x = Vector(form, "u"), Vector(form, "x")
    return Identity((Jacobian(Derivative(form, "u"), x), Transpose(Jacobian(Derivative(form, "x"), u))), (Map(form), Map(form)))
