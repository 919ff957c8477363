"""convt: derive it, prove it, generate it. The front door; see ``convt --help`` and the README.

    import convt
    y = convt.conv_transpose(u, w, stride=2, padding=1)     # compiled, checked, exact about its shapes
    proof = convt.derive("2d_k4s2p1")                       # lengths, matrix, theorems with verdicts
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec

if TYPE_CHECKING:
    from convt._derive.solving import solve

    from . import claims as claims
    from . import dialects as dialects
    from . import torch as torch
    from .analysis import analyse
    from .api import build, conv, conv_transpose, conv_weight_gradient, derive, kernel
    from .fusing import fuse, unfuse
    from .gradients import conv_backward, conv_transpose_backward
    from .resampling import resample
    from .streaming import stream

__version__ = "0.1.0"
__all__ = ["ArgumentError", "ConvSpec", "analyse", "build", "conv", "conv_backward", "conv_transpose", "conv_transpose_backward",
           "conv_weight_gradient", "derive", "fuse", "kernel", "resample", "solve", "stream", "unfuse"]
HOME = {"analyse": "convt.analysis", "conv_backward": "convt.gradients", "conv_transpose_backward": "convt.gradients",
        "fuse": "convt.fusing", "resample": "convt.resampling", "solve": "convt._derive.solving", "stream": "convt.streaming",
        "unfuse": "convt.fusing"}
"""Public name -> the module that has it; all others are in ``convt.api``."""
MODULES = ("claims", "dialects", "torch")  # imported when they are asked for


def __dir__() -> list[str]:
    """What TAB and ``help`` show: the functions too, which are imported when they are used."""
    modules = [name for name in MODULES if name != "torch" or name in sys.modules]  # ``help`` imports what is shown here
    return sorted([name for name in globals() if name.startswith("__")] + __all__ + modules)


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return import_module(f"convt.{name}")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(HOME.get(name, "convt.api")), name)
