"""Statements about supports: which rows and columns vanish, with kernels on [−M, M] and signals on [−N, N]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from ..claims import Claim, ForAll, Identity
from ..counterexample import Expected, Replay
from ..form import a as tap
from ..form import entry, i, j, relation, symbols
from ..logic import All, Between, Equal, Exists, Iff, Le, Maximum, Minimum, No
from ..matrix import ConvMatrix
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorems import t18_support as t18
from . import Case, Saying, grid

N, M, Y, x, t, half = symbols("N M Y x t h")
TOPIC = "support"
NOTE = "compare theorem 18 (support) and Hörmander, The Analysis of Linear Partial Differential Operators I, chapter 4 (convolution)"
ADJOINTS = "compare Claerbout, Image Estimation by Example, chapter 1 (basic operators and adjoints)"


def sayings() -> Iterator[Saying]:
    """Statements 21, 22, 23, 25 and 26."""
    yield Saying(21, TOPIC, "a convolution with stride 2 halves the support of a signal on [−N, N]", halves,
                 "The kernel on [−M, M] adds its own radius before the stride divides. The radius becomes (N + M)/2.",
                 "⌊(N + M)/2⌋ = ⌊N/2⌋, where the kernel lives on [−M, M]", "the radius N of the support becomes (N + M)/s", NOTE)
    yield Saying(22, TOPIC, "(K_s x)(y) = ∫ x(x₀) k(s·y − x₀) dx₀ has the transpose (K_sᵀu)(x₀) = ∫ u(y) k(s·y − x₀) dy",
                 transposed_integral,
                 "The kernel value that joins y and x₀ is the same in both; only the sum runs over the other one. For "
                 "cross-correlation it is k(x₀ − s·y) in both.", source=ADJOINTS, mended_claims=correlated)
    yield Saying(23, TOPIC, "for a kernel k on [−M, M], k(s·y₀ − x₀) vanishes for y₀ outside [−M/s, M/s]", vanishes_outside,
                 "The interval is centred at x₀/s. Only for x₀ = 0 is it the printed one.",
                 "x₀ = 0", "it vanishes for y₀ outside [(x₀ − M)/s, (x₀ + M)/s]", NOTE)
    yield Saying(25, TOPIC, "the matrix C_ij = k(s·i − j), with k on [−M, M] and signals on [−N, N], has C_ij = 0 when j > N",
                 columns_beyond,
                 "It is the signal that is zero beyond N, not the matrix. Rows that reach over the border have entries there, which "
                 "may be left out because they meet zeros.", "M = 0, or only rows with s·i ≤ N − M are asked",
                 "C_ij = 0 when j > s·i + M; columns with j > N meet no signal and may be left out", NOTE, first_beyond)
    yield Saying(26, TOPIC, "the matrix C_ij = k(s·i − j), with k on [−M, M] and signals on [−N, N], has C_ij = 0 for all j "
                 "when |i| > 2N/s", rows_beyond,
                 "A row vanishes beyond (N + M)/s. The bound 2N/s is right only for small kernels.",
                 "⌊(N + M)/s⌋ ≤ ⌊2N/s⌋, so always for M ≤ N", "C_ij = 0 for all |j| ≤ N ⇔ |i| > (N + M)/s", NOTE)


def _centred(reach: int, radius: int, s: int, rows: int) -> ConvSpec:
    """conv from [−radius, radius] to features −rows … rows, by a kernel on [−reach, reach]."""
    return ConvSpec.of([Axis(2 * reach + 1, s, (s * rows + reach - radius,) * 2)])


def _masked(reach: int, radius: int, s: int, data: Sequence[int], bound: int, how: str) -> Replay:
    """``data`` on [−radius, radius], of which the statement says that features with s·|i| > bound are 0."""
    rows = (radius + reach) // s
    spec = _centred(reach, radius, s, rows)
    weights = (1,) * (2 * reach + 1)
    bare = Replay("conv", spec, (len(data),), tuple(data), weights, Expected.row("", ()))
    said = [value if s * abs(at - rows) <= bound else 0 for at, value in enumerate(bare.found)]
    return Replay("conv", spec, (len(data),), tuple(data), weights, Expected.row(how, said))


def _places(reach: int, radius: int, s: int) -> str:
    """Where the inputs and outputs of ``_masked`` stand."""
    rows = (radius + reach) // s
    return f"inputs from −{radius} to {radius}, outputs from −{rows} to {rows}"


def _delta(at: int, radius: int) -> tuple[int, ...]:
    return tuple(int(place == at) for place in range(-radius, radius + 1))


def halves() -> Iterator[Case]:
    """Row i meets ⇔ |2i| ≤ N, for N of a parity and M a number."""
    for row in grid(reach=(1, 2, 3, 0), rest=(1, 0)):
        reach, rest = row["reach"], row["rest"]
        meets = Exists((j,), All(Between(-N, j, N), Between(-reach, 2 * i - j, reach)), (t18.clipped,))
        define = Maximum(t18.near, 2 * i, -N), Minimum(t18.clipped, t18.near, N)
        statement = Statement((Variable(half, 0, 3), Variable(N, 0, 7), Variable(i, -6, 6)), (Le(0, half), Equal(N, 2 * half + rest)),
                              Iff(meets, Between(-N, 2 * i, N)), define)
        radius = 2 - rest
        replay = _masked(reach, radius, 2, (1,) * (2 * radius + 1), radius, f"zero where |i| > N/2 = {radius}/2")
        yield Case(f"k = 1 on [−{reach}, {reach}], s = 2 and N = {radius}, with {_places(reach, radius, 2)}",
                   (ForAll(statement),), reach == 0 or (reach == 1 and rest == 0), reach == 0, replay)


def _kernel(offset: int, reach: int) -> sympy.Expr:
    """k at an offset, 0 beyond [−M, M]."""
    return entry("k", (offset + reach,)) if abs(offset) <= reach else sympy.Integer(0)


def transposed(s: int, reach: int, sign: int) -> tuple[ForAll, Identity]:
    """Aᵀ of the convolution whose weights are k(±(s·y − x₀)), against Σ_y u(y) k(±(s·y − x₀)): for every pair, and multiplied out."""
    axis = Axis(2 * reach + 1, s)
    related = relation(axis).xreplace({i: Y, tap: reach - sign * t, j: x + reach})
    pairs = Statement((Variable(Y, -3, 3), Variable(x, -3, 3), Variable(t, -9, 9)), (), Iff(related, Equal(t, sign * (s * Y - x))))
    features = 3
    made = ConvMatrix.at(ConvSpec.of([axis]), (features,)).symbolic
    weights = {entry("w", (number,)): _kernel(sign * (reach - number), reach) for number in range(axis.kernel)}
    u = [entry("u", (y,)) for y in range(features)]
    found = made.T.xreplace(weights) * sympy.ImmutableMatrix(u)
    said = [sympy.Add(*[u[y] * _kernel(sign * (s * y - x0), reach) for y in range(features)])
            for x0 in range(-reach, made.cols - reach)]
    return ForAll(pairs), Identity(tuple(found), tuple(said), (features,))


def transposed_integral() -> Iterator[Case]:
    """With sums for integrals: convolution, so that w[a] = k(M − a)."""
    for row in grid(s=(2, 1, 3), reach=(1, 2)):
        yield Case(f"M = {row['reach']}, s = {row['s']}", transposed(row["s"], row["reach"], 1), True)


def correlated() -> Sequence[Claim]:
    """Cross-correlation, w[a] = k(a − M)."""
    return [claim for s in (1, 2, 3) for claim in transposed(s, 1, -1)]


def vanishes_outside() -> Iterator[Case]:
    """|Y| > M ⇒ |Y − x₀| > M, with Y = s·y₀."""
    for at in (1, -1, 2, 0):
        statement = Statement((Variable(x, at, at), Variable(M, 0, 4), Variable(Y, -7, 7)), (Equal(x, at), Le(0, M), No(Between(-M, Y, M))),
                              No(Between(-M, Y - x, M)))
        place = str(at).replace("-", "−")
        yield Case(f"k = 1 on [−1, 1], s = 2 and a signal that is 1 at x₀ = {place} only, so that the outputs are k(2·y₀ − x₀), with "
                   f"{_places(1, 2, 2)}",
                   (ForAll(statement),), at == 0, False, _masked(1, 2, 2, _delta(at, 2), 1, "zero where |y₀| > M/s = 1/2"))


def columns_beyond() -> Iterator[Case]:
    """An entry k(s·i − j) with |s·i − j| ≤ M lies at j ≤ N: in rows that stay inside, and in all rows that meet the signal."""
    for row in grid(s=(2, 1, 3), reach=(1, 2, 0), inside=(False, True)):
        s, reach, inside = row["s"], row["reach"], row["inside"]
        last = N - reach if inside else N + reach
        given = (Le(0, N), Between(-reach, s * i - j, reach), Le(s * i, last))
        statement = Statement((Variable(N, 0, 6), Variable(i, -4, 9), Variable(j, -9, 9)), given, Le(j, N))
        radius, beyond = 1, 2
        replay = _masked(reach, beyond, s, _delta(beyond, beyond), -1, f"column j = {beyond} > N = {radius} of C is zero")
        yield Case(f"M = {reach}, s = {s}, N = {radius} and an input that is 1 at j = {beyond} only, with {_places(reach, beyond, s)}",
                   (ForAll(statement),), inside or reach == 0, reach == 0, None if inside or reach == 0 else replay)


def first_beyond() -> Sequence[Claim]:
    """j > s·i + M ⇒ |s·i − j| > M."""
    given = (Le(0, M), No(Le(j, Y + M)))
    return [ForAll(Statement((Variable(M, 0, 4), Variable(Y, -6, 6), Variable(j, -9, 12)), given, No(Between(-M, Y - j, M))))]


def rows_beyond() -> Iterator[Case]:
    """Row i meets ⇒ |s·i| ≤ 2N, for numbers; and for all M ≤ N."""
    for row in grid(s=(2, 1), n=(2, 4), m=(4, 1, 3, 5, 6)):
        s, radius, reach = row["s"], row["n"], row["m"]
        given = (Between(-radius, j, radius), Between(-reach, s * i - j, reach))
        statement = Statement((Variable(i, -9, 9), Variable(j, -radius, radius)), given, Between(-2 * radius, s * i, 2 * radius))
        replay = _masked(reach, radius, s, (1,) * (2 * radius + 1), 2 * radius, f"zero where |i| > 2N/s = {2 * radius}/{s}")
        yield Case(f"M = {reach}, N = {radius}, s = {s}, k = 1 and a signal of ones, with {_places(reach, radius, s)}",
                   (ForAll(statement),), (radius + reach) // s <= 2 * radius // s, False, replay)
    for s in (2, 3):
        yield Case(f"s = {s}, every M ≤ N", (ForAll(t18.when(s)), ForAll(t18.rows())), True)
