"""Index statements, and sums that are equal because a bijection carries one index set onto the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from time import perf_counter
from typing import Any, Protocol

import sympy

from .. import judges
from ..logic import All, Equal, Formula, Parameter
from ..statement import Refused, Statement, Variable, letters_of

INDICES = 8  # that stand below a Σ; more stand with the condition, where a line may break


class Claim(Protocol):
    """Anything a step can assert. Index statements go to the judges together; ``conclude`` adds what is its own."""

    def statements(self) -> tuple[Statement, ...]: ...

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict: ...

    def latex(self, printer: Any) -> str: ...


def about_something(verdict: judges.Verdict) -> judges.Verdict:
    """The verdict, or ``undecided`` where the hypotheses contradict each other: then nothing was shown."""
    if not verdict.vacuous:
        return verdict
    nothing = judges.Opinion("hypotheses", "undecided", detail="the hypotheses contradict each other")
    return judges.combine([nothing, *verdict.opinions])


@dataclass(frozen=True)
class ForAll:
    """An index statement, decided for all integers by isl, the SMT solvers and enumeration. ``Refused`` where it claims what it assumes."""

    statement: Statement

    def __post_init__(self) -> None:
        claim = self.statement.claim
        if set(claim.args if isinstance(claim, All) else (claim,)) <= set(self.statement.given):
            raise Refused("a statement whose hypotheses are its claim")

    def statements(self) -> tuple[Statement, ...]:
        return (self.statement,)

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict:
        return about_something(verdicts[0])

    def latex(self, printer: Any) -> str:
        return self.statement._latex(printer)


@dataclass(frozen=True)
class Sum:
    """Σ summand over all integer points of ``variables`` that satisfy ``condition``."""

    summand: Any
    variables: tuple[Variable, ...]
    condition: Formula

    @cached_property
    def spoken(self) -> frozenset[Any]:
        """The letters that it does not range over: its parameters (and the names of arrays are none)."""
        conditions = self.condition.args if isinstance(self.condition, All) else (self.condition,)
        return _letters(sympy.S(self.summand)).union(*map(letters_of, conditions)) - {variable.symbol for variable in self.variables}

    def latex(self, printer: Any) -> str:
        names = ", ".join(printer.doprint(v.symbol) for v in self.variables)
        term, condition = printer.doprint(self.summand), printer.doprint(self.condition)
        if len(self.variables) > INDICES:
            return rf"\textstyle\sum {term} \;\; [({names}):\; {condition}]"
        return rf"\textstyle\sum_{{({names})}} {term} \;\; [{condition}]"


@lru_cache(maxsize=4096)
def _letters(summand: sympy.Expr) -> frozenset[Any]:
    """The letters of a summand, without the names of arrays."""
    bases = {base.label for base in summand.atoms(sympy.IndexedBase)}
    return frozenset(symbol for symbol in summand.free_symbols if symbol.is_Symbol) - bases


@lru_cache(maxsize=4096)
def _has_floats(summand: sympy.Expr) -> bool:
    return bool(summand.atoms(sympy.Float))


class Named(Protocol):
    """Something with a notation of its own that is defined as a sum."""

    @property
    def written(self) -> Sum: ...

    def latex(self, printer: Any) -> str: ...


@dataclass(frozen=True)
class SameSum:
    """Two sums are equal because a bijection carries one index set onto the other and keeps the summand.

    ``forward`` gives the right variables as terms in the left ones, ``backward`` the reverse. Both directions, and
    that each undoes the other (so that each term occurs once), are index statements for the judges.
    """

    parameters: tuple[Variable, ...]
    given: tuple[Formula, ...]
    left: Sum | Named
    right: Sum | Named
    forward: Mapping[Any, Any]
    backward: Mapping[Any, Any]
    define: tuple[Formula, ...] = ()
    """Values that total functions of the parameters name."""
    products: tuple[tuple[Any, Any], ...] = field(default=(), compare=False)
    """Pairs of terms for the judges, as of a ``Statement``."""

    def __post_init__(self) -> None:
        left, right = written(self.left), written(self.right)
        known = {variable.symbol for variable in self.parameters} | {node.args[0] for node in self.define}
        for side, target, there in ((left, right, self.forward), (right, left, self.backward)):
            own = {variable.symbol for variable in side.variables}
            if not own:
                raise Refused("a sum over nothing")
            if {variable.symbol for variable in target.variables} - set(there):
                raise Refused("a map between index sets that leaves out a variable")
            if any(letter not in known and not isinstance(letter, Parameter) for letter in side.spoken):
                raise Refused("a sum with variables that nothing ranges over")
            if _has_floats(sympy.S(side.summand)):
                raise Refused("a sum of floats")

    def statements(self) -> tuple[Statement, ...]:
        """Every left point has its right point and comes back, and the other way round; what shares no letter apart (``parts``)."""
        return self._parts

    @cached_property
    def _parts(self) -> tuple[Statement, ...]:
        return tuple(part for whole in self.directions for part in parts(whole))

    @property
    def directions(self) -> tuple[Statement, Statement]:
        """From left to right and from right to left, each in one statement."""
        left, right = written(self.left), written(self.right)
        return self._carries(left, right, self.forward, self.backward), self._carries(right, left, self.backward, self.forward)

    def _carries(self, source: Sum, target: Sum, there: Mapping[Any, Any], back: Mapping[Any, Any]) -> Statement:
        arrives = target.condition.xreplace(dict(there))
        claim = (*(arrives.args if isinstance(arrives, All) else (arrives,)),
                 *[Equal(v.symbol, back[v.symbol].xreplace(dict(there))) for v in source.variables])
        hypotheses = source.condition.args if isinstance(source.condition, All) else (source.condition,)
        return Statement((*self.parameters, *source.variables), (*self.given, *hypotheses), All(*claim), self.define,
                         self.products)

    def conclude(self, verdicts: Sequence[judges.Verdict]) -> judges.Verdict:
        start = perf_counter()
        same = self._same_summand
        spent = 1e3 * (perf_counter() - start)
        summand = judges.Opinion("summand", "proved" if same else "refuted", spent)
        if not same:
            return judges.combine([summand])
        heard = [about_something(verdict) for verdict in verdicts]
        failed = next((verdict for verdict in heard if verdict.outcome != "proved"), None)
        return failed or judges.combine([summand, *merged(heard)])

    @cached_property
    def _same_summand(self) -> bool:
        carried = sympy.S(written(self.right).summand).xreplace(dict(self.forward))
        return bool(sympy.expand(carried - written(self.left).summand) == 0)

    def latex(self, printer: Any) -> str:
        sides = rf"{written(self.left).latex(printer)} \;=\; {written(self.right).latex(printer)}"
        before = "" if isinstance(self.left, Sum) else f"{self.left.latex(printer)} = "
        behind = "" if isinstance(self.right, Sum) else f" = {self.right.latex(printer)}"
        supposed = r",\;\; ".join(printer.doprint(node) for node in (*self.given, *self.define))
        return (rf"{supposed} \;\Longrightarrow\; " if supposed else "") + before + sides + behind


def parts(whole: Statement) -> list[Statement]:
    """A statement with a conjunction as its claim, cut into those about disjoint sets of letters, which together say the same.

    The axes of an index set fall apart like this, and so do channels. Letters of one axis lose its number: equal axes give
    one statement, which is judged once. What is claimed in the words of a hypothesis, or of a thing and itself, needs no judge.
    """
    known = set(whole.given)
    conjuncts = [node for node in (whole.claim.args if isinstance(whole.claim, All) else (whole.claim,))
                 if node not in known and not (isinstance(node, Equal) and node.args[0] == node.args[1])]
    nodes = [[(node, letters_of(node)) for node in group] for group in (whole.given, conjuncts, whole.define)]
    ranges = [(v, {v.symbol, *letters_of(sympy.S(v.first)), *letters_of(sympy.S(v.last))}) for v in whole.variables]
    owner = {symbol: [symbol] for symbol in whole.symbols}
    ranges = [(v, spoken & owner.keys()) for v, spoken in ranges]
    for _, spoken in (*ranges, *nodes[0], *nodes[1], *nodes[2]):
        if len(spoken) > 1:
            joined = list({id(owner[symbol]): owner[symbol] for symbol in spoken}.values())
            if len(joined) > 1:
                together = [symbol for one in joined for symbol in one]
                owner.update(dict.fromkeys(together, together))
    made = list[Statement]()
    for own in {id(one): one for one in owner.values()}.values() or [list[Any]()]:
        first, bare = not made, unnumbered(own)
        given, claim, define = ([node.xreplace(bare) for node, spoken in group if (owner[next(iter(spoken))] is own if spoken else first)]
                                for group in nodes)
        if given or claim:
            variables = tuple(Variable(bare.get(v.symbol, v.symbol), *(sympy.S(end).xreplace(bare) for end in (v.first, v.last)))
                              for v, _ in ranges if owner[v.symbol] is own)
            products = tuple((x.xreplace(bare), y.xreplace(bare)) for x, y in whole.products if whole.parameters
                             and all(owner.get(one) is own for one in letters_of(x * y)))
            made.append(Statement(variables, tuple(given), All(*claim), tuple(define), products))
    return list(dict.fromkeys(made))


def unnumbered(letters: Sequence[Any]) -> dict[Any, Any]:
    """i_2, a_2, j_2, … without their number, where every letter bears the same one; else nothing."""
    names = [symbol.name.rpartition("_") for symbol in letters]
    if len({end for _, _, end in names}) != 1 or not all(start and end.isdigit() for start, _, end in names):
        return {}
    return {symbol: type(symbol)(start, integer=True) for symbol, (start, _, _) in zip(letters, names, strict=True)}


def written(side: Sum | Named) -> Sum:
    """The sum itself."""
    return side if isinstance(side, Sum) else side.written


def merged(verdicts: Sequence[judges.Verdict]) -> list[judges.Opinion]:
    """The opinions of several verdicts of one outcome, one for each judge that was heard on all of them, times added."""
    every = set.intersection(*({opinion.judge for opinion in verdict.opinions} for verdict in verdicts))
    opinions: dict[str, judges.Opinion] = {}
    for opinion in (o for verdict in verdicts for o in verdict.opinions if o.judge in every):
        before = opinions.get(opinion.judge)
        spent = opinion.milliseconds + (before.milliseconds if before else 0.0)
        opinions[opinion.judge] = judges.Opinion(opinion.judge, opinion.outcome, spent)
    return list(opinions.values())
