"""Theorem 12: im2col and col2im: both maps as one matrix product and one fixed rearrangement.

This is how Caffe and many libraries after it compute convolutions; it shows at a glance that the forward pass of one
map is the backward pass of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy

from ..claims import ForAll, Identity
from ..expression import Context, Expression, Inner, Product, Rows, Transpose, both
from ..form import TrilinearForm, a, i, j, symbols
from ..logic import All, Equal, Exists, Formula, Iff
from ..matrix import ConvMatrix
from ..objects import Gradient, Map, Vector
from ..sizes import smallest, too_long
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

other, b, p_lo = symbols("j' b p_lo")
PLACES = (Variable(p_lo, -1, 2), Variable(i, 0, 3), Variable(a, 0, 3))  # any tap: the kernel's size plays no part


def theorem(spec: ConvSpec) -> Theorem:
    """The GEMM form."""
    return compose(12, "im2col", "all sizes",
                   "conv = W·im2col(x) and conv_transpose = col2im(Wᵀu): one rearrangement, read both ways", by_axis(spec.axes, axis_lines))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis. Index pairs stay pairs: nothing is flattened."""
    reads = Fact("im2col(x)[a, i] = x[{place}]", {"place": axis.stride * i + axis.dilation * a - p_lo},
                 lambda place: (ForAll(entry_reads(axis, place)),))
    yield reads
    yield Step("entry (a, i) of im2col(x) reads position b = s·i + d·a of the padded image, which is x[j] for b = j + p_lo "
               "(zero outside): that is the index relation", reads.claims[0])
    yield Step("each entry reads at most one position, so col2im, its transpose, adds each entry to at most one",
               ForAll(one_position(axis)))
    spec = ConvSpec.of([axis])
    missing = too_long("im2col", spec, smallest(spec))
    if missing:
        yield missing
        return
    form = TrilinearForm.at(spec, smallest(spec))
    yield Step("at a size, conv and conv_transpose by the columns are A x and Aᵀu", at_a_size(form), "this size")
    yield Step("at a size, the backward pass of conv is col2im, the backward pass of conv_transpose is by im2col", swap(form), "this size")


def entry_reads(axis: Axis, place: Any = None) -> Statement:
    """j is the place that is read ⇔ ∃ b = s·i + d·a with b = j + p_lo."""
    b_of = axis.stride * i + axis.dilation * a
    reads = Exists((b,), All(Equal(b, b_of), Equal(b, j + p_lo)), (b_of,))
    related = _related(axis, j) if place is None else Equal(j, place)
    return Statement((*PLACES, Variable(j, b_of - p_lo - 1, b_of - p_lo + 1)), (), Iff(related, reads))


def one_position(axis: Axis) -> Statement:
    """(i, a, j) and (i, a, j′) related ⇒ j = j′."""
    variables = (*PLACES, Variable(j, 0, 9), Variable(other, 0, 9))
    return Statement(variables, (_related(axis, j), _related(axis, other)), Equal(j, other))


def _related(axis: Axis, position: sympy.Symbol) -> Formula:
    """The index relation for any crop."""
    return Equal(position, axis.stride * i + axis.dilation * a - p_lo)


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


def swap(form: TrilinearForm) -> Identity:
    """Differentiating each product gives the other."""
    u, x = Vector(form, "u"), Vector(form, "x")
    forward, back = products(form)
    return Identity((Gradient(Inner(u, forward), x), Gradient(Inner(x, back), u)), (back, forward))
