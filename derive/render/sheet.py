"""Frame → sheet: where every box and every word of a picture stands, in points. What could not be read is not placed, or refused.

A page is WIDTH points wide at most. Cells shrink until they fit; labels that would be smaller than LEAST_FONT are left
out, so that colours tell instead; cells smaller than LEAST_CELL are refused before any is made, with the largest size
that can be read.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..errors import ArgumentError
from ..lengths import smallest_feature_length
from . import palette
from .scenes import Bounds, Cell, Frame, Grid, Scene, bounds, count

WIDTH, HEIGHT = 700.0, 900.0
CELL, LEAST_CELL, LEAST_DOT = 26.0, 5.0, 1.5  # points; a matrix is told by its dots
FONT, LEAST_FONT, SMALL, LARGE = 8.0, 5.5, 8.0, 9.5
EM = 0.62  # a character's width
MARGIN, GAP = 10.0, 26.0
PAINTS = 400_000  # steps that making a frame may take
FRAMES = 80


@dataclass(frozen=True)
class Box:
    """A filled rectangle; ``edge`` is the colour of its outline."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None
    edge: str | None
    line: float = 0.5


@dataclass(frozen=True)
class Word:
    """Text that stands at (x, y): its middle, or with ``align`` -1 or 1 its left or right end; ``size`` in points."""

    x: float
    y: float
    text: str
    size: float
    align: int = 0
    colour: str = palette.INK
    bold: bool = False


@dataclass(frozen=True)
class Sheet:
    """A picture, y downwards; ``lines`` are vertical: (x, from, to)."""

    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    lines: list[tuple[float, float, float]] = field(default_factory=list)


def demand_legible(scene: Scene, kind: str, moving: bool) -> None:
    """Raises ``ArgumentError`` where a picture could not be read, with the largest size that can."""
    if _legible(scene, kind, moving):
        return
    spec, own = scene.spec, scene.own(scene.feature)
    smallest = [smallest_feature_length(axis) for axis in spec.axes]

    def within(limit: int) -> tuple[int, ...]:
        return tuple(max(least, min(m, limit)) for m, least in zip(own, smallest, strict=True))

    low, high = 0, max(own) - 1  # the largest limit that can be read lies between; 0 may be none
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _legible(Scene.of(spec, within(middle)), kind, moving) else (low, middle - 1)
    if _legible(Scene.of(spec, within(low)), kind, moving):
        raise ArgumentError("size", own, f"gives more cells or frames than can be told apart in a {kind} picture",
                            "x".join(map(str, within(low))))
    raise ArgumentError("kind", kind, f"shows more cells than can be told apart, whatever the size of {spec}")


def _legible(scene: Scene, kind: str, moving: bool) -> bool:
    places = bounds(scene, kind)
    taps = scene.kernel[0] * scene.kernel[1] * scene.kernel[2]
    work = taps * (scene.feature[0] * scene.feature[1] * scene.feature[2] if kind in ("matrix", "scatter", "steps") else 1)
    return (_cell(places, _below(scene, places)) >= (LEAST_DOT if kind == "matrix" else LEAST_CELL) and work <= PAINTS
            and not (moving and (count(scene, kind) > FRAMES or work * count(scene, kind) > 4 * PAINTS)))


def _below(scene: Scene, places: list[Bounds]) -> bool:
    """Whether grids stand below each other: rows do, others where that makes cells much larger."""
    return scene.spec.dims == 1 or _cell(places, True) > 1.3 * _cell(places, False)


def _columns(place: Bounds) -> int:
    slices = place[1][0] - place[0][0]
    return slices * (place[1][2] - place[0][2]) + slices - 1


def _rows(place: Bounds) -> int:
    return place[1][1] - place[0][1]


def _cell(places: list[Bounds], below: bool) -> float:
    """The side of a cell."""
    across = max(map(_columns, places)) if below else sum(map(_columns, places))
    down = sum(map(_rows, places)) if below else max(map(_rows, places))
    room = WIDTH - 2 * MARGIN - (GAP + 60 if below else (2 * GAP) * len(places))
    return min(CELL, room / across, (HEIGHT - 140) / down)


def sheet(scene: Scene, frame: Frame, title: str) -> Sheet:
    """The frame, with a title above and its caption below."""
    places = [(grid.first, grid.stop) for grid in frame.grids]
    below = _below(scene, places)
    side = _cell(places, below)
    gutters = [max(_wide(label, SMALL) for label in (*grid.rows, str(grid.first[1]), str(grid.stop[1] - 1))) + 6 for grid in frame.grids]
    widths = [max(_columns(place) * side, 84.0) for place in places]
    columns = [gutter + width for gutter, width in zip(gutters, widths, strict=True)]
    across = max(columns) if below else sum(columns) + GAP * (len(columns) - 1)
    made = Sheet(max(across + 2 * MARGIN, 420.0), 0.0)
    y = _paragraph(made, title, MARGIN, LARGE, True) + 8
    titles = [_wrapped(_named(grid), width, SMALL) for grid, width in zip(frame.grids, widths, strict=True)]
    x, end, unlabelled = (made.width - across) / 2, y, False
    for grid, place, words, gutter, column in zip(frame.grids, places, titles, gutters, columns, strict=True):
        lines = len(words) if below else max(map(len, titles))
        top = y + lines * SMALL * 1.35 + 4
        left = x + gutter + (max(column - gutter - _columns(place) * side, 0) / 2)
        for at, line in enumerate(words):
            made.words.append(Word(x + (gutter + column) / 2, y + (lines - len(words) + at + 0.5) * SMALL * 1.35, line, SMALL))
        end = max(end, _place(made, grid, left, top, side) + 8)
        unlabelled |= 0 < _font(grid, side) < LEAST_FONT
        x, y = (x, end) if below else (x + column + GAP, y)
    caption = frame.caption + "; numbers that could not be read at this size are left out" * unlabelled
    return replace(made, height=_paragraph(made, caption, end + 4, SMALL, False) + MARGIN)


def _font(grid: Grid, side: float) -> float:
    """Points of the labels that fit the cells; 0 where there are none."""
    longest = max((len(cell.text) for cell in grid.cells.values()), default=0)
    return min(FONT, 0.86 * side / (EM * max(2, longest))) if longest else 0.0


def _place(made: Sheet, grid: Grid, left: float, top: float, side: float) -> float:
    """One grid with its labels; where it ends below. Slices of a third axis stand side by side with a gap of a cell."""
    step = grid.stop[2] - grid.first[2] + 1
    font = _font(grid, side)
    edge = palette.EDGE if side >= LEAST_CELL else None
    marked = []
    for at, cell in grid.cells.items():
        x, y = left + (at[2] - grid.first[2] + (at[0] - grid.first[0]) * step) * side, top + (at[1] - grid.first[1]) * side
        colour = _colour(grid, cell)
        made.boxes.append(Box(x, y, side, side, colour, edge))
        if cell.mark:
            marked.append(Box(x + side * 0.07, y + side * 0.07, side * 0.86, side * 0.86, None, palette.MARK, min(1.6, side / 8)))
        if cell.text and font >= LEAST_FONT:
            ink = palette.PALE if palette.dark(colour) else palette.INK
            made.words.append(Word(x + side / 2, y + side / 2, cell.text, font, colour=ink))
    made.boxes.extend(marked)
    bottom = top + (grid.stop[1] - grid.first[1]) * side
    if grid.ramp == "tap":
        made.boxes.append(Box(left, top, (step - 1) * side, bottom - top, None, palette.EDGE))
    made.lines.extend((left + (column - grid.first[2]) * side, top - 3, bottom + 3) for column in grid.edges)
    for slice_ in range(grid.stop[0] - grid.first[0]):
        for position in _ends(grid.first[2], grid.stop[2], side):
            x = left + (position - grid.first[2] + 0.5 + slice_ * step) * side
            made.words.append(Word(x, bottom + 7, _signed(position), SMALL - 1))
    if grid.rows:
        names = list(enumerate(grid.rows)) if side >= SMALL else [(0, grid.rows[0]), (len(grid.rows) - 1, grid.rows[-1])]
    elif grid.stop[1] - grid.first[1] > 1:
        names = [(row - grid.first[1], _signed(row)) for row in _ends(grid.first[1], grid.stop[1], side)]
    else:
        names = []
    made.words.extend(Word(left - 4, top + (row + 0.5) * side, name, SMALL - 1, 1) for row, name in names if name)
    return bottom + 12


def _ends(first: int, stop: int, side: float) -> Iterator[int]:
    """Labels of an axis: both ends, one where they would touch."""
    yield first
    if (stop - 1 - first) * side > 1.2 * (_wide(str(first), SMALL) + _wide(str(stop - 1), SMALL)) / 2 + 4:
        yield stop - 1


def _colour(grid: Grid, cell: Cell) -> str:
    colour = palette.ramp(grid.ramp, cell.kind / max(1, grid.top)) if isinstance(cell.kind, int) else palette.PLAIN[cell.kind]
    return palette.mixed(colour, "ffffff", 0.3) if cell.faded else colour


def _named(grid: Grid) -> str:
    slices = f" (slices {_signed(grid.first[0])} … {_signed(grid.stop[0] - 1)} of axis 0)" if grid.stop[0] - grid.first[0] > 1 else ""
    return grid.title + slices


def _signed(value: int) -> str:
    return str(value).replace("-", "−")


def _wide(text: str, size: float) -> float:
    return len(text) * EM * size


def _wrapped(text: str, width: float, size: float) -> list[str]:
    return textwrap.wrap(text, max(12, int(width / (EM * size))))


def _paragraph(made: Sheet, text: str, y: float, size: float, bold: bool) -> float:
    """Centred lines; where they end."""
    for line in _wrapped(text, made.width - 2 * MARGIN, size * (1.08 if bold else 1.0)):
        made.words.append(Word(made.width / 2, y + size * 0.7, line, size, bold=bold))
        y += size * 1.4
    return y
