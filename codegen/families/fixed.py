"""Family ``fixed``: transposed convolution by one built-in filter for every channel, a product of factors (theorem 20).

An output row is made in two passes: the rows of inputs that its outer taps read are combined into one line, each
times its constant; then the tiles of ``rows`` take the last axis, constants in place of weights. So a filter of k × k
taps costs k/s + k/s products instead of (k/s)², and inputs are read where they are: only the line is scratch
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
from .direct import axis_entries, axis_tables

NAME = "fixed"
CHUNK = 4096  # pixels of a line at a time
LEAST_ITEMS = 16  # pieces of work, where the sizes allow as many


@dataclass(frozen=True)
class FixedDriver(pieces.Piece):
    """Rows of ``fixed.c.jinja``: one for all kernels of a module."""

    scalar: str
    vector: str
    lanes: int
    chunk: int
    least_items: int


@dataclass(frozen=True)
class FixedPlan:
    """The pieces of a kernel's family."""

    symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]


def accepts(problem: Problem) -> bool:
    """Built-in filters that are products, channels first, whose taps on the last axis can be written out."""
    if problem.filter is None or problem.filter.factors is None or problem.layout != "channels_first":
        return False
    return rows.accepts(problem)


def plan(problem: Problem, shape: Target) -> FixedPlan:
    """Factors of the outer axes become one table of rows; those of the last axis go into the tiles."""
    assert problem.filter is not None and problem.filter.factors is not None
    element, factors = problem.element, problem.filter.factors
    axes = problem.gathers
    vector = pieces.vectors(element.scalar, element.size, shape)
    driver, symbol = f"fixed_{vector.symbol}", f"{problem.name}_fixed"
    shared = FixedDriver("fixed.c.jinja", driver, pieces.run_prototypes(driver, packs=False), element.scalar, vector.symbol,
                         vector.lanes, CHUNK, LEAST_ITEMS)
    constants = tuple(f"({element.scalar}){float(value)!r}" for value in factors[-1])
    tiles = rows.row_piece(f"{symbol}_tiles", axes[-1], vector, shape.registers, False, 1, constants)
    start, offsets, products = [0], list[tuple[int, int]](), list[str]()
    for phase in product(*(range(axis.phases) for axis in axes[:-1])):
        runs = [[(axis.offset[t], factor[axis.tap[t]]) for t in range(axis.start[r], axis.start[r + 1])]
                for axis, factor, r in zip(axes, factors, phase, strict=False)]
        for chosen in product(*runs):
            outer = [0, 0, *(offset for offset, _ in chosen)]
            offsets.append((outer[-2], outer[-1]))
            products.append(repr(float(prod((value for _, value in chosen), start=Fraction(1)))))
        start.append(len(products))
    most_rows = max(1, *(b - a for a, b in pairwise(start)))
    table = pieces.table(driver, symbol, {
        "axis": axis_entries(problem.name, axes), "lead": rows.lead(axes[-1], vector), "most_rows": most_rows,
        "start": f"{symbol}_start", "offset0": f"{symbol}_offset0", "offset1": f"{symbol}_offset1", "factor": f"{symbol}_factor",
        "run": f"{tiles.symbol}_run"}, (
            ("ptrdiff_t", f"{symbol}_start", tuple(start)),
            ("ptrdiff_t", f"{symbol}_offset0", tuple(a for a, _ in offsets) or (0,)),
            ("ptrdiff_t", f"{symbol}_offset1", tuple(b for _, b in offsets) or (0,)),
            (element.scalar, f"{symbol}_factor", tuple(products) or (0,))))
    return FixedPlan(driver, symbol, (pieces.geometry(), vector, shared, axis_tables(problem.name, axes), tiles, table))


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: outputs, lines of them with the rows that each combines, planes and a start; fitted to 33 layers."""
    size, rows = problem.element.size / 4, prod(problem.spec.kernel[:-1]) / prod(problem.spec.stride[:-1])
    return (f"outputs * {0.17 * size} + 800 + 1.0 * call.batch * call.out_channels "
            f"* (150 + {10 + 5 * rows * size} * call.out_length[0] * call.out_length[1])")


def together(problem: Problem) -> tuple[int, ...]:
    """Each output is a sum of its own, over lines that are sums of their own at each position."""
    return (1,) * problem.spec.dims


def corners(problem: Problem, shape: Target, made: FixedPlan) -> list[dict[str, Any]]:
    """Pixels below, at and beyond a tile, each number of vectors of them, several channels and images."""
    lanes = shape.vector_bytes // problem.element.size
    wide = max(tile.pixels for piece in made.pieces if isinstance(piece, rows.RowPiece) for tile in piece.tiles)
    cases = [{"batch": batch, "inputs": channels, "outputs": channels, "groups": channels, "extra": extra}
             for batch, channels, extra in ((1, 1, 0), (2, 3, 1), (1, 2, 6))]
    sizes = (wide - 1, wide, 2 * wide + 3) if problem.spec.dims == 1 else (wide + 1,) if problem.spec.dims == 2 else ()
    one = {"batch": 1, "inputs": 1, "outputs": 1, "groups": 1}
    lines = (CHUNK + 1, *(vectors * lanes - 1 for vectors in range(1, wide // lanes + 1)))
    return [*cases, *(one | {"extra": extra} for extra in sizes), *(one | {"extra": 0, "along": along} for along in lines)]
