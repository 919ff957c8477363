"""The functions of the front door: shapes, borrowed arrays, engines that agree."""


import numpy as np
import oracle
import pytest

import convt
from convt._codegen.problem import Problem
from convt._derive import ConvSpec

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
RNG = np.random.default_rng(0)


def ints(*shape, dtype=np.float32):
    return RNG.integers(-4, 5, shape).astype(dtype)


TYPES, LAYOUTS = ["float32", "float64", "int64", "complex64", "complex128"], ["channels_first", "channels_last"]


@pytest.fixture(scope="module")
def built_together():
    """Kernels of all types and layouts, in few modules: one after the other they take five times as long."""
    spec, padded = (ConvSpec((3, 2), (2, 3), padding=((1, 0), (0, 1)), output_padding=more) for more in (0, (1, 0)))
    convt.build([Problem.of(made, map, dtype, layout) for dtype in TYPES for layout in LAYOUTS
                 for map, made in (("conv_transpose", padded), ("conv", spec), ("conv_weight_gradient", spec))])


@pytest.mark.xdist_group("engines")
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_engines_agree_on_all_three_maps(dtype, layout, built_together):
    u, w, b = ints(2, 4, 3, 4, dtype=dtype), ints(4, 3, 3, 2, dtype=dtype), ints(6, dtype=dtype)
    if np.dtype(dtype).kind == "c":
        u, w = u + 1j * ints(*u.shape), w - 1j * ints(*w.shape)
        u, w = u.astype(dtype), w.astype(dtype)
    laid = (lambda a: np.ascontiguousarray(np.moveaxis(a, 1, -1))) if layout == "channels_last" else (lambda a: a)
    options = {"stride": (2, 3), "padding": ((1, 0), (0, 1)), "groups": 2, "layout": layout}
    results = [convt.conv_transpose(laid(u), w, b, output_padding=(1, 0), engine=e, **options) for e in ("auto", "reference")]
    assert results[0].dtype == dtype and (results[0] == results[1]).all()
    x = results[0]
    for engine in ("auto", "reference"):
        assert convt.conv(x, w, engine=engine, **options).shape == laid(u).shape
        assert convt.conv_weight_gradient(x, laid(u), kernel=(3, 2), engine=engine, **options).shape == w.shape
    pairs = [(convt.conv(x, w, engine=e, **options), convt.conv_weight_gradient(x, laid(u), kernel=(3, 2), engine=e, **options))
             for e in ("auto", "reference")]
    assert (pairs[0][0] == pairs[1][0]).all() and (pairs[0][1] == pairs[1][1]).all()


def test_output_size_picks_one_of_the_lengths_with_the_same_m():
    u, w = ints(1, 1, 4), ints(1, 1, 3)
    short, long = (convt.conv_transpose(u, w, stride=2, padding=1, output_size=n) for n in (7, 8))
    assert short.shape[-1] == 7 and long.shape[-1] == 8 and (long[..., :7] == short).all()
    assert (long == convt.conv_transpose(u, w, stride=2, padding=1, output_padding=1)).all()


def test_conv_returns_its_natural_length_unless_it_is_fixed():
    x, w = ints(1, 1, 11), ints(1, 1, 3)
    natural = convt.conv(x, w, stride=2)
    assert natural.shape[-1] == 5 and (convt.conv(x, w, stride=2, feature_size=3) == natural[..., :3]).all()
    out = np.empty((1, 1, 4), np.float32)
    assert convt.conv(x, w, stride=2, out=out) is out and (out == natural[..., :4]).all()
    kernel = convt.kernel("conv", ConvSpec(3, 2, dims=1))
    assert (kernel(x, w, out=np.empty((1, 1, 2), np.float32)) == natural[..., :2]).all()


def test_arrays_of_other_libraries_go_in_without_a_copy():
    torch = pytest.importorskip("torch", reason="needs torch")
    u, w = ints(1, 2, 5, 5), ints(2, 3, 4, 4)
    wanted = convt.conv_transpose(u, w, stride=2, padding=1)
    assert (convt.conv_transpose(torch.tensor(u), torch.tensor(w), stride=2, padding=1) == wanted).all()
    out = torch.zeros(wanted.shape)
    assert convt.conv_transpose(torch.tensor(u), torch.tensor(w), stride=2, padding=1, out=out) is out
    assert (out.numpy() == wanted).all()
    torch_value = torch.nn.functional.conv_transpose2d(torch.tensor(u), torch.tensor(w), stride=2, padding=1)
    assert (torch_value.numpy() == wanted).all()
    with pytest.raises(convt.ArgumentError, match=r"u.detach\(\)"):
        convt.conv_transpose(torch.tensor(u, requires_grad=True), w)


def test_buffers_and_non_contiguous_arrays_go_in():
    import array

    flat = array.array("f", range(6))
    u = memoryview(flat).cast("B").cast("f", (1, 2, 3))
    w = ints(2, 1, 3)
    as_array = np.array(flat, np.float32).reshape(1, 2, 3)
    wanted = convt.conv_transpose(as_array, w)
    assert (convt.conv_transpose(u, w) == wanted).all()
    spread = np.zeros((1, 2, 6), np.float32)[..., ::2]
    spread[...] = as_array
    assert (convt.conv_transpose(spread, w) == wanted).all()


def test_inputs_are_never_written():
    u, w, b = ints(1, 2, 5), ints(2, 3, 3), ints(3)
    for array in (u, w, b):
        array.setflags(write=False)
    convt.conv_transpose(u, w, b)


def test_rich_objects_show_themselves():
    from convt._derive.theorems import files

    proof = convt.derive("1d_k3s2p1")
    assert proof.verdicts == dict.fromkeys(files(), "proved") | {20: "not applicable", 23: "checked"}
    assert "<math" in proof._repr_html_() and "\\section" in proof._repr_latex_() and "pmatrix" in proof.matrix._repr_latex_()
    assert len(proof.theorems) == len(files()) and "2d" in ConvSpec.parse("2d_k3")._repr_latex_()


def test_many_kernels_together_share_modules():
    kernels = convt.build(["1d_k2s2", "1d_k3s3", "1d_k4s4p0:1"])
    assert len({kernel.entry.module for kernel in kernels}) <= 2
    u, w = ints(1, 1, 3), ints(1, 1, 4)
    assert (kernels[2](u, w) == oracle.run("conv_transpose", [4], [4], [1], [0], [3], [11], 1, u=u, w=w)).all()


def test_a_kernel_says_what_it_is():
    kernel = convt.kernel("conv_transpose", "1d_k2s2")
    assert repr(kernel) == "<Kernel conv_transpose1d_k2s2_f32>" and kernel.name in kernel.source
    assert kernel.certificate["kernel"] == kernel.name


def test_what_is_no_spec_is_refused_wherever_one_is_taken():
    w = np.ones((2, 3, 4, 4), np.float32)
    for call in (lambda: convt.analyse(w, 5), lambda: convt.stream(5, w), lambda: convt.solve(5, 3, 4), lambda: convt.fuse(w, 5),
                 lambda: convt.unfuse(w, 5), lambda: convt.kernel("conv", 5), lambda: convt.derive(5)):
        with pytest.raises(convt.ArgumentError, match="spec=5: must be a ConvSpec or its name"):
            call()
