"""Theorem 9: strided, dilated and transposed convolutions as words of ↓, ↑ and q*, with finite lengths.

Signal processing writes these maps without borders; here the lengths and offsets are right, the adjoint of a word is
its letters' adjoints backwards, and output padding turns out to be zeros on ↑u, never on the output.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from .. import lengths
from ..claims import ForAll, Identity, Unequal
from ..form import a, feature_range, i, j, m, n, symbols, tap_range
from ..lengths import smallest_feature_length
from ..logic import All, Between, Equal, Exists, Floor, Iff, Le, Lt
from ..matrix import ConvMatrix
from ..operators import Down, Slide, Spread, Up, Word, conv_word, transposed_word
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, by_axis

L, M, b, r, tau, p_lo, p_hi, op, other = symbols("L M b r τ p_lo p_hi op i'")
TERMS = 90  # entries of a matrix that is multiplied out


def theorem(spec: ConvSpec) -> Theorem:
    """The factorisations."""
    axis = spec.axes[0]
    says = f"conv = {conv_word(axis, (0,) * axis.kernel)}; transposed = {transposed_word(axis, (0,) * axis.kernel)}"
    return Theorem(9, "words", "all sizes", "strided = ↓ q*, transposed = (q*)ᵀ ↑, dilated = (↑q)*, each the adjoint of the other",
                   by_axis(spec, axis_steps), says)


def axis_steps(axis: Axis) -> Iterator[Step]:
    """The steps for one axis; all but the last serve every crop and output padding."""
    s = axis.stride
    yield Step("↓_s turns length L into ⌈L/s⌉", ForAll(down_length(s)))
    yield Step("↑_s with op zeros at the end is the transpose of ↓_s ⇔ 0 ≤ op < s: only then the lengths agree",
               ForAll(up_is_down_transposed(s)))
    yield Step("↓_s ↑_s = I, whatever op", ForAll(down_after_up(s)))
    yield Step("the zeros that op adds stand at the end of ↑u, where no feature is", ForAll(zeros_at_the_end(s)))
    yield Step("dilated = (↑_d q)*: tap a stands at position b = d·a of the spread kernel", ForAll(dilated(axis)))
    yield Step("conv = ↓_s (q*) and conv_transpose = (q*)ᵀ ↑_s: the index relation passes through τ = s·i, a position of "
               "q* x and of ↑u alike, whose length is s(m−1) + 1 + op", ForAll(through_tau(axis)))
    reached = s * (m - 1) + 1 + op
    image = lengths.transposed_length(m, axis.kernel, s, axis.dilation, p_lo, p_hi, op)
    yield Step("the lengths: (q*)ᵀ adds d(k−1), the crop takes p_lo + p_hi",
               Identity((reached + axis.dilation * (axis.kernel - 1) - p_lo - p_hi,), (image,), shown=("length", n)))
    yield from at_a_size(axis)


def down_length(s: int) -> Statement:
    """0 ≤ s·i < L ⇔ 0 ≤ i < M = ⌈L/s⌉."""
    return Statement((Variable(L, 0, 9), Variable(i, -1, 9)), (), Iff(Between(0, s * i, L - 1), Between(0, i, M - 1)),
                     (Floor(M, L + s - 1, s),))


def up_is_down_transposed(s: int) -> Statement:
    """⌈(s(m−1) + 1 + op)/s⌉ = m ⇔ op < s."""
    given = (Equal(L, s * (m - 1) + 1 + op), Le(0, op))
    return Statement((Variable(m, 1, 4), Variable(op, 0, s + 2), Variable(L, 0, 9)), given, Iff(Equal(M, m), Lt(op, s)),
                     (Floor(M, L + s - 1, s),))


def down_after_up(s: int) -> Statement:
    """Some τ comes from i and goes to i′ ⇔ i = i′; it lies in ↑u."""
    passes = Exists((tau,), All(Equal(tau, s * i), Equal(tau, s * other)), (s * i,))
    variables = (Variable(m, 1, 4), Variable(op, 0, 2), Variable(i, 0, m - 1), Variable(other, -1, 4))
    return Statement(variables, (Le(0, op), feature_range()),
                     All(Iff(passes, Equal(i, other)), Between(0, s * i, s * (m - 1) + op)))


def zeros_at_the_end(s: int) -> Statement:
    """No feature stands beyond s(m−1)."""
    given = (Le(i, m - 1), Lt(s * (m - 1), tau))
    return Statement((Variable(m, 1, 4), Variable(i, 0, m - 1), Variable(tau, 0, s * m + 2)), given, Lt(s * i, tau))


def _related(axis: Axis) -> Any:
    return Equal(j, axis.stride * i + axis.dilation * a - p_lo)


def _near(axis: Axis, taps: int) -> tuple[Variable, ...]:
    place = axis.stride * i + axis.dilation * a - p_lo
    return (Variable(p_lo, -1, 2), Variable(i, 0, m - 1), Variable(a, 0, taps - 1), Variable(j, place - 1, place + 1))


def dilated(axis: Axis) -> Statement:
    """(i, a, j) related ⇔ some b = d·a has j = s·i + b − p_lo; it is inside the spread kernel."""
    spread = Exists((b,), All(Equal(b, axis.dilation * a), Equal(j, axis.stride * i + b - p_lo)), (axis.dilation * a,))
    claim = All(Iff(_related(axis), spread), Between(0, axis.dilation * a, axis.dilation * (axis.kernel - 1)))
    return Statement((Variable(m, 2, 2), *_near(axis, axis.kernel)), (tap_range(axis),), claim)


def through_tau(axis: Axis) -> Statement:
    """(i, a, j) related ⇔ some τ has τ = s·i and j = τ + d·a − p_lo; it lies in [0, s(m−1) + op]."""
    chain = Exists((tau,), All(Equal(tau, axis.stride * i), Equal(j, tau + axis.dilation * a - p_lo)), (axis.stride * i,))
    claim = All(Iff(_related(axis), chain), Between(0, axis.stride * i, axis.stride * (m - 1) + op))
    return Statement((Variable(m, 1, 3), Variable(op, 0, 2), *_near(axis, 4)), (Le(0, op), feature_range()), claim)


def at_a_size(axis: Axis) -> Iterator[Step]:
    """The words multiplied out."""
    feature = smallest_feature_length(axis) + 1
    matrix = ConvMatrix.at(ConvSpec.of([axis]), (feature,))
    if matrix.shape[0] * matrix.shape[1] > TERMS:
        return
    taps = tuple(ConvMatrix.at(ConvSpec.of([Axis(axis.kernel)]), (1,)).symbolic)
    size, image = f"m = {feature}", matrix.image[0]
    transposed = transposed_word(axis, taps)
    yield Step(f"multiplied out, {transposed} is Aᵀ", Identity(
        tuple(transposed.matrix(feature)), tuple(matrix.symbolic.T), size, (str(transposed), "Aᵀ")), "this size")
    if axis.output_padding < axis.stride:
        forward = conv_word(axis, taps)
        yield Step(f"multiplied out, {forward} is A, and its adjoint as a word is the transposed word", Identity(
            (*forward.matrix(image), *forward.adjoint(image).matrix(feature)),
            (*matrix.symbolic, *transposed.matrix(feature)), size, (str(forward), "A")), "this size")
    upsampled = Word((Slide(taps), Up(axis.stride)))
    length = (axis.kernel - 1) // axis.stride + 2
    if axis.stride > 1 and upsampled.length(length) * upsampled.lengths(length)[1] <= TERMS:
        right = Word((Down(axis.stride), Spread(taps))).adjoint(upsampled.length(length))
        wrong = Word((Up(axis.stride), Spread(taps)))
        yield Step("q*↑ = (↓ (q*)ᵀ)ᵀ", Identity(tuple(upsampled.matrix(length)), tuple(right.matrix(length)), f"length {length}",
                                            ("q* ↑", "(↓ (q*)ᵀ)ᵀ")), "this size")
        if axis.kernel > 1 and length > axis.stride:
            left, misprint = upsampled.matrix(length)[0, axis.stride], wrong.matrix(upsampled.length(length)).T[0, axis.stride]
            names = sorted({*left.free_symbols, *misprint.free_symbols}, key=str)
            yield Step("with ↑ in the place of that ↓, as it is sometimes printed, the values differ", Unequal(
                left, misprint, tuple((symbol, sympy.Integer(number + 1)) for number, symbol in enumerate(names)),
                (f"(q* ↑)_{{0,{axis.stride}}}", f"((↑ (q*)ᵀ)ᵀ)_{{0,{axis.stride}}}")), "this size")
        columns = wrong.length(upsampled.length(length))
        yield Step("and with ↑ in the place of that ↓ the shapes do not even match", Unequal(
            Down(1).matrix(length).rows + 0 * taps[0], columns + 0 * taps[0], (),
            ("columns of q* ↑", "columns of (↑ (q*)ᵀ)ᵀ"), f"length {length}"), "this size")
