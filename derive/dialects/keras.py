"""Keras 3: Conv{1,2,3}DTranspose, whose length follows from padding and output_padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..spec import ConvSpec
from . import Reading, Weights, per_axis, same_crop, spec_of

NAME = "Keras"
OPERATION = "keras.layers.Conv{dims}DTranspose"
WEIGHTS = Weights("kcf")
CHANNELS_LAST = True
LIMITS = "the crop is that of SAME (⌊max(D, 0)/2⌋ before) or VALID (none)"


def read(feature: Sequence[int], kernel: Sequence[int], *, strides: Any = 1, padding: str = "valid",
         output_padding: Any = None, dilation_rate: Any = 1) -> Reading:
    """``padding`` "same" or "valid"; ``output_padding`` None, an int below the stride, or one an axis."""
    dims = len(kernel)
    s, d = per_axis("strides", strides, dims), per_axis("dilation_rate", dilation_rate, dims)
    if any(x > 1 for x in s) and any(x > 1 for x in d):
        raise ArgumentError("dilation_rate", d, "Keras takes strides or a dilation rate above 1, not both", 1)
    extra = None if output_padding is None else per_axis("output_padding", output_padding, dims)
    crops, more, notes = [], [], []
    for axis, m in enumerate(feature):
        if extra is not None and not 0 <= extra[axis] < s[axis]:
            raise ArgumentError("output_padding", extra[axis], "must be below the stride", s[axis] - 1)
        reach = lengths.span(kernel[axis], d[axis])
        n = length(m, s[axis], reach, padding, None if extra is None else extra[axis])
        if padding == "same" and -(-n // s[axis]) != m:
            raise ArgumentError("output_padding", output_padding, f"the length {n} is not one whose forward convolution gives {m}")
        excess = lengths.missing(kernel[axis], s[axis], d[axis], m, n)
        crops.append(same_crop(excess) if padding == "same" else (0, 0))
        more.append(n - (s[axis] * (m - 1) + reach - sum(crops[-1])))
        if padding == "valid" and extra is None and reach < s[axis]:
            notes.append("the span is below the stride: VALID adds s − span zeros, so the length is s·m")
    spec = spec_of(kernel, s, d, [lo for lo, _ in crops], [hi for _, hi in crops], more)
    lengths.image_lengths(spec, feature)
    return Reading(spec, tuple(dict.fromkeys(notes)))


def length(m: int, s: int, reach: int, padding: str, extra: int | None) -> int:
    """n: s·m or s(m−1) + span mod 2 + op for "same", s(m−1) + max(span, s) or s(m−1) + span + op for "valid"."""
    if padding not in ("same", "valid"):
        raise ArgumentError("padding", padding, "must be same or valid", "same")
    if padding == "same":
        return s * m if extra is None else s * (m - 1) + reach % 2 + extra
    return s * (m - 1) + max(reach, s) if extra is None else s * (m - 1) + reach + extra


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Both paddings, without and with every output padding."""
    for padding in ("same", "valid"):
        base = {"strides": spec.stride, "padding": padding}
        if any(d > 1 for d in spec.dilation):
            base["dilation_rate"] = spec.dilation
        yield base
        for extra in product(*(range(min(s, 8)) for s in spec.stride)):
            yield {**base, "output_padding": extra}
