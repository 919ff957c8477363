"""Theorem 19: two transposed convolutions are one, except where a crop cut something that the second would return.

Decoders stack these layers; whether two may be fused into one kernel depends on an exact condition at the border, and
where it fails the two still agree on an interior that is stated here. For any two layers along an axis, and border by
border for this layer twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from typing import Any

import sympy

from .. import lengths
from ..claims import Certificate, ForAll, Identity, SameSum, Sum
from ..form import Indices, a, compared, feature_range, i, j, length_of_image, m, n, symbols, tap_range
from ..logic import All, Between, Divides, Equal, Formula, Iff, Le, Lt, No
from ..objects import Length
from ..parameters import any_axis
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import SIZES, b, c, channels, f, group, letters, same
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose, once, said

a2, v, n1, lam, mu, other, mid, E, tap_ = symbols("a' v n' λ μ i' c' C' a''")
LAST_TAPS = "this layer twice: the last taps of both are the last of the one layer, so its kernel is no longer than it need be"
s1, s2, d1, d2, k1, k2, p1, p2, h1, h2, op1, op2 = symbols("s_1 s_2 d_1 d_2 k_1 k_2 p_lo_1 p_lo_2 p_hi_1 p_hi_2 op_1 op_2")


def theorem(spec: ConvSpec) -> Theorem:
    """Composition."""
    return compose(19, "composition", "all sizes", "two transposed convolutions in a row are one, on an interior that is stated",
                   (*(lines(spec) if spec.chosen else by_axis(spec.axes, general_lines)), *once(parametric_steps)))


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
    s = second.stride
    crop = s * first.padding[0] + second.padding[0], s * first.padding[1] + second.padding[1]
    layer = Axis(all_taps(first, second), first.stride * s, crop, 1, s * first.output_padding + second.output_padding)
    return Composition(layer, returns(first, second, 0) is None, returns(first, second, 1) is None)


def all_taps(first: Axis, second: Axis) -> Any:
    """s₂d₁(k₁−1) + d₂(k₂−1) + 1."""
    return second.stride * first.dilation * (first.kernel - 1) + second.dilation * (second.kernel - 1) + 1


@lru_cache(maxsize=64)
def returns(first: Axis, second: Axis, side: int) -> tuple[int, int] | None:
    """Feature and tap, counted from that end, whose cut term reaches furthest back into the image; None where none returns."""
    cut = first.padding[side] - side * first.output_padding
    reach = second.dilation * (second.kernel - 1) - second.padding[side] + side * second.output_padding
    taps = min(first.kernel, first.stride // first.gcd, -(-cut // first.dilation))  # further ones land where these do, or are not cut
    if taps < 1:
        return None
    places = (((cut - 1 - first.dilation * tap) // first.stride, tap) for tap in range(taps))
    feature, tap = max(places, key=lambda at: first.stride * at[0] + first.dilation * at[1])
    return (feature, tap) if second.stride * (cut - first.stride * feature - first.dilation * tap) <= reach else None


def lines(spec: ConvSpec) -> Iterator[Line]:
    """This layer twice, with weights w and w′ that need not be the same, on all axes together and on each."""
    own = list(by_axis(spec.axes, lambda axis: axis_lines(spec, axis)))
    exact = all(composed(axis, axis).exact for axis in spec.axes)
    where = "everywhere, as no term that the first crop cuts would return" if exact else \
        "for every j that no term reaches which the first crop cut"
    yield Step("by way of the channels c′ and the position v between the layers, feature i with taps a and a′ reaches j; that is tap "
               f"a″ = s₂d₁·a + d₂·a′ of the one layer, whose kernel adds w[a]·w′[a′] there: both sums have the same terms, {where}",
               said(own, 1))
    yield from own


def axis_lines(spec: ConvSpec, axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    one = composed(axis, axis)
    border = "border included" if one.exact else "wherever no term returns that the first crop cut"
    fact = Fact(f"twice this layer is the layer {{layer}}, {border}", {"layer": one.layer},
                lambda layer: (same_length(axis, axis, layer), twice(spec, {axis: layer}), ForAll(last_tap(axis, axis, layer.kernel))))
    yield fact
    yield Step("the lengths agree: stride s₁s₂, kernel size s₂d₁(k₁−1) + d₂(k₂−1) + 1, crop s₂p₁ + p₂, op = s₂op₁ + op₂", fact.claims[0])
    yield Step(LAST_TAPS, fact.claims[2])
    for side, name in enumerate(("before", "behind")):
        if (found := returns(axis, axis, side)) is not None:
            yield Step(f"and only there: a term that the first crop cut {name} does return",
                       ForAll(cut_term(axis, axis, side, found)))
    yield from noble_line(axis)
    yield Step(*exchange(axis.stride, axis.dilation))


def general_lines(axis: Axis) -> Iterator[Step]:
    """What needs no numbers."""
    yield Step(LAST_TAPS, ForAll(last_tap(axis, axis, all_taps(axis, axis))))
    yield from noble_line(axis)


def noble_line(axis: Axis) -> Iterator[Step]:
    """What holds for every stride."""
    yield Step("↓_s (↑_s q)* = q* ↓_s at finite lengths (noble identity): both read s·(i + a)", noble(axis.stride))


def _between(first: Axis, at: Indices) -> Any:
    """v = s₁·i + d₁·a − p₁_lo."""
    return first.stride * at.i + first.dilation * at.a - first.padding[0]


def _tap(first: Axis, second: Axis, one: Any = a, two: Any = a2) -> Any:
    """a″ = s₂d₁·a + d₂·a′."""
    return second.stride * first.dilation * one + second.dilation * two


def same_length(first: Axis, second: Axis, one: Axis) -> Identity:
    """n of two layers is n of the one."""
    return Identity((Length(second, length_of_image(first)),), (Length(one),))


def last_tap(first: Axis, second: Axis, taps: Any) -> Statement:
    """a″ = k − 1, with the k ``taps`` of the one layer, ⇔ both taps are the last ones."""
    variables = (Variable(a, 0, first.kernel - 1), Variable(a2, 0, second.kernel - 1))
    lasts = All(Equal(a, first.kernel - 1), Equal(a2, second.kernel - 1))
    given = (Le(a, first.kernel - 1), Le(a2, second.kernel - 1))
    one, two = first.kernel - 1 - a, second.kernel - 1 - a2  # from the last tap
    products = tuple((factor, term) for factor, away in (
        (first.dilation, one), (second.stride, first.dilation * one), (second.dilation, two)) for term in (away, away - 1, -away))
    return Statement(variables, given, Iff(Equal(_tap(first, second), taps - 1), lasts), (), products)


def twice(spec: ConvSpec, layers: Mapping[Axis, Axis] | None = None) -> SameSum:
    """Σ u·w·w′ by way of v inside the signal between = the same at once, by tap a″, for the outputs that no cut term reaches."""
    axes = letters(spec)
    variables, conditions = (*channels(f)[0], Variable(mid, 0, E - 1)), (*channels(f)[1], Between(0, mid, E - 1))
    in_turn, at_once, chain, single = list[Variable](), list[Variable](), list[Formula](), list[Formula]()
    given, others, there, back = list[Formula](), [Variable(E, 2, 2)], dict[Any, Any](), dict[Any, Any]()
    for axis, at in axes:
        layer, between, size = (layers or {}).get(axis, composed(axis, axis).layer), at.letter("v"), at.letter("n'")
        copied, tap, place = at.letter("a'"), at.letter("a''"), _between(axis, at)
        own = (Variable(at.i, 0, at.m - 1), Variable(at.a, 0, axis.kernel - 1), Variable(copied, 0, axis.kernel - 1))
        inside = (feature_range(at), tap_range(axis, at), Between(0, copied, axis.kernel - 1))
        reached = _tap(axis, axis, at.a, copied)
        in_turn += [*own, Variable(between, place, place)]
        at_once += [*own, Variable(tap, reached, reached)]
        chain += [*inside, Equal(between, place), Between(0, between, size - 1),
                  Equal(at.j, axis.stride * between + axis.dilation * copied - axis.padding[0])]
        single += [*inside, Equal(tap, reached), Between(0, tap, layer.kernel - 1),
                   Equal(at.j, layer.stride * at.i + layer.dilation * tap - layer.padding[0])]
        given += interior(axis, axis, at)
        others.append(Variable(size, 1, 9))
        kept = {variable.symbol: variable.symbol for variable in own}
        there, back = there | kept | {tap: reached}, back | kept | {between: place}
    u, w, w2 = (sympy.IndexedBase(name)[index] for name, index in (
        ("u", (b, group, f, *[at.i for _, at in axes])), ("w", (group, f, mid, *[at.a for _, at in axes])),
        ("w'", (group, mid, c, *[at.letter("a'") for _, at in axes]))))
    kept = {f: f, mid: mid}
    return same(spec, Sum(u * w * w2, (*variables, *in_turn), All(*conditions, *chain)),
                Sum(u * w * w2, (*variables, *at_once), All(*conditions, *single)), kept | there, kept | back, given, (), others)


def interior(first: Axis, second: Axis, at: Indices) -> Iterator[Formula]:
    """j is beyond the reach of what the first crop cut; and n′ follows from m where that is what keeps v inside."""
    one, size, reach = composed(first, second), at.letter("n'"), second.dilation * (second.kernel - 1)
    if first.padding[0] > 0:  # something is cut before: it may return for small j
        yield Le(0 if one.low else reach - second.padding[0] - second.stride + 1, at.j)
    if (cut := first.padding[1] > first.output_padding):
        yield Le(at.j, length_of_image(second, size) - 1 if one.high else second.stride * size - second.padding[0] - 1)
    if not cut or (one.high and second.padding[1] - second.output_padding + second.stride <= reach):
        yield Equal(size, length_of_image(first, at.m))


def cut_term(first: Axis, second: Axis, side: int, found: tuple[int, int]) -> Statement:
    """By way of a v that the first crop cut, these (i, a) and the last tap on that side of the second layer reach an output."""
    ends = [(found[0], found[1], second.kernel - 1), (m - 1 - found[0], first.kernel - 1 - found[1], 0)][side]
    chain = (*[Equal(letter, end) for letter, end in zip((i, a, a2), ends, strict=True)], Equal(v, _between(first, Indices())),
             Equal(j, second.stride * v + second.dilation * a2 - second.padding[0]))
    variables = tuple(Variable(letter, 0, 0) for letter in (i, a, a2, v, j))
    if side == 0:
        return Statement(variables, chain, All(Lt(v, 0), Le(0, j)))
    sizes = Equal(n1, length_of_image(first)), Equal(n, length_of_image(second, n1))
    least = max(lengths.smallest_feature_length(first), found[0] + 1)
    return Statement((Variable(m, least, least + 3), *variables, Variable(n1, 1, 9), Variable(n, 1, 9)), (*chain, *sizes),
                     All(Lt(n1 - 1, v), Le(j, n - 1)))


def noble(s: int) -> SameSum:
    """Σ q[a]·x[j] by way of λ = s·i, j = λ + s·a, is the sum by way of μ = i + a, j = s·μ."""
    term = sympy.IndexedBase("q")[a] * sympy.IndexedBase("x")[j]
    pair = Variable(a, 0, 3), Variable(j, 0, 9)
    left = Sum(term, (*pair, Variable(lam, 0, 9)), All(Equal(lam, s * i), Equal(j, lam + s * a)))
    right = Sum(term, (*pair, Variable(mu, 0, 9)), All(Equal(mu, i + a), Equal(j, s * mu)))
    return SameSum((Variable(i, 0, 3),), (), left, right, {a: a, j: j, mu: i + a}, {a: a, j: j, lam: s * i}, (),
                   compared(s, mu, i + a, 0))


def exchange(s: int, d: int) -> tuple[str, SameSum | ForAll]:
    """↓_d ↑_s = ↑_s ↓_d ⇔ gcd(s, d) = 1: proved, or a pair of positions that breaks it."""
    g = gcd(s, d)
    if g == 1:
        u = sympy.IndexedBase("u")[i]
        left = Sum(u, (Variable(i, -3, 3),), All(Equal(s * i, d * other)))
        right = Sum(u, (Variable(i, -3, 3), Variable(lam, -3, 3)), All(Equal(i, d * lam), Equal(other, s * lam)))
        return (f"↓_{d} ↑_{s} = ↑_{s} ↓_{d} up to trailing zeros, as gcd({s}, {d}) = 1",
                SameSum((Variable(other, -3, 3),), (), left, right, {i: i, lam: _bezout(s, d)}, {i: i}))
    breaks = All(Equal(s * (d // g), d * (s // g)), No(Divides(d, d // g + 0 * i)))
    return (f"↓_{d} ↑_{s} ≠ ↑_{s} ↓_{d}, as gcd({s}, {d}) = {g}: feature {d // g} reaches position {s // g} on the left, and "
            f"↓_{d} drops it on the right", ForAll(Statement((), (), breaks)))


def _bezout(s: int, d: int) -> Any:
    """λ with i = d·λ and i′ = s·λ wherever s·i = d·i′ and s·x + d·y = 1: λ = x·i′ + y·i."""
    x = pow(s, -1, d) if d > 1 else 0
    y = (1 - s * x) // d
    return x * other + y * i


def any_two() -> SameSum:
    """Σ u·w·w′ by way of v = by tap a″ of the one layer, for any two layers and the outputs that no cut term of the first reaches."""
    first, second = any_axis(1), any_axis(2)
    variables, conditions = (*channels(f)[0], Variable(mid, 0, E - 1)), (*channels(f)[1], Between(0, mid, E - 1))
    own = (Variable(i, 0, m - 1), Variable(a, 0, first.kernel - 1), Variable(a2, 0, second.kernel - 1))
    inside = (*conditions, feature_range(), tap_range(first), Between(0, a2, second.kernel - 1))
    place, tap, reach = _between(first, Indices()), _tap(first, second), second.dilation * (second.kernel - 1)
    last = second.stride * first.dilation * (first.kernel - 1) + reach
    u, w, w2 = (sympy.IndexedBase(name)[index] for name, index in (
        ("u", (b, group, f, i)), ("w", (group, f, mid, a)), ("w'", (group, mid, c, a2))))
    chain = Equal(v, place), Between(0, v, n1 - 1), Equal(j, second.stride * v + second.dilation * a2 - second.padding[0])
    single = Equal(tap_, tap), Between(0, tap_, last), Equal(
        j, first.stride * second.stride * i + tap_ - second.stride * first.padding[0] - second.padding[0])
    given = (Lt(reach - second.padding[0] - second.stride, j), Lt(j, second.stride * n1 - second.padding[0]))
    kept = {one.symbol: one.symbol for one in (*variables, *own)}
    spread = [(first.dilation, one) for one in (a, first.kernel - 1 - a)]
    products = (*spread, *((second.stride, d * one) for d, one in spread), (second.dilation, a2), (second.dilation, second.kernel - 1 - a2),
                *compared(second.stride, v, place, 0), (second.stride, -1 - place), (second.stride, place - n1))
    sizes = [Variable(one, 2, 2) for one in (E, SIZES[f])] + [Variable(m, 1, 3), Variable(n1, 1, 9), Variable(j, -1, 9)]
    free = [Variable(one, 0, 0) for one in (b, group, c)]
    return SameSum((*sizes, *free), given, Sum(u * w * w2, (*variables, *own, Variable(v, place, place)), All(*inside, *chain)),
                   Sum(u * w * w2, (*variables, *own, Variable(tap_, tap, tap)), All(*inside, *single)),
                   kept | {tap_: tap}, kept | {v: place}, (), products)


def parametric_steps() -> Iterator[Step]:
    """Any two layers, with every parameter symbolic: the sums, identities, and certificates over ℤ."""
    yield Step("for any two layers: by way of v between them = at once, by tap a″ = s₂d₁·a + d₂·a′ of the one layer, for every output "
               "d₂(k₂−1) − p₂ − s₂ < j < s₂n′ − p₂, where n′ is the length between: both sums have the same terms, each once", any_two())
    place, tap = s1 * i + d1 * a - p1, s2 * d1 * a + d2 * a2
    yield Step("for any two layers: j = s₂·v + d₂·a′ − p₂ with v = s₁·i + d₁·a − p₁ is j = s₁s₂·i + a″ − (s₂p₁ + p₂) with "
               "a″ = s₂d₁·a + d₂·a′", Identity((s2 * place + d2 * a2 - p2,), (s1 * s2 * i + tap - (s2 * p1 + p2),)))
    between = lengths.transposed_length(m, k1, s1, d1, p1, h1, op1)
    kernel = s2 * d1 * (k1 - 1) + d2 * (k2 - 1) + 1
    yield Step("for any two layers: the lengths agree, with the crop s₂p₁ + p₂ at each end and op = s₂op₁ + op₂", Identity(
        (sympy.expand(lengths.transposed_length(between, k2, s2, d2, p2, h2, op2)),),
        (lengths.transposed_length(m, kernel, s1 * s2, 1, s2 * p1 + p2, s2 * h1 + h2, s2 * op1 + op2),)))
    ones = ("s₂", s2 - 1), ("d₁", d1 - 1), ("d₂", d2 - 1)
    several = (1, ("a",)), (1, ("s₂", "a")), (1, ("d₁", "a")), (1, ("s₂", "d₁", "a")), (1, ("a′",)), (1, ("d₂", "a′"))
    yield Step("for any two layers: no a″ is below 0", Certificate((*ones, ("a", a), ("a′", a2)), several, tap))
    yield Step("for any two layers: and none beyond the last tap s₂d₁(k₁−1) + d₂(k₂−1)",
               Certificate((*ones, ("a", k1 - 1 - a), ("a′", k2 - 1 - a2)), several, kernel - 1 - tap))
    inside = (1, ("j",)), (1, ("a′",)), (1, ("d₂", "a′")), (1, ("v",)), (1, ("s₂", "v"))
    position = s2 * v + d2 * a2 - p2
    yield Step("for any two layers: what reaches j > d₂(k₂−1) − p₂ − s₂ was not cut before", Certificate(
        (ones[0], ones[2], ("j", position - (d2 * (k2 - 1) - p2 - s2 + 1)), ("a′", k2 - 1 - a2), ("v", -1 - v)), inside, -1))
    yield Step("for any two layers: what reaches j < s₂n′ − p₂ was not cut behind, where n′ is the length between", Certificate(
        (ones[0], ones[2], ("j", s2 * n1 - p2 - 1 - position), ("a′", a2), ("v", v - n1)), inside, -1))
