"""``Call``: one map of arrays, channels first, as any library may be asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from convt._derive import lengths
from convt._derive.dialects import dialect
from convt._derive.proposals import say
from convt._derive.spec import ConvSpec

Array = np.ndarray[Any, Any]


class CannotSay(ValueError):
    """The library has no way to say this call; the message names the rule."""


class Prepared(NamedTuple):
    """A call that is ready to be timed."""

    run: Callable[[], Any]
    """Computes it once, and does nothing else."""
    read: Callable[[Any], Sequence[Any]]
    """The arrays of what ``run`` returned, channels first, weights (features, images/groups, *kernel)."""


@dataclass(frozen=True, eq=False)
class Call:
    """``conv_transpose`` of u and w, ``conv`` of x and w, ``conv_weight_gradient`` of x and u; to be timed also ``backward``.

    ``backward``: both gradients of the transposed convolution of u and w, by u and by w, where x is that by its result.

    x (batch, images, *n), u (batch, features, *m), w (features, images/groups, *kernel); a bias for each channel made.
    """

    spec: ConvSpec
    map: str
    u: Array | None = None
    x: Array | None = None
    w: Array | None = None
    bias: Array | None = None
    groups: int = 1
    own: Mapping[str, Any] | None = None
    """The call in the library's own words, where it was written in them."""

    @property
    def data(self) -> Array:
        """The array that is no weight: the features of ``conv_transpose``, the image of the others."""
        found = self.u if self.map in ("conv_transpose", "backward") else self.x
        assert found is not None
        return found

    @property
    def weights(self) -> Array:
        """The weights, of the two maps that take them."""
        assert self.w is not None
        return self.w

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what is made."""
        batch, channels, *size = self.data.shape
        if self.map == "conv_transpose":
            return batch, self.weights.shape[1] * self.groups, *lengths.image_lengths(self.spec, size)
        if self.map == "conv":
            return batch, self.weights.shape[0], *lengths.feature_lengths(self.spec, size)
        assert self.u is not None
        return self.u.shape[1], channels // self.groups, *self.spec.kernel

    @property
    def symmetric(self) -> bool:
        """Whether the image is padded by as much at both ends of each axis, and cut nowhere."""
        return all(lo == hi >= 0 for lo, hi in self.spec.padding)


def said(name: str, call: Call) -> dict[str, Any]:
    """A transposed convolution in the words of a dialect: its own, or what the dialect proposes. ``CannotSay`` with the reason."""
    if call.own:
        return dict(call.own)
    saying = say(dialect(name), call.spec)
    if saying.arguments is None:
        raise CannotSay(saying.reason)
    arguments = dict(saying.arguments)
    return arguments | ({"output_shape": call.shape[2:]} if "output_shape" in arguments else {})


def padded(call: Call) -> Array:
    """The image with its padding; negative ends are cut."""
    image = np.pad(call.data, [(0, 0), (0, 0), *[(max(lo, 0), max(hi, 0)) for lo, hi in call.spec.padding]])
    cut = [slice(max(-lo, 0), length - max(-hi, 0)) for (lo, hi), length in zip(call.spec.padding, image.shape[2:], strict=True)]
    return np.ascontiguousarray(image[(slice(None), slice(None), *cut)])


def biased(call: Call, made: Array) -> Array:
    """What was made with the bias of the call."""
    return made if call.bias is None else made + call.bias.reshape(-1, *[1] * call.spec.dims)


def last(array: Array) -> Array:
    """Channels first → channels last."""
    return np.ascontiguousarray(np.moveaxis(array, 1, -1))


def first(array: Any) -> Array:
    """Channels last → channels first."""
    return np.moveaxis(np.asarray(array), -1, 1)
