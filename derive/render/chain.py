"""A judged claim as lines of a proof: equalities and equivalences one below the other, each with its reason beside it.

Every line is made from the claim that was judged: sums with what they range over below the Σ (``sigma``), statements folded
(``folding``), both sides of an identity, a certificate's sum of products.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from ..claims import Certificate, Claim, ForAll, Identity, SameSum
from ..claims.algebra import located, shown
from ..expression import Transpose
from ..logic import All, Between, Either, Iff, Le
from ..notation.printer import Printer
from ..objects import Map
from ..theorem import Theorem
from .folding import folded
from .phrases import Row, listed, phrase, where
from .sigma import Short, conclusion, same_sum

MOST = 12  # rows of a matrix that is written out
SIMPLE = 8  # numbers of a tuple that are listed


def rows(claim: Claim, printer: Printer | None = None) -> list[Row]:
    """The lines of a claim."""
    printer = printer or Short()
    if isinstance(claim, ForAll):
        return _for_all(claim, printer)
    if isinstance(claim, SameSum):
        return same_sum(claim, printer)
    if isinstance(claim, Identity):
        return _identity(claim, printer)
    return _certificate(claim, printer) if isinstance(claim, Certificate) else [Row(claim.latex(printer))]


def statement(theorem: Theorem) -> list[Row]:
    """What a theorem says as an equality of sums, where one of its steps is one: the first."""
    claim = next((step.claim for step in theorem.steps if isinstance(step.claim, SameSum)), None)
    made = None if claim is None else conclusion(claim, Short())
    return [] if made is None else [made]


def _for_all(claim: ForAll, printer: Printer) -> list[Row]:
    statement = claim.statement
    given, define, said = folded(statement.given, statement.define, statement.claim)
    conclusions = said.args if isinstance(said, All) and len(said.args) > 1 else (said,)
    ranges = [node for node in given if any(isinstance(one, Iff) for one in conclusions) or _is_range(node)]
    supposed = [node for node in given if node not in ranges]
    made = list[Row]()
    for number, one in enumerate(conclusions):
        also = r"\text{and } " if number else ""
        if isinstance(one, Iff):
            left, right = one.args
            cases = [f"({phrase(case, printer)})" for case in right.args] if isinstance(right, Either) else [phrase(right, printer)]
            made += [Row(also + phrase(left, printer)), Row(r"\Leftrightarrow\; " + cases[0])]
            made += [Row(r"\text{or } " + case) for case in cases[1:]]
        else:
            made.append(Row(also + phrase(one, printer)))
    if supposed:
        made.insert(0, Row(listed(supposed, printer)))
        made[1] = Row(r"\Longrightarrow\; " + made[1].latex)
    made[-1] = Row(made[-1].latex, where(ranges, define, printer))
    return made


def _is_range(node: Any) -> bool:
    """Whether a hypothesis only bounds a letter."""
    if isinstance(node, Between):
        return bool(node.args[1].is_Symbol)
    return isinstance(node, Le) and any(one.is_Integer and other.is_Symbol for one, other in (node.args, node.args[::-1]))


def _identity(claim: Identity, printer: Printer) -> list[Row]:
    together = len(claim.left) != len(claim.right) or len(claim.left) > SIMPLE
    pairs = [(claim.left, claim.right)] if together else list(zip(claim.left, claim.right, strict=True))
    equations, values = list[Row](), list[str]()
    for one, other in pairs:
        left, right = _side(one, printer), _side(other, printer)
        if left == right:
            values.append(left)
        else:
            equations.append(Row(f"{left} = {right}"))
    made = ([Row(",\\quad ".join(values))] if values else []) + equations
    tables = {name: values for name, values in claim.context.items() if isinstance(values[0], tuple)}
    sizes = located({name: values for name, values in claim.context.items() if name not in tables}, printer).strip()
    made[-1] = Row(made[-1].latex, sizes.removeprefix(r"\quad (").removesuffix(")"))
    named = {latex: part for part in (*claim.left, *claim.right) if (latex := _written_out(part, printer))}
    shown_already = [row.latex.partition(" = ")[0] for row in equations if "matrix" in row.latex]
    named = {latex: part for latex, part in named.items() if part.latex(printer) not in shown_already}
    return [*made, *[Row(f"{name} = {_side(values, printer)}") for name, values in tables.items()], *map(Row, named)]


def _side(value: Any, printer: Printer) -> str:
    """Rows of a table as a matrix, everything else as it is judged."""
    value = value[0] if isinstance(value, tuple) and len(value) == 1 else value
    rows_ = value if isinstance(value, tuple) and all(isinstance(row, tuple) for row in value) else ()
    if not 1 < len(rows_) <= MOST or len(set(map(len, rows_))) != 1 or not 1 < len(rows_[0]) <= 2 * MOST or isinstance(rows_[0][0], tuple):
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
        lone = len(names) == 1 and times == 1 and not sympy.S(values[names[0]]).is_Add
        grouped = factors[0] if lone else "".join(f"({one})" for one in factors)
        return grouped if times == 1 else f"{times}{grouped}"

    supposed = ",\\; ".join(rf"{printer.doprint(value)} \ge 0" for _, value in claim.hypotheses)
    added = " + ".join(product(times, names) for times, names in claim.rows)
    if claim.goal == -1:
        return [Row(rf"0 \le {added} = -1", r"\text{a contradiction}"), Row("", rf"\text{{from }} {supposed}")]
    return [Row(printer.doprint(claim.goal)), Row(f"= {added}"), Row(r"\ge 0", rf"\text{{as }} {supposed}")]
