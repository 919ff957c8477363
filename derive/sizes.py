"""At which size something is written out entry by entry, and when it is too long for that.

The theorems hold for all sizes; matrices and forms at a size are there to be looked at and to check the symbols
against. What would be longer than a page is left out, and the theorem says so (``LeftOut``).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from .lengths import image_length, smallest_feature_length
from .spec import ConvSpec
from .theorem import LeftOut

TERMS = 40  # of a form
CELLS = 2000  # of a matrix


def smallest(spec: ConvSpec) -> tuple[int, ...]:
    """Feature lengths at which forms are written out: the least, and one more below three axes."""
    return tuple(smallest_feature_length(axis) + (spec.dims < 3) for axis in spec.axes)


def terms(spec: ConvSpec, feature: Sequence[int]) -> int:
    """Pairs of a feature and a tap: at least the terms of T."""
    return prod(axis.kernel * m for axis, m in zip(spec.axes, feature, strict=True))


def cells(spec: ConvSpec, feature: Sequence[int]) -> int:
    """Entries of A."""
    return prod(m * image_length(axis, m) for axis, m in zip(spec.axes, feature, strict=True))


def too_long(what: str, spec: ConvSpec, feature: Sequence[int], most: int = TERMS, entries: int = CELLS) -> LeftOut | None:
    """Why something is not written out at this size, or None where it is."""
    if (count := terms(spec, feature)) > most:
        return LeftOut(what, count, most)
    if (count := cells(spec, feature)) > entries:
        return LeftOut(what, count, entries)
    return None


def small_enough(what: str, spec: ConvSpec, most: int = TERMS) -> tuple[list[tuple[str, ConvSpec]], LeftOut | None]:
    """The spec itself, or those of its axes (with a label) whose form is short enough; or why there is none."""
    missing = too_long(what, spec, smallest(spec), most)
    if missing is None:
        return [("", spec)], None
    axes = {ConvSpec.of([axis]): f"axis {spec.axes.index(axis)} alone: " for axis in spec.axes} if spec.dims > 1 else {}
    short = [(label, one) for one, label in axes.items() if too_long(what, one, smallest(one), most) is None]
    return short, None if short else missing
