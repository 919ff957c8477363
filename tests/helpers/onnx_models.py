"""Small ONNX models for tests."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def tensor(name, *shape, dtype=np.float32):
    """An initialiser of small whole numbers."""
    return numpy_helper.from_array(np.random.default_rng(len(name)).integers(-3, 4, shape).astype(dtype), name)


def value(name, *shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, None if shape == (None,) else shape)


def graph(nodes, inputs, outputs=(), initialisers=(), name="graph"):
    return helper.make_graph(nodes, name, inputs, outputs or [value("y", None)], initialisers)


def model(nodes, inputs, outputs=(), initialisers=(), opset=17, functions=(), domains=()):
    """A model of these nodes; domains beside ONNX's own get version 1."""
    return helper.make_model(graph(nodes, inputs, outputs, initialisers), opset_imports=[
        helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)], ir_version=8, functions=functions)


def one(operator, kernel, data, weights=(2, 3), group=1, opset=17, bias=False, **attributes):
    """A model with one convolution: weights (first axis, second axis) and the shape of the input."""
    node = helper.make_node(operator, ["x", "w", "b"][:2 + bias], ["y"], name="layer", group=group, **attributes)
    out = weights[0] if operator == "Conv" else weights[1] * group
    return model([node], [value("x", *data)], (), [tensor("w", *weights, *kernel), *[tensor("b", out)] * bias], opset)


def write(folder, made, name="a.onnx"):
    path = folder / name
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    return path


def run(made, *inputs):
    """What ONNX Runtime computes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip([one.name for one in session.get_inputs()], inputs, strict=True)))[0]
