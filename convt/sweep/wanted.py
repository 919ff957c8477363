"""From the words of a command line to problems: grids, names, files of them, and spec files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from os.path import exists

from convt import files
from convt._codegen.problem import Problem
from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec

from . import grid

LIMIT = 2000
MOST = 10**6  # names that are held in memory
_GRID = re.compile(r"[0-9{][^/.]*?d_", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """What is asked for: each problem once. ``refused``: (name, reason) of what is no legal configuration."""

    problems: tuple[Problem, ...]
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Kinds:
    """What each geometry is built as: all combinations. Raises ``ArgumentError`` where a word is none."""

    maps: Sequence[str] = ("conv_transpose",)
    dtypes: Sequence[str] = ("float32",)
    layouts: Sequence[str] = ("channels_first",)
    target: str = "host"

    def __post_init__(self) -> None:
        for kind in self.all():
            Problem.of("1d_k1", *kind, target=self.target)

    def all(self) -> list[tuple[str, str, str]]:
        """(map, type, layout) of each."""
        return list(product(self.maps, self.dtypes, self.layouts))


def wanted(words: Sequence[str], kinds: Kinds, limit: int = LIMIT) -> Wanted:
    """The problems of grids and files. Raises ``ArgumentError``, and ``BadSpec`` for a spec file."""
    problems: list[Problem] = []
    refused: dict[str, str] = {}
    grids: list[tuple[str, str]] = []  # where it stands, and what it is
    for word in dict.fromkeys(words):
        if _GRID.match(word) and not exists(word):
            grids.append(("", word))
        elif word.endswith(".toml"):
            problems += _layers(word)
        else:
            grids += _lines(word)
    total = len(problems) + sum(grid.count(text) for _, text in grids) * len(kinds.all())
    if total > min(limit, MOST):
        text = max((text for _, text in grids), key=grid.count, default=words[0])
        raise ArgumentError("GRID", text, f"asks, with all else, for {total} configurations; --limit allows {limit}, and at most {MOST}",
                            f"--limit {total}" if total <= MOST else None)
    for place, text in grids:
        problems += _problems(place, text, kinds, refused)
    if not problems:
        raise ArgumentError("GRID", words[0], f"has no legal configuration: {next(iter(refused.values()), 'it is empty')}")
    return Wanted(tuple(dict.fromkeys(problems)), tuple(refused.items()))


def _lines(path: str) -> Iterator[tuple[str, str]]:
    """The grids of a file: one a line, # begins a comment."""
    try:
        text = files.text("FILE", path)
    except ArgumentError as error:
        if exists(path):
            raise
        raise ArgumentError("GRID", path, f"is neither a grid, such as 2d_k{{2..4}}s{{1..2}}p1, nor a file: {error.rule}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if grid_of := line.partition("#")[0].strip():
            yield f"{path}:{number}", grid_of


def _layers(path: str) -> Iterable[Problem]:
    """The layers of a spec file, in the types and layouts that it says."""
    from convt.specs.needs import demand

    demand("pydantic", "tree_sitter", "tree_sitter_toml")
    from convt.specs.reading import read

    return [layer.problem() for layer in read([path])]


def _problems(place: str, text: str, kinds: Kinds, refused: dict[str, str]) -> list[Problem]:
    """Those of one grid. A grid of which nothing is the name of a configuration is a typing error."""
    made: list[Problem] = []
    named = False
    first: ArgumentError | None = None
    for name in grid.names(text):
        try:
            spec = ConvSpec.parse(name)
            named = True
            made += [Problem.of(spec, *kind, target=kinds.target) for kind in kinds.all()]
        except ArgumentError as error:
            named = named or error.argument != "name"
            first = first or error
            refused[name] = str(error)
    if not named and first is not None:
        raise ArgumentError(f"{place}: name" if place else "name", first.value, first.rule, first.nearest)
    return made
