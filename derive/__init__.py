"""The mathematics: specs, lengths, the trilinear form, matrices, phases, statements, judges and theorems.

Importing this package is cheap: SymPy and the judges load when something that needs them is used.
"""

from __future__ import annotations

if __name__ == "derive":
    raise ImportError("this folder is convt._derive: import convt instead, so that no class exists twice")

from typing import TYPE_CHECKING, Any

from . import render, shown
from .errors import ArgumentError
from .spec import Axis, ConvSpec

if TYPE_CHECKING:
    from .derivation import Derivation
    from .form import TrilinearForm
    from .matrix import ConvMatrix
    from .statement import Statement

__all__ = ["ArgumentError", "Axis", "ConvMatrix", "ConvSpec", "Derivation", "Statement", "TrilinearForm"]

shown.hand_over(render.show)

_HOME = {"Derivation": "derivation", "TrilinearForm": "form", "ConvMatrix": "matrix", "Statement": "statement"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
