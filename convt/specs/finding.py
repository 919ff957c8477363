"""What a check finds: of one layer, and of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from .layer import Layer

LEVELS = ("shapes", "proofs", "kernels", "libraries")
State = Literal["holds", "falls short", "missing", "left out"]


@dataclass(frozen=True)
class Finding:
    """One thing that was checked. ``why``: the reason in words; ``example``: the smallest counterexample."""

    level: str
    what: str
    state: State = "holds"
    why: str = ""
    example: str = ""
    command: str = ""
    """One line for a shell that shows it again."""

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" if self.why else f"{self.what} {self.state}"


@dataclass
class Result:
    """What was found about a layer. ``facts`` are those of its lock."""

    layer: Layer
    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def of(self, state: State) -> list[Finding]:
        """The findings in a state."""
        return [finding for finding in self.findings if finding.state == state]

    @property
    def holds(self) -> bool:
        """Whether nothing falls short."""
        return not self.of("falls short")


def exit_code(results: Sequence[Result], strict: bool) -> int:
    """0 all holds, 1 something falls short, 3 something is missing and ``strict`` asks for all."""
    if any(not result.holds for result in results):
        return 1
    return 3 if strict and any(result.of("missing") for result in results) else 0
