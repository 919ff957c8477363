"""The mistakes that have a name: each is what an implementation computes that misread one convention, in its variants.

A variant takes the right ``Computation`` and gives the mistaken one, or None where the mistake makes no sense. Those that
act on an axis act on the axes that they are told; the others on the whole. Nothing is registered elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np

from convt._derive.lengths import feature_length, image_length

from . import gradient as gradients
from .computation import Computation, widened
from .gradient import Axes, Variant, order


@dataclass(frozen=True)
class Convention:
    """A mistake: its name, what such an implementation does, and the ways to do it."""

    name: str
    says: str
    variants: tuple[Variant, ...]
    on_axes: bool = True
    maps: tuple[str, ...] = ("conv_transpose", "conv", "conv_weight_gradient")
    orders: Callable[[int], tuple[Variant, ...]] | None = None
    """More of them, for so many axes."""
    of_gradient: tuple[Variant, ...] = ()
    """Of the gradient of weights, where they are others: it makes what the other maps are given."""

    def ways(self, map_name: str, dims: int) -> tuple[Variant, ...]:
        """The variants of a map, for so many axes."""
        gradient = map_name == "conv_weight_gradient" and self.of_gradient
        orders = None if self.orders is None else gradients.orders if gradient else self.orders
        return (*(self.of_gradient if gradient else self.variants), *(() if orders is None else orders(dims)))


def each(change: Callable[[Computation, int], Computation | None]) -> Variant:
    """A change of one axis, on all the axes asked for."""
    def on(given: Computation, axes: Axes) -> Computation | None:
        changed: Computation | None = given
        for axis in axes:
            changed = None if changed is None else change(changed, axis)
        return changed
    return on


def pinned(variant: Variant) -> Variant:
    """The same mistake where the output has the right lengths all the same."""
    return lambda given, axes: variant(given.pinned if given.lengths is None else given, axes)


def flipped(given: Computation, axis: int) -> Computation:
    """The kernel reversed along an axis."""
    return replace(given, weights=np.flip(given.weights, axis + 2))


def swapped(given: Computation, axis: int) -> Computation:
    """The crops of both ends exchanged."""
    return given.with_axis(axis, replace(given.axes[axis], padding=given.axes[axis].padding[::-1]))


def zeros(given: Computation, axis: int, biased: bool) -> Computation:
    """The output without output padding, then so many zeros (and the bias, if it comes later)."""
    extra = given.axes[axis].output_padding
    step = partial(widened, axis=axis + 2, begin=0, end=extra)
    steps: Any = {"before_bias": (*given.before_bias, step)} if biased else {"after_bias": (*given.after_bias, step)}
    return replace(given.with_axis(axis, replace(given.axes[axis], output_padding=0)), **steps)


def halved(given: Computation, axis: int, upper: bool, where: Callable[[Computation, int], bool]) -> Computation:
    """The total crop in halves, the smaller one first (``upper``) or last, where it looks like what SAME would give."""
    old = given.axes[axis]
    total = sum(old.padding)
    less, more = total // 2, total - total // 2
    return given.with_axis(axis, replace(old, padding=(less, more) if upper else (more, less))) if where(given, axis) else given


def always_same(given: Computation, axis: int, upper: bool) -> Computation:
    """The crop that gives n = s·m (m = ⌈n/s⌉ of ``conv``), whatever crop is asked for."""
    old, size = given.axes[axis], given.data.shape[axis + 2]
    total = max(old.span - old.stride if given.map == "conv_transpose" else (-(-size // old.stride) - 1) * old.stride + old.span - size, 0)
    less, more = total // 2, total - total // 2
    return given.with_axis(axis, replace(old, padding=(less, more) if upper else (more, less),
                                         output_padding=old.output_padding + max(old.stride - old.span, 0)))


def _everywhere(given: Computation, axis: int) -> bool:
    return True


def _by_one(given: Computation, axis: int) -> bool:
    lo, hi = given.axes[axis].padding
    return abs(lo - hi) == 1


def _multiple(given: Computation, axis: int) -> bool:
    size, one = given.data.shape[axis + 2], given.axes[axis]
    if given.map == "conv":
        return bool(feature_length(one, size) == -(-size // one.stride))
    return bool(image_length(one, size) == size * one.stride)


def undilated(given: Computation, axis: int) -> Computation:
    """Dilation 1."""
    return given.with_axis(axis, replace(given.axes[axis], dilation=1))


def at_the_input(given: Computation, axis: int, sign: int) -> Computation | None:
    """The input cut (``sign`` −1) or filled with zeros (1) by the crop, the output not cropped."""
    lo, hi = given.axes[axis].padding
    least, most = sorted((sign * lo, sign * hi))
    if most > 0 and -least > given.data.shape[axis + 2]:  # more is cut than is there: zeros that come first are cut too, others not
        return None
    return replace(given.with_axis(axis, replace(given.axes[axis], padding=(0, 0))),
                   data=widened(given.data, axis + 2, sign * lo, sign * hi))


def short(given: Computation, axis: int, begin: int, end: int) -> Computation:
    """One entry less, at the end or at the begin."""
    return replace(given, after_bias=(*given.after_bias, partial(widened, axis=axis + 2, begin=begin, end=end)))


def interleaved(given: Computation, axes: Axes, into: str, out: bool) -> Computation:
    """Group g takes the channels c with c mod G = g of the input (with their weights, or not), and gives such of the output."""
    groups, changed = given.groups, given
    transposed, into_order = given.map == "conv_transpose", order(given.data.shape[1], groups)
    if into:
        changed = replace(changed, data=changed.data[:, into_order])
        if into == "with weights" and transposed:  # those of conv have no row a channel of the input
            changed = replace(changed, weights=changed.weights[into_order])
    if out:
        if not transposed:  # its rows are the channels of the output
            changed = replace(changed, weights=changed.weights[order(len(changed.weights), groups)])
        changed = replace(changed, before_bias=(*changed.before_bias, lambda y: y[:, np.argsort(order(y.shape[1], groups))]))
    return changed


def exchanged(given: Computation, axes: Axes) -> Computation | None:
    """The two channel axes of the weights exchanged; an error where rows are missing then, and of too many the first are used."""
    turned = given.weights.swapaxes(0, 1)
    return replace(given, weights=turned[:given.weights.shape[0]]) if len(turned) >= given.weights.shape[0] else None


def exchanged_in_groups(given: Computation, axes: Axes) -> Computation | None:
    """The same in each group."""
    features, per, *kernel = given.weights.shape
    if features // given.groups != per:
        return None
    blocks = given.weights.reshape(given.groups, per, per, *kernel).swapaxes(1, 2)
    return replace(given, weights=blocks.reshape(features, per, *kernel))


def read_as_images_first(given: Computation, axes: Axes) -> Computation:
    """The memory of the weights read as (C, F/G, *k), which is the layout of a convolution from C to F channels."""
    features, per, *kernel = given.weights.shape
    groups = given.groups
    blocks = given.weights.reshape(groups, per, features // groups, *kernel).swapaxes(1, 2)
    return replace(given, weights=blocks.reshape(features, per, *kernel))


def read_as_per_group_first(given: Computation, axes: Axes) -> Computation:
    """The memory of the weights read as (C/G, F, *k)."""
    features, per, *kernel = given.weights.shape
    return replace(given, weights=given.weights.reshape(per, features, *kernel).swapaxes(0, 1))


def kernel_axes(given: Computation, axes: Axes, order: Axes, memory: bool) -> Computation:
    """The kernel axes in another order: exchanged (the kernel's sizes go along), or their memory read so."""
    kernel = given.weights.shape[2:]
    turn = (0, 1, *(place + 2 for place in order))
    if memory:
        weights = given.weights.reshape(*given.weights.shape[:2], *(kernel[place] for place in order)).transpose(np.argsort(turn))
        return replace(given, weights=weights)
    sized = (replace(axis, kernel=kernel[place]) for axis, place in zip(given.axes, order, strict=True))
    return replace(given, weights=given.weights.transpose(turn), axes=tuple(sized))


def _orders(dims: int) -> tuple[Variant, ...]:
    return tuple(partial(kernel_axes, order=order, memory=memory) for order in permutations(range(dims)) if order != tuple(range(dims))
                 for memory in (False, True))


CONVENTIONS = (
    Convention("kernel not flipped", "the kernel is reversed: a correlation where the definition has a convolution, or the other way round",
               (each(flipped),), of_gradient=gradients.FLIPPED),
    Convention("begin/end pads swapped", "p_lo is cropped at the end and p_hi at the begin", (each(swapped),)),
    Convention("output padding as zeros", "op entries of zeros are appended, instead of op fewer being cropped",
               (each(partial(zeros, biased=False)), each(partial(zeros, biased=True))), maps=("conv_transpose",)),
    Convention("SAME of another dialect", "the total crop is shared out as some dialect's SAME does, instead of as asked for",
               (*(each(partial(halved, upper=upper, where=where)) for where in (_everywhere, _multiple) for upper in (True, False)),
                each(lambda given, axis: swapped(given, axis) if _by_one(given, axis) else given),
                *(each(partial(always_same, upper=upper)) for upper in (True, False)))),
    Convention("dilation ignored", "taps lie beside one another", (each(undilated), pinned(each(undilated)))),
    Convention("groups interleaved", "group g has the channels c with c mod G = g, instead of a block of them",
               tuple(partial(interleaved, into=into, out=out) for into, out in
                     (("with weights", False), ("data", False), ("", True), ("with weights", True), ("data", True))), False,
               of_gradient=gradients.INTERLEAVED),
    Convention("weight axes swapped", "axes of the weights are exchanged, or their memory is read in another order",
               (exchanged, exchanged_in_groups, read_as_images_first, read_as_per_group_first), False,
               orders=_orders, of_gradient=gradients.SWAPPED),
    Convention("crop applied to the input", "the padding cuts or fills the input, and the output is not cropped",
               tuple(wrap(each(partial(at_the_input, sign=sign))) for sign in (-1, 1) for wrap in (lambda one: one, pinned)),
               maps=("conv_transpose",)),
    Convention("length one short", "the last entry of an axis is missing",
               (each(partial(short, begin=0, end=-1)), each(partial(short, begin=-1, end=0)))),
)
