"""LiteRT (TensorFlow Lite): TRANSPOSE_CONV, 2-D, SAME or VALID with an output shape, no dilation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..layouts import Weights
from ..spec import ConvSpec
from . import Reading, choice, per_axis, plain_dilation, tensorflow

NAME = "LiteRT"
OPERATION = "TRANSPOSE_CONV"
COMPARED = "ai-edge-litert 2.3.0, its own kernels"
DIMS = (2,)
WEIGHTS = Weights("ckf")
GROUPS = None
CHANNELS_LAST = True
CONVERTED = "TensorFlow's converter makes TRANSPOSE_CONV of tf.nn.conv2d_transpose, whose weights are (*k, C, F)"


def read(feature: Sequence[int], kernel: Sequence[int], *, output_shape: Sequence[int], stride_h: int = 1, stride_w: int = 1,
         padding: str = "SAME") -> Reading:
    """``output_shape`` of the two spatial axes."""
    if len(kernel) != 2:
        raise ArgumentError("dims", len(kernel), "TRANSPOSE_CONV is 2-D", 2)
    strides = per_axis("stride_h", stride_h, 1, 1) + per_axis("stride_w", stride_w, 1, 1)
    shape = per_axis("output_shape", output_shape, 2, 1)
    if choice("padding", padding, ("SAME", "VALID")) == "VALID" and any(n < k for n, k in zip(shape, kernel, strict=True)):
        raise ArgumentError("output_shape", shape, "VALID takes lengths from the kernel's on", tuple(map(max, shape, kernel)))
    reading = tensorflow.read(feature, kernel, output_shape=shape, strides=strides, padding=padding)
    return Reading(reading.spec, (*reading.notes, CONVERTED))


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """VALID, then SAME."""
    if spec.dims == 2 and set(plain_dilation(spec)) == {1}:
        for padding in ("VALID", "SAME"):
            yield {"output_shape": lengths.image_lengths(spec, feature), "stride_h": spec.stride[0], "stride_w": spec.stride[1],
                   "padding": padding}


def limits(spec: ConvSpec) -> Iterator[str]:
    """2-D, no dilation; the crop and lengths of VALID or SAME."""
    if spec.dims != 2:
        yield f"TRANSPOSE_CONV is 2-D, and this is {spec.dims}-D"
    if set(plain_dilation(spec)) != {1}:
        yield "there is no dilation"
    if not all(map(tensorflow.valid, spec.axes)) and not all(map(tensorflow.same, spec.axes)):
        yield from tensorflow.no_crop_of(spec)


def call(spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
    """What TensorFlow's converter makes a TRANSPOSE_CONV of."""
    strides = (arguments["stride_h"], arguments["stride_w"])
    return tensorflow.call(spec, {"output_shape": None, "strides": strides, "padding": arguments["padding"]})
