"""Compilers are asked what they take, identified by what really runs, and kept to IEEE arithmetic."""

import os
import re
import shutil
import subprocess
from collections import Counter

import numpy as np
import pytest

import convt
from convt._codegen import plain_c, probes, toolchain
from convt._codegen.errors import BuildError, CompilerMissing
from convt._codegen.pipeline import build, key_of
from convt._codegen.problem import Problem
from convt._derive.errors import ArgumentError

PROBLEM = Problem.of("1d_k2s2", dtype="int64")
LOOSE = ("-ffast-math", "-Ofast", "-funsafe-math-optimizations", "-ffinite-math-only", "-freciprocal-math",
         "-fassociative-math -fno-signed-zeros -fno-trapping-math",  # clang drops the first without the others
         "-fno-signed-zeros", "-ffp-model=fast", "-fcx-limited-range", "-fsingle-precision-constant", "-mfpmath=387", "-mrecip")
WORDS = ("-fassociative-math", "-fp-model fast", "-fp-model=fast=2", "-mno-ieee-fp", "-fno-honor-nans", "-ftz", "-fapprox-func", "-fdenormal-fp-math=positive-zero",
         "-mdaz-ftz", "-ffp-model=aggressive", "-fcx-fortran-rules", "-fimf-precision=low", "-Xclang -menable-no-nans")
HARMLESS = ("-O3", "-g", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off", "-fp-model precise", "-ffp-model=strict", "-DX=-ffast-math",
            "-mno-avx", "-fdenormal-fp-math=ieee", "-fno-fast-math", "-fsigned-zeros")


@pytest.fixture(params=["gcc", "clang"])
def name(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed here")
    return request.param


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Make a program that becomes ``$CC``."""

    def make(text, words="{}"):
        path = tmp_path / "my cc"
        path.write_text("#!/bin/sh\n" + text + "\n")
        path.chmod(0o755)
        monkeypatch.setenv("CC", words.format(f"'{path}'"))
        return path

    return make


@pytest.mark.parametrize("flags", WORDS)
def test_words_that_loosen_arithmetic_are_refused(flags):
    with pytest.raises(ArgumentError, match="breaks IEEE arithmetic"):
        probes.demand_ieee(["cc", *flags.split()], {}, [])
    with pytest.raises(ArgumentError, match="breaks IEEE arithmetic"):
        probes.demand_ieee(["wrapper"], {}, [["/usr/bin/cc1", *flags.split()]])


@pytest.mark.parametrize("flags", HARMLESS)
def test_words_that_do_not_are_taken(flags):
    probes.demand_ieee(["cc", *flags.split()], {"__FINITE_MATH_ONLY__": "0", "__FLT_EVAL_METHOD__": "0"}, [])


@pytest.mark.parametrize("defined", [{"__FAST_MATH__": "1"}, {"__FINITE_MATH_ONLY__": "1"}, {"__FLT_EVAL_METHOD__": "2"}, {"__NO_SIGNED_ZEROS__": "1"}])
def test_what_a_compiler_says_about_its_arithmetic_counts(defined):
    with pytest.raises(ArgumentError, match="breaks IEEE arithmetic"):
        probes.demand_ieee(["some-compiler"], defined, [])


@pytest.mark.slow
@pytest.mark.parametrize("flag", LOOSE)
def test_loose_flags_are_seen_behind_a_wrapper(name, flag, script):
    """By what the compiler answers: its words are not ours to read there."""
    if probes.takes([name], flag.split()):
        pytest.skip(f"{name} does not take {flag}")
    command = [str(script(f'exec {name} "$@" {flag}'))]
    with pytest.raises(ArgumentError, match="breaks IEEE arithmetic"):
        probes.demand_ieee(command, probes.macros(command), probes.expansion(command))


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_what_a_wrapper_adds_is_in_the_key(script, tmp_path, monkeypatch):
    keys = {}
    for words in ("cc", "cc -DX=1", "env cc"):
        monkeypatch.setenv("CC", words)
        keys[words] = key_of(PROBLEM, toolchain.toolchain(tmp_path))
    for text in ('exec cc "$@"', 'exec cc "$@" -DX=1', 'exec cc "$@" -DX=2'):
        script(text)
        keys[text] = key_of(PROBLEM, toolchain.toolchain(tmp_path))
    assert len(set(keys.values())) == len(keys)
    monkeypatch.setenv("CC", "cc -ffast-math")
    with pytest.raises(ArgumentError, match="CC='cc -ffast-math': -ffast-math breaks IEEE arithmetic"):
        toolchain.toolchain(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("words", ["{0}", "env A=1 {0}", "{0} cc"])
def test_what_is_identified_is_the_compiler_that_runs(script, tmp_path, monkeypatch, words):
    """Behind a script, env, or a launcher like ccache; and it is asked anew when that one changes."""
    inner = tmp_path / "inner"
    inner.write_text('#!/bin/sh\nexec cc "$@"\n')
    inner.chmod(0o755)
    script('exec "$@"' if words.endswith("cc") else f'exec "{inner}" "$@"', words if not words.endswith("cc") else "{} " + f"'{inner}'")
    found = toolchain.toolchain(tmp_path)
    assert found.version.startswith(("cc", "gcc", "Debian clang", "clang")) and [path for path, *_ in found.programs if os.path.basename(path) in ("cc1", "clang")]
    asked = []
    monkeypatch.setattr(toolchain, "_ask", lambda *_: asked.append(1) or found)
    beside = []
    assert toolchain.toolchain(tmp_path, lambda: beside.append(1)) == found and not asked and not beside
    real = probes.signature
    changed = next(path for path, *_ in found.programs if os.path.basename(path) in ("cc1", "clang") or "clang" in path)
    monkeypatch.setattr(probes, "signature", lambda path: (1, 1) if path == changed else real(path))
    toolchain.toolchain(tmp_path, lambda: beside.append(1) or 1 / 0)  # what fails there will fail where it is needed
    assert asked and beside


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_environment_does_not_reach_the_compiler(script, tmp_path, monkeypatch):
    script(f'env >> "{tmp_path}/seen"; exec cc "$@"')
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "omp.h").write_text("#error this is not OpenMP\n")
    for name in ("CFLAGS", "CPPFLAGS", "LDFLAGS", "CCC_OVERRIDE_OPTIONS", "NIX_CFLAGS_COMPILE", "DEPENDENCIES_OUTPUT"):
        monkeypatch.setenv(name, "-ffast-math")
    for name in ("CPATH", "C_INCLUDE_PATH", "GCC_EXEC_PREFIX", "COMPILER_PATH", "LIBRARY_PATH"):
        monkeypatch.setenv(name, str(tmp_path / "include"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert toolchain.toolchain(tmp_path).openmp
    seen = {line.partition("=")[0] for line in (tmp_path / "seen").read_text().split("\n") if line}
    assert seen <= {*probes.PASSED_ON, "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"} and "PATH" in seen


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("fault", ["echo 'fatal error: error writing to /tmp/x.s: No space left on device' >&2; exit 1", "kill -9 $$", "kill -SEGV $$"])
def test_a_fault_that_passes_is_not_remembered(script, tmp_path, fault):
    script(f'case "$*" in *fopenmp*) if [ ! -e "{tmp_path}/once" ]; then touch "{tmp_path}/once"; {fault}; fi;; esac; exec cc "$@"')
    with pytest.raises(BuildError, match=r"could not be asked about.*(No space left|signal)") as error:
        toolchain.toolchain(tmp_path)
    assert "\n" not in str(error.value) and not list(tmp_path.glob("toolchain-*"))
    assert toolchain.toolchain(tmp_path).openmp


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("which", ["OPTIMIZATION", "OPTIONAL", "MACHINES"])
def test_another_version_of_this_tool_asks_its_own_questions(which, tmp_path, monkeypatch):
    """What one remembers is no answer to another that knows a further flag."""
    toolchain.toolchain(tmp_path)
    monkeypatch.setattr(toolchain, which, (*getattr(toolchain, which), "-fno-plt"))
    found = toolchain.toolchain(tmp_path)
    assert "-fno-plt" in (*found.chosen, *found.machines) and found == toolchain.toolchain(tmp_path)


@pytest.mark.parametrize(("asked", "kind", "words"), [
    ("cc '", ArgumentError, "no closing quotation"), ("cc ''", ArgumentError, "has an empty word"), ("''", ArgumentError, "has an empty word"),
    ("/", CompilerMissing, "is a folder"), ("/etc/passwd", CompilerMissing, "no such program"),
    ("/bin/true", CompilerMissing, "does not answer as a C compiler.*ended with 0 and said nothing"),
    ("/bin/false", CompilerMissing, "does not answer as a C compiler.*ended with 1 and said nothing"),
    ("/bin/echo", CompilerMissing, "does not answer as a C compiler")])
def test_what_is_no_compiler_is_one_line(asked, kind, words, monkeypatch, tmp_path):
    monkeypatch.setenv("CC", asked)
    with pytest.raises(kind, match=words) as error:
        toolchain.toolchain(tmp_path)
    assert "\n" not in str(error.value) and "CC=" in str(error.value) and not list(tmp_path.iterdir())


STRICT = {  # $CC -> whether it is gcc or clang
    "gcc": ("-Wall -Wextra -Wpedantic -pedantic-errors -Werror", "-std=c89 -Werror=declaration-after-statement", "-ansi -Wmissing-prototypes -Werror"),
    "clang": ("-Weverything -Werror", "-std=c89 -pedantic-errors -Werror"),
}


@pytest.mark.slow
def test_warnings_and_dialects_of_the_user_do_not_matter(name, tmp_path, monkeypatch):
    """Flags are found out as without them, and kernels get the same flags."""
    found = {}
    for words in (name, *(f"{name} {words}" for words in STRICT[name])):
        monkeypatch.setenv("CC", words)
        found[words] = toolchain.toolchain(tmp_path)
    assert len({(tools.chosen, tools.machines, tools.openmp, tools.native) for tools in found.values()}) == 1
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    assert build([PROBLEM])[0].certificate["compiler_command"][1:] == list(found)[-1].split()[1:]


@pytest.mark.slow
@pytest.mark.parametrize(("words", "instead"), [("g++", "gcc"), ("clang++ -O2", "clang -O2"), ("gcc -x c++", None)])
def test_a_compiler_of_another_language_is_one_line(words, instead, tmp_path, monkeypatch):
    if shutil.which(words.split()[0]) is None:
        pytest.skip(f"{words} is not installed here")
    monkeypatch.setenv("CC", words)
    with pytest.raises(ArgumentError, match=re.escape(f"CC={words!r}: compiles C as C++; kernels are GNU C, which gcc, clang and zig cc compile")) as error:
        toolchain.toolchain(tmp_path)
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())
    assert instead is None or str(error.value).endswith(f"nearest legal value: {instead}")


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_flags_that_a_compiler_does_not_know(script, tmp_path, monkeypatch):
    """Without -mtune kernels are built, with a target that it does not know nothing is; zig cc is like that."""
    script('case "$*" in *-mtune=*|*x86-64-v*) echo "error: unknown CPU" >&2; exit 1;; esac; exec cc "$@"')
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    flags = build([PROBLEM])[0].certificate["flags"]
    assert "-march=native" in flags and not [flag for flag in flags if flag.startswith("-mtune")]
    with pytest.raises(CompilerMissing, match="does not take -march=x86-64-v3, which target x86-64-v3 needs; gcc 11 and clang 12 do") as error:
        build([Problem.of("1d_k2s2", dtype="int64", target="x86-64-v3")])
    assert "\n" not in str(error.value)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_compiler_without_what_kernels_are_written_in_is_one_line(script, tmp_path):
    script('exec cc "$@" -D__vector_size__=unused -Dvector_size=unused')
    with pytest.raises(CompilerMissing, match=r"\(kernels are GNU C, which gcc, clang and zig cc compile\): .*error: ") as error:
        toolchain.toolchain(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_compiler_beside_the_script_is_found(tmp_path, monkeypatch, script):
    script('exec cc "$@"')
    monkeypatch.chdir(tmp_path)
    for words in ("'./my cc'", "'my cc'"):
        monkeypatch.setenv("CC", words)
        monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
        assert os.path.isabs(toolchain.toolchain().command[0])


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_what_a_compiler_leaves_when_it_is_killed_goes_with_its_folder(script, tmp_path, monkeypatch):
    """All its temporary files, of probes and of builds, are in folders that are removed, or swept by the next use."""
    script(f'for word; do case "$word" in *.c|*.o) echo "$TMPDIR" >> "{tmp_path}/seen"; touch "$TMPDIR/left.s"; break;; esac; done; exec cc "$@"')
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    build([PROBLEM])
    seen = set((tmp_path / "seen").read_text().split())
    assert any("store" in folder for folder in seen) and any("convt-probe-" in folder for folder in seen)
    assert not any(os.path.exists(folder) for folder in seen) and not list((tmp_path / "tmp").iterdir())


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_killed_compiler_is_one_line(script, tmp_path, monkeypatch):
    script('case "$*" in *-DPART=*) kill -9 $$;; esac; exec cc "$@"')
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    with pytest.raises(BuildError, match="signal 9") as error:
        build([PROBLEM])
    assert "\n" not in str(error.value)


def transposed(u, w, stride):
    """The plain loop."""
    y = np.zeros((u.shape[0], w.shape[1], stride * (u.shape[2] - 1) + w.shape[2]), u.dtype)
    for i in range(u.shape[2]):
        for a in range(w.shape[2]):
            y[:, :, stride * i + a] += np.einsum("bf,fc->bc", u[:, :, i], w[:, :, a])
    return y


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_without_openmp_kernels_are_right(script, tmp_path, monkeypatch):
    script('case "$*" in *-fopenmp*) echo "unrecognized option -fopenmp" >&2; exit 1;; esac; exec cc "$@"')
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    assert not toolchain.toolchain().openmp
    made = build([Problem.of("1d_k3s2", dtype="float64")])[0]
    rng = np.random.default_rng(1)
    u, w = rng.integers(-9, 9, (2, 5, 40)).astype(float), rng.integers(-9, 9, (5, 3, 3)).astype(float)
    assert np.array_equal(made(u, w), transposed(u, w, 2)) and np.array_equal(made(u, w, threads=3), transposed(u, w, 2))


@pytest.mark.slow
def test_a_kernel_by_another_compiler(tmp_path, monkeypatch):
    """Built, checked, and right: flags that clang does not know are left out."""
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed here")
    monkeypatch.setenv("CC", "clang")
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    tools = toolchain.toolchain()
    assert "-fno-tree-loop-distribute-patterns" not in tools.chosen and tools.chosen[0] == "-O2"
    made = build([Problem.of("1d_k3s2")])[0]
    assert "clang" in made.certificate["compiler"]
    rng = np.random.default_rng(2)
    u, w = rng.integers(-9, 9, (1, 16, 50)).astype(np.float32), rng.integers(-9, 9, (16, 16, 3)).astype(np.float32)
    assert all(np.array_equal(made(u, w, threads=threads), transposed(u, w, 2)) for threads in (1, 2, 3))


def products(tools, source, *flags):
    """Function → how often it multiplies alone and how often with a sum, as a compiler makes it for AVX2."""
    words = [*tools.command, "-O2", "-march=x86-64-v3", *flags, "-S", "-o", "-", source]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this compiler does not take {' '.join(flags)}: {done.stderr[:200]}")
    found, name = dict[str, Counter](), ""
    for line in done.stdout.splitlines():
        name = line.split(":")[0] if re.match(r"\w", line) else name
        if made := re.match(r"\s+v(fn?madd|fn?msub|mul)\w*[ps][sd]\s", line):
            found.setdefault(name, Counter())["alone" if made[1] == "mul" else "with a sum"] += 1
    return found


NO_BITS = r"_pack|_copy$|dots_\w+_item$|fast_outer_\w+_item$|_plain_item$"  # look for Inf and NaN by products with 0; products of floats, exact in a double


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("tuned", ["znver2", "znver3"])
@pytest.mark.parametrize("problem", [
    Problem.of("2d_k3s2p1", "conv", target="x86-64-v3"), Problem.of("1d_k3p1", "conv", dtype="float64", layout="channels_last", target="x86-64-v3"),
    Problem.of("2d_k3s2p1op1", layout="channels_last", target="x86-64-v3"), Problem.of("2d_k3", "conv_weight_gradient", target="x86-64-v3")],
    ids=lambda problem: problem.name)
def test_one_running_sum_is_contracted_as_many_are(problem, tuned, tmp_path):
    """Tuned for AMD's processors, gcc leaves a·b + c of a loop with a single sum in two instructions, which round twice, if it is let."""
    for name, text in plain_c.unchecked(problem, None).items():
        (tmp_path / name).write_text(text)
    tools, source = toolchain.toolchain(), tmp_path / f"{problem.name}.c"
    made, always = products(tools, source, f"-mtune={tuned}"), products(tools, source, f"-mtune={tuned}", "--param=avoid-fma-max-bits=0")
    different = {name for name in always if made.get(name) != always[name] and not re.search(NO_BITS, name)}
    assert len(always) > 20 and not different


@pytest.mark.slow
@pytest.mark.parametrize(("target", "register"), [("x86-64-v3", "ymm"), ("x86-64-v4", "zmm")])
def test_compilers_keep_the_vectors_of_a_target_whole(target, register, name, monkeypatch, tmp_path):
    """Tuned for some processors, clang halves vectors of 64 bytes: right, and 0.6 times as fast. Compiled only: any processor will do."""
    monkeypatch.setenv("CC", name)
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    tools, problem = toolchain.toolchain(), Problem.of("2d_k4s2p1", target=target)
    for file, text in plain_c.unchecked(problem, tools).items():
        (tmp_path / file).write_text(text)
    flags = [flag for flag in tools.flags(problem.processor) if flag != "-shared"]
    made = subprocess.run([*tools.command, *flags, "-S", "-o", "-", tmp_path / f"{problem.name}.c"], capture_output=True, text=True, check=True)
    found = Counter(re.findall(r"vfn?madd\w+ps\s.*%([xyz]mm)\d+\s*(?:#.*)?$", made.stdout, re.MULTILINE))
    assert found[register] > 200 and sum(found.values()) - found[register] < found[register] / 20, found


@pytest.mark.full
def test_the_catalogue_by_every_compiler(name, tmp_path, monkeypatch):
    """For this host, so that all flags of all families are compiled, and checked as always."""
    from convt.catalogue import SPECS

    monkeypatch.setenv("CC", name)
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    assert toolchain.toolchain().openmp, f"{name} has no OpenMP here (Debian and Ubuntu: apt-get install libomp-dev)"
    for kernel in convt.build(SPECS):
        assert kernel.certificate["checks"] and name in kernel.certificate["compiler_command"]
