"""Whether a method computes the layer: peers about, our own kernels within the bound that is proved for the family that runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from convt._codegen.family import error_bound
from convt._codegen.problem import Problem
from convt._derive.maps import MAPS

from . import exact
from .layers import Layer

WRONG = 1e-3  # of the sum of magnitudes: a peer that is further off is not timed


class Check:
    """A layer with the float64 result of each of its maps."""

    def __init__(self, layer: Layer) -> None:
        self.layer, self.given = layer, exact.arrays(layer)
        self.exact = exact.reference(layer, self.given)

    def compare(self, name: str, paths: Sequence[Path], families: Sequence[str] | None) -> tuple[float, str]:
        """(largest error in units of 2⁻²⁴ times the sum of magnitudes, why the method is not to be timed), of files, which are removed.

        Raises ``ArithmeticError`` where a kernel of ours, known by its families, exceeds its bound.
        """
        found = [np.load(path) for path in paths]
        for path in paths:
            path.unlink()
        if [array.shape for array in found] != [array.shape for array, _ in self.exact]:
            return float("nan"), f"gives shapes {', '.join(str(array.shape) for array in found)}"
        worst = 0.0
        for number, (value, (right, magnitude)) in enumerate(zip(found, self.exact, strict=True)):
            error = np.abs(value - right)
            off = float(np.max(error / np.maximum(magnitude, 1e-30)))
            worst = max(worst, off)
            if families is not None:
                self._demand(name, self.layer.maps[number], families[number], off, float(np.max(error)))
            elif not off <= WRONG:
                return off * 2**24, f"wrong by {off:.1e} of the sum of magnitudes"
        return worst * 2**24, ""

    def _demand(self, name: str, map_name: str, family: str, off: float, error: float) -> None:
        """Raises ``ArithmeticError`` beyond the bound of a family."""
        roles, terms = MAPS[map_name], self.layer.terms(map_name)
        share, by_largest = error_bound(Problem.of(self.layer.spec, map_name), family, terms)
        if by_largest:
            share *= terms * float(np.prod([np.max(np.abs(self.given[letter])) for letter in roles.reads]))
        if not (error if by_largest else off) <= share:
            raise ArithmeticError(f"{name} on {self.layer.name}: {family} of {map_name} is off by {error if by_largest else off:.3g}, "
                                  f"beyond its bound {share:.3g}")
