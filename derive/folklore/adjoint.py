"""Statements about inverse, adjoint, matched filter and matrices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from ..claims import Claim, ForAll, Identity
from ..form import TrilinearForm, a, entry, i, inner, j, symbols
from ..lengths import feature_length
from ..logic import Between, Equal, Implies
from ..matrix import ConvMatrix
from ..operators import Down, Slide, Spread, Up, Word
from ..pairing import Pairing, one_sum
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from . import Case, Replay, Saying, grid

other = symbols("a'")
TOPIC = "inverse and adjoint"
K2 = ConvSpec.parse("1d_k2")


def sayings() -> Iterator[Saying]:
    """Statements 6, 7, 12, 13, 15, 20 and 24."""
    yield Saying(6, TOPIC, "it is the inverse of the convolution", inverse,
                 "It is the adjoint: the transposed matrix. With rows (1, 1, 0), (0, 1, 1) AᵀA is not I.", "never, beyond special "
                 "weights", "⟨u, A x⟩ = ⟨Aᵀu, x⟩; AᵀA is a projector where the rows are orthonormal", "the name deconvolution",
                 replay=Replay("conv_transpose", K2, (2,), (1, 0), (1, 1), (1, 0, 0)))
    yield Saying(7, TOPIC, "the forward pass of one is the backward pass of the other", passes_swap,
                 "Both are the same sum over the same index triples, open at another slot. The data gradients swap; the weight gradient "
                 "is the third map.", source="framework documentation")
    yield Saying(12, TOPIC, "the transpose is the matched filter: reversed and conjugated", matched_filter,
                 "For stride 1 and real weights it is. A stride needs zeros inserted first, and the plain transpose does not "
                 "conjugate: h = (1+i, 2−i).", "s = 1, and real weights or the adjoint Aᴴ",
                 "the adjoint Aᴴ is the matched filter after inserting s − 1 zeros", "signal-processing answers",
                 replay=Replay("conv_transpose", K2, (1,), (1,), (1 + 1j, 2 - 1j), (1 - 1j, 2 + 1j)))
    yield Saying(13, TOPIC, "convolution extracts principal components, deconvolution rebuilds the signal from them", rebuilds,
                 "That needs orthonormal rows, A Aᵀ = I. The weights (0.6, 0.8) have them at stride 2 and not at stride 1.",
                 "never for all weights: A Aᵀ = I is a condition on the weights", "Aᵀ rebuilds the projection onto the row space where "
                 "A Aᵀ = I", "principal component analogies", orthonormal_at_stride_two,
                 Replay("conv", K2, (3,), (3, 10, 8), (3, 4), (25, 0)))
    yield Saying(15, TOPIC, "q*(↑x) = (↑(q*)ᵀ)ᵀ x", misprint,
                 "The inner arrow must be ↓, whose transpose is ↑. As printed not even the shapes match.", "s = 1",
                 "q*(↑x) = (↓(q*)ᵀ)ᵀ x", "a signal-processing answer", with_down_arrow)
    yield Saying(20, TOPIC, "the transpose can always be computed from a matrix", from_a_matrix,
                 "For a finite size and a linear border there is a matrix. A bias makes the map affine, which has no adjoint; and n is "
                 "not unique: 7 and 8 both give 4 for k = 3, s = 2, p = 1.", "no bias",
                 "the linear part at one size has a matrix, whose transpose is the map", "questions and answers", two_lengths)
    yield Saying(24, TOPIC, "the columns of Kᵀ are translates of k run backwards", run_backwards,
                 "For true convolution they are. In cross-correlation the columns of Kᵀ are the kernel as it is, and the rows too.",
                 "true convolution, or k = 1", "in cross-correlation they are translates of k, not reversed",
                 "a note on transposed convolution", replay=Replay("conv_transpose", K2, (1,), (1,), (1, 2), (2, 1)))


def inverse() -> Iterator[Case]:
    """AᵀA = I for all weights, at a size."""
    for row in grid(k=(1, 2, 3), s=(1, 2), p=(0, 1)):
        if row["p"] >= row["k"]:
            continue
        spec = ConvSpec.of([Axis(row["k"], row["s"], (row["p"],) * 2)])
        matrix = ConvMatrix.at(spec, (3,)).symbolic
        yield Case(str(spec), (Identity(tuple(matrix.T * matrix), tuple(sympy.eye(matrix.cols)), (3,)),), False,
                   row["k"] == row["s"] == 1)


def passes_swap() -> Iterator[Case]:
    """⟨u, A x⟩ and ⟨Aᵀu, x⟩ are one sum; and the gradients at a size."""
    for name in ("1d_k3", "1d_k4s2p1", "1d_k3s2p1op1", "1d_k3s3d2", "2d_k3s2p1"):
        spec = ConvSpec.parse(name)
        yield Case(name, (one_sum(Pairing(spec, "u"), Pairing(spec, "x")),), True)


def _filter(taps: Sequence[sympy.Expr], length: int) -> sympy.ImmutableMatrix:
    """y_j = Σ_i taps[j − i] u_i, the filter with these taps as impulse response."""
    return Spread(tuple(taps)).matrix(length)


def matched_filter() -> Iterator[Case]:
    """Transpose against the filter that is the reversed (conv is a correlation, so: the plain) and conjugated kernel."""
    for row in grid(k=(2, 3), s=(1, 2), complex_weights=(False, True), conjugated=(False, True)):
        k, s = row["k"], row["s"]
        real, imaginary = (sympy.symbols(f"{letter}_0:{k}", real=True) for letter in "vy")
        weights = [x + sympy.I * y if row["complex_weights"] else x for x, y in zip(real, imaginary, strict=True)]
        conjugates = [x - sympy.I * y if row["complex_weights"] else x for x, y in zip(real, imaginary, strict=True)]
        used = conjugates if row["conjugated"] else weights
        matrix = ConvMatrix.at(ConvSpec.of([Axis(k, s)]), (3,)).symbolic
        transposed = matrix.T.xreplace({entry("w", (tap,)): value for tap, value in enumerate(used)})
        yield Case(f"k = {k}, s = {s}, {'complex' if row['complex_weights'] else 'real'}, {'Aᴴ' if row['conjugated'] else 'Aᵀ'}",
                   (Identity(tuple(transposed), tuple(_filter(conjugates, 3)), (3,)),),
                   s == 1 and (row["conjugated"] or not row["complex_weights"]))


def rebuilds() -> Iterator[Case]:
    """A Aᵀ = I for all weights."""
    for row in grid(k=(1, 2, 3), s=(1, 2, 3)):
        spec = ConvSpec.of([Axis(row["k"], row["s"])])
        matrix = ConvMatrix.at(spec, (2,)).symbolic
        yield Case(str(spec), (Identity(tuple(matrix * matrix.T), tuple(sympy.eye(2)), (2,)),), False, row["k"] == row["s"] == 1)


def orthonormal_at_stride_two() -> Sequence[Claim]:
    """(3/5, 4/5) has orthonormal rows at stride 2."""
    weights = {entry("w", (0,)): sympy.Rational(3, 5), entry("w", (1,)): sympy.Rational(4, 5)}
    matrix = ConvMatrix.at(ConvSpec.parse("1d_k2s2"), (3,)).symbolic.xreplace(weights)
    return [Identity(tuple(matrix * matrix.T), tuple(sympy.eye(3)), (3,))]


def _taps(k: int) -> tuple[sympy.Symbol, ...]:
    return tuple(entry("q", (number,)) for number in range(k))


def misprint() -> Iterator[Case]:
    """The two matrices for a signal of k + 1."""
    for row in grid(k=(1, 2, 3), s=(1, 2, 3)):
        k, s = row["k"], row["s"]
        left = Word((Slide(_taps(k)), Up(s)))
        right = Word((Up(s), Spread(_taps(k))))
        made = right.matrix(left.length(k + 1)).T
        yield Case(f"k = {k}, s = {s}", (Identity(tuple(left.matrix(k + 1)), tuple(made), (k + 1,)),), s == 1, s == 1)


def with_down_arrow() -> Sequence[Claim]:
    """q*↑ = (↓(q*)ᵀ)ᵀ."""
    claims = []
    for k, s in ((2, 2), (3, 2), (2, 3)):
        left = Word((Slide(_taps(k)), Up(s)))
        right = Word((Down(s), Spread(_taps(k)))).matrix(left.length(k + 1)).T
        claims.append(Identity(tuple(left.matrix(k + 1)), tuple(right), (k + 1,)))
    return claims


def from_a_matrix() -> Iterator[Case]:
    """f(u) + f(u′) = f(u + u′), with and without a bias."""
    form = TrilinearForm.at(ConvSpec.parse("1d_k3s2p1"), (2,))
    u = form.unknowns("u")
    more = [sympy.Symbol(symbol.name.replace("u", "v")) for symbol in u]
    for bias in (0, sympy.Symbol("b")):
        outputs = [value + bias for value in form.derivative("conv_transpose")]
        second = [value.xreplace(dict(zip(u, more, strict=True))) for value in outputs]
        together = [value.xreplace({x: x + y for x, y in zip(u, more, strict=True)}) for value in outputs]
        yield Case("with a bias" if bias else "without a bias", (Identity(
            tuple(x + y for x, y in zip(outputs, second, strict=True)), tuple(together), (2,)),), not bias)


def two_lengths() -> Sequence[Claim]:
    """n = 7 and n = 8 both give m = 4 for k = 3, s = 2, p = 1; and Aᵀ is the map without bias."""
    axis = Axis(3, 2, (1, 1))
    form = TrilinearForm.at(ConvSpec.of([axis]), (4,))
    matrix = ConvMatrix.at(ConvSpec.of([axis]), (4,)).symbolic
    by_matrix = [inner(form.unknowns("u"), list(matrix[:, column])) for column in range(matrix.cols)]
    return [Identity((feature_length(axis, 7), feature_length(axis, 8)), (4, 4)),
            Identity(tuple(by_matrix), tuple(form.derivative("conv_transpose")), (4,))]


def run_backwards() -> Iterator[Case]:
    """Going down a column of Kᵀ by one, the tap goes down by one."""
    for row in grid(k=(1, 2, 3), s=(1, 2), convention=("cross-correlation", "true convolution")):
        k, s, true = row["k"], row["s"], row["convention"] == "true convolution"
        first, second = (s * i - j, s * i - (j + 1)) if true else (j - s * i, j + 1 - s * i)
        given = (Equal(a, first), Equal(other, second), Between(0, a, k - 1))
        statement = Statement((Variable(i, 0, 2), Variable(j, -3, 6), Variable(a, 0, k), Variable(other, 0, k)), given,
                              Implies(Between(0, other, k - 1), Equal(other, a - 1)))
        yield Case(f"k = {k}, s = {s}, {row['convention']}", (ForAll(statement),), true or k == 1, k == 1)

