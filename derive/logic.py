"""Logic nodes that do not think for themselves: what is built is what is judged is what is printed.

SymPy's own relations and connectives decide, reorder and rewrite on construction (``And(0 <= i, i < 0,
evaluate=False)`` is ``False``), so a proof may not contain them. These nodes keep their arguments as given. Terms are
SymPy expressions, affine in plain ``integer=True`` symbols; the parametric theorems also use products.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import product
from typing import Any

import sympy
from sympy.core.sympify import _sympify
from sympy.logic.boolalg import Boolean


class Formula(Boolean):
    """Base of all nodes. Arguments are formulas or terms; strings are refused."""

    __slots__ = ()

    def __new__(cls, *args: Any) -> Any:
        return sympy.Basic.__new__(cls, *[arg if isinstance(arg, sympy.Basic) else _sympify(arg) for arg in args])

    def _latex(self, printer: Any) -> str:
        raise NotImplementedError(type(self).__name__)


def _group(printer: Any, node: Any) -> str:
    text = str(printer.doprint(node))
    lone = isinstance(node, All | Either) and len(node.args) == 1
    return f"({text})" if isinstance(node, All | Either | Implies | Iff | Exists) and not lone else text


class All(Formula):
    """Every argument holds. ``All()`` is true."""

    def _latex(self, printer: Any) -> str:
        return r" \;\wedge\; ".join(_group(printer, arg) for arg in self.args) or r"\mathrm{true}"


class Either(Formula):
    """At least one argument holds. ``Either()`` is false."""

    def _latex(self, printer: Any) -> str:
        return r" \;\vee\; ".join(_group(printer, arg) for arg in self.args) or r"\mathrm{false}"


class No(Formula):
    """The argument does not hold."""

    def _latex(self, printer: Any) -> str:
        inside = self.args[0]
        if isinstance(inside, Equal | Divides):
            left, right = map(printer.doprint, inside.args)
            sign = r"\ne" if isinstance(inside, Equal) else r"\nmid"
            return f"{left} {sign} {right}"
        text = str(printer.doprint(inside))
        return rf"\neg ({text})" if isinstance(inside, Formula) else rf"\neg {text}"


class Implies(Formula):
    """If the first holds, so does the second."""

    def _latex(self, printer: Any) -> str:
        return rf"{_group(printer, self.args[0])} \;\Rightarrow\; {_group(printer, self.args[1])}"


class Iff(Formula):
    """Both hold or neither does."""

    def _latex(self, printer: Any) -> str:
        return rf"{_group(printer, self.args[0])} \;\Leftrightarrow\; {_group(printer, self.args[1])}"


class Le(Formula):
    """a ≤ b."""

    def _latex(self, printer: Any) -> str:
        return rf"{printer.doprint(self.args[0])} \le {printer.doprint(self.args[1])}"


class Lt(Formula):
    """a < b."""

    def _latex(self, printer: Any) -> str:
        return rf"{printer.doprint(self.args[0])} < {printer.doprint(self.args[1])}"


class Equal(Formula):
    """a = b."""

    def _latex(self, printer: Any) -> str:
        return rf"{printer.doprint(self.args[0])} = {printer.doprint(self.args[1])}"


class Between(Formula):
    """lo ≤ x ≤ hi."""

    def _latex(self, printer: Any) -> str:
        lo, x, hi = (printer.doprint(arg) for arg in self.args)
        return rf"{lo} \le {x} \le {hi}"


class Divides(Formula):
    """The positive integer c divides the term e."""

    def _latex(self, printer: Any) -> str:
        return rf"{printer.doprint(self.args[0])} \mid {printer.doprint(self.args[1])}"


class Exists(Formula):
    """Some integers make ``body`` hold: ``Exists((t,), body, (term,))``.

    ``witness`` gives one term for each variable, in the other variables; where it stands, SMT and enumeration use it.
    """

    def __new__(cls, variables: Any, body: Any, witness: Any = ()) -> Any:
        return sympy.Basic.__new__(cls, sympy.Tuple(*variables), _sympify(body), sympy.Tuple(*witness))

    @property
    def variables(self) -> tuple[sympy.Symbol, ...]:
        return tuple(self.args[0])

    @property
    def body(self) -> Formula:
        return self.args[1]

    @property
    def witness(self) -> tuple[sympy.Expr, ...]:
        return tuple(self.args[2])

    @property
    def free_symbols(self) -> set[sympy.Symbol]:
        """Those of the body that are not bound, and those of the witness."""
        bound = set(self.variables)
        return (self.body.free_symbols - bound) | set().union(*(term.free_symbols for term in self.witness))

    def at_witness(self) -> Formula:
        """The body with the witness in place of the variables."""
        return self.body.xreplace(dict(zip(self.variables, self.witness, strict=True)))

    def _latex(self, printer: Any) -> str:
        names = ", ".join(printer.doprint(v) for v in self.variables)
        return rf"\exists\, {names}:\; {printer.doprint(self.body)}"


class Parameter(sympy.Symbol):
    """k, s, d, p_lo, p_hi or op of a layer that is not chosen; what is stated of it is stated of every legal value.

    So are g = gcd(s, d), s′ = s/g and d′ = d/g, with φ·d′ = 1 + ψ·s′, where a theorem speaks of these.
    """

    LEAST = {"k": 1, "s": 1, "d": 1, "op": 0, "g": 1, "s'": 1, "d'": 1}

    def __new__(cls, name: str, **assumptions: bool) -> Any:
        return super().__new__(cls, name, **{"integer": True, **assumptions})

    @property
    def legal(self) -> tuple[Formula, ...]:
        """k, s, d, g, s′, d′ ≥ 1 and op ≥ 0; a crop may be any integer."""
        return _legal(self)

    @property
    def positive_by_law(self) -> bool:
        """Whether every legal value is at least 1."""
        return self.LEAST.get(self.name.split("_")[0]) == 1


@cache
def _legal(letter: Parameter) -> tuple[Formula, ...]:
    least = Parameter.LEAST.get(letter.name.split("_")[0])
    return () if least is None else (Le(least, letter),)


# Definitions: total, single-valued functions that name a value. They only ever stand among the hypotheses.


class Floor(Formula):
    """q = ⌊e/c⌋ for a positive c: arguments (q, e, c)."""

    def _latex(self, printer: Any) -> str:
        q, e, c = (printer.doprint(arg) for arg in self.args)
        return f"{q} = {e}" if self.args[2] == 1 else rf"{q} = \left\lfloor \frac{{{e}}}{{{c}}} \right\rfloor"


class Maximum(Formula):
    """v = max(a, b): arguments (v, a, b)."""

    def _latex(self, printer: Any) -> str:
        v, a, b = (printer.doprint(arg) for arg in self.args)
        return rf"{v} = \max\left({a},\, {b}\right)"


class Minimum(Formula):
    """v = min(a, b): arguments (v, a, b)."""

    def _latex(self, printer: Any) -> str:
        v, a, b = (printer.doprint(arg) for arg in self.args)
        return rf"{v} = \min\left({a},\, {b}\right)"


class Absolute(Formula):
    """v = |e|: arguments (v, e)."""

    def _latex(self, printer: Any) -> str:
        return rf"{printer.doprint(self.args[0])} = \left|{printer.doprint(self.args[1])}\right|"


class Bracket(Formula):
    """v = 1 where the condition holds, else 0: arguments (v, condition)."""

    def _latex(self, printer: Any) -> str:
        return rf"{printer.doprint(self.args[0])} = \left[{printer.doprint(self.args[1])}\right]"


DEFINITIONS = (Floor, Maximum, Minimum, Absolute, Bracket)


def definition_as_formula(node: Formula) -> Formula:
    """A definition spelled out in the other nodes, for judges that know only those. Floor needs a constant c > 0."""
    value, *terms = node.args
    if isinstance(node, Floor):
        e, c = terms
        return All(Le(c * value, e), Le(e, c * value + c - 1))
    if isinstance(node, Maximum):
        a, b = terms
        return Either(All(Equal(value, a), Le(b, a)), All(Equal(value, b), Lt(a, b)))
    if isinstance(node, Minimum):
        a, b = terms
        return Either(All(Equal(value, a), Le(a, b)), All(Equal(value, b), Lt(b, a)))
    if isinstance(node, Absolute):
        (e,) = terms
        return Either(All(Equal(value, e), Le(0, e)), All(Equal(value, -e), Lt(e, 0)))
    if isinstance(node, Bracket):
        (condition,) = terms
        return Either(All(Equal(value, 1), condition), All(Equal(value, 0), No(condition)))
    raise TypeError(f"{type(node).__name__} is not a definition")


class NotAffine(ValueError):
    """A term has a product of variables: the statement is not Presburger arithmetic."""


@lru_cache(maxsize=4096)
def monomials(term: Any) -> tuple[tuple[int, tuple[Any, ...]], ...]:
    """A polynomial term over ℤ as (coefficient, symbols with repetition) rows; the constant has no symbols."""
    rows = [(coefficient, factors) for factors, coefficient in _polynomial(sympy.S(term)).items() if coefficient] or [(0, ())]
    return tuple(sorted(rows, key=lambda row: (not row[1], [_name(f) for f in row[1]])))


def _polynomial(term: Any) -> dict[tuple[Any, ...], int]:
    """Symbols with repetition, by name → coefficient; SymPy's ``expand`` knows much that is no polynomial."""
    if term.is_Integer:
        return {(): int(term)}
    if term.is_Symbol:
        return {(term,): 1}
    found: dict[tuple[Any, ...], int] = {}
    if term.is_Add:
        for part in term.args:
            for factors, coefficient in _polynomial(part).items():
                found[factors] = found.get(factors, 0) + coefficient
        return found
    if term.is_Pow and term.exp.is_Integer and term.exp > 0:
        parts = (term.base,) * int(term.exp)
    elif term.is_Mul:
        parts = term.args
    else:
        raise NotAffine(f"{term} is not a polynomial with integer coefficients")
    found[()] = 1
    for part in parts:
        before, found = found, {}
        for (left, one), (right, other) in product(before.items(), _polynomial(part).items()):
            factors = tuple(sorted((*left, *right), key=_name))
            found[factors] = found.get(factors, 0) + one * other
    return found


def _name(symbol: Any) -> str:
    return str(symbol.name)
