"""Estimated times: the expressions that the generated Cython holds, evaluated in Python and written in C, arithmetic only."""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping
from functools import lru_cache
from math import prod
from typing import Any

from .plan import decide
from .problem import Problem
from .target import Target

_OPERATORS: dict[type, Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}


def estimates(problem: Problem, shape: Target, batch: int, features: int, images: int, groups: int, m: tuple[int, ...],
              n: tuple[int, ...]) -> dict[str, float]:
    """Family -> nanoseconds on a processor of this shape: what the kernel itself would answer, and what it chooses by."""
    values = sizes(problem, batch, features, images, groups, m, n)
    return {choice.family: evaluate(choice.cost, values) for choice in _choices(problem, shape)}


@lru_cache(maxsize=256)
def _choices(problem: Problem, shape: Target) -> Any:
    return decide(problem, shape).entry.choices


def sizes(problem: Problem, batch: int, features: int, images: int, groups: int, m: tuple[int, ...], n: tuple[int, ...]) -> dict[str, Any]:
    """What estimates speak of, as the generated code names it (``entry.pyx.jinja``)."""
    missing = (1,) * (3 - problem.spec.dims)
    (ins, inside), (outs, outside) = ((features, m), (images, n))[::1 if problem.roles.source == "u" else -1]
    return {
        "call.batch": batch, "call.groups": groups, "groups": groups, "call.in_channels": ins, "call.out_channels": outs,
        "call.in_length": missing + inside, "call.out_length": missing + outside,
        "inputs_per": ins // groups, "outputs_per": outs // groups,
        "inputs": float(batch * ins * prod(inside)), "outputs": float(batch * outs * prod(outside)),
        "macs": float(batch * features * prod(m) * (images // groups) * prod(problem.spec.kernel))}


def evaluate(text: str, values: Mapping[str, Any]) -> float:
    """The value of an estimate: arithmetic, comparisons and choices of these names."""
    return float(_value(ast.parse(text, mode="eval").body, values))


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name | ast.Attribute):
        return values[ast.unparse(node)]
    if isinstance(node, ast.Subscript):
        return _value(node.value, values)[_value(node.slice, values)]
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.IfExp):
        return _value(node.body if _value(node.test, values) else node.orelse, values)
    if isinstance(node, ast.BoolOp):
        parts = (_value(part, values) for part in node.values)
        return all(parts) if isinstance(node.op, ast.And) else any(parts)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _OPERATORS[type(node.ops[0])](_value(node.left, values), _value(node.comparators[0], values))
    raise ValueError(f"no arithmetic: {ast.unparse(node)}")


SIGNS: Mapping[type, tuple[str, int]] = {  # in C, and how closely they bind
    ast.Or: ("||", 1), ast.And: ("&&", 2), ast.Lt: ("<", 4), ast.LtE: ("<=", 4), ast.Gt: (">", 4), ast.GtE: (">=", 4), ast.Eq: ("==", 3),
    ast.NotEq: ("!=", 3), ast.Add: ("+", 5), ast.Sub: ("-", 5), ast.Mult: ("*", 6), ast.Div: ("/", 6)}


def in_c(text: str) -> str:
    """An estimate as C, of which all names and numbers are doubles; ``estimate.evaluate`` says what it means."""
    return _in_c(ast.parse(text, mode="eval").body)[0]


def _in_c(node: ast.expr) -> tuple[str, int]:
    """(text, how closely it binds)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return repr(float(node.value)), 9
    if isinstance(node, ast.Name):
        return node.id, 9
    if isinstance(node, ast.Attribute):  # of the call
        return node.attr, 9
    if isinstance(node, ast.Subscript):
        return f"{_in_c(node.value)[0]}[{ast.unparse(node.slice)}]", 9
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
        return f"whole({_within(node.left, 6)} / {_within(node.right, 7)})", 9
    if isinstance(node, ast.IfExp):
        return f"{_within(node.test, 1)} ? {_within(node.body, 1)} : {_within(node.orelse, 1)}", 0
    if isinstance(node, ast.BinOp):
        sign, binds = SIGNS[type(node.op)]
        return f"{_within(node.left, binds)} {sign} {_within(node.right, binds + 1)}", binds
    if isinstance(node, ast.BoolOp):
        sign, binds = SIGNS[type(node.op)]
        return f" {sign} ".join(_within(part, 3) for part in node.values), binds
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        sign, binds = SIGNS[type(node.ops[0])]
        return f"{_within(node.left, binds + 1)} {sign} {_within(node.comparators[0], binds + 1)}", binds
    raise ValueError(f"no arithmetic: {ast.unparse(node)}")


def _within(node: ast.expr, binds: int) -> str:
    text, own = _in_c(node)
    return text if own >= binds else f"({text})"
