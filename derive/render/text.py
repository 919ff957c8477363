"""A derivation as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..derivation import Derivation
from ..theorem import Proof
from .latex import step_latex
from .words import TRUST, conventions, length_rows, phase_rows, title_of


def report(derivation: Derivation) -> str:
    """The whole derivation, one screen after the other."""
    size = " × ".join(map(str, derivation.feature))
    title = str(derivation.spec) if derivation.spec.chosen else title_of(derivation.spec)
    parts = [title, "=" * len(title), *(f"Note: {note}." for note in derivation.notes)]
    parts += ["", "Conventions", *(f"  {c}" for c in conventions(derivation))]
    if derivation.shows(1):
        parts += ["", "Lengths", *table(length_rows(derivation))]
    if derivation.shows(4):
        parts += ["", f"Matrix A for m = {size}", *(f"  {line}" for line in str(derivation.matrix).split("\n"))]
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


def steps(proof: Proof) -> list[str]:
    """A theorem and its steps, one line each with verdict and judges."""
    theorem = proof.theorem
    lines = [headline(proof), f"  {theorem.why} [{proof.outcome}, {theorem.scope}]", *(f"  ({line})" for line in theorem.left_out)]
    for step, verdict in zip(theorem.steps, proof.verdicts, strict=True):
        lines.append(f"  - {step.reason}")
        formula = plain(step_latex(step))
        if formula:
            lines.append(f"      {formula}")
        lines.append(f"      {verdict.outcome} by {', '.join(verdict.judges)} in {verdict.milliseconds:.0f} ms"
                     + (f", counterexample {dict(verdict.point)}" if verdict.point else ""))
    return lines


SIGNS = {
    r"\le": "≤", r"\ge": "≥", r"\Longrightarrow": "⟹", r"\Rightarrow": "⇒", r"\Leftrightarrow": "⇔", r"\wedge": "∧",
    r"\vee": "∨", r"\neg": "¬", r"\exists": "∃", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\mid": "|", r"\max": "max",
    r"\min": "min", r"\sum": "Σ", r"\langle": "⟨", r"\rangle": "⟩", r"\delta": "δ", r"\partial": "∂", r"\bmod": "mod",
    r"\dots": "…", r"\cdot": "·", r"\times": "×", r"\to": "→", r"\ne": "≠", r"\uparrow": "↑", r"\downarrow": "↓",
    r"\lceil": "⌈", r"\rceil": "⌉", r"\tau": "τ", r"\lambda": "λ", r"\mu": "μ", r"\infty": "∞", r"\otimes": "⊗",
    r"\beta": "β", r"\gamma": "γ",
    r"\approx": "≈", r"\forall": "∀", r"\odot": "⊙", r"\big": "", r"\mathcal": "",
    r"\#": "#", r"\left": "", r"\right": "", r"\textstyle": "", r"\quad": " ", r"\;": " ", r"\,": " ",
}


def plain(latex: str) -> str:
    """The LaTeX that this package writes as one line of Unicode; empty where it holds a matrix."""
    if "pmatrix" in latex:
        return ""
    text = latex.replace(r"\_", "\x03").replace(r"^{\mathsf T}", "ᵀ").replace("^{T}", "ᵀ").replace(r"^{\mathsf H}", "ᴴ")
    text = re.sub(r"\\(?:text|mathrm|mathsf)\{([^{}]*)\}", r"\1", text.replace("^{-1}", "⁻¹"))
    text = re.sub(r"\\overline\{\{([a-z])\}", "\\1\u0304", re.sub(r"\\bar ([a-z])", "\\1\u0304", text))
    text = re.sub(r"\\([{}])", lambda m: {"{": "\x01", "}": "\x02"}[m[1]], text)
    while (folded := re.sub(r"_\{([^{}]*)\}", _subscript, text)) != text:
        text = folded
    while (folded := re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", _fraction, text)) != text:
        text = folded
    text = re.sub(r"\\[A-Za-z]+|\\[#;,]", lambda m: SIGNS.get(m[0], m[0]), text)
    text = re.sub(r"([⟨∂⌊¬δ·]) | ([⟩⌋·])", r"\1\2", text)
    text = text.replace("{", "").replace("}", "").replace("\x01", "{").replace("\x02", "}").replace("\x03", "_")
    text = re.sub(r"\s+", " ", text.replace("-", "−")).replace("( ", "(").strip()
    text = re.sub(r" (?=[),\]])", "", text)
    return re.sub(r"(?<=[(∧∨⟹⇔⇒,⌊]) ?− (?=\w)", lambda m: m[0].replace("− ", "−"), text)


def _fraction(match: re.Match[str]) -> str:
    above, below = match.groups()
    return f"{above}/{below}" if re.fullmatch(r"[\w']+", above) else f"({above})/{below}"


def _subscript(match: re.Match[str]) -> str:
    return f"_{match[1]}" if re.fullmatch(r"\w+'?|\(.*\)", match[1]) else f"[{match[1].replace(',', ', ')}]"


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Columns aligned with blanks."""
    table_rows = list(rows)
    widths = [max(len(row[column]) for row in table_rows) for column in range(len(table_rows[0]))]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table_rows]
