"""A statement about all parameters, for judges of linear arithmetic: what is proved of the linear one is true of it.

A product of variables becomes a variable of its own; that products of non-negative terms are non-negative is told of the
pairs that the statement names (``products``). ⌊e/c⌋ becomes c·q ≤ e < c·q + c, c | e becomes e = c·⌊e/c⌋, a claimed ∃
its witness, and an assumed one holds of some number. A point that refutes the linear statement may refute nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import sympy

from ..logic import All, Between, Divides, Equal, Exists, Floor, Formula, Iff, Implies, Le, Lt, No, Parameter, monomials
from ..statement import Refused, Statement, Variable, letters_of


def linear(statement: Statement) -> Statement:
    """The statement itself where it speaks of no parameter, else one in affine terms. ``Refused`` where a claimed ∃ has no witness."""
    return _linear(statement, statement.products) if statement.parameters else statement


@lru_cache(maxsize=512)
def _linear(statement: Statement, _: tuple[tuple[Any, Any], ...]) -> Statement:
    """For isl and for the solvers; what a statement tells them of products is no part of it when two are compared."""
    return _Linear(statement).made


class _Linear:
    def __init__(self, statement: Statement) -> None:
        self.variables: dict[Any, None] = dict.fromkeys((*statement.parameters, *[v.symbol for v in statement.variables]))
        self.given = list[Formula]()
        self.floors: dict[tuple[Any, Any], Any] = {}
        define = list[Formula]()
        for node in statement.define:
            if isinstance(node, Floor) and not node.args[2].is_Integer:
                self.variables[node.args[0]] = None
                self.floor(*node.args)
            else:
                define.append(self.affine(node))
        self.given += [self.formula(node, False) for node in statement.hypotheses]
        claim = self.formula(statement.claim, True)
        facts = set(non_negative(statement.hypotheses))
        known = {*self.variables, *(node.args[0] for node in define)}  # those of ∃ among them
        for x, y in (pair for pair in statement.products if letters_of(pair[0] * pair[1]) <= known):
            premises = [Le(0, self.term(one)) for one in (x, y) if sympy.expand(one) not in facts]
            fact = Le(0, self.term(x * y))
            self.given.append(Implies(All(*premises), fact) if premises else fact)
        self.made = Statement(tuple(Variable(symbol, 0, 0) for symbol in self.variables), tuple(self.given), claim, tuple(define))

    def term(self, expression: Any) -> Any:
        """Σ of a number times a variable; a product of variables is one."""
        found = []
        for coefficient, factors in monomials(expression):
            if len(factors) > 1:
                factors = (sympy.Symbol("·".join(map(str, factors)), integer=True),)
                self.variables[factors[0]] = None
            found.append(coefficient * factors[0] if factors else sympy.Integer(coefficient))
        return sympy.Add(*found)

    def affine(self, node: Any) -> Any:
        """A node whose arguments are terms."""
        return node.func(*map(self.term, node.args))

    def floor(self, quotient: Any, e: Any, c: Any) -> None:
        """c·q ≤ e < c·q + c."""
        if not isinstance(c, Parameter) or not c.positive_by_law:
            raise Refused(f"⌊e/c⌋ needs c ≥ 1, and nothing says so of {c}")
        self.floors[e, c] = quotient
        self.given += [Le(self.term(c * quotient), self.term(e)), Le(self.term(e), self.term(c * quotient + c - 1))]

    def formula(self, node: Any, claimed: bool) -> Any:
        """The node as something that is claimed, or assumed."""
        if isinstance(node, Iff):
            left, right = node.args
            return All(self.formula(Implies(left, right), claimed), self.formula(Implies(right, left), claimed))
        if isinstance(node, Implies):
            return Implies(self.formula(node.args[0], not claimed), self.formula(node.args[1], claimed))
        if isinstance(node, No):
            return No(self.formula(node.args[0], not claimed))
        if isinstance(node, Exists):
            return self.exists(node, claimed)
        if isinstance(node, Divides) and not node.args[0].is_Integer:
            c, e = node.args
            if (e, c) not in self.floors:
                quotient = sympy.Symbol(f"⌊({e})/{c}⌋", integer=True)
                self.variables[quotient] = None
                self.floor(quotient, e, c)
            return Equal(self.term(e), self.term(c * self.floors[e, c]))
        if isinstance(node, Between | Le | Lt | Equal):
            return self.affine(node)
        if isinstance(node, Divides):
            return Divides(node.args[0], self.term(node.args[1]))
        return node.func(*[self.formula(arg, claimed) for arg in node.args])

    def exists(self, node: Exists, claimed: bool) -> Any:
        """At the witness; or of variables of the same names, which nothing else may have."""
        if claimed:
            if not node.witness:
                raise Refused(f"∃ about all parameters needs a witness: {node}")
            return self.formula(node.at_witness(), True)
        if set(node.variables) & set(self.variables):
            raise Refused(f"∃ with a variable that something else has: {node}")
        self.variables.update(dict.fromkeys(node.variables))
        return self.formula(node.body, False)


def non_negative(nodes: tuple[Formula, ...]) -> Iterator[Any]:
    """Terms that these hypotheses say are ≥ 0."""
    for node in nodes:
        if isinstance(node, All):
            yield from non_negative(node.args)
        elif isinstance(node, Between):
            low, x, high = node.args
            yield from (sympy.expand(x - low), sympy.expand(high - x))
        elif isinstance(node, Le | Lt):
            low, high = node.args
            yield from (sympy.expand(high - low), *[sympy.expand(high - low - 1)] * isinstance(node, Lt))
        elif isinstance(node, Equal):
            yield from (sympy.expand(node.args[0] - node.args[1]), sympy.expand(node.args[1] - node.args[0]))
