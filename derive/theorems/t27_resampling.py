"""Theorem 27: rational resampling by s/d: its length, its phases as one strided convolution, and its adjoint.

Audio and images change their rate by s/d: put s − 1 zeros between, filter, keep every d-th (SciPy's ``upfirdn`` and
``resample_poly``). Taken literally that multiplies by zeros and computes what is thrown away. Sorted by phases it is a
convolution of stride d to s channels, whose outputs are put beside each other: ``convt.resample`` computes that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from ..claims import ForAll, SameSum, Sum
from ..form import compared, i, n, symbols
from ..logic import All, Between, Equal, Floor, Formula, Iff, Le
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import b, channels, f, letters, same
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

hi, K, r, place = symbols("hi K r a'")


def theorem(spec: ConvSpec) -> Theorem:
    """Resampling."""
    return compose(27, "resampling", "all sizes", "rational resampling by s/d is one convolution of stride d to s channels, put beside "
                   "each other; its adjoint resamples by d/s", (*lines(spec), *by_axis(spec.axes, axis_lines)))


def lines(spec: ConvSpec) -> Iterator[Step]:
    """All axes together: up by s, k taps, down by d, p_lo positions later."""
    yield Step("by way of the position τ = s·j of the filled signal, which tap a of the filter reads at d·i + p_lo − a: output i is the "
               "sum of q[a]·x[j] over s·j + a = d·i + p_lo", whole(spec))
    yield Step("with i = s·Q + r output r of group Q: tap a of phase r is a = s·a′ + (d·r + p_lo) mod s and reads "
               "x[d·Q + ⌊(d·r + p_lo)/s⌋ − a′], a convolution of stride d", by_phase(spec))
    yield Step("the adjoint: ⟨u, R x⟩ and ⟨Rᵀu, x⟩ run over the same (i, a, j), so Rᵀ puts d − 1 zeros between and keeps every s-th",
               adjoint(spec))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    up, down, taps = axis.stride, axis.dilation, axis.kernel
    if axis.chosen:
        rate = Fact("resampling by {up}/{down} with {taps} taps is {up} filters of at most {most} taps",
                    {"up": up, "down": down, "taps": taps, "most": -(-taps // up)}, lambda up, down, taps, most: (
                        ForAll(Statement((), (), Equal(K, most), (_most(up, taps),))), ForAll(length(up, down, taps))))
        yield rate
        yield Step("K = ⌈k/s⌉ in numbers", rate.claims[0])
    yield Step("a phase r of the filter has the taps s·a′ + r < k, at most K = ⌈k/s⌉", ForAll(longest(up, taps)))
    yield Step("and phase 0 has as many", ForAll(attained(up, taps)))
    yield Step("with p_lo = 0 an output has d·i ≤ s(n − 1) + k − 1, the last position that is painted, ⇔ i < ⌊(s(n−1) + k − 1)/d⌋ + 1: the "
               "length of upfirdn", ForAll(length(up, down, taps)))


def _most(up: Any, taps: Any) -> Formula:
    """K = ⌈k/s⌉."""
    return Floor(K, taps + up - 1, up)


def longest(up: Any, taps: Any) -> Statement:
    """s·a′ + r ≤ k − 1 with r ≥ 0 ⇒ a′ ≤ ⌈k/s⌉ − 1."""
    given = (Le(0, r), Le(up * place + r, taps - 1))
    return Statement((Variable(r, 0, up - 1), Variable(place, -1, 3)), given, Le(place, K - 1), (_most(up, taps),), ((up, place - K),))


def attained(up: Any, taps: Any) -> Statement:
    """s(⌈k/s⌉ − 1) ≤ k − 1."""
    return Statement((Variable(r, -1, 2),), (Equal(r, up * (K - 1)),), Le(r, taps - 1), (_most(up, taps),))


def length(up: Any, down: Any, taps: Any) -> Statement:
    """d·i ≤ s(n−1) + k − 1 ⇔ i ≤ hi."""
    last = up * (n - 1) + taps - 1
    return Statement((Variable(n, 1, 4), Variable(i, -1, 9)), (), Iff(Le(down * i, last), Le(i, hi)), (Floor(hi, last, down),),
                     ((down, hi - i), (down, i - hi - 1)))


def _sides(spec: ConvSpec) -> Iterator[tuple[Axis, Any, Formula]]:
    """Each axis: s·j + a = d·i + p_lo with 0 ≤ a < k and 0 ≤ j < n."""
    for axis, at in letters(spec):
        yield axis, at, All(Between(0, at.j, at.n - 1), Between(0, at.a, axis.kernel - 1),
                            Equal(axis.stride * at.j + at.a, axis.dilation * at.i + at.letter("p_lo")))


def _terms(spec: ConvSpec) -> tuple[Any, tuple[Variable, ...], list[Formula]]:
    """q[a]·x[j] over the taps and the positions that are related to output i."""
    axes = letters(spec)
    term = sympy.IndexedBase("q")[tuple(at.a for _, at in axes)] * sympy.IndexedBase("x")[(b, f, *[at.j for _, at in axes])]
    variables = tuple(v for axis, at in axes for v in (Variable(at.j, 0, at.n - 1), Variable(at.a, 0, axis.kernel - 1)))
    return term, variables, [one for _, _, related in _sides(spec) for one in related.args]


def whole(spec: ConvSpec) -> SameSum:
    """Zeros between, filter, keep every d-th = the related (j, a)."""
    term, variables, related = _terms(spec)
    chain, places, there = list[Formula](), list[Variable](), dict[Any, Any]()
    for axis, at in letters(spec):
        tau, v = at.letter("τ"), at.letter("v")
        chain += [Between(0, at.j, at.n - 1), Between(0, at.a, axis.kernel - 1), Equal(tau, axis.stride * at.j), Equal(v, tau + at.a),
                  Equal(v, axis.dilation * at.i + at.letter("p_lo"))]
        places += [Variable(tau, axis.stride * at.j, axis.stride * at.j), Variable(v, tau + at.a, tau + at.a)]
        there |= {tau: axis.stride * at.j, v: axis.stride * at.j + at.a}
    kept = {variable.symbol: variable.symbol for variable in variables}
    return same(spec, Sum(term, variables, All(*related)), Sum(term, (*variables, *places), All(*chain)), kept | there, kept, (), (),
                [Variable(at.letter("p_lo"), -1, 2) for _, at in letters(spec)])


def by_phase(spec: ConvSpec) -> SameSum:
    """With i = s·Q + r and Q′ = ⌊(d·r + p_lo)/s⌋: a = s·a′ + (d·r + p_lo) mod s, j = d·Q + Q′ − a′."""
    term, variables, related = _terms(spec)
    taps, split, given, define, others = list[Variable](), list[Formula](), list[Formula](), list[Formula](), list[Variable]()
    there, back, within = dict[Any, Any](), dict[Any, Any](), list[tuple[Any, Any]]()
    for axis, at in letters(spec):
        s, d = axis.stride, axis.dilation
        Q, r_, shift, copied = (at.letter(name) for name in ("Q", "r", "Q'", "a'"))
        rest = d * r_ + at.letter("p_lo") - s * shift
        define.append(Floor(shift, d * r_ + at.letter("p_lo"), s))
        given.append(Equal(at.i, s * Q + r_))
        others += [Variable(at.letter("p_lo"), -1, 2), Variable(Q, -1, 2), Variable(r_, 0, s - 1)]
        taps += [Variable(at.j, 0, at.n - 1), Variable(copied, 0, -(-axis.kernel // s) - 1)]
        taps.append(Variable(at.a, s * copied + rest, s * copied + rest))
        split += [Between(0, at.j, at.n - 1), Equal(at.a, s * copied + rest), Between(0, at.a, axis.kernel - 1),
                  Equal(at.j, d * Q + shift - copied)]
        there |= {at.j: at.j, at.a: at.a, copied: d * Q + shift - at.j}
        back |= {at.j: at.j, at.a: at.a}
        within += [*compared(d, at.i, s * Q + r_, 0), *compared(s, at.j, d * Q + shift - copied, 0)]
    return same(spec, Sum(term, variables, All(*related)), Sum(term, tuple(taps), All(*split)), there, back, given, define, others, within)


def adjoint(spec: ConvSpec) -> SameSum:
    """Σ u[i]·q[a]·x[j] over (i, a) with its j, and over (j, a) with its i."""
    axes, (several, conditions) = letters(spec), channels(b, f)
    term = sympy.Mul(sympy.IndexedBase("u")[(b, f, *[at.i for _, at in axes])], sympy.IndexedBase("q")[tuple(at.a for _, at in axes)],
                     sympy.IndexedBase("x")[(b, f, *[at.j for _, at in axes])])
    both, forward, backward = list[Variable](), list[Formula](), list[Formula]()
    for axis, at in axes:
        inside = (Between(0, at.i, at.m - 1), Between(0, at.j, at.n - 1), Between(0, at.a, axis.kernel - 1))
        both += [Variable(at.i, 0, 2), Variable(at.a, 0, axis.kernel - 1), Variable(at.j, 0, at.n - 1)]
        forward += [*inside, Equal(axis.stride * at.j, axis.dilation * at.i + at.letter("p_lo") - at.a)]
        backward += [*inside, Equal(axis.dilation * at.i, axis.stride * at.j + at.a - at.letter("p_lo"))]
    kept = {variable.symbol: variable.symbol for variable in (*several, *both)}
    others = [Variable(at.letter("p_lo"), -1, 2) for _, at in axes]
    return same(spec, Sum(term, (*several, *both), All(*conditions, *forward)), Sum(term, (*several, *both), All(*conditions, *backward)),
                kept, kept, (), (), others)
