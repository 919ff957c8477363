"""Common statements about transposed convolutions, judged: true, conditional or false, with the exact condition.

A ``Saying`` is a statement as people make it, together with cases: geometries (or conventions, dialects) for each of
which it becomes a claim for the judges, and the condition under which it should hold. The verdict is computed from
the judges' answers: ``true`` if every case holds, ``false`` if none does beyond the degenerate ones, else
``conditional``; and the condition must predict the answer of every case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from itertools import product
from pkgutil import iter_modules
from typing import Any, Literal

import sympy

from .. import judges
from ..claims import Claim
from ..form import TrilinearForm
from ..lengths import feature_lengths
from ..spec import ConvSpec

Outcome = Literal["true", "conditional", "false"]
HOLDS = ("proved", "checked")


@dataclass(frozen=True)
class Replay:
    """A counterexample in numbers: one channel, input and weights row-major, and what the statement says comes out."""

    map_name: Literal["conv", "conv_transpose"]
    spec: ConvSpec
    size: tuple[int, ...]
    input: tuple[complex, ...]
    weights: tuple[complex, ...]
    said: tuple[complex, ...]

    @property
    def found(self) -> tuple[complex, ...]:
        """What comes out, from the definition, exactly."""
        if self.map_name == "conv":
            form, letter = TrilinearForm.at(self.spec, feature_lengths(self.spec, self.size), self.size), "x"
        else:
            form, letter = TrilinearForm.at(self.spec, self.size), "u"
        symbols = [*form.unknowns(letter), *form.unknowns("w")]
        values = dict(zip(symbols, (*self.input, *self.weights), strict=True))
        return tuple(_value(entry, values) for entry in form.derivative(self.map_name))


def _value(expression: sympy.Expr, values: dict[Any, complex]) -> complex:
    """A sum of products in plain numbers."""
    total: complex = 0
    for term in sympy.Add.make_args(expression):
        factor: complex = 1
        for symbol in sympy.Mul.make_args(term):
            factor *= values[symbol] if symbol in values else int(symbol)
        total += factor
    return total


@dataclass(frozen=True)
class Case:
    """The statement for one geometry or convention."""

    where: str
    claims: tuple[Claim, ...]
    condition: bool
    degenerate: bool = False
    replay: Replay | None = None


@dataclass(frozen=True)
class Saying:
    """A common statement, its cases, and what is true of it."""

    number: int
    topic: str
    statement: str
    cases: Callable[[], Iterable[Case]]
    because: str
    condition: str = ""
    mended: str = ""
    source: str = ""
    mended_claims: Callable[[], Sequence[Claim]] = field(default=tuple)
    replay: Replay | None = None


class ConditionIsWrong(ArithmeticError):
    """The judges and the stated condition contradict each other, or a mended statement does not hold."""


@dataclass(frozen=True)
class Judged:
    """A saying with what the judges found: the outcome, and the first case that fails with its point."""

    saying: Saying
    outcome: Outcome
    failing: Case | None
    point: tuple[tuple[str, int], ...]
    held: int
    cases: int
    judges: tuple[str, ...]

    @property
    def replay(self) -> Replay | None:
        """The counterexample in numbers, where there is one."""
        if self.outcome == "true":
            return None
        return (self.failing.replay if self.failing else None) or self.saying.replay


def judge_claims(claims: Sequence[Claim]) -> list[judges.Verdict]:
    """Every claim, all statements in one go."""
    groups = [claim.statements() for claim in claims]
    answers = iter(judges.judge_all([statement for group in groups for statement in group]))
    return [claim.conclude([next(answers) for _ in group]) for claim, group in zip(claims, groups, strict=True)]


def judge(saying: Saying) -> Judged:
    """Ask the judges about every case. Raises ``ConditionIsWrong`` where an answer is not what the condition predicts."""
    cases = list(saying.cases())
    mended = list(saying.mended_claims())
    verdicts = iter(judge_claims([claim for case in cases for claim in case.claims] + mended))
    held: list[bool] = []
    failing: Case | None = None
    point: tuple[tuple[str, int], ...] = ()
    names: dict[str, None] = {}
    for case in cases:
        own = [next(verdicts) for _ in case.claims]
        names.update(dict.fromkeys(name for verdict in own for name in verdict.judges))
        if any(verdict.outcome == "undecided" for verdict in own):
            raise ConditionIsWrong(f"statement {saying.number}, {case.where}: undecided")
        holds = all(verdict.outcome in HOLDS for verdict in own)
        if holds != case.condition:
            raise ConditionIsWrong(f"statement {saying.number}, {case.where}: the judges say {holds}, the condition {case.condition}")
        held.append(holds)
        if not holds and failing is None and not case.degenerate:
            failing = case
            point = next((verdict.point for verdict in own if verdict.outcome == "refuted" and verdict.point), point)
    for verdict in verdicts:
        if verdict.outcome not in HOLDS:
            raise ConditionIsWrong(f"statement {saying.number}: its mended form is {verdict.outcome}")
    matter = [holds for holds, case in zip(held, cases, strict=True) if not case.degenerate]
    outcome: Outcome = "true" if all(held) else "conditional" if any(matter) else "false"
    return Judged(saying, outcome, failing, point, sum(held), len(cases), tuple(names))


@cache
def sayings() -> tuple[Saying, ...]:
    """All statements of the files in this folder, by number."""
    found = [saying for info in iter_modules(__path__)
             for saying in import_module(f"{__name__}.{info.name}").sayings()]
    return tuple(sorted(found, key=lambda saying: saying.number))


def topics() -> tuple[str, ...]:
    """The topics, in the order of their first statement."""
    return tuple(dict.fromkeys(saying.topic for saying in sayings()))


def grid(**ranges: Iterable[Any]) -> Iterable[dict[str, Any]]:
    """All combinations of the named ranges, the first ones first."""
    names = list(ranges)
    for values in sorted(product(*ranges.values()), key=lambda row: sum(abs(value) for value in row if isinstance(value, int))):
        yield dict(zip(names, values, strict=True))
