"""Child processes start whatever the surroundings are; where none can, that is an error which says so, never a verdict."""

import subprocess
import sys

import pytest

SURROUNDINGS = {
    "a relative folder on the path": "import sys; sys.path.append('..')",
    "an empty path first": "import sys; sys.path.insert(0, '')",
    "no name of the interpreter": "import sys; sys.executable = ''",
    "None for the interpreter": "import sys; sys.executable = None",
    "another program": "import sys; sys.executable = '/bin/true'",
    "a folder for the interpreter": "import sys; sys.executable = '/'",
    "a name of the interpreter that is gone": "import sys; sys.executable = '/nowhere/python3'",
}
NONE = "import sys; sys.executable = ''; sys.prefix = sys.base_prefix = '/nowhere'"
SHADOWS = ("random", "json", "numpy", "z3", "cvc5", "islpy", "codegen", "derive", "convt", "Cython", "statistics", "subprocess")
PROVE = "import convt; print(sorted({judge for proof in convt.derive('1d_k2').proofs for judge in proof.judges}))"
BUILD = "import numpy as np, convt; print(convt.conv_transpose(np.ones((1, 1, 3), 'f4'), np.ones((1, 1, 2), 'f4')).ravel().tolist())"


@pytest.fixture
def place(tmp_path):
    """A folder whose parent is full of modules that must not be loaded by a child, and which is full of them itself."""
    inner = tmp_path / "inner"
    inner.mkdir()
    for folder in (tmp_path, inner):
        for name in SHADOWS:
            (folder / f"{name}.py").write_text(f"print('the wrong {name}'); raise SystemExit(77)\n")
    return inner


def run(place, surroundings, code):
    """A program that imports what it needs itself, then brings about the surroundings, then runs the code."""
    imports = "import numpy, random, json, statistics, subprocess, convt, convt.api, convt.cli, convt._codegen.pipeline, convt._derive.judges.smt"
    return subprocess.run([sys.executable, "-I", "-c", f"{imports}\n{surroundings}\n{code}"], cwd=place, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", SURROUNDINGS)
def test_judges_start_in_any_surroundings(name, place):
    done = run(place, SURROUNDINGS[name], PROVE)
    assert done.returncode == 0, done.stderr
    assert {"isl", "z3", "cvc5"} <= set(eval(done.stdout)) and not done.stderr  # noqa: S307


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", ["a relative folder on the path", "no name of the interpreter", "another program"])
def test_kernels_are_built_and_checked_in_any_surroundings(name, place, tmp_path):
    store = tmp_path / "store"
    done = run(place, f"{SURROUNDINGS[name]}; import os; os.environ['CONVT_STORE'] = {str(store)!r}", BUILD)
    assert done.returncode == 0 and done.stdout == "[1.0, 2.0, 2.0, 1.0]\n" and not done.stderr, done.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("code", [PROVE, BUILD])
def test_where_no_child_can_start_the_error_says_so(code, place, tmp_path):
    done = run(place, f"{NONE}; import os; os.environ['CONVT_STORE'] = {str(tmp_path / 'store')!r}", code)
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.strip().split("\n")[-1].startswith("convt._derive.errors.ChildFailed: no Python interpreter"), done.stderr
    assert not list((tmp_path / "store").glob("*/manifest.json"))


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("line", [["prove", "1d_k2"], ["derive", "1d_k2"], ["build", "1d_k2"], ["bench", "--only", "DCGAN", "--threads", "1", "--peers", "none"]])
def test_the_command_line_ends_with_3_and_one_line(line, place, tmp_path):
    environment = f"import os; os.environ['CONVT_STORE'] = {str(tmp_path / 'store')!r}"
    done = run(place, f"{NONE}; {environment}", f"sys.argv = ['convt', *{line!r}]; convt.cli.main()")
    assert done.returncode == 3 and done.stderr.startswith("convt: no Python interpreter") and done.stderr.count("\n") == 1, done.stderr
