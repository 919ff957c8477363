"""The table of docs/theorems.md: theorem × scope × parameters × what is summed over × judges × Coq × time for a few configurations.

python examples/theorems.py [--write]
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from convt._derive import ConvSpec, judges
from convt._derive.claims import SameSum, written
from convt._derive.coq.report import report
from convt._derive.proof import Proof, prove_spec

PAGE = Path(__file__).parents[1] / "docs" / "theorems.md"
SPECS = ("1d_k3s2p1op1", "1d_k16s8p4", "2d_k4s2p1", "2d_k3s2p1d2op1", "3d_k2s2")
ROUNDS = 5


def table() -> list[str]:
    """The rows, with the judges' median times in milliseconds."""
    judges.warm_up()
    times: dict[tuple[str, int], list[float]] = {}
    proofs: dict[str, tuple[Proof, ...]] = {}
    for _ in range(ROUNDS):
        for name in SPECS:
            proofs[name] = prove_spec(ConvSpec.parse(name))
            for proof in proofs[name]:
                times.setdefault((name, proof.theorem.number), []).append(proof.milliseconds)
    with TemporaryDirectory() as folder:
        accepted = report([ConvSpec.parse(name) for name in SPECS], Path(folder)).accepted
    lines = ["| # | theorem | scope | all k, s, d, p, op | sums over | what it shows | judges | Coq | " + " | ".join(SPECS) + " |",
             "|---" * (8 + len(SPECS)) + "|"]
    for number, proof in enumerate(proofs["2d_k4s2p1"]):
        cells = []
        for name in SPECS:
            other = proofs[name][number]
            took = median(times[name, other.theorem.number])
            cells.append("not applicable" if other.theorem.not_applicable else f"{other.outcome}, {took:.0f} ms")
        theorem = proof.theorem
        formal = sum((ConvSpec.parse(name), theorem.number) in accepted for name in SPECS)
        lines.append(f"| {theorem.number} | {theorem.title} | {theorem.scope} | {parameters(proof)} | {summed(proof)} | {theorem.why} | "
                     f"{', '.join(proof.judges)} | {formal} of {len(SPECS)} | " + " | ".join(cells) + " |")
    return lines


def parameters(proof: Proof) -> str:
    """How many steps are proved for all parameters."""
    return f"{proof.general} of {len(proof.theorem.steps)} steps" if proof.general else "chosen"


def summed(proof: Proof) -> str:
    """Whether values are sums over all axes, and over channels, groups and images too; else what is said is said of an axis."""
    sums = [step.claim for step in proof.theorem.steps if isinstance(step.claim, SameSum)]
    letters = {variable.symbol.name for claim in sums for side in (claim.left, claim.right) for variable in written(side).variables}
    return "axes, channels, groups, images" if {"f", "b"} & letters else "axes" if sums else "–"


def page() -> str:
    """The whole page."""
    return "\n".join([
        "# Theorems", "", "Written by `python examples/theorems.py --write`; do not edit.", "",
        "*all sizes*: for every m and every index, decided by the judges named, which must agree. *this size*: polynomial identities at a "
        "size that is named in the proof. *All k, s, d, p, op*: how many steps of the proof for 2d_k4s2p1 are instances of what is "
        "proved for all parameters; *chosen*: they speak of this configuration. *Sums over*: what the sums range over that the values "
        "are. *Coq*: of how many of these configurations coqc accepts every step. Times are what the slowest judge of each step took, "
        f"added over the steps (median of {ROUNDS} runs, solvers warm).", "", *table(), ""])


def main() -> None:
    """Print the page, or write it."""
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page())


if __name__ == "__main__":
    main()
