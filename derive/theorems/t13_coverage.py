"""Theorem 13: how many taps reach an output, where that is uniform, and what really decides checkerboards.

The well-known advice "let the stride divide the kernel" makes the *count* of taps uniform; the pattern that a constant
input leaves behind depends on the *sums* of the weights of each phase (an empty phase has sum 0), and a phase is one
residue on every axis: of two axes with equal row and column sums the weights 1, 0, 0, 1 still leave a checkerboard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import sympy

from ..claims import ForAll, Identity, SameSum, Sum
from ..expression import Entry, Product, Transpose
from ..form import LETTERS, Indices, TrilinearForm, a, bounded, compared, feature_range, i, m, symbols, tap_range, times, vanishing
from ..logic import All, Between, Divides, Either, Equal, Floor, Formula, Iff, Le, Maximum, Minimum, No
from ..objects import Map, Vector
from ..parameters import coprime, factored
from ..phases import phases
from ..sizes import too_long
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import letters, same
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

J, N, Q, Q2, r, a0, i0 = symbols("J N Q Q' r a' i'")


def theorem(spec: ConvSpec) -> Theorem:
    """Coverage."""
    return compose(13, "coverage", "all sizes", "the taps that reach an output, exactly, at the border too",
                   (*by_axis(factored(spec.uncropped).axes, axis_lines), *lines(spec), *(at_a_size(spec) if spec.chosen else ())))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All axes together."""
    yield Step("the related (i, a) of an output are a = a′ + (s/g)·t, i = i′ − (d/g)·t for t = lo … hi on every axis: their number is the "
               "product of the axes' max(0, hi − lo + 1)", number_of_taps(factored(spec.uncropped)))
    yield Step("where d(k−1) − s < J < s·m on every axis, with J = s·Q + r, a constant input 1 gives the sum of the weights of its phase, "
               "those with d·a = s·e + r on every axis", response(spec))
    phase = Fact("inside, a constant shows the sums of the weights of {sums} phases and nothing else: no pattern ⇔ they are all equal "
                 "(0 where a phase is empty)", {"sums": prod(spec.stride)}, lambda sums: (response(spec), *every_phase(spec, sums)))
    yield phase
    yield Step("and every phase shows itself: the number of phases is the product of the strides", phase.claims[1])
    for seen, axis in zip(phase.claims[2:], dict.fromkeys(Axis(1, s) for s in spec.stride), strict=True):
        of = f"with s = {axis.stride}, of any s" if spec.chosen else f"of any {axis.stride}"
        yield Step(f"{of} neighbouring outputs exactly one has the residue r, whatever r", seen)


def at_a_size(spec: ConvSpec) -> Iterator[Line]:
    """The sums of the phases, seen."""
    plain = spec.uncropped
    feature = tuple(-(-axis.dilation * (axis.kernel - 1) // axis.stride) + 1 + (axis.gcd == 1) for axis in spec.axes)
    missing = too_long("Aᵀ1", plain, feature)
    yield missing or Step("at a size, one output of each phase that has one", phase_sums(TrilinearForm.at(plain, feature)), "this size")


@dataclass(frozen=True)
class Shares:
    """How many phases have how many taps, by number of taps: rows (taps, phases)."""

    rows: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        return ", ".join(f"{phases} {'phase' if phases == 1 else 'phases'} with {taps} {'tap' if taps == 1 else 'taps'}"
                         for taps, phases in self.rows)


def shares(axis: Axis) -> Shares:
    """With T = s/g and k = q·T + r: r phases have q + 1 taps, T − r have q, the s − T others none."""
    period = axis.period
    few, more = divmod(axis.kernel, period)
    found = Counter({few + 1: more}) + Counter({few: period - more}) + Counter({0: axis.stride - period})
    return Shares(tuple(sorted(found.items())))


def counted(axis: Axis, found: Shares, even: bool) -> Identity:
    """The same by counting d·a mod s for every tap; and whether all phases have as many."""
    taps = Counter(axis.dilation * tap % axis.stride for tap in range(axis.kernel))
    by_number = Counter(taps.values()) + Counter({0: axis.stride - len(taps)})
    return Identity((tuple(sorted(by_number.items())), int(len(by_number) == 1)), (found.rows, int(even)))


def uniform(axis: Axis) -> bool:
    """Whether every interior output has the same number of taps: g = 1 and s divides k."""
    return axis.gcd == 1 and axis.kernel % axis.stride == 0


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis; they need k, s and d only. J = j + p_lo."""
    g = f"g = gcd(s, d) = {axis.gcd}" if axis.chosen else "g = gcd(s, d)"
    yield Step(f"with J = j + p_lo = s·i + d·a: no tap where {g} does not divide J; elsewhere J = s·i′ + d·a′ for "
               "a′ = (J/g)·(d/g)⁻¹ mod s/g", ForAll(first_tap(axis)))
    yield Step("for d·a_max ≤ J ≤ s(m−1) + d·a_min, with a_min and a_max the first and last tap of its phase, no feature is "
               "missing: the phase is complete there", ForAll(complete(axis)))
    if not axis.chosen:
        return
    even = Fact("{found}; as many everywhere: {even}", {"found": shares(axis), "even": uniform(axis)},
                lambda found, even: (counted(axis, found, even),))
    yield even
    yield Step("by counting d·a mod s: how many phases have how many taps; the interior is uniform ⇔ all have as many ⇔ g = 1 and s "
               "divides k", even.claims[0])


def first_tap(axis: Axis) -> Statement:
    """g ∤ J ⇒ not related; J = g·Q ⇒ J = s·i′ + d·a′ with 0 ≤ a′ < s/g: a′ = φ·Q − (s/g)·Q′, i′ = (d/g)·Q′ − ψ·Q.

    Here Q′ = ⌊φ·Q/(s/g)⌋ and φ·(d/g) = 1 + ψ·(s/g).
    """
    s, d, g, period, step, (phi, psi) = axis.stride, axis.dilation, axis.gcd, axis.period, axis.step, axis.bezout
    define = (Floor(Q, J, g), Floor(Q2, phi * Q, period))
    first, at = phi * Q - period * Q2, step * Q2 - psi * Q
    none: Formula = Either(Divides(g, J), No(Equal(J, s * i + d * a)))
    found = Either(No(Divides(g, J)), All(Equal(J, s * at + d * first), Between(0, first, period - 1)))
    variables = (Variable(i, -1, 2), Variable(a, 0, 3), Variable(J, s * i + d * a - 1, s * i + d * a + 1))
    products = (*compared(g, Q, period * i + step * a, 0, 1), *vanishing(phi * step - 1 - psi * period, Q, g * Q))
    return Statement(variables, coprime(axis), All(none, found), define, products)


def _own(at: Indices) -> tuple[Any, ...]:
    """J, a′ and i′ with J = s·i′ + d·a′, and lo, hi, t₀, t₁, t₂."""
    return tuple(at.letter(name) for name in ("J", "a'", "i'", "lo", "hi", "late", "up", "early"))


def _anchored(axis: Axis, at: Indices = LETTERS) -> tuple[Formula, ...]:
    """i′ and a′ with 0 ≤ a′ < s/g, the anchor of J = s·i′ + d·a′."""
    J, first, owner, *_ = _own(at)
    return (Between(0, first, axis.period - 1), Equal(J, axis.stride * owner + axis.dilation * first))


def _ranges(axis: Axis, at: Indices = LETTERS) -> tuple[Variable, ...]:
    J, first, owner, *_ = _own(at)
    few = min(axis.period, axis.kernel) if axis.chosen else axis.period
    return (Variable(owner, -1, 4), Variable(first, 0, few - 1), Variable(J, 0, 9))


def bounds(axis: Axis, at: Indices = LETTERS) -> tuple[Formula, ...]:
    """lo = max(0, ⌈(i′ − m + 1)/(d/g)⌉), hi = min(⌊(k − 1 − a′)/(s/g)⌋, ⌊i′/(d/g)⌋)."""
    period, step = axis.period, axis.step
    _, first, owner, lo, hi, late, up, early = _own(at)
    return (Floor(late, owner - at.m + step, step), Maximum(lo, 0, late), Floor(up, axis.kernel - 1 - first, period),
            Floor(early, owner, step), Minimum(hi, up, early))


def number_of_taps(spec: ConvSpec) -> SameSum:
    """Σ 1 over the related (i, a) is Σ 1 over lo ≤ t ≤ hi on every axis: t = φ(i′ − i) − ψ(a − a′) for φ·d/g = 1 + ψ·s/g."""
    there, back = dict[Any, Any](), dict[Any, Any]()
    pairs, steps, related, inside = list[Variable](), list[Variable](), list[Formula](), list[Formula]()
    products = list[tuple[Any, Any]]()
    for axis, at in letters(spec):
        J, first, owner, lo, hi, late, up, early = _own(at)
        t, period, step, (phi, psi) = at.letter("t"), axis.period, axis.step, axis.bezout
        there[t] = phi * (owner - at.i) - psi * (at.a - first)
        back |= {at.a: first + period * t, at.i: owner - step * t}
        pairs += [Variable(at.i, 0, at.m - 1), Variable(at.a, 0, axis.kernel - 1)]
        steps.append(Variable(t, lo, hi))
        related += [feature_range(at), tap_range(axis, at), Equal(J, axis.stride * at.i + axis.dilation * at.a)]
        inside.append(Between(lo, t, hi))
        apart, nothing, found = period * (at.i - owner) + step * (at.a - first), phi * step - 1 - psi * period, there[t]
        products += [*compared(axis.gcd, apart, 0, 1), *vanishing(apart, phi, psi), *vanishing(nothing, owner, t),
                     *times(nothing, at.a, first, at.i), *times(-nothing, at.a, first, at.i),
                     *times(period, t, up - t, -found - 1, found - up - 1),
                     *times(step, early - t, t - late, late - found - 1, found - early - 1)]
    axes = letters(spec)
    return same(spec, Sum(sympy.Integer(1), tuple(pairs), All(*related)), Sum(sympy.Integer(1), tuple(steps), All(*inside)), there, back,
                [one for axis, at in axes for one in (*coprime(axis), *_anchored(axis, at))],
                [one for axis, at in axes for one in bounds(axis, at)],
                [one for axis, at in axes for one in _ranges(axis, at)], products)


def complete(axis: Axis) -> Statement:
    """Where d·a_max ≤ J ≤ s(m−1) + d·a′ (a_min is a′), every tap of the phase has its feature: lo = 0, hi = the last t."""
    _, _, _, lo, hi, late, up, early = _own(LETTERS)
    last = axis.dilation * (a0 + axis.period * up)
    products = (*times(axis.gcd, axis.period - 1), *times(axis.stride, i0 - m, axis.step * up - i0 - 1),
                *times(axis.step, up - early - 1, late - 1))
    given = (_anchored(axis)[1], Le(last, J), Le(J, axis.stride * (m - 1) + axis.dilation * a0))
    return Statement((Variable(m, 1, 3), *_ranges(axis)), given, All(Equal(lo, 0), Equal(hi, up)), bounds(axis), products)


def response(spec: ConvSpec) -> SameSum:
    """Σ w[a] over the related (i, a) of a complete output is Σ w[a] over d·a = s·e + r."""
    axes = letters(spec)
    w = sympy.IndexedBase("w")[tuple(at.a for _, at in axes)]
    taps = tuple(Variable(at.a, 0, axis.kernel - 1) for axis, at in axes)
    kept = {at.a: at.a for _, at in axes}
    features, parts, given, others = list[Variable](), list[Variable](), list[Formula](), list[Variable]()
    related, phase, products = list[Formula](), list[Formula](), list[tuple[Any, Any]]()
    there, back = dict[Any, Any](), dict[Any, Any]()
    for axis, at in axes:
        J, Q, e, r = (at.letter(name) for name in "JQer")
        features.append(Variable(at.i, 0, at.m - 1))
        parts.append(Variable(e, 0, axis.dilation * (axis.kernel - 1)))
        related += [feature_range(at), tap_range(axis, at), Equal(J, axis.stride * at.i + axis.dilation * at.a)]
        phase += [tap_range(axis, at), Equal(axis.dilation * at.a, axis.stride * e + r)]
        given += [Equal(J, axis.stride * Q + r), Between(axis.dilation * (axis.kernel - 1) - axis.stride + 1, J, axis.stride * at.m - 1)]
        others += [Variable(Q, 0, 4), Variable(r, 0, axis.stride - 1), Variable(J, 0, 9)]
        there, back = there | {e: Q - at.i}, back | {at.i: Q - e}
        products += [*bounded(axis, at)[2:], (axis.stride, e - Q - 1), (axis.stride, Q - e - at.m)]
    return same(spec, Sum(w, (*taps, *features), All(*related)), Sum(w, (*taps, *parts), All(*phase)), kept | there, kept | back, given, (),
                others, products)


def every_phase(spec: ConvSpec, sums: int) -> tuple[Identity | ForAll, ...]:
    """There are so many phases; and of s neighbouring positions, from N on, exactly s·Q′ + r with Q′ = ⌈(N − r)/s⌉ has the residue r."""
    def shown(s: int) -> Statement:
        variables = (Variable(N, -2, 4), Variable(r, 0, s - 1), Variable(Q, -3, 9))
        return Statement(variables, (), Iff(Between(N, s * Q + r, N + s - 1), Equal(Q, Q2)), (Floor(Q2, N - r + s - 1, s),),
                         compared(s, Q, Q2, 0, 1))

    return Identity((prod(spec.stride),), (sums,)), *[ForAll(shown(s)) for s in dict.fromkeys(spec.stride)]


def phase_sums(form: TrilinearForm) -> Identity:
    """Aᵀ1 at complete interior outputs, one of each phase that has one, is the sum of the phase's weights."""
    spec = form.spec
    weights: Mapping[tuple[int, ...], Any] = dict(zip(product(*map(range, spec.kernel)), form.unknowns("w"), strict=True))
    output = Product(Transpose(Map(form)), Vector(form, "u", (sympy.Integer(1),) * prod(form.feature)))
    chosen = []  # on each axis, for each phase that has one, an output where none of its taps misses a feature
    for axis, feature, image in zip(spec.axes, form.feature, form.image, strict=True):
        inside = {phase: [at for at in range(phase.residue, image, axis.stride) if not phase.taps or
                          axis.dilation * phase.taps[-1] <= at <= axis.stride * (feature - 1) + axis.dilation * phase.taps[0]]
                  for phase in phases(axis)}
        chosen.append([(places[0], phase.taps) for phase, places in inside.items() if places])
    found, sums = list[Any](), list[Any]()
    for picked in product(*chosen):
        number = 0
        for (at, _), length in zip(picked, form.image, strict=True):
            number = number * length + at
        found.append(Entry(output, number))
        sums.append(sympy.Add(*[weights[tap] for tap in product(*[taps for _, taps in picked])]))
    return Identity(tuple(found), tuple(sums))
