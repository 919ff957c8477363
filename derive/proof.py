"""Proof: a theorem with the verdict of each step, and how it comes about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from . import general, judges
from .claims import Claim
from .shown import Shown, show
from .spec import ConvSpec
from .statement import Statement
from .theorem import Theorem
from .theorems import theorems

OWN = ("summand", "polynomials", "certificate")  # what a claim computes itself
ENOUGH = {"all sizes": {"proved"}, "this size": {"proved", "checked"}}


@dataclass(frozen=True, repr=False)
class Proof(Shown):
    """A theorem with the verdict of each step."""

    theorem: Theorem
    verdicts: tuple[judges.Verdict, ...]
    milliseconds: float

    @property
    def outcome(self) -> judges.Outcome | Literal["not applicable"]:
        """``proved`` or ``checked`` (its scope is reached), else the first verdict that falls short."""
        if self.theorem.not_applicable:
            return "not applicable"
        for step, verdict in zip(self.theorem.steps, self.verdicts, strict=True):
            if verdict.outcome not in ENOUGH[step.scope]:
                return verdict.outcome
        return "proved" if self.theorem.scope == "all sizes" else "checked"

    @property
    def general(self) -> int:
        """How many steps are instances of what is proved for all parameters, or speak of no configuration."""
        return sum(general.speaks_of_all(self.theorem, step.claim, verdict)
                   for step, verdict in zip(self.theorem.steps, self.verdicts, strict=True))

    @property
    def holds(self) -> bool:
        """Whether every step reaches its scope (or there is none, with a reason)."""
        return self.outcome in ENOUGH[self.theorem.scope] or bool(self.theorem.not_applicable)

    def __repr__(self) -> str:
        return f"<Proof of theorem {self.theorem.number}, {self.theorem.title}: {self.outcome}; print() it>"

    def __str__(self) -> str:
        return str(show(self, "text"))

    @property
    def judges(self) -> tuple[str, ...]:
        """Names of all judges that were heard, each once, in order of appearance."""
        return tuple(dict.fromkeys(name for verdict in self.verdicts for name in verdict.judges))


def prove(theorem: Theorem, known: dict[Statement, judges.Verdict] | None = None) -> Proof:
    """Judge every step. Raises ``JudgesDisagree``."""
    return prove_all([theorem], known)[0]


def prove_all(wanted: Sequence[Theorem], known: dict[Statement, judges.Verdict] | None = None) -> list[Proof]:
    """Judge every step of several theorems, all statements in one go, each once. Raises ``JudgesDisagree``.

    In the place of a statement that is an instance of a general one, the general one is judged.
    ``known`` may hold verdicts of statements that were judged before, and takes those judged now: theorems about
    several configurations share their parametric steps. Times are those of the judges.
    """
    known = {} if known is None else known
    whole = [[general.instance_of(theorem.number, theorem.axes, step.claim) for step in theorem.steps] for theorem in wanted]
    asked = [[(claim or step.claim).statements() for claim, step in zip(claims, theorem.steps, strict=True)]
             for claims, theorem in zip(whole, wanted, strict=True)]
    _judge(chain.from_iterable(chain.from_iterable(asked)), known)
    return [_proof(*one, known) for one in zip(wanted, whole, asked, strict=True)]


def _proof(theorem: Theorem, whole: Sequence[Claim | None], asked: Sequence[tuple[Statement, ...]],
           known: dict[Statement, judges.Verdict]) -> Proof:
    """The theorem with the verdict of every step; of an instance of a general claim that is proved, the verdict of that one."""
    verdicts, heard = list[judges.Verdict](), list[Statement]()
    for step, claim, statements in zip(theorem.steps, whole, asked, strict=True):
        verdict = (claim or step.claim).conclude([known[one] for one in statements])
        if claim is not None and verdict.outcome == "proved":
            verdicts.append(general.instance(verdict))
            continue
        if claim is not None:
            statements = step.claim.statements()
            _judge(statements, known)
            verdict = step.claim.conclude([known[one] for one in statements])
        verdicts.append(verdict)
        heard += statements
    spent = sum(max((o.milliseconds for o in known[one].opinions), default=0.0) for one in dict.fromkeys(heard))
    spent += sum(o.milliseconds for verdict in verdicts for o in verdict.opinions if o.judge in OWN)
    return Proof(theorem, tuple(verdicts), spent)


def _judge(statements: Iterable[Statement], known: dict[Statement, judges.Verdict]) -> None:
    """Those that are not known."""
    new = [one for one in dict.fromkeys(statements) if one not in known]
    if new:
        known.update(zip(new, judges.judge_all(new), strict=True))


def prove_spec(spec: ConvSpec, known: dict[Statement, judges.Verdict] | None = None, only: Sequence[int] = ()) -> tuple[Proof, ...]:
    """Every theorem of one configuration, or those of the numbers ``only``, judged."""
    return tuple(prove_all([make(spec) for make in (theorems(only) if only else theorems())], known))
