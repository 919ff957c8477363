"""T, the trilinear form from which everything comes, its index relation, and its three derivatives.

    T(u, w, x) = Σ u[b,f,i] · w[f,c,a] · x[b,c,j]   over all i, a, j with  j = s·i + d·a − p_lo  on every axis

T is linear in each argument: ∂T/∂u is ``conv``, ∂T/∂x is ``conv_transpose``, ∂T/∂w is ``conv_weight_gradient``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import Any

import sympy

from . import lengths
from .logic import All, Between, Equal, Formula, Le
from .spec import Axis, ConvSpec
from .statement import Variable

MAPS = {"conv": "u", "conv_transpose": "x", "conv_weight_gradient": "w"}  # map -> what T is differentiated by


def symbols(names: str) -> Any:
    """Plain integer symbols: no sign assumptions, which SymPy would act upon."""
    return sympy.symbols(names, integer=True)


m, n, i, a, j = symbols("m n i a j")


@dataclass(frozen=True)
class Indices:
    """The five letters of one axis; ``Indices.of(2)`` numbers them m₂, n₂, i₂, a₂, j₂ for N-D statements."""

    m: sympy.Symbol = m
    n: sympy.Symbol = n
    i: sympy.Symbol = i
    a: sympy.Symbol = a
    j: sympy.Symbol = j

    @classmethod
    @cache
    def of(cls, number: int | None) -> Indices:
        return cls() if number is None else cls(*symbols(" ".join(f"{letter}_{number}" for letter in "mniaj")))

    def letter(self, name: str) -> sympy.Symbol:
        """Another letter of the same axis."""
        return _symbol(name + self.m.name[1:])

    def named(self, term: Any) -> Any:
        """A term or formula in m, n, i, a, j, with the letters of this axis."""
        return sympy.S(term).xreplace(dict(zip((m, n, i, a, j), (self.m, self.n, self.i, self.a, self.j), strict=True)))


LETTERS = Indices()


@cache
def _symbol(name: str) -> sympy.Symbol:
    return symbols(name)


@lru_cache(maxsize=4096)
def relation(axis: Axis, at: Indices = LETTERS) -> Formula:
    """The index relation of one axis: j = s·i + d·a − p_lo."""
    return Equal(at.j, axis.stride * at.i + axis.dilation * at.a - axis.padding[0])


@lru_cache(maxsize=4096)
def feature_range(at: Indices = LETTERS) -> Formula:
    """0 ≤ i < m."""
    return Between(0, at.i, at.m - 1)


@lru_cache(maxsize=4096)
def tap_range(axis: Axis, at: Indices = LETTERS) -> Formula:
    """0 ≤ a < k."""
    return Between(0, at.a, axis.kernel - 1)


@lru_cache(maxsize=4096)
def image_range(at: Indices = LETTERS) -> Formula:
    """0 ≤ j < n."""
    return Between(0, at.j, at.n - 1)


def triples(axis: Axis, at: Indices = LETTERS) -> Formula:
    """(i, a, j) is one of the index triples that T sums over."""
    return All(feature_range(at), tap_range(axis, at), image_range(at), relation(axis, at))


def length_of_image(axis: Axis, feature_length: Any = m) -> Any:
    """n as a term in m for the chosen axis."""
    return lengths.transposed_length(
        feature_length, axis.kernel, axis.stride, axis.dilation, *axis.padding, axis.output_padding
    )


@lru_cache(maxsize=4096)
def size_variables(axis: Axis, at: Indices = LETTERS) -> tuple[tuple[Variable, ...], tuple[Formula, ...]]:
    """Variables m and n with the hypotheses m ≥ 1, n ≥ 1 and n = s(m−1) + d(k−1) + 1 + op − p_lo − p_hi."""
    least = lengths.smallest_feature_length(axis) if axis.chosen else 1
    variables = (Variable(at.m, least, least + 3), Variable(at.n, 1, 9))
    return variables, (Le(1, at.m), Le(1, at.n), Equal(at.n, length_of_image(axis, at.m)))


def bounded(axis: Axis, at: Indices = LETTERS) -> tuple[tuple[Any, Any], ...]:
    """What 0 ≤ i < m and 0 ≤ a < k say of s·i and d·a, for a ``Statement`` about all parameters; in numbers it needs no saying."""
    s, d = axis.stride, axis.dilation
    return () if axis.chosen else ((s, at.i), (s, at.m - 1 - at.i), (d, at.a), (d, axis.kernel - 1 - at.a))


def compared(factor: Any, one: Any, other: Any, *at_least: int) -> tuple[tuple[Any, Any], ...]:
    """What one ≥ other + c and other ≥ one + c, for each c of ``at_least``, say of their products with a letter ``factor``."""
    return () if isinstance(factor, int) else times(factor, *[term - c for c in at_least for term in (one - other, other - one)])


def times(factor: Any, *terms: Any) -> tuple[tuple[Any, Any], ...]:
    """What terms ≥ 0 say of their products with a letter ``factor``; those with a number need no saying."""
    return () if isinstance(factor, int) else tuple((factor, term) for term in terms)


def vanishing(term: Any, *factors: Any) -> tuple[tuple[Any, Any], ...]:
    """What term = 0 says of its products with ``factors``, of either sign, where both are more than numbers."""
    return () if isinstance(term, int) else tuple(
        (one, other) for factor in factors if not isinstance(factor, int) for one in (term, -term) for other in (factor, -factor))


def index_triples(axis: Axis, feature: int, image: int) -> Iterator[tuple[int, int, int]]:
    """Every (i, a, j) of one axis at a size: by trying all pairs, the definition itself."""
    for at_feature, tap in product(range(feature), range(axis.kernel)):
        position = axis.stride * at_feature + axis.dilation * tap - axis.padding[0]
        if 0 <= position < image:
            yield at_feature, tap, position


def taps_per_output(axis: Axis, feature: int, image: int) -> list[int]:
    """How many (i, a) reach each of the first ``image`` positions of one axis, by the rule of theorem 13."""
    period, step = axis.period, axis.step
    counts = []
    for at in range(axis.padding[0], axis.padding[0] + image):
        first = at // axis.gcd * axis.bezout[0] % period
        feature_of_first = (at - axis.dilation * first) // axis.stride
        last = min((axis.kernel - 1 - first) // period, feature_of_first // step)
        counts.append(0 if at % axis.gcd else max(0, last - max(0, -((feature - 1 - feature_of_first) // step)) + 1))
    return counts


@dataclass(frozen=True)
class TrilinearForm:
    """T at a size, for one channel each side: a polynomial in u[i…], w[a…] and x[j…]."""

    spec: ConvSpec
    feature: tuple[int, ...]
    image: tuple[int, ...]

    @classmethod
    def at(cls, spec: ConvSpec, feature: Sequence[int], image: Sequence[int] | None = None) -> TrilinearForm:
        """The form for feature lengths m (and image lengths n, if they are not to follow from m)."""
        return cls(spec, tuple(feature), tuple(image or lengths.image_lengths(spec, feature)))

    def unknowns(self, letter: str) -> list[sympy.Symbol]:
        """The symbols of u, w or x, in row-major order."""
        shape = {"u": self.feature, "w": self.spec.kernel, "x": self.image}[letter]
        return [entry(letter, index) for index in product(*map(range, shape))]

    @property
    def terms(self) -> list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
        """All (i, a, j), one tuple an axis each: the product of the axes' index relations."""
        rows = [list(index_triples(axis, f, g)) for axis, f, g in
                zip(self.spec.axes, self.feature, self.image, strict=True)]
        return [tuple(zip(*combination, strict=True)) for combination in product(*rows)]  # type: ignore[misc]

    @property
    def expression(self) -> sympy.Expr:
        """The sum Σ u·w·x."""
        return sympy.Add(*[entry("u", at_i) * entry("w", at_a) * entry("x", at_j) for at_i, at_a, at_j in self.terms])

    def derivative(self, map_name: str) -> list[sympy.Expr]:
        """∂T/∂(u, x or w): the entries of ``conv``, ``conv_transpose`` or ``conv_weight_gradient``, row-major."""
        letter = MAPS[map_name]
        position = "uwx".index(letter)
        sums: dict[Any, list[sympy.Expr]] = {symbol: [] for symbol in self.unknowns(letter)}
        for indices in self.terms:
            factors = [entry(name, index) for name, index in zip("uwx", indices, strict=True)]
            own = factors.pop(position)
            sums[own].append(sympy.Mul(*factors))
        return [sympy.Add(*terms) for terms in sums.values()]


def inner(symbols: Sequence[sympy.Expr], values: Sequence[sympy.Expr]) -> sympy.Expr:
    """⟨symbols, values⟩, bilinear, multiplied out: a sum of products if the values are."""
    return sympy.Add(*[symbol * term for symbol, value in zip(symbols, values, strict=True) if value != 0
                       for term in sympy.Add.make_args(value)])


def partials(expression: sympy.Expr, unknowns: Sequence[sympy.Symbol]) -> list[sympy.Expr]:
    """∂expression/∂each unknown, for a sum of products that is linear in each: the terms with it, without it."""
    sums: dict[Any, list[sympy.Expr]] = {symbol: [] for symbol in unknowns}
    for term in sympy.Add.make_args(expression):
        factors = sympy.Mul.make_args(term)
        for position, factor in enumerate(factors):
            if factor in sums:
                sums[factor].append(sympy.Mul(*factors[:position], *factors[position + 1:]))
    return [sympy.Add(*terms) for terms in sums.values()]


def entry(letter: str, index: Sequence[int]) -> sympy.Symbol:
    """The commuting symbol that stands for letter[index] in matrices and worked numbers."""
    return sympy.Symbol(f"{letter}_{{{','.join(map(str, index))}}}")
