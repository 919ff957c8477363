"""Lengths as formulas: numbers, or ⌊(a·H + b)/c⌋ in a letter; whether two are equal for every size, and where they first differ."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from math import gcd, lcm

from convt._derive import lengths
from convt._derive.errors import ArgumentError
from convt._derive.spec import LONGEST, Axis

MOST = 1 << 12  # of a divisor: one period of two formulas is compared
RULE = "must be a length: a whole number, or linear in one letter, such as H, 2*H - 1 or (H + 1)//2"


@dataclass(frozen=True)
class Length:
    """⌊(times·letter + more)/divisor⌋; a number where there is no letter."""

    times: int
    more: int
    divisor: int = 1
    letter: str = ""

    def at(self, value: int) -> int:
        """Its value where the letter is ``value``."""
        return (self.times * value + self.more) // self.divisor

    @property
    def number(self) -> int | None:
        """The number, where there is no letter."""
        return None if self.letter else self.more // self.divisor

    def __str__(self) -> str:
        if not self.letter:
            return str(self.at(0))
        text = self.letter if self.times == 1 else f"{self.times}·{self.letter}"
        text += f" {'+' if self.more > 0 else '−'} {abs(self.more)}" if self.more else ""
        return text if self.divisor == 1 else f"⌊{f'({text})' if self.more else text}/{self.divisor}⌋"


def parse(argument: str, value: int | str) -> Length:
    """A length as it is written in a spec. ``ArgumentError`` for what is none."""
    if isinstance(value, int):
        made = Length(0, value)
    else:
        try:
            with warnings.catch_warnings(action="ignore"):
                made = _parsed(ast.parse(value.replace("·", "*").replace("−", "-").strip(), mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ArgumentError(argument, value, RULE, _near(value)) from None
    if not made.letter and not 1 <= made.at(0) <= LONGEST:
        raise ArgumentError(argument, value, f"must be from 1 to {LONGEST}", min(max(made.at(0), 1), LONGEST))
    return made


def along(axis: Axis, map_name: str, given: Length) -> Length:
    """The length that a map makes of ``given``: n of m for a transposed convolution, m of n for the others."""
    if map_name == "conv_transpose":
        first = lengths.image_length(axis, 1) - axis.stride
        return _reduced(Length(axis.stride * given.times, axis.stride * given.more + first, 1, given.letter))
    more = lengths.windows(0, axis.kernel, 1, axis.dilation, *axis.padding) - 1 + axis.stride
    return _reduced(Length(given.times, given.more + more, axis.stride, given.letter))


def first_difference(one: Length, other: Length, least: int) -> int | None:
    """The smallest value of the letter, from ``least`` on, where the two differ; None where they are equal for all."""
    if _reduced(one) == _reduced(other):
        return None
    period = lcm(one.divisor, other.divisor)
    return next((value for value in range(least, least + 2 * period) if one.at(value) != other.at(value)), None)


def smallest(given: Length, made: Length) -> int:
    """The least value of the letter for which both lengths are at least 1."""
    return max([1, *(-(-(one.divisor - one.more) // one.times) for one in (given, made) if one.times > 0)])


def _parsed(node: ast.expr) -> Length:
    if isinstance(node, ast.Constant) and type(node.value) is int and abs(node.value) <= LONGEST:
        return Length(0, node.value)
    if isinstance(node, ast.Name) and node.id.isascii() and len(node.id) <= 20:
        return Length(1, 0, 1, node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _scaled(_parsed(node.operand), -1)
    if not isinstance(node, ast.BinOp):
        raise ValueError
    left, right = _parsed(node.left), _parsed(node.right)
    if isinstance(node.op, ast.Add):
        return _sum(left, right)
    if isinstance(node.op, ast.Sub):
        return _sum(left, _scaled(right, -1))
    if isinstance(node.op, ast.Mult) and not (left.letter and right.letter):
        return _scaled(left, right.more) if left.letter else _scaled(right, left.more)
    if isinstance(node.op, ast.FloorDiv) and not right.letter and 0 < right.more * left.divisor <= MOST:
        return _reduced(Length(left.times, left.more, left.divisor * right.more, left.letter))
    raise ValueError


def _scaled(one: Length, factor: int) -> Length:
    if one.divisor > 1 and factor != 1:
        raise ValueError
    return Length(one.times * factor, one.more * factor, one.divisor, one.letter if factor else "")


def _sum(one: Length, other: Length) -> Length:
    if one.letter and other.letter and (one.letter != other.letter or one.divisor * other.divisor > 1):
        raise ValueError
    if other.divisor > 1:
        one, other = other, one
    made = Length(one.times + other.times, one.more + other.more * one.divisor, one.divisor, one.letter or other.letter)
    return made if made.times else Length(0, made.at(0))


def _reduced(one: Length) -> Length:
    """⌊(a·L + b)/c⌋ with c divided by what a and c share: the rest of b is never seen."""
    if not one.letter:
        return Length(0, one.at(0))
    common = gcd(one.times, one.divisor)
    return Length(one.times // common, one.more // common, one.divisor // common, one.letter)


def _near(value: str) -> str | None:
    """What was probably meant: floor division instead of true division, products that are written out."""
    for text in (value.replace("/", "//"), value.replace("x", "*"), value.replace("^", "*").replace("**", "*")):
        try:
            if text != value and _parsed(ast.parse(text, mode="eval").body):
                return text
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None
