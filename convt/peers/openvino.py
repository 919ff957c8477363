"""OpenVINO: a node each in one model, compiled for the CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openvino
from openvino import opset13 as ops

from .call import Array, Call, CannotSay, Prepared, said

NAME = "openvino"


def words(call: Call) -> Mapping[str, Any]:
    """Arguments of the node."""
    if call.map == "conv_weight_gradient":
        raise CannotSay("OpenVINO has no operation for the gradient of weights")
    if call.map == "conv_transpose":
        return {name: list(value) for name, value in said("OpenVINO", call).items()}
    if min(map(min, call.spec.padding)) < 0:
        raise CannotSay("negative pads are not compared")
    begin, end = zip(*call.spec.padding, strict=True)
    return {"strides": list(call.spec.stride), "pads_begin": list(begin), "pads_end": list(end), "dilations": list(call.spec.dilation)}


def compute(calls: Sequence[Call]) -> list[Array]:
    """All in one model."""
    data = [ops.parameter(call.data.shape, call.data.dtype) for call in calls]
    nodes = [_biased(_node(call, one), call.bias) for call, one in zip(calls, data, strict=True)]
    made = _compiled(nodes, data, {"INFERENCE_NUM_THREADS": 1})([call.data for call in calls])
    return [np.array(made[number]) for number in range(len(calls))]


def prepare(call: Call, threads: int) -> Prepared:
    """A request of one node with constant weights, which shares its arrays."""
    u = call.data
    data = ops.parameter(u.shape, np.float32)
    request = _compiled([_node(call, data)], [data], {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}).create_infer_request()
    return Prepared(lambda: request.infer([u], share_inputs=True, share_outputs=True), lambda made: list(made.values()))


def _node(call: Call, data: Any) -> Any:
    """The operation; with groups it is another, whose weights have an axis more."""
    transposed, arguments, w = call.map == "conv_transpose", dict(words(call)), call.weights
    if call.groups == 1:
        function = ops.convolution_backprop_data if transposed else ops.convolution
    else:
        function = ops.group_convolution_backprop_data if transposed else ops.group_convolution
        w = w.reshape(call.groups, w.shape[0] // call.groups, *w.shape[1:])
    return function(data, ops.constant(w), arguments.pop("strides"), **arguments)


def _biased(node: Any, bias: Array | None) -> Any:
    """With the bias, which is an operation of its own."""
    return node if bias is None else ops.add(node, ops.constant(bias.reshape(1, -1, *[1] * (len(node.get_output_partial_shape(0)) - 2))))


def _compiled(nodes: list[Any], data: list[Any], options: dict[str, Any]) -> Any:
    return openvino.Core().compile_model(openvino.Model(nodes, data, "layers"), "CPU", {**options, "INFERENCE_PRECISION_HINT": "f32"})
