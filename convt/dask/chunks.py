"""How the output of a map is divided into blocks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from convt._derive.errors import ArgumentError
from convt._derive.spec import LONGEST, Axis, integer, is_sequence

Chunks = int | Sequence[int | Sequence[int] | None] | None


def output_chunks(axes: Sequence[Axis], map_name: str, inputs: Sequence[Sequence[int]], lengths: Sequence[int],
                  chunks: Chunks) -> tuple[tuple[int, ...], ...]:
    """Lengths of the output's blocks along each spatial axis: as asked for, else those that correspond to the input's.

    ``inputs``: lengths of the input's blocks; ``lengths``: of the output. Raises ``ArgumentError``.
    """
    wanted: list[Any] = list(chunks) if is_sequence(chunks) else [chunks] * len(axes)
    if len(wanted) != len(axes):
        raise ArgumentError("chunks", chunks, f"must be an int, or have one entry for each of {len(axes)} spatial axes")
    return tuple(_corresponding(axis, map_name, given, length) if asked is None else _asked(number, asked, length)
                 for number, (axis, given, length, asked) in enumerate(zip(axes, inputs, lengths, wanted, strict=True)))


def _asked(number: int, asked: int | Sequence[int], length: int) -> tuple[int, ...]:
    if not is_sequence(asked):
        size = integer(f"chunks[{number}]", asked, 1, LONGEST)
        return _cut(length, size)
    sizes = tuple(integer(f"chunks[{number}][{place}]", size, 1, LONGEST) for place, size in enumerate(asked))
    if sum(sizes) != length:
        raise ArgumentError(f"chunks[{number}]", sizes, f"adds up to {sum(sizes)}, must add up to the output's length {length}")
    return sizes


def _corresponding(axis: Axis, map_name: str, given: Sequence[int], length: int) -> tuple[int, ...]:
    """An edge of the input's blocks at i is one of the image at s·i, or of the features at ⌈i/s⌉; what is beyond the last goes with
    the last block, or into blocks of its own where it is more than half of the largest."""
    s, edges = axis.stride, (0, *accumulate(given))
    there = sorted({min(length, s * edge if map_name == "conv_transpose" else -(-edge // s)) for edge in edges})
    sizes = [stop - first for first, stop in pairwise(there)]
    rest = length - there[-1]
    if 2 * rest > max(sizes):
        sizes += _cut(rest, max(sizes))
    else:
        sizes[-1] += rest
    return tuple(sizes)


def _cut(length: int, size: int) -> tuple[int, ...]:
    """Blocks of this size, and the rest."""
    return (size,) * (length // size) + (length % size,) * (length % size > 0)
