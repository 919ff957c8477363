"""Theorem 30: A Aᵀ of an uncropped layer is a band of autocorrelations, and its symbol a sum of squares of the phases.

How much a layer may amplify or lose is the question behind "the adjoint is nearly an inverse": c‖u‖² ≤ ‖Aᵀu‖² ≤ C‖u‖². The
least and the largest value of the symbol on the unit circle are such c and C for every length; where all autocorrelations
but the first vanish they are equal, the frame is tight, and A Aᵀ a multiple of I. ``convt.analyse`` finds them for given weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from ..claims import ForAll, Identity, SameSum, Sum
from ..form import a, bounded, compared, entry, feature_range, image_range, relation, size_variables, symbols, tap_range, times, vanishing
from ..logic import All, Between, Divides, Equal, Exists, Floor, Formula, Iff, Maximum
from ..parameters import coprime, factored
from ..phases import phase
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import c, channels, f, group, letters, same
from ..theorem import Fact, LeftOut, Line, Step, Theorem, by_axis, compose

a2, f2, Q, lag, up, down, z = symbols("a' f' Q l a'' a''' z")
TAPS = 48  # of a symbol that is multiplied out


def theorem(spec: ConvSpec) -> Theorem:
    """Frames."""
    plain = spec.uncropped
    return compose(30, "frames", "all sizes", "A Aᵀ of the uncropped layer, with all its channels: a band of autocorrelations, whose "
                   "symbol bounds ‖Aᵀu‖² from both sides", (*lines(plain), *by_axis(factored(plain).axes, axis_lines)))


def lines(plain: ConvSpec) -> Iterator[Step]:
    """All axes and channels together, uncropped."""
    yield Step("entry (f, i), (f′, i′) of A Aᵀ is the sum of w[f,c,a]·w[f′,c,a′] over c and d(a − a′) = s(i′ − i) on every axis: it "
               "depends on i′ − i alone, for every length", gram(plain))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    if axis.chosen:
        band = Fact("diagonals of A Aᵀ on each side of the main one: {lags}, at multiples of {step}",
                    {"lags": (axis.kernel - 1) // axis.period, "step": axis.step},
                    lambda lags, step: (counted(axis, lags), ForAll(meet(axis, step)),
                                        *([ForAll(nowhere_else(axis, step))] if step > 1 else [])))
        yield band
        yield Step("so many multiples of s/g, and no more, are at most k − 1", band.claims[0])
    yield Step("taps a and a′ with d(a − a′) = s·l exist for l = (d/g)·Q exactly where |Q|·s/g ≤ k − 1: a tight frame is one for which so "
               "many autocorrelations vanish", ForAll(meet(axis, axis.step)))
    if not axis.chosen or axis.step > 1:
        yield Step("and for no other l", ForAll(nowhere_else(axis, axis.step)))
    if not axis.chosen:
        return
    if axis.kernel > TAPS:
        yield LeftOut("the symbol", axis.kernel, TAPS)
    else:
        yield Step("the symbol, autocorrelation l times the power l of z for all l, is the sum over the phases r of H_r(z)·H_r(1/z), "
                   "H_r(z) = Σ w[a]·z^((d·a − r)/s): on the unit circle a sum of squares, 0 only where all phases vanish together",
                   squares(axis))


def gram(plain: ConvSpec) -> SameSum:
    """Σ over (c, j) of A[f, i; c, j]·A[f′, i′; c, j], by the taps a and a′ that meet there."""
    axes, (several, conditions) = letters(plain), channels(c)
    w = sympy.IndexedBase("w")
    pairs, places, given = list[Variable](), list[Variable](), list[Formula]()
    meeting, lags, there, others = list[Formula](), list[Formula](), dict[Any, Any](), [Variable(f2, 0, 1)]
    within = [pair for axis, at in axes for pair in bounded(axis, at)]
    seconds = [at.letter("a'") for _, at in axes]
    for (axis, at), second in zip(axes, seconds, strict=True):
        i2 = at.letter("i'")
        inside = (tap_range(axis, at), tap_range(axis, at).xreplace({at.a: second}))
        pairs += [Variable(at.a, 0, axis.kernel - 1), Variable(second, 0, axis.kernel - 1)]
        places.append(Variable(at.j, 0, at.n - 1))
        meeting += [*inside, image_range(at), relation(axis, at), relation(axis, at).xreplace({at.i: i2, at.a: second})]
        lags += [*inside, Equal(axis.dilation * (at.a - second), axis.stride * (i2 - at.i))]
        given += [feature_range(at), size_variables(axis, at)[1][2]]
        there[at.j] = axis.stride * at.i + axis.dilation * at.a
        others.append(Variable(i2, 0, 3))
    term = w[(group, f, c, *[at.a for _, at in axes])] * w[(group, f2, c, *seconds)]
    kept = {variable.symbol: variable.symbol for variable in (*several, *pairs)}
    return same(plain, Sum(term, (*several, *pairs, *places), All(*conditions, *meeting)),
                Sum(term, (*several, *pairs), All(*conditions, *lags)), kept, kept | there, given, (), others, within)


def counted(axis: Axis, lags: int) -> Identity:
    """Multiples of s/g from s/g to k − 1, one by one."""
    return Identity((len(range(axis.period, axis.kernel, axis.period)),), (lags,))


def meet(axis: Axis, step: Any) -> Statement:
    """Some a, a′ have d(a − a′) = s·step·Q ⇔ |Q|·s/g ≤ k − 1: a = max(0, (s/g)Q) and a′ = max(0, −(s/g)Q) are such a pair."""
    period = axis.period
    body = All(tap_range(axis), tap_range(axis).xreplace({a: a2}), Equal(axis.dilation * (a - a2), axis.stride * step * Q))
    claim = Iff(Exists((a, a2), body, (up, down)), Between(1 - axis.kernel, period * Q, axis.kernel - 1))
    products = (*times(axis.gcd, step - 1), *compared(axis.gcd * step, a - a2, period * Q, 1),
                *vanishing(up - down - period * Q, axis.gcd * step))
    return Statement((Variable(Q, -3, 3),), (), claim, (Maximum(up, period * Q, 0), Maximum(down, -period * Q, 0)), products)


def nowhere_else(axis: Axis, step: Any) -> Statement:
    """d(a − a′) = s·l ⇒ step divides l: the quotient is φ·l − ψ(a − a′), where φ·d/g = 1 + ψ·s/g."""
    period, (phi, psi) = axis.period, axis.bezout
    given = (*coprime(axis), Equal(axis.dilation * (a - a2), axis.stride * lag))
    apart = axis.step * (a - a2) - period * lag
    products = (*compared(axis.gcd, apart, 0, 1), *vanishing(apart, psi), *vanishing(phi * axis.step - 1 - psi * period, lag),
                *compared(step, Q, phi * lag - psi * (a - a2), 0, 1))
    variables = (Variable(a, 0, axis.kernel - 1), Variable(a2, 0, axis.kernel - 1), Variable(lag, -3, 3))
    return Statement(variables, given, Divides(step, lag), (Floor(Q, lag, step),), products)


def squares(axis: Axis) -> Identity:
    """z^E times both: Σ over pairs of taps that meet, and Σ over phases of H_r(z)·z^E·H_r(1/z), E the largest exponent."""
    top = axis.dilation * (axis.kernel - 1) // axis.stride
    weights = [entry("w", (tap,)) for tap in range(axis.kernel)]
    pairs = sympy.Add(*[weights[one] * weights[two] * z ** (top + axis.dilation * (one - two) // axis.stride)
                        for one in range(axis.kernel) for two in range(axis.kernel) if axis.dilation * (one - two) % axis.stride == 0])
    sums = []
    for residue in sorted({axis.dilation * tap % axis.stride for tap in range(axis.kernel)}):  # the other phases are 0
        reached = phase(axis, residue)
        up_, down_ = (sympy.Add(*[weights[tap] * z ** power(-offset) for tap, offset in zip(reached.taps, reached.offsets, strict=True)])
                      for power in (int, lambda exponent: top - exponent))
        sums.append(up_ * down_)
    return Identity((pairs,), (sympy.Add(*sums),))
