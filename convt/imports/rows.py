"""What a spec says of each layer that was found: its table, which the reader of specs has accepted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from convt._derive.errors import ArgumentError, one_line
from convt.specs.layer import Layer, Reader
from convt.specs.lengths import Length
from convt.specs.mistakes import Mistake, keys
from convt.specs.model import Defaults, LayerTable
from convt.specs.structure import wrong

from .found import Found, LeftOut

LONGEST_NAME = 100  # letters


@dataclass(frozen=True)
class Row:
    """A layer's table, comments on it, and whether the model says other lengths than its geometry."""

    table: dict[str, Any]
    notes: tuple[str, ...]
    contradicts: bool


def rows(layers: Iterable[Found | LeftOut]) -> tuple[list[Row], list[LeftOut]]:
    """(tables, layers left out), both in the model's order; names are made unique."""
    made: list[Row] = []
    left: list[LeftOut] = []
    taken: set[str] = set()
    for layer in layers:
        if isinstance(layer, Found):
            try:
                made.append(_row(layer, taken))
                taken.add(made[-1].table["name"])
                continue
            except ArgumentError as error:
                layer = LeftOut(layer.name, str(error))
        left.append(layer)
    return made, left


def _row(found: Found, taken: set[str]) -> Row:
    """The table. Raises ``ArgumentError`` where no spec can say it."""
    table: dict[str, Any] = {"name": unique(found.name, taken)}
    if found.map != "conv_transpose":
        table["map"] = found.map
    table |= found.geometry
    if found.channels is not None:
        table["channels"] = list(found.channels)
    if found.groups > 1:
        table["groups"] = found.groups
    if found.dtype != "float32":
        table["dtype"] = found.dtype
    if found.layout != "channels_first":
        table["layout"] = found.layout
    if found.bias:
        table["bias"] = True
    table["input"] = list(found.input)
    made = _read(table).made
    table["output"] = [_written(length) for length in made]
    _read(table)
    other = any(said is not None and length.number not in (None, said) for said, length in zip(found.output, made, strict=True))
    says = f"the model's own shapes say {list(found.output)} for the output"
    return Row(table, (*found.notes, *[says] * other), other)


def unique(name: str, taken: set[str]) -> str:
    """A name as a spec may have it, which no other layer has."""
    base = one_line(name) or "layer"
    free, number = base[:LONGEST_NAME], 1
    while free in taken:
        number += 1
        end = f"_{number}"
        free = base[:LONGEST_NAME - len(end)] + end
    return free


def _read(table: dict[str, Any]) -> Layer:
    """The layer as ``convt check`` reads it. Raises ``ArgumentError`` with the first mistake."""
    for path, value, rule, nearest in wrong(LayerTable, table):
        raise ArgumentError(keys(path), value, rule, nearest)
    mistakes: list[Mistake] = []
    layer = Reader("", 0, {(): 1}, mistakes).layer(LayerTable.model_validate(table), Defaults(), "x86-64-v3")
    if layer is None:
        first = mistakes[0]
        raise ArgumentError(keys(first.path[2:]) or "layer", first.value, first.rule)
    return layer


def _written(length: Length) -> int | str:
    """A length as specs write it, in ASCII."""
    if length.number is not None:
        return length.number
    text = length.letter if length.times == 1 else f"{length.times}*{length.letter}"
    text += f" {'+' if length.more > 0 else '-'} {abs(length.more)}" if length.more else ""
    return text if length.divisor == 1 else f"{f'({text})' if ' ' in text else text}//{length.divisor}"
