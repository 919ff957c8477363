"""The tests of kernels and of the choice pass on machines of every shape: what a test needs of the host, it says itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from convt._codegen import toolchain
from convt._codegen.target import TARGETS

ROOT = Path(__file__).parent.parent
NEEDS = {"x86-64-v3": "avx2", "x86-64-v4": "avx512f"}
FLAGS = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").exists() else []
SAME_ANYWHERE = ("mutants", "render", "demands", "extremes", "sanitizers", "store", "store_damage", "store_processes", "toolchain")
"""Tests of ``tests/codegen`` that name their targets, or never look at tile shapes: once is enough."""
ROWS = "tests/codegen/test_conformance.py::test_a_stratified_sample_of_rows_is_exact"


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", [name for name in TARGETS if name != "host"])
def test_the_tests_of_kernels_pass_with_the_host_like(name, tmp_path):
    """``$CONVT_TEST_HOST`` forces the profile in ``conftest.py``. Mutants name their targets: they are the same anywhere."""
    if name in NEEDS and NEEDS[name] not in FLAGS:
        pytest.skip(f"needs {NEEDS[name]}")
    if toolchain.toolchain().shape(TARGETS["host"]) is TARGETS[name]:
        pytest.skip("the shape of this machine: every other run is of it")
    without = [f"--ignore=tests/codegen/test_{area}.py" for area in SAME_ANYWHERE] + [f"--deselect={ROWS}[{part}]" for part in range(1, 3)]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not full", *without,
               "--basetemp", str(tmp_path / "run"), "tests/codegen", "tests/convt/test_choice.py", "tests/test_host_shapes.py"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"CONVT_TEST_HOST": name, "PYTEST_ADDOPTS": ""}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_profile_is_forced():
    """Where the variable is set, it reaches what decides tile shapes."""
    name = os.environ.get("CONVT_TEST_HOST")
    assert name is None or toolchain.like_host(frozenset()) is TARGETS[name]
