"""PyTorch: ``torch.nn.functional``, and ``torch.nn.grad`` for the gradient of weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import torch

from .call import Array, Call, CannotSay, padded, said

NAME = "torch"
FUNCTIONAL: Any = torch.nn.functional
GRADIENT: Any = import_module("torch.nn.grad")


def words(call: Call) -> Mapping[str, Any]:
    """Arguments of the function. A forward convolution that pads unevenly has its image padded before, unless it says so itself."""
    if call.map == "conv_transpose":
        return {**said("PyTorch", call), "groups": call.groups}
    if call.map == "conv" and call.own:
        return {**call.own, "groups": call.groups}
    padding = tuple(lo for lo, _ in call.spec.padding) if call.symmetric else 0
    return {"stride": call.spec.stride, "padding": padding, "dilation": call.spec.dilation, "groups": call.groups}


def compute(calls: Sequence[Call]) -> list[Array]:
    """One function call each."""
    return [np.asarray(_one(call)) for call in calls]


def _one(call: Call) -> Any:
    dims, arguments = call.spec.dims, words(call)
    if call.map == "conv_transpose":
        u, w, bias = map(_tensor, (call.u, call.w, call.bias))
        return getattr(FUNCTIONAL, f"conv_transpose{dims}d")(u, w, bias, **arguments)
    x = _tensor(call.data if call.symmetric or "same" in arguments.values() else padded(call))
    if call.map == "conv":
        return getattr(FUNCTIONAL, f"conv{dims}d")(x, _tensor(call.w), _tensor(call.bias), **arguments)
    return getattr(GRADIENT, f"conv{dims}d_weight")(x, call.shape, _tensor(call.u), **arguments)


def _tensor(array: Array | None) -> Any:
    return None if array is None else torch.from_numpy(array)


def prepare(call: Call, threads: int, channels_last: bool = False, onednn: bool = True) -> Callable[[], Any]:
    """In either layout; with oneDNN or with PyTorch's own loops."""
    arguments, dims = words(call), call.spec.dims
    if channels_last and dims == 1:
        raise CannotSay("no channels-last layout in 1-D")
    layout = torch.channels_last if dims == 2 else torch.channels_last_3d
    torch.set_num_threads(threads)
    features, weights = torch.from_numpy(call.data), torch.from_numpy(call.weights)
    if channels_last:
        features, weights = features.contiguous(memory_format=layout), weights.contiguous(memory_format=layout)
    function = getattr(FUNCTIONAL, f"conv_transpose{dims}d")

    def run() -> Any:
        torch.set_num_threads(threads)
        with torch.inference_mode(), torch.backends.mkldnn.flags(enabled=onednn):
            return function(features, weights, **arguments)

    return run
