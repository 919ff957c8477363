"""What is wrong in a spec file: all of it at once, each with its place, the rule and the nearest legal value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from convt._derive.errors import ArgumentError, one_line

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong: in which file, on which line, under which keys."""

    file: str
    line: int
    path: Path
    value: Any
    rule: str
    nearest: Any = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.told}"

    @property
    def told(self) -> str:
        """Without the place."""
        return str(ArgumentError(keys(self.path) or "file", self.value, self.rule, self.nearest))


class BadSpec(ArgumentError):
    """A spec file with mistakes; ``mistakes`` are all of them, by line."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = sorted(mistakes, key=lambda one: (one.file, one.line, keys(one.path)))
        first = self.mistakes[0]
        super().__init__(keys(first.path) or "file", first.value, first.rule, first.nearest)
        self.args = ("\n".join(map(str, self.mistakes)),)

    def __reduce__(self) -> Any:
        return BadSpec, (self.mistakes,)


def keys(path: Path) -> str:
    """``layer[2].torch.stride``: keys and places in lists, counted from 0."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' * bool(text)}{one_line(part)}"
    return text


def closest(word: object, legal: Sequence[str], cutoff: float = 0.5) -> str | None:
    """The legal word that was most likely meant."""
    lower = {one.lower(): one for one in legal}
    found = get_close_matches(str(word).lower()[:60], lower, 1, cutoff)
    return lower[found[0]] if found else None
