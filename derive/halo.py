"""Which inputs a block of outputs reads, and the slice that computes it with the same kernel (theorem 21).

Each formula is written once, in plain arithmetic: theorem 21 states it of symbols, slices take it of numbers. A slice begins
at a feature that the kernel's tiles begin at, and at the image position s times it, so that phases and tiles lie in it as
they lie in the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .phases import Window
from .spec import Axis


def features_read(first: Any, stop: Any, k: Any, s: Any, d: Any, p_lo: Any) -> tuple[Any, Any]:
    """Outputs first ≤ j < stop of ``conv_transpose`` read the features ⌊·/s⌋ of the one to ⌊·/s⌋ of the other, both included."""
    return first + p_lo - d * (k - 1) + s - 1, stop - 1 + p_lo


def images_read(first: Any, stop: Any, k: Any, s: Any, d: Any, p_lo: Any) -> tuple[Any, Any]:
    """Outputs first ≤ i < stop of ``conv`` read the image positions from the one to the other, both included."""
    return s * first - p_lo, s * (stop - 1) + d * (k - 1) - p_lo


@dataclass(frozen=True)
class Slice:
    """One axis of a call that computes some outputs apart from the others.

    Its input is ``read``, with ``before`` and ``after`` zeros around it where no tap of the wanted outputs lies. Of its
    ``length`` outputs the first ``skip`` are not wanted, nor those after the wanted ones.
    """

    read: Window
    before: int
    after: int
    length: int
    skip: int

    @property
    def size(self) -> int:
        """Length of its input."""
        return self.before + len(self.read) + self.after


def slice_of_image(axis: Axis, wanted: Window, m: int, together: int = 1) -> Slice:
    """The slice of ``conv_transpose`` that computes these outputs from m features.

    ``together``: neighbouring outputs of a phase that the kernel computes from one window, beginning at a multiple of it.
    """
    s, more = axis.stride, axis.stride * (together - 1)
    low, high = features_read(wanted.first - more, wanted.stop + more, axis.kernel, s, axis.dilation, axis.padding[0])
    read = _within(low // s, high // s + 1, m)
    begin = min(read.first, wanted.first // s, m - 1) // together * together
    stop = max(read.stop, begin + 1)
    if not len(read):
        read = Window(begin, begin)
    least = s * (stop - begin - 1) + axis.span - sum(axis.padding)  # that so many features can have
    return Slice(read, read.first - begin, stop - read.stop, max(least, wanted.stop - s * begin), wanted.first - s * begin)


def slice_of_features(axis: Axis, wanted: Window, n: int, together: int = 1) -> Slice:
    """The slice of ``conv`` that computes these outputs from n image positions; ``together`` as in ``slice_of_image``."""
    s, more = axis.stride, together - 1
    low, high = images_read(wanted.first - more, wanted.stop + more, axis.kernel, s, axis.dilation, axis.padding[0])
    read = _within(low, high + 1, n)
    begin = min(read.first // s, wanted.first, (n - 1) // s) // together * together
    length = wanted.stop - begin
    if not len(read):
        read = Window(s * begin, s * begin)
    least = s * (length - 1) + axis.span - sum(axis.padding)  # that so many outputs can have
    stop = max(read.stop, s * begin + max(least, 1))
    return Slice(read, read.first - s * begin, stop - read.stop, length, wanted.first - begin)


def _within(first: int, stop: int, length: int) -> Window:
    """The part of first to stop − 1 that is there."""
    first = min(max(first, 0), length)
    return Window(first, max(first, min(stop, length)))
