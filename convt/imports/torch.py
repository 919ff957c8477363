"""Layers of a PyTorch module: it runs once, and every convolution that it calls is seen, in modules and in functions.

It runs where its parameters are: one on the device ``meta`` takes neither memory nor time.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec, per_axis
from convt._derive.writing import beyond

from .factory import attempt, made, shape
from .found import Found, LeftOut, Model, dtype_of, plain

ORDER = {"conv": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
         "conv_transpose": ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")}
CALLS: dict[Any, str] = {getattr(torch.nn.functional, f"{name}{dims}d"): name for name in ORDER for dims in (1, 2, 3)}
"""Function -> map; those of ``torch`` are the same."""


def read(factory: str, inputs: Sequence[str]) -> Model:
    """The convolutions that a module calls for inputs of these shapes. Raises ``ArgumentError`` where it cannot be made or run."""
    shapes = [shape(text) for text in inputs]
    module = made("--torch", factory, torch.nn.Module)
    seen = _Seen(module.eval())
    like = next((one for one in module.parameters() if one.is_floating_point() or one.is_complex()), torch.empty(0))
    with ExitStack() as stack:
        for hook in (torch.nn.modules.module.register_module_forward_pre_hook(seen.enter),
                     torch.nn.modules.module.register_module_forward_hook(seen.leave, always_call=True)):
            stack.callback(hook.remove)
        stack.enter_context(torch.no_grad())
        stack.enter_context(seen)
        attempt("--input", ", ".join(inputs), "the module cannot be run with it",
                lambda: module(*(torch.zeros(one, dtype=like.dtype, device=like.device) for one in shapes)))
    different = {repr(layer): layer for layer in seen.layers}  # what is called again in the same way is the same layer
    return Model(factory, "torch", list(different.values()), [f"For inputs of {', '.join(inputs)}."])


class _Seen(TorchFunctionMode):
    """Sees every convolution that is called while a module runs; knows in which module that is."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.names = {id(one): name for name, one in module.named_modules()}
        self.within: list[torch.nn.Module] = []
        self.layers: list[Found | LeftOut] = []

    def enter(self, module: torch.nn.Module, arguments: Any) -> None:
        """A module begins."""
        self.within.append(module)

    def leave(self, module: torch.nn.Module, arguments: Any, output: Any) -> None:
        """A module ends."""
        if self.within and self.within[-1] is module:
            self.within.pop()

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        output = function(*arguments, **(named or {}))
        map_name = CALLS.get(function)
        if map_name is not None:
            given = dict(zip(ORDER[map_name], arguments, strict=False)) | (named or {})
            try:
                self.layers.append(_layer(self.name(function), map_name, given, output))
            except ArgumentError as error:
                self.layers.append(LeftOut(self.name(function), str(error)))
        return output

    def name(self, function: Any) -> str:
        """The name of the layer's module; of a function that another module calls, with its name."""
        module = self.within[-1] if self.within else None
        name = self.names.get(id(module), "") if module is not None else ""
        own = isinstance(module, torch.nn.modules.conv._ConvNd)
        return name if own and name else ".".join(filter(None, (name, function.__name__)))


def _layer(name: str, map_name: str, given: dict[str, Any], output: Any) -> Found:
    """One call. Raises ``ArgumentError`` where no spec can say it."""
    data, weight = given["input"], given["weight"]
    dims, groups = weight.dim() - 2, int(given.get("groups", 1))
    first, second = int(weight.shape[0]), int(weight.shape[1]) * groups
    kernel = tuple(map(int, weight.shape[2:]))
    s, d = (_axes(key, given.get(key, 1), dims, 1) for key in ("stride", "dilation"))
    if map_name == "conv":
        geometry: dict[str, Any] = {"config": str(ConvSpec(kernel, s, _crops(given.get("padding", 0), kernel, d), d))}
        channels = (second, first)
    else:
        words = {"stride": s, "padding": _axes("padding", given.get("padding", 0), dims, 0),
                 "output_padding": _axes("output_padding", given.get("output_padding", 0), dims, 0), "dilation": d}
        said = beyond(words, stride=1, padding=0, output_padding=0, dilation=1)
        geometry = {"torch": {"kernel_size": plain(kernel)} | {key: plain(value) for key, value in said.items()}}
        channels = (first, second)
    dtype, notes = dtype_of(str(weight.dtype).removeprefix("torch."))
    return Found(name, map_name, geometry, channels, groups, given.get("bias") is not None, dtype,
                 tuple(map(int, data.shape[-dims:])), tuple(map(int, output.shape[-dims:])), notes=notes)


def _axes(name: str, value: Any, dims: int, least: int) -> tuple[int, ...]:
    """One number an axis; PyTorch takes a list of one for all axes too."""
    return per_axis(name, value[0] if isinstance(value, tuple | list) and len(value) == 1 else value, dims, least)


def _crops(padding: Any, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> list[tuple[int, int]]:
    """(begin, end) an axis; SAME puts the larger half last."""
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return [(whole // 2, whole - whole // 2) for whole in total]
    return [(one, one) for one in _axes("padding", padding, len(kernel), 0)]
