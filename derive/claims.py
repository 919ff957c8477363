"""What a step of a proof may assert besides an index statement: sums, polynomial identities, certificates.

Each kind knows how it is judged: sums by judged bijections of their index sets, identities and certificates as
polynomials over the integers. Nothing here calls ``simplify``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

import sympy

from . import judges
from .logic import All, Either, Equal, Formula, Le, monomials
from .statement import Statement, Variable


class Claim(Protocol):
    """Anything a step can assert. Index statements go to the judges together; ``conclude`` adds what is its own."""

    def statements(self) -> tuple[Statement, ...]: ...

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict: ...

    def latex(self, printer: Any) -> str: ...


@dataclass(frozen=True)
class ForAll:
    """An index statement, decided for all integers by isl, the SMT solvers and enumeration."""

    statement: Statement

    def statements(self) -> tuple[Statement, ...]:
        return (self.statement,)

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict:
        return verdicts[0]

    def latex(self, printer: Any) -> str:
        return self.statement._latex(printer)


@dataclass(frozen=True)
class Identity:
    """left = right as polynomials over ℤ or ℚ, entry by entry; ``at_size`` when it speaks of one size only.

    ``shown`` are the names of both sides where they are long: words, an expression, or a tuple of entries.
    """

    left: tuple[Any, ...]
    right: tuple[Any, ...]
    at_size: str = ""
    shown: tuple[Any, Any] | None = None

    def statements(self) -> tuple[Statement, ...]:
        return ()

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict:
        start = perf_counter()
        bad = None
        if len(self.left) != len(self.right):
            bad = ("length", len(self.left))
        for number, (left, right) in enumerate(zip(self.left, self.right, strict=False)):
            if bad is None and not same_polynomial(left, right):
                bad = ("entry", number)
        spent = 1e3 * (perf_counter() - start)
        if bad:
            return judges.combine([judges.Opinion("polynomials", "refuted", spent, (bad,))])
        return judges.combine([judges.Opinion("polynomials", "checked" if self.at_size else "proved", spent)])

    def latex(self, printer: Any) -> str:
        def side(value: Any) -> str:
            if isinstance(value, tuple):
                return "(" + r",\, ".join(map(side, value)) + ")"
            return str(printer.words(value) if isinstance(value, str) else printer.doprint(value))

        left, right = map(side, self.shown or (self.left[0], self.right[0]))
        return rf"{left} = {right}" + (rf" \quad ({printer.words(self.at_size)})" if self.at_size else "")


@dataclass(frozen=True)
class Unequal:
    """left ≠ right as polynomials: at ``point`` (numbers for the symbols) their values differ."""

    left: Any
    right: Any
    point: tuple[tuple[Any, Any], ...]
    names: tuple[str, str]
    where: str = ""

    def statements(self) -> tuple[Statement, ...]:
        return ()

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict:
        start = perf_counter()
        difference = sympy.expand((self.left - self.right).xreplace(dict(self.point)))
        differs = not difference.free_symbols and difference != 0
        spent = 1e3 * (perf_counter() - start)
        return judges.combine([judges.Opinion("polynomials", "checked" if differs else "refuted", spent)])

    def latex(self, printer: Any) -> str:
        values = [printer.doprint(sympy.expand(side.xreplace(dict(self.point)))) for side in (self.left, self.right)]
        at = printer.words(self.where) if self.where else r",\; ".join(
            f"{printer.doprint(symbol)} = {printer.doprint(value)}" for symbol, value in self.point)
        names = [printer.words(name) for name in self.names]
        return rf"{names[0]} = {values[0]} \ne {values[1]} = {names[1]} \text{{ at }} {at}"


@dataclass(frozen=True)
class Sum:
    """Σ summand over all integer points of ``variables`` that satisfy ``condition``."""

    summand: Any
    variables: tuple[Variable, ...]
    condition: Formula

    def latex(self, printer: Any) -> str:
        names = ", ".join(printer.doprint(v.symbol) for v in self.variables)
        return rf"\textstyle\sum_{{({names})}} {printer.doprint(self.summand)} \;\; [{printer.doprint(self.condition)}]"


@dataclass(frozen=True)
class SameSum:
    """Two sums are equal because a bijection carries one index set onto the other and keeps the summand.

    ``forward`` gives the right variables as terms in the left ones, ``backward`` the reverse. Both directions, and
    that each undoes the other (so that each term occurs once), are index statements for the judges.
    """

    parameters: tuple[Variable, ...]
    given: tuple[Formula, ...]
    left: Sum
    right: Sum
    forward: Mapping[Any, Any]
    backward: Mapping[Any, Any]
    names: tuple[str, str] | None = None

    def statements(self) -> tuple[Statement, Statement]:
        """Every left point has its right point and comes back, and the other way round."""
        return (self._carries(self.left, self.right, self.forward, self.backward),
                self._carries(self.right, self.left, self.backward, self.forward))

    def _carries(self, source: Sum, target: Sum, there: Mapping[Any, Any], back: Mapping[Any, Any]) -> Statement:
        returned = [Equal(v.symbol, back[v.symbol].xreplace(dict(there))) for v in source.variables]
        claim = All(target.condition.xreplace(dict(there)), *returned)
        hypotheses = source.condition.args if isinstance(source.condition, All) else (source.condition,)
        return Statement((*self.parameters, *source.variables), (*self.given, *hypotheses), claim)

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict:
        start = perf_counter()
        carried = self.right.summand.xreplace(dict(self.forward))
        same = sympy.expand(carried - self.left.summand) == 0
        spent = 1e3 * (perf_counter() - start)
        summand = judges.Opinion("summand", "proved" if same else "refuted", spent)
        failed = next((verdict for verdict in verdicts if verdict.outcome != "proved"), None)
        if not same or failed is None:
            return judges.combine([summand] if not same else [summand, *merged(verdicts)])
        return failed

    def latex(self, printer: Any) -> str:
        sides = rf"{self.left.latex(printer)} \;=\; {self.right.latex(printer)}"
        return sides if self.names is None else rf"{printer.words(self.names[0])} = {sides} = {printer.words(self.names[1])}"


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

    def statements(self) -> tuple[Statement, ...]:
        return (self.as_statement(),)

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict:
        start = perf_counter()
        values = dict(self.hypotheses)
        total = sympy.Add(*[c * sympy.Mul(*[values[name] for name in names]) for c, names in self.rows])
        sound = all(c > 0 for c, _ in self.rows) and same_polynomial(total, self.goal)
        spent = 1e3 * (perf_counter() - start)
        opinion = judges.Opinion("certificate", "proved" if sound else "refuted", spent)
        if not sound:
            return judges.combine([opinion])
        return judges.combine([opinion, *(other for other in verdicts[0].opinions if other.judge != "enumerate")])

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


def merged(verdicts: Sequence[judges.Verdict]) -> list[judges.Opinion]:
    """The opinions of several verdicts of one outcome, one a judge, times added."""
    opinions: dict[str, judges.Opinion] = {}
    for opinion in (o for verdict in verdicts for o in verdict.opinions):
        before = opinions.get(opinion.judge)
        spent = opinion.milliseconds + (before.milliseconds if before else 0.0)
        opinions[opinion.judge] = judges.Opinion(opinion.judge, opinion.outcome, spent)
    return list(opinions.values())


def same_polynomial(left: Any, right: Any) -> bool:
    """Whether two expressions are the same polynomial over ℤ or ℚ: the expanded difference is the zero ``Poly``."""
    if left == right:
        return True
    difference = sympy.expand(left - right)
    if not difference.free_symbols:
        return bool(difference == 0)
    return bool(sympy.Poly(difference, *sorted(difference.free_symbols, key=str)).is_zero)
