"""Theorem 13: how many taps reach an output, where that is uniform, and what really decides checkerboards.

The well-known advice "let the stride divide the kernel" makes the *count* of taps uniform; the pattern that a constant
input leaves behind depends on the *sums* of the weights of each phase (an empty phase has sum 0).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from ..claims import ForAll, Identity
from ..expression import Entry, Product, Transpose
from ..form import TrilinearForm, a, feature_range, i, m, symbols, tap_range
from ..logic import All, Between, Divides, Either, Equal, Exists, Floor, Formula, Iff, Le, Maximum, Minimum, No
from ..objects import Map, Vector
from ..phases import inverse, phases
from ..sizes import too_long
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

J, Q, e, x, a0, i0, t, lo, hi, up, late, early = symbols("J Q e x a_0 i_0 t lo hi t_1 t_0 t_2")


def theorem(spec: ConvSpec) -> Theorem:
    """Coverage."""
    return compose(13, "coverage", "all sizes", "the taps that reach an output, exactly, at the border too", by_axis(spec.axes, axis_lines))


@dataclass(frozen=True)
class Shares:
    """How many phases have how many taps, by number of taps: rows (taps, phases)."""

    rows: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        return ", ".join(f"{phases} {'phase' if phases == 1 else 'phases'} with {taps} {'tap' if taps == 1 else 'taps'}"
                         for taps, phases in self.rows)


def shares(axis: Axis) -> Shares:
    """With T = s/g and k = q·T + r: r phases have q + 1 taps, T − r have q, the s − T others none."""
    period = axis.stride // axis.gcd
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
    s, d, g = axis.stride, axis.dilation, axis.gcd
    period, step = s // g, d // g
    yield Step(f"with J = j + p_lo = s·i + d·a: no tap where g = gcd(s, d) = {g} does not divide J; elsewhere J = s·i₀ + d·a₀ for "
               f"a₀ = (J/g)·(d/g)⁻¹ mod s/g", ForAll(first_tap(axis)))
    yield Step(f"all taps of the same J are a₀ + {period}·t at feature i₀ − {step}·t, and those inside the kernel and the "
               "features are t = lo … hi: so their number is max(0, hi − lo + 1)", ForAll(interval(axis)))
    yield Step("for d·a_max ≤ J ≤ s(m−1) + d·a_min, with a_min and a_max the first and last tap of its phase, no feature is "
               "missing: the phase is complete there", ForAll(complete(axis)))
    even = Fact("{found}; uniform: {even}", {"found": shares(axis), "even": uniform(axis)},
                lambda found, even: (counted(axis, found, even),))
    yield even
    yield Step("by counting d·a mod s: how many phases have how many taps; the interior is uniform ⇔ all have as many ⇔ g = 1 and s "
               "divides k", even.claims[0])
    plain = ConvSpec.of([Axis(axis.kernel, axis.stride, (0, 0), axis.dilation)])
    feature = (-(-axis.dilation * (axis.kernel - 1) // axis.stride) + 1 + (g == 1),)
    missing = too_long("Aᵀ1", plain, feature)
    yield missing or Step("a constant input 1 shows the sum of the weights of each phase, 0 where it is empty: no pattern ⇔ these sums "
                          "are equal", phase_sums(axis, TrilinearForm.at(plain, feature)), "this size")


def first_tap(axis: Axis) -> Statement:
    """g ∤ J ⇒ not related; J = g·Q ⇒ J = s·i₀ + d·a₀ with 0 ≤ a₀ < s/g: a₀ = inverse·Q − (s/g)·x, i₀ = (d/g)·x − b·Q.

    Here x = ⌊inverse·Q/(s/g)⌋ and inverse·(d/g) = 1 + (s/g)·b.
    """
    s, d, g = axis.stride, axis.dilation, axis.gcd
    period, step = s // g, d // g
    define = (Floor(Q, J, g), Floor(x, inverse(axis) * Q, period))
    first, at = inverse(axis) * Q - period * x, step * x - (inverse(axis) * step - 1) // period * Q
    none: Formula = Either(Divides(g, J), No(Equal(J, s * i + d * a)))
    found = Either(No(Divides(g, J)), All(Equal(J, s * at + d * first), Between(0, first, period - 1)))
    variables = (Variable(i, -1, 2), Variable(a, 0, 3), Variable(J, s * i + d * a - 1, s * i + d * a + 1))
    return Statement(variables, (), All(none, found), define)


def _anchored(axis: Axis) -> tuple[Formula, ...]:
    """i₀ and a₀ with 0 ≤ a₀ < s/g, the anchor of J = s·i₀ + d·a₀."""
    return (Between(0, a0, axis.stride // axis.gcd - 1), Equal(J, axis.stride * i0 + axis.dilation * a0))


def _ranges(axis: Axis) -> tuple[Variable, ...]:
    period = axis.stride // axis.gcd
    return (Variable(m, 1, 3), Variable(i0, -1, 4), Variable(a0, 0, min(period, axis.kernel) - 1), Variable(J, 0, 9))


def bounds(axis: Axis) -> tuple[Formula, ...]:
    """lo = max(0, ⌈(i₀ − m + 1)/(d/g)⌉), hi = min(⌊(k − 1 − a₀)/(s/g)⌋, ⌊i₀/(d/g)⌋)."""
    period, step = axis.stride // axis.gcd, axis.dilation // axis.gcd
    return (Floor(late, i0 - m + step, step), Maximum(lo, 0, late), Floor(up, axis.kernel - 1 - a0, period),
            Floor(early, i0, step), Minimum(hi, up, early))


def interval(axis: Axis) -> Statement:
    """Related, a tap, a feature ⇔ ∃ t: a = a₀ + (s/g)t, i = i₀ − (d/g)t, lo ≤ t ≤ hi."""
    s, d, g = axis.stride, axis.dilation, axis.gcd
    related = All(tap_range(axis), feature_range(), Equal(J, s * i + d * a))
    row = Exists((t,), All(Equal(a, a0 + s // g * t), Equal(i, i0 - d // g * t), Between(lo, t, hi)), (e,))
    variables = (*_ranges(axis), Variable(a, -1, axis.kernel), Variable(i, -1, 3))
    return Statement(variables, _anchored(axis), Iff(related, row), (*bounds(axis), Floor(e, a - a0, s // g)))


def complete(axis: Axis) -> Statement:
    """Where d·a_max ≤ J ≤ s(m−1) + d·a₀ (a_min is a₀), every tap of the phase has its feature: lo = 0, hi = the last t."""
    period = axis.stride // axis.gcd
    last = axis.dilation * (a0 + period * up)
    given = (_anchored(axis)[1], Le(last, J), Le(J, axis.stride * (m - 1) + axis.dilation * a0))
    return Statement(_ranges(axis), given, All(Equal(lo, 0), Equal(hi, up)), bounds(axis))


def phase_sums(axis: Axis, form: TrilinearForm) -> Identity:
    """Aᵀ1 at complete interior outputs, one of each phase that has one, is the sum of the phase's weights."""
    (feature,), weights = form.feature, form.unknowns("w")
    output = Product(Transpose(Map(form)), Vector(form, "u", (sympy.Integer(1),) * feature))
    found: list[Any] = []
    sums: list[Any] = []
    for phase in phases(axis):
        inside = [at for at in range(form.image[0]) if at % axis.stride == phase.residue and (not phase.taps or
                  axis.dilation * phase.taps[-1] <= at <= axis.stride * (feature - 1) + axis.dilation * phase.taps[0])]
        if inside:
            found.append(Entry(output, inside[0]))
            sums.append(sympy.Add(*[weights[tap] for tap in phase.taps]))
    return Identity(tuple(found), tuple(sums))
