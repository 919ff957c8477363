"""Inputs of the checks: random integers, and for what is too large, which entries are not zero and which are compared."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from convt._derive.spec import Axis, ConvSpec

from .cases import MOST_ENTRIES, Case, partners

PLACES = {1: 2048, 2: 48, 3: 12}  # of each axis where an input that is thinned out is not zero
COMPARED = 512  # positions at most where some are compared
GATHERED = 1 << 20  # products of all these
Support = dict[str, tuple[Any, ...]]


def draw(spec: ConvSpec, case: Case, letters: str, dtype: Any, rng: Any, bound: int, kept: int | None) -> tuple[dict[str, Any], Support]:
    """Random integers in [−bound, bound] as inputs, and for those that are thinned out where they are not zero, axis by axis.

    With ``kept``, only so many of the channels (or images) that a result sums over are not zero in the first input.
    """
    given, support = dict[str, Any](), Support()
    lengths = case.lengths(spec)
    for letter in letters:
        shape = case.shapes(spec)[letter]
        if case.thin and prod(shape) > MOST_ENTRIES:
            every = [related(axis, [lengths[each][number] for each in "uwx"], rng) for number, axis in enumerate(spec.axes)]
            support[letter] = places = tuple(_some(length, found["uwx".index(letter)], PLACES[spec.dims], rng)
                                             for length, found in zip(lengths[letter], every, strict=True))
            given[letter] = np.zeros(shape, dtype)
            given[letter][np.ix_(*map(np.arange, shape[:2]), *places)] = integers(rng, (*shape[:2], *map(len, places)), bound, dtype)
        else:
            given[letter] = integers(rng, shape, bound, dtype)
    if kept is not None:
        channels = given[letters[0]] if letters == "xu" else np.moveaxis(given[letters[0]], 1, 0)
        each = channels.shape[0] // (1 if letters == "xu" else case.groups)
        for first in range(0, channels.shape[0], each):
            channels[first + rng.permutation(each)[kept:]] = 0
    return given, support


def integers(rng: Any, shape: tuple[int, ...], bound: int, dtype: Any) -> Any:
    """Random integers in [−bound, bound], complex ones in both parts."""
    values = rng.integers(-bound, bound + 1, shape).astype(dtype)
    return values + 1j * rng.integers(-bound, bound + 1, shape).astype(dtype) if dtype.kind == "c" else values


def positions(spec: ConvSpec, case: Case, out: str, support: Support, rng: Any) -> list[tuple[int, ...]]:
    """Where to compare outputs: the two corners, then, axis by axis, an end, any place, or what a related triple of the support has."""
    lengths = case.lengths(spec)
    each = prod(min([partners(axis, out, m, n), *(len(places[number]) for places in support.values())])
                for number, (axis, m, n) in enumerate(case.axes(spec)))
    count = max(2, min(COMPARED, GATHERED // (each * case.batch * case.features * case.images)))
    columns = []
    for number, axis in enumerate(spec.axes):
        sources = [support[letter][number] if letter in support else lengths[letter][number] for letter in "uwx"]
        length = lengths[out][number]
        ends = np.array([0, length - 1, min(1, length - 1)])
        places = np.concatenate([related(axis, sources, rng)["uwx".index(out)], np.repeat(ends, 4), rng.integers(0, length, 16)])
        columns.append([0, length - 1, *rng.choice(places, count - 2).tolist()])
    return list(dict.fromkeys(zip(*columns, strict=True)))


def taken(array: Any, at: list[tuple[int, ...]]) -> Any:
    """Entries of an array at these positions, as (…, channel, position)."""
    return np.stack([array[(slice(None), slice(None), *place)] for place in at], -1)


def related(axis: Axis, sources: list[Any], rng: Any, count: int = 4096) -> tuple[Any, Any, Any]:
    """Random related (i, a, j) of an axis: two of them are drawn, the third follows. ``sources``: places, or how many there are."""
    s, d, crop = axis.stride, axis.dilation, axis.padding[0]
    (i, a, j), (i2, a2, j2) = ([rng.choice(source, count) if not isinstance(source, int) else rng.integers(0, source, count)
                                for source in sources] for _ in range(2))
    found = [(i, a, s * i + d * a - crop), ((j + crop - d * a2) // s, a2, j), (i2, (j2 + crop - s * i2) // d, j2)]
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    kept = s * columns[0] + d * columns[1] - crop == columns[2]
    for column, source in zip(columns, sources, strict=True):
        kept &= (column >= 0) & (column < source) if isinstance(source, int) else np.isin(column, source)
    return columns[0][kept], columns[1][kept], columns[2][kept]


def _some(length: int, places: Any, count: int, rng: Any) -> Any:
    """Both ends of an axis, and some of these places."""
    chosen = rng.choice(places, count) if places.size else places
    return np.unique(np.concatenate([[0, length - 1], chosen]))
