"""SciPy: signal.upfirdn, one axis: insert zeros, filter, keep every down-th. True convolution, and no crop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import lengths
from ..errors import ArgumentError
from ..spec import ConvSpec
from . import Reading, Weights, spec_of

NAME = "SciPy"
OPERATION = "scipy.signal.upfirdn"
WEIGHTS = Weights("fck")
CHANNELS_LAST = False
LIMITS = "1-D, one channel, no crop (slice the result), no dilation (insert zeros into h)"


def read(feature: Sequence[int], kernel: Sequence[int], *, up: int = 1, down: int = 1) -> Reading:
    """``up`` is the stride; ``down`` must be 1 for a transposed convolution."""
    if len(kernel) != 1:
        raise ArgumentError("dims", len(kernel), "upfirdn filters one axis", 1)
    if down != 1:
        raise ArgumentError("down", down, "keeping every down-th sample is a strided convolution after the transposed one", 1)
    spec = spec_of(kernel, (up,), (1,), (0,), (0,), (0,))
    lengths.image_lengths(spec, feature)
    return Reading(spec, ("h is the weight vector as it is: a true convolution scatters unflipped taps",))


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """up = s."""
    if spec.dims == 1:
        yield {"up": spec.stride[0]}
