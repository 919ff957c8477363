"""Family ``fast4``: ``fast`` with tiles of four outputs on axes where these take fewer products: those with three taps a phase.

F(4, 3) takes 6 products for 12 where F(2, 3) takes 4 for 6: 2.25 for an output instead of 4 in two dimensions. Its packed
weights are 2.25 times larger, small images are filled worse, and errors may grow more, so that both families are offered.
"""

from __future__ import annotations

from typing import Any

from ..problem import Problem
from ..target import Target
from . import fast

NAME = "fast4"
RESTS_ON = fast.RESTS_ON
GIVES_UP = fast.GIVES_UP
FEW = (*fast.FEW, 4)


def accepts(problem: Problem) -> bool:
    """What ``fast`` accepts, with four outputs on some axis."""
    return fast.accepts(problem, FEW) and any(axis.outputs == 4 for axis in fast.fast_axes(problem, FEW))


def plan(problem: Problem, shape: Target) -> fast.FastPlan:
    """As that of ``fast``, whose driver it shares."""
    return fast.plan(problem, shape, FEW, NAME)


def growth(problem: Problem) -> tuple[float, int]:
    """(amplification, roundings beyond the t of a direct sum) of its bound."""
    return fast.growth(problem, FEW)


def rounding(problem: Problem) -> str:
    """The bound of the certificate."""
    return fast.rounding(problem, FEW)


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds, as of ``fast``."""
    return fast.cost(problem, shape, FEW)


def together(problem: Problem) -> tuple[int, ...]:
    """The outputs of a tile: their transform mixes the whole window."""
    return fast.together(problem, FEW)


def corners(problem: Problem, shape: Target, made: fast.FastPlan) -> list[dict[str, Any]]:
    """Those of ``fast``, for larger tiles."""
    return fast.corners(problem, shape, made)
