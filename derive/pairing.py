"""T gathered by one of its slots: ⟨u, A x⟩, ⟨Aᵀu, x⟩ and ⟨w, ∂T/∂w⟩ as sums over index sets, all axes together.

The notation is the slot's; the sum is made from the spec here, so a name cannot stand for another sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import sympy

from .claims.index import SameSum, Sum
from .form import Indices, feature_range, image_range, size_variables, tap_range, triples
from .logic import All
from .spec import Axis, ConvSpec
from .statement import Variable


@dataclass(frozen=True)
class Pairing:
    """Σ u·w·x, gathered by ``slot``: u against A x, x against Aᵀu, w against ∂T/∂w.

    ``conjugate``: over the complex numbers, with ⟨v, z⟩ = Σ v̄ z: u against A x, and x against Aᴴu.
    """

    spec: ConvSpec
    slot: Literal["u", "x", "w"]
    conjugate: bool = False

    @property
    def letters(self) -> list[Indices]:
        """The index letters of each axis, numbered where there are several."""
        return [Indices.of(number + 1 if self.spec.dims > 1 else None) for number in range(self.spec.dims)]

    @property
    def pairs(self) -> list[tuple[Axis, Indices]]:
        """Each axis with its letters."""
        return list(zip(self.spec.axes, self.letters, strict=True))

    @property
    def reached(self) -> dict[Any, Any]:
        """j = s·i + d·a − p_lo, on each axis."""
        return {at.j: axis.stride * at.i + axis.dilation * at.a - axis.padding[0] for axis, at in self.pairs}

    @cached_property
    def written(self) -> Sum:
        """Over (i, a) with j inside the image for u and w; over the related (i, a, j) for x."""
        features = tuple(v for axis, at in self.pairs for v in (Variable(at.i, 0, at.m - 1), Variable(at.a, 0, axis.kernel - 1)))
        if self.slot == "x":
            images = tuple(Variable(at.j, 0, at.n - 1) for _, at in self.pairs)
            return Sum(self._term, (*features, *images), All(*[c for axis, at in self.pairs for c in triples(axis, at).args]))
        if self.slot == "w":
            features = tuple(sorted(features, key=lambda variable: str(variable.symbol)[0] != "a"))
        conditions = [c for axis, at in self.pairs for c in (
            feature_range(at), tap_range(axis, at), image_range(at).xreplace({at.j: self.reached[at.j]}))]
        return Sum(self._term.xreplace(self.reached), features, All(*conditions))

    @property
    def _term(self) -> Any:
        """u[i]·w[a]·x[j]; ū w x where complex numbers are paired, the conjugate of (w̄ u) times x seen from x."""
        u, w, x = (sympy.IndexedBase(letter)[tuple(getattr(at, index) for at in self.letters)]
                   for letter, index in (("u", "i"), ("w", "a"), ("x", "j")))
        if not self.conjugate:
            return u * w * x
        return sympy.conjugate(sympy.conjugate(w) * u) * x if self.slot == "x" else sympy.conjugate(u) * w * x

    def latex(self, printer: Any) -> str:
        turned = r"A^{\mathsf H}" if self.conjugate else r"A^{\mathsf T}"
        return {"u": r"\langle u, A\, x\rangle", "x": rf"\langle {turned}\, u, x\rangle",
                "w": r"\langle w, \partial T/\partial w\rangle"}[self.slot]


def one_sum(left: Pairing, right: Pairing) -> SameSum:
    """Both pairings are one sum: (i, a) ↔ (i, a, j). The right one is gathered by x; no fact about the sizes is needed."""
    sizes = [size_variables(axis, at)[0] for axis, at in left.pairs]
    same = {symbol: symbol for _, at in left.pairs for symbol in (at.i, at.a)}
    return SameSum(tuple(v for pair in sizes for v in pair), (), left, right, same | left.reached, same)
