"""Theorem 10: the polyphase split, for any stride and dilation.

What every fast kernel rests on: outputs with the same (j + p_lo) mod s use the same taps, each tap with its own
offset, and the phases together use every pair of feature and tap exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..claims import ForAll, Identity
from ..form import a, feature_range, i, image_range, j, m, n, relation, symbols, tap_range
from ..logic import All, Between, Either, Equal, Floor, Formula, Iff, Maximum, Minimum
from ..phases import phases
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, by_axis

Q, e, c, h, lo, hi = symbols("Q e c h lo hi")
LISTED = 32  # kernels up to this size list their rows one by one; larger ones state the rule of the rows


def theorem(spec: ConvSpec) -> Theorem:
    """The phases cover everything exactly once."""
    busy = [sum(not phase.empty for phase in phases(axis)) for axis in spec.axes]
    return Theorem(10, "polyphase split", "all sizes",
                   "the s phases use every (feature, tap) exactly once, without a single inserted zero",
                   by_axis(spec, axis_steps),
                   "phases with taps: " + " × ".join(map(str, busy)) + " of " + " × ".join(map(str, spec.stride)))


def axis_steps(axis: Axis) -> Iterator[Step]:
    """The steps for one axis."""
    split = phases(axis)
    yield Step("with j + p_lo = s·Q + r, the related (i, a) are exactly the rows of phase r: tap a at i = Q + offset",
               ForAll(cover(axis)))
    yield Step("every tap stands in exactly one phase, r = d·a mod s, with offset −⌊d·a/s⌋", table_by_formula(axis))
    busy = sum(not phase.empty for phase in split)
    yield Step("min(k, s/gcd(s, d)) phases have taps; s neighbouring outputs cost k multiplications together, "
               f"where zero insertion costs s·k = {axis.stride * axis.kernel}",
               Identity((busy, sum(len(phase.taps) for phase in split)),
                        (min(axis.kernel, axis.stride // axis.gcd), axis.kernel),
                        shown=("phases with taps", f"min(k, s/g) = {busy}")))
    yield Step("for a tap, the features inside [0, m) whose position lies inside [0, n) form one interval: "
               "the loop bounds of the generated code", ForAll(interval(axis)))


def cover(axis: Axis) -> Statement:
    """Related and a tap ⇔ one of the rows, with Q = ⌊(j + p_lo)/s⌋."""
    at = j + axis.padding[0]
    define: tuple[Formula, ...] = (Floor(Q, at, axis.stride),)
    if axis.kernel <= LISTED:
        table: Formula = Either(*[All(Equal(a, tap), Equal(at, axis.stride * Q + phase.residue), Equal(i, Q + offset))
                                  for phase in phases(axis)
                                  for tap, offset in zip(phase.taps, phase.offsets, strict=True)])
    else:
        define += (Floor(e, axis.dilation * a, axis.stride),)
        table = All(tap_range(axis), Equal(at, axis.stride * Q + axis.dilation * a - axis.stride * e), Equal(i, Q - e))
    place = axis.stride * i + axis.dilation * a - axis.padding[0]
    variables = (Variable(i, -1, 2), Variable(a, -1, axis.kernel), Variable(j, place - 1, place + 1))
    return Statement(variables, (), Iff(All(tap_range(axis), relation(axis)), table), define)


def table_by_formula(axis: Axis) -> Identity:
    """The table of phases is that formula, row by row: residue d·a mod s, offset −⌊d·a/s⌋."""
    found = {tap: (phase.residue, offset) for phase in phases(axis)
             for tap, offset in zip(phase.taps, phase.offsets, strict=True)}
    left = tuple(number for tap in sorted(found) for number in (tap, *found[tap]))
    right = tuple(number for tap in range(axis.kernel) for number in (
        tap, axis.dilation * tap % axis.stride, -(axis.dilation * tap // axis.stride)))
    d, s = axis.dilation, axis.stride
    return Identity(left, right, shown=("(a, r_a, o_a)", f"(a, {d}·a mod {s}, −⌊{d}·a/{s}⌋)"))


def interval(axis: Axis) -> Statement:
    """0 ≤ i < m and 0 ≤ s·i + d·a − p_lo < n ⇔ max(0, −⌊(d·a − p_lo)/s⌋) ≤ i ≤ min(m−1, ⌊(n−1−d·a+p_lo)/s⌋)."""
    shift = axis.dilation * a - axis.padding[0]
    inside = All(feature_range(), image_range().xreplace({j: axis.stride * i + shift}))
    define = (Floor(c, shift, axis.stride), Maximum(lo, 0, -c),
              Floor(h, n - 1 - shift, axis.stride), Minimum(hi, m - 1, h))
    variables = (Variable(m, 0, 3), Variable(n, 0, 5), Variable(i, -1, 4), Variable(a, 0, axis.kernel - 1))
    return Statement(variables, (), Iff(inside, Between(lo, i, hi)), define)
