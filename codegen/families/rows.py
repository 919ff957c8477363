"""Family ``rows``: transposed convolution of real floats along rows, lanes = positions: one channel, few, or wide rows.

Output position n = s·q + ρ of the last axis: a vector of neighbouring q reads the features at q + offset once for all
phases ρ and channels that use them, weights are broadcast, and the phases are interleaved in registers, so that whole
lines are stored. A thread copies the zero-bordered rows that it is about to read into its scratch memory, channel by
channel; nothing else is copied. Zeros of the border meet finite weights only: with an Inf or NaN among the weights the
call runs ``plain`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

from .. import pieces
from ..problem import Problem
from ..target import Target
from .direct import LONGEST, DirectAxis, split

NAME = "rows"
PANEL_BYTES = 256 * 1024  # of features that a thread copies at a time: they stay in the second-level cache
MOST_PHASES = 8  # that one tile sums: more would not fit the registers
MOST_CHANNELS = 6
MOST_VECTORS = 4  # of neighbouring pixels
MOST_PRODUCTS = 192  # multiply-adds written out in one tile
FEW_PRODUCTS = 4  # of a vector: with more, the arithmetic hides what its load costs
LEAST_PIXELS = 64  # of a row at a time, however many channels there are
LEAST_ITEMS = 8  # pieces of work, where the sizes allow as many


@dataclass(frozen=True)
class Column:
    """Some vectors of features with their places, and the products they enter: (total, weight, value)."""

    loads: tuple[tuple[str, int], ...]
    shifts: tuple[pieces.Shuffle, ...]
    products: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Offset:
    """The features at one offset of the row: weights that all columns share by name, then the columns."""

    weights: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class RowTile:
    """One function: some channels × a block of phases × some vectors of pixels, accumulators by name."""

    symbol: str
    channels: int
    pixels: int
    weights: int  # for each channel of features and outer tap
    totals: tuple[tuple[str, int], ...]  # (name, channel)
    offsets: tuple[Offset, ...]
    network: tuple[pieces.Shuffle, ...]
    stores: tuple[tuple[int, tuple[tuple[str, int], ...]], ...]  # (channel, ((vector, its place in the line), …))
    line: int  # scalars that the stores of one channel fill


@dataclass(frozen=True)
class PhaseBlock:
    """Phases that one tile sums, for one number of channels: tiles of 1, 2, … vectors."""

    first: int
    weights: int
    tiles: tuple[RowTile, ...]


@dataclass(frozen=True)
class RowPiece:
    """Rows of ``rows.c.jinja``: the tiles of one kernel, and a function for each number of channels."""

    template: str
    symbol: str
    prototypes: tuple[str, ...]
    scalar: str
    vector: str
    lanes: int
    stride: int
    target: str
    finish: str
    copy: str
    tiles: tuple[RowTile, ...]
    runs: tuple[tuple[PhaseBlock, ...], ...]


@dataclass(frozen=True)
class OuterAxis:
    """One of always two axes before the last; those that a kernel does not have hold one position and one tap."""

    number: int
    stride: int
    start: tuple[int, ...]
    tap: tuple[int, ...]
    offset: tuple[int, ...]
    low: int
    border: int
    kernel: int
    features: str
    images: str
    feature_step: str
    image_step: str


@dataclass(frozen=True)
class RowsPlan:
    """Rows of ``rows.pyx.jinja``."""

    template: str
    symbol: str
    pack_symbol: str
    pieces: tuple[pieces.Piece, ...]
    scalar: str
    item_size: int
    outer: tuple[OuterAxis, ...]
    last: DirectAxis
    outer_phases: int
    most_outer_taps: int
    most_channels: int
    entries: tuple[tuple[int, int], ...]  # (weights of the phase block, their first entry in ``order``)
    order: tuple[int, ...]  # taps of the last axis as the tiles read them
    lanes: int
    line: int  # scalars of a cache line
    lead: int  # scalars before the features of a row: those at offset 0 begin on whole vectors
    panel: int
    least_pixels: int
    least_items: int
    taps: int
    u_strides: tuple[tuple[str, str], ...]
    x_strides: tuple[tuple[str, str], ...]


def accepts(problem: Problem) -> bool:
    """Transposed convolution of float32 and float64 whose taps of one row can be written out."""
    if problem.map != "conv_transpose" or not problem.element.is_float:
        return False
    axis = split(0, problem.spec.axes[-1])
    return (max((*problem.spec.kernel, *problem.spec.stride)) <= LONGEST and axis.stride <= 64
            and all(taps <= MOST_PRODUCTS for _, taps in _blocks(axis)))


def plan(problem: Problem, shape: Target) -> RowsPlan:
    """Tiles from the registers, the order of the weights from the tiles, strips from the caches."""
    from .plain import strides

    spec, element = problem.spec, problem.element
    axes = tuple(split(number, axis) for number, axis in enumerate(spec.axes))
    last = problem.layout == "channels_last"
    vector = pieces.vectors(element.scalar, element.size, shape)
    symbol = f"{problem.name}_rows"
    piece = row_piece(symbol, axes[-1], vector, shape.registers, last)
    order: list[int] = []
    entries = []
    for first, _ in _blocks(axes[-1]):
        taps = [tap for _, tap, _ in _by_offset(axes[-1], first)]
        entries.append((len(taps), len(order)))
        order += taps
    outer = [outer_axis(x) for x in axes[:-1]] + [outer_axis(None, number) for number in (7, 8)]
    return RowsPlan(
        template="rows.pyx.jinja", symbol=symbol, pack_symbol=f"{symbol}_pack", pieces=(vector, piece),
        scalar=element.scalar, item_size=element.size, outer=tuple(outer[:2]), last=axes[-1],
        outer_phases=prod(spec.stride[:-1]),
        most_outer_taps=prod(max(x.start[r + 1] - x.start[r] for r in range(x.stride)) for x in axes[:-1]),
        most_channels=len(piece.runs), entries=tuple(entries), order=tuple(order), lanes=vector.lanes, line=64 // element.size,
        lead=lead(axes[-1], vector),
        panel=PANEL_BYTES // element.size, least_pixels=LEAST_PIXELS, least_items=LEAST_ITEMS, taps=prod(spec.kernel),
        u_strides=strides("u", "m", "call.features", spec.dims, last, 1),
        x_strides=strides("x", "n", "call.images", spec.dims, last, 1),
    )


def lead(axis: DirectAxis, vector: pieces.Vectors) -> int:
    """Scalars before offset 0 of a row: whole vectors, since a load across cache lines costs as much as two or three."""
    return -(axis.low // vector.lanes) * vector.lanes


def outer_axis(axis: DirectAxis | None, number: int = 0) -> OuterAxis:
    """The names of an axis in the generated source; without one, an axis of one position and one tap."""
    if axis is None:
        return OuterAxis(number, 1, (0, 1), (0,), (0,), 0, 0, 1, "1", "1", "0", "0")
    n = axis.number
    return OuterAxis(n, axis.stride, axis.start, axis.tap, axis.offset, axis.low, axis.border, axis.kernel,
                     f"call.m[{n}]", f"call.n[{n}]", f"u_axis{n}", f"x_axis{n}")


def _blocks(axis: DirectAxis) -> list[tuple[range, int]]:
    """The phases of the last axis in blocks of nearly equal size that one tile sums, each with its number of taps."""
    count = -(-axis.stride // MOST_PHASES)
    edges = [axis.stride * number // count for number in range(count + 1)]
    return [(range(low, high), axis.start[high] - axis.start[low]) for low, high in pairwise(edges)]


def _by_offset(axis: DirectAxis, block: range) -> list[tuple[int, int, int]]:
    """(offset, tap, phase) of a block of phases, features in order."""
    return sorted((axis.offset[t], axis.tap[t], phase) for phase in block for t in range(axis.start[phase], axis.start[phase + 1]))


def row_piece(symbol: str, axis: DirectAxis, vector: pieces.Vectors, registers: int, last: bool, most: int = MOST_CHANNELS,
              constants: tuple[str, ...] = ()) -> RowPiece:
    """The tiles of a kernel; ``constants`` are built in, one for each tap of the axis, where one channel reads one row."""
    blocks = _blocks(axis)
    whole = len(blocks) == 1 and not last
    tiles, runs = [], []
    for channels in range(1, most + 1):
        if channels > 1 and min(_vectors(axis, block, channels, registers) for block, _ in blocks) < 2:
            break
        run = []
        for number, (block, _) in enumerate(blocks):
            vectors = _vectors(axis, block, channels, registers)
            made = [_tile(f"{symbol}_{number}_{channels}x{count}", axis, block, channels, count, vector, whole, constants)
                    for count in range(1, vectors + 1)]
            tiles += made
            run.append(PhaseBlock(block[0], made[0].weights * channels, tuple(made)))
        runs.append(tuple(run))
    scalar = vector.scalar
    prototypes = (
        f"ctypedef struct {symbol}_Lines:\n        const Py_ssize_t *place\n        Py_ssize_t places, u_line\n"
        "        Py_ssize_t lines, positions\n        Py_ssize_t x_line, x_channel, x_step",
        f"void {symbol}_run(Py_ssize_t a, const {symbol}_Lines *all, const {scalar} *u, const {scalar} *w, const {scalar} *start, "
        f"Py_ssize_t pixels, {scalar} *x) noexcept nogil",
        f"void {symbol}_fill(const {scalar} *u, Py_ssize_t u_row, Py_ssize_t u_channel, Py_ssize_t u_step, Py_ssize_t first, "
        "Py_ssize_t rows, Py_ssize_t height, Py_ssize_t channels, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t stop, "
        f"{scalar} *target, Py_ssize_t row, Py_ssize_t pitch) noexcept nogil",
    )
    target, finish = ("positions >= length ? x : line", "if (positions < length) memcpy(x, line, positions * sizeof *x)") if whole else (
        "line", f"{symbol}_spread(line, length, pixels, positions, x, step)")
    copy = ("for (ptrdiff_t i = low; i < high; ++i) to[i] = from[i * u_step];" if last else
            f"if (high > low) {vector.symbol}_line(from + low, high - low, to + low);")
    return RowPiece("rows.c.jinja", symbol, prototypes, scalar, vector.symbol, vector.lanes, axis.stride,
                    target, finish, copy, tuple(tiles), tuple(runs))


def _vectors(axis: DirectAxis, block: range, channels: int, registers: int) -> int:
    """Neighbouring vectors of a tile: those that take the fewest cycles a vector of outputs, 0 where none fits.

    Two multiply-adds and two loads a cycle; a load of features costs one and a half, because every other one touches
    two cache lines; fewer than eight chains of additions leave the multipliers waiting.
    """
    taps = [offset for offset, _, _ in _by_offset(axis, block)]
    most = max((taps.count(offset) for offset in taps), default=1) * channels
    best, least = 0, 0.0
    for vectors in range(1, MOST_VECTORS + 1):
        totals, products = channels * len(block) * vectors, channels * len(taps) * vectors
        if vectors > 1 and (totals + min(vectors, most) + 1 > registers or products > MOST_PRODUCTS):
            break
        loads = 1.5 * len(set(taps)) * vectors + channels * len(taps)
        cycles = max(products / 2 * max(1, 8 / totals), loads / 2) / vectors
        if not best or cycles < least:
            best, least = vectors, cycles
    return best


def _tile(symbol: str, axis: DirectAxis, block: range, channels: int, vectors: int, vector: pieces.Vectors, whole: bool,
          constants: tuple[str, ...]) -> RowTile:
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
                places += [(name, (v * axis.stride + at) * vector.lanes) for at, name in enumerate(names)]
            else:
                places += [(name, (at * vectors + v) * vector.lanes) for at, name in enumerate(names)]
        stores.append((c, tuple(places)))
    return RowTile(
        symbol, channels, vectors * vector.lanes, axis.start[block[-1] + 1] - axis.start[block[0]], tuple(totals),
        tuple(_offset(lead(axis, vector) + offset, uses, channels, vectors, vector, built) for offset, uses in sorted(taps.items())),
        tuple(network), tuple(stores), len(block) * vectors * vector.lanes)


def _offset(place: int, uses: list[tuple[int, int]], channels: int, vectors: int, vector: pieces.Vectors,
            built: tuple[str, ...]) -> Offset:
    """What one offset gives: all vectors of features stay in registers or, where they are more than the weights, those do.

    Vectors are loaded as they are or, where every load would touch two cache lines and few products hide that, joined
    from whole vectors.
    """
    lanes = vector.lanes
    at, shift = place // lanes * lanes, place % lanes
    entries = [(number * channels + c, f"s{c}_{phase}") for number, phase in uses for c in range(channels)]

    def weight(number: int) -> str:
        return built[number] if built else f"w[{number}]"

    if vector.bytes >= 64 and shift and len(entries) < FEW_PRODUCTS:
        mask = ", ".join(str(shift + lane) for lane in range(lanes))
        return Offset((), (Column(
            tuple((f"b{v}", at + v * lanes) for v in range(vectors + 1)),
            tuple(pieces.Shuffle(f"u{v}", f"b{v}", f"b{v + 1}", mask) for v in range(vectors)),
            tuple((f"{total}_{v}", weight(number), f"u{v}") for number, total in entries for v in range(vectors))),))
    if vectors <= len(entries) or built:
        return Offset((), (Column(
            tuple((f"u{v}", place + v * lanes) for v in range(vectors)), (),
            tuple((f"{total}_{v}", weight(number), f"u{v}") for number, total in entries for v in range(vectors))),))
    return Offset(tuple((f"w{number}", number) for number, _ in entries), tuple(
        Column(((f"u{v}", place + v * lanes),), (), tuple((f"{total}_{v}", f"w{number}", f"u{v}") for number, total in entries))
        for v in range(vectors)))


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: multiply-adds of whole vectors at their rate, the copy of the features, and a fixed start."""
    lanes, axis = shape.vector_bytes // problem.element.size, problem.spec.dims - 1
    rate = shape.macs_per_ns[0] * 4 / problem.element.size * 0.8
    stride = problem.spec.stride[-1]
    count = f"((call.n[{axis}] + {stride - 1}) // {stride})"
    waste = f"(({count} + {lanes - 1}) // {lanes} * {lanes}.0 / {count})"
    return f"macs * {waste} / {rate} + 2 * inputs + outputs / 8 + 1000"


def corners(problem: Problem, shape: Target) -> list[dict[str, Any]]:
    """Each residue of the tiles: pixels below, at and beyond a tile, channels across blocks, groups, several strips."""
    made = plan(problem, shape)
    wide = max(tile.pixels for piece in made.pieces if isinstance(piece, RowPiece) for tile in piece.tiles)
    flat = problem.spec.dims == 1
    cases = [
        {"batch": 1, "features": 2, "images": 1, "groups": 1, "extra": 0},
        {"batch": 2, "features": 3, "images": made.most_channels + 1, "groups": 1, "extra": 1},
        {"batch": 1, "features": 4, "images": 6, "groups": 2, "extra": 3},
        {"batch": 1, "features": 3, "images": 3, "groups": 3, "extra": 17 if flat else 5},
    ]
    sizes = (wide - 1, wide + 3, 2 * wide + 2) if flat else (wide + 3,) if problem.spec.dims == 2 else ()
    cases += [{"batch": 1, "features": 1, "images": 2, "groups": 1, "extra": size} for size in sizes
              if size**problem.spec.dims * made.taps <= 1 << 18]
    return cases
