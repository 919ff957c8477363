"""T gathered by one of its slots: ⟨u, A x⟩, ⟨Aᵀu, x⟩ and ⟨w, ∂T/∂w⟩ as sums over index sets, all axes and channels together.

The notation is the slot's; the sum is made from the spec here, so a name cannot stand for another sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy

from .claims.index import SameSum, Sum
from .form import feature_range, image_range, tap_range, triples
from .logic import All
from .spec import ConvSpec
from .statement import Variable
from .sums import CHANNELS, Slot, channels, letters, same, tensor


@dataclass(frozen=True)
class Pairing:
    """Σ u·w·x, gathered by ``slot``: u against A x, x against Aᵀu, w against ∂T/∂w.

    ``conjugate``: over the complex numbers, with ⟨u, x⟩ = Σ ū x: u against A x, and x against Aᴴu. ``incoming``: the
    slot that y fills instead of its own letter.
    """

    spec: ConvSpec
    slot: Slot
    conjugate: bool = False
    incoming: Slot | None = None

    @property
    def reached(self) -> dict[Any, Any]:
        """j = s·i + d·a − p_lo, on each axis."""
        return {at.j: axis.stride * at.i + axis.dilation * at.a - axis.padding[0] for axis, at in letters(self.spec)}

    @cached_property
    def written(self) -> Sum:
        """Over (b, γ, f, c) and (i, a) with j inside the image for u and w; over the related (i, a, j) for x."""
        every, conditions = channels(*CHANNELS)
        axes = letters(self.spec)
        features = tuple(v for axis, at in axes for v in (Variable(at.i, 0, at.m - 1), Variable(at.a, 0, axis.kernel - 1)))
        if self.slot == "x":
            images = tuple(Variable(at.j, 0, at.n - 1) for _, at in axes)
            related = [one for axis, at in axes for one in triples(axis, at).args]
            return Sum(self._term, (*every, *features, *images), All(*conditions, *related))
        if self.slot == "w":
            features = tuple(sorted(features, key=lambda variable: str(variable.symbol)[0] != "a"))
        inside = [one for axis, at in axes for one in (
            feature_range(at), tap_range(axis, at), image_range(at).xreplace({at.j: self.reached[at.j]}))]
        return Sum(self._term.xreplace(self.reached), (*every, *features), All(*conditions, *inside))

    @property
    def _term(self) -> Any:
        """u[b,γ,f,i]·w[γ,f,c,a]·x[b,γ,c,j]; ū w x where complex numbers are paired, the conjugate of (w̄ u) times x seen from x."""
        u, w, x = (tensor(self.spec, slot, "y" if slot == self.incoming else slot) for slot in ("u", "w", "x"))
        if not self.conjugate:
            return u * w * x
        return sympy.conjugate(sympy.conjugate(w) * u) * x if self.slot == "x" else sympy.conjugate(u) * w * x

    def latex(self, printer: Any) -> str:
        turned = r"A^{\mathsf H}" if self.conjugate else r"A^{\mathsf T}"
        u, w, x = ("y" if slot == self.incoming else slot for slot in ("u", "w", "x"))
        weights = "" if self.incoming != "w" else "_{w = y}"
        return {"u": rf"\langle {u}, A{weights}\, {x}\rangle", "x": rf"\langle {turned}{weights}\, {u}, {x}\rangle",
                "w": rf"\langle {w}, \partial T/\partial w" + (
                    rf"\big|_{{{self.incoming} = y}}" if self.incoming in ("u", "x") else "") + r"\rangle"}[self.slot]


def one_sum(left: Pairing, right: Pairing) -> SameSum:
    """Both pairings are one sum: (i, a) ↔ (i, a, j), or the same (i, a). No fact about the sizes is needed."""
    kept = {one: one for one in (*CHANNELS, *[letter for _, at in letters(left.spec) for letter in (at.i, at.a)])}
    there, back = (kept | side.reached if side.slot == "x" else kept for side in (right, left))
    return same(left.spec, left, right, there, back)
