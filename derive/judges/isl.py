"""The judge of polyhedral compilers: isl decides Presburger arithmetic for all sizes.

The points that satisfy the hypotheses and break the claim form a set; the statement is proved when isl finds it
empty, and otherwise a point of it is the counterexample. Positions matter to isl, not names, so every symbol is
written v0, v1, … (a variable called ``NaN`` would silently give the empty set).
Reference: S. Verdoolaege, *isl: An Integer Set Library for the Polyhedral Model* (2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import islpy

from ..logic import (
    DEFINITIONS,
    All,
    Between,
    Divides,
    Either,
    Equal,
    Exists,
    Iff,
    Implies,
    Le,
    Lt,
    No,
    NotAffine,
    definition_as_formula,
    monomials,
)
from ..statement import Statement
from .linear import linear
from .verdict import Opinion

NAME = "isl"
OPERATIONS = 20_000_000  # isl gives up after so many operations: a limit that does not depend on the clock


def judge(statement: Statement) -> Opinion:
    """``proved``, ``refuted`` with a point, or ``undecided`` when the limit of operations is reached.

    Of a statement about all parameters its linear form, whose points need not refute it.
    """
    start = perf_counter()
    statement = linear(statement)
    context = islpy.Context()
    context.set_max_operations(OPERATIONS)
    writer = _Writer(statement.symbols)
    try:
        hypotheses = writer.set(context, All(*statement.given, *map(definition_as_formula, statement.define)))
        bad = _violations(context, writer, hypotheses, statement.claim)
        if bad.is_empty():
            vacuous = bool(hypotheses.is_empty())
            return Opinion(NAME, "proved", 1e3 * (perf_counter() - start), detail="vacuous" if vacuous else "")
        found = bad.sample_point()
        values = [found.get_coordinate_val(islpy.dim_type.set, i).to_python() for i in range(len(statement.symbols))]
    except islpy.Error as error:
        return Opinion(NAME, "undecided", 1e3 * (perf_counter() - start), detail=str(error).split("\n")[0])
    named = tuple((str(s), int(v)) for s, v in zip(statement.symbols, values, strict=True))
    return Opinion(NAME, "refuted", 1e3 * (perf_counter() - start), named)


def text(statement: Statement) -> tuple[str, str]:
    """The hypotheses and the claim as isl set notation."""
    writer = _Writer(statement.symbols)
    given = All(*statement.given, *map(definition_as_formula, statement.define))
    return writer.notation(given), writer.notation(statement.claim)


def _violations(context: Any, writer: _Writer, where: Any, claim: Any) -> Any:
    """The subset of ``where`` on which the claim fails."""
    if isinstance(claim, All):
        bad = writer.set(context, Either())
        for part in claim.args:
            bad = bad.union(_violations(context, writer, where, part))
        return bad
    if isinstance(claim, Implies):
        return _violations(context, writer, where.intersect(writer.set(context, claim.args[0])), claim.args[1])
    if isinstance(claim, Iff):
        left, right = (where.intersect(writer.set(context, side)) for side in claim.args)
        return left.subtract(right).union(right.subtract(left))
    return where.subtract(writer.set(context, claim))


class _Writer:
    def __init__(self, symbols: Sequence[Any]) -> None:
        self.names: dict[Any, str] = {symbol: f"v{index}" for index, symbol in enumerate(symbols)}
        self.tuple = ", ".join(self.names.values())

    def notation(self, node: Any) -> str:
        return f"{{ [{self.tuple}] : {self.formula(node)} }}"

    def set(self, context: Any, node: Any) -> Any:
        return islpy.Set.read_from_str(context, self.notation(node))

    def term(self, expression: Any) -> str:
        parts = []
        for coefficient, factors in monomials(expression):
            if len(factors) > 1:
                raise NotAffine(f"{expression} has a product of variables")
            parts.append(f"{coefficient}{self.names[factors[0]]}" if factors else str(coefficient))
        return " + ".join(parts) or "0"

    def formula(self, node: Any) -> str:
        args = node.args
        if isinstance(node, DEFINITIONS):
            return self.formula(definition_as_formula(node))
        if isinstance(node, All):
            return "(" + " and ".join(map(self.formula, args)) + ")" if args else "(0 = 0)"
        if isinstance(node, Either):
            return "(" + " or ".join(map(self.formula, args)) + ")" if args else "(0 = 1)"
        if isinstance(node, No):
            return f"(not {self.formula(args[0])})"
        if isinstance(node, Implies):
            return f"((not {self.formula(args[0])}) or {self.formula(args[1])})"
        if isinstance(node, Iff):
            left, right = map(self.formula, args)
            return f"(({left} and {right}) or ((not {left}) and (not {right})))"
        if isinstance(node, Divides):
            divisor, dividend = args
            if not divisor.is_Integer:
                raise NotAffine(f"divisor {divisor} is not a number")
            return f"(({self.term(dividend)}) mod {int(divisor)} = 0)"
        if isinstance(node, Between):
            return "({} <= {} <= {})".format(*(self.term(arg) for arg in args))
        if isinstance(node, Le | Lt | Equal):
            sign = {Le: "<=", Lt: "<", Equal: "="}[type(node)]
            return f"({self.term(args[0])} {sign} {self.term(args[1])})"
        if isinstance(node, Exists):
            fresh = [f"e{len(self.names) + i}" for i in range(len(node.variables))]
            self.names.update(zip(node.variables, fresh, strict=True))
            return f"(exists ({', '.join(fresh)} : {self.formula(node.body)}))"
        raise TypeError(f"no isl notation for {type(node).__name__}")
