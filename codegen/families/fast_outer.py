"""Family ``fast_outer``: weight gradient with fewer multiplications: outer products at the points of fast algorithms (theorem 22).

Tap a of filter (f, c) sums u[f, q]·x[c, σ·q + offset(a)] over all positions q. Taps that read neighbours, or every σ-th input, are
t correlations of the image with the features: over the r positions of a tile, t taps are the t outputs of an algorithm F(t, r)
whose weights are the features there. So windows of the image and tiles of the features are transformed to the points of F(t, r),
at each point their products are summed over all tiles as in ``outer``, and the sums become t taps at the end: r + t − 1 products
where direct sums take r·t. Tiles go group by group through the caches; at most RUN of them are summed in registers, RUNS such
sums one after the other and then these, or √n of each where there are more than RUNS² such sums, n. An odd divisor of the
algorithm is taken from the sums, so that integers stay exact.

Zeros of the border and beyond the last position meet finite numbers only: with an Inf, NaN or huge value among inputs or features,
or sums that overflow, the call runs ``plain`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import accumulate, pairwise, product
from math import ceil, isqrt, prod
from typing import Any

from convt._derive.gather import Gather

from .. import pieces
from ..problem import Problem
from ..target import Target
from ..transforms import algorithm, amplification, longest_rows, room, taps_of_sums, window
from .direct import CHUNK, LINE_BYTES, SKEW_BYTES, compact
from .fast import MOST_AMPLIFICATION, MOST_POINTS
from .outer import register_tile

NAME = "fast_outer"
RESTS_ON = (11, 22)  # gradients, fast algorithms
GIVES_UP = ("ux", True)  # Inf, NaN and huge values
POSITIONS = (1, 2, 3, 4)  # of a tile on an axis
MOST_TAPS = 4  # of a run on an axis
MOST_RUNS = 64  # of all axes together
WORTH = Fraction(4, 5)  # of the products of direct sums, at most
RUN = 256  # tiles that are summed in registers
FEWEST = 32  # tiles that fit into a group however large their points are
LEAST = 16  # that groups have on average, since segments are whole and groups nearly equal
RUNS = 8  # sums of groups that are added one after the other, or as many as are then added to each other
HELD_BYTES = 8 * 1024 * 1024  # of points of a group
NEAR_BYTES = 512 * 1024  # of sums that stay in the second-level cache, of one group
PAGE_BYTES = 4096  # what lies so far apart has the same set of the first-level cache
SAFE = 4096  # tiles whose sums do not overflow: 10³⁰ times so many, times what the transforms make of it, is a float32
SEGMENT = 32  # tiles of a row that one thread transforms at a time
MOST_KERNEL = 1024  # taps


@dataclass(frozen=True)
class Run:
    """Up to MOST_TAPS taps of an axis that read every σ-th input, from ``lead`` of the window of a tile on."""

    lead: int
    taps: tuple[int, ...]


@dataclass(frozen=True)
class TileAxis:
    """One axis: the window of tile Q begins at position σ·r·Q of the bordered copy, for r = ``positions`` outputs of the convolution."""

    step: int
    low: int
    positions: int
    reach: int
    runs: tuple[Run, ...]

    @property
    def products(self) -> Fraction:
        """For each position."""
        return Fraction(sum(algorithm(len(run.taps), self.positions).multiplications for run in self.runs), self.positions)


@dataclass(frozen=True)
class FastOuterDriver(pieces.Piece):
    """Rows of ``fast_outer.c.jinja``: one for all kernels of a module."""

    scalar: str
    vector: str
    tile: str
    border: str
    blocks: str
    lanes: int
    rows: int
    width: int
    run: int
    fewest: int
    runs: int
    held: int
    near: int
    segment: int
    most_taps: int
    safe: int
    chunk: int
    shared: int
    page: int
    line: int
    skew: int


@dataclass(frozen=True)
class FastOuterPlan:
    """The pieces of a kernel's family, and the sizes that its checks look at."""

    symbol: str
    table: str
    pieces: tuple[pieces.Piece, ...]
    axes: tuple[TileAxis, ...]
    rows: int
    width: int


def accepts(problem: Problem) -> bool:
    """Weight gradient of float32 and float64 whose taps read neighbours, or every σ-th input, if that saves a fifth of the products."""
    if problem.roles.gives != "w" or not problem.element.is_float or not compact(problem) or prod(problem.spec.kernel) > MOST_KERNEL:
        return False
    if any(spec.dilation > 1 and spec.kernel > 1 for spec in problem.spec.axes):
        return False
    if prod(max(axis.step, -(-axis.kernel // MOST_TAPS)) for axis in problem.gathers) > MOST_RUNS:
        return False
    axes = tile_axes(problem)
    return (axes is not None and prod(len(axis.runs) for axis in axes) <= MOST_RUNS
            and prod(axis.products for axis in axes) <= WORTH * prod(problem.spec.kernel))


def tile_axes(problem: Problem) -> tuple[TileAxis, ...] | None:
    """The axes with as many positions a tile as give the fewest products, of those with few enough points and errors."""
    choices = (tuple(_axis(axis, positions) for axis, positions in zip(problem.gathers, tile, strict=True))
               for tile in product(*(POSITIONS if axis.kernel > 1 else (1,) for axis in problem.gathers)))
    offered = [axes for axes in choices if _offered(axes)]
    return min(offered, key=lambda axes: (prod(axis.products for axis in axes), prod(axis.positions for axis in axes)), default=None)


@cache
def _cut(taps: int, positions: int) -> tuple[int, ...]:
    """The runs that neighbouring taps are cut into: those that take the fewest products together, and of these the fewest."""
    if taps == 0:
        return ()
    choices = ((run, *_cut(taps - run, positions)) for run in range(min(MOST_TAPS, taps), 0, -1))
    return min(choices, key=lambda cut: (sum(algorithm(run, positions).multiplications for run in cut), len(cut)))


@cache
def _axis(axis: Gather, positions: int) -> TileAxis:
    """Taps by the residue of what they read, and these in runs."""
    order = sorted(range(len(axis.offset)), key=axis.offset.__getitem__)
    made = list[Run]()
    for part in range(axis.step):
        some = [t for t in order if axis.offset[t] % axis.step == part]
        edges = accumulate(_cut(len(some), positions), initial=0)
        made += [Run(axis.offset[some[first]] - axis.low, tuple(axis.tap[t] for t in some[first:last]))
                 for first, last in pairwise(edges)]
    reach = max(run.lead + (len(run.taps) - 1) * axis.step for run in made)
    return TileAxis(axis.step, axis.low, positions, reach, tuple(made))


def _offered(axes: tuple[TileAxis, ...]) -> bool:
    """Whether points and errors are few enough."""
    most = prod(max(algorithm(len(run.taps), axis.positions).multiplications for run in axis.runs) for axis in axes)
    grows = prod((max(amplification(len(run.taps), axis.positions) for run in axis.runs) for axis in axes), start=Fraction(1))
    return most <= MOST_POINTS and grows <= MOST_AMPLIFICATION


@cache
def _grows(taps: int, positions: int) -> Fraction:
    """How much larger the magnitudes that make up one tap can be for one position of a tile, the others being zero."""
    made = algorithm(taps, positions)
    inputs = [sum(map(abs, row), Fraction()) for row in made.inputs]
    return max(sum((abs(out) * abs(weights[at]) * size for out, weights, size in zip(row, made.weights, inputs, strict=True)), Fraction())
               for row in made.output for at in range(positions))


def _terms(problem: Problem, axes: tuple[TileAxis, ...]) -> list[tuple[tuple[Run, ...], tuple[int, ...]]]:
    """Every combination of runs, with the numbers of its taps in the kernel."""
    terms = []
    for some in product(*(axis.runs for axis in axes)):
        taps = []
        for chosen in product(*(run.taps for run in some)):
            at = 0
            for k, tap in zip(problem.spec.kernel, chosen, strict=True):
                at = at * k + tap
            taps.append(at)
        terms.append((some, tuple(taps)))
    return terms


def _counts(some: tuple[Run, ...]) -> tuple[int, ...]:
    """Taps on each axis."""
    return tuple(len(run.taps) for run in some)


def _points(axes: tuple[TileAxis, ...], counts: tuple[int, ...]) -> int:
    """Products of a tile for so many taps on each axis."""
    return prod(algorithm(taps, axis.positions).multiplications for axis, taps in zip(axes, counts, strict=True))


def _made(problem: Problem) -> tuple[TileAxis, ...]:
    """Of a problem that is accepted."""
    axes = tile_axes(problem)
    if axes is None:
        raise AssertionError("not accepted")
    return axes


def plan(problem: Problem, shape: Target) -> FastOuterPlan:
    """Windows and transforms from the runs, the tile from the registers, groups from the caches."""
    element, axes = problem.element, _made(problem)
    scalar = element.scalar
    vector = pieces.vectors(scalar, element.size, shape)
    border, blocks, tile = pieces.border(vector), pieces.blocks(vector), register_tile(element, shape)
    width, driver, symbol = 2 * vector.lanes, f"fast_outer_{vector.symbol}", f"{problem.name}_fast_outer"
    shared = FastOuterDriver(
        "fast_outer.c.jinja", driver, pieces.run_prototypes(driver, packs=False), scalar, vector.symbol, tile.symbol, border.symbol,
        blocks.symbol, vector.lanes, tile.most, width, RUN, FEWEST, RUNS, HELD_BYTES // element.size, NEAR_BYTES // element.size,
        SEGMENT, MOST_TAPS**3, SAFE, CHUNK, pieces.SHARED_BYTES // element.size, PAGE_BYTES // element.size, LINE_BYTES // element.size,
        SKEW_BYTES // element.size)
    positions = tuple(axis.positions for axis in axes)
    terms = _terms(problem, axes)
    kinds = list(dict.fromkeys(_counts(some) for some, _ in terms))
    images = {counts: window(scalar, vector, "inputs", counts, positions) for counts in kinds}
    features = {counts: window(scalar, vector, "weights", counts, positions) for counts in kinds}
    ends = {counts: taps_of_sums(scalar, vector, counts, positions) for counts in kinds}
    points = [_points(axes, _counts(some)) for some, _ in terms]
    own = [_points(axes, counts) for counts in kinds]
    before, first, taps = [0, *accumulate(points)], [0, *accumulate(own)], [0, *accumulate(len(taps) for _, taps in terms)]
    missing = 3 - len(axes)
    rows = ["{1, 0, 1, 0}"] * missing + [f"{{{axis.step}, {axis.low}, {axis.positions}, {axis.reach}}}" for axis in axes]
    leads = [", ".join(map(str, (0,) * missing + tuple(run.lead for run in some))) for some, _ in terms]
    table = pieces.table(driver, symbol, {
        "axis": "{\n        " + ",\n        ".join(rows) + "}", "term": f"{symbol}_term", "terms": len(terms),
        "image": f"{symbol}_image", "products": before[-1], "feature": f"{symbol}_feature", "features": len(kinds),
        "feature_points": first[-1], "most_points": max(points), "taps": prod(problem.spec.kernel)}, (
            ("ptrdiff_t", f"{symbol}_tap", tuple(tap for _, some in terms for tap in some)),
            (f"{driver}_Window", f"{symbol}_image", tuple(
                f"{{{before[at]}, {{{leads[at]}}}, {images[_counts(some)].symbol}}}" for at, (some, _) in enumerate(terms))),
            (f"{driver}_Window", f"{symbol}_feature", tuple(
                f"{{{first[at]}, {{0, 0, 0}}, {features[counts].symbol}}}" for at, counts in enumerate(kinds))),
            (f"{driver}_Term", f"{symbol}_term", tuple(
                f"{{{points[at]}, {before[at]}, {first[kinds.index(_counts(some))]}, {len(own_taps)}, {symbol}_tap + {taps[at]}, "
                f"{ends[_counts(some)].symbol}}}" for at, (some, own_taps) in enumerate(terms)))),
        f"rounding errors are at most {float(_bound(axes)):g} times those of direct sums, as the greatest magnitudes go")
    parts = (pieces.geometry(), vector, border, blocks, tile, *images.values(), *features.values(), *ends.values(), shared, table)
    return FastOuterPlan(driver, symbol, tuple(dict.fromkeys(parts)), axes, tile.most, width)


def _bound(axes: tuple[TileAxis, ...]) -> Fraction:
    """Of the greatest magnitudes, over all positions."""
    return prod((max(_grows(len(run.taps), axis.positions) for run in axis.runs) for axis in axes), start=Fraction(1))


def growth(problem: Problem) -> tuple[float, int]:
    """(amplification, roundings beyond those of ``longest``) of its bound."""
    axes = _made(problem)
    return float(_bound(axes)), sum(max(longest_rows(len(run.taps), axis.positions) for run in axis.runs) for axis in axes)


def rounding(problem: Problem) -> str:
    """The bound of the certificate. Source: Barabasz et al. (2020), section 4, in ``derive/fast.py``; sums in blocks as in ``outer``."""
    grows, more = growth(problem)
    return (f"|error| ≤ {grows:g}·γ·n·max|u|·max|x|, n terms, γ = t·ε/(1 − t·ε), "
            f"t = {RUN} + 2·max({RUNS}, 2·√(n/{LEAST} + 1)) + {more} and n + {more} at most, ε half a unit in the last place")


def longest(terms: int) -> int:
    """Most roundings that one of so many products goes through on its way into a sum."""
    return min(terms, RUN + 2 * max(RUNS, 2 * isqrt(terms // LEAST + 1) + 2))


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: products of all tiles at the tile's rate, transforms of both sides, copies, sums and a start."""
    axes, size = _made(problem), problem.element.size / 4
    width, rate, wide = 2 * shape.vector_bytes // problem.element.size, shape.macs_per_ns[0] / size, 32 / shape.vector_bytes
    tiles = " * ".join(f"((call.out_length[{place}] + {axis.positions - 1}) // {axis.positions})"
                       for place, axis in enumerate(axes, 3 - len(axes)))
    terms = _terms(problem, axes)
    products = sum(_points(axes, _counts(some)) for some, _ in terms)
    points = sum(_points(axes, counts) for counts in dict.fromkeys(_counts(some) for some, _ in terms))
    one, two = (f"(({side} + {width - 1}) // {width} * {width}.0 * {other})"
                for side, other in (("inputs_per", "outputs_per"), ("outputs_per", "inputs_per")))
    pairs = f"groups * ({one} if {one} < {two} else {two})"
    lanes = width // 2  # of a vector, which a transform fills up
    images, features = (f"((call.{side} + {lanes - 1}) // {lanes} * {lanes})" for side in ("in_channels", "out_channels"))
    return (f"1.0 * call.batch * {tiles} * ({products}.0 * {pairs} * {1.05 / rate:.4f} "
            f"+ {0.29 * size * wide:.3f} * ({products} * {images} + {points} * {features})) + {0.33 * size} * (inputs + outputs) "
            f"+ {0.15 * size * wide * products:.3f} * {pairs} + {0.5 * size * prod(problem.spec.kernel)} * call.in_channels * outputs_per "
            "+ 2500 if inputs_per * outputs_per > 1 else 1e300")


def together(problem: Problem) -> tuple[int, ...]:
    """Weights have no positions; sums over some of them are not taken apart."""
    return (1,) * problem.spec.dims


def corners(problem: Problem, shape: Target, made: FastOuterPlan) -> list[dict[str, Any]]:
    """Rows and lanes across a tile on either side, groups, tiles across a row's end, several segments, groups of tiles and sums of them."""
    growth = _exact(made.axes)
    lanes = shape.vector_bytes // problem.element.size
    one = {"batch": 1, "groups": 1, "extra": 0}
    cases = [
        one | {"inputs": 2, "outputs": 1},
        {"batch": 2, "inputs": made.width + 1, "outputs": made.rows + 1, "groups": 1, "extra": 1},
        {"batch": 2, "inputs": 3, "outputs": made.width + 3, "groups": 1, "extra": 2},
        {"batch": 3, "inputs": 6, "outputs": 4, "groups": 2, "extra": 3},
        {"batch": 2, "inputs": lanes - 1, "outputs": lanes + 1, "groups": 1, "extra": 4},
        one | {"inputs": 2, "outputs": 3, "along": (SEGMENT + 1) * made.axes[-1].positions + 1},
        {"batch": RUN + 3, "inputs": 1, "outputs": 2, "groups": 1, "extra": 0},  # two groups of tiles
        {"batch": 1, "inputs": 2, "outputs": 4, "groups": 2, "extra": 5},
    ]
    # where integers stay exact in so long sums: groups of several rows, and more than RUNS of them
    line = 2 * made.axes[-1].positions
    more = [(RUN * line, {"batch": RUN, "inputs": 3, "outputs": 2, "groups": 1, "extra": 0, "along": line}),
            (RUN * RUNS, {"batch": RUN * RUNS + 1, "inputs": 2, "outputs": 1, "groups": 1, "extra": 0})]
    cases += [case for terms, case in more if 4 * terms * growth <= 1 << problem.element.bits]
    return [case | {"growth": growth} for case in cases]


def _exact(axes: tuple[TileAxis, ...]) -> int:
    """What the exact checks must leave room for: the largest on the way from products to taps, one axis after the other."""
    rooms = [[max(each) for each in zip(*(room(len(run.taps), axis.positions) for run in axis.runs), strict=True)] for axis in axes]
    return ceil(max(prod(after for _, _, after in rooms[:at]) * sums * prod(before for before, _, _ in rooms[at + 1:])
                    for at, (_, sums, _) in enumerate(rooms)))
