"""Fused layers compute what the two layers compute, for integers to the last bit; unfused ones too."""

from itertools import product

import numpy as np
import pytest

import convt
from convt._derive import ArgumentError, ConvSpec


def whole(rng, shape):
    return rng.integers(-9, 10, shape)


def conv(x, q, spec, groups=1):
    """The convolution of a recipe: stride 1, its padding and dilation."""
    return convt.conv(x, q, padding=spec.padding, dilation=spec.dilation, groups=groups, engine="reference")


def transposed(u, layer):
    return convt.conv_transpose(u, layer.weights, **layer.arguments, engine="reference")


def repeated(u, spec):
    for axis, s in enumerate(spec.stride, 2):
        u = np.repeat(u, s, axis)
    return u


def depth_to_space(v, stride):
    """Channel c·∏s + t to channel c at sub-position t, by loops."""
    several = int(np.prod(stride))
    made = np.zeros((v.shape[0], v.shape[1] // several, *[n * s for n, s in zip(v.shape[2:], stride, strict=True)]), v.dtype)
    for number, sub in enumerate(product(*map(range, stride))):
        made[(slice(None), slice(None), *[slice(t, None, s) for t, s in zip(sub, stride, strict=True)])] = v[:, number::several]
    return made


RECIPES = ["1d_k3s2p1", "1d_k4s3p0:2d2", "2d_k3x2s2x3p1x0", "2d_k3s2p-1:2", "1d_k1s4", "3d_k2s2x1x2p1x0x0", "1d_k5s1p2"]


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", RECIPES)
def test_repeat_and_convolution_are_one_layer(name, groups):
    rng, spec = np.random.default_rng(0), ConvSpec.parse(name)
    q, u = whole(rng, (6, 4 // groups, *spec.kernel)), whole(rng, (2, 4, *(7, 6, 5)[:spec.dims]))
    one = convt.fuse(q, spec, groups=groups)
    assert one.weights.dtype == q.dtype and np.array_equal(transposed(u, one), conv(repeated(u, spec), q, spec, groups))


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", RECIPES)
def test_convolution_and_shuffle_are_one_layer(name, groups):
    rng, spec = np.random.default_rng(1), ConvSpec.parse(name)
    q, u = whole(rng, (6 * int(np.prod(spec.stride)), 4 // groups, *spec.kernel)), whole(rng, (2, 4, *(9, 8, 7)[:spec.dims]))
    one = convt.fuse(q, spec, shuffle=True, groups=groups)
    assert np.array_equal(transposed(u, one), depth_to_space(conv(u, q, spec, groups), spec.stride))


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", ["2d_k4s2p1", "1d_k3s2p1op1", "1d_k2s5p0:4d3", "2d_k3x5s3x2p0x1op0x1", "3d_k2s2", "1d_k16s8p4", "1d_k4s2p-1:3", "1d_k1s3op2"])
def test_a_transposed_convolution_is_a_convolution_and_a_shuffle(name, groups):
    rng, spec = np.random.default_rng(2), ConvSpec.parse(name)
    w, u = whole(rng, (4, 6 // groups, *spec.kernel)), whole(rng, (2, 4, *(9, 8, 7)[:spec.dims]))
    two = convt.unfuse(w, spec, groups=groups)
    expected = convt.conv_transpose(u, w, stride=spec.stride, padding=spec.padding, dilation=spec.dilation, output_padding=spec.output_padding,
                                    groups=groups, engine="reference")
    assert two.spec.stride == spec.stride and np.array_equal(depth_to_space(conv(u, two.weights, two.spec, groups), spec.stride), expected)
    again = convt.fuse(two.weights, two.spec, shuffle=True, groups=groups)
    assert np.array_equal(transposed(u, again), expected)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("first", "second"), [("1d_k2s2", "1d_k2s2"), ("2d_k3s2", "2d_k3s1p1"), ("1d_k4s2", "1d_k3s2p1op1"), ("2d_k3x1s1x3d2x1", "2d_k2x4s2x1d1x2")])
def test_two_layers_are_one(first, second, groups):
    rng, one, two = np.random.default_rng(3), ConvSpec.parse(first), ConvSpec.parse(second)
    w, w2 = whole(rng, (4, 6 // groups, *one.kernel)), whole(rng, (6, 2 // groups, *two.kernel))
    u = whole(rng, (2, 4, *(5, 6)[:one.dims]))
    made = convt.fuse(w, one, then=(w2, two), groups=groups)
    between = convt.conv_transpose(u, w, stride=one.stride, padding=one.padding, dilation=one.dilation, output_padding=one.output_padding,
                                   groups=groups, engine="reference")
    expected = convt.conv_transpose(between, w2, stride=two.stride, padding=two.padding, dilation=two.dilation, output_padding=two.output_padding,
                                    groups=groups, engine="reference")
    assert np.array_equal(transposed(u, made), expected)


def test_where_the_border_differs_it_is_said():
    w = np.arange(1, 5)[None, None]
    with pytest.raises(ArgumentError, match="on an interior only"):
        convt.fuse(w, "1d_k4s2p1", then=(w, "1d_k4s2p1"))
    one = convt.fuse(w, "1d_k4s2p1", then=(w, "1d_k4s2p1"), interior=True)
    u = np.arange(1, 9)[None, None]
    once = convt.conv_transpose(u, w, stride=2, padding=1, engine="reference")
    twice, single = convt.conv_transpose(once, w, stride=2, padding=1, engine="reference"), transposed(u, one)
    assert single.shape == twice.shape and (single != twice).any() and np.array_equal(single[..., 3:-3], twice[..., 3:-3])


def test_torch_shuffles_in_the_same_order():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(4)
    u, q = rng.standard_normal((1, 3, 5, 6)), rng.standard_normal((8, 3, 3, 3))
    wanted = torch.nn.PixelShuffle(2)(torch.nn.functional.conv2d(torch.tensor(u), torch.tensor(q), padding=1)).numpy()
    assert np.allclose(transposed(u, convt.fuse(q, "2d_k3s2p1", shuffle=True)), wanted, atol=1e-12)
    layer = torch.nn.functional.conv_transpose2d(torch.tensor(u), torch.tensor(w := rng.standard_normal((3, 2, 4, 4))), stride=2, padding=1)
    two = convt.unfuse(w, "2d_k4s2p1")
    assert np.allclose(torch.nn.PixelShuffle(2)(torch.tensor(conv(u, two.weights, two.spec))).numpy(), layer.numpy(), atol=1e-12)


Q = np.ones((4, 2, 3), "float32")


@pytest.mark.parametrize(("call", "argument"), [
    (lambda: convt.fuse(Q, "1d_k4s2"), "q"), (lambda: convt.fuse(Q, "2d_k3s2"), "q"), (lambda: convt.fuse(Q, "1d_k3s2op1"), "spec"), (lambda: convt.fuse(Q, 3), "spec"),
    (lambda: convt.fuse(Q, "1d_k3s3", shuffle=True), "q"), (lambda: convt.fuse(Q, "1d_k3s2", groups=3), "groups"), (lambda: convt.fuse(Q, "1d_k3s2", then=Q), "then"),
    (lambda: convt.fuse(Q, "1d_k3s2", then=(Q, "1d_k3s2")), "then[0]"), (lambda: convt.fuse(Q, "1d_k3s2", then=(Q, "1d_k3s2"), shuffle=True), "shuffle"),
    (lambda: convt.fuse(Q, "1d_k3s2", then=(np.ones((2, 4, 3)), "1d_k3s2")), "then[0]"), (lambda: convt.fuse(Q, "1d_k3s2", then=(Q, "2d_k3s2")), "then[1]"),
    (lambda: convt.fuse(Q.astype("float16"), "1d_k3s2"), "q"), (lambda: convt.unfuse(Q, "1d_k3s2p1"), "spec"), (lambda: convt.unfuse(Q, "1d_k3s2p1op1", groups=3), "groups")])
def test_what_does_not_fit_is_refused(call, argument):
    with pytest.raises(ArgumentError) as refused:
        call()
    assert refused.value.argument == argument
