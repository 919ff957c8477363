"""OpenCV's dnn: a net of one ONNX node, for forward convolutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from onnx import TensorProto, helper, numpy_helper

from . import onnxruntime
from .call import Array, Call, CannotSay, Prepared, biased

NAME = "cv2"


def words(call: Call) -> Mapping[str, Any]:
    """Attributes of the node: those of ONNX."""
    if call.map != "conv":  # it refuses transposed convolutions of one and three axes, and dilated ones come out wrong (4.14)
        raise CannotSay("OpenCV is asked for forward convolutions only")
    return onnxruntime.words(call)


def compute(calls: Sequence[Call]) -> list[Array]:
    """A net each."""
    return [biased(call, np.array(prepare(call, 1).run())) for call in calls]


def prepare(call: Call, threads: int) -> Prepared:
    """The net with constant weights."""
    node = helper.make_node("Conv", ["x", "w"], ["u"], **words(call))
    x, u = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", call.data.shape), ("u", call.shape)))
    graph = helper.make_graph([node], "layer", [x], [u], [numpy_helper.from_array(call.weights, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    cv2.setNumThreads(threads)
    net, data = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8)), call.data

    def run() -> Any:
        net.setInput(data)
        return net.forward()

    return Prepared(run, lambda made: [made])
