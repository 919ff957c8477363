"""Statements as SMT-LIB 2 text, the second translation.

Quantifiers never reach a solver where a witness is known: a claimed ∃ is replaced by its witness, an assumed ∃ by a
fresh constant. Both are sound for proofs.
"""

from __future__ import annotations

from typing import Any

from ..logic import (
    DEFINITIONS,
    All,
    Between,
    Divides,
    Either,
    Equal,
    Exists,
    Floor,
    Iff,
    Implies,
    Le,
    Lt,
    No,
    definition_as_formula,
    monomials,
)
from ..statement import Statement, letters_of


def text(statement: Statement, from_the_end: bool = False) -> str:
    """SMT-LIB 2 text whose models are the counterexamples of the statement.

    ``from_the_end`` counts a variable from the end of its range where other variables say where that is: 0 ≤ i ≤ m − 1
    with large m and i has few choices left for m − i at a border, and cvc5 finds them so and not otherwise.
    """
    writer = _Writer(statement)
    if from_the_end:
        writer.mirror(statement.given)
    facts = [writer.formula(node, True) for node in statement.given]
    facts += [writer.formula(node, True) for node in statement.define]
    facts.append(writer.formula(statement.claim, False))
    declared = [f"(declare-const {name} Int)" for name in writer.constants]
    logic = "(set-logic ALL)"
    return "\n".join([logic, *declared, *(f"(assert {fact})" for fact in [*writer.mirrored, *facts])])


class _Writer:
    def __init__(self, statement: Statement) -> None:
        self.names: dict[Any, str] = {symbol: f"v{index}" for index, symbol in enumerate(statement.symbols)}
        self.constants = list(self.names.values())
        self.fresh = 0
        self.mirrored: list[str] = []

    def mirror(self, given: tuple[Any, ...]) -> None:
        """Write x as end − r from here on for what is given as between a first and an end that names other letters, each by itself."""
        ranges = [node for one in given for node in (one.args if isinstance(one, All) else (one,)) if isinstance(node, Between)]
        done = set[Any]()
        for _, x, end in (node.args for node in ranges):
            if x in self.names and x not in done and letters_of(end) and x not in letters_of(end):
                name, rest = self.names[x], f"r{len(self.mirrored)}"
                self.names[x] = f"(- {self.term(end)} {rest})"
                self.constants.append(rest)
                self.mirrored.append(f"(= {name} {self.names[x]})")
                done.add(x)

    def number(self, value: int) -> str:
        return str(value) if value >= 0 else f"(- {-value})"

    def term(self, expression: Any) -> str:
        parts = []
        for coefficient, factors in monomials(expression):
            names = [self.names[factor] for factor in factors]
            product = names if coefficient == 1 and names else [self.number(coefficient), *names]
            parts.append(product[0] if len(product) == 1 else f"(* {' '.join(product)})")
        return "0" if not parts else parts[0] if len(parts) == 1 else f"(+ {' '.join(parts)})"

    def formula(self, node: Any, wanted: bool) -> str:
        """Text that asserts ``node`` (or, with ``wanted`` false, its negation)."""
        args = node.args
        if isinstance(node, Floor) and not args[2].is_Integer:
            value, e, c = args
            node = All(Le(c * value, e), Le(e, c * value + c - 1))
        elif isinstance(node, DEFINITIONS):
            node = definition_as_formula(node)
        if isinstance(node, All | Either):
            conjunction = isinstance(node, All) == wanted
            parts = [self.formula(arg, wanted) for arg in node.args]
            empty = "true" if conjunction else "false"
            return empty if not parts else f"({'and' if conjunction else 'or'} {' '.join(parts)})"
        if isinstance(node, No):
            return self.formula(node.args[0], not wanted)
        if isinstance(node, Implies):
            return self.formula(Either(No(node.args[0]), node.args[1]), wanted)
        if isinstance(node, Iff):
            left, right = node.args
            sides = [All(left, right), All(No(left), No(right))] if wanted else [
                All(left, No(right)), All(No(left), right)]
            return self.formula(Either(*sides), True)
        if isinstance(node, Exists):
            return self.exists(node, wanted)
        atom = self.atom(node)
        return atom if wanted else f"(not {atom})"

    def exists(self, node: Exists, wanted: bool) -> str:
        if not wanted and node.witness:
            return self.formula(node.at_witness(), False)
        outer, bound = self.names, [f"e{self.fresh + index}" for index in range(len(node.variables))]
        self.fresh += len(bound)
        self.names = {**outer, **dict(zip(node.variables, bound, strict=True))}
        body = self.formula(node.body, wanted)
        self.names = outer
        if wanted:
            self.constants += bound
            return body
        return f"(forall ({' '.join(f'({name} Int)' for name in bound)}) {body})"

    def atom(self, node: Any) -> str:
        args = node.args
        if isinstance(node, Between):
            lo, x, hi = map(self.term, args)
            return f"(and (<= {lo} {x}) (<= {x} {hi}))"
        if isinstance(node, Divides):
            return f"(= (mod {self.term(args[1])} {self.term(args[0])}) 0)"
        if isinstance(node, Le | Lt | Equal):
            sign = {Le: "<=", Lt: "<", Equal: "="}[type(node)]
            return f"({sign} {self.term(args[0])} {self.term(args[1])})"
        raise TypeError(f"no SMT-LIB for {type(node).__name__}")
