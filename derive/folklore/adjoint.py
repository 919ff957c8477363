"""Statements about inverse, adjoint, matched filter and matrices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from ..claims import Claim, ForAll, Identity
from ..counterexample import Expected, Replay, applied, counting, described, nested
from ..form import TrilinearForm, a, entry, i, inner, j, relation, symbols
from ..lengths import feature_length
from ..logic import Between, Equal, Implies
from ..matrix import ConvMatrix
from ..operators import Down, Slide, Spread, Up, Word, matrix
from ..pairing import Pairing, one_sum
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from . import GUIDE, LAYERS, PYTORCH, Case, Saying, grid

other = symbols("a'")
TOPIC = "inverse and adjoint"
TRIPLE = (3, 4, 12)  # 3² + 4² = 5², and with 12² it is 13²


def sayings() -> Iterator[Saying]:
    """Statements 6, 7, 12, 13, 15, 20 and 24."""
    yield Saying(6, TOPIC, "a transposed convolution is the inverse of the convolution with the same weights", inverse,
                 "It is the adjoint: the transposed matrix Aᵀ, not A⁻¹. With the weights (1, 1) and stride 1 the rows of A are "
                 "(1, 1, 0) and (0, 1, 1), and AᵀA is not I.", "the weights make AᵀA = I, which no geometry does for all weights",
                 "⟨u, A x⟩ = ⟨Aᵀu, x⟩ for all u and x; AᵀA is a projector where the rows of A are orthonormal",
                 f"the name deconvolution; compare {PYTORCH}, which says that it is no true inverse", unit_rows)
    yield Saying(7, TOPIC, "the forward pass of a transposed convolution is the backward pass, to the input, of the convolution with the "
                 "same weights, and the other way round", passes_swap,
                 "Both are the same sum over the same index triples, open at another slot. The data gradients swap; the weight gradient "
                 "is the third map.", source=f"{GUIDE}, section 4.2; {PYTORCH}")
    yield Saying(12, TOPIC, "a transposed convolution is the matched filter of the convolution: its impulse response reversed and "
                 "conjugated",
                 matched_filter,
                 "For stride 1 and real weights it is. A stride needs zeros inserted first, and the plain transpose does not "
                 "conjugate.", "s = 1, and real weights or the adjoint Aᴴ",
                 "the adjoint Aᴴ is the matched filter after inserting s − 1 zeros", f"{LAYERS} (an answer from signal processing)")
    yield Saying(13, TOPIC, "a convolution extracts principal components of a signal, and the transposed convolution rebuilds the signal "
                 "from them", rebuilds,
                 "That needs orthonormal rows, A Aᵀ = I. The weights (0.6, 0.8) have them at stride 2 and not at stride 1.",
                 "the weights make A Aᵀ = I, which no geometry does for all weights",
                 "where A Aᵀ = I, Aᵀ rebuilds the projection of the signal onto the row space of A",
                 f"{LAYERS}; compare Jolliffe, Principal Component Analysis (2002)", unit_rows)
    yield Saying(15, TOPIC, "with zeros inserted by ↑ and a filter q, q ∗ (↑x) = (↑(q ∗)ᵀ)ᵀ x", misprint,
                 "The inner arrow must be ↓, whose transpose is ↑. As printed not even the lengths match.", "s = 1",
                 "q ∗ (↑x) = (↓(q ∗)ᵀ)ᵀ x", f"{LAYERS} (an answer from signal processing)", with_down_arrow)
    yield Saying(20, TOPIC, "a layer is a matrix, so its transpose can always be computed from the transposed matrix", from_a_matrix,
                 "For a finite size and a linear border there is a matrix. A bias makes the map affine, which has no adjoint; and n is "
                 "not unique: 7 and 8 both give 4 for k = 3, s = 2, p = 1.", "there is no bias",
                 "the linear part at one size has a matrix, whose transpose is the map", f"compare {GUIDE}, section 4.1", two_lengths)
    yield Saying(24, TOPIC, "for the matrix K of a convolution with kernel k, the columns of Kᵀ are translates of k run backwards",
                 run_backwards,
                 "For true convolution they are. In cross-correlation, which frameworks compute, the columns of Kᵀ are the kernel as it "
                 "is; the rows of Kᵀ are what runs backwards there, every s-th tap.",
                 "the convolution is a true one, or k = 1", "in cross-correlation the columns of Kᵀ are translates of k itself, by s",
                 "compare Strang & Nguyen, Wavelets and Filter Banks (1996), on the matrices of filters", forwards)


def inverse() -> Iterator[Case]:
    """AᵀA = I for all weights, at a size."""
    for row in grid(s=(1, 2), k=(2, 3, 1), p=(0, 1)):
        if row["p"] >= row["k"]:
            continue
        spec = ConvSpec.of([Axis(row["k"], row["s"], (row["p"],) * 2)])
        matrix = ConvMatrix.at(spec, (3,)).symbolic
        weights, size = (1,) * row["k"], ConvMatrix.at(spec, (2,)).image
        x = counting(size[0])
        u = applied("conv", spec, size, x, weights)
        replay = Replay("conv_transpose", spec, (len(u),), u, weights, Expected.row("an inverse gives x back", x),
                        f" = A x for x = {nested(x, size)}")
        yield Case(described(spec.axes[0]), (Identity(tuple(matrix.T * matrix), tuple(sympy.eye(matrix.cols)), (3,)),), False,
                   row["k"] == row["s"] == 1, replay)


def passes_swap() -> Iterator[Case]:
    """⟨u, A x⟩ and ⟨Aᵀu, x⟩ are one sum; and the gradients at a size."""
    for name in ("1d_k3", "1d_k4s2p1", "1d_k3s2p1op1", "1d_k3s3d2", "2d_k3s2p1"):
        spec = ConvSpec.parse(name)
        yield Case(name, (one_sum(Pairing(spec, "u"), Pairing(spec, "x")),), True)


def _filter(taps: Sequence[sympy.Expr], length: int) -> sympy.ImmutableMatrix:
    """y_j = Σ_i taps[j − i] u_i, the filter with these taps as impulse response."""
    return matrix(Spread(tuple(taps)), length)


def matched_filter() -> Iterator[Case]:
    """Transpose against the filter that is the reversed (conv is a correlation, so: the plain) and conjugated kernel."""
    for row in grid(complex_weights=(True, False), conjugated=(False, True), s=(1, 2), k=(2, 3)):
        k, s = row["k"], row["s"]
        real, imaginary = (sympy.symbols(f"{letter}_0:{k}", real=True) for letter in "vy")
        weights = [x + sympy.I * y if row["complex_weights"] else x for x, y in zip(real, imaginary, strict=True)]
        conjugates = [x - sympy.I * y if row["complex_weights"] else x for x, y in zip(real, imaginary, strict=True)]
        used = conjugates if row["conjugated"] else weights
        spec = ConvSpec.of([Axis(k, s)])
        transposed = ConvMatrix.at(spec, (3,)).symbolic.T.xreplace({entry("w", (tap,)): value for tap, value in enumerate(used)})
        h = (1 + 1j, 2 - 1j, 3 + 1j)[:k] if row["complex_weights"] else counting(k)
        matched = [value.conjugate() for value in h]
        said = applied("conv_transpose", ConvSpec.of([Axis(k)]), (2,), (1, 2), matched)
        replay = Replay("conv_transpose", spec, (2,), (1, 2), tuple(matched) if row["conjugated"] else h,
                        Expected.row(f"the filter with impulse response {nested(matched, (k,))}", said))
        yield Case(f"{described(spec.axes[0])}, {'complex' if row['complex_weights'] else 'real'} weights, "
                   f"{'Aᴴ' if row['conjugated'] else 'Aᵀ'}", (Identity(tuple(transposed), tuple(_filter(conjugates, 3)), (3,)),),
                   s == 1 and (row["conjugated"] or not row["complex_weights"]), False, replay)


def rebuilds() -> Iterator[Case]:
    """A Aᵀ = I for all weights."""
    for row in grid(k=(2, 3, 1), s=(1, 2, 3)):
        spec = ConvSpec.of([Axis(row["k"], row["s"])])
        matrix = ConvMatrix.at(spec, (2,)).symbolic
        u, w = (1, 2), TRIPLE[:row["k"]]
        norm = sum(value * value for value in w)
        x = applied("conv_transpose", spec, (2,), u, w)
        said = Expected.row(f"the components u come back, times the sum of squares of w, {norm}", [norm * value for value in u])
        yield Case(described(spec.axes[0]), (Identity(tuple(matrix * matrix.T), tuple(sympy.eye(2)), (2,)),), False,
                   row["k"] == row["s"] == 1, Replay("conv", spec, (len(x),), x, w, said, f" = Aᵀu for u = {nested(u, (2,))}"))


def unit_rows() -> Sequence[Claim]:
    """(3/5, 4/5) has orthonormal rows at stride 2: A Aᵀ = I, and AᵀA is a projector."""
    weights = {entry("w", (0,)): sympy.Rational(3, 5), entry("w", (1,)): sympy.Rational(4, 5)}
    matrix = ConvMatrix.at(ConvSpec.parse("1d_k2s2"), (3,)).symbolic.xreplace(weights)
    projector = matrix.T * matrix
    return [Identity(tuple(matrix * matrix.T), tuple(sympy.eye(3)), (3,)), Identity(tuple(projector * projector), tuple(projector), (3,))]


def _taps(k: int) -> tuple[sympy.Symbol, ...]:
    return tuple(entry("q", (number,)) for number in range(k))


def misprint() -> Iterator[Case]:
    """The two matrices for a signal of k + 1."""
    for row in grid(k=(2, 3, 1), s=(2, 3, 1)):
        k, s = row["k"], row["s"]
        left = Word((Slide(_taps(k)), Up(s)))
        right = Word((Up(s), Spread(_taps(k))))
        made = matrix(right, left.length(k + 1)).T
        words = f"the left side takes a signal of {k + 1} samples to {left.length(k + 1)}; the right side makes {made.rows} samples " \
                f"only of {made.cols}; by the statement it would take the same {k + 1}"
        yield Case(f"{k} taps, s = {s}", (Identity(tuple(matrix(left, k + 1)), tuple(made), (k + 1,)),), s == 1, s == 1,
                   words="" if s == 1 else words)


def with_down_arrow() -> Sequence[Claim]:
    """q*↑ = (↓(q*)ᵀ)ᵀ."""
    claims = []
    for k, s in ((2, 2), (3, 2), (2, 3)):
        left = Word((Slide(_taps(k)), Up(s)))
        right = matrix(Word((Down(s), Spread(_taps(k)))), left.length(k + 1)).T
        claims.append(Identity(tuple(matrix(left, k + 1)), tuple(right), (k + 1,)))
    return claims


def from_a_matrix() -> Iterator[Case]:
    """f(u) + f(u′) = f(u + u′), with and without a bias."""
    spec = ConvSpec.parse("1d_k3s2p1")
    form = TrilinearForm.at(spec, (2,))
    u = form.unknowns("u")
    more = [sympy.Symbol(symbol.name.replace("u", "v")) for symbol in u]
    for bias in (1, 0):
        outputs = [value + bias * sympy.Symbol("b") for value in form.derivative("conv_transpose")]
        second = [value.xreplace(dict(zip(u, more, strict=True))) for value in outputs]
        together = [value.xreplace({x: x + y for x, y in zip(u, more, strict=True)}) for value in outputs]
        said = Expected.row("a matrix takes zeros to zeros", (0,) * len(outputs))
        yield Case(f"{described(spec.axes[0])}, with {f'the bias {bias}' if bias else 'no bias'}", (Identity(
            tuple(x + y for x, y in zip(outputs, second, strict=True)), tuple(together), (2,)),), not bias, False,
            Replay("conv_transpose", spec, (2,), (0, 0), counting(3), said, bias=bias))


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
    for row in grid(convention=("cross-correlation", "true convolution"), k=(3, 2, 1), s=(2, 1)):
        k, s, true = row["k"], row["s"], row["convention"] == "true convolution"
        first, second = (s * i - j, s * i - (j + 1)) if true else (j - s * i, j + 1 - s * i)
        given = (Equal(a, first), Equal(other, second), Between(0, a, k - 1))
        statement = Statement((Variable(i, 0, 2), Variable(j, -3, 6), Variable(a, 0, k), Variable(other, 0, k)), given,
                              Implies(Between(0, other, k - 1), Equal(other, a - 1)))
        kernel = counting(k)
        backwards = kernel[::-1]
        replay = Replay("conv_transpose", ConvSpec.of([Axis(k, s)]), (1,), (1,), backwards if true else kernel,
                        Expected.row("the kernel from its last tap to its first", backwards), ", so that a column of Kᵀ comes out,")
        yield Case(f"{row['convention']}, k = {k}, s = {s}", (ForAll(statement),), true or k == 1, k == 1, replay)


def forwards() -> Sequence[Claim]:
    """Down a column of Kᵀ the tap goes up by one; along a row it goes down by s."""
    claims = []
    for axis in (Axis(3), Axis(3, 2), Axis(4, 3)):
        related = relation(axis)
        for step, nearby in ((1, related.xreplace({j: j + 1, a: other})), (-axis.stride, related.xreplace({i: i + 1, a: other}))):
            variables = (Variable(i, 0, 2), Variable(j, -3, 8), Variable(a, 0, axis.kernel), Variable(other, -3, axis.kernel))
            claims.append(ForAll(Statement(variables, (related, nearby), Equal(other, a + step))))
    return claims
