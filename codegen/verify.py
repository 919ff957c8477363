"""Kernel → Certificate: the exact checks, in a child process, before anyone may call a kernel.

A direct kernel is bilinear and has no branch that depends on finite data, so integers decide it without a tolerance.
A crash of the child is a failed check, not a crash of the caller.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convt._derive import children

from .errors import CheckFailed
from .plan import families
from .problem import Problem
from .target import Target

SECONDS = 300.0
POISON = "127"  # malloc fills fresh memory with 0x80: neither zero nor what was there before


def verify(problems: Sequence[Problem], shape: Target, module: str, library: Path) -> dict[str, list[dict[str, Any]]]:
    """Kernel name -> the checks that it passed, with sizes and figures. Raises ``CheckFailed``."""
    task = {"module": module, "library": str(library), "kernels": [describe(problem, shape) for problem in problems]}
    environment = dict(os.environ) | {"MALLOC_PERTURB_": POISON, "OMP_WAIT_POLICY": "passive"}
    try:
        child = children.start(f"{__package__}.checks", env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        said, complained = children.finish(child, json.dumps(task), SECONDS)
    except subprocess.TimeoutExpired:
        raise CheckFailed(f"{module}: the checks did not end within {SECONDS:.0f} s") from None
    if child.returncode < 0:
        last = (complained.strip().split("\n") or [""])[-1]
        raise CheckFailed(f"{module}: {signal.Signals(-child.returncode).name} during {last}")
    if child.returncode:
        raise CheckFailed(f"{module}: {said.strip() or complained.strip()[-2000:]}")
    return dict(json.loads(said))


def describe(problem: Problem, shape: Target) -> dict[str, Any]:
    """A problem as plain data, with the corner sizes of every family that its kernel carries."""
    cases = {family.NAME: family.corners(problem, shape) for family in families() if family.accepts(problem)}
    built_in = None
    if (filter := problem.filter) is not None:  # one filter for every channel: each channel is a group
        cases = {name: [case | {"images": case["features"], "groups": case["features"]} for case in rows] for name, rows in cases.items()}
        built_in = {"values": [float(value) for value in filter.values], "exact": filter.exact, "scale": filter.scale}
    return {"name": problem.name, "filter": built_in, "spec": str(problem.spec), "map": problem.map, "dtype": problem.dtype,
            "channels_last": problem.layout == "channels_last", "conjugate": problem.conjugate,
            "bits": problem.element.bits, "parts": problem.element.parts, "cases": cases}
