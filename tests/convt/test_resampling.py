"""Resampling has SciPy's lengths and values, and by integers the definition's."""

import random

import numpy as np
import pytest

import convt
from convt._derive import ArgumentError


def defined(h, x, up, down):
    """Zeros between, filter, keep every down-th: the definition, in numbers."""
    filled = np.zeros((len(x) - 1) * up + 1, x.dtype)
    filled[::up] = x
    return np.convolve(filled, h)[::down]


def test_it_is_the_definition_to_the_last_bit():
    rng, numbers = random.Random(0), np.random.default_rng(0)
    for _ in range(60):
        up, down, k, n = rng.randint(1, 7), rng.randint(1, 7), rng.randint(1, 23), rng.randint(1, 30)
        h, x = numbers.integers(-9, 10, k), numbers.integers(-9, 10, n)
        assert np.array_equal(convt.resample(x, up, down, h, full=True, engine="reference"), defined(h, x, up, down)), (up, down, k, n)


def test_it_is_scipys():
    signal = pytest.importorskip("scipy.signal")
    rng, numbers = random.Random(1), np.random.default_rng(1)
    for _ in range(25):
        up, down, n = rng.randint(1, 12), rng.randint(1, 12), rng.randint(1, 80)
        x = numbers.standard_normal((2, n, 3))
        wanted = signal.resample_poly(x, up, down, axis=1)
        found = convt.resample(x, up, down, axis=1, engine="reference")
        assert found.shape == wanted.shape and np.allclose(found, wanted, atol=1e-11), (up, down, n)
        h = numbers.standard_normal(rng.choice((1, 3, 5, 21)))
        wanted = signal.resample_poly(x, up, down, axis=1, window=h)
        if up != down:  # SciPy returns the signal itself there; and it multiplies a window by up
            found = convt.resample(x, up, down, h * (up // np.gcd(up, down)), axis=1, engine="reference")
            assert np.allclose(found, wanted, atol=1e-11)
        wanted = signal.upfirdn(h, x, up, down, axis=1)
        found = convt.resample(x, up, down, h, axis=1, full=True, engine="reference")
        assert found.shape == wanted.shape and np.allclose(found, wanted, atol=1e-11)


def test_the_adjoint_goes_the_other_way():
    """⟨v, R x⟩ = ⟨Rᵀv, x⟩ where Rᵀ resamples by down/up with the filter turned round, from its last tap on."""
    numbers = np.random.default_rng(2)
    for up, down, k, n in ((3, 2, 7, 9), (2, 5, 4, 11), (4, 4, 9, 5)):
        h, x = numbers.integers(-9, 10, k), numbers.integers(-9, 10, n)
        y = convt.resample(x, up, down, h, full=True, engine="reference")
        v = numbers.integers(-9, 10, len(y))
        turned = convt.resample(v, down, up, h[::-1], full=True, engine="reference") if (k - 1) % up == 0 else None
        spread = np.zeros((len(v) - 1) * down + 1, int)
        spread[::down] = v
        back = np.correlate(np.concatenate([spread, np.zeros(k + up * n, int)]), h, "valid")[::up][:n]
        assert v @ y == back @ x
        if turned is not None:
            assert np.array_equal(turned[(k - 1) // up:][:n], back[:len(turned) - (k - 1) // up])


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_kernels_resample():
    numbers = np.random.default_rng(3)
    x = numbers.standard_normal((4, 441)).astype("float32")
    found = convt.resample(x, 160, 147)
    assert found.dtype == np.float32 and found.shape == (4, 480)
    assert np.allclose(found, convt.resample(x.astype(float), 160, 147, engine="reference"), atol=1e-5)
    torch = pytest.importorskip("torch")
    assert np.array_equal(convt.resample(torch.tensor(x), 160, 147).numpy(), found)


X = np.ones(8)


@pytest.mark.parametrize(("call", "argument"), [
    (lambda: convt.resample(X, 0, 1), "up"), (lambda: convt.resample(X, 1, 1.5), "down"), (lambda: convt.resample(X, 2, 1, axis=1), "axis"),
    (lambda: convt.resample(X, 2, 1, full=True), "taps"), (lambda: convt.resample(X.astype(int), 2, 1), "taps"), (lambda: convt.resample(X, 2, 1, [[1.0]]), "taps"),
    (lambda: convt.resample(X.astype(int), 2, 1, [0.5]), "taps"), (lambda: convt.resample(X[:0], 2, 1), "x"), (lambda: convt.resample(X.astype("float16"), 2, 1), "x"),
    (lambda: convt.resample(X, 2, 1, engine="warp"), "engine")])
def test_what_cannot_be_resampled_is_refused(call, argument):
    with pytest.raises(ArgumentError) as refused:
        call()
    assert refused.value.argument == argument
