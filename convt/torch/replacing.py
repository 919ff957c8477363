"""``replace``: the convolutions of a model become convt's, where they stand."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch.nn.utils import parametrize

from convt._codegen.elements import TYPES
from convt._derive.errors import ArgumentError

from .modules import MODULES


class Replaced(NamedTuple):
    """What ``replace`` did. Names are those of ``named_modules``; that of the module itself is empty."""

    module: torch.nn.Module
    taken: tuple[str, ...]
    left: dict[str, str]
    """Name -> why it stays PyTorch's."""


def replace(module: torch.nn.Module) -> Replaced:
    """Let convt compute the convolutions of a model. The model is changed in place; its parameters stay the same objects.

    Parameters, buffers, hooks, parametrizations and names stay, so optimizers, state dicts and tied weights stay good. Subclasses of
    PyTorch's modules, which may compute something else, types that no kernel has, and other devices than the CPU are left; so are
    convolutions that a model calls as functions. Raises ``ArgumentError`` for what is no module.
    """
    if not isinstance(module, torch.nn.Module):
        raise ArgumentError("module", type(module).__name__, "must be a torch.nn.Module")
    taken, left = [], {}
    for name, one in module.named_modules():
        if not isinstance(one, torch.nn.modules.conv._ConvNd) or isinstance(one, tuple(MODULES.values())):
            continue
        if reason := _reason(one):
            left[name] = reason
            continue
        one.__class__ = _ours(one)
        taken.append(name)
    return Replaced(module, tuple(taken), left)


def _ours(module: torch.nn.Module) -> Any:
    """Our class for a module; parametrizations are properties of a class that the module has for itself."""
    found, made = type(module), MODULES[_base(module)]
    return made if found in MODULES else type(found.__name__, (made,), {
        name: value for name, value in vars(found).items() if name not in ("__dict__", "__weakref__")})


def _base(module: torch.nn.Module) -> type[torch.nn.Module]:
    """The class that a module has, or had before it was parametrized."""
    return type(module).__bases__[0] if parametrize.is_parametrized(module) else type(module)


def _reason(module: torch.nn.Module) -> str | None:
    """Why a convolution cannot be taken."""
    if _base(module) not in MODULES:
        return f"{type(module).__module__}.{type(module).__qualname__} is a class of its own, which may compute something else"
    if "forward" in vars(module):
        return "its forward was replaced"
    for name, value in module.named_parameters():
        if (dtype := str(value.dtype).removeprefix("torch.")) not in TYPES:
            return f"{name} is {dtype}, and kernels have {', '.join(TYPES)}"
        if value.device.type not in ("cpu", "meta"):
            return f"{name} is on {value.device}, and kernels run on the CPU"
    return None
