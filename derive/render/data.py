"""A derivation as plain data for JSON."""

from __future__ import annotations

from math import prod
from typing import Any

from ..derivation import Derivation
from ..phases import phases
from ..proof import Proof
from .latex import step_latex

ENTRIES, PHASES = 1 << 16, 4096


def as_data(derivation: Derivation) -> dict[str, Any]:
    """Spec, sizes, matrix of taps, phases, and every theorem with its steps. Times are left out: they vary.

    What rests on theorems that were not asked for is null, and so are the steps that a short derivation leaves out. A
    matrix of more than ENTRIES entries is null, and phases of an axis with more than PHASES taps or phases too.
    """
    return {
        "spec": str(derivation.spec),
        "feature": list(derivation.feature),
        "image": list(derivation.image) if derivation.spec.chosen else [],
        "notes": list(derivation.notes),
        "matrix_shape": list(derivation.matrix.shape) if derivation.spec.chosen else None,
        "matrix": _matrix(derivation) if derivation.shows(4) else None,
        "phases": _phases(derivation) if derivation.shows(10) else None,
        "theorems": [
            {
                "number": proof.theorem.number, "title": proof.theorem.title, "scope": proof.theorem.scope,
                "says": proof.theorem.says, "left_out": list(map(str, proof.theorem.left_out)), "verdict": proof.outcome,
                "steps": _steps(proof) if proof in derivation.in_full else None,
            }
            for proof in derivation.proofs
        ],
    }


def _matrix(derivation: Derivation) -> list[list[list[int] | None]] | None:
    matrix = derivation.matrix
    if prod(matrix.shape) > ENTRIES:
        return None
    return [[None if tap is None else list(tap) for tap in row] for row in matrix.taps]


def _phases(derivation: Derivation) -> list[list[dict[str, Any]] | None]:
    return [None if max(axis.kernel, axis.stride) > PHASES else [
        {"residue": p.residue, "taps": list(p.taps), "offsets": list(p.offsets)} for p in phases(axis)]
        for axis in derivation.spec.axes]


def _steps(proof: Proof) -> list[dict[str, Any]]:
    return [{"reason": step.reason, "latex": step_latex(step), "verdict": verdict.outcome, "judges": list(verdict.judges),
             "counterexample": dict(verdict.point) if verdict.point else None}
            for step, verdict in zip(proof.theorem.steps, proof.verdicts, strict=True)]
