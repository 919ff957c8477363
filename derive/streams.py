"""What pieces of a signal complete when they come one after the other, and what is kept for the next (theorem 24).

Each formula is written once, in plain arithmetic: theorem 24 states it of symbols, streams take it of numbers. A stream keeps
the inputs that outputs still to come read, and nothing else: how many does not depend on how long it runs.
"""

from __future__ import annotations

from typing import Any

from .spec import Axis


def images_complete(features: Any, s: Any, p_lo: Any) -> Any:
    """So many features complete the outputs of ``conv_transpose`` before this position, and no later one reads only those."""
    return s * features - p_lo


def features_needed(complete: Any, s: Any, reach: Any, p_lo: Any) -> Any:
    """Outputs of ``conv_transpose`` from ``complete`` on read no feature before ⌊·/s⌋ of this; ``reach`` is d(k−1)."""
    return complete + p_lo - reach + s - 1


def features_complete(positions: Any, s: Any, reach: Any, p_lo: Any) -> Any:
    """So many image positions complete the outputs of ``conv`` before ⌊·/s⌋ of this."""
    return positions - 1 - reach + p_lo + s


def images_needed(complete: Any, s: Any, p_lo: Any) -> Any:
    """Outputs of ``conv`` from ``complete`` on read no image position before this."""
    return s * complete - p_lo


def features_kept(axis: Axis) -> int:
    """Features that a stream of ``conv_transpose`` keeps: ⌈span/s⌉ − 1."""
    return -(-axis.span // axis.stride) - 1


def images_kept(axis: Axis) -> int:
    """Image positions that a stream of ``conv`` keeps at most: span − 1."""
    return axis.span - 1
