"""Who is asked: a Python function or a program, in child processes with a time limit a case, so that nothing it does ends us."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from convt._derive.errors import ArgumentError

from .case import Case
from .function import Function
from .outcome import Outcome
from .program import Program


class Implementation(Protocol):
    """What answers cases."""

    def answer(self, case: Case) -> Outcome:
        """What it does with a case."""

    def close(self) -> None:
        """End it."""


@contextmanager
def opened(text: str, map_name: str = "conv_transpose", dtype: str = "float32", seconds: float = 10.0) -> Iterator[Implementation]:
    """``MODULE:FUNCTION``, or a program. ``ArgumentError`` where there is none, ``ToolMissing`` where it needs what is not installed."""
    module, colon, function = text.partition(":")
    if colon and not Path(text).exists():
        if not all(part.isidentifier() for part in (*module.split("."), *function.split("."))):
            raise ArgumentError("IMPLEMENTATION", text, "must be MODULE:FUNCTION, such as mylib.layers:conv_transpose, or a program")
        made: Implementation = Function(module, function, map_name, dtype, seconds)
    else:
        program = shutil.which(text)
        if program is None:
            raise ArgumentError("IMPLEMENTATION", text, "is a file that may not be executed; chmod +x it" if Path(text).is_file() else
                                "there is no such program, and a Python function is MODULE:FUNCTION")
        made = Program(program, dtype, seconds)
    try:
        yield made
    finally:
        made.close()
