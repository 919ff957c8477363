"""``Computation``: what an implementation does with a case, as inputs and geometry that conventions change before NumPy computes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

import numpy as np

from convt._codegen import reference
from convt._derive.lengths import feature_length, image_length
from convt._derive.spec import Axis, ConvSpec

from .case import Array, Case

Step = Callable[[Array], Array]
MOST = 1 << 20  # entries of an output that is worth computing: conventions may ask for absurd ones


@dataclass(frozen=True)
class Computation:
    """The definition with changes; without any it computes what the case asks for."""

    map: str
    data: Array
    weights: Array
    """Of the gradient of weights: the features."""
    bias: Array | None
    axes: tuple[Axis, ...]
    groups: int
    lengths: tuple[int, ...] | None = None
    """Of the output, where they do not follow from the axes."""
    before_bias: tuple[Step, ...] = ()
    after_bias: tuple[Step, ...] = ()

    @classmethod
    def of(cls, case: Case) -> Computation:
        """The computation that is right."""
        return _right(case)

    @property
    def natural(self) -> tuple[int, ...]:
        """Lengths of the output that follow from the axes; may come out below 1."""
        if self.map == "conv_weight_gradient":
            return tuple(axis.kernel for axis in self.axes)
        length = image_length if self.map == "conv_transpose" else feature_length
        return tuple(length(axis, size) for axis, size in zip(self.axes, self.data.shape[2:], strict=True))

    @property
    def pinned(self) -> Computation:
        """The same, whose output keeps its lengths whatever changes."""
        return replace(self, lengths=self.natural)

    def with_axis(self, number: int, axis: Axis) -> Computation:
        """Another geometry on one axis."""
        return replace(self, axes=(*self.axes[:number], axis, *self.axes[number + 1:]))

    def result(self) -> Array | None:
        """The output in int64, or None where this is no computation: channels that do not fit, a huge output."""
        lengths = tuple(max(n, 0) for n in self.lengths or self.natural)
        if self.map == "conv_weight_gradient":
            return self._finished(reference.conv_weight_gradient(ConvSpec.of(self.axes), self.data, self.weights, self.groups))
        features, per = self.weights.shape[:2]
        into, out = features, per * self.groups
        if self.map == "conv":
            into, out = out, into
        if into != self.data.shape[1] or features % self.groups or prod(lengths) > MOST:
            return None
        if min(*lengths, *self.data.shape) < 1:
            y = np.zeros((len(self.data), out, *lengths), np.int64)
        else:
            y = getattr(reference, self.map)(ConvSpec.of(self.axes), self.data, self.weights, None, lengths, self.groups)
        return self._finished(y)

    def _finished(self, y: Array) -> Array | None:
        """With the steps before the bias, the bias, and those after it."""
        for step in self.before_bias:
            y = step(y)
        if self.bias is not None:
            if self.bias.shape != (y.shape[1],):
                return None
            y = y + self.bias.reshape(-1, *[1] * len(self.axes))
        for step in self.after_bias:
            y = step(y)
        return y


def widened(array: Array, axis: int, begin: int, end: int) -> Array:
    """Zeros at the ends of an axis; of negative numbers so many entries are cut off, after zeros have come at the other end."""
    if not begin and not end:
        return array
    pads, kept = [(0, 0)] * array.ndim, [slice(None)] * array.ndim
    pads[axis] = (max(begin, 0), max(end, 0))
    made = np.pad(array, pads) if max(begin, end) > 0 else array
    kept[axis] = slice(max(-begin, 0), max(made.shape[axis] - max(-end, 0), 0))
    return made[tuple(kept)]


@lru_cache(maxsize=1024)
def _right(case: Case) -> Computation:
    return Computation(case.map, *case.inputs(), case.spec.axes, case.groups)
