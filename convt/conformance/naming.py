"""Which convention does an implementation compute by mistake? The one, or the one pair, that reproduces all its answers.

Answers to cases with as many axes are explained together. What explains them must give every answer, right or wrong,
where it is defined at all, and most of the wrong ones; where two names are left, further cases are asked that they
answer differently. What is not told apart, and what nothing reproduces, is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, permutations
from typing import Any

from .case import Array, Case
from .computation import Computation
from .conventions import CONVENTIONS, Convention
from .corners import drawn
from .gradient import Axes, Variant
from .outcome import Outcome, Result, judge, same

MORE = 24  # cases that are asked to tell names apart
CONFIRM = 6  # cases that are asked where one name is left
FEW = 12  # answers that are too few to name anything
ROUNDS = 3
LOOKED_AT = 400  # drawn cases among which these are found


@dataclass(frozen=True, eq=False)
class Explanation:
    """One mistake or two, each in one variant on some axes, in the order in which they are made."""

    parts: tuple[tuple[Convention, Variant, Axes], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the conventions, in the order of the table."""
        mine = {convention.name for convention, _, _ in self.parts}
        return tuple(one.name for one in CONVENTIONS if one.name in mine)

    def predicts(self, case: Case) -> Array | None:
        """What such an implementation computes; None where that is not defined."""
        computation: Computation | None = Computation.of(case)
        for _, variant, axes in self.parts:
            computation = None if computation is None else variant(computation, axes)
        return None if computation is None else computation.result()

    def agrees(self, result: Result) -> bool | None:
        """Whether it gives this very answer; None where it says nothing about the case."""
        predicted = self.predicts(result.case)
        return None if predicted is None else result.outcome.array is not None and same(result.outcome.array, predicted)


@dataclass(frozen=True)
class Naming:
    """What the answers of some number of axes show."""

    dims: int
    names: tuple[str, ...]
    """The conventions that are mistaken; empty where unknown."""
    says: tuple[str, ...]
    axes: tuple[int, ...]
    """Where the mistake is made, if not on all axes."""
    wrong: int
    """Wrong answers."""
    explained: int
    """How many of them this gives; of the others it says nothing."""
    candidates: tuple[tuple[str, ...], ...] = ()
    """Names that further cases did not tell apart."""

    def __str__(self) -> str:
        if self.names:
            where = f" (on axis {', '.join(map(str, self.axes))} only)" if self.axes else ""
            return " and ".join(self.names) + where
        if self.candidates:
            return "unknown: " + " or ".join(" and ".join(names) for names in self.candidates) + " (not told apart)"
        return "unknown: no convention, and no two, give these answers"


def name(results: Sequence[Result], ask: Callable[[Case], Outcome]) -> list[Naming]:
    """For each number of axes with wrong answers, what explains them: no name where there are few. ``ask`` answers further cases."""
    namings = []
    for dims in sorted({one.case.dims for one in results if _wrong(one)}):
        answers = [one for one in results if one.case.dims == dims and one.kind == "answered"]
        if len(answers) >= FEW:
            namings.append(_name(dims, answers, ask))
    return namings


def _wrong(result: Result) -> bool:
    return result.verdict == "fails" and result.kind == "answered"


def _name(dims: int, answers: list[Result], ask: Callable[[Case], Outcome]) -> Naming:
    answers = sorted(answers, key=lambda one: (not _wrong(one), one.case.weight))
    map_name, left = answers[0].case.map, dict[Explanation, int]()
    for _ in range(ROUNDS):
        left = _explaining(dims, map_name, answers)
        asked = [judge(case, ask(case)) for case in _telling(dims, map_name, left)]
        answers += [one for one in asked if one.kind == "answered"]
        left = _fitting(left, answers)
        if left or not asked:
            break
    wrong = sum(map(_wrong, answers))
    found = list(dict.fromkeys(one.names for one in left))
    if len(found) != 1:
        return Naming(dims, (), (), (), wrong, 0, tuple(found))
    some = {axes for one in left for _, _, axes in one.parts}
    axes = some.pop() if len(some) == 1 else ()
    says = tuple(one.says for one in CONVENTIONS if one.name in found[0])
    return Naming(dims, found[0], says, axes if len(axes) < dims else (), wrong, max(left.values()))


def _explaining(dims: int, map_name: str, answers: Sequence[Result]) -> dict[Explanation, int]:
    """What gives all wrong answers: one mistake, or else two. Or else what gives most of them, and says nothing about the others."""
    wrong = sum(map(_wrong, answers))
    one = _fitting(_singles(dims, map_name), answers)
    if found := _giving(one, wrong):
        return found
    two = _fitting(_pairs(dims, map_name), answers)
    most = wrong - wrong // 4
    return _giving(two, wrong) or _giving(one, most) or _giving(two, most)


def _giving(explanations: dict[Explanation, int], least: int) -> dict[Explanation, int]:
    return {one: given for one, given in explanations.items() if given >= least}


def _fitting(explanations: Iterable[Explanation], answers: Sequence[Result]) -> dict[Explanation, int]:
    """Those that say of no case what was not answered, with how many wrong answers each gives; those that give none are left out."""
    left = dict.fromkeys(explanations, 0)
    for result in answers:
        wrong = _wrong(result)
        agreed = {one: one.agrees(result) for one in left}
        left = {one: given + (wrong and agreed[one] is True) for one, given in left.items() if agreed[one] is not False}
    return _giving(left, 1)


def _known(map_name: str) -> list[Convention]:
    return [one for one in CONVENTIONS if map_name in one.maps]


def _parts(convention: Convention, map_name: str, axes: Axes, dims: int) -> list[tuple[Convention, Variant, Axes]]:
    return [(convention, variant, axes) for variant in convention.ways(map_name, dims)]


def _singles(dims: int, map_name: str) -> list[Explanation]:
    """One mistake, on all axes or on some."""
    every = tuple(range(dims))
    found = []
    for convention in _known(map_name):
        some = [axes for count in range(1, dims + 1) for axes in combinations(every, count)] if convention.on_axes else [every]
        found += [Explanation((part,)) for axes in reversed(some) for part in _parts(convention, map_name, axes, dims)]
    return found


def _pairs(dims: int, map_name: str) -> list[Explanation]:
    """Two mistakes on all axes, in either order."""
    every = tuple(range(dims))
    return [Explanation((one, other)) for first, second in permutations(_known(map_name), 2)
            for one in _parts(first, map_name, every, dims) for other in _parts(second, map_name, every, dims)]


def _telling(dims: int, map_name: str, left: Iterable[Explanation]) -> list[Case]:
    """Drawn cases of which explanations with different names say different things; of one name a few, to confirm it."""
    names = len({one.names for one in left})
    if names < 2:
        return list(islice(drawn(dims, map_name, 0), CONFIRM * names))
    cases = []
    for case in islice(drawn(dims, map_name, 0), LOOKED_AT):
        said: dict[Any, set[tuple[str, ...]]] = {}
        for one in left:
            predicted = one.predicts(case)
            if predicted is not None:
                said.setdefault((predicted.shape, predicted.tobytes()), set()).add(one.names)
        if len(set(map(frozenset, said.values()))) > 1:
            cases.append(case)
        if len(cases) == MORE:
            break
    return cases


