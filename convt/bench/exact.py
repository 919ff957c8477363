"""What every method is compared with: the maps in float64 by NumPy alone, tap by tap, sharing nothing with the kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from .layers import Layer

Array = np.ndarray[Any, Any]
Given = Mapping[str, Array]


def arrays(layer: Layer) -> dict[str, Array]:
    """The arrays u, w, x that a layer's maps read, channels first; the same in every process."""
    rng = np.random.default_rng(len(layer.name))
    return {letter: rng.standard_normal(shape).astype(np.float32)
            for letter, shape in zip("uwx", layer.shapes, strict=True) if letter in layer.reads}


def reference(layer: Layer, given: Given) -> list[tuple[Array, Array]]:
    """For each map of the layer its output in float64, and the sum of the magnitudes of the products in each entry."""
    wide = {letter: array.astype(np.float64) for letter, array in given.items()}
    sizes = {letter: np.abs(array) for letter, array in wide.items()}
    return [(MAPS[name](layer, wide), MAPS[name](layer, sizes)) for name in layer.maps]


def scattered(layer: Layer, given: Given) -> Array:
    """``conv_transpose``: every tap adds its product with the features to its part of the frame, and the image is cut out of that."""
    features, weights = _grouped(given["u"], layer.groups), _weights(layer, given["w"])
    frame = np.zeros((layer.batch, layer.images, *_frame(layer)))
    for taps, part in _parts(layer):
        frame[part] += np.matmul(weights[(..., *taps)].swapaxes(1, 2), features).reshape(layer.batch, layer.images, *layer.size)
    for number, (axis, n) in enumerate(zip(layer.spec.axes, layer.image, strict=True), 2):
        frame = _stretch(frame, number, axis.padding[0], n)
    return frame


def gathered(layer: Layer, given: Given) -> Array:
    """``conv``: every tap adds its product with its part of the frame that holds the image."""
    frame, weights = _framed(layer, given["x"]), _weights(layer, given["w"])
    made = np.zeros((layer.batch, layer.groups, layer.features // layer.groups, prod(layer.size)))
    for taps, part in _parts(layer):
        made += np.matmul(weights[(..., *taps)], _grouped(frame[part], layer.groups))
    return made.reshape(layer.shapes[0])


def correlated(layer: Layer, given: Given) -> Array:
    """``conv_weight_gradient``: each tap is the product of the features with its part of the frame, over images and positions."""
    frame, features = _framed(layer, given["x"]), _grouped(given["u"], layer.groups)
    made = np.empty((layer.groups, layer.features // layer.groups, layer.images // layer.groups, *layer.spec.kernel))
    for taps, part in _parts(layer):
        made[(..., *taps)] = np.matmul(features, _grouped(frame[part], layer.groups).swapaxes(2, 3)).sum(0)
    return made.reshape(layer.shapes[1])


MAPS: dict[str, Callable[[Layer, Given], Array]] = {"conv": gathered, "conv_transpose": scattered, "conv_weight_gradient": correlated}


def _frame(layer: Layer) -> tuple[int, ...]:
    """Lengths of the frame: all positions that taps meet; the image begins at its position p_lo."""
    return tuple(axis.stride * (m - 1) + axis.dilation * (axis.kernel - 1) + 1 for axis, m in zip(layer.spec.axes, layer.size, strict=True))


def _framed(layer: Layer, x: Array) -> Array:
    for number, (axis, length) in enumerate(zip(layer.spec.axes, _frame(layer), strict=True), 2):
        x = _stretch(x, number, -axis.padding[0], length)
    return x


def _stretch(array: Array, axis: int, start: int, length: int) -> Array:
    """So many positions of an axis from a start on, zeros where there are none."""
    margins = [(0, 0)] * array.ndim
    margins[axis] = max(-start, 0), max(start + length - array.shape[axis], 0)
    first = max(start, 0)
    return np.pad(array, margins)[(slice(None),) * axis + (slice(first, first + length),)]


def _parts(layer: Layer) -> Iterator[tuple[Any, Any]]:
    """(tap, the part of the frame that it meets)."""
    for taps in np.ndindex(*layer.spec.kernel):
        yield taps, (..., *(slice(axis.dilation * a, axis.dilation * a + axis.stride * (m - 1) + 1, axis.stride)
                            for axis, a, m in zip(layer.spec.axes, taps, layer.size, strict=True)))


def _grouped(array: Array, groups: int) -> Array:
    """(batch, groups, channels of each, positions)."""
    return array.reshape(array.shape[0], groups, array.shape[1] // groups, -1)


def _weights(layer: Layer, w: Array) -> Array:
    """(groups, features of each, images of each, \\*kernel)."""
    return w.reshape(layer.groups, layer.features // layer.groups, layer.images // layer.groups, *layer.spec.kernel)
