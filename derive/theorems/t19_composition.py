"""Theorem 19: two transposed convolutions are one, except where a crop cut something that the second would return.

Decoders stack these layers; whether two may be fused into one kernel depends on an exact condition at the border, and
where it fails the two still agree on an interior that is stated here. Below: this layer twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import lengths
from ..claims import ForAll, Identity
from ..form import a, i, j, length_of_image, m, symbols
from ..logic import All, Between, Divides, Equal, Exists, Formula, Iff, Le, No
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, by_axis

b, v, n1, lam, mu, other = symbols("b v n_1 λ μ i'")


def theorem(spec: ConvSpec) -> Theorem:
    """Composition."""
    whole = all(composed(axis, axis).exact for axis in spec.axes)
    layers = "; ".join(dict.fromkeys(f"k = {c.kernel}, s = {c.stride}, p = {c.crop}, op = {c.output_padding}".replace("-", "−")
                                     for c in (composed(axis, axis) for axis in spec.axes)))
    return Theorem(19, "composition", "all sizes", "two transposed convolutions in a row are one, on an interior that is stated",
                   by_axis(spec, lambda axis: axis_steps(axis, axis)),
                   f"twice this layer is {layers}" + ("" if whole else ", except near the border"))


@dataclass(frozen=True)
class Composition:
    """The one layer that two layers make. ``low`` and ``high``: whether a term cut on that side never returns."""

    kernel: int
    stride: int
    crop: tuple[int, int]
    output_padding: int
    low: bool
    high: bool

    @property
    def exact(self) -> bool:
        """The two layers are this layer for all sizes, border included."""
        return self.low and self.high


def composed(first: Axis, second: Axis) -> Composition:
    """Stride s₁s₂, kernel (↑_{s₂d₁}w₁)*(↑_{d₂}w₂), crop s₂p₁ + p₂, op = s₂op₁ + op₂."""
    reach, s = second.dilation * (second.kernel - 1), second.stride
    crop = s * first.padding[0] + second.padding[0], s * first.padding[1] + second.padding[1]
    return Composition(
        s * first.dilation * (first.kernel - 1) + reach + 1, first.stride * s, crop,
        s * first.output_padding + second.output_padding,
        first.padding[0] <= 0 or second.padding[0] + s > reach,
        first.padding[1] <= first.output_padding or second.padding[1] - second.output_padding + s > reach,
    )


def axis_steps(first: Axis, second: Axis) -> Iterator[Step]:
    """The steps for two layers along one axis."""
    one = composed(first, second)
    twice = length_of_image(second, length_of_image(first))
    yield Step("the lengths agree: stride s₁s₂, kernel size s₂d₁(k₁−1) + d₂(k₂−1) + 1, crop s₂p₁ + p₂, op = s₂op₁ + op₂", Identity(
        (twice,), (lengths.transposed_length(m, one.kernel, one.stride, 1, *one.crop, one.output_padding),), shown=("n", twice)))
    yield Step("by way of v between the layers, feature i with taps a and b reaches j ⇔ tap c = s₂d₁·a + d₂·b of the one "
               "layer does and v is inside the intermediate signal", ForAll(by_way_of(first, second)))
    border = "everywhere, as no term that the first crop cuts would return" if one.exact else \
        "for every j that no term reaches which the first crop cut"
    yield Step(f"that v is inside {border}: there the two layers are the one", ForAll(interior(first, second)))
    yield Step("↓_s (↑_s q)* = q* ↓_s at finite lengths (noble identity): both read s·(i + a)", ForAll(noble(first.stride)))
    yield Step(*exchange(first.stride, first.dilation))


def _between(first: Axis) -> Any:
    """v = s₁·i + d₁·a − p₁_lo."""
    return first.stride * i + first.dilation * a - first.padding[0]


def _at_once(first: Axis, second: Axis) -> Formula:
    """(i, a, b, j) related by the one layer."""
    one = composed(first, second)
    return Equal(j, one.stride * i + second.stride * first.dilation * a + second.dilation * b - one.crop[0])


def _ranges(first: Axis, second: Axis, taps: int = 0) -> tuple[Variable, ...]:
    least = 1 if taps else lengths.smallest_feature_length(first)
    place = second.stride * _between(first) + second.dilation * b - second.padding[0]
    return (Variable(m, least, least + 2), Variable(n1, 1, 9), Variable(i, 0, m - 1), Variable(a, 0, (taps or first.kernel) - 1),
            Variable(b, 0, (taps or second.kernel) - 1), Variable(j, place - 1, place + 1))


def by_way_of(first: Axis, second: Axis) -> Statement:
    """∃ v in [0, n₁) that both layers relate ⇔ at once, and s₁·i + d₁·a − p₁_lo in [0, n₁)."""
    between, inside = _between(first), Between(0, v, n1 - 1)
    chain = Exists((v,), All(inside, Equal(v, between), Equal(j, second.stride * v + second.dilation * b - second.padding[0])),
                   (between,))
    return Statement(_ranges(first, second, 4), (), Iff(chain, All(_at_once(first, second), inside.xreplace({v: between}))))


def interior(first: Axis, second: Axis) -> Statement:
    """At once, for a j that no cut term reaches ⇒ v is inside."""
    one = composed(first, second)
    given: tuple[Formula, ...] = (Between(0, b, second.kernel - 1), _at_once(first, second))
    if first.padding[0] > 0:  # something is cut before: it may return for small j
        reach = second.dilation * (second.kernel - 1) - second.padding[0]
        given += (Le(0 if one.low else reach - second.stride + 1, j),)
    else:
        given += (Le(0, i), Le(0, a))
    if first.padding[1] > first.output_padding:
        last = length_of_image(second, n1) - 1 if one.high else second.stride * n1 - second.padding[0] - 1
        given += (Le(j, last),)
    else:
        given += (Le(i, m - 1), Le(a, first.kernel - 1), Equal(n1, length_of_image(first)))
    return Statement(_ranges(first, second), given, Between(0, _between(first), n1 - 1))


def noble(s: int) -> Statement:
    """∃ λ = s·i with position λ + s·a ⇔ ∃ μ = i + a with position s·μ."""
    left = Exists((lam,), All(Equal(lam, s * i), Equal(j, lam + s * a)), (s * i,))
    right = Exists((mu,), All(Equal(mu, i + a), Equal(j, s * mu)), (i + a,))
    return Statement((Variable(i, 0, 3), Variable(a, 0, 3), Variable(j, s * (i + a) - 1, s * (i + a) + 1)), (), Iff(left, right))


def exchange(s: int, d: int) -> tuple[str, ForAll]:
    """↓_d ↑_s = ↑_s ↓_d ⇔ gcd(s, d) = 1: proved, or a pair of positions that breaks it."""
    from math import gcd

    g = gcd(s, d)
    through = Equal(s * i, d * other)
    if g == 1:
        both = Exists((lam,), All(Equal(i, d * lam), Equal(other, s * lam)), (_bezout(s, d),))
        statement = Statement((Variable(i, -3, 3), Variable(other, -3, 3)), (), Iff(through, both))
        return f"↓_{d} ↑_{s} = ↑_{s} ↓_{d} up to trailing zeros, as gcd({s}, {d}) = 1", ForAll(statement)
    breaks = All(Equal(s * (d // g), d * (s // g)), No(Divides(d, d // g + 0 * i)))
    return (f"↓_{d} ↑_{s} ≠ ↑_{s} ↓_{d}, as gcd({s}, {d}) = {g}: feature {d // g} reaches position {s // g} on the left, and "
            f"↓_{d} drops it on the right", ForAll(Statement((), (), breaks)))


def _bezout(s: int, d: int) -> Any:
    """λ with i = d·λ and i′ = s·λ wherever s·i = d·i′ and s·x + d·y = 1: λ = x·i′ + y·i."""
    x = pow(s, -1, d) if d > 1 else 0
    y = (1 - s * x) // d
    return x * other + y * i
