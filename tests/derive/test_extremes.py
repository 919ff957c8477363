"""Any legal name is proved and printed within seconds and megabytes, however large its numbers; so is every configuration in use."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from convt._derive import Axis, ConvSpec
from convt._derive.judges import smt
from convt._derive.proof import prove_spec
from convt._derive.spec import LARGEST
from convt._derive.theorems import theorems

HELPERS = str(Path(__file__).parents[1] / "helpers")
SECONDS, MEGABYTES = 10, 1000  # of one configuration: processor time of this tool, and its largest memory
KNOWN = ["2d_k1s46889x4p0x1", "2d_k200s200", "1d_k8s4d10000", "1d_k1s1048576", "1d_k4096s1024", "3d_k64", "1d_k65536s3",
         "1d_k3p-1048576", "1d_k3s2p1048576", "1d_k36s4p23:-1048576d50op1048575"]
LARGE = ["1d_k1048576", "1d_k1048576d1048576", "1d_k2s1048576d1048576", "1d_k3s2op1048576", "3d_k3p1000", "3d_k1048576s1048576",
         "2d_k1048576x1s3x1048575", "1d_k1048576s34p-1048576:-1048575d1048576op1048576", "1d_k246s1048576p1024:1d130675op2",
         "3d_k1048575x1048573x1048571s1048574x3x7p-1048576x1048576x5d5x1048576x9op1048576x9x1"]
ROWS = [json.loads(line) for line in Path(__file__).parents[1].joinpath("data/configs.jsonl").read_text().splitlines()]
CONFORMANCE = list(dict.fromkeys(str(ConvSpec(row["kernel"], row["stride"], list(zip(row["padding_begin"], row["padding_end"], strict=True)),
                                              row["dilation"], row["output_padding"])) for row in ROWS))
CHILD = """
import json, sys, time
from convt._derive import judges
from convt._derive.derivation import derivation
from peaks import peak_kilobytes
judges.warm_up()
for name in sys.argv[1:]:
    start = time.process_time()
    made = derivation(name)
    proved = time.process_time()
    printed = [len(made.text()), len(made.latex()), len(json.dumps(made.json()))]
    print(json.dumps({"name": name, "holds": made.holds, "prove": proved - start, "print": time.process_time() - proved,
                      "length": max(printed), "mb": peak_kilobytes() / 1024,
                      "short": [p.theorem.number for p in made.proofs if not p.holds]}), flush=True)
"""


def within_limits(names):
    """Proved and printed in a process of their own, one after the other, each within the limits."""
    done = subprocess.run([sys.executable, "-c", CHILD, *names], env=os.environ | {"PYTHONPATH": HELPERS}, capture_output=True, text=True, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["name"] for row in rows] == names, done.stderr[-2000:]
    for row in rows:
        assert row["holds"], row
        assert row["prove"] < SECONDS and row["print"] < SECONDS and row["mb"] < MEGABYTES and row["length"] < 3_000_000, row


@pytest.mark.slow
def test_the_peak_is_of_the_process_alone():
    """It was its starter's where that was larger, so that a large test process failed every configuration."""
    held = bytearray(os.urandom(1 << 20) * 300)
    done = subprocess.run([sys.executable, "-c", "from peaks import peak_kilobytes as peak; a = peak(); b = bytearray(99) * 10**6; print(a, peak())"],
                          env=os.environ | {"PYTHONPATH": HELPERS}, capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert before < 100_000 < len(held) // 1024 and after - before > 90_000


def extreme(rng):
    """A configuration of small, middling and the largest numbers, in any mixture."""
    def number(least, negative=False):
        made = rng.choice([rng.randint(least, 4), rng.randint(least, 64), rng.choice([7, 1024, 4096, 65536]), int(2**rng.uniform(0, 20)),
                           LARGEST, LARGEST - 1])
        made = max(least, min(LARGEST, made))
        return -made if negative and rng.random() < 0.4 else made
    return str(ConvSpec.of([Axis(number(1), number(1), (number(0, True), number(0, True)), number(1), number(0))
                            for _ in range(rng.choice([1, 1, 2, 3]))]))


@pytest.mark.slow
def test_a_name_that_never_ended():
    within_limits(["1d_k1s1048576"])


@pytest.mark.full
def test_names_that_took_minutes_or_gigabytes():
    within_limits([*KNOWN, LARGE[-1]])


@pytest.mark.full
def test_large_names():
    within_limits(LARGE)


@pytest.mark.full
def test_a_hundred_mixtures_of_extreme_numbers():
    rng = random.Random(2)
    for _ in range(5):
        within_limits([extreme(rng) for _ in range(20)])


@pytest.mark.slow
def test_configurations_in_use_are_proved():
    for name in CONFORMANCE[::30]:
        assert all(proof.holds for proof in prove_spec(ConvSpec.parse(name))), name


@pytest.mark.full
@pytest.mark.parametrize("part", range(4))
def test_every_configuration_in_use_is_proved(part):
    known = {}
    for name in CONFORMANCE[part::4]:
        assert all(proof.holds for proof in prove_spec(ConvSpec.parse(name), known)), name


@pytest.mark.full
@pytest.mark.parametrize("part", range(2))
def test_configurations_in_use_are_proved_and_printed_within_limits(part):
    within_limits(CONFORMANCE[part * 5::10])


@pytest.mark.slow
def test_what_is_not_written_out_is_said():
    """A theorem that leaves out its example at a size says so, with how long it would be; small ones leave out nothing."""
    left = {theorem.number: theorem.left_out for make in theorems() for theorem in [make(ConvSpec.parse("1d_k4096s1024"))]}
    assert {4, 5, 6, 9, 12, 13, 14, 16, 17, 23} <= {number for number, lines in left.items() if lines}
    assert all(line.entries > line.most for lines in left.values() for line in lines)
    for make in theorems():
        theorem = make(ConvSpec.parse("1d_k3s2p1"))
        assert not theorem.left_out, theorem.left_out
    from convt._derive.derivation import derivation

    made = derivation("1d_k4096s1024")
    for text in (made.text(), made.latex().replace("\\ensuremath{", ""), json.dumps(made.json(), ensure_ascii=False)):
        assert "is not written out" in text


@pytest.mark.slow
@pytest.mark.skipif(not smt.installed(), reason="needs the extra smt")
def test_every_solver_decides_large_moduli():
    """Presburger statements with moduli near 2^20 are what solvers give up on first: they get the quotients by name."""
    for name in ("1d_k246s1048576p1024:1d130675op2", "1d_k2s1048576d444", "1d_k1048576s34d1048576"):
        for proof in prove_spec(ConvSpec.parse(name)):
            if proof.theorem.number in (10, 13):
                assert proof.holds and set(smt.installed()) <= set(proof.judges)
