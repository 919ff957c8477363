"""Theorem 24: a signal that comes in pieces: state and pieces make the whole, for every way to cut it, in both directions.

Audio, sensors and video come piece by piece and do not end. These are the outputs that are complete so far, and the inputs
that outputs still to come read: a state of fixed size. ``convt.stream`` computes from the formulas that are stated here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..claims import ForAll, SameSum, Sum
from ..form import Indices, a, bounded, compared, i, j, relation, symbols
from ..logic import All, Between, Equal, Floor, Formula, Iff, Le, Lt, No
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..streams import features_complete, features_kept, features_needed, images_complete, images_kept, images_needed
from ..sums import Output, letters, same
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

first, stop, N, N2, M, Q, p_lo = symbols("I I' N N' M Q p_lo")


def theorem(spec: ConvSpec) -> Theorem:
    """Pieces."""
    return compose(24, "pieces", "all sizes", "a signal in pieces: what is complete so far, what is kept, and that state and piece give "
                   "the outputs of the whole, in both directions", (*by_axis(spec.uncropped.axes, axis_lines), *lines(spec)))


def lines(spec: ConvSpec) -> Iterator[Step]:
    """All axes together, each of them cut or not; any crop, size and piece."""
    yield Step("conv_transpose, after the features i < I and a piece I ≤ i < I′: each output from s·I − p_lo to s·I′ − p_lo − 1 is its sum "
               "over the features that were kept and those of the piece, ⌈(s·I − d(k−1))/s⌉ … I′ − 1, in every channel, group and image",
               of_piece(spec))
    yield Step("conv, after the positions j < N and a piece N ≤ j < N′: each output from I = ⌊(N − 1 − d(k−1) + p_lo)/s⌋ + 1 to I′ − 1, "
               "the same of N′, is its sum over the positions s·I − p_lo … N′ − 1 that were kept or came", of_conv_piece(spec))
    yield Step("when the signal ends, the outputs that are left read what was kept and the last piece",
               of_piece(spec, last=True))
    yield Step("and so do those of conv", of_conv_piece(spec, last=True))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis; the steps serve every crop, size and piece."""
    if axis.chosen:
        kept = Fact("a stream keeps {features} of the features, or at most {images} of the image positions",
                    {"features": features_kept(axis), "images": images_kept(axis)}, lambda features, images: (
                        ForAll(Statement((), (), Equal(M, features), (_kept(axis),))), ForAll(no_more_images(axis, images)),
                        ForAll(as_many_images(axis, images))))
        yield kept
        yield Step("M = ⌊d(k−1)/s⌋ in numbers", kept.claims[0])
    yield Step("the features i < I complete the outputs j < s·I − p_lo: no feature from I on reaches them", ForAll(complete(axis)))
    yield Step("and no more than these: of features from I on, tap 0 of feature I and nothing else reaches j = s·I − p_lo",
               ForAll(next_output(axis)))
    yield Step("the positions j < N complete conv's outputs up to ⌊(N − 1 − d(k−1) + p_lo)/s⌋ and no more: exactly these read none behind",
               ForAll(complete_of_conv(axis)))
    yield Step("outputs j ≥ s·I − p_lo read no feature before I − M, M = ⌊d(k−1)/s⌋ = ⌈span/s⌉ − 1", ForAll(no_more_features(axis)))
    yield Step("and one of them reads feature I − M", ForAll(as_many_features(axis)))
    yield Step("conv's outputs that are not complete read none before s·I − p_lo, at most span − 1 positions ago",
               ForAll(no_more_images(axis, images_kept(axis))))
    yield Step("as many where s divides N + p_lo − d(k−1)", ForAll(as_many_images(axis, images_kept(axis))))
    yield Step("pieces join: what was given out before, and what this piece gives, is what the features i < I′ complete, none is both",
               ForAll(joins(axis)))


def _related(axis: Axis, at: Indices, crop: Any) -> Formula:
    return Equal(at.j, axis.stride * at.i + axis.dilation * at.a - crop)


def _position(axis: Axis) -> Formula:
    return Equal(j, axis.stride * i + axis.dilation * a - p_lo)


def _letters(axis: Axis, *more: Variable) -> tuple[Variable, ...]:
    return (Variable(p_lo, -1, 2), *more, Variable(a, 0, axis.kernel - 1), Variable(i, -1, 5), Variable(j, -3, 9))


def complete(axis: Axis) -> Statement:
    """A feature that reaches j < s·I − p_lo is one of the first I."""
    given = (Le(0, a), _position(axis), Lt(j, images_complete(first, axis.stride, p_lo)))
    return Statement(_letters(axis, Variable(first, 0, 3)), given, Lt(i, first), (), ((axis.dilation, a), (axis.stride, i - first)))


def next_output(axis: Axis) -> Statement:
    """What a feature from I on reaches up to s·I − p_lo, it reaches as feature I by tap 0."""
    given = (Le(first, i), Le(0, a), _position(axis), Le(j, images_complete(first, axis.stride, p_lo)))
    within = (axis.dilation, a), (axis.dilation, a - 1), (axis.stride, i - first), (axis.stride, i - first - 1)
    return Statement(_letters(axis, Variable(first, 0, 3)), given, All(Equal(i, first), Equal(a, 0)), (), within)


def complete_of_conv(axis: Axis) -> Statement:
    """The last position that i reads is before N ⇔ i < I."""
    reach = axis.dilation * (axis.kernel - 1)
    claim = Iff(Lt(axis.stride * i + reach - p_lo, N), Lt(i, first))
    return Statement((Variable(p_lo, -1, 2), Variable(N, 0, 9), Variable(i, -1, 5)), (), claim,
                     (Floor(first, features_complete(N, axis.stride, reach, p_lo), axis.stride),),
                     ((axis.stride, i - first), (axis.stride, first - 1 - i)))


def _kept(axis: Axis) -> Formula:
    return Floor(M, axis.dilation * (axis.kernel - 1), axis.stride)


def no_more_features(axis: Axis) -> Statement:
    """Outputs that I features do not complete read none before I − M."""
    given = (Le(a, axis.kernel - 1), _position(axis), Le(images_complete(first, axis.stride, p_lo), j))
    within = (axis.dilation, axis.kernel - 1 - a), (axis.stride, first - M - 1 - i)
    return Statement(_letters(axis, Variable(first, 0, 3)), given, Le(first - M, i), (_kept(axis),), within)


def as_many_features(axis: Axis) -> Statement:
    """The last tap of feature I − M reaches an output that is not complete (with M = 0: it is feature I itself)."""
    given = (Equal(i, first - M), Equal(j, axis.stride * i + axis.dilation * (axis.kernel - 1) - p_lo))
    variables = (Variable(p_lo, -1, 2), Variable(first, 0, 3), Variable(i, -1, 5), Variable(j, -3, 9))
    return Statement(variables, given, Le(images_complete(first, axis.stride, p_lo), j), (_kept(axis),),
                     compared(axis.stride, i, first - M, 0))


def _conv_state(axis: Axis) -> tuple[Formula, ...]:
    return (Floor(first, features_complete(N, axis.stride, axis.dilation * (axis.kernel - 1), p_lo), axis.stride),)


def no_more_images(axis: Axis, images: Any) -> Statement:
    """From s·I − p_lo to N − 1 there are at most so many positions, and outputs from I on read none before them."""
    start = images_needed(first, axis.stride, p_lo)
    given = (Le(0, a), _position(axis), Le(first, i))
    claim = All(Le(N - start, images), Le(start, j))
    return Statement(_letters(axis, Variable(N, 0, 9)), given, claim, _conv_state(axis), ((axis.dilation, a), (axis.stride, i - first)))


def as_many_images(axis: Axis, images: Any) -> Statement:
    """Where s divides N + p_lo − d(k−1), there are as many."""
    given = (Equal(N + p_lo - axis.dilation * (axis.kernel - 1), axis.stride * Q),)
    return Statement((Variable(p_lo, -1, 2), Variable(Q, 0, 3), Variable(N, 0, 9)), given,
                     Equal(N - images_needed(first, axis.stride, p_lo), images), _conv_state(axis), compared(axis.stride, first, Q, 0, 1))


def joins(axis: Axis) -> Statement:
    """0 ≤ j < s·I′ − p_lo ⇔ just one of 0 ≤ j < s·I − p_lo and max(0, s·I − p_lo) ≤ j < s·I′ − p_lo."""
    before, now = (images_complete(count, axis.stride, p_lo) for count in (first, stop))
    old, new = All(Le(0, j), Lt(j, before)), All(Le(0, j), Le(before, j), Lt(j, now))
    variables = (Variable(p_lo, -1, 2), Variable(first, 0, 3), Variable(stop, first, first + 2), Variable(j, -1, 9))
    return Statement(variables, (Le(first, stop),), Iff(All(Le(0, j), Lt(j, now)), Iff(old, No(new))), (), ((axis.stride, stop - first),))


def of_piece(spec: ConvSpec, last: bool = False) -> SameSum:
    """Σ u·w over the related (i, a) = the same over what was kept and the piece; ``last``: no feature comes behind."""
    axes, whole = letters(spec), Output(spec, "x").written
    given, define, inside, others, moved = list[Formula](), list[Formula](), list[Formula](), list[Variable](), dict[Any, Any]()
    within = list[tuple[Any, Any]]()
    for axis, at in axes:
        old, new, lo, crop = (at.letter(name) for name in ("I", "I'", "lo", "p_lo"))
        s = axis.stride
        define.append(Floor(lo, features_needed(images_complete(old, s, crop), s, axis.dilation * (axis.kernel - 1), crop), s))
        given += [Le(images_complete(old, s, crop), at.j), *([] if last else [Lt(at.j, images_complete(new, s, crop))])]
        inside.append(Le(lo, at.i) if last else Between(lo, at.i, new - 1))
        others += [Variable(crop, -1, 2), Variable(old, 0, 2), *([] if last else [Variable(new, old, old + 2)])]
        within += [*bounded(axis, at)[2:], (s, lo - 1 - at.i), (s, at.i - new)]
        moved[relation(axis, at)] = _related(axis, at, crop)
    return _restricted(spec, whole, moved, inside, given, define, others, within)


def of_conv_piece(spec: ConvSpec, last: bool = False) -> SameSum:
    """Σ x·w over the related (a, j) = the same over what was kept and the piece."""
    axes, whole = letters(spec), Output(spec, "u").written
    given, define, inside, others, moved = list[Formula](), list[Formula](), list[Formula](), list[Variable](), dict[Any, Any]()
    within = list[tuple[Any, Any]]()
    for axis, at in axes:
        old, new, done, until, crop = (at.letter(name) for name in ("N", "N'", "I", "I'", "p_lo"))
        s, reach = axis.stride, axis.dilation * (axis.kernel - 1)
        define.append(Floor(done, features_complete(old, s, reach, crop), s))
        if not last:
            define.append(Floor(until, features_complete(new, s, reach, crop), s))
        given += [Le(done, at.i), *([] if last else [Lt(at.i, until)])]
        start = images_needed(done, s, crop)
        inside.append(Le(start, at.j) if last else Between(start, at.j, new - 1))
        others += [Variable(crop, -1, 2), Variable(old, 0, 2), *([] if last else [Variable(new, old, old + 4)])]
        within += [*bounded(axis, at)[2:], (s, at.i - done), (s, until - 1 - at.i)]
        moved[relation(axis, at)] = _related(axis, at, crop)
    return _restricted(spec, whole, moved, inside, given, define, others, within)


def _restricted(spec: ConvSpec, whole: Sum, moved: dict[Any, Any], inside: list[Formula], given: list[Formula], define: list[Formula],
                others: list[Variable], within: list[tuple[Any, Any]]) -> SameSum:
    """A sum with any crop is the same with conditions more."""
    related = All(*[moved.get(node, node) for node in whole.condition.args])
    keeps = {variable.symbol: variable.symbol for variable in whole.variables}
    of_all, of_pieces = (Sum(whole.summand, whole.variables, All(*related.args, *more)) for more in ((), inside))
    return same(spec, of_all, of_pieces, keeps, keeps, given, define, others, within)
