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

from ..claims import ForAll, Identity, SameSum, Sum, Unequal
from ..expression import Columns, Entry, Expression, Product, Rows, Transpose, Unit
from ..form import TrilinearForm, bounded, compared, entry, feature_range, image_range, length_of_image, relation, size_variables, tap_range
from ..lengths import image_length
from ..logic import All, Either, Equal, Formula, Le, Lt
from ..objects import Map
from ..sizes import too_long
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import letters, same
from ..theorem import Fact, LeftOut, Line, Step, Theorem, by_axis, compose

TERMS, CELLS = 100, 4000  # of the matrices that are multiplied out


def theorem(spec: ConvSpec) -> Theorem:
    """Not an inverse."""
    plain = spec.uncropped
    return compose(17, "not an inverse", "all sizes", "when A Aᵀ is I, and that AᵀA then is a projector and still not I",
                   (*lines(plain), *(by_axis(plain.axes, axis_lines) if spec.chosen else ())))


def lines(plain: ConvSpec) -> Iterator[Line]:
    """All axes together, uncropped, from one channel to one channel."""
    yield from rank(plain)
    yield Step("uncropped, for every m: entry (i, i′) of A Aᵀ is the autocorrelation of the weights at s(i′ − i), the sum of w[a]·w[a′] "
               "over d(a − a′) = s(i′ − i) on every axis. So A Aᵀ = I ⇔ Σ w² = 1 and it vanishes at every other multiple of s", gram(plain))


def rank(plain: ConvSpec) -> Iterator[Line]:
    """The rows are independent, and fewer than the columns."""
    rows = sympy.Mul(*[at.m for _, at in letters(plain)])
    image = sympy.Mul(*[length_of_image(axis, at.m) for axis, at in letters(plain)])
    lost = Fact("uncropped, A has {rows} rows and {n} columns, and where w[0] ≠ 0 its rows are independent: {lost} independent signals "
                "are sent to 0", {"rows": rows, "n": image, "lost": image - rows},
                lambda rows, n, lost: (ForAll(echelon(plain)), counted(plain, rows, n, lost)))
    yield lost
    yield Step("uncropped, row i has w[0] at s·i and every later row (in the order of the first axis where they differ) begins behind: the "
               "rows are in echelon form, so the rank is their number where w[0] ≠ 0", lost.claims[0])
    yield Step("rows, columns, and the independent signals that are sent to 0: no map brings them back", lost.claims[1])


def axis_lines(plain: Axis) -> Iterator[Line]:
    """The lines for one axis, at a size."""
    yield from one_row(plain)
    spec, rows = ConvSpec.of([plain]), 3 if plain.kernel <= 32 else 2
    columns = image_length(plain, rows)
    missing = LeftOut("AᵀA", columns**2, CELLS) if columns**2 > CELLS else too_long("A Aᵀ", spec, (rows,), TERMS, CELLS)
    if missing:
        yield missing
        return
    form = TrilinearForm.at(spec, (rows,))
    yield Step("with the weights 1, 2, …: a basis Z of the signals that are sent to 0 (the identity in some of its rows)",
               null_space(form), "this size")
    yield from orthonormal(form)


def counted(plain: ConvSpec, rows: Any, image: Any, lost: Any) -> Identity:
    """The product of the axes' m, that of their n, and the difference."""
    axes = letters(plain)
    sides = sympy.Mul(*[at.m for _, at in axes]), sympy.Mul(*[length_of_image(axis, at.m) for axis, at in axes])
    return Identity((*sides, sides[1] - sides[0]), (rows, image, lost))


def echelon(plain: ConvSpec) -> Statement:
    """i before i′ and a ≥ 0 ⇒ s·i before s·i′ + d·a, by the first axis where they differ."""
    axes = letters(plain)
    others = [at.letter("i'") for _, at in axes]
    variables = tuple(v for (axis, at), other in zip(axes, others, strict=True)
                      for v in (Variable(at.i, 0, 2), Variable(other, 0, 2), Variable(at.a, 0, 2)))
    first = before([at.i for _, at in axes], others)
    begins = [axis.stride * other + axis.dilation * at.a for (axis, at), other in zip(axes, others, strict=True)]
    products = [pair for (axis, at), other in zip(axes, others, strict=True) for pair in (
        *compared(axis.stride, other, at.i, 0, 1), *compared(axis.dilation, at.a, 0, 0, 1))]
    return Statement(variables, (first, *[Le(0, at.a) for _, at in axes]), before([axis.stride * at.i for axis, at in axes], begins), (),
                     tuple(products))


def before(left: list[Any], right: list[Any]) -> Formula:
    """left comes before right in lexicographic order."""
    return Either(*[All(*[Equal(left[axis], right[axis]) for axis in range(number)], Lt(left[number], right[number]))
                    for number in range(len(left))])


def gram(plain: ConvSpec) -> SameSum:
    """Σ_j A[i, j]·A[i′, j], by the taps a and a′ that meet at j, is the autocorrelation at s(i′ − i)."""
    axes = letters(plain)
    w = sympy.IndexedBase("w")
    others = {at: (at.letter("i'"), at.letter("a'")) for _, at in axes}
    pairs, places = list[Variable](), list[Variable]()
    meet, lags, given = list[Formula](), list[Formula](), list[Formula]()
    for axis, at in axes:
        i2, a2 = others[at]
        inside = (tap_range(axis, at), tap_range(axis, at).xreplace({at.a: a2}))
        pairs += [Variable(at.a, 0, axis.kernel - 1), Variable(a2, 0, axis.kernel - 1)]
        places.append(Variable(at.j, 0, at.n - 1))
        meet += [*inside, image_range(at), relation(axis, at), relation(axis, at).xreplace({at.i: i2, at.a: a2})]
        lags += [*inside, Equal(axis.dilation * (at.a - a2), axis.stride * (i2 - at.i))]
        given += [feature_range(at), size_variables(axis, at)[1][2]]
    term = w[tuple(at.a for _, at in axes)] * w[tuple(a2 for _, a2 in others.values())]
    kept = {variable.symbol: variable.symbol for variable in pairs}
    return same(plain, Sum(term, (*pairs, *places), All(*meet)), Sum(term, tuple(pairs), All(*lags)), kept,
                kept | {at.j: axis.stride * at.i + axis.dilation * at.a for axis, at in axes}, given, (),
                [Variable(i2, 0, 3) for i2, _ in others.values()], [pair for axis, at in axes for pair in bounded(axis, at)])


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
        return "Z"


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
    """A Z = 0 and the rows of Z that belong to no pivot are the identity: its columns are independent."""
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
    yield Step("with orthonormal rows A Aᵀ = I, and AᵀA is a projector: its square is itself, and A AᵀA = A", Identity(
        (Product(matrix, turned), Product(turned, matrix, turned, matrix), Product(matrix, turned, matrix)),
        (Unit(rows), projector, matrix)), "this size")
    for place in range(form.image[0]):
        if form.image[0] > rows and projector.rows[place][place] != 1:
            yield Step("but AᵀA is not I", Unequal(Entry(projector, place, place), Entry(Unit(form.image[0]), place, place)), "this size")
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
