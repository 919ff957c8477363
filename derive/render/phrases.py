"""Formulas as they are read: and, or, there is; 0 ≤ i < m for 0 ≤ i ≤ m − 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from ..logic import All, Between, Either, Exists, Iff, Implies
from ..notation.printer import Printer


@dataclass(frozen=True)
class Row:
    """A line: its mathematics (from the second on beginning with what relates it to the line before), and why, both LaTeX."""

    latex: str
    reason: str = ""


def where(ranges: Sequence[Any], define: Sequence[Any], printer: Printer) -> str:
    """For which letters something is said, and what the names in it stand for."""
    bounds = r"\text{for } " + listed(ranges, printer) if ranges else ""
    names = r"\text{with } " + listed(define, printer) if define else ""
    return ",\\; ".join(part for part in (bounds, names) if part)


def listed(nodes: Iterable[Any], printer: Printer) -> str:
    """Formulas side by side."""
    return ",\\; ".join(phrase(node, printer) for node in nodes)


def phrase(node: Any, printer: Printer) -> str:
    """A formula as it is read: and, or; 0 ≤ i < m for 0 ≤ i ≤ m − 1."""
    if isinstance(node, Between):
        low, middle, high = node.args
        bound = up_to(high, printer) if low == 0 else rf"\le {printer.doprint(high)}"
        return rf"{printer.doprint(low)} \le {printer.doprint(middle)} {bound}"
    if isinstance(node, All | Either):
        word = r" \text{ and } " if isinstance(node, All) else r" \text{ or } "
        return word.join(_grouped(arg, printer, isinstance(node, All)) for arg in node.args)
    if isinstance(node, Iff | Implies):
        sign = r"\Leftrightarrow" if isinstance(node, Iff) else r"\Rightarrow"
        return rf"{_grouped(node.args[0], printer, True)} \;{sign}\; {_grouped(node.args[1], printer, True)}"
    if isinstance(node, Exists):
        names = ", ".join(map(printer.doprint, node.variables))
        return rf"\text{{there is }} {names} \text{{ with }} {phrase(node.body, printer)}"
    return str(printer.doprint(node))


def _grouped(node: Any, printer: Printer, tight: bool) -> str:
    text = phrase(node, printer)
    return f"({text})" if isinstance(node, Iff | Implies | Exists | (Either if tight else All)) else text


def up_to(last: Any, printer: Printer) -> str:
    """< m for ≤ m − 1."""
    constant, rest = sympy.S(last).as_coeff_Add()
    return f"< {printer.doprint(last + 1)}" if constant == -1 or rest == 0 else rf"\le {printer.doprint(last)}"
