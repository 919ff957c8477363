"""A derivation as a LaTeX document: every line of mathematics is rendered from the statement that was judged."""

from __future__ import annotations

import re
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from ..derivation import Derivation
from ..logic import Formula
from ..matrix import ConvMatrix
from ..theorem import Proof
from .words import CONVENTIONS, LATEX_OF, TRUST, in_latex, length_rows, phase_rows

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage{amsmath,amssymb}
\usepackage[margin=25mm]{geometry}
\usepackage{booktabs,graphicx,longtable}
\newcommand{\fit}[1]{\sbox0{#1}\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\setcounter{MaxMatrixCols}{40}
\emergencystretch=3em
"""
MARK = {"proved": r"\textsf{proved}", "checked": r"\textsf{checked}", "refuted": r"\textbf{refuted}",
        "undecided": r"\textbf{undecided}"}


class Printer(LatexPrinter):
    """SymPy's printer, with p_lo and primes as this project writes them, and our logic nodes printing themselves."""

    def __init__(self) -> None:
        super().__init__({"mul_symbol": r"\,", "order": "none"})

    def _print_Symbol(self, expr: sympy.Symbol, style: str = "plain") -> str:
        name = expr.name
        stem, _, index = name.partition("_")
        return name if not index or index.startswith("{") else f"{stem}_{{{index}}}"

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        """Symbols first and the constant last, as they are written by hand."""
        terms = sorted(expr.args, key=lambda term: (term.is_number, str(term.as_coeff_Mul()[1])))
        parts = []
        for term in terms:
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
        text = re.sub(r"[a-z]{3,}(?: [a-z]{3,})*", lambda m: r"\bmod" if m[0] == "mod" else rf"\text{{{m[0]}}}", text)
        return "".join(LATEX_OF.get(c, c) for c in re.sub(r"_(\w\w+)", r"_{\1}", text))


def document(derivation: Derivation) -> str:
    """The complete document; compiles with pdflatex, lualatex and xelatex."""
    title = rf"\title{{\texttt{{{in_latex(str(derivation.spec))}}}: lengths, matrix and proofs}}\date{{}}\author{{convt}}"
    return "\n".join([PREAMBLE, title, r"\begin{document}", r"\maketitle", body(derivation), r"\end{document}", ""])


def body(derivation: Derivation) -> str:
    """The document without its frame."""
    parts = [r"\section*{Conventions}", r"\begin{itemize}",
             *(rf"\item {in_latex(line)}" for line in CONVENTIONS), r"\end{itemize}"]
    parts += [r"\section*{Lengths}", r"\begin{tabular}{lll}\toprule",
              *(" & ".join(map(in_latex, row)) + r" \\" for row in length_rows(derivation)), r"\bottomrule\end{tabular}"]
    size = in_latex(f"A for m = {' × '.join(map(str, derivation.feature))}")
    parts += [r"\section*{Matrix}", size, r"\begin{center}\fit{$\displaystyle " + derivation.matrix.latex() + r"$}\end{center}"]
    parts += [r"\section*{Phases}", r"\begin{longtable}{llll}\toprule",
              r"axis & $r$ & taps & offsets \\ \midrule",
              *(" & ".join(map(in_latex, row)) + r" \\" for row in phase_rows(derivation)),
              r"\bottomrule\end{longtable}"]
    for proof in derivation.proofs:
        parts += theorem(proof)
    parts += [r"\section*{What is trusted}", r"\begin{itemize}", *(rf"\item {in_latex(line)}" for line in TRUST),
              r"\end{itemize}"]
    return "\n".join(parts)


def theorem(proof: Proof) -> list[str]:
    """One theorem with its steps, each with its verdict and judges."""
    head = rf"\section*{{Theorem {proof.theorem.number}: {in_latex(proof.theorem.title)}}}"
    lines = [head, rf"\emph{{{in_latex(proof.theorem.why)}.}} {in_latex(proof.theorem.says)}. "
             rf"[{MARK[proof.outcome]}, {proof.theorem.scope}]", r"\begin{enumerate}\raggedright"]
    for step, verdict in zip(proof.theorem.steps, proof.verdicts, strict=True):
        names = ", ".join(verdict.judges)
        lines += [rf"\item {in_latex(step.reason)}.", "", rf"${step_latex(step)}$", "",
                  rf"{{\small [{MARK[verdict.outcome]}: {in_latex(names)}]}}"]
    return [*lines, r"\end{enumerate}"]


def step_latex(step: Any) -> str:
    """The judged claim of a step as LaTeX mathematics."""
    return str(step.claim.latex(Printer()))
