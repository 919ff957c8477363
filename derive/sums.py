"""Entries of the three maps as sums over all axes, channels, groups and images of a batch, and the ways by which they are computed.

    T(u, w, x) = Σ u[b,γ,f,i] · w[γ,f,c,a] · x[b,γ,c,j]

γ is a group, f and c count the F and C channels of one group on either side, b the images of a batch of B; i, a and j
have one number an axis. All sizes are symbols. A sum with positions in between is the same sum only if each term of the
one is one term of the other, so what is painted, read or added twice is refuted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

import sympy

from .claims.index import Named, SameSum, Sum, written
from .form import Indices, bounded, feature_range, image_range, relation, size_variables, symbols, tap_range
from .logic import All, Between, Formula
from .spec import Axis, ConvSpec
from .statement import Variable, letters_of

Slot = Literal["u", "w", "x"]
b, group, f, c = CHANNELS = symbols("b γ f c")
SIZES = dict(zip(CHANNELS, symbols("B G F C"), strict=True))
SLOTS: tuple[Slot, ...] = ("u", "w", "x")
OF = {"u": (b, group, f), "w": (group, f, c), "x": (b, group, c)}
PLACE = {"u": "i", "w": "a", "x": "j"}


def letters(spec: ConvSpec) -> list[tuple[Axis, Indices]]:
    """Each axis with its index letters, numbered where there are several."""
    return list(zip(spec.axes, _letters(spec.dims), strict=True))


def _letters(dims: int) -> list[Indices]:
    return [Indices.of(number if dims > 1 else None) for number in range(1, dims + 1)]


def tensor(spec: ConvSpec, letter: Slot, name: str = "") -> Any:
    """u[b,γ,f,i], w[γ,f,c,a] or x[b,γ,c,j], or another array with the indices of ``letter``."""
    return _tensor(spec.dims, letter, name or letter)


@cache
def _tensor(dims: int, letter: Slot, name: str) -> Any:
    return sympy.IndexedBase(name)[(*OF[letter], *[getattr(at, PLACE[letter]) for at in _letters(dims)])]


def channels(*which: Any) -> tuple[tuple[Variable, ...], tuple[Formula, ...]]:
    """Sum variables for some of b, γ, f, c, and their ranges."""
    return tuple(Variable(one, 0, SIZES[one] - 1) for one in which), tuple(Between(0, one, SIZES[one] - 1) for one in which)


def same(spec: ConvSpec, left: Sum | Named, right: Sum | Named, forward: Mapping[Any, Any], backward: Mapping[Any, Any],
         given: Iterable[Formula] = (), define: Iterable[Formula] = (), others: Iterable[Variable] = (),
         products: Iterable[tuple[Any, Any]] = ()) -> SameSum:
    """Both sums are one, for all values of the letters in them that nothing sums over; ``others`` are letters of a theorem's own."""
    given, define = tuple(given), tuple(define)
    ranges = [Variable(size, 2, 2) for size in SIZES.values()]
    ranges += [v for axis, at in letters(spec) for v in size_variables(axis, at)[0]]
    ranges += [*[Variable(one, 0, 0) for one in CHANNELS], *others]
    for axis, at in letters(spec):
        ranges += [Variable(at.i, 0, 2), Variable(at.a, 0, axis.kernel - 1), Variable(at.j, -1, axis.span)]
    spoken = set[Any]().union(*map(letters_of, (*given, *define)))
    for side in (written(left), written(right)):
        spoken |= side.spoken
    return SameSum(tuple(v for v in ranges if v.symbol in spoken), given, left, right, forward, backward, define,
                   () if spec.chosen else tuple(products))


@dataclass(frozen=True)
class Output:
    """An entry of ∂T/∂slot: (A x)[b,γ,f,i] for u, (Aᵀu)[b,γ,c,j] for x, ∂T/∂w[γ,f,c,a] for w."""

    spec: ConvSpec
    slot: Slot

    @property
    def free(self) -> tuple[Any, ...]:
        """The indices of the entry."""
        return tuple(tensor(self.spec, self.slot).indices)

    @cached_property
    def ranges(self) -> tuple[tuple[Variable, ...], tuple[Formula, ...]]:
        """What is summed over, and where it lies: everything that is no index of the entry."""
        variables, conditions = channels(*[one for one in CHANNELS if one not in self.free])
        for axis, at in letters(self.spec):
            for letter, last, inside in ((at.i, at.m - 1, feature_range(at)), (at.a, axis.kernel - 1, tap_range(axis, at)),
                                         (at.j, at.n - 1, image_range(at))):
                if letter not in self.free:
                    variables, conditions = (*variables, Variable(letter, 0, last)), (*conditions, inside)
        return variables, conditions

    @cached_property
    def written(self) -> Sum:
        """The product of the two others over all their indices that are related to the entry."""
        variables, conditions = self.ranges
        summand = sympy.Mul(*[tensor(self.spec, other) for other in SLOTS if other != self.slot])
        return Sum(summand, variables, All(*conditions, *[relation(axis, at) for axis, at in letters(self.spec)]))

    def latex(self, printer: Any) -> str:
        name = {"u": r"(A\, x)", "x": r"(A^{\mathsf T} u)", "w": r"(\partial T/\partial w)"}[self.slot]
        return rf"{name}[{', '.join(map(printer.doprint, self.free))}]"


@dataclass(frozen=True)
class Way:
    """Positions that lead from one array to another along an axis: each with the term that it is, and what links and bounds them."""

    positions: tuple[tuple[Any, Any], ...]
    links: tuple[Formula, ...]


def by_way(spec: ConvSpec, slot: Slot, ways: Sequence[Way], given: Iterable[Formula] = (),
           products: Iterable[tuple[Any, Any]] = ()) -> SameSum:
    """An entry of ∂T/∂slot is the sum over all ways, one way an axis, in the place of the index relation."""
    entry = Output(spec, slot)
    variables, conditions = entry.ranges
    places = {position: term for way in ways for position, term in way.positions}
    between = [Variable(position, term, term) for position, term in places.items()]
    right = Sum(entry.written.summand, (*variables, *between), All(*conditions, *[link for way in ways for link in way.links]))
    back = {variable.symbol: variable.symbol for variable in variables}
    within = [pair for axis, at in letters(spec) for pair in bounded(axis, at)]
    return same(spec, entry, right, back | places, back, given, (), (), (*within, *products))


@dataclass(frozen=True)
class Nested:
    """Σ v₁ (Σ v₂ (… inner)), one sum inside the other, or a product of sums where nothing is inside: one sum over all."""

    factors: tuple[Sum, ...]
    inner: Any = 1

    @cached_property
    def written(self) -> Sum:
        """All factors times the innermost term, over everything that any of the sums runs over."""
        conditions = [one for factor in self.factors for one in (
            factor.condition.args if isinstance(factor.condition, All) else (factor.condition,))]
        variables = tuple(variable for factor in self.factors for variable in factor.variables)
        return Sum(sympy.Mul(*[factor.summand for factor in self.factors], self.inner), variables, All(*conditions))

    def latex(self, printer: Any) -> str:
        sums = [printer.doprint(factor) for factor in self.factors]
        own = [{variable.symbol for variable in factor.variables} for factor in self.factors]
        if self.inner == 1 and not any(own[number] & factor.summand.free_symbols
                                       for factor in self.factors for number in range(len(own)) if self.factors[number] is not factor):
            return r"\, ".join(f"({one})" for one in sums)
        made = sums.pop() if self.inner == 1 else str(printer.doprint(self.inner))
        for one in reversed(sums):
            made = f"{one} ({made})"
        return made


def axis_by_axis(spec: ConvSpec, *signal: Any) -> SameSum:
    """With w[a] = w₁[a₁]·w₂[a₂]·…, Σ w·signal over the index relation of all axes is one sum an axis.

    One inside the other for one signal; their product for a signal that is a product of one factor an axis.
    """
    axes = letters(spec)
    taps = [sympy.IndexedBase(f"w{number}")[at.a] for number, (_, at) in enumerate(axes, 1)]
    variables = [(Variable(at.i, 0, at.m - 1), Variable(at.a, 0, axis.kernel - 1)) for axis, at in axes]
    conditions = [(feature_range(at), tap_range(axis, at), relation(axis, at)) for axis, at in axes]
    together = Sum(sympy.Mul(*taps, *signal), tuple(v for one in variables for v in one), All(*[c for one in conditions for c in one]))
    separate = len(signal) == len(axes)
    factors = [tap * own if separate else tap for tap, own in zip(taps, signal if separate else taps, strict=True)]
    apart = Nested(tuple(Sum(factor, own, All(*inside)) for factor, own, inside in zip(factors, variables, conditions, strict=True)),
                   *(() if separate else signal))
    kept = {v.symbol: v.symbol for v in together.variables}
    return same(spec, together, apart, kept, kept)
