"""Expressions such as ⟨u, A x⟩: what is printed and what is compared are two readings of one tree.

A node has its entries (``rows``, exact polynomials) and its notation (``latex``), both made from its parts, so a
printed side cannot be anything but the side that was judged. What its leaves depend on (sizes, values of u or w) is
its ``context``, printed behind an identity. Here is the algebra; ``objects`` has A, T, u, w, x and what is made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import sympy

from .form import inner
from .statement import Refused

Rows = Sequence[Sequence[Any]]
Context = Mapping[str, tuple[Any, ...]]


class Expression:
    """A matrix of exact entries (numbers are 1 × 1, vectors are columns) with its notation, made from the expressions ``below``."""

    letter_like: ClassVar[bool] = False
    """Whether the notation is one letter, which needs no parentheses."""

    @property
    def rows(self) -> Rows:
        """The entries, polynomials."""
        raise NotImplementedError

    @property
    def below(self) -> tuple[Expression, ...]:
        """The expressions that it is made from."""
        return ()

    @property
    def context(self) -> Context:
        """What the letters below mean: sizes, and values in place of u or w."""
        return both(*self.below)

    def latex(self, printer: Any) -> str:
        """The notation."""
        raise NotImplementedError


def both(*parts: Expression) -> Context:
    """The contexts of several expressions. ``Refused`` where they mean different things by one letter."""
    found: dict[str, tuple[Any, ...]] = {}
    for part in parts:
        for name, value in part.context.items():
            if found.setdefault(name, value) != value:
                raise Refused(f"{name} means {found[name]} and {value} in one identity")
    return found


def entries(side: Iterable[Any]) -> list[Any]:
    """All entries of expressions, tuples and terms, row-major."""
    found: list[Any] = []
    for part in side:
        if isinstance(part, tuple | list):
            found += entries(part)
        elif isinstance(part, Expression):
            found += [value for row in part.rows for value in row]
        else:
            found.append(part)
    return found


def nested(values: Sequence[Any], shape: Sequence[int]) -> tuple[Any, ...]:
    """Row-major values as tuples of tuples, one level an axis."""
    if len(shape) < 2:
        return tuple(values)
    step = len(values) // shape[0]
    return tuple(nested(values[at:at + step], shape[1:]) for at in range(0, len(values), step))


def conjugate(value: Any) -> Any:
    """−i for i, in a polynomial whose letters are real."""
    return sympy.expand(value).xreplace({sympy.I: -sympy.I})


@dataclass(frozen=True)
class Transpose(Expression):
    """Rows for columns; ``conjugate`` also replaces i by −i (all letters are real)."""

    of: Expression
    conjugate: bool = False

    @cached_property
    def rows(self) -> Rows:
        turned = [list(row) for row in zip(*self.of.rows, strict=True)]
        return [[conjugate(value) for value in row] for row in turned] if self.conjugate else turned

    @property
    def below(self) -> tuple[Expression, ...]:
        return (self.of,)

    def latex(self, printer: Any) -> str:
        inside = self.of.latex(printer)
        return rf"{inside if self.of.letter_like else f'({inside})'}^{{\mathsf {'H' if self.conjugate else 'T'}}}"


@dataclass(frozen=True, init=False)
class Product(Expression):
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
    def below(self) -> tuple[Expression, ...]:
        return self.parts

    def latex(self, printer: Any) -> str:
        return r"\, ".join(part.latex(printer) for part in self.parts)


@dataclass(frozen=True)
class Inner(Expression):
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
    def below(self) -> tuple[Expression, ...]:
        return self.left, self.right

    def latex(self, printer: Any) -> str:
        return rf"\langle {self.left.latex(printer)}, {self.right.latex(printer)}\rangle"


@dataclass(frozen=True)
class Scaled(Expression):
    """A number times an expression."""

    factor: Any
    of: Expression

    @cached_property
    def rows(self) -> Rows:
        return [[self.factor * value for value in row] for row in self.of.rows]

    @property
    def below(self) -> tuple[Expression, ...]:
        return (self.of,)

    def latex(self, printer: Any) -> str:
        return rf"{printer.doprint(self.factor)}\, {self.of.latex(printer)}"


@dataclass(frozen=True)
class Unit(Expression):
    """I, as many rows as columns."""

    letter_like = True
    size: int

    @cached_property
    def rows(self) -> Rows:
        return [[sympy.Integer(int(r == c)) for c in range(self.size)] for r in range(self.size)]

    def latex(self, printer: Any) -> str:
        return "I"


@dataclass(frozen=True)
class Entry(Expression):
    """One entry of an expression; a column has one index."""

    of: Expression
    row: int
    column: int | None = None

    @cached_property
    def rows(self) -> Rows:
        return [[self.of.rows[self.row][self.column or 0]]]

    @property
    def below(self) -> tuple[Expression, ...]:
        return (self.of,)

    def latex(self, printer: Any) -> str:
        index = str(self.row) if self.column is None else f"{self.row},{self.column}"
        inside = self.of.latex(printer)
        return f"{inside if self.of.letter_like else f'({inside})'}_{{{index}}}"


@dataclass(frozen=True)
class Columns(Expression):
    """How many columns an expression has."""

    of: Expression

    @property
    def rows(self) -> Rows:
        return [[sympy.Integer(len(self.of.rows[0]))]]

    @property
    def below(self) -> tuple[Expression, ...]:
        return (self.of,)

    def latex(self, printer: Any) -> str:
        return rf"\text{{columns of }} {self.of.latex(printer)}"
