"""Family ``planes``: few outputs from many inputs, at step 1: matrix products, lanes = positions, rows = phases × channels.

Pixels are counted from the uncropped image on (``derive/gather.py``): then all phases read the same offsets, or those of a
few kinds, and each vector of inputs meets the weights of all phases and channels that read it. A run of positions, across
rows and images, copies what it reads, feature by feature, with zeros between rows that neighbours share; its sums are
lines of each phase and channel, interleaved when they are stored. Weights are packed once, as many as there are. Zeros
of the border meet finite weights only: with an Inf or NaN among the weights the call runs ``plain`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, chain, product
from math import prod
from typing import Any

from convt._derive.gather import Gather, Shared, shared

from .. import pieces
from ..problem import Problem
from ..target import Target
from . import direct

NAME = "planes"
MOST_ROWS = {16: 6, 32: 8}  # of a tile, by the number of registers
MOST_VECTORS = 8
AHEAD = 32
HELD_BYTES = 256 * 1024  # of inputs that a run keeps in the second-level cache
SUMS_BYTES = 128 * 1024  # of its sums
INTERLEAVED = (2, 3, 4, 8)  # phases that are fewer than the lanes of a vector
LEAST_CHANNELS = 16  # of inputs at a time
LEAST_TERMS = 64  # of each sum that a tile adds at a time, at least; times the blocks of rows
MOST_BLOCKS = 8


@dataclass(frozen=True)
class TileRow:
    """One function: sums of ``rows`` outputs × ``vectors`` neighbouring vectors of positions."""

    rows: tuple[int, ...]
    vectors: tuple[tuple[int, int], ...]  # (vector, its first lane)
    alone: tuple[str, ...]  # the sum, where there is only one


@dataclass(frozen=True)
class PlaneTile(pieces.Piece):
    """Rows of ``plane_tile.c.jinja``: functions by rows, of each the widest first."""

    scalar: str
    vector: str
    lanes: int
    ahead: int  # steps between a product and the fetching of its weights: those of many rows come from memory
    variants: tuple[TileRow, ...]
    first: tuple[int, ...]  # the widest for each number of rows


@dataclass(frozen=True)
class Interleaving:
    """Vectors of ``count`` rows in turn: ``network`` makes those of one line from those named."""

    count: int
    names: tuple[str, ...]
    network: tuple[pieces.Shuffle, ...]
    line: tuple[str, ...]


@dataclass(frozen=True)
class Interleave(pieces.Piece):
    """Rows of ``interleave.c.jinja``: lines of some rows in turn."""

    scalar: str
    vector: str
    lanes: int
    interleavings: tuple[Interleaving, ...]


@dataclass(frozen=True)
class PlaneLines(pieces.Piece):
    """Rows of ``plane_lines.c.jinja``: what positions are, rows of inputs to them, and lines of outputs from them."""

    scalar: str
    vector: str
    interleave: str
    lanes: int


@dataclass(frozen=True)
class PlanesDriver(pieces.Piece):
    """Rows of ``planes.c.jinja``: one for all kernels of a module."""

    scalar: str
    tile: str
    lines: str
    lanes: int
    rows: int
    step: int  # vectors of a run: a multiple of it, where they are more
    held: int
    sums: int
    line: int  # scalars of a cache line
    channels: int
    terms: int
    blocks: int


@dataclass(frozen=True)
class PlanesPlan:
    """The pieces of a kernel's family, and the sizes that its checks look at."""

    symbol: str
    pack_symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]
    rows: int
    phases: int
    offsets: int
    taps: int


def accepts(problem: Problem) -> bool:
    """Both convolutions of float32 and float64 whose neighbouring pixels read neighbouring inputs."""
    return direct.accepts(problem) and all(axis.step == 1 for axis in problem.uncropped)


def plan(problem: Problem, shape: Target) -> PlanesPlan:
    """Tiles from the registers, blocks from the caches, tables from the phases that share their offsets."""
    element, axes = problem.element, problem.uncropped
    vector, most = pieces.vectors(element.scalar, element.size, shape), MOST_ROWS[shape.registers]
    tile = _tile(element.scalar, vector, most, shape.registers)
    driver, symbol = f"planes_{vector.symbol}", f"{problem.name}_planes"
    step = max(len(row.vectors) for row in tile.variants if len(row.rows) >= most // 2)
    interleave = Interleave("interleave.c.jinja", f"interleave_{vector.symbol}", (), element.scalar, vector.symbol, vector.lanes,
                            tuple(_interleaving(count, vector) for count in INTERLEAVED if count < vector.lanes))
    lines = PlaneLines("plane_lines.c.jinja", f"plane_lines_{vector.symbol}", (), element.scalar, vector.symbol, interleave.symbol,
                       vector.lanes)
    run = PlanesDriver(
        "planes.c.jinja", driver, pieces.run_prototypes(driver), element.scalar, tile.symbol, lines.symbol, vector.lanes, most, step,
        HELD_BYTES // element.size, SUMS_BYTES // element.size, 64 // element.size, LEAST_CHANNELS, LEAST_TERMS, MOST_BLOCKS)
    found = [shared(axis) for axis in axes]
    taps, phases = prod(problem.spec.kernel), prod(axis.phases for axis in axes)
    offsets = prod(max(len(each.offsets) for each in groups) for groups in found)
    rows = ["{1, 1, 0, 0, 0, 1, only_start, only_tap, only_start, only_tap, only_tap, only_tap}"] * (3 - len(axes))
    rows += [_entry(symbol, number, axis, groups) for number, (axis, groups) in enumerate(zip(axes, found, strict=True))]
    table = pieces.table(
        driver, symbol, {"axis": "{\n        " + ",\n        ".join(rows) + "}", "taps": taps, "phases": phases, "most_offsets": offsets},
        tuple(("ptrdiff_t", f"{symbol}_{name}{number}", values) for number, each in enumerate(found) for name, values in _columns(each)))
    return PlanesPlan(driver, f"{driver}_pack", symbol, (pieces.geometry(), vector, tile, interleave, lines, run, table),
                      most, phases, offsets, taps)


def _columns(groups: tuple[Shared, ...]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The tables of an axis: of each group where its offsets, phases and taps begin, and these."""
    columns = list[tuple[str, tuple[int, ...]]]()
    for starts, name, rows in (
            ("offsets", "offset", [each.offsets for each in groups]), ("group", "phase", [each.phases for each in groups]),
            ("taps", "tap", [each.taps for each in groups])):
        columns += [(starts, (0, *accumulate(map(len, rows)))), (name, tuple(chain.from_iterable(rows)))]
    return tuple(columns)


def _entry(symbol: str, number: int, axis: Gather, groups: tuple[Shared, ...]) -> str:
    names = ", ".join(f"{symbol}_{name}{number}" for name, _ in _columns(groups))
    return f"{{{axis.kernel}, {axis.phases}, {axis.lead}, {axis.low}, {axis.low + axis.border}, {len(groups)}, {names}}}"


def _tile(scalar: str, vector: pieces.Vectors, most: int, registers: int) -> PlaneTile:
    """For each number of rows the widest tile that leaves a register for a weight, and halves of it for what remains."""
    variants, first = list[TileRow](), list[int]()
    for rows in range(1, most + 1):
        first.append(len(variants))
        vectors = min(MOST_VECTORS, (registers - 1) // (rows + 1))
        while vectors:
            variants.append(TileRow(tuple(range(rows)), tuple((v, v * vector.lanes) for v in range(vectors)),
                                    ("s0_0",) * (rows == vectors == 1)))
            vectors //= 2
    return PlaneTile("plane_tile.c.jinja", f"plane_tile_{vector.symbol}", (), scalar, vector.symbol, vector.lanes, AHEAD,
                     tuple(variants), tuple(first))


def _interleaving(count: int, vector: pieces.Vectors) -> Interleaving:
    names = [f"r{row}" for row in range(count)]
    line, network = pieces.interleaving(names, "t", vector)
    return Interleaving(count, tuple(names), tuple(network), tuple(line))


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: products of whole runs, vectors of inputs that meet few rows, copies in and lines out, weights, starts.

    The factors were fitted to 21 layers of 1 to 256 outputs on a processor with AVX-512; ten of them with AVX2 are ordered as they say.
    """
    size, axes = problem.element.size / 4, problem.uncropped
    rate, taps = shape.macs_per_ns[0] / size, prod(problem.spec.kernel)
    loads = prod(sum(len(group.offsets) for group in shared(axis)) for axis in axes)
    positions = " * ".join(f"((call.out_length[{place}] + {axis.lead + axis.phases - 1}) // {axis.phases} + {_between(axis)})"
                           for place, axis in enumerate(axes, 3 - len(axes)))
    copy, store, far = (0.12, 0.25, 0.55) if problem.layout == "channels_first" else (0.2, 0.8, 1.1)
    return (f"1.0 * call.batch * {positions} * call.in_channels * (outputs_per * {taps / rate:.4f} "
            f"+ {0.45 * loads / rate + copy * size:.4f}) + outputs * ({far * size} if outputs > 1000000 else {store * size}) "
            f"+ {0.3 * size * taps} * call.in_channels * outputs_per + groups * 500 + 700")


def _between(axis: Gather) -> int:
    """Positions between two rows, beside pixels: those of a transposed convolution reach as far as its inputs and their border."""
    return 0 if axis.phases > 1 else max(-axis.low, axis.low + axis.border)


def together(problem: Problem) -> tuple[int, ...]:
    """Each output is a sum of its own: lanes are positions, and all of them add the same taps in the same order."""
    return (1,) * problem.spec.dims


def corners(problem: Problem, shape: Target, made: PlanesPlan) -> list[dict[str, Any]]:
    """Every number of rows of a tile, several blocks of rows, every number of vectors; rows, images and groups.

    Channels across a block, of one block of rows and of several; one channel alone, whose rows are contiguous in either layout.
    """
    lanes = shape.vector_bytes // problem.element.size
    cases = [
        {"batch": 1, "inputs": 2, "outputs": 1, "groups": 1, "extra": 0},
        {"batch": 2, "inputs": 3, "outputs": made.rows + 1, "groups": 1, "extra": 1},
        {"batch": 3, "inputs": 4, "outputs": 6, "groups": 2, "extra": 2},
        {"batch": 1, "inputs": 3, "outputs": 3, "groups": 3, "extra": 5},
        *({"batch": 1, "inputs": 2, "outputs": outputs, "groups": 1, "extra": 1, "along": vectors * lanes - 1}
          for outputs, vectors in product(range(1, made.rows + 1), (1, 7))),
        {"batch": 2, "inputs": 2, "outputs": 1, "groups": 1, "extra": 1, "along": 31 * lanes},
        {"batch": 2, "inputs": 1, "outputs": 2, "groups": 1, "extra": 1, "along": lanes + 1},
    ]
    return [*cases, *({"batch": 1, "inputs": _block(made, outputs) + 1, "outputs": outputs, "groups": 1, "extra": 1}
                      for outputs in (1, made.rows + 1))]


def _block(made: PlanesPlan, outputs: int) -> int:
    """Input channels at a time, as the driver counts them."""
    blocks = -(-made.phases * outputs // made.rows)
    return max(LEAST_CHANNELS, LEAST_TERMS * min(MOST_BLOCKS, blocks) // made.offsets)
