"""Statements about supports: which rows and columns vanish, with kernels on [−M, M] and signals on [−N, N]."""

from __future__ import annotations

from collections.abc import Iterator

from ..claims import ForAll
from ..form import i, j, symbols
from ..logic import All, Between, Equal, Exists, Iff, Le, Maximum, Minimum, No
from ..spec import ConvSpec
from ..statement import Statement, Variable
from ..theorems import t18_support as t18
from . import Case, Replay, Saying, grid

N, M, Y, x, t, half = symbols("N M Y x t h")
TOPIC = "support"
SMALL = ConvSpec.parse("1d_k3s2p2")  # rows −1, 0, 1 and positions −1, 0, 1, a kernel on [−1, 1], stride 2
NOTE = "a note on transposed convolution"


def sayings() -> Iterator[Saying]:
    """Statements 21, 22, 23, 25 and 26."""
    yield Saying(21, TOPIC, "a convolution with stride 2 halves the support", halves,
                 "The kernel adds its own radius before the stride divides. The radius becomes (N + M)/s.",
                 "⌊(N + M)/2⌋ = ⌊N/2⌋", "the radius becomes (N + M)/s", NOTE,
                 replay=Replay("conv", SMALL, (3,), (1, 1, 1), (1, 1, 1), (0, 3, 0)))
    yield Saying(22, TOPIC, "(K_sᵀu)(x₀) = ∫ u(y) k(s·y − x₀) dy", transposed_integral,
                 "The kernel value that joins y and x₀ is the same in K_s and in its transpose; only the sum runs over the other. For "
                 "cross-correlation it is k(x₀ − s·y).", source=NOTE)
    yield Saying(23, TOPIC, "k(s·y₀ − x₀) vanishes for y₀ outside [−M/s, M/s]", vanishes_outside,
                 "The interval is centred at x₀/s. Only for x₀ = 0 is it the printed one.", "x₀ = 0",
                 "it vanishes for y₀ outside [(x₀ − M)/s, (x₀ + M)/s]", NOTE,
                 replay=Replay("conv", SMALL, (3,), (0, 0, 1), (1, 1, 1), (0, 1, 0)))
    yield Saying(25, TOPIC, "C_ij = 0 when j > N", columns_beyond,
                 "Signals live on [−N, N], so the columns beyond are empty. So are those before −N.", source=NOTE)
    yield Saying(26, TOPIC, "C_ij = 0 for all j when abs(i) > 2N/s", rows_beyond,
                 "A row vanishes beyond (N + M)/s. With 2N/s that is right only for small kernels: N = 4, M = 6, s = 2 leaves row 5.",
                 "⌊(N + M)/s⌋ ≤ ⌊2N/s⌋, so always for M ≤ N", "C_ij = 0 for all j ⇔ abs(i) > (N + M)/s", NOTE,
                 replay=Replay("conv", ConvSpec.parse("1d_k13s2p12"), (9,), (0,) * 8 + (1,), (1,) * 13, (0,) * 4 + (1,) * 6 + (0,)))


def halves() -> Iterator[Case]:
    """Row i meets ⇔ |2i| ≤ N, for N of a parity and M a number."""
    for row in grid(reach=(0, 1, 2, 3), rest=(0, 1)):
        reach, rest = row["reach"], row["rest"]
        meets = Exists((j,), All(Between(-N, j, N), Between(-reach, 2 * i - j, reach)), (t18.clipped,))
        define = Maximum(t18.near, 2 * i, -N), Minimum(t18.clipped, t18.near, N)
        statement = Statement((Variable(half, 0, 3), Variable(N, 0, 7), Variable(i, -6, 6)), (Le(0, half), Equal(N, 2 * half + rest)),
                              Iff(meets, Between(-N, 2 * i, N)), define)
        yield Case(f"M = {reach}, N {'odd' if rest else 'even'}", (ForAll(statement),), reach == 0 or (reach == 1 and rest == 0),
                   reach == 0)


def transposed_integral() -> Iterator[Case]:
    """t = s·y − x₀ ⇔ x₀ = s·y − t."""
    for s in (1, 2, 3):
        statement = Statement((Variable(Y, -3, 3), Variable(x, -3, 3), Variable(t, -9, 9)), (),
                              Iff(Equal(t, s * Y - x), Equal(x, s * Y - t)))
        yield Case(f"s = {s}", (ForAll(statement),), True)


def vanishes_outside() -> Iterator[Case]:
    """|Y| > M ⇒ |Y − x₀| > M, with Y = s·y₀."""
    for at in (0, 1, -1, 2):
        statement = Statement((Variable(M, 0, 4), Variable(Y, -7, 7)), (Le(0, M), No(Between(-M, Y, M))),
                              No(Between(-M, Y - at, M)))
        yield Case(f"x₀ = {at}".replace("-", "−"), (ForAll(statement),), at == 0)


def columns_beyond() -> Iterator[Case]:
    """A column that meets a row lies in [−N, N]."""
    for s in (1, 2, 3):
        given = (Between(-N, j, N), Between(-M, s * i - j, M))
        statement = Statement((Variable(N, 0, 4), Variable(M, 0, 4), Variable(i, -4, 4), Variable(j, -N, N)), given,
                              All(Le(j, N), Le(-N, j)))
        yield Case(f"s = {s}", (ForAll(statement),), True)


def rows_beyond() -> Iterator[Case]:
    """Row i meets ⇒ |s·i| ≤ 2N, for numbers; and for all M ≤ N."""
    for row in grid(s=(1, 2), n=(2, 4), m=(1, 3, 4, 5, 6)):
        s, radius, reach = row["s"], row["n"], row["m"]
        given = (Between(-radius, j, radius), Between(-reach, s * i - j, reach))
        statement = Statement((Variable(i, -9, 9), Variable(j, -radius, radius)), given, Between(-2 * radius, s * i, 2 * radius))
        yield Case(f"s = {s}, N = {radius}, M = {reach}", (ForAll(statement),), (radius + reach) // s <= 2 * radius // s)
    for s in (2, 3):
        yield Case(f"s = {s}, every M ≤ N", (ForAll(t18.when(s)), ForAll(t18.rows())), True)
