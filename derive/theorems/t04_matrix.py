"""Theorem 4: the matrix of an axis entry by entry, and why transposing is swapping two indices.

Feed δ_j to conv and read a column; feed δ_i to its transpose and read a row: both find w[a] exactly where
s·i + d·a − p_lo = j.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ..claims import ForAll, Identity, SameSum, Sum
from ..form import (
    MAPS,
    TrilinearForm,
    a,
    i,
    j,
    partials,
    relation,
    symbols,
    tap_range,
)
from ..lengths import smallest_feature_length
from ..logic import All, Between, Divides, Equal, Exists, Floor, Iff
from ..matrix import ConvMatrix
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, each_axis

TERMS = 32  # a larger kernel is not written out at a size: the statements for all sizes say the same
q, other, probe = symbols("q a' i'")


def theorem(spec: ConvSpec) -> Theorem:
    """The matrix entry by entry."""
    steps = [Step(label + step.reason, step.claim, step.scope) for label, axis in each_axis(spec)
             for step in axis_steps(axis)]
    return Theorem(4, "matrix", "all sizes", "A[i, j] = w[a] where s·i + d·a − p_lo = j; Aᵀ swaps the two indices",
                   tuple(steps), "A[i, j] = w[a] ⇔ j = s·i + d·a − p_lo")


def axis_steps(axis: Axis) -> Iterator[Step]:
    """The steps for one axis."""
    yield Step("no two taps of a feature meet the same image position: an entry is one weight, never a sum",
               ForAll(one_tap(axis)))
    yield Step("an entry is non-zero exactly when d divides j + p_lo − s·i and the quotient is a tap",
               ForAll(where_nonzero(axis)))
    yield Step("δ_j into conv reads column j, δ_i into its transpose reads row i: the same single sum",
               delta(axis))
    if axis.kernel <= TERMS:
        yield Step("at a size, the columns of ∂T/∂u and the rows of ∂T/∂x are this matrix",
                   at_a_size(axis), "this size")


def one_tap(axis: Axis) -> Statement:
    """Two taps that relate the same i and j are the same tap."""
    again = relation(axis).xreplace({a: other})
    variables = (Variable(i, 0, 3), Variable(a, 0, 3), Variable(other, 0, 3), Variable(j, 0, 9))
    return Statement(variables, (relation(axis), again), Equal(a, other))


def where_nonzero(axis: Axis) -> Statement:
    """Some tap relates i and j ⇔ d | j + p_lo − s·i and 0 ≤ j + p_lo − s·i ≤ d(k−1)."""
    rest = j + axis.padding[0] - axis.stride * i
    some_tap = Exists((a,), All(tap_range(axis), relation(axis)), (q,))
    claim = Iff(some_tap, All(Divides(axis.dilation, rest), Between(0, rest, axis.dilation * (axis.kernel - 1))))
    position = axis.stride * i - axis.padding[0]
    variables = (Variable(i, 0, 3), Variable(j, position - 2, position + axis.span + 1))
    return Statement(variables, (), claim, (Floor(q, rest, axis.dilation),))


def delta(axis: Axis) -> SameSum:
    """Σ over a of w[a] with (i, a, j) related = Σ over (i′, a) of w[a] with i′ = i and (i′, a, j) related."""
    weight = sympy.IndexedBase("w")[a]
    place = (Variable(i, 0, 3), Variable(j, -2, axis.span))
    tap = Variable(a, 0, axis.kernel - 1)
    probed = All(tap_range(axis), relation(axis).xreplace({i: probe}), Equal(probe, i))
    return SameSum(place, (), Sum(weight, (tap,), All(tap_range(axis), relation(axis))),
                   Sum(weight, (Variable(probe, 0, 3), tap), probed), {probe: i, a: a}, {a: a},
                   ("(A δ_j)_i", "(Aᵀ δ_i)_j"))


def at_a_size(axis: Axis) -> Identity:
    """Matrix entries by differentiating the form twice, against the matrix built from the relation."""
    spec = ConvSpec.of([axis])
    feature = (smallest_feature_length(axis) + 1,)
    form = TrilinearForm.at(spec, feature)
    matrix = ConvMatrix.at(spec, feature)
    columns, rows = (_coefficients(form, name) for name in ("conv", "conv_transpose"))
    entries = tuple(matrix.symbolic)
    return Identity(tuple(columns) + tuple(rows), entries + entries, f"m = {feature[0]}",
                    ("∂²T / ∂u_i ∂x_j", matrix))


def _coefficients(form: TrilinearForm, map_name: str) -> list[sympy.Expr]:
    """∂²T/∂u∂x, row-major over (i, j), reading rows of conv or columns of conv_transpose."""
    unknowns = form.unknowns("x" if MAPS[map_name] == "u" else "u")
    table = [partials(output, unknowns) for output in form.derivative(map_name)]
    if map_name == "conv_transpose":
        table = [list(row) for row in zip(*table, strict=True)]
    return [value for row in table for value in row]
