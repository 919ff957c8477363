"""dask arrays as arguments: what can be said of them before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import isnan
from typing import Any

import dask.array as da
import numpy as np

from convt._derive.errors import ArgumentError


def described(name: str, array: Any) -> Any:
    """An empty batch of the array's type and lengths: calls are checked against it. Raises ``ArgumentError``."""
    if not isinstance(array, da.Array):
        raise ArgumentError(name, type(array).__name__, f"must be a dask array: dask.array.from_array({name}, chunks=…), or "
                            "dask.array.from_zarr(…)")
    if any(isnan(length) for length in array.shape):
        raise ArgumentError(name, array.shape, f"has blocks of unknown lengths; {name}.compute_chunk_sizes() finds them out")
    if type(array._meta) is not np.ndarray:
        raise ArgumentError(name, type(array._meta).__name__, f"must have NumPy arrays as blocks: {name}.map_blocks(numpy.asarray)")
    return np.empty((0, *array.shape[1:]) if array.ndim else (), array.dtype)


@contextmanager
def of_whole(name: str, array: da.Array) -> Iterator[None]:
    """Errors about the empty batch are about the array that it describes."""
    try:
        yield
    except ArgumentError as error:
        if error.argument != name or error.value != (0, *array.shape[1:]):
            raise
        raise ArgumentError(name, array.shape, error.rule, error.nearest) from None


def in_memory(value: Any) -> Any:
    """Weights or bias: a dask array is computed now, once; all else is as it is."""
    array: Any = value
    return array.compute() if isinstance(value, da.Array) else value
