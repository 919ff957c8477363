"""Proposals: rules that are broken are named exactly where nothing can be said, and what is printed can be pasted and runs."""

import os
import random
import re

import libraries
import numpy as np
import pytest

import convt
from convt._derive import ConvSpec
from convt._derive.dialects import dialect, dialects, plain_dilation
from convt._derive.lengths import smallest_feature_length
from convt._derive.proposals import propose, say
from convt._derive.spec import Axis


def specs(count, seed, dims=(1, 2, 3)):
    """Configurations, half of them the same on every axis, many of them beyond what frameworks say."""
    rng = random.Random(seed)
    for _ in range(count):
        number = rng.choice(dims)
        axes = [axis(rng) for _ in range(number)]
        yield ConvSpec.of([axes[0]] * number if rng.random() < 0.5 else axes)


def axis(rng):
    k, s, d = rng.randint(1, 4), rng.randint(1, 4), rng.choice((1, 1, 1, 2))
    lo = rng.randint(0, 2) if rng.random() < 0.85 else -1
    hi = lo if rng.random() < 0.6 else rng.randint(-1, 3)
    return Axis(k, s, (lo, hi), d, rng.randint(0, 4) if rng.random() < 0.4 else 0)


def test_rules_are_named_exactly_where_nothing_can_be_said():
    found = dict.fromkeys((one.NAME for one in dialects()), 0)
    for spec in specs(500, 0):
        for one in dialects():
            saying, broken = say(one, spec), list(one.limits(spec))
            assert (saying.arguments is None) == bool(broken) == bool(saying.reason), (one.NAME, spec, broken)
            assert (saying.call == "") == bool(broken)
            found[one.NAME] += not broken
    assert min(found.values()) >= 10 and found["JAX"] == 500, found


def test_only_what_is_broken_is_named():
    """One rule each; the others of the dialect are not spoken of."""
    for name, spec, words in (
        ("PyTorch", "2d_k3s2p0:1", "padding is the same at both ends, and each axis crops 0 before and 1 after"),
        ("PyTorch", "2d_k3s2p1x-1", "padding is not negative, and axis 1 has -1 before"),
        ("PyTorch", "1d_k3s2op2", "output_padding is below stride or dilation, 2, and axis 0 would need 2"),
        ("Caffe", "1d_k3s2p1op1", "there is no output padding, and axis 0 would need 1"),
        ("ONNX", "1d_k3s2d3op2", "ONNX Runtime wants output_padding below the stride, 2, and axis 0 would need 2"),
        ("oneDNN", "1d_k3s2p-1:0", "padding_l is not negative, and axis 0 has -1"),
        ("oneDNN", "1d_k3s2op2", "padding_r is above −stride, -2, and axis 0 would need -2"),
        ("OpenVINO", "1d_k1p1op2", "the CPU plugin ignores the crop of a 1-tap, stride-1 layer whose length stays"),
        ("Keras", "2d_k3s2d2", "strides or a dilation rate may be above 1, not both"),
        ("Keras", "1d_k3s2p1op1", "axis 0 crops 1 before and 0 after, where SAME of that length crops 0 and 1, and VALID nothing"),
        ("LiteRT", "2d_k3d2", "there is no dilation"),
        ("LiteRT", "1d_k3", "TRANSPOSE_CONV is 2-D, and this is 1-D"),
        ("SciPy", "1d_k3p1", "there is no crop and no output padding"),
        ("TensorFlow", "2d_k3s2p-1:1", "explicit pads are not negative, and each axis has -1 before"),
        ("TensorFlow", "1d_k4s2p2:0", "axis 0 crops 2 before and 0 after, where SAME of that length crops 1 and 1, and VALID nothing; explicit pads exist in 2-D only"),
    ):
        assert say(dialect(name), ConvSpec.parse(spec)).reason == words, name


def test_a_single_tap_may_have_any_dilation():
    saying = say(dialect("PyTorch"), ConvSpec.parse("1d_k1s2op4"))
    assert saying.arguments["dilation"] == (5,) and "dilation=(5,)" in saying.call


def features(spec, rng):
    m = [max(4, smallest_feature_length(axis)) + rng.randint(0, 2) for axis in spec.axes]
    numbers = np.random.default_rng(rng.randrange(1 << 30))
    return (numbers.integers(-4, 5, (1, 2, *m)).astype(np.float32), numbers.integers(-4, 5, (2, 3, *spec.kernel)).astype(np.float32))


def spread(w, spec):
    """The taps of w, as far apart as the dilation says, zeros between them."""
    gaps = [1, 1, *plain_dilation(spec), 1][: w.ndim]  # an axis may have been added at the end
    wide = np.zeros([gap * (size - 1) + 1 for gap, size in zip(gaps, w.shape)], np.float32)
    wide[tuple(slice(None, None, gap) for gap in gaps)] = w
    return wide


def followed(saying, u, w):
    """The image that the call gives, or the steps of the way around, run as they are printed."""
    way, one = saying.workaround, saying.dialect
    steps = [f"x = {saying.call}"] if way is None else way.steps
    names, lifted = {"C": w.shape[1]}, False
    for step in steps:
        if step.startswith("give u and w one more axis"):
            u, w, lifted = u[..., None], w[..., None], True
        elif step.startswith("spread the taps"):
            w = spread(w, saying.spec)
        elif step.startswith(("x = x[", "x = numpy.pad(")):
            exec(step, {"numpy": np}, names)
        else:
            names["x"] = PASTED[one.NAME](step.removeprefix("x = "), u, w, saying if way is None else way.saying)
    x = names["x"]
    if one.NAME == "SciPy":
        return x[None, None]
    x = np.moveaxis(x, -1, 1) if one.CHANNELS_LAST else x
    return x[..., 0] if lifted else x


def last(array):
    return np.ascontiguousarray(np.moveaxis(array, 1, -1))


def evaluated(module):
    """A call in Python, of arrays in the dialect's layout."""
    def run(call, u, w, saying):
        top = pytest.importorskip(module, reason=f"needs {module}")
        one = saying.dialect
        theirs = np.ascontiguousarray(saying.weights.from_ours(w))
        features = u[0, 0] if one.NAME == "SciPy" else last(u) if one.CHANNELS_LAST else u
        convert = top.from_numpy if module == "torch" else np.asarray
        names = {"torch": top, "jax": top, "tf": top, "u": convert(features), "w": convert(theirs), "C": w.shape[1]}
        if module.startswith("scipy"):
            import scipy

            names["scipy"] = scipy
        return np.asarray(eval(call, names))
    return run


def pasted_keras(call, u, w, saying):
    keras = pytest.importorskip("keras", reason="needs keras")
    layer = eval(call.removesuffix("(u)"), {"keras": keras, "C": w.shape[1]})
    layer.build(last(u).shape)
    layer.set_weights([np.ascontiguousarray(saying.weights.from_ours(w))])
    return np.asarray(layer(last(u)))


def pasted_litert(call, u, w, saying):
    """The call is TensorFlow's; what it becomes has the arguments of the proposal, and an output shape for this size."""
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    shape = eval(re.search(r"output_shape=(\[.*?C\])", call)[1], {"u": last(u), "C": w.shape[1]})
    given = saying.arguments
    return libraries.litert_transpose_conv(last(u), np.ascontiguousarray(saying.weights.from_ours(w)), shape, given["stride_h"], given["stride_w"],
                                           given["padding"], delegate=False)


def pasted_onnx(call, u, w, saying):
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    return libraries.onnx_node(eval(call, {"onnx": onnx}), u, w)


def pasted_openvino(call, u, w, saying):
    openvino = pytest.importorskip("openvino", reason="needs openvino")
    from openvino import opset13

    data = opset13.parameter(u.shape, np.float32)
    node = eval(call, {"openvino": openvino, "u": data, "w": opset13.constant(w)})
    return next(iter(openvino.Core().compile_model(openvino.Model([node], [data], "m"), "CPU")(u).values())).copy()


def pasted_onednn(call, u, w, saying):
    if libraries.onednn() is None:
        pytest.skip("needs onednn-cpu-gomp")
    sizes = [[int(size) for size in group.split(", ")] for group in re.findall(r"\{(.*?)\}", call)]
    image = convt._derive.lengths.image_lengths(saying.spec, u.shape[2:])
    return libraries.onednn_deconvolution(u, np.ascontiguousarray(saying.weights.from_ours(w)), image, *sizes)


def pasted_caffe(call, u, w, saying):
    cv2 = pytest.importorskip("cv2", reason="needs opencv-python-headless")
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        pytest.skip("needs opencv-python-headless below 5: later ones read no Caffe models")
    return libraries.caffe_layer(u, w, call.replace("num_output: C", f"num_output: {w.shape[1]}"))


PASTED = {"PyTorch": evaluated("torch"), "JAX": evaluated("jax"), "TensorFlow": evaluated("tensorflow"), "SciPy": evaluated("scipy.signal"),
          "Keras": pasted_keras, "LiteRT": pasted_litert, "ONNX": pasted_onnx, "OpenVINO": pasted_openvino, "oneDNN": pasted_onednn,
          "Caffe": pasted_caffe}


@pytest.mark.slow
@pytest.mark.parametrize("name", PASTED)
def test_what_is_printed_runs_and_gives_the_image(name, monkeypatch):
    """Calls and ways around, as text, in the libraries: the image of the configuration, for a size that the text does not know."""
    monkeypatch.setitem(os.environ, "JAX_PLATFORMS", "cpu")
    monkeypatch.setitem(os.environ, "TF_CPP_MIN_LOG_LEVEL", "3")
    one, rng, said, around = dialect(name), random.Random(name), 0, 0
    for spec in specs(120 if name == "LiteRT" else 60, 1, {"Caffe": (2,), "SciPy": (1,), "LiteRT": (1, 2)}.get(name, (1, 2, 3))):
        if name == "Caffe" and (set(plain_dilation(spec)) != {1} or set(spec.kernel) == set(spec.stride) == {1}):
            continue  # OpenCV reads no dilation, and copies past the end where one tap of stride 1 has a pad
        saying = say(one, spec)
        if saying.arguments is None and saying.workaround is None:
            continue
        u, w = features(spec, rng)
        if name == "SciPy":
            u, w = u[:, :1], w[:1, :1]
        x = convt.conv_transpose(u, w, stride=spec.stride, padding=spec.padding, dilation=spec.dilation, output_padding=spec.output_padding,
                                 engine="reference")
        found = followed(saying, u, w)
        assert found.shape == x.shape and np.array_equal(found, x), (name, str(spec), saying.call or saying.workaround.steps)
        said, around = said + (saying.arguments is not None), around + (saying.arguments is None)
    assert said >= 3 and (around >= 3 or name == "JAX"), (said, around)


def test_entries_for_batch_and_channels_stand_where_the_argument_has_them():
    call = say(dialect("TensorFlow"), ConvSpec.parse("2d_k3s2p0:1")).call
    assert call == "tf.nn.conv2d_transpose(u, w, output_shape=[u.shape[0], 2 * u.shape[1], 2 * u.shape[2], C], strides=(2, 2), padding='SAME')"
    assert "padding=[[0, 0], [1, 1], [1, 1], [0, 0]]" in say(dialect("TensorFlow"), ConvSpec.parse("2d_k3s2p1op1")).call.replace("[1, 0]", "[1, 1]")


def test_every_proposal_says_groups_version_and_layout():
    from convt._derive.render.dialects import saying_data, saying_lines

    for saying in propose(ConvSpec.parse("2d_k3s2p0:1")):
        text, data = "\n".join(saying_lines(saying)), saying_data(saying)
        assert saying.dialect.COMPARED in text and data["compared_with"] == saying.dialect.COMPARED
        assert ("groups: none" in text) == (data["groups"] is None) == (saying.dialect.GROUPS is None)
        assert ("cannot" in text) == (data["arguments"] is None) == (data["workaround"] is not None) or saying.dialect.NAME == "SciPy"
        assert str(saying.weights) in text
