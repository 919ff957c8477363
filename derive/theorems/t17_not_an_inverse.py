"""Theorem 17: the transpose is not an inverse: when AAᵀ = I, what AᵀA then is, and rank and null space at a size.

"Deconvolution" suggests that conv_transpose undoes conv. It is the adjoint; it undoes conv on the row space of A, and
only when the rows are orthonormal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import sympy
from sympy.polys.matrices import DomainMatrix

from ..claims import ForAll, Identity, Unequal
from ..expression import Columns, Entry, Expression, Product, Rows, Transpose, Unit
from ..form import TrilinearForm, a, entry, i, j, length_of_image, m, relation, symbols
from ..lengths import image_length
from ..logic import All, Equal, Exists, Iff, Le, Lt
from ..objects import Map
from ..sizes import too_long
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, LeftOut, Line, Step, Theorem, by_axis, compose

a2, i2 = symbols("a' i'")
TERMS, CELLS = 100, 4000  # of the matrices that are multiplied out


def theorem(spec: ConvSpec) -> Theorem:
    """Not an inverse."""
    return compose(17, "not an inverse", "this size", "what AᵀA and A Aᵀ are, and when one of them is I",
                   by_axis(spec.axes, axis_lines))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    plain = Axis(axis.kernel, axis.stride, (0, 0), axis.dilation)
    image = length_of_image(plain)
    lost = Fact("uncropped, A is m × ({n}), and where w[0] ≠ 0 its rows are independent: {lost} independent signals are sent to 0",
                {"n": image, "lost": image - m}, lambda n, lost: (ForAll(echelon(plain)), Identity((image, image - m), (n, lost))))
    yield lost
    yield Step("uncropped, row i has w[0] at s·i and every later row begins behind: the rows are in echelon form, so the rank is m "
               "where w[0] ≠ 0", lost.claims[0])
    yield Step("and n − m independent signals are sent to 0: no map brings them back", lost.claims[1])
    yield Step("uncropped, rows i and i′ of A meet in the product w[a]·w[a′] ⇔ d(a − a′) = s(i′ − i)", ForAll(pairs(plain)))
    spec, rows = ConvSpec.of([plain]), 3 if axis.kernel <= 32 else 2
    columns = image_length(plain, rows)
    missing = LeftOut("AᵀA", columns**2, CELLS) if columns**2 > CELLS else too_long("A Aᵀ", spec, (rows,), TERMS, CELLS)
    if missing:
        yield missing
        yield from one_row(plain)
        return
    form = TrilinearForm.at(spec, (rows,))
    yield Step("so A Aᵀ = I ⇔ Σ w² = 1 and the autocorrelations Σ w[a]·w[a + s·t/d] vanish for every t ≥ 1 with d | s·t",
               gram(form), "this size")
    yield from one_row(plain)
    yield Step("with the weights 1, 2, …: a basis of the signals that are sent to 0 (the identity in some of its rows)",
               null_space(form), "this size")
    yield from orthonormal(form)


def echelon(axis: Axis) -> Statement:
    """i < i′ and a ≥ 0 ⇒ s·i < s·i′ + d·a."""
    variables = (Variable(i, 0, 3), Variable(i2, i + 1, i + 3), Variable(a, 0, 3))
    return Statement(variables, (Le(i + 1, i2), Le(0, a)), Lt(axis.stride * i, axis.stride * i2 + axis.dilation * a))


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


def gram(form: TrilinearForm) -> Identity:
    """A Aᵀ, multiplied out, against the autocorrelations."""
    (axis,), (rows,) = form.spec.axes, form.feature
    right = tuple(tuple(autocorrelation(axis, abs(r - c)) for c in range(rows)) for r in range(rows))
    return Identity((Product(Map(form), Transpose(Map(form))),), (right,))


def one_row(axis: Axis) -> Iterator[Step]:
    """An entry of AᵀA for one feature: the product of the first and the last weight at two places, no entry of I."""
    taps = (axis.kernel - 1) * axis.dilation
    first, last = entry("w", (0,)), entry("w", (axis.kernel - 1,))
    twos = tuple((symbol, sympy.Integer(2)) for symbol in dict.fromkeys((first, last)))
    yield Step("one feature already shows it: A is one row, and an entry of AᵀA is a product of its weights, not an entry of I",
               Unequal(first * last, sympy.Integer(int(taps == 0)), twos), "this size")


@dataclass(frozen=True)
class NullSpace(Expression):
    """A basis of the signals that a matrix of numbers sends to 0, as columns; ``free`` are the rows that hold the identity."""

    of: Map

    @cached_property
    def found(self) -> tuple[Rows, tuple[int, ...]]:
        """The basis, and the columns of the matrix without a pivot."""
        domain = DomainMatrix.from_Matrix(sympy.Matrix(self.of.rows)).to_field()
        reduced, pivots = domain.rref()
        free = tuple(column for column in range(domain.shape[1]) if column not in pivots)
        entries = reduced.to_Matrix()
        table = [[sympy.Integer(int(column == at)) if column in free else -entries[pivots.index(column), at] for at in free]
                 for column in range(domain.shape[1])]
        return table, free

    @property
    def rows(self) -> Rows:
        return self.found[0]

    @property
    def below(self) -> tuple[Expression, ...]:
        return (self.of,)

    def latex(self, printer: Any) -> str:
        return "N"


@dataclass(frozen=True)
class Chosen(Expression):
    """Some rows of an expression."""

    of: Expression
    which: tuple[int, ...]

    @property
    def rows(self) -> Rows:
        return [self.of.rows[row] for row in self.which]

    @property
    def below(self) -> tuple[Expression, ...]:
        return (self.of,)

    def latex(self, printer: Any) -> str:
        return rf"{self.of.latex(printer)}_{{\mathrm{{free}}}}"


def null_space(form: TrilinearForm) -> Identity:
    """A N = 0 and the rows of N that belong to no pivot are the identity: its columns are independent."""
    matrix = Map(form, tuple(sympy.Integer(tap + 1) for tap in range(form.spec.kernel[0])))
    basis = NullSpace(matrix)
    free = basis.found[1]
    if not free:
        return Identity((Columns(matrix),), (form.feature[0],))
    zeros = tuple((sympy.Integer(0),) * len(free) for _ in range(form.feature[0]))
    return Identity((Product(matrix, basis), Chosen(basis, free)), (zeros, Unit(len(free))))


def orthonormal(form: TrilinearForm) -> Iterator[Step]:
    """Weights with orthonormal rows: A Aᵀ = I, and AᵀA is a projector that is not I."""
    (axis,), (rows,) = form.spec.axes, form.feature
    matrix = Map(form, tuple(unit_weights(axis)))
    turned = Transpose(matrix)
    projector = Product(turned, matrix)
    yield Step("with orthonormal rows A Aᵀ = I, and P = AᵀA is a projector: P P = P and A P = A", Identity(
        (Product(matrix, turned), Product(turned, matrix, turned, matrix), Product(matrix, turned, matrix)),
        (Unit(rows), projector, matrix)), "this size")
    for place in range(form.image[0]):
        if form.image[0] > rows and projector.rows[place][place] != 1:
            yield Step("but P is not I", Unequal(Entry(projector, place, place), Entry(Unit(form.image[0]), place, place)), "this size")
            return


def unit_weights(axis: Axis) -> list[Any]:
    """3/5 and 4/5 on two taps whose pair never meets, else a single 1."""
    weights: list[Any] = [sympy.Integer(0)] * axis.kernel
    for one, two in combinations(range(axis.kernel), 2):
        if axis.dilation * (two - one) % axis.stride:
            weights[one], weights[two] = sympy.Rational(3, 5), sympy.Rational(4, 5)
            return weights
    weights[0] = sympy.Integer(1)
    return weights
