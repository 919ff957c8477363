"""Theorem 15: linear interpolation by a factor f is a transposed convolution with a fixed kernel, except at the border.

k = 2f − f mod 2, s = f, p = ⌈(f−1)/2⌉: the filler of Caffe and of fully convolutional networks (Long et al. 2015). A
constant stays constant inside; at the border it drops to (2e + f + 1)/(2f), which this theorem states exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from ..claims import ForAll, Identity
from ..form import a, feature_range, i, j, m, relation, symbols, tap_range
from ..logic import Absolute, All, Between, Divides, Either, Equal, Le
from ..objects import Length
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

b, e, v, v2 = symbols("b e v v_2")


def theorem(spec: ConvSpec) -> Theorem:
    """Bilinear filler for the strides of this configuration."""
    return compose(15, "bilinear", "all sizes", "linear interpolation by the stride as a transposed convolution: constant inside, "
                   "exact values at the border; over several axes the values multiply",
                   by_axis([filler(s) for s in spec.stride], axis_lines))


def filler(f: int) -> Axis:
    """The layer of factor f: k = 2f − f mod 2, s = f, p = ⌈(f−1)/2⌉."""
    return Axis(2 * f - f % 2, f, (f // 2, f // 2))


def weights(f: int) -> tuple[Fraction, ...]:
    """1 − |a − (k−1)/2|/f: the tent over the kernel's taps."""
    k = 2 * f - f % 2
    return tuple(1 - abs(tap - Fraction(k - 1, 2)) / f for tap in range(k))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis (which is a filler already)."""
    f, half = axis.stride, axis.stride // 2
    layer = Fact("×{factor} by the layer {layer}", {"factor": f, "layer": axis}, lambda factor, layer: (
        ForAll(unity(factor, layer.kernel)), Identity((Length(layer),), (factor * m,)), ForAll(centred(factor, layer)),
        ForAll(two_taps(factor, layer.kernel))))
    yield layer
    yield Step("a phase has no taps but its first, a < f, and a + f", layer.claims[3])
    yield Step("partition of unity, with weights w[a] = 1 − |a − (k−1)/2|/f: both add up to 1 (a tap beyond the kernel counts 0)",
               layer.claims[0])
    yield Step("the length is multiplied by f", layer.claims[1])
    yield Step("as many positions are cut before as behind, and the middle of the kernel stays in the middle", layer.claims[2])
    yield Step("from ⌊f/2⌋ to n − 1 − ⌊f/2⌋ every tap of the phase has its feature, so a constant stays what it is",
               ForAll(inside(axis)))
    if half:
        yield Step("before ⌊f/2⌋ only the first feature is read, with tap j + p_lo", ForAll(first_only(axis)))
        yield Step("and behind n − 1 − ⌊f/2⌋ only the last, with the tap mirrored", ForAll(last_only(axis)))
        yield Step("there the constant 1 becomes (2e + f + 1)/(2f), e the distance to the border: so says 2f times the weight of both "
                   "taps", ForAll(border(axis)))
    corners = aligned(f)
    yield Step("with corners aligned, k = 2f − 1 and p = f − 1, the length is f(m−1) + 1",
               Identity((Length(corners),), (f * (m - 1) + 1,)))
    yield Step("a phase has no taps but a and a + f there too", ForAll(two_taps(f, corners.kernel)))
    yield Step("and the tent's weights 1 − |a − (f−1)|/f of a phase add up to 1 too", ForAll(unity(f, corners.kernel)))
    yield Step("and no output misses a feature there: a constant stays what it is at the border as well", ForAll(no_border(corners)))


def _doubled(tap: Any, kernel: int) -> Any:
    """|2a − (k−1)|, the doubled distance from the middle: 2f·w[a] = 2f − this."""
    return 2 * tap - (kernel - 1)


def unity(f: int, kernel: int) -> Statement:
    """For the first tap a < f of a phase, 2f·w[a] + 2f·w[a + f] = 2f, and a + f is a tap or has the weight 0."""
    near, far = Absolute(v, _doubled(a, kernel)), Absolute(v2, _doubled(a + f, kernel))
    claim = All(Equal((2 * f - v) + (2 * f - v2), 2 * f), Either(Le(a + f, kernel - 1), Equal(v2, 2 * f)))
    return Statement((Variable(a, 0, f - 1),), (Between(0, a, f - 1),), claim, (near, far))


def two_taps(f: int, kernel: int) -> Statement:
    """A tap b of the phase of a < f is a or a + f."""
    given = (Between(0, a, f - 1), Between(0, b, kernel - 1), Divides(f, b - a))
    return Statement((Variable(a, 0, f - 1), Variable(b, 0, kernel - 1)), given, Either(Equal(b, a), Equal(b, a + f)))


def centred(f: int, layer: Axis) -> Statement:
    """The outputs that feature i reaches lie symmetrically around f·i + (f−1)/2, where it stands in the enlarged signal."""
    first, last = layer.stride * i - layer.padding[0], layer.stride * i + layer.dilation * (layer.kernel - 1) - layer.padding[0]
    return Statement((Variable(i, 0, 3),), (), Equal(first + last, 2 * f * i + f - 1))


def border(axis: Axis) -> Statement:
    """2f·w[e + p_lo] = 2f·w[k − 1 − p_lo − e] = 2e + f + 1 for 0 ≤ e < ⌊f/2⌋."""
    f, k, half = axis.stride, axis.kernel, axis.stride // 2
    taps = Absolute(v, _doubled(e + half, k)), Absolute(v2, _doubled(k - 1 - half - e, k))
    return Statement((Variable(e, 0, half - 1),), (Between(0, e, half - 1),),
                     All(Equal(2 * f - v, 2 * e + f + 1), Equal(2 * f - v2, 2 * e + f + 1)), taps)


def aligned(f: int) -> Axis:
    """The layer of factor f whose first and last outputs are the first and last features."""
    return Axis(2 * f - 1, f, (f - 1, f - 1))


def no_border(axis: Axis) -> Statement:
    """0 ≤ j ≤ f(m−1) and a tap of j's phase ⇒ its feature i is in [0, m)."""
    last = axis.stride * (m - 1)
    variables = (Variable(m, 1, 3), Variable(j, 0, last), Variable(a, 0, axis.kernel - 1), Variable(i, -1, 4))
    return Statement(variables, (Between(0, j, last), tap_range(axis), relation(axis)), feature_range())


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
