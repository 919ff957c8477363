"""Spec files in pytest: a test a layer, and nothing imported before there is one."""

import os
import subprocess
import sys

import pytest
import specs

GOOD = '[[layer]]\nname = "one"\nconfig = "1d_k4s2p1"\n[[layer]]\nname = "two"\nconfig = "1d_k3"\ninput = [4]\noutput = [6]\n'
BAD = GOOD.replace("[6]", "[7]")


def run(folder, *words):
    """Without the plugins of other packages, whatever they import."""
    return subprocess.run([sys.executable, "-m", "pytest", "-p", "convt.pytest_plugin", *(["-p", "xdist"] if "-n" in words else ()),
                           "--convt-level", "shapes", *words], cwd=folder,
                          env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_test_a_layer(tmp_path):
    specs.write(tmp_path, GOOD)
    specs.write(tmp_path, BAD, "b.convt.toml")
    (tmp_path / "test_other.py").write_text("def test_one():\n    pass\n")
    done = run(tmp_path, "-q")
    assert done.returncode == 1 and "1 failed, 4 passed" in done.stdout
    assert "b.convt.toml:5: two: output: axis 0 has length 6, and should have 7" in done.stdout and "smallest: input 4 gives 6, not 7" in done.stdout
    assert "Traceback" not in done.stdout and "pytest_plugin.py" not in done.stdout
    last = run(tmp_path, "-q", "--lf")
    assert "1 failed" in last.stdout and "passed" not in last.stdout
    assert "2 passed, 3 deselected" in run(tmp_path, "-q", "-k", "two and a.convt or test_one", "-o", "addopts=").stdout
    assert "b.convt.toml::two" in run(tmp_path, "-q", "--collect-only").stdout


@pytest.mark.slow
def test_locks_are_compared(tmp_path):
    path = specs.write(tmp_path, GOOD)
    done = subprocess.run([sys.executable, "-m", "convt", "check", path.name, "--level", "shapes", "--update"], cwd=tmp_path, capture_output=True,
                          text=True, check=True, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    assert "one: new" in done.stdout and run(tmp_path, "-q").returncode == 0
    specs.write(tmp_path, GOOD.replace("1d_k4s2p1", "1d_k4s2p2"))
    done = run(tmp_path, "-q")
    assert "one: lock: output length was 2·m, is 2·m − 2: padding changed from 1 to 2" in done.stdout and "1 failed, 1 passed" in done.stdout


def test_mistakes_are_errors_of_collection(tmp_path):
    specs.write(tmp_path, GOOD.replace("1d_k3", "k3").replace("input", "inptu"))
    done = run(tmp_path, "-q")
    assert done.returncode == 2 and "a.convt.toml:8: layer[1].inptu" in done.stdout and "a.convt.toml:7: layer[1].config" in done.stdout


@pytest.mark.slow
def test_layers_are_shared_out(tmp_path):
    pytest.importorskip("xdist")
    specs.write(tmp_path, BAD)
    done = run(tmp_path, "-q", "-n", "2")
    assert "1 failed, 1 passed" in done.stdout and "smallest: input 4" in done.stdout


def test_nothing_is_imported_without_a_spec(tmp_path):
    (tmp_path / "test_other.py").write_text(
        "import sys\ndef test_one():\n    assert not {'pydantic', 'numpy', 'sympy', 'tree_sitter', 'click', 'convt.specs'} & set(sys.modules)\n")
    assert "1 passed" in run(tmp_path, "-q").stdout


def test_the_plugin_is_declared_under_the_name_it_is_imported_by():
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"convt.pytest_plugin": "convt.pytest_plugin"}
