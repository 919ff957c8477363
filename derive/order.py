"""The order in which sums and products are written by hand: s·i + d·a − p_lo, n + p_lo − d(k−1) − 1, s(m−1).

What is added comes before what is subtracted, numbers last of each; positions come before taps, and parameters stand before
the letters that they multiply.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy

LETTERS = (*"nmNMLJjQvyYτλμiIt", *"uqwxzecbar")  # positions first, taps and residues last
PARAMETERS = (*"skdgFGCph", "op")
_RANK = {name: number for number, name in enumerate((*LETTERS, *PARAMETERS))}
_OTHER = LETTERS.index("e")


def terms(expr: Any) -> list[Any]:
    """The terms of a sum in the order of writing."""
    def place(term: Any) -> tuple[Any, ...]:
        return is_negative(term), bool(term.is_number), sorted(map(_rank, sympy.Mul.make_args(term))), _name(term)

    return sorted(expr.args, key=place)


def factors(expr: Any) -> list[Any]:
    """The factors of a product in the order of writing: numbers, parameters, letters, sums."""
    def place(one: Any) -> tuple[Any, ...]:
        return not one.is_number, isinstance(one, sympy.Add), _rank(one) < len(LETTERS), _rank(one), _name(one)

    return sorted(expr.args, key=place)


def text(value: Any) -> str:
    """A term in one line: 2·i + a − 1, s·(m − 1)."""
    value = sympy.S(value)
    if isinstance(value, sympy.Add):
        joined = "".join(f" − {text(-term)}" if is_negative(term) else f" + {text(term)}" for term in terms(value))
        return joined[3:] if joined.startswith(" + ") else "−" + joined[3:]
    if isinstance(value, sympy.Mul) and is_negative(value):
        return "−" + text(-value)
    if isinstance(value, sympy.Mul) and not value.is_number:
        return "·".join(f"({text(one)})" if isinstance(one, sympy.Add) else text(one) for one in factors(value))
    return str(value).replace("**", "^").replace("*", "·").replace("-", "−")


def is_negative(term: Any) -> bool:
    """Whether a term is written with a minus sign before it."""
    return bool(sympy.S(term).as_coeff_Mul()[0].is_negative)


def _rank(factor: Any) -> int:
    if isinstance(factor, sympy.Add):
        return min(_rank(one) for term in factor.args for one in sympy.Mul.make_args(term))
    return 99 if factor.is_number else _RANK.get(_stem(factor), _OTHER)


@lru_cache(maxsize=10_000)
def _name(term: Any) -> str:
    """What is left to sort by; the same few terms are asked about tens of thousands of times a document."""
    return str(term).replace("_lo", "_before").replace("_hi", "_behind")


def _stem(factor: Any) -> str:
    """The letter of p_lo, a_2, i' or w[a]; nothing for what is no letter."""
    name = str(factor.base.label) if isinstance(factor, sympy.Indexed) else getattr(factor, "name", "")
    return name.partition("_")[0].rstrip("'")
