"""TensorFlow: tf.nn.conv{1,2,3}d_transpose, the gradient of a convolution whose image has the given output_shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..layouts import Groups, Weights
from ..spec import Axis, ConvSpec, is_sequence
from ..writing import image_shape, written
from . import Reading, choice, net, pairs, per_axis, plain_dilation, same_crop, same_of, spec_of

NAME = "TensorFlow"
OPERATION = "tf.nn.conv{dims}d_transpose"
COMPARED = "tensorflow 2.21.0, CPU"
DIMS = (1, 2, 3)
WEIGHTS = Weights("kcf")
GROUPS = Groups("", Weights("kcf", grouped=True), where="1-D and 2-D, by its oneDNN kernels on CPUs")
CHANNELS_LAST = True


def read(feature: Sequence[int], kernel: Sequence[int], *, output_shape: Sequence[int], strides: Any = 1,
         padding: Any = "SAME", dilations: Any = 1) -> Reading:
    """``output_shape`` of the spatial axes; ``padding``: "SAME", "VALID", or (2-D) one (begin, end) an axis.

    Each may have entries for batch and channels, first and last, as the function itself takes them.
    """
    dims = len(kernel)
    output_shape = _spatial("output_shape", output_shape, dims, None)
    strides, dilations = _spatial("strides", strides, dims, 1), _spatial("dilations", dilations, dims, 1)
    padding = _spatial("padding", padding, dims, (0, 0))
    s, d = per_axis("strides", strides, dims, 1), per_axis("dilations", dilations, dims, 1)
    shape = per_axis("output_shape", output_shape, dims, 1)
    explicit = not isinstance(padding, str)
    if explicit and (dims != 2 or any(x > 1 for x in d)):
        raise ArgumentError("padding", padding, "explicit pads exist in 2-D only, without dilation", "SAME")
    crops = pairs("padding", padding, dims, 0) if explicit else None
    if not explicit:
        choice("padding", padding, ("SAME", "VALID"))
    begin, end, more, notes = [], [], [], []
    for axis, (m, n) in enumerate(zip(feature, shape, strict=True)):
        excess = lengths.missing(kernel[axis], s[axis], d[axis], m, n)
        lo, hi = crops[axis] if crops is not None else same_crop(excess) if padding == "SAME" else (0, 0)
        whole = Axis(kernel[axis], s[axis], (lo, hi), d[axis])
        room = n + lo + hi - whole.span
        if (-(-n // s[axis]) if padding == "SAME" else _truncated(room, s[axis]) + 1) != m:
            raise ArgumentError("output_shape", n, f"its forward convolution with {padding} does not give the input's length {m}")
        begin.append(lo)
        end.append(hi)
        more.append(n - lengths.image_length(whole, m))
        if padding != "SAME" and room < 0:
            notes.append("output_shape is shorter than the kernel: TensorFlow divides toward zero, accepts it, and cuts the end")
    return Reading(spec_of(kernel, s, d, begin, end, more), tuple(dict.fromkeys(notes)))


def _spatial(name: str, value: Any, dims: int, outer: Any) -> Any:
    """Without entries for batch and channels, which must be ``outer`` if that is something."""
    if not is_sequence(value) or len(value) != dims + 2:
        return value
    for entry in (value[0], value[-1]):
        if outer is not None and (tuple(entry) if is_sequence(entry) else entry) != outer:
            raise ArgumentError(name, value, f"must be {outer} for batch and channels")
    return value[1:-1]


def _truncated(value: int, divisor: int) -> int:
    """Division toward zero, as in C."""
    return -(-value // divisor) if value < 0 else value // divisor


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """VALID, SAME, then explicit pads, each with the output shape spelled out."""
    shape = lengths.image_lengths(spec, feature)
    base = {"output_shape": shape, "strides": spec.stride}
    dilation = plain_dilation(spec)
    dilated = {"dilations": dilation} if any(d > 1 for d in dilation) else {}
    yield {**base, "padding": "VALID", **dilated}
    yield {**base, "padding": "SAME", **dilated}
    yield {**base, "padding": [(axis.padding[0], max(net(axis), 0)) for axis in spec.axes], **dilated}


def valid(axis: Axis) -> bool:
    """Whether VALID and an output shape say the crop of this axis."""
    return axis.padding[0] == 0 and -axis.stride < net(axis) <= 0


def same(axis: Axis) -> bool:
    """Whether SAME and an output shape say the crop of this axis."""
    total = axis.padding[0] + net(axis)
    return axis.padding[0] == max(total, 0) // 2 and axis.span - axis.stride <= total < axis.span


def limits(spec: ConvSpec) -> Iterator[str]:
    """VALID on all axes, SAME on all axes, or explicit pads ≥ 0, and a length whose forward convolution gives m."""
    explicit = spec.dims == 2 and set(plain_dilation(spec)) == {1}
    if all(map(valid, spec.axes)) or all(map(same, spec.axes)):
        return
    if not explicit:
        yield from no_crop_of(spec)
        yield "explicit pads exist in 2-D only" if spec.dims != 2 else "explicit pads take no dilation"
        return
    for number, axis in enumerate(spec.axes):
        if axis.padding[0] < 0:
            yield f"explicit pads are not negative, and axis {number} has {axis.padding[0]} before"
        if -net(axis) >= axis.stride:
            yield (f"output_shape is a length whose forward convolution gives m, and axis {number} is {-net(axis)} longer than "
                   f"its scatter, {axis.stride - 1} at most")


def no_crop_of(spec: ConvSpec) -> Iterator[str]:
    """The axes whose crop is neither that of VALID nor of SAME."""
    odd = [number for number, axis in enumerate(spec.axes) if not valid(axis) and not same(axis)]
    for number in odd:
        axis = spec.axes[number]
        lo, hi = same_of(axis)
        crops = f"axis {number} crops {axis.padding[0]} before and {net(axis)} after"
        if axis.span - axis.stride <= lo + hi < axis.span:
            yield f"{crops}, where SAME of that length crops {lo} and {hi}, and VALID nothing"
        else:
            yield f"{crops}: VALID crops nothing, and SAME gives lengths from s(m−1) + 1 to s·m only"
    if not odd:
        yield "one padding, VALID or SAME, is for all axes, and here they differ"


def call(spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
    """The function; explicit pads have entries for batch and channels."""
    given = {**arguments, "output_shape": image_shape(spec)}
    if not isinstance(given["padding"], str):
        given["padding"] = [[0, 0], *map(list, given["padding"]), [0, 0]]
    return written(OPERATION.format(dims=spec.dims), "u", "w", **given)
