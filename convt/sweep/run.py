"""The spine of a sweep: what is known from before, what is examined now, what came of it.

The ledger is written here only, and only with what holds: what falls short is tried again by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from convt._codegen.problem import Problem
from convt.specs import verdicts
from convt.specs.ledger import Ledger

from .outcome import Event, Judged, Outcome, Share

PROOFS, KERNELS = "proofs", "sweep"  # kinds of rows; the first are those of ``convt check`` too


class Place(Protocol):
    """Where configurations are examined: here, or on a cluster."""

    def tools(self, problem: Problem) -> set[str]:
        """What kernels are built with there."""

    def examine(self, share: Share, found: Callable[[Event], None]) -> None:
        """Call ``found`` with what comes of each, one at a time."""


def run(problems: Sequence[Problem], level: str, place: Place, ledger: Ledger, found: Callable[[Event], None]) -> list[Outcome]:
    """What came of each problem, in order; ``found`` is called with what was not known before, as soon as it is."""
    known, proved = remembered(problems, level, place, ledger)
    missing = [problem for problem in problems if problem not in known]

    def keep(event: Event) -> None:
        if isinstance(event, Judged):
            if not verdicts.short(event.row):
                ledger.put(PROOFS, event.spec, event.row)
        else:
            if event.holds:
                ledger.put(KERNELS, _key(event.problem, level, event.tools), _row(event))
            known[event.problem] = event
        found(event)

    if missing:
        place.examine(Share(missing, level, proved), keep)
    return [known[problem] for problem in problems]


def remembered(problems: Sequence[Problem], level: str, place: Place, ledger: Ledger) -> tuple[dict[Problem, Outcome], list[str]]:
    """(what holds, as was found before; names of the geometries whose theorems do)."""
    rows = ledger.some(PROOFS, list(dict.fromkeys(str(problem.spec) for problem in problems)))
    proved = [name for name, row in rows.items() if not verdicts.short(row)]
    tools = {target: place.tools(problem) if level != "proofs" else {""} for target, problem in
             {problem.target: problem for problem in problems}.items()}
    keys = {_key(problem, level, one): problem for problem in problems for one in sorted(tools[problem.target])}
    known = {keys[key]: _outcome(keys[key], row) for key, row in ledger.some(KERNELS, list(keys)).items()}
    return {problem: outcome for problem, outcome in known.items() if str(problem.spec) in proved}, proved


def _key(problem: Problem, level: str, tools: str) -> str:
    return "\n".join((problem.key, level, tools))


def _row(outcome: Outcome) -> dict[str, Any]:
    return {"stage": outcome.stage, "proving": outcome.proving, "building": outcome.building, "certificate": outcome.certificate}


def _outcome(problem: Problem, row: dict[str, Any]) -> Outcome:
    return replace(Outcome(problem, "proofs"), **row)
