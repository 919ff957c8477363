"""The wheel is pure Python, holds what it needs, and works in a fresh environment."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import numpy as np, convt
assert "site-packages" in convt.__file__
y = convt.conv_transpose(np.ones((1, 1, 2), np.float32), np.ones((1, 1, 2), np.float32), stride=2)
assert y.tolist() == [[[1, 1, 1, 1]]]
assert convt.derive("1d_k2s2").holds
"""


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_wheel_works_in_a_fresh_environment(tmp_path):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    built = subprocess.run([*pip, "wheel", "--no-deps", "--quiet", "-w", str(tmp_path), str(ROOT)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    wheel = next(tmp_path.glob("convt-*-py3-none-any.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert "convt/_codegen/templates/direct.c.jinja" in names and "convt/_codegen/templates/plain.pyx.jinja" in names and "convt/_derive/py.typed" in names
    assert [name for name in names if name.startswith(("tests", "generated")) or name.endswith((".so", ".c"))] == ["convt/bench/limits.c"]
    assert "convt/bench/layers.json" in names
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    python = str(tmp_path / "env" / "bin" / "python")
    installed = subprocess.run([python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", str(wheel)],
                               capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr
    environment = os.environ | {"CONVT_STORE": str(tmp_path / "store")}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run([python, "-c", CODE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run([str(tmp_path / "env" / "bin" / "convt"), "prove", "1d_k2s2"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert listed.returncode == 0 and "isl, enumerate" in listed.stdout  # without the extra smt
    drawn = subprocess.run([str(tmp_path / "env" / "bin" / "convt"), "draw", "1d_k2s2", "-o", "a.png"], cwd=tmp_path,
                           capture_output=True, text=True, check=False)
    assert drawn.returncode == 3 and "pip install 'convt[draw]'" in drawn.stderr
