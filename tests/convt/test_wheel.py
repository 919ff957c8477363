"""Installed as a wheel, run from a zip of it or from here: pure Python, whole, one of each class, whatever lies beside the user's script."""

import fcntl
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from convt.cli import COMMANDS

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
SCRIPT = """
import os, sys
def must(true, *shown):  # an assert would be left out by -O
    if not true:
        raise SystemExit(f"not so: {shown}")
if place := os.environ.get("PLACE"):
    sys.path.insert(0 if sys.flags.isolated else 1, place)
if not sys.flags.isolated:
    USER
    must(derive.MINE and codegen.MINE)
import convt
from convt import ArgumentError, ConvSpec
must(convt.__file__.startswith(place or sys.argv[1]), convt.__file__)
import numpy as np
one = np.ones((1, 1, 2), np.float32)
must(convt.conv_transpose(one, one, stride=2).tolist() == [[[1, 1, 1, 1]]])
must(convt.derive("1d_k2s2").holds and ConvSpec.parse("1d_k2s2") == ConvSpec(2, 2, dims=1))
from convt._derive.judges import available
from convt._codegen.pipeline import generator_digest
import gc, inspect
classes = [one for one in gc.get_objects() if inspect.isclass(one) and one.__module__.startswith(("convt.", "derive", "codegen"))]
names = [(one.__module__, one.__qualname__) for one in classes if one.__module__.startswith("convt.")]
must(len(names) == len(set(names)) and len(names) > 60 and len(classes) == len(names), names)
must(sum(one.__qualname__ == "ConvSpec" for one in classes) == 1)
print(generator_digest(), *available())
""".replace("USER", "import codegen, derive")
HOSTILE = ("numpy", "json", "z3", "cvc5", "islpy", "sympy", "random", "subprocess", "jinja2", "Cython", "click", "mpmath", "hashlib", "fractions", "encodings")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    with (tmp_path_factory.getbasetemp().parent / "wheel.lock").open("w") as lock:  # workers build in the same folder of this tree
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps", "--quiet", "-w", str(folder), str(ROOT)],
                               capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("convt-*-py3-none-any.whl"))


@pytest.fixture(params=["editable", "wheel", "zip"])
def place(request, tmp_path, wheel):
    """What comes first on the path: nothing (this tree), the wheel unpacked as pip does, or the wheel itself."""
    if request.param == "wheel":
        zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    return {"editable": "", "wheel": str(tmp_path / "site"), "zip": str(wheel)}[request.param]


@pytest.fixture
def beside(tmp_path):
    """A user's script beside modules of theirs that have names like ours, run in a folder with names like those that we need."""
    user, cwd = tmp_path / "user", tmp_path / "cwd"
    (user / "codegen").mkdir(parents=True)
    (user / "derive.py").write_text("MINE = True\n")
    (user / "codegen" / "__init__.py").write_text("MINE = True\n")
    (user / "codegen" / "checks.py").write_text("raise SystemExit('not ours')\n")
    (user / "script.py").write_text(SCRIPT)
    cwd.mkdir()
    for name in HOSTILE:
        (cwd / f"{name}.py").write_text(f"raise SystemExit('{name}.py of the user was run')\n")
    for name in ("codegen", "derive", "_codegen", "_derive"):
        (cwd / name).mkdir()
        (cwd / name / "__init__.py").write_text("raise SystemExit('a package of the user was run')\n")
    return user / "script.py", cwd


def run(*words, cwd, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    return subprocess.run([sys.executable, *words], cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("compiler")
def test_beside_a_users_own_derive_and_codegen(place, beside):
    """With and without -I and -O; the same code has the same digest wherever it lies."""
    from convt._codegen.pipeline import generator_digest
    from convt._derive.judges import available

    script, cwd = beside
    for flags in ((), ("-I", "-O")):
        done = run(*flags, str(script), str(ROOT), cwd=cwd, PLACE=place)
        assert done.returncode == 0 and done.stdout.split() == [generator_digest(), *available()], done.stderr
        assert not done.stderr


@pytest.mark.usefixtures("compiler")
def test_a_kernel_is_built_from_a_zip_where_asserts_are_left_out(wheel, beside, tmp_path):
    """Templates, Cython, checks and proofs, all from inside it."""
    script, cwd = beside
    done = run("-O", str(script), cwd=cwd, PLACE=str(wheel), CONVT_STORE=str(tmp_path / "store"))
    assert done.returncode == 0 and [path for path in (tmp_path / "store").iterdir() if len(path.name) == 40], done.stderr


def test_zips_with_different_code_have_different_keys(wheel, tmp_path):
    digests = set()
    for change in ("", "codegen/templates/tile.c.jinja", "derive/lengths.py", "codegen/families/rows.py"):
        path = tmp_path / f"{len(digests)}.zip"
        with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(path, "w") as new:
            for item in old.namelist():
                new.writestr(item, old.read(item) + b"\n" * (bool(change) and item == f"convt/_{change}"))
        done = run("-I", "-c", f"import sys; sys.path.insert(0, {str(path)!r}); from convt._codegen.pipeline import generator_digest as d; print(d())", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout)
    assert len(digests) == 4


WORDS = {"import": ("a.onnx",), "derive": ("1d_k2s2",), "prove": ("1d_k2s2",), "claims": ("14",), "dialects": ("1d_k2s2",), "compare": ("1d_k2s2", "1d_k2s2"), "build": ("1d_k2s2", "-o", "vendored"), "conformance": ("convt:conv_transpose", "--case", "1d_k2s2,m=2", "--seconds", "60"), "draw": ("1d_k2s2", "-o", "a.svg"),
         "sync": ("--directory", "folder"), "doctor": (), "solve": ("2d_k3s2", "--from", "7", "--to", "14"), "store": (), "schema": (), "sweep": ("1d_k{1..2}", "-o", "a.html"), "check": ("a.convt.toml", "--level", "kernels"), "bench": ("--only", "DCGAN 64-3", "--rounds", "3", "--threads", "1", "--peers", "none"), "demo": ("-o", "demo")}


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.full if name in ("bench", "demo", "sync") else ()) for name in COMMANDS])
def test_every_command_works_in_a_folder_with_names_like_those_that_it_needs(name, beside, wheel):
    """From the zip, which is the hardest place."""
    _, cwd = beside
    if name in ("draw", "demo"):
        pytest.importorskip("matplotlib", reason="needs the extra draw")
    if name == "import":
        models = pytest.importorskip("onnx_models", reason="needs the extra onnx")
        models.write(cwd, models.one("ConvTranspose", (4,), [1, 2, 5]))
    (cwd / "folder").mkdir()
    (cwd / "a.convt.toml").write_text("convt = 1\n[[layer]]\nname = 'a'\nconfig = '1d_k2s2'\nfamily = 'plain'\nchannels = [1, 1]\ninput = [1]\n")
    done = run("-m", "convt", name, *WORDS[name], cwd=cwd, PYTHONPATH=str(wheel))
    assert done.returncode == 0, done.stderr
    assert "of the user was run" not in done.stdout + done.stderr


@pytest.mark.usefixtures("compiler")
def test_the_wheel_works_in_a_fresh_environment(tmp_path, wheel, beside):
    names = zipfile.ZipFile(wheel).namelist()
    assert "convt/_codegen/runtime/call.h" in names and "convt/_codegen/templates/direct.c.jinja" in names and "convt/_codegen/templates/plain.pyx.jinja" in names and "convt/_derive/py.typed" in names
    assert [name for name in names if name.startswith(("tests", "generated")) or name.endswith((".so", ".c"))] == ["convt/bench/limits.c"]
    assert "convt/bench/layers.json" in names and "convt/_codegen/templates/vendor/setup.py.jinja" in names
    assert "convt/bench/conv_layers.json" in names and "convt/conformance/configs.json" in names
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    python = str(tmp_path / "env" / "bin" / "python")
    installed = subprocess.run([python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", str(wheel)],
                               capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr
    environment = os.environ | {"CONVT_STORE": str(tmp_path / "store")}
    environment.pop("PYTHONPATH", None)
    script, cwd = beside
    done = subprocess.run([python, str(script), str(tmp_path / "env")], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.split()[1:] == ["isl", "enumerate"], done.stderr
    listed = subprocess.run([str(tmp_path / "env" / "bin" / "convt"), "prove", "1d_k2s2"], cwd=cwd, capture_output=True, text=True, check=False)
    assert listed.returncode == 0 and "isl, enumerate" in listed.stdout  # without the extra smt
    drawn = subprocess.run([str(tmp_path / "env" / "bin" / "convt"), "draw", "1d_k2s2", "-o", "a.png"], cwd=tmp_path,
                           capture_output=True, text=True, check=False)
    assert drawn.returncode == 3 and "pip install 'convt[draw]'" in drawn.stderr
