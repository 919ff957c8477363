"""The three maps of T(u, w, x) = Σ u[b,f,i]·w[f,c,a]·x[b,c,j], one for each argument that is left out (theorem 11)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Map:
    """One map. Letters: u features (B, F, *m), w weights (F, C/G, *k), x images (B, C, *n)."""

    name: str
    reads: str
    """Its two arguments, in the order of a call."""
    gives: str
    """What it computes."""
    source: str
    """u or x: the one that taps are read from, at positions that depend on the tap."""
    conjugates: str | None
    """The argument that its conjugate form conjugates; None where there is no such form."""

    @property
    def target(self) -> str:
        """u or x: the one whose positions are counted off, one after the other."""
        return "x" if self.source == "u" else "u"

    @property
    def fed(self) -> str:
        """The argument beside the weights; of the weight gradient, the features."""
        return self.reads.replace("w", "") if "w" in self.reads else "u"

    @property
    def biased(self) -> bool:
        """Whether a bias is added, one value for each channel of the output."""
        return self.gives != "w"


MAPS = {made.name: made for made in (
    Map("conv", "xw", "u", "x", None),
    Map("conv_transpose", "uw", "x", "u", "w"),
    Map("conv_weight_gradient", "xu", "w", "x", "x"),
)}
