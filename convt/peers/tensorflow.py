"""TensorFlow: ``tf.nn``, channels last, without groups: its kernels for the CPU have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from convt._derive.dialects import dialect

from .call import Array, Call, CannotSay, Prepared, first, last, padded, said

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
        made = tf.nn.convolution(last(padded(call)), _taps_first(call.weights), **arguments)
    return made if call.bias is None else tf.nn.bias_add(made, call.bias)


def prepare(call: Call, threads: int) -> Prepared:
    """A compiled function, channels last; gradients are those that TensorFlow itself makes of that function."""
    function: Callable[..., Any]
    if call.map in ("conv_transpose", "backward"):
        function, layout = partial(_function(call), **words(replace(call, map="conv_transpose"))), dialect("TensorFlow").WEIGHTS
        order, back = layout.from_ours, layout.to_ours
    else:
        function, order, back = _convolution(call), partial(_taps_first, groups=_depthwise(call)), partial(_taps_last, shape=call.shape)
    if call.map in ("conv", "conv_transpose"):
        weights = tf.constant(np.ascontiguousarray(order(call.weights)))
        return _prepared(lambda data: [function(data, weights)], [last(call.data)], [first])
    assert call.u is not None and call.x is not None
    if call.map == "backward":
        return _prepared(lambda u, w, x: _gradients(function, [u, w], x), [last(call.u), order(call.weights), last(call.x)], [first, back])
    zeros = tf.constant(np.ascontiguousarray(order(np.zeros(call.shape, np.float32))))
    return _prepared(lambda x, u: _gradients(lambda w: function(x, w), [zeros], u), [last(call.x), last(call.u)], [back])


def _gradients(function: Callable[..., Any], given: list[Any], seed: Any) -> Any:
    """Gradients of a linear function; its own value is asked for by nobody, and not computed in a compiled function."""
    with tf.GradientTape() as tape:
        tape.watch(given)
        made = function(*given)
    return tape.gradient(made, given, seed)


def _prepared(function: Callable[..., Any], given: Sequence[Array], reads: Sequence[Callable[[Array], Array]]) -> Prepared:
    """The compiled function of arrays that are where it reads them, and how each of its outputs is brought into our order."""
    traced, placed = tf.function(function, autograph=False), [tf.constant(np.ascontiguousarray(array)) for array in given]
    return Prepared(lambda: [one.numpy() for one in traced(*placed)],
                    lambda made: [read(one) for read, one in zip(reads, made, strict=True)])


def _convolution(call: Call) -> Callable[[Any, Any], Any]:
    """The convolution of images and weights. Only functions of two axes take paddings as numbers; the others have theirs padded."""
    spec, pads = call.spec, [[0, 0], *map(list, call.spec.padding), [0, 0]]
    if min(map(min, pads)) < 0:
        raise CannotSay("no negative padding")
    if spec.dims == 2 and _depthwise(call):
        return lambda x, w: tf.nn.depthwise_conv2d(x, w, [1, *spec.stride, 1], pads, dilations=spec.dilation)
    if spec.dims == 2:
        return lambda x, w: tf.nn.conv2d(x, w, spec.stride, pads, dilations=spec.dilation)
    if _same(call):
        return lambda x, w: tf.nn.convolution(x, w, spec.stride, "SAME", dilations=spec.dilation)
    return lambda x, w: tf.nn.convolution(tf.pad(x, pads), w, spec.stride, "VALID", dilations=spec.dilation)


def _depthwise(call: Call) -> int:
    """Image channels, where each is a group of its own that a function of TensorFlow takes; else 0."""
    return call.groups if call.spec.dims == 2 and 1 < call.groups == call.data.shape[1] else 0


def _same(call: Call) -> bool:
    """Whether the padding is what TensorFlow's SAME gives."""
    totals = [max((-(-n // axis.stride) - 1) * axis.stride + axis.span - n, 0)
              for axis, n in zip(call.spec.axes, call.data.shape[2:], strict=True)]
    return call.spec.padding == tuple((total // 2, total - total // 2) for total in totals)


def _function(call: Call) -> Any:
    return getattr(tf.nn, f"conv{call.spec.dims}d_transpose")


def _weights(call: Call) -> Array:
    return np.ascontiguousarray(dialect("TensorFlow").WEIGHTS.from_ours(call.weights))


def _taps_first(w: Array, groups: int = 0) -> Array:
    """(F, C/G, *k) → (*k, C/G, F), or (*k, C, F/C) where each of so many image channels is a group."""
    w = w.reshape(groups, -1, *w.shape[2:]).swapaxes(0, 1) if groups else w
    return np.ascontiguousarray(np.moveaxis(w, (0, 1), (-1, -2)))


def _taps_last(w: Array, shape: Sequence[int]) -> Array:
    """The weights that ``_taps_first`` made, in our shape again: features of a group stand one after the other in both."""
    moved = np.moveaxis(w, (-1, -2), (0, 1))
    return moved if moved.shape == tuple(shape) else moved.swapaxes(0, 1).reshape(shape)
