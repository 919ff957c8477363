"""oneDNN: the deconvolution primitive. Dilations count inserted zeros (d − 1); the length comes from the destination."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import lengths
from ..spec import ConvSpec
from . import Reading, Weights, per_axis, spec_of

NAME = "oneDNN"
OPERATION = "dnnl::deconvolution_forward"
WEIGHTS = Weights("cfk")
CHANNELS_LAST = False
LIMITS = "the length must be positive; a negative padding_r un-crops"


def read(feature: Sequence[int], kernel: Sequence[int], *, strides: Any = 1, dilates: Any = 0, padding_l: Any = 0,
         padding_r: Any = 0) -> Reading:
    """``dilates`` is d − 1; ``padding_r`` may be negative."""
    dims = len(kernel)
    s, d, lo, hi = (per_axis(name, value, dims) for name, value in (
        ("strides", strides), ("dilates", dilates), ("padding_l", padding_l), ("padding_r", padding_r)))
    spec = spec_of(kernel, s, [x + 1 for x in d], lo, [max(x, 0) for x in hi], [max(-x, 0) for x in hi])
    lengths.image_lengths(spec, feature)
    return Reading(spec, ("dilates counts the zeros between taps: d − 1",) if any(d) else ())


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """padding_r = p_hi − op."""
    yield {"strides": spec.stride, "dilates": tuple(d - 1 for d in spec.dilation),
           "padding_l": tuple(lo for lo, _ in spec.padding),
           "padding_r": tuple(hi - op for (_, hi), op in zip(spec.padding, spec.output_padding, strict=True))}
