"""The transforms of the fast families as C: windows of inputs to points, weights to points, sums at points to outputs or taps.

Each is a product with the Kronecker product of small matrices, one an axis, written out axis by axis in named vectors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations, cycle, product
from math import lcm, prod
from typing import Literal

from convt._derive.fast import FastAlgorithm, Rows, fast_algorithm, piecewise

from . import pieces

PIECES = {1: (1,), 2: (3, 2, 1), 3: (4, 2, 1), 4: (3, 2, 1)}  # outputs of a tile on an axis -> taps of a piece
SQUARES = ("s0", "s1", "s2", "s3")  # several, so that none waits for the one before
LEAST_DIVISOR = 7  # 2ᵏ − 1: with 3, what is rounded may be half a unit of the sum
GREATEST = 1e15  # of inputs and weights: products and their sums then stay far from overflow


@dataclass(frozen=True)
class Step:
    """One line of a transform: ``target`` = ``value``."""

    target: str
    value: str


@dataclass(frozen=True)
class Window(pieces.Piece):
    """Rows of ``window.c.jinja``: what is done to a window of inputs, or to the features of a tile where these are the weights."""

    scalar: str
    vector: str
    lanes: int
    greatest: str
    squares: tuple[str, ...]
    windows: tuple[tuple[str, str, str], ...]  # (vector, its place, the sum that has its square)
    steps: tuple[Step, ...]
    points: tuple[str, ...]


@dataclass(frozen=True)
class Taps(pieces.Piece):
    """Rows of ``taps.c.jinja``: sums at the points of a gradient to its taps."""

    scalar: str
    vector: str
    lanes: int
    sums: tuple[str, ...]
    steps: tuple[Step, ...]
    results: tuple[str, ...]


@dataclass(frozen=True)
class Transforms(pieces.Piece):
    """Rows of ``transforms.c.jinja``: what is done to the weights of a phase, and to the sums of a tile."""

    scalar: str
    vector: str
    lanes: int
    width: int
    taps: tuple[str, ...]
    weights: tuple[Step, ...]
    weight_points: tuple[str, ...]
    sums: tuple[str, ...]
    outputs: tuple[Step, ...]
    results: tuple[tuple[str, str], ...]  # (vector, its place)


def algorithm(outputs: int, taps: int) -> FastAlgorithm:
    """F(r, t), the sum of its pieces."""
    return piecewise(outputs, cut(outputs, taps))


@cache
def amplification(outputs: int, taps: int) -> Fraction:
    """Of the algorithm."""
    return algorithm(outputs, taps).amplification


@cache
def cut(outputs: int, taps: int) -> tuple[int, ...]:
    """The pieces that the taps are cut into: those that take the fewest products together, and of these the fewest."""
    if taps == 0:
        return ()
    choices = ((piece, *cut(outputs, taps - piece)) for piece in PIECES[outputs] if piece <= taps)
    return min(choices, key=lambda pieces: (sum(fast_algorithm(outputs, each).multiplications for each in pieces), len(pieces)))


@dataclass(frozen=True)
class Scaled:
    """F(r, t) as kernels compute it: matrices of dyadic numbers, those of the inputs whole.

    What the denominators of an inputs' row have of 2 is moved to its weights. An odd divisor δ = 2ᵏ − 1
    is taken from the sums of the outputs: the products of the columns in ``divided`` are made 2ᵏ times smaller, and their sum c
    is taken as c + c/δ. Where that is a number with few enough digits, as for integers, it is exact: what is lost by rounding c/δ,
    and 1/δ, is less than half a unit of the sum.
    """

    output: Rows
    weights: Rows
    inputs: Rows
    divisor: int
    divided: frozenset[int]


@cache
def scaled(outputs: int, taps: int) -> Scaled:
    """The algorithm of so many outputs and taps."""
    made = algorithm(outputs, taps)
    scale = [lcm(*(value.denominator for value in row)) for row in made.inputs]
    odd = [factor // (factor & -factor) for factor in scale]
    divisor, = {factor for factor in odd if factor != 1} or {1}
    if divisor & (divisor + 1) or 1 < divisor < LEAST_DIVISOR:
        raise AssertionError(f"a sum that is divided by {divisor} would not be exact")
    by = [factor // part * (part + 1 if part > 1 else 1) for factor, part in zip(scale, odd, strict=True)]
    return Scaled(made.output, tuple(tuple(value / factor for value in row) for row, factor in zip(made.weights, by, strict=True)),
                  tuple(tuple(value * factor for value in row) for row, factor in zip(made.inputs, scale, strict=True)),
                  divisor, frozenset(column for column, factor in enumerate(odd) if factor > 1))


@cache
def room(outputs: int, taps: int) -> tuple[Fraction, Fraction, Fraction]:
    """(products, sums, outputs): how many times more integers of these are than the t products of a direct sum, counted in the
    power of two that divides all; of the sums before their divisor is taken, and after."""
    made = scaled(outputs, taps)
    size = [sum(map(abs, g), Fraction()) * sum(map(abs, b), Fraction()) / taps for g, b in zip(made.weights, made.inputs, strict=True)]
    unit = [_unit(g) * _unit(b) for g, b in zip(made.weights, made.inputs, strict=True)]
    sums = Fraction(1)
    for row in made.output:
        terms = [column for column, value in enumerate(row) if value]
        sums = max(sums, sum((abs(row[c]) * size[c] for c in terms), Fraction()) / min(_unit([row[c]]) * unit[c] for c in terms))
    return max(most / least for most, least in zip(size, unit, strict=True)), sums, max(Fraction(1), sums / made.divisor)


def longest_rows(outputs: int, taps: int) -> int:
    """Roundings on the way through the three transforms at most: one for each term of their longest rows, two for a divisor."""
    made = scaled(outputs, taps)
    longest = sum(max(sum(value != 0 for value in row) for row in matrix) for matrix in (made.output, made.weights, made.inputs))
    return longest + 2 * (made.divisor > 1)


def _unit(values: Iterable[Fraction]) -> Fraction:
    """The greatest power of two that divides them all."""
    return min(Fraction(value.numerator & -value.numerator, value.denominator) for value in values if value)


def _nested(prefix: str, matrices: list[Rows], scalar: str, divided: Sequence[tuple[int, frozenset[int]]] = ((1, frozenset()),) * 3,
            ) -> tuple[list[str], list[Step], list[str]]:
    """(names of the inputs, steps, names of the results) of a product with the Kronecker product of matrices, axis by axis.

    The sum of the columns that are ``divided`` is taken as c + c/δ, of the divisor δ.
    """
    held = {index: f"{prefix}{number}" for number, index in enumerate(product(*(range(len(matrix[0])) for matrix in matrices)))}
    names, steps = list(held.values()), list[Step]()

    def named(value: str) -> str:
        steps.append(Step(f"{prefix}{len(names) + len(steps)}", value))
        return steps[-1].target

    for axis, (matrix, (divisor, columns)) in enumerate(zip(matrices, divided, strict=False)):
        shape = [len(m) for m in matrices[:axis + 1]] + [len(m[0]) for m in matrices[axis + 1:]]
        parts = [{c: value for c, value in enumerate(row) if value and (c in columns) == part} for part in (True, False) for row in matrix]
        pairs, rows = _shared(parts, len(matrix[0]))
        made = {}
        for line in product(*map(range, shape[:axis] + shape[axis + 1:])):
            each = [held[(*line[:axis], c, *line[axis:])] for c in range(len(matrix[0]))]
            for pair in pairs:
                each.append(_line(pair, each, scalar, named))
            for number, (part, rest) in enumerate(zip(rows[:len(matrix)], rows[len(matrix):], strict=True)):
                terms = dict(rest)
                if part:
                    name = _line(part, each, scalar, named)
                    terms[len(each)] = Fraction(1)
                    each.append(named(f"{name} + ({scalar}){1 / divisor!r} * {name}"))
                made[(*line[:axis], number, *line[axis:])] = _line(terms, each, scalar, named)
        held = {index: made[index] for index in product(*map(range, shape))}
    return names, steps, list(held.values())


def _line(row: dict[int, Fraction], each: list[str], scalar: str, named: Callable[[str], str]) -> str:
    """The name of a sum of columns."""
    terms = sorted(((value, each[c]) for c, value in row.items()), key=lambda term: term[0] < 0)
    return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else named(_sum(terms, scalar))


def _shared(given: list[dict[int, Fraction]], columns: int) -> tuple[list[dict[int, Fraction]], list[dict[int, Fraction]]]:
    """(pairs, rows) of rows, column → coefficient: sums of two terms that several rows have are made once, in columns of their own."""
    rows = [dict(row) for row in given]
    pairs = list[dict[int, Fraction]]()
    while True:
        found = Counter((one, two, row[two] / row[one]) for row in rows for one, two in combinations(sorted(row), 2))
        (one, two, ratio), count = max(found.items(), key=lambda item: item[1], default=((0, 0, Fraction()), 0))
        if count < 2:
            return pairs, rows
        pairs.append({one: Fraction(1), two: ratio})
        for row in rows:
            if one in row and two in row and row[two] / row[one] == ratio:
                row[columns + len(pairs) - 1] = row.pop(one)
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
    count = prod(outputs)
    if all(taps):
        made = [scaled(r, t) for r, t in zip(outputs, taps, strict=True)]
        weights_in, weights, weight_points = _nested("g", [each.weights for each in made], scalar)
        sums, lines, results = _summed(made, scalar)
    else:
        weights_in, weights, weight_points, sums = [], [], [], []
        lines, results = [Step("m0", "{0}")], ["m0"] * count
    to = [f"{number // outputs[-1]} * pitch + {number % outputs[-1]} * step" for number in range(count)]
    return Transforms(
        "transforms.c.jinja", named_after(vector, outputs, taps), (), scalar, vector.symbol, vector.lanes, tile.width, tuple(weights_in),
        tuple(weights), tuple(weight_points), tuple(sums), tuple(lines), tuple(zip(results, to, strict=True)))


def window(scalar: str, vector: pieces.Vectors, side: Literal["inputs", "weights"], outputs: tuple[int, ...],
           taps: tuple[int, ...]) -> Window:
    """A window of inputs to the points of F(r, t), or t neighbouring weights where these change from call to call."""
    made = [getattr(scaled(r, t), side) for r, t in zip(outputs, taps, strict=True)] if all(taps) else []
    names, steps, points = _nested("d", made, scalar) if made else ([], [], [])
    at = [" + ".join(f"{i} * step[{place}]" for place, i in enumerate(index, 3 - len(outputs)) if i) or "0"
          for index in product(*(range(len(matrix[0])) for matrix in made))][:len(names)]
    return Window("window.c.jinja", f"{named_after(vector, outputs, taps)}_{side}_window", (), scalar, vector.symbol, vector.lanes,
                  f"({scalar}){GREATEST**2!r}", SQUARES, tuple(zip(names, at, cycle(SQUARES))), tuple(steps), tuple(points))


def taps_of_sums(scalar: str, vector: pieces.Vectors, outputs: tuple[int, ...], taps: tuple[int, ...]) -> Taps:
    """Sums at the points of F(r, t) to its r outputs: the taps of a gradient."""
    sums, steps, results = _summed([scaled(r, t) for r, t in zip(outputs, taps, strict=True)], scalar)
    return Taps("taps.c.jinja", f"{named_after(vector, outputs, taps)}_taps", (), scalar, vector.symbol, vector.lanes,
                tuple(sums), tuple(steps), tuple(results))


def _summed(made: list[Scaled], scalar: str) -> tuple[list[str], list[Step], list[str]]:
    """From the sums at all points to the outputs."""
    return _nested("m", [each.output for each in made], scalar, [(each.divisor, each.divided) for each in made])


def named_after(vector: pieces.Vectors, outputs: tuple[int, ...], taps: tuple[int, ...]) -> str:
    """What is made for an algorithm."""
    return "_".join([f"fast_{vector.symbol}", *(f"{r}x{t}" for r, t in zip(outputs, taps, strict=True))])
