"""What the tasks of a graph do. They travel to other processes, where the kernel is opened and the weights are packed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from convt._codegen.kernel import Kernel
from convt._codegen.packed import Packed
from convt._codegen.problem import Problem

from ..calls import kernel_of

MOST_READY = 8  # layers whose packed weights a process keeps
_ready: dict[str, tuple[Kernel, Packed]] = {}


@dataclass(frozen=True)
class Work:
    """What all blocks of a layer share: its kernel, by its problem, the family for the whole array, weights and bias."""

    token: str
    problem: Problem = field(compare=False)
    family: str = field(compare=False)
    weights: Any = field(compare=False, repr=False)
    bias: Any = field(compare=False, repr=False)
    groups: int = field(compare=False)
    threads: int | None = field(compare=False)

    def ready(self) -> tuple[Kernel, Packed]:
        """The kernel, from the store of this machine, and its weights, which are packed at the first call of the process."""
        if (found := _ready.get(self.token)) is None:
            packed = Packed(self.problem.name, self.groups, self.family, self.weights, self.family)
            found = _ready.setdefault(self.token, (kernel_of(self.problem), packed))  # one for all threads
            while len(_ready) > MOST_READY:
                _ready.pop(next(iter(_ready)), None)
        return found

    def run(self, block: Any, lengths: tuple[int, ...]) -> Any:
        """The map of one block, with these lengths of its output."""
        kernel, packed = self.ready()
        return kernel.run(block, packed, self.bias, self.groups, None, self.threads, self.family, lengths)


@dataclass(frozen=True)
class Part:
    """One axis of a piece: which block of the input, what of it, and where that is in the slice.

    ``whole``: all of the block; ``home``: no other slice has more of it.
    """

    block: int
    whole: bool
    home: bool
    cut: slice
    place: slice


@dataclass(frozen=True)
class Along:
    """One axis of a block of the output: the parts that its slice has, the slice's length, that of its output, and what is wanted of it."""

    parts: tuple[Part, ...]
    size: int
    length: int
    wanted: slice


def bounds(parts: tuple[Part, ...]) -> tuple[tuple[int, int], ...]:
    """What a piece has of its block."""
    return tuple((part.cut.start, part.cut.stop) for part in parts)


@dataclass(frozen=True)
class Cut:
    """A piece of a block of the input, copied: the block itself is not needed any longer."""

    parts: tuple[Part, ...]

    def __call__(self, block: Any) -> Any:
        return np.array(block[tuple(part.cut for part in self.parts)])


@dataclass(frozen=True)
class Rim:
    """The pieces of a block of the input that slices of other blocks have, by their bounds."""

    pieces: tuple[tuple[Part, ...], ...]

    def __call__(self, block: Any) -> dict[Any, Any]:
        return {bounds(parts): Cut(parts)(block) for parts in self.pieces}


@dataclass(frozen=True)
class Tile:
    """One block of the output: pieces of the input at their places in a slice, zeros elsewhere; the map; what is wanted of it.

    The pieces, or rims that have them, come as the product of the axes' parts. ``spatial`` says which axes have lengths of their own.
    """

    axes: tuple[Along, ...]
    spatial: slice

    def __call__(self, work: Work, *pieces: Any) -> Any:
        shape = tuple(along.size for along in self.axes)
        if len(pieces) == 1 and getattr(pieces[0], "shape", None) == shape:
            block = pieces[0]
        else:
            block = np.zeros(shape, work.problem.dtype)
            for parts, piece in zip(product(*(along.parts for along in self.axes)), pieces, strict=True):
                block[tuple(part.place for part in parts)] = piece[bounds(parts)] if isinstance(piece, dict) else piece
        result = work.run(block, tuple(along.length for along in self.axes[self.spatial]))
        return np.ascontiguousarray(result[tuple(along.wanted for along in self.axes)])
