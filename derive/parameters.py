"""Axes and layers whose parameters are letters, which stand for all numbers that are legal."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy

from .logic import Parameter
from .spec import Axis, ConvSpec
from .statement import Refused, holds

LETTERS = ("k", "s", "p_lo", "p_hi", "d", "op")


def any_axis(number: int | None = None) -> Axis:
    """An axis of letters, numbered where there are several."""
    k, s, low, high, d, op = (_letter(name, number) for name in LETTERS)
    return Axis(k, s, (low, high), d, op)


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
    return found
