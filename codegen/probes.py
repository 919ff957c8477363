"""Questions to a C compiler: does it answer as one, does it keep IEEE arithmetic, which flags does it take."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from convt._derive import children
from convt._derive.errors import ArgumentError

from .errors import BuildError, CompilerMissing

PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TMP", "TEMP", "LD_LIBRARY_PATH")
"""All that a compiler sees of the environment, besides CCACHE_*: neither CFLAGS, CPATH nor GCC_EXEC_PREFIX reach it."""
LOOSE_MACROS = {"__FAST_MATH__", "__ASSOCIATIVE_MATH__", "__RECIPROCAL_MATH__", "__NO_SIGNED_ZEROS__"}
LOOSE_FLAG = re.compile(
    r"-Ofast|-fast|-ffast-math|-funsafe-math-optimizations|-ffinite-math-only|-fassociative-math|-freciprocal-math|-fno-signed-zeros"
    r"|-fcx-(limited-range|fortran-rules)|-fcomplex-arithmetic=(?!full).*|-fsingle-precision-constant|-mrecip.*|-mdaz-ftz|-mno-ieee(-fp)?"
    r"|-mfpmath=.*387.*|-fno-honor-(nans|infinities)|-menable-(no-nans|no-infs|unsafe-fp-math)|-mreassociate|-fapprox-func"
    r"|-f?fp-model[= ](fast|aggressive).*|-fdenormal-fp-math(-f32)?=(?!ieee).*|-ffp-eval-method=(?!source).*|-ftz|-no-prec-(div|sqrt)"
    r"|-fimf-.*")
PASSING = re.compile(r"No space left|quota exceeded|signal terminated|Killed|Cannot allocate|memory exhausted|out of memory"
                     r"|Resource temporarily|Too many open files|annot create temporary", re.IGNORECASE)
GNU_C = """
#ifdef __cplusplus
#error "C as C++"
#endif
typedef float Lanes __attribute__((vector_size(16), aligned(4), may_alias));
typedef int Mask __attribute__((vector_size(16)));
static _Thread_local int count;
Lanes probe(const Lanes *x, long a, long b)
{
    long product;
    __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
    for (int i = __builtin_mul_overflow(a, b, &product); i < 1; ++i)
        if (x[i][2] > 0)
#ifdef __clang__
            return __builtin_shufflevector(x[0], x[1], 0, 4, 1, 5) * x[0];
#else
            return __builtin_shuffle(x[0], x[1], (Mask){0, 4, 1, 5}) * x[0];
#endif
    return x[2];
}
"""
"""All that generated code asks of a compiler beyond C11."""
OPENMP = """
#include <omp.h>
int probe(const int *x, int n) {
    int total = omp_get_max_threads() * 0;
    #pragma omp parallel for reduction(+:total)
    for (int i = 0; i < n; i++) total += x[i];
    return total;
}
"""
LOAD = "import ctypes, sys; ctypes.CDLL(sys.argv[1])"


def environment() -> dict[str, str]:
    """The environment of compilers."""
    kept = {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("CCACHE_")}
    return kept | {"LC_ALL": "C"}


def environment_in(folder: str | Path) -> dict[str, str]:
    """The environment of a compiler whose own temporary files, too, go with this folder: one that is killed leaves them."""
    return environment() | {"TMPDIR": os.fspath(folder)}


def ask(words: Sequence[str], folder: str | Path | None = None) -> tuple[int, str, str]:
    """(exit status, standard output, standard error) of a program. The files that it makes, temporary ones too, are in ``folder``."""
    process = children.start_program(words, cwd=folder or "/", env=environment_in(folder) if folder else environment(),
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace")
    said, complained = children.finish(process)
    return process.returncode, said, complained


def passing(status: int, words: str) -> str:
    """The line that speaks of a fault of the moment, such as a full disk or a killed process; empty if there is none."""
    found = [line.strip()[:300] for line in words.split("\n") if PASSING.search(line)]
    return found[0] if found else f"it was ended by signal {-status}" if status < 0 else ""


def macros(command: Sequence[str]) -> dict[str, str]:
    """What a compiler defines. Raises ``CompilerMissing`` for a program that does not answer as a C compiler."""
    status, said, complained = ask([*command, "-dM", "-E", "-x", "c", os.devnull])
    found = {words[1]: " ".join(words[2:]) for line in said.split("\n") if (words := line.split())[:1] == ["#define"] and words[1:]}
    if status or "__STDC__" not in found:
        last = (complained or said).strip().split("\n")[-1] or "nothing"
        raise CompilerMissing(f"CC={shlex.join(command)}: does not answer as a C compiler: asked for its macros (-dM -E), it ended with "
                              f"{status} and said {last[:200]}; unset CC or install one (Debian and Ubuntu: apt-get install gcc)")
    return found


def expansion(command: Sequence[str]) -> list[list[str]]:
    """The commands that a compiler runs itself, all flags spelled out; empty where it does not tell."""
    _, said, complained = ask([*command, "-###", "-S", "-x", "c", os.devnull, "-o", "-"])
    found = []
    for line in (said + "\n" + complained).split("\n"):
        try:
            words = shlex.split(line)
        except ValueError:
            continue
        if words and os.path.isabs(words[0]) and os.access(words[0], os.X_OK):
            found.append(words)
    return found


def demand_ieee(command: Sequence[str], defined: dict[str, str], expanded: Sequence[Sequence[str]]) -> None:
    """Raises ``ArgumentError`` for a compiler that was told to reorder sums, to lose NaN, Inf or signed zeros, or to round otherwise."""
    words = [*command, *(word for line in expanded for word in line)]
    pairs = [f"{first} {second}" for first, second in pairwise(words) if first in ("-fp-model", "-ffp-model")]
    loose = [word for word in [*words, *pairs] if LOOSE_FLAG.fullmatch(word)] + sorted(LOOSE_MACROS & set(defined))
    if defined.get("__FINITE_MATH_ONLY__", "0") != "0":
        loose.append("__FINITE_MATH_ONLY__")
    if defined.get("__FLT_EVAL_METHOD__", "0") in ("1", "2", "-1"):
        loose.append(f"__FLT_EVAL_METHOD__ {defined['__FLT_EVAL_METHOD__']}")
    if loose:
        raise ArgumentError("CC", shlex.join(command), f"{loose[0]} breaks IEEE arithmetic, on which NaN, Inf, signed zeros and the "
                            "rounding bounds of kernels rest; leave it out (icx needs -fp-model=precise)")


def takes(command: Sequence[str], flags: Sequence[str], source: str = "extern int probe;\n", load: bool = False) -> str:
    """Empty if a shared library is made with these flags (and loads), else the compiler's words.

    What it warns of it does not take; but there is nothing to warn of in ``source``, whatever ``$CC`` asks to be warned of.
    Raises ``BuildError`` for a fault that passes, such as a full disk: it says nothing about the compiler.
    """
    with tempfile.TemporaryDirectory(prefix="convt-probe-") as folder:
        Path(folder, "probe.c").write_text(source)
        status, said, complained = ask([*command, *flags, "-fPIC", "-shared", "-Werror", "probe.c", "-o", "probe.so"], folder)
        words = (said + complained).strip() or f"ended with {status}"
        if fault := passing(status, words):
            raise BuildError(f"{shlex.join(command)} could not be asked about {' '.join(flags)} now: {fault}")
        if status:
            return words
        if not Path(folder, "probe.so").exists():
            return "it made no file"
        return ask([children.interpreter(), "-I", "-S", "-c", LOAD, "./probe.so"], folder)[2].strip() if load else ""


def programs(command: Sequence[str], expanded: Sequence[Sequence[str]]) -> list[tuple[str, int, int]]:
    """(path, size, time) of every program and file that takes part: those named in the command, and those that really run."""
    parts = [part for word in command for part in {word, word.lstrip("@"), word.rpartition("=")[2], word[2:]}]
    tools = [ask([*command, f"-print-prog-name={name}"])[1].strip() for name in ("cc1", "as", "ld")]
    found = {}
    for name in [*parts, *tools, *(line[0] for line in expanded)]:
        path = os.path.realpath(shutil.which(name) or name) if name else ""
        if os.path.isfile(path):
            found[path] = signature(path)
    return [(path, *found[path]) for path in sorted(found)]


def signature(path: str) -> tuple[int, int]:
    """(size, time of change) of a file; (-1, -1) where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return -1, -1
    return status.st_size, status.st_mtime_ns
