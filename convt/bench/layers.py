"""Layers to benchmark: transposed convolutions with channels and sizes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from math import prod
from pathlib import Path
from typing import Any

from convt import files
from convt._codegen import memory
from convt._derive.errors import ArgumentError
from convt._derive.lengths import image_lengths
from convt._derive.spec import LONGEST, ConvSpec, integer, is_sequence

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
    own = resources.files("convt.bench").joinpath("layers.json")
    text = own.read_text(encoding="utf-8") if path is None else files.text("--layers", path)
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:  # beside bad JSON: integers of thousands of digits, a thousand brackets
        raise ArgumentError("--layers", str(path), f"is not JSON: {error}") from None
    if not isinstance(rows, list) or not rows:
        raise ArgumentError("--layers", str(path), "must be a list of layers, like convt/bench/layers.json")
    layers = [_layer(number, row) for number, row in enumerate(rows)]
    kept = [layer for layer in layers if only.lower() in layer.name.lower()]
    if not kept:
        raise ArgumentError("--only", only, "no layer has this in its name", layers[0].name)
    return kept


def _layer(number: int, row: Any) -> Layer:
    if not isinstance(row, dict) or not set(row) <= FIELDS or not {"in_channels", "out_channels", "input", "kernel"} <= set(row):
        raise ArgumentError(f"layer {number}", row, f"needs in_channels, out_channels, input and kernel, and may have "
                            f"{', '.join(sorted(FIELDS - {'in_channels', 'out_channels', 'input', 'kernel'}))}")
    size: Sequence[int] = row["input"]
    if not is_sequence(size):
        raise ArgumentError(f"layer {number}: input", size, "must be a list of one length an axis", [4, 4])
    spec = ConvSpec(kernel=row["kernel"], stride=row.get("stride", 1), padding=row.get("padding", 0), dilation=row.get("dilation", 1),
                    output_padding=row.get("output_padding", 0), dims=len(size))
    batch, features, images, groups = (integer(f"layer {number}: {name}", row.get(name, 1), 1, LONGEST)
                                       for name in ("batch", "in_channels", "out_channels", "groups"))
    if features % groups or images % groups:
        raise ArgumentError(f"layer {number}: groups", groups, f"must divide {features} and {images} channels", 1)
    name = row.get("name") or f"{features}-{images} {spec}"
    if not isinstance(name, str) or not name.isprintable():
        raise ArgumentError(f"layer {number}: name", name, "must be printable text", f"{features}-{images} {spec}")
    layer = Layer(name, spec, batch, features, images, groups, tuple(size))
    for argument, shape in zip(("features", "weights", "images"), layer.shapes, strict=True):
        memory.demand(f"layer {number}: {argument}", shape, 8)  # compared in float64
    return layer
