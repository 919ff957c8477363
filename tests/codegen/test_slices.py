"""Slices have the bits of the whole, for every family of every kernel: ``together`` is what a family says of its tiles."""

import random

import numpy as np
import pytest

from convt._codegen.family import families, together
from convt._codegen.pipeline import build
from convt._codegen.problem import Problem
from convt._derive.halo import slice_of_features, slice_of_image
from convt._derive.lengths import feature_lengths, image_lengths, smallest_feature_length
from convt._derive.phases import Window

PROBLEMS = [
    Problem.of("2d_k4s2p1"), Problem.of("2d_k4s2p1", layout="channels_last"), Problem.of("1d_k5p2", dtype="float64"),
    Problem.of("2d_k3x4s1x2p-1:2x0d2x1"), Problem.of("1d_k7s2p-9:4op1"), Problem.of("3d_k3s2p1"), Problem.of("2d_k4s2p1", weights="bilinear"),
    Problem.of("1d_k5s2p3:-2", dtype="int64"), Problem.of("1d_k3p-1:4", dtype="complex64", conjugate=True),
    Problem.of("2d_k3p1", "conv"), Problem.of("2d_k3s2p1", "conv", layout="channels_last"), Problem.of("1d_k3p0:7d2", "conv", "complex64"),
    Problem.of("2d_k6x3s1x2p2", "conv"),
]
CHANNELS = [(17, 9, 1), (3, 3, 3), (19, 19, 19), (6, 4, 2)]  # features, images, groups
MOST = {1: 150, 2: 26, 3: 9}  # features along an axis, by dimension


@pytest.fixture(scope="module")
def kernels(compiler):
    return build(PROBLEMS)


@pytest.fixture(scope="module")
def compiler():
    from shutil import which

    if not any(map(which, ("cc", "gcc", "clang"))):
        pytest.skip("needs a C compiler")


def bits(array):
    return np.ascontiguousarray(array).view(np.uint8)


def numbers(rng, shape, dtype):
    values = rng.standard_normal(shape) * 8
    return (values + 1j * rng.standard_normal(shape)).astype(dtype) if np.dtype(dtype).kind == "c" else values.astype(dtype)


def cases(kernels, sizes):
    """(kernel, family, input, weights, bias, groups, input lengths, output lengths), each family with all channels that it takes."""
    rng, size = np.random.default_rng(5), random.Random(5)
    for kernel in kernels:
        problem, spec = kernel.problem, kernel.spec
        transposed, last = problem.map == "conv_transpose", problem.layout == "channels_last"
        for features, images, groups in CHANNELS:
            if problem.filter and not features == images == groups:
                continue
            for _ in range(sizes):
                feature = tuple(size.randint(least := smallest_feature_length(axis), least + MOST[spec.dims]) for axis in spec.axes)
                image = image_lengths(spec, feature)
                given, lengths = (feature, image) if transposed else (image, feature_lengths(spec, image))
                channels, outputs = (features, images) if transposed else (images, features)
                one = numbers(rng, (2, *given, channels) if last else (2, channels, *given), problem.dtype)
                w = None if problem.filter else numbers(rng, (features, images // groups, *spec.kernel), problem.dtype)
                bias = numbers(rng, (outputs,), problem.dtype)
                for family, cost in kernel.explain(features, images, feature, 1, groups).items():
                    if cost < 1e300:
                        yield kernel, family, one, w, bias, groups, given, lengths


def apart(kernel, family, one, w, bias, groups, given, wanted, steps):
    """Some outputs computed from their slice."""
    make = slice_of_image if kernel.problem.map == "conv_transpose" else slice_of_features
    slices = [make(axis, window, length, step) for axis, window, length, step in zip(kernel.spec.axes, wanted, given, steps, strict=True)]
    around = (..., slice(None)) if kernel.problem.layout == "channels_last" else (...,)

    def places(chosen):
        return (slice(None), *chosen, slice(None)) if len(around) == 2 else (slice(None), slice(None), *chosen)

    shape = [each.size for each in slices]
    block = np.zeros((one.shape[0], *shape, one.shape[-1]) if len(around) == 2 else (*one.shape[:2], *shape), one.dtype)
    block[places(slice(each.before, each.before + len(each.read)) for each in slices)] = one[
        places(slice(each.read.first, each.read.stop) for each in slices)]
    made = kernel.run(block, w, bias, groups, None, 1, family, tuple(each.length for each in slices))
    return made[places(slice(each.skip, each.skip + len(window)) for each, window in zip(slices, wanted, strict=True))]


def wrong(kernels, sizes, cuts, say=together):
    """Cases in which a slice has other bits than the whole."""
    rng, found, seen = random.Random(7), [], set()
    for kernel, family, one, w, bias, groups, given, lengths in cases(kernels, sizes):
        whole, steps = kernel.run(one, w, bias, groups, None, 2, family, lengths), say(kernel.problem, family)
        last = kernel.problem.layout == "channels_last"
        for _ in range(cuts):
            wanted = []
            for length in lengths:
                first = rng.randrange(length)
                wanted.append(Window(first, rng.randint(first + 1, min(length, first + rng.choice((1, 2, 5, 40))))))
            got = apart(kernel, family, one, w, bias, groups, given, wanted, steps)
            chosen = tuple(slice(window.first, window.stop) for window in wanted)
            right = whole[(slice(None), *chosen)] if last else whole[(slice(None), slice(None), *chosen)]
            seen.add(family)
            if not (bits(got) == bits(right)).all():
                found.append((kernel.name, family, one.shape, groups, wanted))
    return found, seen


def test_every_family_says_what_comes_together():
    for family in families():
        for problem in PROBLEMS:
            if family.accepts(problem):
                steps = together(problem, family.NAME)
                assert len(steps) == problem.spec.dims and all(isinstance(step, int) and step >= 1 for step in steps)


@pytest.mark.slow
def test_a_slice_has_the_bits_of_the_whole_in_every_family(kernels):
    found, seen = wrong(kernels, 1, 6)
    assert not found and seen == {family.NAME for family in families() if any(family.accepts(kernel.problem) for kernel in kernels)}


@pytest.mark.full
def test_many_slices_have_the_bits_of_the_whole(kernels):
    found, _ = wrong(kernels, 4, 30)
    assert not found


@pytest.mark.slow
def test_slices_that_begin_elsewhere_do_not(kernels):
    """The test above sees it when a family whose outputs come together does not say so."""
    found, _ = wrong(kernels, 1, 6, lambda problem, family: (1,) * problem.spec.dims)
    mixing = {family.NAME for family in families() for problem in PROBLEMS if family.accepts(problem) and max(together(problem, family.NAME)) > 1}
    assert {family for _, family, *_ in found} == mixing


@pytest.mark.slow
def test_packed_weights_may_come_from_memory_at_an_odd_address(kernels):
    """As another process's message may hold them."""
    import pickle

    rng, kernel = np.random.default_rng(1), kernels[0]
    u, w = numbers(rng, (1, 8, 6, 6), "float32"), numbers(rng, (8, 4, 4, 4), "float32")
    content = pickle.dumps(kernel.pack(w, algorithm="direct"), 5, buffer_callback=(buffers := []).append)
    odd = bytearray(1 + sum(len(buffer.raw()) for buffer in buffers))
    odd[1:] = b"".join(bytes(buffer.raw()) for buffer in buffers)
    packed = pickle.loads(content, buffers=[memoryview(odd)[1:]])
    assert (bits(kernel(u, packed)) == bits(kernel(u, w, algorithm="direct"))).all()
