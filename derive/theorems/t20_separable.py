"""Theorem 20: weights that are a product over the axes split an N-D map into one map an axis.

Interpolation, average pooling and blur kernels are of this kind (for each pair of channels, or channel by channel); the
saving is the ratio of the two counts below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import product
from math import prod
from typing import Any

import sympy

from ..claims import Identity
from ..expression import Expression, Rows
from ..form import TrilinearForm, entry
from ..lengths import image_lengths, smallest_feature_length
from ..matrix import ConvMatrix
from ..objects import Map
from ..sizes import too_long
from ..spec import Axis, ConvSpec
from ..sums import axis_by_axis, letters
from ..theorem import Fact, Line, Step, Theorem, compose

TERMS, CELLS = 400, 4000  # of a matrix that is multiplied out
SIZE = 64  # m of the costs that are compared


def theorem(spec: ConvSpec) -> Theorem:
    """Separable kernels."""
    title, why = "separable kernels", "a kernel of rank one factors the map into one map an axis"
    if spec.dims == 1:
        return Theorem(20, title, "this size", why, (), not_applicable="one axis: nothing to separate")
    nested = Step("with w[a₁, a₂, …] = w₁[a₁]·w₂[a₂]·… the sum over all axes is one sum an axis, one inside the other: Aᵀu axis by axis",
                  axis_by_axis(spec, sympy.IndexedBase("u")[tuple(at.i for _, at in letters(spec))]))
    return compose(20, title, "this size" if spec.chosen else "all sizes", why, (nested, *(lines(spec) if spec.chosen else ())))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """What needs numbers."""
    feature = tuple(max(SIZE, smallest_feature_length(axis)) for axis in spec.axes)
    at_once, one_by_one = costs(spec, feature, by_taps)
    cost = Fact("{whole} multiplications with all taps at once, {parts} axis by axis, for m = {feature}",
                {"whole": at_once, "parts": one_by_one, "feature": feature},
                lambda whole, parts, feature: (Identity(costs(spec, feature, by_features), (whole, parts), feature),))
    yield cost
    small = tuple(smallest_feature_length(axis) + (spec.dims == 2) for axis in spec.axes)
    missing = too_long("the Kronecker product", spec, small, TERMS, CELLS)
    yield missing or Step("and the matrix is the Kronecker product of the axes' matrices", factored(spec, small), "this size")
    yield Step("all taps at once cost one multiplication a term of T; axis by axis every axis costs its pairs of feature and tap, for "
               "each position of the others: counted by taps and by features", cost.claims[0], "this size")


def by_taps(axis: Axis, m: int, n: int) -> int:
    """Pairs of a feature and a tap whose position is visible: for each tap an interval of features."""
    total, stride = 0, axis.stride
    for shift in range(-axis.padding[0], axis.span - axis.padding[0], axis.dilation):
        total += max(0, min(m, (n - 1 - shift) // stride + 1) - max(0, -(shift // stride)))
    return total


def by_features(axis: Axis, m: int, n: int) -> int:
    """The same pairs: for each feature an interval of taps."""
    total = 0
    for at in range(m):
        begin = axis.stride * at - axis.padding[0]
        total += max(0, min(axis.kernel - 1, (n - 1 - begin) // axis.dilation) - max(0, -(begin // axis.dilation)) + 1)
    return total


def costs(spec: ConvSpec, feature: tuple[int, ...], count: Any) -> tuple[int, int]:
    """Multiplications (all taps at once, axis by axis from the last to the first)."""
    image = image_lengths(spec, feature)
    pairs = [count(axis, f, g) for axis, f, g in zip(spec.axes, feature, image, strict=True)]
    parts = sum(prod(feature[:number]) * pairs[number] * prod(image[number + 1:]) for number in range(spec.dims))
    return prod(pairs), parts


@dataclass(frozen=True)
class Factor(Expression):
    """The matrix A_1, A_2 or A_3 of one axis, with the weights w_1, w_2 or w_3."""

    axis: Axis
    number: int
    feature: int

    @cached_property
    def rows(self) -> Rows:
        made = ConvMatrix.at(ConvSpec.of([self.axis]), (self.feature,))
        return [[sympy.Integer(0) if tap is None else entry(f"w{self.number}", tap) for tap in row] for row in made.taps]

    def latex(self, printer: Any) -> str:
        return f"A_{self.number}"


@dataclass(frozen=True)
class Kronecker(Expression):
    """left ⊗ right."""

    left: Expression
    right: Expression

    @cached_property
    def rows(self) -> Rows:
        return [[one * other for one in above for other in below] for above in self.left.rows for below in self.right.rows]

    @property
    def below(self) -> tuple[Expression, ...]:
        return self.left, self.right

    def latex(self, printer: Any) -> str:
        return rf"{self.left.latex(printer)} \otimes {self.right.latex(printer)}"


def factored(spec: ConvSpec, feature: tuple[int, ...]) -> Identity:
    """A with w = w₁·w₂·… is A₁ ⊗ A₂ ⊗ …"""
    weights = tuple(sympy.Mul(*[entry(f"w{number}", (index,)) for number, index in enumerate(tap, 1)])
                    for tap in product(*map(range, spec.kernel)))
    factors: list[Expression] = [Factor(axis, number, m) for number, (axis, m) in enumerate(zip(spec.axes, feature, strict=True), 1)]
    return Identity((Map(TrilinearForm.at(spec, feature), weights),), (reduce(Kronecker, factors),))
