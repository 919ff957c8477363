"""Slices against the index relation by trial: they hold what their outputs read, and nothing that has a tap is made up."""

import random

import pytest

from convt._derive import Axis
from convt._derive.halo import slice_of_features, slice_of_image
from convt._derive.lengths import feature_length, image_length
from convt._derive.phases import Window

CASES = 4000


def random_axis(rng):
    """Crops far beyond the kernel on either side, negative ones, k < s, gcd(s, d) > 1, output padding beyond the stride."""
    return Axis(rng.randint(1, 6), rng.randint(1, 5), (rng.randint(-4, 12), rng.randint(-4, 12)), rng.randint(1, 4), rng.randint(0, 6))


def random_window(rng, length):
    first = rng.randrange(length)
    return Window(first, rng.randint(first + 1, length))


def cases(seed, map_name):
    """(axis, input length, wanted outputs, how many come together, the slice)."""
    rng, made = random.Random(seed), 0
    while made < CASES:
        axis, given, together = random_axis(rng), rng.randint(1, 20), rng.choice((1, 1, 2, 3, 4))
        length = image_length(axis, given) if map_name == "conv_transpose" else feature_length(axis, given)
        if length >= 1:
            wanted, made = random_window(rng, length), made + 1
            make = slice_of_image if map_name == "conv_transpose" else slice_of_features
            yield axis, given, wanted, together, make(axis, wanted, given, together)


def read_by(axis, map_name, outputs, length):
    """Positions of the input that these outputs read, by trying every tap."""
    if map_name == "conv":
        found = {axis.stride * i + axis.dilation * a - axis.padding[0] for i in outputs for a in range(axis.kernel)}
    else:
        moved = {j + axis.padding[0] - axis.dilation * a for j in outputs for a in range(axis.kernel)}
        found = {position // axis.stride for position in moved if position % axis.stride == 0}
    return {position for position in found if 0 <= position < length}


@pytest.mark.parametrize("map_name", ["conv_transpose", "conv"])
def test_slices_hold_what_their_outputs_read_and_zeros_only_where_nothing_is_read(map_name):
    scale = {"conv_transpose": lambda axis: 1, "conv": lambda axis: axis.stride}[map_name]
    for axis, given, wanted, together, made in cases(1, map_name):
        each = axis.stride if map_name == "conv_transpose" else 1
        mixed = range(wanted.first - each * (together - 1), wanted.stop + each * (together - 1))  # all that may come from their windows
        needed, begin = read_by(axis, map_name, mixed, given), made.read.first - made.before
        where = (axis, given, wanted, together, made)
        assert needed <= set(range(made.read.first, made.read.stop)), where
        assert min(made.before, made.after, made.skip) >= 0 and begin >= 0 and begin + made.size <= given, where
        assert begin % (together * scale(axis)) == 0, where


@pytest.mark.parametrize("map_name", ["conv_transpose", "conv"])
def test_slices_read_no_more_than_their_outputs(map_name):
    """Where outputs come one by one: tiles of at least d outputs of the transpose, windows of conv that leave no gap."""
    tried = 0
    for axis, given, wanted, together, made in cases(2, map_name):
        needed = read_by(axis, map_name, range(wanted.first, wanted.stop), given)
        exact = len(wanted) >= axis.dilation or axis.kernel == 1 if map_name == "conv_transpose" else axis.dilation == 1 and axis.kernel >= axis.stride
        if together == 1 and exact and needed:
            assert (made.read.first, made.read.stop) == (min(needed), max(needed) + 1), (axis, given, wanted, made)
            tried += 1
    assert tried > 200


@pytest.mark.parametrize("map_name", ["conv_transpose", "conv"])
def test_slices_are_legal_calls_whose_outputs_are_those_wanted(map_name):
    """Every (i, a, j) of the wanted outputs is one of the slice, moved by a feature and s times as many positions."""
    for axis, given, wanted, together, made in cases(3, map_name):
        begin, where = made.read.first - made.before, (axis, given, wanted, together, made)
        bare = Axis(axis.kernel, axis.stride, axis.padding, axis.dilation)
        if map_name == "conv_transpose":
            assert made.size >= 1 and made.length >= max(1, image_length(bare, made.size)), where
            moved = axis.stride * begin
        else:
            assert 1 <= made.length <= feature_length(axis, made.size), where
            moved = begin // axis.stride
        assert made.skip + moved == wanted.first and made.skip + len(wanted) <= made.length, where
        for output in (wanted.first, wanted.stop - 1):
            own = {position + begin for position in read_by(axis, map_name, [output - moved], made.size)}
            assert own == read_by(axis, map_name, [output], given), where
