"""Layers to benchmark: transposed convolutions with channels and sizes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from math import prod
from pathlib import Path
from typing import Any

from convt._derive.errors import ArgumentError
from convt._derive.lengths import image_lengths
from convt._derive.spec import ConvSpec

FIELDS = {"name", "batch", "in_channels", "out_channels", "groups", "input", "kernel", "stride", "padding", "dilation",
          "output_padding"}


@dataclass(frozen=True)
class Layer:
    """A transposed convolution of (batch, features, *size) to images."""

    name: str
    spec: ConvSpec
    batch: int
    features: int
    images: int
    groups: int
    size: tuple[int, ...]

    @property
    def image(self) -> tuple[int, ...]:
        """Image lengths n."""
        return image_lengths(self.spec, self.size)

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Shapes of features, weights and images, channels first."""
        return ((self.batch, self.features, *self.size), (self.features, self.images // self.groups, *self.spec.kernel),
                (self.batch, self.images, *self.image))

    @property
    def flops(self) -> int:
        """2·B·F·(C/G)·∏m·∏k: multiplications and additions of a direct algorithm, border terms included."""
        return 2 * self.batch * self.features * (self.images // self.groups) * prod(self.size) * prod(self.spec.kernel)

    @property
    def bytes(self) -> int:
        """Input, weights and output once, in float32."""
        return 4 * sum(prod(shape) for shape in self.shapes)

    @property
    def terms(self) -> int:
        """Most products that are added for one output."""
        return self.features // self.groups * prod(-(-k // s) for k, s in zip(self.spec.kernel, self.spec.stride, strict=True))


def load(path: str | Path | None = None, only: str = "") -> list[Layer]:
    """The default layers, or those of a JSON file with the same fields; ``only`` keeps names that contain it."""
    text = files("convt.bench").joinpath("layers.json").read_text(encoding="utf-8") if path is None else _read(path)
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise ArgumentError("--layers", str(path), f"is not JSON: {error}") from None
    if not isinstance(rows, list) or not rows:
        raise ArgumentError("--layers", str(path), "must be a list of layers, like convt/bench/layers.json")
    layers = [_layer(number, row) for number, row in enumerate(rows)]
    kept = [layer for layer in layers if only.lower() in layer.name.lower()]
    if not kept:
        raise ArgumentError("--only", only, "no layer has this in its name", layers[0].name)
    return kept


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ArgumentError("--layers", str(path), error.strerror or "cannot be read") from None


def _layer(number: int, row: Any) -> Layer:
    if not isinstance(row, dict) or not set(row) <= FIELDS or not {"in_channels", "out_channels", "input", "kernel"} <= set(row):
        raise ArgumentError(f"layer {number}", row, f"needs in_channels, out_channels, input and kernel, and may have "
                            f"{', '.join(sorted(FIELDS - {'in_channels', 'out_channels', 'input', 'kernel'}))}")
    size: Sequence[int] = row["input"]
    spec = ConvSpec(kernel=row["kernel"], stride=row.get("stride", 1), padding=row.get("padding", 0), dilation=row.get("dilation", 1),
                    output_padding=row.get("output_padding", 0), dims=len(size))
    features, images, groups = row["in_channels"], row["out_channels"], row.get("groups", 1)
    if features % groups or images % groups:
        raise ArgumentError(f"layer {number}: groups", groups, f"must divide {features} and {images} channels", 1)
    layer = Layer(row.get("name") or f"{features}-{images} {spec}", spec, row.get("batch", 1), features, images, groups, tuple(size))
    image_lengths(spec, layer.size)
    return layer
