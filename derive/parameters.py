"""Axes and layers whose parameters are letters, which stand for all numbers that are legal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy

from .logic import Equal, Formula, Parameter
from .spec import Axis, ConvSpec
from .statement import Refused, holds

LETTERS = ("k", "s", "p_lo", "p_hi", "d", "op")
FACTORS = ("g", "s'", "d'", "φ", "ψ")


@dataclass(frozen=True)
class Factored(Axis):
    """An axis of letters with s = g·s′ and d = g·d′, where s′ and d′ have no factor in common: φ·d′ = 1 + ψ·s′."""

    factors: tuple[Any, ...] = ()

    @property
    def gcd(self) -> Any:
        return self.factors[0]

    @property
    def period(self) -> Any:
        return self.factors[1]

    @property
    def step(self) -> Any:
        return self.factors[2]

    @property
    def bezout(self) -> tuple[Any, Any]:
        return self.factors[3], self.factors[4]


def any_axis(number: int | None = None) -> Axis:
    """An axis of letters, numbered where there are several."""
    k, s, low, high, d, op = (_letter(name, number) for name in LETTERS)
    return Axis(k, s, (low, high), d, op)


def factored(spec: ConvSpec) -> ConvSpec:
    """A layer of numbers itself; one of letters with g = gcd(s, d) as a letter, too."""
    return spec if spec.chosen else _factored(spec.dims)


@cache
def _factored(dims: int) -> ConvSpec:
    numbers = [None] if dims == 1 else range(1, dims + 1)
    axes = list[Axis]()
    for number in numbers:
        g, period, step, *bezout = (_letter(name, number) for name in FACTORS)
        axis = any_axis(number)
        axes.append(Factored(axis.kernel, g * period, axis.padding, g * step, axis.output_padding, (g, period, step, *bezout)))
    return ConvSpec.of(axes)


def coprime(axis: Axis) -> tuple[Formula, ...]:
    """φ·d′ = 1 + ψ·s′, a hypothesis where these are letters."""
    y, x = axis.bezout
    return () if axis.chosen else (Equal(y * axis.step, 1 + x * axis.period),)


def _letter(name: str, number: int | None) -> Parameter:
    return Parameter(name if number is None else f"{name}_{number}")


@cache
def any_layer(dims: int = 1) -> ConvSpec:
    """A layer whose parameters are letters."""
    return ConvSpec.of([any_axis()] if dims == 1 else [any_axis(number) for number in range(1, dims + 1)])


def numbers_of(axis: Axis, number: int | None = None) -> dict[Any, Any]:
    """Letter → number. ``Refused`` where a number is not legal."""
    values = (axis.kernel, axis.stride, *axis.padding, axis.dilation, axis.output_padding)
    found = {_letter(name, number): sympy.Integer(value) for name, value in zip(LETTERS, values, strict=True)}
    for fact in (fact.xreplace(found) for letter in found for fact in letter.legal):
        if not holds(fact, {}):
            raise Refused(f"{axis} is no legal axis: {fact}")
    factors = (axis.gcd, axis.period, axis.step, *axis.bezout)
    return found | {_letter(name, number): sympy.Integer(value) for name, value in zip(FACTORS, factors, strict=True)}
