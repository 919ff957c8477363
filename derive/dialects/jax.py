"""JAX: lax.conv_transpose. Explicit pads belong to the zero-filled direct convolution; the kernel is not flipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import lengths
from ..layouts import Weights
from ..spec import ConvSpec
from ..writing import written
from . import Reading, choice, flag, net, pairs, per_axis, plain_dilation, spec_of

NAME = "JAX"
OPERATION = "jax.lax.conv_transpose"
COMPARED = "jax 0.10.2"
DIMS = (1, 2, 3)
WEIGHTS = Weights("kfc", flipped=True)
WEIGHTS_TRANSPOSED = Weights("kcf")  # with transpose_kernel=True
UNFLIPPED = "the kernel is not flipped: reverse it along its axes, or set transpose_kernel=True"
GROUPS = None
CHANNELS_LAST = True


def read(feature: Sequence[int], kernel: Sequence[int], *, strides: Any = 1, padding: Any = "VALID", rhs_dilation: Any = 1,
         transpose_kernel: bool = False, use_consistent_padding: bool = False) -> Reading:
    """``padding``: "SAME", "VALID" or one (before, after) an axis, of the forward map if ``use_consistent_padding``."""
    dims = len(kernel)
    s, d = per_axis("strides", strides, dims, 1), per_axis("rhs_dilation", rhs_dilation, dims, 1)
    words = [choice("padding", padding, ("SAME", "VALID"))] * dims if isinstance(padding, str) else pairs("padding", padding, dims)
    flag("use_consistent_padding", use_consistent_padding)
    begin, end = [], []
    for axis in range(dims):
        reach = lengths.span(kernel[axis], d[axis])
        before, after = _pads(words[axis], reach, s[axis], use_consistent_padding)
        begin.append(reach - 1 - before)
        end.append(reach - 1 - after)
    spec = spec_of(kernel, s, d, begin, [max(x, 0) for x in end], [max(-x, 0) for x in end])
    lengths.image_lengths(spec, feature)
    notes = () if flag("transpose_kernel", transpose_kernel) else (UNFLIPPED,)
    return Reading(spec, notes, WEIGHTS_TRANSPOSED if transpose_kernel else None)


def _pads(padding: Any, reach: int, stride: int, consistent: bool) -> tuple[int, int]:
    """Padding (before, after) of the zero-filled input."""
    if padding == "VALID":
        return reach - 1, reach - 1 + max(stride - reach, 0)
    if padding == "SAME":
        total = reach + stride - 2
        before = reach - 1 if stride > reach - 1 else -(-total // 2)
        return before, total - before
    before, after = padding
    return (reach - 1 - before, reach - 1 - after) if consistent else (before, after)


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """SAME or VALID where they fit, else the pads of the direct convolution."""
    base: dict[str, Any] = {"strides": spec.stride}
    dilation = plain_dilation(spec)
    if any(d > 1 for d in dilation):
        base["rhs_dilation"] = dilation
    for padding in ("SAME", "VALID"):
        yield {**base, "padding": padding, "transpose_kernel": True}
    pads = [(axis.span - 1 - axis.padding[0], axis.span - 1 - net(axis)) for axis in spec.axes]
    yield {**base, "padding": pads, "transpose_kernel": True}


def limits(spec: ConvSpec) -> Iterator[str]:
    """None: explicit pads, negative ones too, say every crop."""
    yield from ()


def call(spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
    """The function."""
    return written(OPERATION, "u", "w", **arguments)
