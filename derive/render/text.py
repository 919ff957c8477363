"""A derivation as plain text."""

from __future__ import annotations

from collections.abc import Iterable

from ..derivation import Derivation
from ..theorem import Proof
from .words import CONVENTIONS, TRUST, length_rows, phase_rows


def report(derivation: Derivation) -> str:
    """The whole derivation, one screen after the other."""
    size = " × ".join(map(str, derivation.feature))
    parts = [str(derivation.spec), "=" * len(str(derivation.spec)), "", "Conventions", *(f"  {c}" for c in CONVENTIONS)]
    parts += ["", "Lengths", *table(length_rows(derivation))]
    parts += ["", f"Matrix A for m = {size}", *(f"  {line}" for line in str(derivation.matrix).split("\n"))]
    parts += ["", "Phases", *table([("axis", "r", "taps", "offsets"), *phase_rows(derivation)])]
    for proof in derivation.proofs:
        parts += ["", *steps(proof)]
    return "\n".join([*parts, "", "What is trusted", *(f"  {line}" for line in TRUST), ""])


def steps(proof: Proof) -> list[str]:
    """A theorem and its steps, one line each with verdict and judges."""
    theorem = proof.theorem
    lines = [f"Theorem {theorem.number}, {theorem.title}: {theorem.says}",
             f"  {theorem.why} [{proof.outcome}, {theorem.scope}]"]
    for step, verdict in zip(theorem.steps, proof.verdicts, strict=True):
        lines.append(f"  - {step.reason}")
        lines.append(f"      {verdict.outcome} by {', '.join(verdict.judges)} in {verdict.milliseconds:.0f} ms"
                     + (f", counterexample {dict(verdict.point)}" if verdict.point else ""))
    return lines


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Columns aligned with blanks."""
    table_rows = list(rows)
    widths = [max(len(row[column]) for row in table_rows) for column in range(len(table_rows[0]))]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table_rows]
