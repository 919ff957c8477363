"""Borders are those of np.pad before the convolution, and their adjoint after the transpose."""

import numpy as np
import pytest

import convt
from convt._derive import ArgumentError, ConvSpec
from convt._derive.lengths import feature_lengths, image_lengths

MODES = {"periodic": "wrap", "reflect": "reflect", "replicate": "edge", "zeros": "constant"}
NAMES = ["1d_k3s2p1", "1d_k5p2:3", "2d_k4s2p1", "2d_k3x5s1x2p1:0x2d2x1", "3d_k3s2p1op1", "1d_k4s3p-1:2op1"]


def cases(layout="channels_first"):
    """(spec, u, w, x); u and x in this layout."""
    rng = np.random.default_rng(0)
    for name in NAMES:
        spec = ConvSpec.parse(name)
        m = tuple((6, 5, 4)[:spec.dims])
        n = image_lengths(spec, m)
        u, w, x = rng.integers(-9, 10, (2, 4, *m)), rng.integers(-9, 10, (4, 3, *spec.kernel)), rng.integers(-9, 10, (2, 3, *n))
        if layout == "channels_last":
            u, x = np.ascontiguousarray(np.moveaxis(u, 1, -1)), np.ascontiguousarray(np.moveaxis(x, 1, -1))
        yield spec, u, w, x


def keywords(spec):
    return {"stride": spec.stride, "padding": spec.padding, "dilation": spec.dilation, "engine": "reference"}


@pytest.mark.parametrize("border", MODES)
def test_conv_reads_the_extended_image(border):
    for spec, _, w, x in cases():
        grown = np.pad(x, [(0, 0), (0, 0), *[(max(lo, 0), max(hi, 0)) for lo, hi in spec.padding]], MODES[border])
        rest = [(min(lo, 0), min(hi, 0)) for lo, hi in spec.padding]
        wanted = convt.conv(grown, w, stride=spec.stride, padding=rest, dilation=spec.dilation, engine="reference")
        found = convt.conv(x, w, border=border, **keywords(spec))
        assert found.shape[2:] == feature_lengths(spec, x.shape[2:]) and np.array_equal(found, wanted)


@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
@pytest.mark.parametrize("border", MODES)
def test_the_transpose_is_the_adjoint(border, layout):
    for spec, u, w, x in cases(layout):
        made = convt.conv_transpose(u, w, border=border, layout=layout, output_padding=spec.output_padding, **keywords(spec))
        assert made.shape == x.shape
        size = u.shape[2:] if layout == "channels_first" else u.shape[1:-1]
        seen = convt.conv(x, w, border=border, layout=layout, feature_size=size, **keywords(spec))
        assert (made * x).sum() == (u * seen).sum()
        bias = np.array([1, 20, 300])
        biased = convt.conv_transpose(u, w, bias, border=border, layout=layout, output_padding=spec.output_padding, **keywords(spec))
        shown = bias if layout == "channels_last" else bias.reshape(-1, *(1,) * spec.dims)
        assert np.array_equal(biased, made + shown)


@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
@pytest.mark.parametrize("border", MODES)
def test_gradients_are_those_of_the_sums(border, layout):
    """Both maps are linear in each argument: the inner product with a gradient is the one with what it came from."""
    for spec, u, w, x in cases(layout):
        size = u.shape[2:] if layout == "channels_first" else u.shape[1:-1]
        whole = {"border": border, "layout": layout, **keywords(spec)}
        seen = convt.conv(x, w, feature_size=size, **whole)
        form = (u * seen).sum()
        by_w = convt.conv_weight_gradient(x, u, kernel=spec.kernel, **whole)
        assert by_w.shape == w.shape and (by_w * w).sum() == form
        features, images = (tuple(range(array.ndim - 1)) if layout == "channels_last" else (0, *range(2, array.ndim)) for array in (u, x))
        found = convt.conv_backward(x, w, u, feature_size=size, **whole)
        assert found.x.shape == x.shape and (found.x * x).sum() == form
        assert np.array_equal(found.w, by_w) and np.array_equal(found.bias, u.sum(features))
        found = convt.conv_transpose_backward(u, w, x, output_padding=spec.output_padding, **whole)
        assert np.array_equal(found.u, seen) and np.array_equal(found.w, by_w) and np.array_equal(found.bias, x.sum(images))
        outs = [np.full_like(array, 7) for array in (x, w, found.bias[:1].repeat(u.shape[-1 if layout == "channels_last" else 1]))]
        given = convt.conv_backward(x, w, u, feature_size=size, out=outs, **whole)
        assert all(one is other for one, other in zip(given, outs, strict=True)) and (given.x * x).sum() == form


def test_torch_has_the_same_borders():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((1, 2, 7, 8)), rng.standard_normal((3, 2, 3, 3))
    for border, mode in (("periodic", "circular"), ("reflect", "reflect"), ("replicate", "replicate")):
        layer = torch.nn.Conv2d(2, 3, 3, stride=2, padding=1, padding_mode=mode, bias=False, dtype=torch.float64)
        layer.weight.data = torch.tensor(w)
        assert np.allclose(convt.conv(x, w, stride=2, padding=1, border=border, engine="reference"), layer(torch.tensor(x)).detach().numpy())


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_kernels_have_borders():
    rng = np.random.default_rng(2)
    x, w = rng.standard_normal((1, 8, 9, 9)).astype("float32"), rng.standard_normal((16, 8, 3, 3)).astype("float32")
    found = convt.conv(x, w, padding=1, border="reflect")
    assert np.allclose(found, convt.conv(x, w, padding=1, border="reflect", engine="reference"), atol=1e-4)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_packed_weights_are_for_the_geometry_without_the_border_both_ways():
    rng = np.random.default_rng(3)
    x, w, u = (rng.standard_normal(shape).astype("float32") for shape in ((1, 4, 9, 9), (8, 4, 3, 3), (1, 8, 9, 9)))
    packed = convt.kernel("conv", "2d_k3").pack(w)
    assert np.array_equal(convt.conv(x, packed, padding=1, border="reflect"), convt.conv(x, w, padding=1, border="reflect"))
    for one, other in zip(convt.conv_backward(x, packed, u, padding=1, border="reflect"), convt.conv_backward(x, w, u, padding=1, border="reflect"), strict=True):
        assert np.array_equal(one, other)
    for call in (convt.conv, lambda *given, **more: convt.conv_backward(*given, u, **more)):
        with pytest.raises(ArgumentError, match="packed for another kernel; this is conv2d_k3_f32"):
            call(x, convt.kernel("conv", "2d_k3p1").pack(w), padding=1, border="reflect")


X, W = np.ones((1, 1, 3)), np.ones((1, 1, 9))


@pytest.mark.parametrize(("call", "argument", "nearest"), [
    (lambda: convt.conv(X, W, padding=3, border="reflect"), "padding", 2), (lambda: convt.conv(X, W, padding=4, border="periodic"), "padding", 3),
    (lambda: convt.conv_transpose(X, W, padding=5, stride=1, border="reflect"), "padding", 0), (lambda: convt.conv(X, W, padding=3, border="mirror"), "border", "zeros"),
    (lambda: convt.conv(X, W, padding=3, border=None), "border", "zeros"),
    (lambda: convt.conv_weight_gradient(X, X, kernel=7, padding=3, border="reflect"), "padding", 2),
    (lambda: convt.conv_weight_gradient(X, X, kernel=1, border="mirror"), "border", "zeros"),
    (lambda: convt.conv_weight_gradient(X, X, kernel=3, padding=1, border="reflect", out=np.ones((1, 1, 3))), "out", None),
    (lambda: convt.conv_backward(X, np.ones((1, 1, 7)), X, padding=3, border="reflect"), "padding", 2),
    (lambda: convt.conv_transpose_backward(X, np.ones((1, 1, 7)), X, padding=3, border="reflect"), "padding", 2),
    (lambda: convt.conv_backward(X, np.ones((1, 1, 3)), X, padding=1, border=1), "border", "zeros"),
    *[(lambda border=border: convt.conv_weight_gradient(np.ones((1, 1, 0)), np.ones((1, 1, 1)), kernel=1, padding=1, border=border), "padding", 0)
      for border in ("periodic", "reflect", "replicate")],
    (lambda: convt.conv(X, W, padding=4, border="replicate", out=np.ones((1, 1, 3))), "out", None)])
def test_what_is_too_short_is_refused(call, argument, nearest):
    with pytest.raises(ArgumentError) as refused:
        call()
    assert refused.value.argument == argument and refused.value.nearest == nearest


ONE, TWO, KERNEL = np.ones((1, 1, 8)), np.ones((1, 2, 8)), np.ones((1, 1, 3))


@pytest.mark.parametrize("call", [
    lambda border: convt.conv(TWO, KERNEL, padding=1, border=border), lambda border: convt.conv(ONE, KERNEL, np.ones(2), padding=1, border=border),
    lambda border: convt.conv(ONE, KERNEL, padding=1, feature_size=9, border=border),
    lambda border: convt.conv_transpose(TWO, KERNEL, padding=1, border=border), lambda border: convt.conv_transpose(ONE, KERNEL, np.ones(2), padding=1, border=border),
    lambda border: convt.conv_weight_gradient(ONE, np.ones((1, 1, 9)), kernel=3, padding=1, border=border),
    lambda border: convt.conv_backward(ONE, KERNEL, np.ones((1, 1, 9)), padding=1, border=border),
    lambda border: convt.conv_backward(TWO, KERNEL, ONE, padding=1, border=border),
    lambda border: convt.conv_transpose_backward(TWO, KERNEL, ONE, padding=1, border=border)])
def test_what_no_border_would_mend_is_refused_in_the_same_words(call):
    with pytest.raises(ArgumentError) as without:
        call("zeros")
    with pytest.raises(ArgumentError) as behind:
        call("replicate")
    assert str(without.value) == str(behind.value)
