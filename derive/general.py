"""Theorems about all parameters: made by the same functions from a layer whose k, s, d, p_lo, p_hi and op are letters.

A statement about a configuration rests on the general one if it is what comes out when numbers are put in for the
letters, node by node (``instance_of``); then its verdict is that of the general proof. Everything else is judged by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

import sympy

from .claims import Certificate, ForAll, Identity, SameSum, written
from .expression import entries
from .judges import Opinion, Verdict
from .parameters import any_axis, any_layer, numbers_of
from .spec import Axis
from .statement import Put, Statement, holds, letters_of
from .theorem import Theorem
from .theorems import theorems

NAME = "general"
NUMBERS = (*range(1, 15), 17, *range(19, 22), *range(24, 31))
"""The theorems that can be made of letters; what they say only of a configuration is left out of them."""
AXES = {20: 2}
"""Axes that a theorem needs before it says anything, where one is not enough."""


@cache
def theorem(number: int, dims: int = 1) -> Theorem:
    """The theorem about all layers of so many axes, or of as many as it needs."""
    return theorems([number])[0](any_layer(max(dims, AXES.get(number, 1))))


@cache
def claims(number: int, dims: int = 1) -> tuple[ForAll | SameSum, ...]:
    """Its index statements, which speak of one axis at most, and its sums."""
    return tuple(step.claim for step in theorem(number, dims).steps if isinstance(step.claim, (ForAll, SameSum)))


@cache
def speaks_of_crops(number: int) -> bool:
    """Whether an index statement has p_lo, p_hi or op in it: those that have none are the same for all crops."""
    letters = set[Any]().union(*(claim.statement.parameters for claim in claims(number) if isinstance(claim, ForAll)))
    return bool(letters & {*any_axis().padding, any_axis().output_padding})


@lru_cache(maxsize=1024)
def of_axis(number: int, axis: Axis) -> dict[Any, ForAll]:
    """Index statements about this axis → the general ones that they are instances of."""
    put = numbers_in((axis,))
    return {key(claim.statement.at(put)): claim for claim in claims(number) if isinstance(claim, ForAll)}


@lru_cache(maxsize=256)
def of_layer(number: int, axes: tuple[Axis, ...]) -> dict[Any, ForAll | SameSum]:
    """What is said of all these axes together → the general claims that it is an instance of."""
    put = numbers_in(axes)
    return {key_of_sums(claim, put) if isinstance(claim, SameSum) else key(claim.statement.at(put)): claim
            for claim in claims(number, len(axes)) if isinstance(claim, SameSum) or joins_axes(claim.statement)}


@cache
def of_all(number: int, dims: int) -> dict[Any, SameSum]:
    """The general sums themselves, which a theorem about a configuration may state too."""
    return {key_of_sums(claim, sympy.S): claim for claim in claims(number, dims) if isinstance(claim, SameSum)}


def joins_axes(statement: Statement) -> bool:
    """Whether it speaks of several axes; what is said of one of several has no numbered letters."""
    return any("_" in variable.symbol.name for variable in statement.variables)


@lru_cache(maxsize=256)
def numbers_in(axes: tuple[Axis, ...]) -> Put:
    """Puts the numbers of these axes in the places of letters; what theorems share is done once."""
    values = dict[Any, Any]()
    for at, axis in enumerate(axes, 1):
        values |= numbers_of(axis, at if len(axes) > 1 else None)
    return Put(values)


def key(statement: Statement) -> Any:
    """All that a statement says: letters, hypotheses, definitions and claim. The ranges that enumeration walks say nothing."""
    return statement.symbols, statement.given, statement.define, statement.claim


def key_of_sums(same: SameSum, put: Callable[[Any], Any]) -> Any:
    """All that is said of two sums, with whatever is put in the place of letters."""
    sides = [(put(sympy.S(side.summand)), tuple(v.symbol for v in side.variables), put(side.condition))
             for side in map(written, (same.left, same.right))]
    maps = [frozenset((letter, put(sympy.S(term))) for letter, term in way.items()) for way in (same.forward, same.backward)]
    facts = [tuple(node for node in map(put, nodes) if letters_of(node) or not holds(node, {})) for nodes in (same.given, same.define)]
    return (*sides, *maps, *facts, tuple(v.symbol for v in same.parameters))


def instance_of(number: int, axes: tuple[Axis, ...], claim: Any) -> ForAll | SameSum | None:
    """The general claim that this one is with numbers for letters, node by node."""
    found = with_numbers(number, axes, claim)
    return found[0] if found else None


def with_numbers(number: int, axes: tuple[Axis, ...], claim: Any) -> tuple[ForAll | SameSum, Put] | None:
    """The general claim that this one is an instance of, and the numbers that are put in."""
    if number not in NUMBERS or not axes or not all(axis.chosen for axis in axes):
        return None
    if isinstance(claim, SameSum):
        own = key_of_sums(claim, sympy.S)
        if whole := of_layer(number, axes).get(own):
            return whole, numbers_in(axes)
        return (whole, Put({})) if (whole := of_all(number, len(axes)).get(own)) else None
    if isinstance(claim, ForAll):
        own = key(claim.statement)
        if len(axes) > 1 and joins_axes(claim.statement):
            whole = of_layer(number, axes).get(own)
            return (whole, numbers_in(axes)) if whole else None
        axes = axes if speaks_of_crops(number) else tuple(axis.uncropped for axis in axes)
        return next(((found, numbers_in((axis,))) for axis in dict.fromkeys(axes) if (found := of_axis(number, axis).get(own))), None)
    return None


def instance(verdict: Verdict) -> Verdict:
    """The verdict of an instance: that of the general proof, which is named before its judges."""
    return replace(verdict, opinions=(Opinion(NAME, "proved"), *verdict.opinions))


def speaks_of_all(theorem: Theorem, claim: Any, verdict: Verdict) -> bool:
    """Whether a step's verdict holds for all parameters: an instance of the general theorem's, or about no configuration."""
    if isinstance(claim, Identity):
        return not claim.context and any(_entries(claim) in identities(theorem.number, axis) for axis in theorem.axes)
    return NAME in verdict.judges or isinstance(claim, Certificate) or not all(axis.chosen for axis in theorem.axes)


@lru_cache(maxsize=512)
def identities(number: int, axis: Axis) -> tuple[Any, ...]:
    """The general theorem's, with this axis' numbers."""
    put = numbers_in((axis,)) if axis.chosen else sympy.S
    made = [step.claim for step in theorem(number).steps if isinstance(step.claim, Identity)] if number in NUMBERS else []
    return tuple(tuple(tuple(sympy.expand(put(entry)) for entry in side) for side in _entries(claim)) for claim in made)


def _entries(claim: Identity) -> tuple[tuple[Any, ...], ...]:
    """Both sides, multiplied out."""
    return tuple(tuple(sympy.expand(entry) for entry in entries(side)) for side in (claim.left, claim.right))
