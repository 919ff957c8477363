"""Theorem 5: ⟨u, A x⟩ = ⟨Aᵀ u, x⟩. Both sides are T itself.

Shown three ways: by re-indexing one sum (all sizes), by Euler's identity on T and by expanding both sides (a size).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..claims import Certificate, Identity
from ..expression import Inner, Product, Transpose
from ..form import TrilinearForm, symbols
from ..objects import Derivative, Map, Total, Vector
from ..pairing import Pairing, one_sum
from ..sizes import small_enough, smallest
from ..spec import ConvSpec
from ..sums import SIZES, f, group
from ..theorem import Fact, Line, Step, Theorem, compose, once

F, G, other = SIZES[f], SIZES[group], symbols("γ'")


def theorem(spec: ConvSpec) -> Theorem:
    """The adjoint identity."""
    return compose(5, "adjoint", "all sizes", "the transpose is the adjoint: ⟨u, A x⟩ and ⟨Aᵀu, x⟩ are one sum", lines(spec))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All lines."""
    adjoint = Fact("{left} = {right}", {"left": Pairing(spec, "u"), "right": Pairing(spec, "x")},
                   lambda left, right: (one_sum(left, right),))
    yield adjoint
    yield Step("conv sums over (i, a) with j inside the image; its transpose over the related (i, a, j): j = s·i + d·a − p_lo on every "
               "axis carries one index set onto the other, each term once, in every image b, group γ, feature channel f and image "
               "channel c", adjoint.claims[0])
    yield from once(groups)
    if not spec.chosen:
        return
    small, missing = small_enough("T", spec)
    if missing:
        yield missing
    for label, one in small:
        form = TrilinearForm.at(one, smallest(one))
        yield Step(f"{label}Euler's identity: T is linear in u and in x, so both pairings are T", euler(form), "this size")
        yield Step(f"{label}expanded with the explicit matrix", expanded(form), "this size")


def groups() -> Iterator[Step]:
    """Channel f of group γ is channel number F·γ + f of all, for any F and G."""
    inside = ("f", f), ("f < F", F - 1 - f), ("γ < G", G - 1 - group), ("F", F - 1)
    yield Step("channel f of group γ is channel number F·γ + f of all G groups, and F·γ + f is no number beyond the last", Certificate(
        inside[1:], ((1, ("γ < G",)), (1, ("F", "γ < G")), (1, ("f < F",))), F * G - 1 - (F * group + f)))
    yield Step("no later group γ′ has that number", Certificate(
        (inside[1], inside[3], ("later", other - group - 1), ("at least", F * group + f - F * other)),
        ((1, ("f < F",)), (1, ("later",)), (1, ("F", "later")), (1, ("at least",))), -1))
    yield Step("nor an earlier one: a channel's number divided by F, rounded down, is its group", Certificate(
        (inside[0], inside[3], ("earlier", group - other - 1), ("at most", F * other + F - 1 - (F * group + f))),
        ((1, ("f",)), (1, ("earlier",)), (1, ("F", "earlier")), (1, ("at most",))), -1))


def euler(form: TrilinearForm) -> Identity:
    """⟨u, ∂T/∂u⟩ = T = ⟨x, ∂T/∂x⟩."""
    u, x, total = Vector(form, "u"), Vector(form, "x"), Total(form)
    return Identity((Inner(u, Derivative(form, "u")), Inner(x, Derivative(form, "x"))), (total, total))


def expanded(form: TrilinearForm) -> Identity:
    """⟨u, A x⟩ = ⟨Aᵀu, x⟩, multiplied out."""
    u, x, matrix = Vector(form, "u"), Vector(form, "x"), Map(form)
    return Identity((Inner(u, Product(matrix, x)),), (Inner(Product(Transpose(matrix), u), x),))
