"""Terms and formulas in Coq's words: over ℤ, and products of entries as values of any commutative ring.

Statements keep their letters. A letter that Coq needs for itself, or that two symbols share, gets an underscore more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from ..logic import (
    Absolute,
    All,
    Between,
    Bracket,
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

Names = Mapping[Any, str]
WORDS = """Z Q K N at as by else end exists fix for forall fun if in let match mod return then using where with Prop Set Type O S
total is_sum same_sum value values zero one plus times minus negative conjugate
letters at_point every"""  # of Coq's language, of the library, and of its tactics
TAKEN = frozenset(WORDS.split())
RELATIONS = {Le: "<=", Lt: "<", Equal: "="}


class NotInCoq(ValueError):
    """A claim that this translation has no words for."""


def names_of(symbols: Iterable[Any]) -> dict[Any, str]:
    """A name of its own for every symbol, its letter where that is free."""
    made: dict[Any, str] = {}
    for symbol in symbols:
        name = re.sub(r"[^\w']+", "_", re.sub(r"[{}]", "", str(symbol)))
        while name in TAKEN or name in made.values():
            name += "_"
        made[symbol] = name
    return made


def number(value: int) -> str:
    """An integer; a negative one in parentheses."""
    return str(value) if value >= 0 else f"({value})"


def term(node: Any, names: Names) -> str:
    """A polynomial over ℤ as it stands."""
    node = sympy.S(node)
    if node.is_Integer:
        return number(int(node))
    if node.is_Symbol:
        return names[node]
    if node.is_Add:
        text = ""
        for part in node.as_ordered_terms():
            minus = bool(part.could_extract_minus_sign()) and not part.is_Add
            one = factor(-part if minus else part, names)
            text = f"{text} {'-' if minus else '+'} {one}" if text else f"- {one}" if minus else one
        return text
    return factor(node, names)


def factor(node: Any, names: Names) -> str:
    """A term that may stand between + and −."""
    if node.is_Mul:
        return " * ".join(closed(part, names) for part in node.as_ordered_factors())
    return closed(node, names)


def closed(node: Any, names: Names) -> str:
    """A term that may stand anywhere: in parentheses where it has parts."""
    if node.is_Pow and node.exp.is_Integer and node.exp > 1:
        return " * ".join([closed(node.base, names)] * int(node.exp))
    if node.is_Integer or node.is_Symbol:
        return term(node, names)
    if node.is_Add or node.is_Mul:
        return f"({term(node, names)})"
    raise NotInCoq(f"{node} is no polynomial over the integers")


def formula(node: Any, names: Names) -> str:
    """A formula; what has connectives inside others stands in parentheses."""
    args = node.args
    if isinstance(node, All):
        return " /\\ ".join(grouped(arg, names) for arg in args) or "True"
    if isinstance(node, Either):
        return " \\/ ".join(grouped(arg, names) for arg in args) or "False"
    if isinstance(node, No):
        return f"~ ({formula(args[0], names)})"
    if isinstance(node, Implies | Iff):
        sign = "->" if isinstance(node, Implies) else "<->"
        return f"{grouped(args[0], names)} {sign} {grouped(args[1], names)}"
    if isinstance(node, Exists):
        inner = {**names, **fresh(node.variables, names)}
        return f"exists {' '.join(inner[v] for v in node.variables)} : Z, {formula(node.body, inner)}"
    return atom(node, names)


def fresh(variables: Iterable[Any], names: Names) -> dict[Any, str]:
    """Names of bound variables, apart from all that are free."""
    made: dict[Any, str] = {}
    for variable, name in names_of(variables).items():
        while name in names.values() or name in made.values():
            name += "_"
        made[variable] = name
    return made


def grouped(node: Any, names: Names) -> str:
    """A formula inside another."""
    text = formula(node, names)
    connected = isinstance(node, All | Either | Implies | Iff | Exists | Bracket) and node.args
    return f"({text})" if connected else text


def atom(node: Any, names: Names) -> str:
    """Relations between terms, and the definitions of values."""
    def of(one: Any) -> str:
        return term(one, names)

    args = node.args
    if isinstance(node, Between):
        return " <= ".join(map(of, args))
    if isinstance(node, Divides):
        return f"{closed(args[1], names)} mod {closed(args[0], names)} = 0"
    if isinstance(node, Floor):
        return f"{of(args[0])} = {closed(args[1], names)} / {closed(args[2], names)}"
    if isinstance(node, Maximum | Minimum):
        function = "Z.max" if isinstance(node, Maximum) else "Z.min"
        return f"{of(args[0])} = {function} {closed(args[1], names)} {closed(args[2], names)}"
    if isinstance(node, Absolute):
        return f"{of(args[0])} = Z.abs {closed(args[1], names)}"
    if isinstance(node, Bracket):
        value, condition = of(args[0]), grouped(args[1], names)
        return f"({value} = 1 /\\ {condition}) \\/ ({value} = 0 /\\ ~ ({formula(args[1], names)}))"
    for kind, sign in RELATIONS.items():
        if type(node) is kind:
            return f"{of(args[0])} {sign} {of(args[1])}"
    raise NotInCoq(f"no words for {type(node).__name__}")


def quantified(variables: Iterable[str], premises: Iterable[str], claim: str) -> str:
    """forall … : Z, premise -> … -> claim."""
    bound = " ".join(variables)
    head = f"forall {bound} : Z,\n    " if bound else ""
    return head + " ->\n    ".join([*premises, claim])
