"""What a layer costs at a size: multiply-adds, inside and at the border, bytes, and the ratio to zero insertion (theorem 29)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from .errors import ArgumentError
from .form import taps_per_output
from .lengths import image_lengths
from .phases import phases
from .spec import Axis, ConvSpec

MOST = 1 << 22  # positions of an axis that are counted


@dataclass(frozen=True)
class Cost:
    """Of one image and a pair of channels: multiply-adds of outputs with all their taps, of all, and with zeros inserted."""

    spec: ConvSpec
    feature: tuple[int, ...]
    image: tuple[int, ...]
    inside: int
    products: int
    dense: int

    @property
    def border(self) -> int:
        """Multiply-adds of outputs where a tap of their phase has no feature."""
        return self.products - self.inside

    @property
    def ratio(self) -> float:
        """How many times as many multiply-adds zero insertion takes."""
        return self.dense / self.products if self.products else float("inf")

    def bytes(self, features: int, images: int, groups: int = 1, size: int = 4) -> int:
        """Of features, weights and image, each once, for so many channels and bytes an element."""
        weights = features * images // groups * prod(self.spec.kernel)
        return size * (features * prod(self.feature) + weights + images * prod(self.image))


def cost(spec: ConvSpec, feature: Sequence[int]) -> Cost:
    """The cost for feature lengths m. Raises ``ArgumentError`` where the image would be empty or an axis is too long to be counted."""
    image = image_lengths(spec, feature)
    if max(image) > MOST:
        raise ArgumentError("--size", tuple(feature), f"gives {max(image)} positions, and at most {MOST} are counted")
    rows = [_axis(axis, m, n) for axis, m, n in zip(spec.axes, feature, image, strict=True)]
    inside, products = (prod(row[place] for row in rows) for place in range(2))
    return Cost(spec, tuple(feature), image, inside, products, prod(axis.kernel * n for axis, n in zip(spec.axes, image, strict=True)))


def _axis(axis: Axis, m: int, n: int) -> tuple[int, int]:
    """(taps of the outputs that have all of their phase, taps of all)."""
    whole = [len(phase.taps) for phase in phases(axis)]
    taps = taps_per_output(axis, m, n)
    return sum(count for j, count in enumerate(taps) if count == whole[(j + axis.padding[0]) % axis.stride]), sum(taps)


def cost_lines(found: Cost, features: int = 1, images: int = 1) -> Iterator[str]:
    """The cost as text, for so many channels in one group."""
    pairs = features * images
    yield f"{found.spec}, features {' × '.join(map(str, found.feature))}, image {' × '.join(map(str, found.image))}"
    channels = f" for {features} → {images} channels" if pairs > 1 else " a pair of channels"
    yield (f"  multiply-adds{channels}: {pairs * found.products:,}, {pairs * found.inside:,} of them inside and "
           f"{pairs * found.border:,} at the border")
    yield f"  with zeros inserted: {pairs * found.dense:,}, {found.ratio:.3g} times as many"
    moved = found.bytes(features, images)
    yield f"  bytes of features, weights and image, float32: {moved:,}; {2 * pairs * found.products / moved:.3g} operations a byte"
