"""Compiled kernels against the plain-loop oracle, exactly, and the promises about threads, NaN and memory."""

import os
import random

import numpy as np
import oracle
import pytest
from strategies import random_spec

import convt
from convt._codegen.kernel import NEVER
from convt._codegen.problem import Problem
from convt._derive import ConvSpec, lengths
from convt._derive.lengths import smallest_feature_length

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
CHUNK = 10


def geometry(spec):
    return spec.kernel, spec.stride, spec.dilation, [p[0] for p in spec.padding]


def chunk_of_specs(chunk):
    rng = random.Random(1000 + chunk)
    return rng, [random_spec(rng) for _ in range(CHUNK)]


@pytest.mark.parametrize("chunk", [pytest.param(n, marks=[pytest.mark.full] if n >= 1 else []) for n in range(20)])
def test_the_three_maps_are_tied_together_exactly(chunk):
    """⟨K x, u⟩ = ⟨x, Kᵀ u⟩ = ⟨w, gradient⟩ in integers, difference 0, for 20 × 10 = 200 random configurations.

    ``make test`` takes one of the twenty chunks, ``make test-full`` all.
    """
    rng, specs = chunk_of_specs(chunk)
    dtypes = [rng.choice(["int64", "int64", "int64", "float32", "float64"]) for _ in specs]
    problems = [Problem.of(spec, m, dtype) for spec, dtype in zip(specs, dtypes, strict=True)
                for m in ("conv", "conv_transpose", "conv_weight_gradient")]
    kernels = iter(convt.build(problems))
    data = np.random.default_rng(chunk)
    for spec, dtype in zip(specs, dtypes, strict=True):
        conv, transpose, gradient = (next(kernels) for _ in range(3))
        groups = rng.choice([1, 1, 2, 3])
        per_f, per_c, batch = rng.randint(1, 3), rng.randint(1, 3), rng.randint(1, 2)
        m = [smallest_feature_length(axis) + rng.randint(0, 3) for axis in spec.axes]
        n = lengths.image_lengths(spec, m)
        u = data.integers(-4, 5, (batch, per_f * groups, *m))
        w = data.integers(-4, 5, (per_f * groups, per_c, *spec.kernel))
        x = data.integers(-4, 5, (batch, per_c * groups, *n))
        su, sw, sx = (array.astype(dtype) for array in (u, w, x))
        ku = conv(sx, sw, groups=groups, out=np.empty(u.shape, dtype)).astype(np.int64)
        kx = transpose(su, sw, groups=groups).astype(np.int64)
        kw = gradient(sx, su, groups=groups).astype(np.int64)
        assert (ku * u).sum() == (kx * x).sum() == (kw * w).sum(), str(spec)
        for got, kernel, given, typed in ((ku, conv, {"w": w, "x": x}, (sx, sw)), (kx, transpose, {"u": u, "w": w}, (su, sw)),
                                          (kw, gradient, {"u": u, "x": x}, (sx, su))):
            name, more = kernel.problem.map, {"out": np.empty(u.shape, dtype)} if kernel is conv else {}
            assert (got == oracle.run(name, *geometry(spec), m, n, groups, **given)).all(), (str(spec), name)
            costs = kernel.explain(u.shape[1], x.shape[1], m, batch, groups)
            for family in (family for family, cost in costs.items() if cost < NEVER):
                assert (got == kernel(*typed, groups=groups, algorithm=family, **more)).all(), (str(spec), name, family)


@pytest.fixture(scope="module")
def kernels():
    problems = [Problem.of("2d_k4s2p1"), Problem.of("2d_k4s2p1", layout="channels_last"), Problem.of("2d_k4s2p1", dtype="float64"),
                Problem.of("2d_k3s2p1op1", dtype="complex64", conjugate=True), Problem.of("2d_k3s2p1op1", "conv", "complex64"),
                Problem.of("2d_k3s2p1op1", dtype="complex64"), Problem.of("2d_k3s2p1op1", "conv_weight_gradient", "complex64"),
                Problem.of("2d_k4s2p1", "conv"), Problem.of("2d_k4s2p1", "conv_weight_gradient"), Problem.of("1d_k3", dtype="int64")]
    return {k.name: k for k in convt.build(problems)}


def data(rng, *shape, dtype=np.float32):
    return rng.standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("algorithm", ["plain", "direct", "fast", "planes", "rows"])
def test_results_do_not_depend_on_threads_or_neighbours_in_the_batch(kernels, algorithm):
    kernel, rng = kernels["conv_transpose2d_k4s2p1_f32"], np.random.default_rng(0)
    u, w, b = data(rng, 5, 70, 13, 11), data(rng, 70, 37, 4, 4), data(rng, 37)
    one = kernel(u, w, b, threads=1, algorithm=algorithm)
    for threads in (2, 3, 7):
        assert (kernel(u, w, b, threads=threads, algorithm=algorithm) == one).all()
    for image in range(5):
        assert (kernel(u[image:image + 1], w, b, algorithm=algorithm)[0] == one[image]).all()


def test_depthwise_channels_last_takes_infinite_weights_and_any_number_of_threads(kernels):
    kernel, rng = next(k for k in kernels.values() if k.problem.layout == "channels_last"), np.random.default_rng(3)
    u, w, b = (rng.integers(1, 9, shape).astype(np.float32) for shape in ((3, 41, 23, 19), (19, 1, 4, 4), (19,)))
    w[7, 0, 1, 2] = np.inf
    wanted = kernel(u, w, b, groups=19, algorithm="plain")
    packed = kernel.pack(w, groups=19, algorithm="depthwise")
    assert packed.family == "depthwise" and np.isinf(wanted).sum() == 3 * 41 * 23
    for threads in (1, 2, 5):
        assert (kernel(u, packed, b, groups=19, threads=threads) == wanted).all()


@pytest.mark.parametrize("algorithm", ["plain", "direct", "fast", "planes", "rows"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rounding_stays_within_the_bound_of_higham(kernels, algorithm, dtype):
    """|error| ≤ γ_terms · Σ|w||x|, γ_t = t·ε/(1 − t·ε), the bias counted as a term; reference in twice the precision."""
    kernel, rng = kernels[f"conv_transpose2d_k4s2p1_{'f32' if dtype == 'float32' else 'f64'}"], np.random.default_rng(1)
    u, w, b = data(rng, 2, 33, 7, 6, dtype=dtype), data(rng, 33, 18, 4, 4, dtype=dtype), data(rng, 18, dtype=dtype)
    got = kernel(u, w, b, algorithm=algorithm)
    wide = np.longdouble

    def reference(u, w, b):
        from convt._codegen import reference as maps

        return maps.conv_transpose(kernel.spec, u.astype(wide), w.astype(wide), b.astype(wide), (14, 12), 1)

    terms = 33 * 4 + 1
    unit = np.finfo(dtype).eps / 2
    gamma = terms * unit / (1 - terms * unit)
    error = np.abs(got.astype(wide) - reference(u, w, b))
    if algorithm == "fast":  # transforms mix neighbours: the bound holds for the greatest magnitudes, times the amplification
        assert "rounding errors are at most 9.0 times" in kernel.source
        assert (error <= 9 * (gamma + 12 * unit) * terms * np.abs(u).max() * np.abs(w).max()).all()
    else:
        assert (error <= gamma * reference(np.abs(u), np.abs(w), np.abs(b))).all()


def test_nan_and_inf_reach_exactly_the_outputs_of_their_taps(kernels):
    kernel, rng = kernels["conv_transpose2d_k4s2p1_f32"], np.random.default_rng(2)
    for bad in (np.nan, np.inf, -np.inf):
        for spoil in ("u", "w"):
            u, w = data(rng, 2, 9, 4, 3), data(rng, 9, 6, 4, 4)
            {"u": u, "w": w}[spoil][1, 2, 3, 1 if spoil == "u" else 0] = bad
            wanted = convt.conv_transpose(u, w, stride=2, padding=1, engine="reference")
            for algorithm in ("plain", "direct", "fast", "planes", "rows"):
                got = kernel(u, w, algorithm=algorithm)
                assert (np.isfinite(got) == np.isfinite(wanted)).all(), (bad, spoil, algorithm)
            assert (np.isfinite(kernel(u, kernel.pack(w))) == np.isfinite(wanted)).all()


def test_packed_weights_give_the_same_bits_and_outlive_the_originals(kernels):
    kernel, rng = kernels["conv_transpose2d_k4s2p1_f32"], np.random.default_rng(3)
    u, w = data(rng, 1, 40, 6, 6), data(rng, 40, 20, 4, 4)
    wanted, packed = kernel(u, w, algorithm="direct"), kernel.pack(w, algorithm="direct")
    w[...] = 0
    assert packed.family == "direct" and (kernel(u, packed) == wanted).all()
    with pytest.raises(convt.ArgumentError, match="packed for another kernel"):
        kernels["conv_transpose2d_k4s2p1_f64"](u.astype(np.float64), packed)
    with pytest.raises(convt.ArgumentError, match="packed for direct"):
        kernel(u, packed, algorithm="plain")
    with pytest.raises(convt.ArgumentError, match="groups"):
        kernel(u, packed, groups=2)
    depthwise = data(rng, 8, 1, 4, 4)
    u8 = data(rng, 1, 8, 5, 5)
    plain = kernel.pack(depthwise, groups=8, algorithm="plain")
    assert (kernel(u8, plain, groups=8) == kernel(u8, depthwise, groups=8, algorithm="plain")).all()


def test_weights_packed_once_serve_every_size_by_the_family_that_suits_it(kernels):
    kernel, rng = kernels["conv_transpose2d_k4s2p1_f32"], np.random.default_rng(5)
    w = data(rng, 256, 128, 4, 4)
    packed = kernel.pack(w)
    for size, family in (((4, 4), "direct"), ((24, 24), "fast")):
        u = data(rng, 1, 256, *size)
        assert (kernel(u, packed) == kernel(u, w, algorithm=family)).all(), size
        costs = kernel.explain(256, 128, size)
        assert min(costs, key=costs.get) == family


def test_huge_features_are_left_to_the_family_that_does_not_mix_neighbours(kernels):
    kernel, rng = kernels["conv_transpose2d_k4s2p1_f32"], np.random.default_rng(6)
    u, w = data(rng, 1, 16, 9, 9), data(rng, 16, 8, 4, 4)
    assert (kernel(u, w, algorithm="fast") != kernel(u, w, algorithm="direct")).any()
    u[0, 3, 4, 5] = 2e15
    assert (kernel(u, w, algorithm="fast") == kernel(u, w, algorithm="direct")).all()
    assert (kernel(u, kernel.pack(w, algorithm="fast")) == kernel(u, w, algorithm="direct")).all()


def test_weights_can_be_packed_where_only_large_inputs_are_legal():
    kernel = convt.kernel("conv_transpose", "1d_k2p60")
    rng = np.random.default_rng(9)
    u, w = data(rng, 1, 20, 130), data(rng, 20, 3, 2)
    assert (kernel(u, kernel.pack(w)) == kernel(u, w)).all()


def test_channels_last_is_channels_first_moved(kernels):
    first, last, rng = kernels["conv_transpose2d_k4s2p1_f32"], kernels["conv_transpose2d_k4s2p1_f32_cl"], np.random.default_rng(4)
    u, w, b = data(rng, 2, 9, 5, 4), data(rng, 9, 6, 4, 4), data(rng, 6)
    for algorithm in ("plain", "direct", "fast", "planes", "rows"):
        got = last(np.ascontiguousarray(np.moveaxis(u, 1, -1)), w, b, algorithm=algorithm)
        assert (np.moveaxis(got, -1, 1) == first(u, w, b, algorithm=algorithm)).all()


def test_the_conjugate_form_is_the_adjoint_and_the_plain_one_is_not(kernels):
    rng = np.random.default_rng(5)

    def numbers(*shape):
        return (rng.integers(-3, 4, shape) + 1j * rng.integers(-3, 4, shape)).astype(np.complex64)

    u, w, x = numbers(2, 3, 4, 5), numbers(3, 2, 3, 3), numbers(2, 2, 8, 10)
    forward = kernels["conv2d_k3s2p1op1_c64"](x, w)
    adjoint, plain = (kernels[f"conv_transpose2d_k3s2p1op1_c64{tail}"](u, w) for tail in ("_conj", ""))
    assert np.vdot(u, forward) == np.vdot(adjoint, x) != np.vdot(plain, x)
    assert (u * forward).sum() == (plain * x).sum()


def test_a_forked_child_can_call_kernels(kernels):
    kernel, rng = kernels["conv_transpose2d_k4s2p1_f32"], np.random.default_rng(6)
    u, w = data(rng, 2, 64, 20, 20), data(rng, 64, 64, 4, 4)
    wanted = kernel(u, w, threads=2)
    child = os.fork()
    if child == 0:
        os._exit(0 if (kernel(u, w, threads=2) == wanted).all() else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_calls_from_many_threads_at_once_agree(kernels):
    from concurrent.futures import ThreadPoolExecutor

    kernel, rng = kernels["conv_transpose2d_k4s2p1_f32"], np.random.default_rng(7)
    inputs = [(data(rng, 1, 16, 9, 9), data(rng, 16, 8, 4, 4)) for _ in range(12)]
    wanted = [kernel(u, w, threads=1) for u, w in inputs]
    with ThreadPoolExecutor(6) as pool:
        for got, expected in zip(pool.map(lambda pair: kernel(*pair, threads=2), inputs), wanted, strict=True):
            assert (got == expected).all()


def test_int64_wraps(kernels):
    kernel = kernels["conv_transpose1d_k3_i64"]
    u = np.full((1, 1, 2), 2**62, np.int64)
    w = np.full((1, 1, 3), 4, np.int64)
    assert (kernel(u, w) == 0).all()


def test_outputs_without_taps_equal_the_bias():
    spec = ConvSpec.parse("1d_k2s5op3")
    b = np.array([7.0, -2.0], np.float32)
    y = convt.conv_transpose(np.ones((1, 1, 2), np.float32), np.ones((1, 2, 2), np.float32), b, stride=5, output_padding=3)
    assert y.shape == (1, 2, lengths.image_lengths(spec, [2])[0])
    assert (y[0, :, 2:5] == b[:, None]).all() and (y[0, :, 7:] == b[:, None]).all()


def test_the_certificate_says_what_ran(kernels):
    certificate = kernels["conv_transpose2d_k4s2p1_f32"].certificate
    assert certificate["miss_probability"] <= 1e-12 and len(certificate["source_sha256"]) == 64
    assert {proof["verdict"] for proof in certificate["proofs"]} == {"proved"}
    names = {(check["family"], check["check"]) for check in certificate["checks"]}
    for family in ("plain", "direct", "fast", "planes", "rows"):
        assert {(family, "labelled impulses"), (family, "random integers, poison, guard pages"),
                (family, "adjoint in integers")} <= names
    assert certificate["rounding"]["fast"].startswith("|error| ≤ 9·γ·t·max") and "Σ|w||u|" in certificate["rounding"]["direct"]
    assert not any("fast-math" in flag for flag in certificate["flags"])


def test_the_model_chooses_by_channels(kernels):
    kernel = kernels["conv_transpose2d_k4s2p1_f32"]
    wide, depthwise = kernel.explain(256, 256, (16, 12)), kernel.explain(8, 8, (16, 12), groups=8)
    assert min(wide, key=wide.get) == "fast" and min(depthwise, key=depthwise.get) == "rows"
    with pytest.raises(convt.ArgumentError, match="does not take these channels"):
        kernel(np.ones((1, 2, 3, 3), np.float32), np.ones((2, 1, 4, 4), np.float32), groups=2, algorithm="fast")
