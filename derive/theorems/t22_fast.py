"""Theorem 22: fast algorithms for the taps of a phase, exact over ℚ, with their error amplification.

Each phase of a transposed convolution is a short correlation, to which Toom–Cook/Winograd algorithms apply, and so is the gradient by
its taps, with what comes back from its outputs for weights; fewer multiplications cost accuracy, and the exact factor is printed
beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal

import sympy

from ..claims import ForAll, Identity
from ..expression import Expression, Product, Rows
from ..fast import PAIR, FastAlgorithm, Point, fast_algorithm
from ..form import i, symbols
from ..logic import Equal, Iff
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose
from .t13_coverage import shares

J, a0, i0, t = symbols("J a' i' t")
OUTPUTS = {2: (2, 3, 4), 3: (2, 4), 4: (2, 3)}  # taps at once -> outputs at once
GRADIENTS = {2: (2, 3), 3: (2, 4), 4: (2, 3)}  # taps at once -> outputs at once, whose gradients are the weights
MOST = max(OUTPUTS)  # phases with more taps are cut into pieces


def theorem(spec: ConvSpec) -> Theorem:
    """Fast algorithms."""
    title, why = "fast algorithms", "a phase's taps by fewer multiplications, exactly, and what that costs in accuracy"
    sizes = pieces(spec)
    if not sizes:
        return Theorem(22, title, "all sizes", why, (), not_applicable="no phase has two taps")
    chosen = [(outputs, taps, False) for taps in sizes for outputs in OUTPUTS[taps]]
    chosen += [(taps, outputs, True) for taps in sizes for outputs in GRADIENTS[taps]]
    return compose(22, title, "all sizes", why, (*by_axis(spec.uncropped.axes, axis_steps),
                                                 *(line for each in chosen for line in algorithm(*each))))


def pieces(spec: ConvSpec) -> list[int]:
    """Numbers of taps, 2 to MOST, that occur in the phases or in the pieces they are cut into, by MOST or by two and three."""
    counts = {taps for axis in spec.axes for taps, _ in shares(axis).rows}
    cut = {piece for count in counts for piece in ((MOST, count % MOST) if count > MOST else (count,))}
    cut |= {2, 3} if max(counts) >= MOST else set()
    return sorted(piece for piece in cut if piece > 1)


def axis_steps(axis: Axis) -> Iterator[Step]:
    """A phase is a correlation of step d/g over its features."""
    step = axis.step
    yield Step(f"a phase is itself dilated by d/g = {step}: going {axis.stride * step} outputs further moves every tap's "
               f"feature by {step}, so with Q split modulo {step} each part is an undilated correlation", ForAll(slides(axis)))


def slides(axis: Axis) -> Statement:
    """With J = s·i′ + d·a′: output J + s·d/g meets tap a′ + (s/g)t at feature i ⇔ i = i′ − (d/g)(t − 1)."""
    s, d, g = axis.stride, axis.dilation, axis.gcd
    further = Equal(J + s * (d // g), s * i + d * (a0 + s // g * t))
    variables = (Variable(a0, 0, 2), Variable(i0, 0, 3), Variable(J, 0, 9), Variable(t, 0, 2), Variable(i, -3, 9))
    return Statement(variables, (Equal(J, s * i0 + d * a0),), Iff(further, Equal(i, i0 - d // g * (t - 1))))


@dataclass(frozen=True)
class Matrix(Expression):
    """Aᵀ, G or Bᵀ of an algorithm."""

    fast: FastAlgorithm
    which: Literal["output", "weights", "inputs"]

    @property
    def rows(self) -> Rows:
        return [[sympy.Rational(x.numerator, x.denominator) for x in row] for row in getattr(self.fast, self.which)]

    def latex(self, printer: Any) -> str:
        return {"output": r"\mathcal A^{\mathsf T}", "weights": r"\mathcal G", "inputs": r"\mathcal B^{\mathsf T}"}[self.which]


@dataclass(frozen=True)
class Column(Expression):
    """Letters with indices from 0 on."""

    letter: str
    length: int

    @property
    def rows(self) -> Rows:
        return [[symbol] for symbol in sympy.symbols(f"{self.letter}_0:{self.length}")]

    def latex(self, printer: Any) -> str:
        return self.letter


@dataclass(frozen=True)
class Pointwise(Expression):
    """Products entry by entry: the multiplications of an algorithm."""

    left: Product
    right: Product

    @property
    def rows(self) -> Rows:
        return [[one[0] * other[0]] for one, other in zip(self.left.rows, self.right.rows, strict=True)]

    @property
    def below(self) -> tuple[Expression, ...]:
        return self.left, self.right

    def latex(self, printer: Any) -> str:
        return rf"[({self.left.latex(printer)}) \odot ({self.right.latex(printer)})]"


@cache
def algorithm(outputs: int, taps: int, gradient: bool) -> tuple[Line, ...]:
    """The polynomial identity, and the counts: of outputs, or of the gradient by as many taps as there are ``outputs``."""
    fast = fast_algorithm(outputs, taps)
    says = ("the gradient by {outputs} taps from {taps} outputs at once, F({outputs}, {taps}): {few} multiplications for {many}, "
            "magnitudes grow by {growth}") if gradient else (
        "F({outputs}, {taps}): {few} multiplications for {many}, magnitudes grow by {growth}")
    made = differentiates if gradient else correlates
    cheap = Fact(says, {"outputs": outputs, "taps": taps, "few": fast.multiplications, "many": outputs * taps,
                        "growth": _rational(fast.amplification)},
                 lambda outputs, taps, few, many, growth: (made(outputs, taps), costs(outputs, taps, few, many, growth)))
    points = ", ".join(_point(point) for point in fast.points)
    what = ("with e[i] for what comes back from output i, the derivative of Σ e[i]·q[a]·u[i + a] by q[a] is Σ e[i]·u[i + a]: "
            f"F({outputs}, {taps}) of e and u, here with the points {points}" if gradient else
            f"F({outputs}, {taps}) makes {outputs} outputs of {taps} taps at once, here with the points {points}: output i is "
            "Σ q[a]·u[i + a]")
    return (cheap, Step(what, cheap.claims[0]),
            Step("how many products there are, how many of the direct sum, and how much the sum of magnitudes grows: the largest row "
                 f"sum of |𝒜ᵀ|, with each product counted as its row sums of |𝒢| and |ℬᵀ|, divided by the {taps} of the direct sum",
                 cheap.claims[1]))


def _point(point: Point) -> str:
    return "∞" if point is None else "±i" if point == PAIR else str(point).replace("-", "−")


def correlates(outputs: int, taps: int) -> Identity:
    """𝒜ᵀ[(𝒢 q) ⊙ (ℬᵀ u)] is the direct sum, for every q and u."""
    fast = fast_algorithm(outputs, taps)
    q, u = Column("q", taps), Column("u", outputs + taps - 1)
    products = Pointwise(Product(Matrix(fast, "weights"), q), Product(Matrix(fast, "inputs"), u))
    direct = tuple(sympy.Add(*[q.rows[tap][0] * u.rows[at + tap][0] for tap in range(taps)]) for at in range(outputs))
    return Identity((Product(Matrix(fast, "output"), products),), (direct,))


def differentiates(outputs: int, taps: int) -> Identity:
    """𝒜ᵀ[(𝒢 e) ⊙ (ℬᵀ u)] is the derivative of Σ e[i]·q[a]·u[i + a] by the q[a], for every e and u."""
    fast = fast_algorithm(outputs, taps)
    q, e, u = Column("q", outputs), Column("e", taps), Column("u", outputs + taps - 1)
    products = Pointwise(Product(Matrix(fast, "weights"), e), Product(Matrix(fast, "inputs"), u))
    paired = sympy.Add(*[e.rows[at][0] * q.rows[tap][0] * u.rows[at + tap][0] for at in range(taps) for tap in range(outputs)])
    return Identity((Product(Matrix(fast, "output"), products),), (tuple(paired.diff(row[0]) for row in q.rows),))


def costs(outputs: int, taps: int, few: int, many: int, growth: Any) -> Identity:
    """Counted in the matrices: products, terms of the direct sums, and the growth of magnitudes."""
    fast = fast_algorithm(outputs, taps)
    scale = [sum(map(abs, g)) * sum(map(abs, b)) for g, b in zip(fast.weights, fast.inputs, strict=True)]
    most = max(sum(abs(x) * y for x, y in zip(row, scale, strict=True)) for row in fast.output) / Fraction(taps)
    return Identity((len(fast.inputs), sum(1 for _ in range(outputs) for _ in range(taps)), _rational(most)), (few, many, growth))


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)
