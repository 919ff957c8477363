"""What is decided for problems of one target, the theorems that it rests on, and the source that says so."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from convt._derive.spec import ConvSpec
from convt._derive.theorem import Theorem
from convt._derive.theorems import theorems

from .plan import KernelPlan, Machine, decide, machine, module
from .problem import Problem
from .render import render
from .target import Target
from .toolchain import Toolchain


def plans_of(problems: Sequence[Problem], tools: Toolchain | None) -> list[KernelPlan]:
    """What is decided about problems of one target."""
    shape = _shape(problems[0].processor, tools)
    return [decide(problem, shape) for problem in problems]


def machine_of(target: Target, tools: Toolchain | None) -> tuple[Machine, ...]:
    """The instructions that source for a target demands."""
    return machine(target, _shape(target, tools), target.macros if tools is None else tools.demands(target))


def _shape(target: Target, tools: Toolchain | None) -> Target:
    """The processor that is planned for: the target, or this machine where that is the host."""
    return target if tools is None else tools.shape(target)


def source_of(plans: Sequence[KernelPlan], tools: Toolchain | None) -> tuple[str, str]:
    """(module name, source text) of plans for one target."""
    first = plans[0].problem
    joined = hashlib.sha256("\n".join(plan.problem.key for plan in plans).encode()).hexdigest()[:12]
    name = first.name if len(plans) == 1 else f"kernels_{joined}"
    return name, render(module(name, [plan.citing(theorem_titles(plan)) for plan in plans], machine_of(first.processor, tools)))


def theorem_titles(plan: KernelPlan) -> tuple[str, ...]:
    """Titles of the theorems that claim all sizes among those that a kernel rests on."""
    return tuple(theorem.title for theorem in rests_on(plan) if theorem.scope == "all sizes" and not theorem.not_applicable)


def rests_on(plan: KernelPlan) -> tuple[Theorem, ...]:
    """The theorems that a kernel and its families rest on: cited when it is rendered, proved while it is compiled."""
    return tuple(theorem_about(plan.problem.spec, number) for number in plan.rests_on)


@lru_cache(maxsize=640)
def theorem_about(spec: ConvSpec, number: int) -> Theorem:
    """A theorem about a configuration, made once."""
    make, = theorems((number,))
    return make(spec)
