"""Weights of every dialect become those of every other, through ours, with groups where both have them."""

from itertools import product

import numpy as np
import pytest

from convt import ArgumentError, dialects


def of(name, w, groups):
    return dialects.weights(name, groups).from_ours(w, groups)


@pytest.mark.parametrize("groups", [1, 2])
def test_all_pairs_agree_with_ours(groups):
    w, tried = np.arange(4 * 3 * 2 * 5).reshape(4, 3, 2, 5), 0
    for one, other in product(dialects.names(), repeat=2):
        try:
            there, back = of(one, w, groups), of(other, w, groups)
        except ArgumentError:  # no groups, or vectors only
            continue
        if "SciPy" not in (one, other):
            assert np.array_equal(dialects.convert(there, one, other, groups), back)
            tried += 1
    assert tried >= (81 if groups == 1 else 16)


def test_vectors_are_one_channel():
    w = np.arange(5)
    assert np.array_equal(dialects.convert(dialects.convert(w, "scipy", "pytorch"), "pytorch", "scipy"), w)


@pytest.mark.parametrize(("arguments", "argument"), [
    ((np.ones((2, 3)), "pytorch", "jax"), "w"), ((np.ones((2, 3, 4)), "pytorch", "scipy"), "w"), ((np.ones((2, 3, 4)), "pitorch", "jax"), "dialect"),
    ((np.ones((3, 3, 4)), "pytorch", "onnx", 2), "groups"), ((np.ones((2, 3, 4)), "pytorch", "jax", 2), None)])
def test_what_does_not_fit_is_refused(arguments, argument):
    with pytest.raises(ArgumentError) as refused:
        dialects.convert(*arguments)
    assert argument is None or refused.value.argument == argument
