"""One file a theorem, each with ``theorem(spec) -> Theorem``. Files are found by name; nothing is registered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from pkgutil import iter_modules

from ..spec import ConvSpec
from ..theorem import Theorem


def theorems(only: Sequence[int] = ()) -> tuple[Callable[[ConvSpec], Theorem], ...]:
    """The ``theorem(spec)`` functions of all files ``tNN_title`` here, or of the numbers ``only``."""
    names = [name for number, name in files().items() if not only or number in only]
    return tuple(_about(import_module(f"{__name__}.{name}").theorem) for name in names)


def _about(make: Callable[[ConvSpec], Theorem]) -> Callable[[ConvSpec], Theorem]:
    """The same, and the theorem says which axes it is about."""
    @wraps(make)
    def made(spec: ConvSpec) -> Theorem:
        theorem = make(spec)
        object.__setattr__(theorem, "axes", spec.axes)  # nothing that is checked when it is made
        return theorem

    return made


def files() -> dict[int, str]:
    """Number → name of the file, ascending."""
    return {int(name[1:3]): name for name in sorted(info.name for info in iter_modules(__path__))}
