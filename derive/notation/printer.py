"""Terms, formulas and names as LaTeX mathematics: sums and products in the order of writing, words upright."""

from __future__ import annotations

import re
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from .. import order
from ..claims import Sum
from ..logic import Formula
from ..matrix import ConvMatrix
from ..order import is_negative
from .characters import LATEX_OF, bars


class Printer(LatexPrinter):
    """SymPy's printer, with p_lo and primes as this project writes them, and our logic nodes printing themselves."""

    def __init__(self) -> None:
        super().__init__({"mul_symbol": r"\,", "order": "none"})

    def _print_Symbol(self, expr: sympy.Symbol, style: str = "plain") -> str:
        stem, _, index = expr.name.partition("_")
        primes = stem[len(stem.rstrip("'")):]
        letter = _word(stem.rstrip("'"))
        below = index if index.startswith("{") else f"{{{_word(index)}}}"
        return (letter.rstrip() + primes if primes else letter) + (f"_{below}" if index else "")

    @staticmethod
    def in_order(expr: sympy.Add) -> list[Any]:
        """The terms of a sum as they are written by hand."""
        return order.terms(expr)

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        joined = "".join(f" - {self._term(-term)}" if is_negative(term) else f" + {self._term(term)}" for term in self.in_order(expr))
        return joined[3:] if joined.startswith(" + ") else "-" + joined[3:]

    def _term(self, term: Any) -> str:
        return f"({self.doprint(term)})" if isinstance(term, sympy.Add) else str(self.doprint(term))

    def _print_Mul(self, expr: Any) -> str:
        if is_negative(expr):
            return f"-{self._term(-expr)}"
        if any(factor.is_Pow and factor.exp.is_negative for factor in expr.args) or expr.is_number:
            return str(super()._print_Mul(expr))
        made = ""
        for factor in order.factors(expr):
            text = self._term(factor)
            made += (r"\," if made and not made[-1].isdigit() and not text.startswith("(") else "") + text
        return made

    def doprint(self, expr: Any) -> str:
        if isinstance(expr, ConvMatrix):
            return expr.latex()
        if isinstance(expr, Sum):
            return expr.latex(self)
        return expr._latex(self) if isinstance(expr, Formula) else super().doprint(expr)

    def words(self, text: str) -> str:
        """A name in plain Unicode, such as ⟨Aᵀu, x⟩, as mathematics."""
        kept: list[str] = []

        def keep(match: re.Match[str]) -> str:
            if match[0].strip() == "mod":
                return r" \bmod "
            kept.append(rf"\text{{{match[0].replace('_', chr(92) + '_')}}}")
            return chr(0xE000 + len(kept) - 1)

        text = re.sub(r" ?\b(?:[a-z]+\d[a-z]+|[a-z]{3,}(?:[ _][a-z]{2,})*)\b ?", keep, text)
        text = re.sub(r"(?<=[q1…)])\*", "{*}", re.sub(r"_(\w\w+)", r"_{\1}", bars(text)))
        signs = {**LATEX_OF, " ": r"\, "}
        return "".join(kept[ord(c) - 0xE000] if 0xE000 <= ord(c) < 0xE000 + len(kept) else signs.get(c, c) for c in text)


def _word(name: str) -> str:
    """A letter as it is, a name of several letters upright, a letter with a number as one with an index."""
    if numbered := re.fullmatch(r"([A-Za-z])(\d)", name):
        return f"{{{numbered[1]}_{{{numbered[2]}}}}}"
    made = "".join(LATEX_OF.get(c, c) for c in name)
    return rf"\mathrm{{{made}}}" if re.fullmatch("[A-Za-z]{2,}", made) else made
