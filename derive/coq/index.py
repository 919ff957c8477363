"""Statements about integers as theorems: premises, values that total functions name, claim, and the proof.

``lia`` decides them (``nia`` where letters are multiplied). ∃ is shown by its witness, and a table with one row for each value
of a letter by cases of that letter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy

from ..logic import All, Either, Equal, Exists, Floor, Iff, Implies, Le
from ..statement import Put, Statement, letters_of
from .hints import NO_HINTS, Hints
from .terms import Names, formula, fresh, grouped, names_of, number, quantified, term

MANY = 4  # rows of a table that are told apart case by case
EIGHT = 8  # rows that one lemma passes over: each step of a proof has all rows that are left in its type
NONE = Put({})


def statement(made: Statement, numbers: Put = NONE) -> str:
    """∀ letters: premises → claim, with numbers for parameters if there are any."""
    names = names_of(made.symbols) | numerals(numbers)
    premises = [grouped(node, names) for node in (*made.hypotheses, *made.define) if not decided_by(numbers, node)]
    return quantified([names[symbol] for symbol in made.symbols if symbol not in numbers.values], premises, claimed(made.claim, names))


def instance(made: Statement, numbers: Put, place: str) -> str:
    """The tactic that takes it from where it is proved of all numbers."""
    names = names_of(made.symbols) | numerals(numbers)
    return taken([(names[symbol], symbol in numbers.values) for symbol in made.symbols], (*made.hypotheses, *made.define), numbers, place)


def numerals(numbers: Put) -> dict[Any, str]:
    """Parameter → its number in digits."""
    return {letter: number(int(value)) for letter, value in numbers.values.items()}


def decided_by(numbers: Put, node: Any) -> bool:
    """Whether numbers leave no letter in a premise: it is true then, as they are legal."""
    return bool(numbers.values) and not letters_of(numbers(node))


def taken(arguments: Iterable[tuple[str, bool]], premises: Iterable[Any], numbers: Put, place: str) -> str:
    """What is proved at ``place`` with these arguments, some of them numbers, and with the premises that numbers leave."""
    words, own = list[str](), list[str]()
    for name, is_number in arguments:
        words.append(name)
        own += [] if is_number else [name]
    for at, node in enumerate(premises, 1):
        if decided_by(numbers, node):
            words.append("(legal eq_refl)" if isinstance(node, Le) else "eq_refl" if isinstance(node, Equal) else "ltac:(lia)")
        else:
            words.append(f"given{at}")
            own.append(words[-1])
    body = f"{place} {' '.join(words)}"
    return f"exact (fun {' '.join(own)} => {body})" if own else f"exact ({body})"


def claimed(node: Any, names: Names) -> str:
    """The claim behind the last arrow."""
    return f"({formula(node, names)})" if isinstance(node, Implies | Iff) else formula(node, names)


def proof(made: Statement) -> str:
    """The tactics that prove it, in one sentence."""
    names = names_of(made.symbols)
    hints = Hints(made.products, (*made.hypotheses, *made.define)) if made.parameters else NO_HINTS
    ready, later = hints.split(set(made.symbols))
    return f"intros; {ready.told(names)}" + shown(made.claim, names, arithmetic(*made.hypotheses, *made.define, made.claim), later)


def arithmetic(*nodes: Any) -> str:
    """The tactic that decides formulas like these: linear arithmetic, or also products of letters and quotients by letters."""
    if any(isinstance(node, Floor) and not node.args[2].is_Integer for node in nodes):
        return "decided"
    terms = [part for node in nodes for part in sympy.preorder_traversal(node) if isinstance(part, sympy.Mul | sympy.Pow)]
    return "decided" if any(len([one for one in term.args if one.free_symbols]) > 1 or term.is_Pow for term in terms) else "lia"


def shown(node: Any, names: Names, arithmetic: str, hints: Hints = NO_HINTS) -> str:
    """Tactics for a goal; ``arithmetic`` decides what has no parts. ``hints`` are told where what they speak of is assumed."""
    if not _needs_care(node):
        return arithmetic
    args = node.args
    if isinstance(node, All):
        first, *others = args
        return (f"split; [{shown(first, names, arithmetic, hints)} | {shown(All(*others), names, arithmetic, hints)}]" if others
                else shown(first, names, arithmetic, hints))
    if isinstance(node, Implies):
        return f"intros; parts; {shown(args[1], names, arithmetic, hints)}"
    if isinstance(node, Iff):
        left, right = args
        return (f"split; [{assumed(left, names, hints)}; {shown(right, names, arithmetic, hints)}"
                f" | {assumed(right, names, hints)}; {shown(left, names, arithmetic, hints)}]")
    if isinstance(node, Exists) and node.witness:
        return f"exists {', '.join(f'({term(value, names)})' for value in node.witness)}; {shown(node.body, names, arithmetic, hints)}"
    letter = _told_apart(node)
    if letter is not None:
        return _by_cases(node, letter, names)
    return arithmetic


def assumed(node: Any, names: Names, hints: Hints) -> str:
    """Tactics that take a premise apart, and tell the hints about what exists."""
    if isinstance(node, Either) and len(node.args) > MANY:
        return "intro table; repeat destruct table as [table | table]; parts; subst"
    if not isinstance(node, Exists):
        return "intros; parts"
    inner = fresh(node.variables, names)
    ready, _ = hints.split({*names, *inner})
    return f"intros ({' & '.join(inner.values())} & ?); parts; {ready.told({**names, **inner})}".removesuffix("; ")


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
        over, beyond = divmod(place, EIGHT)
        ways.append("; ".join([*["apply beyond_eight"] * over, *["right"] * beyond, *(["left"] if place < len(rows) - 1 else []), "lia"]))
    nested = patterns.split(" | ")
    pattern = nested[-1]
    for one in reversed(nested[:-1]):
        pattern = f"[{one} | {pattern}]"
    return f"assert (which : {cases}) by lia; destruct which as {pattern}; [{' | '.join(ways)}]"

