"""Theorem 5: ⟨u, A x⟩ = ⟨Aᵀ u, x⟩. Both sides are T itself.

Shown three ways: by re-indexing one sum (all sizes), by Euler's identity on T and by expanding both sides (a size).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import sympy

from ..claims import Identity, SameSum, Sum
from ..form import Indices, TrilinearForm, feature_range, image_range, inner, size_variables, tap_range, triples
from ..lengths import smallest_feature_length
from ..logic import All
from ..matrix import ConvMatrix
from ..spec import ConvSpec
from ..statement import Variable
from ..theorem import Step, Theorem

ADJOINT = ("⟨u, A x⟩", "⟨Aᵀu, x⟩")
TERMS = 40  # of the form at a size; a larger configuration is expanded axis by axis, and beyond this not at all


def theorem(spec: ConvSpec) -> Theorem:
    """The adjoint identity."""
    return Theorem(5, "adjoint", "all sizes", "the transpose is the adjoint: ⟨u, A x⟩ and ⟨Aᵀu, x⟩ are one sum",
                   tuple(steps(spec)), "⟨u, A x⟩ = ⟨Aᵀ u, x⟩")


def steps(spec: ConvSpec) -> Iterator[Step]:
    """All steps."""
    yield Step("conv sums over (i, a) with j inside the image; its transpose over the related (i, a, j): "
               "j = s·i + d·a − p_lo carries one index set onto the other, each term once", one_sum(spec))
    for small in small_enough(spec):
        form = TrilinearForm.at(small, smallest_sizes(small))
        size = "m = " + " × ".join(map(str, form.feature))
        total = form.expression
        yield Step("Euler's identity: T is linear in u and in x, so Σ u·∂T/∂u = T = Σ x·∂T/∂x",
                   Identity((euler(form, "conv"), euler(form, "conv_transpose")), (total, total), size,
                            ("Σ u·∂T/∂u = Σ x·∂T/∂x", "T")), "this size")
        yield Step("expanded with the explicit matrix", Identity(*expanded(form), size,
                   ADJOINT), "this size")


def small_enough(spec: ConvSpec) -> list[ConvSpec]:
    """The spec itself, or those of its axes whose form at a size is short enough to expand."""
    candidates = [spec], [ConvSpec.of([axis]) for axis in dict.fromkeys(spec.axes)]
    for group in candidates:
        short = [one for one in group if prod(axis.kernel * (smallest_feature_length(axis) + 1) for axis in one) <= TERMS]
        if short:
            return short
    return []


def smallest_sizes(spec: ConvSpec) -> list[int]:
    """Feature lengths at which forms are expanded."""
    return [smallest_feature_length(axis) + (spec.dims < 3) for axis in spec.axes]


def one_sum(spec: ConvSpec) -> SameSum:
    """⟨u, A x⟩ over (i, a) against ⟨Aᵀu, x⟩ over (i, a, j), all axes together."""
    several = spec.dims > 1
    letters = [Indices.of(number + 1 if several else None) for number in range(spec.dims)]
    sizes = [size_variables(axis, at) for axis, at in zip(spec.axes, letters, strict=True)]
    parameters = tuple(variable for variables, _ in sizes for variable in variables)
    left_conditions, right_conditions, left_variables, image_variables = [], [], [], []
    reached = {}
    for axis, at in zip(spec.axes, letters, strict=True):
        reached[at.j] = axis.stride * at.i + axis.dilation * at.a - axis.padding[0]
        left_conditions += [feature_range(at), tap_range(axis, at), image_range(at).xreplace({at.j: reached[at.j]})]
        right_conditions += list(triples(axis, at).args)
        left_variables += [Variable(at.i, 0, at.m - 1), Variable(at.a, 0, axis.kernel - 1)]
        image_variables.append(Variable(at.j, 0, at.n - 1))
    u, w, x = (sympy.IndexedBase(letter) for letter in "uwx")
    term = u[tuple(at.i for at in letters)] * w[tuple(at.a for at in letters)] * x[tuple(at.j for at in letters)]
    same = {variable.symbol: variable.symbol for variable in left_variables}
    # the bijection needs no fact about the sizes
    return SameSum(parameters, (), Sum(term.xreplace(reached), tuple(left_variables), All(*left_conditions)),
                   Sum(term, (*left_variables, *image_variables), All(*right_conditions)),
                   same | reached, same, ADJOINT)


def euler(form: TrilinearForm, map_name: str) -> sympy.Expr:
    """Σ of each unknown times the derivative by it."""
    letter = {"conv": "u", "conv_transpose": "x"}[map_name]
    return inner(form.unknowns(letter), form.derivative(map_name))


def expanded(form: TrilinearForm) -> tuple[tuple[sympy.Expr], tuple[sympy.Expr]]:
    """uᵀ(A x) and (Aᵀu)ᵀ x, multiplied out."""
    matrix = ConvMatrix.at(form.spec, form.feature, form.image).symbolic
    u, x = form.unknowns("u"), form.unknowns("x")
    forward = [inner(x, matrix.row(i)) for i in range(matrix.rows)]
    back = [inner(u, matrix.col(j)) for j in range(matrix.cols)]
    return (inner(u, forward),), (inner(x, back),)
