"""What a call is given, checked against its problem: all that can be wrong is found before a kernel is built or memory is taken."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from convt._derive import ArgumentError, ConvSpec
from convt._derive.lengths import feature_lengths, image_lengths, largest_feature_length, output_paddings
from convt._derive.spec import LONGEST, integer

from . import arrays, memory
from .packed import Packed
from .problem import Problem

MOST_SHAPES = 4096  # of outputs that are remembered
Shapes = dict[Any, tuple[tuple[int, ...], int]]  # of outputs, with their channels: working them out takes longer than a small call


class Call(NamedTuple):
    """Arrays that fit together: the two inputs, the bias, and ``out`` or the shape that it shall have."""

    one: Any
    two: Any
    bias: Any
    groups: int
    out: Any
    shape: tuple[int, ...]
    packed: Packed | None

    def result(self) -> Any:
        """``out`` as an array, a fresh one where none was given."""
        return np.empty(self.shape, self.one.dtype) if self.out is None else self.out


def checked(problem: Problem, first: Any, second: Any, bias: Any, groups: int, out: Any, lengths: tuple[int, ...] | None,
            shapes: Shapes) -> Call:
    """The call of a map with these arguments; ``lengths`` fixes those of the output side. Raises ``ArgumentError``."""
    wanted = arrays.view("out", out).shape if out is not None and lengths is None else None
    one, two, packed, groups, shape, channels = inputs(problem, first, second, groups, lengths, wanted, shapes)
    dtype, names = np.dtype(problem.dtype), problem.roles.reads
    if bias is not None:
        if problem.map == "conv_weight_gradient":
            raise ArgumentError("bias", type(bias).__name__, "conv_weight_gradient takes none", None)
        if (found := arrays.view("bias", bias).shape) != (channels,):
            raise ArgumentError("bias", found, f"must have one value for each of {channels} output channels", (channels,))
        bias = arrays.borrow("bias", bias, dtype, 1)
    if out is not None:
        out = arrays.writable(out, shape, dtype, {names[0]: one, names[1]: two, "bias": bias})
    elif not memory.fits(shape, dtype.itemsize):
        memory.demand("output shape", shape, dtype.itemsize, lambda: _largest(problem, shape))
    return Call(one, two, bias, groups, out, shape, packed)


def inputs(problem: Problem, first: Any, second: Any, groups: int, lengths: tuple[int, ...] | None, wanted: tuple[int, ...] | None,
           shapes: Shapes) -> tuple[Any, Any, Packed | None, int, tuple[int, ...], int]:
    """The two inputs as arrays that fit together, packed weights, groups, and shape and channels of the output. See ``output_shape``."""
    rank, dtype, names = problem.spec.dims + 2, np.dtype(problem.dtype), problem.roles.reads
    packed = second if isinstance(second, Packed) else None
    if packed is not None:
        packed.demand(names[1], problem.name)
    one = arrays.borrow(names[0], first, dtype, rank, True)
    two = packed.weights if packed else arrays.borrow(names[1], second, dtype, rank, names[1] != "w")
    groups = integer("groups", groups, 1, LONGEST)
    if packed is not None:
        packed.demand_groups(groups)
    key = (one.shape, two.shape, groups, lengths, wanted)
    if (found := shapes.get(key)) is None:
        found = output_shape(problem, one, two, groups, lengths, wanted)
        if len(shapes) < MOST_SHAPES:
            shapes[key] = found
    return one, two, packed, groups, *found


def _largest(problem: Problem, shape: tuple[int, ...]) -> str:
    """The longest axes, all cut to one length, with which the output fits."""
    gradient, last = problem.map == "conv_weight_gradient", problem.layout == "channels_last"
    batch, channels, spatial = split(shape, last and not gradient)
    size = problem.element.size
    length = memory.largest(lambda most: memory.fits((batch, channels, *(min(most, n) for n in spatial)), size), max(spatial))
    if problem.map != "conv_transpose":
        return f"lengths of at most {length}"
    inputs = [largest_feature_length(axis, min(length, n)) for axis, n in zip(problem.spec.axes, spatial, strict=True)]
    return f"input lengths of at most {' × '.join(map(str, inputs))}" if min(inputs) else "fewer images or channels, or shorter strides"


def output_shape(problem: Problem, one: Any, two: Any, groups: int, lengths: tuple[int, ...] | None,
                 wanted: tuple[int, ...] | None) -> tuple[tuple[int, ...], int]:
    """Shape of a map's output and its number of channels, after checking that the inputs fit together.

    ``lengths`` fixes the spatial lengths of the output; ``wanted``, the shape of ``out``, may shorten those of conv.
    """
    spec, last = problem.spec, problem.layout == "channels_last"
    batch, channels, sizes = split(one.shape, last)
    if problem.map == "conv_weight_gradient":
        other_batch, features, feature = split(two.shape, last)
        if other_batch != batch:
            raise ArgumentError("u", two.shape, f"must have the batch of x, {batch}")
        _divides(groups, features, "feature channels of u")
        _divides(groups, channels, "image channels of x")
        output_paddings(spec, feature, sizes, "x", limit=False)
        return (features, channels // groups, *spec.kernel), features
    check_weights(spec, two, groups)
    features, per = two.shape[:2]
    if problem.map == "conv_transpose":
        if channels != features:
            raise ArgumentError("u", one.shape, f"must have the {features} feature channels of w, has {channels}"
                                + _reordered(two, 0, channels))
        natural, outputs = lengths or image_lengths(spec, sizes), per * groups
    else:
        if channels != per * groups:
            raise ArgumentError("x", one.shape, f"must have {per * groups} channels (C/G of w × groups), has {channels}"
                                + _reordered(two, 1, channels))
        natural, outputs = lengths or feature_lengths(spec, sizes), features
        if wanted is not None and lengths is None:
            fixed = wanted[1:-1] if last else wanted[2:]
            if len(fixed) == spec.dims and all(1 <= f <= n for f, n in zip(fixed, natural, strict=True)):
                natural = tuple(fixed)
    return ((batch, *natural, outputs) if last else (batch, outputs, *natural)), outputs


def check_weights(spec: ConvSpec, w: Any, groups: int) -> None:
    """Weights must be (F, C/G, \\*kernel), and the groups divide F."""
    if w.shape[2:] != spec.kernel:
        raise ArgumentError("w", w.shape, f"must have shape (F, C/G, {', '.join(map(str, spec.kernel))}) for {spec}")
    _divides(groups, w.shape[0], "feature channels of w")


def _reordered(w: Any, place: int, channels: int) -> str:
    """A hint where weights in the order of another library would fit: ``channels`` are found elsewhere than at ``place``."""
    if w.shape[1 - place] == channels:
        return "; weights are (F, C/G, *kernel): pass w.swapaxes(0, 1) if yours are (C, F, *kernel)"
    if w.shape[-1 - place] == channels:
        return "; weights are (F, C/G, *kernel): pass np.moveaxis(w, (-1, -2), (0, 1)) if yours are (*kernel, C/G, F)"
    return ""


def split(shape: tuple[int, ...], last: bool) -> tuple[int, int, tuple[int, ...]]:
    """(batch, channels, lengths) of an image or feature array of this shape."""
    return (shape[0], shape[-1], shape[1:-1]) if last else (shape[0], shape[1], shape[2:])


def _divides(groups: int, channels: int, what: str) -> None:
    if channels % groups:
        nearest = next(g for g in range(min(groups, channels), 0, -1) if channels % g == 0)
        raise ArgumentError("groups", groups, f"must divide the {channels} {what}", nearest)
