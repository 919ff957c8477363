"""Sums with what they range over below the Σ. What holds alike on every axis is printed once, without the axes' numbers.

Indices count from 0, so i < m stands for 0 ≤ i < m below a Σ; conditions stand behind the ranges.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sympy

from ..claims import SameSum, Sum
from ..claims.index import Named, unnumbered, written
from ..logic import All, Between, Equal
from ..notation.printer import Printer
from ..statement import Variable, letters_of
from ..sums import Nested
from .folding import fold, folded
from .phrases import Row, phrase, up_to, where

WIDE = 30  # characters of a line below a Σ
LINKED = r" \\[1pt] "  # between what is summed over and its conditions
_TERM = r"(?:[A-Za-z0-9' +-]|\\[a-z]+ )+_\{N\}(?:[A-Za-z0-9' +-]|\\[a-z]+ |_\{N\})*"  # of axis N
INDICES = re.compile(_TERM.replace("{N", "{1") + r"(?:,\s*" + _TERM.replace("{N", "{[23]") + ")+")


class Short(Printer):
    """Prints sums with what they range over below the Σ."""

    def doprint(self, expr: Any) -> str:
        return total(expr, self) if isinstance(expr, Sum) else super().doprint(expr)


def defined(named: Named, printer: Printer) -> str:
    """Name = sum, with what all axes share said once."""
    axes = _Axes((), (), written(named))
    made = axes.text(rf"{named.latex(printer)} = {total(axes.sum(written(named)), printer)}")
    return made if "_{1}" not in made else rf"{named.latex(printer)} = {total(written(named), printer)}"


def same_sum(claim: SameSum, printer: Printer) -> list[Row]:
    """Both sums, with the bijection between their index sets, and the names that they bear."""
    given, define, _ = folded(claim.given, claim.define, All())
    axes = _Axes(given, define, written(claim.left), written(claim.right))
    made = _equal_sums(claim, given, define, axes, printer)
    if any("_{1}" in row.latex + row.reason for row in made):  # something is said of one axis after all
        made = _equal_sums(claim, given, define, axes.apart, printer)
    return made


def _equal_sums(claim: SameSum, given: Sequence[Any], define: Sequence[Any], axes: _Axes, printer: Printer) -> list[Row]:
    left, right = (total(axes.sum(written(side)), printer) for side in (claim.left, claim.right))
    because = r"\text{each term once" + (r", by } " + moved if (moved := _moved(claim, axes, printer)) else "}")
    made = [Row(left), Row("= " + right, because)]
    if not isinstance(claim.left, Sum):
        made = [Row(claim.left.latex(printer)), Row("= " + left, r"\text{by definition}"), made[1]]
    if isinstance(claim.right, Nested):
        nested = Nested(tuple(map(axes.sum, claim.right.factors)), claim.right.inner)
        made.append(Row("= " + nested.latex(printer), r"\text{as sums of sums}"))
    elif not isinstance(claim.right, Sum):
        made.append(Row("= " + claim.right.latex(printer), r"\text{by definition}"))
    if supposed := where(axes.nodes(given), axes.nodes(define), printer):
        made.append(Row("", supposed))
    return [Row(axes.text(row.latex), axes.text(row.reason)) for row in made]


def conclusion(claim: SameSum, printer: Printer) -> Row | None:
    """Both sides in one line, with what is supposed beside it; None where both are names, which a headline says as well."""
    if not (isinstance(claim.left, Sum) or isinstance(claim.right, Sum)):
        return None
    made = same_sum(claim, printer)
    supposed = made[-1].reason if not made[-1].latex else ""
    named = not isinstance(claim.left, Sum)
    return Row(f"{made[0].latex} {made[2 if named else 1].latex}", supposed)


def conjuncts(one: Sum) -> tuple[Any, ...]:
    """The conditions of a sum."""
    return parted(one.condition)


def parted(node: Any) -> tuple[Any, ...]:
    """The parts of a conjunction."""
    return tuple(node.args) if isinstance(node, All) else (node,)


def total(one: Sum, printer: Printer) -> str:
    """Σ with its ranges and conditions below."""
    conditions = [part for node in conjuncts(one) for part in parted(fold(node))]
    ranges = list[str]()
    for variable in one.variables:
        own = next((node for node in conditions if isinstance(node, Between) and node.args[:2] == (0, variable.symbol)), None)
        if own is None and not any(isinstance(node, Equal) and node.args[0] == variable.symbol for node in conditions):
            ranges.append(printer.doprint(variable.symbol))
        elif own is not None:
            conditions.remove(own)
            ranges.append(rf"{printer.doprint(variable.symbol)} {up_to(own.args[2], printer)}")
    below = [r" \\ ".join(lines) for lines in (_lines(ranges), _lines([phrase(node, printer) for node in conditions])) if lines]
    return rf"\sum\limits_{{\substack{{{LINKED.join(below)}}}}} {printer.doprint(one.summand)}"


def _lines(parts: Sequence[str]) -> list[str]:
    """Parts side by side, in as many lines as they need."""
    made = list[str]()
    for part in parts:
        if made and _wide(made[-1]) + _wide(part) < WIDE:
            made[-1] += r",\; " + part
        else:
            made.append(part)
    return made


def _wide(latex: str) -> int:
    return len(re.sub(r"\\[a-zA-Z]+|[{}\s]", "", latex))


def _moved(claim: SameSum, axes: _Axes, printer: Printer) -> str:
    """The bijection: the letters that it does not keep."""
    moves = [(there, term) for mapping in (claim.forward, claim.backward) for there, term in mapping.items() if there != term]
    pairs = dict[str, None]()
    for letter, term in moves:
        bare = axes.bare(letter, term)
        if bare is not None:
            pairs[rf"{printer.doprint(letter.xreplace(bare))} = {printer.doprint(sympy.S(term).xreplace(bare))}"] = None
    return ",\\; ".join(pairs)


class _Axes:
    """Whether all axes say the same, and then what they say, once and without numbers."""

    def __init__(self, given: Sequence[Any], define: Sequence[Any], *sums: Sum) -> None:
        groups = [given, define, *map(conjuncts, sums)]
        numbers = {_number(symbol) for group in groups for node in group for symbol in letters_of(node)} - {""}
        self.first = "1" if {"1", "2"} <= numbers and numbers <= {"1", "2", "3"} and all(_alike(group, numbers) for group in groups) else ""
        self.count = len(numbers)

    @property
    def apart(self) -> _Axes:
        """With the numbers."""
        return _Axes((), ())

    def bare(self, *nodes: Any) -> Mapping[Any, Any] | None:
        """How the letters are replaced; None for what is said of another axis than the first."""
        if not self.first:
            return {}
        spoken = set().union(*(sympy.S(node).free_symbols for node in nodes))
        own = [symbol for symbol in spoken if _number(symbol)]
        if any(_number(symbol) != self.first for symbol in own):
            return None
        return unnumbered(own) if own else {}

    def nodes(self, nodes: Sequence[Any]) -> list[Any]:
        """Conditions."""
        return [node.xreplace(bare) for node in nodes if (bare := self.bare(*letters_of(node))) is not None]

    def sum(self, one: Sum) -> Sum:
        """A sum; its summand keeps the numbers, which ``text`` takes away."""
        if not self.first:
            return one
        kept = [(v, bare) for v in one.variables if (bare := self.bare(v.symbol)) is not None]
        variables = tuple(Variable(v.symbol.xreplace(bare), v.first, v.last) for v, bare in kept)
        return Sum(one.summand, variables, All(*self.nodes(conjuncts(one))))

    def text(self, latex: str) -> str:
        """i₁, i₂ as i, and Q₁ − e₁, Q₂ − e₂ as Q − e."""
        if not self.first:
            return latex
        return INDICES.sub(self._together, latex)

    def _together(self, match: re.Match[str]) -> str:
        terms = [term.strip() for term in match[0].split(",")]  # and whatever blanks stand before them
        same = len(terms) == self.count and all(term == terms[0].replace("_{1}", f"_{{{number}}}") for number, term in enumerate(terms, 1))
        return match[0][:len(match[0]) - len(match[0].lstrip())] + terms[0].replace("_{1}", "") if same else match[0]


def _number(symbol: Any) -> str:
    end = symbol.name.rpartition("_")[2] if "_" in symbol.name else ""
    return end if end.isdigit() else ""


def _alike(nodes: Sequence[Any], numbers: set[str]) -> bool:
    """Whether each node speaks of one axis at most, and of every axis the same is said."""
    said: dict[str, list[Any]] = {number: [] for number in numbers}
    for node in nodes:
        letters = [symbol for symbol in letters_of(node) if _number(symbol)]
        if len(own := {_number(symbol) for symbol in letters}) > 1:
            return False
        if own:
            said[own.pop()].append(node.xreplace(unnumbered(letters)))
    return len({tuple(one) for one in said.values()}) == 1
