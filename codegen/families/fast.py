"""Family ``fast``: transposed convolution with fewer multiplications: nested Toom–Cook algorithms (theorem 22), lanes = output channels.

Where k = t·s, every phase of an axis is a convolution of t neighbouring features, and F(r, t) gives r outputs with
r + t − 1 products instead of r·t. All phases read the same windows of r + t − 1 features, so that one transform of the
features serves them; the products of each point are a matrix product over the register tile; the phases of the last
axis are interleaved as in ``direct``, whose bordered copy is used. Rounding errors grow by the amplification of the
algorithm at most; more than MOST_AMPLIFICATION is not offered. Transforms mix neighbours, so an Inf or NaN or a huge
value among the features ends the call, and ``direct`` computes it instead; the same among the weights ends packing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import lcm, prod
from typing import Any

from derive.fast import Rows, fast_algorithm

from .. import pieces
from ..problem import Problem
from ..target import Target
from . import direct
from .direct import DirectAxis, split

NAME = "fast"
OUTPUTS = {1: 1, 2: 3, 3: 2}  # of a tile on an axis with so many taps a phase: the largest with dyadic coefficients only
MOST_AMPLIFICATION = 100
MOST_PHASES = 64
MOST_TILES = 120
LINE_BYTES = 256 * 1024  # of interleaved sums that a run keeps
GREATEST = 1e15  # of features and weights: products and their sums then stay far from overflow


@dataclass(frozen=True)
class FastAxis:
    """One axis: ``window`` features give, for phase ρ of tile Q, the outputs of pixels r·Q − ``shift[ρ]`` + i, 0 ≤ i < r.

    They begin at position r·Q + ``lead`` of the bordered copy.
    """

    number: int
    stride: int
    lead: int
    outputs: int
    window: int
    shift: tuple[int, ...]
    most_shift: int


@dataclass(frozen=True)
class Step:
    """One line of a transform: ``target`` = ``value``."""

    target: str
    value: str


@dataclass(frozen=True)
class Transforms:
    """Rows of ``fast.c.jinja``: what is done to a window of features, to the weights of a phase, to the sums of a tile."""

    template: str
    symbol: str
    prototypes: tuple[str, ...]
    scalar: str
    vector: str
    lanes: int
    width: int
    greatest: str
    windows: tuple[tuple[str, str], ...]  # (vector, its place)
    features: tuple[Step, ...]
    points: tuple[str, ...]
    taps: tuple[str, ...]
    weights: tuple[Step, ...]
    weight_points: tuple[str, ...]
    sums: tuple[str, ...]
    outputs: tuple[Step, ...]
    results: tuple[tuple[str, str], ...]  # (vector, its place)


@dataclass(frozen=True)
class FastPlan:
    """Rows of ``fast.pyx.jinja``."""

    template: str
    symbol: str
    pack_symbol: str
    pieces: tuple[pieces.Piece, ...]
    transforms: str
    border: str  # the symbol of ``direct``, for its bordered copy
    scalar: str
    item_size: int
    axes: tuple[FastAxis, ...]
    last: int
    tile_symbol: str
    vector: str
    rows: int
    width: int
    tiles: int
    channel_block: int
    skew: int
    taps: int
    points: int
    phase_taps: int
    tap: tuple[int, ...]  # of each phase, in the order of the window, times the width
    phases: int
    outer_phases: int
    outer_outputs: int
    x_strides: tuple[tuple[str, str], ...]
    copy_out: str
    copy_past: str
    out_pitch: str
    past: int
    greatest: str
    amplification: str


def accepts(problem: Problem) -> bool:
    """Transposed convolution of real floats whose phases are convolutions of one to three neighbours, more than one on some axis."""
    if not direct.accepts(problem) or prod(problem.spec.stride) > MOST_PHASES:
        return False
    taps = [_taps(split(number, axis)) for number, axis in enumerate(problem.spec.axes)]
    return all(count in OUTPUTS for count in taps) and max(taps) > 1 and _amplification(taps) <= MOST_AMPLIFICATION


def _taps(axis: DirectAxis) -> int:
    """Taps of every phase, where they are neighbours and equally many; else 0."""
    runs = [sorted(axis.offset[axis.start[r]:axis.start[r + 1]]) for r in range(axis.stride)]
    count = len(runs[0])
    return count if all(len(run) == count and run == list(range(run[0], run[0] + count)) for run in runs if run) and all(runs) else 0


def _amplification(taps: list[int]) -> Fraction:
    return prod((fast_algorithm(OUTPUTS[t], t).amplification for t in taps), start=Fraction(1))


def _scaled(outputs: int, taps: int) -> tuple[Rows, Rows, Rows]:
    """(output, weights, inputs) of F(r, t), the denominators of the inputs' rows moved to the weights, which are transformed once."""
    made = fast_algorithm(outputs, taps)
    scale = [lcm(*(value.denominator for value in row)) for row in made.inputs]
    return (made.output, tuple(tuple(value / factor for value in row) for row, factor in zip(made.weights, scale, strict=True)),
            tuple(tuple(value * factor for value in row) for row, factor in zip(made.inputs, scale, strict=True)))


def _growth(taps: list[int]) -> int:
    """What the exact checks must leave room for: amplification, times the denominators of the transformed weights."""
    bits = [lcm(*(value.denominator for row in _scaled(OUTPUTS[t], t)[1] for value in row)) for t in taps]
    return int(-(-_amplification(taps) // 1)) * prod(bits)


def plan(problem: Problem, shape: Target) -> FastPlan:
    """Windows and shifts from the phases, transforms from the algorithms, run lengths from the caches."""
    from .plain import strides

    spec, element = problem.spec, problem.element
    base = direct.plan(problem, shape)
    split_axes = [split(number, axis) for number, axis in enumerate(spec.axes)]
    taps = [_taps(axis) for axis in split_axes]
    axes = tuple(_axis(axis, count) for axis, count in zip(split_axes, taps, strict=True))
    vector, tile = pieces.vectors(element.scalar, element.size, shape), pieces.tile(element.scalar, element.size, shape)
    symbol = f"{problem.name}_fast"
    transforms = _transforms(f"{symbol}_transform", element.scalar, vector, tile, axes, taps)
    points = prod(axis.window for axis in axes)
    line = prod(axis.outputs for axis in axes) * spec.stride[-1] * tile.width * element.size
    return FastPlan(
        template="fast.pyx.jinja", symbol=symbol, pack_symbol=f"{symbol}_pack", pieces=(vector, tile, transforms),
        transforms=transforms.symbol, border=base.symbol, scalar=element.scalar, item_size=element.size, axes=axes, last=spec.dims - 1,
        tile_symbol=tile.symbol, vector=vector.symbol, rows=tile.most, width=tile.width,
        tiles=max(4, min(MOST_TILES, LINE_BYTES // line) // tile.most) * tile.most,
        channel_block=max(16, min(1024, direct.PANEL_BYTES // (tile.width * element.size))), skew=base.skew, taps=prod(spec.kernel),
        points=points, phase_taps=prod(taps), tap=_tap_table(spec.kernel, split_axes, tile.width), phases=prod(spec.stride),
        outer_phases=prod(spec.stride[:-1]), outer_outputs=prod(axis.outputs for axis in axes[:-1]),
        x_strides=strides("x", "n", "call.images", spec.dims, problem.layout == "channels_last", 1),
        copy_out=base.copy_out, copy_past=base.copy_past, out_pitch=base.out_pitch, past=base.past,
        greatest=repr(GREATEST), amplification=str(float(_amplification(taps))),
    )


def _axis(axis: DirectAxis, taps: int) -> FastAxis:
    first = [min(axis.offset[axis.start[r]:axis.start[r + 1]]) for r in range(axis.stride)]
    shift = tuple(offset - min(first) for offset in first)
    return FastAxis(axis.number, axis.stride, min(first) - axis.low, OUTPUTS[taps], OUTPUTS[taps] + taps - 1, shift, max(shift))


def _tap_table(kernel: tuple[int, ...], axes: list[DirectAxis], width: int) -> tuple[int, ...]:
    table = []
    for phase in product(*(range(axis.stride) for axis in axes)):
        runs = [sorted(zip(axis.offset[axis.start[r]:axis.start[r + 1]], axis.tap[axis.start[r]:axis.start[r + 1]], strict=True))
                for axis, r in zip(axes, phase, strict=True)]
        for chosen in product(*runs):
            at = 0
            for k, (_, tap) in zip(kernel, chosen, strict=True):
                at = at * k + tap
            table.append(at * width)
    return tuple(table)


def _nested(prefix: str, matrices: list[Rows], scalar: str) -> tuple[list[str], list[Step], list[str]]:
    """(names of the inputs, steps, names of the results) of a product with the Kronecker product of matrices, axis by axis."""
    held = {index: f"{prefix}{number}" for number, index in enumerate(product(*(range(len(matrix[0])) for matrix in matrices)))}
    names, steps = list(held.values()), list[Step]()
    for axis, matrix in enumerate(matrices):
        shape = [len(m) for m in matrices[:axis + 1]] + [len(m[0]) for m in matrices[axis + 1:]]
        made = {}
        for index in product(*map(range, shape)):
            terms = [(value, held[(*index[:axis], c, *index[axis + 1:])]) for c, value in enumerate(matrix[index[axis]]) if value]
            terms.sort(key=lambda term: term[0] < 0)
            if len(terms) == 1 and terms[0][0] == 1:
                made[index] = terms[0][1]
                continue
            name = f"{prefix}{len(names) + len(steps)}"
            steps.append(Step(name, _sum(terms, scalar)))
            made[index] = name
        held = made
    return names, steps, list(held.values())


def _sum(terms: list[tuple[Fraction, str]], scalar: str) -> str:
    if len({abs(value) for value, _ in terms}) == 1 and abs(terms[0][0]) != 1:
        inner = _sum([(value / abs(value), name) for value, name in terms], scalar)
        return f"({scalar}){float(abs(terms[0][0]))!r} * ({inner})"
    text = ""
    for value, name in terms:
        sign = ("-" if value < 0 else "") if not text else (" - " if value < 0 else " + ")
        text += sign + (name if abs(value) == 1 else f"({scalar}){float(abs(value))!r} * {name}")
    return text


def _transforms(symbol: str, scalar: str, vector: pieces.Vectors, tile: pieces.Tile, axes: tuple[FastAxis, ...],
                taps: list[int]) -> Transforms:
    made = [_scaled(axis.outputs, t) for axis, t in zip(axes, taps, strict=True)]
    windows, features, points = _nested("d", [inputs for _, _, inputs in made], scalar)
    weights_in, weights, weight_points = _nested("g", [matrix for _, matrix, _ in made], scalar)
    sums, outputs, results = _nested("m", [matrix for matrix, _, _ in made], scalar)
    at = [" + ".join(f"{i} * step[{axis.number}]" for i, axis in zip(index, axes, strict=True) if i) or "0"
          for index in product(*(range(axis.window) for axis in axes))]
    to = [f"{number // axes[-1].outputs} * pitch + {number % axes[-1].outputs} * step" for number in range(len(results))]
    prototypes = (
        f"int {symbol}_features(const {scalar} *u, const Py_ssize_t *step, Py_ssize_t channels, {scalar} *v, "
        "Py_ssize_t plane) noexcept nogil",
        f"void {symbol}_weights(const {scalar} *lines, const Py_ssize_t *tap, {scalar} *w, Py_ssize_t plane) noexcept nogil",
        f"void {symbol}_outputs(const {scalar} *sums, Py_ssize_t plane, const {scalar} *start, Py_ssize_t tiles, const Py_ssize_t *slot, "
        f"{scalar} *lines, Py_ssize_t step, Py_ssize_t pitch) noexcept nogil",
    )
    return Transforms(
        "fast.c.jinja", symbol, prototypes, scalar, vector.symbol, vector.lanes, tile.width,
        f"({scalar}){GREATEST!r}", tuple(zip(windows, at, strict=True)), tuple(features), tuple(points), tuple(weights_in),
        tuple(weights), tuple(weight_points), tuple(sums), tuple(outputs), tuple(zip(results, to, strict=True)))


def rounding(problem: Problem) -> str:
    """The bound of the certificate. Source: Barabasz et al. (2020), section 4, in ``derive.fast``."""
    taps = [_taps(split(number, axis)) for number, axis in enumerate(problem.spec.axes)]
    return (f"|error| ≤ {float(_amplification(taps)):g}·γ·t·max|w|·max|u|, γ = (t + 12)·ε/(1 − (t + 12)·ε), t terms with the bias, "
            "ε half a unit in the last place")


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: products of all tiles at the tile's rate, the transforms, the transformed weights from memory, a start."""
    axes = [split(number, axis) for number, axis in enumerate(problem.spec.axes)]
    made = [_axis(axis, _taps(axis)) for axis in axes]
    tile = pieces.tile(problem.element.scalar, problem.element.size, shape)
    rate = shape.macs_per_ns[0] * 4 / problem.element.size
    tiles = " * ".join(["call.batch", *(
        f"((call.n[{x.number}] + {x.stride - 1}) // {x.stride} + {x.most_shift + x.outputs - 1}) // {x.outputs}" for x in made)])
    points, phases = prod(x.window for x in made), prod(problem.spec.stride)
    lanes = f"((images_per + {tile.width - 1}) // {tile.width} * {tile.width})"
    least = shape.vector_bytes // problem.element.size
    return (f"1.0 * {tiles} * {points} * (1.0 * {lanes} * {phases} * (features_per / {rate} + groups * 0.06) + 0.15 * call.features) "
            f"+ 0.07 * {points * phases} * call.features * {lanes} + inputs + outputs / 8 + 3000 "
            f"if call.features >= {least} and features_per * images_per > 1 else 1e300")


def corners(problem: Problem, shape: Target) -> list[dict[str, Any]]:
    """Tiles across a row's end, a run and the batch, outputs across a block, a vector of channels that overlaps the one before."""
    made = plan(problem, shape)
    least = shape.vector_bytes // problem.element.size
    growth = _growth([_taps(split(number, axis)) for number, axis in enumerate(problem.spec.axes)])
    cases = [
        {"batch": 1, "features": least, "images": 1, "groups": 1, "extra": 0},
        {"batch": 2, "features": least + 1, "images": made.width + 1, "groups": 1, "extra": 1},
        {"batch": 1, "features": least, "images": 4, "groups": 2, "extra": 4},
    ]
    long = made.tiles * made.axes[-1].outputs + 5
    if problem.spec.dims == 1:
        cases.append({"batch": 1, "features": least, "images": 2, "groups": 1, "extra": long})
    elif made.taps * 13**problem.spec.dims * least <= 1 << 20:
        cases.append({"batch": 3, "features": least, "images": 2, "groups": 1, "extra": 12})
    return [case | {"growth": growth} for case in cases]
