"""Forward convolutions in frameworks' words mean what the frameworks compute, at every length that a layer may have."""

import os
import random

import numpy as np
import pytest
import specs

from convt._codegen import reference
from convt._derive.lengths import feature_lengths
from convt.specs import forward, reading
from convt.specs.lengths import Length


def layer(tmp_path, text):
    one, = reading.read([specs.write(tmp_path, f'[[layer]]\nname = "a"\n{text}')])
    return one


def torch(x, w, words):
    import torch

    return getattr(torch.nn.functional, f"conv{x.ndim - 2}d")(torch.from_numpy(x), torch.from_numpy(w), **words).numpy()


def onnx(x, w, words):
    from convt.peers import library
    from convt.peers.call import Call

    one = Call(forward.read("onnx", {"kernel_shape": w.shape[2:], **words}, None, [Length(0, n) for n in x.shape[2:]]), "conv", x=x, w=w, own=words)
    return library("onnxruntime").compute([one])[0]


def last(x, w):
    return np.moveaxis(x, 1, -1), np.moveaxis(w, (0, 1), (-1, -2))


def tensorflow(x, w, words):
    import tensorflow as tf

    data, kernel = last(x, w)
    if not isinstance(words["padding"], str):  # of the functions with a number of axes
        made = tf.nn.conv2d(data, kernel, words["strides"], [[0, 0], *words["padding"], [0, 0]], dilations=words["dilations"])
    else:
        made = tf.nn.convolution(data, kernel, **words)
    return np.moveaxis(made.numpy(), -1, 1)


def keras(x, w, words):
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import keras

    data, kernel = last(x, w)
    one = getattr(keras.layers, f"Conv{x.ndim - 2}D")(w.shape[0], w.shape[2:], use_bias=False, **words)
    one.build(data.shape)
    one.kernel.assign(kernel)
    return np.moveaxis(np.asarray(one(data)), -1, 1)


def jax(x, w, words):
    import jax

    return np.asarray(jax.lax.conv_general_dilated(x, w, precision=jax.lax.Precision.HIGHEST, **words))


def drawn(key, rng):
    """Words with numbers for every axis, and a kernel size."""
    dims = 2 if key == "tensorflow" else rng.randint(1, 2)
    kernel, stride, dilation = ([rng.randint(1, most) for _ in range(dims)] for most in (4, 3, 3))
    if rng.random() < 0.5 or key in ("keras", "tensorflow"):  # which take one of the two
        stride, dilation = rng.choice([(stride, [1] * dims), ([1] * dims, dilation)])
    ends = [[rng.randint(0, 2), rng.randint(0, 2)] for _ in range(dims)]
    padding = {
        "torch": [{"padding": [lo for lo, _ in ends]}, {"padding": "valid"}, *[{"padding": "same"}] * (max(stride) == 1), {}],
        "onnx": [{"pads": [*(lo for lo, _ in ends), *(hi for _, hi in ends)]}, {}, *({"auto_pad": word} for word in ("SAME_UPPER", "SAME_LOWER", "VALID")
                                                                                     if max(dilation) == 1 or word == "VALID")],
        "tensorflow": [{"padding": "SAME"}, {"padding": "VALID"}, *[{"padding": ends}] * (max(dilation) == 1)],
        "keras": [{"padding": "same"}, {"padding": "valid"}, *[{"padding": "causal"}] * (dims == 1)],
        "jax": [{"padding": ends}, {"padding": "SAME"}, {"padding": "SAME_LOWER"}, {"padding": "VALID"}, {"padding": [[lo, -hi] for lo, hi in ends]}]}
    names = forward.WORDS[key]
    return kernel, {names.stride: stride, names.dilation: dilation, **rng.choice(padding[key])}


@pytest.mark.parametrize(("key", "needs", "count"), [("torch", "torch", 60), ("onnx", "onnxruntime", 60), pytest.param("tensorflow", "tensorflow", 40, marks=pytest.mark.slow),
                                                     pytest.param("keras", "keras", 40, marks=pytest.mark.slow), pytest.param("jax", "jax", 25, marks=pytest.mark.slow)])
def test_words_mean_what_the_framework_computes(key, needs, count):
    pytest.importorskip(needs, reason=f"needs {needs}")
    rng, numbers, compared = random.Random(key), np.random.default_rng(0), 0
    for _ in range(count):
        kernel, words = drawn(key, rng)
        n = [rng.randint(10, 15) for _ in kernel]
        spec = forward.read(key, {forward.WORDS[key].kernel: kernel, **words}, None, [Length(0, one) for one in n])
        x, w = (numbers.integers(-4, 5, shape).astype("float32") for shape in ((2, 2, *n), (3, 2, *kernel)))
        made = reference.conv(spec, x.astype(float), w.astype(float), None, feature_lengths(spec, n), 1)
        assert np.array_equal(globals()[key](x, w, {name: tuple(value) if isinstance(value, list) else value for name, value in words.items()}
                                             if key != "jax" else words), made), (kernel, words, n)
        compared += 1
    assert compared == count


def test_words_of_a_layer(tmp_path):
    one = layer(tmp_path, 'map = "conv"\ntorch = { kernel_size = 3, stride = 2, padding = 1, groups = 2 }\nchannels = [4, 2]\n'
                'input = ["2*H", "W"]\noutput = ["H", "(W + 1)//2"]\n')
    assert str(one.spec) == "2d_k3s2p1" and one.groups == 2 and [str(length) for length in one.made] == ["H", "⌊(W + 1)/2⌋"]
    assert str(layer(tmp_path, 'map = "conv_weight_gradient"\nonnx = { kernel_shape = [3, 2], auto_pad = "SAME_UPPER" }\n').spec) == "2d_k3x2p1x0:1"
    assert str(layer(tmp_path, 'map = "conv"\ntorch = { kernel_size = 3, dims = 3 }\n').spec) == "3d_k3"


@pytest.mark.parametrize(("input", "spec"), [("8", "1d_k3s2p0:1"), ("7", "1d_k3s2p1"), ('"2*H"', "1d_k3s2p0:1"), ('"2*H + 1"', "1d_k3s2p1"), ('"4*H - 1"', "1d_k3s2p1")])
def test_same_pads_by_the_rest_of_the_length(tmp_path, input, spec):
    """Of the transposed map the same words give one crop whatever the length."""
    for key, stride, padding in (("keras", "strides", "same"), ("tensorflow", "strides", "SAME"), ("jax", "window_strides", "SAME")):
        one = layer(tmp_path, f'map = "conv"\n{key} = {{ kernel_size = 3, {stride} = 2, padding = "{padding}" }}\ninput = [{input}]\n')
        assert str(one.spec) == spec
    assert str(layer(tmp_path, f'keras = {{ kernel_size = 3, strides = 2, padding = "same" }}\ninput = [{input}]\n').spec) == "1d_k3s2p0:1"


BAD = {  # words -> what is said
    'keras = { kernel_size = 3, strides = 2, padding = "same" }': "must tell its rest after division by the stride 2",
    'keras = { kernel_size = 3, strides = 2, padding = "same" }\ninput = ["H"]': 'nearest legal value: 2*H',
    'torch = { kernel_size = 3, stride = 2, padding = "same" }': "PyTorch has it for stride 1 only",
    "torch = { kernel_size = 3, strides = 2 }": 'nearest legal value: stride', "torch = { stride = 2 }": "needs a kernel size",
    "torch = { kernel_size = 3, padding = -1 }": "padding", 'torch = { kernel_size = 3, padding = "sam" }': 'nearest legal value: same',
    "torch = { kernel_size = 3, groups = 0 }": "groups", "torch = { kernel_size = [] }": "kernel_size", "torch = { kernel_size = [3, 3], stride = [1] }": "stride",
    'torch = { kernel_size = 3, dims = "two" }': "dims", "onnx = { kernel_shape = 3, pads = [1, 1, 1] }": "pads",
    "torch = { kernel_size = 3, output_padding = 1 }": "is none of the words of torch for a convolution",
    'keras = { kernel_size = [3, 3], padding = "causal" }': "on one axis only", "jax = { kernel_size = 3, padding = 1 }": "one (begin, end) for each",
    "caffe = { kernel_size = 3 }": "of other maps these are: torch, onnx, tensorflow, keras, jax"}


@pytest.mark.parametrize("words", BAD)
def test_wrong_words_are_told(tmp_path, words):
    with pytest.raises(reading.BadSpec) as error:
        layer(tmp_path, f'map = "conv"\n{words}\n')
    assert len(error.value.mistakes) == 1 and BAD[words] in str(error.value.mistakes[0]), [str(one) for one in error.value.mistakes]
