"""Folders of vendored kernels: what is written there again is only what was written there before; and they build alone."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from click.testing import CliRunner
from modules import INPUTS, OUT, Called, loaded

from convt import packages
from convt._codegen import vendor
from convt._codegen.kernel import load
from convt._codegen.pipeline import build
from convt._codegen.problem import Problem
from convt._codegen.render import header
from convt._codegen.store import HEADER
from convt._derive.errors import ArgumentError
from convt.cli import main_group

FILES = {"a.pyx": b"text of a\n", "README.md": b"read me\n"}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_what_was_written_is_written_again_and_noted(tmp_path):
    folder = tmp_path / "new" / "kernels"
    packages.put(folder, FILES)
    packages.put(folder, {"b.pyx": b"b\n"})
    (folder / "notes.txt").write_text("mine")
    packages.put(folder, FILES | {"README.md": b"anew\n"})
    assert contents(folder).items() >= {"a.pyx": b"text of a\n", "b.pyx": b"b\n", "README.md": b"anew\n", "notes.txt": b"mine"}.items()
    done = subprocess.run(["sha256sum", "--strict", "-c", packages.SUMS], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.splitlines() == ["README.md: OK", "a.pyx: OK", "b.pyx: OK"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("fault", ["foreign", "edited", "another's"])
def test_what_somebody_else_wrote_stays(tmp_path, name, fault):
    if fault != "foreign":
        packages.put(tmp_path, FILES)
    (tmp_path / name).write_bytes(FILES["a.pyx" if name != "a.pyx" else "README.md"] if fault == "another's" else b"mine\n")
    before = contents(tmp_path)
    for attempt in (lambda: packages.put(tmp_path, FILES), lambda: packages.demand(tmp_path, FILES)):
        with pytest.raises(ArgumentError, match=rf"-o=.*{name} there is not as convt build left it, and would be lost") as error:
            attempt()
        assert "\n" not in str(error.value) and contents(tmp_path) == before
    (tmp_path / name).unlink()
    packages.put(tmp_path, FILES)
    assert contents(tmp_path).items() >= FILES.items()


def test_an_interrupted_put_can_be_taken_up_again(tmp_path, monkeypatch):
    """By whatever is written next: old and new files alike are noted before the first is replaced."""
    packages.put(tmp_path, FILES)
    real, new = os.replace, {name: content + b"new\n" for name, content in FILES.items()}
    for stop in range(1, 5):
        calls = iter(range(99))

        def interrupted(old, target, calls=calls, stop=stop):
            if next(calls) == stop:
                raise KeyboardInterrupt
            real(old, target)

        monkeypatch.setattr(os, "replace", interrupted)
        if stop < 4:
            with pytest.raises(KeyboardInterrupt):
                packages.put(tmp_path, new)
            monkeypatch.setattr(os, "replace", real)
            packages.put(tmp_path, FILES)
    assert contents(tmp_path).items() >= FILES.items()


def test_only_regular_files_are_read_and_written(tmp_path):
    os.mkfifo(tmp_path / "README.md")
    with pytest.raises(ArgumentError, match="no regular file"):
        packages.put(tmp_path, FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    (tmp_path / "README.md").unlink()
    (tmp_path / packages.SUMS).mkdir()
    with pytest.raises(ArgumentError, match="Is a directory"):
        packages.put(tmp_path, FILES)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArgumentError, match="is no folder"):
        packages.put(tmp_path / "file", FILES)


@pytest.mark.parametrize("text", ["", "\n", "no sums\n", "0" * 64 + "\n", "0" * 64 + "  ../a.pyx\n", "0" * 64 + "  a.pyx\n"])
def test_sums_that_say_nothing_about_a_file_protect_it(tmp_path, text):
    (tmp_path / packages.SUMS).write_text(text)
    (tmp_path / "a.pyx").write_bytes(FILES["a.pyx"])
    with pytest.raises(ArgumentError, match=r"a\.pyx there"):
        packages.put(tmp_path, FILES)


@pytest.mark.parametrize(("folder", "name"), [("kernels", "convt-kernels"), ("My_Kernels 2", "convt-my-kernels-2"), ("numpy", "convt-numpy"), ("", "convt-kernels"),
                                              ("convt", "convt-kernels"), ("convt-decoder", "convt-decoder"), ("核", "convt-kernels"), ("-.-", "convt-kernels"),
                                              ("a\"b\nc", "convt-a-b-c"), ("../x", "convt-x")])
def test_names_of_distributions_are_legal_and_nobody_elses(folder, name):
    from packaging.utils import canonicalize_name

    assert vendor.distribution(folder) == name == canonicalize_name(name)


def test_a_foreign_file_is_seen_before_anything_is_built(tmp_path, monkeypatch):
    monkeypatch.setattr("convt._codegen.pipeline.build", lambda *_, **__: pytest.fail("a kernel is built"))
    for name in ("setup.py", "conv_transpose1d_k3_f32.c"):
        (tmp_path / name).write_text("mine")
        result = CliRunner().invoke(main_group, ["build", "1d_k3", "-o", str(tmp_path)])
        assert isinstance(result.exception, ArgumentError) and f"{name} there" in str(result.exception)
        (tmp_path / name).unlink()


def test_kernels_that_include_another_header_are_seen_before_anything_is_built(tmp_path, monkeypatch):
    """What is added would replace their header; built anew with the others they may."""
    monkeypatch.setattr("convt._codegen.pipeline.build", lambda *_, **__: pytest.fail("a kernel is built"))
    for sha, legal in (("0" * 64, False), (hashlib.sha256(header().encode()).hexdigest(), True), (None, True)):
        certificate = {"kernel": "conv_transpose1d_k2_f32"} | ({"header_sha256": sha} if sha else {})
        packages.put(tmp_path, {"conv_transpose1d_k2_f32.json": json.dumps(certificate).encode()})
        if legal:
            with pytest.raises(pytest.fail.Exception, match="a kernel is built"):
                CliRunner().invoke(main_group, ["build", "1d_k3", "-o", str(tmp_path)], catch_exceptions=False)
            continue
        result = CliRunner().invoke(main_group, ["build", "1d_k3", "-o", str(tmp_path)])
        assert isinstance(result.exception, ArgumentError) and "holds conv_transpose1d_k2_f32 of another version" in str(result.exception)
        with pytest.raises(pytest.fail.Exception, match="a kernel is built"):
            CliRunner().invoke(main_group, ["build", "1d_k3", "1d_k2", "-o", str(tmp_path)], catch_exceptions=False)


def test_several_sources(tmp_path):
    words = ["build", "1d_k2s2", "1d_k3", "1d_k2s2", "--target", "generic", "--dtype", "int64", "--source-only"]
    result = CliRunner().invoke(main_group, words)
    assert isinstance(result.exception, ArgumentError) and "name a folder" in str(result.exception)
    assert CliRunner().invoke(main_group, [*words, "-o", str(tmp_path)]).exit_code == 0
    names = {"conv_transpose1d_k2s2_i64_generic.pyx", "conv_transpose1d_k3_i64_generic.pyx"}
    assert set(contents(tmp_path)) == names | {packages.SUMS, HEADER}
    (tmp_path / min(names)).write_text("mine")
    assert isinstance(CliRunner().invoke(main_group, [*words, "-o", str(tmp_path)]).exception, ArgumentError)


# what is built

PROBLEMS = [Problem.of("1d_k4s2p1"), Problem.of("1d_k3s2", "conv", "complex64"), Problem.of("1d_k4s2p1", weights="bilinear"),
            Problem.of("1d_k3p1", "conv"), Problem.of("1d_k3s2p1", "conv_weight_gradient"),
            Problem.of("1d_k3s2p0:1", "conv_weight_gradient", "complex128", "channels_last", True)]
LINES = [["1d_k4s2p1"], ["1d_k3s2", "1d_k3s2", "--map", "conv", "--dtype", "complex64"], ["1d_k4s2p1", "--weights", "bilinear"],
         ["1d_k3p1", "--map", "conv"], ["1d_k3s2p1", "--map", "conv_weight_gradient"],
         ["1d_k3s2p0:1", "--map", "conv_weight_gradient", "--dtype", "complex128", "--layout", "channels_last", "--conjugate"]]
PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-build-isolation", "-v")
COMPILED = re.compile(r"^\s*\S.* -c (\S+)\.c -o \S+ (.*)$", re.MULTILINE)  # as setuptools prints it


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A package that several commands wrote, one after the other."""
    folder = tmp_path_factory.mktemp("vendored") / "kernels"
    for line in LINES:
        result = CliRunner().invoke(main_group, ["build", *line, "-o", str(folder)], catch_exceptions=False)
        assert result.exit_code == 0 and f"wrote {folder / 'setup.py'}" in result.output and f"pip install {folder}" in result.output
    return folder


def alone(*words, site="", cwd="/", without=("convt", "Cython")):
    """Run Python with default settings where some modules cannot be imported; ``site`` comes first."""
    with TemporaryDirectory() as hidden:
        for name in without:
            Path(hidden, f"{name}.py").write_text(f"raise ImportError('{name} is not here')\n")
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {"PYTHONPATH": f"{hidden}{os.pathsep}{site}"}
        return subprocess.run([sys.executable, *map(str, words)], cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


@pytest.fixture(scope="module")
def installed(written, tmp_path_factory):
    """(package, folder where pip put its modules, what pip said)."""
    package, site = tmp_path_factory.mktemp("installed") / "package", tmp_path_factory.mktemp("site")
    shutil.copytree(written, package)
    done = alone(*PIP, "--target", site, package)
    assert done.returncode == 0, done.stdout[-4000:]
    return package, site, done.stdout


def only(problem, written, folder):
    """The package with one of its kernels, in another folder."""
    others = {one.name for one in PROBLEMS if one != problem}
    return Path(shutil.copytree(written, folder / "package", ignore=lambda _, names: [name for name in names if name.partition(".")[0] in others]))


def same_bits(problem, module):
    """Whether each family of a module gives the bits of the stored kernel, for random numbers."""
    stored, vendored = Called(load(build([problem], alone=True)[0].entry), problem), Called(module, problem)
    batch, features, images, groups = (2, 6, 6, 6) if problem.filter else (70, 19, 18, 1) if problem.map == "conv_weight_gradient" else (2, 19, 18, 1)
    shapes = stored.shapes(batch, features, images, groups)
    rng, ran = np.random.default_rng(3), 0
    arrays = {letter: (rng.standard_normal(shapes[letter]) * 100).astype(problem.dtype) for letter in INPUTS[problem.map]}
    for family in stored.families(batch, features, images, groups):
        for threads in (1, 2):
            mine, theirs = (one(arrays, shapes[OUT[problem.map]], groups, threads, family) for one in (stored, vendored))
            assert mine[1] == theirs[1] and mine[0].tobytes() == theirs[0].tobytes(), (problem, family)
            ran += 1
    return ran > 0


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_package_builds_without_this_tool(written, installed):
    """From the C that came with it, with the flags of its certificates, by default settings; nothing else is installed."""
    package, site, said = installed
    compiled = dict(COMPILED.findall(said))
    assert set(compiled) == {problem.name for problem in PROBLEMS} and "Cythonizing" not in said
    for name, flags in compiled.items():
        assert flags.split() == [flag for flag in json.loads((package / f"{name}.json").read_text())["flags"] if flag != "-shared"]
    assert sorted(path.name.partition(".")[0] for path in site.glob("*.so")) == sorted(compiled) and not list(site.glob("*.py"))
    assert {name: content for name, content in contents(package).items() if name in contents(written)} == contents(written)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_package_tests_itself_and_its_examples_run(installed):
    package, site, _ = installed
    done = alone(package / "test_impulses.py", site=site)
    assert done.returncode == 0 and done.stdout.count("every entry as it should be") == len(PROBLEMS), done.stdout
    examples = re.findall(r"```python\n(.*?)```", (package / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    done = alone("-c", "\n".join(examples), site=site)
    assert len(examples) == len(PROBLEMS) and done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_bits_are_those_of_the_stored_kernel(installed, problem):
    assert same_bits(problem, loaded(problem.name, next(installed[1].glob(f"{problem.name}.*.so"))))


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize(("problem", "fault"), [*((problem, fault) for problem in PROBLEMS for fault in ("shifted", "spread")), (PROBLEMS[-1], "not conjugated")],
                         ids=lambda value: getattr(value, "name", value))
def test_the_impulses_see_what_is_wrong(installed, tmp_path, problem, fault):
    """The code is held to another geometry than its own, as if it were wrong."""
    package = only(problem, installed[0], tmp_path)
    path = package / f"{problem.name}.json"
    certificate = json.loads(path.read_text())
    axis = certificate["problem"]["axes"][0]
    if fault == "shifted":
        axis["padding"] = [axis["padding"][0] + 1, axis["padding"][1] - 1]
    elif fault == "spread":  # the same lengths
        axis["dilation"] += 1
        axis["padding"][1] += axis["kernel"] - 1
    else:
        certificate["problem"]["conjugate"] = False
    path.write_text(json.dumps(certificate))
    done = alone(package / "test_impulses.py", site=installed[1])
    assert done.returncode == 1 and "wrong for the impulse" in done.stdout


HIDE = "import importlib.util as util, runpy, sys; find = util.find_spec; " \
       "util.find_spec = lambda name, *more: None if name == 'Cython' else find(name, *more); " \
       "sys.argv = ['setup.py', '--name']; runpy.run_path('setup.py', run_name='__main__')"


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_cython_takes_what_the_c_is_not_of(written, tmp_path):
    """A source that was changed is not passed over in favour of the C that came with it, which stays as it is."""
    problem = PROBLEMS[1]
    package, site = only(problem, written, tmp_path), tmp_path / "site"
    source, made = package / f"{problem.name}.pyx", package / f"{problem.name}.c"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("def forget():", "def forgotten(): return 'changed'\n\n\ndef forget():"), encoding="utf-8")
    done = alone("-c", HIDE, cwd=package)
    assert done.returncode == 1 and f"{source.name} was changed: that needs Cython" in done.stdout
    with pytest.raises(ArgumentError, match=rf"{source.name} there"):
        packages.demand(package, vendor.names([problem.name]))
    done = alone(*PIP, "--target", site, package, without=("convt",))
    assert done.returncode == 0 and "Cythonizing" in done.stdout and made.read_bytes() == (written / made.name).read_bytes(), done.stdout
    module = loaded(problem.name, next(site.glob("*.so")))
    assert module.forgotten() == "changed" and same_bits(problem, module)
    source.write_text(text, encoding="utf-8")
    assert alone("-c", HIDE, cwd=package).returncode == 0
    made.unlink()
    done = alone("-c", HIDE, cwd=package)
    assert done.returncode == 1 and f"there is no {made.name}: that needs Cython" in done.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("words", ["clang", "cc -std=c89 -Wall -Wextra -Werror"])
def test_another_compiler_builds_a_package(written, tmp_path, words):
    """What it does not take of the flags is named and left out."""
    if shutil.which(words.split()[0]) is None:
        pytest.skip(f"{words} is not installed here")
    package = only(PROBLEMS[1], written, tmp_path)
    done = subprocess.run([sys.executable, "setup.py", "build_ext", "--inplace"], cwd=package, env=os.environ | {"CC": words}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ("does not take -fexpensive-optimizations" in done.stdout) == (words == "clang")
    done = subprocess.run([sys.executable, "test_impulses.py"], cwd=package, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.full
@pytest.mark.usefixtures("compiler")
def test_bench_compares_stored_and_vendored_kernels():
    result = CliRunner().invoke(main_group, ["bench", "--vendored", "--only", "DCGAN 64-3", "--threads", "1", "--rounds", "3", "--format", "json"],
                                catch_exceptions=False)
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert len(row["stored"]) == len(row["vendored"]) == 3 and row["ratio"][1] <= row["ratio"][0] <= row["ratio"][2]
    for words in (["--growth"], ["--format", "markdown"], ["--write", "."]):
        assert isinstance(CliRunner().invoke(main_group, ["bench", "--vendored", *words]).exception, ArgumentError)


def test_files_of_a_package_are_those_that_are_foreseen(tmp_path):
    """Seen before the build is what is written after it."""
    assert set(vendor.FIXED) == {path.name.removesuffix(".jinja") for path in Path(vendor.__file__).parent.glob("templates/vendor/*")}
