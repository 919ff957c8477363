"""Family ``stencil``: convolution of real floats in two and three dimensions, a plane at a time, lanes = neighbouring outputs of a row.

For maps without phases, conv of any stride and the transposed one of stride 1. A thread copies the plane of a channel,
or as many of its rows as stay near, into scratch memory with its border of zeros, the rows at a distance that is a
constant of the code, with a step of σ in σ parts, so that neighbouring outputs read neighbours. A tile sums some rows of
one vector of outputs: each vector of inputs is loaded once for all rows that read it, for each tap of the row. What a row
has fewer than whole vectors is a vector that ends with it and overlaps the one before; rows of fewer outputs than lanes
write beyond their end what the next row overwrites. Zeros of the border meet finite weights only: with an Inf or NaN among
the weights the call runs ``plain`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate, chain
from math import prod
from typing import Any

from convt._derive.gather import Gather
from convt._derive.lengths import image_length, smallest_feature_length

from .. import pieces
from ..problem import Problem
from ..target import Target
from .direct import axis_entries, axis_tables, compact
from .rows import high, lead, low

NAME = "stencil"
PITCH_LINES = 17  # cache lines from a row to the next, odd: rows do not share their places in the cache
LEAST_LINES = 8  # of outputs that fit beside their border
MOST_TAPS = 9  # of the axis of rows, whose weights stay in registers
MANY_TAPS = 5  # of that axis: with fewer it costs more to leave out rows of zeros than to add them
MOST_ROWS = 8  # of outputs that a tile sums
PANEL_BYTES = 20 * 1024  # of inputs that a thread copies at a time: they stay in the first-level cache
LEAST_ITEMS = 4  # pieces of work for each of several threads, where the sizes allow as many


@dataclass(frozen=True)
class Load:
    """A vector of inputs, and the (sum, tap) that it enters."""

    enter: str  # what comes before it
    place: int
    products: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class StencilTile:
    """One function: some rows of one vector of outputs, accumulators by name."""

    symbol: str
    vector: str
    lanes: int
    sums: tuple[tuple[str, ...], ...]  # of each row, added at the end; the first begins with the bias
    skip: str  # what leaves out the rows of inputs outside the image
    loads: tuple[Load, ...]
    alone: tuple[str, ...]  # the sum, where there is only one


@dataclass(frozen=True)
class Variant:
    """Tiles of 1, 2, … rows with one type of vectors."""

    vector: str
    tiles: tuple[str, ...]


@dataclass(frozen=True)
class StencilTiles(pieces.Piece):
    """Rows of ``stencil_tiles.c.jinja``: the tiles of one kernel."""

    driver: str
    scalar: str
    taps: tuple[int, ...]
    step: int  # scalars of the panel from a row of outputs to the next
    row_step: int
    reads: tuple[int, ...]  # rows of the panel that tiles of 1, 2, … rows of outputs read, where they leave some out
    begin: tuple[int, ...]  # where those of each begin, and their end
    tiles: tuple[StencilTile, ...]
    variants: tuple[Variant, ...]


@dataclass(frozen=True)
class Lanes:
    """A type of vectors: its lanes, and those that take every other scalar out of two of them."""

    symbol: str
    integer: str
    lanes: int
    every: str
    even: str
    odd: str


@dataclass(frozen=True)
class StencilDriver(pieces.Piece):
    """Rows of ``stencil.c.jinja``: one for all kernels of a module."""

    scalar: str
    vectors: tuple[Lanes, ...]
    lanes: int
    half: int  # lanes of the smaller vectors, 0 where there are none
    pitch: int
    panel: int
    least_items: int


@dataclass(frozen=True)
class StencilPlan:
    """The pieces of a kernel's family, and the sizes that its checks look at."""

    symbol: str
    pack_symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]
    most_rows: int
    widest: int


def accepts(problem: Problem) -> bool:
    """Two and three axes of float32 and float64 without phases, channels first, few taps across the rows and a narrow border."""
    axes = problem.gathers
    return (problem.roles.biased and problem.element.is_float and problem.filter is None and problem.layout == "channels_first"
            and len(axes) > 1 and all(axis.phases == 1 for axis in axes) and axes[-2].kernel <= MOST_TAPS and axes[-1].step <= 4
            and high(axes[-1]) - low(axes[-1]) <= (PITCH_LINES - LEAST_LINES - 2) * 64 // problem.element.size and compact(problem))


def _vectors(problem: Problem, shape: Target) -> tuple[pieces.Vectors, ...]:
    """The widest vectors, and half as wide ones where there are such."""
    widths = (shape.vector_bytes, shape.vector_bytes // 2) if shape.vector_bytes > 16 else (shape.vector_bytes,)
    return tuple(pieces.vectors(problem.element.scalar, problem.element.size, replace(shape, vector_bytes=width)) for width in widths)


def plan(problem: Problem, shape: Target) -> StencilPlan:
    """Rows of a tile from the registers, those of a panel from the caches."""
    element, axes, vectors = problem.element, problem.gathers, _vectors(problem, shape)
    wide, last, pitch = vectors[0], axes[-1], PITCH_LINES * 64 // element.size
    driver, symbol = f"stencil_{wide.symbol}", f"{problem.name}_stencil"
    shared = StencilDriver("stencil.c.jinja", driver, pieces.run_prototypes(driver), element.scalar, tuple(map(_lanes, vectors)),
                           wide.lanes, vectors[-1].lanes if len(vectors) > 1 else 0, pitch, PANEL_BYTES // element.size, LEAST_ITEMS)
    rows = rows_of(axes[-2], shape.registers)
    tiles = _tiles(f"{symbol}_tiles", driver, axes[-2], last.step * pitch, vectors, rows, sums_of(axes[-2], shape.registers))
    widest = (pitch - lead(last, wide) - high(last)) // wide.lanes * wide.lanes
    table = pieces.table(driver, symbol, {
        "axis": axis_entries(problem.name, axes), "taps": prod(problem.spec.kernel), "low": low(last), "border": high(last) - low(last),
        "lead": lead(last, wide), "widest": widest, "most_rows": rows, "run": f"{tiles.symbol}_run"})
    parts = (pieces.geometry(), *vectors, shared, axis_tables(problem.name, axes), tiles, table)
    return StencilPlan(driver, f"{driver}_pack", symbol, parts, rows, widest)


def _lanes(vector: pieces.Vectors) -> Lanes:
    return Lanes(vector.symbol, vector.integer, vector.lanes, ", ".join(map(str, range(vector.lanes))), *pieces.every_other(vector.lanes))


def rows_of(axis: Gather, registers: int) -> int:
    """Rows of outputs of a tile at most: sums, the weights of a column and a vector of inputs stay in registers."""
    return min(MOST_ROWS, registers - axis.kernel - 2)


def sums_of(axis: Gather, registers: int) -> int:
    """Sums of an output, over every other tap, where registers are left: chains of half as many additions."""
    return 2 if axis.kernel > 1 and 2 * rows_of(axis, registers) + axis.kernel + 2 <= registers else 1


def _tiles(symbol: str, driver: str, axis: Gather, row: int, vectors: tuple[pieces.Vectors, ...], most: int,
           sums: int) -> StencilTiles:
    heights = range(1, most + 1)
    tiles = tuple(_tile(f"{symbol}_{vector.symbol}_{rows}", axis, row, vector, rows, sums) for vector in vectors for rows in heights)
    variants = tuple(Variant(vector.symbol, tuple(tile.symbol for tile in tiles if tile.vector == vector.symbol)) for vector in vectors)
    reads = [sorted(_uses(axis, rows)) if _skips(axis) else [] for rows in heights]
    return StencilTiles(
        "stencil_tiles.c.jinja", symbol, (), driver, vectors[0].scalar, tuple(range(axis.kernel)), axis.step * row, axis.step,
        tuple(chain.from_iterable(reads)) or (0,), (0, *accumulate(map(len, reads))), tiles, variants)


def _skips(axis: Gather) -> bool:
    """Whether tiles leave out rows of inputs outside the image."""
    return axis.kernel >= MANY_TAPS


def _uses(axis: Gather, rows: int) -> dict[int, list[tuple[int, int]]]:
    """Row of the panel -> the (row of outputs, tap) that read it: row r reads, with tap t, row σ·r + offset[t]."""
    uses: dict[int, list[tuple[int, int]]] = {}
    for r in range(rows):
        for tap, offset in enumerate(axis.offset):
            uses.setdefault(axis.step * r + offset - axis.low, []).append((r, tap))
    return uses


def _tile(symbol: str, axis: Gather, row: int, vector: pieces.Vectors, rows: int, sums: int) -> StencilTile:
    skips = _skips(axis)
    return StencilTile(
        symbol, vector.symbol, vector.lanes, tuple(tuple(f"s{r}_{number}" for number in range(sums)) for r in range(rows)),
        "switch (before)" if skips else "",
        tuple(Load(f"case {number}: if (end == {number}) continue;" if skips else "", at * row,
                   tuple((f"s{r}_{tap % sums}", tap) for r, tap in uses))
              for number, (at, uses) in enumerate(sorted(_uses(axis, rows).items()))),
        ("s0_0",) * (rows == sums == 1))


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: multiply-adds of whole vectors, their loads, the copy, rows of vectors and planes. Only where a group has one input.

    The factors were fitted to 76 layers of one processor, with its vectors of 32 and of 64 bytes; but a plane takes 16 ns, not 5:
    ``direct`` takes twice its estimate where planes are that small.
    """
    axes, size, lanes = problem.gathers, problem.element.size / 4, min(32, shape.vector_bytes) // problem.element.size
    across, rows = axes[-2], rows_of(axes[-2], shape.registers)
    loads = (across.kernel + 1.6 * len(_uses(across, rows))) / (across.kernel * rows)
    outer, width = prod(axis.kernel for axis in axes[:-2]), "call.out_length[2]"
    products = (0.5 + 0.75 * loads) * prod(problem.spec.kernel) * size / shape.macs_per_ns[0]
    return (f"1.0 * call.batch * call.out_channels * call.out_length[0] * call.out_length[1] * (({width} + {lanes - 1}) // {lanes}) "
            f"* {lanes * products + 0.12:.4f} + inputs * {0.09 * size * outer} + 5.0 * call.batch * groups + 200 "
            f"if inputs_per < 2 else 1e300")


def together(problem: Problem) -> tuple[int, ...]:
    """Each output is a sum of its own: lanes are positions, and all of them add the same taps in the same order."""
    return (1,) * problem.spec.dims


def corners(problem: Problem, shape: Target, made: StencilPlan) -> list[dict[str, Any]]:
    """Every tile: each number of rows with a whole vector and a half one; rows of outputs below, at and beyond both, and so short that
    they end before several others; outputs that share inputs; several panels, side by side and one below the other."""
    lanes, last = shape.vector_bytes // problem.element.size, problem.spec.axes[-1]
    half, first = lanes // 2, smallest_feature_length(last)
    least = first if problem.roles.target == "u" else image_length(last, first)

    def case(extra: int, width: int, batch: int = 1, channels: int = 1, each: int = 1) -> dict[str, Any]:
        """So many features beyond the least across the rows, and so many outputs along them where there can be as few."""
        return {"batch": batch, "inputs": channels, "outputs": channels * each, "groups": channels, "extra": extra,
                "along": max(0, width - least)}

    *outer, across, along = problem.gathers
    planes = 1 + sum(axis.border for axis in outer)  # that an output reads
    height = PANEL_BYTES // problem.element.size // (planes * along.step * (4 * lanes + 1)) // across.step
    return [case(0, 0), case(2, lanes + 2, 2, 2, 2), case(1, 0, 2, 3),
            *(case(rows - 1, lanes + half) for rows in range(1, made.most_rows + 2)),
            *(case(2, width, 1, 2) for width in (1, 2, half - 1, half, half + 1, lanes - 1, lanes, lanes + half + 1, 2 * lanes)),
            case(1, made.widest + 3), case(height, 3 * lanes + 1)]
