"""Grids: names of configurations with braces, as ``2d_k{2..8}s{1..4}p{0,1}``. They are counted before they are written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from convt._derive.errors import ArgumentError

RULE = "braces hold numbers and ranges, such as {1,2,4}, {2..8} or {0..8..2}"
_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(0|-?[1-9][0-9]{0,8})\.\.(0|-?[1-9][0-9]{0,8})(?:\.\.([1-9][0-9]{0,8}))?", re.ASCII)
_WORD = re.compile(r"[a-z0-9:-]*", re.ASCII)
Part = Sequence[Sequence[object]]


def parts(grid: str) -> list[Part]:
    """The texts and braces of a grid, each as the runs of values that stand there. Raises ``ArgumentError``."""
    made: list[Part] = []
    for number, text in enumerate(_BRACES.split(grid)):
        if not number % 2 and re.search("[{}]", text):
            raise ArgumentError("GRID", grid, f"has a brace without its other half, or one within another; {RULE}")
        made.append([_run(grid, item) for item in text.split(",")] if number % 2 else [[text]])
    return made


def count(grid: str) -> int:
    """How many names a grid stands for, without writing them out."""
    return prod(sum(map(len, part)) for part in parts(grid))


def names(grid: str) -> Iterator[str]:
    """The names, the last brace changing fastest."""
    choices = [[str(value) for run in part for value in run] for part in parts(grid)]
    return map("".join, product(*choices))


def _run(grid: str, item: str) -> Sequence[object]:
    """``4`` or ``2..8`` or ``0..8..2``, downward too."""
    found = _RANGE.fullmatch(item)
    if found is None:
        if not _WORD.fullmatch(item):
            raise ArgumentError("GRID", grid, f"has {item!r} in braces; {RULE}")
        return [item]
    first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
    return range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
