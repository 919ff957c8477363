"""Theorem 15: linear interpolation by a factor s is a transposed convolution with a fixed kernel, except at the border.

k = 2s − s mod 2, p = ⌈(s−1)/2⌉: the filler of Caffe and of fully convolutional networks (Long et al. 2015).
Constants and straight lines stay what they are inside; at the border a constant drops to (2j′ + s + 1)/(2s), which this
theorem states exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import sympy

from ..claims import ForAll, Identity, SameSum, Sum
from ..form import a, feature_range, i, j, m, relation, symbols, tap_range
from ..logic import Absolute, All, Between, Either, Equal, Formula, Le
from ..objects import Length
from ..spec import LARGEST, Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import axis_by_axis, letters
from ..theorem import Fact, LeftOut, Line, Step, Theorem, by_axis, compose

away, t, near, far, first, owner = symbols("j' t η η' a' i'")


def theorem(spec: ConvSpec) -> Theorem:
    """Bilinear filler for the strides of this configuration."""
    return compose(15, "bilinear", "all sizes", "linear interpolation by the stride as a transposed convolution: exact inside, "
                   "known values at the border; over several axes the values multiply",
                   (*by_axis([filler(s) for s in spec.stride], axis_lines), *lines(spec)))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All axes together."""
    axes = [filler(s) for s in spec.stride]
    largest = max(axis.kernel for axis in axes)
    if spec.dims > 1:
        yield LeftOut("the layer of all axes", largest, LARGEST) if largest > LARGEST else Step(
            "with a weight for each axis, the output of a signal that is a product over the axes is the product of the axes' outputs: the "
            "values multiply, inside and at the border", multiplied(ConvSpec.of(axes)))


def multiplied(layer: ConvSpec) -> SameSum:
    """Σ w₁·w₂·…·u₁·u₂·… over all axes = the product of one sum an axis."""
    signal = [sympy.IndexedBase(f"u{number}")[at.i] for number, (_, at) in enumerate(letters(layer), 1)]
    return axis_by_axis(layer, *signal)


def filler(f: int) -> Axis:
    """The layer of factor s: k = 2s − s mod 2, p = ⌈(s−1)/2⌉."""
    return Axis(2 * f - f % 2, f, (f // 2, f // 2))


def weights(f: int) -> tuple[Fraction, ...]:
    """1 − |a − (k−1)/2|/s: the tent over the kernel's taps."""
    k = 2 * f - f % 2
    return tuple(1 - abs(tap - Fraction(k - 1, 2)) / f for tap in range(k))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis (which is a filler already)."""
    f, half = axis.stride, axis.stride // 2
    layer = Fact("×{factor} by the layer {layer}", {"factor": f, "layer": axis}, lambda factor, layer: (
        ForAll(unity(factor, layer.kernel)), Identity((Length(layer),), (factor * m,)), ForAll(centred(factor, layer)),
        two_terms(layer, inside(layer)), ForAll(ramp(factor, layer))))
    yield layer
    yield Step("from ⌊s/2⌋ to n − 1 − ⌊s/2⌋, with j = s·i′ + a′ − p_lo and a′ < s, an output is the sum over t = 0 and 1 of tap a′ + s·t "
               "and feature i′ − t, a tap beyond the kernel left out: no feature is missing", layer.claims[3])
    yield Step("with weights w[a] = 1 − |a − (k−1)/2|/s both add up to 1 (a tap beyond the kernel counts 0), so a constant stays what "
               "it is", layer.claims[0])
    yield Step("of the line u[i] = i, two weights that add up to 2s, the second w′, make 2s·i − w′", line(f))
    yield Step("and that is 2j + 1 − s: output j stands at (2j + 1 − s)/(2s) between the features, and has that value. With the constants, "
               "every straight line is reproduced inside", layer.claims[4])
    yield Step("the length is multiplied by s", layer.claims[1])
    yield Step("as many positions are cut before as behind, and the middle of the kernel stays in the middle", layer.claims[2])
    if half:
        yield Step("before ⌊s/2⌋ only the first feature is read, with tap j + p_lo", ForAll(first_only(axis)))
        yield Step("and behind n − 1 − ⌊s/2⌋ only the last, with the tap mirrored", ForAll(last_only(axis)))
        yield Step("there the constant 1 becomes (2j′ + s + 1)/(2s), j′ the distance to the border: so says 2s times the weight of both "
                   "taps", ForAll(border(axis)))
    corners = aligned(f)
    yield Step("with corners aligned, k = 2s − 1 and p = s − 1, the length is s(m−1) + 1",
               Identity((Length(corners),), (f * (m - 1) + 1,)))
    yield Step("there every output is such a sum over t = 0 and 1: none misses a feature", two_terms(corners, Between(0, j, f * (m - 1))))
    yield Step("and the tent's weights 1 − |a − (s−1)|/s of a phase add up to 1 too: a constant stays what it is at the border as well",
               ForAll(unity(f, corners.kernel)))


def _doubled(tap: Any, kernel: int) -> Any:
    """|2a − (k−1)|, the doubled distance from the middle: 2s·w[a] = 2s − this."""
    return 2 * tap - (kernel - 1)


def unity(f: int, kernel: int) -> Statement:
    """For the first tap a < s of a phase, 2s·w[a] + 2s·w[a + s] = 2s, and a + s is a tap or has the weight 0."""
    both = Absolute(near, _doubled(a, kernel)), Absolute(far, _doubled(a + f, kernel))
    claim = All(Equal((2 * f - near) + (2 * f - far), 2 * f), Either(Le(a + f, kernel - 1), Equal(far, 2 * f)))
    return Statement((Variable(a, 0, f - 1),), (Between(0, a, f - 1),), claim, both)


def two_terms(layer: Axis, where: Formula) -> SameSum:
    """Σ w·u over the related (i, a) = Σ w·u over a = a′ + s·t, i = i′ − t, t = 0, 1, for j = s·i′ + a′ − p_lo and 0 ≤ a′ < s."""
    f = layer.stride
    term = sympy.IndexedBase("w")[a] * sympy.IndexedBase("u")[i]
    pair = (Variable(i, 0, m - 1), Variable(a, 0, layer.kernel - 1))
    related = Sum(term, pair, All(feature_range(), tap_range(layer), relation(layer)))
    both = Sum(term, (Variable(t, 0, 1), *pair), All(
        Between(0, t, 1), Equal(a, first + f * t), Le(a, layer.kernel - 1), Equal(i, owner - t)))
    given = (where, Between(0, first, f - 1), relation(layer).xreplace({i: owner, a: first}))
    ranges = (Variable(m, 1, 3), Variable(owner, -1, 3), Variable(first, 0, f - 1), Variable(j, 0, 9))
    return SameSum(ranges, given, related, both, {t: owner - i, a: a, i: i}, {a: a, i: i})


def line(f: int) -> Identity:
    """(2s − w′)·i + w′·(i − 1) = 2s·i − w′."""
    second = symbols("w'")
    return Identity(((2 * f - second) * i + second * (i - 1),), (2 * f * i - second,))


def ramp(f: int, layer: Axis) -> Statement:
    """With j = s·i + a − p_lo and 0 ≤ a < s: 2s·i − 2s·w[a + s] = 2j + 1 − s."""
    variables = (Variable(i, 0, 3), Variable(a, 0, f - 1), Variable(j, 0, 9))
    return Statement(variables, (Between(0, a, f - 1), relation(layer)), Equal(2 * f * i - (2 * f - far), 2 * j + 1 - f),
                     (Absolute(far, _doubled(a + f, layer.kernel)),))


def centred(f: int, layer: Axis) -> Statement:
    """The outputs that feature i reaches lie symmetrically around s·i + (s−1)/2, where it stands in the enlarged signal."""
    first, last = layer.stride * i - layer.padding[0], layer.stride * i + layer.dilation * (layer.kernel - 1) - layer.padding[0]
    return Statement((Variable(i, 0, 3),), (), Equal(first + last, 2 * f * i + f - 1))


def border(axis: Axis) -> Statement:
    """2s·w[j′ + p_lo] = 2s·w[k − 1 − p_lo − j′] = 2j′ + s + 1 for 0 ≤ j′ < ⌊s/2⌋."""
    f, k, half = axis.stride, axis.kernel, axis.stride // 2
    taps = Absolute(near, _doubled(away + half, k)), Absolute(far, _doubled(k - 1 - half - away, k))
    return Statement((Variable(away, 0, half - 1),), (Between(0, away, half - 1),),
                     All(Equal(2 * f - near, 2 * away + f + 1), Equal(2 * f - far, 2 * away + f + 1)), taps)


def aligned(f: int) -> Axis:
    """The layer of factor s whose first and last outputs are the first and last features."""
    return Axis(2 * f - 1, f, (f - 1, f - 1))


def inside(axis: Axis) -> Formula:
    """⌊s/2⌋ ≤ j < n − ⌊s/2⌋."""
    half = axis.stride // 2
    return Between(half, j, axis.stride * m - 1 - half)


def first_only(axis: Axis) -> Statement:
    """0 ≤ j < ⌊s/2⌋, related to a tap a ≥ 0 and a feature i ≥ 0 ⇒ i = 0 and a = j + p_lo."""
    half = axis.stride // 2
    given = (Between(0, j, half - 1), Le(0, a), Le(0, i), relation(axis))
    variables = (Variable(j, 0, half - 1), Variable(i, 0, 2), Variable(a, 0, axis.kernel - 1))
    return Statement(variables, given, All(Equal(i, 0), Equal(a, j + half)))


def last_only(axis: Axis) -> Statement:
    """With j′ = n − 1 − j < ⌊s/2⌋, related to a tap a ≤ k − 1 and a feature i ≤ m − 1 ⇒ i = m − 1 and a = k − 1 − p_lo − j′."""
    half = axis.stride // 2
    variables = (Variable(m, 1, 3), Variable(away, 0, half - 1), Variable(j, 0, 9), Variable(i, m - 2, m - 1),
                 Variable(a, 0, axis.kernel - 1))
    given = (Between(0, away, half - 1), Equal(j, axis.stride * m - 1 - away), Le(a, axis.kernel - 1), Le(i, m - 1), relation(axis))
    return Statement(variables, given, All(Equal(i, m - 1), Equal(a, axis.kernel - 1 - half - away)))
