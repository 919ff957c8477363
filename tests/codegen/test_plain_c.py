"""Kernels as plain C: the bits of the Python module, by several compilers, in a program of C that was never told about Python."""

import re
import shutil
import subprocess
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from click.testing import CliRunner
from plain_c_program import PROBLEMS, program, records

from convt._codegen import plain_c
from convt._codegen.cases import Case
from convt._codegen.errors import BuildError, CheckFailed
from convt._codegen.kernel import load
from convt._codegen.pieces import static
from convt._codegen.pipeline import build
from convt._codegen.plain_c import check, library
from convt._codegen.planning import plans_of
from convt._codegen.problem import Problem
from convt._codegen.toolchain import toolchain
from convt._derive import ArgumentError
from convt._derive.lengths import image_lengths
from convt.cli.build import command

STRICT = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-march=native")
ROOT = Path(__file__).parents[2]
SMALL = PROBLEMS[5]  # conv1d_k3p1_f64


def run(*words, folder):
    """The output of a program there."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def kernels():
    return build(PROBLEMS)


@pytest.fixture(scope="module")
def folder(kernels, tmp_path_factory):
    """All sources, the recorded calls, and the program."""
    made, rng = tmp_path_factory.mktemp("plain-c"), np.random.default_rng(1)
    for kernel in kernels:
        for name, text in plain_c.unchecked(kernel.problem, toolchain()).items():
            (made / name).write_text(text)
        (made / f"{kernel.name}.bin").write_bytes(records(kernel, rng))
    (made / "main.c").write_text(program(PROBLEMS))
    return made


@pytest.fixture(scope="module")
def small(folder, kernels):
    """(a kernel, its plain C as a library)."""
    run(*toolchain().command, *STRICT, "-O2", "-shared", "-fPIC", f"{SMALL.name}.c", "-o", "small.so", folder=folder)
    return kernels[PROBLEMS.index(SMALL)], library.Library(str(folder / "small.so"), SMALL.name, SMALL.map, SMALL.spec.dims)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("words", [
    ("gcc", "-O2", "-fopenmp", "-DWORTH_THREADS=0"),
    pytest.param(("gcc", "-O3"), marks=pytest.mark.full), pytest.param(("clang", "-O2", "-fopenmp", "-DWORTH_THREADS=0"), marks=pytest.mark.full),
    pytest.param(("gcc", "-O2", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"), marks=pytest.mark.full),
    pytest.param(("clang", "-O2", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"), marks=pytest.mark.full)], ids=" ".join)
def test_a_program_in_c_has_the_bits_of_the_module(words, folder):
    """Every family of every map and type, packed and not, with bias, groups, batch, NaN and two threads; without memory it is refused."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"needs {words[0]}")
    try:
        run(*words, *STRICT, "main.c", *(f"{problem.name}.c" for problem in PROBLEMS), "-o", "main", folder=folder)
    except AssertionError as error:
        if "sanitize" in " ".join(words) and "cannot find" in str(error):
            pytest.skip("the compiler has no sanitizers here")
        raise
    said = run("./main", folder=folder)
    counted = dict(re.findall(r"(\w+): (\d+) calls, 0 wrong", said))
    assert set(counted) == {problem.name for problem in PROBLEMS} and all(int(count) >= 15 for count in counted.values()), said


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_each_compiler_takes_the_sources_without_a_warning(folder):
    for compiler in ("gcc", "clang"):
        if shutil.which(compiler):
            for openmp in ((), ("-fopenmp",)):
                run(compiler, *STRICT, *openmp, "-fsyntax-only", *(f"{problem.name}.c" for problem in PROBLEMS), folder=folder)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_headers_are_for_cpp_too(folder):
    lines = [f'#include "{problem.name}.h"' for problem in PROBLEMS]
    (folder / "main.cpp").write_text("\n".join([*lines, "#include <cstdio>", "int main()", "{", f"    {SMALL.name}_sizes sizes = {{}};",
                                                f"    std::puts({SMALL.name}_text({SMALL.name}_check(&sizes)));", "}", ""]))
    run("gcc", *STRICT, "-c", f"{SMALL.name}.c", "-o", "small.o", folder=folder)
    for compiler in ("g++", "clang++"):
        if shutil.which(compiler):
            run(compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic", "main.cpp", "small.o", "-o", "cpp", folder=folder)
            assert run("./cpp", folder=folder) == "features must be from 1 to 2^47\n"


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_family_chosen_is_that_of_the_module(small, folder, kernels):
    """Also where the estimates are close: the C text of an estimate means what the Cython text means."""
    draw = Random(3)
    for kernel, plain in [small]:
        module = load(kernel.entry)
        for _ in range(400):
            groups = draw.choice([1, 1, 1, 2, 7])
            sizes = [draw.choice([1, 2, 9]), groups * draw.randint(1, 70), groups * draw.randint(1, 70), groups]
            n = [draw.randint(1, 400)]
            result, m, n = plain.lengths((*sizes, (0,), n))
            assert result == "DONE" and m == n  # k3 p1
            costs = module.costs(kernel.name, 1, *sizes[1:], m, n)
            result, family = plain.choose((*sizes, m, n))
            assert result == "DONE" and list(costs)[family] == min(costs, key=costs.get), (sizes, n)


HUGE = 2**62
WRONG = {  # of (batch, features, images, groups, m, n)
    "BAD_BATCH": [(0, 4, 4, 1, (5,), (5,)), (2**48, 4, 4, 1, (5,), (5,))], "BAD_FEATURES": [(1, 0, 4, 1, (5,), (5,)), (1, -4, 4, 1, (5,), (5,)), (1, HUGE, 4, 1, (5,), (5,))],
    "BAD_IMAGES": [(1, 4, 0, 1, (5,), (5,)), (1, 4, HUGE, 1, (5,), (5,))], "BAD_GROUPS": [(1, 4, 4, 0, (5,), (5,)), (1, 4, 4, 3, (5,), (5,)), (1, 4, 4, -2, (5,), (5,))],
    "BAD_FEATURE_LENGTH": [(1, 4, 4, 1, (0,), (5,)), (1, 4, 4, 1, (HUGE,), (5,))], "BAD_IMAGE_LENGTH": [(1, 4, 4, 1, (5,), (0,)), (1, 4, 4, 1, (5,), (HUGE,))],
    "NO_PAIR": [(1, 4, 4, 1, (5,), (4,))], "TOO_LARGE": [(2**40, 2**20, 4, 1, (5,), (5,)), (1, 2**46, 2**46, 1, (5,), (5,)), (1, 2**20, 4, 1, (2**46,), (2**46,)), (2**20, 64, 64, 1, (2**40,), (2**40,))],
}


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_what_does_not_fit_is_a_result(small):
    _, plain = small
    x, w, bias, u = np.ones(20), np.ones((4, 4, 3)), np.ones(4), np.full(20, 7.0)
    good, none = (1, 4, 4, 1, (5,), (5,)), library.Memory(0)
    arrays = {"x": x, "w": w, "bias": bias, "u": u}
    for wanted, rows in WRONG.items():
        for sizes in rows:
            answers = {plain.check(sizes), plain.choose(sizes)[0], plain.scratch_size(sizes, 0, 1)[0], plain.run(sizes, -1, arrays, 1, none)}
            assert answers == {wanted}, sizes
    assert plain.check(good) == "DONE" and plain.check((1, 4, 4, 1, (4,), (5,))) == "DONE"  # fewer features than there could be
    assert plain.lengths((1, 4, 4, 1, (0,), (HUGE,)))[0] == "BAD_FEATURE_LENGTH"
    result, size = plain.scratch_size(good, 0, 1)
    memory = library.Memory(size)
    assert result == "DONE" and size > 0
    for family in (-2, -7, 99):
        assert plain.run(good, family, arrays, 1, memory) == plain.scratch_size(good, family, 1)[0] == plain.pack_size(good, family)[0] == "BAD_FAMILY"
    assert plain.pack_size(good, -1)[0] == "BAD_FAMILY"
    for threads in (0, -1, 1025):
        assert plain.run(good, 0, arrays, threads, memory) == plain.scratch_size(good, 0, threads)[0] == "BAD_THREADS"
    for letter in "xwu":
        assert plain.run(good, 0, arrays | {letter: None}, 1, memory) == "BAD_ARRAY"
    odd = np.frombuffer(bytearray(20 * 8 + 1), np.uint8)[1:].view(np.float64)
    assert plain.run(good, 0, arrays | {"x": odd}, 1, memory) == "BAD_ARRAY"
    for letter in ("x", "w", "bias"):
        assert plain.run(good, 0, arrays | {letter: u}, 1, memory) == "OVERLAP"
    over = library.Memory(size)
    over.guarded.array = u.view(np.float32)
    assert plain.run(good, 0, arrays, 1, over) == "OVERLAP"
    assert plain.run(good, 0, arrays, 1, library.Memory(size // 2)) == "NO_MEMORY"
    assert plain.run(good, -1, arrays | {"packed": np.ones(4096)}, 1, memory) == "BAD_FAMILY"
    assert (u == 7).all()  # nothing was written
    assert plain.run(good, 0, arrays, 1, memory) == "DONE" and (u[:4] != 7).all()


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_packed_weights_may_be_all_there_is(small):
    """Finite numbers need nothing else; others are a result where the family leaves them to the weights."""
    kernel, plain = small
    rng, sizes = np.random.default_rng(5), (2, 20, 24, 1, (40,), (40,))
    x, w = rng.standard_normal((2, 24, 40)), rng.standard_normal((20, 24, 3))
    names = list(load(kernel.entry).costs(kernel.name, 1, 20, 24, 1, (40,), (40,)))
    for family in ("direct", "fast"):
        number = names.index(family)
        _, packed_bytes, packing = plain.pack_size(sizes, number)
        packed, u = np.empty(packed_bytes // 8), np.empty((2, 20, 40))
        assert plain.pack(sizes, number, w, packed, library.Memory(packing)) == "DONE"
        result, size = plain.scratch_size(sizes, number, 1, library.PACKED)
        assert result == "DONE" and size < plain.scratch_size(sizes, number, 1, library.WEIGHTS)[1]
        assert plain.run(sizes, number, {"x": x, "packed": packed, "u": u}, 1, library.Memory(size)) == "DONE"
        assert np.array_equal(u, kernel(x, w, algorithm=family))
        strange = x.copy()
        strange[1, 3, 7] = np.inf
        result = plain.run(sizes, number, {"x": strange, "packed": packed, "u": u}, 1, library.Memory(size))
        assert result == ("NOT_FINITE" if family == "fast" else "DONE")
    assert plain.pack(sizes, names.index("fast"), w * np.nan, packed, library.Memory(packing)) == "NOT_FINITE"


@pytest.mark.full
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize(("right", "wrong", "said"), [
    ("own.most + LINE - 1;", "own.most / 2;", "NO_MEMORY"),  # less scratch memory than is taken
    ("each * thread", "each * (thread + 2)", "SIGSEGV"),  # threads have memory that is not there
    ("image.batch = 1;", "image.batch = 2;", "SIGSEGV|other bits|wrote|NO_MEMORY"),  # another image is repaired too
    ("u_row[t * u_step] += ", "u_row[t * u_step] -= ", "other bits"),
    ("/* The call, with all arrays in it. */", "static int nobody_asked = 1;", "unused"),  # a warning
    ("/* The call, with all arrays in it. */", "", None),
])
def test_plain_c_that_is_wrong_is_not_published(right, wrong, said, kernels):
    kernel, tools = kernels[PROBLEMS.index(SMALL)], toolchain()
    plan, = plans_of([kernel.problem], tools)
    sources = plain_c.unchecked(kernel.problem, tools)
    name = f"{kernel.name}.c"
    assert right in sources[name]
    changed = sources | {name: sources[name].replace(right, wrong)}
    if said is None:
        assert check.hold(kernel, plan, changed, tools) > 50
        return
    with pytest.raises((CheckFailed, BuildError), match=said):
        check.hold(kernel, plan, changed, tools)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_program_of_the_documentation_runs(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "c.md").read_text(encoding="utf-8")
    (shell,), (text,), (printed,) = (re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("sh", "c", "text"))
    build_line, compile_line, run_line = shell.strip().split("\n")
    (tmp_path / "main.c").write_text(text)
    monkeypatch.chdir(tmp_path)
    words = build_line.removeprefix("convt build ").split()
    done = CliRunner().invoke(command, words, catch_exceptions=False)
    assert done.exit_code == 0 and sorted(path.name for path in (tmp_path / "csrc").iterdir()) == [
        "SHA256SUMS", "conv_transpose2d_k4s2p1_f32.c", "conv_transpose2d_k4s2p1_f32.h"]
    header = (tmp_path / "csrc" / "conv_transpose2d_k4s2p1_f32.h").read_text()
    assert re.search(r" \* checked   \d{2,} exact checks .*\n \*           \d{2,} calls of this file, compiled by .*: the bits of that module\n", header)
    run(*compile_line.split(), "-std=c11", "-Wall", "-Wextra", "-Werror", folder=tmp_path)
    assert run(run_line, folder=tmp_path) == printed


def test_sources_alone_say_that_nothing_was_checked(tmp_path):
    folder = tmp_path / "csrc"
    done = CliRunner().invoke(command, ["1d_k3s2p1", "2d_k2s2", "--c", "--source-only", "--target", "x86-64-v3", "--dtype", "int64", "-o", str(folder)])
    assert done.exit_code == 0, done.output
    names = ["conv_transpose1d_k3s2p1_i64_x86_64_v3", "conv_transpose2d_k2s2_i64_x86_64_v3"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(["SHA256SUMS", *(name + end for name in names for end in (".c", ".h"))])
    for name in names:
        header = (folder / f"{name}.h").read_text()
        assert " * checked   not at all" in header and "static" not in header and "Python" not in header
        assert " * made by   convt build " in header and header.split("\n")[0].startswith(f"/* {name}: transposed convolution, int64")


def test_options_that_make_no_sense_are_refused(tmp_path):
    for words, rule in [(["--c"], "--c.*name a folder"), (["--c", "--source-only"], "--c.*name a folder")]:
        with pytest.raises(ArgumentError, match=rule):
            CliRunner().invoke(command, ["1d_k2s2", *words], catch_exceptions=False, standalone_mode=False)
    for other, words, rule in [(".pyx", ["--c"], "holds a package for Python"), (".h", [], "holds plain C")]:
        folder = tmp_path / f"with{other}"
        folder.mkdir()
        (folder / f"conv_transpose1d_k2s2_f32{other}").write_text("")
        with pytest.raises(ArgumentError, match=rule):
            CliRunner().invoke(command, ["1d_k2s2", *words, "-o", str(folder)], catch_exceptions=False, standalone_mode=False)


def test_no_family_is_handed_out_without_a_comparison():
    """Where every case takes long, the smallest is compared."""
    large, larger = (Case(1, channels, channels, 1, (99,), (99,)) for channels in (4000, 5000))
    few = replace(large, features=3, images=2)
    assert large.macs(SMALL.spec) > check.MOST_MACS
    assert check.compared([asdict(larger), asdict(large)], SMALL.spec) == [large]
    assert check.compared([asdict(larger), asdict(few), asdict(replace(few, thin=True))], SMALL.spec) == [few]


def test_the_runtime_has_no_holes():
    """It is C as it stands, and stands in Cython's strings as it is."""
    folder = ROOT / "codegen" / "runtime"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["call.h", "caller.h", "entry.h", "items.h", "kernel.h", "plain.h", "pool.h"]
    for name in names:
        text = static(name)
        assert text == (folder / name).read_text() and not re.search(r'\{\{\s*\w+\s*\}\}|\{%|\\|"""', text), name


def test_names_of_a_kernel_are_its_own():
    """So that several link into one program: every function and constant of a header begins with the kernel's name."""
    for problem in (Problem.of("2d_k4s2p1", target="x86-64-v3"), replace(SMALL, target="x86-64-v3")):
        sources = plain_c.unchecked(problem, None)
        header = re.sub(r"(?s)/\*.*?\*/", "", sources[f"{problem.name}.h"])
        for name in re.findall(r"(?m)^\s*(\w+) = ?-?\d|(\w+)\(", header):
            assert "".join(name).startswith(problem.name), name
        body = sources[f"{problem.name}.c"]
        for kind, name in re.findall(r"(?m)^(?!static|typedef|SHARED|return|else)(\w[\w *]*[ *])(\w+)\([^;]*$", body):
            assert name.startswith(problem.name), (kind, name)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize(("name", "map_name"), [("3d_k3p1", "conv"), ("3d_k4s2p1", "conv_transpose")])
def test_runs_share_one_copy_unless_it_is_large(name, map_name, tmp_path):
    """Neighbouring runs, planes apart, read nearly the same; a copy above 512 MB is left to each run's own window."""
    problem, tools, channels = Problem.of(name, map_name), toolchain(), 32
    for file, text in plain_c.unchecked(problem, tools).items():
        (tmp_path / file).write_text(text)
    run(*tools.command, *STRICT, "-O1", "-shared", "-fPIC", f"{problem.name}.c", "-o", "made.so", folder=tmp_path)
    made = library.Library(str(tmp_path / "made.so"), problem.name, map_name, 3)
    families = [family.name for family in plans_of([problem], tools)[0].families]
    for family in ("direct", "fast"):
        for length, shares in ((100, True), (150, False)):
            sizes = (1, channels, channels, 1, (length,) * 3, image_lengths(problem.spec, (length,) * 3))
            said, size = made.scratch_size(sizes, families.index(family), 2)
            assert said == "DONE" and (size > 4 * channels * length**3) == shares, (family, length, size)
