"""Caffe: the Deconvolution layer. Symmetric pads, no output padding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import lengths
from ..layouts import Groups, Weights
from ..spec import ConvSpec
from . import Reading, net, per_axis, spec_of

NAME = "Caffe"
OPERATION = "Deconvolution"
COMPARED = "OpenCV 4.14.0 reading Caffe's models, 2-D without dilation"
DIMS = (1, 2, 3)
WEIGHTS = Weights("fck")
GROUPS = Groups("group", Weights("fck", grouped=True))
CHANNELS_LAST = False


def read(feature: Sequence[int], kernel: Sequence[int], *, stride: Any = 1, pad: Any = 0, dilation: Any = 1) -> Reading:
    """``stride``, ``pad``, ``dilation``: an int, or one an axis."""
    dims = len(kernel)
    s, p, d = (per_axis(name, value, dims, least) for name, value, least in (
        ("stride", stride, 1), ("pad", pad, 0), ("dilation", dilation, 1)))
    spec = spec_of(kernel, s, d, p, p, (0,) * dims)
    lengths.image_lengths(spec, feature)
    return Reading(spec)


def candidates(spec: ConvSpec, feature: Sequence[int]) -> Iterator[dict[str, Any]]:
    """pad = p_lo."""
    yield {"stride": spec.stride, "pad": tuple(lo for lo, _ in spec.padding), "dilation": spec.dilation}


def limits(spec: ConvSpec) -> Iterator[str]:
    """pad ≥ 0 at both ends alike, and no output padding."""
    for number, axis in enumerate(spec.axes):
        if axis.padding[0] < 0:
            yield f"pad is not negative, and axis {number} has {axis.padding[0]} before"
        elif net(axis) > axis.padding[0]:
            yield f"pad is the same at both ends, and axis {number} crops {axis.padding[0]} before and {net(axis)} after"
        elif net(axis) < axis.padding[0]:
            yield f"there is no output padding, and axis {number} would need {axis.padding[0] - net(axis)}"


def call(spec: ConvSpec, arguments: Mapping[str, Any]) -> str:
    """The layer in a prototxt."""
    fields = [f"{name}: {entry}" for name, values in (("kernel_size", spec.kernel), *arguments.items()) for entry in values]
    return ('layer { name: "x" type: "Deconvolution" bottom: "u" top: "x" convolution_param { num_output: C '
            f"{' '.join(fields)} bias_term: false }} }}")
