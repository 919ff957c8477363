"""How long a call of each kernel takes: one layer, one thread, in one process that does nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from convt._codegen.problem import Problem
from convt._derive import children
from convt._derive.lengths import image_lengths

from .outcome import as_data

if TYPE_CHECKING:
    from convt._codegen.kernel import Kernel

CHANNELS, SIZE, ROUNDS = 32, {1: 1024, 2: 32, 3: 10}, 5
"""Features and images; feature lengths by the number of axes: some 1024 positions; samples of which the median is taken."""


@dataclass(frozen=True)
class Time:
    """Milliseconds of a call, picoseconds a multiply-add, and the family of code; or why there is none."""

    problem: Problem
    milliseconds: float = 0.0
    per_product: float = 0.0
    family: str = ""
    why: str = ""

    def row(self, name: str) -> tuple[str, ...]:
        """A row of a table."""
        return (name, "-", "-", self.why) if self.why else (name, f"{self.milliseconds:.3f}", f"{self.per_product:.1f}", self.family)


def measure(problems: Sequence[Problem], say: Callable[[str], None]) -> list[Time]:
    """A time for each. A kernel that ends the process has none, and the rest goes on."""
    made: list[Time] = []
    while len(made) < len(problems):
        rest = problems[len(made):]
        child = children.start(__name__, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert child.stdin is not None and child.stdout is not None
            with child.stdin as pipe:
                json.dump(list(map(as_data, rest)), pipe)
            for line in child.stdout:
                say(f"timing: {len(made)} of {len(problems)}")
                made.append(Time(problems[len(made)], **json.loads(line)))
            child.wait()
        finally:
            children.end(child)
        if len(made) < len(problems):
            made.append(Time(problems[len(made)], why=f"its process ended with {child.returncode}"))
    return made


def main() -> None:
    """The child: problems on standard input, a line of JSON for each."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    for row in json.loads(sys.stdin.read()):
        print(json.dumps(time(Problem.of(**row))), flush=True)


def time(problem: Problem) -> dict[str, Any]:
    """The fields of a ``Time``."""
    from statistics import median
    from time import perf_counter

    from convt._codegen.pipeline import build
    from convt.bench.samples import repeats

    m = (SIZE[problem.spec.dims],) * problem.spec.dims
    n = image_lengths(problem.spec, m)
    if min(n) < 1:
        return {"why": f"an input of {'x'.join(map(str, m))} has no output"}
    kernel, = build([problem])
    run, family = prepared(kernel, m, n)
    count, samples = repeats(run), []
    for _ in range(ROUNDS):
        start = perf_counter()
        for _ in range(count):
            run()
        samples.append((perf_counter() - start) / count)
    products = CHANNELS ** (1 if problem.filter else 2) * prod(m) * prod(problem.spec.kernel)
    return {"milliseconds": 1e3 * median(samples), "per_product": 1e12 * median(samples) / products, "family": family}


def prepared(kernel: Kernel, m: tuple[int, ...], n: tuple[int, ...]) -> tuple[Callable[[], Any], str]:
    """A call on one thread, its weights packed and its output there; and the family that it will use."""
    import numpy as np

    problem, rng = kernel.problem, np.random.default_rng(1)
    last = problem.layout == "channels_last"

    def array(*lengths: int) -> Any:
        shape = (1, *lengths, CHANNELS) if last else (1, CHANNELS, *lengths)
        return (8 * rng.standard_normal(shape)).astype(problem.dtype)

    features, images = array(*m), array(*n)
    w = rng.standard_normal((CHANNELS, CHANNELS, *problem.spec.kernel)).astype(problem.dtype)
    groups = CHANNELS if problem.filter else 1
    costs = kernel.explain(CHANNELS, CHANNELS, m, groups=groups)
    if problem.map == "conv_weight_gradient":
        inputs: tuple[Any, ...] = images, features
    else:
        first = images if problem.map == "conv" else features
        inputs = (first,) if problem.filter else (first, kernel.pack(w))
    out = kernel(*inputs, threads=1)
    return lambda: kernel(*inputs, out=out, threads=1), min(costs, key=costs.__getitem__)
