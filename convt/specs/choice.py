"""Which family the estimates choose at a layer's size on a named target, and how much it may round: without a compiler.

The estimates are expressions that the generated code holds; here the same text is evaluated, arithmetic only.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping
from functools import cache
from math import prod
from typing import Any

from convt._codegen.plan import decide, families
from convt._codegen.problem import Problem

from .layer import Layer

ROUNDINGS = {"float32": 2.0**-24, "complex64": 2.0**-24, "float64": 2.0**-53, "complex128": 2.0**-53, "int64": 0.0}
_OPERATORS: dict[type, Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}


def chosen(layer: Layer) -> str:
    """The family with the least estimate for one image of the layer on its target."""
    sizes = layer.sizes
    assert sizes is not None
    m, n = sizes
    three = (1,) * (3 - layer.spec.dims)
    F, C, G = layer.features, layer.images, layer.groups
    if layer.weights is not None:
        G = F
    sides = {"u": F * prod(m), "w": F * (C // G) * prod(layer.spec.kernel), "x": C * prod(n)}
    one, two = {"conv_transpose": ("u", "x"), "conv": ("x", "u"), "conv_weight_gradient": ("x", "w")}[layer.map]
    values = {
        "call.batch": 1, "call.features": F, "call.images": C, "call.groups": G, "call.m": three + m, "call.n": three + n, "groups": G,
        "features_per": F // G, "images_per": C // G, "macs": float(F * (C // G) * prod(m) * prod(layer.spec.kernel)),
        "inputs": float(sides[one]), "outputs": float(sides[two]),
    }
    costs = {row.family: evaluate(row.cost, values) for row in _choices(layer.problem(layer.target))}
    return str(min(costs, key=costs.__getitem__))


@cache
def _choices(problem: Problem) -> Any:
    return decide(problem, problem.processor).entry.choices


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


def amplification(problem: Problem, family: str) -> tuple[float, int]:
    """(how many times the rounding errors of direct sums, how many more roundings) a family's bound allows."""
    growth = {one.NAME: getattr(one, "growth", None) for one in families()}[family]
    return growth(problem) if growth else (1.0, 0)


def bound(layer: Layer, family: str) -> float:
    """The proved bound on rounding errors of one output, relative to Σ|w||u| (for ``fast``: to t·max|w|·max|u|)."""
    sizes = layer.sizes
    assert sizes is not None
    taps = prod(-(-axis.kernel // (axis.stride // axis.gcd)) for axis in layer.spec.axes)  # of the phase that has most
    per = {"conv_transpose": layer.features // layer.groups * taps, "conv": layer.images // layer.groups * prod(layer.spec.kernel),
           "conv_weight_gradient": prod(sizes[0])}[layer.map]
    times, more = amplification(layer.problem(layer.target), family)
    terms = (per + int(layer.bias) + more) * layer.problem().element.parts
    share = terms * ROUNDINGS[layer.dtype]
    return times * share / (1 - share) if share < 1 else float("inf")
