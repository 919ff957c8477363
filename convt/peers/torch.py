"""PyTorch: ``torch.nn.functional``; gradients by ``torch.nn.grad``, and timed as the function that training calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import torch

from .call import Array, Call, CannotSay, Prepared, padded, said

NAME = "torch"
FUNCTIONAL: Any = torch.nn.functional
GRADIENT: Any = import_module("torch.nn.grad")


def words(call: Call) -> Mapping[str, Any]:
    """Arguments of the function. A forward convolution that pads unevenly has its image padded before, unless it says so itself."""
    if call.map in ("conv_transpose", "backward"):
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


def prepare(call: Call, threads: int, channels_last: bool = False, onednn: bool = True) -> Prepared:
    """In either layout; with oneDNN or with PyTorch's own loops."""
    dims, letters = call.spec.dims, {"conv": "xw", "conv_transpose": "uw", "conv_weight_gradient": "uxw", "backward": "xuw"}[call.map]
    if channels_last and dims == 1:
        raise CannotSay("no channels-last layout in 1-D")
    if call.map in ("conv", "conv_weight_gradient") and not call.symmetric:
        raise CannotSay("no padding that differs between the ends")
    layout = torch.contiguous_format if not channels_last else torch.channels_last if dims == 2 else torch.channels_last_3d
    # the function takes the weights beside their gradient, though it reads their shape only
    given = [np.zeros(call.shape, call.data.dtype) if array is None else array for array in (getattr(call, letter) for letter in letters)]
    tensors = [torch.from_numpy(array).contiguous(memory_format=layout) for array in given]
    torch.set_num_threads(threads)
    function, arguments = _function(call)

    def run() -> Any:
        torch.set_num_threads(threads)
        with torch.inference_mode(), torch.backends.mkldnn.flags(enabled=onednn):
            return function(*tensors, **arguments)

    return Prepared(run, lambda made: [np.asarray(one) for one in (made if isinstance(made, tuple) else (made,)) if one is not None])


def _function(call: Call) -> tuple[Any, Mapping[str, Any]]:
    """What computes the call, and its keywords: of a gradient, that by the weights and, for ``backward``, that by the features."""
    arguments, dims = words(call), call.spec.dims
    if call.map in ("conv", "conv_transpose"):
        return getattr(FUNCTIONAL, f"{call.map}{dims}d"), arguments
    both, said = call.map == "backward", {"stride": 1, "padding": 0, "dilation": 1, "output_padding": 0} | dict(arguments)
    lists = {name: [value] * dims if isinstance(value, int) else list(value) for name, value in said.items() if name != "groups"}
    return torch.ops.aten.convolution_backward, {**lists, "groups": call.groups, "bias_sizes": None, "transposed": both,
                                                 "output_mask": [both, True, False]}
