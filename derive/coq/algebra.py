"""Identities, values that differ and certificates as theorems.

What an identity multiplies, transposes or adds is multiplied, transposed and added by Coq: ``Product`` and the like become
functions of the library, applied to the entries of what they are made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from ..claims import Certificate, Identity, Unequal
from ..expression import Columns, Entry, Expression, Inner, Product, Scaled, Transpose, entries
from ..theorems.t06_complex import Conjugate
from ..theorems.t20_separable import Kronecker
from ..theorems.t22_fast import Pointwise
from .terms import Names, NotInCoq, names_of, number, quantified, term

MADE = Product | Transpose | Inner | Entry | Columns | Conjugate | Kronecker | Pointwise  # by Coq, from what is below


@dataclass(frozen=True)
class Field:
    """What the entries are: a type, the numbers of the library, and how they are compared."""

    type: str
    numbers: str
    scope: str

    def entry(self, value: Any, names: Names) -> str:
        """One entry: a polynomial."""
        if self.numbers == "complex":
            real, imaginary = parts_of(value)
            return f"({term(real, names)}, {term(imaginary, names)})"
        return fraction(value, names) if self.numbers == "fractions" else term(value, names)

    def equation(self, left: str, right: str) -> str:
        """That two lists of entries are one."""
        return f"same_fractions ({left}) ({right})" if self.numbers == "fractions" else f"{left} = {right}"


INTEGERS, FRACTIONS, COMPLEX = Field("Z", "integers", "Z"), Field("Q", "fractions", "Q"), Field("Z", "complex", "Z")


def field_of(values: Iterable[Any]) -> Field:
    """Integers, fractions or complex numbers, whatever the entries need."""
    found = [sympy.S(rational(value)) for value in values]
    fractions = any(atom.is_Rational and not atom.is_Integer for value in found for atom in value.atoms(sympy.Number))
    complex_numbers = any(value.has(sympy.I) for value in found)
    if fractions and complex_numbers:
        raise NotInCoq("complex numbers with fractions")
    return FRACTIONS if fractions else COMPLEX if complex_numbers else INTEGERS


def rational(value: Any) -> Any:
    """A fraction as SymPy has it."""
    return sympy.Rational(value.numerator, value.denominator) if isinstance(value, Fraction) else value


def parts_of(value: Any) -> tuple[Any, Any]:
    """Real and imaginary part of a polynomial in real letters."""
    expanded = sympy.expand(value)
    imaginary = expanded.coeff(sympy.I)
    return sympy.expand(expanded - sympy.I * imaginary), imaginary


def fraction(value: Any, names: Names) -> str:
    """A polynomial over ℚ."""
    value = sympy.S(rational(value))
    if value.is_Rational:
        return number(int(value)) if value.is_Integer else f"({number(value.p)} # {value.q})"
    if value.is_Symbol:
        return names[value]
    if value.is_Add or value.is_Mul:
        sign, parts = (" + ", value.as_ordered_terms()) if value.is_Add else (" * ", value.as_ordered_factors())
        return "(" + sign.join(fraction(part, names) for part in parts) + ")"
    if value.is_Pow and value.exp.is_Integer and value.exp > 1:
        return "(" + " * ".join([fraction(value.base, names)] * int(value.exp)) + ")"
    raise NotInCoq(f"{value} is no polynomial over the rational numbers")


def letters_in(*sides: Iterable[Any]) -> list[Any]:
    """All letters of the entries, leaves included, in order of their names."""
    found = set[Any]()
    for side in sides:
        for part in side:
            values = _leaves(part)
            found |= set().union(*(sympy.S(rational(value)).free_symbols for value in values))
    return sorted(found, key=str)


def _leaves(part: Any) -> list[Any]:
    """The entries that are written down for a part of a side."""
    if isinstance(part, MADE):
        return [value for below in part.below for value in _leaves(below)]
    if isinstance(part, Scaled):
        return [part.factor, *_leaves(part.of)]
    return entries([part])


def identity(made: Identity) -> tuple[str, str]:
    """left = right for all values of the letters, and the proof."""
    letters = letters_in(made.left, made.right)
    field = field_of([value for side in (made.left, made.right) for part in side for value in _leaves(part)] +
                     entries(made.left) + entries(made.right))
    names = names_of(letters)
    left, right = (side_text(side, field, names) for side in (made.left, made.right))
    text = _bound(letters, names, field) + f"({field.equation(left, right)})%{field.scope}"
    return text, "multiplied_out" if letters else "calculated"


def _bound(letters: Sequence[Any], names: Names, field: Field) -> str:
    return f"forall {' '.join(names[letter] for letter in letters)} : {field.type},\n    " if letters else ""


def side_text(side: Sequence[Any], field: Field, names: Names) -> str:
    """All entries of a side as one list."""
    plain = [part for part in side if not isinstance(part, Expression)]
    if len(plain) == len(side):
        return listed(entries(side), field, names)
    return " ++ ".join(f"concat {matrix(part, field, names)}" if isinstance(part, Expression)
                       else listed(entries([part]), field, names) for part in side)


def listed(values: Sequence[Any], field: Field, names: Names) -> str:
    """A list of entries."""
    return f"[{'; '.join(field.entry(value, names) for value in values)}]"


def matrix(node: Any, field: Field, names: Names) -> str:
    """An expression as a matrix: what is made of others by a function of the library, leaves row by row."""
    def of(one: Any) -> str:
        return matrix(one, field, names)

    if isinstance(node, Product):
        first, *others = node.parts
        made = of(first)
        for other in others:
            made = f"(multiply {field.numbers} {made} {of(other)})"
        return made
    if isinstance(node, Transpose):
        turned = f"(transpose {field.numbers} {of(node.of)})"
        return f"(conjugate_matrix {field.numbers} {turned})" if node.conjugate else turned
    if isinstance(node, Inner):
        left = f"(conjugate_matrix {field.numbers} {of(node.left)})" if node.sesquilinear else of(node.left)
        return f"(inner_product {field.numbers} {left} {of(node.right)})"
    if isinstance(node, Conjugate):
        return f"(conjugate_matrix {field.numbers} {of(node.of)})"
    if isinstance(node, Kronecker | Pointwise):
        function = "kronecker" if isinstance(node, Kronecker) else "pointwise"
        return f"({function} {field.numbers} {of(node.left)} {of(node.right)})"
    if isinstance(node, Scaled):
        return f"(scale {field.numbers} ({field.entry(node.factor, names)}) {of(node.of)})"
    if isinstance(node, Entry):
        return f"(at_place {field.numbers} {of(node.of)} {node.row} {node.column or 0})"
    if isinstance(node, Columns):
        return f"[[Z.of_nat (length (hd [] {of(node.of)}))]]"
    return "[" + ";\n      ".join(listed(row, field, names) for row in node.rows) + "]"


def unequal(made: Unequal) -> tuple[str, str]:
    """Not for all values of the letters left = right: they differ at a point."""
    letters = letters_in([made.left], [made.right])
    names, point = names_of(letters), dict(made.point)
    field = field_of([*_leaves(made.left), *_leaves(made.right), *entries([made.left]), *entries([made.right])])
    left, right = (side_text([side], field, names) for side in (made.left, made.right))
    said = f"({field.equation(left, right)})%{field.scope}"
    of_letters = FRACTIONS if field is FRACTIONS else INTEGERS
    values = " ".join(f"({of_letters.entry(point.get(letter, sympy.Integer(0)), {})})%{field.scope}" for letter in letters)
    text = f"~ ({_bound(letters, names, field)}{said})"
    return text, f"intro H; {f'specialize (H {values}); ' if letters else ''}differ H"


def certificate(made: Certificate) -> tuple[str, str]:
    """∀ letters: every hypothesis is ≥ 0 → the goal is (or they contradict each other), by the products of the certificate."""
    values = dict(made.hypotheses)
    names = names_of(sorted(set[Any]().union(*(sympy.S(v).free_symbols for v in (*values.values(), made.goal))), key=str))
    premises = [f"0 <= {term(value, names)}" for value in values.values()]
    claim = "False" if made.goal == -1 else f"0 <= {term(made.goal, names)}"
    steps = ["intros"]
    for _, used in made.rows:
        if len(used) > 1:
            product = " * ".join(f"({term(values[name], names)})" for name in used)
            steps.append(f"assert (0 <= {product}) by (repeat apply Z.mul_nonneg_nonneg; assumption)")
    return quantified(names.values(), premises, claim), "; ".join([*steps, "first [lia | nia]"])
