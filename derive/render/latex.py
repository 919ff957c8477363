"""A derivation as a LaTeX document: every line of mathematics is rendered from the statement that was judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..derivation import Derivation
from ..errors import ArgumentError
from ..form import taps_per_output
from ..judges import Verdict
from ..notation.characters import in_latex
from ..notation.printer import Printer
from ..proof import Proof
from ..theorem import Step
from ..theorems.t23_worked_examples import OWN
from .boxes import picture
from .breaking import ems
from .chain import rows, statement
from .figures import place
from .inline import set_in_latex
from .letters import definition_rows, letters_of, own_letters
from .phrases import Row
from .words import APPENDIX, TRUST, length_rows, listed, matrix_words, phase_rows, sentence, subject_of, title_of

CALLS = 24  # the theorems from here on are what single calls rest on: one paragraph each in a short form
PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage{microtype}
\usepackage{amsmath,amssymb}
\usepackage[margin=22mm]{geometry}
\usepackage{array,booktabs,graphicx,longtable,xcolor}
\usepackage[hidelinks]{hyperref}
\newcommand{\fit}[1]{\sbox0{#1}\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi}
\newcommand{\row}[2]{{\par\leftskip=3em\rightskip=0pt plus 1fil\parindent=-1em\indent
  \strut#1\hfill\hbox{}\hskip 1.5em{\small\color{quiet}#2}\par}}
\newcommand{\statement}[1]{{\par\smallskip\leftskip=2em\rightskip=2em plus 1fil#1\par\smallskip}}
\newcommand{\fitrow}[1]{\sbox0{#1}\ifdim\wd0>\dimexpr\linewidth-4em\relax\resizebox{\dimexpr\linewidth-4em\relax}{!}{\usebox0}\else\usebox0\fi}
\newcommand{\verdict}[2]{{\small\color{#1}[#2]}}
\definecolor{good}{HTML}{18794E}
\definecolor{bad}{HTML}{B42318}
\definecolor{quiet}{HTML}{666666}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\setcounter{MaxMatrixCols}{40}
\emergencystretch=4em
\mathchardef\breakingcomma\mathcode`\,
{\catcode`,=\active \gdef,{\breakingcomma\penalty100 }}
\AtBeginDocument{\mathcode`\,=\string"8000}
\hbadness=2000
"""
MARK = {"proved": ("good", "proved"), "checked": ("good", "checked"), "refuted": ("bad", "refuted"),
        "undecided": ("bad", "undecided"), "not applicable": ("quiet", "not applicable")}
PICTURES = {"scatter": 7, "gather": 8, "phases": 10}  # each by its theorem
BARS = 48  # outputs of a coverage picture
EMS = 42  # a sum that may be wider than a page


def document(derivation: Derivation) -> str:
    """The complete document; compiles with pdflatex, lualatex and xelatex."""
    return framed(title_of(derivation.spec), subject_of(derivation), body(derivation))


def framed(title: str, subject: str, content: str) -> str:
    """A whole document around the content, with its title and what it is about as metadata, in English, of no author."""
    facts = {"pdftitle": in_latex(title), "pdfsubject": in_latex(subject), "pdfcreator": "convt", "pdfauthor": "", "pdflang": "en"}
    about = rf"\hypersetup{{{', '.join(f'{name}={{{value}}}' for name, value in facts.items())}}}"
    return "\n".join([PREAMBLE + about, rf"\title{{{in_latex(title)}}}\date{{}}\author{{}}", r"\begin{document}", r"\maketitle", content,
                      r"\end{document}", ""])


def body(derivation: Derivation) -> str:
    """The document without its frame. Each formula stands below the comment that names its theorem, step and verdict."""
    parts = [*(in_latex(f"Note: {note}.") + "\n" for note in derivation.notes), r"\section*{Definitions and letters}",
             *definitions(derivation), *items(letters_of(derivation), set_in_latex)]
    for number, section in {1: lengths, 4: matrix, 7: pictures, 10: phase_table, 13: coverage, 23: example}.items():
        parts += [*section(derivation)] if derivation.looks(number) else []
    parts += [r"\section*{Theorems}", *([] if derivation.short else summary(derivation))]
    for proof in derivation.proofs:
        parts += theorem(proof, proof in derivation.in_full, not derivation.short)
    if not derivation.short:
        parts += appendix(derivation)
    return "\n".join([*parts, r"\section*{What is trusted}", *items(TRUST)])


def definitions(derivation: Derivation) -> list[str]:
    """The trilinear form's three derivatives, as sums."""
    lines = ["The three maps of this document are the derivatives of one trilinear form $T(u, w, x)$:"]
    for row in definition_rows(derivation.spec):
        lines += ["% definition", _row(row)]
    return lines


def lengths(derivation: Derivation) -> list[str]:
    """Lengths of every axis."""
    return [r"\section*{Lengths}", "% by theorem 1", r"\begin{tabular}{lll}\toprule",
            *(" & ".join(map(set_in_latex, row)) + r" \\" for row in length_rows(derivation)), r"\bottomrule\end{tabular}"]


def matrix(derivation: Derivation) -> list[str]:
    """The matrix at the printed size."""
    made = [r"\section*{Matrix}", set_in_latex(matrix_words(derivation))]
    for latex in matrices(derivation):
        made += ["% by theorem 4", r"\begin{center}\fit{$\displaystyle " + latex + r"$}\end{center}"]
    return made


def matrices(derivation: Derivation) -> list[str]:
    """A and its transpose at the printed size."""
    made, most = derivation.matrix, derivation.columns
    return [f"A = {made.latex(most)}", rf"A^{{\mathsf T}} = {made.latex(most, transposed=True)}"]


def items(lines: Sequence[str], typeset: Callable[[str], str] = in_latex) -> list[str]:
    """A list."""
    return [r"\begin{itemize}\setlength{\itemsep}{0pt}", *(rf"\item {typeset(line)}" for line in lines), r"\end{itemize}"]


def summary(derivation: Derivation) -> list[str]:
    """The table of theorems with their verdicts."""
    rows = [r"\begin{longtable}{@{}r l l >{\raggedright\arraybackslash}p{0.55\linewidth}@{}}\toprule",
            r"\# & theorem & verdict & it says \\ \midrule\endhead"]
    for proof in derivation.proofs:
        colour, word = MARK[proof.outcome]
        says = set_in_latex(proof.theorem.not_applicable or proof.theorem.says)
        number = str(proof.theorem.number)
        link = rf"\hyperlink{{t{number}}}{{{number}}}" if proof in derivation.in_full else number
        rows.append(rf"{link} & {in_latex(proof.theorem.title)} & "
                    rf"\textcolor{{{colour}}}{{{word}}} & {says} \\")
    return [*rows, r"\bottomrule\end{longtable}"]


def pictures(derivation: Derivation) -> list[str]:
    """Scatter, gather and phases, where they can be read at the printed size."""
    made = [r"\section*{Pictures}"]
    for kind, number in PICTURES.items():
        try:
            drawn = picture(place(derivation.spec, derivation.feature, kind)[0])
        except ArgumentError as refused:
            made.append(in_latex(f"No picture ({kind}): {refused.rule}.") + "\n")
            continue
        made += [f"% by theorem {number}", r"\begin{center}\scalebox{0.8}{\fit{%", drawn + "%", r"}}\end{center}"]
    return made


def example(derivation: Derivation) -> list[str]:
    """Numbers of this configuration, worked through once."""
    found = worked(derivation)
    lines = [r"\section*{Worked through with numbers}", set_in_latex(sentence(OWN) + ":")] if found else []
    return lines + [line for row in found for line in ("% by theorem 23", _row(row))]


def worked(derivation: Derivation) -> list[Row]:
    """The lines of the example with this configuration's own numbers; none where it would be too long."""
    return [row for proof in derivation.proofs if proof.theorem.number == 23 for step in proof.theorem.steps if step.reason.startswith(OWN)
            for row in rows(step.claim) if "=" in row.latex]


def phase_table(derivation: Derivation) -> list[str]:
    """Residue, taps and offsets of every phase."""
    words = "With j + p_lo = s·Q + r, the outputs of phase r read feature Q + offset by each of the phase's taps."
    return [r"\section*{Polyphase split}", set_in_latex(words), "% by theorem 10", r"\begin{longtable}{@{}l l l l@{}}\toprule",
            r"axis & $r$ & taps & offsets \\ \midrule",
            *(" & ".join(map(in_latex, row)) + r" \\" for row in phase_rows(derivation)), r"\bottomrule\end{longtable}"]


def coverage(derivation: Derivation) -> list[str]:
    """A bar for each output of each different axis, as high as the number of its taps."""
    words = f"How many taps reach each output along an axis, for m = {' × '.join(map(str, derivation.feature))}."
    lines = [r"\section*{Coverage}", in_latex(words), "% by theorem 13"]
    for number, (axis, m, n) in enumerate(zip(derivation.spec.axes, derivation.feature, derivation.image, strict=True)):
        if axis in derivation.spec.axes[:number]:
            continue
        counts = taps_per_output(axis, m, min(n, BARS))
        shown = counts[:BARS]
        width = min(5.0, 150.0 / len(shown))
        rules = "".join(rf"\textcolor{{good}}{{\rule{{{0.8 * width:.2f}mm}}{{{2 * count + 0.3:.1f}mm}}}}"
                        rf"\hspace{{{0.2 * width:.2f}mm}}" for count in shown)
        label = in_latex(f"axis {number}: taps for x[0], x[1], …: {listed(tuple(counts), 40)}" + (", …" if len(counts) <= 40 < n else ""))
        lines += ["", rf"\mbox{{{rules}}}\nopagebreak", "", label, ""]
    return lines


def proof(made: Proof) -> str:
    """A theorem and its proof."""
    return "\n".join(theorem(made))


def theorem(proof: Proof, in_full: bool = True, asked: bool = False) -> list[str]:
    """A theorem: its statement, and its proof as lines below each other. ``asked``: the appendix has what the judges were asked."""
    colour, word = MARK[proof.outcome]
    made = proof.theorem
    title = rf"\hypertarget{{t{made.number}}}{{Theorem {made.number}}}: {in_latex(made.title)}"
    lines = [rf"\subsection*{{{title}}}" if in_full else rf"\par\medskip\noindent\textbf{{{title}.}}",
             rf"\emph{{{set_in_latex(sentence(made.why))}.}} \verdict{{{colour}}}{{{word}, {made.scope}}}\par"]
    statements = [made.not_applicable] if made.not_applicable else list(map(str, made.headline))
    if not in_full and made.number >= CALLS:
        said = "; ".join(map(set_in_latex, statements))
        return [rf"\par\smallskip\hypertarget{{t{made.number}}}{{\textbf{{Theorem {made.number}: {in_latex(made.title)}.}}}} "
                rf"{said}. \verdict{{{colour}}}{{{word}, {made.scope}}}\par"]
    lines += [rf"\statement{{{set_in_latex(line)}}}" for line in statements]
    for row in statement(made):
        lines += [f"% theorem {made.number}, statement: {proof.outcome}", _row(row)]
    lines += [rf"{{\small\color{{quiet}}{set_in_latex(own)}}}\par" for own in (own_letters(made.number),) if own and in_full and made.steps]
    lines += ["Left out: " + set_in_latex(str(line)) + "." for line in made.left_out]
    if not made.steps or not in_full:
        return lines
    where = rf" \verdict{{quiet}}{{judged as \hyperlink{{a{made.number}}}{{in the appendix}}}}" if asked else ""
    lines += [rf"\emph{{Proof.}}{where}", r"\begin{enumerate}\raggedright"]
    for index, (step, verdict) in enumerate(zip(made.steps, proof.verdicts, strict=True), 1):
        lines += [rf"\item {{}}{set_in_latex(sentence(step.reason))}.", *_lines(proof, index, step, verdict)]
    return [*lines, r"\end{enumerate}"]


def _lines(proof: Proof, index: int, step: Step, verdict: Verdict) -> list[str]:
    """The lines of a step, each below the comment that says what stands behind it."""
    lines = list[str]()
    for number, row in enumerate(rows(step.claim)):
        lines.append(f"% theorem {proof.theorem.number}, step {index}, line {number}: {verdict.outcome}")
        lines.append(_row(row))
    if verdict.outcome not in ("proved", "checked"):
        lines.append(rf"\row{{\verdict{{bad}}{{{verdict.outcome}}}}}{{}}")
    return lines


def _row(row: Row) -> str:
    """A formula with its reason beside it; a matrix breaks nowhere, nor does what stands below a sum, so they shrink."""
    formula = rf"$\displaystyle {row.latex}$" if row.latex else ""
    whole = "matrix" in formula or "array" in formula or (formula.count(r"\sum") == 1 and ems(row.latex) > EMS)
    fitted = rf"\fitrow{{{formula}}}" if whole else formula
    return rf"\row{{{fitted}}}{{{f'${row.reason}$' if row.reason else ''}}}"


def appendix(derivation: Derivation) -> list[str]:
    """What the judges were asked, as they were asked it, and what each of them said."""
    lines = [r"\section*{Appendix: what the judges were asked}", r"{\small\raggedright", in_latex(APPENDIX)]
    for proof in derivation.in_full:
        if not proof.theorem.steps:
            continue
        number, title = proof.theorem.number, in_latex(proof.theorem.title)
        lines += [rf"\subsection*{{\hypertarget{{a{number}}}{{Theorem {number}}}: {title}}}", r"\begin{enumerate}\raggedright"]
        for index, (step, verdict) in enumerate(zip(proof.theorem.steps, proof.verdicts, strict=True), 1):
            lines += [r"\item {}", *judged(proof, index, step, verdict)]
        lines.append(r"\end{enumerate}")
    return [*lines, "}"]


def judged(proof: Proof, index: int, step: Step, verdict: Verdict) -> list[str]:
    """A claim below the comment that says what stands behind it, and the judges' names."""
    colour, word = MARK[verdict.outcome]
    lines = [f"% theorem {proof.theorem.number}, step {index}: {verdict.outcome}", f"${step_latex(step)}$"]
    if "pmatrix" in lines[1]:  # breaks nowhere
        lines = [r"\fit{%", *lines, "}"]
    return [*lines, rf"\verdict{{{colour}}}{{{word}: {in_latex(', '.join(verdict.judges))}}}", ""]


def step_latex(step: Any) -> str:
    """The judged claim of a step as LaTeX mathematics."""
    return str(step.claim.latex(Printer()))
