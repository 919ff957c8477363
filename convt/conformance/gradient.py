"""Mistakes of the gradient of weights: the same conventions, read where the weights are what is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import permutations

import numpy as np

from .case import Array
from .computation import Computation

Axes = tuple[int, ...]
Variant = Callable[[Computation, Axes], Computation | None]


def made(given: Computation, axes: Axes, change: Callable[[Array], Array]) -> Computation:
    """What is made, changed at the end."""
    return replace(given, after_bias=(*given.after_bias, change))


def flipped(given: Computation, axes: Axes) -> Computation:
    """The kernel reversed along axes."""
    return made(given, axes, lambda y: np.flip(y, tuple(axis + 2 for axis in axes)))


def interleaved(given: Computation, axes: Axes, images: bool, features: bool, back: bool) -> Computation:
    """Group g takes the channels c with c mod G = g of x, of u, or of both; rows come back to where they were, or stay together."""
    groups, changed = given.groups, given
    if images:
        changed = replace(changed, data=changed.data[:, order(changed.data.shape[1], groups)])
    if features:
        rows = order(changed.weights.shape[1], groups)
        changed = replace(changed, weights=changed.weights[:, rows])
        if back:
            changed = replace(changed, before_bias=(*changed.before_bias, lambda y: y[np.argsort(rows)]))
    return changed


def order(channels: int, groups: int) -> Array:
    """Channels by c mod G."""
    return np.arange(channels).reshape(-1, groups).T.ravel()


def exchanged(y: Array) -> Array:
    """The two channel axes."""
    return y.swapaxes(0, 1)


def exchanged_in_groups(given: Computation, axes: Axes) -> Computation:
    """The two channel axes in each group, where they are as long; or the layout (C, F/G, *k) where they are not."""
    groups = given.groups

    def change(y: Array) -> Array:
        features, per, *kernel = y.shape
        return y.reshape(groups, features // groups, per, *kernel).swapaxes(1, 2).reshape(groups * per, features // groups, *kernel)

    return made(given, axes, change)


def in_memory(given: Computation, axes: Axes, images_first: bool) -> Computation:
    """Written as (C, F/G, *k), or as (C/G, F, *k), and that memory read as (F, C/G, *k)."""
    groups = given.groups

    def change(y: Array) -> Array:
        features, per, *kernel = y.shape
        blocks = y.reshape(groups, features // groups, per, *kernel).swapaxes(1, 2) if images_first else y.swapaxes(0, 1)
        return blocks.reshape(y.shape)

    return made(given, axes, change)


def kernel_axes(given: Computation, axes: Axes, order: Axes, memory: bool) -> Computation:
    """The kernel axes in another order, or their memory read so."""
    turn = (0, 1, *(place + 2 for place in order))
    return made(given, axes, lambda y: y.transpose(turn).reshape(y.shape) if memory else y.transpose(turn))


def orders(dims: int) -> tuple[Variant, ...]:
    """Every other order of the kernel axes."""
    return tuple(partial(kernel_axes, order=turn, memory=memory) for turn in permutations(range(dims)) if turn != tuple(range(dims))
                 for memory in (False, True))


FLIPPED: tuple[Variant, ...] = (flipped,)
INTERLEAVED: tuple[Variant, ...] = tuple(
    partial(interleaved, images=images, features=features, back=back)
    for images, features, back in ((True, True, True), (True, False, True), (False, True, True), (False, True, False), (True, True, False)))
SWAPPED: tuple[Variant, ...] = (partial(made, change=exchanged), exchanged_in_groups, partial(in_memory, images_first=True),
                                partial(in_memory, images_first=False))
