"""A judged claim as lines of a proof: equalities and equivalences one below the other, each with its reason beside it.

Every line is made from the claim that was judged: sums with what they range over below the Σ, statements folded, both sides of an
identity. Indices count from 0, so i < m stands for 0 ≤ i < m below a Σ. What holds alike on every axis is printed once, without
the axes' numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from ..claims import Certificate, Claim, ForAll, Identity, SameSum, Sum, Unequal
from ..claims.algebra import located, shown
from ..claims.index import Named, unnumbered, written
from ..expression import Transpose
from ..logic import All, Between, Either, Equal, Exists, Iff, Implies, Le
from ..objects import Map
from ..statement import letters_of
from ..sums import Nested
from .folding import fold, folded
from .printer import Printer

WIDE = 30  # characters of a line below a Σ
LINKED = r" \\[1pt] "  # between what is summed over and its conditions
MOST = 12  # rows of a matrix that is written out
SIMPLE = 8  # numbers of a tuple that are listed


_TERM = r"(?:[A-Za-z0-9' +-]|\\[a-z]+ )+_\{N\}(?:[A-Za-z0-9' +-]|\\[a-z]+ |_\{N\})*"  # of axis N
INDICES = re.compile(_TERM.replace("{N", "{1") + r"(?:,\s*" + _TERM.replace("{N", "{[23]") + ")+")


@dataclass(frozen=True)
class Row:
    """A line: its mathematics (from the second on beginning with what relates it to the line before), and why, both LaTeX."""

    latex: str
    reason: str = ""


def rows(claim: Claim, printer: Short | None = None) -> list[Row]:
    """The lines of a claim."""
    made = {ForAll: _for_all, SameSum: _same_sum, Identity: _identity, Certificate: _certificate}.get(type(claim))
    printer = printer or Short()
    if made is None:
        assert isinstance(claim, Unequal)
        return [Row(claim.latex(printer))]
    return made(claim, printer)


# Index statements


def _for_all(claim: ForAll, printer: Printer) -> list[Row]:
    statement = claim.statement
    given, define, said = folded(statement.given, statement.define, statement.claim)
    ranges = [node for node in given if isinstance(said, Iff) or _is_range(node)]
    supposed = [node for node in given if node not in ranges]
    made = list[Row]()
    for number, one in enumerate(said.args if isinstance(said, All) and len(said.args) > 1 else (said,)):
        if isinstance(one, Iff):
            left, right = one.args
            cases = [f"({phrase(case, printer)})" for case in right.args] if isinstance(right, Either) else [phrase(right, printer)]
            made += [Row(phrase(left, printer)), Row(r"\Leftrightarrow\; " + cases[0]), *[Row(r"\text{or } " + case) for case in cases[1:]]]
        else:
            made.append(Row((r"\text{and } " if number else "") + phrase(one, printer)))
    if supposed:
        made.insert(0, Row(_listed(supposed, printer)))
        made[1] = Row(r"\Longrightarrow\; " + made[1].latex)
    made[-1] = Row(made[-1].latex, _where(ranges, define, printer))
    return made


def _is_range(node: Any) -> bool:
    """Whether a hypothesis only bounds a letter."""
    return (isinstance(node, Between) and node.args[1].is_Symbol) or (
        isinstance(node, Le) and ((node.args[0].is_Integer and node.args[1].is_Symbol) or (node.args[0].is_Symbol and node.args[1].is_Integer)))


def _where(ranges: Sequence[Any], define: Sequence[Any], printer: Printer) -> str:
    bounds = r"\text{for } " + _listed(ranges, printer) if ranges else ""
    names = r"\text{with } " + _listed(define, printer) if define else ""
    return ",\\; ".join(part for part in (bounds, names) if part)


def _listed(nodes: Iterable[Any], printer: Printer) -> str:
    return ",\\; ".join(phrase(node, printer) for node in nodes)


def phrase(node: Any, printer: Printer) -> str:
    """A formula as it is read: and, or; 0 ≤ i < m for 0 ≤ i ≤ m − 1."""
    if isinstance(node, Between):
        low, middle, high = node.args
        bound = _up_to(high, printer) if low == 0 else rf"\le {printer.doprint(high)}"
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
    return f"({text})" if isinstance(node, Iff | Implies | Exists) or isinstance(node, Either if tight else All) else text


def _up_to(last: Any, printer: Printer) -> str:
    """< m for ≤ m − 1."""
    constant, rest = sympy.S(last).as_coeff_Add()
    return f"< {printer.doprint(last + 1)}" if constant == -1 or rest == 0 else rf"\le {printer.doprint(last)}"


# Sums


class Short(Printer):
    """Prints sums with what they range over below the Σ."""

    def doprint(self, expr: Any) -> str:
        return total(expr, self) if isinstance(expr, Sum) else super().doprint(expr)


def defined(named: Named, printer: Printer) -> str:
    """Name = sum, with what all axes share said once."""
    axes = _Axes((), (), written(named))
    made = axes.text(rf"{named.latex(printer)} = {total(axes.sum(written(named)), printer)}")
    return made if "_{1}" not in made else rf"{named.latex(printer)} = {total(written(named), printer)}"


def _same_sum(claim: SameSum, printer: Printer) -> list[Row]:
    given, define, _ = folded(claim.given, claim.define, All())
    axes = _Axes(given, define, written(claim.left), written(claim.right))
    made = _equal_sums(claim, given, define, axes, printer)
    if any("_{1}" in row.latex + row.reason for row in made):  # something is said of one axis after all
        made = _equal_sums(claim, given, define, axes.apart, printer)
    return made


def _equal_sums(claim: SameSum, given: Sequence[Any], define: Sequence[Any], axes: _Axes, printer: Printer) -> list[Row]:
    left, right = (total(axes.sum(written(side)), printer) for side in (claim.left, claim.right))
    because = r"\text{each term once" + (r", by } " + moved if (moved := _moved(claim, axes, printer)) else "}")
    made = [Row(left), Row("= " + right, because)]
    if not isinstance(claim.left, Sum):
        made = [Row(claim.left.latex(printer)), Row("= " + left, r"\text{by definition}"), made[1]]
    if isinstance(claim.right, Nested):
        nested = Nested(tuple(map(axes.sum, claim.right.factors)), claim.right.inner)
        made.append(Row("= " + nested.latex(printer), r"\text{as sums of sums}"))
    elif not isinstance(claim.right, Sum):
        made.append(Row("= " + claim.right.latex(printer), r"\text{by definition}"))
    if where := _where(axes.nodes(given), axes.nodes(define), printer):
        made.append(Row("", where))
    return [Row(axes.text(row.latex), axes.text(row.reason)) for row in made]


def conjuncts(one: Sum) -> tuple[Any, ...]:
    """The conditions of a sum."""
    return parted(one.condition)


def parted(node: Any) -> tuple[Any, ...]:
    """The parts of a conjunction."""
    return tuple(node.args) if isinstance(node, All) else (node,)


def total(one: Sum, printer: Printer) -> str:
    """Σ with its ranges and conditions below."""
    conditions = [part for node in conjuncts(one) for part in parted(fold(node))]
    ranges = list[str]()
    for variable in one.variables:
        own = next((node for node in conditions if isinstance(node, Between) and node.args[1] == variable.symbol and node.args[0] == 0), None)
        if own is None and not any(isinstance(node, Equal) and node.args[0] == variable.symbol for node in conditions):
            ranges.append(printer.doprint(variable.symbol))
        elif own is not None:
            conditions.remove(own)
            ranges.append(rf"{printer.doprint(variable.symbol)} {_up_to(own.args[2], printer)}")
    below = [r" \\ ".join(lines) for lines in (_lines(ranges), _lines([phrase(node, printer) for node in conditions])) if lines]
    return rf"\sum\limits_{{\substack{{{LINKED.join(below)}}}}} {printer.doprint(one.summand)}"


def _lines(parts: Sequence[str]) -> list[str]:
    """Parts side by side, in as many lines as they need."""
    made = list[str]()
    for part in parts:
        if made and _wide(made[-1]) + _wide(part) < WIDE:
            made[-1] += r",\; " + part
        else:
            made.append(part)
    return made


def _wide(latex: str) -> int:
    return len(re.sub(r"\\[a-zA-Z]+|[{}\s]", "", latex))


def _moved(claim: SameSum, axes: _Axes, printer: Printer) -> str:
    """The bijection: the letters that it does not keep."""
    moves = [(there, term) for mapping in (claim.forward, claim.backward) for there, term in mapping.items() if there != term]
    pairs = dict[str, None]()
    for letter, term in moves:
        bare = axes.bare(letter, term)
        if bare is not None:
            pairs[rf"{printer.doprint(letter.xreplace(bare))} = {printer.doprint(sympy.S(term).xreplace(bare))}"] = None
    return ",\\; ".join(pairs)


class _Axes:
    """Whether all axes say the same, and then what they say, once and without numbers."""

    def __init__(self, given: Sequence[Any], define: Sequence[Any], *sums: Sum) -> None:
        groups = [given, define, *map(conjuncts, sums)]
        numbers = {_number(symbol) for group in groups for node in group for symbol in letters_of(node)} - {""}
        self.first = "1" if {"1", "2"} <= numbers and numbers <= {"1", "2", "3"} and all(_alike(group, numbers) for group in groups) else ""
        self.count = len(numbers)

    @property
    def apart(self) -> _Axes:
        """With the numbers."""
        return _Axes((), ())

    def bare(self, *nodes: Any) -> Mapping[Any, Any] | None:
        """How the letters are replaced; None for what is said of another axis than the first."""
        if not self.first:
            return {}
        spoken = set().union(*(sympy.S(node).free_symbols for node in nodes))
        own = [symbol for symbol in spoken if _number(symbol)]
        if any(_number(symbol) != self.first for symbol in own):
            return None
        return unnumbered(own) if own else {}

    def nodes(self, nodes: Sequence[Any]) -> list[Any]:
        """Conditions."""
        return [node.xreplace(bare) for node in nodes if (bare := self.bare(*letters_of(node))) is not None]

    def sum(self, one: Sum) -> Sum:
        """A sum; its summand keeps the numbers, which ``text`` takes away."""
        if not self.first:
            return one
        variables = tuple(type(v)(v.symbol.xreplace(bare), v.first, v.last) for v in one.variables if (bare := self.bare(v.symbol)) is not None)
        return Sum(one.summand, variables, All(*self.nodes(conjuncts(one))))

    def text(self, latex: str) -> str:
        """i₁, i₂ as i, and Q₁ − e₁, Q₂ − e₂ as Q − e."""
        if not self.first:
            return latex
        return INDICES.sub(self._together, latex)

    def _together(self, match: re.Match[str]) -> str:
        terms = [term.strip() for term in match[0].split(",")]  # and whatever blanks stand before them
        same = len(terms) == self.count and all(term == terms[0].replace("_{1}", f"_{{{number}}}") for number, term in enumerate(terms, 1))
        return match[0][:len(match[0]) - len(match[0].lstrip())] + terms[0].replace("_{1}", "") if same else match[0]


def _number(symbol: Any) -> str:
    end = symbol.name.rpartition("_")[2] if "_" in symbol.name else ""
    return end if end.isdigit() else ""


def _alike(nodes: Sequence[Any], numbers: set[str]) -> bool:
    """Whether each node speaks of one axis at most, and of every axis the same is said."""
    said: dict[str, list[Any]] = {number: [] for number in numbers}
    for node in nodes:
        letters = [symbol for symbol in letters_of(node) if _number(symbol)]
        if len(own := {_number(symbol) for symbol in letters}) > 1:
            return False
        if own:
            said[own.pop()].append(node.xreplace(unnumbered(letters)))
    return len({tuple(one) for one in said.values()}) == 1


# Identities and certificates


def _identity(claim: Identity, printer: Printer) -> list[Row]:
    pairs = list(zip(claim.left, claim.right, strict=True)) if len(claim.left) == len(claim.right) <= SIMPLE else [(claim.left, claim.right)]
    equations, values = list[Row](), list[str]()
    for one, other in pairs:
        left, right = _side(one, printer), _side(other, printer)
        if left == right:
            values.append(left)
        else:
            equations.append(Row(f"{left} = {right}"))
    made = ([Row(",\\quad ".join(values))] if values else []) + equations
    tables = {name: values for name, values in claim.context.items() if isinstance(values[0], tuple)}
    where = located({name: values for name, values in claim.context.items() if name not in tables}, printer).strip()
    made[-1] = Row(made[-1].latex, where.removeprefix(r"\quad (").removesuffix(")") if where else "")
    named = {latex: part for part in (*claim.left, *claim.right) if (latex := _written_out(part, printer))}
    return [*made, *[Row(f"{name} = {_side(values, printer)}") for name, values in tables.items()], *map(Row, named)]


def _side(value: Any, printer: Printer) -> str:
    """Rows of a table as a matrix, everything else as it is judged."""
    value = value[0] if isinstance(value, tuple) and len(value) == 1 else value
    table = isinstance(value, tuple) and len(value) > 1 and all(isinstance(row, tuple) and len(row) == len(value[0]) > 1 for row in value)
    if not table or len(value) > MOST or len(value[0]) > MOST or any(isinstance(cell, tuple) for row in value for cell in row):
        return shown(value, printer)
    return _matrix([[shown(cell, printer) for cell in row] for row in value])


def _written_out(part: Any, printer: Printer) -> str:
    """A = its entries, for a matrix of the index relation that is small enough; blocks of the last axis are ruled off."""
    inside = part.of if isinstance(part, Transpose) else part
    if not isinstance(inside, Map) or len(part.rows) > MOST or len(part.rows[0]) > 2 * MOST:
        return ""
    cells = [[printer.doprint(sympy.S(cell)) if cell != 0 else r"\cdot" for cell in row] for row in part.rows]
    form = inside.form
    blocks = (form.feature[-1], form.image[-1]) if len(form.feature) > 1 else (0, 0)
    return f"{part.latex(printer)} = {_matrix(cells, *(blocks[::-1] if inside is not part else blocks))}"


def _matrix(cells: Sequence[Sequence[str]], down: int = 0, across: int = 0) -> str:
    rows_ = [" & ".join(row) for row in cells]
    if not down:
        return r"\begin{pmatrix}" + r" \\ ".join(rows_) + r"\end{pmatrix}"
    columns = "|".join("c" * across for _ in range(len(cells[0]) // across))
    ruled = r" \\ ".join((r"\hline " if at and at % down == 0 else "") + row for at, row in enumerate(rows_))
    return rf"\left(\begin{{array}}{{{columns}}}{ruled}\end{{array}}\right)"


def _certificate(claim: Certificate, printer: Printer) -> list[Row]:
    values = dict(claim.hypotheses)

    def product(times: int, names: tuple[str, ...]) -> str:
        factors = [printer.doprint(values[name]) for name in names]
        grouped = "".join(f"({one})" if len(names) > 1 or times > 1 or sympy.S(values[names[0]]).is_Add else one for one in factors)
        return grouped if times == 1 else f"{times}{grouped}"

    supposed = ",\\; ".join(rf"{printer.doprint(value)} \ge 0" for _, value in claim.hypotheses)
    added = " + ".join(product(times, names) for times, names in claim.rows)
    if claim.goal == -1:
        return [Row(rf"0 \le {added} = -1", r"\text{a contradiction}"), Row("", rf"\text{{from }} {supposed}")]
    return [Row(printer.doprint(claim.goal)), Row(f"= {added}"), Row(r"\ge 0", rf"\text{{as }} {supposed}")]
