"""Samples of time, and what is said about them: medians, quartiles, and ratios of pairs with their interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb
from statistics import median
from time import perf_counter
from typing import Any

SAMPLE = 0.004  # seconds of one sample: short calls are repeated to fill it


def repeats(run: Callable[[], Any]) -> int:
    """How many calls fill a sample, by one call of a function that is warm."""
    return max(1, int(SAMPLE / max(sample(run, 1), 1e-7)))


def sample(run: Callable[[], Any], count: int) -> float:
    """Seconds of one call, from so many."""
    start = perf_counter()
    for _ in range(count):
        run()
    return (perf_counter() - start) / count


def summary(samples: Sequence[float]) -> tuple[float, float, float]:
    """(median, lower, upper quartile) in milliseconds."""
    ordered = sorted(samples)
    quarter = len(ordered) // 4
    return 1e3 * median(ordered), 1e3 * ordered[quarter], 1e3 * ordered[-1 - quarter]


def interval(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Median of the paired ratios theirs/ours, with the 95 % interval of that median (order statistics, binomial)."""
    ratios = sorted(their / our for our, their in zip(ours, theirs, strict=True))
    n, tail, rank = len(ratios), 0.0, 0
    while tail + comb(n, rank) / 2**n <= 0.025:
        tail += comb(n, rank) / 2**n
        rank += 1
    low = max(0, rank - 1)
    return median(ratios), ratios[low], ratios[n - 1 - low]
