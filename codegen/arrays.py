"""Arrays in and out: NumPy, buffers and DLPack, without a copy unless one is needed; results of the caller's own kind."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import numpy as np

from convt._derive import ArgumentError

from . import memory
from .elements import TYPES

NEAREST = {"i": "int64", "u": "int64", "b": "int64", "f": "float64", "c": "complex128"}  # what holds the values of other types of a kind
SMALL = ("float16", "bfloat16", "complex32")


def borrow(argument: str, value: Any, dtype: np.dtype[Any], dims: int, may_be_empty: bool = False) -> Any:
    """``value`` as a C-contiguous array of this type and rank. Copied, once, if it is not contiguous, misaligned or of another byte order.

    ``may_be_empty``: the first axis, of a batch, may have no entries.
    """
    array = view(argument, value)
    if array.dtype.newbyteorder("=") != dtype:
        cast = _cast(argument, value, str(dtype))
        raise ArgumentError(argument, array.dtype.name, f"must have element type {dtype}; {cast}", dtype)
    if array.ndim != dims:
        raise ArgumentError(argument, array.shape, f"must have {dims} axes, has {array.ndim}")
    if 0 in array.shape[may_be_empty:]:
        raise ArgumentError(argument, array.shape, "must have no empty axis" + " but that of the batch" * may_be_empty)
    if array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative:
        return _unnamed(array, dtype)
    memory.demand(argument, array.shape, dtype.itemsize)  # strides can make much of little
    return array.astype(dtype, order="C")


def view(argument: str, value: Any) -> Any:
    """A NumPy view of anything that speaks NumPy's interface, the buffer protocol or DLPack (on the CPU)."""
    if isinstance(value, np.ndarray):
        if isinstance(value, np.ma.MaskedArray):
            raise ArgumentError(argument, "a masked array", f"has a mask, which a convolution cannot heed; fill it: {argument}.filled(0)")
        return value
    if hasattr(value, "__dlpack__"):
        if getattr(value, "requires_grad", False) is True:
            rule = f"requires a gradient, which convt.torch computes, and this call does not; pass {argument}.detach()"
            raise ArgumentError(argument, type(value).__name__, rule)
        try:
            return np.from_dlpack(value)
        except Exception as error:  # each library refuses in its own way: devices, types
            dtype = str(getattr(value, "dtype", "")).rpartition(".")[2]
            if dtype in SMALL:
                raise unsupported(argument, value, dtype) from None
            raise ArgumentError(argument, type(value).__name__, f"cannot be borrowed through DLPack: {error}") from error
    try:
        return np.asarray(memoryview(value))
    except (TypeError, ValueError, BufferError):  # no buffer, one that was released, one in a format that NumPy has not
        make = f"; make one: np.asarray({argument}, 'float32')" if isinstance(value, list | tuple) else ""
        raise ArgumentError(argument, type(value).__name__,
                            "must be a NumPy array, or offer the buffer protocol or DLPack" + make) from None


def like(value: Any, result: Any) -> Any:
    """A result as the kind of array that ``value`` is: a tensor for a tensor, in the same memory; NumPy's for all others."""
    if isinstance(value, np.ndarray) or not hasattr(value, "__dlpack__"):
        return result
    if hasattr(value, "__array_namespace__"):
        library = value.__array_namespace__()
    else:
        library = sys.modules.get(type(value).__module__.partition(".")[0])
    receive = getattr(library, "from_dlpack", None)
    return result if receive is None else receive(result)


def unsupported(argument: str, value: Any, dtype: str) -> ArgumentError:
    """The error for an array whose element type no kernel has."""
    nearest = "float32" if dtype in SMALL else None
    with suppress(TypeError):  # types that NumPy has not
        nearest = nearest or NEAREST.get(np.dtype(dtype).kind)
    cast = f"; {_cast(argument, value, nearest)}" if nearest else ""
    return ArgumentError(argument, dtype, f"must have an element type of {', '.join(TYPES)}{cast}", nearest)


def _cast(argument: str, value: Any, dtype: str) -> str:
    """How its owner would convert an array."""
    torch = type(value).__module__.partition(".")[0] == "torch"
    return f"convert it: {argument}.{f'to(torch.{dtype})' if torch else f'astype({dtype!r})'}"


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


def writable(value: Any, shape: tuple[int, ...], dtype: np.dtype[Any], inputs: dict[str, Any], argument: str = "out") -> Any:
    """``out``, by its name, as an array that a result of this shape can be written into, overlapping no input."""
    array = view(argument, value)
    if array.dtype != dtype:
        order = "" if array.dtype.newbyteorder("=") != dtype else " in the processor's byte order"
        raise ArgumentError(argument, str(array.dtype), f"must have element type {dtype}{order}", dtype)
    if array.shape != shape:
        raise ArgumentError(argument, array.shape, f"must have shape {shape}", shape)
    if not array.flags.c_contiguous:
        raise ArgumentError(argument, f"strides {array.strides}", "must be C-contiguous")
    if not array.flags.aligned:
        raise ArgumentError(argument, f"an array that begins at an odd address, {array.ctypes.data:#x}", f"must be aligned for {dtype}")
    if not array.flags.writeable:
        raise ArgumentError(argument, "a read-only array", "must be writable")
    for name, other in inputs.items():
        if other is not None and np.may_share_memory(array, other):
            raise ArgumentError(argument, f"an array that overlaps {name}", "must not overlap an input")
    return _unnamed(array, dtype)


def _unnamed(array: Any, dtype: np.dtype[Any]) -> Any:
    """The array without the name of the processor's own byte order, which its buffer would spell: what Zarr returns has one."""
    return array if array.dtype.byteorder == dtype.byteorder else array.view(dtype)
