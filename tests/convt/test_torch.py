"""convt.torch: operators that PyTorch's own checks accept, derivatives of every order, modules, and whole models."""

import copy
import subprocess
import sys

import numpy as np
import pytest

import convt
from convt import ArgumentError
from convt._codegen.problem import Problem

torch = pytest.importorskip("torch", reason="needs torch")
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

import convt.torch as ours  # noqa: E402
from convt.torch import operators  # noqa: E402

pytestmark = pytest.mark.slow
MAPS = ("conv", "conv_transpose", "conv_weight_gradient")


@pytest.fixture
def numpy_answers(monkeypatch):
    """What is asked of the wiring does not need kernels."""
    monkeypatch.setattr(operators, "ENGINE", "reference")


@pytest.fixture(scope="module")
def kernels():
    """Those of the tests that do, built together."""
    return convt.build([Problem.of(spec, name, dtype) for spec, dtype in (("2d_k3s2p1", "float32"),) for name in MAPS])


def tensor(*shape, dtype=torch.float64, grad=True):
    """Random numbers that only the shape decides."""
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(sum(shape))).requires_grad_(grad)


CALLS = {  # map -> (function, tensors) of small calls, the geometry with every oddity
    "conv": (lambda x, w, b: ours.conv(x, w, b, stride=(2, 3), padding=((1, 0), (0, 2)), dilation=(1, 2), groups=2), ((2, 4, 7, 9), (4, 2, 3, 2), (4,))),
    "conv, fewer features": (lambda x, w, b: ours.conv(x, w, b, stride=2, padding=1, feature_size=(2, 1)), ((1, 2, 7, 7), (3, 2, 3, 3), (3,))),
    "conv_transpose": (lambda u, w, b: ours.conv_transpose(u, w, b, stride=(2, 3), padding=((1, 0), (0, 2)), output_padding=(3, 1), dilation=(1, 2), groups=2),
                       ((2, 4, 3, 2), (4, 3, 3, 2), (6,))),
    "conv_transpose, 1-D": (lambda u, w, b: ours.conv_transpose(u, w, b, stride=2, padding=1, output_size=8), ((2, 3, 4), (3, 2, 3), (2,))),
    "conv_transpose, 3-D": (lambda u, w, b: ours.conv_transpose(u, w, b, stride=2), ((1, 2, 2, 1, 2), (2, 1, 2, 2, 1), (1,))),
    "conv_weight_gradient": (lambda x, u: ours.conv_weight_gradient(x, u, kernel=(3, 2), stride=(2, 3), padding=((1, 0), (0, 2)), dilation=(1, 2), groups=2),
                             ((2, 4, 7, 9), (2, 4, 3, 3))),
    **{f"{name}, {border}": call for border in ("periodic", "reflect", "replicate") for name, call in {
        "conv": (lambda x, w, b, border=border: ours.conv(x, w, b, stride=(2, 1), padding=((2, 1), (-1, 2)), border=border),
                 ((1, 2, 5, 6), (2, 2, 3, 2), (2,))),
        "conv_transpose": (lambda u, w, b, border=border: ours.conv_transpose(u, w, b, stride=(2, 1), padding=((2, 1), (-1, 2)), border=border),
                           ((1, 2, 4, 5), (2, 2, 3, 2), (2,))),
        "conv_weight_gradient": (lambda x, u, border=border: ours.conv_weight_gradient(x, u, kernel=(3, 2), stride=(2, 1), padding=((2, 1), (-1, 2)), border=border),
                                 ((1, 2, 5, 6), (1, 2, 3, 6)))}.items()},
}


@pytest.mark.usefixtures("numpy_answers")
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
@pytest.mark.parametrize("name", CALLS)
def test_derivatives_of_first_and_second_order(name, dtype):
    """gradcheck and gradgradcheck by finite differences."""
    function, shapes = CALLS[name]
    inputs = tuple(tensor(*shape, dtype=dtype) for shape in shapes)
    assert torch.autograd.gradcheck(function, inputs, fast_mode=not name.endswith("-D"))
    assert torch.autograd.gradgradcheck(function, inputs, fast_mode=True)


@pytest.mark.full
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", ["conv", "conv_transpose"])
def test_derivatives_of_kernels(name):
    inputs = tensor(2, 3, 5), tensor(3, 3, 3), tensor(3)
    function = lambda *tensors: getattr(ours, name)(*tensors, stride=2, padding=1)  # noqa: E731
    assert torch.autograd.gradcheck(function, inputs) and torch.autograd.gradgradcheck(function, inputs)


@pytest.mark.usefixtures("numpy_answers")
def test_third_derivatives_are_those_of_torch():
    u, w = tensor(1, 2, 3, 3), tensor(2, 2, 3, 3)

    def third(function):
        value = function(u, w, stride=2, padding=1).sin().mean()
        for _ in range(3):
            value = sum(one.square().mean() for one in torch.autograd.grad(value, (u, w), create_graph=True))
        return value

    assert torch.allclose(third(ours.conv_transpose), third(functional.conv_transpose2d), rtol=1e-9)
    u = tensor(1, 2, 6, 6)
    assert torch.allclose(third(ours.conv), third(functional.conv2d), rtol=1e-9)


@pytest.mark.usefixtures("numpy_answers")
@pytest.mark.parametrize("last", [False, pytest.param(True, marks=pytest.mark.full)], ids=["contiguous", "channels_last"])
@pytest.mark.parametrize("name", MAPS)
def test_operators_pass_opcheck(name, last):
    """Schema, registration of gradients, fake tensors (shapes and strides), and tracing with symbolic sizes."""
    first, second, size = {"conv": ((2, 4, 6, 5), (6, 2, 3, 3), [3, 3]), "conv_transpose": ((2, 4, 3, 3), (4, 3, 3, 3), [6, 5]),
                           "conv_weight_gradient": ((2, 4, 6, 5), (2, 6, 3, 3), [3, 3])}[name]
    bias = [] if name == "conv_weight_gradient" else [tensor(6)]
    one, two = (tensor(*shape, grad=False) for shape in (first, second))
    if last:
        one, two = (array.to(memory_format=torch.channels_last) for array in (one, two))
    inputs = (one.requires_grad_(), two.requires_grad_(), *bias, size, [2, 2], [1, 1, 1, 1], [1, 1], 2)
    torch.library.opcheck(operators.OPERATORS[name], inputs)
    torch.library.opcheck(operators.channel_sum, (one,))


@pytest.mark.usefixtures("numpy_answers")
def test_memory_is_shared_and_its_order_kept():
    u, w = tensor(2, 4, 3, 5, grad=False), tensor(4, 3, 3, 3, grad=False)
    plain = ours.conv_transpose(u, w, stride=2)
    last = ours.conv_transpose(u.to(memory_format=torch.channels_last), w, stride=2)
    assert last.is_contiguous(memory_format=torch.channels_last) and not last.is_contiguous() and torch.allclose(last, plain)
    assert ours.conv_transpose(u[:, :1].contiguous(), w[:1], stride=2).is_contiguous()  # one channel is in both orders
    gradient = ours.conv_weight_gradient(last, u, kernel=3, stride=2)
    assert gradient.is_contiguous() and torch.allclose(gradient, ours.conv_weight_gradient(plain, u, kernel=3, stride=2))
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operators, "answer", lambda *arguments: seen.append(arguments))
        result = ours.conv_transpose(u.to(memory_format=torch.channels_last), nn.Parameter(w), stride=2)
    _, _, one, two, *_, out, threads, _ = seen[0]
    assert one.is_contiguous() and two.data_ptr() == w.data_ptr() and out.data_ptr() == result.data_ptr() and threads == torch.get_num_threads()


@pytest.mark.usefixtures("numpy_answers")
def test_complex_views_and_numbers_that_no_gradient_has():
    u, w = tensor(1, 2, 4, dtype=torch.complex64, grad=False), tensor(2, 1, 3, dtype=torch.complex64, grad=False)
    assert torch.allclose(ours.conv_transpose(u.conj(), w, conjugate=True), functional.conv_transpose1d(u, w).conj(), atol=1e-5)
    assert torch.allclose(ours.conv(w.mT.conj().imag.mT, w.real[:, :, :1].mT.contiguous().mT), functional.conv1d(-w.imag, w.real[:, :, :1]), atol=1e-6)
    assert torch.equal(ours.conv(u, w[:, :, :2].contiguous(), stride=np.int64(2), groups=np.int64(2)), ours.conv(u, w[:, :, :2].contiguous(), stride=[2], groups=2))
    ones = torch.ones(1, 1, 3, dtype=torch.int64)
    assert ours.conv_transpose(ones, ones).tolist() == [[[1, 2, 3, 2, 1]]] and not ours.conv(ones, ones).requires_grad


@pytest.mark.usefixtures("numpy_answers")
def test_autocast_computes_in_float32():
    u, w = tensor(1, 2, 4, dtype=torch.bfloat16, grad=False), tensor(2, 1, 3, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        y = ours.conv_transpose(u, w)
    assert y.dtype == torch.float32 and torch.allclose(y, functional.conv_transpose1d(u.float(), w), atol=1e-6)


def modules():
    """(arguments, shape of an input, how else it is called) of every module, as torch's documentation shows them."""
    yield "Conv1d", (4, 6, 3), {"stride": 2, "groups": 2}, (2, 4, 9)
    yield "Conv2d", (4, 6, (3, 5)), {"padding": "same", "dilation": (2, 1)}, (2, 4, 7, 6)
    yield "Conv2d", (4, 6, (3, 2)), {"padding": "valid", "bias": False}, (4, 7, 6)
    yield "Conv3d", (2, 3, 3), {"padding": (1, 0, 2)}, (1, 2, 4, 5, 3)
    for mode in ("reflect", "replicate", "circular"):
        yield "Conv2d", (2, 3, (3, 2)), {"padding": (2, 1), "padding_mode": mode}, (1, 2, 5, 6)
        yield "Conv1d", (2, 3, 4), {"padding": "same", "padding_mode": mode}, (1, 2, 7)
    yield "ConvTranspose1d", (4, 6, 4), {"stride": 2, "padding": 1, "groups": 2}, (2, 4, 9)
    yield "ConvTranspose2d", (4, 6, (3, 5)), {"stride": (2, 3), "output_padding": (1, 2), "dilation": (2, 1)}, (2, 4, 3, 4)
    yield "ConvTranspose3d", (2, 3, 2), {"stride": 2, "bias": False}, (2, 3, 1, 2)


@pytest.mark.usefixtures("numpy_answers")
@pytest.mark.parametrize(("name", "arguments", "options", "shape"), list(modules()))
def test_modules_are_those_of_torch(name, arguments, options, shape):
    theirs, mine = (getattr(where, name)(*arguments, **options, dtype=torch.float64) for where in (nn, ours))
    assert isinstance(mine, type(theirs)) and repr(mine) == repr(theirs)
    mine.load_state_dict(theirs.state_dict())
    x = tensor(*shape)
    y = theirs(x)
    assert torch.allclose(mine(x), y, rtol=1e-12, atol=1e-12)
    wanted = torch.autograd.grad(y.sin().sum(), (x, *theirs.parameters()))
    found = torch.autograd.grad(mine(x).sin().sum(), (x, *mine.parameters()))
    assert all(torch.allclose(one, other, rtol=1e-10, atol=1e-12) for one, other in zip(found, wanted, strict=True))
    if "Transpose" in name:
        sizes = [size + 1 for size in theirs(x, None).shape[-len(theirs.kernel_size):]] if not any(theirs.output_padding) else None
        if sizes:
            assert torch.allclose(mine(x, output_size=sizes), theirs(x, output_size=sizes), rtol=1e-12, atol=1e-12)


class Net(nn.Module):
    """Down and up again, with one geometry."""

    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.up = nn.Sequential(nn.ConvTranspose2d(8, 16, 3, stride=2, padding=1, output_padding=1), nn.GELU(),
                                nn.ConvTranspose2d(16, 3, 3, stride=2, padding=1, output_padding=1, bias=False))

    def forward(self, x):
        return self.up(functional.gelu(self.down(x)))


def nets():
    torch.manual_seed(0)
    theirs = Net()
    return theirs, ours.replace(copy.deepcopy(theirs)).module


@pytest.mark.usefixtures("compiler", "kernels")
def test_a_decoder_learns_as_with_torch():
    """Ten steps of Adam in float32: the losses agree, and fall."""
    losses = []
    for net in nets():
        x = torch.rand(4, 3, 16, 12, generator=torch.Generator().manual_seed(1))
        optimizer = torch.optim.Adam(net.parameters(), 1e-2)
        losses.append([])
        for _ in range(10):
            optimizer.zero_grad()
            loss = functional.mse_loss(net(x), functional.interpolate(x, scale_factor=2))
            loss.backward()
            optimizer.step()
            losses[-1].append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-4) and losses[1][-1] < losses[1][0] / 2


@pytest.mark.usefixtures("numpy_answers")
@pytest.mark.parametrize("dynamic", [False, True])
def test_compiled_models_give_the_same(dynamic):
    """torch.compile without breaks in the graph, forward and backward; a second size makes no third graph where sizes are dynamic."""
    _, net = nets()
    torch._dynamo.reset()
    compiled = torch.compile(net, backend="aot_eager", fullgraph=True, dynamic=dynamic)
    for shape in ((2, 3, 8, 8), (3, 3, 12, 8)):
        x = torch.rand(shape)
        results = []
        for one in (net, compiled):
            net.zero_grad()
            y = one(x)
            y.square().mean().backward()
            results.append([y, *(p.grad.clone() for p in net.parameters())])
        assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(*results, strict=True))


@pytest.mark.full
@pytest.mark.usefixtures("compiler", "kernels")
def test_inductor_compiles_models():
    _, net = nets()
    x = torch.rand(2, 3, 8, 8)
    torch._dynamo.reset()
    assert torch.allclose(torch.compile(net, fullgraph=True)(x), net(x), atol=1e-6)


@pytest.mark.usefixtures("numpy_answers")
def test_models_are_exported():
    theirs, net = nets()
    sizes = {0: torch.export.Dim("batch"), 2: torch.export.Dim("half", min=2) * 2}
    program = torch.export.export(net, (torch.rand(2, 3, 8, 8),), dynamic_shapes=(sizes,))
    assert {str(node.target).removesuffix(".default") for node in program.graph.nodes if "convt" in str(node.target)} == {"convt.conv", "convt.conv_transpose"}
    for shape in ((2, 3, 8, 8), (3, 3, 12, 8)):
        x = torch.rand(shape)
        assert torch.allclose(program.module()(x), theirs(x), atol=1e-5)


class Own(nn.Conv1d):
    """Computes something else."""

    def forward(self, x):
        return 2 * super().forward(x)


@pytest.mark.usefixtures("numpy_answers")
def test_replace_takes_what_it_can_and_names_the_rest():
    tied = nn.Conv1d(2, 2, 3, padding=1)
    model = nn.ModuleDict({"a": tied, "b": tied, "own": Own(2, 2, 1), "small": nn.ConvTranspose1d(2, 2, 2).half(), "linear": nn.Linear(2, 2),
                           "lazy": nn.LazyConv2d(2, 3), "normed": nn.utils.parametrizations.weight_norm(nn.ConvTranspose1d(2, 2, 3)),
                           "old": nn.utils.weight_norm(nn.Conv1d(2, 2, 3)), "patched": nn.Conv1d(2, 2, 1), "more": nn.Sequential(nn.Conv3d(1, 1, 1))})
    model["patched"].forward = lambda x: x
    seen = []
    tied.register_forward_hook(lambda *_: seen.append(1))
    x = tensor(1, 2, 7, dtype=torch.float32)
    names = ("a", "normed", "old")
    before, parameters, state = [model[name](x) for name in names], list(model.named_parameters()), list(model.state_dict())
    done = ours.replace(model)
    assert done.module is model and done.taken == ("a", "normed", "old", "more.0")
    assert set(done.left) == {"own", "small", "lazy", "patched"} and "test_torch.Own is a class of its own" in done.left["own"]
    assert done.left["small"] == "weight is float16, and kernels have float32, float64, int64, complex64, complex128"
    assert isinstance(model["a"], ours.Conv1d) and model["a"] is model["b"] and type(model["own"]) is Own
    assert all(torch.allclose(one, model[name](x), atol=1e-6) for name, one in zip(names, before, strict=True)) and len(seen) == 2
    assert list(model.state_dict()) == state
    assert all(one is other for (_, one), (_, other) in zip(parameters, model.named_parameters(), strict=True))
    assert ours.replace(model).taken == ()
    nn.utils.parametrize.remove_parametrizations(model["normed"], "weight")
    assert type(model["normed"]) is ours.ConvTranspose1d and torch.allclose(model["normed"](x), before[1], atol=1e-6)
    assert ours.replace(nn.Conv2d(1, 1, 1)).taken == ("",)
    with pytest.raises(ArgumentError, match="module='int'"):
        ours.replace(3)


def fake(device):
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        return torch.empty(1, 2, 3, device=device)


A, B = torch.ones(1, 2, 3), torch.ones(2, 4, 3)
BAD = {
    "device": (lambda: ours.conv_transpose(fake("cuda"), B), r"u='a tensor on cuda:0': must be on the CPU, where kernels run; pass u.cpu\(\)"),
    "device of the weights": (lambda: ours.conv(A, fake("cuda")), "w='a tensor on cuda:0'"),
    "sparse": (lambda: ours.conv(A.to_sparse(), B), r"x='a tensor of torch.sparse_coo': must be dense; pass x.to_dense\(\)"),
    "array": (lambda: ours.conv(A.numpy(), B), "x='ndarray': must be a torch.Tensor"),
    "bias": (lambda: ours.conv_transpose(A, B, 3.0), "bias='float'"),
    "bias of another length": (lambda: ours.conv_transpose(A, B, torch.ones(3)), r"bias=\(3,\): must have one value for each of 4"),
    "half": (lambda: ours.conv_transpose(A.half(), B.half()), r"u='float16'.*u.to\(torch.float32\)"),
    "two types": (lambda: ours.conv_transpose(A, B.double()), "w='torch.float64': must have the element type of u, torch.float32"),
    "bias of another type": (lambda: ours.conv_transpose(A, B, torch.ones(4).double()), r"bias='float64'.*bias.to\(torch.float32\)"),
    "no batch": (lambda: ours.conv_transpose(A[0], B), r"pass u\[None\]"),
    "rank": (lambda: ours.conv(A, B[..., None, None]), "w="),
    "channels": (lambda: ours.conv_transpose(A[:, :1], B), "2 feature channels of w"),
    "groups": (lambda: ours.conv_transpose(A, B, groups=0), "groups=0"),
    "groups of the gradient": (lambda: ours.conv_weight_gradient(A, A, kernel=1, groups=0), "groups=0"),
    "stride": (lambda: ours.conv_transpose(A, B, stride=0), "stride=0"),
    "padding": (lambda: ours.conv_transpose(A, B, padding=9), r"padding=\(9, 9\): axis 0 would have length"),
    "output size": (lambda: ours.conv_transpose(A, B, stride=2, output_size=99), r"output_size\[0\]=99"),
    "feature size": (lambda: ours.conv(B, B.mT.contiguous().mT[:, :4], feature_size=9), r"feature_size\[0\]=9"),
    "words": (lambda: ours.conv(A, B[:, :2], stride=2, padding="same"), "padding='same'"),
    "size of the operator": (lambda: operators.OPERATORS["conv"](A, B[:, :2].contiguous(), None, [2], [1], [0, 0], [1], 1), r"size\[0\]"),
}


@pytest.mark.usefixtures("numpy_answers")
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_error(name):
    call, says = BAD[name]
    with pytest.raises(ArgumentError, match=says):
        call()


@pytest.mark.usefixtures("numpy_answers")
def test_shapes_on_the_meta_device():
    net = ours.replace(Net().to("meta")).module
    assert net(torch.empty(2, 3, 8, 8, device="meta")).shape == (2, 3, 16, 16)
    with pytest.raises(ArgumentError, match="channels"):
        net(torch.empty(2, 4, 8, 8, device="meta"))


def test_without_torch_the_import_says_what_is_missing():
    code = "import sys; sys.modules['torch'] = None; import importlib.util as u; u.find_spec = lambda name, f=u.find_spec: None if name == 'torch' else f(name)\n" \
           "import convt\ntry: convt.torch\nexcept ImportError as error: print(error)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "convt.torch needs torch, which is not installed: pip install 'convt[torch]'\n"


def test_torch_is_imported_when_it_is_asked_for():
    code = "import sys, convt; assert 'torch' not in sys.modules and 'torch' not in dir(convt); convt.torch.Conv1d; assert 'torch' in dir(convt)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.usefixtures("numpy_answers")
@pytest.mark.parametrize("border", ["periodic", "reflect", "replicate"])
@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.complex64])
def test_borders_are_those_of_arrays(border, dtype):
    """Integers too, which PyTorch's own padding refuses."""
    x, u, w = (torch.randint(-9, 9, shape).to(dtype) for shape in ((1, 2, 5, 6), (1, 3, 3, 7), (3, 2, 3, 2)))
    geometry = {"stride": (2, 1), "padding": ((2, 1), (0, 2)), "border": border}
    for found, wanted in ((ours.conv(x, w, **geometry), convt.conv(x, w, engine="reference", **geometry)),
                          (ours.conv_transpose(u, w, **geometry), convt.conv_transpose(u, w, engine="reference", **geometry)),
                          (ours.conv_weight_gradient(x, u, kernel=(3, 2), **geometry),
                           convt.conv_weight_gradient(x, u, kernel=(3, 2), engine="reference", **geometry))):
        assert torch.equal(found, wanted)


@pytest.mark.usefixtures("numpy_answers")
@pytest.mark.parametrize("border", ["zeros", "periodic", "reflect", "replicate"])
def test_a_border_changes_no_rule(border):
    """Channels last stay so, what has no memory stays without, and a bias that does not fit is refused."""
    last = {"memory_format": torch.channels_last}
    x, u, w = (torch.randn(shape).to(**last) for shape in ((2, 3, 6, 7), (2, 4, 6, 7), (4, 3, 3, 3)))
    geometry = {"padding": 1, "border": border}
    for made, first in ((ours.conv, x), (ours.conv_transpose, u)):
        assert made(first, w, **geometry).is_contiguous(**last) and made(first.contiguous(), w, **geometry).is_contiguous()
        assert made(first.to("meta"), w.to("meta"), **geometry).shape == made(first, w, **geometry).shape
        for bias in (torch.ones(9), torch.ones(1, 3), torch.ones(made(first, w, **geometry).shape[1], dtype=torch.float64)):
            with pytest.raises(ArgumentError, match="^bias="):
                made(first, w, bias, **geometry)
    assert ours.conv_weight_gradient(x.to("meta"), u.to("meta"), kernel=3, **geometry).shape == w.shape
    ranks = ours.conv_transpose(u, w, **geometry).numpy()
    assert np.array_equal(ranks, convt.conv_transpose(u.numpy(), w.numpy(), engine="reference", **geometry))
