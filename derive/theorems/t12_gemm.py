"""Theorem 12: im2col and col2im: both maps as one matrix product and one fixed rearrangement.

This is how Caffe and many libraries after it compute convolutions; it shows at a glance that the forward pass of one
map is the backward pass of the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ..claims import ForAll, Identity
from ..form import TrilinearForm, a, i, inner, j, partials, symbols
from ..logic import All, Equal, Exists, Formula, Iff
from ..matrix import ConvMatrix
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, by_axis
from .t05_adjoint import TERMS, smallest_sizes

other, b, p_lo = symbols("j' b p_lo")
PLACES = (Variable(p_lo, -1, 2), Variable(i, 0, 3), Variable(a, 0, 3))  # any tap: the kernel's size plays no part


def theorem(spec: ConvSpec) -> Theorem:
    """The GEMM form."""
    return Theorem(12, "im2col", "all sizes",
                   "conv = W·im2col(x) and conv_transpose = col2im(Wᵀu): one rearrangement, read both ways",
                   by_axis(spec, axis_steps), "col2im = im2colᵀ; the passes swap")


def axis_steps(axis: Axis) -> Iterator[Step]:
    """The steps for one axis. Index pairs stay pairs: nothing is flattened."""
    yield Step("entry (a, i) of im2col(x) reads position b = s·i + d·a of the padded image, which is x[j] for b = j + p_lo "
               "(zero outside): that is the index relation", ForAll(entry_reads(axis)))
    yield Step("each entry reads at most one position, so col2im, its transpose, adds each entry to at most one",
               ForAll(one_position(axis)))
    spec = ConvSpec.of([axis])
    feature = smallest_sizes(spec)
    if axis.kernel * feature[0] <= TERMS:
        form = TrilinearForm.at(spec, feature)
        products = both(form, feature)
        yield Step("at a size, conv and conv_transpose by the columns are those of T", at_a_size(form, *products), "this size")
        yield Step("at a size, the backward pass of conv is col2im(Wᵀg), the backward pass of conv_transpose is W·im2col(g)",
                   swap(form, *products), "this size")


def entry_reads(axis: Axis) -> Statement:
    """Related ⇔ ∃ b = s·i + d·a with b = j + p_lo."""
    b_of = axis.stride * i + axis.dilation * a
    reads = Exists((b,), All(Equal(b, b_of), Equal(b, j + p_lo)), (b_of,))
    return Statement((*PLACES, Variable(j, b_of - p_lo - 1, b_of - p_lo + 1)), (), Iff(_related(axis, j), reads))


def one_position(axis: Axis) -> Statement:
    """(i, a, j) and (i, a, j′) related ⇒ j = j′."""
    variables = (*PLACES, Variable(j, 0, 9), Variable(other, 0, 9))
    return Statement(variables, (_related(axis, j), _related(axis, other)), Equal(j, other))


def _related(axis: Axis, position: sympy.Symbol) -> Formula:
    """The index relation for any crop."""
    return Equal(position, axis.stride * i + axis.dilation * a - p_lo)


def columns(spec: ConvSpec, feature: list[int]) -> sympy.ImmutableMatrix:
    """im2col as a 0/1 matrix: rows (a, i), columns j."""
    (kernel,), (length,) = spec.kernel, feature
    matrix = ConvMatrix.at(spec, feature)
    return sympy.ImmutableMatrix(kernel * length, matrix.image[0], lambda row, column: int(
        matrix.taps[row % length][column] == (row // length,)))


def both(form: TrilinearForm, feature: list[int]) -> tuple[list[sympy.Expr], list[sympy.Expr]]:
    """W·im2col(x) and col2im(Wᵀu)."""
    rearranged, (kernel,), length = columns(form.spec, feature), form.spec.kernel, feature[0]
    w, x, u = (form.unknowns(letter) for letter in "wxu")
    wide = [inner(x, rearranged.row(row)) for row in range(rearranged.rows)]
    forward = [inner(w, wide[i::length]) for i in range(length)]
    spread = [w[a] * u[i] for a in range(kernel) for i in range(length)]
    return forward, [inner(spread, rearranged.col(j)) for j in range(rearranged.cols)]


def at_a_size(form: TrilinearForm, forward: list[sympy.Expr], back: list[sympy.Expr]) -> Identity:
    """Both maps by columns, entry by entry."""
    return Identity((*forward, *back), (*form.derivative("conv"), *form.derivative("conv_transpose")), f"m = {form.feature[0]}",
                    ("(W·im2col(x), col2im(Wᵀu))", "(A x, Aᵀu)"))


def swap(form: TrilinearForm, forward: list[sympy.Expr], back: list[sympy.Expr]) -> Identity:
    """Differentiating each product gives the other."""
    u, x = form.unknowns("u"), form.unknowns("x")
    left = partials(inner(u, forward), x) + partials(inner(x, back), u)
    return Identity(tuple(left), (*back, *forward), f"m = {form.feature[0]}",
                    ("(∂⟨u, W·im2col(x)⟩/∂x, ∂⟨x, col2im(Wᵀu)⟩/∂u)", "(col2im(Wᵀu), W·im2col(x))"))
