"""Layers to benchmark: convolutions with channels and sizes, and the map that is timed on each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from convt import files
from convt._codegen import memory
from convt._derive.errors import ArgumentError
from convt._derive.lengths import feature_lengths, image_lengths
from convt._derive.maps import MAPS
from convt._derive.spec import LONGEST, ConvSpec, integer, is_sequence


class Work(NamedTuple):
    """What is timed under a name: whose layers, the file of the default ones, and the maps that are computed."""

    of: str
    file: str
    maps: tuple[str, ...]


WORKS = {
    "conv": Work("conv", "conv_layers.json", ("conv",)),
    "conv_transpose": Work("conv_transpose", "layers.json", ("conv_transpose",)),
    "conv_weight_gradient": Work("conv", "conv_layers.json", ("conv_weight_gradient",)),
    "backward": Work("conv_transpose", "layers.json", ("conv", "conv_weight_gradient")),
}
"""``backward``: all gradients of a transposed convolution; that by the features is a convolution (theorem 11)."""
FORWARD = ("conv", "conv_transpose")  # with weights that stay; training changes those that gradients are for
KINDS = ("dense", "depthwise and one channel", "the rest")
FEW = 8  # channels from which on a layer of one group is dense
FIELDS = {"name", "batch", "in_channels", "out_channels", "groups", "input", "kernel", "stride", "padding", "dilation",
          "output_padding"}


@dataclass(frozen=True)
class Layer:
    """Features (batch, features, *size), images (batch, images, *image) and weights between them."""

    name: str
    spec: ConvSpec
    batch: int
    features: int
    images: int
    groups: int
    size: tuple[int, ...]
    map: str = "conv_transpose"
    """A key of WORKS."""
    lengths: tuple[int, ...] | None = None
    """Image lengths, where they are not those that the transposed convolution of the features has."""

    @property
    def image(self) -> tuple[int, ...]:
        """Image lengths n."""
        return self.lengths or image_lengths(self.spec, self.size)

    @property
    def maps(self) -> tuple[str, ...]:
        """The maps that are computed, one after the other."""
        return WORKS[self.map].maps

    @property
    def reads(self) -> str:
        """Letters of the arrays that are read."""
        return "".join(letter for letter in "uwx" if any(letter in MAPS[name].reads for name in self.maps))

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Shapes of features, weights and images, channels first."""
        return ((self.batch, self.features, *self.size), (self.features, self.images // self.groups, *self.spec.kernel),
                (self.batch, self.images, *self.image))

    @property
    def flops(self) -> int:
        """2·B·F·(C/G)·∏m·∏k for each map: multiplications and additions of a direct algorithm, border terms included."""
        once = 2 * self.batch * self.features * (self.images // self.groups) * prod(self.size) * prod(self.spec.kernel)
        return once * len(self.maps)

    @property
    def bytes(self) -> int:
        """Inputs and outputs once, in float32."""
        sizes = dict(zip("uwx", map(prod, self.shapes), strict=True))
        return 4 * sum(sizes[letter] for letter in (*self.reads, *(MAPS[name].gives for name in self.maps)))

    @property
    def kind(self) -> str:
        """One of KINDS: one group of many channels on both sides, groups of one channel each, or neither."""
        features, images = self.features // self.groups, self.images // self.groups
        if features == images == 1:
            return KINDS[1]
        return KINDS[0] if self.groups == 1 and min(features, images) >= FEW else KINDS[2]

    def terms(self, name: str) -> int:
        """Most products that are added for one output of a map."""
        if name == "conv_transpose":
            return self.features // self.groups * prod(-(-axis.kernel // axis.period) for axis in self.spec.axes)
        return self.images // self.groups * prod(self.spec.kernel) if name == "conv" else self.batch * prod(self.size)

    def as_data(self) -> dict[str, Any]:
        """Plain data, for ``of_data`` in another process."""
        return asdict(self) | {"spec": str(self.spec)}

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Layer:
        """The layer that ``as_data`` told."""
        made: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
        return cls(**made | {"spec": ConvSpec.parse(data["spec"])})


def load(path: str | Path | None = None, only: str = "", map: str = "conv_transpose") -> list[Layer]:
    """The default layers of a map, or those of a JSON file with the same fields; ``only`` keeps names that contain it.

    Lengths and channels are those of the input and output of a convolution for ``conv`` and its weight gradient, and of a
    transposed one for ``conv_transpose`` and ``backward``.
    """
    own = resources.files("convt.bench").joinpath(WORKS[map].file)
    text = own.read_text(encoding="utf-8") if path is None else files.text("--layers", path)
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:  # beside bad JSON: integers of thousands of digits, a thousand brackets
        raise ArgumentError("--layers", str(path), f"is not JSON: {error}") from None
    if not isinstance(rows, list) or not rows:
        raise ArgumentError("--layers", str(path), "must be a list of layers, like convt/bench/layers.json")
    layers = [_layer(number, row, map) for number, row in enumerate(rows)]
    kept = [layer for layer in layers if only.lower() in layer.name.lower()]
    if not kept:
        raise ArgumentError("--only", only, f"no layer of {map} has this in its name", layers[0].name)
    return kept


def _layer(number: int, row: Any, map: str) -> Layer:
    if not isinstance(row, dict) or not set(row) <= FIELDS or not {"in_channels", "out_channels", "input", "kernel"} <= set(row):
        raise ArgumentError(f"layer {number}", row, f"needs in_channels, out_channels, input and kernel, and may have "
                            f"{', '.join(sorted(FIELDS - {'in_channels', 'out_channels', 'input', 'kernel'}))}")
    given: Sequence[int] = row["input"]
    if not is_sequence(given):
        raise ArgumentError(f"layer {number}: input", given, "must be a list of one length an axis", [4, 4])
    spec = ConvSpec(kernel=row["kernel"], stride=row.get("stride", 1), padding=row.get("padding", 0), dilation=row.get("dilation", 1),
                    output_padding=row.get("output_padding", 0), dims=len(given))
    batch, inputs, outputs, groups = (integer(f"layer {number}: {name}", row.get(name, 1), 1, LONGEST)
                                      for name in ("batch", "in_channels", "out_channels", "groups"))
    if inputs % groups or outputs % groups:
        raise ArgumentError(f"layer {number}: groups", groups, f"must divide {inputs} and {outputs} channels", 1)
    name = row.get("name") or f"{inputs}-{outputs} {spec}"
    if not isinstance(name, str) or not name.isprintable():
        raise ArgumentError(f"layer {number}: name", name, "must be printable text", f"{inputs}-{outputs} {spec}")
    if WORKS[map].of == "conv_transpose":
        layer = Layer(name, spec, batch, inputs, outputs, groups, tuple(given), map)
    else:
        layer = Layer(name, spec, batch, outputs, inputs, groups, _windows(number, spec, given), map, tuple(given))
    for argument, shape in zip(("features", "weights", "images"), layer.shapes, strict=True):
        memory.demand(f"layer {number}: {argument}", shape, 8)  # compared in float64
    return layer


def _windows(number: int, spec: ConvSpec, image: Sequence[int]) -> tuple[int, ...]:
    """Feature lengths of a convolution."""
    if any(spec.output_padding):
        raise ArgumentError(f"layer {number}: output_padding", spec.output_padding, "belongs to a transposed convolution", 0)
    return feature_lengths(spec, image)
