"""``Statement``: the one language that all judges read.

Free variables are universal. ``given`` are hypotheses, ``define`` names values by total functions, ``claim`` is what
is asserted. The ranges of the variables steer only the enumerating judge; the others decide for all integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import is_
from typing import Any

import sympy

from .logic import (
    Absolute,
    All,
    Between,
    Bracket,
    Divides,
    Either,
    Equal,
    Exists,
    Floor,
    Formula,
    Iff,
    Implies,
    Le,
    Lt,
    Maximum,
    Minimum,
    No,
    Parameter,
)


@dataclass(frozen=True)
class Variable:
    """A universal variable with the range that enumeration walks; the bounds may use earlier variables."""

    symbol: sympy.Symbol
    first: Any
    last: Any


@lru_cache(maxsize=16_384)
def letters_of(node: Any) -> frozenset[Any]:
    """The free symbols of a formula or term; the same ones are asked about again and again."""
    return frozenset(node.free_symbols)


class Put:
    """Terms and formulas with these values for letters: ``xreplace`` that knows what it was asked before."""

    def __init__(self, values: Mapping[Any, Any]) -> None:
        self.values = values
        self._known = dict(values)

    def __call__(self, node: Any) -> Any:
        if (found := self._known.get(node)) is None:
            args = [self(arg) if isinstance(arg, sympy.Basic) else arg for arg in node.args]
            found = node if all(map(is_, args, node.args)) else node.func(*args)
            self._known[node] = found
        return found


class Refused(ValueError):
    """A statement, claim or theorem that says nothing, or more than it shows, is not judged at all."""


@dataclass(frozen=True)
class Statement:
    """∀ variables: given ∧ define ⇒ claim. Where it speaks of parameters it is about all their legal values, too.

    ``products`` are pairs of terms: x ≥ 0 ∧ y ≥ 0 ⇒ x·y ≥ 0 is all that judges of linear arithmetic need to be told of
    products of variables. Raises ``Refused`` where a symbol is declared twice, where one is not declared, and where a
    definition is no total function.
    """

    variables: tuple[Variable, ...]
    given: tuple[Formula, ...]
    claim: Formula
    define: tuple[Formula, ...] = ()
    products: tuple[tuple[Any, Any], ...] = field(default=(), compare=False)
    parameters: tuple[Parameter, ...] = field(default=(), init=False, compare=False)

    def __post_init__(self) -> None:
        declared = self.symbols
        known = set(declared)
        if len(known) != len(declared):
            raise Refused(f"a statement that declares or defines a symbol twice: {declared}")
        claims = self.claim.args if isinstance(self.claim, All) else (self.claim,)
        free = set[Any]().union(*map(letters_of, (*self.given, *self.define, *claims)))
        parameters = tuple(sorted((one for one in free - known if isinstance(one, Parameter)), key=str))
        object.__setattr__(self, "parameters", parameters)
        if free - known - set(parameters):
            raise Refused(f"a statement about {free - known}, which it does not declare")
        for node in self.define:
            if isinstance(node, Floor) and node.args[2].is_Integer and node.args[2] < 1:
                raise Refused(f"⌊e/c⌋ needs c ≥ 1, not {node.args[2]}")
            if any(node.args[0] in letters_of(arg) for arg in node.args[1:]):
                raise Refused(f"{node.args[0]} is defined by itself")

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """All universal symbols in order: variables first, then the values that ``define`` names."""
        named = [node.args[0] for node in self.define]
        return self.parameters + tuple(variable.symbol for variable in self.variables) + tuple(s for s in named if s.is_Symbol)

    @property
    def hypotheses(self) -> tuple[Formula, ...]:
        """That the parameters are legal, and what is given."""
        return tuple(fact for parameter in self.parameters for fact in parameter.legal) + self.given

    def at(self, values: Mapping[Any, Any] | Put) -> Statement:
        """The same with numbers for parameters. What is then decided is left out; ``Refused`` where a hypothesis is false."""
        put = values if isinstance(values, Put) else Put(values)
        given, define = ([put(node) for node in nodes] for nodes in (self.hypotheses, self.define))
        if not all(letters_of(node) or holds(node, {}) for node in given):
            raise Refused(f"{put.values} are no legal values for {self}")
        variables = tuple(Variable(v.symbol, *(put(sympy.S(end)) for end in (v.first, v.last))) for v in self.variables)
        return Statement(variables, tuple(node for node in given if letters_of(node)), folded(put(self.claim)), tuple(define))

    def replace(self, old: Any, new: Any) -> Statement:
        """The statement with ``new`` for ``old`` everywhere in its claim: how the tests make wrong neighbours."""
        return replace(self, claim=self.claim.xreplace({old: new}))

    def without(self, index: int) -> Statement:
        """The statement with one hypothesis deleted."""
        return replace(self, given=self.given[:index] + self.given[index + 1 :])

    def refuted_at(self, point: Mapping[sympy.Symbol, int]) -> bool:
        """Whether this point of plain integers satisfies every hypothesis and breaks the claim."""
        return all(holds(node, point) for node in self.hypotheses + self.define) and not holds(self.claim, point)

    def _latex(self, printer: Any) -> str:
        parts = [str(printer.doprint(node)) for node in self.given + self.define]
        head = r",\;\; ".join(parts)
        claim = str(printer.doprint(self.claim))
        if not head:
            return claim
        grouped = f"({claim})" if isinstance(self.claim, Iff | Implies | Either) else claim
        return rf"{head} \;\Longrightarrow\; {grouped}"


def folded(node: Any) -> Any:
    """A claim without what its numbers decide."""
    if isinstance(node, All | Either | Implies | Iff | No):
        node = node.func(*map(folded, node.args))
        if isinstance(node, All | Either):
            neutral, whole = (All(), Either()) if isinstance(node, All) else (Either(), All())
            left = [one for one in node.args if one != neutral]
            node = whole if whole in left else left[0] if len(left) == 1 and len(node.args) > 1 else node.func(*left)
        elif isinstance(node, Iff) and All() in node.args:
            node = node.args[0] if node.args[1] == All() else node.args[1]
        elif isinstance(node, Implies) and All() in node.args:
            node = All() if node.args[1] == All() else node.args[1]
        elif isinstance(node, Implies) and node.args[0] == Either():
            node = All()
        return node
    if letters_of(node) or node.atoms(Exists):
        return node
    return All() if holds(node, {}) else Either()


SEARCH = 64  # ∃ without a bounded range is searched among −SEARCH … SEARCH; only the enumerating judge does this


def holds(node: Any, point: Mapping[sympy.Symbol, int]) -> bool:
    """Evaluate a formula at a point, in plain integers. The reference semantics of every node."""

    def term(expression: Any) -> int:
        return int(expression.xreplace(point)) if expression.free_symbols else int(expression)

    args = node.args
    if isinstance(node, All):
        return all(holds(arg, point) for arg in args)
    if isinstance(node, Either):
        return any(holds(arg, point) for arg in args)
    if isinstance(node, No):
        return not holds(args[0], point)
    if isinstance(node, Implies):
        return not holds(args[0], point) or holds(args[1], point)
    if isinstance(node, Iff):
        return holds(args[0], point) == holds(args[1], point)
    if isinstance(node, Le):
        return term(args[0]) <= term(args[1])
    if isinstance(node, Lt):
        return term(args[0]) < term(args[1])
    if isinstance(node, Equal):
        return term(args[0]) == term(args[1])
    if isinstance(node, Between):
        return term(args[0]) <= term(args[1]) <= term(args[2])
    if isinstance(node, Divides):
        return term(args[1]) % term(args[0]) == 0
    if isinstance(node, Floor):
        return term(args[0]) == term(args[1]) // term(args[2])
    if isinstance(node, Maximum):
        return term(args[0]) == max(term(args[1]), term(args[2]))
    if isinstance(node, Minimum):
        return term(args[0]) == min(term(args[1]), term(args[2]))
    if isinstance(node, Absolute):
        return term(args[0]) == abs(term(args[1]))
    if isinstance(node, Bracket):
        return term(args[0]) == int(holds(args[1], point))
    if isinstance(node, Exists):
        if node.witness and holds(node.at_witness(), point):
            return True
        return _search(node.variables, node.body, dict(point))
    raise TypeError(f"no meaning for {type(node).__name__}")


def _search(variables: tuple[sympy.Symbol, ...], body: Any, point: dict[sympy.Symbol, int]) -> bool:
    if not variables:
        return holds(body, point)
    for symbol in variables:
        values = _solutions(symbol, body, point)
        if values is not None:
            rest = tuple(other for other in variables if other != symbol)
            return any(_search(rest, body, point | {symbol: value}) for value in values)
    symbol, rest = variables[0], variables[1:]
    first, last = bounds_of(symbol, body)
    low, high = (default if bound.free_symbols - point.keys() else int(bound.xreplace(point))
                 for bound, default in ((first, -SEARCH), (last, SEARCH)))
    return any(_search(rest, body, point | {symbol: value}) for value in range(low, high + 1))


def _solutions(symbol: sympy.Symbol, body: Any, point: Mapping[sympy.Symbol, int]) -> tuple[int, ...] | None:
    """The values of ``symbol`` that an equation among the conjuncts leaves: one or none; ``None`` without such an equation."""
    for node in body.args if isinstance(body, All) else (body,):
        if isinstance(node, Equal):
            difference = sympy.S(node.args[0] - node.args[1])
            if difference.free_symbols - point.keys() == {symbol}:
                at_zero, at_one = (int(difference.xreplace({**point, symbol: sympy.Integer(value)})) for value in (0, 1))
                slope = at_one - at_zero
                if slope:
                    return () if at_zero % slope else (-at_zero // slope,)
    return None


def bounds_of(symbol: sympy.Symbol, body: Any) -> tuple[Any, Any]:
    """The range that a conjunct ``Between(lo, symbol, hi)`` of ``body`` gives, else ±SEARCH."""
    for node in body.args if isinstance(body, All) else (body,):
        if isinstance(node, Between) and node.args[1] == symbol:
            return node.args[0], node.args[2]
    return sympy.Integer(-SEARCH), sympy.Integer(SEARCH)
