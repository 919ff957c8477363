"""What is found in a model, whatever its format: layers, and those that no spec can say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from convt._derive.dialects import same_crop
from convt._derive.lengths import span

LETTERS = {1: "L", 2: "HW", 3: "DHW"}  # of axes whose length only a run tells


@dataclass(frozen=True)
class Found:
    """One convolution of a model."""

    name: str
    map: str
    """``conv`` or ``conv_transpose``."""
    geometry: dict[str, Any]
    """The keys of a spec that say it: ``config``, or a framework's own words."""
    channels: tuple[int, int] | None
    """(in, out)."""
    groups: int
    bias: bool
    dtype: str
    input: tuple[int | str, ...]
    """Lengths, one an axis; formulas where they are dynamic."""
    output: tuple[int | None, ...]
    """Lengths that the model itself says; None where it says none."""
    layout: str = "channels_first"
    notes: tuple[str, ...] = ()
    """What a reader of the spec should know, a comment each."""


@dataclass(frozen=True)
class LeftOut:
    """A convolution that no spec can say, and why."""

    name: str
    reason: str


@dataclass
class Model:
    """What a model has, in its order."""

    name: str
    library: str
    """The library that computes it: the layers are held to agree with it."""
    layers: list[Found | LeftOut]
    notes: list[str] = field(default_factory=list)
    """About the whole model."""


def dtype_of(name: str) -> tuple[str, tuple[str, ...]]:
    """(element type of a spec, notes) of the model's element type; what a spec has not is checked in float32."""
    if name in ("float32", "float64", "int64", "complex64", "complex128"):
        return name, ()
    return "float32", (f"{name} in the model",)


def plain(values: tuple[int, ...]) -> int | list[int]:
    """One number where all axes have the same, as people write it."""
    return values[0] if len(set(values)) == 1 else list(values)


def with_letters(lengths: Sequence[int | str | None]) -> tuple[tuple[int | str, ...], tuple[str, ...]]:
    """(lengths with a letter for each dynamic one, notes); a text is the model's own name of it."""
    letters = LETTERS[len(lengths)]
    made = tuple(length if isinstance(length, int) else letter for length, letter in zip(lengths, letters, strict=True))
    pairs = zip(lengths, letters, strict=True)
    dynamic = [f"{letter} ({length})" if length else letter for length, letter in pairs if not isinstance(length, int)]
    return made, (f"dynamic in the model: {', '.join(dynamic)}",) if dynamic else ()


def same(lengths: Sequence[int | str], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], upper: bool = True,
         ) -> tuple[list[tuple[int, int]], tuple[int | str, ...], tuple[str, ...]]:
    """(crops, input lengths, notes) of a forward convolution that pads to ⌈n/s⌉ features. That depends on n: with a stride,
    dynamic lengths are said for multiples of it."""
    crops, said, notes = [], list(lengths), []
    for axis, length in enumerate(lengths):
        s = stride[axis]
        rest = length % s or s if isinstance(length, int) else s
        crops.append(same_crop(span(kernel[axis], dilation[axis]) - rest, upper))
        if isinstance(length, str) and s > 1:
            said[axis] = f"{s}*{length}"
            notes.append(f"SAME pads by the length; said for those that {s} divides")
    return crops, tuple(said), tuple(dict.fromkeys(notes))
