"""On which line of a TOML file a key stands, by a parser that keeps positions (tree-sitter)."""

from __future__ import annotations

import tomllib
from typing import Any

from .mistakes import Path


def places(text: str) -> dict[Path, int]:
    """Line of each key path, from 1, entries of lists too; a text that ``tomllib`` reads."""
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
    found: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = {}
    _pairs(tree.root_node, (), found)
    for node in tree.root_node.named_children:
        if node.type in ("table", "table_array_element"):
            path = _within(_key(node.named_children[0]), counts)
            if node.type == "table_array_element":
                found.setdefault(path, _line(node))
                counts[path] = counts.get(path, -1) + 1
                path = (*path, counts[path])
            found.setdefault(path, _line(node))
            _pairs(node, path, found)
    return found


def line_of(path: Path, known: dict[Path, int]) -> int:
    """The line of a path, or of the table that it should be in."""
    while path not in known:
        path = path[:-1]
    return known[path]


def _pairs(table: Any, path: Path, found: dict[Path, int]) -> None:
    for node in table.named_children:
        if node.type == "pair":
            key, value = node.named_children[0], node.named_children[1]
            inner = path
            for part in _key(key):
                inner = (*inner, part)
                found.setdefault(inner, _line(node))
            _values(value, inner, found)


def _values(node: Any, path: Path, found: dict[Path, int]) -> None:
    if node.type == "inline_table":
        _pairs(node, path, found)
    elif node.type == "array":
        for number, entry in enumerate(child for child in node.named_children if child.type != "comment"):
            found[(*path, number)] = _line(entry)
            _values(entry, (*path, number), found)


def _key(node: Any) -> Path:
    """The parts of a key as ``tomllib`` reads them."""
    read: Any = tomllib.loads(node.text.decode() + " = 0")
    parts: list[str] = []
    while isinstance(read, dict):
        (part, read), = read.items()
        parts.append(part)
    return tuple(parts)


def _within(path: Path, counts: dict[Path, int]) -> Path:
    """A header's key inside the last elements of the lists of tables that it passes through."""
    inner: Path = ()
    for number, part in enumerate(path):
        inner = (*inner, part)
        if number + 1 < len(path) and inner in counts:
            inner = (*inner, counts[inner])
    return inner


def _line(node: Any) -> int:
    return int(node.start_point[0]) + 1
