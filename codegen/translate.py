"""The child process that runs Cython: loaded beforehand, it waits for the name of the module in the current folder."""

from __future__ import annotations

import sys
from typing import Any

from Cython.Compiler import Main


def main() -> int:
    """Translate ``NAME.pyx`` for the name on standard input; the number of errors."""
    with open("warm.pyx", "w") as file:
        file.write("cdef int warm(): return 0")
    translate("warm")  # loads what any translation needs, before the real source is ready
    name = sys.stdin.readline().strip()
    return translate(name) if name else 0


def translate(name: str) -> int:
    """Write ``NAME.c``; comments that repeat the .pyx would make it half as large again and help nobody."""
    main: Any = Main
    options = main.CompilationOptions(language_level=3, output_file=name + ".c", compiler_directives={"emit_code_comments": False})
    return int(main.compile([name + ".pyx"], options).num_errors)
