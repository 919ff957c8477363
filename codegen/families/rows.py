"""Family ``rows``: both convolutions of real floats along rows, lanes = positions: one channel, few, or wide rows.

Output position n = P·q + ρ of the last axis: a vector of neighbouring q reads the inputs at σ·q + offset once for all
phases ρ and channels that use them, weights are broadcast, and the phases are interleaved in registers, so that whole
lines are stored. A thread copies the zero-bordered rows that it is about to read into its scratch memory, channel by
channel, with a step of σ in σ parts, so that neighbouring q read neighbours; nothing else is copied. Zeros of the border
meet finite weights only: with an Inf or NaN among the weights the call runs ``plain`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from math import prod
from typing import Any

from convt._derive.gather import Gather

from .. import pieces
from ..problem import Problem
from ..target import Target
from .direct import axis_entries, axis_tables, compact, pixels_of

NAME = "rows"
PANEL_BYTES = 256 * 1024  # of inputs that a thread copies at a time: they stay in the second-level cache
MOST_PHASES = 8  # that one tile sums: more would not fit the registers
MOST_PARTS = 16  # of a row of inputs
MOST_CHANNELS = 6
MOST_VECTORS = 4  # of neighbouring pixels
MOST_PRODUCTS = 192  # multiply-adds written out in one tile
SPARE_LOADS = 4 / 3  # with more loads than three for four products fewer vectors were up to a tenth slower
FEW_PRODUCTS = 4  # of a vector: with more, the arithmetic hides what its load costs
LEAST_PIXELS = 64  # of a row at a time, however many channels there are
NEAR_BYTES = 16 * 1024  # of weights: they stay in the first-level cache
LEAST_ITEMS = 4  # pieces of work for each of several threads, where the sizes allow as many


Places = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Column:
    """Some vectors of inputs with their places, and the products they enter: (total, weight, value)."""

    loads: tuple[tuple[str, str], ...]
    shifts: tuple[pieces.Shuffle, ...]
    products: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Offset:
    """The inputs at one offset of the row: weights that all columns share by name, then the columns."""

    weights: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class RowTile:
    """One function: some channels × a block of phases × some vectors of pixels, accumulators by name."""

    symbol: str
    channels: int
    pixels: int
    weights: int  # for each channel of inputs and outer tap
    totals: tuple[tuple[str, int], ...]  # (name, channel)
    offsets: tuple[Offset, ...]
    network: tuple[pieces.Shuffle, ...]
    stores: tuple[tuple[int, Places, Places], ...]  # (channel, vectors with their places in the line, those that may pass the caches by)
    line: int  # scalars from the first to the last that the stores of one channel fill
    alone: tuple[str, ...]  # the total, where there is only one


@dataclass(frozen=True)
class PhaseBlock:
    """Phases that one tile sums, for one number of channels: tiles of 1, 2, … vectors."""

    first: int
    tiles: tuple[RowTile, ...]


@dataclass(frozen=True)
class RowPiece(pieces.Piece):
    """Rows of ``row_tiles.c.jinja``: the tiles of one kernel, and a function for each number of channels."""

    scalar: str
    vector: str
    lanes: int
    phases: int
    block: int  # phases of a tile that stores whole vectors
    beyond: str  # when the vectors of a line pass the caches by
    target: str
    finish: str
    tiles: tuple[RowTile, ...]
    runs: tuple[tuple[PhaseBlock, ...], ...]


@dataclass(frozen=True)
class RowsDriver(pieces.Piece):
    """Rows of ``rows.c.jinja``: one for all kernels of a module."""

    scalar: str
    vector: str
    lanes: int
    line: int  # scalars of a cache line
    panel: int
    least_pixels: int
    least_items: int
    near: int
    streaming: int
    most_parts: int  # of a row


@dataclass(frozen=True)
class RowsPlan:
    """The pieces of a kernel's family, and the sizes that its checks look at."""

    symbol: str
    pack_symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]
    most_channels: int
    taps: int


def accepts(problem: Problem) -> bool:
    """Convolution and transposed convolution of float32 and float64 whose taps of one row can be written out."""
    if not problem.roles.biased or not problem.element.is_float or not compact(problem):
        return False
    axis = problem.gathers[-1]
    return axis.phases <= 64 and axis.step <= MOST_PARTS and all(taps <= MOST_PRODUCTS for _, taps in _blocks(axis))


def plan(problem: Problem, shape: Target) -> RowsPlan:
    """Tiles from the registers, the order of the weights from the tiles, strips from the caches."""
    spec, element = problem.spec, problem.element
    axes = problem.gathers
    last, blocks = axes[-1], _blocks(axes[-1])
    vector = pieces.vectors(element.scalar, element.size, shape)
    tiles = row_piece(f"{problem.name}_tiles", last, vector, shape.registers, problem.layout == "channels_last")
    driver = f"rows_{vector.symbol}"
    shared = RowsDriver("rows.c.jinja", driver, pieces.run_prototypes(driver), element.scalar, vector.symbol, vector.lanes,
                        64 // element.size, PANEL_BYTES // element.size, LEAST_PIXELS, LEAST_ITEMS, NEAR_BYTES // element.size,
                        pieces.STREAMING_BYTES // element.size, MOST_PARTS)
    order = [[tap for _, tap, _ in _by_offset(last, block)] for block, _ in blocks]
    symbol, taps = f"{problem.name}_rows", prod(spec.kernel)
    table = pieces.table(driver, symbol, {
        "axis": axis_entries(problem.name, axes), "taps": taps, "most_channels": len(tiles.runs),
        "low": low(last), "border": high(last) - low(last), "lead": lead(last, vector),
        "blocks": len(blocks), "entry": f"{symbol}_entry", "order": f"{symbol}_order",
        "run": f"{tiles.symbol}_run"}, (
            ("ptrdiff_t", f"{symbol}_entry", (0, *accumulate(map(len, order)))),
            ("ptrdiff_t", f"{symbol}_order", tuple(chain.from_iterable(order)))))
    return RowsPlan(driver, f"{driver}_pack", symbol,
                    (pieces.geometry(), vector, shared, axis_tables(problem.name, axes), tiles, table), len(tiles.runs), taps)


def lead(axis: Gather, vector: pieces.Vectors) -> int:
    """Scalars from the first of a row to offset 0, whole vectors: a load across cache lines costs as much as two or three."""
    return -(low(axis) // vector.lanes) * vector.lanes


def low(axis: Gather) -> int:
    """The least offset in a part of a row: with a step of σ, part r holds the inputs r, r + σ, r + 2σ, …."""
    return axis.low // axis.step


def high(axis: Gather) -> int:
    """The greatest offset in a part of a row."""
    return (axis.low + axis.border) // axis.step


def _blocks(axis: Gather) -> list[tuple[range, int]]:
    """The phases of the last axis in blocks of nearly equal size that one tile sums, each with its number of taps."""
    count = -(-axis.phases // MOST_PHASES)
    edges = [axis.phases * number // count for number in range(count + 1)]
    return [(range(low, high), axis.start[high] - axis.start[low]) for low, high in pairwise(edges)]


def _by_offset(axis: Gather, block: range) -> list[tuple[int, int, int]]:
    """(offset, tap, phase) of a block of phases, inputs in order."""
    return sorted((axis.offset[t], axis.tap[t], phase) for phase in block for t in range(axis.start[phase], axis.start[phase + 1]))


def row_piece(symbol: str, axis: Gather, vector: pieces.Vectors, registers: int, last: bool, most: int = MOST_CHANNELS,
              constants: tuple[str, ...] = ()) -> RowPiece:
    """The tiles of a kernel; ``constants`` are built in, one for each tap of the axis, where one channel reads one row."""
    blocks = _blocks(axis)
    # whole vectors of neighbouring outputs: all phases of the axis, or of each pixel
    whole = not last and (len(blocks) == 1 or all(len(block) % vector.lanes == 0 for block, _ in blocks))
    streams = whole and len(blocks) == 1
    tiles, runs = list[RowTile](), []
    for channels in range(1, _channels(axis, registers, most) + 1):
        run = []
        for number, (block, _) in enumerate(blocks):
            vectors = _vectors(axis, block, channels, registers)
            made = [_tile(f"{symbol}_{number}_{channels}x{count}", axis, block, channels, count, vector, whole, streams, constants)
                    for count in range(1, vectors + 1)]
            tiles += made
            run.append(PhaseBlock(block[0], tuple(made)))
        runs.append(tuple(run))
    target, finish = ("positions >= length ? y : line", "if (positions < length) " + (
        "memcpy(y, line, positions * sizeof *y)" if len(blocks) == 1 else f"{symbol}_clip(line, positions, y)")) if whole else (
        "line", f"{symbol}_spread(line, length, pixels, positions, y, step)")
    return RowPiece("row_tiles.c.jinja", symbol, (), vector.scalar, vector.symbol, vector.lanes, axis.phases, len(blocks[0][0]),
                    "streaming && to == y && (size_t)y % 16 == 0" if streams else "0", target, finish, tuple(tiles), tuple(runs))


def _vectors(axis: Gather, block: range, channels: int, registers: int) -> int:
    """Neighbouring vectors of a tile: those that take the fewest cycles a vector of outputs, two where these are as good; or one."""
    taps = [offset for offset, _, _ in _by_offset(axis, block)]
    uses = {taps.count(offset) for offset in taps} or {1}
    shared = max(uses) * channels
    full = registers - (len(uses) > 1)  # gcc keeps some totals in memory when all registers are taken by offsets of different uses
    fitting = [vectors for vectors in range(1, MOST_VECTORS + 1) if vectors == 1 or (
        channels * len(block) * vectors + min(vectors, shared) + 1 <= full and channels * len(taps) * vectors <= MOST_PRODUCTS)]
    best = min(fitting[::-1], key=lambda vectors: _cycles(axis, block, channels, vectors))
    two = best > 2 and _cycles(axis, block, channels, 2, SPARE_LOADS) <= _cycles(axis, block, channels, best, SPARE_LOADS)
    return 2 if two else best


def _cycles(axis: Gather, block: range, channels: int, vectors: int, spare: float = 1) -> float:
    """Cycles of a tile for one row of inputs, a vector of its pixels.

    Two multiply-adds and two loads a cycle; a load of inputs costs one and a half, because every other one touches
    two cache lines; fewer than eight chains of additions leave the multipliers waiting.
    """
    taps = [offset for offset, _, _ in _by_offset(axis, block)]
    loads = 1.5 * len(set(taps)) * vectors + channels * len(taps)
    return max(channels * len(taps) * vectors / 2 * max(1, 8 / (channels * len(block) * vectors)), loads / 2 * spare) / vectors


def _channels(axis: Gather, registers: int, most: int = MOST_CHANNELS) -> int:
    """Channels that tiles sum at most: those with which two vectors of pixels still fit, and always one."""
    def fits(channels: int) -> bool:
        return min(_vectors(axis, block, channels, registers) for block, _ in _blocks(axis)) >= 2

    return next((channels - 1 for channels in range(2, most + 1) if not fits(channels)), most)


def _tile(symbol: str, axis: Gather, block: range, channels: int, vectors: int, vector: pieces.Vectors, whole: bool,
          streams: bool, constants: tuple[str, ...]) -> RowTile:
    totals = [(f"s{c}_{phase}_{v}", c) for c in range(channels) for phase in block for v in range(vectors)]
    taps: dict[int, list[tuple[int, int]]] = {}
    chosen = _by_offset(axis, block)
    for place, (offset, _, phase) in enumerate(chosen):
        taps.setdefault(offset, []).append((place, phase))
    built = tuple(constants[tap] for _, tap, _ in chosen) if constants else ()
    network: list[pieces.Shuffle] = []
    stores = []
    for c in range(channels):
        places: list[tuple[str, int]] = []
        for v in range(vectors):
            names = [f"s{c}_{phase}_{v}" for phase in block]
            if whole:
                names, shuffles = pieces.interleaving(names, f"t{c}_{v}_", vector)
                network += shuffles
                scalars = [at * vector.lanes for at in range(len(names))]
                places += [(name, v * vector.lanes * axis.phases + at // len(block) * axis.phases + at % len(block))
                           for name, at in zip(names, scalars, strict=True)]
            else:
                places += [(name, (at * vectors + v) * vector.lanes) for at, name in enumerate(names)]
        stores.append((c, tuple(places), tuple(places) if streams else ()))
    return RowTile(
        symbol, channels, vectors * vector.lanes, channels * len(chosen), tuple(totals),
        tuple(_offset(offset % axis.step, lead(axis, vector) + offset // axis.step, uses, channels, vectors, vector, built)
              for offset, uses in sorted(taps.items())),
        tuple(network), tuple(stores),
        (vectors * vector.lanes - 1) * axis.phases + len(block) if whole else len(block) * vectors * vector.lanes,
        (totals[0][0],) * (len(totals) == 1))


def _offset(part: int, place: int, uses: list[tuple[int, int]], channels: int, vectors: int, vector: pieces.Vectors,
            built: tuple[str, ...]) -> Offset:
    """What one offset gives: all vectors of inputs stay in registers or, where they are more than the weights, those do.

    Vectors are loaded as they are or, where every load would touch two cache lines and few products hide that, joined
    from whole vectors.
    """
    lanes = vector.lanes
    at, shift = place // lanes * lanes, place % lanes
    entries = [(number * channels + c, f"s{c}_{phase}") for number, phase in uses for c in range(channels)]

    def load(at: int) -> str:
        return f"{part} * split + {at}" if part else str(at)

    def weight(number: int) -> str:
        return built[number] if built else f"w[{number}]"

    if vector.bytes >= 64 and shift and len(entries) < FEW_PRODUCTS:
        mask = ", ".join(str(shift + lane) for lane in range(lanes))
        return Offset((), (Column(
            tuple((f"b{v}", load(at + v * lanes)) for v in range(vectors + 1)),
            tuple(pieces.Shuffle(f"u{v}", f"b{v}", f"b{v + 1}", mask) for v in range(vectors)),
            tuple((f"{total}_{v}", weight(number), f"u{v}") for number, total in entries for v in range(vectors))),))
    if vectors <= len(entries) or built:
        return Offset((), (Column(
            tuple((f"u{v}", load(place + v * lanes)) for v in range(vectors)), (),
            tuple((f"{total}_{v}", weight(number), f"u{v}") for number, total in entries for v in range(vectors))),))
    return Offset(tuple((f"w{number}", number) for number, _ in entries), tuple(
        Column(((f"u{v}", load(place + v * lanes)),), (), tuple((f"{total}_{v}", f"w{number}", f"u{v}") for number, total in entries))
        for v in range(vectors)))


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: the cycles of whole vectors, rows of inputs and lines of outputs, and what moves through memory.

    The factors were fitted to 114 layers of 1 to 256 channels on a processor with AVX2. Channels last, neither inputs
    nor outputs are neighbours.
    """
    lanes, size, spec = shape.vector_bytes // problem.element.size, problem.element.size / 4, problem.spec
    axis = problem.gathers[-1]
    most, rate = _channels(axis, shape.registers), shape.macs_per_ns[0] / size
    cycles = [_cycles(axis, block, most, _vectors(axis, block, most, shape.registers)) for block, _ in _blocks(axis)]
    slow = 2 * sum(cycles) / (most * axis.kernel)
    outer = prod(spec.kernel[:-1]) / prod(each.phases for each in problem.gathers[:-1])
    pixels = pixels_of(axis, 2)
    waste = f"(({pixels} + {lanes - 1}) // {lanes} * {lanes}.0 / {pixels})"
    blocks = f"((outputs_per + {most - 1}) // {most})"
    store = 0.05 if problem.layout == "channels_first" else 2
    # one channel: vectors of 64 bytes are joined from two for each product
    alone = " * (1.4 if outputs_per < 2 else 1.0)" if shape.vector_bytes >= 64 and axis.most > 3 else ""
    return (f"macs * {waste} * {(0.99 + 0.77 * (slow - 1)) / rate:.4f}{alone} + inputs * {0.24 * size} "
            f"+ outputs * ({store * size} + inputs_per * {0.04 * outer / rate:.5f}) "
            f"+ {0.05 * size * prod(spec.kernel)} * call.in_channels * outputs_per "
            f"+ 1.0 * call.batch * groups * (40 + call.out_length[0] * call.out_length[1] * {blocks} "
            f"* (3.6 + {0.7 * outer:.3f} * inputs_per)) + 800")


def together(problem: Problem) -> tuple[int, ...]:
    """Each output is a sum of its own: lanes are positions, and all of them add the same taps in the same order."""
    return (1,) * problem.spec.dims


def corners(problem: Problem, shape: Target, made: RowsPlan) -> list[dict[str, Any]]:
    """Every tile: each number of channels with each number of vectors of pixels; pixels below, at and beyond a tile, channels
    across blocks, groups; several parts of a row and, with more weights than stay near, of its phases."""
    lanes = shape.vector_bytes // problem.element.size
    wide = max(tile.pixels for piece in made.pieces if isinstance(piece, RowPiece) for tile in piece.tiles)
    flat = problem.spec.dims == 1
    cases = [
        {"batch": 1, "inputs": 2, "outputs": 1, "groups": 1, "extra": 0},
        {"batch": 2, "inputs": 3, "outputs": made.most_channels + 1, "groups": 1, "extra": 1},
        {"batch": 1, "inputs": 4, "outputs": 6, "groups": 2, "extra": 3},
        {"batch": 1, "inputs": 3, "outputs": 3, "groups": 3, "extra": 17 if flat else 5},
    ]
    sizes = (wide - 1, wide + 3, 2 * wide + 2) if flat else (wide + 3,) if problem.spec.dims == 2 else ()
    cases += [{"batch": 1, "inputs": 1, "outputs": 2, "groups": 1, "extra": size} for size in sizes
              if size**problem.spec.dims * made.taps <= 1 << 18]
    cases += [{"batch": 1, "inputs": 2, "outputs": channels, "groups": 1, "extra": 1, "along": vectors * lanes - 1}
              for channels in range(1, made.most_channels + 1) for vectors in range(1, wide // lanes + 1)]
    size = problem.element.size
    if flat:
        cases.append({"batch": 1, "inputs": PANEL_BYTES // size // LEAST_PIXELS, "outputs": 1, "groups": 1, "extra": LEAST_PIXELS + 3})
    elif problem.gathers[-2].phases > 1 and (many := NEAR_BYTES // size // (made.taps * made.most_channels) + 1) > 4:
        cases.append({"batch": 1, "inputs": many, "outputs": made.most_channels, "groups": 1, "extra": 1})
    return cases
