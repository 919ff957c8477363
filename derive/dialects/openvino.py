"""OpenVINO ConvolutionBackpropData: pads and output_padding, or auto_pad with an output shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import lengths
from ..layouts import Groups, Weights
from ..spec import ConvSpec
from ..writing import beyond, written
from . import Reading, choice, per_axis, same_crop, spec_of

NAME = "OpenVINO"
OPERATION = "ConvolutionBackpropData"
COMPARED = "openvino 2026.4.1, CPU"
DIMS = (1, 2, 3)
WEIGHTS = Weights("fck")
GROUPS = Groups("", Weights("gfck", grouped=True), "GroupConvolutionBackpropData")
CHANNELS_LAST = False
AUTO = ("explicit", "valid", "same_upper", "same_lower")


def read(feature: Sequence[int], kernel: Sequence[int], *, strides: Any = 1, pads_begin: Any = 0, pads_end: Any = 0,
         dilations: Any = 1, output_padding: Any = 0, auto_pad: str = "explicit",
         output_shape: Sequence[int] | None = None) -> Reading:
    """With ``output_shape`` (spatial axes) and auto_pad same_*, the crop is max(D + op, 0), same_upper: larger half first."""
    dims = len(kernel)
    s, d = per_axis("strides", strides, dims, 1), per_axis("dilations", dilations, dims, 1)
    lo, op = per_axis("pads_begin", pads_begin, dims, 0), per_axis("output_padding", output_padding, dims, 0)
    hi = per_axis("pads_end", pads_end, dims)
    choice("auto_pad", auto_pad, AUTO)
    shape = None if output_shape is None else per_axis("output_shape", output_shape, dims, 1)
    begin, end, more, notes = list(lo), list(hi), list(op), []
    for axis, m in enumerate(feature):
        full = s[axis] * (m - 1) + lengths.span(kernel[axis], d[axis]) + op[axis]
        if auto_pad != "explicit":
            begin[axis] = end[axis] = 0
        if shape is not None:
            if auto_pad in ("same_upper", "same_lower"):
                begin[axis], end[axis] = same_crop(full - shape[axis], auto_pad == "same_lower")
            more[axis] = op[axis] + shape[axis] - (full - begin[axis] - end[axis])
            if more[axis] < 0:
                end[axis], more[axis] = end[axis] - more[axis], 0
        elif auto_pad in ("same_upper", "same_lower"):
            notes.append("without output shape, same_* crops nothing")
    if shape is not None and auto_pad in ("same_upper", "same_lower"):
        notes.append(f"{auto_pad} puts the {'larger' if auto_pad == 'same_upper' else 'smaller'} half first, "
                     "the other way round than ONNX")
    spec = spec_of(kernel, s, d, begin, end, more)
    if _ignores_its_crop(spec):
        spec = spec_of(kernel, s, d, (0,) * dims, (0,) * dims, (0,) * dims)
        notes.append("the CPU plugin ignores the crop of a 1-tap, stride-1 layer whose length stays: its text shifts by pads_begin")
    lengths.image_lengths(spec, feature)
    return Reading(spec, tuple(dict.fromkeys(notes)))


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Explicit pads."""
    base = {"strides": spec.stride, "dilations": spec.dilation, "pads_begin": tuple(lo for lo, _ in spec.padding)}
    yield {**base, "pads_end": tuple(hi for _, hi in spec.padding), "output_padding": spec.output_padding}


def _ignores_its_crop(spec: ConvSpec) -> bool:
    """Whether the CPU plugin takes the layer for one that copies."""
    return (set(spec.kernel) == set(spec.stride) == {1} and any(lo for lo, _ in spec.padding)
            and all(lengths.image_length(axis, 1) == 1 for axis in spec.axes))


def limits(spec: ConvSpec) -> Iterator[str]:
    """pads_begin ≥ 0."""
    for number, (lo, _) in enumerate(spec.padding):
        if lo < 0:
            yield f"pads_begin is not negative, and axis {number} has {lo}"
    if min(lo for lo, _ in spec.padding) >= 0 and _ignores_its_crop(spec):
        yield "the CPU plugin ignores the crop of a 1-tap, stride-1 layer whose length stays"


def call(spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
    """The node, in Python."""
    plain = {name: list(value) for name, value in beyond(arguments, pads_begin=0, pads_end=0, dilations=1, output_padding=0).items()}
    return written("openvino.opset13.convolution_backprop_data", "u", "w", **plain)
