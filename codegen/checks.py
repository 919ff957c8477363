"""The checks themselves, run in a child process with the task on standard input.

Expected values come from the index relation j = s·i + d·a − p_lo by trial (``reference``), never from the formulas
that the kernels use. Every case runs on every number of threads that the task names. The last line on standard error
names the check under way, for the report of a crash.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any

import numpy as np

from .cases import Case
from .structure import adjoint, forked, impulses, not_finite
from .subject import Subject, Wrong
from .trials import built_in, random_integers

ADJOINT_CASES = 2  # of each family: the identity ties the three maps together, the other checks visit every size
SMALL = 1 << 17  # entries of a case


def checks(subject: Subject, number: int, last: bool, case: Case, threads: list[int], rng: Any) -> Iterator[dict[str, Any]]:
    """All checks of one case, as rows of the certificate. Raises ``Wrong``."""
    if not case.some and subject.filter is None:
        if (row := impulses(subject, case, threads[number % len(threads)])) is not None:
            yield row
        if number < ADJOINT_CASES:
            yield adjoint(subject, case, threads[number % len(threads)], rng)
    small = number == 0 or (case.entries(subject.spec) < SMALL and (number == 1 or last))
    if not case.some and small and (row := not_finite(subject, case, threads, rng)) is not None:
        yield row
    yield built_in(subject, case, threads, rng) if subject.filter is not None else random_integers(subject, case, threads, rng)


def main() -> int:
    """Check every family of every kernel of the task; the result is JSON, or one line about what is wrong."""
    task = json.load(sys.stdin)
    spec = spec_from_loader(task["module"], ExtensionFileLoader(task["module"], task["library"]))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    passed: dict[str, list[dict[str, Any]]] = {}
    try:
        for kernel in task["kernels"]:
            rng = np.random.default_rng(2024)
            results = passed.setdefault(kernel["name"], [])
            for family, cases in kernel["cases"].items():
                subject = Subject(module, kernel, family)
                for number, row in enumerate(cases):
                    case = Case.of(row)
                    print(f"{kernel['name']} family {family} {case}", file=sys.stderr, flush=True)
                    sizes = {name: row[name] for name in ("batch", "features", "images", "groups", "feature", "image")}
                    results += [{"family": family, "case": number, **sizes, **found}
                                for found in checks(subject, number, number == len(cases) - 1, case, kernel["threads"], rng)]
                case = Case.of(cases[0])
                if len(kernel["threads"]) > 1 and not case.thin:
                    print(f"{kernel['name']} family {family} fork", file=sys.stderr, flush=True)
                    forked(subject, case, rng)
    except Wrong as wrong:
        print(wrong)
        return 1
    print(json.dumps(passed))
    return 0
