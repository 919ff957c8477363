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
from ..objects import Length
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

b, v, n1, lam, mu, other = symbols("b v n_1 λ μ i'")


def theorem(spec: ConvSpec) -> Theorem:
    """Composition."""
    return compose(19, "composition", "all sizes", "two transposed convolutions in a row are one, on an interior that is stated",
                   by_axis(spec.axes, lambda axis: axis_lines(axis, axis)))


@dataclass(frozen=True)
class Composition:
    """The one layer that two layers make. ``low`` and ``high``: whether a term cut on that side never returns."""

    layer: Axis
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
        Axis(s * first.dilation * (first.kernel - 1) + reach + 1, first.stride * s, crop, 1,
             s * first.output_padding + second.output_padding),
        first.padding[0] <= 0 or second.padding[0] + s > reach,
        first.padding[1] <= first.output_padding or second.padding[1] - second.output_padding + s > reach,
    )


def axis_lines(first: Axis, second: Axis) -> Iterator[Line]:
    """The lines for two layers along one axis."""
    one = composed(first, second)
    border = "border included" if one.exact else "wherever no term returns that the first crop cut"
    twice = Fact(f"twice this layer is the layer {{layer}}, {border}", {"layer": one.layer},
                 lambda layer: (same_length(first, second, layer), ForAll(by_way_of(first, second, layer)),
                                ForAll(interior(first, second, layer)), ForAll(last_tap(first, second, layer))))
    yield twice
    yield Step("the lengths agree: stride s₁s₂, kernel size s₂d₁(k₁−1) + d₂(k₂−1) + 1, crop s₂p₁ + p₂, op = s₂op₁ + op₂", twice.claims[0])
    yield Step("by way of v between the layers, feature i with taps a and b reaches j ⇔ tap c = s₂d₁·a + d₂·b of the one "
               "layer does and v is inside the intermediate signal", twice.claims[1])
    yield Step("and those c are taps of the one layer, from the first to the last", twice.claims[3])
    where = "everywhere, as no term that the first crop cuts would return" if one.exact else \
        "for every j that no term reaches which the first crop cut"
    yield Step(f"that v is inside {where}: there the two layers are the one", twice.claims[2])
    yield Step("↓_s (↑_s q)* = q* ↓_s at finite lengths (noble identity): both read s·(i + a)", ForAll(noble(first.stride)))
    yield Step(*exchange(first.stride, first.dilation))


def _between(first: Axis) -> Any:
    """v = s₁·i + d₁·a − p₁_lo."""
    return first.stride * i + first.dilation * a - first.padding[0]


def same_length(first: Axis, second: Axis, one: Axis) -> Identity:
    """n of two layers is n of the one."""
    return Identity((Length(second, length_of_image(first)),), (Length(one),))


def _tap(first: Axis, second: Axis) -> Any:
    """c = s₂d₁·a + d₂·b."""
    return second.stride * first.dilation * a + second.dilation * b


def _at_once(first: Axis, second: Axis, one: Axis | None = None) -> Formula:
    """(i, a, b, j) related by the one layer, by tap c."""
    one = composed(first, second).layer if one is None else one
    return Equal(j, one.stride * i + one.dilation * _tap(first, second) - one.padding[0])


def last_tap(first: Axis, second: Axis, one: Axis) -> Statement:
    """0 ≤ c ≤ k − 1 for all a and b, and the last of both give c = k − 1."""
    variables = (Variable(a, 0, first.kernel - 1), Variable(b, 0, second.kernel - 1))
    last = _tap(first, second).subs({a: first.kernel - 1, b: second.kernel - 1})
    return Statement(variables, (Between(0, a, first.kernel - 1), Between(0, b, second.kernel - 1)),
                     All(Between(0, _tap(first, second), one.kernel - 1), Equal(last + 0 * a, one.kernel - 1)))


def _ranges(first: Axis, second: Axis, taps: int = 0) -> tuple[Variable, ...]:
    least = 1 if taps else lengths.smallest_feature_length(first)
    place = second.stride * _between(first) + second.dilation * b - second.padding[0]
    return (Variable(m, least, least + 2), Variable(n1, 1, 9), Variable(i, 0, m - 1), Variable(a, 0, (taps or first.kernel) - 1),
            Variable(b, 0, (taps or second.kernel) - 1), Variable(j, place - 1, place + 1))


def by_way_of(first: Axis, second: Axis, one: Axis | None = None) -> Statement:
    """∃ v in [0, n₁) that both layers relate ⇔ at once, and s₁·i + d₁·a − p₁_lo in [0, n₁)."""
    between, inside = _between(first), Between(0, v, n1 - 1)
    chain = Exists((v,), All(inside, Equal(v, between), Equal(j, second.stride * v + second.dilation * b - second.padding[0])),
                   (between,))
    return Statement(_ranges(first, second, 4), (), Iff(chain, All(_at_once(first, second, one), inside.xreplace({v: between}))))


def interior(first: Axis, second: Axis, layer: Axis | None = None) -> Statement:
    """At once, for a j that no cut term reaches ⇒ v is inside."""
    one = composed(first, second)
    given: tuple[Formula, ...] = (Between(0, b, second.kernel - 1), _at_once(first, second, layer))
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
