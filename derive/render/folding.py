"""What a statement says, without what is true of itself: 1 | x, ⌊J/1⌋, ⌊2N/2⌋, 0 ≤ e ≤ 0, a name for what is no longer than its name.

The judged statement stays as it is; this is how a reader would write it down. ``tests/derive/test_folding.py`` evaluates both.
"""

from __future__ import annotations

from math import gcd
from typing import Any

import sympy

from ..logic import All, Between, Divides, Either, Equal, Exists, Floor, Iff, Implies, Le, Lt, Maximum, Minimum, No, NotAffine, monomials

TRUE, FALSE = All(), Either()


def fold(node: Any) -> Any:
    """The same formula, shorter; ``All()`` where it is true of itself and ``Either()`` where it is false of itself."""
    if isinstance(node, All | Either):
        return _joined(type(node), [fold(arg) for arg in node.args])
    if isinstance(node, No):
        inside = fold(node.args[0])
        return FALSE if inside == TRUE else TRUE if inside == FALSE else No(inside)
    if isinstance(node, Implies | Iff):
        return _related(type(node), *map(fold, node.args))
    if isinstance(node, Exists):
        return Exists(node.variables, fold(node.body), node.witness)
    return _atom(node)


def _joined(kind: Any, parts: list[Any]) -> Any:
    neutral, other = (TRUE, FALSE) if kind is All else (FALSE, TRUE)
    flat = [one for part in parts for one in (part.args if isinstance(part, kind) else (part,)) if part != neutral]
    if other in flat:
        return other
    kept = list(dict.fromkeys(flat))
    return kept[0] if len(kept) == 1 else kind(*kept)


def _related(kind: Any, left: Any, right: Any) -> Any:
    if left == right or right == TRUE:
        return TRUE if left == right or kind is Implies else left
    if left == TRUE:
        return right
    return TRUE if left == FALSE and kind is Implies else kind(left, right)


def _atom(node: Any) -> Any:
    args = node.args
    if isinstance(node, Divides) and args[0] == 1:
        return TRUE
    if isinstance(node, Equal) and sympy.expand(args[0] - args[1]) == 0:
        return TRUE
    if isinstance(node, Between) and args[0] == args[2]:
        return _atom(Equal(args[1], args[0]))
    if isinstance(node, Le | Lt) and all(arg.is_Integer for arg in args):
        return TRUE if (args[0] < args[1] or (isinstance(node, Le) and args[0] == args[1])) else FALSE
    if isinstance(node, Floor):
        return _floor(*args)
    if isinstance(node, Maximum | Minimum) and all(arg.is_Integer for arg in args[1:]):
        return Equal(args[0], (max if isinstance(node, Maximum) else min)(*args[1:]))
    return node


def _floor(name: Any, above: Any, below: Any) -> Any:
    """⌊e/c⌋ with what both have in common taken out; an equation where nothing is left to round."""
    if not below.is_Integer:
        return Floor(name, above, below)
    try:
        common = gcd(int(below), *(coefficient for coefficient, _ in monomials(above)))
    except NotAffine:
        return Floor(name, above, below)
    above, below = sympy.expand(above / common) if common > 1 else above, below / common
    return Equal(name, above) if below == 1 else Floor(name, above, below)


def folded(given: tuple[Any, ...], define: tuple[Any, ...], claim: Any) -> tuple[list[Any], list[Any], Any]:
    """Hypotheses, definitions and claim, each folded, with names replaced that stand for a term without rounding."""
    definitions, short = list[Any](), dict[Any, Any]()
    for node in define:
        node = fold(node.func(node.args[0], *[arg.xreplace(short) for arg in node.args[1:]]))
        if isinstance(node, Equal):
            short[node.args[0]] = node.args[1]
        else:
            definitions.append(node)
    definitions = [node.func(node.args[0], *[arg.xreplace(short) for arg in node.args[1:]]) for node in definitions]
    hypotheses = fold(All(*[node.xreplace(short) for node in given]))
    said = fold(claim.xreplace(short))
    if said == TRUE != claim:  # then the names are what it is about
        said, definitions = claim, [Equal(name, value) for name, value in short.items() if name in claim.free_symbols] + definitions
    return list(hypotheses.args) if isinstance(hypotheses, All) else [hypotheses], definitions, said
