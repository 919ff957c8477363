"""Family ``fixed``: transposed convolution by one built-in filter for every channel, a product of factors (theorem 20).

An output row is made in two passes: the rows of features that its outer taps read are combined into one line, each
times its constant; then the tiles of ``rows`` take the last axis, constants in place of weights. So a filter of k × k
taps costs k/s + k/s products instead of (k/s)², and features are read where they are: only the line is scratch
memory. Equal taps are not added before they are multiplied: a fused multiply-add costs what that addition does.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import prod
from typing import Any

from .. import pieces
from ..problem import Problem
from ..target import Target
from . import rows
from .direct import LONGEST, DirectAxis, split

NAME = "fixed"
CHUNK = 4096  # pixels of a line at a time
LEAST_ITEMS = 16  # pieces of work, where the sizes allow as many


@dataclass(frozen=True)
class Combination:
    """Rows of ``fixed.c.jinja``: a line as a sum of rows times numbers, vector by vector."""

    template: str
    symbol: str
    prototypes: tuple[str, ...]
    scalar: str
    vector: str
    lanes: int


@dataclass(frozen=True)
class FixedPlan:
    """Rows of ``fixed.pyx.jinja``."""

    template: str
    symbol: str
    pieces: tuple[pieces.Piece, ...]
    tiles: str
    scalar: str
    item_size: int
    outer: tuple[rows.OuterAxis, ...]
    last: DirectAxis
    outer_phases: int
    start: tuple[int, ...]  # of each outer phase: its rows are start[r] to start[r + 1] of the tables below
    offset0: tuple[int, ...]
    offset1: tuple[int, ...]
    factor: tuple[str, ...]
    most_rows: int
    lanes: int
    lead: int
    chunk: int
    least_items: int
    u_strides: tuple[tuple[str, str], ...]
    x_strides: tuple[tuple[str, str], ...]


def accepts(problem: Problem) -> bool:
    """Built-in filters that are products, channels first, whose taps on the last axis can be written out."""
    if problem.filter is None or problem.filter.factors is None or problem.layout != "channels_first":
        return False
    return max((*problem.spec.kernel, *problem.spec.stride)) <= LONGEST and rows.accepts(problem)


def plan(problem: Problem, shape: Target) -> FixedPlan:
    """Factors of the outer axes become one table of rows; those of the last axis go into the tiles."""
    from .plain import strides

    assert problem.filter is not None and problem.filter.factors is not None
    spec, element, factors = problem.spec, problem.element, problem.filter.factors
    axes = tuple(split(number, axis) for number, axis in enumerate(spec.axes))
    vector = pieces.vectors(element.scalar, element.size, shape)
    symbol = f"{problem.name}_fixed"
    constants = tuple(f"({element.scalar}){float(value)!r}" for value in factors[-1])
    tiles = rows.row_piece(symbol, axes[-1], vector, shape.registers, False, 1, constants)
    combination = Combination(
        "fixed.c.jinja", f"{symbol}_combine",
        (f"void {symbol}_combine(const {element.scalar} *const *row, const {element.scalar} *by, Py_ssize_t rows, Py_ssize_t count, "
         f"{element.scalar} *line) noexcept nogil",), element.scalar, vector.symbol, vector.lanes)
    start, table = [0], list[tuple[int, int, Fraction]]()
    for phase in product(*(range(axis.stride) for axis in axes[:-1])):
        runs = [[(axis.offset[t], factor[axis.tap[t]]) for t in range(axis.start[r], axis.start[r + 1])]
                for axis, factor, r in zip(axes, factors, phase, strict=False)]
        for chosen in product(*runs):
            at = [offset for offset, _ in chosen] + [0, 0]
            table.append((at[0], at[1], prod((value for _, value in chosen), start=Fraction(1))))
        start.append(len(table))
    outer = [rows.outer_axis(axis) for axis in axes[:-1]] + [rows.outer_axis(None, number) for number in (7, 8)]
    return FixedPlan(
        template="fixed.pyx.jinja", symbol=symbol, pieces=(vector, tiles, combination), tiles=tiles.symbol, scalar=element.scalar,
        item_size=element.size, outer=tuple(outer[:2]), last=axes[-1], outer_phases=prod(spec.stride[:-1]), start=tuple(start),
        offset0=tuple(row[0] for row in table), offset1=tuple(row[1] for row in table),
        factor=tuple(repr(float(row[2])) for row in table), most_rows=max(1, *(b - a for a, b in pairwise(start))),
        lanes=vector.lanes, lead=rows.lead(axes[-1], vector), chunk=CHUNK, least_items=LEAST_ITEMS,
        u_strides=strides("u", "m", "call.features", spec.dims, False, 1),
        x_strides=strides("x", "n", "call.images", spec.dims, False, 1),
    )


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds, from layers of 64 pixels a row and more; on rows of 32, ``rows`` was measured a quarter faster."""
    return "outputs / 12 + inputs / 12 + 300"


def corners(problem: Problem, shape: Target) -> list[dict[str, Any]]:
    """Pixels below, at and beyond a tile, several channels and images."""
    wide = max(tile.pixels for piece in plan(problem, shape).pieces if isinstance(piece, rows.RowPiece) for tile in piece.tiles)
    cases = [{"batch": batch, "features": channels, "images": channels, "groups": channels, "extra": extra}
             for batch, channels, extra in ((1, 1, 0), (2, 3, 1), (1, 2, 6))]
    sizes = (wide - 1, wide, 2 * wide + 3) if problem.spec.dims == 1 else (wide + 1,) if problem.spec.dims == 2 else ()
    return cases + [{"batch": 1, "features": 1, "images": 1, "groups": 1, "extra": extra} for extra in sizes]
