"""What the tasks of a graph do. They travel to other processes, where the kernel is opened and the weights are packed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from convt._codegen.kernel import Kernel
from convt._codegen.packed import Packed
from convt._codegen.problem import Problem

from ..api import opened

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
            found = _ready.setdefault(self.token, (opened(self.problem), packed))  # one for all threads
            while len(_ready) > MOST_READY:
                _ready.pop(next(iter(_ready)), None)
        return found

    def run(self, block: Any, lengths: tuple[int, ...]) -> Any:
        """The map of one block, with these lengths of its output."""
        kernel, packed = self.ready()
        return kernel.run(block, packed, self.bias, self.groups, None, self.threads, self.family, lengths)


@dataclass(frozen=True)
class Cut:
    """A part of a block of the input, copied: the block itself is not needed any longer."""

    part: tuple[slice, ...]

    def __call__(self, block: Any) -> Any:
        return np.array(block[self.part])


@dataclass(frozen=True)
class Tile:
    """One block of the output: pieces of the input at their places in a slice of this shape, zeros elsewhere; the map; what is wanted."""

    shape: tuple[int, ...]
    places: tuple[tuple[slice, ...], ...]
    lengths: tuple[int, ...]
    wanted: tuple[slice, ...]

    def __call__(self, work: Work, *pieces: Any) -> Any:
        if len(pieces) == 1 and pieces[0].shape == self.shape:
            block = pieces[0]
        else:
            block = np.zeros(self.shape, work.problem.dtype)
            for place, piece in zip(self.places, pieces, strict=True):
                block[place] = piece
        return np.ascontiguousarray(work.run(block, self.lengths)[self.wanted])
