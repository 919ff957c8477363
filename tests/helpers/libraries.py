"""Transposed convolutions of libraries that have no function for it in Python: oneDNN's C interface, a LiteRT model, a Caffe model.

Each takes NumPy arrays in the library's own order and its own arguments, raises where the library refuses, and is
``None`` where the library is not installed.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

F32, FORWARD_INFERENCE, DIRECT, MOST_AXES = 3, 96, 10, 12  # enumerators of oneDNN's C interface
SOURCE, DESTINATION, WEIGHTS = 1, 17, 33


class Refused(ValueError):
    """The library does not take these arguments."""


@cache
def onednn() -> ctypes.CDLL | None:
    """oneDNN's library, as the wheel ``onednn-cpu-gomp`` installs it."""
    for name in (Path(sys.prefix) / "lib" / "libdnnl.so.3", "libdnnl.so.3"):
        try:
            return ctypes.CDLL(str(name))
        except OSError:
            continue
    return None


def onednn_deconvolution(u: np.ndarray, w: np.ndarray, image: Sequence[int], strides: Sequence[int], dilates: Sequence[int],
                         padding_l: Sequence[int], padding_r: Sequence[int]) -> np.ndarray:
    """``dnnl_deconvolution_forward``: u (B, F, *m), w (C, F, *k) or, for groups, (G, C/G, F/G, *k); the image has these lengths."""
    library = onednn()
    assert library is not None
    channels = w.shape[0] * w.shape[1] if w.ndim > u.ndim else w.shape[0]
    x = np.full((u.shape[0], channels, *image), np.nan, np.float32)
    engine, stream = _made(library, "dnnl_engine_create", 1, ctypes.c_size_t(0)), ctypes.c_void_p()
    _check(library.dnnl_stream_create(ctypes.byref(stream), engine, 1))
    arrays = {SOURCE: u, WEIGHTS: w, DESTINATION: x}
    shapes = {key: _made(library, "dnnl_memory_desc_create_with_strides", array.ndim, _sizes(array.shape), F32,
                         _sizes([step // array.itemsize for step in array.strides])) for key, array in arrays.items()}
    description = _made(library, "dnnl_deconvolution_forward_primitive_desc_create", engine, FORWARD_INFERENCE, DIRECT, shapes[SOURCE],
                        shapes[WEIGHTS], None, shapes[DESTINATION], *map(_sizes, (strides, dilates, padding_l, padding_r)), None)
    primitive = _made(library, "dnnl_primitive_create", description)
    memories = [_Argument(key, _made(library, "dnnl_memory_create", shapes[key], engine, ctypes.c_void_p(array.ctypes.data)))
                for key, array in arrays.items()]
    _check(library.dnnl_primitive_execute(primitive, stream, len(memories), (_Argument * len(memories))(*memories)))
    _check(library.dnnl_stream_wait(stream))
    return x


class _Argument(ctypes.Structure):
    _fields_ = [("key", ctypes.c_int), ("memory", ctypes.c_void_p)]


def _made(library: Any, function: str, *arguments: Any) -> ctypes.c_void_p:
    """What a function of oneDNN makes; small objects, which live as long as the tests."""
    made = ctypes.c_void_p()
    _check(getattr(library, function)(ctypes.byref(made), *arguments))
    return made


def _check(status: int) -> None:
    if status:
        raise Refused(f"oneDNN's status {status}")


def _sizes(values: Sequence[int]) -> Any:
    return (ctypes.c_int64 * MOST_AXES)(*values)


def litert_model(u: np.ndarray, w: np.ndarray, output_shape: Sequence[int], stride_h: int, stride_w: int, padding: str) -> bytes:
    """A model of one TRANSPOSE_CONV: u (B, *m, F), w (C, *k, F), output_shape (B, *n, C)."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def tensor(name: str, shape: Sequence[int], kind: int, buffer: int) -> Any:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name, list(shape), kind, buffer
        return made

    def buffer(data: bytes | None) -> Any:
        made = schema.BufferT()
        made.data = None if data is None else np.frombuffer(data, np.uint8)
        return made

    code, operator, options = schema.OperatorCodeT(), schema.OperatorT(), schema.TransposeConvOptionsT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.TRANSPOSE_CONV
    options.strideH, options.strideW, options.padding = stride_h, stride_w, getattr(schema.Padding, padding)
    operator.inputs, operator.outputs = [0, 1, 2], [3]
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.TransposeConvOptions, options
    graph, model = schema.SubGraphT(), schema.ModelT()
    real, whole = schema.TensorType.FLOAT32, schema.TensorType.INT32
    graph.tensors = [tensor("shape", [4], whole, 1), tensor("w", w.shape, real, 2), tensor("u", u.shape, real, 0),
                     tensor("x", output_shape, real, 0)]
    graph.inputs, graph.outputs, graph.operators = [2], [3], [operator]
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [buffer(None), buffer(np.array(output_shape, np.int32).tobytes()), buffer(np.ascontiguousarray(w).tobytes())]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def litert_transpose_conv(u: np.ndarray, w: np.ndarray, output_shape: Sequence[int], stride_h: int, stride_w: int, padding: str,
                          delegate: bool = True) -> np.ndarray:
    """What LiteRT computes; without ``delegate``, by its own kernels instead of XNNPACK's."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver = OpResolverType.AUTO if delegate else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=litert_model(u, w, output_shape, stride_h, stride_w, padding), num_threads=1,
                              experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.ascontiguousarray(u))
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def onnx_node(node: Any, u: np.ndarray, w: np.ndarray) -> np.ndarray:
    """What ONNX Runtime computes for a node x of u and w."""
    import onnxruntime
    from onnx import TensorProto, helper

    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("u", TensorProto.FLOAT, u.shape),
                                            helper.make_tensor_value_info("w", TensorProto.FLOAT, w.shape)],
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {"u": u, "w": w})[0]


def caffe_deconvolution(u: np.ndarray, w: np.ndarray, parameters: str) -> np.ndarray:
    """A layer Deconvolution with these ``convolution_param``."""
    return caffe_layer(u, w, f'layer {{ name: "x" type: "Deconvolution" bottom: "u" top: "x" convolution_param {{ {parameters} bias_term: false }} }}')


def caffe_layer(u: np.ndarray, w: np.ndarray, layer: str) -> np.ndarray:
    """OpenCV's reading of a Caffe model of one layer x: u (B, F, *m), w (F, C/G, *k)."""
    import cv2

    shape = " ".join(f"dim: {size}" for size in u.shape)
    text = f'name: "n" layer {{ name: "u" type: "Input" top: "u" input_param {{ shape {{ {shape} }} }} }} {layer}'
    try:
        net = cv2.dnn.readNetFromCaffe(np.frombuffer(text.encode(), np.uint8), np.frombuffer(_caffemodel("x", w), np.uint8))
        net.setInput(u, "u")
        return net.forward("x")
    except cv2.error as error:
        raise Refused(str(error)) from None


def _caffemodel(name: str, w: np.ndarray) -> bytes:
    """NetParameter{layer (100): LayerParameter{name (1), type (2), blobs (7): BlobProto{shape (7){dim (1)}, data (5)}}}, in protobuf."""
    sizes = b"".join(map(_varint, w.shape))
    data = np.ascontiguousarray(w, "<f4").tobytes()
    blob = _field(7, _field(1, sizes)) + _field(5, data)
    return _field(100, _field(1, name.encode()) + _field(2, b"Deconvolution") + _field(7, blob))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])
