"""Each dialect against the library itself, where it is installed: shapes and values over hundreds of argument sets."""

import json
import os
import random
import warnings
from pathlib import Path

import libraries
import numpy as np
import pytest

import convt
from convt._derive import ArgumentError, ConvSpec
from convt._derive.dialects import dialect, dialects, same_map
from convt._derive.layouts import Weights
from convt._derive.lengths import smallest_feature_length
from convt._derive.proposals import say

DATA = Path(__file__).parents[1] / "data"
ROOT = Path(__file__).parents[2]
CASES = 250


def arrays(rng, feature, kernel, channels=(2, 3)):
    """Integer-valued floats, exact in any order of summation: u (1, F, *m), w (F, C, *k)."""
    numbers = np.random.default_rng(rng.randrange(1 << 30))
    return (numbers.integers(-4, 5, (1, channels[0], *feature)).astype(np.float32),
            numbers.integers(-4, 5, (*channels, *kernel)).astype(np.float32))


def ours(reading, u, w):
    spec = reading.spec
    return convt.conv_transpose(u, w, stride=spec.stride, padding=spec.padding, output_padding=spec.output_padding,
                                dilation=spec.dilation, engine="reference")


def picker(dims, rng):
    """One random number an axis."""
    return lambda low, high: tuple(rng.randint(low, high) for _ in range(dims))


def last(array):
    return np.moveaxis(array, 1, -1)


def first(array):
    return np.moveaxis(np.asarray(array), -1, 1)


def torch_call(dims, feature, kernel, rng):
    torch = pytest.importorskip("torch", reason="needs torch")
    pick = picker(dims, rng)
    arguments = {"stride": pick(1, 4), "padding": pick(0, 3), "output_padding": pick(0, 3), "dilation": pick(1, 3)}
    function = getattr(torch.nn.functional, f"conv_transpose{dims}d")
    return arguments, lambda u, w: function(torch.from_numpy(u), torch.from_numpy(w), **arguments).numpy()


def onnx_call(dims, feature, kernel, rng):
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    pick = picker(dims, rng)
    arguments = {"strides": pick(1, 3), "dilations": pick(1, 2)}
    arguments["auto_pad"] = rng.choice(["NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"])
    if arguments["auto_pad"] == "NOTSET" and rng.random() < 0.7:
        arguments["pads"] = [*pick(0, 2), *pick(0, 2)]
    if rng.random() < 0.4:
        arguments["output_padding"] = [rng.randrange(max(s, d)) for s, d in zip(arguments["strides"], arguments["dilations"])]
    if rng.random() < 0.3 and "pads" not in arguments:
        arguments["output_shape"] = [s * m + rng.randint(-1, 1) for s, m in zip(arguments["strides"], feature)]

    return arguments, lambda u, w: libraries.onnx_node(onnx.helper.make_node("ConvTranspose", ["u", "w"], ["x"], **arguments), u, w)


def jax_call(dims, feature, kernel, rng):
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    lax = pytest.importorskip("jax", reason="needs jax").lax
    pick = picker(dims, rng)
    arguments = {"strides": pick(1, 4), "rhs_dilation": pick(1, 3), "transpose_kernel": rng.random() < 0.5,
                 "use_consistent_padding": rng.random() < 0.3}
    arguments["padding"] = rng.choice(["SAME", "VALID", [(rng.randint(-1, 3), rng.randint(-1, 3)) for _ in range(dims)]])

    def call(u, w):
        layout = Weights("kcf") if arguments["transpose_kernel"] else Weights("kfc", flipped=True)
        return first(lax.conv_transpose(last(u), np.ascontiguousarray(layout.from_ours(w)), **arguments))

    return arguments, call


def tensorflow_call(dims, feature, kernel, rng):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tf = pytest.importorskip("tensorflow", reason="needs tensorflow")
    s = tuple(rng.randint(1, 3) for _ in range(dims))
    d = (1,) * dims if rng.random() < 0.7 else tuple(rng.randint(1, 2) for _ in range(dims))
    padding = rng.choice(["SAME", "VALID", "VALID"] + ["explicit"] * (dims == 2))
    if padding == "explicit":
        padding = [(rng.randint(0, 1), rng.randint(0, 1)) for _ in range(2)]
    shape = [max(1, x * (m - 1) + rng.randint(1, x + 1) + (0 if padding == "SAME" else k - 1)) for x, m, k in zip(s, feature, kernel)]
    arguments = {"output_shape": shape, "strides": s, "padding": padding}
    if any(x > 1 for x in d):
        arguments["dilations"] = d
    function = getattr(tf.nn, f"conv{dims}d_transpose")

    def call(u, w):
        filters = np.ascontiguousarray(Weights("kcf").from_ours(w))
        pads = padding if isinstance(padding, str) else [[0, 0], *map(list, padding), [0, 0]]
        more = {"dilations": list(d)} if "dilations" in arguments else {}
        return first(function(last(u), filters, [1, *shape, w.shape[1]], list(s), padding=pads, **more))

    return arguments, call


def keras_call(dims, feature, kernel, rng):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    pytest.importorskip("tensorflow", reason="needs tensorflow")
    keras = pytest.importorskip("keras", reason="needs keras")
    s = tuple(rng.randint(1, 3) for _ in range(dims))
    arguments = {"strides": s, "padding": rng.choice(["same", "valid", "SAME"])}
    if rng.random() < 0.5:
        arguments["output_padding"] = tuple(rng.randint(0, x) for x in s)
    if rng.random() < 0.2:
        arguments |= {"dilation_rate": tuple(rng.randint(1, 2) for _ in s), "strides": rng.choice([s, (1,) * dims])}

    def call(u, w):
        layer = getattr(keras.layers, f"Conv{dims}DTranspose")(w.shape[1], kernel, use_bias=False, **arguments)
        layer.build(last(u).shape)
        layer.set_weights([np.ascontiguousarray(Weights("kcf").from_ours(w))])
        return first(layer(last(u)))

    return arguments, call


def openvino_call(dims, feature, kernel, rng):
    openvino = pytest.importorskip("openvino", reason="needs openvino")
    from openvino import opset13 as ops

    pick = picker(dims, rng)
    arguments = {"strides": pick(1, 3), "dilations": pick(1, 2), "pads_begin": pick(0, 2), "pads_end": pick(0, 2),
                 "output_padding": pick(0, 1), "auto_pad": rng.choice(["explicit", "explicit", "valid", "same_upper", "same_lower"])}
    shape = None
    if rng.random() < 0.5:
        shape = arguments["output_shape"] = [x * m + rng.randint(-1, 1) for x, m in zip(arguments["strides"], feature)]

    def call(u, w):
        data = ops.parameter(u.shape, np.float32)
        plain = {name: value for name, value in arguments.items() if name not in ("output_shape", "strides")}
        given = {} if shape is None else {"output_shape": ops.constant(np.array(shape, dtype=np.int64))}
        node = ops.convolution_backprop_data(data, ops.constant(w), arguments["strides"], **given, **plain)
        model = openvino.Core().compile_model(openvino.Model([node], [data], "m"), "CPU")
        return next(iter(model(u).values())).copy()

    return arguments, call


def scipy_call(dims, feature, kernel, rng):
    signal = pytest.importorskip("scipy.signal", reason="needs scipy")
    arguments = {"up": rng.randint(1, 5)}
    return arguments, lambda u, w: signal.upfirdn(dialect("SciPy").WEIGHTS.from_ours(w), u[0, 0], **arguments)[None, None]


def onednn_call(dims, feature, kernel, rng):
    if libraries.onednn() is None:
        pytest.skip("needs onednn-cpu-gomp")
    pick = picker(dims, rng)
    arguments = {"strides": pick(1, 4), "dilates": pick(0, 2), "padding_l": pick(-1 if rng.random() < 0.1 else 0, 3), "padding_r": pick(-2, 3)}

    def call(u, w):
        reach = [(k - 1) * (d + 1) + 1 for k, d in zip(kernel, arguments["dilates"])]
        image = [s * (m - 1) + r - lo - hi for s, m, r, lo, hi in zip(arguments["strides"], feature, reach, arguments["padding_l"], arguments["padding_r"])]
        return libraries.onednn_deconvolution(u, np.ascontiguousarray(dialect("oneDNN").WEIGHTS.from_ours(w)), image, **arguments)

    return arguments, call


def litert_call(dims, feature, kernel, rng):
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    s, padding = tuple(rng.randint(1, 3) for _ in range(dims)), rng.choice(["SAME", "VALID"])
    shape = [max(1, x * (m - 1) + rng.randint(1, x + rng.choice((0, 0, 1))) + (0 if padding == "SAME" else k - 1)) for x, m, k in zip(s, feature, kernel)]
    if rng.random() < 0.1:  # shorter than the kernel
        shape = [rng.randint(1, k) for k in kernel]
        feature[:] = [1] * dims
    arguments = {"output_shape": shape, "stride_h": s[0], "stride_w": s[1], "padding": padding}

    def call(u, w):
        filters = np.ascontiguousarray(dialect("LiteRT").WEIGHTS.from_ours(w))
        given = (np.ascontiguousarray(last(u)), filters, [1, *shape, w.shape[1]], *s, padding)
        found = libraries.litert_transpose_conv(*given, delegate=False)
        assert np.array_equal(libraries.litert_transpose_conv(*given), found)  # XNNPACK, which runs by default, refuses less but agrees
        return first(found)

    return arguments, call


def caffe_call(dims, feature, kernel, rng):
    cv2 = pytest.importorskip("cv2", reason="needs opencv-python-headless")
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        pytest.skip("needs opencv-python-headless below 5: later ones read no Caffe models")
    pick = picker(dims, rng)
    arguments = {"stride": pick(1, 4), "pad": pick(0, 3)}  # OpenCV reads no dilation here, and copies past the end
    if set(kernel) == set(arguments["stride"]) == {1}:  # where one tap of stride 1 has a pad
        arguments["pad"] = (0, 0)
    fields = {"kernel_size": kernel, **arguments}
    parameters = " ".join(f"{name}: {value}" for name, values in fields.items() for value in values)
    return arguments, lambda u, w: libraries.caffe_deconvolution(u, w, f"num_output: {w.shape[1]} {parameters}")


CALLS = {"PyTorch": (torch_call, (1, 2, 3)), "ONNX": (onnx_call, (1, 2, 3)), "JAX": (jax_call, (1, 2, 3)), "TensorFlow": (tensorflow_call, (1, 2, 3)),
         "Keras": (keras_call, (1, 2, 3)), "OpenVINO": (openvino_call, (1, 2, 3)), "SciPy": (scipy_call, (1,)), "oneDNN": (onednn_call, (1, 2, 3)),
         "LiteRT": (litert_call, (2,)), "Caffe": (caffe_call, (2,))}


def test_every_dialect_is_compared_with_a_library_and_the_readme_says_with_which():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(CALLS) == {one.NAME for one in dialects()}
    for one in dialects():
        assert one.COMPARED and one.COMPARED.split(",")[0].split(" (")[0] in readme, one.NAME


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
def test_the_library_itself_agrees(name):
    """What the dialect reads is what the library computes; what it refuses, the library refuses."""
    make, axes = CALLS[name]
    rng = random.Random(name)
    one, compared, refused = dialect(name), 0, 0
    for _ in range(CASES):
        dims = rng.choice(axes)
        feature, kernel = ([rng.randint(low, high) for _ in range(dims)] for low, high in ((1, 5), (1, 4)))
        arguments, call = make(dims, feature, kernel, rng)
        u, w = arrays(rng, feature, kernel, (1, 1) if name == "SciPy" else (2, 3))
        shown = f"{name} {arguments} for m = {feature}, k = {kernel}"
        try:
            reading = one.read(feature, kernel, **arguments)
        except ArgumentError:
            reading = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = np.asarray(call(u, w))
        except Exception as error:
            assert reading is None, f"{shown}: the library refuses what is read as {reading.spec}: {str(error)[:300]}"
            refused += 1
            continue
        if reading is None:
            assert min(found.shape) == 0, f"{shown}: the library computes {found.shape}, the dialect refuses"
            continue
        expected = ours(reading, u, w)
        assert found.shape == expected.shape, f"{shown}: {found.shape}, read as {reading.spec}: {expected.shape}"
        assert np.array_equal(found, expected), f"{shown}: other values than {reading.spec}"
        compared += 1
    assert compared >= CASES // 3, (compared, refused)


GROUPED = ("PyTorch", "ONNX", "OpenVINO", "oneDNN", "Caffe", "TensorFlow")


@pytest.mark.slow
@pytest.mark.parametrize("name", GROUPED)
def test_groups_are_laid_out_as_the_library_reads_them(name):
    """2 groups of 4 features and 6 image channels, stride 2: the layout of ``GROUPS`` and how they are said."""
    one, groups, kernel = dialect(name), 2, (3, 2)
    numbers = np.random.default_rng(0)
    u, w = numbers.integers(-4, 5, (1, 4, 4, 3)).astype(np.float32), numbers.integers(-4, 5, (4, 3, *kernel)).astype(np.float32)
    x = convt.conv_transpose(u, w, stride=2, groups=groups, engine="reference")
    layout = one.GROUPS.weights
    theirs = np.ascontiguousarray(layout.from_ours(w, groups))
    assert np.array_equal(layout.to_ours(theirs), w)
    assert len(str(layout).split(",")) + 1 == theirs.ndim
    assert np.array_equal(GROUP_CALLS[name](u, theirs, x.shape), x)


def test_who_has_groups():
    assert {one.NAME for one in dialects() if one.GROUPS is not None} == set(GROUPED)
    assert str(dialect("oneDNN").GROUPS) == "by the shapes, weights (G, C/G, F/G, *k)"
    assert str(dialect("PyTorch").GROUPS) == "groups=G, weights (F, C/G, *k)" and str(dialect("PyTorch").WEIGHTS) == "(F, C, *k)"


def grouped_torch(u, w, shape):
    torch = pytest.importorskip("torch", reason="needs torch")
    return torch.nn.functional.conv_transpose2d(torch.from_numpy(u), torch.from_numpy(w), stride=2, groups=2).numpy()


def grouped_onnx(u, w, shape):
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    return libraries.onnx_node(onnx.helper.make_node("ConvTranspose", ["u", "w"], ["x"], strides=[2, 2], group=2), u, w)


def grouped_openvino(u, w, shape):
    openvino = pytest.importorskip("openvino", reason="needs openvino")
    from openvino import opset13 as ops

    data = ops.parameter(u.shape, np.float32)
    node = ops.group_convolution_backprop_data(data, ops.constant(w), [2, 2])
    return next(iter(openvino.Core().compile_model(openvino.Model([node], [data], "m"), "CPU")(u).values())).copy()


def grouped_onednn(u, w, shape):
    if libraries.onednn() is None:
        pytest.skip("needs onednn-cpu-gomp")
    return libraries.onednn_deconvolution(u, w, shape[2:], [2, 2], [0, 0], [0, 0], [0, 0])


def grouped_caffe(u, w, shape):
    cv2 = pytest.importorskip("cv2", reason="needs opencv-python-headless")
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        pytest.skip("needs opencv-python-headless below 5: later ones read no Caffe models")
    return libraries.caffe_deconvolution(u, w, f"num_output: {shape[1]} kernel_size: 3 kernel_size: 2 stride: 2 group: 2")


def grouped_tensorflow(u, w, shape):
    tf = pytest.importorskip("tensorflow", reason="needs tensorflow")
    from tensorflow.python.util import _pywrap_util_port

    if not _pywrap_util_port.IsMklEnabled():
        pytest.skip("needs TensorFlow's oneDNN kernels")
    return first(tf.nn.conv2d_transpose(last(u), w, [1, *shape[2:], shape[1]], 2, padding="VALID"))


GROUP_CALLS = {"PyTorch": grouped_torch, "ONNX": grouped_onnx, "OpenVINO": grouped_openvino, "oneDNN": grouped_onednn, "Caffe": grouped_caffe,
               "TensorFlow": grouped_tensorflow}


def specs():
    rows = [json.loads(line) for line in (DATA / "configs.jsonl").read_text().splitlines()]
    made = []
    for row in rows[::7]:
        if "down" not in row:
            made.append(ConvSpec(kernel=row["kernel"], stride=row["stride"], dilation=row["dilation"],
                                 padding=list(zip(row["padding_begin"], row["padding_end"], strict=True)),
                                 output_padding=row["output_padding"], dims=row["dims"]))
    return list(dict.fromkeys(made))


def test_what_is_said_reads_back_as_the_same_map():
    said = dict.fromkeys((one.NAME for one in dialects()), 0)
    for spec in specs():
        for one in dialects():
            saying = say(one, spec)
            assert (saying.arguments is None) == bool(saying.reason)
            if saying.arguments is not None:
                said[one.NAME] += 1
                feature = [max(4, smallest_feature_length(axis)) for axis in spec.axes]
                assert same_map(one.read(feature, spec.kernel, **saying.arguments).spec, spec)
    assert min(said.values()) >= 3 and said["JAX"] == max(said.values()) == len(specs()), said


def test_facts_about_same():
    """An odd total crop: ONNX's and OpenVINO's SAME_UPPER put the larger half at opposite ends; TensorFlow agrees with ONNX."""
    def read(name, **arguments):
        return dialect(name).read((4,), (3,), **arguments).spec.padding[0]

    assert read("ONNX", strides=2, auto_pad="SAME_UPPER") == (0, 1)
    assert read("ONNX", strides=2, auto_pad="SAME_LOWER") == (1, 0)
    assert read("OpenVINO", strides=2, auto_pad="same_upper", output_shape=[8]) == (1, 0)
    assert read("TensorFlow", strides=2, output_shape=[8]) == read("Keras", strides=2, padding="same") == (0, 1)
    assert read("JAX", strides=2, padding="SAME") == (0, 1)
    assert dialect("Keras").read((4,), (2,), strides=3, padding="valid").spec == ConvSpec.parse("1d_k2s3op1")
    assert say(dialect("Caffe"), ConvSpec.parse("1d_k3s2p1op1")).arguments is None
    assert say(dialect("oneDNN"), ConvSpec.parse("1d_k3s2p1op1")).arguments["padding_r"] == (0,)
    assert say(dialect("PyTorch"), ConvSpec.parse("1d_k3s2p1:0")).arguments == {
        "stride": (2,), "padding": (1,), "output_padding": (1,), "dilation": (1,)}


def test_bad_arguments_name_the_nearest_legal():
    with pytest.raises(ArgumentError, match="output_padding=3.*nearest legal value: 1"):
        dialect("pytorch").read((4,), (3,), stride=2, output_padding=3)
    with pytest.raises(ArgumentError, match="dialect='onx'.*ONNX"):
        dialect("onx")
    with pytest.raises(ArgumentError, match="auto_pad"):
        dialect("ONNX").read((4,), (3,), auto_pad="SAME")


@pytest.mark.parametrize("axes", ["fck", "kcf", "kfc", "cfk", "ckf"])
@pytest.mark.parametrize("flipped", [False, True])
def test_weight_layouts_go_there_and_back(axes, flipped):
    w = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    layout = Weights(axes, flipped)
    there = layout.from_ours(w)
    assert np.array_equal(layout.to_ours(there), w)
    assert there.shape[axes.index("f") if axes.index("k") > axes.index("f") else axes.index("f") + 1] == 2
