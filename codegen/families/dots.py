"""Family ``dots``: weight gradient of real floats as dot products along rows, lanes = positions: few channels, or each a group.

Tap a of filter (f, c) sums u[f, q]·x[c, σ·q + offset(a)] over all positions q. Vectors of neighbouring q come from the features
where they are, and from a copy of the rows of the image that has a border of zeros and, with a step of σ, σ parts; a tile
keeps the sums of some features and some taps in registers, lane by lane.

Sums go in blocks as in ``outer``, and last across the lanes. Zeros of the border meet finite features only: with an Inf or NaN
among them the call runs ``plain`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from .. import pieces
from ..problem import Problem
from ..target import Target
from .direct import axis_entries, axis_tables, compact
from .rows import MOST_PARTS, high, low

NAME = "dots"
GIVES_UP = ("u", False)  # Inf and NaN among the features
SEGMENT = 2048  # positions of a line at a time
PANEL_BYTES = 24 * 1024  # of rows of the image: they stay in the first-level cache
MOST_LINES = 64
NEAR_BYTES = 1 << 20  # of sums that stay in the caches
AHEAD_BYTES = 4096  # from what is read of an image to what is fetched by then
BLOCKS = 32  # whose sums are added one after the other
FEATURES = (1, 2, 4)  # of a tile
MOST_SUMS = 1 << 24  # scalars of the sums of all parts


@dataclass(frozen=True)
class DotsTile(pieces.Piece):
    """Rows of ``dots_tile.c.jinja``: some features × some taps, accumulators by name."""

    vector: str
    scalar: str
    lanes: int
    tiles: tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[str, ...]], ...]  # (features, taps, the sum if it is the only one)
    most: tuple[str, ...]  # (features, taps at most) as C


@dataclass(frozen=True)
class DotsDriver(pieces.Piece):
    """Rows of ``dots.c.jinja``: one for all kernels of a module."""

    scalar: str
    vector: str
    lanes: int
    tile: str
    blocks: str
    segment: int
    panel: int
    most_lines: int
    in_turn: int
    most_sums: int
    line: int
    ahead: int
    highest: int


@dataclass(frozen=True)
class DotsPlan:
    """The pieces of a kernel's family, and the sizes that its checks look at."""

    symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]
    lanes: int
    most: tuple[tuple[int, int], ...]


def accepts(problem: Problem) -> bool:
    """Weight gradient of float32 and float64, channels first, as long as the phase tables stay readable."""
    return (problem.roles.gives == "w" and problem.element.is_float and problem.layout == "channels_first" and compact(problem)
            and problem.gathers[-1].step <= MOST_PARTS)


def plan(problem: Problem, shape: Target) -> DotsPlan:
    """Tiles from the registers, blocks from the caches, tables from the taps."""
    element, axes = problem.element, problem.gathers
    vector = pieces.vectors(element.scalar, element.size, shape)
    most = tuple((features, min(12, (shape.registers * 3 // 4) // features)) for features in FEATURES)
    tiles = tuple((tuple(range(features)), tuple(range(taps)), ("s0_0",) * (features == taps == 1))
                  for features, count in most for taps in range(1, count + 1))
    tile = DotsTile("dots_tile.c.jinja", f"dots_tile_{vector.symbol}_{shape.registers}", (), vector.symbol, element.scalar, vector.lanes,
                    tiles, tuple(f"{{{features}, {count}}}" for features, count in most))
    blocks = pieces.blocks(vector)
    driver, symbol = f"dots_{vector.symbol}", f"{problem.name}_dots"
    shared = DotsDriver(
        "dots.c.jinja", driver, pieces.run_prototypes(driver, packs=False), element.scalar, vector.symbol, vector.lanes, tile.symbol,
        blocks.symbol, SEGMENT, PANEL_BYTES // element.size, MOST_LINES, BLOCKS, MOST_SUMS, 64 // element.size,
        AHEAD_BYTES // element.size, FEATURES[-1])
    table = pieces.table(driver, symbol, {
        "axis": axis_entries(problem.name, axes), "taps": prod(problem.spec.kernel),
        "low": low(axes[-1]), "border": high(axes[-1]) - low(axes[-1])})
    parts = (pieces.geometry(), vector, tile, blocks, shared, axis_tables(problem.name, axes), table)
    return DotsPlan(driver, symbol, parts, vector.lanes, most)


def rounding(problem: Problem) -> str:
    """The bound of the certificate: Higham (2002), section 4.2, for sums in blocks and a tree."""
    run = max(SEGMENT, PANEL_BYTES // problem.element.size)  # positions of the lines of a block at most: their rows fill the panel
    return (f"|error| ≤ γ·Σ|u||x|, γ = t·ε/(1 − t·ε), t = {run}/lanes + {2 * BLOCKS + 1} + ⌈log₂(lanes·parts)⌉ at most, however many "
            f"terms there are (more where the sums of all parts would take more than {MOST_SUMS * problem.element.size >> 20} MB), "
            "ε half a unit in the last place")


def longest(terms: int) -> int:
    """Most roundings that one of so many terms goes through, with two lanes or more and where the sums of all parts do not take too
    much memory."""
    return min(terms, max(SEGMENT, PANEL_BYTES // 4) // 2 + 2 * BLOCKS + 1 + terms.bit_length())


def together(problem: Problem) -> tuple[int, ...]:
    """Weights have no positions; sums over some of them are not taken apart."""
    return (1,) * problem.spec.dims


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: multiply-adds of whole vectors and their loads, rows of the image, the sums, and a fixed start."""
    size, taps, lanes = problem.element.size / 4, prod(problem.spec.kernel), shape.vector_bytes // problem.element.size
    rate = shape.macs_per_ns[0] / size
    waste = f"((call.out_length[2] + {lanes - 1}) // {lanes} * {lanes}.0 / call.out_length[2])"
    few = min(12, shape.registers * 3 // 4)
    alone = 1.4 + 1.4 / min(taps, few) + (4 / min(taps, few) if taps < 4 else 0)  # a load for each product, every other across lines
    some = 1.1 if taps > 1 else 1.6
    lines = "1.0 * call.batch * call.out_length[0] * call.out_length[1]"
    return (f"macs * {waste} * ({alone:.3f} if outputs_per < 2 else {(alone + some) / 2:.3f} if outputs_per < 4 else {some}) "
            f"* {1.0 / rate:.5f} + inputs * {0.36 * size} + {lines} * call.in_channels * (12 + 4 * outputs_per) "
            f"+ {size * taps * lanes} * call.in_channels * outputs_per "
            f"* (0.25 if call.in_channels * outputs_per < {NEAR_BYTES // problem.element.size // taps // lanes} else 4.0) + 2000")


def corners(problem: Problem, shape: Target, made: DotsPlan) -> list[dict[str, Any]]:
    """Each number of features with each rest of the taps, lines below, at and beyond a vector, segments, several blocks and parts."""
    one = {"batch": 1, "groups": 1, "extra": 0}
    some = PANEL_BYTES // problem.element.size // problem.gathers[-1].step // 6  # positions of a line of which a block holds few
    cases = [
        one | {"inputs": 2, "outputs": 1},
        {"batch": 2, "inputs": 2, "outputs": 7, "groups": 1, "extra": 1},
        {"batch": 2, "inputs": 3, "outputs": 3, "groups": 3, "extra": 2},
        one | {"inputs": 1, "outputs": 3, "along": SEGMENT + 1},
        {"batch": 2, "inputs": 1, "outputs": 2, "groups": 1, "extra": 4, "along": some},  # blocks of lines that end within a plane
        {"batch": BLOCKS // 2 - 4, "inputs": 1, "outputs": 1, "groups": 1, "extra": 4, "along": some},  # and parts of such blocks
        {"batch": 4 * BLOCKS + 1, "inputs": 2, "outputs": 3, "groups": 1, "extra": 1},  # three levels of the tree
        {"batch": 2 * BLOCKS + 3, "inputs": 1, "outputs": 2, "groups": 1, "extra": 0, "along": SEGMENT - 1},
    ]
    cases += [one | {"inputs": 1, "outputs": outputs, "along": along, "extra": 1} for outputs in (1, 2, 4)
              for along in (made.lanes - 1, made.lanes, 2 * made.lanes + 3)]
    # last, where values that are not finite are tried: channels of several groups, lines of more than two vectors
    return [*cases, {"batch": 3, "inputs": 4, "outputs": 6, "groups": 2, "extra": 1, "along": 2 * made.lanes + 3}]
