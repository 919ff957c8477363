"""The child process that runs Cython: loaded beforehand, it waits for the name of the module and for the folder that it lies in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from convt._derive import children


def start(folder: Path) -> subprocess.Popen[str]:
    """A translator, which loads what any translation needs, by way of files in this folder. Feed it ``told``."""
    return children.start(__name__, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")


def told(folder: Path, name: str) -> str:
    """What makes a translator write ``NAME.c`` beside ``NAME.pyx``."""
    return json.dumps([os.fspath(folder), name]) + "\n"


def main() -> int:
    """Translate what standard input tells, if anything; the number of errors."""
    Path("warm.pyx").write_text("cdef int warm(): return 0")
    translate("warm")  # loads what any translation needs, before the real source is ready
    if not (words := sys.stdin.readline()):
        return 0
    folder, name = json.loads(words)
    os.chdir(folder)
    return translate(name)


def translate(name: str) -> int:
    """Write ``NAME.c``; comments that repeat the .pyx would make it half as large again and help nobody."""
    from Cython.Compiler import Main

    main: Any = Main
    options = main.CompilationOptions(language_level=3, output_file=name + ".c", compiler_directives={"emit_code_comments": False})
    return int(main.compile([name + ".pyx"], options).num_errors)
