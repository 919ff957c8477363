"""Theorem 17: the transpose is not an inverse: when AAᵀ = I, what AᵀA then is, and rank and null space at a size.

"Deconvolution" suggests that conv_transpose undoes conv. It is the adjoint; it undoes conv on the row space of A, and
only when the rows are orthonormal.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import sympy
from sympy.polys.matrices import DomainMatrix

from ..claims import ForAll, Identity, Unequal
from ..form import a, entry, i, j, relation, symbols
from ..logic import All, Equal, Exists, Iff
from ..matrix import ConvMatrix
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, each_axis

a2, i2 = symbols("a' i'")


def theorem(spec: ConvSpec) -> Theorem:
    """Not an inverse."""
    steps = tuple(Step(label + step.reason, step.claim, step.scope) for label, axis in each_axis(spec)
                  for step in axis_steps(axis))
    return Theorem(17, "not an inverse", "this size", "AᵀA is not I; with orthonormal rows it is the projector onto the row space",
                   steps, "A Aᵀ = I ⇔ the rows are orthonormal; then AᵀA projects")


def axis_steps(axis: Axis) -> Iterator[Step]:
    """The steps for one axis."""
    plain = Axis(axis.kernel, axis.stride, (0, 0), axis.dilation)
    yield Step("uncropped, rows i and i′ of A meet in the product w[a]·w[a′] ⇔ d(a − a′) = s(i′ − i)", ForAll(pairs(plain)))
    rows = 3 if axis.kernel <= 32 else 2
    yield Step("so A Aᵀ = I ⇔ Σ w² = 1 and the autocorrelations Σ w[a]·w[a + s·t/d] vanish for every t ≥ 1 with d | s·t",
               gram(plain, rows), "this size")
    yield from product(plain)
    yield from rank(plain, rows)
    yield from orthonormal(plain, rows)


def pairs(axis: Axis) -> Statement:
    """∃ j related to (i, a) and to (i′, a′) ⇔ d(a − a′) = s(i′ − i)."""
    there = {i: i2, a: a2}
    both = Exists((j,), All(relation(axis), relation(axis).xreplace(there)), (axis.stride * i + axis.dilation * a,))
    ranges = (Variable(i, 0, 3), Variable(i2, 0, 3), Variable(a, 0, 3), Variable(a2, 0, 3))
    return Statement(ranges, (), Iff(both, Equal(axis.dilation * (a - a2), axis.stride * (i2 - i))))


def autocorrelation(axis: Axis, t: int) -> sympy.Expr:
    """Σ_a w[a]·w[a + s·t/d], 0 where d does not divide s·t."""
    shift, rest = divmod(axis.stride * t, axis.dilation)
    return sympy.Integer(0) if rest else sympy.Add(*[entry("w", (tap,)) * entry("w", (tap + shift,))
                                                     for tap in range(axis.kernel - shift)])


def gram(axis: Axis, rows: int) -> Identity:
    """A Aᵀ, multiplied out, against the autocorrelations."""
    made = ConvMatrix.at(ConvSpec.of([axis]), (rows,))
    left = [sympy.Add(*[entry("w", one) * entry("w", two) for one, two in zip(made.taps[r], made.taps[c], strict=True)
                        if one is not None and two is not None]) for r in range(rows) for c in range(rows)]
    right = [autocorrelation(axis, abs(r - c)) for r in range(rows) for c in range(rows)]
    return Identity(tuple(left), tuple(right), f"m = {rows}", ("(A Aᵀ)_{i,i'}", "Σ_a w_a·w_{a + s·|i − i'|/d}"))


def product(axis: Axis) -> Iterator[Step]:
    """An entry of AᵀA that differs from I for all weights but few."""
    made = ConvMatrix.at(ConvSpec.of([axis]), (1,))
    row = [(column, tap) for column, tap in enumerate(made.taps[0]) if tap is not None]
    column, tap = row[0]
    other, other_tap = row[-1]
    value = entry("w", tap) * entry("w", other_tap)
    twos = tuple((symbol, sympy.Integer(2)) for symbol in sorted(value.free_symbols, key=str))
    yield Step("one feature already shows it: an entry of AᵀA is a product of weights, not an entry of I", Unequal(
        value, sympy.Integer(int(column == other)), twos, (f"(AᵀA)_{{{column},{other}}}", f"I_{{{column},{other}}}")), "this size")


def rank(axis: Axis, rows: int) -> Iterator[Step]:
    """Rank and null space with the weights 1, 2, …: a basis, and an invertible minor."""
    numbers = [sympy.Integer(tap + 1) for tap in range(axis.kernel)]
    matrix = _with(axis, rows, numbers)
    domain = DomainMatrix.from_Matrix(matrix).to_field()
    kernel = domain.nullspace().to_Matrix().T
    pivots = domain.rref()[1]
    minor = matrix[:, list(pivots)] if len(pivots) == rows else None
    n, dimension = matrix.cols, kernel.cols
    if minor is None or n != rows + dimension:
        raise ArithmeticError(f"the rows of an uncropped A are independent; found rank {len(pivots)} for {axis}")
    inverse = DomainMatrix.from_Matrix(minor).to_field().inv().to_Matrix()
    identity = tuple(sympy.eye(rows))
    yield Step(f"with the weights 1, 2, … and m = {rows}, A is {rows} × {n} of rank {rows} (a minor has an inverse), and "
               f"{dimension} independent signals are sent to 0: no map brings them back", Identity(
                   (*(minor * inverse), *(matrix * kernel)), (*identity, *([sympy.Integer(0)] * (rows * dimension))),
                   f"m = {rows}", ("(minor·inverse, A·N)", "(I, 0)")), "this size")


def orthonormal(axis: Axis, rows: int) -> Iterator[Step]:
    """Weights with orthonormal rows: AAᵀ = I, and AᵀA is a projector that is not I."""
    weights = unit_weights(axis)
    matrix = _with(axis, rows, weights)
    projector = matrix.T * matrix
    listed = ", ".join(map(str, weights[:4])) + (", …" if len(weights) > 4 else "")
    yield Step(f"with orthonormal rows, w = ({listed}): A Aᵀ = I, and P = AᵀA is a projector, P² = P = Pᵀ, A P = A", Identity(
        (*(matrix * matrix.T), *(projector * projector), *(matrix * projector)), (*sympy.eye(rows), *projector, *matrix),
        f"m = {rows}", ("(A Aᵀ, P·P, A P)", "(I, P, A)")), "this size")
    if matrix.cols > rows:
        yield Step("but P is not I: its trace is the number of rows, not of columns", Unequal(
            projector.trace(), sympy.Integer(matrix.cols), (), ("trace of P", "trace of I"), f"m = {rows}"), "this size")


def unit_weights(axis: Axis) -> list[sympy.Rational]:
    """3/5 and 4/5 on two taps whose pair never meets, else a single 1."""
    weights = [sympy.Integer(0)] * axis.kernel
    for one, two in combinations(range(axis.kernel), 2):
        if axis.dilation * (two - one) % axis.stride:
            weights[one], weights[two] = sympy.Rational(3, 5), sympy.Rational(4, 5)
            return weights
    weights[0] = sympy.Integer(1)
    return weights


def _with(axis: Axis, rows: int, weights: list[sympy.Integer]) -> sympy.Matrix:
    made = ConvMatrix.at(ConvSpec.of([axis]), (rows,))
    return sympy.Matrix([[0 if tap is None else weights[tap[0]] for tap in row] for row in made.taps])
