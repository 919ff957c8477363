"""Theorem 18: the support of a strided convolution with a continuous kernel, and which rows of its matrix vanish.

With k(t) = 0 for |t| > M and signals on [−N, N], row i meets the support exactly for |i| ≤ (N + M)/s. The bound 2N/s
that is sometimes printed holds only where ⌊(N+M)/s⌋ ≤ ⌊2N/s⌋.
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

N, M, Y, x, clipped, near, q, r = symbols("N M Y x c c_1 q r")


def theorem(spec: ConvSpec) -> Theorem:
    """Support."""
    strides = tuple(dict.fromkeys(spec.stride))
    return compose(18, "support", "all sizes", "where a kernel of radius M meets signals of radius N, for every N and M",
                   (*once(parametric_steps), *(line for s in strides for line in stride_lines(s, len(strides) > 1))))


def parametric_steps() -> Iterator[Step]:
    """For every stride at once: Y stands for s·y, in units fine enough to be integers."""
    yield Step("for every stride: with Y = s·y, k(Y − x) can be non-zero only for x − M ≤ Y ≤ x + M, that is Y − M ≤ x ≤ Y + M",
               ForAll(interval()))
    yield Step("for every stride: with Y = s·i, row i has a position |j| ≤ N with |Y − j| ≤ M ⇔ |Y| ≤ N + M", ForAll(rows()))


def stride_lines(s: int, several: bool) -> Iterator[Line]:
    """The lines for one stride."""
    label = f"stride {s}: " if several else ""
    meets = Fact("row i has a position |j| ≤ N in reach of the kernel, |{centre} − j| ≤ M, ⇔ |{centre}| ≤ N + M; all others vanish",
                 {"centre": s * i}, lambda centre: (ForAll(reached_rows(s, centre)),), label)
    yield meets
    yield Step(f"{label}row i has such a position ⇔ |s·i| ≤ N + M", meets.claims[0])
    yield Step(f"{label}so the bound |i| ≤ 2N/s is right ⇔ ⌊(N + M)/s⌋ ≤ ⌊2N/s⌋", ForAll(printed_bound(s)))
    yield Step(f"{label}that is always so for M ≤ N and never for M ≥ N + s", ForAll(when(s)))


def interval() -> Statement:
    """|Y − x| ≤ M ⇔ x − M ≤ Y ≤ x + M ⇔ Y − M ≤ x ≤ Y + M."""
    inside = Between(-M, Y - x, M)
    claim = All(Iff(inside, Between(x - M, Y, x + M)), Iff(inside, Between(Y - M, x, Y + M)))
    return Statement((Variable(M, 0, 3), Variable(x, -3, 3), Variable(Y, -7, 7)), (), claim)


def rows() -> Statement:
    """∃ j in [−N, N] with |Y − j| ≤ M ⇔ |Y| ≤ N + M: the nearest position is Y clipped to [−N, N]."""
    meets = Exists((j,), All(Between(-N, j, N), Between(-M, Y - j, M)), (clipped,))
    define = (Maximum(near, Y, -N), Minimum(clipped, near, N))
    variables = (Variable(N, 0, 5), Variable(M, 0, 6), Variable(Y, -12, 12))
    return Statement(variables, (Le(0, N), Le(0, M)), Iff(meets, Between(-N - M, Y, N + M)), define)


def reached_rows(s: int, centre: Any) -> Statement:
    """∃ j in [−N, N] with |centre − j| ≤ M ⇔ |centre| ≤ N + M, and row i is centred at s·i."""
    meets = Exists((j,), All(Between(-N, j, N), Between(-M, centre - j, M)), (clipped,))
    define = (Maximum(near, centre, -N), Minimum(clipped, near, N))
    return Statement((Variable(N, 0, 5), Variable(M, 0, 6), Variable(i, -12, 12)), (Le(0, N), Le(0, M)),
                     All(Iff(meets, Between(-N - M, centre, N + M)), Equal(centre, s * i)), define)


def _floors(s: int) -> tuple[Formula, ...]:
    return Floor(q, N + M, s), Floor(r, 2 * N, s)


def printed_bound(s: int) -> Statement:
    """Row q = ⌊(N+M)/s⌋, the last that meets the support, satisfies s·q ≤ 2N ⇔ q ≤ ⌊2N/s⌋; and no later row meets."""
    claim = All(Iff(Le(s * q, 2 * N), Le(q, r)), Implies(Le(s * i, N + M), Le(i, q)))
    return Statement((Variable(N, 0, 6), Variable(M, 0, 9), Variable(i, 0, 9)), (), claim, _floors(s))


def when(s: int) -> Statement:
    """M ≤ N ⇒ q ≤ r; M ≥ N + s ⇒ r < q."""
    claim = All(Implies(Le(M, N), Le(q, r)), Implies(Le(N + s, M), Le(r + 1, q)))
    return Statement((Variable(N, 0, 6), Variable(M, 0, 12)), (), claim, _floors(s))
