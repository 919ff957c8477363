"""Small LiteRT models for tests, of one operator."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

OPTIONS = {"CONV_2D": schema.Conv2DOptionsT, "DEPTHWISE_CONV_2D": schema.DepthwiseConv2DOptionsT, "CONV_3D": schema.Conv3DOptionsT}


def tensor(name, shape, buffer=0, signature=None):
    made = schema.TensorT()
    made.name, made.shape, made.type, made.buffer, made.shapeSignature = name, list(shape), schema.TensorType.FLOAT32, buffer, signature
    return made


def buffer(data=None):
    made = schema.BufferT()
    made.data = None if data is None else np.frombuffer(data.tobytes(), np.uint8)
    return made


def forward(operator, data, w, output, padding, stride, dilation=(1, 1), signatures=(None, None)):
    """A model of one forward convolution: shapes (1, *n, C) and (1, *m, F), weights as LiteRT has them."""
    code, node, options = schema.OperatorCodeT(), schema.OperatorT(), OPTIONS[operator]()
    code.builtinCode = getattr(schema.BuiltinOperator, operator)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    options.padding = getattr(schema.Padding, padding)
    options.strideH, options.strideW = stride
    options.dilationHFactor, options.dilationWFactor = dilation
    if operator == "DEPTHWISE_CONV_2D":
        options.depthMultiplier = output[-1] // data[-1]
    node.inputs, node.outputs = [0, 1, 2], [3]
    node.builtinOptionsType, node.builtinOptions = getattr(schema.BuiltinOptions, OPTIONS[operator].__name__[:-1]), options
    graph, model = schema.SubGraphT(), schema.ModelT()
    graph.tensors = [tensor("x", data, 0, signatures[0]), tensor("w", w.shape, 1), tensor("b", output[-1:], 2), tensor("layer", output, 0, signatures[1])]
    graph.inputs, graph.outputs, graph.operators = [0], [3], [node]
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [buffer(), buffer(w), buffer(np.ones(output[-1], np.float32))]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(content, x):
    """What LiteRT's own kernels compute; lengths are theirs, whatever the model says."""
    interpreter = Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
