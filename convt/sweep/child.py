"""One share of the configurations, in a process of its own: proved, built, checked. A line of JSON for each that is done."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from convt._codegen.pipeline import BATCH, FAULTS, build_each
from convt._codegen.problem import Problem
from convt._derive.errors import one_line
from convt._derive.spec import ConvSpec
from convt.specs import verdicts

from .outcome import Outcome, Share, split

if TYPE_CHECKING:
    from convt._codegen.kernel import Kernel

SAID = 2000  # characters of a compiler's words


def main() -> None:
    """The child: a share on standard input."""
    def put(**row: Any) -> None:
        print(json.dumps(row), flush=True)

    try:
        for outcome in examined(Share.of(json.loads(sys.stdin.read())), lambda words: put(at=words)):
            put(outcome=outcome.as_data())
    except FAULTS as error:
        put(fault=type(error).__name__, why=str(error))


def examined(share: Share, note: Callable[[str], None]) -> Iterator[Outcome]:
    """What came of each, module by module. ``note(words)``: what is tried next."""
    from convt._derive.judges import warm_up

    if len(share.proved) < len({problem.spec for problem in share.problems}):
        warm_up()
    known: dict[Any, Any] = {}
    for part in split(share.problems, BATCH):
        yield from _module(part, share, known, note)


def _module(problems: Sequence[Problem], share: Share, known: dict[Any, Any], note: Callable[[str], None]) -> Iterator[Outcome]:
    """Up to BATCH configurations: those whose theorems hold become a module."""
    proofs = {spec: _proved(spec, known, note) for spec in dict.fromkeys(problem.spec for problem in problems)
              if str(spec) not in share.proved}
    sound: list[Problem] = []
    for problem in problems:
        row, seconds, why = proofs.get(problem.spec, (None, 0.0, ""))
        if why or share.level == "proofs":
            yield Outcome(problem, "proofs", why, seconds, verdicts=row)
        else:
            sound.append(problem)
    if sound:
        note(f"building {sound[0].name}" + (f" and {len(sound) - 1} more" if len(sound) > 1 else ""))
        start = perf_counter()
        made = build_each(sound)
        building = (perf_counter() - start) / len(sound)
        for problem in sound:
            row, seconds, _ = proofs.get(problem.spec, (None, 0.0, ""))
            yield _of(made[problem], problem, seconds, building, row)


def _proved(spec: ConvSpec, known: dict[Any, Any], note: Callable[[str], None]) -> tuple[dict[str, Any] | None, float, str]:
    """(the verdicts, seconds, why they fall short)."""
    note(f"proving {spec}")
    start = perf_counter()
    try:
        row: Any = verdicts.row(spec, known)
    except FAULTS:
        raise
    except Exception as error:  # a bug that this geometry shows
        return None, perf_counter() - start, _words(error)
    return row, perf_counter() - start, "; ".join(verdicts.short(row))


def _of(made: Kernel | Exception, problem: Problem, proving: float, building: float, row: dict[str, Any] | None) -> Outcome:
    if isinstance(made, Exception):
        return Outcome(problem, "kernel", _words(made), proving, building, row)
    from convt._codegen.toolchain import toolchain

    paper = made.certificate
    paper["checks"] = Counter(check["family"] for check in paper["checks"])
    return Outcome(problem, "kernel", "", proving, building, row, paper, toolchain().key(problem.processor))


def _words(error: Exception) -> str:
    """What is said of a failure: the last words, in lines."""
    from convt._codegen.errors import Failure

    text = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
    return "\n".join(one_line(line) for line in text[-SAID:].splitlines()) or type(error).__name__
