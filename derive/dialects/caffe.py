"""Caffe: the Deconvolution layer. Symmetric pads, no output padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..spec import ConvSpec
from . import Reading, Weights, per_axis, spec_of

NAME = "Caffe"
OPERATION = "Deconvolution"
WEIGHTS = Weights("fck")
CHANNELS_LAST = False
LIMITS = "pads are symmetric and not negative, and there is no output padding"


def read(feature: Sequence[int], kernel: Sequence[int], *, stride: Any = 1, pad: Any = 0, dilation: Any = 1) -> Reading:
    """``stride``, ``pad``, ``dilation``: an int, or one an axis."""
    dims = len(kernel)
    s, p, d = (per_axis(name, value, dims) for name, value in (("stride", stride), ("pad", pad), ("dilation", dilation)))
    if min(p) < 0:
        raise ArgumentError("pad", p, "must not be negative", 0)
    spec = spec_of(kernel, s, d, p, p, (0,) * dims)
    lengths.image_lengths(spec, feature)
    return Reading(spec)


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """pad = p_lo."""
    yield {"stride": spec.stride, "pad": tuple(lo for lo, _ in spec.padding), "dilation": spec.dilation}
