"""Family ``direct``: both convolutions of real floats as matrix products over a register tile, lanes = output channels.

Output position n = P·q + ρ reads the inputs at σ·q + offset, for offsets that depend on ρ only (``derive/gather.py``): pixel
q of the tile gives P neighbouring outputs, phase by phase. The inputs are copied into a zero-bordered channels-last buffer,
run by run or once, so that a tile takes any pixels, across rows and images; the sums of all phases of the last axis lie side by
side, so that a transposition turns them into whole lines of the output. Weights are packed once as [group][output block][phase]
[channel block][tap][channel][lane]. Where each channel is a group, lanes are channels of both sides. Zeros of the border meet
finite weights only: with an Inf or NaN among the weights the call runs ``plain`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from convt._derive.gather import Gather
from convt._derive.lengths import image_length, smallest_feature_length

from .. import pieces
from ..problem import Problem
from ..target import Target

NAME = "direct"
LONGEST = 4096  # entries of one axis's phase table in the source
MOST_PRODUCT = 1 << 16  # taps and phases of all axes
MOST_PRODUCTS = 1 << 24  # of pixels and taps in the smallest call
MOST_POSITIONS = 1 << 20  # of the bordered inputs in the smallest call
SUMS_BYTES = 64 * 1024  # of sums that a run of pixels keeps in the caches
LANES_PIXELS = 6  # of a tile where each channel is a group
MOST_PIXELS = 384
FEWEST_PIXELS = 96
HELD_BYTES = 256 * 1024  # of inputs that a run keeps in the second-level cache
PANEL_BYTES = 128 * 1024  # of weights that one pass keeps in the second-level cache
SKEW_BYTES = 64  # between the pixels of a copy of many channels: those of neighbours do not alias
LINE_BYTES = 64  # of a cache line
CHUNK = 256  # positions that one thread copies at a time


@dataclass(frozen=True)
class LanesTile(pieces.Piece):
    """Rows of ``lanes_tile.c.jinja``: 1 to ``most`` pixels × two vectors of channels that are groups, accumulators by name."""

    vector: str
    scalar: str
    most: int
    width: int
    variants: tuple[tuple[int, ...], ...]
    vectors: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class DirectDriver(pieces.Piece):
    """Rows of ``direct.c.jinja``: one for all kernels of a module."""

    scalar: str
    vector: str
    tile: str
    lanes_tile: str
    border: str
    rows: int
    width: int
    fewest: int
    held: int
    chunk: int
    skew: int
    line: int  # scalars of a cache line: with fewer channels there is no skew, and the taps of a row are read like channels


@dataclass(frozen=True)
class DirectPlan:
    """The pieces of a kernel's family, and the block sizes that its checks look at."""

    symbol: str
    pack_symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]
    rows: int
    width: int
    pixels: int
    channel_block: int
    taps: int


def accepts(problem: Problem) -> bool:
    """Convolution and transposed convolution of float32 and float64, as long as the phase tables stay readable."""
    return problem.roles.biased and problem.element.is_float and problem.filter is None and compact(problem)


def compact(problem: Problem) -> bool:
    """Whether phase tables stay readable, and the smallest call is so small that its blocks can be checked."""
    spec, axes = problem.spec, problem.gathers
    if max((*spec.kernel, *spec.stride)) > LONGEST or max(prod(spec.kernel), prod(spec.stride)) > MOST_PRODUCT:
        return False
    least = [smallest_feature_length(axis) for axis in spec.axes]
    images = [image_length(axis, m) for axis, m in zip(spec.axes, least, strict=True)]
    outputs = images if problem.roles.target == "x" else least
    pixels = prod(axis.pixels(n) for axis, n in zip(axes, outputs, strict=True))
    positions = prod(axis.positions(n) for axis, n in zip(axes, outputs, strict=True))
    return max(prod(least), prod(images), positions) <= MOST_POSITIONS and pixels * prod(spec.kernel) <= MOST_PRODUCTS


def plan(problem: Problem, shape: Target) -> DirectPlan:
    """Tile shape from the registers, block sizes from the caches, tables from the phases."""
    spec, element = problem.spec, problem.element
    axes = problem.gathers
    most = prod(axis.most for axis in axes)
    vector, tile = pieces.vectors(element.scalar, element.size, shape), pieces.tile(element.scalar, element.size, shape)
    lanes = LanesTile("lanes_tile.c.jinja", f"lanes_tile_{vector.symbol}", (), vector.symbol, element.scalar, LANES_PIXELS, tile.width,
                      tuple(tuple(range(rows)) for rows in range(1, LANES_PIXELS + 1)), tile.vectors)
    border, tables = pieces.border(vector), axis_tables(problem.name, axes)
    driver = f"direct_{vector.symbol}"
    shared = DirectDriver(
        "direct.c.jinja", driver, pieces.run_prototypes(driver), element.scalar, vector.symbol, tile.symbol,
        lanes.symbol, border.symbol, tile.most,
        tile.width, FEWEST_PIXELS // tile.most * tile.most, HELD_BYTES // element.size, CHUNK, SKEW_BYTES // element.size,
        LINE_BYTES // element.size)
    pixels = _pixels(tile, axes[-1].phases, element.size)
    channel_block = max(16, min(1024, PANEL_BYTES // (most * tile.width * element.size)))
    symbol, taps = f"{problem.name}_direct", prod(spec.kernel)
    table = pieces.table(driver, symbol, {
        "axis": axis_entries(problem.name, axes), "taps": taps, "most_taps": most, "dense": int(axes[-1].dense),
        "pixels": pixels, "channel_block": channel_block})
    return DirectPlan(driver, f"{driver}_pack", symbol, (pieces.geometry(), vector, tile, lanes, border, shared, tables, table),
                      tile.most, tile.width, pixels, channel_block, taps)


def axis_tables(name: str, axes: tuple[Gather, ...]) -> pieces.Constants:
    """The phases of the axes that a kernel has: tables that all its families read."""
    rows = tuple(("ptrdiff_t", f"{name}_{kind}{number}", tuple(map(str, entries))) for number, axis in enumerate(axes)
                 for kind, entries in (("start", axis.start), ("tap", axis.tap), ("offset", axis.offset)))
    return pieces.Constants("constants.c.jinja", f"{name}_phases", (), "taps of phase r of an axis are start[r] to start[r + 1] - 1", rows)


def axis_entries(name: str, axes: tuple[Gather, ...]) -> str:
    """Three axes as the C type ``Axis``; those that a kernel does not have come first."""
    rows = ["{1, 1, 1, 0, 0, only_start, only_tap, only_tap}"] * (3 - len(axes))
    rows += [f"{{{axis.kernel}, {axis.phases}, {axis.step}, {axis.low}, {axis.border}, {name}_start{number}, {name}_tap{number}, "
             f"{name}_offset{number}}}" for number, axis in enumerate(axes)]
    return "{\n        " + ",\n        ".join(rows) + "}"


def _pixels(tile: pieces.Tile, phases: int, size: int) -> int:
    """Pixels per pass, a multiple of the tile's: the sums of all phases of the last axis stay in the caches."""
    return max(1, min(MOST_PIXELS, SUMS_BYTES // (phases * tile.width * size)) // tile.most) * tile.most


def pixels_of(axis: Gather, place: int) -> str:
    """The pixels of an axis, in an estimate."""
    return f"((call.out_length[{place}] + {axis.phases - 1}) // {axis.phases})"


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: multiply-adds of whole tiles at the tile's rate, sums, copies in and out, and a fixed start.

    The factors were fitted to 260 layers of 1 to 2048 channels on a processor with AVX2.
    """
    tile, size, spec = pieces.tile(problem.element.scalar, problem.element.size, shape), problem.element.size / 4, problem.spec
    rate, taps = shape.macs_per_ns[0] / size, prod(spec.kernel)
    axes = problem.gathers
    pixels = " * ".join(pixels_of(axis, place) for place, axis in enumerate(axes, 3 - spec.dims))
    lanes = f"((outputs_per + {tile.width - 1}) // {tile.width} * {tile.width})"
    channels = f"((call.out_channels + {tile.width - 1}) // {tile.width} * {tile.width})"
    phases = prod(axis.phases for axis in axes)
    return (f"(1.0 * call.batch * {pixels} * {channels} * {1.25 * taps / rate + 0.12 * size * phases:.4f} "
            f"if inputs_per * outputs_per < 2 else 1.0 * call.batch * {pixels} * groups * {lanes} "
            f"* (inputs_per * {0.95 * taps / rate:.4f} + {0.31 * size * phases})) "
            f"+ inputs * {0.24 * size} + outputs * {0.125 * size} + {0.018 * size * taps} * call.in_channels * {lanes} + 1000")


def together(problem: Problem) -> tuple[int, ...]:
    """Each output is a sum of its own: lanes are channels, and taps and channels come in the order of the packed weights."""
    return (1,) * problem.spec.dims


def corners(problem: Problem, shape: Target, made: DirectPlan) -> list[dict[str, Any]]:
    """Outputs across a block edge, pixels across a pass, channels across a block, and as many as lie without a gap at most; channels
    and positions from one vector down to 16 bytes; rows of so many passes that all share one copy of the inputs; and few pixels,
    for each height of a tile."""
    cases = [
        {"batch": 1, "inputs": 2, "outputs": 1, "groups": 1, "extra": 0},
        {"batch": 2, "inputs": 3, "outputs": made.width + 1, "groups": 1, "extra": 1},
        {"batch": 3, "inputs": 4, "outputs": 6, "groups": 2, "extra": 2},
        {"batch": 1, "inputs": 1, "outputs": 2, "groups": 1, "extra": 3},
        *({"batch": batch, "inputs": channels, "outputs": channels, "groups": channels, "extra": 1}
          for batch, channels in ((2, made.width + 1), (1, 3), (1, 1))),
    ]
    if made.taps <= 1 << 10:
        cases.append({"batch": 1, "inputs": LINE_BYTES // problem.element.size - 1, "outputs": 2, "groups": 1, "extra": 1})
    if made.taps * made.channel_block * 2 <= 1 << 16:
        cases.append({"batch": 1, "inputs": made.channel_block + 1, "outputs": 2, "groups": 1, "extra": 1})
    pixels = made.pixels + 1
    batch = -(-pixels // 4**problem.spec.dims)
    if batch * 4**problem.spec.dims * made.taps * 4 <= 1 << 21:
        cases.append({"batch": batch, "inputs": 2, "outputs": 2, "groups": 1, "extra": 3})
    if problem.spec.dims > 1:
        cases.append({"batch": 1, "inputs": 2, "outputs": made.width + 1, "groups": 1, "extra": 0, "along": 16 * made.pixels})
    lanes = shape.vector_bytes // problem.element.size
    for side in pieces.sides(problem.element.size, shape):  # blocks of a transposition that are square: few channels, then few positions
        cases += [{"batch": 1, "inputs": side + 1, "outputs": side + 1, "groups": 1, "extra": 0, "along": 2 * lanes + 1},
                  {"batch": 1, "inputs": 2 * lanes + 1, "outputs": 2 * lanes + 1, "groups": 1, "extra": 0, "along": side}]
    if any(axis.border for axis in problem.gathers):  # rows of some tiles, where taps that find nothing but the border are left out
        along = {"along": FEWEST_PIXELS + 2 * made.rows} if problem.spec.dims == 1 else {"extra": 8, "along": 2 * made.rows + 1}
        cases += [{"batch": 1, "inputs": 2, "outputs": 2, "extra": 0, "groups": groups} | along for groups in (1, 2)]
    return cases + [{"batch": 1, "inputs": 2, "outputs": 1, "groups": 1, "extra": 0, "along": along} for along in range(1, made.rows)]
