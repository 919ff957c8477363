"""SciPy: ``upfirdn`` filters one channel of one axis, and takes or leaves every so many values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.signal import upfirdn

from .call import Array, Call, CannotSay, Prepared

NAME = "scipy"


def words(call: Call) -> Mapping[str, Any]:
    """The step up or down, zeros before the taps, and where the wanted values begin in what the filter makes."""
    spec = call.spec
    one = call.map in ("conv", "conv_transpose") and (spec.dims, *call.data.shape[:2], *call.shape[:2]) == (1,) * 5
    if not one or spec.dilation != (1,):
        raise CannotSay("upfirdn filters one channel of one axis")
    (begin, _), (step,), (taps,), length = spec.padding[0], spec.stride, spec.kernel, call.data.shape[2]
    if call.map == "conv":  # zeros, so that the first value is one of those that the filter takes
        zeros = (begin - taps + 1) % step
        begin, made = (taps - 1 - begin + zeros) // step, (length + taps + zeros - 2) // step + 1
        arguments = {"down": step, "zeros": zeros, "begin": begin}
    else:
        made = step * (length - 1) + taps
        arguments = {"up": step, "zeros": 0, "begin": begin}
    if begin < 0 or begin + call.shape[2] > made:
        raise CannotSay("upfirdn gives no zeros beyond its output")
    return arguments


def compute(calls: Sequence[Call]) -> list[Array]:
    """One function call each."""
    made = [prepare(call, 1).run() for call in calls]
    return [one if call.bias is None else one + call.bias for call, one in zip(calls, made, strict=True)]


def prepare(call: Call, threads: int) -> Prepared:
    """The filter, and its output cut to what is wanted."""
    said = dict(words(call))
    begin, zeros = said.pop("begin"), said.pop("zeros")
    end, signal, taps = begin + call.shape[2], call.data[0, 0], call.weights[0, 0]
    taps = taps if call.map == "conv_transpose" else np.concatenate([np.zeros(zeros, taps.dtype), taps[::-1]])
    return Prepared(lambda: upfirdn(taps, signal, **said)[None, None, begin:end], lambda made: [made])
