"""Identities of polynomials over ℤ, ℚ or ℚ(i), entry by entry, and values that differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from time import perf_counter
from typing import Any

import sympy

from .. import judges
from ..expression import Expression, both, entries
from ..statement import Refused, Statement

ENTRIES, TERMS = 8, 6  # of a tuple, and of a sum, that are printed; dots stand for the others


@dataclass(frozen=True)
class Identity:
    """left = right as polynomials, entry by entry. Sides are terms, tuples of them, and ``expression`` nodes.

    It speaks of the sizes in the context of its expressions; ``at`` are the feature lengths where no expression says
    them. Without any it is proved for whatever its letters stand for.
    """

    left: tuple[Any, ...]
    right: tuple[Any, ...]
    at: tuple[int, ...] = ()
    context: Mapping[str, tuple[Any, ...]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        nodes = expressions((*self.left, *self.right))
        object.__setattr__(self, "context", ({"m": self.at} if self.at else {}) | dict(both(*nodes)))
        if not entries(self.left) or not entries(self.right):
            raise Refused("an identity of nothing with nothing")
        for value in (*entries(self.left), *entries(self.right), *(v for values in self.context.values() for v in entries(values))):
            exact(value)

    def statements(self) -> tuple[Statement, ...]:
        return ()

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict:
        return self._verdict

    @cached_property
    def _verdict(self) -> judges.Verdict:
        """Theorems about several configurations share steps."""
        start = perf_counter()
        left, right = entries(self.left), entries(self.right)
        bad = None if len(left) == len(right) else ("length", len(left))
        for number, (one, other) in enumerate(zip(left, right, strict=False)):
            if bad is None and not same_polynomial(one, other):
                bad = ("entry", number)
        spent = 1e3 * (perf_counter() - start)
        if bad:
            return judges.combine([judges.Opinion("polynomials", "refuted", spent, (bad,))])
        return judges.combine([judges.Opinion("polynomials", "checked" if self.context else "proved", spent)])

    def latex(self, printer: Any) -> str:
        left, right = (shown(side[0] if len(side) == 1 else side, printer) for side in (self.left, self.right))
        return rf"{left} = {right}" + located(self.context, printer)


@dataclass(frozen=True)
class Unequal:
    """left ≠ right: at ``point`` (numbers for the letters; those not named are 0) their values differ."""

    left: Any
    right: Any
    point: tuple[tuple[Any, Any], ...] = ()

    def __post_init__(self) -> None:
        for value in (*entries([self.left]), *entries([self.right]), *(value for _, value in self.point)):
            exact(value)

    @property
    def context(self) -> Mapping[str, tuple[Any, ...]]:
        """Sizes and values that both sides speak of."""
        return both(*expressions((self.left, self.right)))

    @property
    def values(self) -> tuple[list[Any], list[Any]]:
        """Both sides at the point."""
        sides = []
        for side in (self.left, self.right):
            found = [sympy.S(value) for value in entries([side])]
            at = {symbol: sympy.Integer(0) for value in found for symbol in value.free_symbols} | dict(self.point)
            sides.append([sympy.expand(value.xreplace(at)) for value in found])
        return sides[0], sides[1]

    def statements(self) -> tuple[Statement, ...]:
        return ()

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict:
        return self._verdict

    @cached_property
    def _verdict(self) -> judges.Verdict:
        start = perf_counter()
        left, right = self.values
        spent = 1e3 * (perf_counter() - start)
        return judges.combine([judges.Opinion("polynomials", "checked" if left != right else "refuted", spent)])

    def latex(self, printer: Any) -> str:
        left, right = self.values
        where = [f"{printer.doprint(symbol)} = {printer.doprint(value)}" for symbol, value in self.point]
        letters = set().union(*(sympy.S(value).free_symbols for value in entries((self.left, self.right))))
        if letters - {symbol for symbol, _ in self.point}:
            where.append(r"\text{all else } 0")
        named = [(side, values) for side, values in ((self.left, left), (self.right, right))]
        one, other = (shown(side, printer) for side, _ in named)
        one_value, other_value = (shown(tuple(values) if len(values) > 1 else values[0], printer) for _, values in named)
        before = f"{one} = " if one != one_value else ""
        behind = f" = {other}" if other != other_value else ""
        point = r" \text{ at } " + r",\, ".join(where) if where else ""
        return rf"{before}{one_value} \ne {other_value}{behind}{point}" + located(self.context, printer)


def expressions(parts: Iterable[Any]) -> list[Any]:
    """Those that are nodes of ``expression``."""
    return [part for part in parts if isinstance(part, Expression)]


def exact(value: Any) -> None:
    """Refuse floats, infinities and what is no number or polynomial."""
    if isinstance(value, sympy.Expr):
        if not (value.is_Integer or value.is_Symbol or _exact(value)):
            raise Refused(f"{value} is not exact")
    elif not isinstance(value, (int, Fraction)) or isinstance(value, bool):
        raise Refused(f"{value!r} is no exact number or polynomial")


@lru_cache(maxsize=16_384)
def _exact(value: sympy.Expr) -> bool:
    """The same products are entries of many identities. (SymPy from 1.13 on holds 2.0·x and 2·x apart.)"""
    return not (value.atoms(sympy.Float) or value.has(sympy.nan, sympy.oo, -sympy.oo, sympy.zoo))


def same_polynomial(left: Any, right: Any) -> bool:
    """Whether two expressions are the same polynomial over ℤ or ℚ: the expanded difference is the zero ``Poly``."""
    if left == right:
        return True
    difference = sympy.expand(left - right)
    if not difference.free_symbols:
        return bool(difference == 0)
    return bool(sympy.Poly(difference, *sorted(difference.free_symbols, key=str)).is_zero)


def shown(side: Any, printer: Any) -> str:
    """A side as it is judged: an expression's notation, a tuple of entries, a term; dots in long ones."""
    if isinstance(side, tuple):
        parts = [shown(part, printer) for part in (side if len(side) <= ENTRIES else (*side[:ENTRIES - 2], side[-1]))]
        if len(side) > ENTRIES:
            parts.insert(-1, r"\dots")
        return "(" + r",\, ".join(parts) + ")"
    if isinstance(side, Expression):
        return str(side.latex(printer))
    if isinstance(side, sympy.Add) and len(side.args) > TERMS:
        terms = printer.in_order(side)
        first, last = sympy.Add(*terms[:TERMS - 2]), terms[-1]
        text = str(printer.doprint(last))
        sign, text = ("-", text[1:].strip()) if text.startswith("-") else ("+", text)
        return rf"{printer.doprint(first)} + \dots {sign} {text}"
    return str(printer.doprint(sympy.S(side)))


def located(context: Mapping[str, tuple[Any, ...]], printer: Any) -> str:
    """Sizes and values that an identity speaks of."""
    parts = ["m = " + r" \times ".join(map(str, values)) if name == "m" else f"{name} = {shown(tuple(values), printer)}"
             for name, values in context.items()]
    return r" \quad (" + r",\; ".join(parts) + ")" if parts else ""
