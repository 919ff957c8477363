"""From spec files to layers. Every mistake of every file is said at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path as File
from typing import Any

from convt import files
from convt._derive.errors import ArgumentError

from .layer import Layer, Reader
from .mistakes import BadSpec, Mistake, Path
from .model import Defaults, LayerTable, Spec
from .places import line_of, places
from .structure import wrong


def read(paths: Sequence[str | File]) -> list[Layer]:
    """The layers of these files, in order. Raises ``BadSpec`` with every mistake."""
    layers: list[Layer] = []
    mistakes: list[Mistake] = []
    for path in dict.fromkeys(map(str, paths)):
        layers += _one(path, mistakes)
    if mistakes:
        raise BadSpec(mistakes)
    return layers


def _one(path: str, mistakes: list[Mistake]) -> list[Layer]:
    """The layers of one file that are right; what is wrong goes to ``mistakes``."""
    try:
        text = files.text("spec", path)
    except ArgumentError as error:
        mistakes.append(Mistake(path, 1, (), path, error.rule))
        return []
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        at = re.search(r"at line (\d+)", str(error))
        last = text.count("\n") + 1
        mistakes.append(Mistake(path, int(at[1]) if at else last, (), File(path).name, f"is not TOML: {error}"))
        return []
    lines = places(text)
    found = wrong(Spec, data)
    mistakes += [Mistake(path, line_of(place, lines), place, value, rule, nearest) for place, value, rule, nearest in found]
    return _resolved(path, data, lines, {place[:3] for place, *_ in found}, mistakes)


def _resolved(path: str, data: dict[str, Any], lines: dict[Path, int], bad: set[Path], mistakes: list[Mistake]) -> list[Layer]:
    """The layers whose tables are as they should be."""
    rows = data.get("layer")
    if not isinstance(rows, list):
        return []
    fine = {} if ("defaults",) in bad else {key: value for key, value in data.get("defaults", {}).items() if ("defaults", key) not in
                                            {place[:2] for place in bad}}
    defaults = Defaults.model_validate(fine)
    target = data.get("target", "x86-64-v3")
    layers, seen = [], dict[str, int]()
    for number, row in enumerate(rows):
        wrong_keys = {place[2] for place in bad if place[:2] == ("layer", number) and len(place) > 2}
        if ("layer", number) in bad or ("layer",) in bad or "name" in wrong_keys:
            continue
        reader = Reader(path, number, lines, mistakes, frozenset(map(str, wrong_keys)))
        table = LayerTable.model_validate({key: value for key, value in row.items() if key not in wrong_keys})
        if table.name in seen or not table.name.isprintable():
            rule = f"is the name of the layer on line {seen[table.name]} already" if table.name in seen else "must be printable"
            reader.add(("name",), table.name, rule, _free(table.name, seen))
        seen.setdefault(table.name, lines[("layer", number)])
        layer = reader.layer(table, defaults, target)
        layers += [] if layer is None else [layer]
    return layers


def _free(name: str, taken: dict[str, int]) -> str:
    return next(other for number in range(2, len(taken) + 3) if (other := f"{name}_{number}") not in taken)
