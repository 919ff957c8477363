"""Theorem 13: how many taps reach an output, where that is uniform, and what really decides checkerboards.

The well-known advice "let the stride divide the kernel" makes the *count* of taps uniform; the pattern that a constant
input leaves behind depends on the *sums* of the weights of each phase (an empty phase has sum 0).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import Any

import sympy

from ..claims import ForAll, Identity
from ..form import TrilinearForm, a, feature_range, i, m, symbols, tap_range
from ..logic import All, Between, Divides, Either, Equal, Exists, Floor, Formula, Iff, Le, Maximum, Minimum, No
from ..phases import phases
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, by_axis
from .t05_adjoint import TERMS

J, Q, e, x, a0, i0, t, lo, hi, up, late, early = symbols("J Q e x a_0 i_0 t lo hi t_1 t_0 t_2")


def theorem(spec: ConvSpec) -> Theorem:
    """Coverage."""
    even = ["uniform" if uniform(axis) else "uneven" for axis in spec.axes]
    counts = [" ".join(str(len(phase.taps)) for phase in phases(axis)[:8]) + (" …" if axis.stride > 8 else "")
              for axis in dict.fromkeys(spec.axes)]
    return Theorem(13, "coverage", "all sizes", "the taps that reach an output, exactly, at the border too",
                   by_axis(spec, axis_steps), f"taps per phase: {'; '.join(counts)} ({', '.join(dict.fromkeys(even))})")


def uniform(axis: Axis) -> bool:
    """Whether every interior output has the same number of taps: g = 1 and s divides k."""
    return axis.gcd == 1 and axis.kernel % axis.stride == 0


def axis_steps(axis: Axis) -> Iterator[Step]:
    """The steps for one axis; they need k, s and d only. J = j + p_lo."""
    s, d, g = axis.stride, axis.dilation, axis.gcd
    period, step = s // g, d // g
    yield Step(f"with J = j + p_lo = s·i + d·a: no tap where g = gcd(s, d) = {g} does not divide J; elsewhere J = s·i₀ + d·a₀ for "
               f"a₀ = (J/g)·(d/g)⁻¹ mod s/g", ForAll(first_tap(axis)))
    yield Step(f"all taps of the same J are a₀ + {period}·t at feature i₀ − {step}·t, and those inside the kernel and the "
               "features are t = lo … hi: so their number is max(0, hi − lo + 1)", ForAll(interval(axis)))
    yield Step("for d·a_max ≤ J ≤ s(m−1) + d·a_min, with a_min and a_max the first and last tap of its phase, no feature is "
               "missing: the phase is complete there", ForAll(complete(axis)))
    counts = tuple(len(phase.taps) for phase in phases(axis))
    yield Step("so the interior is uniform ⇔ all phases have the same number of taps ⇔ g = 1 and s divides k",
               Identity((int(len(set(counts)) == 1),), (int(uniform(axis)),),
                        shown=(f"[taps per phase {', '.join(map(str, counts[:8]))}{', …' if s > 8 else ''} are equal]",
                               f"[g = 1 and s divides k] = {int(uniform(axis))}")))
    small = phase_sums(axis)
    if small:
        yield Step("a constant input 1 shows the sum of the weights of each phase: no pattern ⇔ these sums are equal",
                   small, "this size")


def inverse(axis: Axis) -> int:
    """(d/g)⁻¹ modulo s/g."""
    period = axis.stride // axis.gcd
    return pow(axis.dilation // axis.gcd, -1, period) if period > 1 else 0


def first_tap(axis: Axis) -> Statement:
    """g ∤ J ⇒ not related; g | J ⇒ J = s·i₀ + d·a₀ with 0 ≤ a₀ < s/g."""
    s, d, g = axis.stride, axis.dilation, axis.gcd
    period = s // g
    define = (Floor(Q, J, g), Floor(x, inverse(axis) * Q, period), Floor(i0, J - d * (inverse(axis) * Q - period * x), s))
    a_0 = inverse(axis) * Q - period * x
    none: Formula = Either(Divides(g, J), No(Equal(J, s * i + d * a)))
    found = Either(No(Divides(g, J)), All(Equal(J, s * i0 + d * a_0), Between(0, a_0, period - 1)))
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


def phase_sums(axis: Axis) -> Identity | None:
    """Aᵀ1 at complete interior outputs, one of each phase, is the sum of the phase's weights; None for large kernels."""
    reach = axis.dilation * (axis.kernel - 1)
    feature = -(-reach // axis.stride) + 1 + (gcd(axis.stride, axis.dilation) == 1)
    if axis.kernel * feature > TERMS:
        return None
    uncropped = Axis(axis.kernel, axis.stride, (0, 0), axis.dilation)
    form = TrilinearForm.at(ConvSpec.of([uncropped]), (feature,))
    ones = dict.fromkeys(form.unknowns("u"), sympy.Integer(1))
    outputs = [value.xreplace(ones) for value in form.derivative("conv_transpose")]
    weights = form.unknowns("w")
    found: list[Any] = []
    sums: list[Any] = []
    for phase in phases(axis):
        inside = [at for at in range(len(outputs)) if at % axis.stride == phase.residue and (not phase.taps or
                  axis.dilation * phase.taps[-1] <= at <= axis.stride * (feature - 1) + axis.dilation * phase.taps[0])]
        if inside:
            found.append(outputs[inside[0]])
            sums.append(sympy.Add(*[weights[tap] for tap in phase.taps]))
    shown = ", ".join(" + ".join(f"w_{tap}" for tap in phase.taps) or "0" for phase in phases(axis)[:6])
    more = ", …" if axis.stride > 6 else ""
    return Identity(tuple(found), tuple(sums), f"m = {feature}", ("interior of Aᵀ1", f"({shown}{more})"))
