"""A derivation as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..derivation import Derivation
from ..notation.plain import plain
from ..proof import Proof
from .chain import rows, statement
from .letters import definition_rows, letters_of, own_letters
from .phrases import Row
from .words import TRUST, length_rows, phase_rows, title_of


def report(derivation: Derivation) -> str:
    """The whole derivation, one screen after the other."""
    size = " × ".join(map(str, derivation.feature))
    title = str(derivation.spec) if derivation.spec.chosen else title_of(derivation.spec)
    parts = [title, "=" * len(title), *(f"Note: {note}." for note in derivation.notes)]
    parts += ["", "Definitions and letters", *(f"  {line}" for row in definition_rows(derivation.spec) for line in row_lines(row)),
              *(f"  {line}" for line in letters_of(derivation))]
    if derivation.shows(1):
        parts += ["", "Lengths", *table(length_rows(derivation))]
    if derivation.shows(4):
        for name, turned in (("A", False), ("Aᵀ", True)):
            parts += ["", f"Matrix {name} for m = {size}", *_indented(derivation.matrix.text(derivation.columns, turned).split("\n"), "  ")]
    if derivation.shows(10):
        parts += ["", "Phases", *table([("axis", "r", "taps", "offsets"), *phase_rows(derivation)])]
    if derivation.short:
        parts += ["", "Theorems", *(f"  {headline(proof)} [{proof.outcome}, {proof.theorem.scope}]" for proof in derivation.proofs)]
    for proof in derivation.in_full:
        parts += ["", *steps(proof)]
    return "\n".join([*parts, "", "What is trusted", *(f"  {line}" for line in TRUST), ""])


def headline(proof: Proof) -> str:
    """A theorem in one line."""
    theorem = proof.theorem
    return f"Theorem {theorem.number}, {theorem.title}: {theorem.not_applicable or theorem.says}"


def proof(made: Proof) -> str:
    """A theorem and its steps."""
    return "\n".join(steps(made))


def steps(proof: Proof) -> list[str]:
    """A theorem and its steps: why, the lines that are equal or equivalent, verdict and judges."""
    theorem = proof.theorem
    lines = [headline(proof), f"  {theorem.why} [{proof.outcome}, {theorem.scope}]", *(f"  ({line})" for line in theorem.left_out)]
    lines += _indented([line for row in statement(theorem) for line in row_lines(row)], "    ")
    lines += [f"  {own}" for own in (own_letters(theorem.number),) if own and theorem.steps]
    for step, verdict in zip(theorem.steps, proof.verdicts, strict=True):
        lines.append(f"  - {step.reason}")
        lines += _indented([line for row in rows(step.claim) for line in row_lines(row)], "      ")
        lines.append(f"      [{verdict.outcome} by {', '.join(verdict.judges)} in {verdict.milliseconds:.0f} ms"
                     + (f", counterexample {dict(verdict.point)}" if verdict.point else "") + "]")
    return lines


def row_lines(row: Row) -> list[str]:
    """A line with its reason behind it; a matrix as a table, one line a row."""
    reason = f"   ({plain(row.reason)})" if row.reason else ""
    parts = re.split(r"((?:\\left\()?\\begin\{(?:pmatrix|array)\}.*?\\end\{(?:pmatrix|array)\}(?:\\right\))?)", row.latex)
    if len(parts) == 1:
        return [(plain(row.latex) + reason).strip()]
    blocks = [grid(part) if number % 2 else [plain(part)] for number, part in enumerate(parts)]
    made = [""] * max(map(len, blocks))
    for block in blocks:
        wide = max(map(len, block)) + 1
        made = [line + (block[at] if at < len(block) else "").ljust(wide) for at, line in enumerate(made)]
    return [made[0].rstrip() + reason, *(line.rstrip() for line in made[1:])]


def grid(latex: str) -> list[str]:
    """A matrix as lines, its columns aligned, its blocks apart."""
    inside = re.sub(r"\\(?:left\(|right\))|\\(?:begin|end)\{\w+\}", "", latex)
    columns = re.match(r"\{([c|]+)\}", inside)
    ruled = [at for at, letter in enumerate(re.sub(r"c(?=\|)", "", columns[1])) if letter == "|"] if columns else []
    lines = inside[columns.end():].split(r"\\") if columns else inside.split(r"\\")
    cells = [[plain(cell.replace(r"\hline", "")) for cell in line.split("&")] for line in lines]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
    made = list[str]()
    for line, row in zip(lines, cells, strict=True):
        made += [""] * line.strip().startswith(r"\hline")
        shown = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        made.append("  ".join((" " if at in ruled else "") + cell for at, cell in enumerate(shown)))
    return made


def _indented(lines: Iterable[str], by: str) -> list[str]:
    return [(by + line).rstrip() for line in lines]


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Columns aligned with blanks."""
    table_rows = list(rows)
    widths = [max(len(row[column]) for row in table_rows) for column in range(len(table_rows[0]))]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table_rows]
