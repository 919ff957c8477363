"""PyTorch: torch.nn.ConvTransposeNd and torch.nn.functional.conv_transposeNd. Symmetric padding, op < max(s, d)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import ArgumentError
from ..lengths import image_lengths
from ..spec import ConvSpec
from . import Reading, Weights, per_axis, spec_of

NAME = "PyTorch"
OPERATION = "torch.nn.functional.conv_transpose{dims}d"
WEIGHTS = Weights("fck")
CHANNELS_LAST = False
LIMITS = "the padding is one number ≥ 0 an axis, the same at both ends, and output_padding is below stride or dilation"


def read(feature: Sequence[int], kernel: Sequence[int], *, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
         dilation: Any = 1) -> Reading:
    """``stride``, ``padding``, ``output_padding``, ``dilation``: an int, or one an axis."""
    dims = len(kernel)
    s, p, op, d = (per_axis(name, value, dims) for name, value in (
        ("stride", stride), ("padding", padding), ("output_padding", output_padding), ("dilation", dilation)))
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
    """padding = p_lo, and the output padding that makes up for an unequal p_hi."""
    op = tuple(axis.output_padding + axis.padding[0] - axis.padding[1] for axis in spec.axes)
    yield {"stride": spec.stride, "padding": tuple(p for p, _ in spec.padding), "output_padding": op, "dilation": spec.dilation}
