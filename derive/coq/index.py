"""Statements about integers as theorems: premises, values that total functions name, claim, and the proof.

``lia`` decides them (``nia`` where letters are multiplied). ∃ is shown by its witness, and a table with one row for each value
of a letter by cases of that letter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy

from ..logic import All, Either, Equal, Exists, Iff, Implies
from ..statement import Statement, letters_of
from .terms import Names, formula, grouped, names_of, quantified, term

MANY = 4  # rows of a table that are told apart case by case


def statement(made: Statement) -> str:
    """∀ letters: premises → claim."""
    names = names_of(made.symbols)
    premises = [grouped(node, names) for node in (*made.hypotheses, *made.define)]
    return quantified([names[symbol] for symbol in made.symbols], premises, claimed(made.claim, names))


def claimed(node: Any, names: Names) -> str:
    """The claim behind the last arrow."""
    return f"({formula(node, names)})" if isinstance(node, Implies | Iff) else formula(node, names)


def proof(made: Statement) -> str:
    """The tactics that prove it, in one sentence."""
    names = names_of(made.symbols)
    pairs = [pair for pair in made.products if made.parameters and letters_of(pair[0] * pair[1]) <= set(made.symbols)]
    return f"intros; {told(pairs, names)}" + shown(made.claim, names, arithmetic(*made.hypotheses, *made.define, made.claim))


def told(products: Iterable[tuple[Any, Any]], names: Names) -> str:
    """Tactics that say of pairs of terms that their product is not negative where they are not."""
    return "".join(f"pose proof (Z.mul_nonneg_nonneg ({term(x, names)}) ({term(y, names)})); " for x, y in products)


def arithmetic(*nodes: Any) -> str:
    """The tactic that decides formulas like these: linear arithmetic, or also products of letters."""
    terms = [part for node in nodes for part in sympy.preorder_traversal(node) if isinstance(part, sympy.Mul | sympy.Pow)]
    return "decided" if any(len([one for one in term.args if one.free_symbols]) > 1 or term.is_Pow for term in terms) else "lia"


def shown(node: Any, names: Names, arithmetic: str) -> str:
    """Tactics for a goal; ``arithmetic`` decides what has no parts."""
    if not _needs_care(node):
        return arithmetic
    args = node.args
    if isinstance(node, All):
        first, *others = args
        return (f"split; [{shown(first, names, arithmetic)} | {shown(All(*others), names, arithmetic)}]" if others
                else shown(first, names, arithmetic))
    if isinstance(node, Implies):
        return f"intros; parts; {shown(args[1], names, arithmetic)}"
    if isinstance(node, Iff):
        left, right = args
        return f"split; [{assumed(left)}; {shown(right, names, arithmetic)} | {assumed(right)}; {shown(left, names, arithmetic)}]"
    if isinstance(node, Exists) and node.witness:
        return f"exists {', '.join(f'({term(value, names)})' for value in node.witness)}; {shown(node.body, names, arithmetic)}"
    letter = _told_apart(node)
    if letter is not None:
        return _by_cases(node, letter, names)
    return arithmetic


def assumed(node: Any) -> str:
    """Tactics that take a premise apart."""
    if isinstance(node, Either) and len(node.args) > MANY:
        return "intro table; repeat destruct table as [table | table]; parts; subst"
    return f"intros ({'? & ' * len(node.variables)}?); parts" if isinstance(node, Exists) else "intros; parts"


def _needs_care(node: Any) -> bool:
    """Whether ``lia`` alone is not the way."""
    if isinstance(node, Exists):
        return True
    if isinstance(node, Either):
        return _told_apart(node) is not None or any(map(_needs_care, node.args))
    return isinstance(node, All | Implies | Iff) and any(map(_needs_care, node.args))


def _told_apart(node: Any) -> Any:
    """The letter that every row of a table gives a number of its own, or None."""
    if not isinstance(node, Either) or len(node.args) <= MANY:
        return None
    rows = [row.args[0] for row in node.args if isinstance(row, All) and row.args and isinstance(row.args[0], Equal)]
    letters = {row.args[0] for row in rows}
    values = {row.args[1] for row in rows}
    numbers = all(value.is_Integer for value in values)
    return letters.pop() if len(rows) == len(node.args) == len(values) and len(letters) == 1 and numbers else None


def _by_cases(node: Either, letter: Any, names: Names) -> str:
    """Which numbers the letter can be, and the row of each."""
    rows = [int(row.args[0].args[1]) for row in node.args]
    cases = " \\/ ".join(f"{names[letter]} = {value}" for value in sorted(rows))
    patterns, ways = "->", []
    for _ in rows[1:]:
        patterns = f"-> | {patterns}"
    for value in sorted(rows):
        place = rows.index(value)
        ways.append("; ".join(["right"] * place + (["left"] if place < len(rows) - 1 else []) + ["lia"]))
    nested = patterns.split(" | ")
    pattern = nested[-1]
    for one in reversed(nested[:-1]):
        pattern = f"[{one} | {pattern}]"
    return f"assert (which : {cases}) by lia; destruct which as {pattern}; [{' | '.join(ways)}]"

