"""Toom–Cook (Winograd) algorithms for short correlations, exact over ℚ.

F(r, t) computes y_i = Σ_b g_b·d_{i+b}, 0 ≤ i < r, from t weights and r + t − 1 inputs with r + t − 1 multiplications
instead of r·t:  y = Aᵀ[(G g) ⊙ (Bᵀ d)]. Source: S. Winograd, *Arithmetic Complexity of Computations* (1980); the
construction by transposing polynomial multiplication; points as in B. Barabasz et al., *Error analysis and improving
the accuracy of Winograd convolution* (2020), section 4; ±i as in Winograd's chapter on cyclotomic factors: the remainder
modulo x² + 1, a complex product by three real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, chain, combinations, pairwise

CANDIDATES = tuple(Fraction(*pair) for pair in ((1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2)))
PAIR = 1j  # among points: i and −i together
TURNS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # powers of i
Point = Fraction | complex | None
Rows = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True)
class FastAlgorithm:
    """F(r, t) with its matrices: ``output`` r × l, ``weights`` l × t, ``inputs`` l × (r + t − 1); None among points is ∞.

    l is r + t − 1, and one more with the pair ±i; except in pieces. F(r, 1) has no points: its r products are the outputs.
    """

    outputs: int
    taps: int
    points: tuple[Point, ...]
    output: Rows
    weights: Rows
    inputs: Rows

    @property
    def multiplications(self) -> int:
        """l."""
        return len(self.inputs)

    @property
    def amplification(self) -> Fraction:
        """max_i Σ_l |Aᵀ_il|·(Σ|G_l|)·(Σ|Bᵀ_l|) / t: how much larger the sum of magnitudes is than the direct sum's."""
        scale = [sum(map(abs, g), Fraction()) * sum(map(abs, b), Fraction())
                 for g, b in zip(self.weights, self.inputs, strict=True)]
        return max(sum((abs(x) * y for x, y in zip(row, scale, strict=True)), Fraction()) for row in self.output) / self.taps


@lru_cache(maxsize=64)
def fast_algorithm(outputs: int, taps: int) -> FastAlgorithm:
    """F(r, t) with 0, ∞ and those of the candidate points ±1, ±2, ±1/2 that amplify errors least; r + t ≤ 9.

    F(4, 2) at 0, ±1 and the pair ±i: one multiplication more, and an amplification of 5 instead of 10.
    """
    if taps == 1:
        unit = tuple(tuple(Fraction(int(row == column)) for column in range(outputs)) for row in range(outputs))
        return FastAlgorithm(outputs, 1, (), unit, ((Fraction(1),),) * outputs, unit)
    if (outputs, taps) == (4, 2):
        return _at_points(outputs, taps, (Fraction(0), Fraction(1), Fraction(-1), PAIR))
    choices = combinations(CANDIDATES, outputs + taps - 3)
    return min((_at_points(outputs, taps, (Fraction(0), *chosen, None)) for chosen in choices), key=lambda f: f.amplification)


@lru_cache(maxsize=64)
def piecewise(outputs: int, pieces: tuple[int, ...]) -> FastAlgorithm:
    """F(r, t) as the sum of F(r, t′) over pieces of t′ taps each: each reads the window from its first tap on. More
    multiplications than r + t − 1, and smaller coefficients."""
    edges, taps = (0, *accumulate(pieces)), sum(pieces)
    parts = [(first, fast_algorithm(outputs, last - first)) for first, last in pairwise(edges)]
    points = tuple(point for _, part in parts for point in part.points)
    output = tuple(tuple(chain.from_iterable(part.output[row] for _, part in parts)) for row in range(outputs))
    return FastAlgorithm(outputs, taps, points, output,
                         tuple(_placed(row, first, taps) for first, part in parts for row in part.weights),
                         tuple(_placed(row, first, outputs + taps - 1) for first, part in parts for row in part.inputs))


def _placed(row: tuple[Fraction, ...], first: int, length: int) -> tuple[Fraction, ...]:
    """The row from place ``first`` on, zeros elsewhere."""
    return (*(Fraction(),) * first, *row, *(Fraction(),) * (length - first - len(row)))


def _at_points(outputs: int, taps: int, points: tuple[Point, ...]) -> FastAlgorithm:
    """The values of a product of polynomials at the points are products of theirs, and give its coefficients; transposed."""
    columns = list(zip(*_inverse(_values(points, outputs + taps - 1)), strict=True))
    inputs = list[tuple[Fraction, ...]]()
    for point in points:
        real = columns.pop(0)
        if point != PAIR:
            inputs.append(real)
            continue
        imaginary = columns.pop(0)  # of (a + bi)(c + di): ac − bd and (a + b)(c + d) − ac − bd
        inputs += [tuple(x - y for x, y in zip(real, imaginary, strict=True)), tuple(-x - y for x, y in zip(real, imaginary, strict=True)),
                   imaginary]
    return FastAlgorithm(outputs, taps, points, tuple(zip(*_factors(points, outputs), strict=True)), _factors(points, taps), tuple(inputs))


def _values(points: tuple[Point, ...], length: int) -> Rows:
    """What makes the values of a polynomial at the points of its coefficients; real and imaginary part for the pair."""
    rows = list[tuple[Fraction, ...]]()
    for point in points:
        if point == PAIR:
            rows += [tuple(Fraction(TURNS[power % 4][part]) for power in range(length)) for part in (0, 1)]
        else:
            rows.append(_powers(point, length))
    return tuple(rows)


def _factors(points: tuple[Point, ...], length: int) -> Rows:
    """What makes the factors of the products of coefficients: the values, and of the pair the sum of its parts too."""
    rows = list[tuple[Fraction, ...]]()
    for point in points:
        made = _values((point,), length)
        rows += [*made, *([tuple(x + y for x, y in zip(*made, strict=True))] if point == PAIR else [])]
    return tuple(rows)


def _powers(point: Point, length: int) -> tuple[Fraction, ...]:
    """Of a rational point; ∞ picks the leading coefficient."""
    return tuple(point**power if isinstance(point, Fraction) else Fraction(int(power == length - 1)) for power in range(length))


def _inverse(rows: Rows) -> Rows:
    """Gauss–Jordan over ℚ."""
    size = len(rows)
    work = [[*row, *(Fraction(int(r == c)) for c in range(size))] for r, row in enumerate(rows)]
    for column in range(size):
        pivot = next(r for r in range(column, size) if work[r][column])
        work[column], work[pivot] = work[pivot], work[column]
        work[column] = [value / work[column][column] for value in work[column]]
        for r in range(size):
            if r != column and work[r][column]:
                work[r] = [x - work[r][column] * y for x, y in zip(work[r], work[column], strict=True)]
    return tuple(tuple(row[size:]) for row in work)
