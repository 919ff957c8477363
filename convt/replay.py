"""Counterexamples in numbers, computed again by the kernels: what a statement says must not come out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convt._codegen.errors import CompilerMissing, Failure
from convt._codegen.problem import Problem
from convt._derive.folklore import Replay


def replay(cases: Sequence[Replay], engine: str = "auto") -> dict[Replay, str]:
    """Name of the kernel that computed each case. ``Failure`` where it differs from the definition, or the statement comes out.

    All kernels are built together; without a compiler (or with ``engine="reference"``) NumPy's loops answer.
    """
    from convt import api

    problems = {case: Problem.of(case.spec, case.map_name, "complex128" if _is_complex(case) else "int64") for case in cases}
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
        if engine == "auto":
            found = kernels[case](data, weights)
        else:
            more = {"output_padding": case.spec.output_padding} if case.map_name == "conv_transpose" else {}
            found = getattr(api, case.map_name)(data, weights, stride=case.spec.stride, padding=case.spec.padding,
                                                dilation=case.spec.dilation, engine="reference", **more)
        values = tuple(found.ravel().tolist())
        if values != case.found:
            raise Failure(f"{problem.name} computes {values}, the definition {case.found}")
        if values == case.said:
            raise Failure(f"{problem.name} computes what the statement says: no counterexample")
        names[case] = problem.name if engine == "auto" else "NumPy loops"
    return names


def _is_complex(case: Replay) -> bool:
    return any(isinstance(value, complex) for value in (*case.input, *case.weights))
