"""JAX: lax.conv_transpose. Explicit pads belong to the zero-filled direct convolution; the kernel is not flipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..spec import ConvSpec
from . import Reading, Weights, per_axis, spec_of

NAME = "JAX"
OPERATION = "jax.lax.conv_transpose"
WEIGHTS = Weights("kfc", flipped=True)
WEIGHTS_TRANSPOSED = Weights("kcf")  # with transpose_kernel=True
CHANNELS_LAST = True
LIMITS = "the length must be positive; explicit pads say every crop"


def read(feature: Sequence[int], kernel: Sequence[int], *, strides: Any = 1, padding: Any = "VALID", rhs_dilation: Any = 1,
         transpose_kernel: bool = False, use_consistent_padding: bool = False) -> Reading:
    """``padding``: "SAME", "VALID" or one (before, after) an axis, of the forward map if ``use_consistent_padding``."""
    dims = len(kernel)
    s, d = per_axis("strides", strides, dims), per_axis("rhs_dilation", rhs_dilation, dims)
    begin, end = [], []
    for axis in range(dims):
        reach = lengths.span(kernel[axis], d[axis])
        before, after = _pads(padding if isinstance(padding, str) else padding[axis], reach, s[axis], use_consistent_padding)
        begin.append(reach - 1 - before)
        end.append(reach - 1 - after)
    spec = spec_of(kernel, s, d, begin, [max(x, 0) for x in end], [max(-x, 0) for x in end])
    lengths.image_lengths(spec, feature)
    notes = () if transpose_kernel else ("the kernel is not flipped: reverse it along its axes, or set transpose_kernel=True",)
    return Reading(spec, notes, WEIGHTS_TRANSPOSED if transpose_kernel else None)


def _pads(padding: Any, reach: int, stride: int, consistent: bool) -> tuple[int, int]:
    """Padding (before, after) of the zero-filled input."""
    if padding == "VALID":
        return reach - 1, reach - 1 + max(stride - reach, 0)
    if padding == "SAME":
        total = reach + stride - 2
        before = reach - 1 if stride > reach - 1 else -(-total // 2)
        return before, total - before
    if isinstance(padding, str):
        raise ArgumentError("padding", padding, "must be SAME, VALID or pairs", "SAME")
    before, after = padding
    return (reach - 1 - before, reach - 1 - after) if consistent else (before, after)


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """SAME or VALID where they fit, else the pads of the direct convolution."""
    base: dict[str, Any] = {"strides": spec.stride}
    if any(d > 1 for d in spec.dilation):
        base["rhs_dilation"] = spec.dilation
    for padding in ("SAME", "VALID"):
        yield {**base, "padding": padding, "transpose_kernel": True}
    pads = [(axis.span - 1 - axis.padding[0], axis.span - 1 - axis.padding[1] + axis.output_padding) for axis in spec.axes]
    yield {**base, "padding": pads, "transpose_kernel": True}
