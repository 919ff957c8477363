"""What is asked of a process, and what it says: geometries that were judged, configurations that are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from convt._codegen.problem import Problem

LEVELS = ("proofs", "kernels")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Judged:
    """The theorems of a geometry: what ``specs.verdicts.row`` says."""

    spec: str
    row: dict[str, Any]

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {"judged": asdict(self)}


@dataclass(frozen=True)
class Outcome:
    """``why``: the reason in words, empty where all holds; ``stage``: how far it came, proofs or kernel.

    ``proving`` and ``building`` are seconds: of its theorems, which other types and layouts share, and its part of its module's.
    ``certificate``: the certificate, its checks counted; ``tools``: the compiler and all that it was built with.
    """

    problem: Problem
    stage: str
    why: str = ""
    proving: float = 0.0
    building: float = 0.0
    certificate: dict[str, Any] | None = None
    tools: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing falls short."""
        return not self.why

    @property
    def command(self) -> str:
        """One line for a shell that shows it again."""
        return f"convt prove {self.problem.spec} --steps" if self.stage == "proofs" else self.problem.command

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {"outcome": {name: getattr(self, name) for name in self.__dataclass_fields__} | {"problem": as_data(self.problem)}}


Event = Judged | Outcome


def event(row: dict[str, Any]) -> Event | None:
    """What ``as_data`` was made of; None for what is neither."""
    if "judged" in row:
        return Judged(**row["judged"])
    if "outcome" in row:
        return Outcome(**row["outcome"] | {"problem": Problem.of(**row["outcome"]["problem"])})
    return None


@dataclass(frozen=True)
class Share:
    """What one process is asked for. ``proved``: names of geometries whose theorems are known to hold."""

    problems: Sequence[Problem]
    level: str
    proved: Sequence[str] = ()

    def only(self, problems: Sequence[Problem]) -> Share:
        """The same about some of them."""
        names = {str(problem.spec) for problem in problems}
        return Share(problems, self.level, [name for name in self.proved if name in names])

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"problems": list(map(as_data, self.problems))}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Share:
        """What ``as_data`` was made of."""
        return cls([Problem.of(**row) for row in data["problems"]], data["level"], data["proved"])


def as_data(problem: Problem) -> dict[str, Any]:
    """The arguments of ``Problem.of``."""
    return {"spec": str(problem.spec), "map": problem.map, "dtype": problem.dtype, "layout": problem.layout, "conjugate": problem.conjugate,
            "target": problem.target, "weights": None if problem.filter is None else problem.filter.text}


def split(items: Sequence[Item], most: int) -> list[Sequence[Item]]:
    """Runs of nearly equal length, ``most`` at most."""
    number = -(-len(items) // most)
    return [items[len(items) * part // number:len(items) * (part + 1) // number] for part in range(number)]
