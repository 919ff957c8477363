"""The plain C of a kernel beside the kernel that was checked: the same bits, family by family, at the sizes that the checks visit.

Both are called in a child process: a crash is a failed check, not a crash of the caller.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convt._derive import ConvSpec, children

from ..cases import Case
from ..errors import BuildError, CheckFailed
from ..guard import Guarded
from ..plan import KernelPlan
from ..probes import environment_in
from ..toolchain import Toolchain
from ..verify import ENVIRONMENT, SECONDS, describe
from .library import PACKED, WEIGHTS, Library, Memory, numbers, same_bits

if TYPE_CHECKING:
    from ..kernel import Kernel

WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Werror")
MOST_MACS = 1 << 22  # of a case
THREADS = (1, 2)


def hold(kernel: Kernel, plan: KernelPlan, sources: Mapping[str, str], tools: Toolchain) -> int:
    """Compile the plain C of a kernel as the kernel was, and compare; the number of calls. Raises ``BuildError``, ``CheckFailed``."""
    with tempfile.TemporaryDirectory(prefix="convt-c-") as folder:
        for name, text in sources.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        flags = [flag for flag in tools.flags(kernel.problem.processor) if flag not in ("-w", "-std=gnu11", "-fvisibility=hidden")]
        compile_c(folder, [*tools.command, *flags, *WARNINGS, "-DWORTH_THREADS=0", f"{kernel.name}.c", "-o", "plain.so"])
        library = kernel.entry.library.name
        Path(folder, library).write_bytes(kernel.entry.read(library))
        task = describe(plan, THREADS if tools.openmp else (1,)) | {"module": kernel.entry.module, "library": library}
        child = children.start(f"{__package__}.check", cwd=folder, env=dict(os.environ) | ENVIRONMENT, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said, complained = children.finish(child, json.dumps(task), SECONDS)
        if child.returncode < 0:
            last = complained.strip().rpartition("\n")[2]
            raise CheckFailed(f"{kernel.name}.c: {signal.Signals(-child.returncode).name} during {last}")
        if child.returncode:
            raise CheckFailed(f"{kernel.name}.c: {said.strip() or complained.strip()[-2000:]}")
        return int(said)


def compile_c(folder: str, words: list[str]) -> None:
    """Run a compiler there. Raises ``BuildError``."""
    child = children.start_program(words, cwd=folder, env=environment_in(folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, errors="replace")
    said, _ = children.finish(child)
    if child.returncode:
        raise BuildError(f"{' '.join(words)} ended with {child.returncode}:\n" + "\n".join(said.strip().split("\n")[-25:]))


class Differs(Exception):
    """What the two do not agree about."""


class Both:
    """The module and the library of one kernel. ``task``: the kernel as plain data."""

    def __init__(self, task: dict[str, Any], folder: Path) -> None:
        spec = spec_from_loader(task["module"], ExtensionFileLoader(task["module"], str(folder / task["library"])))
        if spec is None or spec.loader is None:
            raise Differs("no module")
        self.module = module_from_spec(spec)
        spec.loader.exec_module(self.module)
        self.name, self.spec, self.dtype = task["name"], ConvSpec.parse(task["spec"]), np.dtype(task["dtype"])
        self.last, self.filter = task["channels_last"], task["filter"]
        self.library = Library(str(folder / "plain.so"), task["name"], task["map"], self.spec.dims)
        self.roles, self.calls = self.library.roles, 0

    def compare(self, family: str, case: Case, turn: int, threads: list[int], rng: Any) -> None:
        """One case: weights as they are and packed, on each number of threads; finite numbers, and some that are not."""
        sizes = (case.batch, case.features, case.images, case.groups, case.feature, case.image)
        costs = self.module.costs(self.name, *sizes)
        number, shapes = list(costs).index(family), case.shapes(self.spec)
        given = {letter: self._laid_out(letter, numbers(rng, shapes[letter], self.dtype)) for letter in self.roles.reads}
        if self.filter is not None:
            given["w"][...] = np.array(self.filter["values"]).reshape(self.spec.kernel)
        if turn % 3 == 2 and self.dtype.kind != "i":
            flat = given[self.roles.fed].reshape(-1)
            flat[0], flat[-1] = np.nan, np.inf
        channels = {"u": case.features, "x": case.images}.get(self.roles.gives)
        bias = numbers(rng, (channels,), self.dtype) if channels and turn % 2 else None
        wanted = np.full(self._laid_out(self.roles.gives, np.empty(shapes[self.roles.gives], np.bool_)).shape, 77, self.dtype)
        getattr(self.module, self.name)(*(given[letter] for letter in self.roles.reads), bias, wanted, case.groups, 1, family, None, True)
        for count in threads:
            self._hold(sizes, number, family, given | {"bias": bias}, wanted, count, WEIGHTS, turn)
        if (length := self.module.packed_length(self.name, *sizes[1:4], family)) and self.library.packs:
            packed = self._packed(sizes, number, family, given["w"], length)
            both = given | {"bias": bias, "packed": packed}
            self._hold(sizes, number, family, both, wanted, threads[turn % len(threads)], WEIGHTS | PACKED, turn)

    def _packed(self, sizes: tuple[Any, ...], number: int, family: str, w: Any, length: int) -> Any:
        """The packed weights, which are those of the module."""
        wanted, packed = np.empty(length, self.dtype), Guarded((length,), self.dtype, True, "nan")
        self.module.pack(self.name, w, wanted, sizes[3], family, 1, True)
        result, size, scratch = self.library.pack_size(sizes, number)
        self._demand(result == "DONE" and size == wanted.nbytes, family, sizes, f"pack_size is {result}, {size} bytes")
        result = self.library.pack(sizes, number, w, packed.array, Memory(scratch))
        good = result == "DONE" and packed.intact() and same_bits(packed.array, wanted)
        self._demand(good, family, sizes, f"packed weights differ: {result}")
        return packed.array

    def _hold(self, sizes: tuple[Any, ...], number: int, family: str, given: dict[str, Any], wanted: Any, threads: int, kind: int,
              turn: int) -> None:
        out = Guarded(wanted.shape, self.dtype, turn % 2 == 0, "huge")
        result, size = self.library.scratch_size(sizes, number, threads, kind)
        if result == "DONE":
            memory = Memory(size, ("nan", "huge")[turn % 2])
            result = self.library.run(sizes, number, given | {self.roles.gives: out.array}, threads, memory)
        self.calls += 1
        what = f"{threads} threads, {'packed' if kind & PACKED else 'not packed'}, {size} bytes of scratch memory"
        self._demand(result == "DONE", family, sizes, f"{result}, {what}")
        self._demand(out.intact(), family, sizes, f"wrote beside its result, {what}")
        self._demand(same_bits(out.array, wanted), family, sizes, f"other bits than the module, {what}")

    def _demand(self, good: bool, family: str, sizes: tuple[Any, ...], what: str) -> None:
        if not good:
            raise Differs(f"family {family}, (batch, features, images, groups, m, n) = {sizes}: {what}")

    def _laid_out(self, letter: str, array: Any) -> Any:
        return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if self.last and letter != "w" else array


def compared(rows: list[dict[str, Any]], spec: ConvSpec) -> list[Case]:
    """The cases of a family that take little time; its smallest where none does, so that none is handed out without a comparison."""
    cases = [Case.of(row) for row in rows]
    return [case for case in cases if not case.thin and case.macs(spec) <= MOST_MACS] or [min(cases, key=lambda case: case.macs(spec))]


def main() -> int:
    """Compare for the task on standard input; the number of calls, or one line about what differs."""
    task, rng, turn = json.load(sys.stdin), np.random.default_rng(7), 0
    try:
        both = Both(task, Path.cwd())
        for family, rows in task["cases"].items():
            for case in compared(rows, both.spec):
                print(f"family {family} {case}", file=sys.stderr, flush=True)
                both.compare(family, case, turn, task["threads"], rng)
                turn += 1
    except Differs as differs:
        print(differs)
        return 1
    print(both.calls)
    return 0
