"""TensorFlow: ``tf.nn``, channels last, without groups: its kernels for the CPU have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from convt._derive.dialects import dialect

from .call import Array, Call, CannotSay, first, last, padded, said

NAME = "tensorflow"


def words(call: Call) -> Mapping[str, Any]:
    """Arguments of ``tf.nn.conv…d_transpose``, or of ``tf.nn.convolution``, whose image is padded before."""
    if call.map == "conv_weight_gradient":
        raise CannotSay("tf.nn has no function for the gradient of weights")
    if call.groups > 1:
        raise CannotSay("it has no groups here")
    if call.map == "conv":
        if max(call.spec.stride) > 1 and max(call.spec.dilation) > 1:
            raise CannotSay("strides and dilations exclude each other")
        return {"strides": call.spec.stride, "padding": "VALID", "dilations": call.spec.dilation}
    arguments = said("TensorFlow", call)
    arguments["output_shape"] = [call.shape[0], *arguments["output_shape"], call.shape[1]]
    if not isinstance(arguments["padding"], str):
        arguments["padding"] = [[0, 0], *map(list, arguments["padding"]), [0, 0]]
    return arguments | {name: list(arguments[name]) for name in ("strides", "dilations") if name in arguments}


def compute(calls: Sequence[Call]) -> list[Array]:
    """One function call each, eagerly: tracing would take longer."""
    return [first(_one(call)) for call in calls]


def _one(call: Call) -> Any:
    arguments = words(call)
    if call.map == "conv_transpose":
        made = _function(call)(last(call.data), _weights(call), **arguments)
    else:
        made = tf.nn.convolution(last(padded(call)), np.ascontiguousarray(np.moveaxis(call.weights, (0, 1), (-1, -2))), **arguments)
    return made if call.bias is None else tf.nn.bias_add(made, call.bias)


def prepare(call: Call, threads: int) -> Callable[[], Any]:
    """A compiled function with constant weights, channels last."""
    arguments, function = words(call), _function(call)
    features, weights = tf.constant(np.moveaxis(call.data, 1, -1)), tf.constant(_weights(call))
    traced = tf.function(lambda x: function(x, weights, **arguments))
    return lambda: traced(features).numpy()


def _function(call: Call) -> Any:
    return getattr(tf.nn, f"conv{call.spec.dims}d_transpose")


def _weights(call: Call) -> Array:
    return np.ascontiguousarray(dialect("TensorFlow").WEIGHTS.from_ours(call.weights))
