"""Poisoned memory: arrays between guard pages, poison in them and beside them, and a heap whose fresh memory is poisoned too.

Touching one element before the first page or after the last ends the process. What is read from beside an array, from
an output or from scratch memory that nobody has filled shows in the results: poison is NaN or huge, by turns, so that
no sum absorbs it.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

PATTERNS = ("nan", "huge", "negative")
HUGE = {"f": 3e38, "d": 1.5e308, "l": (1 << 62) + 12345}  # as float32, float64 and int64
BLOCK = 1 << 14
READ, NOTHING = 1, 0  # rights of mprotect
PERTURB = -6  # option of glibc's mallopt: fresh memory is filled with the complement of the value's last byte, unless the value is 0
BYTES = {"nan": 0xFF, "huge": 0x7F, "negative": 0xFE}  # NaN; 3e38, 1e306, 9e18; −2e38, −5e303

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class Guarded:
    """``array``: C-contiguous, at the beginning or (``right``) the end of its pages; it and what is beside it is poison.

    With pattern None the array is zero, and takes memory only where it is written.
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any, right: bool, pattern: str | None) -> None:
        kind, page = np.dtype(dtype), mmap.PAGESIZE
        real = np.dtype(kind.char.lower())
        size = prod(shape) * kind.itemsize
        body = max(page, -(-size // page) * page)
        memory = mmap.mmap(-1, body + 2 * page, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.start, self.body = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + page, body
        for edge in (self.start - page, self.start + body):
            _protect(edge, page, NOTHING)
        before = body - size if right else 0
        self.array = np.frombuffer(memory, kind, size // kind.itemsize, page + before).reshape(shape)
        ends = ((0, before), (before + size, body))
        self.beside = [np.frombuffer(memory, real, (stop - first) // real.itemsize, page + first) for first, stop in ends]
        for part in (*self.beside, *([] if pattern is None else [self.array.reshape(-1).view(real)])):
            poison(part, pattern or "nan")
        self.kept = [part.copy() for part in self.beside]

    @classmethod
    def of(cls, values: Any, right: bool, pattern: str | None) -> Guarded:
        """A copy of an array that nobody may write: to try ends the process."""
        made = cls(values.shape, values.dtype, right, None)
        for part in made.beside:
            poison(part, pattern or "nan")
        for here, there in zip(_blocks(made.array), _blocks(values), strict=True):
            if there.any():  # zeros take no memory
                here[...] = there
        _protect(made.start, made.body, READ)
        return made

    def intact(self) -> bool:
        """Whether nothing beside the array was written."""
        return all(part.tobytes() == kept.tobytes() for part, kept in zip(self.beside, self.kept, strict=True))


def poison(part: Any, pattern: str) -> None:
    """Fill an array with NaN, with huge values in runs of either sign, or with huge negative ones; integers have no NaN."""
    huge = HUGE[part.dtype.char]
    part.fill({"nan": np.nan if part.dtype.kind == "f" else huge, "huge": huge, "negative": -huge}[pattern])
    if pattern == "huge":
        part[3::5], part[4::5] = -huge, -huge


def _blocks(array: Any) -> list[Any]:
    """An array in parts that are looked at one by one."""
    flat = array.reshape(-1)
    return [flat[first:first + BLOCK] for first in range(0, flat.size, BLOCK)]


@contextmanager
def poisoned_heap(pattern: str) -> Iterator[None]:
    """Meanwhile fresh memory of the heap is this poison, for all threads; other C libraries than glibc cannot do that."""
    option = getattr(_libc, "mallopt", lambda option, value: None)
    option(PERTURB, BYTES[pattern] ^ 0x1FF)
    try:
        yield
    finally:
        option(PERTURB, 0)


def _protect(start: int, size: int, rights: int) -> None:
    if _libc.mprotect(start, size, rights):
        raise OSError(ctypes.get_errno(), "mprotect failed")
