"""Certificates: a parametric statement with the polynomial identity that proves it for all parameters at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

import sympy

from .. import judges
from ..logic import Either, Le, monomials
from ..statement import Refused, Statement, Variable
from .algebra import exact, same_polynomial
from .index import about_something


@dataclass(frozen=True)
class Certificate:
    """A parametric statement with the polynomial identity that proves it for *all* k, s, d, p, m, n, … at once.

    ``hypotheses`` are expressions known to be ≥ 0. ``rows`` are (c, names of hypotheses): Σ c·Π h must equal
    ``goal``, with every c > 0. Goal −1 refutes the hypotheses; any other goal is thereby shown to be ≥ 0.
    This is the form of Stengle's Positivstellensatz (Math. Annalen 207, 1974), only ever checked here, never searched for.
    """

    hypotheses: tuple[tuple[str, Any], ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    goal: Any

    def __post_init__(self) -> None:
        names = [name for name, _ in self.hypotheses]
        if len(set(names)) != len(names) or any(set(used) - set(names) for _, used in self.rows):
            raise Refused("a certificate with two hypotheses of one name, or with one that it does not state")
        if not all(isinstance(c, int) and c > 0 for c, _ in self.rows):
            raise Refused("a certificate with a coefficient that is no positive integer")
        for value in (*(value for _, value in self.hypotheses), self.goal):
            exact(value)
        if self.goal != -1 and not sympy.S(self.goal).free_symbols:
            raise Refused(f"a certificate of {self.goal} ≥ 0")
        if any(same_polynomial(value, self.goal) for _, value in self.hypotheses):
            raise Refused(f"a certificate whose hypothesis is its goal, {self.goal}")

    def statements(self) -> tuple[Statement, ...]:
        return (self._statement,)

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict:
        start = perf_counter()
        sound = self._sound
        spent = 1e3 * (perf_counter() - start)
        opinion = judges.Opinion("certificate", "proved" if sound else "refuted", spent)
        if not sound:
            return judges.combine([opinion])
        heard = verdicts[0] if self.goal == -1 else about_something(verdicts[0])  # −1: that they contradict is the point
        return judges.combine([opinion, *(other for other in heard.opinions if other.judge != "enumerate")])

    @cached_property
    def _sound(self) -> bool:
        values = dict(self.hypotheses)
        return same_polynomial(sympy.Add(*[c * sympy.Mul(*[values[name] for name in names]) for c, names in self.rows]), self.goal)

    @cached_property
    def _statement(self) -> Statement:
        return self.as_statement()

    def as_statement(self) -> Statement:
        """The same for the other judges, with every product of variables abstracted to a variable of its own.

        The hypotheses become linear in those; that the products of hypotheses in ``rows`` are ≥ 0 joins them. What
        holds for the abstraction holds for the products.
        """
        values = dict(self.hypotheses)
        facts = list(values.values())
        facts += [sympy.Mul(*[values[name] for name in names]) for _, names in self.rows if len(names) > 1]
        abstract: dict[tuple[Any, ...], Any] = {}

        def linear(term: Any) -> Any:
            return sympy.Add(*[c * abstract.setdefault(f, f[0] if len(f) == 1 else sympy.Symbol("·".join(map(str, f)),
                               integer=True)) if f else c for c, f in monomials(term)])

        given = tuple(Le(0, linear(fact)) for fact in facts)
        claim = Either() if self.goal == -1 else Le(0, linear(self.goal))
        return Statement(tuple(Variable(symbol, 0, 0) for symbol in abstract.values()), given, claim)

    def latex(self, printer: Any) -> str:
        given = r",\; ".join(rf"{printer.doprint(value)} \ge 0" for _, value in self.hypotheses)
        values = dict(self.hypotheses)
        conclusion = r"\text{contradiction}" if self.goal == -1 else rf"{printer.doprint(self.goal)} \ge 0"

        def product(c: int, names: tuple[str, ...]) -> str:
            factors = "".join(f"({printer.doprint(values[name])})" for name in names)
            return factors if c == 1 else f"{c}{factors}"

        total = " + ".join(product(c, names) for c, names in self.rows)
        return rf"{given} \;\Longrightarrow\; {conclusion}, \text{{ for }} {total} = {printer.doprint(self.goal)}"
