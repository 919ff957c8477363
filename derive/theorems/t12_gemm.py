"""Theorem 12: im2col and col2im: both maps as one matrix product and one fixed rearrangement.

This is how Caffe and many libraries after it compute convolutions; it shows at a glance that the forward pass of one
map is the backward pass of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import sympy

from ..claims import ForAll, Identity, SameSum, Sum
from ..expression import Context, Expression, Product, Rows, Transpose, both
from ..form import Indices, TrilinearForm, a, feature_range, i, image_range, j, relation, symbols, tap_range
from ..logic import All, Equal
from ..matrix import ConvMatrix
from ..objects import Map, Vector
from ..sizes import smallest, too_long
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import CHANNELS, SLOTS, Way, by_way, channels, letters, same, tensor
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose, said

other = symbols("j'")


def theorem(spec: ConvSpec) -> Theorem:
    """The GEMM form."""
    return compose(12, "im2col", "all sizes",
                   "conv = W·im2col(x) and conv_transpose = col2im(Wᵀu): one rearrangement, read both ways",
                   lines(spec))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """Both maps by columns, and each in the backward pass of the other. Index tuples stay tuples: nothing is flattened."""
    own = list(by_axis(spec.axes, lambda axis: axis_lines(spec, axis)))
    yield Step("row (c, a) of im2col(x) holds at i the position J = s·i + d·a of the padded image, which is x[j] for J = j + p_lo (zero "
               "outside); W times these rows is conv", said(own))
    yield Step("col2im adds every entry (c, a, i) of Wᵀu at the position that im2col reads it from: that is conv_transpose",
               by_columns(spec, "x"))
    yield Step("⟨u, W·im2col(x)⟩ = ⟨col2im(Wᵀu), x⟩ for all u and x: the backward pass of the one is the forward pass of the other",
               swapped(spec))
    yield from own


def axis_lines(spec: ConvSpec, axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    yield Fact("im2col(x)[a, i] = x[{place}]", {"place": axis.stride * i + axis.dilation * a - axis.padding[0]},
               lambda place: (by_columns(spec, "u", {axis: place}),))
    yield Step("each entry reads at most one position, so col2im, its transpose, adds each entry to at most one",
               ForAll(one_position(axis)))
    if not axis.chosen:
        return
    one = ConvSpec.of([axis])
    missing = too_long("im2col", one, smallest(one))
    yield missing or Step("at a size, conv and conv_transpose by the columns are A x and Aᵀu",
                          at_a_size(TrilinearForm.at(one, smallest(one))), "this size")


def column(axis: Axis, at: Indices, place: Any = None) -> Way:
    """J, the position of the padded image that entry (a, i) reads, which shows x[j]."""
    J = at.letter("J")
    read = at.named(axis.stride * i + axis.dilation * a if place is None else place + axis.padding[0])
    return Way(((J, read),), (Equal(J, read), Equal(J, at.j + axis.padding[0])))


def by_columns(spec: ConvSpec, slot: Literal["u", "x"], places: Mapping[Axis, Any] | None = None) -> SameSum:
    """An output of conv or of conv_transpose is the sum over what the columns hold."""
    return by_way(spec, slot, [column(axis, at, (places or {}).get(axis)) for axis, at in letters(spec)])


def swapped(spec: ConvSpec) -> SameSum:
    """Σ u·(w·im2col(x)), by the entries of the columns with the positions J that they read, is Σ (w·u)·x, by image positions."""
    variables, conditions = channels(*CHANNELS)
    ways = [column(axis, at) for axis, at in letters(spec)]
    for axis, at in letters(spec):
        variables += (Variable(at.i, 0, at.m - 1), Variable(at.a, 0, axis.kernel - 1), Variable(at.j, 0, at.n - 1))
        conditions += (feature_range(at), tap_range(axis, at), image_range(at))
    kept = {variable.symbol: variable.symbol for variable in variables}
    reads = {position: term for way in ways for position, term in way.positions}
    summand = sympy.Mul(*[tensor(spec, slot) for slot in SLOTS])
    columns = Sum(summand, (*variables, *[Variable(position, term, term) for position, term in reads.items()]),
                  All(*conditions, *[link for way in ways for link in way.links]))
    related = Sum(summand, variables, All(*conditions, *[relation(axis, at) for axis, at in letters(spec)]))
    return same(spec, columns, related, kept, kept | reads)


def one_position(axis: Axis) -> Statement:
    """(i, a, j) and (i, a, j′) related ⇒ j = j′."""
    variables = (Variable(i, 0, 3), Variable(a, 0, 3), Variable(j, 0, 9), Variable(other, 0, 9))
    return Statement(variables, (relation(axis), relation(axis).xreplace({j: other})), Equal(j, other))


def reads(form: TrilinearForm) -> list[list[int]]:
    """For each tap, the position that each feature reads, −1 outside."""
    made = ConvMatrix.at(form.spec, form.feature, form.image)
    return [[next((j for j, tap in enumerate(row) if tap == (number,)), -1) for row in made.taps]
            for number in range(form.spec.kernel[0])]


@dataclass(frozen=True)
class Im2col(Expression):
    """The k × m matrix whose entry (a, i) is x[s·i + d·a − p_lo], zero outside."""

    form: TrilinearForm

    @cached_property
    def rows(self) -> Rows:
        x = [*self.form.unknowns("x"), sympy.Integer(0)]
        return [[x[position] for position in row] for row in reads(self.form)]

    @property
    def context(self) -> Context:
        return {"m": self.form.feature}

    def latex(self, printer: Any) -> str:
        return r"\mathrm{im2col}(x)"


@dataclass(frozen=True)
class Col2im(Expression):
    """Every entry (a, i) of a k × m matrix added at the position that im2col reads it from."""

    form: TrilinearForm
    of: Expression

    @cached_property
    def rows(self) -> Rows:
        sums: list[list[Any]] = [[] for _ in range(self.form.image[0])]
        for positions, row in zip(reads(self.form), self.of.rows, strict=True):
            for position, value in zip(positions, row, strict=True):
                if position >= 0:
                    sums[position].append(value)
        return [[sympy.Add(*terms)] for terms in sums]

    @property
    def context(self) -> Context:
        return both(self.of, Map(self.form))

    def latex(self, printer: Any) -> str:
        return rf"\mathrm{{col2im}}({self.of.latex(printer)})"


def products(form: TrilinearForm) -> tuple[Expression, Expression]:
    """im2col(x)ᵀ w and col2im(w uᵀ)."""
    u, w = Vector(form, "u"), Vector(form, "w")
    return Product(Transpose(Im2col(form)), w), Col2im(form, Product(w, Transpose(u)))


def at_a_size(form: TrilinearForm) -> Identity:
    """Both maps by columns, entry by entry."""
    return Identity(products(form), (Product(Map(form), Vector(form, "x")), Product(Transpose(Map(form)), Vector(form, "u"))))
