"""SciPy: signal.upfirdn, one axis: insert zeros, filter, keep every down-th. True convolution, and no crop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..layouts import Weights
from ..spec import ConvSpec, integer
from ..writing import written
from . import Reading, net, per_axis, plain_dilation, spec_of

NAME = "SciPy"
OPERATION = "scipy.signal.upfirdn"
COMPARED = "scipy 1.17.1"
DIMS = (1,)
WEIGHTS = Weights("k")
GROUPS = None
CHANNELS_LAST = False


def read(feature: Sequence[int], kernel: Sequence[int], *, up: int = 1, down: int = 1) -> Reading:
    """``up`` is the stride; ``down`` must be 1 for a transposed convolution."""
    if len(kernel) != 1:
        raise ArgumentError("dims", len(kernel), "upfirdn filters one axis", 1)
    if integer("down", down, 1) != 1:
        raise ArgumentError("down", down, "keeping every down-th sample is a strided convolution after the transposed one", 1)
    spec = spec_of(kernel, per_axis("up", up, 1, 1), (1,), (0,), (0,), (0,))
    lengths.image_lengths(spec, feature)
    return Reading(spec, ("one channel: h is the vector of taps as it is, since a true convolution scatters unflipped taps",))


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """up = s."""
    if spec.dims == 1:
        yield {"up": spec.stride[0]}


def limits(spec: ConvSpec) -> Iterator[str]:
    """One axis, no crop, no dilation."""
    if spec.dims != 1:
        yield f"upfirdn filters one axis, and this is {spec.dims}-D"
    if set(plain_dilation(spec)) != {1}:
        yield "there is no dilation"
    if any(lo or net(axis) for axis, (lo, _) in zip(spec.axes, spec.padding, strict=True)):
        yield "there is no crop and no output padding"


def call(spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
    """The function; u and w are vectors."""
    return written(OPERATION, "w", "u", **arguments)
