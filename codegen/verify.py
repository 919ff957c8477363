"""Kernel → Certificate: the exact checks, in two child processes that share the families, before anyone may call a kernel.

A direct kernel is bilinear and has no branch that depends on finite data, so integers decide it without a tolerance.
A crash of a child is a failed check, not a crash of the caller; so is an answer about less than what was asked.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from concurrent.futures import as_completed
from math import prod
from pathlib import Path
from typing import Any

from convt._derive import children

from . import cases
from .errors import CheckFailed
from .plan import KernelPlan

SECONDS = 300.0
ENVIRONMENT = {"OMP_WAIT_POLICY": "passive",
               "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}  # what threads keep for themselves would not be poisoned
Answers = dict[str, list[dict[str, Any]]]


def verify(plans: Sequence[KernelPlan], module: str, library: Path, threads: tuple[int, ...] = cases.THREADS,
           seconds: float = SECONDS) -> Answers:
    """Kernel name -> the checks that it passed, with sizes and figures. ``threads``: numbers that each case runs on.

    Raises ``CheckFailed``.
    """
    kernels = [describe(plan, threads) for plan in plans]
    parts = shares(kernels)
    checking = [children.start(f"{__package__}.checks", env=dict(os.environ) | ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE) for _ in parts]
    with children.helpers(len(parts)) as pool:
        try:
            waiting = [pool.submit(_ask, child, module, library, part, seconds) for child, part in zip(checking, parts, strict=True)]
            for asked in as_completed(waiting):  # whichever fails first
                asked.result()
            answers = [asked.result() for asked in waiting]
        except BaseException:
            for child in checking:
                children.kill(child)
            raise
    return {kernel["name"]: [row for family in kernel["cases"] for answer in answers for row in answer.get(kernel["name"], [])
                             if row["family"] == family] for kernel in kernels}


def shares(kernels: list[dict[str, Any]], most: int = 2) -> list[list[dict[str, Any]]]:
    """The same questions in so many parts, about as many cases each: a family of a kernel is asked about by one child."""
    parts = [[kernel | {"cases": {}} for kernel in kernels] for _ in range(most)]
    asked = [0] * most
    every = [(number, family, cases) for number, kernel in enumerate(kernels) for family, cases in kernel["cases"].items()]
    for number, family, rows in sorted(every, key=lambda row: -len(row[2])):
        part = asked.index(min(asked))
        asked[part] += len(rows)
        parts[part][number]["cases"][family] = rows
    return [kept for part in parts if (kept := [kernel for kernel in part if kernel["cases"]])]


def _ask(child: subprocess.Popen[str], module: str, library: Path, kernels: list[dict[str, Any]], seconds: float) -> Answers:
    """The answers of a child. Raises ``CheckFailed``."""
    try:
        said, complained = children.finish(child, json.dumps({"module": module, "library": str(library), "kernels": kernels}), seconds)
    except subprocess.TimeoutExpired as late:
        raise CheckFailed(f"{module}: the checks did not end within {seconds:.0f} s, during {_last(late.stderr)}") from None
    if child.returncode < 0:
        raise CheckFailed(f"{module}: {signal.Signals(-child.returncode).name} during {_last(complained)}")
    if child.returncode:
        raise CheckFailed(f"{module}: {said.strip() or complained.strip()[-2000:]}")
    return complete(module, kernels, said)


def complete(module: str, kernels: list[dict[str, Any]], text: str) -> Answers:
    """The answers in a child's last word, if they are about every kernel, family, case and number of threads that were asked for."""
    try:
        answers = json.loads(text)
        given = [(kernel, row["family"], row["case"], count) for kernel, rows in answers.items() for row in rows
                 if "miss" in row and row["trials"] > 0 and 0 < row["miss"] < 1 for count in row["threads"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CheckFailed(f"{module}: the checks gave no answer but {text.strip()[:200]!r}") from None
    wanted = [(kernel["name"], family, number, count) for kernel in kernels for family, rows in kernel["cases"].items()
              for number in range(len(rows)) for count in kernel["threads"]]
    if given != wanted:
        missing = next((item for item in wanted if item not in given), "none is missing")
        raise CheckFailed(f"{module}: the checks answered {len(given)} of {len(wanted)} questions (kernel, family, case, threads); "
                          f"first missing: {missing}")
    return dict(answers)


def describe(plan: KernelPlan, threads: tuple[int, ...]) -> dict[str, Any]:
    """A kernel's problem as plain data, with the cases of every family that it carries."""
    problem, built_in = plan.problem, None
    if (filter := problem.filter) is not None:
        unit = prod(max(value.denominator for value in factor) for factor in filter.factors or [filter.values])
        built_in = {"values": [float(value) for value in filter.values], "exact": filter.exact, "scale": filter.scale, "unit": unit}
    return {"name": problem.name, "filter": built_in, "spec": str(problem.spec), "map": problem.map, "dtype": problem.dtype,
            "channels_last": problem.layout == "channels_last", "conjugate": problem.conjugate, "bits": problem.element.bits,
            "parts": problem.element.parts, "cases": cases.asked(plan), "threads": threads,
            "instead": {family.name: (plan.fallback, *family.gives_up) for family in plan.families if family.gives_up}}


def _last(words: str | bytes | None) -> str:
    text = words.decode(errors="replace") if isinstance(words, bytes) else words or ""
    return (text.strip().split("\n") or [""])[-1]
