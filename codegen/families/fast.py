"""Family ``fast``: both convolutions with fewer multiplications: nested Toom–Cook algorithms (theorem 22), lanes = output channels.

Each phase of an axis is a convolution of t neighbouring inputs (of a strided convolution the sum of some, each of every σ-th
input: they are added at the points where their t agree, else as outputs), and F(r, t) gives r outputs with r + t − 1 products
instead of r·t; longer phases are cut into pieces of up to four taps. Phases may have different t: with r the same, all read
windows that begin at the same input, and one transform of the inputs for each combination of the t serves every phase that
has it. The products of each point are a matrix product over the register tile; the phases of the last axis are interleaved as
in ``direct``, whose bordered copy is used. Rounding errors grow by the amplification of the algorithm at most; more than
MOST_AMPLIFICATION is not offered. Transforms mix neighbours, so ``direct`` computes each image that has an Inf or NaN or a
huge value among its inputs; the same among the weights ends packing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise, product
from math import ceil, prod
from typing import Any

from convt._derive.gather import Gather

from .. import pieces
from ..problem import Problem
from ..target import Target
from ..transforms import GREATEST, algorithm, amplification, longest_rows, room, transforms, window
from . import direct

NAME = "fast"
RESTS_ON = (22,)  # fast algorithms
GIVES_UP = ("ux", True)  # Inf, NaN and huge values among the inputs
FEW = (2, 3)  # outputs of a tile on an axis; ``fast4`` has four too
ENOUGH = Fraction(9, 10)  # of the products, for these
SUMMED = 48  # channels whose products are added up before they are added to those of others,
ENLARGED = 27  # where errors may grow more than so many times
MOST_TAPS = 12  # of a phase on an axis
MOST_POINTS = 96  # of one combination of phases
MOST_AMPLIFICATION = 60
MOST_PHASES = 64
MOST_TILES = 48
LINE_BYTES = 256 * 1024  # of interleaved sums that a run keeps
HELD_BYTES = 4 * 1024 * 1024  # of transformed inputs that a run keeps
CACHED_BYTES = 24 * 1024 * 1024  # of packed weights that may stay in the last cache between calls
MISSED = 0.03  # nanoseconds for a byte of those that do not


@dataclass(frozen=True)
class Run:
    """Taps of one phase of an axis that read every step-th input, from ``lead`` of the window on."""

    phase: int
    lead: int
    taps: tuple[int, ...]


@dataclass(frozen=True)
class FastAxis:
    """One axis: tile Q gives, for phase ρ, the outputs of pixels r·Q − ``shift[ρ]`` + i, 0 ≤ i < r.

    Its window begins at position σ·r·Q of the bordered copy, and the last of its outputs reads ``reach`` beyond its own place.
    A phase is the sum of its ``runs``: one where σ = 1.
    """

    number: int
    phases: int
    step: int
    low: int
    outputs: int
    reach: int
    shift: tuple[int, ...]
    runs: tuple[Run, ...]

    @property
    def taps(self) -> tuple[int, ...]:
        """How many each run has."""
        return tuple(len(run.taps) for run in self.runs)


@dataclass(frozen=True)
class Term:
    """A run on each axis, all of one phase: what one algorithm computes."""

    phase: int
    lead: tuple[int, ...]
    counts: tuple[int, ...]
    taps: tuple[int, ...]  # their numbers in the kernel


@dataclass(frozen=True)
class FastDriver(pieces.Piece):
    """Rows of ``fast.c.jinja``: one for all kernels of a module."""

    scalar: str
    vector: str
    tile: str
    border: str
    lanes: int
    rows: int
    width: int
    panel: int  # scalars of weights that are fetched ahead at most
    skew: int
    held: int
    chunk: int
    greatest: str


@dataclass(frozen=True)
class FastPlan:
    """The pieces of a kernel's family, and the sizes that its checks look at."""

    symbol: str
    pack_symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]
    axes: tuple[FastAxis, ...]
    rows: int
    width: int
    tiles: int
    taps: int
    summed: int


def accepts(problem: Problem, few: tuple[int, ...] = FEW) -> bool:
    """Both convolutions of floats whose phases convolve neighbours, or every step-th input, more than one of them on some axis."""
    if not direct.accepts(problem) or prod(axis.phases * axis.step for axis in problem.gathers) > MOST_PHASES:
        return False
    if any(axis.step > 1 and spec.dilation > 1 for axis, spec in zip(problem.gathers, problem.spec.axes, strict=True)):
        return False
    if any(most_taps(axis) > MOST_TAPS * axis.step for axis in problem.gathers):  # before algorithms for thousands of taps are looked for
        return False
    axes = fast_axes(problem, few)
    for axis, made in zip(problem.gathers, axes, strict=True):
        at = dict(zip(axis.tap, axis.offset, strict=True))
        for run in made.runs:
            if len(run.taps) > MOST_TAPS or any(at[two] - at[one] != axis.step for one, two in pairwise(run.taps)):
                return False
    if max(max(axis.taps) for axis in axes) < 2:
        return False
    return _offered(axes)


def most_taps(axis: Gather) -> int:
    """Of a phase."""
    return max(stop - start for start, stop in pairwise(axis.start))


def _outputs(taps: tuple[int, ...], few: tuple[int, ...]) -> tuple[int, ...]:
    """Of a tile on an axis whose phases have so many taps, all that may be best: four where they save a tenth of the products."""
    if max(taps) < 2:
        return (1,)
    fewest = min(_products(taps, outputs) for outputs in FEW)
    return tuple(outputs for outputs in few if outputs in FEW or _products(taps, outputs) <= ENOUGH * fewest)


def _products(taps: tuple[int, ...], outputs: int) -> Fraction:
    """For an output of each phase."""
    return Fraction(sum(algorithm(outputs, t).multiplications for t in taps), outputs)


def _amplification(axes: tuple[FastAxis, ...]) -> Fraction:
    """Of the nested algorithms, for the phases where it is greatest."""
    return prod((max(amplification(axis.outputs, t) for t in axis.taps if t) for axis in axes), start=Fraction(1))


def _growth(axes: tuple[FastAxis, ...]) -> int:
    """What the exact checks must leave room for: the largest on the way from products to outputs, one axis after the other."""
    rooms = [[max(each) for each in zip(*(room(axis.outputs, t) for t in axis.taps if t), strict=True)] for axis in axes]
    return ceil(max(prod(after for _, _, after in rooms[:at]) * sums * prod(before for before, _, _ in rooms[at + 1:])
                    for at, (_, sums, _) in enumerate(rooms)))


def plan(problem: Problem, shape: Target, few: tuple[int, ...] = FEW, name: str = NAME) -> FastPlan:
    """Windows and shifts from the phases, transforms from the algorithms, run lengths from the caches."""
    spec, element = problem.spec, problem.element
    axes = fast_axes(problem, few)
    vector, tile = pieces.vectors(element.scalar, element.size, shape), pieces.tile(element.scalar, element.size, shape)
    border, driver, symbol = pieces.border(vector), f"fast_{vector.symbol}", f"{problem.name}_{name}"
    block = max(16, min(1024, direct.PANEL_BYTES // (tile.width * element.size)))
    shared = FastDriver(
        "fast.c.jinja", driver, pieces.run_prototypes(driver), element.scalar, vector.symbol, tile.symbol, border.symbol, vector.lanes,
        tile.most, tile.width, block * tile.width, direct.SKEW_BYTES // element.size,
        HELD_BYTES // element.size, direct.CHUNK, repr(GREATEST))
    summed = SUMMED if _amplification(axes) > ENLARGED else block
    terms, outputs = _terms(problem, axes), tuple(axis.outputs for axis in axes)
    made = {counts: transforms(element.scalar, vector, tile, outputs, counts) for counts in dict.fromkeys(term.counts for term in terms)}
    windows = {counts: window(element.scalar, vector, "inputs", outputs, counts) for counts in made}
    algorithms = list(dict.fromkeys((term.counts, term.lead) for term in terms))
    points = [_points(axes, counts) for counts, _ in algorithms]
    line = prod(outputs) * problem.gathers[-1].phases * tile.width * element.size
    tiles = max(4, min(MOST_TILES, LINE_BYTES // line) // tile.most) * tile.most
    rows = ["{1, 1, 0, 1, 0, 0, only_tap}"] * (3 - len(axes))
    rows += [f"{{{x.phases}, {x.step}, {x.low}, {x.outputs}, {x.reach}, {max(x.shift)}, {symbol}_shift{x.number}}}" for x in axes]
    missing = (0,) * (3 - len(axes))
    before = [0, *accumulate(_points(axes, term.counts) for term in terms)]
    first = [0, *accumulate(len(term.taps) for term in terms)]
    ends = [(term.phase, term.counts) != (other.phase, other.counts) for term, other in pairwise([*terms, Term(-1, (), (), ())])]
    adds = [any(end and other.phase == term.phase for end, other in zip(ends[:at], terms, strict=False)) for at, term in enumerate(terms)]
    table = pieces.table(driver, symbol, {
        "axis": "{\n        " + ",\n        ".join(rows) + "}", "algorithm": f"{symbol}_algorithm", "algorithms": len(algorithms),
        "points": sum(points), "term": f"{symbol}_term", "terms": len(terms), "products": before[-1], "most_points": max(points),
        "tap": f"{symbol}_tap", "taps": prod(spec.kernel), "tiles": tiles, "summed": summed}, (
            *(("ptrdiff_t", f"{symbol}_shift{axis.number}", axis.shift) for axis in axes),
            ("ptrdiff_t", f"{symbol}_tap", tuple(tap * tile.width for term in terms for tap in term.taps)),
            (f"{driver}_Algorithm", f"{symbol}_algorithm", tuple(
                f"{{{own}, {at}, {{{', '.join(map(str, missing + lead))}}}, {windows[counts].symbol}, {made[counts].symbol}_weights, "
                f"{made[counts].symbol}_outputs}}"
                for own, at, (counts, lead) in zip(points, [0, *accumulate(points)], algorithms, strict=False))),
            (f"{driver}_Term", f"{symbol}_term", tuple(
                f"{{{term.phase}, {algorithms.index((term.counts, term.lead))}, {before[at]}, {first[at]}, "
                f"{int(at > 0 and not ends[at - 1])}, {int(ends[at])}, {int(adds[at])}}}" for at, term in enumerate(terms)))),
        f"rounding errors are at most {float(_amplification(axes))} times those of direct sums, "
        "as the magnitudes of a whole window go")
    parts = (pieces.geometry(), vector, tile, border, shared, *windows.values(), *made.values(), table)
    return FastPlan(driver, f"{driver}_pack", symbol, parts, axes, tile.most, tile.width, tiles, prod(spec.kernel), summed)


def fast_axes(problem: Problem, few: tuple[int, ...]) -> tuple[FastAxis, ...]:
    """The axes with tiles of so few outputs: those with the fewest products that are offered, if any are."""
    axes = _axes(problem)
    choices = sorted(product(*(_outputs(axis.taps, few) for axis in axes)),
                     key=lambda tile: (prod(_products(axis.taps, outputs) for axis, outputs in zip(axes, tile, strict=True)), tile))
    tiles = [tuple(replace(axis, outputs=outputs) for axis, outputs in zip(axes, tile, strict=True)) for tile in choices]
    return next((tile for tile in tiles if _offered(tile)), tiles[0])


def _offered(axes: tuple[FastAxis, ...]) -> bool:
    """Whether points and errors are few enough."""
    most = prod(max(algorithm(axis.outputs, t).multiplications for t in axis.taps) for axis in axes)
    return most <= MOST_POINTS and _amplification(axes) <= MOST_AMPLIFICATION


def _axes(problem: Problem) -> tuple[FastAxis, ...]:
    """Runs, windows and shifts, with a tile of one output."""
    made = []
    for number, axis in enumerate(problem.gathers):
        runs, first = list[Run](), list[int]()
        least = min(axis.offset)
        for phase in range(axis.phases):
            taps = sorted(range(axis.start[phase], axis.start[phase + 1]), key=axis.offset.__getitem__)
            first.append(axis.offset[taps[0]] - least if taps else 0)
            for part in sorted({axis.offset[t] % axis.step for t in taps}) or [0]:
                some = [t for t in taps if axis.offset[t] % axis.step == part]
                begin = axis.offset[some[0]] if some and axis.phases == 1 else least
                runs.append(Run(phase, begin - axis.low, tuple(axis.tap[t] for t in some)))
        reach = max(run.lead + (len(run.taps) - 1) * axis.step for run in runs if run.taps)
        shift = tuple(first) if axis.phases > 1 else (0,)
        made.append(FastAxis(number, axis.phases, axis.step, axis.low, 1, reach, shift, tuple(runs)))
    return tuple(made)


def _terms(problem: Problem, axes: tuple[FastAxis, ...]) -> list[Term]:
    """Every combination of runs, phase by phase; those that need the same algorithm side by side."""
    terms = []
    for runs in product(*(axis.runs for axis in axes)):
        phase = 0
        for axis, run in zip(axes, runs, strict=True):
            phase = phase * axis.phases + run.phase
        taps = []
        for chosen in product(*(run.taps for run in runs)):
            at = 0
            for k, tap in zip(problem.spec.kernel, chosen, strict=True):
                at = at * k + tap
            taps.append(at)
        terms.append(Term(phase, tuple(run.lead for run in runs), tuple(len(run.taps) for run in runs), tuple(taps)))
    return sorted(terms, key=lambda term: (term.phase, term.counts))


def _points(axes: tuple[FastAxis, ...], taps: tuple[int, ...]) -> int:
    """Multiplications of a tile for phases with so many taps on each axis."""
    return prod(algorithm(axis.outputs, t).multiplications for axis, t in zip(axes, taps, strict=True)) if all(taps) else 0


def growth(problem: Problem, few: tuple[int, ...] = FEW) -> tuple[float, int]:
    """(amplification, roundings beyond the t of a direct sum) of its bound."""
    axes = fast_axes(problem, few)
    sums = max(Counter(term.phase for term in _terms(problem, axes)).values()) - 1
    return float(_amplification(axes)), sums + sum(max(longest_rows(axis.outputs, t) for t in axis.taps if t) for axis in axes)


def rounding(problem: Problem, few: tuple[int, ...] = FEW) -> str:
    """The bound of the certificate. Source: Barabasz et al. (2020), section 4, in ``derive/fast.py``."""
    grows, more = growth(problem, few)
    return (f"|error| ≤ {grows:g}·γ·t·max|w|·max|{problem.roles.source}|, "
            f"γ = (t + {more})·ε/(1 − (t + {more})·ε), t terms with the bias, "
            "ε half a unit in the last place")


def cost(problem: Problem, shape: Target, few: tuple[int, ...] = FEW) -> str:
    """Nanoseconds: products of all tiles at the tile's rate, the sums and transforms, copies in and out, weights, a start.

    The factors, but MISSED, were fitted to 220 layers of 8 to 2048 channels on a processor with AVX2; sums and transforms go by vectors.
    """
    axes, size = fast_axes(problem, few), problem.element.size / 4
    tile, rate = pieces.tile(problem.element.scalar, problem.element.size, shape), shape.macs_per_ns[0] / size
    wide = 32 / shape.vector_bytes
    tiles = " * ".join(f"(((call.out_length[{place}] + {x.phases - 1}) // {x.phases} + {max(x.shift) + x.outputs - 1}) // {x.outputs})"
                       for place, x in enumerate(axes, 3 - len(axes)))
    terms = _terms(problem, axes)
    products = sum(_points(axes, term.counts) for term in terms)
    points = sum(_points(axes, counts) for counts, _ in dict.fromkeys((term.counts, term.lead) for term in terms))
    lanes = f"((outputs_per + {tile.width - 1}) // {tile.width} * {tile.width})"
    packed = f"{4 * size * products:.1f} * call.in_channels * {lanes}"
    return (f"1.0 * call.batch * {tiles} * ({products}.0 * groups * {lanes} * (inputs_per * {1.02 / rate:.4f} + {0.29 * size * wide:.4f}) "
            f"+ {0.165 * size * wide * points:.3f} * call.in_channels) + inputs * {0.18 * size} + outputs * {0.2 * size} "
            f"+ {0.07 * size * products:.3f} * call.in_channels * {lanes} + 1500 "
            f"+ ({packed} - {CACHED_BYTES}) * {MISSED} * ({packed} > {CACHED_BYTES}) "
            f"if inputs_per * outputs_per > 1 else 1e300")


def together(problem: Problem, few: tuple[int, ...] = FEW) -> tuple[int, ...]:
    """The outputs of a tile: their transform mixes the whole window."""
    return tuple(axis.outputs for axis in fast_axes(problem, few))


def corners(problem: Problem, shape: Target, made: FastPlan) -> list[dict[str, Any]]:
    """Tiles across a row's end, a run and the batch, rows of pixels with each rest of a tile, outputs across a block; fewer channels
    than lanes, and a vector of them that overlaps the one before."""
    least = shape.vector_bytes // problem.element.size
    growth = _growth(made.axes)
    cases = [
        {"batch": 1, "inputs": 2, "outputs": 1, "groups": 1, "extra": 0},
        {"batch": 2, "inputs": least - 1, "outputs": 3, "groups": 1, "extra": 3},  # second: tiles of an image that is not finite show it
        {"batch": 2, "inputs": least + 1, "outputs": made.width + 1, "groups": 1, "extra": 1},
        {"batch": 1, "inputs": least, "outputs": 4, "groups": 2, "extra": 4},
        *({"batch": 1, "inputs": 2, "outputs": 2, "groups": 1, "extra": extra} for extra in (2, 5)),
    ]
    if made.taps * made.summed * 2 <= 1 << 15:
        cases.append({"batch": 1, "inputs": made.summed + 1, "outputs": 2, "groups": 1, "extra": 0})
    long = made.tiles * made.axes[-1].outputs + 5
    if problem.spec.dims == 1:
        cases.append({"batch": 1, "inputs": least, "outputs": 2, "groups": 1, "extra": long})
    elif made.taps * 13**problem.spec.dims * least <= 1 << 20:
        cases.append({"batch": 3, "inputs": least, "outputs": 2, "groups": 1, "extra": 12})
    # rows whose windows all tiles share: those of few runs; and more tiles than threads take one by one, since what one of several
    # finds in the inputs of its image must not be lost
    cases += [{"batch": batch, "inputs": 2, "outputs": 1, "groups": 1, "extra": 0, "along": tiles * made.rows * made.axes[-1].outputs}
              for batch, tiles in ((1, 11), (2, 70))]
    return [case | {"growth": growth} for case in cases]
