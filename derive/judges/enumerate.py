"""The judge that counts: pure Python over small ranges, always on.

The statement becomes a nest of loops in which equations and definitions are assignments. It cannot prove a statement
for all sizes, but it reads formulas and terms by itself, and the first counterexample it meets is a small one.
"""

from __future__ import annotations

from functools import cache
from time import perf_counter
from typing import Any

import sympy

from ..logic import (
    Absolute,
    All,
    Between,
    Bracket,
    Divides,
    Either,
    Equal,
    Exists,
    Floor,
    Iff,
    Implies,
    Le,
    Lt,
    Maximum,
    Minimum,
    No,
    NotAffine,
)
from ..statement import Statement, bounds_of, letters_of
from .verdict import Opinion

NAME = "enumerate"
POINTS = 1000  # points of the innermost loop that a search looks at before it stops
STEPS = 100_000  # loop bodies that it enters on its way
VALUES = 9  # values of one variable that are tried: all of a short range, both ends and some between of a long one
LONGEST = 4096  # values that a search for ∃ tries; where there may be more, the point is left to the others


class TooLong(Exception):
    """A search for ∃ would walk a range that is longer than LONGEST."""


def judge(statement: Statement) -> Opinion | None:
    """``refuted`` with the first counterexample in the loop order, else ``checked``; None where no point was met."""
    start = perf_counter()
    nest = _Nest(statement)
    namespace: dict[str, Any] = {"pick": _pick, "walk": _walk, "TooLong": TooLong}
    exec(compile(nest.source, "<statement>", "exec"), namespace)  # noqa: S102  (source is made of integers and v0, v1, …)
    point, seen = namespace["search"](POINTS)
    spent = 1e3 * (perf_counter() - start)
    if point is not None:
        named = tuple((str(symbol), value) for symbol, value in zip(nest.order, point, strict=True))
        return Opinion(NAME, "refuted", spent, named)
    if not seen:
        return None
    return Opinion(NAME, "checked", spent, detail=f"{seen} points")


def _pick(first: int, last: int) -> range | list[int]:
    """All of a short range; of a long one both ends and values spread between."""
    count = last - first + 1
    if count <= VALUES:
        return range(first, last + 1)
    ends = VALUES // 3
    middle = [first + (last - first) * part // (ends + 1) for part in range(1, ends + 1)]
    return sorted({*range(first, first + ends), *middle, *range(last - ends + 1, last + 1)})


def _walk(first: int, last: int) -> range:
    """All of a range, if that is not too long."""
    if last - first >= LONGEST:
        raise TooLong
    return range(first, last + 1)


class _Nest:
    """Builds the source text of ``search(limit) -> (counterexample or None, points seen)``."""

    def __init__(self, statement: Statement) -> None:
        self.names: dict[Any, str] = {s: f"v{i}" for i, s in enumerate(statement.symbols)}
        self.order: list[sympy.Symbol] = []
        self.lines = ["def search(limit):", "    seen = steps = 0"]
        self.depth = 1
        self.tests = [(node, letters_of(node)) for node in statement.given]
        self.definitions = [(node, frozenset[Any]().union(*map(letters_of, node.args[1:]))) for node in statement.define]
        self.bind_what_follows()
        for variable in statement.variables:
            if variable.symbol not in self.order:
                if variable.first == variable.last:  # one value needs no loop, of which Python nests twenty
                    self.line(f"{self.names[variable.symbol]} = {self.term(variable.first)}")
                else:
                    self.line(f"for {self.names[variable.symbol]} in pick({self.term(variable.first)}, "
                              f"{self.term(variable.last)}):")
                    self.depth += 1
                    self.line("steps += 1")
                    self.line(f"if steps > {STEPS}: return None, seen")
                self.order.append(variable.symbol)
                self.bind_what_follows()
        if self.tests or self.definitions:
            raise ValueError(f"hypotheses with unbound variables: {[node for node, _ in self.tests + self.definitions]}")
        self.line("try:")
        self.line(f"    holds = {self.formula(statement.claim)}")
        self.line("except TooLong:")
        self.line("    continue" if self.depth > 1 else "    return None, 0")
        self.line("seen += 1")
        self.line("if not holds:")
        self.line("    return ({}), seen".format("".join(self.names[s] + ", " for s in self.order)))
        self.line("if seen >= limit:")
        self.line("    return None, seen")
        self.lines.append("    return None, seen")
        self.source = "\n".join(self.lines)

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def bind_what_follows(self) -> None:
        """Assign whatever equations and definitions determine by now; test every hypothesis that is fully bound."""
        progress = True
        while progress:
            progress = False
            for node, needs in list(self.definitions):
                if needs.issubset(self.order):
                    self.line(f"{self.names[node.args[0]]} = {self.value(node)}")
                    self.order.append(node.args[0])
                    self.definitions.remove((node, needs))
                    progress = True
            for node, needs in list(self.tests):
                unknown = needs.difference(self.order)
                if not unknown:
                    self.line(f"if not ({self.formula(node)}): continue" if self.depth > 1
                              else f"if not ({self.formula(node)}): return None, 0")
                    self.tests.remove((node, needs))
                    progress = True
                elif isinstance(node, Equal) and len(unknown) == 1 and (solved := self.solved(node, self.order)):
                    symbol, text, slope = solved
                    if slope > 1:
                        self.line(f"if {text} % {slope}: continue" if self.depth > 1 else f"if {text} % {slope}: return None, 0")
                        text = f"{text} // {slope}"
                    self.line(f"{self.names[symbol]} = {text}")
                    self.order.append(symbol)
                    self.tests.remove((node, needs))
                    progress = True

    def solved(self, node: Equal, known: list[sympy.Symbol]) -> tuple[sympy.Symbol, str, int] | None:
        """The one unknown symbol of an equation that is linear in it: c·symbol = value, as (symbol, value as text, c > 0)."""
        unknown = [s for s in letters_of(node) if s not in known]
        if len(unknown) != 1:
            return None
        difference = sympy.S(node.args[0] - node.args[1])
        slope = _slope(difference, unknown[0])
        if not slope:
            return None
        rest = self.term(difference.xreplace({unknown[0]: sympy.Integer(0)}))
        return unknown[0], rest if slope < 0 else f"(-{rest})", abs(slope)

    def term(self, node: Any) -> str:
        """A term as Python, as it stands: sums, products and powers of symbols and integers."""
        if isinstance(node, int) or node.is_Integer:
            return f"({int(node)})"
        if node.is_Symbol:
            return self.names[node]
        if node.is_Add or node.is_Mul:
            return "(" + (" + " if node.is_Add else "*").join(map(self.term, node.args)) + ")"
        if node.is_Pow and node.exp.is_Integer and node.exp > 0:
            return f"{self.term(node.base)}**{int(node.exp)}"
        raise NotAffine(f"{node} is not made of integers and symbols by + and ·")

    def value(self, node: Any) -> str:
        _, *rest = node.args
        if isinstance(node, Bracket):
            return f"int({self.formula(rest[0])})"
        texts = [self.term(arg) for arg in rest]
        if isinstance(node, Floor):
            return f"{texts[0]} // {texts[1]}"
        function = {Maximum: "max", Minimum: "min", Absolute: "abs"}[type(node)]
        return f"{function}({', '.join(texts)})"

    def formula(self, node: Any) -> str:
        args = node.args
        if isinstance(node, All):
            return "(" + " and ".join(self.formula(arg) for arg in args) + ")" if args else "True"
        if isinstance(node, Either):
            return "(" + " or ".join(self.formula(arg) for arg in args) + ")" if args else "False"
        if isinstance(node, No):
            return f"(not {self.formula(args[0])})"
        if isinstance(node, Implies):
            return f"(not {self.formula(args[0])} or {self.formula(args[1])})"
        if isinstance(node, Iff):
            return f"({self.formula(args[0])} == {self.formula(args[1])})"
        if isinstance(node, Divides):
            return f"({self.term(args[1])} % {self.term(args[0])} == 0)"
        if isinstance(node, Between):
            return "({} <= {} <= {})".format(*(self.term(arg) for arg in args))
        if isinstance(node, Le | Lt | Equal):
            sign = {Le: "<=", Lt: "<", Equal: "=="}[type(node)]
            return f"({self.term(args[0])} {sign} {self.term(args[1])})"
        if isinstance(node, Exists):
            return self.exists(node)
        raise TypeError(f"no Python for {type(node).__name__}")

    def exists(self, node: Exists) -> str:
        """The witness where there is one, and besides a search: an equation fixes its variable, others walk a range."""
        conjuncts = node.body.args if isinstance(node.body, All) else (node.body,)
        known, waiting, loops = list(self.order), list(node.variables), []
        self.names.update({symbol: f"e{len(self.names) + index}" for index, symbol in enumerate(waiting)})
        while waiting:
            solved = next((found for part in conjuncts if isinstance(part, Equal)
                           and (found := self.solved(part, known)) and found[0] in waiting), None)
            if solved:
                symbol, text, slope = solved
                values = f"({text},)" if slope == 1 else f"(() if {text} % {slope} else ({text} // {slope},))"
            else:
                symbol = waiting[0]
                first, last = bounds_of(symbol, node.body)
                values = f"walk({self.term(first)}, {self.term(last)})"
            loops.append(f"for {self.names[symbol]} in {values}")
            waiting.remove(symbol)
            known.append(symbol)
        search = f"any({self.formula(node.body)} {' '.join(loops)})"
        return f"({self.formula(node.at_witness())} or {search})" if node.witness else search


def _slope(node: Any, unknown: sympy.Symbol) -> int | None:
    """The coefficient of a symbol in a term that is linear in it, else None."""
    if unknown not in letters_of(node):
        return 0
    if node.is_Symbol:
        return 1
    if node.is_Add:
        slopes = [_slope(part, unknown) for part in node.args]
        return None if None in slopes else sum(slopes)  # type: ignore[arg-type]
    rest = [part for part in node.args if unknown not in letters_of(part)]
    if not node.is_Mul or len(rest) != len(node.args) - 1 or not all(part.is_Integer for part in rest):
        return None
    slope = _slope(next(part for part in node.args if unknown in letters_of(part)), unknown)
    return None if slope is None else slope * int(sympy.Mul(*rest))


@cache
def source(statement: Statement) -> str:
    """The loop nest as Python text: the third translation, for reading and for the tests."""
    return _Nest(statement).source
