"""All gradients in one call: exact in integers, those of torch.autograd, accurate, the same bits, and refusals by name."""

import math
import random

import numpy as np
import pytest
from strategies import random_spec

import convt
from convt import ArgumentError
from convt._codegen.problem import Problem
from convt._derive.lengths import feature_length, smallest_feature_length

LAYOUTS = ("channels_first", "channels_last")
TYPES = ("float32", "float64", "int64", "complex64", "complex128")


def numbers(rng, dtype, *shape):
    """Whole numbers, complex ones too: all sums below are exact."""
    values = rng.integers(-4, 5, shape)
    return (values + 1j * rng.integers(-4, 5, shape)).astype(dtype) if np.dtype(dtype).kind == "c" else values.astype(dtype)


def laid(array, layout):
    return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if layout == "channels_last" else array


def inner(one, other):
    """Re ⟨one, other⟩."""
    return (one.conj() * other).sum().real


def layer(rng, dtype, spec, layout, map_name, groups):
    """(first, w, bias, keywords) of a random call whose result is shorter or longer than the usual one now and then."""
    m = [smallest_feature_length(axis) + int(rng.integers(0, 4)) for axis in spec.axes]
    n = [axis.stride * (size - 1) + axis.span + axis.output_padding - sum(axis.padding) for axis, size in zip(spec.axes, m, strict=True)]
    features, images = 2 * groups, 3 * groups
    options = {"stride": spec.stride, "padding": spec.padding, "dilation": spec.dilation, "groups": groups, "layout": layout}
    w = numbers(rng, dtype, features, images // groups, *spec.kernel)
    if map_name == "conv":
        most = [feature_length(axis, size) for axis, size in zip(spec.axes, n, strict=True)]  # op ≥ s: more than m
        options["feature_size"] = tuple(int(rng.integers(1, size + 1)) for size in most) if rng.integers(2) else tuple(most)
        return laid(numbers(rng, dtype, 2, images, *n), layout), w, numbers(rng, dtype, features), options
    options |= {"output_padding": spec.output_padding}
    return laid(numbers(rng, dtype, 2, features, *m), layout), w, numbers(rng, dtype, images), options


@pytest.mark.parametrize("map_name", ["conv", "conv_transpose"])
@pytest.mark.parametrize("dtype", TYPES)
def test_gradients_are_what_the_result_changes_by_exactly(map_name, dtype):
    """⟨grad, y(first + a, w + b, bias + c) − y⟩ to first order is ⟨gradients, (a, b, c)⟩: in integers, difference 0, 40 geometries."""
    rng, draw = np.random.default_rng(0), random.Random(map_name + dtype)
    forward, backward = getattr(convt, map_name), getattr(convt, f"{map_name}_backward")
    for number in range(40):
        spec, layout, groups = random_spec(draw), LAYOUTS[number % 2], 1 + number % 3
        first, w, bias, options = layer(rng, dtype, spec, layout, map_name, groups)
        options |= {"engine": "reference"} | ({"conjugate": bool(number % 4 // 2)} if map_name == "conv_transpose" else {})
        grad = numbers(rng, dtype, *forward(first, w, bias, **options).shape)
        found = backward(first, w, grad, **options)
        for name, gradient, like in zip(found._fields, found, (first, w, bias), strict=True):
            assert gradient.shape == like.shape and gradient.dtype == dtype
            step = numbers(rng, dtype, *like.shape)
            changed = {"w": (first, step, None), "bias": (np.zeros_like(first), w, step)}.get(name, (step, w, None))
            assert inner(grad, forward(*changed, **options)) == inner(gradient, step), (spec, layout, groups, name)


@pytest.mark.parametrize("dtype", ["int64", "float64", "complex128"])
def test_gradients_of_gradients_are_the_same_maps(dtype):
    """The table at the head of convt/gradients.py, its third line included: that map's gradients are the two others."""
    rng, draw = np.random.default_rng(1), random.Random(dtype)
    for sample in range(20):
        spec, layout = random_spec(draw), LAYOUTS[sample % 2]
        u, w, _, options = layer(rng, dtype, spec, layout, "conv_transpose", 2)
        options["engine"] = "reference"
        x = convt.conv_transpose(u, w, **options)
        size = options.pop("output_padding")
        gradient = convt.conv_weight_gradient(x, u, kernel=spec.kernel, **options)
        grad = numbers(rng, dtype, *gradient.shape)
        by_x = convt.conv_transpose(u.conj(), grad, output_padding=size, **options)
        by_u = convt.conv(x.conj(), grad, feature_size=u.shape[1:-1] if layout == "channels_last" else u.shape[2:], **options)
        for number, by in enumerate((by_x, by_u)):
            inputs = [x, u]
            inputs[number] = numbers(rng, dtype, *inputs[number].shape)
            assert inner(grad, convt.conv_weight_gradient(*inputs, kernel=spec.kernel, **options)) == inner(by, inputs[number])


U, W = np.ones((2, 4, 3, 3), np.float32), np.ones((4, 3, 3, 3), np.float32)
GRAD = np.ones((2, 6, 6, 6), np.float32)
CALL = {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2, "engine": "reference"}


def test_any_subset_into_any_array():
    every = convt.conv_transpose_backward(U, W, GRAD, **CALL)
    assert every._fields == ("u", "w", "bias")
    for mask in range(8):
        needs = [name for number, name in enumerate(every._fields) if mask >> number & 1][::-1]
        some = convt.conv_transpose_backward(U, W, GRAD, needs=needs, **CALL)
        for name in every._fields:
            assert np.array_equal(getattr(some, name), getattr(every, name)) if name in needs else getattr(some, name) is None
    again = convt.conv_transpose_backward(U, W, 2 * GRAD, out=every, **CALL)
    assert all(one is other for one, other in zip(every, again, strict=True)) and (every.bias == 2 * 72).all()
    mine = np.empty_like(W)
    some = convt.conv_transpose_backward(U, W, GRAD, needs=("w", "bias"), out=(None, mine, None), **CALL)
    assert some.w is mine and some.u is None and (some.bias == 72).all()


def test_an_empty_batch_has_gradients_of_zero():
    for layout in LAYOUTS:
        found = convt.conv_transpose_backward(laid(U, layout)[:0], W, laid(GRAD, layout)[:0], layout=layout, **CALL)
        assert found.u.shape == laid(U, layout)[:0].shape and found.w.shape == W.shape
        assert not found.w.any() and found.bias.shape == (6,) and not found.bias.any()


def test_tensors_come_out_for_tensors():
    torch = pytest.importorskip("torch", reason="needs torch")
    found = convt.conv_transpose_backward(*map(torch.from_numpy, (U, W, GRAD)), **CALL)
    assert all(isinstance(one, torch.Tensor) for one in found)
    out = [torch.empty_like(one) for one in found]
    assert all(one is other for one, other in zip(convt.conv_transpose_backward(*map(torch.from_numpy, (U, W, GRAD)), out=out, **CALL), out, strict=True))
    assert all(torch.equal(one, other) for one, other in zip(found, out, strict=True))


def backward(*arrays, **options):
    return lambda: convt.conv_transpose_backward(*(arrays or (U, W, GRAD)), **CALL | options)


X = np.ones((2, 6, 8, 8), np.float32)
BAD = {
    "grad of another length": (backward(U, W, GRAD[..., :-1]), "grad=(2, 6, 6, 5): must have the shape of what conv_transpose gives with these arguments; "
                                                               "nearest legal value: (2, 6, 6, 6)"),
    "grad of another batch": (backward(U, W, GRAD[:1]), "grad=(1, 6, 6, 6)"),
    "grad of another type": (backward(U, W, GRAD.astype(float)), "grad='float64': must have element type float32"),
    "grad of another rank": (backward(U, W, GRAD[0]), "grad=(6, 6, 6): must have 4 axes"),
    "no array": (backward(U, W, None), "grad='NoneType'"),
    "w of another type": (backward(U, W.astype(float), GRAD), "w='float64'"),
    "u without a batch": (backward(U[0], W, GRAD), "u=(4, 3, 3): has no batch axis"),
    "channels": (backward(U[:, :2], W, GRAD), "4 feature channels of w"),
    "groups": (backward(groups=3), "groups=3: must divide the 4 feature channels of w; nearest legal value: 2"),
    "a name that is no gradient": (backward(needs=["x"]), "needs[0]='x': must be one of u, w, bias"),
    "a name of another kind": (backward(needs=[1]), "needs[0]=1"),
    "one name": (backward(needs="w"), "needs='w': must be a list of some of u, w, bias; nearest legal value: ['w']"),
    "no names": (backward(needs=None), "needs=None"),
    "out as one array": (backward(out=np.empty_like(U)), "out='ndarray': must be one array, or None, for each of u, w, bias"),
    "two outs": (backward(out=(None, None)), "out='tuple'"),
    "out of another shape": (backward(out=(None, np.empty((4, 3, 2, 2), np.float32), None)), "out[1]=(4, 3, 2, 2): must have shape (4, 3, 3, 3)"),
    "out of the bias": (backward(out=(None, None, np.empty(4, np.float32))), "out[2]=(4,): must have shape (6,)"),
    "out that is not needed": (backward(needs=["w"], out=(np.empty_like(U), None, None)), "out[0]='ndarray': is for the gradient by u, which needs=['w'] leaves out"),
    "out over an input": (backward(out=(U, None, None)), "out[0]='an array that overlaps u'"),
    "out over grad": (backward(U, W, GRAD, out=(GRAD.reshape(-1)[:72].reshape(U.shape), None, None)), "out[0]='an array that overlaps grad'"),
    "out over another": (lambda: (lambda a: backward(out=(a[:72].reshape(U.shape), a[:108].reshape(W.shape), None))())(np.empty(200, np.float32)),
                         "out[1]='an array that overlaps out[0]'"),
    "engine": (backward(engine="gpu"), "engine='gpu'"),
    "threads": (backward(threads=0), "threads=0"),
    "layout": (backward(layout="NCHW"), "layout='NCHW'"),
    "output size": (backward(output_padding=0, output_size=9), "output_size[0]=9"),
    "conv: feature size": (lambda: convt.conv_backward(X, W, U, feature_size=99, groups=2, engine="reference"), "feature_size[0]=99"),
    "conv: conjugate": (lambda: convt.conv_backward(X, W, U, groups=2, conjugate=True, engine="reference"), "conjugate=True"),
    "conv: grad": (lambda: convt.conv_backward(X, W, U, groups=2, engine="reference"), "grad=(2, 4, 3, 3): must have the shape of what conv gives"),
    "conv: names": (lambda: convt.conv_backward(X, W, U, groups=2, needs=("u",), engine="reference"), "needs[0]='u': must be one of x, w, bias"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_error_and_nothing_is_written(name):
    call, says = BAD[name]
    before = U.copy(), GRAD.copy()
    with pytest.raises(ArgumentError) as caught:
        call()
    assert says in str(caught.value) and np.array_equal(before[0], U) and np.array_equal(before[1], GRAD)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
def test_the_gradient_by_the_bias_is_accurate(dtype, layout):
    """Of 2²⁰ + 77 numbers with a large mean: correctly rounded for float32, within a few units in the last place for float64."""
    rng, shape = np.random.default_rng(2), (3, 2, (1 << 18) + 77)
    grad = (1000 + rng.random(shape)).astype(dtype)
    found = convt.conv_backward(laid(grad[:, :1], layout), np.ones((2, 1, 1), dtype), laid(grad, layout), needs=["bias"], layout=layout, engine="reference").bias
    exact = [math.fsum(grad[:, channel].real.ravel().tolist()) for channel in range(2)]
    assert np.abs(found.real / exact - 1).max() <= (1e-15 if dtype == "float64" else 2**-24)


def test_a_long_sum_of_ones_does_not_stop_growing():
    """A running sum in float32 stays at 2²⁴."""
    ones = np.ones((1, 1, (1 << 24) + 12), np.float32)
    assert convt.conv_backward(ones, ones[..., :1], ones, needs=["bias"], engine="reference").bias == (1 << 24) + 12


@pytest.fixture(scope="module")
def kernels():
    """What the tests below call, built together."""
    wanted = (("2d_k3s2p1", "channels_first"), ("2d_k3s2p1", "channels_last"), ("1d_k5s3p2:1d2", "channels_first"))
    return convt.build([Problem.of(spec, name, layout=layout) for spec, layout in wanted for name in ("conv", "conv_transpose", "conv_weight_gradient")])


GEOMETRIES = {"2d_k3s2p1": {"stride": 2, "padding": 1}, "1d_k5s3p2:1d2": {"stride": 3, "padding": ((2, 1),), "dilation": 2}}


@pytest.mark.slow
@pytest.mark.usefixtures("compiler", "kernels")
@pytest.mark.parametrize("dtype", ["float32", "complex64"])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_gradients_are_those_of_torch(name, dtype):
    torch = pytest.importorskip("torch", reason="needs torch")
    rng, spec, options = np.random.default_rng(3), convt.ConvSpec.parse(name), GEOMETRIES[name]
    symmetric = all(lo == hi for lo, hi in spec.padding)
    for groups, batch in ((1, 3), (2, 1), (8, 2)):
        w = numbers(rng, dtype, 8, 16 // groups, *spec.kernel)
        for map_name in ("conv", "conv_transpose"):
            first = numbers(rng, dtype, batch, 8 if map_name == "conv_transpose" else 16, *(11 + axis for axis in range(spec.dims)))
            bias = numbers(rng, dtype, 16 if map_name == "conv_transpose" else 8)
            inputs = [torch.from_numpy(array.copy()).requires_grad_() for array in (first, w, bias)]
            words = {"stride": spec.stride, "dilation": spec.dilation, "groups": groups, "padding": tuple(lo for lo, _ in spec.padding) if symmetric else 0}
            call = getattr(torch.nn.functional, f"{map_name}{spec.dims}d")
            if map_name == "conv":
                (lo, hi), = spec.padding if not symmetric else ((0, 0),)
                y = call(torch.nn.functional.pad(inputs[0], (lo, hi)) if not symmetric else inputs[0], *inputs[1:], **words)
            else:
                y = call(*inputs, **words)
                y = y if symmetric else y[..., spec.padding[0][0]:y.shape[-1] - spec.padding[0][1]]
            grad = numbers(rng, dtype, *y.shape)
            y.backward(torch.from_numpy(grad))
            engine = "auto" if dtype == "float32" else "reference"
            found = getattr(convt, f"{map_name}_backward")(first, w, grad, groups=groups, engine=engine, **options)
            for one, wanted in zip(found, inputs, strict=True):
                assert np.array_equal(one, wanted.grad.numpy()), (map_name, groups)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler", "kernels")
@pytest.mark.parametrize(("name", "layout"), [("2d_k3s2p1", "channels_first"), ("2d_k3s2p1", "channels_last"), ("1d_k5s3p2:1d2", "channels_first")])
def test_kernels_agree_with_numpy_at_all_lengths_and_numbers_of_threads(name, layout):
    """One kernel a map serves all output paddings, those beyond the stride too, and results that were made shorter."""
    rng, spec, options = np.random.default_rng(4), convt.ConvSpec.parse(name), GEOMETRIES[name] | {"layout": layout}
    for (features, images, groups), extra in zip(((3, 2, 1), (40, 48, 2), (64, 64, 64), (17, 1, 1), (1, 33, 1)) * 2, range(10), strict=True):
        w = numbers(rng, "float32", features, images // groups, *spec.kernel)
        u = laid(numbers(rng, "float32", 2, features, *(5 + 3 * axis for axis in range(spec.dims))), layout)
        x = convt.conv_transpose(u, w, output_padding=extra, groups=groups, engine="reference", **options)
        grads = [numbers(rng, "float32", *array.shape) for array in (u, x)]
        wanted = [convt.conv_transpose_backward(u, w, grads[1], output_padding=extra, groups=groups, engine="reference", **options),
                  convt.conv_backward(x, w, grads[0], feature_size=u.shape[1:-1] if layout == "channels_last" else u.shape[2:], groups=groups, engine="reference",
                                      **options)]
        for threads in (1, 2, 3):
            found = [convt.conv_transpose_backward(u, w, grads[1], output_padding=extra, groups=groups, threads=threads, **options),
                     convt.conv_backward(x, w, grads[0], feature_size=u.shape[1:-1] if layout == "channels_last" else u.shape[2:], groups=groups, threads=threads,
                                         **options)]
            for one, other in zip(sum(found, ()), sum(wanted, ()), strict=True):
                assert np.array_equal(one, other), (features, images, groups, extra, threads)
    u, w, grad = (rng.standard_normal(shape).astype("float32") for shape in (u.shape, w.shape, x.shape))
    found = [convt.conv_transpose_backward(u, w, grad, output_padding=extra, groups=groups, threads=threads, **options) for threads in (1, 2, 3)]
    assert all(np.array_equal(one, other) for more in found[1:] for one, other in zip(found[0], more, strict=True))


@pytest.mark.slow
@pytest.mark.usefixtures("compiler", "kernels")
def test_packed_weights_go_in():
    packed = convt.kernel("conv_transpose", "2d_k3s2p1").pack(W)
    found = convt.conv_transpose_backward(U, packed, GRAD[:, :3, :5, :5].copy(), stride=2, padding=1, engine="reference")
    wanted = convt.conv_transpose_backward(U, W, GRAD[:, :3, :5, :5].copy(), stride=2, padding=1, engine="reference")
    assert all(np.array_equal(one, other) for one, other in zip(found, wanted, strict=True))


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_gradient_by_an_input_counts_the_packing_of_its_weights(monkeypatch):
    """The family with the least time for the whole batch, its packed weights included; what is packed already is left alone."""
    from convt._codegen import kernel as kernels
    from convt._codegen import pipeline
    from convt._codegen.call import checked

    ran = []
    launch = kernels.Kernel.launch
    monkeypatch.setattr(kernels.Kernel, "launch", lambda self, call, threads=None, algorithm="auto": (ran.append((self, algorithm)), launch(self, call, threads, algorithm))[1])
    for features, images, size, batch in ((512, 256, 8, 1), (64, 32, 4, 64), (6, 4, 20, 1), (64, 64, 5, 2)):
        u, w = np.ones((batch, features, size, size), "f"), np.ones((features, images, 4, 4), "f")
        grad = np.ones((batch, images, 2 * size, 2 * size), "f")
        ran.clear()
        convt.conv_transpose_backward(u, w, grad, needs=["u"], stride=2, padding=1)
        (kernel, algorithm), = ran
        costs = {family: cost + 0.2 * kernel.packed_bytes(features, images, 1, family) for family, cost in kernel.explain(features, images, (size, size), batch).items() if cost < 1e300}
        assert kernel.problem.map == "conv" and algorithm == min(costs, key=costs.get)
        packed = checked(kernel.problem, grad, kernel.pack(w), None, 1, None, (size, size), {})
        assert kernel.for_one_call(packed) == "auto"
    gradient = pipeline.build([Problem.of("2d_k4s2p1", "conv_weight_gradient")])[0]
    assert gradient.for_one_call(checked(gradient.problem, grad, u, None, 1, None, None, {})) == "auto"
    monkeypatch.setattr(kernel, "_costs", lambda batch, *sizes: {"direct": 2.3e6 * batch, "fast": 2e6 * batch, "plain": 1e9, "stencil": 1e300})
    monkeypatch.setattr(kernel, "_packed_length", lambda features, images, groups, family: {"direct": 1 << 21, "fast": 1 << 23, "plain": 0}[family])
    chosen = [kernel.for_one_call(checked(kernel.problem, np.ones((batch, 3, 30, 30), "f"), np.ones((2, 3, 4, 4), "f"), None, 1, None, None, {})) for batch in (1, 16, 17)]
    assert chosen == ["direct", "direct", "fast"]  # 0.3 ms for an image against 5 ms for the weights
