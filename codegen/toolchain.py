"""The compilers at hand: which C compiler, which Cython, which flags. Asked once, remembered in the store."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from convt._derive import children
from convt._derive.errors import ArgumentError

from . import probes
from .errors import CompilerMissing, Failure
from .private import Damaged, read, write
from .target import AVX512, TARGETS, Target, like_host

OPTIMIZATION = ("-O1", "-fexpensive-optimizations", "-fcaller-saves")
"""Of gcc: the two passes of -O2 that tiles need. Kernels run as fast as at -O2 (measured on 27 layers, docs/design.md), and
compile in two thirds of the time."""
OPTIONAL = ("-ftree-vectorize", "-fno-tree-loop-distribute-patterns")
"""Taken where the compiler knows them."""
REQUIRED = ("-std=gnu11", "-w", "-fPIC", "-shared", "-fwrapv", "-fno-strict-aliasing", "-fvisibility=hidden")
"""The dialect is named, and warnings are turned off, for a ``$CC`` with -std=c89, which would also forbid to contract a·b + c,
or with -Werror."""
MACHINES = tuple(dict.fromkeys(flag for target in TARGETS.values() if target.name != "host" for flag in (*target.flags, *target.tune)))
FORM = 4  # of the notes
COMPILERS = "kernels are GNU C, which gcc, clang and zig cc compile"


@dataclass(frozen=True)
class Toolchain:
    """A C compiler with what was found out about it.

    ``macros`` are those of ``-march=native`` that matter here, ``chosen`` and ``machines`` the flags that it was asked about and takes,
    ``programs`` what runs (path, size, time of change), ``expanded`` a digest of the commands that it runs itself.
    """

    command: tuple[str, ...]
    version: str
    machine: str
    macros: frozenset[str]
    openmp: bool
    native: bool
    cython: str
    chosen: tuple[str, ...] = (*OPTIMIZATION, *OPTIONAL)
    machines: tuple[str, ...] = MACHINES
    programs: tuple[tuple[str, int, int], ...] = ()
    expanded: str = ""

    def flags(self, target: Target) -> tuple[str, ...]:
        """All flags for a target. Never ``-ffast-math``. Raises ``CompilerMissing`` where the compiler does not know the target."""
        machine = target.flags if target.name != "host" or self.native else ()
        if unknown := [flag for flag in machine if target.name != "host" and flag not in self.machines]:
            raise CompilerMissing(f"CC={shlex.join(self.command)}: does not take {unknown[0]}, which target {target.name} needs; "
                                  "gcc 11 and clang 12 do, and later ones")
        tune = (flag for flag in self.shape(target).tune if flag in self.machines)
        return (*self.chosen, *REQUIRED, *machine, *tune, *(("-fopenmp",) if self.openmp else ()))

    def shape(self, target: Target) -> Target:
        """The profile that decides tile shapes: the target's own, or for ``host`` the named one that fits."""
        return like_host(self.macros) if target.name == "host" else target

    def demands(self, target: Target) -> tuple[str, ...]:
        """The macros without which source for a target must not be compiled: for ``host``, those of them that this host has."""
        return target.macros if target.name != "host" else tuple(macro for macro in AVX512 if macro in self.macros)

    def key(self, target: Target) -> str:
        """Everything about compiling that the result depends on, as one line of text."""
        cpu = ",".join(sorted(self.macros)) + _processor() if target.name == "host" else ""
        return "|".join((self.version, self.machine, " ".join(self.flags(target)), cpu, self.cython, abi(),
                         json.dumps([self.command[1:], self.programs, self.expanded])))


def abi() -> str:
    """Tag of this Python's extension modules."""
    return str(sysconfig.get_config_var("EXT_SUFFIX"))


def compiler_command() -> tuple[str, ...]:
    """``$CC`` if set, else the first of cc, gcc, clang. Raises ``CompilerMissing`` or ``ArgumentError`` with the cure."""
    asked = os.environ.get("CC", "").strip()
    if asked:
        try:
            command = tuple(shlex.split(asked))
        except ValueError as error:
            raise ArgumentError("CC", asked, f"cannot be split into words as a shell does: {str(error).lower()}") from None
        if not command or not all(command):
            raise ArgumentError("CC", asked, "has an empty word", shlex.join(word for word in command if word) or "cc")
        if os.path.isdir(command[0]):
            raise CompilerMissing(f"CC={asked!r}: {command[0]} is a folder, not a compiler")
        if (program := shutil.which(command[0])) is None:
            raise CompilerMissing(f"CC={asked!r}: no such program; unset CC or install it "
                                  "(Debian and Ubuntu: apt-get install gcc)")
        return command if os.path.isabs(program) else (os.path.abspath(program), *command[1:])  # it runs in other folders
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return (name,)
    raise CompilerMissing("no C compiler found (looked for $CC, cc, gcc, clang); on Debian and Ubuntu: "
                          "apt-get install gcc python3-dev. engine='reference' works without one")


def toolchain(memory: Path | None = None, meanwhile: Callable[[], None] = lambda: None) -> Toolchain:
    """The toolchain, from ``memory`` (a folder) if the same compiler was asked before; else ``meanwhile()`` is called beside.

    Raises ``CompilerMissing``; ``ArgumentError`` for a ``$CC`` that breaks a rule; ``BuildError`` for a fault that passes.
    """
    command = compiler_command()
    try:
        cython = version("cython")
    except PackageNotFoundError:
        raise CompilerMissing("Cython is not installed: pip install cython") from None
    files = [(name, probes.signature(name)) for word in command if (name := shutil.which(word) or word)]
    questions = [OPTIMIZATION, OPTIONAL, REQUIRED, MACHINES, probes.GNU_C, probes.OPENMP]  # an answer to others is none to these
    identity = json.dumps([FORM, questions, command, files, cython, _processor(), abi(), sorted(probes.environment().items())])
    note = memory / f"toolchain-{hashlib.sha256(identity.encode()).hexdigest()[:24]}.json" if memory else None
    if note is not None and (known := _remembered(note)) is not None:
        return known
    with children.helpers(1) as beside:  # whose failures come again when it matters
        beside.submit(meanwhile)
        found = _ask(command, cython)
    if note is not None:
        _remember(note, found)
    return found


def _ask(command: tuple[str, ...], cython: str) -> Toolchain:
    headers = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not headers.exists():
        raise CompilerMissing("the Python headers (Python.h) are missing; on Debian and Ubuntu: apt-get install python3-dev")
    defined = probes.macros(command)
    if words := probes.takes(command, REQUIRED, probes.GNU_C):
        if "C as C++" in probes.takes(command, ("-w",), probes.GNU_C):
            raise ArgumentError("CC", shlex.join(command), f"compiles C as C++; {COMPILERS}", _of_c(command))
        raise CompilerMissing(f"CC={shlex.join(command)}: cannot make a shared library with {' '.join(REQUIRED)} ({COMPILERS}): "
                              f"{_fault(words)}")
    chosen = _chosen(command, "__clang__" not in defined)
    native = not probes.takes(command, ("-march=native",))
    there = probes.macros([*command, "-march=native"]) if native else {}
    openmp = not probes.takes(command, (*REQUIRED, "-fopenmp"), probes.OPENMP, load=True)
    machines = _taken(command, MACHINES)
    expanded = probes.expansion([*command, *chosen])
    probes.demand_ieee(command, probes.macros([*command, *chosen]), expanded)
    if probes.takes(command, REQUIRED):  # what it refused above it may have refused for a reason that passes
        raise CompilerMissing(f"CC={shlex.join(command)}: took {' '.join(REQUIRED)} once, and then no more")
    wanted = ("__AVX", "__FMA__", "__SSE", "__ARM_NEON", "__F16C__")
    return Toolchain(command, probes.ask([*command, "--version"])[1].split("\n")[0], probes.ask([*command, "-dumpmachine"])[1].strip(),
                     frozenset(name for name in there if name.startswith(wanted)), openmp, native, cython, chosen, machines,
                     tuple(probes.programs(command, expanded)), hashlib.sha256(json.dumps(expanded).encode()).hexdigest())


def _of_c(command: Sequence[str]) -> str:
    """The C compiler that comes with one of C++."""
    return shlex.join(word.replace("clang++", "clang").replace("g++", "gcc").replace("c++", "cc") for word in command)


def _fault(words: str) -> str:
    """The first line in which a compiler speaks of an error, else its last."""
    lines = words.splitlines()
    return next((line for line in lines if "error:" in line), lines[-1])[:300]


def _chosen(command: Sequence[str], gcc: bool) -> tuple[str, ...]:
    """The flags that decide speed only, as far as the compiler takes them."""
    optimization = OPTIMIZATION if gcc and not probes.takes(command, OPTIMIZATION) else ("-O2",)
    return (*optimization, *_taken(command, OPTIONAL))


def _taken(command: Sequence[str], flags: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the flags that the compiler takes."""
    if not probes.takes(command, flags):
        return flags
    return tuple(flag for flag in flags if not probes.takes(command, (flag,)))


def _remembered(note: Path) -> Toolchain | None:
    """What was found out before, if the note is whole and the programs that run are still the same."""
    try:
        held = json.loads(read(note, 1 << 20))
        found = held["found"]
        if held["sha256"] != _digest(found) or any(probes.signature(path) != (size, time) for path, size, time in found["programs"]):
            return None
        return Toolchain(**{name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
                         | {"macros": frozenset(found["macros"]), "programs": tuple(map(tuple, found["programs"]))})
    except (OSError, Damaged, ValueError, KeyError, TypeError, RecursionError):
        return None


def _remember(note: Path, found: Toolchain) -> None:
    """Best effort: what cannot be remembered is asked again. What lies there and is no file goes out of the way."""
    data = json.loads(json.dumps(asdict(found) | {"macros": sorted(found.macros)}))
    with suppress(OSError):
        temporary = note.with_name(f"new-{secrets.token_hex(8)}")
        try:
            write(temporary, json.dumps({"sha256": _digest(data), "found": data}, indent=1).encode())
            if note.is_dir() and not note.is_symlink():
                os.rename(note, note.with_name(f"corrupt-{secrets.token_hex(8)}"))
            os.replace(temporary, note)
        finally:
            temporary.unlink(missing_ok=True)


def _digest(found: Any) -> str:
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def _processor() -> str:
    """Model and feature flags of this processor, hashed: kernels built for it are not for another."""
    try:
        with open("/proc/cpuinfo") as file:
            lines = [line for line in file.read().split("\n\n")[0].split("\n")
                     if line.startswith(("vendor_id", "cpu family", "model", "flags", "Features", "CPU "))]
    except OSError:
        lines = list(os.uname())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def describe() -> str:
    """One line for people: compiler, Cython, Python."""
    try:
        found = toolchain()
    except (ArgumentError, Failure) as error:
        return str(error)
    shape = like_host(found.macros)
    return f"{found.version}; Cython {found.cython}; Python {sys.version.split()[0]}; host like {shape.name}"


