"""Layers of a PyTorch module: it runs once, and every convolution that it calls is seen, in modules and in functions.

It runs where its parameters are: one on the device ``meta`` takes neither memory nor time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from convt._derive.errors import ArgumentError, one_line
from convt._derive.spec import ConvSpec, per_axis
from convt._derive.writing import beyond

from .found import Found, LeftOut, Model, dtype_of, plain

ORDER = {"conv": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
         "conv_transpose": ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")}
CALLS: dict[Any, str] = {getattr(torch.nn.functional, f"{name}{dims}d"): name for name in ORDER for dims in (1, 2, 3)}
"""Function -> map; those of ``torch`` are the same."""
SIZE = 1 << 32  # elements of one input


def read(factory: str, inputs: Sequence[str]) -> Model:
    """The convolutions that a module calls for inputs of these shapes. Raises ``ArgumentError`` where it cannot be made or run."""
    shapes = [_shape(text) for text in inputs]
    module = _attempt("--torch", factory, "cannot be made", lambda: _made(factory))
    if not isinstance(module, torch.nn.Module):
        raise ArgumentError("--torch", factory, f"must be a torch.nn.Module, or make one; it is a {type(module).__name__}")
    seen = _Seen(module.eval())
    like = next((one for one in module.parameters() if one.is_floating_point() or one.is_complex()), torch.empty(0))
    with ExitStack() as stack:
        for hook in (torch.nn.modules.module.register_module_forward_pre_hook(seen.enter),
                     torch.nn.modules.module.register_module_forward_hook(seen.leave, always_call=True)):
            stack.callback(hook.remove)
        stack.enter_context(torch.no_grad())
        stack.enter_context(seen)
        _attempt("--input", ", ".join(inputs), "the module cannot be run with it",
                 lambda: module(*(torch.zeros(shape, dtype=like.dtype, device=like.device) for shape in shapes)))
    different = {repr(layer): layer for layer in seen.layers}  # what is called again in the same way is the same layer
    return Model(factory, "torch", list(different.values()), [f"For inputs of {', '.join(inputs)}."])


def _made(factory: str) -> Any:
    """The module that MODULE:FACTORY names; the current folder is looked into, as by ``python -m``."""
    name, _, attribute = factory.partition(":")
    if not name or not attribute:
        raise ArgumentError("--torch", factory, "must be MODULE:FACTORY", "models:unet")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    found: Any = import_module(name)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found if isinstance(found, torch.nn.Module) else found()


def _attempt(argument: str, value: str, what: str, make: Callable[[], Any]) -> Any:
    """What the user's code makes. ``ArgumentError`` with the first line of whatever it raises."""
    try:
        return make()
    except ArgumentError:
        raise
    except Exception as error:
        said = next(iter(str(error).strip().splitlines()), "")
        raise ArgumentError(argument, value, f"{what}: {type(error).__name__}: {one_line(said)[:300]}") from error


def _shape(text: str) -> tuple[int, ...]:
    """``1x3x224x224``."""
    parts = text.split("x")
    if not all(part.isascii() and part.isdigit() and 0 < len(part) <= 9 and int(part) for part in parts):
        raise ArgumentError("--input", text, "must be whole numbers from 1 joined by x", "1x3x224x224")
    shape = tuple(map(int, parts))
    count = 1
    for length in shape:
        count *= length
    if count > SIZE:
        raise ArgumentError("--input", text, f"has {count} elements, and may have {SIZE}")
    return shape


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
