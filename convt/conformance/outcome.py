"""What came of a case: what the implementation did, and whether that is right, wrong or a legal refusal."""

from __future__ import annotations

import signal
from dataclasses import dataclass

import numpy as np

from convt._derive.errors import one_line

from .case import Array, Case

EXACT = 1e-5  # of the largest Σ|w||u|: far beyond float32's rounding, far below a wrong coefficient
MOST_WRONG = 0.25  # inputs are integers


@dataclass(frozen=True)
class Outcome:
    """What an implementation did with a case."""

    kind: str
    """answered, refused, raised, crashed or hung."""
    array: Array | None = None
    """What it answered, in float64."""
    words: str = ""


@dataclass(frozen=True)
class Result:
    """The judged outcome of a case."""

    case: Case
    outcome: Outcome
    verdict: str
    """passes, fails or refused."""
    reason: str = ""

    @property
    def kind(self) -> str:
        """In which way it fails; ``answered`` where numbers or a shape are wrong."""
        array = self.outcome.array
        return self.outcome.kind if array is None or np.isfinite(array).all() else "not finite"


def judge(case: Case, outcome: Outcome) -> Result:
    """Compare the answer with the definition."""
    if outcome.kind == "refused" or (outcome.kind == "raised" and case.may_be_refused):
        return Result(case, outcome, "refused", outcome.words)
    found, wanted = outcome.array, case.expected()
    if outcome.kind != "answered" or found is None:
        return Result(case, outcome, "fails", f"{outcome.kind}: {outcome.words}")
    if found.shape != wanted.shape:
        return Result(case, outcome, "fails", f"has shape {found.shape}, must be {wanted.shape}")
    if not np.isfinite(found).all():
        where = first(~np.isfinite(found))
        return Result(case, outcome, "fails", f"entry {where} is {found[where]}, must be {wanted[where]}")
    off = np.abs(found - wanted) > allowed(wanted)
    if off.any():
        where = first(off)
        return Result(case, outcome, "fails",
                      f"entry {where} is {found[where]:.12g}, must be {wanted[where]} ({off.sum()} of {off.size} differ)")
    return Result(case, outcome, "passes")


def first(mask: Array) -> tuple[int, ...]:
    """The first place of a mask that is set."""
    return tuple(int(place) for place in np.argwhere(mask)[0])


def same(found: Array, predicted: Array) -> bool:
    """Whether an answer is what a convention predicts."""
    return found.shape == predicted.shape and bool((np.abs(found - predicted) <= allowed(predicted)).all())


def allowed(wanted: Array) -> float:
    """By how much an entry may differ. Labels are positive, so the largest output is the largest Σ|w||u|."""
    return min(MOST_WRONG, EXACT * float(wanted.max(initial=0)))


def ending(code: int, complained: str) -> str:
    """How a process ended, with the last line of its complaints."""
    how = f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
    last = one_line(complained.strip().rpartition("\n")[2])[-300:]
    return how + (f": {last}" if last else "")
