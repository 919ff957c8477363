"""Equal sums as theorems: both sums over their index sets, and the bijection that carries one set onto the other.

An index set is a set of tuples of integers; its sum is the sum over a list in which each point stands once (``is_sum`` of the
library). Arrays are any functions of their indices, with values in any commutative ring.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from ..claims import SameSum, Sum, written
from ..logic import All, Equal, Parameter
from ..statement import Put, Statement
from .hints import NO_HINTS, Hints
from .index import NONE, arithmetic, decided_by, numerals, taken
from .terms import Names, NotInCoq, formula, grouped, names_of, term

FOUR = 4  # conjuncts that are taken apart, or shown, at once
Way = tuple[Sum, Mapping[Any, Any]]
"""A side, and the letters of the other one as terms in its letters."""


def statement(made: SameSum, numbers: Put = NONE) -> str:
    """∀ arrays and letters: premises → both sums are one; with numbers for parameters if there are any."""
    names, arrays = _names(made)
    names = names | numerals(numbers)
    letters = [names[symbol] for symbol in _parameters(made) if symbol not in numbers.values]
    head = "".join(f" ({name} : {'list Z -> K' if array else 'K -> K'})" for name, array in
                   [*((arrays[base], True) for base in arrays), *((function, False) for function in _functions(made))])
    head += f" ({' '.join(letters)} : Z)" if letters else ""
    premises = [grouped(node, names) for node in _premises(made) if not decided_by(numbers, node)]
    sides = "\n      ".join(_side(written(side), names, arrays) for side in (made.left, made.right))
    bound = f"forall{head},\n    " if head else ""
    return bound + " ->\n    ".join([*premises, f"same_sum K\n      {sides}"])


def instance(made: SameSum, numbers: Put, place: str) -> str:
    """The tactic that takes it from where it is proved of all numbers."""
    names, arrays = _names(made)
    names = names | numerals(numbers)
    arguments = [(name, False) for name in (*arrays.values(), *_functions(made))]
    arguments += [(names[symbol], symbol in numbers.values) for symbol in _parameters(made)]
    return taken(arguments, _premises(made), numbers, f"{place} K")


def proof(made: SameSum) -> str:
    """The bijection, and for each condition that it is to keep the premises from which it follows."""
    names, arrays = _names(made)
    left, right = written(made.left), written(made.right)
    there, back = (f"(fun {_letters(source, names)} : Z => {_point([there[v.symbol] for v in target.variables], names)})"
                   for source, target, there in ((left, right, made.forward), (right, left, made.backward)))
    bound = [*arrays.values(), *_functions(made), *[names[symbol] for symbol in _parameters(made)]]
    bound += [f"given{number}" for number in range(1, len(_premises(made)) + 1)]
    forth = _direction(made, (left, made.forward), (right, made.backward), made.directions[0], names)
    again = _direction(made, (right, made.backward), (left, made.forward), made.directions[1], names)
    return (f"intros {' '.join(bound)};\n  carried_by {there}\n    {back};\n"
            f"  [ {forth}\n  | {again}\n  | intros {_letters(left, names)} _; first [reflexivity | aligned; ring] ]")


def _direction(made: SameSum, here: Way, beyond: Way, whole: Statement, names: Names) -> str:
    """Each point of one set is carried to a point of the other, and back to itself. What is a premise word for word is one."""
    (source, there), (target, back) = here, beyond
    conditions, wanted = _conjuncts(source.condition), _conjuncts(target.condition)
    hypotheses = [(node, f"given{number}") for number, node in enumerate(_premises(made), 1)]
    hypotheses += [(node, f"point{number}") for number, node in enumerate(conditions, 1)]
    said = {formula(node, names): name for node, name in hypotheses}
    moved = {letter for letter, one in there.items() if one not in names}
    carried = {**names, **{letter: names[one] for letter, one in there.items() if one in names}}
    arrives = _conjuncts(whole.claim)

    def shown(node: Any, words: str) -> tuple[str, str]:
        return (words, "") if words else ("_", _follows(node, hypotheses, made.products, names))

    kept = _gathered([shown(node, "" if before.free_symbols & moved else said.get(formula(before, carried), ""))
                      for node, before in zip(arrives, wanted, strict=False)])
    returns = [shown(node, "eq_refl" if there.get(back[variable.symbol]) == variable.symbol else "")
               for node, variable in zip(arrives[len(wanted):], source.variables, strict=True)]
    points = [f"point{number}" for number in range(1, len(conditions) + 1)]
    tactics = [tactic for tactic in (*(tactic for _, tactic, _ in kept), *(tactic for _, tactic in returns)) if tactic]
    return (f"intros {_letters(source, names)}{_taken(points)};\n"
            f"    refine (conj {_together(kept)} {_returned([words for words, _ in returns])})"
            + (f";\n    [{' | '.join(tactics)}]" if tactics else ""))


def _conjuncts(node: Any) -> tuple[Any, ...]:
    return tuple(node.args) if isinstance(node, All) else (node,)


def _follows(node: Any, hypotheses: list[tuple[Any, str]], products: Iterable[tuple[Any, Any]], names: Names) -> str:
    """The premise itself, or arithmetic from the premises that share letters with it, directly or through others."""
    if isinstance(node, Equal) and node.args[0] == node.args[1]:
        return "clear; lia"
    for premise, name in hypotheses:
        if premise == node:
            return f"first [exact {name} | {arithmetic(node, premise)}]"
    letters, used, grown = set(node.free_symbols), dict[str, None](), True
    while grown:
        grown = False
        for premise, name in hypotheses:
            if name not in used and premise.free_symbols & letters:
                letters |= premise.free_symbols
                used[name], grown = None, True
    kept = [(premise, name) for premise, name in hypotheses if name in used]
    alone = f"clear - {' '.join(name for _, name in kept)}" if kept else "clear"
    general = any(isinstance(one, Parameter) for one in letters)
    hints = Hints(list(products), [premise for premise, _ in kept]).split(letters)[0] if general else NO_HINTS
    return f"{alone}; {hints.told(names)}{arithmetic(node, *(premise for premise, _ in kept))}"


def _taken(points: list[str]) -> str:
    """Takes the conditions of a point apart, by fours."""
    if len(points) > FOUR:
        return f"; apply apart; intros {' '.join(points[:FOUR])}{_taken(points[FOUR:])}"
    return f" {points[0]}" if len(points) == 1 else f" ({' & '.join(points)})"


def _gathered(parts: list[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """Neighbours that one call of ``lia`` shows become one, up to four: the proof, or a gap and its tactic, and of how many conjuncts."""
    made = list[tuple[str, str, int]]()
    for words, tactic in parts:
        if made and tactic.endswith("; lia") and made[-1][1] == tactic and made[-1][2] < FOUR:
            made[-1] = (words, tactic, made[-1][2] + 1)
        else:
            made.append((words, tactic, 1))
    return made


def _together(parts: list[tuple[str, str, int]]) -> str:
    """A conjunction of parts that are shown, by fours."""
    words, _, conjuncts = parts[0]
    if len(parts) == 1:
        return words
    if conjuncts > 1:
        return f"(ahead_{conjuncts} {words} {_together(parts[1:])})"
    if len(parts) > FOUR and all(number == 1 for _, _, number in parts[:FOUR]):
        return f"(together {' '.join(part for part, _, _ in parts[:FOUR])} {_together(parts[FOUR:])})"
    return f"(conj {words} {_together(parts[1:])})"


def _returned(parts: list[str]) -> str:
    """That a list of letters is the one that it was, by fours, up to the last letter that has to be shown."""
    if set(parts) <= {"eq_refl"}:
        return "eq_refl"
    if len(parts) < FOUR:
        return f"(cons_equal {parts[0]} {_returned(parts[1:])})"
    return f"(same_four {' '.join(parts[:FOUR])} {_returned(parts[FOUR:])})"


def _letters(one: Sum, names: Names) -> str:
    return " ".join(names[variable.symbol] for variable in one.variables)


def _premises(made: SameSum) -> tuple[Any, ...]:
    """That the parameters of a layer are legal, what is given, and what values are defined as."""
    legal = [fact for letter in _parameters(made) if isinstance(letter, Parameter) for fact in letter.legal]
    return (*legal, *made.given, *made.define)


def _parameters(made: SameSum) -> list[Any]:
    """The letters that stand for any integers, and the values that are defined."""
    spoken = set[Any]().union(*(node.free_symbols for node in (*made.given, *made.define)))
    spoken |= written(made.left).spoken | written(made.right).spoken
    letters = [v.symbol for v in made.parameters if v.symbol in spoken]
    letters += sorted((letter for letter in spoken - set(letters) if isinstance(letter, Parameter)), key=str)
    letters += [node.args[0] for node in made.define]
    return list(dict.fromkeys(letters))


def _names(made: SameSum) -> tuple[dict[Any, str], dict[Any, str]]:
    """Names of the letters, and of the arrays."""
    summands = [sympy.S(written(side).summand) for side in (made.left, made.right)]
    bases = sorted(set[Any]().union(*(one.atoms(sympy.IndexedBase) for one in summands)), key=str)
    bound = [v.symbol for side in (made.left, made.right) for v in written(side).variables]
    given = names_of([*bases, *_functions(made), *dict.fromkeys([*_parameters(made), *bound])])
    arrays = {base: given[base] for base in bases}
    return {symbol: name for symbol, name in given.items() if symbol not in arrays}, arrays


def _functions(made: SameSum) -> list[str]:
    """Maps of values in the summands: conjugation, which may be any map here."""
    return sorted({"conjugate" for side in (made.left, made.right) if sympy.S(written(side).summand).has(sympy.conjugate)})


def _side(one: Sum, names: Names, arrays: Names) -> str:
    """How many letters, the index set and the summand."""
    letters = _letters(one, names)
    return (f"{len(one.variables)} (fun {letters} : Z =>\n        {formula(All(*_conjuncts(one.condition)), names)})\n"
            f"      (fun {letters} : Z => {summand(one.summand, names, arrays)})")


def _point(terms: list[Any], names: Names) -> str:
    return f"[{'; '.join(term(one, names) for one in terms)}]"


def summand(node: Any, names: Names, arrays: Names) -> str:
    """A product of entries of arrays."""
    node = sympy.S(node)
    if node == 1:
        return "(one : K)"
    if node.is_Mul:
        return " ** ".join(summand(part, names, arrays) for part in node.args)
    if isinstance(node, sympy.Indexed):
        return f"{arrays[node.base]} [{'; '.join(term(index, names) for index in node.indices)}]"
    if isinstance(node, sympy.conjugate):
        return f"conjugate ({summand(node.args[0], names, arrays)})"
    if node.is_Pow and node.exp.is_Integer and node.exp > 1:
        return " ** ".join([f"{summand(node.base, names, arrays)}"] * int(node.exp))
    raise NotInCoq(f"{node} is no product of entries")
