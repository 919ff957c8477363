"""Whatever is typed: an exit code of the documented ones, no traceback, and nothing but numbers and fixed words for a compiler."""

import contextlib
import io
import random
import re
import resource
import signal
import subprocess
import sys
import traceback
from functools import cache
from pathlib import Path

import pytest
from fuzz import command_line, litter

import convt.cli
from convt._codegen.errors import Failure

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
ROOT = Path(__file__).parents[2]
SECONDS = 60  # for one command line, on a busy machine


class Stub:
    """In place of the compiler: notes what it is given, and makes nothing."""

    seen: list[tuple[str, str]] = []

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def compile(self, name, source):
        Stub.seen.append((name, source))
        raise Failure("the compiler is a stub")


def is_large(spec):
    """What takes seconds to prove."""
    return max(max(axis.kernel, axis.stride, axis.dilation, *map(abs, axis.padding), axis.output_padding) for axis in spec) > 64


@cache
def vocabulary():
    """Runs of letters, and characters, that occur in what the project itself consists of."""
    text = "".join(path.read_text(encoding="utf-8") for package in ("derive", "codegen") for path in sorted((ROOT / package).rglob("*"))
                   if path.suffix in (".py", ".jinja", ".h"))
    return set(re.findall("[A-Za-z]+", text)), set(text)


def check_source(name, source):
    """Only numbers, and words and characters of the project's own files."""
    words, characters = vocabulary()
    assert re.fullmatch("[a-z0-9_]+", name) and len(name) < 200
    strange = {word for word in re.findall("[A-Za-z]+", source) if word not in words and re.fullmatch("[a-z]{1,4}|[a-f]+", word) is None}
    assert not strange and set(source) <= characters, (strange, set(source) - characters)


@pytest.fixture
def quick(monkeypatch, tmp_path, request):
    """Everything that is slow and not about input answers from memory; every child process is an error."""
    import convt._codegen.build
    import convt._codegen.pipeline
    import convt._codegen.planning
    import convt._derive.derivation
    import convt.catalogue
    import convt.cli.demo
    from convt._codegen.toolchain import toolchain
    from convt._derive import folklore, judges, proof
    from convt.bench import limits  # noqa: F401  # loaded before anything is replaced

    found = toolchain()
    for module in ("_codegen.toolchain", "_codegen.pipeline", "bench.harness"):
        monkeypatch.setattr(f"convt.{module}.toolchain", lambda *_: found)
    proof.prove_spec(convt.ConvSpec.parse("1d_k1"))  # starts the judges
    kept, small = cache(proof.prove_spec), request.node.get_closest_marker("full") is None
    for module in (proof, sys.modules["convt._derive.derivation"]):
        monkeypatch.setattr(module, "prove_spec", lambda spec, known=None, only=(): () if small and is_large(spec) else kept(spec))
    monkeypatch.setattr("convt._codegen.pipeline.prove_all", lambda *_: {})
    titles = convt._codegen.planning.theorem_titles
    monkeypatch.setattr("convt._codegen.planning.theorem_titles", lambda plan: () if small and is_large(plan.problem.spec) else titles(plan))
    monkeypatch.setattr(folklore, "judge", cache(folklore.judge))
    monkeypatch.setattr(judges, "warm_up", lambda: None)
    monkeypatch.setattr(convt.catalogue, "texts", cache(convt.catalogue.texts))
    monkeypatch.setattr(convt.cli.demo, "_demo", lambda folder: None)
    monkeypatch.setattr(convt._codegen.build, "Compiler", Stub)
    started = []

    def refuse(*arguments, **options):
        started.append(arguments)
        raise Failure("child processes are stubs")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(subprocess, "run", refuse)
    litter(tmp_path)
    (tmp_path / "store").mkdir(mode=0o700)
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    Stub.seen.clear()
    return started


class Endless(BaseException):
    """Nothing that a program would catch."""


def endless(*_):
    raise Endless


def ended(monkeypatch, line):
    """(exit code, standard output, standard error) of the program with these arguments, in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace"), io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace")
    monkeypatch.setattr(sys, "argv", ["convt", *line])
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            convt.cli.main()
        except SystemExit as end:
            code = end.code or 0
    out.seek(0)
    err.seek(0)
    return code, out.read(), err.read()


def fuzz(monkeypatch, started, seeds):
    signal.signal(signal.SIGALRM, endless)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    codes, wrong = [], []
    for seed in seeds:
        line = command_line(random.Random(seed))
        signal.alarm(SECONDS)
        try:
            code, printed, said = ended(monkeypatch, line)
            assert code in (0, 1, 2, 3, 130) and "Traceback" not in said, said
            assert code in (0, 130) or said.strip() or code == 1, "no word about what is wrong"
            assert not said.startswith("convt: ") or said.count("\n") <= 1 or code == 1, "more than one line"
            if printed.startswith("# cython: language_level"):
                check_source("printed", printed)
            codes.append(code)
        except BaseException:
            wrong.append(f"seed {seed}: {[word[:60] for word in line]}\n{traceback.format_exc()[-1500:]}")
        finally:
            signal.alarm(0)
    for name, source in Stub.seen:
        check_source(name, source)
    assert not [arguments for arguments in started if "zzqxj" in str(arguments)]
    assert not wrong, f"{len(wrong)} of {len(codes) + len(wrong)}\n" + "\n".join(wrong[:8])
    assert {0, 2} <= set(codes)
    assert len(Stub.seen) > len(codes) // 60, "hardly a source was made"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20, "more than 1 GiB"  # in KiB
    return codes


def test_some_hundred_command_lines(quick, monkeypatch):
    codes = fuzz(monkeypatch, quick, range(400))
    assert codes.count(2) > 150 and codes.count(0) > 40


@pytest.mark.full
def test_four_thousand_command_lines(quick, monkeypatch):
    fuzz(monkeypatch, quick, range(1000, 5000))
