"""A derivation as one self-contained HTML page: MathML, no script, no network, dark and light."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from ..derivation import Derivation
from ..errors import ArgumentError
from ..notation.mathml import mathml
from ..proof import Proof
from ..theorems.t23_worked_examples import OWN
from .breaking import ems, pieces
from .chain import rows, statement
from .inline import formula, parts
from .latex import matrices, step_latex, worked
from .letters import definition_rows, letters_of, own_letters
from .phrases import Row
from .words import TRUST, length_rows, matrix_words, phase_rows, sentence, subject_of, title_of

SECTIONS = {"conventions": "Definitions and letters", "lengths": "Lengths", "matrix": "Matrix", "pictures": "Pictures", "phases": "Phases",
            "coverage": "Coverage", "numbers": "Worked through with numbers", "theorems": "Theorems", "trusted": "What is trusted"}
PICTURES = {"scatter": 7, "gather": 8, "matrix": 4, "phases": 10}  # each by its theorem
RESTS = {"lengths": (1,), "matrix": (4,), "phases": (10,), "pictures": tuple(PICTURES.values()), "coverage": (13,), "numbers": (23,)}
STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #18794e; --bad: #b42318; --soft: #8881; }
@media (prefers-color-scheme: dark) { :root { --good: #5fd39b; --bad: #ff8a7a; } }
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h2 { margin-top: 2.2rem; } h2, summary { scroll-margin-top: 1rem; }
table { border-collapse: collapse; margin: .8rem 0; width: 100%; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); }
th, td { vertical-align: top; overflow-wrap: normal; }
.proved, .checked, .true { color: var(--good); } .refuted, .undecided, .false { color: var(--bad); font-weight: bold; }
.badge { font-size: .75rem; font-weight: 600; padding: .1rem .5rem; border: 1px solid; border-radius: 1rem; white-space: nowrap; }
.not-applicable { opacity: .6; } .stacked td:nth-child(4) { white-space: nowrap; }
nav a { margin-right: .9rem; white-space: nowrap; }
.math { padding: .4rem 0; container-type: inline-size; } .math math { font-size: 1.05em; }
.matrix math { font-size: min(1em, calc(100cqw / var(--wide))); }
.judges { opacity: .7; font-size: .85em; }
.row { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1.5rem; margin: .25rem 0 .25rem 1.5rem; }
.row { container-type: inline-size; } .row .math { padding: 0; max-width: 100%; container-type: normal; }
.row .math math { font-size: min(1.05em, calc(100cqw / var(--wide))); }
.row .why { opacity: .75; font-size: .9em; margin-left: auto; text-align: right; }
.statement { margin: .4rem 1.5rem; } .steps > li { margin: .7rem 0; } .asked { font-size: .85em; }
details { margin: .6rem 0; } summary { cursor: pointer; }
figure { margin: 1rem 0; } figure svg, img { max-width: 100%; height: auto; display: block; }
pre { white-space: pre-wrap; border: 1px solid var(--line); padding: .6rem; font-size: .85em; }
@page { margin: 18mm; }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 10pt; } a { color: inherit; text-decoration: none; } nav { display: none; }
  li, figure, tr { break-inside: avoid; } h2, summary { break-after: avoid; }
  details::details-content { content-visibility: visible; display: block; } details > * { display: block; }
}
@media (max-width: 40rem) {
  body { font-size: 15px; margin: 1rem auto; } ol, ul { padding-left: 1.3rem; }
  .row, .statement { margin-left: .3rem; margin-right: 0; }
  .stacked tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line); } .stacked th { display: none; }
  .stacked td { display: inline; border: 0; padding: 0 .5rem 0 0; } .stacked td:last-child { display: block; }
}
"""


def page(derivation: Derivation, before: str = "", after: str = "") -> str:
    """The whole page. ``before`` and ``after`` are HTML for the beginning and the end of the body."""
    named = derivation.spec.chosen
    heading = f"The transposed convolution <code>{escape(str(derivation.spec))}</code>" if named else escape(title_of(derivation.spec))
    links = "".join(f'<a href="#{anchor}">{SECTIONS[anchor]}</a>' for anchor in sections(derivation))
    return framed(title_of(derivation.spec), subject_of(derivation),
                  f"<h1>{heading}</h1><nav>{links}</nav>{before}{fragment(derivation)}{after}")


def framed(title: str, subject: str, body: str) -> str:
    """A whole page around the body: its title, what it is about, and the style."""
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
            f'<meta name="description" content="{escape(subject)}"><meta name="generator" content="convt">'
            f"<style>{STYLE}</style></head><body>{body}</body></html>\n")


def sections(derivation: Derivation) -> list[str]:
    """Anchors of the sections that are printed."""
    found = [anchor for anchor in SECTIONS if anchor not in RESTS or derivation.looks(*RESTS[anchor])]
    return [anchor for anchor in found if anchor != "numbers" or worked(derivation)]


def fragment(derivation: Derivation) -> str:
    """The theorem table with folded proofs, lengths, matrix, phases, pictures and coverage."""
    size = " × ".join(map(str, derivation.feature))
    made: dict[str, Callable[[], str]] = {
        "theorems": lambda: _heading("theorems") + _theorems(derivation),
        "lengths": lambda: _heading("lengths") + _table(("axis", "length", "example"), length_rows(derivation)),
        "matrix": lambda: "".join(
            [_heading("matrix", f" for m = {size}"), _said(matrix_words(derivation)), *map(math, matrices(derivation))]),
        "phases": lambda: _heading("phases") + _table(("axis", "r", "taps", "offsets"), phase_rows(derivation)),
        "pictures": lambda: _heading("pictures") + "".join(
            _picture(derivation, kind) for kind, number in PICTURES.items() if derivation.looks(number)),
        "coverage": lambda: _heading("coverage") + _picture(derivation, "overlap"),
        "numbers": lambda: _heading("numbers") + _said(sentence(OWN) + ":") + "".join(map(_row, worked(derivation))),
        "conventions": lambda: "".join(
            [_heading("conventions"), *map(_row, definition_rows(derivation.spec)), _list(letters_of(derivation))]),
        "trusted": lambda: _heading("trusted") + _list(TRUST),
    }
    return "".join(made[anchor]() for anchor in sections(derivation))


def _theorems(derivation: Derivation) -> str:
    """The notes, the table, and every theorem: statement, proof, and what the judges were asked."""
    head = "".join(f"<th>{name}</th>" for name in ("#", "theorem", "verdict", "scope", "it says"))
    rows = "".join(_summary(proof, proof in derivation.in_full) for proof in derivation.proofs)
    return (f'{"".join(f"<p>Note: {escape(note)}.</p>" for note in derivation.notes)}<table class="stacked"><tr>{head}</tr>{rows}</table>'
            f'{"".join(proof_fragment(proof, proof in derivation.in_full) for proof in derivation.proofs)}')


def _heading(anchor: str, more: str = "") -> str:
    return f'<h2 id="{anchor}">{SECTIONS[anchor]}{more}</h2>'


def _picture(derivation: Derivation, kind: str) -> str:
    """One picture, or a word where it could not be read at this size."""
    from .figures import place
    from .svg import svg

    try:
        drawn = svg(place(derivation.spec, derivation.feature, kind)[0], f"{kind} of {derivation.spec}")
    except ArgumentError as refused:
        return f"<p>No picture ({kind}): {escape(refused.rule)}.</p>"
    return f"<figure>{drawn}</figure>"


def math(latex: str) -> str:
    """A displayed formula that breaks between its parts; a matrix, which cannot, shrinks to the width that there is."""
    if "matrix" in latex or "array" in latex:
        return f'<div class="math matrix" style="--wide: {ems(latex)}">{mathml(latex)}</div>'
    parted = pieces(latex)
    return f'<div class="math" style="--wide: {max(map(ems, parted))}">{" ".join(mathml(piece, "inline") for piece in parted)}</div>'


def inline(text: str) -> str:
    """A sentence with its formulas as MathML."""
    made = list[str]()
    for mathematics, run in parts(text):
        core = run.rstrip(".,;:") if mathematics else ""
        made.append((" ".join(mathml(piece, "inline") for piece in pieces(formula(core))) if core else "") + escape(run[len(core):]))
    return " ".join(made)


def _said(text: str) -> str:
    return f"<p>{inline(text)}</p>"


def _row(row: Row) -> str:
    """A line of a proof with its reason beside it."""
    reason = f'<span class="why">{" ".join(mathml(piece, "inline") for piece in pieces(row.reason))}</span>' if row.reason else ""
    return f'<div class="row">{math(row.latex) if row.latex else ""}{reason}</div>'


def _summary(proof: Proof, in_full: bool) -> str:
    theorem = proof.theorem
    number = theorem.number if theorem.not_applicable else f'<a href="#t{theorem.number}">{theorem.number}</a>'
    return (f"<tr><td>{number}</td><td>{escape(theorem.title)}</td>"
            f'<td class="{proof.outcome.replace(" ", "-")}">{proof.outcome}</td><td>{theorem.scope}</td>'
            f"<td>{inline(theorem.not_applicable or theorem.says)}</td></tr>")


def proof_fragment(proof: Proof, in_full: bool = True) -> str:
    """One theorem: its statement, its proof as lines below each other, and, folded, what the judges were asked and said."""
    theorem = proof.theorem
    if theorem.not_applicable:
        return ""
    head = (f'<h3 id="t{theorem.number}">Theorem {theorem.number}: {escape(theorem.title)} '
            f'<span class="badge {proof.outcome}">{proof.outcome}, {theorem.scope}</span></h3>'
            f"<p><i>{inline(sentence(theorem.why))}.</i></p>")
    says = "".join(f'<p class="statement">{inline(str(line))}</p>' for line in theorem.headline)
    says += "".join(map(_row, statement(theorem)))
    left_out = "".join(f"<p>Left out: {inline(str(line))}.</p>" for line in theorem.left_out)
    if not in_full:
        return head + says + left_out
    says += "".join(f'<p class="judges">{inline(own)}</p>' for own in (own_letters(theorem.number),) if own)
    steps, asked = list[str](), list[str]()
    for step, verdict in zip(theorem.steps, proof.verdicts, strict=True):
        judges = escape(", ".join(verdict.judges))
        said = f'<span class="{verdict.outcome}">{verdict.outcome}</span> <span class="judges">by {judges}</span>'
        short = "" if verdict.outcome in ("proved", "checked") else said
        steps.append(f"<li>{inline(sentence(step.reason))}.{''.join(map(_row, rows(step.claim)))}{short}</li>")
        asked.append(f"<li>{math(step_latex(step))}{said}</li>")
    return (f'{head}{says}{left_out}<ol class="steps">{"".join(steps)}</ol>'
            f'<details class="asked"><summary>What the judges were asked, and what they said</summary><ol>{"".join(asked)}</ol></details>')


def _table(head: tuple[str, ...], rows: Any) -> str:
    cells = "".join("<tr>" + "".join(f"<td>{inline(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return "<table><tr>" + "".join(f"<th>{escape(name)}</th>" for name in head) + f"</tr>{cells}</table>"


def _list(lines: tuple[str, ...]) -> str:
    return "<ul>" + "".join(f"<li>{inline(line)}</li>" for line in lines) + "</ul>"
