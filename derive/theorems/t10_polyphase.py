"""Theorem 10: the polyphase split, for any stride and dilation.

What every fast kernel rests on: outputs with the same (j + p_lo) mod s use the same taps, each tap with its own
offset, and the phases together use every pair of feature and tap exactly once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..claims import ForAll, Identity, SameSum, Sum
from ..form import a, compared, feature_range, i, image_range, j, m, n, relation, symbols, tap_range, times, vanishing
from ..logic import All, Between, Either, Equal, Floor, Formula, Iff, Implies, Le, Maximum, Minimum
from ..parameters import coprime, factored
from ..phases import phase as phase_of
from ..phases import phases
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import Output, channels, f, letters, same
from ..theorem import Fact, LeftOut, Line, Step, Theorem, by_axis, compose

Q, Q2, Q3, e, lo, hi, t = symbols("Q Q' Q'' e lo hi t")
LISTED = 32  # kernels up to this size list their rows one by one; larger ones state the rule of the rows
ROWS = 4096  # of the table of phases


def theorem(spec: ConvSpec) -> Theorem:
    """The phases cover everything exactly once."""
    return compose(10, "polyphase split", "all sizes",
                   "the s phases use every (feature, tap) exactly once, without a single inserted zero",
                   (*lines(spec), *by_axis(spec.axes, axis_lines), *by_axis(factored(spec.uncropped).axes, phase_lines)))


def lines(spec: ConvSpec) -> Iterator[Step]:
    """All axes together."""
    yield Step("with j + p_lo = s·Q + r on every axis, an output is the sum over the taps of its phase, those with d·a = s·e + r, each "
               "once with the feature Q − e: no inserted zero is read", gathered(spec))


def gathered(spec: ConvSpec) -> SameSum:
    """Σ u·w over the index relation = Σ over (a, e) with d·a = s·e + r of u[Q − e]·w[a]."""
    entry, axes = Output(spec, "x"), letters(spec)
    variables, conditions = channels(f)
    kept = {f: f} | {at.a: at.a for _, at in axes}
    quotient = {at.letter("e"): at.letter("Q") - at.i for _, at in axes}
    feature = {at.i: at.letter("Q") - at.letter("e") for _, at in axes}
    given, others = list[Formula](), list[Variable]()
    for axis, at in axes:
        Q_, r_, e_ = at.letter("Q"), at.letter("r"), at.letter("e")
        variables += (Variable(at.a, 0, axis.kernel - 1), Variable(e_, 0, axis.dilation * (axis.kernel - 1)))
        conditions += (tap_range(axis, at), Equal(axis.dilation * at.a, axis.stride * e_ + r_), Between(0, Q_ - e_, at.m - 1))
        others += [Variable(Q_, -1, 2), Variable(r_, 0, axis.stride - 1)]
        given.append(Equal(at.j + axis.padding[0], axis.stride * Q_ + r_))
    phase = Sum(entry.written.summand.xreplace(feature), variables, All(*conditions))
    return same(spec, entry, phase, kept | quotient, kept | feature, given, (), others)


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    yield Step("with j + p_lo = s·Q + r, the related (i, a) are exactly the rows of phase r: tap a at i = Q + offset",
               ForAll(cover(axis) if axis.chosen and axis.kernel <= LISTED else rule(axis)))
    yield Step("for a tap, the features inside [0, m) whose position lies inside [0, n) form one interval: "
               "the loop bounds of the generated code", ForAll(interval(axis)))


def phase_lines(axis: Axis) -> Iterator[Line]:
    """The table of phases, and which of them are empty."""
    if axis.chosen and axis.kernel <= ROWS >= axis.stride:
        yield Step("every tap stands in exactly one phase, r = d·a mod s, with offset −⌊d·a/s⌋", table_by_formula(axis))
    elif axis.chosen:
        yield LeftOut("the table of phases", max(axis.kernel, axis.stride), ROWS)
    yield Step("a phase without taps: the residue r of a tap is a multiple of g = gcd(s, d), and with r = g·Q″ no tap comes before "
               "a₀ = Q″·(d/g)⁻¹ mod s/g, so a phase with another r, or with a₀ ≥ k, is empty", ForAll(no_other(axis)))
    yield Step("and a₀ itself has that residue: where a₀ < k, the phase has taps", ForAll(first_of(axis)))
    if not axis.chosen:
        return
    busy = Fact("{busy} of {phases} phases have taps", {"busy": min(axis.kernel, axis.period), "phases": axis.stride},
                lambda busy, phases: (counted(axis, busy, phases),))
    yield busy
    yield Step("by counting d·a mod s: the phases that have taps, all phases, and the taps of all phases together", busy.claims[0])


def cover(axis: Axis) -> Statement:
    """Related and a tap ⇔ one of the rows, with Q = ⌊(j + p_lo)/s⌋: a kernel of up to LISTED taps, row by row."""
    at = j + axis.padding[0]
    rows = [All(Equal(a, tap), Equal(at, axis.stride * Q + phase.residue), Equal(i, Q + offset))
            for phase in (phase_of(axis, residue) for residue in sorted(residues(axis)))
            for tap, offset in zip(phase.taps, phase.offsets, strict=True)]
    return Statement(_places(axis), (), Iff(All(tap_range(axis), relation(axis)), Either(*rows)), (Floor(Q, at, axis.stride),))


def rule(axis: Axis) -> Statement:
    """With e = ⌊d·a/s⌋: a related (i, a) has i = Q − e and residue d·a − s·e, and what has these is related."""
    at, residue = j + axis.padding[0], axis.dilation * a - axis.stride * e
    define = (Floor(Q, at, axis.stride), Floor(e, axis.dilation * a, axis.stride))
    claim = All(Implies(relation(axis), Equal(i, Q - e)), Implies(relation(axis), Equal(at, axis.stride * Q + residue)),
                Implies(All(Equal(at, axis.stride * Q + residue), Equal(i, Q - e)), relation(axis)))
    return Statement(_places(axis), (), claim, define, compared(axis.stride, i + e, Q, 0, 1))


def _places(axis: Axis) -> tuple[Variable, ...]:
    place = axis.stride * i + axis.dilation * a - axis.padding[0]
    return (Variable(i, -1, 2), Variable(a, -1, axis.kernel), Variable(j, place - 1, place + 1))


def table_by_formula(axis: Axis) -> Identity:
    """The table of phases is that formula, row by row: tap, residue d·a mod s, offset −⌊d·a/s⌋."""
    found = [(tap, phase.residue, offset) for phase in phases(axis) for tap, offset in zip(phase.taps, phase.offsets, strict=True)]
    s, d = axis.stride, axis.dilation
    return Identity(tuple(sorted(found)), tuple((tap, d * tap % s, -(d * tap // s)) for tap in range(axis.kernel)))


def counted(axis: Axis, busy: int, every: int) -> Identity:
    """Residues that occur among d·a, positions until the residues repeat, and taps, each counted once."""
    found = residues(axis)
    return Identity((len(found), axis.stride, sum(found.values())), (busy, every, axis.kernel))


def residues(axis: Axis) -> Counter[int]:
    """How often each residue occurs among d·a mod s."""
    return Counter(axis.dilation * tap % axis.stride for tap in range(axis.kernel))


def _first(axis: Axis) -> Any:
    """a₀ = φ·Q″ − (s/g)·Q′ with Q′ = ⌊φ·Q″/(s/g)⌋, where φ·(d/g) = 1 + ψ·(s/g)."""
    return axis.bezout[0] * Q3 - axis.period * Q2


def no_other(axis: Axis) -> Statement:
    """d·a = s·Q + g·Q″, so every residue is a multiple of g; and then a = a₀ + (s/g)·t with t ≥ 0: a₀ is the first."""
    g, period, step, (phi, psi) = axis.gcd, axis.period, axis.step, axis.bezout
    residue, count = step * a - period * Q, Q2 + phi * Q - psi * a
    given = (*coprime(axis), Le(0, a), Equal(Q3, residue), Equal(t, count))
    claim = All(Equal(axis.dilation * a, axis.stride * Q + g * Q3), Equal(a, _first(axis) + period * t), Le(0, t))
    variables = (Variable(a, 0, axis.kernel - 1), Variable(Q, 0, 3), Variable(Q3, 0, period - 1), Variable(t, 0, 3))
    products = (*vanishing(Q3 - residue, g, phi), *vanishing(phi * step - 1 - psi * period, a), *vanishing(t - count, period),
                *times(period, -t - 1))
    return Statement(variables, given, claim, (Floor(Q2, phi * Q3, period),), products)


def first_of(axis: Axis) -> Statement:
    """d·a₀ = s·Q + g·Q″ for some Q, and 0 ≤ a₀ < s/g."""
    g, period, step, (phi, psi) = axis.gcd, axis.period, axis.step, axis.bezout
    first = _first(axis)
    claim = All(Equal(axis.dilation * first, axis.stride * (psi * Q3 - step * Q2) + g * Q3), Between(0, first, period - 1))
    return Statement((Variable(Q3, 0, period - 1),), coprime(axis), claim, (Floor(Q2, phi * Q3, period),),
                     vanishing(phi * step - 1 - psi * period, g * Q3))


def interval(axis: Axis) -> Statement:
    """0 ≤ i < m and 0 ≤ s·i + d·a − p_lo < n ⇔ max(0, −⌊(d·a − p_lo)/s⌋) ≤ i ≤ min(m−1, ⌊(n−1−d·a+p_lo)/s⌋)."""
    shift = axis.dilation * a - axis.padding[0]
    inside = All(feature_range(), image_range().xreplace({j: axis.stride * i + shift}))
    define = (Floor(Q2, shift, axis.stride), Maximum(lo, 0, -Q2),
              Floor(Q3, n - 1 - shift, axis.stride), Minimum(hi, m - 1, Q3))
    variables = (Variable(m, 0, 3), Variable(n, 0, 5), Variable(i, -1, 4), Variable(a, 0, axis.kernel - 1))
    return Statement(variables, (), Iff(inside, Between(lo, i, hi)), define,
                     tuple((axis.stride, term) for term in (i + Q2, -Q2 - i - 1, Q3 - i, i - Q3 - 1)))
