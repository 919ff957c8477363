"""How much memory packed weights take is what the README says, family by family."""

import re
from math import prod
from pathlib import Path

import numpy as np
import pytest

import convt
from convt._codegen.kernel import load
from convt._codegen.pipeline import build
from convt._codegen.problem import Problem
from convt._codegen.toolchain import toolchain
from convt._derive.lengths import image_lengths

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
TOLD = dict(re.findall(r"(?m)^\| `(\w+)` \|.*\| ([^|]*) \|$", README.partition("## Which code runs")[2].partition("\n## ")[0]))
FAMILIES = [Problem.of("2d_k4s2p1"), Problem.of("2d_k4s2p1", layout="channels_last"), Problem.of("2d_k4s2p1", weights="bilinear"),
            Problem.of("2d_k4s2p1", "conv"), Problem.of("2d_k4s2p1", "conv", layout="channels_last"), Problem.of("2d_k3p1", "conv")]
PRODUCTS = {"2d_k4s2p1": {"fast": 64}, "2d_k3p1": {"fast": 16, "fast4": 36}}
SCALARS = {  # what the README says -> scalars of F inputs, c outputs a group, G groups, L lanes, taps and products of taps
    "nothing": lambda F, c, G, L, taps, products: 0,
    "F·c·∏k: as the weights": lambda F, c, G, L, taps, products: F * c * taps,
    "inputs·⌈c/L⌉·L·∏k: up to L times the weights; ⌈C/L⌉·L·∏k where each channel is a group":
        lambda F, c, G, L, taps, products: (-(-G // L) if F == G and c == 1 else F * -(-c // L)) * L * taps,
    "inputs·⌈c/L⌉·L·P: P/∏k times as much as `direct`": lambda F, c, G, L, taps, products: F * -(-c // L) * L * products,
}


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("problem", FAMILIES, ids=lambda problem: problem.name)
def test_packed_weights_take_what_the_readme_says(problem):
    module = load(build([problem])[0].entry)
    lanes = 2 * toolchain().shape(problem.processor).vector_bytes // problem.element.size
    seen = set()
    for features, images, groups in ((1, 1, 1), (5, 1, 1), (8, lanes + 1, 1), (64, 32, 1), (6, 6, 6), (6, 4, 2)):
        costs = module.costs(problem.name, 1, features, images, groups, (9, 9), image_lengths(problem.spec, (9, 9)))
        for family in (family for family, cost in costs.items() if cost < 1e300):
            inputs, outputs = (features, images) if problem.roles.source == "u" else (images, features)
            products = PRODUCTS[str(problem.spec)].get(family, 0)
            told = SCALARS[TOLD[family]](inputs, outputs // groups, groups, lanes, prod(problem.spec.kernel), products)
            assert module.packed_length(problem.name, features, images, groups, family) == told, (family, features, images, groups)
            seen.add(family)
    assert seen


def test_every_family_is_told():
    from convt._codegen.family import families

    assert {family.NAME for family in families()} == set(TOLD) and set(TOLD.values()) == set(SCALARS)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_one_image_channel_of_many_taps():
    """The worst case that the README names: L times the weights, and the copy."""
    kernel = convt.kernel("conv_transpose", "2d_k4s2p1")
    lanes = 2 * toolchain().shape(kernel.problem.processor).vector_bytes // 4
    w = np.ones((16, 1, 4, 4), np.float32)
    assert kernel.pack(w, algorithm="direct").nbytes == (lanes + 1) * w.nbytes
    assert "L is 16 for float32 with AVX2 and 32 with AVX-512" in README and prod(w.shape) == 256
