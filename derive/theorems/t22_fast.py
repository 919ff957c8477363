"""Theorem 22: fast algorithms for the taps of a phase, exact over ℚ, with their error amplification.

Each phase of a transposed convolution is a short correlation, to which Toom–Cook/Winograd algorithms apply; fewer
multiplications cost accuracy, and the exact factor is printed beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import sympy

from ..claims import ForAll, Identity
from ..fast import FastAlgorithm, fast_algorithm
from ..form import i, symbols
from ..logic import Equal, Iff
from ..phases import phases
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, each_axis

J, a0, i0, t = symbols("J a_0 i_0 t")
OUTPUTS = {2: (2, 3), 3: (2,), 4: (2,)}  # taps at once -> outputs at once
MOST = max(OUTPUTS)  # phases with more taps are cut into pieces


def theorem(spec: ConvSpec) -> Theorem:
    """Fast algorithms."""
    title, why = "fast algorithms", "a phase's taps by fewer multiplications, exactly, and what that costs in accuracy"
    sizes = pieces(spec)
    if not sizes:
        return Theorem(22, title, "all sizes", why, (), not_applicable="no phase has two taps")
    steps = [Step(label + step.reason, step.claim, step.scope) for label, axis in each_axis(spec) for step in axis_steps(axis)]
    chosen = [(outputs, taps) for taps in sizes for outputs in OUTPUTS[taps]]
    steps += [step for outputs, taps in chosen for step in algorithm_steps(fast_algorithm(outputs, taps))]
    says = "; ".join(f"F({outputs}, {taps}): {outputs + taps - 1} multiplications for {outputs * taps}" for outputs, taps in chosen)
    return Theorem(22, title, "all sizes", why, tuple(steps), says)


def pieces(spec: ConvSpec) -> list[int]:
    """Numbers of taps, 2 to MOST, that occur in the phases or in the pieces they are cut into, by MOST or by two and three."""
    counts = {len(phase.taps) for axis in spec.axes for phase in phases(axis)}
    cut = {piece for count in counts for piece in ((MOST, count % MOST) if count > MOST else (count,))}
    cut |= {2, 3} if max(counts) >= MOST else set()
    return sorted(piece for piece in cut if piece > 1)


def axis_steps(axis: Axis) -> Iterator[Step]:
    """A phase is a correlation of step d/g over its features."""
    step = axis.dilation // axis.gcd
    yield Step(f"a phase is itself dilated by d/g = {step}: going {axis.stride * step} outputs further moves every tap's "
               f"feature by {step}, so with Q split modulo {step} each part is an undilated correlation", ForAll(slides(axis)))


def slides(axis: Axis) -> Statement:
    """With J = s·i₀ + d·a₀: output J + s·d/g meets tap a₀ + (s/g)t at feature i ⇔ i = i₀ − (d/g)(t − 1)."""
    s, d, g = axis.stride, axis.dilation, axis.gcd
    further = Equal(J + s * (d // g), s * i + d * (a0 + s // g * t))
    variables = (Variable(a0, 0, 2), Variable(i0, 0, 3), Variable(J, 0, 9), Variable(t, 0, 2), Variable(i, -3, 9))
    return Statement(variables, (Equal(J, s * i0 + d * a0),), Iff(further, Equal(i, i0 - d // g * (t - 1))))


def algorithm_steps(fast: FastAlgorithm) -> Iterator[Step]:
    """The polynomial identity, and the counts."""
    g = sympy.symbols(f"g_0:{fast.taps}")
    d = sympy.symbols(f"d_0:{fast.multiplications}")
    products = [_dot(row, g) * _dot(inputs, d) for row, inputs in zip(fast.weights, fast.inputs, strict=True)]
    left = tuple(_dot(row, products) for row in fast.output)
    right = tuple(sympy.Add(*[g[tap] * d[output + tap] for tap in range(fast.taps)]) for output in range(fast.outputs))
    points = ", ".join("∞" if point is None else str(point).replace("-", "−") for point in fast.points)
    yield Step(f"F({fast.outputs}, {fast.taps}) at the points {points}: {fast.multiplications} multiplications instead of "
               f"{fast.outputs * fast.taps}; magnitudes grow {_decimal(fast.amplification)}",
               Identity(left, right, shown=("Aᵀ((G g)·(Bᵀ d))",
                                            f"Σ_b g_b·d_{{i + b}}, 0 ≤ i < {fast.outputs}, 0 ≤ b < {fast.taps}")))


def _dot(row: Sequence[Fraction], values: Sequence[sympy.Expr]) -> sympy.Expr:
    return sympy.Add(*[sympy.Rational(x.numerator, x.denominator) * y for x, y in zip(row, values, strict=True)])


def _decimal(value: Fraction) -> str:
    return f"by {value} ≈ {float(value):.2f}" if value.denominator != 1 else f"by {value}"
