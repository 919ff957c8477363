"""The run: ask every case, shrink the smallest that fails, and name what is computed instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import naming
from .case import Case
from .corners import corners
from .implementation import Implementation
from .naming import Naming
from .outcome import Result, judge
from .shrink import shrunk
from .third_party import third_party

MOST_LOST = 3  # processes that crashed or hung: more of them say nothing new


@dataclass(frozen=True)
class Report:
    """What was found of an implementation."""

    results: tuple[Result, ...]
    not_asked: int
    """Cases that were left out, because too many processes crashed or hung."""
    smallest: Result | None = None
    namings: tuple[Naming, ...] = ()

    def having(self, verdict: str) -> list[Result]:
        """The results with this verdict: passes, fails or refused."""
        return [one for one in self.results if one.verdict == verdict]

    @property
    def conforms(self) -> bool:
        """Nothing fails, and something was computed."""
        return not self.having("fails") and bool(self.having("passes"))


def chosen(map_name: str = "conv_transpose", dims: Sequence[int] = (1, 2, 3), everything: bool = False) -> list[Case]:
    """The set: generated corners, then other projects' configurations (a sample, or all), for each number of axes."""
    corner = [case for number in dims for case in corners(number, map_name)]
    return list(dict.fromkeys([*corner, *(case for number in dims for case in third_party(number, map_name, everything))]))


def run(implementation: Implementation, cases: Sequence[Case], say: Callable[[str], None] = lambda words: None) -> Report:
    """Ask all of the cases; where some fail, ask more to shrink and to name."""
    results, lost = list[Result](), 0
    for number, case in enumerate(cases):
        say(f"case {number + 1} of {len(cases)}: {case}")
        results.append(judge(case, implementation.answer(case)))
        lost += results[-1].kind in ("crashed", "hung")
        if lost == MOST_LOST:
            break
    failing = [one for one in results if one.verdict == "fails"]
    if not failing:
        return Report(tuple(results), len(cases) - len(results))
    answers, dims = list(results), {one.case.dims for one in results}

    def ask(case: Case) -> Result:
        say(f"a smaller case: {case}")
        result = judge(case, implementation.answer(case))
        answers.extend([result] * (case.dims in dims))
        return result

    smallest = min(failing, key=lambda one: (one.kind != "answered", one.case.weight))
    smallest = shrunk(smallest, ask)
    say("looking for the convention that explains the answers")
    return Report(tuple(results), len(cases) - len(results), smallest, tuple(naming.name(answers, implementation.answer)))
