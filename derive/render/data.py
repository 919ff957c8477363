"""A derivation as plain data for JSON."""

from __future__ import annotations

from typing import Any

from ..derivation import Derivation
from .latex import step_latex


def as_data(derivation: Derivation) -> dict[str, Any]:
    """Spec, sizes, matrix of taps, phases, and every theorem with its steps. Times are left out: they vary."""
    return {
        "spec": str(derivation.spec),
        "feature": list(derivation.feature),
        "image": list(derivation.image),
        "matrix": [[None if tap is None else list(tap) for tap in row] for row in derivation.matrix.taps],
        "phases": [[{"residue": p.residue, "taps": list(p.taps), "offsets": list(p.offsets)} for p in split]
                   for split in derivation.phases],
        "theorems": [
            {
                "number": proof.theorem.number, "title": proof.theorem.title, "scope": proof.theorem.scope,
                "says": proof.theorem.says, "left_out": list(map(str, proof.theorem.left_out)), "verdict": proof.outcome,
                "steps": [{"reason": step.reason, "latex": step_latex(step), "verdict": verdict.outcome,
                           "judges": list(verdict.judges),
                           "counterexample": dict(verdict.point) if verdict.point else None}
                          for step, verdict in zip(proof.theorem.steps, proof.verdicts, strict=True)],
            }
            for proof in derivation.proofs
        ],
    }
