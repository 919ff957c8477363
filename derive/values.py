"""Arguments as text: ``kernel_size=4, stride=(2, 2), padding=SAME, output_shape=2*m``."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from .errors import ArgumentError

LONGEST_TEXT = 1000
_NAME = re.compile(r"(?:^|[\s,])([A-Za-z_]\w*)\s*=(?!=)", re.ASCII)


@dataclass(frozen=True)
class Affine:
    """A length that depends on the features': times·m + more."""

    times: int
    more: int

    def at(self, m: int) -> int:
        """Its value."""
        return self.times * m + self.more

    def __repr__(self) -> str:
        return f"{self.times}*m{self.more:+d}" if self.more else f"{self.times}*m"


def arguments_of(text: str) -> dict[str, Any]:
    """``kernel_size=4 stride=(2, 2)``, with blanks or commas between, as a dictionary."""
    if len(text) > LONGEST_TEXT:
        raise ArgumentError("arguments", text, f"must be text of at most {LONGEST_TEXT} letters")
    marks = list(_NAME.finditer(text))
    if text[: marks[0].start() if marks else len(text)].strip(" \t,"):
        raise ArgumentError("arguments", text, "must be written name=value", "kernel_size=4 stride=2")
    given: dict[str, Any] = {}
    for mark, following in zip_longest(marks, marks[1:]):
        if mark[1] in given:
            raise ArgumentError(mark[1], text, "stands there twice")
        given[mark[1]] = value_of(mark[1], text[mark.end(): following.start() if following else len(text)].strip(" \t,"))
    return given


def value_of(name: str, text: str) -> Any:
    """A value: numbers, tuples, lists, words with or without quotes, m and what is linear in it."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd escapes in quoted words
            return _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
        raise ArgumentError(name, text, "must be a number, a word, a tuple or list of them, or linear in m, as 2*m+1") from None


def _value(node: ast.expr) -> Any:
    """The tree of a value. ``ValueError`` where it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | str | float | None):
        return node.value
    if isinstance(node, ast.Name):
        return Affine(1, 0) if node.id == "m" else node.id
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(map(_value, node.elts))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _value(node.operand)
        return Affine(-inner.times, -inner.more) if isinstance(inner, Affine) else -inner
    if isinstance(node, ast.BinOp):
        return _combined(node.op, _value(node.left), _value(node.right))
    raise ValueError("no value")


def _combined(operator: ast.operator, left: Any, right: Any) -> Any:
    """A sum, difference or product of integers, at most linear in m."""
    if not all(isinstance(side, int | Affine) for side in (left, right)):
        raise ValueError("no numbers")
    one, two = (side if isinstance(side, Affine) else Affine(0, side) for side in (left, right))
    if isinstance(operator, ast.Add):
        made = Affine(one.times + two.times, one.more + two.more)
    elif isinstance(operator, ast.Sub):
        made = Affine(one.times - two.times, one.more - two.more)
    elif isinstance(operator, ast.Mult) and 0 in (one.times, two.times):
        made = Affine(one.times * two.more + two.times * one.more, one.more * two.more)
    else:
        raise ValueError("not linear")
    return made if isinstance(left, Affine) or isinstance(right, Affine) else made.more
