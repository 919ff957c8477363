"""Padding in words, and output padding beside an output size: understood where there is one meaning, else one error."""

import contextlib
import itertools
import warnings

import numpy as np
import pytest

import convt
from convt import ArgumentError


@pytest.mark.parametrize("word", ["same", "valid", "SAME"])
def test_a_word_for_the_padding_is_taken_where_all_frameworks_mean_the_same(word):
    """All kernels up to 5, strides up to 4, dilations up to 2: what is taken is what every dialect reads, what is refused has two readings."""
    from convt._derive.dialects import dialect

    taken = 0
    for k, s, d in itertools.product(range(1, 6), range(1, 5), (1, 2)):
        m, span = 4, d * (k - 1) + 1
        readings = set()
        for name, arguments in (("Keras", {"padding": word.lower(), "dilation_rate": d}), ("ONNX", {"auto_pad": {"same": "SAME_UPPER"}.get(word.lower(), "VALID"), "dilations": d}),
                                ("ONNX", {"auto_pad": {"same": "SAME_LOWER"}.get(word.lower(), "VALID"), "dilations": d}),
                                ("JAX", {"padding": word.upper(), "rhs_dilation": d})):
            with contextlib.suppress(ArgumentError):  # Keras has no dilation with strides
                readings.add(dialect(name).read((m,), (k,), strides=s, **arguments).spec)
        u, w = rng_array((1, 2, m)), rng_array((2, 3, k))
        try:
            x = convt.conv_transpose(u, w, stride=s, dilation=d, padding=word, engine="reference")
        except ArgumentError as error:
            assert len(readings) > 1, (k, s, d)
            assert all(str(spec.padding) in str(error) for spec in readings)
            continue
        assert len(readings) == 1, (k, s, d, readings)
        spec = readings.pop()
        expected = convt.conv_transpose(u, w, stride=s, dilation=d, padding=spec.padding, output_padding=spec.output_padding, engine="reference")
        assert np.array_equal(x, expected) and x.shape[2] == (s * m if word.lower() == "same" else s * (m - 1) + span)
        taken += 1
    assert taken >= 10


@pytest.mark.slow
def test_same_of_a_convolution_is_that_of_torch():
    torch = pytest.importorskip("torch", reason="needs torch")
    for k, d in itertools.product((1, 2, 3, 4), (1, 2, 3)):
        x, w = rng_array((1, 3, 9)), rng_array((2, 3, k))
        found = convt.conv(x, w, padding="same", dilation=d, engine="reference")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = torch.nn.functional.conv1d(torch.from_numpy(x), torch.from_numpy(w), padding="same", dilation=d).numpy()
        assert np.array_equal(found, expected)
        gradient = convt.conv_weight_gradient(x, found, kernel=k, padding="same", dilation=d, engine="reference")
        lo = d * (k - 1) // 2
        assert np.array_equal(gradient, convt.conv_weight_gradient(x, found, kernel=k, padding=((lo, d * (k - 1) - lo),), dilation=d, engine="reference"))


@pytest.mark.slow
def test_the_numbers_of_a_refused_same_are_those_of_jax():
    pytest.importorskip("jax", reason="needs jax")
    from jax import lax

    for n, k, s in itertools.product((7, 8, 9), (1, 3, 4), (2, 3)):
        upper, lower = (tuple(lax.padtype_to_pads((n,), (k,), (s,), word)) for word in ("SAME", "SAME_LOWER"))
        with pytest.raises(ArgumentError) as caught:
            convt.conv(rng_array((1, 3, n)), rng_array((2, 3, k)), stride=s, padding="same", engine="reference")
        assert caught.value.nearest == upper and (lower == upper or f"SAME_LOWER {lower}" in str(caught.value))


def test_output_padding_beside_output_size_must_give_it():
    u, w = rng_array((1, 2, 3)), rng_array((2, 3, 4))
    for op in range(4):
        x = convt.conv_transpose(u, w, stride=2, padding=1, output_padding=op, engine="reference")
        for n in range(4, 12):
            both = {"stride": 2, "padding": 1, "output_padding": op, "output_size": n, "engine": "reference"}
            if n == x.shape[2] or (op == 0 and n in (6, 7)):
                assert convt.conv_transpose(u, w, **both).shape[2] == n
            else:
                with pytest.raises(ArgumentError) as caught:
                    convt.conv_transpose(u, w, **both)
                assert op == 0 or (caught.value.nearest == x.shape[2:] and f"output_padding=({op},)" in str(caught.value))


def rng_array(shape):
    """Small whole numbers, the same in every call."""
    return np.random.default_rng(7).integers(-4, 5, shape).astype(np.float32)
