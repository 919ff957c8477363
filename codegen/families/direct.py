"""Family ``direct``: transposed convolution of real floats as matrix products over a register tile.

Phase by phase, outputs that share their taps are rows of a matrix product: pixels × (taps × channels) × outputs. The
features are copied once into a zero-bordered channels-last buffer, so that a tile takes any pixels, across rows and
images; weights are packed once as [group][output block][phase][channel block][tap][channel][lane]. Zeros of the
border meet finite weights only: with an Inf or NaN among the weights the call runs ``plain`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from derive.phases import phases

from ..plan import AxisRow, axis_rows
from ..problem import Problem
from ..target import Target

NAME = "direct"
LONGEST = 4096  # entries of one axis's phase table in the source
PIXELS = 384  # per pass over a panel of weights: their sums (lanes × pixels) stay in the first-level cache
PANEL_BYTES = 128 * 1024  # of weights that one pass keeps in the second-level cache
SKEW_BYTES = 64  # between the pixels of the feature buffer: channels of neighbours do not alias


@dataclass(frozen=True)
class TilePlan:
    """The register tile: ``rows`` pixels × ``vectors`` of outputs, accumulators by name.

    Named because an array of accumulators goes to memory; one tap per loop because unrolled taps share broadcasts and
    spill (both were measured).
    """

    symbol: str
    scalar: str
    item_size: int
    vector_bytes: int
    rows: tuple[tuple[int, int], ...]  # (pixel, offset of its sums)
    vectors: tuple[tuple[int, int], ...]  # (vector, its first lane)
    width: int


@dataclass(frozen=True)
class DirectAxis:
    """One axis with its phase table: taps of phase r are ``tap[start[r]:start[r+1]]``, with their offsets."""

    number: int
    kernel: int
    stride: int
    crop: int
    start: tuple[int, ...]
    tap: tuple[int, ...]
    offset: tuple[int, ...]
    below: str  # the loop over this axis stands at this indent


@dataclass(frozen=True)
class PackAxis:
    """One of always three axes for packing: the names of its tables in the generated source."""

    number: int
    kernel: int
    stride: int
    start_table: str
    tap_table: str


@dataclass(frozen=True)
class DirectPlan:
    """Rows of ``direct.pyx.jinja``."""

    template: str
    symbol: str
    pack_symbol: str
    scalar: str
    item_size: int
    axes: tuple[DirectAxis, ...]
    all_axes: tuple[PackAxis, ...]
    last: int
    tile: TilePlan
    tile_symbol: str
    rows: int
    width: int
    pixels: int
    channel_block: int
    skew: int
    taps: int
    most_taps: int
    phases: int
    u_strides: tuple[tuple[str, str], ...]
    x_strides: tuple[tuple[str, str], ...]
    inner_depth: str


def accepts(problem: Problem) -> bool:
    """Transposed convolution of float32 and float64, as long as the phase tables stay readable."""
    small = max((*problem.spec.kernel, *problem.spec.stride)) <= LONGEST
    return problem.map == "conv_transpose" and problem.element.is_float and small


def plan(problem: Problem, shape: Target) -> DirectPlan:
    """Tile shape from the registers, block sizes from the caches, tables from the phases."""
    from .plain import strides

    spec, element = problem.spec, problem.element
    axes = tuple(_axis(row, axis) for row, axis in zip(axis_rows(spec), spec.axes, strict=True))
    taps = most = count = 1
    for axis in axes:
        taps *= axis.kernel
        most *= max(axis.start[r + 1] - axis.start[r] for r in range(axis.stride))
        count *= axis.stride
    tile = tile_of(element.scalar, element.size, shape)
    block = max(16, min(1024, PANEL_BYTES // (most * tile.width * element.size)))
    last = problem.layout == "channels_last"
    symbol = f"{problem.name}_direct"
    packs = [PackAxis(x.number, x.kernel, x.stride, f"{symbol}_start{x.number}", f"{symbol}_tap{x.number}") for x in axes]
    packs += [PackAxis(number, 1, 1, "one_phase", "one_tap") for number in range(spec.dims, 3)]
    return DirectPlan(
        template="direct.pyx.jinja", symbol=symbol, all_axes=tuple(packs), pack_symbol=f"{problem.name}_direct_pack",
        scalar=element.scalar, item_size=element.size, axes=axes, last=spec.dims - 1, tile=tile,
        tile_symbol=tile.symbol, rows=len(tile.rows), width=tile.width, pixels=pixels_of(tile),
        channel_block=block, skew=SKEW_BYTES // element.size, taps=taps, most_taps=most, phases=count,
        u_strides=strides("u", "m", "call.features", spec.dims, last, 1),
        x_strides=strides("x", "n", "call.images", spec.dims, last, 1),
        inner_depth="    " * (1 + spec.dims),
    )


def pixels_of(tile: TilePlan) -> int:
    """Pixels per pass: a multiple of the tile's rows."""
    return PIXELS // len(tile.rows) * len(tile.rows)


def tile_of(scalar: str, size: int, shape: Target) -> TilePlan:
    """Two vectors of outputs by as many pixels as the accumulators leave registers for: 6 of 16, 12 of 32."""
    lanes = shape.vector_bytes // size
    rows = 12 if shape.registers == 32 else 6
    width = 2 * lanes
    code = {"float": "f32", "double": "f64"}[scalar]
    return TilePlan(f"tile_{code}_{rows}x{width}", scalar, size, shape.vector_bytes,
                    tuple((row, row * width) for row in range(rows)), ((0, 0), (1, lanes)), width)


def _axis(row: AxisRow, axis: Any) -> DirectAxis:
    start: list[int] = [0]
    tap: list[int] = []
    offset: list[int] = []
    for phase in phases(axis):
        tap += phase.taps
        offset += phase.offsets
        start.append(len(tap))
    return DirectAxis(row.number, row.kernel, row.stride, row.crop, tuple(start), tuple(tap), tuple(offset),
                      "    " * (1 + row.number))


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: multiply-adds of whole tiles at the tile's rate, the copy of the features, and a fixed start."""
    tile = tile_of(problem.element.scalar, problem.element.size, shape)
    rate = shape.macs_per_ns[0] * 4 / problem.element.size
    waste = f"(((images_per + {tile.width - 1}) // {tile.width}) * {tile.width}.0 / images_per)"
    return (f"macs * {waste} / {rate} + inputs + {tile.width} * outputs / images_per * groups / 8 + 2000 "
            "if features_per * images_per > 1 else 1e300")


def corners(problem: Problem, shape: Target) -> list[dict[str, Any]]:
    """Each residue of the tile: outputs across a block edge, pixels across a pass, channels across a block."""
    made = plan(problem, shape)
    cases = [
        {"batch": 1, "features": 2, "images": 1, "groups": 1, "extra": 0},
        {"batch": 2, "features": 3, "images": made.width + 1, "groups": 1, "extra": 1},
        {"batch": 3, "features": 4, "images": 6, "groups": 2, "extra": 2},
        {"batch": 1, "features": 1, "images": 2, "groups": 1, "extra": 3},
    ]
    if made.taps * made.channel_block * 2 <= 1 << 16:
        cases.append({"batch": 1, "features": made.channel_block + 1, "images": 2, "groups": 1, "extra": 1})
    pixels = made.pixels + 1
    batch = -(-pixels // 4**problem.spec.dims)
    if batch * 4**problem.spec.dims * made.taps * 4 <= 1 << 21:
        cases.append({"batch": batch, "features": 2, "images": 2, "groups": 1, "extra": 3})
    return cases
