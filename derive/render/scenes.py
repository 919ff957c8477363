"""What pictures show, as data: grids of cells with a kind, a label and a mark. Drawing them is ``figures``' business.

Every configuration is shown as slices of two axes: a 1-D one is a single row, a 3-D one has a slice for each position
of its first axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from ..form import taps_per_output
from ..lengths import image_lengths
from ..spec import Axis, ConvSpec

Position = tuple[int, ...]
CELLS = 6000  # of all grids of a picture: beyond this nothing could be told apart
FRAMES = 80


@dataclass(frozen=True)
class Cell:
    """``kind`` names the colour ("feature", "zero", "border", "cut", "plain", "more" or a number), ``mark`` outlines the cell."""

    kind: str | int
    text: str = ""
    mark: bool = False


@dataclass(frozen=True)
class Grid:
    """Cells by position; ``first`` and ``stop`` are the bounds of each of three axes."""

    title: str
    first: Position
    stop: Position
    cells: dict[Position, Cell]

    @property
    def positions(self) -> Iterator[Position]:
        """Slice by slice, row by row."""
        return product(*(range(low, high) for low, high in zip(self.first, self.stop, strict=True)))


@dataclass(frozen=True)
class Frame:
    """One picture: grids from left to right, and what happens in it."""

    caption: str
    grids: tuple[Grid, ...]


@dataclass(frozen=True)
class Three:
    """A configuration with three axes; what was not there has one position and one tap."""

    spec: ConvSpec
    axes: tuple[Axis, ...]
    feature: Position
    image: Position

    @classmethod
    def of(cls, spec: ConvSpec, feature: Sequence[int]) -> Three:
        """The spec with leading trivial axes."""
        missing = 3 - spec.dims
        image = image_lengths(spec, feature)
        axes = (*(Axis(1),) * missing, *spec.axes)
        return cls(spec, axes, (1,) * missing + tuple(feature), (1,) * missing + tuple(image))

    def shown(self, position: Sequence[int]) -> str:
        """The position without the axes that were not there."""
        return ", ".join(map(str, position[3 - self.spec.dims:]))

    def taps(self) -> Iterator[Position]:
        """All taps, row-major."""
        return product(*(range(axis.kernel) for axis in self.axes))


def heading(spec: ConvSpec, feature: Sequence[int]) -> str:
    """Everything that was chosen, in words."""
    def each(values: Sequence[object]) -> str:
        texts = [":".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values]
        return (texts[0] if len(set(texts)) == 1 else " × ".join(texts)).replace("-", "−")

    image = image_lengths(spec, feature)
    crops = [p if p[0] != p[1] else p[0] for p in spec.padding]
    return (f"{spec}: k = {each(spec.kernel)}, stride {each(spec.stride)}, padding {each(crops)}, dilation {each(spec.dilation)}, "
            f"output padding {each(spec.output_padding)}; m = {' × '.join(map(str, feature))} → n = {' × '.join(map(str, image))}")


def scatter(three: Three) -> Iterator[Frame]:
    """Features paint the kernel one after the other; what lies outside the image is cut off."""
    canvas = [axis.stride * (m - 1) + axis.span for axis, m in zip(three.axes, three.feature, strict=True)]
    first = tuple(min(0, -axis.padding[0]) for axis in three.axes)
    stop = tuple(max(n, size - axis.padding[0]) for axis, n, size in zip(three.axes, three.image, canvas, strict=True))
    counts: dict[Position, int] = {}
    for feature in product(*map(range, three.feature)):
        painted = {}
        for tap in three.taps():
            at = tuple(a.stride * i + a.dilation * t - a.padding[0] for a, i, t in zip(three.axes, feature, tap, strict=True))
            painted[at] = three.shown(tap).replace(", ", " ")
            counts[at] = counts.get(at, 0) + 1
        cells: dict[Position, Cell] = {}
        for at in product(*(range(low, high) for low, high in zip(first, stop, strict=True))):
            inside = all(0 <= j < n for j, n in zip(at, three.image, strict=True))
            beyond = any(j + axis.padding[0] >= size for j, axis, size in zip(at, three.axes, canvas, strict=True))
            count = counts.get(at, 0)
            kind: str | int = "cut" if not inside else count if count else "more" if beyond else "plain"
            cells[at] = Cell(kind, painted.get(at, str(count) if count and inside else ""), at in painted)
        done = {i: Cell("feature", three.shown(i), i == feature) for i in product(*map(range, three.feature))}
        yield Frame(f"feature {three.shown(feature)} paints its kernel (tap numbers); numbers elsewhere: taps so far; "
                    "grey: cropped; red: uncovered by output padding, without paint",
                    (Grid(f"input u, {_size(three, three.feature)}", (0, 0, 0), three.feature, done),
                     Grid(f"output x, {_size(three, three.image)}", first, stop, cells)))


def gather(three: Three) -> Iterator[Frame]:
    """A unit-stride window slides over the zero-filled, padded input; the kernel is flipped."""
    before = [axis.dilation * (axis.kernel - 1) - axis.padding[0] for axis in three.axes]
    after = [axis.dilation * (axis.kernel - 1) - axis.padding[1] + axis.output_padding for axis in three.axes]
    filled = [axis.stride * (m - 1) + 1 for axis, m in zip(three.axes, three.feature, strict=True)]
    first = tuple(-max(0, pad) for pad in before)
    stop = tuple(length + max(0, pad) for length, pad in zip(filled, after, strict=True))
    for output in product(*map(range, three.image)):
        window = {}
        for tap in three.taps():
            at = tuple(j + axis.dilation * t - pad for j, axis, t, pad in zip(output, three.axes, tap, before, strict=True))
            window[at] = three.shown([axis.kernel - 1 - t for axis, t in zip(three.axes, tap, strict=True)]).replace(", ", " ")
        cells = {}
        for at in product(*(range(low, high) for low, high in zip(first, stop, strict=True))):
            cut = any(t < -pad or t >= length + end for t, pad, length, end in zip(at, before, filled, after, strict=True))
            border = any(not 0 <= t < length for t, length in zip(at, filled, strict=True))
            feature = all(t % axis.stride == 0 for t, axis in zip(at, three.axes, strict=True))
            kind = "cut" if cut else "border" if border else "feature" if feature else "zero"
            cells[at] = Cell(kind, window.get(at, ""), at in window)
        done = {j: Cell("feature" if j <= output else "plain", three.shown(j) if j == output else "", j == output)
                for j in product(*map(range, three.image))}
        pads = "; ".join(dict.fromkeys(f"{low} before, {high} after" for low, high in
                                       list(zip(before, after, strict=True))[3 - three.spec.dims:])).replace("-", "−")
        yield Frame(f"output {three.shown(output)} reads the window with the flipped taps; white: inserted zeros; "
                    f"pale: padding ({pads}; negative is cut)",
                    (Grid("input u, filled and padded", first, stop, cells),
                     Grid(f"output x, {_size(three, three.image)}", (0, 0, 0), three.image, done)))


def overlap(three: Three) -> Frame:
    """How many taps reach each output."""
    counts = [taps_per_output(axis, m, n) for axis, m, n in zip(three.axes, three.feature, three.image, strict=True)]
    cells = {}
    for at in product(*map(range, three.image)):
        count = counts[0][at[0]] * counts[1][at[1]] * counts[2][at[2]]
        cells[at] = Cell(count if count else "plain", str(count))
    return Frame("how many taps reach each output; 0 means that it is zero (or the bias)",
                 (Grid(f"output x, {_size(three, three.image)}", (0, 0, 0), three.image, cells),))


def phase_colours(three: Three) -> Frame:
    """Outputs of one colour use the same taps."""
    cells, legend = {}, {}
    for at in product(*map(range, three.image)):
        residue = tuple((j + axis.padding[0]) % axis.stride for j, axis in zip(at, three.axes, strict=True))
        number = (residue[0] * three.axes[1].stride + residue[1]) * three.axes[2].stride + residue[2]
        cells[at] = Cell(number + 1, three.shown(residue).replace(", ", " "))
        taps = " × ".join("{" + " ".join(str(a) for a in range(axis.kernel) if axis.dilation * a % axis.stride == r) + "}"
                          for axis, r in list(zip(three.axes, residue, strict=True))[3 - three.spec.dims:])
        legend[three.shown(residue)] = taps
    shown = [f"r = {residue}: taps {taps}" for residue, taps in sorted(legend.items())]
    listed = ";  ".join(shown[:6]) + (";  …" if len(shown) > 6 else "")
    return Frame(f"outputs of the same phase r = (j + p_lo) mod s use the same taps.  {listed}",
                 (Grid(f"output x, {_size(three, three.image)}", (0, 0, 0), three.image, cells),))


def _size(three: Three, lengths: Position) -> str:
    return " × ".join(map(str, lengths[3 - three.spec.dims:]))


def frames(spec: ConvSpec, feature: Sequence[int], kind: str) -> list[Frame]:
    """All frames of a kind: one for each feature (scatter) or output (gather), a single one for the others."""
    three = Three.of(spec, feature)
    if kind in ("overlap", "phases"):
        return [overlap(three) if kind == "overlap" else phase_colours(three)]
    return list({"scatter": scatter, "gather": gather}[kind](three))
