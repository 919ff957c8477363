"""Theorem 9: strided, dilated and transposed convolutions as words of ↓, ↑ and q*, with finite lengths.

Signal processing writes these maps without borders; here the lengths and offsets are right, the adjoint of a word is
its letters' adjoints backwards, and output padding turns out to be zeros on ↑u, never on the output.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from ..claims import ForAll, Identity, SameSum, Sum, Unequal
from ..expression import Columns, Entry, Transpose
from ..form import Indices, TrilinearForm, bounded, compared, feature_range, i, m, n, size_variables, symbols, tap_range
from ..form import a as tap
from ..logic import All, Between, Equal, Floor, Formula, Iff, Le, Lt
from ..objects import At, Length, Map
from ..operators import Down, Pad, Slide, Spread, Up, Word, conv_word, transposed_word
from ..sizes import smallest, too_long
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import CHANNELS, SLOTS, Way, by_way, channels, letters, same, tensor
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose, said

L, M, Q, spread, tau, op, other = symbols("L M Q a' τ op i'")
TERMS = 90  # entries of a matrix that is multiplied out


def theorem(spec: ConvSpec) -> Theorem:
    """The factorisations."""
    return compose(9, "words", "all sizes", "strided = ↓ q*, transposed = (q*)ᵀ ↑, dilated = (↑q)*, each the adjoint of the other",
                   lines(spec))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """The words of all axes together, and the lines of each."""
    own = list(by_axis(spec.axes, lambda axis: axis_lines(spec, axis)))
    yield Step("the word of conv letter by letter, from right to left: pad to position J, slide to window τ, keep every s-th; summed over "
               "all ways through J and τ it is conv", said(own))
    yield Step("the word of conv_transpose letter by letter: insert zeros up to position τ of ↑u, whose length is s(m−1) + 1 + op, spread "
               "to J, crop; summed over all ways through τ and J it is conv_transpose", said(own, 2))
    yield Step("the two words are adjoint to each other: every way of the one, backwards, is a way of the other", adjoint_words(spec))
    yield from own


def axis_lines(spec: ConvSpec, axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    s = axis.stride
    yield Step("↓_s turns length L into ⌈L/s⌉", ForAll(down_length(s)))
    yield Step("↑_s with op zeros at the end and ↓_s agree in their lengths ⇔ 0 ≤ op < s", ForAll(up_is_down_transposed(s)))
    yield Step("and there ↑_s is the transpose of ↓_s", adjoint_letters(s))
    yield Step("↓_s ↑_s = I, whatever op", down_after_up(s))
    yield Step("the zeros that op adds stand at the end of ↑u, where no feature is", ForAll(zeros_at_the_end(s)))
    yield Step("dilated = (↑_d q)*: tap a is tap a′ = d·a of the spread kernel", dilated(axis))
    words = Fact("conv = {conv}, transposed = {transposed}",
                 {"conv": conv_word(axis), "transposed": transposed_word(axis)},
                 lambda conv, transposed: (spelled_conv(spec, {axis: conv}), ForAll(conv_length(axis, conv)),
                                           spelled_transposed(spec, {axis: transposed}),
                                           Identity((transposed.length(m),), (Length(axis),))))
    yield words
    yield Step("the length of conv's word is that of conv", words.claims[1])
    yield Step("and that of the transposed word is n", words.claims[3])
    if axis.chosen:
        yield from at_a_size(axis)


def of_conv(axis: Axis, at: Indices, word: Word) -> Way:
    """J: j moved by the pad and read by window τ with tap a; τ: the i-th that is kept. Both inside their signals."""
    down, slide, pad = word.letters
    assert isinstance(down, Down) and isinstance(slide, Slide) and isinstance(pad, Pad)
    J, window, length = at.letter("J"), at.letter("τ"), pad.length(at.n)
    links = (Equal(J, at.j + pad.before), Between(0, J, length - 1), Equal(J, window + slide.dilation * at.a),
             Between(0, window, slide.length(length) - 1), Equal(window, down.stride * at.i))
    return Way(((J, at.j + pad.before), (window, down.stride * at.i)), links)


def of_transposed(axis: Axis, at: Indices, word: Word) -> Way:
    """τ: where feature i stands in ↑u; J: where tap a paints it. Both inside their signals; the crop shows J at j."""
    pad, painted, up = word.letters
    assert isinstance(up, Up) and isinstance(painted, Spread) and isinstance(pad, Pad)
    J, place, length = at.letter("J"), at.letter("τ"), up.length(at.m)
    links = (Equal(place, up.stride * at.i), Between(0, place, length - 1), Equal(J, place + painted.dilation * at.a),
             Between(0, J, painted.length(length) - 1), Equal(at.j, J + pad.before))
    return Way(((place, up.stride * at.i), (J, up.stride * at.i + painted.dilation * at.a)), links)


def _ways(spec: ConvSpec, word: Any, way: Any, words: Mapping[Axis, Word] | None) -> list[Way]:
    return [way(axis, at, (words or {}).get(axis) or word(axis)) for axis, at in letters(spec)]


def _lengths(spec: ConvSpec) -> list[Formula]:
    """n = s(m−1) + d(k−1) + 1 + op − p_lo − p_hi on every axis."""
    return [size_variables(axis, at)[1][2] for axis, at in letters(spec)]


def spelled_conv(spec: ConvSpec, words: Mapping[Axis, Word] | None = None) -> SameSum:
    """An output of conv is the sum over all ways that its word leaves open."""
    inside = [feature_range(at) for _, at in letters(spec)]
    return by_way(spec, "u", _ways(spec, conv_word, of_conv, words), (*inside, *_lengths(spec)))


def spelled_transposed(spec: ConvSpec, words: Mapping[Axis, Word] | None = None) -> SameSum:
    """An output of conv_transpose is the sum over all ways that its word leaves open."""
    return by_way(spec, "x", _ways(spec, transposed_word, of_transposed, words))


def adjoint_words(spec: ConvSpec) -> SameSum:
    """⟨u, the word of conv x⟩ = ⟨the transposed word u, x⟩."""
    variables, conditions = channels(*CHANNELS)
    ranges = [(one, inside) for axis, at in letters(spec) for one, inside in (
        (Variable(at.i, 0, at.m - 1), feature_range(at)), (Variable(at.a, 0, axis.kernel - 1), tap_range(axis, at)),
        (Variable(at.j, 0, at.n - 1), Between(0, at.j, at.n - 1)))]
    def along(word: Any, way: Any) -> Sum:
        found = _ways(spec, word, way, None)
        places = tuple(Variable(place, term, term) for one in found for place, term in one.positions)
        return Sum(sympy.Mul(*[tensor(spec, slot) for slot in SLOTS]), (*variables, *[one for one, _ in ranges], *places),
                        All(*conditions, *[inside for _, inside in ranges], *[link for one in found for link in one.links]))

    left, right = along(conv_word, of_conv), along(transposed_word, of_transposed)
    kept = {variable.symbol: variable.symbol for variable in left.variables}
    within = [pair for axis, at in letters(spec) for pair in bounded(axis, at)]
    return same(spec, left, right, kept, kept, _lengths(spec), (), (), within)


def conv_length(axis: Axis, word: Word) -> Statement:
    """⌈L/s⌉ of the length L that the pad and the windows leave is the length of conv."""
    down, slide, pad = word.letters
    assert isinstance(down, Down)
    left = slide.length(pad.length(n))
    windows = Floor(Q, n + sum(axis.padding) - axis.span, axis.stride)
    return Statement((Variable(n, 1, 9),), (), Equal(M, Q + 1), (Floor(M, left + down.stride - 1, down.stride), windows),
                     tuple((axis.stride, term) for term in (M - Q - 2, Q - M)))


def down_length(s: int) -> Statement:
    """0 ≤ s·i < L ⇔ 0 ≤ i < M = ⌈L/s⌉."""
    return Statement((Variable(L, 0, 9), Variable(i, -1, 9)), (), Iff(Between(0, s * i, L - 1), Between(0, i, M - 1)),
                     (Floor(M, L + s - 1, s),), tuple((s, term) for term in (i, -1 - i, i - M, M - 1 - i)))


def up_is_down_transposed(s: int) -> Statement:
    """⌈(s(m−1) + 1 + op)/s⌉ = m ⇔ op < s."""
    given = (Equal(L, s * (m - 1) + 1 + op), Le(0, op))
    return Statement((Variable(m, 1, 4), Variable(op, 0, s + 2), Variable(L, 0, 9)), given, Iff(Equal(M, m), Lt(op, s)),
                     (Floor(M, L + s - 1, s),), compared(s, M, m, 0, 1))


def adjoint_letters(s: int) -> SameSum:
    """⟨u, ↓x⟩ = ⟨↑u, x⟩ for x of length L = s(m−1) + 1 + op."""
    u, x = sympy.IndexedBase("u")[i], sympy.IndexedBase("x")[tau]
    variables = (Variable(i, 0, m - 1), Variable(tau, s * i, s * i))
    down, up = (Sum(u * x, variables, All(Between(0, i, last), Equal(tau, s * i), Between(0, tau, L - 1))) for last in (M - 1, m - 1))
    given = (Between(0, op, s - 1), Equal(L, s * (m - 1) + 1 + op))
    return SameSum((Variable(m, 1, 4), Variable(op, 0, s - 1), Variable(L, 0, 9)), given, down, up, {i: i, tau: tau}, {i: i, tau: tau},
                   (Floor(M, L + s - 1, s),), ((s, i), (s, m - 1 - i), *compared(s, M, m, 1)))


def down_after_up(s: int) -> SameSum:
    """(↓↑u)[i′] over the places τ of ↑u that hold a feature i and are kept as the i′-th: u[i′] alone."""
    u, inside = sympy.IndexedBase("u")[i], Between(0, i, m - 1)
    through = Sum(u, (Variable(i, 0, m - 1), Variable(tau, s * i, s * i)),
                  All(inside, Equal(tau, s * i), Equal(tau, s * other), Between(0, tau, s * (m - 1) + op)))
    return SameSum((Variable(m, 1, 4), Variable(op, 0, 2), Variable(other, -1, 4)), (Le(0, op),), through,
                   Sum(u, (Variable(i, 0, m - 1),), All(inside, Equal(i, other))), {i: i}, {i: i, tau: s * i}, (),
                   ((s, i), (s, m - 1 - i), *compared(s, i, other, 0, 1)))


def zeros_at_the_end(s: int) -> Statement:
    """No feature stands beyond s(m−1)."""
    given = (Le(i, m - 1), Lt(s * (m - 1), tau))
    return Statement((Variable(m, 1, 4), Variable(i, 0, m - 1), Variable(tau, 0, s * m + 2)), given, Lt(s * i, tau), (),
                     ((s, m - 1 - i),))


def dilated(axis: Axis) -> SameSum:
    """Σ_a q[a]·x[τ + d·a] = Σ_a′ (↑q)[a′]·x[τ + a′], where (↑q)[a′] = q[a] for a′ = d·a, inside the spread kernel."""
    q, x = sympy.IndexedBase("q")[tap], sympy.IndexedBase("x")
    one = Variable(tap, 0, axis.kernel - 1)
    apart = Sum(q * x[tau + spread], (one, Variable(spread, axis.dilation * tap, axis.dilation * tap)),
                All(tap_range(axis), Equal(spread, axis.dilation * tap), Between(0, spread, axis.dilation * (axis.kernel - 1))))
    return SameSum((Variable(tau, 0, 3),), (), Sum(q * x[tau + axis.dilation * tap], (one,), All(tap_range(axis))), apart,
                   {tap: tap, spread: axis.dilation * tap}, {tap: tap}, (), ((axis.dilation, tap), (axis.dilation, axis.kernel - 1 - tap)))


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
