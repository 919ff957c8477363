"""Theorem 10: the polyphase split, for any stride and dilation.

What every fast kernel rests on: outputs with the same (j + p_lo) mod s use the same taps, each tap with its own
offset, and the phases together use every pair of feature and tap exactly once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..claims import ForAll, Identity
from ..form import a, feature_range, i, image_range, j, m, n, relation, symbols, tap_range
from ..logic import All, Between, Divides, Either, Equal, Exists, Floor, Formula, Iff, Le, Maximum, Minimum
from ..phases import inverse, phases
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, LeftOut, Line, Step, Theorem, by_axis, compose

Q, e, c, h, lo, hi, r = symbols("Q e c h lo hi r")
LISTED = 32  # kernels up to this size list their rows one by one; larger ones state the rule of the rows
ROWS = 4096  # of the table of phases


def theorem(spec: ConvSpec) -> Theorem:
    """The phases cover everything exactly once."""
    return compose(10, "polyphase split", "all sizes",
                   "the s phases use every (feature, tap) exactly once, without a single inserted zero", by_axis(spec.axes, axis_lines))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    yield Step("with j + p_lo = s·Q + r, the related (i, a) are exactly the rows of phase r: tap a at i = Q + offset",
               ForAll(cover(axis)))
    if axis.kernel <= ROWS >= axis.stride:
        yield Step("every tap stands in exactly one phase, r = d·a mod s, with offset −⌊d·a/s⌋", table_by_formula(axis))
    else:
        yield LeftOut("the table of phases", max(axis.kernel, axis.stride), ROWS)
    yield Step("residue r has a tap exactly when g = gcd(s, d) divides r and a₀ = (r/g)·(d/g)⁻¹ mod s/g is one: all other phases are "
               "empty, and their outputs get no term", ForAll(occupied(axis)))
    busy = Fact("{busy} of {phases} phases have taps", {"busy": min(axis.kernel, axis.stride // axis.gcd), "phases": axis.stride},
                lambda busy, phases: (counted(axis, busy, phases),))
    yield busy
    yield Step("by counting d·a mod s: the phases that have taps, all phases, and the taps of all phases together", busy.claims[0])
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
    """The table of phases is that formula, row by row: tap, residue d·a mod s, offset −⌊d·a/s⌋."""
    found = {tap: (phase.residue, offset) for phase in phases(axis)
             for tap, offset in zip(phase.taps, phase.offsets, strict=True)}
    s, d = axis.stride, axis.dilation
    return Identity(tuple((tap, *found[tap]) for tap in sorted(found)),
                    tuple((tap, d * tap % s, -(d * tap // s)) for tap in range(axis.kernel)))


def counted(axis: Axis, busy: int, every: int) -> Identity:
    """Residues that occur among d·a, positions until the residues repeat, and taps, each counted once."""
    found = Counter(axis.dilation * tap % axis.stride for tap in range(axis.kernel))
    return Identity((len(found), axis.stride, sum(found.values())), (busy, every, axis.kernel))


def occupied(axis: Axis) -> Statement:
    """Some tap has d·a ≡ r (mod s) ⇔ g | r and a₀ ≤ k − 1."""
    s, d, g = axis.stride, axis.dilation, axis.gcd
    first = inverse(axis) * e - s // g * c
    define = (Floor(e, r, g), Floor(c, inverse(axis) * e, s // g), Floor(h, d * first - r, s))
    some = Exists((a, Q), All(tap_range(axis), Equal(d * a, s * Q + r)), (first, h))
    return Statement((Variable(r, 0, s - 1),), (), Iff(some, All(Divides(g, r), Le(first, axis.kernel - 1))), define)


def interval(axis: Axis) -> Statement:
    """0 ≤ i < m and 0 ≤ s·i + d·a − p_lo < n ⇔ max(0, −⌊(d·a − p_lo)/s⌋) ≤ i ≤ min(m−1, ⌊(n−1−d·a+p_lo)/s⌋)."""
    shift = axis.dilation * a - axis.padding[0]
    inside = All(feature_range(), image_range().xreplace({j: axis.stride * i + shift}))
    define = (Floor(c, shift, axis.stride), Maximum(lo, 0, -c),
              Floor(h, n - 1 - shift, axis.stride), Minimum(hi, m - 1, h))
    variables = (Variable(m, 0, 3), Variable(n, 0, 5), Variable(i, -1, 4), Variable(a, 0, axis.kernel - 1))
    return Statement(variables, (), Iff(inside, Between(lo, i, hi)), define)
