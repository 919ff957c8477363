"""Theorem 27: rational resampling ↓_q h* ↑_p: its length, its phases as one strided convolution, and its adjoint.

Audio and images change their rate by p/q: put p − 1 zeros between, filter, keep every q-th (SciPy's ``upfirdn`` and
``resample_poly``). Taken literally that multiplies by zeros and computes what is thrown away. Sorted by phases it is a
convolution of stride q to p channels, whose outputs are put beside each other: ``convt.resample`` computes that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from ..claims import ForAll, SameSum, Sum
from ..form import compared, i, m, symbols
from ..logic import All, Between, Equal, Floor, Formula, Iff, Le
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import b, channels, f, letters, same
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

M, T, r, place = symbols("M T r a'")


def theorem(spec: ConvSpec) -> Theorem:
    """Resampling."""
    return compose(27, "resampling", "all sizes", "rational resampling by s/d is one convolution of stride d to s channels, put beside "
                   "each other; its adjoint resamples by d/s", (*lines(spec), *by_axis(spec.axes, axis_lines)))


def lines(spec: ConvSpec) -> Iterator[Step]:
    """All axes together: up by s, k taps, down by d, p_lo positions later."""
    yield Step("by way of the position v = s·j of the filled signal, which tap a of the filter reads at d·i + p_lo − a: output i is the "
               "sum of h[a]·x[j] over s·j + a = d·i + p_lo", whole(spec))
    yield Step("with i = s·e + t output t of group e: tap a of phase t is a = s·a′ + (d·t + p_lo) mod s and reads "
               "x[d·e + ⌊(d·t + p_lo)/s⌋ − a′], a convolution of stride d", by_phase(spec))
    yield Step("the adjoint: ⟨v, R x⟩ and ⟨Rᵀv, x⟩ run over the same (i, a, j), so Rᵀ puts d − 1 zeros between and keeps every s-th",
               adjoint(spec))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    up, down, taps = axis.stride, axis.dilation, axis.kernel
    if axis.chosen:
        rate = Fact("resampling by {up}/{down} with {taps} taps is {up} filters of at most {most} taps",
                    {"up": up, "down": down, "taps": taps, "most": -(-taps // up)}, lambda up, down, taps, most: (
                        ForAll(Statement((), (), Equal(T, most), (_most(up, taps),))), ForAll(length(up, down, taps))))
        yield rate
        yield Step("T = ⌈k/s⌉ in numbers", rate.claims[0])
    yield Step("a phase r of the filter has the taps s·a′ + r < k, at most T = ⌈k/s⌉", ForAll(longest(up, taps)))
    yield Step("and phase 0 has as many", ForAll(attained(up, taps)))
    yield Step("with p_lo = 0 an output has d·i ≤ s(m − 1) + k − 1, the last position that is painted, ⇔ i < ⌊(s(m−1) + k − 1)/d⌋ + 1: the "
               "length of upfirdn", ForAll(length(up, down, taps)))


def _most(up: Any, taps: Any) -> Formula:
    """T = ⌈k/s⌉."""
    return Floor(T, taps + up - 1, up)


def longest(up: Any, taps: Any) -> Statement:
    """s·a′ + r ≤ k − 1 with r ≥ 0 ⇒ a′ ≤ ⌈k/s⌉ − 1."""
    given = (Le(0, r), Le(up * place + r, taps - 1))
    return Statement((Variable(r, 0, up - 1), Variable(place, -1, 3)), given, Le(place, T - 1), (_most(up, taps),), ((up, place - T),))


def attained(up: Any, taps: Any) -> Statement:
    """s(⌈k/s⌉ − 1) ≤ k − 1."""
    return Statement((Variable(r, -1, 2),), (Equal(r, up * (T - 1)),), Le(r, taps - 1), (_most(up, taps),))


def length(up: Any, down: Any, taps: Any) -> Statement:
    """d·i ≤ s(m−1) + k − 1 ⇔ i < M."""
    last = up * (m - 1) + taps - 1
    return Statement((Variable(m, 1, 4), Variable(i, -1, 9)), (), Iff(Le(down * i, last), Le(i, M)), (Floor(M, last, down),),
                     ((down, M - i), (down, i - M - 1)))


def _sides(spec: ConvSpec) -> Iterator[tuple[Axis, Any, Formula]]:
    """Each axis: s·j + a = d·i + p_lo with 0 ≤ a < k and 0 ≤ j < n."""
    for axis, at in letters(spec):
        yield axis, at, All(Between(0, at.j, at.n - 1), Between(0, at.a, axis.kernel - 1),
                            Equal(axis.stride * at.j + at.a, axis.dilation * at.i + at.letter("p")))


def _terms(spec: ConvSpec) -> tuple[Any, tuple[Variable, ...], list[Formula]]:
    """h[a]·x[j] over the taps and the positions that are related to output i."""
    axes = letters(spec)
    term = sympy.IndexedBase("h")[tuple(at.a for _, at in axes)] * sympy.IndexedBase("x")[(b, f, *[at.j for _, at in axes])]
    variables = tuple(v for axis, at in axes for v in (Variable(at.j, 0, at.n - 1), Variable(at.a, 0, axis.kernel - 1)))
    return term, variables, [one for _, _, related in _sides(spec) for one in related.args]


def whole(spec: ConvSpec) -> SameSum:
    """Zeros between, filter, keep every d-th = the related (j, a)."""
    term, variables, related = _terms(spec)
    chain, places, there = list[Formula](), list[Variable](), dict[Any, Any]()
    for axis, at in letters(spec):
        v, later = at.letter("v"), at.letter("v'")
        chain += [Between(0, at.j, at.n - 1), Between(0, at.a, axis.kernel - 1), Equal(v, axis.stride * at.j), Equal(later, v + at.a),
                  Equal(later, axis.dilation * at.i + at.letter("p"))]
        places += [Variable(v, axis.stride * at.j, axis.stride * at.j), Variable(later, v + at.a, v + at.a)]
        there |= {v: axis.stride * at.j, later: axis.stride * at.j + at.a}
    kept = {variable.symbol: variable.symbol for variable in variables}
    return same(spec, Sum(term, variables, All(*related)), Sum(term, (*variables, *places), All(*chain)), kept | there, kept, (), (),
                [Variable(at.letter("p"), -1, 2) for _, at in letters(spec)])


def by_phase(spec: ConvSpec) -> SameSum:
    """With i = s·e + t, r = (d·t + p_lo) mod s and o = ⌊(d·t + p_lo)/s⌋: a = s·a′ + r, j = d·e + o − a′."""
    term, variables, related = _terms(spec)
    taps, split, given, define, others = list[Variable](), list[Formula](), list[Formula](), list[Formula](), list[Variable]()
    there, back, within = dict[Any, Any](), dict[Any, Any](), list[tuple[Any, Any]]()
    for axis, at in letters(spec):
        s, d = axis.stride, axis.dilation
        e, t, shift, copied = (at.letter(name) for name in ("e", "t", "o", "a'"))
        rest = d * t + at.letter("p") - s * shift
        define.append(Floor(shift, d * t + at.letter("p"), s))
        given.append(Equal(at.i, s * e + t))
        others += [Variable(at.letter("p"), -1, 2), Variable(e, -1, 2), Variable(t, 0, s - 1)]
        taps += [Variable(at.j, 0, at.n - 1), Variable(copied, 0, -(-axis.kernel // s) - 1)]
        taps.append(Variable(at.a, s * copied + rest, s * copied + rest))
        split += [Between(0, at.j, at.n - 1), Equal(at.a, s * copied + rest), Between(0, at.a, axis.kernel - 1),
                  Equal(at.j, d * e + shift - copied)]
        there |= {at.j: at.j, at.a: at.a, copied: d * e + shift - at.j}
        back |= {at.j: at.j, at.a: at.a}
        within += [*compared(d, at.i, s * e + t, 0), *compared(s, at.j, d * e + shift - copied, 0)]
    return same(spec, Sum(term, variables, All(*related)), Sum(term, tuple(taps), All(*split)), there, back, given, define, others, within)


def adjoint(spec: ConvSpec) -> SameSum:
    """Σ v[i]·h[a]·x[j] over (i, a) with its j, and over (j, a) with its i."""
    axes, (several, conditions) = letters(spec), channels(b, f)
    term = sympy.Mul(sympy.IndexedBase("v")[(b, f, *[at.i for _, at in axes])], sympy.IndexedBase("h")[tuple(at.a for _, at in axes)],
                     sympy.IndexedBase("x")[(b, f, *[at.j for _, at in axes])])
    both, forward, backward = list[Variable](), list[Formula](), list[Formula]()
    for axis, at in axes:
        length_ = at.letter("I")
        inside = (Between(0, at.i, length_ - 1), Between(0, at.j, at.n - 1), Between(0, at.a, axis.kernel - 1))
        both += [Variable(at.i, 0, 2), Variable(at.a, 0, axis.kernel - 1), Variable(at.j, 0, at.n - 1)]
        forward += [*inside, Equal(axis.stride * at.j, axis.dilation * at.i + at.letter("p") - at.a)]
        backward += [*inside, Equal(axis.dilation * at.i, axis.stride * at.j + at.a - at.letter("p"))]
    kept = {variable.symbol: variable.symbol for variable in (*several, *both)}
    others = [one for _, at in axes for one in (Variable(at.letter("I"), 1, 3), Variable(at.letter("p"), -1, 2))]
    return same(spec, Sum(term, (*several, *both), All(*conditions, *forward)), Sum(term, (*several, *both), All(*conditions, *backward)),
                kept, kept, (), (), others)
