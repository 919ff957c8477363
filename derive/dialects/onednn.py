"""oneDNN: the deconvolution primitive. Dilations count inserted zeros (d − 1); the length comes from the destination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..layouts import Groups, Weights
from ..spec import ConvSpec
from . import Reading, net, per_axis, spec_of

NAME = "oneDNN"
OPERATION = "dnnl::deconvolution_forward"
COMPARED = "oneDNN 3.2, CPU (onednn-cpu-gomp 2023.2.0)"
DIMS = (1, 2, 3)
WEIGHTS = Weights("cfk")
GROUPS = Groups("", Weights("gcfk", grouped=True))
CHANNELS_LAST = False


def read(feature: Sequence[int], kernel: Sequence[int], *, strides: Any = 1, dilates: Any = 0, padding_l: Any = 0,
         padding_r: Any = 0) -> Reading:
    """``dilates`` is d − 1; ``padding_r`` may be negative, but the forward convolution must give m."""
    dims = len(kernel)
    s, d = per_axis("strides", strides, dims, 1), per_axis("dilates", dilates, dims, 0)
    lo, hi = per_axis("padding_l", padding_l, dims, 0), per_axis("padding_r", padding_r, dims)
    for end, step in zip(hi, s, strict=True):
        if end <= -step:
            raise ArgumentError("padding_r", end, f"must be above −stride, {-step}: the forward convolution must give m", 1 - step)
    spec = spec_of(kernel, s, [x + 1 for x in d], lo, [max(x, 0) for x in hi], [max(-x, 0) for x in hi])
    lengths.image_lengths(spec, feature)
    return Reading(spec, ("dilates counts the zeros between taps: d − 1",) if any(d) else ())


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """padding_r = p_hi − op."""
    yield {"strides": spec.stride, "dilates": tuple(d - 1 for d in spec.dilation),
           "padding_l": tuple(lo for lo, _ in spec.padding),
           "padding_r": tuple(map(net, spec.axes))}


def limits(spec: ConvSpec) -> Iterator[str]:
    """padding_l ≥ 0, padding_r > −stride."""
    for number, axis in enumerate(spec.axes):
        if axis.padding[0] < 0:
            yield f"padding_l is not negative, and axis {number} has {axis.padding[0]}"
        if net(axis) <= -axis.stride:
            yield f"padding_r is above −stride, {-axis.stride}, and axis {number} would need {net(axis)}"


def call(spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
    """The primitive, in C++; u, w and x are memory descriptors, and x has the length."""
    sizes = ", ".join("{" + ", ".join(map(str, arguments[name])) + "}" for name in ("strides", "dilates", "padding_l", "padding_r"))
    kinds = "dnnl::prop_kind::forward_inference, dnnl::algorithm::deconvolution_direct"
    return f"{OPERATION}::primitive_desc(engine, {kinds}, u, w, x, {sizes})"
