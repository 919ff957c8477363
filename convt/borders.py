"""Other borders than zeros (theorem 26): an image is extended before a convolution, and what falls into the border is added back after a
transposed one. Both are NumPy; the maps between are the kernels', without a crop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from convt._codegen import arrays
from convt._codegen.packed import Packed
from convt._derive.errors import ArgumentError
from convt._derive.spec import Axis, ConvSpec

from .calls import Lengths, answer, lengths_of, request

Border = Literal["zeros", "periodic", "reflect", "replicate"]
Options = tuple[int, bool, str, str, str, Any, int | None]
"""groups, conjugate, layout, engine, algorithm, out, threads."""
BORDERS = ("zeros", "periodic", "reflect", "replicate")
Pads = Sequence[tuple[int, int]]


def border_of(border: str) -> str:
    """The border, if there is such a one. Raises ``ArgumentError``."""
    if not isinstance(border, str) or border not in BORDERS:
        raise ArgumentError("border", border, f"must be one of {', '.join(BORDERS)}", BORDERS[0])
    return border


def extended(map_name: str, border: str, spec: ConvSpec, x: Any, other: Any, bias: Any, options: Options, lengths: Lengths | None) -> Any:
    """``conv`` or ``conv_weight_gradient`` of the extended image. Raises ``ArgumentError``."""
    _no_out(options)
    grown, inner = extended_image(border, spec, arrays.view("x", x), options[2])
    try:
        return arrays.like(x, answer(map_name, inner, grown, other, bias, *options, lengths))
    except ArgumentError:
        _accepted(map_name, spec, x, other, bias, options, lengths)  # in the words of the arrays that were given, if that is what is wrong
        raise


def extended_image(border: str, spec: ConvSpec, image: Any, layout: str) -> tuple[Any, ConvSpec]:
    """The image with its borders, and the geometry that is left. Raises ``ArgumentError`` where the image is too short."""
    pads, inner = without_border(spec)
    demand(border, pads, lengths_of(image.shape, layout))
    return extend(image, border, pads, 1 if layout == "channels_last" else 2), inner


def folded(border: str, spec: ConvSpec, u: Any, w: Any, bias: Any, options: Options, lengths: Lengths) -> Any:
    """``conv_transpose`` onto the extended image, whose borders are added back; the bias once. Raises ``ArgumentError``."""
    _no_out(options)
    pads, inner = without_border(spec)
    demand(border, pads, lengths)
    one, two = _accepted("conv_transpose", spec, u, w, bias, options, lengths)
    last = options[2] == "channels_last"
    grown = tuple(n + low + high for n, (low, high) in zip(lengths, pads, strict=True))
    canvas = answer("conv_transpose", inner, one, two, None, *options, grown)
    made = fold(canvas, border, pads, 1 if last else 2)
    if bias is not None:
        values = arrays.borrow("bias", bias, made.dtype, 1)
        if len(values) != made.shape[-1 if last else 1]:
            channels = made.shape[-1 if last else 1]
            raise ArgumentError("bias", values.shape, f"must have one value for each of {channels} output channels", (channels,))
        made += values if last else values.reshape(-1, *(1,) * spec.dims)
    return arrays.like(u, made)


def _accepted(map_name: str, spec: ConvSpec, first: Any, second: Any, bias: Any, options: Options,
              lengths: Lengths | None) -> tuple[Any, Any]:
    """The two inputs, contiguous, as the map with zeros around the image takes them, or what it refuses in its words."""
    if isinstance(second, Packed):  # for the geometry that is left
        return arrays.view("u", first), second
    groups, conjugate, layout, _, algorithm, *_ = options
    call = request(map_name, spec, first, second, bias, groups, conjugate, layout, algorithm, None, lengths)[1]
    return call.one, call.two


def _no_out(options: Options) -> None:
    if options[5] is not None:
        raise ArgumentError("out", type(options[5]).__name__, "does not go with border=, which makes an array of its own")


def without_border(spec: ConvSpec) -> tuple[list[tuple[int, int]], ConvSpec]:
    """What the border adds, and the geometry that is left: negative paddings, which cut, and the rest."""
    pads = [(max(lo, 0), max(hi, 0)) for lo, hi in spec.padding]
    return pads, ConvSpec.of([Axis(axis.kernel, axis.stride, (min(axis.padding[0], 0), min(axis.padding[1], 0)), axis.dilation,
                                   axis.output_padding) for axis in spec.axes])


def demand(border: str, pads: Pads, image: Sequence[int]) -> None:
    """Refuse an image that is too short for its border: periodic needs n ≥ p, reflect n > p, replicate n ≥ 1."""
    for number, (pad, n) in enumerate(zip(pads, image, strict=True)):
        most = {"periodic": n, "reflect": max(n - 1, 0)}.get(border, None if n else 0)
        if most is not None and max(pad) > most:
            raise ArgumentError("padding", pad, f"reaches beyond an image of length {n} on axis {number}: {border} continues it by at most "
                                f"{most}", most)


def extend(x: Any, border: str, pads: Pads, first: int) -> Any:
    """The image with its borders, along the axes from ``first`` on."""
    for axis, (low, high) in enumerate(pads, first):
        if low or high:
            x = np.take(x, _places(border, x.shape[axis], low, high), axis)
    return x


def fold(y: Any, border: str, pads: Pads, first: int) -> Any:
    """The adjoint of ``extend``: what stands in a border is added to where it was copied from."""
    for axis, (low, high) in enumerate(pads, first):
        if low or high:
            n = y.shape[axis] - low - high
            found = _places(border, n, low, high)
            moved = np.moveaxis(y, axis, 0)
            made = moved[low: low + n].copy()
            for at in (*range(low), *range(low + n, len(moved))):
                made[found[at]] += moved[at]
            y = np.moveaxis(made, 0, axis)
    return np.ascontiguousarray(y)


def _places(border: str, n: int, low: int, high: int) -> Any:
    """For each position of the extended axis the one of the image that stands there."""
    return places(border, np.arange(-low, n + high), n)


def places(border: str, v: Any, n: Any) -> Any:
    """The positions of an image of length n that stand at v, which may lie beyond it: an array of integers, or a tensor of them."""
    if border == "periodic":
        return v % n
    if border == "reflect":
        return n - 1 - abs(n - 1 - abs(v))
    return v.clip(0, n - 1)
