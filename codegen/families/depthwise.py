"""Family ``depthwise``: transposed convolution channel by channel, channels last, lanes = channels.

Output position n = s·q + ρ adds, for each tap of its phase that has a feature, the product of two vectors of channels;
several pixels share the vector of weights. Features are read where they are and nothing is multiplied by a border, so
Inf and NaN go where they belong. Weights are packed as [tap][channel].
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from .. import pieces
from ..problem import Problem
from ..target import Target
from .direct import LONGEST, axis_entries, axis_tables, split

NAME = "depthwise"
MOST_PIXELS = 6  # that share a vector of weights
CHUNK = 512  # pixels of a row that a thread takes at a time


@dataclass(frozen=True)
class DepthwiseDriver(pieces.Piece):
    """Rows of ``depthwise.c.jinja``: one for all kernels of a module."""

    scalar: str
    vector: str
    lanes: int
    chunk: int
    variants: tuple[tuple[int, ...], ...]  # the pixels of each function


@dataclass(frozen=True)
class DepthwisePlan:
    """The pieces of a kernel's family."""

    symbol: str
    pack_symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]


def accepts(problem: Problem) -> bool:
    """Transposed convolution of float32 and float64, channels last."""
    small = max((*problem.spec.kernel, *problem.spec.stride)) <= LONGEST
    return problem.map == "conv_transpose" and problem.element.is_float and problem.layout == "channels_last" and small


def plan(problem: Problem, shape: Target) -> DepthwisePlan:
    """The phases are all that is particular to a kernel."""
    axes = tuple(split(number, axis) for number, axis in enumerate(problem.spec.axes))
    vector = pieces.vectors(problem.element.scalar, problem.element.size, shape)
    driver, symbol = f"depthwise_{vector.symbol}", f"{problem.name}_depthwise"
    shared = DepthwiseDriver("depthwise.c.jinja", driver, pieces.run_prototypes(driver), vector.scalar, vector.symbol, vector.lanes, CHUNK,
                             tuple(tuple(range(pixels)) for pixels in range(1, MOST_PIXELS + 1)))
    most = prod(max(axis.start[r + 1] - axis.start[r] for r in range(axis.stride)) for axis in axes)
    table = pieces.table(driver, symbol, {
        "axis": axis_entries(problem.name, axes), "taps": prod(problem.spec.kernel), "most_taps": most})
    return DepthwisePlan(driver, f"{driver}_pack", symbol, (pieces.geometry(), vector, shared, axis_tables(problem.name, axes), table))


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: a load for each multiply-add, the stores, and a fixed start; fewer channels than lanes go one by one. Only
    where each channel is a group."""
    lanes = shape.vector_bytes // problem.element.size
    rate = shape.macs_per_ns[0] * 4 / problem.element.size
    return (f"(macs / {rate / 2} + outputs / 8) * ({lanes}.0 if call.images < {lanes} else 1.0) + 1000 "
            f"if call.groups == call.features and call.groups == call.images else 1e300")


def corners(problem: Problem, shape: Target) -> list[dict[str, Any]]:
    """One vector of channels, one that overlaps another, pixels below and beyond a tile and, in one dimension, a chunk."""
    lanes = shape.vector_bytes // problem.element.size
    extras = (0, 1, MOST_PIXELS + 3, CHUNK + 1) if problem.spec.dims == 1 else (0, 1, MOST_PIXELS + 1)
    channels = (lanes, lanes + 1, 2 * lanes + 3, lanes)
    sizes = [(batch, count, extra) for batch, count, extra in zip((1, 2, 1, 1), channels, extras, strict=False)
             if prod(problem.spec.kernel) * count * max(1, extra) ** problem.spec.dims <= 1 << 18]
    return [{"batch": batch, "features": count, "images": count, "groups": count, "extra": extra} for batch, count, extra in sizes]
