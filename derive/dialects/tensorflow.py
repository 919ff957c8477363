"""TensorFlow: tf.nn.conv{1,2,3}d_transpose, the gradient of a convolution whose image has the given output_shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..spec import Axis, ConvSpec
from . import Reading, Weights, per_axis, same_crop, spec_of

NAME = "TensorFlow"
OPERATION = "tf.nn.conv{dims}d_transpose"
WEIGHTS = Weights("kcf")
CHANNELS_LAST = True
LIMITS = "the crop is that of SAME (⌊max(D, 0)/2⌋ before) or VALID (none); explicit pads exist in 2-D only, without dilation"


def read(feature: Sequence[int], kernel: Sequence[int], *, output_shape: Sequence[int], strides: Any = 1,
         padding: Any = "SAME", dilations: Any = 1) -> Reading:
    """``output_shape`` of the spatial axes; ``padding``: "SAME", "VALID", or (2-D) one (begin, end) an axis."""
    dims = len(kernel)
    s, d = per_axis("strides", strides, dims), per_axis("dilations", dilations, dims)
    explicit = not isinstance(padding, str)
    if explicit and (dims != 2 or any(x > 1 for x in d)):
        raise ArgumentError("padding", padding, "explicit pads exist in 2-D only, without dilation", "SAME")
    begin, end, more, notes = [], [], [], []
    for axis, (m, n) in enumerate(zip(feature, output_shape, strict=True)):
        excess = lengths.missing(kernel[axis], s[axis], d[axis], m, n)
        if explicit:
            lo, hi = padding[axis]
            if min(lo, hi) < 0:
                raise ArgumentError("padding", padding, "explicit pads are not negative", (max(lo, 0), max(hi, 0)))
        else:
            lo, hi = same_crop(excess) if padding == "SAME" else (0, 0)
        whole = Axis(kernel[axis], s[axis], (lo, hi), d[axis])
        room = n + lo + hi - whole.span
        if (-(-n // s[axis]) if padding == "SAME" else _truncated(room, s[axis]) + 1) != m:
            raise ArgumentError("output_shape", n, f"its forward convolution with {padding} does not give the input's length {m}")
        begin.append(lo)
        end.append(hi)
        more.append(n - lengths.image_length(whole, m))
        if padding != "SAME" and room < 0:
            notes.append("output_shape is shorter than the kernel: TensorFlow divides toward zero, accepts it, and cuts the end")
    return Reading(spec_of(kernel, s, d, begin, end, more), tuple(dict.fromkeys(notes)))


def _truncated(value: int, divisor: int) -> int:
    """Division toward zero, as in C."""
    return -(-value // divisor) if value < 0 else value // divisor


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """VALID, SAME, then explicit pads, each with the output shape spelled out."""
    shape = lengths.image_lengths(spec, feature)
    base = {"output_shape": shape, "strides": spec.stride}
    dilated = {"dilations": spec.dilation} if any(d > 1 for d in spec.dilation) else {}
    yield {**base, "padding": "VALID", **dilated}
    yield {**base, "padding": "SAME", **dilated}
    yield {**base, "padding": list(spec.padding), **dilated}
