"""What pictures show, as data: grids of cells with a colour, a label and a mark. Placing and drawing them is others' business.

Every configuration is shown as slices of two axes: a 1-D one is a single row, a 3-D one has a slice for each position
of its first axis. ``bounds`` says how large the grids of a picture are before any cell is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from math import prod

from ..errors import ArgumentError
from ..form import taps_per_output
from ..lengths import image_lengths
from ..spec import Axis, ConvSpec

Position = tuple[int, ...]
Bounds = tuple[Position, Position]
SHADES = 8  # of sums in an overlap map
KINDS = ("matrix", "scatter", "steps", "gather", "overlap", "phases")
MOVING = ("scatter", "gather")


@dataclass(frozen=True)
class Cell:
    """``kind`` is the colour: a name of ``palette.PLAIN``, or a number of taps or of a tap; ``mark`` outlines the cell, ``faded``
    says that it is cut away."""

    kind: str | int
    text: str = ""
    mark: bool = False
    faded: bool = False


@dataclass(frozen=True)
class Grid:
    """Cells by position; ``first`` and ``stop`` bound each of three axes. ``rows`` names rows, ``edges`` are columns before which a
    line is drawn; ``ramp`` colours numbers up to ``top``: "amount" or "tap"."""

    title: str
    first: Position
    stop: Position
    cells: Mapping[Position, Cell]
    rows: tuple[str, ...] = ()
    edges: tuple[int, ...] = ()
    ramp: str = "amount"
    top: int = 1


@dataclass(frozen=True)
class Frame:
    """One picture: grids from left to right (below each other for one axis), and what happens in it."""

    caption: str
    grids: tuple[Grid, ...]


@dataclass(frozen=True)
class Numbers:
    """Features and weights of the user's choice, row-major: pictures then show products and sums instead of taps."""

    features: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]

    @classmethod
    def of(cls, spec: ConvSpec, feature: Sequence[int], features: Sequence[Fraction] = (), weights: Sequence[Fraction] = ()) -> Numbers:
        """Checked against the shapes; what is not given is 1."""
        for name, given, size in (("features", features, prod(feature)), ("weights", weights, prod(spec.kernel))):
            if given and len(given) != size:
                raise ArgumentError(name, ",".join(map(str, given)), f"must be {size} numbers, row by row; there are {len(given)}", size)
        return cls(tuple(features) or (Fraction(1),) * prod(feature), tuple(weights) or (Fraction(1),) * prod(spec.kernel))


@dataclass(frozen=True)
class Scene:
    """A configuration at a size, with leading trivial axes where it has fewer than three."""

    spec: ConvSpec
    axes: tuple[Axis, ...]
    feature: Position
    image: Position
    numbers: Numbers | None = None

    @classmethod
    def of(cls, spec: ConvSpec, feature: Sequence[int], numbers: Numbers | None = None) -> Scene:
        """For feature lengths, one an axis of the spec."""
        missing = 3 - spec.dims
        image = image_lengths(spec, feature)
        axes = (*(Axis(1),) * missing, *spec.axes)
        return cls(spec, axes, (1,) * missing + tuple(feature), (1,) * missing + tuple(image), numbers)

    @property
    def kernel(self) -> Position:
        """Taps of each axis."""
        return tuple(axis.kernel for axis in self.axes)

    def own(self, position: Sequence[int]) -> tuple[int, ...]:
        """The position without the axes that were not there."""
        return tuple(position[3 - self.spec.dims:])

    def at(self, feature: Position, tap: Position) -> Position:
        """j = s·i + d·a − p_lo."""
        return tuple(a.stride * i + a.dilation * t - a.padding[0] for a, i, t in zip(self.axes, feature, tap, strict=True))

    def u(self, feature: Position) -> Fraction:
        """The feature's number."""
        return self.numbers.features[_flat(feature, self.feature)] if self.numbers else Fraction(1)

    def w(self, tap: Position) -> Fraction:
        """The weight's number."""
        return self.numbers.weights[_flat(tap, self.kernel)] if self.numbers else Fraction(1)


def _flat(position: Position, lengths: Position) -> int:
    return (position[0] * lengths[1] + position[1]) * lengths[2] + position[2]


def shown(position: Sequence[int], between: str = ", ") -> str:
    """A position in words."""
    return between.join(map(str, position)).replace("-", "−")


def number(value: Fraction | int) -> str:
    """A number as short as it can be said."""
    return str(value).replace("-", "−")


def _size(scene: Scene, lengths: Position) -> str:
    return " × ".join(map(str, scene.own(lengths)))


def heading(scene: Scene) -> str:
    """Everything that was chosen, in words."""
    def each(values: Sequence[object]) -> str:
        texts = [":".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values]
        return (texts[0] if len(set(texts)) == 1 else " × ".join(texts)).replace("-", "−")

    spec = scene.spec
    crops = [p if p[0] != p[1] else p[0] for p in spec.padding]
    return (f"{spec}: k = {each(spec.kernel)}, stride {each(spec.stride)}, padding {each(crops)}, dilation {each(spec.dilation)}, "
            f"output padding {each(spec.output_padding)}; m = {_size(scene, scene.feature)} → n = {_size(scene, scene.image)}")


def bounds(scene: Scene, kind: str) -> list[Bounds]:
    """(first, stop) of each grid of a kind, by arithmetic alone."""
    zero, feature, image = (0, 0, 0), scene.feature, scene.image
    canvas = [axis.stride * (m - 1) + axis.span for axis, m in zip(scene.axes, feature, strict=True)]
    painted = (tuple(min(0, -axis.padding[0]) for axis in scene.axes),
               tuple(max(n, size - axis.padding[0]) for axis, n, size in zip(scene.axes, image, canvas, strict=True)))
    if kind == "matrix":
        return [(zero, (1, prod(feature), prod(image)))]
    if kind == "steps":
        return [((0, 0, painted[0][2]), (1, feature[2] + 2, painted[1][2]))]
    if kind == "scatter":
        return [(zero, feature), painted]
    if kind == "gather":
        before, after, filled = _window(scene)
        return [(tuple(-max(0, pad) for pad in before), tuple(length + max(0, pad) for length, pad in zip(filled, after, strict=True))),
                (zero, image)]
    return [(zero, image)]


def count(scene: Scene, kind: str) -> int:
    """Frames of a kind: one for each feature (scatter) or output (gather)."""
    return prod(scene.feature) if kind == "scatter" else prod(scene.image) if kind == "gather" else 1


def frame(scene: Scene, kind: str, index: int) -> Frame:
    """One frame of a kind."""
    made = {"matrix": matrix, "scatter": scatter, "steps": steps, "gather": gather, "overlap": overlap, "phases": phase_colours}[kind]
    return made(scene, index, bounds(scene, kind))


def _cells(first: Position, stop: Position) -> Iterator[Position]:
    return product(*(range(low, high) for low, high in zip(first, stop, strict=True)))


def scatter(scene: Scene, index: int, places: list[Bounds]) -> Frame:
    """Features 0 to ``index`` have painted the kernel, the last of them visibly; what lies outside the image is cut off."""
    canvas = [axis.stride * (m - 1) + axis.span for axis, m in zip(scene.axes, scene.feature, strict=True)]
    counts: dict[Position, int] = {}
    sums: dict[Position, Fraction] = {}
    painted: dict[Position, str] = {}
    current: Position = (0, 0, 0)
    for current in islice(product(*map(range, scene.feature)), index + 1):
        painted = {}
        for tap in product(*map(range, scene.kernel)):
            at, term = scene.at(current, tap), scene.u(current) * scene.w(tap)
            painted[at] = number(term) if scene.numbers else shown(scene.own(tap), " ")
            counts[at], sums[at] = counts.get(at, 0) + 1, sums.get(at, Fraction(0)) + term
    cells: dict[Position, Cell] = {}
    for at in _cells(*places[1]):
        inside = all(0 <= j < n for j, n in zip(at, scene.image, strict=True))
        beyond = any(j + axis.padding[0] >= size for j, axis, size in zip(at, scene.axes, canvas, strict=True))
        taps = counts.get(at, 0)
        kind: str | int = "cut" if not inside else taps if taps else "more" if beyond else "plain"
        so_far = (number(sums[at]) if scene.numbers else str(taps)) if taps and inside else ""
        cells[at] = Cell(kind, painted.get(at, so_far), at in painted)
    done = {i: Cell("feature", number(scene.u(i)) if scene.numbers else shown(scene.own(i)), i == current) for i in _cells(*places[0])}
    # of all frames: colours keep their meaning while the picture moves
    most = prod(max(1, *taps_per_output(axis, m, n)) for axis, m, n in zip(scene.axes, scene.feature, scene.image, strict=True))
    what = ("products u·w; numbers elsewhere: sums so far" if scene.numbers else "tap numbers; numbers elsewhere: taps so far")
    return Frame(f"feature {shown(scene.own(current))} paints its kernel ({what}); grey: cropped; red: uncovered by output padding, "
                 "without paint",
                 (Grid(f"input u, {_size(scene, scene.feature)}", *places[0], done),
                  Grid(f"output x, {_size(scene, scene.image)}", *places[1], cells, top=most)))


def steps(scene: Scene, index: int, places: list[Bounds]) -> Frame:
    """One axis: each feature paints the kernel in a row of its own, overlaps add, the crop cuts."""
    (first, stop), (m, n) = places[0], (scene.feature[2], scene.image[2])
    cells: dict[Position, Cell] = {}
    sums = [Fraction(0)] * n
    for i, a in product(range(m), range(scene.kernel[2])):
        at, term = scene.at((0, 0, i), (0, 0, a))[2], scene.u((0, 0, i)) * scene.w((0, 0, a))
        inside = 0 <= at < n
        if inside:
            sums[at] += term
        cells[0, i, at] = Cell(a, number(term) if scene.numbers else str(a), faded=not inside)
    counts = taps_per_output(scene.axes[2], m, n)
    for j in range(n):
        past = j > scene.axes[2].stride * (m - 1) + scene.axes[2].span - 1 - scene.axes[2].padding[0]
        text = number(sums[j]) if scene.numbers else str(counts[j])
        cells[0, m + 1, j] = Cell("more" if past else "border" if counts[j] else "plain", text)
    what = ("products u[i]·w[a] in its row, their sums x[j] below" if scene.numbers
            else "its taps in its row, the number of taps of each x[j] below")
    rows = (*(f"u[{i}]" + (f" = {number(scene.u((0, 0, i)))}" if scene.numbers else "") for i in range(m)), "",
            "x[j]" if scene.numbers else "taps per x[j]")
    return Frame(f"each feature paints {what}; between the lines: what remains after cropping p_lo and p_hi and un-cropping op; "
                 "pale: cropped; red: uncovered by output padding, without paint",
                 (Grid("image position j", first, stop, cells, rows, (0, n), "tap", scene.kernel[2] - 1),))


def matrix(scene: Scene, index: int, places: list[Bounds]) -> Frame:
    """A, one colour a tap; rows are feature positions, columns image positions."""
    cells: dict[Position, Cell] = {}
    for i in product(*map(range, scene.feature)):
        for tap in product(*map(range, scene.kernel)):
            at = scene.at(i, tap)
            if all(0 <= j < n for j, n in zip(at, scene.image, strict=True)):
                joined = "" if max(scene.spec.kernel) <= 10 else ","
                cells[0, _flat(i, scene.feature), _flat(at, scene.image)] = Cell(
                    _flat(tap, scene.kernel), number(scene.w(tap)) if scene.numbers else shown(scene.own(tap), joined))
    return Frame("rows: feature positions i, columns: image positions j, both row by row; " + (
        "weights" if scene.numbers else "tap") + " a where j = s·i + d·a − p_lo, nothing where A is 0",
        (Grid(f"A, {prod(scene.feature)} × {prod(scene.image)}", *places[0], cells, ramp="tap", top=prod(scene.kernel) - 1),))


def _window(scene: Scene) -> tuple[list[int], list[int], list[int]]:
    """Padding before and after the zero-filled input, and its length, on each axis."""
    before = [axis.dilation * (axis.kernel - 1) - axis.padding[0] for axis in scene.axes]
    after = [axis.dilation * (axis.kernel - 1) - axis.padding[1] + axis.output_padding for axis in scene.axes]
    return before, after, [axis.stride * (m - 1) + 1 for axis, m in zip(scene.axes, scene.feature, strict=True)]


def gather(scene: Scene, index: int, places: list[Bounds]) -> Frame:
    """A unit-stride window slides over the zero-filled, padded input; the kernel is flipped."""
    before, after, filled = _window(scene)
    output = next(islice(product(*map(range, scene.image)), index, None))
    window = {tuple(j + axis.dilation * t - pad for j, axis, t, pad in zip(output, scene.axes, tap, before, strict=True)):
              tuple(axis.kernel - 1 - t for axis, t in zip(scene.axes, tap, strict=True)) for tap in product(*map(range, scene.kernel))}
    sums, cells = Fraction(0), {}
    for at in _cells(*places[0]):
        cut = any(t < -pad or t >= length + end for t, pad, length, end in zip(at, before, filled, after, strict=True))
        border = any(not 0 <= t < length for t, length in zip(at, filled, strict=True))
        feature = not border and all(t % axis.stride == 0 for t, axis in zip(at, scene.axes, strict=True))
        value = scene.u(tuple(t // axis.stride for t, axis in zip(at, scene.axes, strict=True))) if feature else Fraction(0)
        tap = window.get(at)
        sums += value * scene.w(tap) if tap is not None and not cut else 0
        text = ("" if tap is None else shown(scene.own(tap), " ")) if scene.numbers is None else (
            (number(value) if feature else "") if tap is None else f"{number(value)}·{number(scene.w(tap))}")
        cells[at] = Cell("cut" if cut else "border" if border else "feature" if feature else "zero", text, tap is not None)
    done = {j: Cell("feature" if j <= output else "plain", (number(sums) if scene.numbers else shown(scene.own(j))) if j == output else "",
                    j == output) for j in product(*map(range, scene.image))}
    pads = "; ".join(dict.fromkeys(f"{low} before, {high} after" for low, high in
                                   list(zip(before, after, strict=True))[3 - scene.spec.dims:])).replace("-", "−")
    return Frame(f"output {shown(scene.own(output))} reads the window with the flipped taps; white: inserted zeros; "
                 f"pale: padding ({pads}; negative is cut)",
                 (Grid("input u, filled and padded", *places[0], cells), Grid(f"output x, {_size(scene, scene.image)}", *places[1], done)))


def overlap(scene: Scene, index: int, places: list[Bounds]) -> Frame:
    """How many taps reach each output, or with numbers what they add up to."""
    if scene.numbers is not None:
        return _response(scene, places)
    counts = [taps_per_output(axis, m, n) for axis, m, n in zip(scene.axes, scene.feature, scene.image, strict=True)]
    taps = {at: counts[0][at[0]] * counts[1][at[1]] * counts[2][at[2]] for at in _cells(*places[0])}
    cells = {at: Cell(value or "plain", str(value)) for at, value in taps.items()}
    return Frame("how many taps reach each output; 0 means that it is zero (or the bias)",
                 (Grid(f"output x, {_size(scene, scene.image)}", *places[0], cells, top=max(taps.values())),))


def _response(scene: Scene, places: list[Bounds]) -> Frame:
    """Sums of features times weights, the darker the larger their magnitude."""
    sums = dict.fromkeys(_cells(*places[0]), Fraction(0))
    for i, tap in product(product(*map(range, scene.feature)), product(*map(range, scene.kernel))):
        if (at := scene.at(i, tap)) in sums:
            sums[at] += scene.u(i) * scene.w(tap)
    most = max(map(abs, sums.values())) or Fraction(1)
    cells = {at: Cell(round(SHADES * abs(value) / most) or "plain", number(value)) for at, value in sums.items()}
    return Frame("what the features and weights add up to at each output: with equal features a pattern is a checkerboard",
                 (Grid(f"output x, {_size(scene, scene.image)}", *places[0], cells, top=SHADES),))


def phase_colours(scene: Scene, index: int, places: list[Bounds]) -> Frame:
    """Outputs of one colour use the same taps."""
    cells, legend = {}, {}
    strides = tuple(axis.stride for axis in scene.axes)
    for at in _cells(*places[0]):
        residue = tuple((j + axis.padding[0]) % axis.stride for j, axis in zip(at, scene.axes, strict=True))
        cells[at] = Cell(_flat(residue, strides) + 1, shown(scene.own(residue), " "))
        taps = [[a for a in range(axis.kernel) if axis.dilation * a % axis.stride == r]
                for axis, r in zip(scene.axes, residue, strict=True)]
        legend[scene.own(residue)] = " × ".join("{" + shown(own, " ") + "}" for own in taps[3 - scene.spec.dims:])
    listed = [f"r = {shown(residue)}: taps {taps}" for residue, taps in sorted(legend.items())]
    return Frame(f"outputs of the same phase r = (j + p_lo) mod s use the same taps.  {';  '.join(listed[:6])}{';  …' * (len(listed) > 6)}",
                 (Grid(f"output x, {_size(scene, scene.image)}", *places[0], cells, top=prod(strides)),))
