"""Built-in filters: what the names mean, factors, exactness, kernels and their errors."""

from fractions import Fraction as F
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convt
from convt import ArgumentError
from convt._codegen.filters import filter_of
from convt._codegen.problem import Problem
from convt._derive import ConvSpec


def spec(name):
    return ConvSpec.parse(name)


@pytest.mark.parametrize(("weights", "name", "first_axis", "gain"), [
    ("bilinear", "1d_k4s2p1", (F(1, 4), F(3, 4), F(3, 4), F(1, 4)), 2),
    ("bilinear", "1d_k3s2p1", (F(1, 2), F(1), F(1, 2)), 2),
    ("nearest", "2d_k2s2", (F(1), F(1)), 4),
    ("average", "2d_k3s3", (F(1, 3),) * 3, 1),
    ("fir:1,3,3,1", "2d_k4s2p1", (F(1, 8), F(3, 8), F(3, 8), F(1, 8)), 1),
    ("fir:1,3,3,1,gain=4", "2d_k4s2p1", (F(1, 2), F(3, 2), F(3, 2), F(1, 2)), 4),
])
def test_names_mean_what_they_say(weights, name, first_axis, gain):
    made = filter_of(weights, spec(name))
    assert made.factors[0] == first_axis and made.gain == gain
    assert made.values == tuple(prod(chosen, start=F(1)) for chosen in product(*made.factors))


def test_bilinear_keeps_a_constant_inside():
    kernel = convt.kernel("conv_transpose", "2d_k4s2p1", weights="bilinear")
    x = kernel(np.full((1, 2, 6, 5), 3, np.float32))
    assert x.shape == (1, 2, 12, 10) and (x[:, :, 1:-1, 1:-1] == 3).all()


def test_nearest_repeats():
    u = np.arange(24, dtype=np.float32).reshape(2, 3, 4)[:, :, :]
    x = convt.kernel("conv_transpose", "1d_k3s3", weights="nearest")(u)
    assert (x == np.repeat(u, 3, axis=2)).all()


@given(st.lists(st.integers(-8, 8), min_size=3, max_size=3), st.lists(st.integers(-8, 8), min_size=2, max_size=2), st.integers(0, 6))
def test_products_of_dyadic_taps_are_found_and_stay_dyadic(a, b, places):
    taps = np.outer(a, b) / 2.0**places
    made = filter_of(taps, ConvSpec((3, 2), 1, 0, 1, 0, dims=2))
    assert made.factors is not None and made.exact
    assert np.array_equal(made.array(np.float64), taps)


def test_what_is_no_product_has_no_factors():
    assert filter_of(np.array([[1.0, 2], [3, 4]]), spec("2d_k2s2")).factors is None
    assert not filter_of("average", spec("2d_k3s3")).exact


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize(("name", "weights"), [
    ("1d_k32s4", "average"), ("2d_k3s2p1op1", "bilinear"), ("2d_k3s2p1d2op1", "average"), ("3d_k2s2", "nearest"),
    ("2d_k3s2p1", np.array([[1, 0, 2], [0, 5, 0], [2, 0, 1]], np.float32)), ("2d_k2x4s1x2p0x1", np.outer([1, 2], [1, 3, 3, 1]) / 8),
])
def test_kernels_with_a_filter_agree_with_the_same_weights_passed(name, weights):
    kernel = convt.kernel("conv_transpose", name, weights=weights)
    rng = np.random.default_rng(0)
    u = rng.integers(-9, 10, (2, 3, *(9, 7, 5)[:kernel.spec.dims])).astype(np.float32)
    b = rng.integers(-9, 10, 3).astype(np.float32)
    w = np.ascontiguousarray(np.broadcast_to(kernel.problem.filter.array(np.float32), (3, 1, *kernel.spec.kernel)))
    wanted = convt.kernel("conv_transpose", name)(u, w, b, groups=3, algorithm="plain")
    families = {check["family"] for check in kernel.certificate["checks"]}
    assert families == {"plain", "rows"} | ({"fixed"} if kernel.problem.filter.factors else set())
    for algorithm in ("auto", *families):
        for threads in (1, 2):
            got = kernel(u, bias=b, threads=threads, algorithm=algorithm)
            if kernel.problem.filter.exact:
                assert (got == wanted).all(), algorithm
            else:
                assert np.allclose(got, wanted, rtol=1e-5, atol=1e-4), algorithm
    paper = kernel.certificate["filter"]
    assert ("dyadic" in paper["rounding"]) == kernel.problem.filter.exact and F(paper["gain"]) == kernel.problem.filter.gain


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_wrong_constant_fails_its_checks(monkeypatch):
    from convt._codegen.errors import CheckFailed
    from convt._codegen.families import fixed

    original = fixed.rows.row_piece
    monkeypatch.setattr(fixed.rows, "row_piece", lambda *given: original(
        *given[:-1], (*given[-1][:-1], "(float)0.2500001")) if len(given) == 7 else original(*given))
    for weights in ("bilinear", "average"):
        monkeypatch.setattr("convt._codegen.pipeline.generator_digest", lambda weights=weights: f"mutant of {weights}")
        with pytest.raises(CheckFailed, match="built-in filter"):
            convt.build([Problem.of("1d_k4s2p1", weights=weights)])


@pytest.mark.parametrize(("weights", "words"), [
    ("bilinaer", "nearest legal.*bilinear|bilinear"), ("nearest", "kernel and stride must be equal"), ("fir:1,2", "has 2 taps"), ("fir:a", "numbers"),
    ("fir:1,-1,1,-1", "sum is not 0"), (np.ones((3, 3)), "shape of the kernel"), (np.ones((2, 3, 4, 4)), "same filter"),
    (np.full((4, 4), np.nan), "finite"), (np.ones((4, 4), complex), "real"),
])
def test_bad_filters_are_named(weights, words):
    with pytest.raises(ArgumentError, match=words):
        Problem.of("2d_k4s2p1", weights=weights)


def test_filters_belong_to_real_transposed_convolutions():
    for wrong in ({"map": "conv"}, {"dtype": "int64"}):
        with pytest.raises(ArgumentError, match="weights"):
            Problem.of("2d_k4s2p1", weights="bilinear", **wrong)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_kernel_with_a_filter_takes_no_weights():
    kernel = convt.kernel("conv_transpose", "1d_k4s2p1", weights="bilinear")
    with pytest.raises(ArgumentError, match="built in"):
        kernel(np.ones((1, 1, 4), np.float32), np.ones((1, 1, 4), np.float32))
    with pytest.raises(ArgumentError, match="built in"):
        kernel.pack(np.ones((1, 1, 4), np.float32))
    with pytest.raises(ArgumentError, match="w="):
        convt.kernel("conv_transpose", "1d_k4s2p1")(np.ones((1, 1, 4), np.float32))
