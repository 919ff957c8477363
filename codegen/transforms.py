"""The transforms of family ``fast`` as C: windows of inputs to points, weights to points, sums at points to outputs.

Each is a product with the Kronecker product of small matrices, one an axis, written out axis by axis in named vectors.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, cycle, product
from math import lcm, prod

from convt._derive.fast import FastAlgorithm, Rows, piecewise

from . import pieces

PIECES = {1: 1, 2: 3, 3: 2, 4: 3}  # outputs of a tile on an axis -> taps of a piece: the most with dyadic coefficients only
SQUARES = ("s0", "s1", "s2", "s3")  # several, so that none waits for the one before
GREATEST = 1e15  # of inputs and weights: products and their sums then stay far from overflow


@dataclass(frozen=True)
class Step:
    """One line of a transform: ``target`` = ``value``."""

    target: str
    value: str


@dataclass(frozen=True)
class Transforms(pieces.Piece):
    """Rows of ``transforms.c.jinja``: what is done to a window of inputs, to the weights of a phase, to the sums of a tile."""

    scalar: str
    vector: str
    lanes: int
    width: int
    greatest: str
    squares: tuple[str, ...]
    windows: tuple[tuple[str, str, str], ...]  # (vector, its place, the sum that has its square)
    inputs: tuple[Step, ...]
    points: tuple[str, ...]
    taps: tuple[str, ...]
    weights: tuple[Step, ...]
    weight_points: tuple[str, ...]
    sums: tuple[str, ...]
    outputs: tuple[Step, ...]
    results: tuple[tuple[str, str], ...]  # (vector, its place)


def algorithm(outputs: int, taps: int) -> FastAlgorithm:
    """F(r, t) with dyadic coefficients, in pieces where it takes that."""
    return piecewise(outputs, taps, piece(outputs, taps))


def piece(outputs: int, taps: int) -> int:
    """Taps of a piece at most."""
    return taps if (outputs, taps) == (3, 4) else PIECES[outputs]


def scaled(outputs: int, taps: int) -> tuple[Rows, Rows, Rows]:
    """(output, weights, inputs) of F(r, t), the denominators of the inputs' rows moved to the weights, which are transformed once."""
    made = algorithm(outputs, taps)
    scale = [lcm(*(value.denominator for value in row)) for row in made.inputs]
    return (made.output, tuple(tuple(value / factor for value in row) for row, factor in zip(made.weights, scale, strict=True)),
            tuple(tuple(value * factor for value in row) for row, factor in zip(made.inputs, scale, strict=True)))


def _nested(prefix: str, matrices: list[Rows], scalar: str) -> tuple[list[str], list[Step], list[str]]:
    """(names of the inputs, steps, names of the results) of a product with the Kronecker product of matrices, axis by axis."""
    held = {index: f"{prefix}{number}" for number, index in enumerate(product(*(range(len(matrix[0])) for matrix in matrices)))}
    names, steps = list(held.values()), list[Step]()
    for axis, matrix in enumerate(matrices):
        shape = [len(m) for m in matrices[:axis + 1]] + [len(m[0]) for m in matrices[axis + 1:]]
        pairs, rows = _shared(matrix)
        made = {}
        for line in product(*map(range, shape[:axis] + shape[axis + 1:])):
            each = [held[(*line[:axis], c, *line[axis:])] for c in range(len(matrix[0]))]
            for number, row in enumerate([*pairs, *rows]):
                terms = sorted(((value, each[c]) for c, value in row.items()), key=lambda term: term[0] < 0)
                if len(terms) == 1 and terms[0][0] == 1:
                    name = terms[0][1]
                else:
                    name = f"{prefix}{len(names) + len(steps)}"
                    steps.append(Step(name, _sum(terms, scalar)))
                if number < len(pairs):
                    each.append(name)
                else:
                    made[(*line[:axis], number - len(pairs), *line[axis:])] = name
        held = {index: made[index] for index in product(*map(range, shape))}
    return names, steps, list(held.values())


def _shared(matrix: Rows) -> tuple[list[dict[int, Fraction]], list[dict[int, Fraction]]]:
    """(pairs, rows) of a matrix, column → coefficient: sums of two terms that several rows have are made once, in columns of their own."""
    rows = [{column: value for column, value in enumerate(row) if value} for row in matrix]
    pairs = list[dict[int, Fraction]]()
    while True:
        found = Counter((one, two, row[two] / row[one]) for row in rows for one, two in combinations(sorted(row), 2))
        (one, two, ratio), count = max(found.items(), key=lambda item: item[1], default=((0, 0, Fraction()), 0))
        if count < 2:
            return pairs, rows
        pairs.append({one: Fraction(1), two: ratio})
        for row in rows:
            if one in row and two in row and row[two] / row[one] == ratio:
                row[len(matrix[0]) + len(pairs) - 1] = row.pop(one)
                del row[two]


def _sum(terms: list[tuple[Fraction, str]], scalar: str) -> str:
    if len({abs(value) for value, _ in terms}) == 1 and abs(terms[0][0]) != 1:
        inner = _sum([(value / abs(value), name) for value, name in terms], scalar)
        return f"({scalar}){float(abs(terms[0][0]))!r} * ({inner})"
    text = ""
    for value, name in terms:
        sign = ("-" if value < 0 else "") if not text else (" - " if value < 0 else " + ")
        text += sign + (name if abs(value) == 1 else f"({scalar}){float(abs(value))!r} * {name}")
    return text


def transforms(scalar: str, vector: pieces.Vectors, tile: pieces.Tile, outputs: tuple[int, ...], taps: tuple[int, ...]) -> Transforms:
    """For phases with so many taps on each axis, and as many outputs; without taps, outputs are where the sums start."""
    symbol = "_".join([f"fast_{vector.symbol}", *(f"{r}x{t}" for r, t in zip(outputs, taps, strict=True))])
    count, dims = prod(outputs), len(outputs)
    if all(taps):
        made = [scaled(r, t) for r, t in zip(outputs, taps, strict=True)]
        windows, inputs, points = _nested("d", [inputs for _, _, inputs in made], scalar)
        weights_in, weights, weight_points = _nested("g", [matrix for _, matrix, _ in made], scalar)
        sums, lines, results = _nested("m", [matrix for matrix, _, _ in made], scalar)
    else:
        windows, inputs, points, weights_in, weights, weight_points, sums = [], [], [], [], [], [], []
        lines, results = [Step("m0", "{0}")], ["m0"] * count
    at = [" + ".join(f"{i} * step[{place}]" for place, i in enumerate(index, 3 - dims) if i) or "0"
          for index in product(*(range(r + t - 1) for r, t in zip(outputs, taps, strict=True)))][:len(windows)]
    to = [f"{number // outputs[-1]} * pitch + {number % outputs[-1]} * step" for number in range(count)]
    return Transforms(
        "transforms.c.jinja", symbol, (), scalar, vector.symbol, vector.lanes, tile.width,
        f"({scalar}){GREATEST**2!r}", SQUARES, tuple(zip(windows, at, cycle(SQUARES))), tuple(inputs), tuple(points), tuple(weights_in),
        tuple(weights), tuple(weight_points), tuple(sums), tuple(lines), tuple(zip(results, to, strict=True)))
