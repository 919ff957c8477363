"""Which family the estimates choose at a layer's size on a named target, and how much it may round: without a compiler."""

from __future__ import annotations

from math import prod

from convt._codegen.estimate import estimates
from convt._codegen.family import error_bound

from .layer import Layer


def chosen(layer: Layer) -> str:
    """The family with the least estimate for one image of the layer on its target."""
    sizes = layer.sizes
    assert sizes is not None
    groups = layer.features if layer.weights is not None else layer.groups
    problem = layer.problem(layer.target)
    costs = estimates(problem, problem.processor, 1, layer.features, layer.images, groups, *sizes)
    return min(costs, key=costs.__getitem__)


def bound(layer: Layer, family: str) -> float:
    """The proved bound on rounding errors of one output, relative to Σ|w||u| (for ``fast`` and ``fast4``: to t·max|w|·max|u|)."""
    sizes = layer.sizes
    assert sizes is not None
    taps = prod(-(-axis.kernel // axis.period) for axis in layer.spec.axes)  # of the phase that has most
    per = {"conv_transpose": layer.features // layer.groups * taps, "conv": layer.images // layer.groups * prod(layer.spec.kernel),
           "conv_weight_gradient": prod(sizes[0])}[layer.map]
    return error_bound(layer.problem(layer.target), family, per + int(layer.bias))[0]
