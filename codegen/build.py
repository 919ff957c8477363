"""Source text → shared object: Cython and the C compiler as subprocesses in a private folder.

The families of a kernel are C already: it is compiled, from the same text, while Cython translates the rest.
"""

from __future__ import annotations

import re
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

C_BLOCK = re.compile(r'^cdef extern from \*:\n    """\n(.*?)^    """$', re.DOTALL | re.MULTILINE)


class Compiler:
    """Compiles one module. Created before the source is ready: loading Cython takes longer than using it."""

    def __init__(self, folder: Path, tools: Toolchain, target: Target) -> None:
        self.folder, self.tools, self.target = folder, tools, target
        self.command = [sys.executable, "-c", TRANSLATE]
        self.cython = subprocess.Popen(self.command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True)
        self.started = [self.cython]

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.started:
            with process:  # closes its pipes and waits
                process.kill()

    def compile(self, name: str, source: str) -> Path:
        """Write ``name.pyx`` into the folder, compile it there, and return the shared object beside it."""
        library = self.folder / f"{name}{abi()}"
        (self.folder / f"{name}.pyx").write_text(source, encoding="utf-8")
        text = "#define C_ONLY\n#include <Python.h>\n" + "".join(C_BLOCK.findall(source))
        (self.folder / "families.c").write_text(text, encoding="utf-8")
        families = self._start("-c", "families.c")
        words, _ = self.cython.communicate(name + "\n")
        if self.cython.returncode:
            raise BuildError(f"cython {name}.pyx ended with {self.cython.returncode}:\n{_last_lines(words)}")
        self._demand(families, self._start("-DC_BESIDE", "-c", f"{name}.c"))
        self._demand(self._start(f"{name}.o", "families.o", "-o", library.name))
        for made in (f"{name}.c", f"{name}.o", "families.c", "families.o"):
            (self.folder / made).unlink()
        return library

    def _start(self, *words: str) -> subprocess.Popen[str]:
        command = [*self.tools.command, *self.tools.flags(self.target), f"-I{sysconfig.get_paths()['include']}", *words]
        self.started.append(subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                             stderr=subprocess.STDOUT, text=True))
        return self.started[-1]

    @staticmethod
    def _demand(*compilers: subprocess.Popen[str]) -> None:
        """Wait for all. Raises ``BuildError`` with the last words of the first that failed."""
        words = [compiler.communicate()[0] for compiler in compilers]
        for compiler, said in zip(compilers, words, strict=True):
            if compiler.returncode:
                assert isinstance(compiler.args, list)
                raise BuildError(f"{' '.join(map(str, compiler.args))} ended with {compiler.returncode}:\n{_last_lines(said)}")


def _last_lines(words: str) -> str:
    return "\n".join(words.strip().split("\n")[-25:])
