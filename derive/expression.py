"""Expressions such as ⟨u, A x⟩: what is printed and what is compared are two readings of one tree.

A node has its entries (``rows``, exact polynomials) and its notation (``latex``), both made from its parts, so a
printed side cannot be anything but the side that was judged. Leaves are defined here: A by the index relation, T by
its sum, u, w and x by their entries. What a leaf depends on (sizes, values of u or w) is its ``context``, printed
behind an identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import sympy

from .form import MAPS, TrilinearForm, entry, inner, length_of_image, m, partials
from .matrix import ConvMatrix
from .operators import Letter, Word
from .spec import Axis
from .statement import Refused

Rows = Sequence[Sequence[Any]]
Context = Mapping[str, tuple[Any, ...]]


class Expression(Protocol):
    """A matrix of exact entries (numbers are 1 × 1, vectors are columns) with its notation."""

    @property
    def rows(self) -> Rows: ...

    @property
    def context(self) -> Context: ...

    def latex(self, printer: Any) -> str: ...


def both(*parts: Expression) -> Context:
    """The contexts of several expressions. ``Refused`` where they mean different things by one letter."""
    found: dict[str, tuple[Any, ...]] = {}
    for part in parts:
        for name, value in part.context.items():
            if found.setdefault(name, value) != value:
                raise Refused(f"{name} means {found[name]} and {value} in one identity")
    return found


@dataclass(frozen=True)
class Map:
    """A of a form, m × n, from the index relation; ``weights`` in place of the letters w[a], row-major."""

    form: TrilinearForm
    weights: tuple[Any, ...] = ()

    @cached_property
    def rows(self) -> Rows:
        made = ConvMatrix.at(self.form.spec, self.form.feature, self.form.image)
        letters = [str(symbol) for symbol in self.form.unknowns("w")]
        value = dict(zip(letters, self.weights or self.form.unknowns("w"), strict=True))
        return [[sympy.Integer(0) if tap is None else value[str(entry("w", tap))] for tap in row] for row in made.taps]

    @property
    def context(self) -> Context:
        return {"m": self.form.feature} | ({"w": self.weights} if self.weights else {})

    def latex(self, printer: Any) -> str:
        return "A"


@dataclass(frozen=True)
class Vector:
    """u, w or x of a form as a column; ``values`` in place of the letters."""

    form: TrilinearForm
    letter: str
    values: tuple[Any, ...] = ()

    @cached_property
    def rows(self) -> Rows:
        return [[value] for value in self.values or self.form.unknowns(self.letter)]

    @property
    def context(self) -> Context:
        return {"m": self.form.feature} | ({self.letter: self.values} if self.values else {})

    def latex(self, printer: Any) -> str:
        return self.letter


@dataclass(frozen=True)
class Total:
    """T of a form, the sum of u·w·x over its index triples."""

    form: TrilinearForm

    @cached_property
    def rows(self) -> Rows:
        return [[self.form.expression]]

    @property
    def context(self) -> Context:
        return {"m": self.form.feature}

    def latex(self, printer: Any) -> str:
        return "T"


@dataclass(frozen=True)
class Derivative:
    """∂T/∂u, ∂T/∂w or ∂T/∂x as a column; ``slot`` (a letter and another one, such as u and g) fills u, w or x with other letters."""

    form: TrilinearForm
    letter: str
    slot: tuple[str, str] = ("", "")

    @cached_property
    def rows(self) -> Rows:
        name = next(name for name, letter in MAPS.items() if letter == self.letter)
        values = self.form.derivative(name)
        if self.slot[0]:
            values = [value.xreplace(renamed(self.form, *self.slot)) for value in values]
        return [[value] for value in values]

    @property
    def context(self) -> Context:
        return {"m": self.form.feature}

    def latex(self, printer: Any) -> str:
        where = rf"\big|_{{{self.slot[0]} = {self.slot[1]}}}" if self.slot[0] else ""
        return rf"\partial T/\partial {self.letter}{where}"


def renamed(form: TrilinearForm, old: str, new: str) -> dict[Any, sympy.Symbol]:
    """The unknowns u, w or x with another letter."""
    return {symbol: sympy.Symbol(symbol.name.replace(old, new, 1)) for symbol in form.unknowns(old)}


@dataclass(frozen=True)
class Gradient:
    """The derivatives of a 1 × 1 expression by the entries of another, which are letters."""

    of: Expression
    by: Expression

    @cached_property
    def rows(self) -> Rows:
        return [[value] for value in partials(self.of.rows[0][0], [row[0] for row in self.by.rows])]

    @property
    def context(self) -> Context:
        return both(self.of, self.by)

    def latex(self, printer: Any) -> str:
        return rf"\partial {self.of.latex(printer)}/\partial {self.by.latex(printer)}"


@dataclass(frozen=True)
class Jacobian:
    """The derivatives of each entry of a column by the entries of another, which are letters: one row an entry."""

    of: Expression
    by: Expression

    @cached_property
    def rows(self) -> Rows:
        letters = [row[0] for row in self.by.rows]
        return [partials(row[0], letters) for row in self.of.rows]

    @property
    def context(self) -> Context:
        return both(self.of, self.by)

    def latex(self, printer: Any) -> str:
        return rf"\partial ({self.of.latex(printer)})/\partial {self.by.latex(printer)}"


@dataclass(frozen=True)
class Transpose:
    """Rows for columns; ``conjugate`` also replaces i by −i (all letters are real)."""

    of: Expression
    conjugate: bool = False

    @cached_property
    def rows(self) -> Rows:
        turned = [list(row) for row in zip(*self.of.rows, strict=True)]
        return [[conjugate(value) for value in row] for row in turned] if self.conjugate else turned

    @property
    def context(self) -> Context:
        return self.of.context

    def latex(self, printer: Any) -> str:
        inside = self.of.latex(printer)
        return rf"{inside if isinstance(self.of, Map | Vector) else f'({inside})'}^{{\mathsf {'H' if self.conjugate else 'T'}}}"


def conjugate(value: Any) -> Any:
    """−i for i, in a polynomial whose letters are real."""
    return sympy.expand(value).xreplace({sympy.I: -sympy.I})


@dataclass(frozen=True, init=False)
class Product:
    """The matrix product of several expressions, multiplied out."""

    parts: tuple[Expression, ...]

    def __init__(self, *parts: Expression) -> None:
        object.__setattr__(self, "parts", parts)

    @cached_property
    def rows(self) -> Rows:
        first, *others = self.parts
        made = first.rows
        for other in others:
            if len(made[0]) != len(other.rows):
                raise ValueError("a product of matrices that do not fit")
            columns = list(zip(*other.rows, strict=True))
            made = [[inner(column, row) for column in columns] for row in made]
        return made

    @property
    def context(self) -> Context:
        return both(*self.parts)

    def latex(self, printer: Any) -> str:
        return r"\, ".join(part.latex(printer) for part in self.parts)


@dataclass(frozen=True)
class Inner:
    """⟨left, right⟩ of two columns, bilinear; ``sesquilinear`` conjugates the left one."""

    left: Expression
    right: Expression
    sesquilinear: bool = False

    @cached_property
    def rows(self) -> Rows:
        left = [conjugate(row[0]) if self.sesquilinear else row[0] for row in self.left.rows]
        if len(left) != len(self.right.rows):
            raise ValueError("an inner product of columns of different lengths")
        return [[inner(left, [row[0] for row in self.right.rows])]]

    @property
    def context(self) -> Context:
        return both(self.left, self.right)

    def latex(self, printer: Any) -> str:
        return rf"\langle {self.left.latex(printer)}, {self.right.latex(printer)}\rangle"


@dataclass(frozen=True)
class Scaled:
    """A number times an expression."""

    factor: Any
    of: Expression

    @cached_property
    def rows(self) -> Rows:
        return [[self.factor * value for value in row] for row in self.of.rows]

    @property
    def context(self) -> Context:
        return self.of.context

    def latex(self, printer: Any) -> str:
        return rf"{printer.doprint(self.factor)}\, {self.of.latex(printer)}"


@dataclass(frozen=True)
class Length:
    """n of an axis for a feature length, with the formula's parts side by side."""

    axis: Axis
    of: Any = m

    @property
    def rows(self) -> Rows:
        return [[sympy.S(length_of_image(self.axis, self.of))]]

    @property
    def context(self) -> Context:
        return {}

    def latex(self, printer: Any) -> str:
        axis, of = self.axis, printer.doprint(self.of)
        parts = (f"{axis.stride}({of} - 1)", rf"{axis.dilation} \cdot {axis.kernel - 1}", "1", str(axis.output_padding))
        low, high = (f"({p})" if str(p).startswith("-") else str(p) for p in map(printer.doprint, axis.padding))
        return " + ".join(parts) + f" - {low} - {high}"


@dataclass(frozen=True)
class Unit:
    """I, as many rows as columns."""

    size: int

    @cached_property
    def rows(self) -> Rows:
        return [[sympy.Integer(int(r == c)) for c in range(self.size)] for r in range(self.size)]

    @property
    def context(self) -> Context:
        return {}

    def latex(self, printer: Any) -> str:
        return "I"


@dataclass(frozen=True)
class Entry:
    """One entry of an expression; a column has one index."""

    of: Expression
    row: int
    column: int | None = None

    @cached_property
    def rows(self) -> Rows:
        return [[self.of.rows[self.row][self.column or 0]]]

    @property
    def context(self) -> Context:
        return self.of.context

    def latex(self, printer: Any) -> str:
        index = str(self.row) if self.column is None else f"{self.row},{self.column}"
        inside = self.of.latex(printer)
        return f"{inside if isinstance(self.of, Map | Vector | Unit) else f'({inside})'}_{{{index}}}"


@dataclass(frozen=True)
class Columns:
    """How many columns an expression has."""

    of: Expression

    @property
    def rows(self) -> Rows:
        return [[sympy.Integer(len(self.of.rows[0]))]]

    @property
    def context(self) -> Context:
        return self.of.context

    def latex(self, printer: Any) -> str:
        return rf"\text{{columns of }} {self.of.latex(printer)}"


@dataclass(frozen=True)
class At:
    """A word of ↓, ↑, q*, … as a matrix, for signals of a length."""

    word: Letter | Word
    length: int

    @cached_property
    def rows(self) -> Rows:
        return [list(row) for row in self.word.matrix(self.length).tolist()]

    @property
    def context(self) -> Context:
        return {}

    def latex(self, printer: Any) -> str:
        return str(printer.words(str(self.word)))


def entries(side: Iterable[Any]) -> list[Any]:
    """All entries of expressions, tuples and terms, row-major."""
    found: list[Any] = []
    for part in side:
        if isinstance(part, tuple | list):
            found += entries(part)
        elif hasattr(part, "rows") and not isinstance(part, sympy.MatrixBase):
            found += [value for row in part.rows for value in row]
        else:
            found.append(part)
    return found
