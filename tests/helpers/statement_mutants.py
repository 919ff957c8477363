"""Statements with one thing wrong: an operator, a constant, a sign or a bound of the claim or of a definition.

What stands under ⇔ is changed in both directions. A claim that says only one direction (an implication, an
inequality) is made stronger: weaker ones are true as well. Witnesses are hints to a judge and no part of a statement;
what is defined for them alone stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy

from convt._derive.claims import written
from convt._derive.logic import (
    All,
    Between,
    Divides,
    Either,
    Equal,
    Exists,
    Floor,
    Iff,
    Implies,
    Le,
    Lt,
    Maximum,
    Minimum,
    No,
)

BOTH, STRONGER, WEAKER = 0, 1, -1
OPERATORS = {  # (from, to): whether the change makes a formula stronger or weaker
    (Le, Lt): STRONGER, (Lt, Le): WEAKER, (Equal, Le): WEAKER, (All, Either): WEAKER, (Either, All): STRONGER,
    (Implies, Iff): STRONGER, (Equal, Lt): BOTH,
}


def mutants(statement):
    """(place, what was changed, mutant) for every small change of the claim and of the definitions it uses.

    The place is the same for the same change to the same statement of another configuration.
    """
    for place, what, claim in of_formula(statement.claim, STRONGER, "claim"):
        yield place, what, replace(statement, claim=claim)
    used = without_witness(statement.claim).free_symbols
    for node in reversed(statement.define):
        used |= set().union(*(arg.free_symbols for arg in node.args[1:])) if node.args[0] in used else set()
    if isinstance(statement.claim, Iff):
        for number, node in enumerate(statement.define):
            if node.args[0] in used:
                for place, what, changed in of_definition(node, f"define {number}"):
                    yield place, what, replace(statement, define=(*statement.define[:number], changed, *statement.define[number + 1:]))


def sum_mutants(same, refuted):
    """(place, what was changed, mutant) for every small change of the condition of a sum's right side.

    A bound that follows from the rest (without it the sums are still equal) is a fact, and made stronger only.
    """
    right = written(same.right)
    conditions = right.condition.args if isinstance(right.condition, All) else (right.condition,)
    for number, one in enumerate(conditions):
        before, behind = conditions[:number], conditions[number + 1:]
        bare = replace(same, right=replace(right, condition=All(*before, *behind)))
        for place, what, changed in of_formula(one, BOTH if refuted(bare) else STRONGER, f"right.{number}"):
            yield place, what, replace(same, right=replace(right, condition=All(*before, changed, *behind)))


def without_witness(node):
    """The formula as isl reads it."""
    if isinstance(node, Exists):
        return Exists(node.variables, without_witness(node.body))
    if isinstance(node, All | Either | Iff | Implies | No):
        return type(node)(*map(without_witness, node.args))
    return node


def of_formula(node, strength, place) -> Iterator[tuple[str, str, object]]:
    """Mutants of one formula, stronger or weaker or both, by changing it or one of its parts."""
    if isinstance(node, Exists):
        for where, what, body in of_formula(node.body, strength, place + "∃"):
            yield where, what, Exists(node.variables, body)
        return
    kind = type(node)
    for (old, new), makes in OPERATORS.items():
        if kind is old and len(node.args) > 1 and strength in (BOTH, makes):
            yield f"{place} {old.__name__} to {new.__name__}", f"{old.__name__} to {new.__name__}", new(*node.args)
    for number, part in enumerate(node.args):
        inner = f"{place}.{number}"
        if isinstance(node, All | Either):
            changes = of_formula(part, strength, inner)
        elif isinstance(node, Iff):
            changes = of_formula(part, BOTH, inner)
        elif isinstance(node, No) or (isinstance(node, Implies) and number == 0):
            changes = of_formula(part, -strength, inner)
        elif isinstance(node, Implies):
            changes = of_formula(part, strength, inner)
        else:
            alone = kind is Equal and 0 in node.args  # −x = 0 and 2x = 0 say what x = 0 says
            changes = of_term(part, kind, number, strength, inner, not alone)
        for where, what, changed in changes:
            yield where, what, kind(*node.args[:number], changed, *node.args[number + 1:])


def of_term(term, kind, number, strength, place, with_signs) -> Iterator[tuple[str, str, object]]:
    """One more, one less, the sign of one summand, the coefficient of one symbol."""
    upward = {(Le, 0): STRONGER, (Lt, 0): STRONGER, (Between, 0): STRONGER, (Le, 1): WEAKER, (Lt, 1): WEAKER,
              (Between, 2): WEAKER}.get((kind, number))
    if upward is None or strength in (BOTH, upward):
        yield f"{place} plus 1", f"{term} plus 1", term + 1
    if (upward is None or strength in (BOTH, -upward)) and (kind is not Divides or number or (term.is_Integer and term > 1)):
        yield f"{place} minus 1", f"{term} minus 1", term - 1
    if with_signs and (kind is Equal or (strength == BOTH and kind is not Divides)):
        yield from signs(term, place)


def signs(term, place) -> Iterator[tuple[str, str, object]]:
    """The sign of one summand; the coefficient of one symbol one more."""
    for part in sympy.Add.make_args(sympy.expand(term)):
        if part != 0:
            names = " ".join(sorted(map(str, part.free_symbols)))
            yield f"{place} sign of {names}", f"sign of {part} in {term}", term - 2 * part
            if part.free_symbols:
                symbol = min(part.free_symbols, key=str)
                yield f"{place} coefficient of {names}", f"coefficient of {symbol} in {term}", term + symbol


def of_definition(node, place) -> Iterator[tuple[str, str, object]]:
    """Mutants of q = ⌊e/c⌋, v = max(a, b), …"""
    name, *terms = node.args
    if isinstance(node, Maximum | Minimum):
        other = Minimum if isinstance(node, Maximum) else Maximum
        yield f"{place} swap", f"{type(node).__name__} to {other.__name__}", other(*node.args)
    for number, term in enumerate(terms):
        inner = f"{place}.{number}"
        changes = [(f"{inner} plus 1", f"{term} plus 1", term + 1)]
        if not (isinstance(node, Floor) and number == 1):
            changes += [(f"{inner} minus 1", f"{term} minus 1", term - 1), *signs(term, inner)]
        for where, what, changed in changes:
            yield where, f"in the definition of {name}: {what}", type(node)(name, *terms[:number], changed, *terms[number + 1:])
