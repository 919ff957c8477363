"""Theorem 1: the lengths of ``conv`` and ``conv_transpose``, from the index relation and for every size.

Every other fact, and every allocation in the generated code, starts from these two lengths.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from ..claims import ForAll, Identity
from ..form import a, bounded, feature_range, i, j, length_of_image, m, n, symbols, tap_range
from ..logic import All, Between, Floor, Iff, Le, Maximum
from ..objects import Length
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

Q, M = symbols("Q M")
s, k, d, p_lo, p_hi, op, L = symbols("s k d p_lo p_hi op L")


def theorem(spec: ConvSpec) -> Theorem:
    """Lengths both ways."""
    return compose(1, "lengths", "all sizes", "the shapes of both maps follow from the index relation alone",
                   (*by_axis(spec.axes, axis_lines), together()))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    yield Step("a window fits when its first and last tap lie in the padded image; those windows are counted by "
               "m = max(0, ⌊(n + p_lo + p_hi − d(k−1) − 1)/s⌋ + 1)", ForAll(windows_that_fit(axis)))
    yield Step("no feature and tap reach together a position below 0 or beyond s(m−1) + d(k−1)", ForAll(reached_range(axis)))
    reached, last = _reached(axis)
    yield Step("and both ends are reached, by the first of both and by the last of both",
               Identity((reached.xreplace({i: 0, a: 0}), reached.xreplace({i: m - 1, a: axis.kernel - 1})), (0, last)))
    image = Fact("n = {n}", {"n": length_of_image(axis)}, lambda n: (ForAll(kept(axis, n)),))
    yield image
    yield Step("crop p_lo positions before and p_hi after, and un-crop op: image position j shows position j + p_lo, and n positions "
               "remain", image.claims[0])


def windows_that_fit(axis: Axis) -> Statement:
    """Window i fits into the padded image ⇔ 0 ≤ i < m."""
    first = axis.stride * i - axis.padding[0]
    fits = All(Le(-axis.padding[0], first), Le(first + axis.span - 1, n - 1 + axis.padding[1]))
    return Statement(
        (Variable(n, 1, axis.span + 2 * axis.stride), Variable(i, -2, 5)), (), Iff(fits, Between(0, i, M - 1)),
        (Floor(Q, n + sum(axis.padding) - axis.span, axis.stride), Maximum(M, 0, Q + 1)),
        ((axis.stride, i), (axis.stride, -1 - i), (axis.stride, Q - i), (axis.stride, i - Q - 1)),
    )


def _reached(axis: Axis) -> tuple[Any, Any]:
    """s·i + d·a, and the largest value it is to have."""
    return axis.stride * i + axis.dilation * a, axis.stride * (m - 1) + axis.dilation * (axis.kernel - 1)


def reached_range(axis: Axis) -> Statement:
    """All s·i + d·a lie in 0 … s(m−1) + d(k−1)."""
    reached, last = _reached(axis)
    variables = (Variable(m, 1, 3), Variable(i, 0, m - 1), Variable(a, 0, axis.kernel - 1))
    return Statement(variables, (feature_range(), tap_range(axis)), Between(0, reached, last), (), bounded(axis))


def kept(axis: Axis, length: Any) -> Statement:
    """j ≥ 0 and j + p_lo ≤ s(m−1) + d(k−1) − p_hi + op ⇔ 0 ≤ j < n."""
    _, last = _reached(axis)
    remains = All(Le(0, j), Le(j + axis.padding[0], last - axis.padding[1] + axis.output_padding))
    return Statement((Variable(m, 1, 4), Variable(j, -1, length + 1)), (), Iff(remains, Between(0, j, length - 1)))


@cache
def together() -> Step:
    """p_hi and op act together."""
    moved, plain = (Length(Axis(k, s, (p_lo, p_hi + more), d, op + more)) for more in (L, 0))
    return Step("for all parameters: p_hi and op act only as p_hi − op: both may grow by the same L", Identity((moved,), (plain,)))
