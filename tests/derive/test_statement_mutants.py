"""Statements with one thing wrong are refuted: operator, constant, sign or bound, for at least one of seven geometries."""

from collections import defaultdict
from functools import cache

import pytest
from statement_mutants import mutants, sum_mutants

from convt._derive import Axis, ConvSpec
from convt._derive.claims import ForAll, SameSum
from convt._derive.judges import isl
from convt._derive.theorems import theorems

GEOMETRIES = [Axis(4, 2, (1, 2), 3, 1), Axis(3, 1, (1, 1), 1, 0), Axis(3, 2, (5, 6), 2, 1), Axis(5, 3, (0, 0), 1, 0),
              Axis(2, 1, (2, 3), 2, 0), Axis(4, 6, (-1, -1), 2, 2), Axis(2, 5, (1, 0), 3, 7)]

EQUIVALENT = {  # (theorem, place): why the change says nothing else
    (1, "claim.0.0.1 coefficient of i"): "s·i ≥ 0 ⇔ (s+1)·i ≥ 0",
    (1, "claim.0.0.1 coefficient of j"): "j ≥ 0 ⇔ 2j ≥ 0",
    (1, "define 1.0 minus 1"): "0 ≤ i ≤ max(0, Q + 1) − 1 and 0 ≤ i ≤ max(−1, Q + 1) − 1 are empty together",
    (2, "claim.0 Equal to Le"): "conv of the transposed length is never below m",
    (2, "define 1.0 plus 1"): "m ≥ 1, so the maximum with 0 or 1 is the other argument",
    (2, "define 1.0 minus 1"): "m ≥ 1, so the maximum with 0 or −1 is the other argument",
    (3, "claim.0∃.0.0 minus 1"): "where op = −1 works, P is positive for some op ≥ 0 as well",
    (3, "claim.0∃.1 Equal to Le"): "P ≥ 0 below D + op exists ⇔ D + op ≥ 0",
    (3, "claim.0∃.2.1 coefficient of P"): "P ≥ 0 ⇔ 2P ≥ 0",
    (3, "claim∃.0.1 plus 1"): "s ≥ 2 consecutive op have both parities, wherever they begin",
    (3, "claim∃.0.1 minus 1"): "s ≥ 2 consecutive op have both parities, wherever they begin",
    (3, "claim∃.1.0 minus 1"): "that 1 divides D + op is weaker and true",
    (3, "claim∃.1.1 plus 1"): "both parities occur",
    (3, "claim∃.1.1 minus 1"): "both parities occur",
    (3, "claim.0∃.0.1 sign of op"): "s = 1: only op = 0 is left",
    (3, "claim.0∃.0.1 coefficient of op"): "s = 1: only op = 0 is left",
    (9, "claim.0 Equal to Le"): "⌈L/s⌉ is never below m",
    (9, "right.1.0 minus 1"): "τ = s·i ≥ 0 says that i ≥ 0",
    (9, "right.4.0 minus 1"): "τ = s·i ≥ 0 says that i ≥ 0",
    (10, "claim.1.0.1 Equal to Le"): "for k = 1 the tap is 0 on the other side already",
    (13, "claim.0.0.0 minus 1"): "g = 2: without a tap for odd J, and 1 divides every J",
    (13, "claim.0.1.0.0 sign of J"): "g divides J ⇔ g divides −J",
    (13, "claim.0.1.0.1 sign of i"): "g divides s, so the sign of s·i does not matter modulo g",
    (13, "claim.0.1.0.1 sign of a"): "g divides d, so the sign of d·a does not matter modulo g",
    (15, "right.0.2 plus 1"): "for t = 2 the tap a′ + 2s is beyond the kernel",
    (18, "claim.0∃.0.1 sign of j"): "[−ρ, ρ] is symmetric",
    (18, "claim.0∃.1.1 sign of j"): "[−ρ, ρ] is symmetric",
    (18, "claim.0.0∃.0.1 sign of j"): "[−ρ, ρ] is symmetric",
    (18, "claim.0.0∃.1.1 sign of j"): "[−ρ, ρ] is symmetric",
    (18, "claim.0.0∃.1.1 sign of i"): "both sides are symmetric in i",
    (18, "claim.0.1.1 sign of i"): "both sides are symmetric in i",
    (18, "claim.0∃.1.1 sign of Y"): "both sides are symmetric in Y",
    (18, "claim.1.1 sign of Y"): "both sides are symmetric in Y",
    (18, "claim.1 Implies to Iff"): "s·i ≤ ρ + ρ′ ⇔ i ≤ ⌊(ρ + ρ′)/s⌋ is true as well",
    (19, "claim.1.0.0 plus 1"): "3 does not divide 1 either",
    (26, "claim.0.0.1 coefficient of n"): "2n ≥ 1 ⇔ n ≥ 1 for p_lo = 1 alone; else p_hi ≥ p_lo says more",
    **{(26, f"right.8.1.1.{place}"): "replicate at v = 0: the first position is v itself" for place in (
        "0 Lt to Le", "0.0 minus 1", "0.1 plus 1")},
    (26, "right.8.1.1.1 Equal to Le"): "0 ≤ j, so j ≤ 0 is j = 0",
    **{(26, f"right.8.1.2.0.{place}"): "replicate at v = n − 1: the last position is v itself" for place in ("0 minus 1", "1 plus 1")},
    (30, "claim.0∃.2.1 sign of Q"): "pairs of taps are symmetric: (a, a′) and (a′, a)",
    (30, "claim.1.1 sign of Q"): "pairs of taps are symmetric: (a, a′) and (a′, a)",
    **{(24, f"claim.{place} coefficient of j"): "j ≥ 0 ⇔ 2j ≥ 0" for place in ("0.0.1", "1.0.0.1", "1.1.0.0.1")},
}


def table(kind):
    """Mutants by theorem, statement (or sum) and place, each for the geometries that have it."""
    found = defaultdict(list)
    for axis in GEOMETRIES:
        seen = defaultdict(int)
        for make in theorems():
            theorem = make(ConvSpec.of([axis]))
            for step in theorem.steps:
                if isinstance(step.claim, kind):
                    sums = kind is SameSum
                    key = theorem.number, " ".join(map(str, step.claim.directions[1].symbols if sums else step.claim.statement.symbols))
                    seen[key] += 1
                    for place, what, mutant in sum_mutants(step.claim, refuted) if sums else mutants(step.claim.statement):
                        found[*key, seen[key], place].append((what, mutant))
    return found


def refuted(mutant):
    """By isl; of sums in one of their parts."""
    return any(isl.judge(part).outcome == "refuted" for part in (mutant.statements() if isinstance(mutant, SameSum) else (mutant,)))


@cache
def survivors(kind):
    """How many mutants there are, and the places of those that nothing refutes."""
    found = table(kind)
    left = {(key[0], key[3]): rows[0][0] for key, rows in found.items() if not any(refuted(mutant) for _, mutant in rows)}
    assert not {place: what for place, what in left.items() if place not in EQUIVALENT}
    assert {key for key in EQUIVALENT if key[1].startswith("right") == (kind is SameSum)} == set(left), "an explanation without its survivor"
    return len(found), len(left)


@pytest.mark.slow
def test_mutants_of_statements_are_refuted_or_explained():
    assert survivors(ForAll)[0] >= 1000


@pytest.mark.slow
def test_at_least_98_percent_are_refuted_and_the_others_are_explained():
    statements, sums = survivors(ForAll), survivors(SameSum)
    assert sums[0] >= 1500 and sums[1] <= 0.02 * sums[0]
    assert statements[1] + sums[1] <= 0.02 * (statements[0] + sums[0])


def test_the_statements_themselves_are_proved():
    for axis in GEOMETRIES[:3]:
        for make in theorems():
            for step in make(ConvSpec.of([axis])).steps:
                if isinstance(step.claim, ForAll):
                    assert isl.judge(step.claim.statement).outcome == "proved"
