"""Theorem 6: over the complex numbers the adjoint conjugates the weights, and the plain transpose does not.

Automatic differentiation, matched filters and solvers mean different things by "the transpose"; with complex weights
the difference is an explicit sum, printed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from ..claims import Identity, Unequal
from ..expression import Context, Expression, Inner, Product, Rows, Scaled, Transpose, conjugate
from ..form import TrilinearForm, symbols
from ..lengths import smallest_feature_length
from ..objects import Map, Vector
from ..pairing import Pairing, one_sum
from ..sizes import too_long
from ..spec import Axis, ConvSpec
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

TERMS = 10  # each term has eight products of real and imaginary parts


def theorem(spec: ConvSpec) -> Theorem:
    """The complex adjoint."""
    return compose(6, "complex adjoint", "all sizes", "the adjoint is Aᴴ: transpose and conjugate; Aᵀ alone misses by an explicit sum",
                   (*lines(spec), *(by_axis(spec.axes, axis_lines) if spec.chosen else ())))


@dataclass(frozen=True)
class Number(Expression):
    """A complex number: its letter, conjugated or not, by its real and imaginary parts."""

    letter: str
    conjugated: bool = False

    @property
    def rows(self) -> Rows:
        real, imaginary = symbols(f"{self.letter}' {self.letter}''")
        return [[real - sympy.I * imaginary if self.conjugated else real + sympy.I * imaginary]]

    def latex(self, printer: Any) -> str:
        return rf"\bar {self.letter}" if self.conjugated else self.letter


@dataclass(frozen=True)
class Conjugate(Expression):
    """The conjugate of an expression."""

    of: Product

    @property
    def rows(self) -> Rows:
        return [[conjugate(value) for value in row] for row in self.of.rows]

    @property
    def below(self) -> tuple[Expression, ...]:
        return (self.of,)

    def latex(self, printer: Any) -> str:
        return rf"\mathrm{{conj}}({self.of.latex(printer)})"


@dataclass(frozen=True)
class ImaginaryPart(Expression):
    """The imaginary part of a complex number."""

    letter: str

    @property
    def rows(self) -> Rows:
        return [[symbols(f"{self.letter}''")]]

    def latex(self, printer: Any) -> str:
        return rf"\mathrm{{Im}}({self.letter})"


@dataclass(frozen=True)
class Difference(Expression):
    """left − right, numbers."""

    left: Product
    right: Product

    @property
    def rows(self) -> Rows:
        return [[self.left.rows[0][0] - self.right.rows[0][0]]]

    @property
    def below(self) -> tuple[Expression, ...]:
        return self.left, self.right

    def latex(self, printer: Any) -> str:
        return f"{self.left.latex(printer)} - {self.right.latex(printer)}"


def lines(spec: ConvSpec) -> Iterator[Line]:
    """Term by term, and the sums."""
    u, w, x = (Number(letter) for letter in "uwx")
    bar_u, bar_w = Number("u", True), Number("w", True)
    yield Step("term by term, with ⟨u, x⟩ = Σ ū x: the conjugate of (w̄ u) is ū w",
               Identity((Product(Conjugate(Product(bar_w, u)), x),), (Product(bar_u, w, x),)))
    adjoint = Fact("{left} = {right} with ⟨u, x⟩ = Σ ū x", {"left": Pairing(spec, "u", True), "right": Pairing(spec, "x", True)},
                   lambda left, right: (one_sum(left, right),))
    yield adjoint
    yield Step("and both sums run over the same index set, each term once, as for real numbers (theorem 5)", adjoint.claims[0])
    yield Step("with the plain transpose each term is off by 2i times the imaginary part of w, times ū x, where i² = −1",
               Identity((Difference(Product(bar_u, w, x), Product(Conjugate(Product(w, u)), x)),),
                        (Scaled(2 * sympy.I, Product(ImaginaryPart("w"), bar_u, x)),)))


def complex_parts(form: TrilinearForm, letter: str) -> tuple[Any, ...]:
    """The unknowns u, w or x as real and imaginary parts."""
    return tuple(sympy.Symbol(f"{symbol.name}'") + sympy.I * sympy.Symbol(f"{symbol.name}''") for symbol in form.unknowns(letter))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """Both sides expanded at a size, and one weight for which the transpose fails."""
    spec, feature = ConvSpec.of([axis]), (smallest_feature_length(axis),)
    missing = too_long("the complex form", spec, feature, TERMS)
    if missing:
        yield missing
        return
    form = TrilinearForm.at(spec, feature)
    parts = {letter: complex_parts(form, letter) for letter in "uwx"}
    matrix, u, x = ComplexMap(form, parts["w"]), ComplexVector(form, "u", parts["u"]), ComplexVector(form, "x", parts["x"])
    forward = Inner(u, Product(matrix, x), sesquilinear=True)
    yield Step("expanded in real and imaginary parts",
               Identity((forward,), (Inner(Product(Transpose(matrix, conjugate=True), u), x, sesquilinear=True),)), "this size")
    if form.terms:
        chosen = zip(form.terms[0], ("u", "w", "x"), ("'", "''", "'"), strict=True)
        point = tuple((sympy.Symbol(f"{letter}_{{{index[0]}}}{part}"), sympy.Integer(1)) for index, letter, part in chosen)
        yield Step("with one imaginary weight, and nothing else but one feature and one image position, the transpose gives the "
                   "opposite sign", Unequal(forward, Inner(Product(Transpose(matrix), u), x, sesquilinear=True), point), "this size")


class ComplexMap(Map):
    """A with complex weights w[a] = w′[a] + i·w″[a]."""

    @property
    def context(self) -> Context:
        return {"m": self.form.feature}


class ComplexVector(Vector):
    """u or x with complex entries."""

    @property
    def context(self) -> Context:
        return {"m": self.form.feature}
