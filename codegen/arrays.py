"""Arrays in and out: NumPy, buffers and DLPack, without a copy unless one is needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from convt._derive import ArgumentError

from . import memory


def borrow(argument: str, value: Any, dtype: np.dtype[Any], dims: int) -> Any:
    """``value`` as a C-contiguous array of this type and rank; one that is not contiguous or misaligned is copied, once."""
    array = view(argument, value)
    if array.dtype != dtype:
        raise ArgumentError(argument, str(array.dtype), f"must have element type {dtype}", dtype)
    if array.ndim != dims:
        raise ArgumentError(argument, array.shape, f"must have {dims} axes, has {array.ndim}")
    if 0 in array.shape:
        raise ArgumentError(argument, array.shape, "must have no empty axis")
    if array.flags.c_contiguous and array.flags.aligned:
        return array
    memory.demand(argument, array.shape, dtype.itemsize)  # strides can make much of little
    return array.copy(order="C")


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
    except (TypeError, ValueError, BufferError):  # no buffer, one that was released, one in a format that NumPy has not
        raise ArgumentError(argument, type(value).__name__,
                            "must be a NumPy array, or offer the buffer protocol or DLPack") from None


def numbers(argument: str, value: Any) -> Any:
    """A NumPy array of real numbers from an array, or from nested lists of numbers."""
    try:
        array = view(argument, value) if isinstance(value, np.ndarray) or hasattr(value, "__dlpack__") else np.asarray(value)
    except ArgumentError:
        raise
    except Exception as error:  # ragged or endless lists, and whatever a class of the user's raises
        raise ArgumentError(argument, type(value).__name__, f"must be an array of real numbers: {error}") from None
    if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:
        raise ArgumentError(argument, str(array.dtype), "must be real numbers of at most 64 bits")
    return array


def output(value: Any, shape: tuple[int, ...], dtype: np.dtype[Any], inputs: dict[str, Any]) -> Any:
    """``out`` as a writable array, after all that could go wrong with it; a fresh one where it is None."""
    if value is None:
        return np.empty(shape, dtype)
    return writable(value, shape, dtype, inputs)


def writable(value: Any, shape: tuple[int, ...], dtype: np.dtype[Any], inputs: dict[str, Any]) -> Any:
    """``out`` as an array that a result of this shape can be written into, overlapping no input."""
    array = view("out", value)
    if array.dtype != dtype:
        raise ArgumentError("out", str(array.dtype), f"must have element type {dtype}", dtype)
    if array.shape != shape:
        raise ArgumentError("out", array.shape, f"must have shape {shape}", shape)
    if not array.flags.c_contiguous:
        raise ArgumentError("out", f"strides {array.strides}", "must be C-contiguous")
    if not array.flags.aligned:
        raise ArgumentError("out", f"an array that begins at an odd address, {array.ctypes.data:#x}", f"must be aligned for {dtype}")
    if not array.flags.writeable:
        raise ArgumentError("out", "a read-only array", "must be writable")
    for name, other in inputs.items():
        if other is not None and np.may_share_memory(array, other):
            raise ArgumentError("out", f"an array that overlaps {name}", "must not overlap an input")
    return array
