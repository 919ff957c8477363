"""Common statements about transposed convolutions, judged: true, conditional or false, with the exact condition.

A ``Saying`` is a statement as people make it, together with cases: geometries (or conventions, dialects) for each of
which it becomes a claim for the judges, the condition under which it should hold, and numbers on which it is tried.
The verdict is computed from the judges' answers: ``true`` if every case holds, ``false`` if none does beyond the
degenerate ones, else ``conditional``; the condition must predict the answer of every case, and the numbers that the
statement expects must come out where it holds. The counterexample is the first case where they do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from itertools import product
from pkgutil import iter_modules
from typing import Any, Literal

from .. import judges
from ..claims import Claim
from ..counterexample import Replay

Outcome = Literal["true", "conditional", "false"]
HOLDS = ("proved", "checked")
GUIDE = "Dumoulin & Visin, A guide to convolution arithmetic for deep learning (2016)"
LAYERS = "Data Science Stack Exchange, question 6107: What are deconvolutional layers?"
PYTORCH = "PyTorch documentation, torch.nn.ConvTranspose2d"


@dataclass(frozen=True)
class Case:
    """The statement for one geometry or convention.

    ``replay`` tries it on numbers; ``words`` do where no single map can: what the statement says and what is so.
    """

    where: str
    claims: tuple[Claim, ...]
    condition: bool
    degenerate: bool = False
    replay: Replay | None = None
    words: str = ""

    @property
    def shows(self) -> bool:
        """Whether a reader can see here that the statement is wrong."""
        return bool(self.words) or (self.replay is not None and not self.replay.expected.agrees(self.replay))


@dataclass(frozen=True)
class Saying:
    """A common statement that can be read by itself, its cases, and what is true of it.

    ``condition`` says when it holds, ``mended`` is a sentence that is true, ``because`` explains, and ``source`` names
    where it is said, or where the matter can be read.
    """

    number: int
    topic: str
    statement: str
    cases: Callable[[], Iterable[Case]]
    because: str
    condition: str = ""
    mended: str = ""
    source: str = ""
    mended_claims: Callable[[], Sequence[Claim]] = field(default=tuple)


class ConditionIsWrong(ArithmeticError):
    """The judges, the stated condition and the numbers contradict each other, or a mended statement does not hold."""


@dataclass(frozen=True)
class Judged:
    """A saying with what the judges found: the outcome, and the case that is its counterexample."""

    saying: Saying
    outcome: Outcome
    failing: Case | None
    held: int
    cases: int
    judges: tuple[str, ...]

    @property
    def replay(self) -> Replay | None:
        """The counterexample in numbers, where there is one."""
        return self.failing.replay if self.failing else None


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
    names: dict[str, None] = {}
    for case in cases:
        own = [next(verdicts) for _ in case.claims]
        names.update(dict.fromkeys(name for verdict in own for name in verdict.judges))
        if any(verdict.outcome == "undecided" for verdict in own):
            raise ConditionIsWrong(f"statement {saying.number}, {case.where}: undecided")
        holds = all(verdict.outcome in HOLDS for verdict in own)
        if holds != case.condition:
            raise ConditionIsWrong(f"statement {saying.number}, {case.where}: the judges say {holds}, the condition {case.condition}")
        if holds and case.shows:
            raise ConditionIsWrong(f"statement {saying.number}, {case.where}: it holds, and its numbers say that it does not")
        held.append(holds)
    for verdict in verdicts:
        if verdict.outcome not in HOLDS:
            raise ConditionIsWrong(f"statement {saying.number}: its mended form is {verdict.outcome}")
    matter = [holds for holds, case in zip(held, cases, strict=True) if not case.degenerate]
    outcome: Outcome = "true" if all(held) else "conditional" if any(matter) else "false"
    failing = next((case for holds, case in zip(held, cases, strict=True) if not holds and not case.degenerate and case.shows), None)
    if failing is None and outcome != "true":
        raise ConditionIsWrong(f"statement {saying.number}: no case shows that it is {outcome}")
    return Judged(saying, outcome, failing, sum(held), len(cases), tuple(names))


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
    """All combinations of the named ranges; the first is made of the first ones, which should be typical."""
    names = list(ranges)
    for values in product(*ranges.values()):
        yield dict(zip(names, values, strict=True))
