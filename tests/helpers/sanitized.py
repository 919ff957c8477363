"""Calls every family of every kernel of an instrumented module at sizes with odd channels, packed and not, on 1 to 3 threads.

Run by ``test_sanitizers.py`` in a child whose sanitizer ends it at the first finding: python sanitized.py NAME LIBRARY
"""

import sys

import numpy as np
from modules import OUT, Called, loaded

from convt._codegen.problem import Problem

PROBLEMS = [
    Problem.of("2d_k4s2p1"), Problem.of("2d_k3s2p1op1", layout="channels_last"), Problem.of("1d_k5s2p1op1", dtype="float64"),
    Problem.of("1d_k12s9p2"), Problem.of("3d_k2s2"), Problem.of("2d_k4s2p1", weights="bilinear"), Problem.of("2d_k3s2p1", "conv", "complex64"),
    Problem.of("2d_k3s2p1", "conv_weight_gradient", "int64"), Problem.of("1d_k3s2", "conv", "float64", "channels_last"),
    Problem.of("2d_k4x3s2x1p1", "conv"), Problem.of("2d_k3x2s2x1p1d1x2", "conv", layout="channels_last"),
    Problem.of("2d_k5x3s1x2p2x1", "conv"),
    Problem.of("2d_k3p1", "conv_weight_gradient"), Problem.of("3d_k3x2x1s1x2x1p1x0x0", "conv_weight_gradient", "float64", "channels_last"),
    Problem.of("3d_k3p1", "conv_weight_gradient"), Problem.of("1d_k3s2p1", "conv_weight_gradient"), Problem.of("2d_k2x3s1x2p0:1x1d2x1", "conv_weight_gradient", "float64", "channels_last"),
]
SIZES = [  # (batch, features, images, groups, extra)
    (1, 1, 1, 1, 0), (2, 3, 5, 1, 1), (1, 7, 33, 1, 4), (3, 19, 19, 1, 2), (1, 5, 5, 5, 7), (2, 9, 6, 3, 3), (1, 131, 3, 1, 9), (1, 17, 17, 17, 40),
    (1, 301, 2, 1, 2), (70, 3, 18, 1, 0), (70, 3, 3, 3, 0),
]
LONG = (2, 2, 3, 1, 2200)  # in one dimension: several runs and segments of a line


def main(name, library):
    """Make all calls; the families that ran."""
    rng, ran = np.random.default_rng(0), set()
    module = loaded(name, library)
    for problem in PROBLEMS:
        kernel = Called(module, problem)
        for batch, features, images, groups, extra in [*SIZES, *[LONG] * (problem.spec.dims == 1)]:
            if problem.filter:
                images = groups = features
            extra = extra if problem.spec.dims < 3 else min(extra, 4)
            shapes = kernel.shapes(batch, features, images, groups, extra)
            arrays = {letter: rng.integers(-3, 4, shape).astype(problem.dtype) for letter, shape in shapes.items()}
            bias = {"conv": features, "conv_transpose": images}.get(problem.map)
            for turn, family in enumerate(kernel.families(batch, features, images, groups, extra)):
                packs = problem.map != "conv_weight_gradient" and not problem.filter
                for threads in (1, 2, 3):
                    module.forget()  # what is left over from larger calls would hide what goes beyond the ends
                    packed = kernel.pack(arrays["w"], groups, family) if packs and (turn + threads) % 2 else None
                    given = dict(arrays)
                    if threads == 2 and np.dtype(problem.dtype).kind == "f":
                        fed = problem.roles.fed
                        given[fed] = arrays[fed].copy()
                        given[fed][-1].reshape(-1)[0] = given[fed][-1].reshape(-1)[-1] = np.nan
                    beta = np.ones(bias, problem.dtype) if bias and threads > 1 else None
                    ran.add(kernel(given, shapes[OUT[problem.map]], groups, threads, family, packed, beta)[1][0])
    print(*sorted(ran))


if __name__ == "__main__":
    main(*sys.argv[1:])
