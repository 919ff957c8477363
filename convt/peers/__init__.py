"""Libraries that compute the same maps, and how each is called: one file a library, imported when it is asked for.

A file has ``NAME``; ``words(call)``, the call in the library's own words or ``CannotSay``; ``compute(calls)``, what the
library computes, channels first, all of them in as few models as it can; and ``prepare(call, threads)``, a function
without arguments that computes one call with warm buffers, and does nothing else.
``convt check`` and ``convt conformance`` compare with ``compute``; ``convt bench`` times what ``prepare`` returns.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from .call import Array, Call, Prepared

DISTRIBUTIONS = {"torch": ("torch",), "onnxruntime": ("onnxruntime", "onnx"), "jax": ("jax", "jaxlib"),
                 "tensorflow": ("tensorflow-cpu", "tensorflow"), "openvino": ("openvino",)}
"""Library -> the packages that it may come in."""


class Library(Protocol):
    """What a file of this package has."""

    NAME: str

    def words(self, call: Call) -> Mapping[str, Any]:
        """The call in the library's words. ``CannotSay`` names the rule that leaves it without."""

    def compute(self, calls: Sequence[Call]) -> list[Array]:
        """What the library makes of each call. Raises whatever it raises."""

    def prepare(self, call: Call, threads: int) -> Prepared:
        """One call, ready to be timed. Weights are constant, unless their gradient is computed too."""


def library(name: str) -> Library:
    """The file of a library. Raises ``ModuleNotFoundError`` where the library is not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    return cast(Library, import_module(f"{__name__}.{name}"))
