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
from ..expression import Columns, Entry, Transpose
from ..form import TrilinearForm, a, feature_range, i, j, m, n, relation, symbols, tap_range
from ..logic import All, Between, Equal, Exists, Floor, Iff, Le, Lt
from ..objects import At, Length, Map
from ..operators import Down, Pad, Slide, Spread, Up, Word, conv_word, transposed_word
from ..sizes import smallest, too_long
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

L, M, b, r, tau, p_lo, p_hi, op, other = symbols("L M b r τ p_lo p_hi op i'")
TERMS = 90  # entries of a matrix that is multiplied out


def theorem(spec: ConvSpec) -> Theorem:
    """The factorisations."""
    return compose(9, "words", "all sizes", "strided = ↓ q*, transposed = (q*)ᵀ ↑, dilated = (↑q)*, each the adjoint of the other",
                   by_axis(spec.axes, axis_lines))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis; all but the last serve every crop and output padding."""
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
               Identity((reached + axis.dilation * (axis.kernel - 1) - p_lo - p_hi,), (image,)))
    letters = (sympy.Integer(0),) * axis.kernel
    words = Fact("conv = {conv}, transposed = {transposed}",
                 {"conv": conv_word(axis, letters), "transposed": transposed_word(axis, letters)},
                 lambda conv, transposed: (ForAll(spelled_conv(axis, conv)), ForAll(conv_length(axis, conv)),
                                           ForAll(spelled_transposed(axis, transposed)),
                                           Identity((transposed.length(m),), (Length(axis),))))
    yield words
    reasons = ("the word of conv letter by letter, from right to left: pad, slide, keep every s-th", "and its length is that of conv",
               "the word of conv_transpose letter by letter: insert zeros, spread, crop", "and its length is n")
    yield from map(Step, reasons, words.claims)
    yield from at_a_size(axis)


def spelled_conv(axis: Axis, word: Word) -> Statement:
    """Related ⇔ ∃ b, τ: j moves to b by the pad, b = τ + d·a is read by window τ, and τ is kept as the i-th."""
    down, slide, pad = word.letters
    assert isinstance(down, Down) and isinstance(slide, Slide) and isinstance(pad, Pad)
    at = j + pad.before
    chain = Exists((b, tau), All(Equal(b, at), Equal(b, tau + slide.dilation * a), Equal(tau, down.stride * i)),
                   (at, down.stride * i))
    return Statement(_places(axis), (), Iff(relation(axis), chain))


def conv_length(axis: Axis, word: Word) -> Statement:
    """⌈L/s⌉ of the length L that the pad and the windows leave is the length of conv."""
    down, slide, pad = word.letters
    assert isinstance(down, Down)
    left = slide.length(pad.length(n))
    windows = Floor(r, n + sum(axis.padding) - axis.span, axis.stride)
    return Statement((Variable(n, 1, 9),), (), Equal(M, r + 1), (Floor(M, left + down.stride - 1, down.stride), windows))


def spelled_transposed(axis: Axis, word: Word) -> Statement:
    """Related ⇔ ∃ τ, b: feature i stands at τ of ↑u, tap a paints b = τ + d·a, and the crop shows b at j."""
    pad, spread, up = word.letters
    assert isinstance(up, Up) and isinstance(spread, Spread) and isinstance(pad, Pad)
    chain = Exists((tau, b), All(Equal(tau, up.stride * i), Equal(b, tau + spread.dilation * a), Equal(j, b + pad.before)),
                   (up.stride * i, up.stride * i + spread.dilation * a))
    return Statement(_places(axis), (), Iff(relation(axis), chain))


def _places(axis: Axis) -> tuple[Variable, ...]:
    place = axis.stride * i + axis.dilation * a - axis.padding[0]
    return (Variable(i, 0, 3), Variable(a, 0, axis.kernel - 1), Variable(j, place - 1, place + 1))


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


def at_a_size(axis: Axis) -> Iterator[Line]:
    """The words multiplied out."""
    spec = ConvSpec.of([axis])
    feature = smallest(spec)
    missing = too_long("the product of the letters", spec, feature, TERMS, TERMS)
    if missing:
        yield missing
        return
    form = TrilinearForm.at(spec, feature)
    taps, matrix, image = tuple(form.unknowns("w")), Map(form), form.image[0]
    transposed = transposed_word(axis, taps)
    yield Step("multiplied out, the transposed word is Aᵀ", Identity((At(transposed, feature[0]),), (Transpose(matrix),)), "this size")
    if axis.output_padding < axis.stride:
        forward = conv_word(axis, taps)
        yield Step("multiplied out, the word of conv is A, and its adjoint as a word is the transposed word", Identity(
            (At(forward, image), At(forward.adjoint(image), feature[0])), (matrix, Transpose(matrix))), "this size")
    yield from exchanged(axis, taps)


def exchanged(axis: Axis, taps: tuple[Any, ...]) -> Iterator[Step]:
    """q*↑ is the adjoint of ↓ (q*)ᵀ; with ↑ in its place, as it is sometimes printed, it is not."""
    upsampled = Word((Slide(taps), Up(axis.stride)))
    length = (axis.kernel - 1) // axis.stride + 2
    if axis.stride == 1 or upsampled.length(length) * upsampled.lengths(length)[1] > TERMS:
        return
    left = At(upsampled, length)
    right, wrong = (Transpose(At(Word((letter, Spread(taps))), upsampled.length(length)))
                    for letter in (Down(axis.stride), Up(axis.stride)))
    yield Step("q*↑ is the transpose of ↓ (q*)ᵀ", Identity((left,), (right,)), "this size")
    if axis.kernel > 1 and length > axis.stride:
        one, misprint = Entry(left, 0, axis.stride), Entry(wrong, 0, axis.stride)
        names = sorted({*one.rows[0][0].free_symbols, *misprint.rows[0][0].free_symbols}, key=str)
        point = tuple((symbol, sympy.Integer(number + 1)) for number, symbol in enumerate(names))
        yield Step("with ↑ in the place of that ↓, as it is sometimes printed, the values differ", Unequal(one, misprint, point),
                   "this size")
    yield Step("and the shapes do not even match", Unequal(Columns(left), Columns(wrong)), "this size")
