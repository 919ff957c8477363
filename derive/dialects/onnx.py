"""ONNX ConvTranspose, read as ONNX Runtime computes it; where the operator's text says otherwise there is a note."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..spec import ConvSpec
from . import Reading, Weights, per_axis, same_crop, spec_of

NAME = "ONNX"
OPERATION = "ConvTranspose"
WEIGHTS = Weights("fck")
CHANNELS_LAST = False
LIMITS = "pads are not negative, and output_padding is smaller than stride or dilation"
AUTO = ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
TEXT_NOTE = ("the operator's text gives SAME the length s·m for every kernel; ONNX Runtime pads at least 0, so a span below the "
             "stride gives s(m−1) + span + output_padding")


def read(feature: Sequence[int], kernel: Sequence[int], *, strides: Any = 1, dilations: Any = 1, pads: Sequence[int] | None = None,
         output_padding: Any = 0, auto_pad: str = "NOTSET", output_shape: Sequence[int] | None = None) -> Reading:
    """``pads`` as begins then ends; ``output_shape`` (of the spatial axes) overrides pads and auto_pad's length."""
    dims = len(kernel)
    s, d, op = (per_axis(name, value, dims) for name, value in (
        ("strides", strides), ("dilations", dilations), ("output_padding", output_padding)))
    if auto_pad not in AUTO:
        raise ArgumentError("auto_pad", auto_pad, f"must be one of {', '.join(AUTO)}", "NOTSET")
    given = tuple(pads) if pads is not None else (0,) * (2 * dims)
    if len(given) != 2 * dims or min(given) < 0:
        raise ArgumentError("pads", pads, f"must be {2 * dims} numbers ≥ 0, begins then ends")
    for axis in range(dims):
        if not 0 <= op[axis] < max(s[axis], d[axis]):
            raise ArgumentError("output_padding", op[axis], "must be smaller than stride or dilation", max(s[axis], d[axis]) - 1)
    begin, end, more, notes = list(given[:dims]), list(given[dims:]), list(op), []
    for axis, m in enumerate(feature):
        s_a, full = s[axis], s[axis] * (m - 1) + lengths.span(kernel[axis], d[axis]) + op[axis]
        if output_shape is not None:
            excess = full - output_shape[axis]
            begin[axis], end[axis] = same_crop(excess, auto_pad == "SAME_UPPER")
            more[axis] += max(-excess, 0)
        elif auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            excess = full - s_a * m
            begin[axis], end[axis] = same_crop(excess, auto_pad == "SAME_UPPER")
            if excess < 0:
                notes.append(TEXT_NOTE)
        elif auto_pad == "VALID":
            begin[axis] = end[axis] = 0
    if output_shape is not None and auto_pad != "SAME_UPPER":
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
    net = [hi - op for (_, hi), op in zip(spec.padding, spec.output_padding, strict=True)]
    yield {**base, "pads": [*begin, *[hi for _, hi in spec.padding]], "output_padding": spec.output_padding}
    yield {**base, "pads": [*begin, *[max(value, 0) for value in net]], "output_padding": tuple(max(-value, 0) for value in net)}
