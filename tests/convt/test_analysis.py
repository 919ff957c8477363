"""What is said of weights is what matrices of numbers show: phase sums, bounds, rank, separability."""

import numpy as np
import pytest

import convt
from convt._derive import ArgumentError, ConvSpec
from convt._derive.render.figures import FORMATS


def matrix(w, spec, m, groups=1):
    """Aᵀ of the uncropped layer, one column a feature, by calls."""
    features = w.shape[0]
    eye = np.eye(features * int(np.prod(m))).reshape(-1, features, *m)
    image = convt.conv_transpose(eye, w.astype(float), stride=spec.stride, dilation=spec.dilation, groups=groups, engine="reference")
    return image.reshape(len(eye), -1).T


@pytest.mark.parametrize(("name", "features", "images", "groups"), [
    ("1d_k4s2p1", 1, 1, 1), ("1d_k5s3", 2, 3, 1), ("2d_k4s2p1", 1, 1, 1), ("2d_k3s2x1d1x2", 2, 2, 2), ("1d_k3s2", 4, 1, 1), ("1d_k4s4d6", 2, 2, 1), ("3d_k2s2", 1, 1, 1)])
def test_bounds_hold_for_every_length_and_are_reached(name, features, images, groups):
    spec = ConvSpec.parse(name)
    w = np.random.default_rng(0).standard_normal((features, images // groups, *spec.kernel))
    found = convt.analyse(w, spec, groups=groups)
    (low, more), (less, high) = found.bounds
    assert 0 <= low <= more <= less <= high
    for m in ({1: (2, 9, 60), 2: (2, 7), 3: (2,)}[spec.dims]):
        values = np.linalg.svd(matrix(w, spec, (m,) * spec.dims, groups), compute_uv=False) ** 2
        least = values[-1] if len(values) == features * m**spec.dims else 0
        assert least >= low - 1e-9 and values[0] <= high + 1e-9
    if spec.dims == 1:
        assert values[0] >= 0.97 * less and (least <= 1.1 * more + 1e-3)
    assert found.rank == min(features // groups, images // groups * int(np.prod(spec.stride))) * groups or name == "1d_k4s4d6"


def test_autocorrelations_are_the_blocks_of_the_matrix():
    spec, rng = ConvSpec.parse("2d_k4x3s2x1d1x2"), np.random.default_rng(1)
    w = rng.integers(-9, 9, (2, 3, 4, 3))
    turned = matrix(w, spec, (5, 5))
    gram = (turned.T @ turned).reshape(2, 5, 5, 2, 5, 5)
    found = convt.analyse(w, spec).autocorrelations
    for lag in np.ndindex(3, 5):
        assert np.array_equal(found.get(lag, np.zeros((1, 2, 2)))[0], gram[:, 0, 0][:, :, lag[0], lag[1]])


def test_orthonormal_and_tight_weights_are_known():
    haar = np.array([[[1, 1]], [[1, -1]]]) / np.sqrt(2)
    found = convt.analyse(haar, "1d_k2s2")
    assert found.orthonormal and found.tight and found.rank == 2 and np.allclose(found.bounds[1], 1)
    assert convt.analyse(3 * haar, "1d_k2s2").tight and not convt.analyse(3 * haar, "1d_k2s2").orthonormal
    d4 = np.array([1 + np.sqrt(3), 3 + np.sqrt(3), 3 - np.sqrt(3), 1 - np.sqrt(3)]) / (4 * np.sqrt(2))
    both = np.stack([d4, d4[::-1] * [1, -1, 1, -1]])[:, None]
    found = convt.analyse(both, "1d_k4s2")
    assert found.orthonormal and not convt.analyse(both + 1e-6, "1d_k4s2").orthonormal
    lost = convt.analyse(np.stack([d4, d4])[:, None], "1d_k4s2")
    assert lost.rank == 1 and lost.bounds[0][0] == 0 and lost.bounds[0][1] < 1e-12


def test_checkerboards_are_those_of_the_phase_sums():
    assert convt.analyse(np.eye(2, dtype=int)[None, None], "2d_k2s2").checkerboard
    assert not convt.analyse(np.ones((1, 1, 4, 4), int), "2d_k4s2p1").checkerboard
    k3 = convt.analyse(np.ones((2, 3, 3, 3), "float32"), "2d_k3s2p1op1")
    assert k3.checkerboard and k3.phase_sums[0, 0].tolist() == [[4, 2], [2, 1]]
    assert convt.analyse(np.ones((1, 1, 2)), "1d_k2s3").phase_sums.tolist() == [[[1, 1, 0]]]
    w = np.random.default_rng(2).integers(-9, 9, (2, 3, 4))
    found = convt.analyse(w, "1d_k4s3d2")
    inside = found.overlap(20)[:, 9:30]
    for j in range(9, 30):
        assert np.array_equal(inside[:, j - 9], found.phase_sums[..., j % 3].sum(axis=0))


def test_factors_multiply_to_the_weights():
    rng = np.random.default_rng(3)
    parts = [rng.standard_normal((2, 3, k)) for k in (3, 4, 2)]
    w = np.einsum("fci,fcj,fck->fcijk", *parts)
    found = convt.analyse(w, "3d_k3x4x2")
    assert found.separable and np.allclose(np.einsum("fci,fcj,fck->fcijk", *found.factors), w)
    w[1, 2, 0, 0, 0] += 1e-3
    assert convt.analyse(w, "3d_k3x4x2").factors is None and convt.analyse(w[0, 0, 0, 0][None, None], "1d_k2").separable


@pytest.mark.parametrize("kind", [name for name in FORMATS if name in ("svg", "tikz")])
def test_the_overlap_map_is_drawn_with_the_weights(kind, tmp_path):
    path = tmp_path / f"map.{kind}"
    convt.analyse(np.array([[[[1, 2], [3, 5]]]]), "2d_k2s1").draw(path, size=2)
    text = path.read_text()
    assert all(f">{value}<" in text or f"{{{value}}}" in text or str(value) in text for value in (11, 5, 3))
    assert "11 channels" not in str(convt.analyse(np.ones((1, 1, 2, 2)), "2d_k2s2")) and "orthonormal" not in str(convt.analyse(np.ones((1, 1, 2, 2)), "2d_k2s2"))


def test_what_cannot_be_analysed_is_refused(tmp_path):
    w = np.ones((4, 2, 3))
    for call, argument in ((lambda: convt.analyse(w, "1d_k4"), "w"), (lambda: convt.analyse(w, "1d_k3", groups=3), "groups"),
                           (lambda: convt.analyse(w * np.nan, "1d_k3"), "w"), (lambda: convt.analyse(w.astype("float16"), "1d_k3"), "w"),
                           (lambda: convt.analyse(w, "1d_k3").draw("a.jpg"), "path"), (lambda: convt.analyse(w, "1d_k3").draw("a.png", (9, 0)), "channel[0]"),
                           (lambda: convt.analyse(w, "1d_k3").overlap(0), "size")):
        with pytest.raises(ArgumentError) as refused:
            call()
        assert refused.value.argument == argument
