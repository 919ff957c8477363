"""An ONNX model opened: functions inlined, shapes inferred, every node of every graph, and what is known of a name.

Weights may be initialisers, constants, or stand behind nodes: what a layer needs of them is the shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from convt import files
from convt._derive.errors import ArgumentError, one_line

MOST = (1 << 31) - 1  # bytes of a protobuf message: a larger model keeps its weights in other files
Shape = tuple[int | str | None, ...]
"""Lengths, names of dynamic ones, None where nothing is known."""


def opened(path: str) -> tuple[Any, list[str]]:
    """(the model, notes on it). Raises ``ArgumentError`` for what is no ONNX model."""
    content = files.read("model", path, MOST)
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError, RuntimeError) as error:
        raise ArgumentError("model", path, f"is no ONNX model, or not a whole one: {error}") from None
    if not model.graph.node or not model.opset_import:
        raise ArgumentError("model", path, "is no ONNX model, or not a whole one: it has no " + ("opset" if model.graph.node else "nodes"))
    _refuse_circles(model, path)
    notes: list[str] = []
    for what, change in (("functions could not be inlined", _inlined), ("shapes could not be inferred", _inferred)):
        try:
            model = change(model)
        except Exception as error:  # whatever onnx raises
            notes.append(f"{what}: {next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]}")
    return model, notes


def word(value: str | bytes) -> str:
    """A name as text: protobuf gives bytes where it is not UTF-8."""
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")


def _inlined(model: Any) -> Any:
    import onnx.inliner

    return onnx.inliner.inline_local_functions(model) if model.functions else model


def _inferred(model: Any) -> Any:
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


def _refuse_circles(model: Any, path: str) -> None:
    """Functions that call themselves have no end."""
    calls = {(one.domain, one.name): {(node.domain, node.op_type) for node in _all_nodes(one.node)} for one in model.functions}
    done: set[tuple[str, str]] = set()
    for start in calls:
        above: list[tuple[tuple[str, str], Iterator[tuple[str, str]]]] = [(start, iter(calls[start]))]
        while above:
            inner = next((one for one in above[-1][1] if one in calls and one not in done), None)
            if inner is None:
                done.add(above.pop()[0])
            elif any(inner == one for one, _ in above):
                raise ArgumentError("model", path, f"has a function that calls itself: {one_line(word(inner[1]))}")
            else:
                above.append((inner, iter(calls[inner])))


def _all_nodes(nodes: Sequence[Any]) -> Iterator[Any]:
    for node in nodes:
        yield node
        for _, inner in _inner_graphs(node):
            yield from _all_nodes(inner.node)


def _inner_graphs(node: Any) -> Iterator[tuple[str, Any]]:
    """(attribute, graph) of a node such as If, Loop or Scan."""
    for attribute in node.attribute:
        for graph in chain([attribute.g] if attribute.type == onnx.AttributeProto.GRAPH else (), attribute.graphs):
            yield attribute.name, graph


@dataclass(frozen=True)
class Scope:
    """A graph, and the graphs around it: what is known of each name."""

    graph: Any
    outer: Scope | None = None
    place: str = ""
    """Where in the model it is; empty for the main graph."""

    @cached_property
    def tensors(self) -> dict[str, Any]:
        """Initialisers by name."""
        sparse = {one.values.name: one for one in self.graph.sparse_initializer}
        return sparse | {one.name: one for one in self.graph.initializer}

    @cached_property
    def makers(self) -> dict[str, Any]:
        """Node by the name of its output."""
        return {output: node for node in self.graph.node for output in node.output}

    @cached_property
    def types(self) -> dict[str, Any]:
        """Declared and inferred tensor types by name."""
        infos = chain(self.graph.value_info, self.graph.output, self.graph.input)
        return {info.name: info.type.tensor_type for info in infos if info.type.HasField("tensor_type")}

    def nodes(self) -> Iterator[tuple[Scope, Any]]:
        """Every node, inner graphs' after the node that has them."""
        for node in self.graph.node:
            yield self, node
            for name, inner in _inner_graphs(node):
                place = f"{self.place}{word(node.name or node.op_type)}/{word(name)}/"
                yield from Scope(inner, self, place).nodes()

    def shape(self, name: str) -> Shape | None:
        """The shape of a value, as far as it is known; None where not even its rank is."""
        tensor = self.tensor(name)
        if tensor is not None:
            return tuple(tensor.dims)
        kind = self._type(name)
        if kind is None or not kind.HasField("shape"):
            return None
        return tuple(dim.dim_value if dim.dim_value > 0 else dim.dim_param or None for dim in kind.shape.dim)

    def element(self, name: str) -> str | None:
        """The element type of a value, such as ``float16``."""
        tensor, kind = self.tensor(name), self._type(name)
        number = getattr(tensor, "values", tensor).data_type if tensor is not None else kind.elem_type if kind is not None else 0
        return str(onnx.helper.tensor_dtype_to_np_dtype(number)) if number in onnx.TensorProto.DataType.values()[1:] else None

    def tensor(self, name: str) -> Any:
        """The constant that a name stands for: an initialiser, or a Constant, also behind Identity nodes; else None."""
        scope: Scope | None = self
        seen: set[str] = set()
        while scope is not None and name not in seen:
            if name in scope.tensors:
                return scope.tensors[name]
            node = scope.makers.get(name)
            if node is None:
                scope = scope.outer
            elif node.op_type == "Constant" and node.attribute:
                attribute = node.attribute[0]
                return {"value": attribute.t, "sparse_value": attribute.sparse_tensor}.get(attribute.name)
            elif node.op_type == "Identity" and node.input:
                seen.add(name)
                name = node.input[0]
            else:
                return None
        return None

    def _type(self, name: str) -> Any:
        """The tensor type of a name, here or further out."""
        return self.types[name] if name in self.types else self.outer and self.outer._type(name)
