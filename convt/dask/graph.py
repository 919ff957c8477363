"""The graph of a map: for each block of the output, the parts of the input's blocks that its slice reads, and the call."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, product
from typing import Any, cast

import dask.array as da
import numpy as np
from dask.highlevelgraph import HighLevelGraph

from convt._derive.halo import slice_of_features, slice_of_image
from convt._derive.phases import Window
from convt._derive.spec import Axis

from .tasks import Cut, Tile, Work


@dataclass(frozen=True)
class Part:
    """One axis of a piece: which block of the input, what of it, and where that is in the slice."""

    block: int
    whole: bool
    cut: slice
    place: slice


@dataclass(frozen=True)
class Along:
    """One axis of a block of the output: the parts that its slice has, the slice's length, that of its output, and what is wanted of it."""

    parts: tuple[Part, ...]
    size: int
    length: int
    wanted: slice


def whole_blocks(chunks: Sequence[int]) -> list[Along]:
    """An axis without a halo: each block by itself."""
    return [Along((Part(number, True, slice(0, size), slice(0, size)),), size, size, slice(0, size)) for number, size in enumerate(chunks)]


def all_blocks(chunks: Sequence[int], length: int) -> list[Along]:
    """An axis that every call needs all of: channels, of which the output has ``length``."""
    return [Along(tuple(_parts((0, *accumulate(chunks)), 0, sum(chunks), 0)), sum(chunks), length, slice(0, length))]


def sliced(axis: Axis, map_name: str, chunks: Sequence[int], wanted: Sequence[int], together: int) -> list[Along]:
    """An axis with a halo, its slices for blocks of the output of the ``wanted`` lengths; ``together`` as families say it."""
    make = slice_of_image if map_name == "conv_transpose" else slice_of_features
    edges, ends = (0, *accumulate(chunks)), (0, *accumulate(wanted))
    made = [(make(axis, Window(first, stop), edges[-1], together), stop - first) for first, stop in pairwise(ends)]
    return [Along(tuple(_parts(edges, each.read.first, each.read.stop, each.before)), each.size, each.length,
                  slice(each.skip, each.skip + size)) for each, size in made]


def _parts(edges: Sequence[int], first: int, stop: int, at: int) -> Iterator[Part]:
    """Positions first to stop − 1, block by block, to be placed from ``at`` on."""
    number = bisect_right(edges, first) - 1
    while first < stop:
        begin, end = edges[number], edges[number + 1]
        size = min(stop, end) - first
        if size:
            yield Part(number, size == end - begin, slice(first - begin, first - begin + size), slice(at, at + size))
        first, at, number = first + size, at + size, number + 1


def output(name: str, array: Any, work: Work, axes: Sequence[Sequence[Along]], spatial: slice) -> da.Array:
    """The dask array whose blocks are computed by ``work``; ``axes`` in the order of the array's, ``spatial`` says which have lengths."""
    shared = f"{name}-weights"
    tasks: dict[Any, object] = {shared: work}
    for index in product(*(range(len(along)) for along in axes)):
        chosen = [along[number] for along, number in zip(axes, index, strict=True)]
        pieces, places = list[Hashable](), list[tuple[slice, ...]]()
        for parts in product(*(along.parts for along in chosen)):
            key: Hashable = (array.name, *(part.block for part in parts))
            if not all(part.whole for part in parts):
                cuts = tuple(part.cut for part in parts)
                whole, key = key, (f"{name}-cut", *(part.block for part in parts), *(n for cut in cuts for n in (cut.start, cut.stop)))
                tasks[key] = (Cut(cuts), whole)
            pieces.append(key)
            places.append(tuple(part.place for part in parts))
        shape = tuple(along.size for along in chosen)
        tile = Tile(shape, tuple(places), tuple(along.length for along in chosen[spatial]), tuple(along.wanted for along in chosen))
        tasks[(name, *index)] = (tile, shared, *pieces)
    chunks = tuple(tuple(along.wanted.stop - along.wanted.start for along in one) for one in axes)
    meta, make = np.empty((0,) * len(axes), work.problem.dtype), cast(Any, da.Array)
    made: da.Array = make(HighLevelGraph.from_collections(name, tasks, dependencies=[array]), name, chunks, meta=meta)
    return made
