"""Legal names that are extreme build within a minute and 1 GB, or are refused before work begins."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from convt._codegen import memory
from convt._codegen.problem import Problem
from convt._derive import ArgumentError, Axis, ConvSpec

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
HELPERS = str(Path(__file__).parents[1] / "helpers")
SECONDS, MEGABYTES = 60, 1024
QUICK = ["2d_k1s46889x4p0x1", "1d_k1s1048576"]
NAMED = ["2d_k200s200", "1d_k8s4d10000", "3d_k64", "1d_k65536", "2d_k512s256", "1d_k2s1p-100000", "2d_k2d10000", "2d_k1p10000", "3d_k2p-300",
         "3d_k1s1000", "1d_k1048576p1048575", "2d_k200p199", "2d_k4096s64", "3d_k3d18", "1d_k1048576s7d1000p-1000000", "2d_k3d64", "1d_k4096p1"]
BUILD = """
import json, resource, sys
from convt._codegen.pipeline import build
from convt._codegen.problem import Problem
from peaks import peak_kilobytes
certificate = build([Problem.of(sys.argv[1], sys.argv[2])])[0].certificate
most = max(peak_kilobytes(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(json.dumps({"megabytes": most // 1024, "miss": certificate["miss_probability"], "limits": certificate["limits"], "checks": certificate["checks"]}))
"""
VALUES = {"kernel": (1, 2, 3, 17, 64, 200, 4096, 65536, 1 << 20), "stride": (1, 2, 7, 64, 5000, 1 << 20), "dilation": (1, 3, 1000, 1 << 20),
          "padding": (0, 1, 5000, -5000, 1 << 20, -(1 << 20)), "output_padding": (0, 1, 70000)}


def extreme(rng):
    """A name of one to three axes, at most two of whose values are not small."""
    dims = rng.choice([1, 2, 3])
    rows = [{"kernel": rng.randint(1, 4), "stride": rng.randint(1, 3), "padding": (0, 0), "dilation": 1, "output_padding": 0} for _ in range(dims)]
    for _ in range(rng.randint(1, 2)):
        field = rng.choice(list(VALUES))
        value = rng.choice(VALUES[field])
        rng.choice(rows)[field] = (value, rng.choice([value, 0])) if field == "padding" else value
    return ConvSpec.of([Axis(row["kernel"], row["stride"], row["padding"], row["dilation"], row["output_padding"]) for row in rows])


def check(name, map_name, folder):
    try:
        problem = Problem.of(name, map_name)
    except ArgumentError as refused:
        assert Problem.of(refused.nearest, map_name)
        return
    size = memory.smallest_bytes(problem.spec, problem.element.size) >> 20
    if size > MEGABYTES // 2:  # the smallest output alone is as large as what a build may take
        return
    done = subprocess.run([sys.executable, "-c", BUILD, name, map_name], env=os.environ | {"CONVT_STORE": str(folder / "store"), "PYTHONPATH": HELPERS}, capture_output=True,
                          text=True, check=False, timeout=2 * SECONDS)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["megabytes"] < MEGABYTES, found
    assert 0 < found["miss"] <= 1e-3, found
    assert found["limits"] or found["miss"] <= 1e-12, found
    assert all(("compared" in row) == any(row["family"] in limit for limit in found["limits"]) for row in found["checks"] if "compared" in row)


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.full) for name in NAMED)])
def test_extreme_names_build_within_bounds(name, tmp_path):
    check(name, "conv_transpose", tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("map_name", ["conv", "conv_weight_gradient"])
@pytest.mark.parametrize("name", [*QUICK, *NAMED])
def test_so_do_those_of_the_other_maps(name, map_name, tmp_path):
    check(name, map_name, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(12))
def test_so_do_random_extreme_names(seed, tmp_path):
    rng = random.Random(seed)
    for map_name in ("conv_transpose", "conv", "conv_weight_gradient"):
        check(str(extreme(rng)), map_name, tmp_path)
