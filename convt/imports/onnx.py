"""Layers of an ONNX model: every convolution of its graphs, inner graphs and functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx

from convt._derive.dialects import onnx as dialect
from convt._derive.errors import ArgumentError
from convt._derive.spec import LARGEST, ConvSpec, per_axis
from convt._derive.writing import beyond

from .found import Found, LeftOut, Model, dtype_of, same, with_letters
from .graphs import Scope, Shape, opened, word

OPERATORS = {  # (domain, name) -> (map, places of weights and bias among the inputs)
    ("", "Conv"): ("conv", 1, 2), ("", "ConvTranspose"): ("conv_transpose", 1, 2), ("", "ConvInteger"): ("conv", 1, None),
    ("", "QLinearConv"): ("conv", 3, 8), ("com.microsoft", "FusedConv"): ("conv", 1, 2),
}
KINDS = {"kernel_shape": "INTS", "strides": "INTS", "pads": "INTS", "auto_pad": "STRING", "output_padding": "INTS",
         "output_shape": "INTS", "dilations": "INTS", "group": "INT"}
"""Attribute -> kind, in the order that a spec writes them."""


def read(path: str) -> Model:
    """The convolutions of the model in a file. Raises ``ArgumentError`` for what is no ONNX model."""
    model, notes = opened(path)
    layers: list[Found | LeftOut] = []
    for scope, node in Scope(model.graph).nodes():
        if "Conv" not in word(node.op_type):
            continue
        name = word(node.name or next(iter(node.output), "") or node.op_type)
        try:
            layers.append(_layer(name, scope, node))
        except ArgumentError as error:
            layers.append(LeftOut(name, str(error)))
    return Model(Path(path).name, "onnxruntime", layers, notes)


def _layer(name: str, scope: Scope, node: Any) -> Found:
    """One node. Raises ``ArgumentError`` where no spec can say it."""
    domain = "" if node.domain == "ai.onnx" else word(node.domain)
    if (domain, node.op_type) not in OPERATORS:
        raise ArgumentError("op_type", f"{domain}::{node.op_type}".removeprefix("::"), "is none of the operators that a spec can say: "
                            + ", ".join(name for _, name in OPERATORS))
    map_name, at, bias_at = OPERATORS[domain, node.op_type]
    inputs = [*node.input, *[""] * 9]
    if not inputs[0] or not inputs[at] or not node.output:
        raise ArgumentError("inputs", list(node.input), f"{node.op_type} needs an input, weights and an output")
    given = _attributes(node)
    weights = scope.shape(inputs[at])
    kernel, dims = _kernel(given, weights)
    data = _spatial(scope.shape(inputs[0]), dims)
    group = int(given.pop("group", 1))
    channels, said = _channels(map_name, weights, group, scope.shape(inputs[0]), given)
    dtype, more = dtype_of(scope.element(inputs[at]) or scope.element(inputs[0]) or "float32")
    notes = [*more, *said, *[f"in {scope.place.rstrip('/')}"] * bool(scope.place)]
    letters, named = with_letters([_called(length) for length in data])
    notes += named
    if map_name == "conv":
        geometry, letters, told = _conv(kernel, given, letters)
    else:
        geometry, told = _conv_transpose(kernel, given, letters)
    output = tuple(length if isinstance(length, int) else None for length in _spatial(scope.shape(node.output[0]), dims))
    bias = bias_at is not None and bool(inputs[bias_at])
    return Found(name, map_name, geometry, channels, group, bias, dtype, letters, output, notes=(*notes, *told))


def _attributes(node: Any) -> dict[str, Any]:
    """Attributes about geometry. Raises ``ArgumentError`` for one of another kind than the operator has."""
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.name in KINDS:
            kind = onnx.AttributeProto.AttributeType.Name(attribute.type)
            if kind != KINDS[attribute.name]:
                raise ArgumentError(attribute.name, kind, f"must be {KINDS[attribute.name]}")
            value = onnx.helper.get_attribute_value(attribute)
            found[attribute.name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return {name: list(value) if KINDS[name] == "INTS" else value for name, value in found.items() if value not in ([], "NOTSET")}


def _kernel(given: dict[str, Any], weights: Shape | None) -> tuple[tuple[int, ...], int]:
    """(kernel, number of axes), by the weights and by what the node says."""
    said = given.pop("kernel_shape", None)
    kernel = None if weights is None else weights[2:]
    if kernel is None or not all(isinstance(length, int) for length in kernel):
        kernel = said
    if kernel is None:
        raise ArgumentError("kernel_shape", None, "is not said, and the shape of the weights is not known: they are computed")
    if said is not None and list(kernel) != said:
        raise ArgumentError("kernel_shape", said, f"the weights have {list(kernel)}")
    if not 1 <= len(kernel) <= 3:
        raise ArgumentError("kernel_shape", list(kernel), f"has {len(kernel)} axes; a spec says 1 to 3")
    return per_axis("kernel_shape", kernel, len(kernel), 1), len(kernel)


def _spatial(shape: Shape | None, dims: int) -> Shape:
    """The lengths of a tensor's spatial axes."""
    if shape is None:
        return (None,) * dims
    if len(shape) != dims + 2:
        raise ArgumentError("shape", list(shape), f"must have batch, channels and {dims} axes, as the kernel has")
    return shape[2:]


def _channels(map_name: str, weights: Shape | None, group: int, data: Shape | None, given: dict[str, Any],
              ) -> tuple[tuple[int, int] | None, list[str]]:
    """((in, out), notes). Raises ``ArgumentError`` where weights, groups and input do not fit together."""
    first, second = weights[:2] if weights is not None else (None, None)
    if not isinstance(first, int) or not isinstance(second, int):
        return None, ["channels are not known: the weights are computed"]
    if group < 1 or first % group:
        raise ArgumentError("group", group, f"must divide {first}, the first axis of the weights")
    channels = (first, second * group) if map_name == "conv_transpose" else (second * group, first)
    has = data[1] if data is not None else None
    if isinstance(has, int) and has != channels[0]:
        raise ArgumentError("weights", list(weights or ()), f"are for {channels[0]} channels, and the input has {has}")
    return channels, []


def _called(length: int | str | None) -> int | str | None:
    """A length, or the model's own name of it where that says something."""
    return None if isinstance(length, str) and (length == "?" or length.startswith("unk__")) else length


def _conv(kernel: tuple[int, ...], given: dict[str, Any], lengths: tuple[int | str, ...],
          ) -> tuple[dict[str, Any], tuple[int | str, ...], list[str]]:
    """(geometry, input lengths, notes) of a forward convolution."""
    dims = len(kernel)
    s, d = per_axis("strides", given.get("strides", 1), dims, 1), per_axis("dilations", given.get("dilations", 1), dims, 1)
    pads, auto = per_axis("pads", given.get("pads", 0), 2 * dims, -LARGEST), _auto_pad(given)
    if auto == "NOTSET":
        return {"config": str(ConvSpec(kernel, s, list(zip(pads[:dims], pads[dims:], strict=True)), d))}, lengths, []
    if auto == "VALID":
        return {"config": str(ConvSpec(kernel, s, 0, d))}, lengths, [f"auto_pad is {auto}"]
    crops, said, notes = same(lengths, kernel, s, d, auto == "SAME_UPPER")
    refused = ", which ONNX Runtime refuses with dilations" * (max(d) > 1)
    return {"config": str(ConvSpec(kernel, s, crops, d))}, said, [f"auto_pad is {auto}{refused}", *notes]


def _conv_transpose(kernel: tuple[int, ...], given: dict[str, Any], lengths: tuple[int | str, ...]) -> tuple[dict[str, Any], list[str]]:
    """(geometry, notes) of a transposed convolution, in ONNX's words; by the lengths where an output shape is fixed."""
    auto, shape = _auto_pad(given), given.pop("output_shape", None)
    if shape is None:
        if auto != "NOTSET":
            given.pop("pads", None)
        said = beyond({name: given[name] for name in KINDS if name in given}, pads=0, output_padding=0, strides=1, dilations=1)
        return {"onnx": {"kernel_shape": list(kernel), **said}}, []
    sizes = [length for length in lengths if isinstance(length, int)]
    if len(sizes) < len(kernel):
        raise ArgumentError("output_shape", shape, "is fixed while the input's lengths are dynamic: pads differ with each, and a spec "
                            "says one geometry for all")
    reading = dialect.read(sizes, kernel, output_shape=shape, **given)
    return {"config": str(reading.spec)}, [f"output_shape is {shape}" + (f", auto_pad {auto}" if auto != "NOTSET" else "")]


def _auto_pad(given: dict[str, Any]) -> str:
    """The word, known."""
    auto = str(given.get("auto_pad", "NOTSET"))
    if auto not in dialect.AUTO:
        raise ArgumentError("auto_pad", auto, f"must be one of {', '.join(dialect.AUTO)}")
    return auto

