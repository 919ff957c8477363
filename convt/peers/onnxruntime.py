"""ONNX Runtime: a node each in one model, computed by the CPU provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from .call import Array, Call, CannotSay, Prepared, said

NAME = "onnxruntime"


def words(call: Call) -> Mapping[str, Any]:
    """Attributes of the node."""
    if call.map == "conv_weight_gradient":
        raise CannotSay("ONNX has no operator for the gradient of weights")
    if call.map == "conv_transpose" or call.own:
        return {name: [value] * call.spec.dims if isinstance(value, int) else list(value) if isinstance(value, tuple) else value
                for name, value in said("ONNX", call).items()} | {"group": call.groups}
    pads = [end[side] for side in (0, 1) for end in call.spec.padding]
    if min(pads) < 0:
        raise CannotSay("ONNX has no negative pads")
    return {"strides": list(call.spec.stride), "dilations": list(call.spec.dilation), "pads": pads, "group": call.groups}


def compute(calls: Sequence[Call]) -> list[Array]:
    """All in one model."""
    nodes, given = [], dict[str, Array]()
    for number, call in enumerate(calls):
        parts = {"data": call.data, "w": call.weights} | ({} if call.bias is None else {"b": call.bias})
        named = {f"{name}{number}": array for name, array in parts.items()}
        given |= named
        nodes.append(_node(call, list(named), f"y{number}"))
    inputs = [helper.make_tensor_value_info(name, _element(array), array.shape) for name, array in given.items()]
    outputs = [helper.make_tensor_value_info(f"y{number}", _element(call.data), None) for number, call in enumerate(calls)]
    return list(_session(helper.make_graph(nodes, "layers", inputs, outputs), 1).run(None, given))


def prepare(call: Call, threads: int) -> Prepared:
    """A session of one node with constant weights."""
    u, w = call.data, call.weights
    graph = helper.make_graph([_node(call, ["u", "w"], "x")], "layer", [helper.make_tensor_value_info("u", TensorProto.FLOAT, u.shape)],
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, call.shape)], [numpy_helper.from_array(w, "w")])
    session = _session(graph, threads)
    return Prepared(lambda: session.run(None, {"u": u}), lambda made: made)


def _node(call: Call, inputs: list[str], output: str) -> Any:
    return helper.make_node("ConvTranspose" if call.map == "conv_transpose" else "Conv", inputs, [output], **words(call))


def _element(array: Array) -> int:
    return helper.np_dtype_to_tensor_dtype(array.dtype)


def _session(graph: Any, threads: int) -> Any:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
