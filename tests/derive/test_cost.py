"""Costs are what counting every product finds."""

import random

import numpy as np
import pytest
from click.testing import CliRunner
from strategies import random_spec

from convt._derive import ArgumentError, ConvSpec
from convt._derive.cost import cost
from convt._derive.lengths import image_lengths, smallest_feature_length


def counted(spec, m):
    """(products of outputs that have all taps of their phase, of all), by trying every pair on every axis."""
    n = image_lengths(spec, m)
    taps, whole = [], []
    for axis, features, images in zip(spec.axes, m, n, strict=True):
        here, there = np.zeros(images, int), np.zeros(images, int)
        for j in range(images):
            for a in range(axis.kernel):
                place, rest = divmod(j + axis.padding[0] - axis.dilation * a, axis.stride)
                here[j] += not rest and 0 <= place < features
                there[j] += not rest
        taps.append(here)
        whole.append(here == there)
    inside = np.prod([(one * full).sum() for one, full in zip(taps, whole, strict=True)])
    return int(inside), int(np.prod([one.sum() for one in taps])), int(np.prod([k * length for k, length in zip(spec.kernel, n, strict=True)]))


def test_products_are_counted():
    rng = random.Random(0)
    for _ in range(80):
        spec = random_spec(rng)
        m = tuple(smallest_feature_length(axis) + rng.randint(0, 4) for axis in spec.axes)
        found = cost(spec, m)
        assert (found.inside, found.products, found.dense) == counted(spec, m), (str(spec), m)


def test_bytes_and_ratio():
    found = cost(ConvSpec.parse("2d_k4s2p1"), (16, 12))
    assert found.products == (4 * 16 - 2) * (4 * 12 - 2) and found.border == found.products - found.inside > 0
    assert found.bytes(256, 128) == 4 * (256 * 192 + 256 * 128 * 16 + 128 * 32 * 24) and 4 < found.ratio < 4.4


def test_the_command_prints_it():
    from convt.cli import main_group

    done = CliRunner().invoke(main_group, ["derive", "2d_k4s2p1", "--cost", "--size", "16x12", "--channels", "256,128"])
    assert done.exit_code == 0 and f"{256 * 128 * 62 * 46:,}" in done.output and "times as many" in done.output
    for words, argument in ((["--cost", "--channels", "3"], "--channels"), (["--channels", "3,4"], "--channels"), (["--cost", "--size", "9999999"], "--size")):
        with pytest.raises(ArgumentError) as refused:
            CliRunner().invoke(main_group, ["derive", "1d_k4s2p1", *words], catch_exceptions=False)
        assert refused.value.argument == argument
