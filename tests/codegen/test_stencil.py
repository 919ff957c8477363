"""Family ``stencil``: what its tiles add, how wide its strips are, and sizes that are no corners."""

from collections import Counter
from random import Random
from shutil import which

import numpy as np
import pytest

from convt._codegen.families import stencil
from convt._codegen.pipeline import build
from convt._codegen.problem import Problem
from convt._derive.lengths import feature_lengths, image_lengths, smallest_feature_length

TARGETS = ("generic", "x86-64", "x86-64-v3", "x86-64-v4")
SPECS = ("2d_k3p1", "2d_k3s2p1", "2d_k7p3", "2d_k5x3s3x4p2x1d2x1", "3d_k3x5x3s1x2x2p1", "2d_k9x3p4x1d3x1", "2d_k3x57p0x-9", "2d_k3x9p0x56d1x14")


def plans():
    for spec in SPECS:
        for map in ("conv", "conv_transpose"):
            for dtype in ("float32", "float64"):
                for target in TARGETS:
                    problem = Problem.of(spec, map, dtype, target=target)
                    if stencil.accepts(problem):
                        yield problem, stencil.plan(problem, problem.processor)


def test_every_row_of_a_tile_adds_every_tap_once():
    seen = Counter()
    for problem, made in plans():
        axis = problem.gathers[-2]
        (tiles,) = (piece for piece in made.pieces if isinstance(piece, stencil.StencilTiles))
        row = tiles.step // tiles.row_step
        for tile in tiles.tiles:
            reads = {(rows.index(name), tap): load.place for rows in [[sum for sums in tile.sums for sum in sums]]
                     for load in tile.loads for name, tap in load.products}
            sums = len(tile.sums[0])
            assert Counter(divmod(number, sums)[0] for number, _ in reads) == dict.fromkeys(range(len(tile.sums)), axis.kernel)
            assert all(place == (axis.step * (number // sums) + axis.offset[tap] - axis.low) * row for (number, tap), place in reads.items())
            assert sum(len(load.products) for load in tile.loads) == len(tile.sums) * axis.kernel
            seen[sums] += 1
    assert set(seen) == {1, 2}


def test_strips_of_rows_are_no_narrower_than_a_vector():
    """They write beyond the end of a row where they are, which is another strip's."""
    found = list(plans())
    assert len(found) > 60
    for problem, made in found:
        lanes = problem.processor.vector_bytes // problem.element.size
        assert all(width // -(-width // made.widest) >= lanes for width in range(made.widest + 1, 6 * made.widest))


@pytest.mark.slow
def test_sizes_that_are_no_corners():
    """Wide strips, many rows, few of both, outputs that share inputs: as ``plain``, with the same bits on any threads."""
    if not any(map(which, ("cc", "gcc", "clang"))):
        pytest.skip("needs a C compiler")
    rng, some = np.random.default_rng(3), Random(3)
    kernels = build([Problem.of("2d_k5x3s2x1p1x2d1x2", "conv"), Problem.of("2d_k3x5s1x2p1", "conv", "float64"), Problem.of("2d_k3x4p1:2x0:3")])
    for kernel in kernels:
        spec, conv = kernel.spec, kernel.problem.map == "conv"
        for wide in (9, 9, 30, 30, 70, 300, 700):
            feature = tuple(smallest_feature_length(axis) + some.randrange(most) for axis, most in zip(spec.axes, (70, wide), strict=True))
            image = tuple(n + some.randrange(axis.stride) for n, axis in zip(image_lengths(spec, feature), spec.axes, strict=True))
            channels, each = some.choice(((3, 1), (2, 1), (1, 3), (2, 2)))
            shape = (some.choice((1, 2)), channels, *(image if conv else feature))
            weights = (channels * each, 1) if conv else (channels, each)
            data, w = (values.astype(kernel.problem.dtype) for values in (rng.integers(-4, 5, shape), rng.integers(-3, 4, (*weights, *spec.kernel))))
            right = kernel(data, w, groups=channels, algorithm="plain", threads=1)
            assert right.shape[2:] == (feature_lengths(spec, image) if conv else image_lengths(spec, feature))
            noise, bits = rng.standard_normal(shape).astype(kernel.problem.dtype), set()
            for threads in (1, 2, 3):
                assert (kernel(data, w, groups=channels, algorithm="stencil", threads=threads) == right).all(), (kernel.name, shape, threads)
                out = np.empty_like(right)
                assert kernel._run(noise, w, None, out, channels, threads, "stencil", None, True) == ("stencil", threads)
                bits.add(out.tobytes())
            assert len(bits) == 1, (kernel.name, shape)
