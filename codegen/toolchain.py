"""The compilers at hand: which C compiler, which Cython, which flags. Asked once, remembered in the store."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .errors import CompilerMissing
from .target import Target, like_host

OPTIMIZATION = ("-O1", "-fexpensive-optimizations", "-fcaller-saves")
"""Of gcc: the two passes of -O2 that tiles need. Kernels run as fast as at -O2 (measured on 27 layers, docs/design.md), and
compile in two thirds of the time."""
BASE_FLAGS = ("-ftree-vectorize", "-fno-tree-loop-distribute-patterns", "-fPIC", "-shared", "-fwrapv",
              "-fno-strict-aliasing", "-fvisibility=hidden")


@dataclass(frozen=True)
class Toolchain:
    """A C compiler with what was found out about it. ``macros`` are those of ``-march=native`` that matter here."""

    command: tuple[str, ...]
    version: str
    machine: str
    macros: frozenset[str]
    openmp: bool
    native: bool
    cython: str

    def flags(self, target: Target) -> tuple[str, ...]:
        """All flags for a target. Never ``-ffast-math``."""
        machine = target.flags if target.name != "host" or self.native else ()
        optimization = ("-O2",) if "clang" in self.version else OPTIMIZATION
        return (*optimization, *BASE_FLAGS, *machine, *self.shape(target).tune, *(("-fopenmp",) if self.openmp else ()))

    def shape(self, target: Target) -> Target:
        """The profile that decides tile shapes: the target's own, or for ``host`` the named one that fits."""
        return like_host(self.macros) if target.name == "host" else target

    def key(self, target: Target) -> str:
        """Everything about compiling that the result depends on, as one line of text."""
        cpu = ",".join(sorted(self.macros)) + _processor() if target.name == "host" else ""
        return "|".join((self.version, self.machine, " ".join(self.flags(target)), cpu, self.cython, abi()))


def abi() -> str:
    """Tag of this Python's extension modules."""
    return str(sysconfig.get_config_var("EXT_SUFFIX"))


def compiler_command() -> tuple[str, ...]:
    """``$CC`` if set, else the first of cc, gcc, clang. Raises ``CompilerMissing`` with the cure."""
    asked = os.environ.get("CC", "").strip()
    if asked:
        command = tuple(shlex.split(asked))
        if shutil.which(command[0]) is None:
            raise CompilerMissing(f"CC={asked!r}: no such program; unset CC or install it "
                                  "(Debian and Ubuntu: apt-get install gcc)")
        return command
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return (name,)
    raise CompilerMissing("no C compiler found (looked for $CC, cc, gcc, clang); on Debian and Ubuntu: "
                          "apt-get install gcc python3-dev. engine='reference' works without one")


def toolchain(memory: Path | None = None) -> Toolchain:
    """The toolchain, from ``memory`` (a folder) if the same compiler file was asked before. Raises ``CompilerMissing``."""
    command = compiler_command()
    program = Path(shutil.which(command[0]) or command[0]).resolve()
    status = program.stat()
    try:
        cython = version("cython")
    except PackageNotFoundError:
        raise CompilerMissing("Cython is not installed: pip install cython") from None
    identity = json.dumps([command, str(program), status.st_size, status.st_mtime_ns, cython, _processor(), abi()])
    note = memory / f"toolchain-{hashlib.sha256(identity.encode()).hexdigest()[:24]}.json" if memory else None
    if note is not None and note.exists():
        try:
            known = json.loads(note.read_text())
            return Toolchain(tuple(known["command"]), known["version"], known["machine"], frozenset(known["macros"]),
                             known["openmp"], known["native"], known["cython"])
        except (ValueError, KeyError, OSError):
            pass
    found = _ask(command, cython)
    if note is not None:
        _write_atomically(note, json.dumps(asdict(found) | {"macros": sorted(found.macros)}, indent=1))
    return found


def _ask(command: tuple[str, ...], cython: str) -> Toolchain:
    headers = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not headers.exists():
        raise CompilerMissing("the Python headers (Python.h) are missing; on Debian and Ubuntu: apt-get install python3-dev")
    text = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False).stdout.split("\n")[0]
    machine = subprocess.run([*command, "-dumpmachine"], capture_output=True, text=True, check=False).stdout.strip()
    native = subprocess.run([*command, "-march=native", "-dM", "-E", "-x", "c", os.devnull], capture_output=True,
                            text=True, check=False)
    wanted = ("__AVX", "__FMA__", "__SSE", "__ARM_NEON", "__F16C__")
    macros = frozenset(word for line in native.stdout.split("\n") for word in line.split()[1:2]
                       if word.startswith(wanted))
    return Toolchain(command, text, machine, macros, _links(command, "-fopenmp"), native.returncode == 0, cython)


def _links(command: tuple[str, ...], flag: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="convt-") as folder:
        source = Path(folder, "probe.c")
        source.write_text("#include <omp.h>\nint probe(void) { return omp_get_max_threads(); }\n")
        line = [*command, flag, "-shared", "-fPIC", str(source), "-o", str(Path(folder, "probe.so"))]
        return subprocess.run(line, capture_output=True, check=False).returncode == 0


def _processor() -> str:
    """Model and feature flags of this processor, hashed: kernels built for it are not for another."""
    try:
        with open("/proc/cpuinfo") as file:
            lines = [line for line in file.read().split("\n\n")[0].split("\n")
                     if line.startswith(("vendor_id", "cpu family", "model", "flags", "Features", "CPU "))]
    except OSError:
        lines = list(os.uname())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _write_atomically(path: Path, text: str) -> None:
    """Best effort: what cannot be remembered is asked again."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="new-")
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError:
        pass


def describe() -> str:
    """One line for people: compiler, Cython, Python."""
    try:
        found = toolchain()
    except CompilerMissing as error:
        return str(error)
    shape = like_host(found.macros)
    return f"{found.version}; Cython {found.cython}; Python {sys.version.split()[0]}; host like {shape.name}"


