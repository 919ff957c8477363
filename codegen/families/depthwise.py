"""Family ``depthwise``: both convolutions channel by channel, channels last, lanes = channels.

Output position n = P·q + ρ adds, for each tap of its phase that has an input, the product of two vectors of channels;
several pixels share the vector of weights. Inputs are read where they are and nothing is multiplied by a border, so
Inf and NaN go where they belong. Weights are packed as [tap][channel].
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from .. import pieces
from ..problem import Problem
from ..target import Target
from .direct import axis_entries, axis_tables, compact

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
    variants: tuple[tuple[tuple[int, ...], tuple[str, ...]], ...]  # (pixels, the sum if it is the only one) of each function


@dataclass(frozen=True)
class DepthwisePlan:
    """The pieces of a kernel's family."""

    symbol: str
    pack_symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]


def accepts(problem: Problem) -> bool:
    """Convolution and transposed convolution of float32 and float64, channels last."""
    return problem.roles.biased and problem.element.is_float and problem.layout == "channels_last" and compact(problem)


def plan(problem: Problem, shape: Target) -> DepthwisePlan:
    """The phases are all that is particular to a kernel."""
    axes = problem.gathers
    vector = pieces.vectors(problem.element.scalar, problem.element.size, shape)
    driver, symbol = f"depthwise_{vector.symbol}", f"{problem.name}_depthwise"
    shared = DepthwiseDriver("depthwise.c.jinja", driver, pieces.run_prototypes(driver), vector.scalar, vector.symbol, vector.lanes, CHUNK,
                             tuple((tuple(range(pixels)), ("s0",) * (pixels == 1)) for pixels in range(1, MOST_PIXELS + 1)))
    table = pieces.table(driver, symbol, {
        "axis": axis_entries(problem.name, axes), "taps": prod(problem.spec.kernel), "most_taps": prod(axis.most for axis in axes)})
    return DepthwisePlan(driver, f"{driver}_pack", symbol, (pieces.geometry(), vector, shared, axis_tables(problem.name, axes), table))


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: a load for each multiply-add, the stores, and a fixed start; fewer channels than lanes go one by one. Only
    where each channel is a group."""
    lanes = shape.vector_bytes // problem.element.size
    rate = shape.macs_per_ns[0] * 4 / problem.element.size
    return (f"(macs / {rate / 2} + outputs / 8) * ({lanes}.0 if call.out_channels < {lanes} else 1.0) + 1000 "
            f"if call.groups == call.in_channels and call.groups == call.out_channels else 1e300")


def together(problem: Problem) -> tuple[int, ...]:
    """Each output is a sum of its own, over the taps that have a feature."""
    return (1,) * problem.spec.dims


def corners(problem: Problem, shape: Target, made: DepthwisePlan) -> list[dict[str, Any]]:
    """One vector of channels, one that overlaps another, fewer; each number of pixels with all taps, and a chunk and more."""
    lanes, beyond = shape.vector_bytes // problem.element.size, problem.gathers[-1].border
    sizes = [(1, lanes, 0, 0), (2, lanes + 1, 1, 0), (1, 2 * lanes + 3, MOST_PIXELS + 1, 0), (2, lanes - 1, 2, 0), (1, lanes, 1, CHUNK + 1),
             *((1, lanes + 1, 1, beyond + pixels) for pixels in range(MOST_PIXELS))]
    return [{"batch": batch, "inputs": count, "outputs": count, "groups": count, "extra": extra, "along": along}
            for batch, count, extra, along in sizes]
