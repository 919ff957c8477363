"""SciPy: ``upfirdn`` filters one channel of one axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scipy.signal import upfirdn

from .call import Array, Call, CannotSay

NAME = "scipy"


def words(call: Call) -> Mapping[str, Any]:
    """The step, and where the image begins in what the filter makes."""
    spec = call.spec
    if call.map != "conv_transpose" or (spec.dims, *call.data.shape[:2], *call.shape[:2]) != (1,) * 5 or spec.dilation != (1,):
        raise CannotSay("upfirdn filters one channel of one axis")
    (begin, _), up = spec.padding[0], spec.stride[0]
    if begin < 0 or begin + call.shape[2] > up * (call.data.shape[2] - 1) + spec.kernel[0]:
        raise CannotSay("upfirdn gives no zeros beyond its output")
    return {"up": up, "begin": begin}


def compute(calls: Sequence[Call]) -> list[Array]:
    """One function call each."""
    made = [prepare(call, 1)() for call in calls]
    return [one if call.bias is None else one + call.bias for call, one in zip(calls, made, strict=True)]


def prepare(call: Call, threads: int) -> Callable[[], Any]:
    """The filter, and its output cut to the image."""
    said = words(call)
    up, begin, end = said["up"], said["begin"], said["begin"] + call.shape[2]
    taps, signal = call.weights[0, 0], call.data[0, 0]
    return lambda: upfirdn(taps, signal, up=up)[None, None, begin:end]
