"""Theorem 5: ⟨u, A x⟩ = ⟨Aᵀ u, x⟩. Both sides are T itself.

Shown three ways: by re-indexing one sum (all sizes), by Euler's identity on T and by expanding both sides (a size).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..claims import Identity
from ..expression import Inner, Product, Transpose
from ..form import TrilinearForm
from ..objects import Derivative, Map, Total, Vector
from ..pairing import Pairing, one_sum
from ..sizes import small_enough, smallest
from ..spec import ConvSpec
from ..theorem import Fact, Line, Step, Theorem, compose


def theorem(spec: ConvSpec) -> Theorem:
    """The adjoint identity."""
    return compose(5, "adjoint", "all sizes", "the transpose is the adjoint: ⟨u, A x⟩ and ⟨Aᵀu, x⟩ are one sum", lines(spec))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All lines."""
    adjoint = Fact("{left} = {right}", {"left": Pairing(spec, "u"), "right": Pairing(spec, "x")},
                   lambda left, right: (one_sum(left, right),))
    yield adjoint
    yield Step("conv sums over (i, a) with j inside the image; its transpose over the related (i, a, j): "
               "j = s·i + d·a − p_lo carries one index set onto the other, each term once", adjoint.claims[0])
    small, missing = small_enough("T", spec)
    if missing:
        yield missing
    for label, one in small:
        form = TrilinearForm.at(one, smallest(one))
        yield Step(f"{label}Euler's identity: T is linear in u and in x, so both pairings are T", euler(form), "this size")
        yield Step(f"{label}expanded with the explicit matrix", expanded(form), "this size")


def euler(form: TrilinearForm) -> Identity:
    """⟨u, ∂T/∂u⟩ = T = ⟨x, ∂T/∂x⟩."""
    u, x, total = Vector(form, "u"), Vector(form, "x"), Total(form)
    return Identity((Inner(u, Derivative(form, "u")), Inner(x, Derivative(form, "x"))), (total, total))


def expanded(form: TrilinearForm) -> Identity:
    """⟨u, A x⟩ = ⟨Aᵀu, x⟩, multiplied out."""
    u, x, matrix = Vector(form, "u"), Vector(form, "x"), Map(form)
    return Identity((Inner(u, Product(matrix, x)),), (Inner(Product(Transpose(matrix), u), x),))
