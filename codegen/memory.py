"""What no machine could hold is refused before anything is built or allocated.

One array may take LEAST bytes, or this machine's memory where that is more. What is larger could not be computed
here at all; what is smaller is tried, and may end in a ``MemoryError`` where others hold the memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from math import prod

from convt._derive import ArgumentError, ConvSpec
from convt._derive.lengths import image_length, smallest_feature_length

LEAST = 24 << 30


@cache
def most_bytes() -> int:
    """Bytes that one array may take."""
    try:
        return max(LEAST, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError):
        return LEAST


def fits(shape: Sequence[int], size: int) -> bool:
    """Whether an array of this shape, with elements of ``size`` bytes, may be made."""
    return prod(shape) * size <= most_bytes()


def demand(argument: str, shape: Sequence[int], size: int, nearest: Callable[[], object] = lambda: None) -> None:
    """Raise ``ArgumentError`` unless the array fits; ``nearest`` finds the largest that does."""
    if not fits(shape, size):
        raise ArgumentError(argument, tuple(shape), f"would take {prod(shape) * size / 2**30:.4g} GiB; an array may take "
                            f"{most_bytes() / 2**30:.4g} GiB", nearest())


def demand_smallest(spec: ConvSpec, map: str, size: int) -> None:
    """Raise ``ArgumentError`` for a geometry whose weights, smallest features or smallest image fit nowhere: no call could ever be made."""
    feature, image = [1] * spec.dims, [max(1, axis.span - sum(axis.padding)) for axis in spec.axes]
    if map == "conv_transpose":
        feature = [smallest_feature_length(axis) for axis in spec.axes]
        image = [image_length(axis, m) for axis, m in zip(spec.axes, feature, strict=True)]
    for argument, shape in (("kernel", spec.kernel), ("smallest features", feature), ("smallest image", image)):
        demand(argument, shape, size, lambda: f"lengths of {root(spec.dims, size)} on each axis")


def root(dims: int, size: int) -> int:
    """The longest cube (square, line) of elements that fits."""
    return largest(lambda length: fits((length,) * dims, size), most_bytes())


def largest(works: Callable[[int], bool], most: int) -> int:
    """The largest number from 0 to ``most`` that works, where all below one that works do."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if works(middle) else (low, middle - 1)
    return low
