"""Source text → shared object: Cython and the C compiler as subprocesses in a private folder.

The families of a kernel are C already: it is compiled, from the same text and in two parts, while Cython translates the rest.
"""

from __future__ import annotations

import re
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from convt._derive import children

from . import translate
from .errors import BuildError
from .probes import environment_in, passing
from .render import header
from .store import HEADER
from .target import Target
from .toolchain import Toolchain, abi

C_BLOCK = re.compile(r'^cdef extern from \*:\n    """\n(.*?)^    """$', re.DOTALL | re.MULTILINE)

PART = re.compile(r"^    #if defined\(PART\)(?: && PART != \d)*? && PART != ([1-9])$", re.MULTILINE)


def parts_of(source: str) -> list[int]:
    """The parts that the families of a source are compiled in, each beside the others."""
    return sorted(set(map(int, PART.findall(source))))


class Compiler:
    """Compiles one module. Created before the source is ready: loading Cython takes longer than using it.

    ``translators``: of those that were started already, one is taken.
    """

    def __init__(self, folder: Path, tools: Toolchain, target: Target, translators: list[subprocess.Popen[str]] | None = None) -> None:
        self.folder, self.tools, self.target = folder, tools, target
        self.cython = translators.pop() if translators else translate.start(folder)
        self.started = [self.cython]

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.started:
            children.end(process)

    def compile(self, name: str, source: str) -> Path:
        """Write ``name.pyx`` into the folder, compile it there, and return the shared object beside it."""
        library = self.folder / f"{name}{abi()}"
        (self.folder / HEADER).write_text(header(), encoding="utf-8")
        (self.folder / f"{name}.pyx").write_text(source, encoding="utf-8")
        (self.folder / "families.c").write_text("".join(C_BLOCK.findall(source)), encoding="utf-8")
        parts = {f"families{part}.o": ("-c", "families.c", f"-DPART={part}") for part in parts_of(source)}
        families = [self._start(*words, "-o", made) for made, words in parts.items()]
        words, _ = children.finish(self.cython, translate.told(self.folder.absolute(), name))
        if self.cython.returncode:
            raise _failure(f"cython {name}.pyx", self.cython.returncode, words)
        self._demand(*families, self._start("-DPART=0", "-c", f"{name}.c"), makes=(*parts, f"{name}.o"))
        self._demand(self._start(f"{name}.o", *parts, "-o", library.name), makes=(library.name,))
        for made in (f"{name}.c", f"{name}.o", "families.c", HEADER, *parts):
            (self.folder / made).unlink()
        return library

    def _start(self, *words: str) -> subprocess.Popen[str]:
        command = [*self.tools.command, *self.tools.flags(self.target), f"-I{sysconfig.get_paths()['include']}", *words]
        self.started.append(children.start_program(command, cwd=self.folder, env=environment_in(self.folder), stdin=subprocess.DEVNULL,
                                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace"))
        return self.started[-1]

    def _demand(self, *compilers: subprocess.Popen[str], makes: Sequence[str]) -> None:
        """Wait for all. Raises ``BuildError`` with the last words of the first that failed, or that made nothing."""
        said = [children.finish(compiler)[0] for compiler in compilers]
        for compiler, words, made in zip(compilers, said, makes, strict=True):
            if compiler.returncode or not (self.folder / made).exists():
                what = " ".join([*self.tools.command, *self.tools.flags(self.target), "for", made])
                raise _failure(what, compiler.returncode, words)


def _failure(what: str, status: int, words: str) -> BuildError:
    """One line where the machine is at fault, else the last words of the compiler."""
    if fault := passing(status, words):
        return BuildError(f"{what}: {fault}")
    return BuildError(f"{what} ended with {status}:\n" + "\n".join(words.strip().split("\n")[-25:]))
