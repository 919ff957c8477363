"""What a user's MODULE:FACTORY makes, and what may go wrong on the way: one error with its first line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from convt._derive.errors import ArgumentError, one_line

SIZE = 1 << 32  # elements of one input


def made(option: str, factory: str, kind: type) -> Any:
    """The model that MODULE:FACTORY names, or makes; the current folder is looked into, as by ``python -m``. Raises ``ArgumentError``."""
    model = attempt(option, factory, "cannot be made", lambda: _made(option, factory, kind))
    if not isinstance(model, kind):
        name = f"{kind.__module__.partition('.')[0]}.{'nn.' if kind.__module__.startswith('torch') else ''}{kind.__name__}"
        raise ArgumentError(option, factory, f"must be a {name}, or make one; it is a {type(model).__name__}")
    return model


def _made(option: str, factory: str, kind: type) -> Any:
    name, _, attribute = factory.partition(":")
    if not name or not attribute:
        raise ArgumentError(option, factory, "must be MODULE:FACTORY", "models:unet")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    found: Any = import_module(name)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found if isinstance(found, kind) else found()


def attempt(argument: str, value: str, what: str, make: Callable[[], Any]) -> Any:
    """What the user's code makes. ``ArgumentError`` with the first line of whatever it raises."""
    try:
        return make()
    except ArgumentError:
        raise
    except Exception as error:
        said = next(iter(str(error).strip().splitlines()), "")
        raise ArgumentError(argument, value, f"{what}: {type(error).__name__}: {one_line(said)[:300]}") from error


def shape(text: str) -> tuple[int, ...]:
    """``1x3x224x224``. Raises ``ArgumentError``."""
    parts = text.split("x")
    if not all(part.isascii() and part.isdigit() and 0 < len(part) <= 9 and int(part) for part in parts):
        raise ArgumentError("--input", text, "must be whole numbers from 1 joined by x", "1x3x224x224")
    lengths = tuple(map(int, parts))
    count = 1
    for length in lengths:
        count *= length
    if count > SIZE:
        raise ArgumentError("--input", text, f"has {count} elements, and may have {SIZE}")
    return lengths
