"""The three maps in NumPy, straight from the index relation: slow, plain, and exact in integers.

It answers ``engine="reference"`` where no compiler is, and the checks compare machine code with it. It shares no
formula with the kernels: which (i, j) belong to a tap is found by trying every i.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convt._derive import ConvSpec
from convt._derive.spec import Axis

Array = NDArray[Any]


def pairs(spec: ConvSpec, feature: tuple[int, ...], image: tuple[int, ...]) -> Iterator[tuple[Any, Any, Any]]:
    """(a, feature slices, image slices) of every tap that relates at least one feature to an image position."""
    for combination in product(*map(_axis_pairs, spec.axes, feature, image)):
        taps, at_i, at_j = zip(*combination, strict=True)
        yield taps, at_i, at_j


@lru_cache(maxsize=1024)
def _axis_pairs(axis: Axis, m: int, n: int) -> list[tuple[int, slice, slice]]:
    row = []
    i = np.arange(m)
    for a in range(axis.kernel):
        j = axis.stride * i + axis.dilation * a - axis.padding[0]
        related = np.flatnonzero((j >= 0) & (j < n))
        if related.size:
            first, last = int(related[0]), int(related[-1])
            row.append((a, slice(first, last + 1), slice(int(j[first]), int(j[last]) + 1, axis.stride)))
    return row


def conv_transpose(spec: ConvSpec, u: Array, w: Array, bias: Array | None, image: tuple[int, ...], groups: int) -> Array:
    """∂T/∂x: image (B, C, *n) from features (B, F, *m) and weights (F, C/G, *k)."""
    batch, features = u.shape[:2]
    per = w.shape[1]
    y = np.zeros((batch, per * groups, *image), u.dtype)
    if bias is not None:
        y += bias.reshape(-1, *[1] * spec.dims)
    for f, c in _groups(groups, features, per):
        for a, at_i, at_j in pairs(spec, u.shape[2:], image):
            y[(slice(None), c, *at_j)] += np.einsum("bf...,fc->bc...", u[(slice(None), f, *at_i)], w[(f, slice(None), *a)])
    return y


def conv(spec: ConvSpec, x: Array, w: Array, bias: Array | None, feature: tuple[int, ...], groups: int) -> Array:
    """∂T/∂u: features (B, F, *m) from image (B, C, *n) and weights (F, C/G, *k)."""
    features, per = w.shape[:2]
    y = np.zeros((x.shape[0], features, *feature), x.dtype)
    if bias is not None:
        y += bias.reshape(-1, *[1] * spec.dims)
    for f, c in _groups(groups, features, per):
        for a, at_i, at_j in pairs(spec, feature, x.shape[2:]):
            y[(slice(None), f, *at_i)] += np.einsum("bc...,fc->bf...", x[(slice(None), c, *at_j)], w[(f, slice(None), *a)])
    return y


def conv_weight_gradient(spec: ConvSpec, x: Array, u: Array, groups: int) -> Array:
    """∂T/∂w: (F, C/G, *k) from image (B, C, *n) and features (B, F, *m)."""
    features, images = u.shape[1], x.shape[1]
    gw = np.zeros((features, images // groups, *spec.kernel), u.dtype)
    for f, c in _groups(groups, features, images // groups):
        for a, at_i, at_j in pairs(spec, u.shape[2:], x.shape[2:]):
            part = np.einsum("bfz,bcz->fc", u[(slice(None), f, *at_i)].reshape(u.shape[0], f.stop - f.start, -1),
                             x[(slice(None), c, *at_j)].reshape(x.shape[0], c.stop - c.start, -1))
            gw[(f, slice(None), *a)] += part
    return gw


def _groups(groups: int, features: int, per: int) -> Iterator[tuple[slice, slice]]:
    """The feature and image channels of each group."""
    each = features // groups
    for g in range(groups):
        yield slice(g * each, (g + 1) * each), slice(g * per, (g + 1) * per)
