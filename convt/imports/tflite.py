"""Layers of a LiteRT (TensorFlow Lite) model: CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV of every subgraph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from convt import files
from convt._derive.dialects import litert
from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec, per_axis

from .found import Found, LeftOut, Model, dtype_of, same, with_letters

MOST = (1 << 31) - 1  # bytes of a flatbuffer
Lengths = tuple[int | str, ...]
OPERATORS = {"CONV_2D": (0, 1, 2), "DEPTHWISE_CONV_2D": (0, 1, 2), "TRANSPOSE_CONV": (2, 1, 3)}
"""Operator -> places of data, weights and bias among its inputs."""
NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
TYPES = {number: name.lower() for name, number in vars(schema.TensorType).items() if isinstance(number, int)}


def read(path: str) -> Model:
    """The convolutions of the model in a file. Raises ``ArgumentError`` for what is no such model."""
    content = files.read("model", path, MOST)
    if content[4:8] != b"TFL3":
        raise ArgumentError("model", path, "is no LiteRT model: it does not begin with TFL3")
    layers: list[Found | LeftOut] = []
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        codes = [NAMES.get(max(code.builtinCode, code.deprecatedBuiltinCode), "") for code in model.operatorCodes]
        for graph in model.subgraphs:
            layers += [_said(codes[node.opcodeIndex], graph.tensors, node) for node in graph.operators if "CONV" in codes[node.opcodeIndex]]
    except Exception as error:  # flatbuffers checks nothing: whatever bytes lead to
        raise ArgumentError("model", path, f"is not a whole LiteRT model: {type(error).__name__}: {error}") from None
    return Model(Path(path).name, "tensorflow", layers)


def _said(operator: str, tensors: list[Any], node: Any) -> Found | LeftOut:
    """One operator."""
    name = tensors[node.outputs[0]].name.decode("utf-8", "backslashreplace")
    try:
        return _layer(name, operator, tensors, node)
    except ArgumentError as error:
        return LeftOut(name, str(error))


def _layer(name: str, operator: str, tensors: list[Any], node: Any) -> Found:
    """A layer. Raises ``ArgumentError`` where no spec can say it."""
    if operator not in OPERATORS:
        raise ArgumentError("operator", operator, "is none of those that a spec can say: " + ", ".join(OPERATORS))
    data_at, weights_at, bias_at = OPERATORS[operator]
    data, weights, made = tensors[node.inputs[data_at]], tensors[node.inputs[weights_at]], tensors[node.outputs[0]]
    lengths, notes = with_letters(_lengths(data))
    output, channels = _lengths(made), (int(data.shape[3]), int(made.shape[3]))
    first, *kernel, last = map(int, weights.shape)
    groups = {"CONV_2D": channels[0] // max(last, 1), "DEPTHWISE_CONV_2D": channels[0], "TRANSPOSE_CONV": 1}[operator]
    wanted = {"CONV_2D": (last * groups, first), "DEPTHWISE_CONV_2D": (channels[0], last), "TRANSPOSE_CONV": (last, first)}[operator]
    if channels != wanted:
        raise ArgumentError("weights", list(map(int, weights.shape)), f"do not fit {channels[0]} channels in and {channels[1]} out")
    padding = {schema.Padding.SAME: "SAME", schema.Padding.VALID: "VALID"}[node.builtinOptions.padding]
    if operator == "TRANSPOSE_CONV":
        spec = _transposed(node.builtinOptions, kernel, padding, lengths, output)
    else:
        spec, lengths, told = _forward(node.builtinOptions, kernel, padding, lengths)
        notes = (*notes, *told)
    dtype, more = dtype_of(TYPES[weights.type])
    return Found(name, "conv_transpose" if operator == "TRANSPOSE_CONV" else "conv", {"config": str(spec)}, channels, groups,
                 len(node.inputs) > bias_at and node.inputs[bias_at] >= 0, dtype, lengths, output, "channels_last",
                 (*more, f"padding is {padding}", *notes))


def _forward(said: Any, kernel: Sequence[int], padding: str, lengths: Lengths) -> tuple[ConvSpec, Lengths, tuple[str, ...]]:
    """(geometry, input lengths, notes) of a forward convolution."""
    s = per_axis("stride", [said.strideH, said.strideW], 2, 1)
    d = per_axis("dilation", [said.dilationHFactor, said.dilationWFactor], 2, 1)
    if padding == "VALID":
        return ConvSpec(kernel, s, 0, d), lengths, ()
    crops, lengths, notes = same(lengths, kernel, s, d)
    return ConvSpec(kernel, s, crops, d), lengths, notes


def _transposed(said: Any, kernel: Sequence[int], padding: str, lengths: Lengths, output: Sequence[int | None]) -> ConvSpec:
    """The geometry of a transposed convolution, by its lengths: they are the model's, and the crop follows from them."""
    numbers = [length for length in (*lengths, *output) if isinstance(length, int)]
    if len(numbers) < 4:
        raise ArgumentError("output_shape", [one or "?" for one in output], "is dynamic: a spec says one geometry for all lengths")
    return litert.read(numbers[:2], kernel, output_shape=numbers[2:], stride_h=said.strideH, stride_w=said.strideW, padding=padding).spec


def _lengths(tensor: Any) -> tuple[int | None, ...]:
    """Lengths of the two spatial axes; None where they are dynamic."""
    signature = tensor.shapeSignature
    shape = tensor.shape if signature is None or len(signature) != len(tensor.shape) else signature
    if len(shape) != 4:
        raise ArgumentError("shape", list(map(int, shape)), "must have batch, two axes and channels")
    return tuple(int(length) if length > 0 else None for length in shape[1:3])
