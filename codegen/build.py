"""Source text → shared object: Cython and the C compiler as subprocesses in a private folder."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

from .errors import BuildError
from .target import Target
from .toolchain import Toolchain, abi

TRANSLATE = """
import sys
from Cython.Compiler.Main import CompilationOptions, compile
def translate(name):
    # comments that repeat the .pyx make the C half as large again and help nobody
    return compile([name + ".pyx"], CompilationOptions(language_level=3, output_file=name + ".c",
                   compiler_directives={"emit_code_comments": False})).num_errors
with open("warm.pyx", "w") as file:
    file.write("cdef int warm(): return 0")
translate("warm")  # loads what any translation needs, before the real source is ready
name = sys.stdin.readline().strip()
sys.exit(translate(name) if name else 0)
"""


class Compiler:
    """Compiles one module. Created before the source is ready: loading Cython takes longer than using it."""

    def __init__(self, folder: Path, tools: Toolchain, target: Target) -> None:
        self.folder, self.tools, self.target = folder, tools, target
        self.command = [sys.executable, "-c", TRANSLATE]
        self.cython = subprocess.Popen(self.command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True)

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *_: object) -> None:
        self.cython.kill()
        self.cython.communicate()

    def compile(self, name: str, source: str) -> Path:
        """Write ``name.pyx`` into the folder, compile it there, and return the shared object beside it."""
        c, library = self.folder / f"{name}.c", self.folder / f"{name}{abi()}"
        (self.folder / f"{name}.pyx").write_text(source, encoding="utf-8")
        words, _ = self.cython.communicate(name + "\n")
        if self.cython.returncode:
            raise BuildError(f"cython {name}.pyx ended with {self.cython.returncode}:\n{_last_lines(words)}")
        command = [*self.tools.command, *self.tools.flags(self.target), f"-I{sysconfig.get_paths()['include']}",
                   c.name, "-o", library.name]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode:
            raise BuildError(f"{' '.join(command)} ended with {done.returncode}:\n{_last_lines(done.stdout + done.stderr)}")
        c.unlink()
        return library


def _last_lines(words: str) -> str:
    return "\n".join(words.strip().split("\n")[-25:])
