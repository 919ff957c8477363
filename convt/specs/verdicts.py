"""What the theorems say of one geometry, as plain data that a ledger keeps: number -> outcome, scope, and why it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from convt._derive.spec import ConvSpec

from . import words

if TYPE_CHECKING:
    from convt._derive.judges import Verdict
    from convt._derive.statement import Statement

ENOUGH = ("proved", "checked", "not applicable")


def row(spec: ConvSpec, known: dict[Statement, Verdict]) -> dict[int, dict[str, Any]]:
    """Every theorem of a geometry, judged in this process; what is ``known`` already is not judged again, and grows."""
    from convt._derive.proof import prove_spec

    return {proof.theorem.number: {"outcome": proof.outcome, "scope": proof.theorem.scope, "why": proof.theorem.not_applicable}
            for proof in prove_spec(spec, known)}


def short(found: Mapping[Any, dict[str, Any]]) -> list[str]:
    """A sentence for each theorem that falls short."""
    return [f"theorem {number}, {words.THEOREMS[int(number)]}, {why_short(verdict)}" for number, verdict in found.items()
            if verdict["outcome"] not in ENOUGH]


def why_short(verdict: dict[str, Any]) -> str:
    """The end of that sentence."""
    return f"is {verdict['outcome']}; its scope is {verdict['scope']}"
