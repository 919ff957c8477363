"""A, T, u, w, x, their derivatives, lengths and words: the leaves of expressions, each defined by what it is.

A is the index relation, T its sum, a word its letters; ``weights`` and ``values`` put numbers or terms in place of
letters, and stand in the context.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy

from .expression import Context, Expression, Rows, nested
from .form import MAPS, TrilinearForm, entry, length_of_image, m, partials
from .matrix import ConvMatrix
from .operators import Letter, Word, dense
from .spec import Axis


@dataclass(frozen=True)
class Map(Expression):
    """A of a form, m × n, from the index relation; ``weights`` in place of the letters w[a], row-major."""

    letter_like = True
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
        return {"m": self.form.feature} | ({"w": nested(self.weights, self.form.spec.kernel)} if self.weights else {})

    def latex(self, printer: Any) -> str:
        return "A"


@dataclass(frozen=True)
class Vector(Expression):
    """u, w or x of a form as a column; ``values`` in place of the letters."""

    letter_like = True
    form: TrilinearForm
    letter: str
    values: tuple[Any, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """One length an axis."""
        return {"u": self.form.feature, "w": self.form.spec.kernel, "x": self.form.image}[self.letter]

    @cached_property
    def rows(self) -> Rows:
        return [[value] for value in self.values or self.form.unknowns(self.letter)]

    @property
    def context(self) -> Context:
        return {"m": self.form.feature} | ({self.letter: nested(self.values, self.shape)} if self.values else {})

    def latex(self, printer: Any) -> str:
        return self.letter


@dataclass(frozen=True)
class Total(Expression):
    """T of a form, the sum of u·w·x over its index triples."""

    letter_like = True
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
class Derivative(Expression):
    """∂T/∂u, ∂T/∂w or ∂T/∂x as a column."""

    form: TrilinearForm
    letter: str

    @cached_property
    def rows(self) -> Rows:
        name = next(name for name, letter in MAPS.items() if letter == self.letter)
        return [[value] for value in self.form.derivative(name)]

    @property
    def context(self) -> Context:
        return {"m": self.form.feature}

    def latex(self, printer: Any) -> str:
        return rf"\partial T/\partial {self.letter}"


@dataclass(frozen=True)
class Jacobian(Expression):
    """The derivatives of each entry of a column by the entries of another, which are letters: one row an entry."""

    of: Expression
    by: Expression

    @cached_property
    def rows(self) -> Rows:
        letters = [row[0] for row in self.by.rows]
        return [partials(row[0], letters) for row in self.of.rows]

    @property
    def below(self) -> tuple[Expression, ...]:
        return self.of, self.by

    def latex(self, printer: Any) -> str:
        return rf"\partial ({self.of.latex(printer)})/\partial {self.by.latex(printer)}"


@dataclass(frozen=True)
class Length(Expression):
    """n of an axis for a feature length, with the formula's parts side by side."""

    axis: Axis
    of: Any = m

    @property
    def rows(self) -> Rows:
        return [[sympy.S(length_of_image(self.axis, self.of))]]

    def _of_letters(self, printer: Any) -> str:
        """s(m − 1) + d(k − 1) + 1 + op − p_lo − p_hi, with terms in the place of the letters."""
        axis = self.axis
        k, s, d, op, low, high, of = (printer.doprint(one) for one in (
            axis.kernel, axis.stride, axis.dilation, axis.output_padding, *axis.padding, self.of))
        steps, taps = (f"{'' if by == '1' else by}({count} - 1)" for by, count in ((s, of), (d, k)))
        cut = (f"({crop})" if sympy.S(one).is_Add else crop for one, crop in zip(axis.padding, (low, high), strict=True))
        return f"{steps} + {taps} + 1" + (f" + {op}" if op != "0" else "") + "".join(f" - {crop}" for crop in cut)

    def latex(self, printer: Any) -> str:
        axis, of = self.axis, printer.doprint(self.of)
        if not (axis.chosen and all(isinstance(crop, int) for crop in axis.padding)):
            return self._of_letters(printer)
        stride = f"{axis.stride}({of} - 1)" if axis.stride > 1 else f"({of} - 1)"
        reach = rf"{axis.dilation} \cdot {axis.kernel - 1}" if axis.dilation > 1 else str(axis.kernel - 1)
        added = [stride, *([reach] if axis.kernel > 1 else []), "1", *([str(axis.output_padding)] if axis.output_padding else [])]
        return " + ".join(added) + "".join(f" {'-' if crop > 0 else '+'} {abs(crop)}" for crop in axis.padding if crop)


@dataclass(frozen=True)
class At(Expression):
    """A word of ↓, ↑, q*, … as a matrix, for signals of a length."""

    word: Letter | Word
    length: int

    @cached_property
    def rows(self) -> Rows:
        return dense(self.word, self.length)

    def latex(self, printer: Any) -> str:
        return str(printer.words(str(self.word)))
