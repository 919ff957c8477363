"""The graph of a map: one task for each block of the output, and what its slice reads of the input's blocks.

Of a block of the input, the largest piece goes to one block of the output; all others are small and make its rim, one task. Where
blocks are read from storage, home and rim are two reads: so no block waits in memory for its neighbours, which dask would
otherwise keep by the row. Blocks that were computed are shared.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise, product
from typing import Any, cast

import dask.array as da
import numpy as np
from dask.graph_manipulation import clone
from dask.highlevelgraph import HighLevelGraph

from convt._derive.halo import slice_of_features, slice_of_image
from convt._derive.phases import Window
from convt._derive.spec import Axis

from .tasks import Along, Cut, Part, Rim, Tile, Work, bounds


def whole_blocks(chunks: Sequence[int]) -> list[Along]:
    """An axis without a halo: each block by itself."""
    return [Along(tuple(_parts((0, *accumulate(chunks)), stop - size, stop, 0)), size, size, slice(0, size))
            for size, stop in zip(chunks, accumulate(chunks), strict=True)]


def all_blocks(chunks: Sequence[int], length: int) -> list[Along]:
    """An axis that every call needs all of: channels, of which the output has ``length``."""
    return [Along(tuple(_parts((0, *accumulate(chunks)), 0, sum(chunks), 0)), sum(chunks), length, slice(0, length))]


def sliced(axis: Axis, map_name: str, chunks: Sequence[int], wanted: Sequence[int], together: int) -> list[Along]:
    """An axis with a halo, its slices for blocks of the output of the ``wanted`` lengths; ``together`` as families say it."""
    make = slice_of_image if map_name == "conv_transpose" else slice_of_features
    edges, ends = (0, *accumulate(chunks)), (0, *accumulate(wanted))
    made = [(make(axis, Window(first, stop), edges[-1], together), stop - first) for first, stop in pairwise(ends)]
    along = [Along(tuple(_parts(edges, each.read.first, each.read.stop, each.before)), each.size, each.length,
                   slice(each.skip, each.skip + size)) for each, size in made]
    return _with_homes(along)


def _parts(edges: Sequence[int], first: int, stop: int, at: int) -> Iterator[Part]:
    """Positions first to stop − 1, block by block, to be placed from ``at`` on."""
    number = bisect_right(edges, first) - 1
    while first < stop:
        begin, end = edges[number], edges[number + 1]
        size = min(stop, end) - first
        if size:
            yield Part(number, size == end - begin, True, slice(first - begin, first - begin + size), slice(at, at + size))
        first, at, number = first + size, at + size, number + 1


def _with_homes(axis: Sequence[Along]) -> list[Along]:
    """Of each block of the input, only the largest part is at home, the first of equals."""
    most: dict[int, tuple[int, int]] = {}
    for number, along in enumerate(axis):
        for part in along.parts:
            size = part.cut.stop - part.cut.start
            if size > most.get(part.block, (0, 0))[0]:
                most[part.block] = size, number
    return [replace(along, parts=tuple(replace(part, home=most[part.block][1] == number) for part in along.parts))
            for number, along in enumerate(axis)]


def output(name: str, array: Any, work: Work, axes: Sequence[Sequence[Along]], spatial: slice, reread: bool) -> da.Array:
    """The dask array whose blocks are computed by ``work``; ``axes`` in the order of the array's, ``spatial`` says which have lengths."""
    again = clone(array, seed=name) if reread and _is_read(array) else array
    shared, rims = f"{name}-weights", dict[tuple[int, ...], dict[Hashable, tuple[Part, ...]]]()
    tasks: dict[Any, object] = {shared: work}
    for index in product(*(range(len(along)) for along in axes)):
        chosen = tuple(along[number] for along, number in zip(axes, index, strict=True))
        pieces = list[Hashable]()
        for parts in product(*(along.parts for along in chosen)):
            block = tuple(part.block for part in parts)
            if not all(part.home for part in parts):
                pieces.append((f"{name}-rim", *block))
                rims.setdefault(block, {})[bounds(parts)] = parts
            elif all(part.whole for part in parts):
                pieces.append((array.name, *block))
            else:
                pieces.append((f"{name}-cut", *block))
                tasks[pieces[-1]] = (Cut(parts), (array.name, *block))
        tasks[(name, *index)] = (Tile(chosen, spatial), shared, *pieces)
    for block, some in rims.items():
        tasks[(f"{name}-rim", *block)] = (Rim(tuple(some.values())), (again.name, *block))
    chunks = tuple(tuple(along.wanted.stop - along.wanted.start for along in one) for one in axes)
    meta, make = np.empty((0,) * len(axes), work.problem.dtype), cast(Any, da.Array)
    sources = [array] if again is array else [array, again]
    made: da.Array = make(HighLevelGraph.from_collections(name, tasks, dependencies=sources), name, chunks, meta=meta)
    return made


def _is_read(array: Any) -> bool:
    """Whether each block comes from storage, or is made, by a task of its own: no other layer of the graph has more than one key."""
    return all(layer == array.name or len(keys) == 1 for layer, keys in array.__dask_graph__().layers.items())
