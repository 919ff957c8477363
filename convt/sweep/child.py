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

from .outcome import Event, Judged, Outcome, Share, split

if TYPE_CHECKING:
    from convt._codegen.kernel import Kernel

SAID = 2000  # characters of a compiler's words


def main() -> None:
    """The child: a share on standard input."""
    def put(row: dict[str, Any]) -> None:
        print(json.dumps(row), flush=True)

    try:
        for event in examined(Share.of(json.loads(sys.stdin.read())), lambda words: put({"at": words})):
            put(event.as_data())
    except FAULTS as error:
        put({"fault": type(error).__name__, "why": str(error)})


def examined(share: Share, note: Callable[[str], None]) -> Iterator[Event]:
    """What came of each, module by module, and before that of its geometries. ``note(words)``: what is tried next."""
    from convt._derive.judges import warm_up

    if len(share.proved) < len({problem.spec for problem in share.problems}):
        warm_up()
    known: dict[Any, Any] = {}
    for part in split(share.problems, BATCH):
        yield from _module(part, share, known, note)


def _module(problems: Sequence[Problem], share: Share, known: dict[Any, Any], note: Callable[[str], None]) -> Iterator[Event]:
    """Up to BATCH configurations: those whose theorems hold become a module."""
    proving: dict[ConvSpec, float] = {}
    short: dict[ConvSpec, str] = {}
    for spec in dict.fromkeys(problem.spec for problem in problems if str(problem.spec) not in share.proved):
        note(f"proving {spec}")
        start = perf_counter()
        try:
            row: Any = verdicts.row(spec, known)
            yield Judged(str(spec), row)
            short[spec] = "; ".join(verdicts.short(row))
        except FAULTS:
            raise
        except Exception as error:  # a bug that this geometry shows
            short[spec] = _words(error)
        proving[spec] = perf_counter() - start
    sound: list[Problem] = []
    for problem in problems:
        if short.get(problem.spec) or share.level == "proofs":
            yield Outcome(problem, "proofs", short.get(problem.spec, ""), proving.get(problem.spec, 0.0))
        else:
            sound.append(problem)
    if sound:
        note(f"building {sound[0].name}" + (f" and {len(sound) - 1} more" if len(sound) > 1 else ""))
        start = perf_counter()
        made = build_each(sound)
        building = (perf_counter() - start) / len(sound)
        for problem in sound:
            yield _of(made[problem], problem, proving.get(problem.spec, 0.0), building)


def _of(made: Kernel | Exception, problem: Problem, proving: float, building: float) -> Outcome:
    if isinstance(made, Exception):
        return Outcome(problem, "kernel", _words(made), proving, building)
    from convt._codegen.toolchain import toolchain

    certificate = made.certificate
    certificate["checks"] = Counter(check["family"] for check in certificate["checks"])
    return Outcome(problem, "kernel", "", proving, building, certificate, toolchain().key(problem.processor))


def _words(error: Exception) -> str:
    """What is said of a failure: the last words, in lines."""
    from convt._codegen.errors import Failure

    text = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
    return "\n".join(one_line(line) for line in text[-SAID:].splitlines()) or type(error).__name__
