"""Theorem 15: linear interpolation by a factor f is a transposed convolution with a fixed kernel, except at the border.

k = 2f − f mod 2, s = f, p = ⌈(f−1)/2⌉: the filler of Caffe and of fully convolutional networks (Long et al. 2015). A
constant stays constant inside; at the border it drops to (2e + f + 1)/(2f), which this theorem states exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy

from ..claims import ForAll, Identity
from ..form import a, feature_range, i, j, length_of_image, m, relation, symbols, tap_range
from ..logic import All, Between, Equal, Le
from ..phases import phases
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, by_axis

e = symbols("e")


def theorem(spec: ConvSpec) -> Theorem:
    """Bilinear filler for the strides of this configuration."""
    rows = dict.fromkeys(f"k{filler(s).kernel} s{s} p{filler(s).padding[0]}" for s in spec.stride)
    return Theorem(15, "bilinear", "all sizes", "linear interpolation by the stride as a transposed convolution: constant inside, "
                   "exact values at the border; over several axes the values multiply",
                   by_axis(ConvSpec.of([filler(s) for s in spec.stride]), axis_steps), "filler: " + "; ".join(rows))


def filler(f: int) -> Axis:
    """The layer of factor f: k = 2f − f mod 2, s = f, p = ⌈(f−1)/2⌉."""
    return Axis(2 * f - f % 2, f, (f // 2, f // 2))


def weights(f: int) -> tuple[Fraction, ...]:
    """1 − |a − (k−1)/2|/f: the tent over the kernel's taps."""
    k = 2 * f - f % 2
    return tuple(1 - abs(tap - Fraction(k - 1, 2)) / f for tap in range(k))


def border(f: int, edge: int) -> Fraction:
    """What a constant 1 becomes at distance ``edge`` < ⌊f/2⌋ from the border: (2e + f + 1)/(2f)."""
    return Fraction(2 * edge + f + 1, 2 * f)


def axis_steps(axis: Axis) -> Iterator[Step]:
    """The steps for one axis (which is a filler already)."""
    f, half = axis.stride, axis.stride // 2
    w = weights(f)
    yield Step("the length is multiplied by f", Identity((length_of_image(axis),), (f * m,), shown=("n", "f·m")))
    sums = tuple(sum((w[tap] for tap in phase.taps), Fraction()) for phase in phases(axis))
    yield Step("partition of unity: the weights of each phase add up to 1",
               Identity(tuple(map(_rational, sums)), (1,) * f, shown=("sum of each phase", "1")))
    yield Step("from ⌊f/2⌋ to n − 1 − ⌊f/2⌋ every tap of the phase has its feature, so a constant stays what it is",
               ForAll(inside(axis)))
    if half:
        yield Step("before ⌊f/2⌋ only the first feature is read, with tap j + p_lo", ForAll(first_only(axis)))
        yield Step("and behind n − 1 − ⌊f/2⌋ only the last, with the tap mirrored", ForAll(last_only(axis)))
        yield Step("there the constant 1 becomes (2e + f + 1)/(2f), e the distance to the border",
                   Identity(tuple(_rational(w[edge + half]) for edge in range(half)) + tuple(
                       _rational(w[axis.kernel - 1 - half - edge]) for edge in range(half)),
                       tuple(_rational(border(f, edge)) for edge in range(half)) * 2,
                       shown=("w_{e + p_lo}", "(2·e + f + 1)/(2·f)")))


    corners = aligned(f)
    yield Step("with corners aligned, k = 2f − 1 and p = f − 1, the length is f(m−1) + 1 and the tent's phases add up to 1 too",
               Identity((length_of_image(corners), *(sum((_rational(tent(f)[tap]) for tap in phase.taps), sympy.Integer(0))
                                                     for phase in phases(corners))),
                        (f * (m - 1) + 1, *[sympy.Integer(1)] * f), shown=("(n, sum of each phase)", f"({f}·(m − 1) + 1, 1)")))
    yield Step("and no output misses a feature there: a constant stays what it is at the border as well", ForAll(no_border(corners)))


def aligned(f: int) -> Axis:
    """The layer of factor f whose first and last outputs are the first and last features."""
    return Axis(2 * f - 1, f, (f - 1, f - 1))


def tent(f: int) -> tuple[Fraction, ...]:
    """1 − |a − (f−1)|/f."""
    return tuple(1 - Fraction(abs(tap - (f - 1)), f) for tap in range(2 * f - 1))


def no_border(axis: Axis) -> Statement:
    """0 ≤ j ≤ f(m−1) and a tap of j's phase ⇒ its feature i is in [0, m)."""
    last = axis.stride * (m - 1)
    variables = (Variable(m, 1, 3), Variable(j, 0, last), Variable(a, 0, axis.kernel - 1), Variable(i, -1, 4))
    return Statement(variables, (Between(0, j, last), tap_range(axis), relation(axis)), feature_range())


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def inside(axis: Axis) -> Statement:
    """⌊f/2⌋ ≤ j < n − ⌊f/2⌋ and a tap of j's phase ⇒ its feature i is in [0, m)."""
    half = axis.stride // 2
    given = (Between(half, j, axis.stride * m - 1 - half), tap_range(axis), relation(axis))
    variables = (Variable(m, 1, 3), Variable(j, half, axis.stride * m - 1 - half), Variable(a, 0, axis.kernel - 1),
                 Variable(i, -1, 4))
    return Statement(variables, given, feature_range())


def first_only(axis: Axis) -> Statement:
    """0 ≤ j < ⌊f/2⌋, related to a tap a ≥ 0 and a feature i ≥ 0 ⇒ i = 0 and a = j + p_lo."""
    half = axis.stride // 2
    given = (Between(0, j, half - 1), Le(0, a), Le(0, i), relation(axis))
    variables = (Variable(j, 0, half - 1), Variable(i, 0, 2), Variable(a, 0, axis.kernel - 1))
    return Statement(variables, given, All(Equal(i, 0), Equal(a, j + half)))


def last_only(axis: Axis) -> Statement:
    """With e = n − 1 − j < ⌊f/2⌋, related to a tap a ≤ k − 1 and a feature i ≤ m − 1 ⇒ i = m − 1 and a = k − 1 − p − e."""
    half = axis.stride // 2
    variables = (Variable(m, 1, 3), Variable(e, 0, half - 1), Variable(j, 0, 9), Variable(i, m - 2, m - 1),
                 Variable(a, 0, axis.kernel - 1))
    given = (Between(0, e, half - 1), Equal(j, axis.stride * m - 1 - e), Le(a, axis.kernel - 1), Le(i, m - 1), relation(axis))
    return Statement(variables, given, All(Equal(i, m - 1), Equal(a, axis.kernel - 1 - half - e)))
