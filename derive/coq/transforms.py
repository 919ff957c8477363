"""Theorem 22's transforms as theorems: ``fast r t l A G B`` of the library, which its lemma ``nested`` takes to more axes."""

from __future__ import annotations

from fractions import Fraction

from ..fast import FastAlgorithm, Rows, fast_algorithm
from ..theorems.t22_fast import OUTPUTS
from .terms import number

IN_USE = tuple((outputs, taps) for taps, every in OUTPUTS.items() for outputs in every)


def statement(made: FastAlgorithm) -> str:
    """Its r outputs are the direct sums, for all weights and inputs."""
    matrices = "\n    ".join(_matrix(rows) for rows in (made.output, made.weights, made.inputs))
    return f"fast {made.outputs} {made.taps} {made.multiplications}\n    {matrices}"


def algorithms() -> list[FastAlgorithm]:
    """F(r, t) for the numbers of taps that phases, or their pieces, have."""
    return [fast_algorithm(outputs, taps) for outputs, taps in IN_USE]


def _matrix(rows: Rows) -> str:
    return f"[{'; '.join('[' + '; '.join(map(_entry, row)) + ']' for row in rows)}]"


def _entry(value: Fraction) -> str:
    return f"({number(value.numerator)} # {value.denominator})"
