"""What a judge says of a statement, and how several opinions become one verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["proved", "checked", "refuted", "undecided"]
Point = tuple[tuple[str, int], ...]


class JudgesDisagree(RuntimeError):
    """One judge proved what another refuted: a bug in this tool or in a judge. Everything stops."""


@dataclass(frozen=True)
class Opinion:
    """What one judge says, in how many milliseconds. ``point`` is its counterexample, by variable name."""

    judge: str
    outcome: Outcome
    milliseconds: float = 0.0
    point: Point | None = None
    detail: str = ""


@dataclass(frozen=True)
class Verdict:
    """``proved`` (for all sizes), ``checked`` (at this size), ``refuted`` (with a counterexample) or ``undecided``."""

    outcome: Outcome
    opinions: tuple[Opinion, ...]
    point: Point | None = None
    vacuous: bool = False

    @property
    def milliseconds(self) -> float:
        """Time that the judges took together."""
        return sum(opinion.milliseconds for opinion in self.opinions)

    @property
    def judges(self) -> tuple[str, ...]:
        """Names of the judges that were heard."""
        return tuple(opinion.judge for opinion in self.opinions)


def combine(opinions: Sequence[Opinion], vacuous: bool = False) -> Verdict:
    """One verdict: refuted if any judge refutes, proved if all deciders prove, and an error if they contradict."""
    proved = [o for o in opinions if o.outcome == "proved"]
    refuted = [o for o in opinions if o.outcome == "refuted"]
    if proved and refuted:
        raise JudgesDisagree(f"{proved[0].judge} proves what {refuted[0].judge} refutes at {refuted[0].point}")
    everything = tuple(opinions)
    if refuted:
        points = [o.point for o in refuted if o.point]
        smallest = min(points, key=lambda point: sum(abs(value) for _, value in point), default=None)
        return Verdict("refuted", everything, smallest)
    if any(o.outcome == "undecided" for o in opinions) or not opinions:
        return Verdict("undecided", everything)
    return Verdict("proved" if proved else "checked", everything, vacuous=vacuous)
