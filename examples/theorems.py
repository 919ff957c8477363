"""The table of docs/theorems.md: theorem × scope × judges × time for a few configurations: python examples/theorems.py [--write]"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from convt._derive import ConvSpec, judges
from convt._derive.theorem import Proof, prove_spec

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
    lines = ["| # | theorem | scope | what it shows | judges | " + " | ".join(SPECS) + " |", "|---" * (5 + len(SPECS)) + "|"]
    for number, proof in enumerate(proofs["2d_k4s2p1"]):
        cells = []
        for name in SPECS:
            other = proofs[name][number]
            took = median(times[name, other.theorem.number])
            cells.append("not applicable" if other.theorem.not_applicable else f"{other.outcome}, {took:.0f} ms")
        theorem = proof.theorem
        lines.append(f"| {theorem.number} | {theorem.title} | {theorem.scope} | {theorem.why} | {', '.join(proof.judges)} | "
                     + " | ".join(cells) + " |")
    return lines


def page() -> str:
    """The whole page."""
    return "\n".join([
        "# Theorems", "", "Written by `python examples/theorems.py --write`; do not edit.", "",
        "*all sizes*: for every m and every index, decided by the judges named, which must agree. *this size*: polynomial identities at a "
        "size that is named in the proof. Times are what the slowest judge of each step took, added over the steps "
        f"(median of {ROUNDS} runs, solvers warm).", "", *table(), ""])


def main() -> None:
    """Print the page, or write it."""
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page())


if __name__ == "__main__":
    main()
