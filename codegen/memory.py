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
from convt._derive.spec import LARGEST

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


def demand_smallest(spec: ConvSpec, size: int) -> None:
    """Raise ``ArgumentError`` for a geometry whose smallest call, of one channel, fits no machine of LEAST bytes; it names the largest
    that does."""
    taken = smallest_bytes(spec, size)
    if taken <= LEAST:
        return

    def works(field: str, value: int) -> bool:
        return smallest_bytes(_clamped(spec, field, value), size) <= LEAST

    field = next((field for field in ("padding", "output_padding", "dilation", "kernel") if works(field, 1)), None)
    nearest = field and str(_clamped(spec, field, largest(lambda value: works(field, value), LARGEST)))
    raise ArgumentError("spec", str(spec), f"its smallest call, of one channel, has arrays of {taken / 2**30:.3g} GiB; "
                        f"kernels are for machines that hold {LEAST >> 30} GiB", nearest)


def smallest_bytes(spec: ConvSpec, size: int) -> int:
    """Bytes of the three arrays of the smallest call."""
    m = [smallest_feature_length(axis) for axis in spec.axes]
    n = [image_length(axis, length) for axis, length in zip(spec.axes, m, strict=True)]
    return (prod(m) + prod(n) + prod(spec.kernel)) * size


def _clamped(spec: ConvSpec, field: str, most: int) -> ConvSpec:
    """The spec with no value of a field greater than this in magnitude."""
    def least(value: int) -> int:
        return max(-most, min(most, value))

    values = {name: getattr(spec, name) for name in ("kernel", "stride", "padding", "dilation", "output_padding")}
    values[field] = [(least(v[0]), least(v[1])) if field == "padding" else max(int(field in ("kernel", "dilation")), least(v))
                     for v in values[field]]
    return ConvSpec(**values, dims=spec.dims)


def largest(works: Callable[[int], bool], most: int) -> int:
    """The largest number from 0 to ``most`` that works, where all below one that works do."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if works(middle) else (low, middle - 1)
    return low
