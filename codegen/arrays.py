"""Arrays in and out: NumPy, buffers and DLPack, without a copy unless one is needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from convt._derive import ArgumentError


def borrow(argument: str, value: Any, dtype: np.dtype[Any], dims: int) -> Any:
    """``value`` as a C-contiguous array of this type and rank; only a non-contiguous one is copied, once."""
    array = view(argument, value)
    if array.dtype != dtype:
        raise ArgumentError(argument, str(array.dtype), f"must have element type {dtype}", dtype)
    if array.ndim != dims:
        raise ArgumentError(argument, array.shape, f"must have {dims} axes, has {array.ndim}")
    if 0 in array.shape:
        raise ArgumentError(argument, array.shape, "must have no empty axis")
    return array if array.flags.c_contiguous and array.flags.aligned else np.ascontiguousarray(array)


def view(argument: str, value: Any) -> Any:
    """A NumPy view of anything that speaks NumPy's interface, the buffer protocol or DLPack (on the CPU)."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "__dlpack__"):
        try:
            return np.from_dlpack(value)
        except Exception as error:  # each library refuses in its own way: gradients, devices, types
            raise ArgumentError(argument, type(value).__name__, f"cannot be borrowed through DLPack: {error}") from error
    try:
        return np.asarray(memoryview(value))
    except TypeError:
        raise ArgumentError(argument, type(value).__name__,
                            "must be a NumPy array, or offer the buffer protocol or DLPack") from None


def output(value: Any, shape: tuple[int, ...], dtype: np.dtype[Any], inputs: dict[str, Any]) -> Any:
    """``out`` as a writable array, after all that could go wrong with it; a fresh one where it is None."""
    if value is None:
        return np.empty(shape, dtype)
    array = view("out", value)
    if array.dtype != dtype:
        raise ArgumentError("out", str(array.dtype), f"must have element type {dtype}", dtype)
    if array.shape != shape:
        raise ArgumentError("out", array.shape, f"must have shape {shape}", shape)
    if not array.flags.c_contiguous:
        raise ArgumentError("out", f"strides {array.strides}", "must be C-contiguous")
    if not array.flags.writeable:
        raise ArgumentError("out", "a read-only array", "must be writable")
    for name, other in inputs.items():
        if other is not None and np.may_share_memory(array, other):
            raise ArgumentError("out", f"an array that overlaps {name}", "must not overlap an input")
    return array
