"""ONNX ConvTranspose, read as ONNX Runtime computes it; where the operator's text says otherwise there is a note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..layouts import Groups, Weights
from ..spec import ConvSpec, is_sequence
from ..writing import beyond, written
from . import Reading, choice, net, per_axis, same_crop, spec_of

NAME = "ONNX"
OPERATION = "ConvTranspose"
COMPARED = "onnxruntime 1.32.0"
DIMS = (1, 2, 3)
WEIGHTS = Weights("fck")
GROUPS = Groups("group", Weights("fck", grouped=True))
CHANNELS_LAST = False
AUTO = ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
TEXT_NOTE = ("the operator's text gives SAME the length s·m for every kernel; ONNX Runtime pads at least 0, so a span below the "
             "stride gives s(m−1) + span + output_padding")


def read(feature: Sequence[int], kernel: Sequence[int], *, strides: Any = 1, dilations: Any = 1, pads: Sequence[int] | None = None,
         output_padding: Any = 0, auto_pad: str = "NOTSET", output_shape: Sequence[int] | None = None) -> Reading:
    """``pads`` as begins then ends; ``output_shape`` (of the spatial axes) overrides pads and auto_pad's length."""
    dims = len(kernel)
    s, d = per_axis("strides", strides, dims, 1), per_axis("dilations", dilations, dims, 1)
    op = per_axis("output_padding", output_padding, dims)
    choice("auto_pad", auto_pad, AUTO)
    if pads is not None and (not is_sequence(pads) or len(pads) != 2 * dims):
        raise ArgumentError("pads", pads, f"must be {2 * dims} numbers ≥ 0, begins then ends", [0] * (2 * dims))
    given = (0,) * (2 * dims) if pads is None else per_axis("pads", pads, 2 * dims, 0)
    shape = None if output_shape is None else per_axis("output_shape", output_shape, dims, 1)
    for axis in range(dims):
        if not 0 <= op[axis] < max(s[axis], d[axis]):
            raise ArgumentError("output_padding", op[axis], "must be smaller than stride or dilation", max(s[axis], d[axis]) - 1)
    begin, end, more, notes = list(given[:dims]), list(given[dims:]), list(op), []
    for axis, m in enumerate(feature):
        s_a, full = s[axis], s[axis] * (m - 1) + lengths.span(kernel[axis], d[axis]) + op[axis]
        if shape is not None:
            excess = full - shape[axis]
            begin[axis], end[axis] = same_crop(excess, auto_pad == "SAME_UPPER")
            more[axis] += max(-excess, 0)
        elif auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            excess = full - s_a * m
            begin[axis], end[axis] = same_crop(excess, auto_pad == "SAME_UPPER")
            if excess < 0:
                notes.append(TEXT_NOTE)
        elif auto_pad == "VALID":
            begin[axis] = end[axis] = 0
    if shape is not None and auto_pad != "SAME_UPPER":
        notes.append("with output_shape, every auto_pad but SAME_UPPER puts the larger half first")
    spec = spec_of(kernel, s, d, begin, end, more)
    for axis, (n, m) in enumerate(zip(lengths.image_lengths(spec, feature), feature, strict=True)):
        if lengths.feature_length(spec.axes[axis], n) != m:
            raise ArgumentError("output_padding", op[axis], f"length {n} is not one whose forward convolution gives {m}: ONNX "
                                "Runtime refuses output padding that reaches the stride", min(op[axis], s[axis] - 1))
    return Reading(spec, tuple(dict.fromkeys(notes)))


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """pads as they are; an output padding that is too large or a negative end is moved between the two where that helps."""
    base = {"strides": spec.stride, "dilations": spec.dilation}
    begin = [lo for lo, _ in spec.padding]
    end = [net(axis) for axis in spec.axes]
    yield {**base, "pads": [*begin, *[hi for _, hi in spec.padding]], "output_padding": spec.output_padding}
    yield {**base, "pads": [*begin, *[max(value, 0) for value in end]], "output_padding": tuple(max(-value, 0) for value in end)}


def limits(spec: ConvSpec) -> Iterator[str]:
    """pads ≥ 0; ONNX Runtime refuses output padding that reaches the stride."""
    for number, axis in enumerate(spec.axes):
        if axis.padding[0] < 0:
            yield f"pads are not negative, and axis {number} has {axis.padding[0]} before"
        if -net(axis) >= axis.stride:
            yield f"ONNX Runtime wants output_padding below the stride, {axis.stride}, and axis {number} would need {-net(axis)}"


def call(spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
    """The node."""
    plain = {name: list(value) for name, value in beyond(arguments, strides=1, dilations=1, pads=0, output_padding=0).items()}
    return written("onnx.helper.make_node", "'ConvTranspose'", "['u', 'w']", "['x']", **plain)
