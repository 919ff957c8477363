"""Two layers as one, and one as two: weights and geometry of what theorems 14, 19 and 25 say is the same map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from convt._codegen import arrays
from convt._codegen.elements import TYPES
from convt._derive.errors import ArgumentError
from convt._derive.spec import LONGEST, Axis, ConvSpec, integer, spec_of

SUMS = {"float32": "float64", "complex64": "complex128"}  # the types that weights are added in


@dataclass(frozen=True)
class Layer:
    """A layer that others were made into: ``weights``, geometry ``spec``, and what the call beside them is told."""

    weights: Any
    spec: ConvSpec
    groups: int = 1

    @property
    def arguments(self) -> dict[str, Any]:
        """Keywords of ``convt.conv_transpose`` for it: ``convt.conv_transpose(u, one.weights, **one.arguments)``."""
        return {"stride": self.spec.stride, "padding": self.spec.padding, "dilation": self.spec.dilation,
                "output_padding": self.spec.output_padding, "groups": self.groups}

    def __repr__(self) -> str:
        return f"<Layer {self.spec} with weights {self.weights.shape}>"


def fuse(q: Any, spec: ConvSpec | str, then: tuple[Any, ConvSpec | str] | None = None, *, shuffle: bool = False, groups: int = 1,
         interior: bool = False) -> Layer:
    """Two layers in a row as one transposed convolution, borders included.

    Nearest-neighbour upsampling, then a convolution (theorem 14): ``fuse(q, spec)``, with q (C, F/G, *k) as ``convt.conv`` takes it; the
    strides of ``spec`` are how often each feature is repeated, its padding is the convolution's, whose own stride is 1.

    A convolution, then a pixel shuffle (theorem 25): ``fuse(q, spec, shuffle=True)``, with q (C·∏s, F/G, *k); the strides are the
    shuffle's.

    Two transposed convolutions (theorem 19): ``fuse(w, spec, then=(w2, spec2))``, with w (F, E/G, *k) and w2 (E, C/G, *k2). Where the
    first crop cuts something that the second layer would return to the image, they are one on an interior only, which
    ``interior=True`` accepts. A bias of the second layer stays what it is; one of the first cannot be fused.

        one = convt.fuse(q, "2d_k3s2p1")                            # repeat ×2, then k = 3 with padding 1
        x = convt.conv_transpose(u, one.weights, **one.arguments)   # without the enlarged image in between

    Returns a ``Layer``, with weights of q's type, added in float64. Raises ``ArgumentError``.
    """
    spec, groups = spec_of(spec), integer("groups", groups, 1, LONGEST)
    w = _weights("q", q, spec, groups)
    if then is not None:
        if shuffle:
            raise ArgumentError("shuffle", shuffle, "does not go with then=, which is a second transposed convolution", False)
        return _two(w, spec, then, groups, interior)
    if any(spec.output_padding):
        plain = ConvSpec.of([replace(axis, output_padding=0) for axis in spec.axes])
        raise ArgumentError("spec", str(spec), "has an output padding, and a convolution has none", str(plain))
    return _shuffled(w, spec, groups) if shuffle else _repeated(w, spec, groups)


def unfuse(w: Any, spec: ConvSpec | str, *, groups: int = 1) -> Layer:
    """A transposed convolution as a convolution and a pixel shuffle (theorem 25): the inverse of ``fuse(…, shuffle=True)``.

    ``w``: weights (F, C/G, *k). The ``Layer`` has weights (C·∏s, F/G, *k′) of a convolution with stride 1 and its padding; the strides
    of its ``spec`` are the shuffle's. Taps are filled up with zeros to a multiple of the stride.

        two = convt.unfuse(w, "2d_k4s2p1")
        v = convt.conv(u, two.weights, padding=two.spec.padding)    # then torch.nn.PixelShuffle(2), or any depth-to-space of its order

    Raises ``ArgumentError``, also where the stride does not divide the image lengths: a shuffle has no others.
    """
    spec, groups = spec_of(spec), integer("groups", groups, 1, LONGEST)
    given = _weights("w", w, spec, groups)
    rows = []
    for number, axis in enumerate(spec.axes):
        s, (low, high), rest = axis.stride, axis.padding, axis.span + axis.output_padding - sum(axis.padding)
        if rest % s:
            raise ArgumentError("spec", str(spec), f"gives lengths {s}·m + {rest - s} on axis {number}, and a shuffle ×{s} makes multiples "
                                f"of {s}: change its crop or output padding by {rest % s}")
        rows.append((-low % s, -(high - axis.output_padding) % s))
    spread = _spread(given, spec, rows)
    taps = [size // axis.stride for size, axis in zip(spread.shape[2:], spec.axes, strict=True)]
    axes = [Axis(k, axis.stride, tuple(k - 1 - (crop + more) // axis.stride for crop, more in zip(
        (axis.padding[0], axis.padding[1] - axis.output_padding), fill, strict=True)))
        for k, axis, fill in zip(taps, spec.axes, rows, strict=True)]
    features, per = given.shape[0], given.shape[1]
    pairs = [size for k, axis in zip(taps, spec.axes, strict=True) for size in (k, axis.stride)]
    split = spread.reshape(groups, features // groups, per, *pairs)
    dims = spec.dims
    order = [0, 2, *[4 + 2 * axis for axis in range(dims)], 1, *[3 + 2 * axis for axis in range(dims)]]
    turned = split.transpose(order)[(..., *[slice(None, None, -1)] * dims)]
    made = turned.reshape(groups * per * prod(spec.stride), features // groups, *taps)
    return Layer(np.ascontiguousarray(made), ConvSpec.of(axes), groups)


def _repeated(q: Any, spec: ConvSpec, groups: int) -> Layer:
    """(1…1) * flip(↑_d q), the channels swapped within each group."""
    from convt._derive.theorems.t14_fusion import fused

    made = _swapped(q, groups)[(..., *[slice(None, None, -1)] * spec.dims)]
    made = _spread(made, spec, [(0, 0)] * spec.dims).astype(SUMS.get(q.dtype.name, q.dtype))
    for axis, one in enumerate(spec.axes, 2):
        long = np.zeros((*made.shape[:axis], made.shape[axis] + one.stride - 1, *made.shape[axis + 1:]), made.dtype)
        for copy in range(one.stride):
            long[(slice(None),) * axis + (slice(copy, copy + made.shape[axis]),)] += made
        made = long
    return Layer(made.astype(q.dtype), ConvSpec.of([fused(axis) for axis in spec.axes]), groups)


def _shuffled(q: Any, spec: ConvSpec, groups: int) -> Layer:
    """Tap t + s·d(k−1−a′) of the layer is tap a′ of the convolution's channel t of c."""
    from convt._derive.theorems.t25_pixel_shuffle import shuffled

    several = prod(spec.stride)
    if q.shape[0] % (several * groups):
        raise ArgumentError("q", q.shape, f"must have a multiple of {several * groups} output channels to be shuffled by {spec.stride}"
                            + f" in {groups} groups" * (groups > 1), several * groups)
    axes, dims = [shuffled(axis) for axis in spec.axes], spec.dims
    per, inputs = q.shape[0] // several // groups, q.shape[1]
    split = q.reshape(groups, per, *spec.stride, inputs, *q.shape[2:]).transpose(
        0, 2 + dims, 1, *range(3 + dims, 3 + 2 * dims), *range(2, 2 + dims))  # group, feature, image, taps, sub-positions
    made: Any = np.zeros((groups, inputs, per, *[axis.kernel for axis in axes]), q.dtype)
    for sub in product(*map(range, spec.stride)):
        places = tuple(slice(t, None, axis.stride * axis.dilation) for t, axis in zip(sub, spec.axes, strict=True))
        turned = split[(..., *sub)][(..., *[slice(None, None, -1)] * dims)]
        made[(slice(None),) * 3 + places] = turned
    return Layer(made.reshape(groups * inputs, per, *made.shape[3:]), ConvSpec.of(axes), groups)


def _two(w: Any, spec: ConvSpec, then: Any, groups: int, interior: bool) -> Layer:
    """(↑_{s₂d₁} w) * (↑_{d₂} w₂), summed over the channels between."""
    from convt._derive.theorems.t19_composition import composed

    if not isinstance(then, tuple) or len(then) != 2:
        raise ArgumentError("then", type(then).__name__, "must be a pair: the weights and the spec of the second layer")
    other = spec_of(then[1], "then[1]")
    if other.dims != spec.dims:
        raise ArgumentError("then[1]", str(other), f"must have {spec.dims} axes, as {spec}")
    second = _weights("then[0]", then[0], other, groups)
    if second.shape[0] != w.shape[1] * groups:
        between = w.shape[1] * groups
        raise ArgumentError("then[0]", second.shape, f"must have the {between} channels that the first layer makes", between)
    if second.dtype != w.dtype:
        raise ArgumentError("then[0]", second.dtype.name, f"must have the type of the first weights, {w.dtype.name}", w.dtype.name)
    found = [composed(*pair) for pair in zip(spec.axes, other.axes, strict=True)]
    if not interior and not all(one.exact for one in found):
        axis = next(number for number, one in enumerate(found) if not one.exact)
        raise ArgumentError("interior", interior, f"on axis {axis} the crop of {spec} cuts what {other} would return, so that the two "
                            "are one layer on an interior only (theorem 19)", True)
    sums = SUMS.get(w.dtype.name, w.dtype)
    one, two = (array.reshape(groups, -1, *array.shape[1:]).astype(sums) for array in (w, second))
    made: Any = np.zeros((groups, one.shape[1], two.shape[2], *[each.layer.kernel for each in found]), sums)
    for tap in product(*map(range, spec.kernel)):
        starts = [b.stride * a.dilation * at for a, b, at in zip(spec.axes, other.axes, tap, strict=True)]
        places = tuple(slice(start, start + axis.span, axis.dilation) for start, axis in zip(starts, other.axes, strict=True))
        made[(..., *places)] += np.einsum("gfe,gec...->gfc...", one[(..., *tap)], two)
    return Layer(made.reshape(-1, *made.shape[2:]).astype(w.dtype), ConvSpec.of([each.layer for each in found]), groups)


def _weights(argument: str, w: Any, spec: ConvSpec, groups: int) -> Any:
    """The array, if it fits the geometry and the groups."""
    array = arrays.view(argument, w)
    if array.dtype.name not in TYPES:
        raise arrays.unsupported(argument, w, array.dtype.name)
    if array.ndim != spec.dims + 2 or array.shape[2:] != spec.kernel or 0 in array.shape:
        taps = ", ".join(map(str, spec.kernel))
        raise ArgumentError(argument, array.shape, f"must have two axes of channels and the kernel's, {taps}, for {spec}")
    if array.shape[0] % groups:
        raise ArgumentError("groups", groups, f"must divide the {array.shape[0]} channels of the first axis of {argument}", 1)
    return array


def _swapped(q: Any, groups: int) -> Any:
    """(O, I/G, *k) as (I, O/G, *k)."""
    split = q.reshape(groups, -1, *q.shape[1:]).swapaxes(1, 2)
    return split.reshape(-1, *split.shape[2:])


def _spread(w: Any, spec: ConvSpec, fill: list[tuple[int, int]]) -> Any:
    """Taps at their distance, with so many zeros before and after them."""
    sizes = [axis.span + sum(more) for axis, more in zip(spec.axes, fill, strict=True)]
    made = np.zeros((*w.shape[:2], *sizes), w.dtype)
    places = tuple(slice(more[0], more[0] + axis.span, axis.dilation) for axis, more in zip(spec.axes, fill, strict=True))
    made[(slice(None), slice(None), *places)] = w
    return made
