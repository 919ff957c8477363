"""OpenVINO ConvolutionBackpropData: pads and output_padding, or auto_pad with an output shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..spec import ConvSpec
from . import Reading, Weights, per_axis, same_crop, spec_of

NAME = "OpenVINO"
OPERATION = "ConvolutionBackpropData"
WEIGHTS = Weights("fck")
CHANNELS_LAST = False
LIMITS = "pads_begin is not negative"
AUTO = ("explicit", "valid", "same_upper", "same_lower")


def read(feature: Sequence[int], kernel: Sequence[int], *, strides: Any = 1, pads_begin: Any = 0, pads_end: Any = 0,
         dilations: Any = 1, output_padding: Any = 0, auto_pad: str = "explicit",
         output_shape: Sequence[int] | None = None) -> Reading:
    """With ``output_shape`` (spatial axes) and auto_pad same_*, the crop is max(D + op, 0), same_upper: larger half first."""
    dims = len(kernel)
    s, d, lo, hi, op = (per_axis(name, value, dims) for name, value in (
        ("strides", strides), ("dilations", dilations), ("pads_begin", pads_begin), ("pads_end", pads_end),
        ("output_padding", output_padding)))
    if auto_pad not in AUTO:
        raise ArgumentError("auto_pad", auto_pad, f"must be one of {', '.join(AUTO)}", "explicit")
    if min(lo) < 0 or min(op) < 0:
        raise ArgumentError("pads_begin", lo, "pads_begin and output_padding are not negative", 0)
    begin, end, more, notes = list(lo), list(hi), list(op), []
    for axis, m in enumerate(feature):
        full = s[axis] * (m - 1) + lengths.span(kernel[axis], d[axis]) + op[axis]
        if auto_pad != "explicit":
            begin[axis] = end[axis] = 0
        if output_shape is not None:
            if auto_pad in ("same_upper", "same_lower"):
                begin[axis], end[axis] = same_crop(full - output_shape[axis], auto_pad == "same_lower")
            more[axis] = op[axis] + output_shape[axis] - (full - begin[axis] - end[axis])
            if more[axis] < 0:
                end[axis], more[axis] = end[axis] - more[axis], 0
        elif auto_pad in ("same_upper", "same_lower"):
            notes.append("without output shape, same_* crops nothing")
    if output_shape is not None and auto_pad in ("same_upper", "same_lower"):
        notes.append(f"{auto_pad} puts the {'larger' if auto_pad == 'same_upper' else 'smaller'} half first, "
                     "the other way round than ONNX")
    spec = spec_of(kernel, s, d, begin, end, more)
    if set(kernel) == set(s) == {1} and lengths.image_lengths(spec, feature) == tuple(feature) and any(begin):
        spec = spec_of(kernel, s, d, (0,) * dims, (0,) * dims, (0,) * dims)
        notes.append("the CPU plugin ignores the crop of a 1-tap, stride-1 layer whose length stays: its text shifts by pads_begin")
    lengths.image_lengths(spec, feature)
    return Reading(spec, tuple(dict.fromkeys(notes)))


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Explicit pads."""
    base = {"strides": spec.stride, "dilations": spec.dilation, "pads_begin": tuple(lo for lo, _ in spec.padding)}
    yield {**base, "pads_end": tuple(hi for _, hi in spec.padding), "output_padding": spec.output_padding}
