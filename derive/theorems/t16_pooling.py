"""Theorem 16: average pooling is a strided convolution, and nearest-neighbour upsampling is its adjoint, scaled.

So "upsampling is backwards pooling" is true of exactly this pair: nearest ×s = s^D·(average pool)ᵀ in D dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import sympy

from ..claims import Identity, SameSum, Sum
from ..expression import Context, Expression, Rows, Scaled, Transpose
from ..form import Indices, TrilinearForm, feature_range, m, relation, tap_range
from ..logic import All, Equal, Floor, Formula
from ..objects import Length, Map
from ..sizes import too_long
from ..spec import Axis, ConvSpec
from ..statement import Variable
from ..sums import letters, same
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

CELLS = 600  # entries of a matrix that is compared


def theorem(spec: ConvSpec) -> Theorem:
    """Average pooling over windows of the stride's size."""
    pool = ConvSpec.of([Axis(s, s) for s in spec.stride])
    return compose(16, "average pooling", "all sizes",
                   "nearest-neighbour upsampling is the adjoint of average pooling, times the window's size",
                   (*by_axis(pool.axes, axis_lines), *lines(pool)))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis with k = s."""
    yield Step("the length is multiplied by s", Identity((Length(axis),), (axis.stride * m,)))


def lines(pool: ConvSpec) -> Iterator[Line]:
    """All axes together."""
    yield Step("with k = s every position j belongs to one window on each axis, Q = ⌊j/s⌋, by one tap: with weights 1, what the transpose "
               "adds at j is the feature ⌊j/s⌋ alone", copied(pool))
    nearest = Fact("nearest ×{window} = {factor}·(average pool)ᵀ", {"window": pool.kernel, "factor": prod(pool.kernel)},
                   lambda window, factor: (Identity((factor * sympy.Rational(1, prod(window)),), (1,)),))
    yield nearest
    yield Step("the weights of the average, one over the window's size, times that factor are the ones that copy", nearest.claims[0])
    feature = (2,) * pool.dims
    missing = too_long("the pooling matrix", pool, feature, CELLS, CELLS)
    yield missing or Step("multiplied out", at_a_size(pool, feature), "this size")


def copied(pool: ConvSpec) -> SameSum:
    """Σ u[i] over the related (i, a) is Σ u[i] over i = Q, with Q = ⌊j/s⌋ on every axis."""
    axes = letters(pool)
    u = sympy.IndexedBase("u")[tuple(at.i for _, at in axes)]
    features = tuple(Variable(at.i, 0, at.m - 1) for _, at in axes)
    taps = tuple(Variable(at.a, 0, axis.kernel - 1) for axis, at in axes)
    inside = [feature_range(at) for _, at in axes]
    painted = Sum(u, (*features, *taps), All(*inside, *[one for axis, at in axes for one in (tap_range(axis, at), relation(axis, at))]))
    kept = {at.i: at.i for _, at in axes}
    return same(pool, painted, Sum(u, features, All(*inside, *[Equal(at.i, at.letter("Q")) for _, at in axes])), kept,
                kept | {at.a: at.j - axis.stride * at.i for axis, at in axes}, (), [window(axis, at) for axis, at in axes])


def window(axis: Axis, at: Indices) -> Formula:
    """Q = ⌊j/s⌋."""
    return Floor(at.letter("Q"), at.j, axis.stride)


@dataclass(frozen=True)
class Nearest(Expression):
    """Nearest-neighbour upsampling as a matrix: 1 where the position's window, ⌊j/s⌋ on every axis, is the feature."""

    pool: ConvSpec
    feature: tuple[int, ...]

    @cached_property
    def rows(self) -> Rows:
        places = product(*[range(m * s) for m, s in zip(self.feature, self.pool.stride, strict=True)])
        owners = [tuple(j // s for j, s in zip(at, self.pool.stride, strict=True)) for at in places]
        features = list(product(*map(range, self.feature)))
        return [[sympy.Integer(int(owner == one)) for one in features] for owner in owners]

    @property
    def context(self) -> Context:
        return {"m": self.feature}

    def latex(self, printer: Any) -> str:
        return r"\mathrm{nearest}"


def at_a_size(pool: ConvSpec, feature: tuple[int, ...]) -> Identity:
    """nearest = s^D·Aᵀ, with A the average over windows."""
    window = prod(pool.kernel)
    average = Map(TrilinearForm.at(pool, feature), (sympy.Rational(1, window),) * window)
    return Identity((Nearest(pool, feature),), (Scaled(window, Transpose(average)),))
