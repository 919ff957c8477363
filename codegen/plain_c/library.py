"""The plain C of a kernel as a shared library that is called with arrays: for the check before it is handed out, and for tests."""

from __future__ import annotations

import ctypes
from math import prod
from typing import Any

import numpy as np

from convt._derive.maps import MAPS

from ..guard import Guarded

WEIGHTS, PACKED = 1, 2
AUTO = -1
TEXTS = ("DONE", "NO_MEMORY", "NOT_FINITE", None, "BAD_BATCH", "BAD_FEATURES", "BAD_IMAGES", "BAD_GROUPS", "BAD_FEATURE_LENGTH",
         "BAD_IMAGE_LENGTH", "NO_PAIR", "TOO_LARGE", "BAD_FAMILY", "BAD_THREADS", "BAD_ARRAY", "OVERLAP")


class Library:
    """A kernel of plain C. ``path``: the library; ``sizes`` of its functions are (batch, features, images, groups, m, n).

    Functions return the name of a result, as the header has it, and what they give.
    """

    def __init__(self, path: str, name: str, map_name: str, dims: int) -> None:
        self.library, self.name, self.roles, self.dims = ctypes.CDLL(path), name, MAPS[map_name], dims
        self.packs = "w" in self.roles.reads
        lengths = ctypes.c_ssize_t * dims
        self.sizes = type("Sizes", (ctypes.Structure,), {"_fields_": [
            *((field, ctypes.c_ssize_t) for field in ("batch", "features", "images", "groups")), ("m", lengths), ("n", lengths)]})

    def _call(self, what: str, *words: Any) -> str:
        result = getattr(self.library, f"{self.name}_{what}")(*words)
        return TEXTS[result] or str(result)

    def of(self, sizes: tuple[Any, ...]) -> Any:
        """The sizes as the header's structure, by reference."""
        *numbers, m, n = sizes
        return ctypes.byref(self.sizes(*numbers, tuple(m), tuple(n)))

    def check(self, sizes: tuple[Any, ...]) -> str:
        """Whether sizes fit together."""
        return self._call("check", self.of(sizes))

    def lengths(self, sizes: tuple[Any, ...]) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
        """(result, m, n) with the lengths of the output filled in."""
        *numbers, m, n = sizes
        held = self.sizes(*numbers, tuple(m), tuple(n))
        return self._call("lengths", ctypes.byref(held)), tuple(held.m), tuple(held.n)

    def choose(self, sizes: tuple[Any, ...]) -> tuple[str, int]:
        """(result, the family that AUTO stands for)."""
        family = ctypes.c_int(-7)
        return self._call("choose", self.of(sizes), ctypes.byref(family)), family.value

    def scratch_size(self, sizes: tuple[Any, ...], family: int, threads: int, given: int = WEIGHTS) -> tuple[str, int]:
        """(result, bytes of scratch memory)."""
        found, kind = ctypes.c_size_t(), [given] if self.packs else []
        return self._call("scratch_size", self.of(sizes), family, *kind, threads, ctypes.byref(found)), found.value

    def pack_size(self, sizes: tuple[Any, ...], family: int) -> tuple[str, int, int]:
        """(result, bytes of the packed weights, bytes of scratch memory for packing)."""
        size, scratch = ctypes.c_size_t(), ctypes.c_size_t()
        return self._call("pack_size", self.of(sizes), family, ctypes.byref(size), ctypes.byref(scratch)), size.value, scratch.value

    def pack(self, sizes: tuple[Any, ...], family: int, w: Any, packed: Any, scratch: Memory) -> str:
        """Fills ``packed``."""
        return self._call("pack", self.of(sizes), family, pointer(w), pointer(packed), scratch.pointer, ctypes.c_size_t(scratch.size))

    def run(self, sizes: tuple[Any, ...], family: int, arrays: dict[str, Any], threads: int, scratch: Memory) -> str:
        """Fills the array of the result's letter. Those that are not in ``arrays`` (w, packed, bias) are not given."""
        letters = [*self.roles.reads, *(("packed", "bias") if self.packs else ()), self.roles.gives]
        return self._call("run", self.of(sizes), family, *(pointer(arrays.get(letter)) for letter in letters), threads, scratch.pointer,
                          ctypes.c_size_t(scratch.size))


def pointer(array: Any) -> Any:
    """Where an array begins; NULL for None."""
    return None if array is None else ctypes.c_void_p(array.ctypes.data)


class Memory:
    """So many bytes of poison right before a guard page: what is read from there shows, and what goes beyond ends the process."""

    def __init__(self, size: int, pattern: str = "nan") -> None:
        self.size, self.guarded = size, Guarded((-(-size // 4),), np.dtype(np.float32), True, pattern)

    @property
    def pointer(self) -> Any:
        """Where it begins."""
        return pointer(self.guarded.array)


def same_bits(one: Any, other: Any) -> bool:
    """Equal entry by entry, bit by bit; one NaN is as good as another."""
    real = one.dtype.char.lower()
    left, right = (array.reshape(-1).view(real) for array in (one, other))
    if left.dtype.kind == "f":
        number = left.dtype.itemsize
        both = np.isnan(left) & np.isnan(right)
        return bool((both | (left.view(f"u{number}") == right.view(f"u{number}"))).all())
    return bool((left == right).all())


def numbers(rng: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Random numbers as a network has them; integers of all sizes."""
    if dtype.kind == "i":
        return rng.integers(-(2**63), 2**63 - 1, shape, dtype)
    real = rng.standard_normal((2, prod(shape)))
    return (real[0] + (1j * real[1] if dtype.kind == "c" else 0)).astype(dtype).reshape(shape)
