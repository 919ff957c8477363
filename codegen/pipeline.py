"""The spine: from problems to kernels that may be called. Read it top to bottom.

    plan     decide(problem)        Problem -> KernelPlan      every choice, printable, frozen
    source   render(plan)           plan -> text               no decisions
    library  Compiler.compile       text -> shared object      in a private folder
    prove    prove_all(plans)       theorems -> verdicts       for all sizes, while the compilers work
    check    verify(plans, library) -> certificate             in a child process, against the index relation
    publish  store.put(...)         one atomic rename
    load     Kernel                 callable
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from convt._derive import children
from convt._derive.errors import ChildFailed
from convt._derive.spec import ConvSpec

from .errors import CheckFailed, CompilerMissing, ProofFailed, StoreFailed
from .kernel import Kernel
from .place import open_store
from .problem import Problem
from .store import HEADER, Entry, Store, digest
from .toolchain import Toolchain, abi, toolchain

if TYPE_CHECKING:
    from .plan import KernelPlan

BATCH = 10  # kernels in one module at most: two compilers then share two cores, and no module grows out of hand
FAULTS = (CompilerMissing, StoreFailed, ChildFailed, children.Ended, OSError, MemoryError)
Report = Callable[[str, float, str], None]
Translator = subprocess.Popen[str]  # a child process that loads Cython


def build(problems: Sequence[Problem], report: Report = lambda stage, seconds, detail: None, alone: bool = False) -> list[Kernel]:
    """Kernels for all problems: from the store where they are, else generated, compiled, checked and published.

    With ``alone``, each in a module of its own that bears the kernel's name, as a vendored file must.
    ``report(stage, seconds, detail)`` is called after each stage. Raises ``CompilerMissing``, ``BuildError``,
    ``ProofFailed``, ``CheckFailed`` or ``StoreFailed``. Kernels come in modules of up to BATCH: of one that failed, or that
    was interrupted, none is published; modules that were finished before stay. Nothing goes on after it has returned.
    """
    store = open_store()
    ready = list[Translator]()
    with ExitStack() as ended:
        tools = toolchain(store.root, lambda: load(problems, store, ready, ended))
        return _build(problems, report, alone, store, tools, ready)


def _build(problems: Sequence[Problem], report: Report, alone: bool, store: Store, tools: Toolchain,
           ready: list[Translator]) -> list[Kernel]:
    keys = {problem: key_of(problem, tools) for problem in problems}
    entries = {problem: store.get(keys[problem], problem.name) for problem in keys}
    if alone:
        shared = [problem for problem, entry in entries.items() if entry is not None and entry.module != problem.name]
        keys |= {problem: keys[problem] + "-alone" for problem in shared}
        entries |= {problem: store.get(keys[problem], problem.name) for problem in shared}
    missing = [problem for problem, entry in entries.items() if entry is None]
    known: dict[Any, Any] = {}  # verdicts that the modules share
    groups = _modules(missing, 1 if alone else BATCH)

    def work(group: list[Problem], brood: children.Brood) -> dict[Problem, Entry | None]:
        return make(group, keys, tools, store, known, report if len(groups) == 1 else _about(group, report), brood, ready)

    for built in children.together(2, work, groups):
        entries |= built
    return [Kernel(problem, entry) for problem in problems if (entry := entries[problem]) is not None]


def build_each(problems: Sequence[Problem]) -> dict[Problem, Kernel | Exception]:
    """The kernel of each problem, or why there is none: together, and where that fails in halves, so that no other is lost.

    Raises what no kernel is to blame for (``FAULTS``).
    """
    try:
        return dict(zip(problems, build(problems), strict=True))
    except FAULTS:
        raise
    except Exception as error:  # of the generator too: whatever one kernel makes it raise is that kernel's failure
        if len(problems) == 1:
            return {problems[0]: error}
    half = len(problems) // 2
    return build_each(problems[:half]) | build_each(problems[half:])


def make(problems: Sequence[Problem], keys: dict[Problem, str], tools: Toolchain, store: Store, known: dict[Any, Any],
         report: Report, brood: children.Brood, ready: list[Translator]) -> dict[Problem, Entry | None]:
    """One module with these kernels, from plan to published entries; without those that another process made meanwhile."""
    with store.lock([keys[problem] for problem in problems], brood.demand):
        found = {problem: store.get(keys[problem], problem.name) for problem in problems}
        missing = [problem for problem, entry in found.items() if entry is None]
        if missing:
            with store.staging() as folder:
                found |= _make(missing, keys, tools, store, known, folder, report, brood, ready)
        return found


def _make(problems: Sequence[Problem], keys: dict[Problem, str], tools: Toolchain, store: Store, known: dict[Any, Any],
          folder: Path, report: Report, brood: children.Brood, ready: list[Translator]) -> dict[Problem, Entry | None]:
    from .build import Compiler
    from .cases import THREADS
    from .planning import plans_of, source_of
    from .render import header
    from .verify import verify

    clock = Stopwatch(report)
    with Compiler(folder, tools, problems[0].processor, ready) as compiler:
        plans = plans_of(problems, tools)
        name, source = source_of(plans, tools)
        clock.lap("plan and render", f"{source.count(chr(10))} lines of Cython")
        with children.helpers(1) as beside:
            compiling = beside.submit(compiler.compile, name, source)
            proofs = prove_all(plans, known)
            library = compiling.result()
    binary = library.read_bytes()
    clock.lap("compile and prove", f"{len(binary) // 1024} KB, {sum(map(len, proofs.values()))} theorems")
    checks = verify(plans, name, library, THREADS if tools.openmp else (1,))
    if library.read_bytes() != binary:
        raise CheckFailed(f"{name}: the library changed while it was checked")
    clock.lap("check", f"{sum(map(len, checks.values()))} exact checks")
    files = {f"{name}.pyx": source.encode(), HEADER: header().encode(), library.name: binary}
    certificates = {plan.problem: certificate(plan, source, binary, tools, proofs[plan.problem], checks[plan.name]) for plan in plans}
    entries: dict[Problem, Entry | None] = {}
    brood.demand()
    for problem, found in certificates.items():
        entries[problem] = store.put(keys[problem], name, problem.name, files, found)
    clock.lap("publish", str(store.root))
    return entries


def generate(problems: Sequence[Problem], tools: Toolchain | None = None) -> tuple[str, str]:
    """(module name, source text) for problems of one target. Named targets need no toolchain: the same text anywhere."""
    from .planning import plans_of, source_of

    return source_of(plans_of(problems, tools), tools)


def load(problems: Sequence[Problem], store: Store, ready: list[Translator], ended: ExitStack) -> None:
    """What any build begins with, to be done while the compiler is asked what it can: a translator is ``ready`` then too."""
    from . import plan, translate

    if store.writable:
        ready.append(translate.start(ended.enter_context(store.staging())))
        ended.callback(children.end, ready[0])
    from .planning import theorem_about  # loads SymPy, while the translator loads Cython

    for problem in problems[:BATCH]:
        for number in plan.RESTS_ON:
            theorem_about(problem.spec, number)


def prove_all(plans: Sequence[KernelPlan], known: dict[Any, Any]) -> dict[Problem, list[dict[str, Any]]]:
    """What kernels rest on, with verdicts ``known`` already. Raises ``ProofFailed`` where one falls short."""
    from convt._derive import proof as derived

    from .planning import rests_on

    results: dict[Problem, list[dict[str, Any]]] = {}
    for plan in plans:
        proofs = derived.prove_all(rests_on(plan), known)
        for proof in proofs:
            if not proof.holds:
                raise ProofFailed(f"{plan.problem.spec}: theorem {proof.theorem.number} ({proof.theorem.title}) is {proof.outcome}")
        results[plan.problem] = [{"theorem": proof.theorem.number, "title": proof.theorem.title, "verdict": proof.outcome,
                             "scope": proof.theorem.scope, "judges": list(proof.judges)} for proof in proofs]
    return results


def certificate(plan: KernelPlan, source: str, binary: bytes, tools: Toolchain, proofs: list[dict[str, Any]],
                checks: list[dict[str, Any]]) -> dict[str, Any]:
    """What is known about a kernel: proofs, checks, figures, and by what it was made."""
    from .render import header

    problem, filter = plan.problem, plan.problem.filter
    return {
        **({"rounding": {family.name: family.rounding for family in plan.families}} if problem.element.is_float else {}),
        **({} if filter is None else {"filter": {
            "name": filter.name, "weights": filter.text, "taps": [str(value) for value in filter.values], "gain": str(filter.gain),
            "factors": None if filter.factors is None else [[str(value) for value in factor] for factor in filter.factors],
            "rounding": "none for integers of moderate size: taps are dyadic" if filter.exact else
            f"|error| ≤ γ·Σ|w||u| with γ = t·ε/(1 − t·ε), t = {len(filter.values) + 3}, ε half a unit in the last place"}}),
        "kernel": problem.name, "command": problem.command, "problem": {
            "map": problem.map, "dtype": problem.dtype, "layout": problem.layout, "conjugate": problem.conjugate, "target": problem.target,
            "axes": [asdict(axis) for axis in problem.spec.axes]},
        "source_sha256": digest(source.encode()), "header_sha256": digest(header().encode()),
        "library_sha256": digest(binary), "generator_sha256": generator_digest(),
        "compiler": tools.version, "compiler_command": list(tools.command), "flags": list(tools.flags(problem.processor)),
        "cython": tools.cython, "abi": abi(),
        "proofs": proofs, "checks": checks,
        "miss_probability": max(check["miss"] for check in checks if "miss" in check),
        "limits": sorted({f"{check['family']}: {check['compared']} compared" for check in checks if "compared" in check}),
    }


def key_of(problem: Problem, tools: Toolchain) -> str:
    """Store key: problem, generator, Cython, compiler, flags, ABI, and the processor where the target is the host."""
    return digest("\n".join((problem.key, generator_digest(), tools.key(problem.processor))).encode())[:40]


@cache
def generator_digest() -> str:
    """SHA-256 over the code of ``derive`` and ``codegen`` that runs, templates and fitted factors included, in a folder or a zip file."""
    total, seen = hashlib.sha256(), 0

    def add(folder: Traversable, name: str) -> None:
        nonlocal seen
        for item in sorted(folder.iterdir(), key=lambda item: item.name):
            place = f"{name}/{item.name}"
            if item.is_dir():
                add(item, place)
            elif place.endswith((".py", ".jinja", ".h", ".json", ".pyc")) and "/__pycache__/" not in place:
                total.update(place.encode() + b"\0" + item.read_bytes() + b"\0")
                seen += 1

    for package in (ConvSpec.__module__.rpartition(".")[0], str(__package__)):
        add(files(package), package.rpartition("_")[2])
    if not seen:
        raise StoreFailed("the code of this tool cannot be read where it is installed, so its kernels cannot be told from others")
    return total.hexdigest()


def _about(problems: Sequence[Problem], report: Report) -> Report:
    """The report of one module among several, which says whose it is."""
    name = problems[0].name if len(problems) == 1 else f"{len(problems)} kernels from {problems[0].name} on"
    return lambda stage, seconds, detail: report(stage, seconds, f"{name}: {detail}")


class Stopwatch:
    """Reports how long each stage took."""

    def __init__(self, report: Report) -> None:
        self.report, self.start = report, perf_counter()

    def lap(self, stage: str, detail: str) -> None:
        now = perf_counter()
        self.report(stage, now - self.start, detail)
        self.start = now


def _modules(problems: Sequence[Problem], most: int) -> list[list[Problem]]:
    """Problems split into modules of one target and at most ``most`` kernels each."""
    groups: list[list[Problem]] = []
    for target in dict.fromkeys(problem.target for problem in problems):
        alike = [problem for problem in problems if problem.target == target]
        modules = -(-len(alike) // most)
        groups += [alike[number::modules] for number in range(modules)]
    return groups
