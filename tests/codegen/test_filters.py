"""Built-in filters: what the names mean, factors, exactness, kernels and their errors."""

import re
import shlex
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


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_bilinear_keeps_a_constant_inside():
    kernel = convt.kernel("conv_transpose", "2d_k4s2p1", weights="bilinear")
    x = kernel(np.full((1, 2, 6, 5), 3, np.float32))
    assert x.shape == (1, 2, 12, 10) and (x[:, :, 1:-1, 1:-1] == 3).all()


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
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


FILTERS = [
    ("1d_k32s4", "average"), ("2d_k3s2p1op1", "bilinear"), ("2d_k3s2p1d2op1", "average"), ("3d_k2s2", "nearest"),
    ("2d_k3s2p1", np.array([[1, 0, 2], [0, 5, 0], [2, 0, 1]], np.float32)), ("2d_k2x4s1x2p0x1", np.outer([1, 2], [1, 3, 3, 1]) / 8)]


@pytest.fixture(scope="module")
def built_together():
    """With a filter and without, in few modules."""
    convt.build([Problem.of(name, weights=each) for name, weights in FILTERS for each in (weights, None)])


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.xdist_group("filters")
@pytest.mark.parametrize(("name", "weights"), FILTERS)
def test_kernels_with_a_filter_agree_with_the_same_weights_passed(name, weights, built_together):
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
    written = kernel.certificate["filter"]
    assert ("dyadic" in written["rounding"]) == kernel.problem.filter.exact and F(written["gain"]) == kernel.problem.filter.gain


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


def command_of(problem):
    """What the command line makes of the command that a problem prints: the problem again."""
    from convt.cli import build

    given = build.command.make_context("build", shlex.split(problem.command)[2:]).params
    return Problem.of(given["specs"][0], given["map_name"], given["dtype"], given["layout"], given["conjugate"], given["target"],
                      build._weights(given["weights"]))


@pytest.mark.parametrize("weights", [
    "bilinear", "average", "nearest", "fir:1,3,3,1", "fir:1,3,3,1,gain=4", "fir:-1,9,9,-1", "fir:1/3,2,0.1,1e-3,gain=0x1.999999999999ap-4", "fir:0,1,2,0,gain=-1/3",
    np.array([1, 3, 3, 1.0]), np.array([1, -1, 1, -1.0]), np.array([0.1, 0.2, 0.3, 1 / 3]), np.zeros(4), np.array([1e-300, 1, 1, 1e300]), np.arange(4),
    "taps:1,-1,1/3,0.25", "taps:0x1.8p-1,1,.5,2.", "taps:0,0,0,1e-20"])
@pytest.mark.parametrize("dims", [1, 2])
def test_what_the_header_says_makes_the_same_kernel(weights, dims):
    if isinstance(weights, np.ndarray) and dims == 2:
        weights = np.outer(weights, weights[::-1]) if abs(weights).max() < 1e100 else np.resize(weights, (4, 4))
    if isinstance(weights, str) and weights.startswith("taps:") and dims == 2:
        weights = f"{weights},{weights[5:]},{weights[5:]},{weights[5:]}"
    problem = Problem.of(f"{dims}d_k4s4", dtype="float64", weights=weights)
    assert command_of(problem) == problem
    assert problem.name == Problem.of(f"{dims}d_k4s4", dtype="float64", weights=problem.filter.array(np.float64)).name or problem.filter.name.isalpha() or (
        problem.filter.array(np.float64).ravel().tolist() != list(problem.filter.values))  # thirds are no floats


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=12, max_size=12), st.lists(st.floats(-4, 4, width=16), min_size=3, max_size=3),
       st.lists(st.integers(-9, 9), min_size=4, max_size=4), st.sampled_from(["float32", "float64"]))
def test_every_array_has_a_command_and_a_name_of_its_own(free, rows, columns, dtype):
    made = []
    for taps in (np.reshape(free, (3, 4)), np.outer(rows, columns)):
        try:
            made.append(Problem.of("2d_k3x4", dtype=dtype, weights=taps))
        except ArgumentError as error:
            assert "taps of" in error.rule
            continue
        assert command_of(made[-1]) == made[-1] and re.fullmatch("w[0-9a-f]{16}", made[-1].filter.name)
        assert np.array_equal(made[-1].filter.array(np.float64), taps)
    assert len({problem.name for problem in made}) == len({problem.filter.values for problem in made})


def test_a_name_says_which_taps():
    names = [Problem.of("1d_k2", weights=weights).name for weights in ("fir:1,2/3", "fir:1.3,2", "fir:1/3,2", "fir:1,2", "fir:1,2,gain=2", "taps:1,2")]
    assert len(set(names)) == len(names)
    same = [Problem.of("1d_k2s2", weights=weights) for weights in ("fir:1,3,gain=4", "fir:2,6,gain=4", "fir:0.5,1.5,gain=8/2", "taps:1,3", "taps:1.0,0x1.8p+1", np.array([1, 3]),
                                                                  np.array([[[1, 3]]] * 5, np.float16), [1, 3])]
    assert len(set(same)) == 1 and same[0].command.endswith("--weights fir:1,3,gain=4")
    assert Problem.of("2d_k4s4", weights="average").name.endswith("_f32_average")
    for spec, weights in (("1d_k64", np.arange(64) / 7), ("2d_k8", np.arange(64).reshape(8, 8) / 7), ("1d_k4096", "fir:" + ",".join("9" * 15 for _ in range(4096)))):
        assert len(Problem.of(spec, weights=weights).name) < 60


def test_no_generated_constant_is_infinite():
    """Taps may be within the element type while the factors of their product are not."""
    from convt._codegen.pipeline import generate

    for dtype, far in (("float32", 2.0**120), ("float64", 2.0**1000)):
        columns = np.array([far, far * 2, far * 7])
        for rows in ([1 / far, 3 / far, 1], [1 / far, 1, 1]):
            for outer in (np.outer(rows, columns), np.outer(columns, rows), np.outer([1, 1, 3], [1 / far, 1, far]), np.outer([1 / far, 1, far], [1, 1, 3])):
                with np.errstate(over="ignore"):
                    fits = np.isfinite(outer.astype(dtype)).all()
                if fits:
                    problem = Problem.of("2d_k3", dtype=dtype, weights=outer, target="x86-64-v3")
                    for value in (value for axis in problem.filter.factors or () for value in axis):
                        assert value == 0 or np.finfo(dtype).tiny <= abs(float(value)) <= np.finfo(dtype).max
                    assert not re.search(r"\b(inf|nan)\b", generate([problem])[1].split("SPDX")[1])


@pytest.mark.parametrize(("weights", "words"), [
    ("bilinaer", "nearest legal.*bilinear|bilinear"), ("nearest", "kernel and stride must be equal"), ("fir:1,2", "has 2 taps"), ("fir:a", "numbers"),
    ("fir:1,-1,1,-1", "sum is not 0"), (np.ones((3, 3)), "shape of the kernel"), (np.ones((2, 3, 4, 4)), "same filter"),
    (np.full((4, 4), np.nan), "finite"), (np.ones((4, 4), complex), "real"), (np.ones((0, 4, 4)), "shape of the kernel"), (np.ones((0, 1, 4, 4)), "shape of the kernel"),
    ([[1, 2], [3]], "array of real numbers|shape"), ([["a"] * 4] * 4, "real"), (np.full((4, 4), 1e39), "3.4e[+]38 in size"), (np.full((4, 4), 1e-42), "1.18e-38"),
    (object(), "real"), ({}, "real"), ("fir:1,3,3,1,gain=1e39", "digits|in size"), ("taps:1,2", "has 2 taps"), ("taps:1", "has 1 taps"), ("fir:1e99999999,1", "30 digits"),
    ("fir:1,3,3,1,gain=1e999999999", "30 digits"), ("fir:1,3,3,1,gain=", "30 digits"), ("fir:1,3,3,1,gain=1,gain=2", "30 digits"), ("fir:1,3,3,1,gain=1,2", "one gain"),
    ("fir:1e-20,1e20,1,1", "whole numbers"), ("fir:" + "9" * 31 + ",1,1,1", "30 digits"), ("fir:1/0,1,1,1", "30 digits"), ("fir:nan,1,1,1", "30 digits"),
    ("fir:inf,1,1,1", "30 digits"), ("fir:1" + ",1" * 100_000, "characters"), ("taps:0x1.8p+9999" + ",1" * 15, "30 digits"), ("fir:0x1.8,1,1,1", "30 digits"),
])
def test_bad_filters_are_named(weights, words):
    with pytest.raises(ArgumentError, match=words):
        Problem.of("2d_k4s2p1", weights=weights)


@pytest.mark.parametrize("blank", [" ", "\n", "\t", "\u00a0", "\u200b", "_", "\0"])
@pytest.mark.parametrize("weights", ["bilinear", "fir:1,3,3,1", "fir:1,3,3,1,gain=4", "taps:" + ",".join("1" * 16)])
def test_no_blank_and_no_digit_outside_ascii_passes(weights, blank):
    for place in {0, 3, 4, 5, 6, len(weights) - 1, len(weights)}:
        with pytest.raises(ArgumentError):
            Problem.of("2d_k4s2p1", weights=weights[:place] + blank + weights[place:])
    for digits in ("٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "⁰¹²³⁴⁵⁶⁷⁸⁹"):
        for digit in set(weights) & set("0123456789"):
            with pytest.raises(ArgumentError):
                Problem.of("2d_k4s2p1", weights=weights.replace(digit, digits[int(digit)], 1))


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
