"""LiteRT (TensorFlow Lite): TRANSPOSE_CONV, 2-D, SAME or VALID with an output shape, no dilation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..spec import ConvSpec
from . import Reading, Weights, tensorflow

NAME = "LiteRT"
OPERATION = "TRANSPOSE_CONV"
WEIGHTS = Weights("ckf")
CHANNELS_LAST = True
LIMITS = "2-D, no dilation, and the crop is that of SAME (⌊max(D, 0)/2⌋ before) or VALID (none)"


def read(feature: Sequence[int], kernel: Sequence[int], *, output_shape: Sequence[int], stride_h: int = 1, stride_w: int = 1,
         padding: str = "SAME") -> Reading:
    """``output_shape`` of the two spatial axes."""
    if len(kernel) != 2:
        raise ArgumentError("dims", len(kernel), "TRANSPOSE_CONV is 2-D", 2)
    if padding not in ("SAME", "VALID"):
        raise ArgumentError("padding", padding, "must be SAME or VALID", "SAME")
    return tensorflow.read(feature, kernel, output_shape=output_shape, strides=(stride_h, stride_w), padding=padding)


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """VALID, then SAME."""
    if spec.dims == 2 and all(axis.dilation == 1 or axis.kernel == 1 for axis in spec.axes):
        for padding in ("VALID", "SAME"):
            yield {"output_shape": lengths.image_lengths(spec, feature), "stride_h": spec.stride[0], "stride_w": spec.stride[1],
                   "padding": padding}
