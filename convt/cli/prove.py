"""``convt prove``: one line a theorem."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convt._derive import children
from convt._derive.errors import ChildFailed
from convt._derive.lengths import notes
from convt._derive.spec import ConvSpec
from convt.progress import working

from .common import SPEC, demand_folder
from .terminal import table

if TYPE_CHECKING:
    from convt._derive.coq.report import Report as FormalReport

SHARE = 8  # configurations that are worth a process of their own
GARBAGE = 50_000
"""New objects after which cycles are looked for: terms hold nearly none and stay, and with Python's own 700 a quarter of the time
went into looking at them again and again."""


@dataclass(frozen=True)
class Report:
    """What is printed of one configuration."""

    spec: str
    rows: tuple[tuple[str, ...], ...]
    steps: tuple[str, ...]
    short: tuple[str, ...]


@click.command(epilog="\b\nExamples:\n  convt prove 2d_k4s2p1\n  convt prove 1d_k16s8p4 3d_k3s2p1op1 --steps\n"
               "  convt prove 2d_k4s2p1 --coq proofs")
@click.argument("specs", type=SPEC, nargs=-1, required=True, metavar="SPEC...")
@click.option("--steps", is_flag=True, help="Show every step of every proof.")
@click.option("--coq", metavar="DIR", type=click.Path(path_type=Path),
              help="Write every statement with a proof for Coq there, and let coqc check them where it is installed.")
def command(specs: tuple[ConvSpec, ...], steps: bool, coq: Path | None) -> None:
    """Prove every theorem; exit 1 when a verdict is weaker than its theorem's scope, or Coq does not accept all of it.

    The column "general" counts the steps that are proved for all k, s, d, p and op.
    """
    demand_folder("--coq", coq)
    short: list[str] = []
    with working(f"proving {specs[0]}" if len(specs) == 1 else f"proving {len(specs)} configurations"):
        made = reports(specs, steps)
    formal = _formal(specs, coq) if coq else None
    for spec, report in zip(specs, made, strict=True):
        if steps:
            click.echo("\n".join(report.steps))
        click.echo(report.spec)
        for note in notes(spec):
            click.echo(f"note: {note}")
        table(("#", "theorem", "verdict", "scope", "general", "it says", "judges", "ms"),
              [(*row[:6], f"{row[6]}, coq" if formal and (spec, int(row[0])) in formal.accepted and row[6] else row[6], row[7])
               for row in report.rows], ("", "bold", "green", "", "", "", "dim"))
        short += report.short
    if formal:
        click.echo("\n".join(formal.lines))
        short += ["Coq does not have all of it"] * formal.failed
    if short:
        click.echo("\n".join(short), err=True)
        raise SystemExit(1)


def _formal(specs: Sequence[ConvSpec], folder: Path) -> FormalReport:
    from convt._derive.coq.report import report

    with working("asking Coq"):
        return report(specs, folder)


def reports(specs: Sequence[ConvSpec], steps: bool) -> list[Report]:
    """In the order of the specs; many of them are shared out over the cores."""
    jobs = min(os.cpu_count() or 1, len(specs) // SHARE)
    if jobs < 2:
        return prove_some(specs, steps)
    shares = children.together(jobs, lambda some, brood: _elsewhere(some, steps), [specs[first::jobs] for first in range(jobs)])
    return [shares[number % jobs][number // jobs] for number in range(len(specs))]


def _elsewhere(specs: Sequence[ConvSpec], steps: bool) -> list[Report]:
    """``prove_some`` in a child process. Raises ``ChildFailed`` with its last words."""
    import subprocess

    child = children.start(__name__, *map(str, specs), *["--steps"] * steps, packages=("click",), stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said, complained = children.finish(child)
    if child.returncode:
        last = (complained.strip() or "no message").split("\n")[-1]
        raise ChildFailed(f"a process that proved a share of the configurations ended with {child.returncode}: {last}")
    return [Report(row["spec"], tuple(map(tuple, row["rows"])), tuple(row["steps"]), tuple(row["short"])) for row in json.loads(said)]


def main(*words: str) -> None:
    """The child."""
    specs = [ConvSpec.parse(word) for word in words if word != "--steps"]
    print(json.dumps([asdict(report) for report in prove_some(specs, "--steps" in words)]))


def prove_some(specs: Sequence[ConvSpec], steps: bool) -> list[Report]:
    """Prove these one after the other; what they share is judged once."""
    from convt._derive.judges import Verdict, warm_up
    from convt._derive.proof import prove_spec
    from convt._derive.render.text import steps as steps_of
    from convt._derive.statement import Statement

    warm_up()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    made, known = [], dict[Statement, Verdict]()
    for spec in specs:
        rows, lines, short = [], [], []
        for proof in prove_spec(spec, known):
            theorem = proof.theorem
            applies = theorem.not_applicable
            rows.append((str(theorem.number), theorem.title, proof.outcome, theorem.scope,
                         "" if applies else f"{proof.general} of {len(theorem.steps)}", applies or theorem.says,
                         ", ".join(proof.judges), f"{proof.milliseconds:.0f}"))
            if not proof.holds:
                short.append(f"{spec}: theorem {theorem.number} is {proof.outcome}, its scope is {theorem.scope}")
            if steps:
                lines += [*steps_of(proof), ""]
        made.append(Report(str(spec), tuple(rows), tuple(lines), tuple(short)))
    return made
