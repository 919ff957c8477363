"""Arrays between guard pages: touching one element before the first or after the last ends the process."""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

import numpy as np

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
PROT_NONE = 0


def guarded(shape: tuple[int, ...], dtype: Any, flush_right: bool) -> Any:
    """An uninitialised C-contiguous array that begins (or, ``flush_right``, ends) at the edge of its pages."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    page = mmap.PAGESIZE
    body = max(page, -(-size // page) * page)
    memory = mmap.mmap(-1, body + 2 * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for edge in (start, start + page + body):
        if _libc.mprotect(edge, page, PROT_NONE):
            raise OSError(ctypes.get_errno(), "mprotect failed")
    offset = page + (body - size if flush_right else 0)
    return np.frombuffer(memory, kind, count=size // kind.itemsize, offset=offset).reshape(shape)


def copied(values: Any, flush_right: bool) -> Any:
    """A guarded copy of an array."""
    array = guarded(values.shape, values.dtype, flush_right)
    array[...] = values
    return array
