"""Family ``outer``: weight gradient of real floats as sums of outer products over a register tile.

Tap a of filter (f, c) sums u[f, q]·x[c, σ·q + offset(a)] over all positions q of all images. For a run of positions one side
gives vectors (lanes) and the other scalars (rows), both from copies with the channels side by side, that of the image with
a border of zeros: lanes are image channels and rows are features, tap by tap; or lanes are features and rows are what an
outer tap reads, the image channels of neighbouring taps. Whichever needs fewer tiles is taken. Where each channel is a group,
lanes are channels of both sides, and rows are taps.

Sums go in blocks: at most RUN positions in registers, 2·RUNS of these at most into memory, and the parts that this gives
pairwise: so no sum has more than RUN + 2·RUNS + log₂ terms one after the other. The parts follow from the shapes alone, so that any
number of threads gives the same bits. Zeros of the border meet finite features only: with an Inf or NaN among them the call
runs ``plain`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from .. import pieces
from ..elements import ElementType
from ..problem import Problem
from ..target import Target
from .direct import SKEW_BYTES, axis_entries, axis_tables, compact

NAME = "outer"
GIVES_UP = ("u", False)  # Inf and NaN among the features
PAIRED = 6  # taps of a tile whose lanes are channels of both sides
RUN = 512  # positions whose products are summed in registers
RUNS = 32  # such sums that are added one after the other
NEAR_BYTES = 256 * 1024  # of sums that stay in the second-level cache while positions come and go
PANEL_BYTES = 128 * 1024  # of either copy for a run
MOST_PARTS_BYTES = 1 << 26  # of the sums of all parts
CACHED_BYTES = 8 * 1024 * 1024  # of sums that may stay in the last cache,
MISSED = 0.3  # nanoseconds for a byte of those that do not
CHUNK = 256  # positions that one thread copies at a time


@dataclass(frozen=True)
class OuterTile(pieces.Piece):
    """Rows of ``outer_tile.c.jinja`` and ``paired_tile.c.jinja``: 1 to ``most`` rows × two vectors, accumulators by name."""

    vector: str
    scalar: str
    most: int
    variants: tuple[tuple[int, ...], ...]
    vectors: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class OuterDriver(pieces.Piece):
    """Rows of ``outer.c.jinja``: one for all kernels of a module."""

    scalar: str
    vector: str
    tile: str
    paired: str
    blocks: str
    border: str
    rows: int
    width: int
    run: int
    runs: int
    near: int
    panel: int
    most_sums: int
    chunk: int
    skew: int


@dataclass(frozen=True)
class OuterPlan:
    """The pieces of a kernel's family, and the block sizes that its checks look at."""

    symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]
    rows: int
    width: int


def accepts(problem: Problem) -> bool:
    """Weight gradient of float32 and float64, as long as the phase tables stay readable."""
    return problem.roles.gives == "w" and problem.element.is_float and compact(problem)


def plan(problem: Problem, shape: Target) -> OuterPlan:
    """Tile shape from the registers, runs from the caches, tables from the taps."""
    element, axes = problem.element, problem.gathers
    vector = pieces.vectors(element.scalar, element.size, shape)
    border, blocks = pieces.border(vector), pieces.blocks(vector)
    tile, width = register_tile(element, shape), 2 * vector.lanes
    paired = OuterTile("paired_tile.c.jinja", f"paired_tile_{vector.symbol}_{PAIRED}x2", (), vector.symbol, element.scalar, PAIRED,
                       tuple(tuple(range(rows)) for rows in range(1, PAIRED + 1)), ((0, 0), (1, vector.lanes)))
    driver, symbol = f"outer_{vector.symbol}", f"{problem.name}_outer"
    shared = OuterDriver(
        "outer.c.jinja", driver, pieces.run_prototypes(driver, packs=False), element.scalar, vector.symbol, tile.symbol,
        paired.symbol, blocks.symbol, border.symbol, tile.most, width, RUN, RUNS, NEAR_BYTES // element.size, PANEL_BYTES // element.size,
        MOST_PARTS_BYTES // element.size, CHUNK, SKEW_BYTES // element.size)
    table = pieces.table(driver, symbol, {
        "axis": axis_entries(problem.name, axes), "taps": prod(problem.spec.kernel), "dense": int(axes[-1].dense)})
    parts = (pieces.geometry(), vector, border, tile, paired, blocks, shared, axis_tables(problem.name, axes), table)
    return OuterPlan(driver, symbol, parts, tile.most, width)


def register_tile(element: ElementType, shape: Target) -> OuterTile:
    """Rows of scalars by two vectors: 6 of 16 registers, 12 of 32."""
    vector, most = pieces.vectors(element.scalar, element.size, shape), 12 if shape.registers == 32 else 6
    return OuterTile("outer_tile.c.jinja", f"outer_tile_{vector.symbol}_{most}x2", (), vector.symbol, element.scalar, most,
                     tuple(tuple(range(rows)) for rows in range(1, most + 1)), ((0, 0), (1, vector.lanes)))


def rounding(problem: Problem) -> str:
    """The bound of the certificate: Higham (2002), section 4.2, for sums in blocks and a tree."""
    return (f"|error| ≤ γ·Σ|u||x|, γ = t·ε/(1 − t·ε), t = {RUN} + runs + ⌈log₂(parts)⌉, parts ≤ ⌈terms/{RUNS}⌉, "
            f"runs ≤ {2 * RUNS + 1} however many terms there are "
            f"(more where the sums of all parts would take more than {MOST_PARTS_BYTES >> 20} MB), "
            "ε half a unit in the last place")


def longest(terms: int) -> int:
    """Most roundings that one of so many terms goes through, where the sums of all parts do not take too much memory."""
    return min(terms, RUN + 2 * RUNS + 1 + (-(-terms // RUNS) - 1).bit_length())


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: multiply-adds of whole tiles at the tile's rate, copies, sums and a fixed start."""
    size, taps = problem.element.size / 4, prod(problem.spec.kernel)
    rate = shape.macs_per_ns[0] / size
    width = 2 * shape.vector_bytes // problem.element.size
    positions = "call.batch * call.out_length[0] * call.out_length[1] * call.out_length[2]"
    lanes = [f"(({side} + {width - 1}) // {width} * {width}.0 / {side})" for side in ("inputs_per", "outputs_per")]
    channels = f"((call.in_channels + {width - 1}) // {width} * {width}.0 / call.in_channels)"
    bytes_of = f"{problem.element.size * taps} * call.in_channels * outputs_per"
    alone = f"{channels} * {_again(problem)} if inputs_per * outputs_per == 1 else 1"
    return (f"macs * ({1.3 if taps > 1 else 4} * {channels} if inputs_per * outputs_per == 1 else {lanes[0]} if inputs_per >= outputs_per "
            f"else {lanes[1]}) * {1.0 / rate:.4f} "
            f"+ {size} * (inputs * ({alone}) + outputs) * (0.24 if inputs_per * outputs_per == 1 else 0.36) "
            f"+ {0.8 * size * taps} * call.in_channels * outputs_per + 0.2 * {positions} + 2000 + {MISSED} * ({bytes_of} - {CACHED_BYTES}) "
            f"* ({bytes_of} > {CACHED_BYTES})")


def _again(problem: Problem) -> str:
    """How often each input is copied: a run has a few lines of outputs, and copies the rows that its taps read between them again."""
    line, row, skew = problem.gathers[-1], problem.gathers[-2] if problem.spec.dims > 1 else None, SKEW_BYTES // problem.element.size
    more = (row.border + 1) / row.step - 1 if row else 0
    if more <= 0:
        return "1"
    # somewhat more often, as lines are whole
    return f"(1 + {1.3 * more * line.step * problem.element.size / PANEL_BYTES:.3g} * (call.in_channels + {skew}) * call.out_length[2])"


def together(problem: Problem) -> tuple[int, ...]:
    """Weights have no positions; sums over some of them are not taken apart."""
    return (1,) * problem.spec.dims


def corners(problem: Problem, shape: Target, made: OuterPlan) -> list[dict[str, Any]]:
    """Rows and lanes across a tile on either side, groups, runs across a line's end, several runs and parts, few channels."""
    one = {"batch": 1, "groups": 1, "extra": 0}
    cases = [
        one | {"inputs": 2, "outputs": 1},
        {"batch": 2, "inputs": made.width + 1, "outputs": made.rows + 1, "groups": 1, "extra": 1},
        {"batch": 2, "inputs": 3, "outputs": made.width + 3, "groups": 1, "extra": 2},
        {"batch": 3, "inputs": 6, "outputs": 4, "groups": 2, "extra": 2},
        one | {"inputs": 1, "outputs": 3, "along": RUN + 1},
        one | {"inputs": 2, "outputs": 2, "along": RUN * 2 + 5},
        {"batch": RUNS + 2, "inputs": 1, "outputs": 2, "groups": 1, "extra": 0, "along": RUN - 1},
        {"batch": 2 * RUNS + 1, "inputs": 3, "outputs": 3, "groups": 3, "extra": 0},
        {"batch": 2, "inputs": 2, "outputs": 1, "groups": 1, "extra": 2},
        # runs of two lines that begin, and end, within a plane: an odd number of lines in one of the two, whatever the least is
        *({"batch": 2, "inputs": 3, "outputs": 2, "groups": 1, "extra": extra, "along": RUN // 2 - 8} for extra in (4, 5)),
    ]
    two = one | {"batch": 2, "extra": 1}  # each height of a tile adds to the sums of the image before; in groups rows are outputs
    cases += [two | {"inputs": 4, "outputs": 2 * rows, "groups": 2} for rows in range(2, made.rows)]
    each = shape.vector_bytes // problem.element.size
    cases += [{"batch": 2, "inputs": channels, "outputs": channels, "groups": channels, "extra": extra}
              for channels, extra in ((1, 2), (each - 1, 1), (made.width + 1, 0), (3, 4))]
    cases += [two | {"inputs": rows, "outputs": made.width} for rows in range(2, made.rows)]
    # three levels of the tree, two strips, outputs of several vectors; last, where values that are not finite are tried
    return [*cases, {"batch": 4 * RUNS + 1, "inputs": made.width + 1, "outputs": made.width + 1, "groups": 1, "extra": 0}]
