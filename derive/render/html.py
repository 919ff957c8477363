"""A derivation as one self-contained HTML page: MathML, no script, no network, dark and light."""

from __future__ import annotations

from html import escape
from typing import Any

from ..derivation import Derivation
from ..theorem import Proof
from .latex import step_latex
from .words import CONVENTIONS, TRUST, length_rows, phase_rows, sentence

STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #18794e; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --good: #5fd39b; --bad: #ff8a7a; } }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .8rem 0; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.proved, .checked { color: var(--good); } .refuted, .undecided { color: var(--bad); font-weight: bold; }
.not-applicable { opacity: .6; }
.math { overflow-x: auto; overflow-y: hidden; padding: .4rem 0; } .judges { opacity: .7; font-size: .85em; }
details { margin: .6rem 0; } summary { cursor: pointer; } img { max-width: 100%; height: auto; }
pre { overflow-x: auto; border: 1px solid var(--line); padding: .6rem; font-size: .85em; }
@media print {
  body { max-width: none; font-size: 10pt; } a { color: inherit; text-decoration: none; } li { break-inside: avoid; }
  details::details-content { content-visibility: visible; display: block; } details > * { display: block; }
}
@media (max-width: 40rem) { body { font-size: 15px; margin: 1rem auto; } th, td { padding-right: .5rem; } ol { padding-left: 1.3rem; } }
"""


def page(derivation: Derivation, before: str = "", after: str = "") -> str:
    """The whole page. ``before`` and ``after`` are HTML for the beginning and the end of the body."""
    name = escape(str(derivation.spec))
    head = (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name}</title>'
            f"<style>{STYLE}</style></head><body>")
    return f"{head}<h1><code>{name}</code></h1>{before}{fragment(derivation)}{after}</body></html>\n"


def fragment(derivation: Derivation) -> str:
    """Lengths, matrix, phases, and the theorem table with folded proofs."""
    lengths = _table(("axis", "length", "example"), length_rows(derivation))
    phases = _table(("axis", "r", "taps", "offsets"), phase_rows(derivation))
    size = " × ".join(map(str, derivation.feature))
    verdicts = "".join(_summary(proof) for proof in derivation.proofs)
    proofs = "".join(proof_fragment(proof) for proof in derivation.proofs)
    return (
        f"<h2>Theorems</h2><table><tr><th>#</th><th>theorem</th><th>verdict</th><th>scope</th><th>it says</th></tr>"
        f"{verdicts}</table>{proofs}<h2>Lengths</h2>{lengths}<h2>Matrix for m = {size}</h2>"
        f'<div class="math">{mathml(derivation.matrix.latex())}</div><h2>Phases</h2>{phases}'
        f"<h2>Conventions</h2>{_list(CONVENTIONS)}<h2>What is trusted</h2>{_list(TRUST)}"
    )


def mathml(latex: str) -> str:
    """LaTeX mathematics as MathML. Raises ``ModuleNotFoundError`` naming the extra where the converter is missing."""
    try:
        from latex2mathml.converter import convert
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError("HTML output needs latex2mathml: pip install 'convt[html]'") from missing
    return str(convert(latex, display="block"))


def _summary(proof: Proof) -> str:
    theorem = proof.theorem
    return (f"<tr><td>{theorem.number}</td><td>{escape(theorem.title)}</td>"
            f'<td class="{proof.outcome.replace(" ", "-")}">{proof.outcome}</td><td>{theorem.scope}</td>'
            f"<td>{escape(theorem.not_applicable or theorem.says)}</td></tr>")


def proof_fragment(proof: Proof) -> str:
    """One theorem with its steps, folded."""
    rows: list[str] = []
    if proof.theorem.not_applicable:
        return ""
    for step, verdict in zip(proof.theorem.steps, proof.verdicts, strict=True):
        judges = escape(", ".join(verdict.judges))
        rows.append(f'<li>{escape(sentence(step.reason))}<div class="math">{mathml(step_latex(step))}</div>'
                    f'<span class="{verdict.outcome}">{verdict.outcome}</span> <span class="judges">by {judges}</span></li>')
    title = f"Theorem {proof.theorem.number}: {escape(proof.theorem.title)}"
    left_out = "".join(f"<p>{escape(str(line))}</p>" for line in proof.theorem.left_out)
    return (f"<details><summary>{title}, step by step</summary><p>{escape(proof.theorem.why)}</p><ol>{''.join(rows)}</ol>{left_out}"
            "</details>")


def _table(head: tuple[str, ...], rows: Any) -> str:
    cells = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return "<table><tr>" + "".join(f"<th>{escape(name)}</th>" for name in head) + f"</tr>{cells}</table>"


def _list(lines: tuple[str, ...]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
