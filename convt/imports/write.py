"""The spec file of a model, as a person would write it (tomlkit)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Table

from convt._derive.errors import one_line

from .found import LeftOut, Model
from .rows import Row


def text(model: Model, made: Sequence[Row], left: Sequence[LeftOut]) -> str:
    """The TOML: what the model has, what is left out and why, and a table a layer."""
    document = tomlkit.document()
    counts = Counter(row.table.get("map", "conv_transpose") for row in made)
    _comment(document, f"Layers of {model.name}: " + ", ".join(f"{number} {name}" for name, number in counts.items()) + ".")
    for note in model.notes:
        _comment(document, note)
    if left:
        _comment(document, f"Left out, {len(left)} of {len(left) + len(made)}:")
    for one in left:
        _comment(document, f"  {one.name}: {one.reason}")
    document["convt"] = 1
    document.add(tomlkit.nl())
    document["defaults"] = {"agree": [model.library]}
    layers = tomlkit.aot()
    for row in made:
        layers.append(_table(row))
    document["layer"] = layers
    return tomlkit.dumps(document)


def _table(row: Row) -> Table:
    """One ``[[layer]]``, a blank line before it."""
    table = tomlkit.table()
    table.trivia.indent = "\n"
    for note in row.notes:
        _comment(table, note)
    for key, value in row.table.items():
        if isinstance(value, dict):
            table.add(key, _inline(value))
        else:
            table.add(key, value)
    return table


def _inline(value: dict[str, Any]) -> InlineTable:
    """``{ kernel_size = 4, stride = 2 }``, with blanks inside the braces."""
    made = tomlkit.value("{ " + ", ".join(f"{key} = {tomlkit.item(entry).as_string()}" for key, entry in value.items()) + " }")
    assert isinstance(made, InlineTable)
    return made


def _comment(place: Any, words: str) -> None:
    place.add(tomlkit.comment(one_line(words)))
