"""PyTorch: torch.nn.ConvTransposeNd and torch.nn.functional.conv_transposeNd. Symmetric padding, op < max(s, d)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import ArgumentError
from ..layouts import Groups, Weights
from ..lengths import image_lengths
from ..spec import ConvSpec
from ..writing import beyond, written
from . import Reading, net, per_axis, spec_of

NAME = "PyTorch"
OPERATION = "torch.nn.functional.conv_transpose{dims}d"
COMPARED = "torch 2.13.0"
DIMS = (1, 2, 3)
WEIGHTS = Weights("fck")
GROUPS = Groups("groups", Weights("fck", grouped=True))
CHANNELS_LAST = False


def read(feature: Sequence[int], kernel: Sequence[int], *, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
         dilation: Any = 1) -> Reading:
    """``stride``, ``padding``, ``output_padding``, ``dilation``: an int, or one an axis."""
    dims = len(kernel)
    if isinstance(padding, str):
        raise ArgumentError("padding", padding, "PyTorch's transposed convolutions take numbers, no words", 0)
    s, d = per_axis("stride", stride, dims, 1), per_axis("dilation", dilation, dims, 1)
    p, op = per_axis("padding", padding, dims), per_axis("output_padding", output_padding, dims)
    for axis in range(dims):
        if p[axis] < 0:
            raise ArgumentError("padding", p[axis], "PyTorch takes no negative padding", 0)
        if op[axis] < 0 or op[axis] >= max(s[axis], d[axis]):
            raise ArgumentError("output_padding", op[axis], "PyTorch wants it smaller than stride or dilation",
                                max(s[axis], d[axis]) - 1)
    spec = spec_of(kernel, s, d, p, p, op)
    beyond = any(x >= y for x, y in zip(op, s, strict=True))
    notes = ("op ≥ stride: the forward convolution would give more than m",) if beyond else ()
    image_lengths(spec, feature)
    return Reading(spec, notes)


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """padding = p_lo, and the output padding that makes up for an unequal p_hi; the dilation of a single tap only permits it."""
    op = tuple(axis.padding[0] - net(axis) for axis in spec.axes)
    base = {"stride": spec.stride, "padding": tuple(p for p, _ in spec.padding), "output_padding": op}
    yield {**base, "dilation": spec.dilation}
    yield {**base, "dilation": tuple(max(axis.dilation, more + 1) if axis.kernel == 1 else axis.dilation
                                     for axis, more in zip(spec.axes, op, strict=True))}


def limits(spec: ConvSpec) -> Iterator[str]:
    """padding ≥ 0 at both ends alike, 0 ≤ output_padding < max(stride, dilation)."""
    for number, axis in enumerate(spec.axes):
        more = axis.padding[0] - net(axis)
        if axis.padding[0] < 0:
            yield f"padding is not negative, and axis {number} has {axis.padding[0]} before"
        elif more < 0:
            yield f"padding is the same at both ends, and axis {number} crops {axis.padding[0]} before and {net(axis)} after"
        elif more >= max(axis.stride, axis.dilation) and axis.kernel > 1:
            yield (f"output_padding is below stride or dilation, {max(axis.stride, axis.dilation)}, and axis {number} "
                   f"would need {more}")


def call(spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
    """The functional form."""
    return written(OPERATION.format(dims=spec.dims), "u", "w", **beyond(arguments, stride=1, padding=0, output_padding=0, dilation=1))
