"""Counterexamples in numbers, computed again by the kernels: what a statement says must not come out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from convt._codegen.errors import CompilerMissing, Failure
from convt._codegen.problem import Problem
from convt._derive.counterexample import Replay


def replay(cases: Sequence[Replay], engine: str = "auto") -> dict[Replay, str]:
    """Name of the kernel that computed each case. ``Failure`` where it differs from the definition, or the statement comes out.

    All kernels are built together; without a compiler (or with ``engine="reference"``) NumPy's loops answer.
    """
    from convt import api

    problems = {case: Problem.of(case.spec, case.map_name, _dtype(case)) for case in cases}
    kernels = {}
    if engine == "auto":
        try:
            kernels = dict(zip(problems, api.build(list(problems.values())), strict=True))
        except CompilerMissing:
            engine = "reference"
    names = {}
    for case, problem in problems.items():
        data = np.array(case.input, dtype=problem.dtype).reshape(1, 1, *case.size)
        weights = np.array(case.weights, dtype=problem.dtype).reshape(1, 1, *case.spec.kernel)
        bias = np.array([case.bias], dtype=problem.dtype) if case.bias else None
        if engine == "auto":
            found = kernels[case](data, weights, bias)
        else:
            more = {"output_padding": case.spec.output_padding} if case.map_name == "conv_transpose" else {}
            found = getattr(api, case.map_name)(data, weights, bias, stride=case.spec.stride, padding=case.spec.padding,
                                                dilation=case.spec.dilation, engine="reference", **more)
        values = tuple(found.ravel().tolist())
        if values != case.found:
            raise Failure(f"{problem.name} computes {values}, the definition {case.found}")
        if case.expected.agrees(case):
            raise Failure(f"{problem.name} computes what the statement says: no counterexample")
        names[case] = problem.name if engine == "auto" else "NumPy loops"
    return names


def _dtype(case: Replay) -> str:
    """Exact for these numbers: fractions are multiples of powers of 1/2."""
    values = (*case.input, *case.weights)
    if any(isinstance(value, complex) for value in values):
        return "complex128"
    return "float64" if any(isinstance(value, Fraction) for value in values) else "int64"
