"""Theorem 12: im2col and col2im: both maps as one matrix product and one fixed rearrangement.

This is how Caffe and many libraries after it compute convolutions; it shows at a glance that the forward pass of one
map is the backward pass of the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ..claims import ForAll, Identity
from ..form import TrilinearForm, a, i, inner, j, partials, relation, symbols
from ..logic import All, Equal, Exists, Iff
from ..matrix import ConvMatrix
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, by_axis
from .t05_adjoint import TERMS, smallest_sizes

other, b = symbols("j' b")


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
        yield Step("at a size, conv and conv_transpose by the columns are those of T", at_a_size(spec, feature), "this size")
        yield Step("at a size, the backward pass of conv is col2im(Wᵀg), the backward pass of conv_transpose is W·im2col(g)",
                   swap(spec, feature), "this size")


def entry_reads(axis: Axis) -> Statement:
    """Related ⇔ ∃ b = s·i + d·a with b = j + p_lo."""
    b_of = axis.stride * i + axis.dilation * a
    reads = Exists((b,), All(Equal(b, b_of), Equal(b, j + axis.padding[0])), (b_of,))
    place = b_of - axis.padding[0]
    return Statement((Variable(i, 0, 3), Variable(a, 0, axis.kernel - 1), Variable(j, place - 1, place + 1)), (),
                     Iff(relation(axis), reads))


def one_position(axis: Axis) -> Statement:
    """(i, a, j) and (i, a, j′) related ⇒ j = j′."""
    variables = (Variable(i, 0, 3), Variable(a, 0, axis.kernel - 1), Variable(j, 0, 9), Variable(other, 0, 9))
    return Statement(variables, (relation(axis), relation(axis).xreplace({j: other})), Equal(j, other))


def columns(spec: ConvSpec, feature: list[int]) -> sympy.ImmutableMatrix:
    """im2col as a 0/1 matrix: rows (a, i), columns j."""
    (kernel,), (length,) = spec.kernel, feature
    matrix = ConvMatrix.at(spec, feature)
    return sympy.ImmutableMatrix(kernel * length, matrix.image[0], lambda row, column: int(
        matrix.taps[row % length][column] == (row // length,)))


def _products(form: TrilinearForm, feature: list[int]) -> tuple[sympy.Matrix, sympy.Matrix]:
    """W·im2col(x) and col2im(Wᵀu)."""
    rearranged, (kernel,) = columns(form.spec, feature), form.spec.kernel
    w, x, u = (sympy.Matrix(form.unknowns(letter)) for letter in "wxu")
    wide = sympy.Matrix(kernel, feature[0], list(rearranged * x))
    return (w.T * wide).T, rearranged.T * sympy.Matrix(list(w * u.T))


def at_a_size(spec: ConvSpec, feature: list[int]) -> Identity:
    """Both maps by columns, entry by entry."""
    form = TrilinearForm.at(spec, feature)
    forward, back = _products(form, feature)
    return Identity((*forward, *back), (*form.derivative("conv"), *form.derivative("conv_transpose")), f"m = {feature[0]}",
                    ("(W·im2col(x), col2im(Wᵀu))", "(A x, Aᵀu)"))


def swap(spec: ConvSpec, feature: list[int]) -> Identity:
    """Differentiating each product gives the other."""
    form = TrilinearForm.at(spec, feature)
    forward, back = _products(form, feature)
    u, x = form.unknowns("u"), form.unknowns("x")
    left = partials(inner(u, list(forward)), x) + partials(inner(x, list(back)), u)
    return Identity(tuple(left), (*back, *forward), f"m = {feature[0]}",
                    ("(∂⟨u, W·im2col(x)⟩/∂x, ∂⟨x, col2im(Wᵀu)⟩/∂u)", "(col2im(Wᵀu), W·im2col(x))"))
