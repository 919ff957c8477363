"""What a child that asks a library needs to know of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Task:
    """A layer with few channels, for a child. ``words``: the layer's own arguments, where the library takes them."""

    spec: str
    map: str
    groups: int
    features: int
    images: int
    bias: bool
    taps: list[float] | None
    words: dict[str, Any] | None
