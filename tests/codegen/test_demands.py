"""What would make generated C wrong or slow stops its compiler, or is warned of, in one sentence that names the cure."""

import re
import shutil
import subprocess
import sysconfig
from functools import cache

import pytest
from modules import whole

from convt._codegen import probes, toolchain
from convt._codegen.build import C_BLOCK
from convt._codegen.pipeline import generate
from convt._codegen.problem import Problem
from convt._codegen.render import header, mark
from convt._codegen.store import HEADER
from convt._codegen.target import TARGETS
from convt._codegen.vendor import translated

NAMED = [target for target in TARGETS.values() if target.name != "host"]
USUAL = ("-O2", "-std=gnu11", "-fopenmp")


@pytest.fixture(params=["gcc", "clang"])
def compiler(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed here")
    return request.param


@cache
def text(target):
    """All C of a module, as it stands in its source."""
    return "#include <Python.h>\n" + "".join(C_BLOCK.findall(whole(generate([Problem.of("1d_k2s2", dtype="int64", target=target)])[1])))


def preprocessed(compiler, source, *flags):
    """(whether it went through, what was said)."""
    done = subprocess.run([compiler, *flags, f"-I{sysconfig.get_paths()['include']}", "-E", "-x", "c", "-", "-o", "/dev/null"], input=source, capture_output=True,
                          text=True, check=False)
    return done.returncode == 0, done.stderr


@pytest.mark.parametrize("target", NAMED, ids=lambda target: target.name)
def test_source_names_the_flags_that_it_needs(compiler, target):
    """It does not go through with the default flags of a build, and with those that it names it does."""
    source = generate([Problem.of("1d_k2s2", dtype="int64", target=target.name)])[1]
    (line,) = [line for line in source.split("\n") if line.startswith("# compile   with ")]
    flags = line.removeprefix("# compile   with ").split()
    assert flags[-len(target.flags + target.tune):] == [*target.flags, *target.tune] or not target.flags
    through, said = preprocessed(compiler, text(target.name), *flags)
    assert through and "compiled without" not in said, said
    through, said = preprocessed(compiler, text(target.name), "-O3", "-Wall", "-fPIC", "-fopenmp")
    assert through == (not target.macros), said
    assert through or (f"compile it with {' '.join(flags)}" in said and all(macro.strip("_") in said for macro in target.macros)), said


@pytest.mark.parametrize("target", [target for target in NAMED if target.macros], ids=lambda target: target.name)
def test_each_instruction_set_is_demanded(compiler, target):
    for macro in target.macros:
        assert not preprocessed(compiler, text(target.name), *USUAL, *target.flags, f"-U{macro}")[0], macro


@pytest.mark.parametrize(("flags", "stops", "words"), [
    (("-x", "c++", "-std=gnu++17"), True, "not with g\\+\\+ or clang\\+\\+"), (("-ffast-math",), True, "leave out -ffast-math"), (("-Ofast",), True, "leave out -ffast-math"),
    (("-ffinite-math-only",), True, "leave out -ffast-math"), (("-U__GNUC__", "-U__clang__"), True, "compile it with gcc or clang"),
    (("-O0",), False, "add -O2"), (("-fno-openmp",), False, "calls run on one thread"), (("-O1",), False, ""), (("-Os",), False, "")])
def test_what_makes_it_wrong_or_slow_is_said(compiler, flags, stops, words):
    done = subprocess.run([compiler, *USUAL[:1], "-fopenmp", *flags, f"-I{sysconfig.get_paths()['include']}", "-E", *(() if "-x" in flags else ("-x", "c")), "-", "-o", "/dev/null"],
                          input=text("generic"), capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.split("\n") if "#error" in line or "warning:" in line]
    assert (done.returncode != 0) == stops, done.stderr
    assert any(re.search(words, line) for line in ours) if words else not ours, done.stderr


def test_a_header_of_another_version_is_refused(compiler, tmp_path):
    """In a folder to which kernels were added by another version of this tool."""
    blocks = "#include <Python.h>\n" + "".join(C_BLOCK.findall(generate([Problem.of("1d_k2s2", dtype="int64", target="generic")])[1]))
    for folder, text in (("own", header()), ("other", header().replace(mark(), "CONVT_RUNTIME_0"))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / HEADER).write_text(text)
        through, said = preprocessed(compiler, blocks, *USUAL, f"-I{tmp_path / folder}")
        assert through == (folder == "own") and through != (f"the {HEADER} here is of another version" in said), said


def test_gcc_is_warned_of_an_iso_dialect():
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed here")
    assert "use -std=gnu11" in preprocessed("gcc", text("generic"), "-O2", "-fopenmp", "-std=c11")[1]
    assert "use -std=gnu11" not in preprocessed("gcc", text("generic"), "-O2", "-fopenmp", "-std=gnu17")[1]


@pytest.mark.parametrize("there", [(), ("__AVX2__", "__FMA__"), TARGETS["x86-64-v4"].macros, ("__AVX2__", "__FMA__", "__AVX512F__")])
def test_source_for_the_host_demands_what_the_host_has(there):
    """Also where its tiles have another shape than the host's."""
    tools = toolchain.Toolchain(("cc",), "cc 1", "x86_64", frozenset({*there, "__SSE2__", "__AVX__"}), True, True, "3")
    source = generate([Problem.of("1d_k2s2", dtype="int64")], tools)[1]
    conditions = [line for line in source.split("\n") if "#if !(defined(__AVX" in line]
    assert [set(line.replace("(", " ").replace(")", " ").split()) - {"#if", "!", "defined", "&&"} for line in conditions] == ([set(there)] if there else [])
    assert ("--target" in source.partition("SPDX")[2]) == bool(there)


@pytest.mark.slow
def test_plain_builds_of_the_shipped_c_stop(compiler, tmp_path):
    """As setuptools compiles what it knows no flags for: the sentence, and no object file."""
    problem = Problem.of("1d_k2s2", dtype="int64", target="x86-64-v3")
    (tmp_path / "kernel.c").write_text(translated(problem.name, whole(generate([problem])[1])))
    words = [compiler, "-O3", "-Wall", "-fPIC", f"-I{sysconfig.get_paths()['include']}", "-c", "kernel.c"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode and not (tmp_path / "kernel.o").exists()
    assert "-march=x86-64-v3 -mtune=skylake" in next(line for line in done.stderr.split("\n") if "error" in line)
    done = subprocess.run([*words, *problem.processor.compile_with(problem.processor.tune).split(), "-w"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and (tmp_path / "kernel.o").exists(), done.stderr


def test_macros_are_those_that_the_flags_define(compiler):
    """Of AVX-512 all but conflict detection, which no kernel uses."""
    defined = {target.name: set(probes.macros([compiler, *target.flags])) for target in NAMED}
    new = {name for name in defined["x86-64-v4"] - defined["x86-64-v3"] if name.startswith("__AVX")}
    assert new - {"__AVX512CD__"} == set(TARGETS["x86-64-v4"].macros) - set(TARGETS["x86-64-v3"].macros)
    assert set(TARGETS["x86-64-v3"].macros) <= defined["x86-64-v3"] - defined["x86-64"]
