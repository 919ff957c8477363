"""A derivation as a LaTeX document: every line of mathematics is rendered from the statement that was judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from ..derivation import Derivation
from ..form import taps_per_output
from ..judges import Verdict
from ..logic import Formula
from ..matrix import ConvMatrix
from ..theorem import Proof, Step
from .words import LATEX_OF, TRUST, bars, conventions, in_latex, length_rows, listed, phase_rows, sentence, subject_of, title_of

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage{microtype}
\usepackage{amsmath,amssymb}
\usepackage[margin=25mm]{geometry}
\usepackage{array,booktabs,graphicx,longtable,xcolor}
\usepackage[hidelinks]{hyperref}
\newcommand{\fit}[1]{\sbox0{#1}\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi}
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
BARS = 48  # outputs of a coverage picture


class Printer(LatexPrinter):
    """SymPy's printer, with p_lo and primes as this project writes them, and our logic nodes printing themselves."""

    def __init__(self) -> None:
        super().__init__({"mul_symbol": r"\,", "order": "none"})

    def _print_Symbol(self, expr: sympy.Symbol, style: str = "plain") -> str:
        name = "".join(LATEX_OF.get(c, c) for c in expr.name)
        stem, _, index = name.partition("_")
        return name if not index or index.startswith("{") else f"{stem}_{{{index}}}"

    @staticmethod
    def in_order(expr: sympy.Add) -> list[Any]:
        """The terms of a sum: symbols first and the constant last, as they are written by hand."""
        return sorted(expr.args, key=lambda term: (term.is_number, str(term.as_coeff_Mul()[1])))

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        parts = []
        for term in self.in_order(expr):
            text = str(self.doprint(term))
            parts.append(f" - {text[1:].strip()}" if text.startswith("-") else f" + {text}")
        joined = "".join(parts)
        return joined[3:] if joined.startswith(" + ") else "-" + joined[3:]

    def doprint(self, expr: Any) -> str:
        if isinstance(expr, ConvMatrix):
            return expr.latex()
        return expr._latex(self) if isinstance(expr, Formula) else super().doprint(expr)

    def words(self, text: str) -> str:
        """A name in plain Unicode, such as ⟨Aᵀu, x⟩, as mathematics."""
        kept: list[str] = []

        def keep(match: re.Match[str]) -> str:
            if match[0].strip() == "mod":
                return r"\bmod"
            kept.append(rf"\text{{{match[0].replace('_', chr(92) + '_')}}}")
            return chr(0xE000 + len(kept) - 1)

        text = re.sub(r" ?\b(?:[a-z]+\d[a-z]+|[a-z]{3,}(?:[ _][a-z]{2,})*)\b ?", keep, text)
        text = re.sub(r"_(\w\w+)", r"_{\1}", bars(text))
        return "".join(kept[ord(c) - 0xE000] if 0xE000 <= ord(c) < 0xE000 + len(kept) else LATEX_OF.get(c, c) for c in text)


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
    parts = [*(in_latex(f"Note: {note}.") + "\n" for note in derivation.notes), r"\section*{Theorems}", *summary(derivation),
             r"\section*{Conventions}", *items(conventions(derivation))]
    for number, section in {1: lengths, 4: matrix, 10: phase_table, 13: coverage}.items():
        parts += [*section(derivation)] if derivation.shows(number) else []
    for proof in derivation.in_full:
        parts += theorem(proof)
    return "\n".join([*parts, r"\section*{What is trusted}", *items(TRUST)])


def lengths(derivation: Derivation) -> list[str]:
    """Lengths of every axis."""
    return [r"\section*{Lengths}", "% by theorem 1", r"\begin{tabular}{lll}\toprule",
            *(" & ".join(map(in_latex, row)) + r" \\" for row in length_rows(derivation)), r"\bottomrule\end{tabular}"]


def matrix(derivation: Derivation) -> list[str]:
    """The matrix at the printed size."""
    words = (f"The matrix A for m = {' × '.join(map(str, derivation.feature))}, entry by entry: w where the tap relates the row's feature "
             "to the column's image position.")
    return [r"\section*{Matrix}", in_latex(words), "% by theorem 4",
            r"\begin{center}\fit{$\displaystyle " + derivation.matrix.latex() + r"$}\end{center}"]


def items(lines: Sequence[str]) -> list[str]:
    """A list."""
    return [r"\begin{itemize}", *(rf"\item {in_latex(line)}" for line in lines), r"\end{itemize}"]


def summary(derivation: Derivation) -> list[str]:
    """The table of theorems with their verdicts."""
    rows = [r"\begin{longtable}{@{}r l l >{\raggedright\arraybackslash}p{0.55\linewidth}@{}}\toprule",
            r"\# & theorem & verdict & it says \\ \midrule\endhead"]
    for proof in derivation.proofs:
        colour, word = MARK[proof.outcome]
        says = in_latex(proof.theorem.not_applicable or proof.theorem.says)
        number = str(proof.theorem.number)
        link = rf"\hyperlink{{t{number}}}{{{number}}}" if proof in derivation.in_full else number
        rows.append(rf"{link} & {in_latex(proof.theorem.title)} & "
                    rf"\textcolor{{{colour}}}{{{word}}} & {says} \\")
    return [*rows, r"\bottomrule\end{longtable}"]


def phase_table(derivation: Derivation) -> list[str]:
    """Residue, taps and offsets of every phase."""
    words = "With j + p_lo = s·Q + r, the outputs of phase r read feature Q + offset by each of the phase's taps."
    return [r"\section*{Polyphase split}", in_latex(words), "% by theorem 10", r"\begin{longtable}{@{}l l l l@{}}\toprule",
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


def theorem(proof: Proof) -> list[str]:
    """One theorem with its steps, each with its verdict and judges."""
    colour, word = MARK[proof.outcome]
    made = proof.theorem
    says = in_latex(". ".join([made.not_applicable or made.says, *map(str, made.left_out)]))
    lines = [rf"\section*{{\hypertarget{{t{made.number}}}{{Theorem {made.number}}}: {in_latex(made.title)}}}",
             rf"\emph{{{in_latex(sentence(made.why))}.}} {says}. "
             rf"\verdict{{{colour}}}{{{word}, {made.scope}}}"]
    if not made.steps:
        return lines
    lines.append(r"\begin{enumerate}\raggedright")
    for index, (step, verdict) in enumerate(zip(made.steps, proof.verdicts, strict=True), 1):
        lines += [rf"\item {{}}{in_latex(sentence(step.reason))}.", "", *judged(proof, index, step, verdict)]
    return [*lines, r"\end{enumerate}"]


def judged(proof: Proof, index: int, step: Step, verdict: Verdict) -> list[str]:
    """A formula below the comment that says what stands behind it, and the judges' names."""
    colour, word = MARK[verdict.outcome]
    lines = [f"% theorem {proof.theorem.number}, step {index}: {verdict.outcome}", f"${step_latex(step)}$"]
    if "pmatrix" in lines[1]:  # breaks nowhere
        lines = [r"\fit{%", *lines, "}"]
    return [*lines, "",
            rf"\verdict{{{colour}}}{{{word}: {in_latex(', '.join(verdict.judges))}}}", ""]


def step_latex(step: Any) -> str:
    """The judged claim of a step as LaTeX mathematics."""
    return str(step.claim.latex(Printer()))
