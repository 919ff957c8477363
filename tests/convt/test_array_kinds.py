"""Arrays as users have them: tensors of other libraries, any byte order and memory order, empty batches, numbers as arrays."""

import sys

import numpy as np
import pytest

import convt
from convt import ArgumentError
from convt._codegen.problem import Problem

RNG = np.random.default_rng(3)
U, W, B = (RNG.standard_normal(shape).astype(np.float32) for shape in ((2, 3, 5, 4), (3, 2, 4, 3), (2,)))
X = convt.conv_transpose(U, W, B, stride=2, padding=1, engine="reference")


@pytest.fixture(params=["reference", pytest.param("compiled", marks=pytest.mark.slow)])
def engine(request):
    if request.param == "compiled":
        request.getfixturevalue("compiler")
    return request.param


def upsampled(u, w, b=None, engine="reference", **more):
    return convt.conv_transpose(u, w, b, stride=2, padding=1, engine=engine, **more)


def test_torch_in_torch_out(engine):
    torch = pytest.importorskip("torch")
    u, w, b = map(torch.from_numpy, (U, W, B))
    for second, third in ((w, b), (W, B)):
        result = upsampled(u, second, third, engine)
        assert isinstance(result, torch.Tensor) and np.allclose(result.numpy(), X, atol=1e-5)
        result += 1  # it is the caller's own
    assert isinstance(upsampled(U, w, b, engine), np.ndarray)
    back = convt.conv(torch.from_numpy(X), w, stride=2, padding=1, engine=engine)
    assert isinstance(back, torch.Tensor) and back.shape == u.shape
    gradient = convt.conv_weight_gradient(torch.from_numpy(X), u, kernel=(4, 3), stride=2, padding=1, engine=engine)
    assert isinstance(gradient, torch.Tensor) and gradient.shape == w.shape
    out = torch.empty(X.shape)
    assert upsampled(u, w, b, engine, out=out) is out and np.allclose(out.numpy(), X, atol=1e-5)
    strided = torch.from_numpy(np.repeat(U, 2, -1))[..., ::2]
    assert np.allclose(upsampled(strided, w, b, engine).numpy(), X, atol=1e-5)


def test_other_libraries_get_their_own():
    jnp = pytest.importorskip("jax.numpy")
    result = upsampled(jnp.array(U), W, B)
    assert isinstance(result, jnp.ndarray) and np.allclose(np.asarray(result), X, atol=1e-5)

    class Foreign:  # an array of the standard, of no library that is known here
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **more):
            return self.array.__dlpack__(**more)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

        def __array_namespace__(self, **more):
            return Namespace

    class Namespace:
        from_dlpack = staticmethod(lambda made: Foreign(np.from_dlpack(made)))

    assert isinstance(result := upsampled(Foreign(U), W, B), Foreign) and np.array_equal(result.array, X)
    assert isinstance(upsampled(memoryview(U), W, B), np.ndarray)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_kernel_gives_tensors_for_tensors():
    torch = pytest.importorskip("torch")
    kernel = convt.kernel("conv_transpose", "2d_k4x3s2p1")
    packed = kernel.pack(torch.from_numpy(W))
    for w in (packed, W):
        assert np.allclose(kernel(torch.from_numpy(U), w, B).numpy(), X, atol=1e-5)


def test_gradients_and_types_that_no_kernel_has_are_refused_by_name():
    torch = pytest.importorskip("torch")
    u, w = torch.from_numpy(U.copy()), torch.from_numpy(W)
    for first, second, name in ((u.clone().requires_grad_(), w, "u"), (u, torch.nn.Parameter(w), "w")):
        with pytest.raises(ArgumentError, match=rf"{name}.detach\(\)"):
            upsampled(first, second)
    for dtype, cast in (("bfloat16", "float32"), ("float16", "float32"), ("int32", "int64"), ("uint8", "int64")):
        with pytest.raises(ArgumentError, match=rf"u='{dtype}'.*u.to\(torch.{cast}\)"):
            upsampled(u.to(getattr(torch, dtype)), w)
    with pytest.raises(ArgumentError, match=r"w='bfloat16'.*w.to\(torch.float32\)"):
        upsampled(u, w.bfloat16())
    with pytest.raises(ArgumentError, match="DLPack"):
        upsampled(u.to_sparse(), w)
    jnp = pytest.importorskip("jax.numpy")
    for array in (jnp.array(U, jnp.bfloat16), U.astype(jnp.bfloat16)):
        with pytest.raises(ArgumentError, match=r"u='bfloat16'.*u.astype\('float32'\)"):
            upsampled(array, W)


def test_byte_orders_and_memory_orders(engine):
    swapped = [array.astype(array.dtype.newbyteorder()) for array in (U, W, B)]
    assert np.array_equal(upsampled(*swapped, engine), upsampled(U, W, B, engine)) and upsampled(*swapped, engine).dtype == np.float32
    for made in (np.asfortranarray, lambda a: np.repeat(a, 2, 0)[::2], lambda a: np.flip(np.flip(a, -1).copy(), -1),
                 lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape)):
        assert np.array_equal(upsampled(made(U), made(W), made(B), engine), upsampled(U, W, B, engine))


def test_the_processors_own_byte_order_may_be_named(engine):
    """As that of arrays from Zarr: the buffer of such an array spells it."""
    order = {"little": "<", "big": ">"}[sys.byteorder]
    named = [array.view(array.dtype.newbyteorder(order)) for array in (U, W, B)]
    assert memoryview(named[0]).format == f"{order}f"
    whole, out = upsampled(U, W, B, engine), np.empty(X.shape, named[0].dtype)
    assert np.array_equal(upsampled(*named, engine), whole) and memoryview(upsampled(*named, engine)).format == "f"
    assert upsampled(*named, engine, out=out) is out and np.array_equal(out, whole)
    if engine == "compiled":
        kernel = convt.kernel("conv_transpose", "2d_k4x3s2p1")
        assert np.array_equal(kernel(named[0], kernel.pack(named[1]), named[2]), kernel(U, W, B))


def test_an_empty_batch_gives_an_empty_result(engine):
    assert upsampled(U[:0], W, B, engine).shape == (0, *X.shape[1:])
    assert convt.conv(X[:0], W, stride=2, padding=1, engine=engine).shape == (0, *U.shape[1:])
    gradient = convt.conv_weight_gradient(X[:0], U[:0], kernel=(4, 3), stride=2, padding=1, engine=engine)
    assert gradient.shape == W.shape and not gradient.any()
    last = convt.conv_transpose(np.moveaxis(U, 1, -1)[:0], W, stride=2, padding=1, layout="channels_last", engine=engine)
    assert last.shape == (0, *X.shape[2:], X.shape[1])
    out = np.full(W.shape, np.nan, np.float32)
    assert convt.conv_weight_gradient(X[:0], U[:0], kernel=(4, 3), stride=2, padding=1, engine=engine, out=out) is out and not out.any()
    with pytest.raises(ArgumentError, match="out="):
        upsampled(U[:0], W, B, engine, out=np.empty((1, *X.shape[1:]), np.float32))
    with pytest.raises(ArgumentError, match="feature channels"):
        upsampled(U[:0, :2], W, B, engine)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_an_empty_batch_for_kernels_with_packed_and_built_in_weights():
    kernel = convt.kernel("conv_transpose", "2d_k4x3s2p1")
    assert kernel(U[:0], kernel.pack(W), B).shape == (0, *X.shape[1:])
    bilinear = convt.kernel("conv_transpose", "2d_k4s2p1", weights="bilinear")
    assert bilinear(U[:0]).shape == (0, 3, 10, 8)


def test_numbers_of_every_kind_are_numbers():
    torch = pytest.importorskip("torch")
    expected = convt.conv_transpose(U[:, :2], W[:2], stride=2, padding=(1, 0), output_padding=1, groups=2, engine="reference")
    for one in (np.int64, np.uint8, np.array, torch.tensor):
        for many in (np.array, torch.tensor, list, tuple):
            found = convt.conv_transpose(U[:, :2], W[:2], stride=one(2), padding=many([1, 0]), output_padding=one(1), dilation=many([1, 1]),
                                         groups=one(2), engine="reference")
            assert np.array_equal(found, expected)
            size = many(list(expected.shape[2:]))
            found = convt.conv_transpose(U[:, :2], W[:2], stride=many([2, 2]), padding=many([1, 0]), output_size=size, groups=one(2), engine="reference")
            assert np.array_equal(found, expected)
    assert convt.ConvSpec(np.array([4, 3]), np.int32(2), torch.tensor([[1, 0], [0, 1]])) == convt.ConvSpec((4, 3), 2, [(1, 0), (0, 1)])
    assert Problem.of(convt.ConvSpec(np.int64(3), dims=np.int64(2))).name == "conv_transpose2d_k3_f32"
    for wrong in (np.float64(2), torch.tensor(2.0), torch.tensor(True), np.bool_(True)):
        with pytest.raises(ArgumentError, match="stride"):
            convt.conv_transpose(U, W, stride=wrong, engine="reference")
