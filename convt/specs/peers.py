"""What each library computes for a case, in a child process: whole numbers in float32, so that sums are exact.

A library takes a configuration in its own words, as ``convt dialects`` writes them, or as the spec itself does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from math import prod
from typing import Any

import numpy as np

from convt._codegen import reference
from convt._derive import lengths
from convt._derive.dialects import dialect
from convt._derive.proposals import say
from convt._derive.spec import ConvSpec

from .libraries import Task

MOST = 1 << 24  # products of one case
EXTRA = (0, 1, 2, 5)  # features of each axis beyond the least, the smallest first
Arrays = dict[str, Any]
Compute = Callable[[Task, ConvSpec, Arrays, tuple[int, ...]], Any]


class CannotSay(ValueError):
    """The library has no way to say this layer; the message names the rule."""


def load(name: str) -> Compute:
    """The function of a library. Raises ``ModuleNotFoundError``."""
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu", "TF_ENABLE_ONEDNN_OPTS": "1", "OMP_NUM_THREADS": "1"}
    for module in {"onnxruntime": ("onnxruntime", "onnx")}.get(name, (name,)):
        import_module(module)
    return {"torch": _torch, "onnxruntime": _onnxruntime, "jax": _jax, "tensorflow": _tensorflow, "openvino": _openvino}[name]


def answer(name: str, compute: Compute, task: Task) -> dict[str, str]:
    """Whether the library agrees on every case, and the smallest on which it does not."""
    spec, compared = ConvSpec.parse(task.spec), 0
    for m, n, given, wanted in cases(task, spec):
        shown = f"m = {_lengths(m)}, n = {_lengths(n)}"
        try:
            found = np.asarray(compute(task, spec, given, n if task.map == "conv_transpose" else m))
        except CannotSay as error:
            return {"state": "left out", "why": f"{name} cannot say it: {error}"}
        except Exception as error:  # whatever a library raises is its answer
            said = (str(error).strip() or type(error).__name__).split("\n")[0]
            return {"state": "falls short", "why": f"{name} refuses it: {said[:300]}", "example": shown}
        if found.shape != wanted.shape:
            why = f"{name} makes lengths {_lengths(found.shape[2:])}, not {_lengths(wanted.shape[2:])}"
            return {"state": "falls short", "why": why, "example": shown}
        wrong = np.argwhere(~(np.abs(found - wanted) <= 1e-4 * (1 + np.abs(wanted).max())))
        if len(wrong):
            place = tuple(map(int, wrong[0]))
            return {"state": "falls short", "why": f"{name} computes other values: {len(wrong)} of {wanted.size}",
                    "example": f"{shown}, at {place}: {found[place]:g}, not {wanted[place]:g}"}
        compared += 1
    return {"state": "holds"} if compared else {"state": "left out", "why": "its smallest case is too large to compare"}


def cases(task: Task, spec: ConvSpec) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], Arrays, Any]]:
    """(m, n, inputs, wanted output), the smallest first, as long as they are small."""
    rng = np.random.default_rng(0)
    for extra in EXTRA:
        if task.map == "conv_transpose":
            m = tuple(lengths.smallest_feature_length(axis) + extra for axis in spec.axes)
            n = lengths.image_lengths(spec, m)
        else:
            n = tuple(max(1, axis.span - sum(axis.padding)) + extra for axis in spec.axes)
            m = lengths.feature_lengths(spec, n)
        if prod(m) * prod(spec.kernel) * task.features * task.images > MOST or prod(n) * task.images > MOST:
            return
        shapes = {"u": (2, task.features, *m), "w": (task.features, task.images // task.groups, *spec.kernel), "x": (2, task.images, *n)}
        given: Arrays = {letter: rng.integers(-4, 5, shape).astype(np.float32) for letter, shape in shapes.items()}
        if task.taps is not None:
            given["w"] = np.broadcast_to(np.array(task.taps, np.float32).reshape(spec.kernel), shapes["w"]).copy()
        channels = task.images if task.map == "conv_transpose" else task.features
        given["b"] = rng.integers(-4, 5, channels).astype(np.float32) if task.bias and task.map != "conv_weight_gradient" else None
        yield m, n, given, _wanted(task, spec, given, m, n)


def _wanted(task: Task, spec: ConvSpec, given: Arrays, m: tuple[int, ...], n: tuple[int, ...]) -> Any:
    u, w, x = (given[letter].astype(np.float64) for letter in "uwx")
    bias = None if given["b"] is None else given["b"].astype(np.float64)
    if task.map == "conv_transpose":
        return reference.conv_transpose(spec, u, w, bias, n, task.groups)
    if task.map == "conv":
        return reference.conv(spec, x, w, bias, m, task.groups)
    return reference.conv_weight_gradient(spec, x, u, task.groups)


def _lengths(values: Any) -> str:
    return str(values[0]) if len(values) == 1 else "(" + ", ".join(map(str, values)) + ")"


def _words(name: str, spec: ConvSpec) -> dict[str, Any]:
    """A transposed convolution in a dialect's words."""
    saying = say(dialect(name), spec)
    if saying.arguments is None:
        raise CannotSay(saying.reason)
    return dict(saying.arguments)


def _own(task: Task) -> dict[str, Any]:
    """The spec's own arguments, for the library whose they are; none where the layer says its geometry otherwise."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in (task.words or {}).items()
            if name not in ("kernel_size", "kernel_shape", "kernel", "dims", "group", "groups")}


def _padded(spec: ConvSpec, x: Any) -> Any:
    """The image with its padding; negative ends are cut."""
    padded = np.pad(x, [(0, 0), (0, 0), *[(max(lo, 0), max(hi, 0)) for lo, hi in spec.padding]])
    cut = [slice(max(-lo, 0), length - max(-hi, 0)) for (lo, hi), length in zip(spec.padding, padded.shape[2:], strict=True)]
    return padded[(slice(None), slice(None), *cut)]


def _torch(task: Task, spec: ConvSpec, given: Arrays, output: tuple[int, ...]) -> Any:
    import torch

    u, w, b = (None if given[letter] is None else torch.from_numpy(given[letter]) for letter in "uwb")
    functional: Any = torch.nn.functional
    if task.map == "conv_transpose":
        words = _own(task) or _words("PyTorch", spec)
        return getattr(functional, f"conv_transpose{spec.dims}d")(u, w, b, **{**words, "groups": task.groups}).numpy()
    padded = torch.from_numpy(np.ascontiguousarray(_padded(spec, given["x"])))
    if task.map == "conv":
        return getattr(functional, f"conv{spec.dims}d")(padded, w, b, spec.stride, 0, spec.dilation, task.groups).numpy()
    gradient: Any = import_module("torch.nn.grad")
    function = getattr(gradient, f"conv{spec.dims}d_weight")
    return function(padded, tuple(given["w"].shape), u, spec.stride, 0, spec.dilation, task.groups).numpy()


def _onnxruntime(task: Task, spec: ConvSpec, given: Arrays, output: tuple[int, ...]) -> Any:
    import onnxruntime
    from onnx import TensorProto, helper

    if task.map == "conv_weight_gradient":
        raise CannotSay("ONNX has no operator for the gradient of weights")
    names = ["u" if task.map == "conv_transpose" else "x", "w"] + ["b"] * (given["b"] is not None)
    if task.map == "conv_transpose":
        words = {name: list(value) if isinstance(value, tuple) else [value] * spec.dims if isinstance(value, int)
                 else value for name, value in (_own(task) or _words("ONNX", spec)).items()}
    else:
        words = {"strides": list(spec.stride), "dilations": list(spec.dilation),
                 "pads": [end[side] for side in (0, 1) for end in spec.padding]}
        if min(words["pads"]) < 0:
            raise CannotSay("ONNX has no negative pads")
    attributes: dict[str, Any] = {**words, "group": task.groups}
    node = helper.make_node("ConvTranspose" if task.map == "conv_transpose" else "Conv", names, ["y"], **attributes)
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, given[name].shape) for name in names]
    graph = helper.make_graph([node], "layer", inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {name: given[name] for name in names})[0]


def _jax(task: Task, spec: ConvSpec, given: Arrays, output: tuple[int, ...]) -> Any:
    import jax

    precision = jax.lax.Precision.HIGHEST
    if task.map == "conv_weight_gradient":
        raise CannotSay("jax.lax has no function for the gradient of weights")
    if task.map == "conv":
        letters = "DHW"[3 - spec.dims:]
        made = jax.lax.conv_general_dilated(
            given["x"], given["w"], spec.stride, list(spec.padding), rhs_dilation=spec.dilation, feature_group_count=task.groups,
            dimension_numbers=("NC" + letters, "OI" + letters, "NC" + letters), precision=precision)
        return _biased(np.asarray(made), given["b"])
    if task.groups > 1:
        raise CannotSay("lax.conv_transpose has no groups")
    saying = say(dialect("JAX"), spec)
    if saying.arguments is None:
        raise CannotSay(saying.reason)
    transposed: Any = jax.lax.conv_transpose
    made = transposed(np.moveaxis(given["u"], 1, -1), np.ascontiguousarray(saying.weights.from_ours(given["w"])),
                      **dict(saying.arguments), precision=precision)
    return _biased(np.moveaxis(np.asarray(made), -1, 1), given["b"])


def _tensorflow(task: Task, spec: ConvSpec, given: Arrays, output: tuple[int, ...]) -> Any:
    import tensorflow as tf

    if task.map == "conv_weight_gradient":
        raise CannotSay("tf.nn has no function for the gradient of weights")
    if task.groups > 1:
        raise CannotSay("it has no groups here")
    if task.map == "conv":
        if max(spec.stride) > 1 and max(spec.dilation) > 1:
            raise CannotSay("strides and dilations exclude each other")
        x = np.ascontiguousarray(np.moveaxis(_padded(spec, given["x"]), 1, -1))
        w = np.ascontiguousarray(np.moveaxis(np.moveaxis(given["w"], 0, -1), 0, -2))
        made = tf.nn.convolution(x, w, spec.stride, "VALID", dilations=spec.dilation).numpy()
        return _biased(np.moveaxis(made, -1, 1), given["b"])
    words = _words("TensorFlow", spec)
    padding = words["padding"]
    pads = padding if isinstance(padding, str) else [[0, 0], *map(list, padding), [0, 0]]
    more = {"dilations": list(words["dilations"])} if "dilations" in words else {}
    made = getattr(tf.nn, f"conv{spec.dims}d_transpose")(
        np.ascontiguousarray(np.moveaxis(given["u"], 1, -1)), np.ascontiguousarray(dialect("TensorFlow").WEIGHTS.from_ours(given["w"])),
        [2, *output, task.images], list(words["strides"]), padding=pads, **more).numpy()
    return _biased(np.moveaxis(made, -1, 1), given["b"])


def _openvino(task: Task, spec: ConvSpec, given: Arrays, output: tuple[int, ...]) -> Any:
    import openvino
    from openvino import opset13 as ops

    if task.map != "conv_transpose":
        raise CannotSay("compared for transposed convolutions only")
    words = {name: list(value) for name, value in _words("OpenVINO", spec).items()}
    if "output_shape" in words:
        words["output_shape"] = list(output)
    data, w = ops.parameter(given["u"].shape, np.float32), given["w"]
    if task.groups == 1:
        node = ops.convolution_backprop_data(data, ops.constant(w), words.pop("strides"), **words)
    else:
        grouped = w.reshape(task.groups, -1, *w.shape[1:])
        node = ops.group_convolution_backprop_data(data, ops.constant(grouped), words.pop("strides"), **words)
    compiled = openvino.Core().compile_model(openvino.Model([node], [data], "layer"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return _biased(next(iter(compiled([given["u"]]).values())), given["b"])


def _biased(made: Any, bias: Any) -> Any:
    """With the bias, for libraries that add it in another call."""
    return made if bias is None else made + bias.reshape(-1, *[1] * (made.ndim - 2))


