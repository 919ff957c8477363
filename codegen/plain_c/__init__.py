"""Kernels as plain C, without Python: one .c and one .h each, published as kernels are, after they were checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..plan import KernelPlan
from ..problem import Problem
from ..toolchain import Toolchain, toolchain

if TYPE_CHECKING:
    from ..kernel import Kernel

ENDS = (".c", ".h")


def names(kernels: Sequence[str]) -> list[str]:
    """The files of these kernels."""
    return [name + end for name in kernels for end in ENDS]


def package(kernels: Sequence[Kernel]) -> dict[str, bytes]:
    """Name -> content of each file. Every .c is compiled as its kernel was, and held to its bits at the sizes that the checks visit.

    Raises ``BuildError`` or ``CheckFailed``.
    """
    from convt._derive import children

    tools = toolchain()
    made = children.together(2, lambda kernel, _: _of_kernel(kernel, tools), kernels)
    return {name: text.encode() for texts in made for name, text in texts.items()}


def unchecked(problem: Problem, tools: Toolchain | None) -> dict[str, str]:
    """The files of a problem for which no kernel was made; without a toolchain for a named target, and then the same anywhere."""
    return _sources(_plan(problem, tools), tools, [("checked", "not at all: this text was never compiled")])


def _of_kernel(kernel: Kernel, tools: Toolchain) -> dict[str, str]:
    from .check import hold

    known, plan = kernel.certificate, _plan(kernel.problem, tools)
    calls = hold(kernel, plan, _sources(plan, tools, []), tools)
    return _sources(plan, tools, [
        *(("rounding", f"{family}: {bound}") for family, bound in known.get("rounding", {}).items()),
        ("checked", f"{len(known['checks'])} exact checks of the families, through a Python module of the same plan; a wrong coefficient "
                    f"would be missed with probability below {known['miss_probability']:.1e}"),
        ("", f"{calls} calls of this file, compiled by {known['compiler']}: the bits of that module")])


def _plan(problem: Problem, tools: Toolchain | None) -> KernelPlan:
    from ..planning import plans_of, theorem_titles

    plan, = plans_of([problem], tools)
    return plan.citing(theorem_titles(plan))


def _sources(plan: KernelPlan, tools: Toolchain | None, checked: Sequence[tuple[str, str]]) -> dict[str, str]:
    from ..planning import machine_of
    from .text import sources

    return sources(plan, machine_of(plan.problem.processor, tools), checked)
