"""The tests of kernels and of the choice pass on machines of every shape: what a test needs of the host, it says itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from convt._codegen.target import TARGETS

ROOT = Path(__file__).parent.parent
NEEDS = {"x86-64-v3": "avx2", "x86-64-v4": "avx512f"}
FLAGS = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").exists() else []


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", [name for name in TARGETS if name != "host"])
def test_the_tests_of_kernels_pass_with_the_host_like(name, tmp_path):
    """``$CONVT_TEST_HOST`` forces the profile in ``conftest.py``. Mutants name their targets: they are the same anywhere."""
    if name in NEEDS and NEEDS[name] not in FLAGS:
        pytest.skip(f"needs {NEEDS[name]}")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not full", "--ignore", "tests/codegen/test_mutants.py",
               "--basetemp", str(tmp_path / "run"), "tests/codegen", "tests/convt/test_choice.py"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"CONVT_TEST_HOST": name, "PYTEST_ADDOPTS": ""}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_profile_is_forced(monkeypatch):
    """The variable reaches what decides tile shapes."""
    code = "import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', sys.argv[1]]))"
    for name in ("generic", "x86-64-v4"):
        text = f"""
def test():
    from convt._codegen.target import TARGETS
    from convt._codegen import toolchain
    assert toolchain.like_host(frozenset()) is TARGETS[{name!r}]
"""
        path = ROOT / "tests" / f"test_forced_{os.getpid()}.py"
        path.write_text(text)
        try:
            done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, env=os.environ | {"CONVT_TEST_HOST": name},
                                  capture_output=True, text=True, check=False)
        finally:
            path.unlink()
        assert done.returncode == 0, done.stdout[-2000:]
