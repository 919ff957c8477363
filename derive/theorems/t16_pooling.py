"""Theorem 16: average pooling is a strided convolution, and nearest-neighbour upsampling is its adjoint, scaled.

So "upsampling is backwards pooling" is true of exactly this pair: nearest ×s = s^D·(average pool)ᵀ in D dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import sympy

from ..claims import ForAll, Identity
from ..form import a, entry, i, j, length_of_image, m, relation, symbols, tap_range
from ..logic import All, Equal, Exists, Floor, Iff
from ..matrix import ConvMatrix
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, by_axis

Q = symbols("Q")
TERMS = 600  # entries of a matrix that is compared


def theorem(spec: ConvSpec) -> Theorem:
    """Average pooling over windows of the stride's size."""
    pool = ConvSpec.of([Axis(s, s) for s in spec.stride])
    steps = (*by_axis(pool, axis_steps), *at_a_size(pool))
    return Theorem(16, "average pooling", "all sizes",
                   "nearest-neighbour upsampling is the adjoint of average pooling, times the window's size", steps,
                   f"nearest ×{'×'.join(map(str, spec.stride))} = {prod(spec.stride)}·(average pool)ᵀ")


def axis_steps(axis: Axis) -> Iterator[Step]:
    """The steps for one axis with k = s."""
    yield Step("with k = s every position j belongs to one window, i = ⌊j/s⌋, by one tap: pooling weighs it 1/s, and the "
               "transpose of s·pool copies feature ⌊j/s⌋ to j", ForAll(one_window(axis)))
    yield Step("the length is multiplied by s", Identity((length_of_image(axis),), (axis.stride * m,), shown=("n", "s·m")))


def one_window(axis: Axis) -> Statement:
    """Some tap relates i and j ⇔ i = ⌊j/s⌋."""
    some = Exists((a,), All(tap_range(axis), relation(axis)), (j - axis.stride * i,))
    return Statement((Variable(i, -1, 3), Variable(j, 0, 9)), (), Iff(some, Equal(i, Q)), (Floor(Q, j, axis.stride),))


def at_a_size(pool: ConvSpec) -> Iterator[Step]:
    """nearest = s^D·poolᵀ, all axes together."""
    feature = (2,) * pool.dims
    made = ConvMatrix.at(pool, feature)
    if prod(made.shape) > TERMS:
        return
    window = prod(pool.stride)
    average = {entry("w", tap): sympy.Rational(1, window) for row in made.taps for tap in row if tap is not None}
    pooled = made.symbolic.xreplace(average)
    nearest = sympy.ImmutableMatrix(*made.shape[::-1], lambda row, column: int(_owner(row, made) == column))
    size = "m = " + " × ".join(map(str, feature))
    yield Step(f"multiplied out, nearest upsampling is {window}·(average pool)ᵀ", Identity(
        tuple(nearest), tuple(window * pooled.T), size, ("nearest", f"{window}·(average pool)ᵀ")), "this size")


def _owner(position: int, made: ConvMatrix) -> int:
    """Row-major number of the feature whose window holds an image position."""
    at, found = position, 0
    places = []
    for length in reversed(made.image):
        at, rest = divmod(at, length)
        places.append(rest)
    for place, axis, length in zip(reversed(places), made.spec.axes, made.feature, strict=True):
        found = found * length + place // axis.stride
    return found
