"""Theorem 6: over the complex numbers the adjoint conjugates the weights, and the plain transpose does not.

Automatic differentiation, matched filters and solvers mean different things by "the transpose"; with complex weights
the difference is an explicit sum, printed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy

from ..claims import Identity, Unequal
from ..form import TrilinearForm, symbols
from ..lengths import smallest_feature_length
from ..spec import Axis, ConvSpec
from ..theorem import Step, Theorem, each_axis
from .t05_adjoint import one_sum

TERMS = 10  # each term has eight products of real and imaginary parts

PARTS = symbols("u' u'' w' w'' x' x''")


def theorem(spec: ConvSpec) -> Theorem:
    """The complex adjoint."""
    return Theorem(6, "complex adjoint", "all sizes",
                   "the adjoint is Aᴴ: transpose and conjugate; Aᵀ alone misses by an explicit sum", tuple(steps(spec)),
                   "⟨u, A x⟩ = ⟨Aᴴ u, x⟩ with ⟨v, z⟩ = Σ v̄ z")


def steps(spec: ConvSpec) -> Iterator[Step]:
    """All steps."""
    ur, ui, wr, wi, xr, xi = PARTS
    u, w, x = ur + sympy.I * ui, wr + sympy.I * wi, xr + sympy.I * xi
    yield Step("term by term, with ⟨v, z⟩ = Σ v̄ z: the conjugate of (w̄ u) is ū w",
               Identity((_bar(_bar(w) * u) * x,), (_bar(u) * w * x,), shown=("conj(w̄ u) x", "ū w x")))
    same = one_sum(spec)
    yield Step("and both sums run over the same index set, each term once, as for real numbers (theorem 5)",
               replace(same, names=("⟨u, A x⟩", "⟨Aᴴu, x⟩")))
    yield Step("with the plain transpose each term is off by 2i·Im(w)·ū x: nothing for real weights, never nothing for others",
               Identity((_bar(u) * w * x - _bar(w * u) * x,), (2 * sympy.I * wi * _bar(u) * x,),
                        shown=("ū w x − conj(w u) x", "2 i w'' ū x")))
    for label, axis in each_axis(spec):
        feature = smallest_feature_length(axis)
        if feature * axis.kernel <= TERMS:
            yield from (Step(label + step.reason, step.claim, step.scope) for step in at_a_size(axis, feature))


def _bar(expression: sympy.Expr) -> sympy.Expr:
    """The conjugate: all symbols here are real parts or imaginary parts."""
    return sympy.expand(expression).xreplace({sympy.I: -sympy.I})


def at_a_size(axis: Axis, feature: int) -> Iterator[Step]:
    """Both sides expanded at a size, and one weight for which the transpose fails."""
    form = TrilinearForm.at(ConvSpec.of([axis]), (feature,))
    parts = {symbol: sympy.Symbol(f"{symbol.name}'") + sympy.I * sympy.Symbol(f"{symbol.name}''")
             for letter in "uwx" for symbol in form.unknowns(letter)}
    conj = {symbol: value.xreplace({sympy.I: -sympy.I}) for symbol, value in parts.items()}
    u, x, w = (form.unknowns(letter) for letter in "uxw")

    def product(adjoint: bool) -> sympy.Expr:
        """Σ over j of conj((Aᴴu)_j or (Aᵀu)_j) x_j."""
        weights = conj if adjoint else parts
        used = {**{symbol: parts[symbol] for symbol in u}, **{symbol: weights[symbol] for symbol in w}}
        return sympy.Add(*[_bar(value.xreplace(used)) * parts[at] for at, value in
                           zip(x, form.derivative("conv_transpose"), strict=True)])

    forward = sympy.Add(*[conj[at] * value.xreplace(parts) for at, value in zip(u, form.derivative("conv"), strict=True)])
    yield Step("expanded in real and imaginary parts", Identity((forward,), (product(True),), f"m = {feature}",
               ("⟨u, A x⟩", "⟨Aᴴu, x⟩")), "this size")
    if form.terms:
        i, a, j = form.terms[0]
        chosen = {f"u_{{{i[0]}}}'": 1, f"w_{{{a[0]}}}''": 1, f"x_{{{j[0]}}}'": 1}
        numbers = sorted((*forward.free_symbols, *product(False).free_symbols), key=str)
        point = tuple((symbol, sympy.Integer(chosen.get(symbol.name, 0))) for symbol in dict.fromkeys(numbers))
        yield Step("with one imaginary weight the transpose gives the opposite sign", Unequal(
            forward, product(False), point, ("⟨u, A x⟩", "⟨Aᵀu, x⟩"), f"{chosen_words(chosen)}, all else 0"), "this size")


def chosen_words(chosen: dict[str, int]) -> str:
    """The symbols that are not zero."""
    return ", ".join(f"{name} = {value}" for name, value in chosen.items())
