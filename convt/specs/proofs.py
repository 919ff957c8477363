"""The second level: the theorems of each geometry, judged; what was judged before is taken from the ledger."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from convt._derive import children
from convt._derive.errors import ChildFailed
from convt._derive.spec import ConvSpec

from . import words
from .finding import Finding
from .layer import Layer
from .ledger import Ledger
from .verdicts import ENOUGH, row, why_short

Verdicts = dict[int, dict[str, Any]]
RESTS = {words.UNIFORM: 13, words.NO_CHECKERBOARD: 13, words.ROUND_TRIP: 2}


def verdicts(specs: Sequence[ConvSpec], ledger: Ledger, say: Callable[[str], None]) -> dict[ConvSpec, Verdicts]:
    """Number -> outcome, scope and reason, of every theorem, for each geometry; in as many children as there are cores."""
    wanted = list(dict.fromkeys(specs))
    found = ledger.some("proofs", list(map(str, wanted)))
    known = {spec: found[str(spec)] for spec in wanted if str(spec) in found}
    missing = [spec for spec in wanted if spec not in known]
    jobs = min(os.cpu_count() or 1, -(-len(missing) // 4))

    def work(share: list[ConvSpec], brood: children.Brood) -> None:
        for name, verdict in _elsewhere(share):
            ledger.put("proofs", name, verdict)
            known[ConvSpec.parse(name)] = verdict
            say(f"proving: {len(known)} of {len(wanted)} geometries")

    if missing:
        children.together(jobs, work, [missing[first::jobs] for first in range(jobs)])
    return {spec: {int(number): verdict for number, verdict in known[spec].items()} for spec in wanted}


def findings(layer: Layer, found: Verdicts) -> Iterator[Finding]:
    """What the theorems say of a layer: those it holds by name, those its properties rest on, and any that falls short."""
    named = dict.fromkeys((*layer.theorems, *(RESTS[name] for name in layer.properties)))
    short = [number for number, verdict in found.items() if verdict["outcome"] not in ENOUGH and number not in named]
    for number in (*named, *short):
        verdict = found[number]
        what = f"theorem {number}, {words.THEOREMS[number]}"
        command = f"convt prove {layer.spec} --steps"
        if verdict["outcome"] in ENOUGH[:2]:
            yield Finding("proofs", what)
        elif verdict["outcome"] == "not applicable":
            yield Finding("proofs", what, "falls short", f"says nothing about {layer.spec}: {verdict['why']}", "", command)
        else:
            yield Finding("proofs", what, "falls short", why_short(verdict), "", command)
    if not named and not short:
        yield Finding("proofs", "theorems")


def _elsewhere(specs: Sequence[ConvSpec]) -> Iterator[tuple[str, Any]]:
    """Each geometry's row as soon as a child has it. Raises ``ChildFailed``."""
    child = children.start(__name__, *map(str, specs), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert child.stdout is not None
        for line in child.stdout:
            yield tuple(json.loads(line))
        if child.wait():
            raise ChildFailed(f"a process that proved a share of the geometries ended with {child.returncode}; "
                              f"convt prove {specs[0]} shows what it says")
    finally:
        children.end(child)


def main(*names: str) -> None:
    """The child."""
    from convt._derive.judges import Verdict, warm_up
    from convt._derive.statement import Statement

    warm_up()
    known = dict[Statement, Verdict]()
    for name in names:
        print(json.dumps([name, row(ConvSpec.parse(name), known)]), flush=True)
