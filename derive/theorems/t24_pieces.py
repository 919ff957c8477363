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

M0, M1, N0, N1, I0, I1, K, q, p_lo = symbols("M_0 M_1 N_0 N_1 I_0 I_1 K q p_lo")


def theorem(spec: ConvSpec) -> Theorem:
    """Pieces."""
    return compose(24, "pieces", "all sizes", "a signal in pieces: what is complete so far, what is kept, and that state and piece give "
                   "the outputs of the whole, in both directions", (*by_axis(spec.axes, axis_lines), *lines(spec)))


def lines(spec: ConvSpec) -> Iterator[Step]:
    """All axes together, each of them cut or not; any crop, size and piece."""
    yield Step("conv_transpose, after M₀ features and a piece up to M₁: each output from s·M₀ − p_lo to s·M₁ − p_lo − 1 is its sum over "
               "the features that were kept and those of the piece, ⌈(s·M₀ − d(k−1))/s⌉ … M₁ − 1, in every channel, group and image",
               of_piece(spec))
    yield Step("conv, after N₀ positions and a piece up to N₁: each output from I₀ = ⌊(N₀ − 1 − d(k−1) + p_lo)/s⌋ + 1 to I₁ − 1, the same "
               "of N₁, is its sum over the positions s·I₀ − p_lo … N₁ − 1 that were kept or came", of_conv_piece(spec))
    yield Step("when the signal ends, the outputs that are left read what was kept and the last piece",
               of_piece(spec, last=True))
    yield Step("and so do those of conv", of_conv_piece(spec, last=True))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis; the steps serve every crop, size and piece."""
    if axis.chosen:
        kept = Fact("a stream keeps {features} of the features, or at most {images} of the image positions",
                    {"features": features_kept(axis), "images": images_kept(axis)}, lambda features, images: (
                        ForAll(Statement((), (), Equal(K, features), (_kept(axis),))), ForAll(no_more_images(axis, images)),
                        ForAll(as_many_images(axis, images))))
        yield kept
        yield Step("K = ⌊d(k−1)/s⌋ in numbers", kept.claims[0])
    yield Step("M features complete the outputs j < s·M − p_lo: no feature from M on reaches them", ForAll(complete(axis)))
    yield Step("and no more than these: of features from M on, tap 0 of feature M and nothing else reaches j = s·M − p_lo",
               ForAll(next_output(axis)))
    yield Step("N positions complete conv's outputs up to ⌊(N − 1 − d(k−1) + p_lo)/s⌋ and no more: exactly these read nothing behind",
               ForAll(complete_of_conv(axis)))
    yield Step("outputs j ≥ s·M − p_lo read no feature before M − K, K = ⌊d(k−1)/s⌋ = ⌈span/s⌉ − 1", ForAll(no_more_features(axis)))
    yield Step("and one of them reads feature M − K", ForAll(as_many_features(axis)))
    yield Step("conv's outputs that are not complete read none before s·I₀ − p_lo, at most span − 1 positions ago",
               ForAll(no_more_images(axis, images_kept(axis))))
    yield Step("as many where s divides N + p_lo − d(k−1)", ForAll(as_many_images(axis, images_kept(axis))))
    yield Step("pieces join: what was given out before, and what this piece gives, is what M₁ features complete, and nothing is both",
               ForAll(joins(axis)))


def _related(axis: Axis, at: Indices, crop: Any) -> Formula:
    return Equal(at.j, axis.stride * at.i + axis.dilation * at.a - crop)


def _position(axis: Axis) -> Formula:
    return Equal(j, axis.stride * i + axis.dilation * a - p_lo)


def _letters(axis: Axis, *more: Variable) -> tuple[Variable, ...]:
    return (Variable(p_lo, -1, 2), *more, Variable(a, 0, axis.kernel - 1), Variable(i, -1, 5), Variable(j, -3, 9))


def complete(axis: Axis) -> Statement:
    """A feature that reaches j < s·M − p_lo is one of the first M."""
    given = (Le(0, a), _position(axis), Lt(j, images_complete(M1, axis.stride, p_lo)))
    return Statement(_letters(axis, Variable(M1, 0, 3)), given, Lt(i, M1), (), ((axis.dilation, a), (axis.stride, i - M1)))


def next_output(axis: Axis) -> Statement:
    """What a feature from M on reaches up to s·M − p_lo, it reaches as feature M by tap 0."""
    given = (Le(M1, i), Le(0, a), _position(axis), Le(j, images_complete(M1, axis.stride, p_lo)))
    within = (axis.dilation, a), (axis.dilation, a - 1), (axis.stride, i - M1), (axis.stride, i - M1 - 1)
    return Statement(_letters(axis, Variable(M1, 0, 3)), given, All(Equal(i, M1), Equal(a, 0)), (), within)


def complete_of_conv(axis: Axis) -> Statement:
    """The last position that i reads is before N ⇔ i < I."""
    reach = axis.dilation * (axis.kernel - 1)
    claim = Iff(Lt(axis.stride * i + reach - p_lo, N1), Lt(i, I1))
    return Statement((Variable(p_lo, -1, 2), Variable(N1, 0, 9), Variable(i, -1, 5)), (), claim,
                     (Floor(I1, features_complete(N1, axis.stride, reach, p_lo), axis.stride),),
                     ((axis.stride, i - I1), (axis.stride, I1 - 1 - i)))


def _kept(axis: Axis) -> Formula:
    return Floor(K, axis.dilation * (axis.kernel - 1), axis.stride)


def no_more_features(axis: Axis) -> Statement:
    """Outputs that M features do not complete read none before M − K."""
    given = (Le(a, axis.kernel - 1), _position(axis), Le(images_complete(M1, axis.stride, p_lo), j))
    within = (axis.dilation, axis.kernel - 1 - a), (axis.stride, M1 - K - 1 - i)
    return Statement(_letters(axis, Variable(M1, 0, 3)), given, Le(M1 - K, i), (_kept(axis),), within)


def as_many_features(axis: Axis) -> Statement:
    """The last tap of feature M − K reaches an output that is not complete (with K = 0: it is feature M itself)."""
    given = (Equal(i, M1 - K), Equal(j, axis.stride * i + axis.dilation * (axis.kernel - 1) - p_lo))
    variables = (Variable(p_lo, -1, 2), Variable(M1, 0, 3), Variable(i, -1, 5), Variable(j, -3, 9))
    return Statement(variables, given, Le(images_complete(M1, axis.stride, p_lo), j), (_kept(axis),), compared(axis.stride, i, M1 - K, 0))


def _conv_state(axis: Axis) -> tuple[Formula, ...]:
    return (Floor(I0, features_complete(N0, axis.stride, axis.dilation * (axis.kernel - 1), p_lo), axis.stride),)


def no_more_images(axis: Axis, images: Any) -> Statement:
    """From s·I₀ − p_lo to N₀ − 1 there are at most so many positions, and outputs from I₀ on read none before them."""
    start = images_needed(I0, axis.stride, p_lo)
    given = (Le(0, a), _position(axis), Le(I0, i))
    claim = All(Le(N0 - start, images), Le(start, j))
    return Statement(_letters(axis, Variable(N0, 0, 9)), given, claim, _conv_state(axis), ((axis.dilation, a), (axis.stride, i - I0)))


def as_many_images(axis: Axis, images: Any) -> Statement:
    """Where s divides N₀ + p_lo − d(k−1), there are as many."""
    given = (Equal(N0 + p_lo - axis.dilation * (axis.kernel - 1), axis.stride * q),)
    return Statement((Variable(p_lo, -1, 2), Variable(q, 0, 3), Variable(N0, 0, 9)), given,
                     Equal(N0 - images_needed(I0, axis.stride, p_lo), images), _conv_state(axis), compared(axis.stride, I0, q, 0, 1))


def joins(axis: Axis) -> Statement:
    """0 ≤ j < e(M₁) ⇔ just one of 0 ≤ j < e(M₀) and max(0, e(M₀)) ≤ j < e(M₁); e(M) = s·M − p_lo."""
    before, now = (images_complete(count, axis.stride, p_lo) for count in (M0, M1))
    old, new = All(Le(0, j), Lt(j, before)), All(Le(0, j), Le(before, j), Lt(j, now))
    variables = (Variable(p_lo, -1, 2), Variable(M0, 0, 3), Variable(M1, M0, M0 + 2), Variable(j, -1, 9))
    return Statement(variables, (Le(M0, M1),), Iff(All(Le(0, j), Lt(j, now)), Iff(old, No(new))), (), ((axis.stride, M1 - M0),))


def of_piece(spec: ConvSpec, last: bool = False) -> SameSum:
    """Σ u·w over the related (i, a) = the same over what was kept and the piece; ``last``: no feature comes behind."""
    axes, whole = letters(spec), Output(spec, "x").written
    given, define, inside, others, moved = list[Formula](), list[Formula](), list[Formula](), list[Variable](), dict[Any, Any]()
    within = list[tuple[Any, Any]]()
    for axis, at in axes:
        old, new, first, crop = (at.letter(name) for name in ("M", "M'", "lo", "p"))
        s = axis.stride
        define.append(Floor(first, features_needed(images_complete(old, s, crop), s, axis.dilation * (axis.kernel - 1), crop), s))
        given += [Le(images_complete(old, s, crop), at.j), *([] if last else [Lt(at.j, images_complete(new, s, crop))])]
        inside.append(Le(first, at.i) if last else Between(first, at.i, new - 1))
        others += [Variable(crop, -1, 2), Variable(old, 0, 2), *([] if last else [Variable(new, old, old + 2)])]
        within += [*bounded(axis, at)[2:], (s, first - 1 - at.i), (s, at.i - new)]
        moved[relation(axis, at)] = _related(axis, at, crop)
    return _restricted(spec, whole, moved, inside, given, define, others, within)


def of_conv_piece(spec: ConvSpec, last: bool = False) -> SameSum:
    """Σ x·w over the related (a, j) = the same over what was kept and the piece."""
    axes, whole = letters(spec), Output(spec, "u").written
    given, define, inside, others, moved = list[Formula](), list[Formula](), list[Formula](), list[Variable](), dict[Any, Any]()
    within = list[tuple[Any, Any]]()
    for axis, at in axes:
        old, new, done, until, crop = (at.letter(name) for name in ("N", "N'", "I", "I'", "p"))
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
