"""Theorem 3: which crops and output paddings give a wanted image length.

Frameworks are asked the other way round: the output shall have length n, find the padding. Here is every answer, the
canonical one, the symmetric one, and when there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .. import lengths
from ..claims import ForAll, Identity
from ..form import m, n, symbols
from ..logic import All, Between, Divides, Either, Equal, Exists, Floor, Formula, Iff, Le, Lt, Maximum
from ..objects import Length
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable, folded
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose, once

D, P, total, more, Q, Q2, p_lo, p_hi, op, span, s, k, d = symbols("D P P' op' Q Q' p_lo p_hi op span s k d")


def theorem(spec: ConvSpec) -> Theorem:
    """Solving for the crop."""
    return compose(3, "solving", "all sizes", "the crop and output padding for a wanted length, or that there is none",
                   (*by_axis(spec.axes, axis_lines), *once(parametric_steps)))


def same(axis: Axis) -> tuple[tuple[int, int], int]:
    """Canonical crop and output padding for n = s·m, which is what most libraries call SAME."""
    return lengths.crop_for(axis, 1, axis.stride)


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis: they need its stride and span only."""
    if axis.chosen:
        yield from same_lines(axis)
    yield Step("with D = s(m−1) + span − n: a total crop P ≥ 0 and 0 ≤ op < s that give n exist ⇔ D > −s", ForAll(legal(axis)))
    yield Step("the canonical answer: total crop max(D, 0), the smaller half first, op = max(−D, 0)", ForAll(canonical(axis)))
    odd = "an odd D has them with an odd op, which needs s ≥ 2"
    if axis.chosen:
        odd = "an odd D has them with an odd op" if axis.stride > 1 else "with stride 1 an even D has them, an odd one has not"
    yield Step(f"equal crops for D ≥ 0: {odd}", ForAll(symmetric(axis)))
    yield Step("no op below D mod 2 allows equal crops, and for D < 0 none below −D", ForAll(least()))


def same_lines(axis: Axis) -> Iterator[Line]:
    """The answer for n = s·m in numbers."""
    (low, high), padding = same(axis)
    answer = Fact("n = {n} by the crop {crop} and op = {op}", {"n": axis.stride * m, "crop": (low, high), "op": padding},
                  lambda n, crop, op: (Identity((Length(replace(axis, padding=crop, output_padding=op)),), (n,)),))
    yield answer
    yield Step("the canonical answer for n = s·m, which most libraries call SAME; others may reach it too", answer.claims[0])


def _wanted(axis: Axis) -> tuple[tuple[Variable, ...], Formula]:
    """m, D and n with D = s(m−1) + span − n."""
    variables = (Variable(m, 1, 3), Variable(D, -axis.stride - 2, axis.span + 2), Variable(n, 1, 9))
    return variables, Equal(D, axis.stride * (m - 1) + axis.span - n)


def _length(axis: Axis, low: Any, high: Any, padding: Any) -> Any:
    return lengths.transposed_length(m, axis.kernel, axis.stride, axis.dilation, low, high, padding)


CANONICAL = (Maximum(total, D, 0), Maximum(more, -D, 0), Floor(Q, total, 2))


def legal(axis: Axis) -> Statement:
    """Some total crop P ≥ 0 and 0 ≤ op < s give n ⇔ D > −s."""
    variables, meaning = _wanted(axis)
    body = All(Between(0, op, axis.stride - 1), Equal(P, _length(axis, 0, 0, op) - n), Le(0, P))
    return Statement(variables, (meaning,), Iff(Exists((op, P), body, (more, total)), Lt(-axis.stride, D)), CANONICAL[:2])


def canonical(axis: Axis) -> Statement:
    """The canonical crop gives n, is legal, and its halves differ by at most one."""
    variables, meaning = _wanted(axis)
    claim = All(Equal(n, _length(axis, Q, total - Q, more)), Between(0, more, axis.stride - 1), Between(0, total - Q - Q, 1))
    return Statement(variables, (meaning, Lt(-axis.stride, D)), claim, CANONICAL)


def symmetric(axis: Axis) -> Statement:
    """Some 0 ≤ op < s makes D + op even ⇔ s ≥ 2 or D is even; both crops are then (D + op)/2."""
    found = Exists((op,), All(Between(0, op, axis.stride - 1), Divides(2, D + op)), (2 * Q - D,))
    claim: Formula = folded(Iff(found, Either(Le(2, axis.stride), Divides(2, D))))
    return Statement((Variable(D, 0, axis.span + 4),), (), claim, (Floor(Q, D + 1, 2),))


def least() -> Statement:
    """2P = D + op with P, op ≥ 0 needs op ≥ D mod 2 where D ≥ 0, and op ≥ −D where D < 0."""
    given = (Le(0, op), Equal(D, 2 * P - op), Le(0, P))
    claim = All(Le(D - 2 * Q, op), Le(-D, op))
    return Statement((Variable(P, 0, 6), Variable(op, 0, 8), Variable(D, 0, 6)), given, claim, (Floor(Q, D, 2),))


def parametric_steps() -> Iterator[Step]:
    """For all parameters at once."""
    given = lengths.transposed_length(m, k, s, d, p_lo, p_hi, op)
    yield Step("for all parameters: whatever gives n crops D + op in total",
               Identity((lengths.missing(k, s, d, m, given) + op,), (p_lo + p_hi,)))
    yield Step("for all parameters: the SAME of JAX (which pads the zero-filled input by span − 1 before where s > span − 1, "
               "else by ⌈(span + s − 2)/2⌉) crops what the SAME of TensorFlow crops, ⌊max(span − s, 0)/2⌋ before, with n = s·m",
               ForAll(jax_is_tensorflow()))


def jax_is_tensorflow() -> Statement:
    """span − 1 − pad = ⌊max(span − s, 0)/2⌋ in both cases of the padding rule."""
    cases = Either(All(Lt(span - 1, s), Equal(0, Q2)), All(Le(s, span - 1), Equal(span - 1 - Q, Q2)))
    return Statement((Variable(span, 1, 9), Variable(s, 1, 9)), (), cases,
                     (Floor(Q, span + s - 1, 2), Maximum(total, span - s, 0), Floor(Q2, total, 2)))
