"""Theorem 18: the support of a strided convolution with a continuous kernel, and which rows of its matrix vanish.

With w(x) = 0 for |x| > ρ′ and signals on [−ρ, ρ], row i meets the support exactly for |i| ≤ (ρ + ρ′)/s. The bound 2ρ/s
that is sometimes printed holds only where ⌊(ρ + ρ′)/s⌋ ≤ ⌊2ρ/s⌋.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..claims import ForAll
from ..form import i, j, symbols
from ..logic import All, Between, Equal, Exists, Floor, Formula, Iff, Implies, Le, Maximum, Minimum
from ..spec import ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, compose, once

signal, reach, Y, clipped, near, Q, Q2 = symbols("ρ ρ' Y j' j'' Q Q'")


def theorem(spec: ConvSpec) -> Theorem:
    """Support."""
    strides = tuple(dict.fromkeys(spec.stride))
    return compose(18, "support", "all sizes", "where a kernel of radius ρ′ meets signals of radius ρ, for every ρ and ρ′",
                   (*once(parametric_steps), *(line for s in strides for line in stride_lines(s, len(strides) > 1))))


def parametric_steps() -> Iterator[Step]:
    """For every stride at once: Y stands for s·i, in units fine enough to be integers."""
    yield Step("for every stride: with Y = s·i, w(Y − j) can be non-zero only for j − ρ′ ≤ Y ≤ j + ρ′, that is Y − ρ′ ≤ j ≤ Y + ρ′",
               ForAll(interval()))
    yield Step("for every stride: row i has a position |j| ≤ ρ with |Y − j| ≤ ρ′ ⇔ |Y| ≤ ρ + ρ′: the position j′ next to Y is one",
               ForAll(rows()))


def stride_lines(s: int, several: bool) -> Iterator[Line]:
    """The lines for one stride."""
    label = f"stride {s}: " if several else ""
    meets = Fact("row i has a position |j| ≤ ρ in reach of the kernel, |{centre} − j| ≤ ρ′, exactly where |{centre}| ≤ ρ + ρ′; "
                 "all others vanish", {"centre": s * i}, lambda centre: (ForAll(reached_rows(s, centre)),), label)
    yield meets
    yield Step(f"{label}row i has such a position ⇔ |s·i| ≤ ρ + ρ′", meets.claims[0])
    yield Step(f"{label}so the bound |i| ≤ 2ρ/s is right ⇔ ⌊(ρ + ρ′)/s⌋ ≤ ⌊2ρ/s⌋", ForAll(printed_bound(s)))
    yield Step(f"{label}that is always so for ρ′ ≤ ρ and never for ρ′ ≥ ρ + s", ForAll(when(s)))


def interval() -> Statement:
    """|Y − j| ≤ ρ′ ⇔ j − ρ′ ≤ Y ≤ j + ρ′ ⇔ Y − ρ′ ≤ j ≤ Y + ρ′."""
    inside = Between(-reach, Y - j, reach)
    claim = All(Iff(inside, Between(j - reach, Y, j + reach)), Iff(inside, Between(Y - reach, j, Y + reach)))
    return Statement((Variable(reach, 0, 3), Variable(j, -3, 3), Variable(Y, -7, 7)), (), claim)


def rows() -> Statement:
    """∃ j in [−ρ, ρ] with |Y − j| ≤ ρ′ ⇔ |Y| ≤ ρ + ρ′: the nearest position j′ is Y clipped to [−ρ, ρ]."""
    meets = Exists((j,), All(Between(-signal, j, signal), Between(-reach, Y - j, reach)), (clipped,))
    define = (Maximum(near, Y, -signal), Minimum(clipped, near, signal))
    variables = (Variable(signal, 0, 5), Variable(reach, 0, 6), Variable(Y, -12, 12))
    return Statement(variables, (Le(0, signal), Le(0, reach)), Iff(meets, Between(-signal - reach, Y, signal + reach)), define)


def reached_rows(s: int, centre: Any) -> Statement:
    """∃ j in [−ρ, ρ] with |centre − j| ≤ ρ′ ⇔ |centre| ≤ ρ + ρ′, and row i is centred at s·i."""
    meets = Exists((j,), All(Between(-signal, j, signal), Between(-reach, centre - j, reach)), (clipped,))
    define = (Maximum(near, centre, -signal), Minimum(clipped, near, signal))
    return Statement((Variable(signal, 0, 5), Variable(reach, 0, 6), Variable(i, -12, 12)), (Le(0, signal), Le(0, reach)),
                     All(Iff(meets, Between(-signal - reach, centre, signal + reach)), Equal(centre, s * i)), define)


def _floors(s: int) -> tuple[Formula, ...]:
    return Floor(Q, signal + reach, s), Floor(Q2, 2 * signal, s)


def printed_bound(s: int) -> Statement:
    """Row Q = ⌊(ρ + ρ′)/s⌋, the last that meets the support, satisfies s·Q ≤ 2ρ ⇔ Q ≤ Q′ = ⌊2ρ/s⌋; and no later row meets."""
    claim = All(Iff(Le(s * Q, 2 * signal), Le(Q, Q2)), Implies(Le(s * i, signal + reach), Le(i, Q)))
    return Statement((Variable(signal, 0, 6), Variable(reach, 0, 9), Variable(i, 0, 9)), (), claim, _floors(s))


def when(s: int) -> Statement:
    """ρ′ ≤ ρ ⇒ Q ≤ Q′; ρ′ ≥ ρ + s ⇒ Q′ < Q."""
    claim = All(Implies(Le(reach, signal), Le(Q, Q2)), Implies(Le(signal + s, reach), Le(Q2 + 1, Q)))
    return Statement((Variable(signal, 0, 6), Variable(reach, 0, 12)), (), claim, _floors(s))
