"""Keras 3: Conv{1,2,3}DTranspose, whose length follows from padding and output_padding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..layouts import Weights
from ..spec import Axis, ConvSpec
from ..writing import Code, beyond, written
from . import Reading, choice, net, per_axis, plain_dilation, same_crop, spec_of
from .tensorflow import no_crop_of, same, valid

NAME = "Keras"
OPERATION = "keras.layers.Conv{dims}DTranspose"
COMPARED = "keras 3.15.1 on tensorflow 2.21.0"
DIMS = (1, 2, 3)
WEIGHTS = Weights("kcf")
GROUPS = None
CHANNELS_LAST = True


def read(feature: Sequence[int], kernel: Sequence[int], *, strides: Any = 1, padding: str = "valid",
         output_padding: Any = None, dilation_rate: Any = 1) -> Reading:
    """``padding`` "same" or "valid"; ``output_padding`` None, an int below the stride, or one an axis."""
    dims = len(kernel)
    s, d = per_axis("strides", strides, dims, 1), per_axis("dilation_rate", dilation_rate, dims, 1)
    padding = choice("padding", padding.lower() if isinstance(padding, str) else padding, ("same", "valid"))
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
    if padding == "same":
        return s * m if extra is None else s * (m - 1) + reach % 2 + extra
    return s * (m - 1) + max(reach, s) if extra is None else s * (m - 1) + reach + extra


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Both paddings, without and with the output padding that gives the length."""
    dilation = plain_dilation(spec)
    for padding, extra in (("same", [_extra(axis) for axis in spec.axes]), ("valid", [-net(axis) for axis in spec.axes])):
        base = {"strides": spec.stride, "padding": padding}
        if any(d > 1 for d in dilation):
            base["dilation_rate"] = dilation
        yield base
        yield {**base, "output_padding": tuple(extra)}


def _extra(axis: Axis) -> int:
    """The output padding with which "same" gives this length."""
    return axis.span - axis.padding[0] - net(axis) - axis.span % 2


def limits(spec: ConvSpec) -> Iterator[str]:
    """Strides or a dilation rate; the crop and lengths of "same", of "same" with output padding, or of "valid"."""
    if any(s > 1 for s in spec.stride) and any(d > 1 for d in plain_dilation(spec)):
        yield "strides or a dilation rate may be above 1, not both"
    plain = all(axis.padding[0] + net(axis) == axis.span - axis.stride for axis in spec.axes)
    beyond_stride = [number for number, axis in enumerate(spec.axes) if not 0 <= _extra(axis) < axis.stride]
    if not all(map(same, spec.axes)):
        if not all(map(valid, spec.axes)):
            yield from no_crop_of(spec)
    elif beyond_stride and not plain and not all(map(valid, spec.axes)):
        first = beyond_stride[0]
        yield (f"output_padding, for all axes or none, is from 0 to stride − 1, and axis {first} would need "
               f"{_extra(spec.axes[first])} beside the other axes")


def call(spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
    """The layer."""
    more = beyond(arguments, strides=1, dilation_rate=1)
    return written(f"keras.layers.Conv{spec.dims}DTranspose", "C", Code(spec.kernel), **more, use_bias=False) + "(u)"
