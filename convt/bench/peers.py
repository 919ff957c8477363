"""How each library computes a layer: constant weights where it can prepare them, warm buffers, its own layout.

``prepare(layer, u, w, threads)`` returns a function without arguments that computes the layer once and returns its
output, channels first or last as ``channels_last`` says. What cannot take a layer raises; it is left out with the reason.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from convt._derive.dialects import dialect
from convt._derive.proposals import say

from .layers import Layer

Run = Callable[[], Any]


class CannotTake(ValueError):
    """The library has no way to compute this layer."""


@dataclass(frozen=True)
class Peer:
    """A library in one layout. ``distribution`` is what must be importable."""

    name: str
    distribution: str
    channels_last: bool
    prepare: Callable[[Layer, np.ndarray, np.ndarray, int], Run]

    @property
    def installed(self) -> bool:
        """Whether it can be imported here."""
        return find_spec(self.distribution) is not None


def _arguments(name: str, layer: Layer) -> dict[str, Any]:
    """The layer in the words of a dialect."""
    saying = say(dialect(name), layer.spec)
    if saying.arguments is None:
        raise CannotTake(saying.reason)
    arguments = dict(saying.arguments)
    if "output_shape" in arguments:
        arguments["output_shape"] = layer.image
    return arguments


def _torch(last: bool, onednn: bool, layer: Layer, u: np.ndarray, w: np.ndarray, threads: int) -> Run:
    import torch

    arguments = {**_arguments("PyTorch", layer), "groups": layer.groups}
    if last and layer.spec.dims == 1:
        raise CannotTake("no channels-last layout in 1-D")
    layout = torch.channels_last if layer.spec.dims == 2 else torch.channels_last_3d
    torch.set_num_threads(threads)
    features, weights = torch.from_numpy(u), torch.from_numpy(w)
    if last:
        features, weights = features.contiguous(memory_format=layout), weights.contiguous(memory_format=layout)
    function = getattr(torch.nn.functional, f"conv_transpose{layer.spec.dims}d")

    def run() -> Any:
        torch.set_num_threads(threads)
        with torch.inference_mode(), torch.backends.mkldnn.flags(enabled=onednn):
            return function(features, weights, **arguments)

    return run


def _onnxruntime(layer: Layer, u: np.ndarray, w: np.ndarray, threads: int) -> Run:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    arguments = {name: list(value) for name, value in _arguments("ONNX", layer).items()}
    more: dict[str, Any] = {"group": layer.groups, **arguments}
    node = helper.make_node("ConvTranspose", ["u", "w"], ["x"], **more)
    graph = helper.make_graph([node], "layer", [helper.make_tensor_value_info("u", TensorProto.FLOAT, u.shape)],
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, layer.shapes[2])], [numpy_helper.from_array(w, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"u": u})[0]


def _openvino(layer: Layer, u: np.ndarray, w: np.ndarray, threads: int) -> Run:
    import openvino
    from openvino import opset13 as ops

    arguments = {name: list(value) for name, value in _arguments("OpenVINO", layer).items()}
    data = ops.parameter(u.shape, np.float32)
    if layer.groups == 1:
        node = ops.convolution_backprop_data(data, ops.constant(w), arguments.pop("strides"), **arguments)
    else:
        grouped = w.reshape(layer.groups, layer.features // layer.groups, *w.shape[1:])
        node = ops.group_convolution_backprop_data(data, ops.constant(grouped), arguments.pop("strides"), **arguments)
    model = openvino.Model([node], [data], "layer")
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
                                                            "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    return lambda: next(iter(request.infer([u], share_inputs=True, share_outputs=True).values()))


def _jax(layer: Layer, u: np.ndarray, w: np.ndarray, threads: int) -> Run:
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax

    if layer.groups > 1:
        raise CannotTake("lax.conv_transpose has no groups")
    one = dialect("JAX")
    saying = say(one, layer.spec)
    if saying.arguments is None:
        raise CannotTake(saying.reason)
    features, weights = jax.numpy.asarray(np.moveaxis(u, 1, -1)), jax.numpy.asarray(saying.weights.from_ours(w))
    arguments = dict(saying.arguments)
    call = jax.jit(lambda x: jax.lax.conv_transpose(x, weights, **arguments))
    return lambda: call(features).block_until_ready()


def _tensorflow(layer: Layer, u: np.ndarray, w: np.ndarray, threads: int) -> Run:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    if layer.groups > 1:
        raise CannotTake("conv_transpose has no groups")
    arguments = _arguments("TensorFlow", layer)
    shape = [layer.batch, *arguments.pop("output_shape"), layer.images]
    padding = arguments.pop("padding")
    pads = padding if isinstance(padding, str) else [[0, 0], *map(list, padding), [0, 0]]
    features = tf.constant(np.moveaxis(u, 1, -1))
    weights = tf.constant(np.ascontiguousarray(dialect("TensorFlow").WEIGHTS.from_ours(w)))
    function = getattr(tf.nn, f"conv{layer.spec.dims}d_transpose")
    more = {"dilations": list(arguments["dilations"])} if "dilations" in arguments else {}
    strides = list(arguments["strides"])
    call = tf.function(lambda x: function(x, weights, shape, strides, padding=pads, **more))
    return lambda: call(features).numpy()


def _scipy(layer: Layer, u: np.ndarray, w: np.ndarray, threads: int) -> Run:
    from scipy.signal import upfirdn

    if layer.spec.dims != 1 or layer.features != 1 or layer.images != 1 or layer.batch != 1 or layer.spec.dilation != (1,):
        raise CannotTake("upfirdn filters one channel of one axis")
    first = layer.spec.padding[0][0]
    taps, up = w[0, 0], layer.spec.stride[0]
    if first < 0 or first + layer.image[0] > up * (layer.size[0] - 1) + taps.size:
        raise CannotTake("upfirdn gives no zeros beyond its output")
    return lambda: upfirdn(taps, u[0, 0], up=up)[None, None, first:first + layer.image[0]]


PEERS = (
    Peer("torch", "torch", False, partial(_torch, False, True)),
    Peer("torch_cl", "torch", True, partial(_torch, True, True)),
    Peer("torch_native", "torch", False, partial(_torch, False, False)),
    Peer("ort", "onnxruntime", False, _onnxruntime),
    Peer("openvino", "openvino", False, _openvino),
    Peer("jax", "jax", True, _jax),
    Peer("tensorflow", "tensorflow", True, _tensorflow),
    Peer("scipy", "scipy", False, _scipy),
)


def versions() -> dict[str, str]:
    """Version of each peer that is installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in dict.fromkeys(peer.distribution for peer in PEERS):
        with suppress(PackageNotFoundError):
            found[name] = version("tensorflow-cpu" if name == "tensorflow" else name)
    return found
