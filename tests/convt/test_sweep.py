"""``convt sweep``: grids, files, what is refused; one that fails loses no other; the ledger; the pages; in bad surroundings."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest

from convt import ArgumentError
from convt._codegen import pipeline
from convt._codegen.errors import BuildError, CompilerMissing, StoreFailed
from convt._codegen.problem import Problem
from convt._derive import children
from convt.specs.ledger import Ledger
from convt.sweep import child, grid, local, report, run, times
from convt.sweep.outcome import Judged, Outcome, Share, split
from convt.sweep.wanted import Kinds, wanted

CONVT = [sys.executable, "-m", "convt"]
PROVED = {str(number): {"outcome": "proved", "scope": "all sizes", "why": ""} for number in range(1, 24)}


@pytest.mark.parametrize(("text", "names"), [
    ("2d_k4", ["2d_k4"]), ("1d_k{2..4}", ["1d_k2", "1d_k3", "1d_k4"]), ("1d_k{4..2}", ["1d_k4", "1d_k3", "1d_k2"]), ("1d_k{0..9..4}", ["1d_k0", "1d_k4", "1d_k8"]),
    ("1d_k4p{-1..1}", ["1d_k4p-1", "1d_k4p0", "1d_k4p1"]), ("1d_k{1,2,4..5}", ["1d_k1", "1d_k2", "1d_k4", "1d_k5"]), ("1d_k4s2{,p1,p0:1op1}", ["1d_k4s2", "1d_k4s2p1", "1d_k4s2p0:1op1"]),
    ("{1,2}d_k{2..3}", ["1d_k2", "1d_k3", "2d_k2", "2d_k3"]), ("2d_k{2,3}x{2,3}", ["2d_k2x2", "2d_k2x3", "2d_k3x2", "2d_k3x3"]), ("1d_k{5..4..3}", ["1d_k5"])])
def test_grids_are_what_a_shell_writes_out(text, names):
    assert list(grid.names(text)) == names and grid.count(text) == len(names)


def test_a_grid_is_counted_before_it_is_written_out():
    assert grid.count("3d_k{1..999999999}s{1..999999999}p{0..1}") == 2 * 999999999**2
    with pytest.raises(ArgumentError, match=r"asks, with all else, for 1999999996 configurations; --limit allows 2000"):
        wanted(["2d_k{1..999999998}s{1,2}"], Kinds())
    with pytest.raises(ArgumentError, match=r"for 4002 configurations.*nearest legal value: --limit 4002"):
        wanted(["1d_k{1..2001}"], Kinds(dtypes=("float32", "float64")))
    assert len(wanted(["1d_k{1..4}"], Kinds(dtypes=("float32", "float64")), 8).problems) == 8
    with pytest.raises(ArgumentError, match="at most 1000000"):
        wanted(["1d_k{1..1000000}s{1..2}"], Kinds(), 10**12)


@pytest.mark.parametrize(("word", "says"), [
    ("1d_k{1..", "without its other half"), ("1d_k{{1,2}}", "one within another"), ("1d_k}", "other half"), ("1d_k{1..3..0}", "braces hold"), ("1d_k{01..03}", "braces hold"),
    ("1d_k{1;2}", "braces hold"), ("1d_k{٣}", "braces hold"), ("1d_k{1..99999999999}", "braces hold"), ("4d_k{1..2}", "a name is <dims>"), ("1d_q{1..2}", "a name is <dims>"),
    ("1d_k{,2}s", "a name is"), ("no/such/file", "is neither a grid"), ("", "is neither a grid"), ("grid.txt", "is neither a grid"), ("1d_k0", "has no legal configuration: kernel"),
    ("2d_k{1048575..1048576}s1048576", "has no legal configuration")])
def test_what_is_no_grid(word, says):
    with pytest.raises(ArgumentError, match=says):
        wanted([word], Kinds())


def test_what_is_not_legal_is_refused_with_the_reason_and_the_rest_stays():
    found = wanted(["2d_k{0..2}s{0..1}", "3d_k{1,1048576}", "{1,2}d_k2x3"], Kinds())
    assert [str(one.spec) for one in found.problems] == ["2d_k1", "2d_k2", "3d_k1", "2d_k2x3"]
    reasons = dict(found.refused)
    assert list(reasons) == ["2d_k0s0", "2d_k0s1", "2d_k1s0", "2d_k2s0", "3d_k1048576", "1d_k2x3"]
    assert reasons["2d_k1s0"].startswith("stride[0]=0: must be from 1") and "GiB" in reasons["3d_k1048576"] and "2 entries" in reasons["1d_k2x3"]


def test_kinds_are_all_combinations_and_each_problem_once():
    kinds = Kinds(("conv", "conv_transpose"), ("float32", "int64"), ("channels_first", "channels_last"))
    assert len(wanted(["1d_k3", "1d_k{3,3}p0", "1d_k3s1"], kinds).problems) == 8
    with pytest.raises(ArgumentError, match="nearest legal value: float32"):
        Kinds(dtypes=("floot32",))
    with pytest.raises(ArgumentError, match="map=''"):
        Kinds(maps=("",))


def test_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_text("# mine\n2d_k4s2p1   # DCGAN\n\n1d_k{2..3}\n")
    assert [str(one.spec) for one in wanted(["names.txt", "2d_k4s2p1"], Kinds()).problems] == ["2d_k4s2p1", "1d_k2", "1d_k3"]
    (tmp_path / "bad.txt").write_text("2d_k4s2p1\n\n2d_k4p1s2\n")
    with pytest.raises(ArgumentError, match=r"bad.txt:3: name='2d_k4p1s2'.*nearest legal value: 2d_k4s2p1"):
        wanted(["bad.txt"], Kinds())
    (tmp_path / "empty.txt").write_text("# nothing\n")
    with pytest.raises(ArgumentError, match="it is empty"):
        wanted(["empty.txt"], Kinds())
    (tmp_path / "latin.txt").write_bytes(b"\xe9")
    with pytest.raises(ArgumentError, match="is not UTF-8"):
        wanted(["latin.txt"], Kinds())
    with pytest.raises(ArgumentError, match="Is a directory"):
        wanted([str(tmp_path)], Kinds())
    (tmp_path / "1d_k2").write_text("1d_k9\n")  # a file of that name is that file
    assert [str(one.spec) for one in wanted(["1d_k2"], Kinds()).problems] == ["1d_k9"]


def test_layers_of_a_spec_file_keep_their_kind(tmp_path):
    pytest.importorskip("pydantic", reason="needs the extra specs")
    path = tmp_path / "a.convt.toml"
    path.write_text('convt = 1\n[[layer]]\nname = "a"\nconfig = "2d_k4s2p1"\nmap = "conv"\ndtype = "float64"\n[[layer]]\nname = "b"\nconfig = "2d_k4s2p1"\nweights = "bilinear"\n')
    one, two = wanted([str(path)], Kinds()).problems
    assert (one.map, one.dtype, two.map, two.filter.text) == ("conv", "float64", "conv_transpose", "bilinear")
    assert Share.of(json.loads(json.dumps(Share([one, two], "kernels").as_data()))).problems == [one, two]


def test_shares_are_even_and_whole():
    for number in range(1, 50):
        made = split(range(number), 10)
        assert [value for part in made for value in part] == list(range(number))
        assert max(map(len, made)) <= 10 and max(map(len, made)) - min(map(len, made)) <= 1


PROBLEMS = [Problem.of(f"1d_k{k}") for k in range(1, 24)]


@pytest.mark.parametrize("bad", [[], [0], [22], [7, 8], [3, 11, 12], list(range(23))])
@pytest.mark.parametrize("error", [BuildError("x"), KeyError("x"), RecursionError("x")], ids=lambda error: type(error).__name__)
def test_one_that_fails_is_found_by_halving_and_loses_no_other(monkeypatch, bad, error):
    wrong, asked = {PROBLEMS[number] for number in bad}, []

    def build(problems):
        asked.append(len(problems))
        if wrong & set(problems):
            raise error
        return [one.name for one in problems]

    monkeypatch.setattr(pipeline, "build", build)
    made = pipeline.build_each(PROBLEMS)
    assert made == {one: error if one in wrong else one.name for one in PROBLEMS}
    assert len(asked) <= 1 + 2 * 5 * len(bad)


@pytest.mark.parametrize("error", [CompilerMissing("x"), StoreFailed("x"), OSError(28, "full"), children.Ended("x"), KeyboardInterrupt()], ids=lambda error: type(error).__name__)
def test_what_no_kernel_is_to_blame_for_ends_all(monkeypatch, error):
    asked = []

    def build(problems):
        asked.append(problems)
        raise error

    monkeypatch.setattr(pipeline, "build", build)
    with pytest.raises(type(error)):
        pipeline.build_each(PROBLEMS)
    assert len(asked) == 1


CHILD = """
import json, os, signal, sys
share = json.load(sys.stdin)
for problem in share["problems"]:
    print(json.dumps({"at": "building " + problem["spec"]}), flush=True)
    if problem["spec"] in BAD:
        END
    print(json.dumps({"outcome": {"problem": problem, "stage": "kernel"}}), flush=True)
"""


def pretended(monkeypatch, bad, end):
    """Another program in place of the child."""
    def start(module, *words, packages=(), **options):
        return children.start_program([sys.executable, "-c", CHILD.replace("BAD", repr(bad)).replace("END", end)], **options)

    monkeypatch.setattr(local.children, "start", start)


@pytest.mark.parametrize(("end", "says"), [("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"), ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"), ("sys.exit(7)", "status 7"),
                                           ("print('{', end=''); sys.exit(1)", "status 1")])
def test_a_configuration_that_ends_its_process_is_named_and_loses_no_other(monkeypatch, end, says):
    pretended(monkeypatch, ["1d_k1", "1d_k4", "1d_k5"], end)
    made = list(local.events(Share(PROBLEMS[:7], "kernels")))
    assert sorted(str(one.problem.spec) for one in made) == [f"1d_k{k}" for k in range(1, 8)]
    short = {str(one.problem.spec): one.why for one in made if not one.holds}
    assert set(short) == {"1d_k1", "1d_k4", "1d_k5"} and says in short["1d_k4"] and "building 1d_k4" in short["1d_k4"]
    assert next(one for one in made if not one.holds).command == "convt build 1d_k1 --map conv_transpose --dtype float32"


@pytest.mark.parametrize("fault", ["CompilerMissing", "StoreFailed", "OSError", "ChildFailed"])
def test_a_fault_of_the_machine_ends_the_sweep_with_its_words(monkeypatch, fault):
    pretended(monkeypatch, ["1d_k2"], f"print(json.dumps({{'fault': '{fault}', 'why': 'no space'}})); sys.exit()")
    with pytest.raises((CompilerMissing, StoreFailed, children.ChildFailed), match="no space"):
        list(local.events(Share(PROBLEMS[:3], "kernels")))


def test_work_that_is_given_up_names_no_culprit(monkeypatch):
    pretended(monkeypatch, ["1d_k1"], "sys.exit(1)")

    def gone():
        raise children.Ended("x")

    with pytest.raises(children.Ended):
        list(local.events(Share(PROBLEMS[:1], "kernels"), gone))


def test_a_proof_that_falls_short_or_fails_is_the_end_of_that_configuration_only(monkeypatch):
    def row(spec, known):
        if str(spec) == "1d_k2":
            raise ZeroDivisionError("a bug")
        return {**PROVED, **({"7": {"outcome": "undecided", "scope": "all sizes", "why": ""}} if str(spec) == "1d_k3" else {})}

    built = []
    monkeypatch.setattr(child.verdicts, "row", row)
    monkeypatch.setattr(child, "build_each", lambda problems: built.append(problems) or dict.fromkeys(problems, BuildError("gcc:\n no")))
    monkeypatch.setattr("convt._derive.judges.warm_up", lambda: None)
    events = list(child.examined(Share(PROBLEMS[:5], "kernels", ["1d_k5"]), lambda words: None))
    assert [one.spec for one in events[:3]] == ["1d_k1", "1d_k3", "1d_k4"] and all(isinstance(one, Judged) for one in events[:3])
    made = {str(one.problem.spec): one for one in events[3:]}
    assert [str(one.spec) for one, in zip(*built, strict=True)] == ["1d_k1", "1d_k4", "1d_k5"]
    assert (made["1d_k2"].stage, made["1d_k2"].why) == ("proofs", "ZeroDivisionError: a bug")
    assert made["1d_k3"].why == "theorem 7, scatter, is undecided; its scope is all sizes" and made["1d_k3"].command == "convt prove 1d_k3 --steps"
    assert made["1d_k1"].why == "gcc:\n no"


class Pretender:
    """A place where all holds but what is told."""

    def __init__(self, bad=(), tools="gcc"):
        self.bad, self.compiler, self.asked = set(bad), tools, []

    def tools(self, problem):
        return {self.compiler}

    def examine(self, share, found):
        for problem in share.problems:
            self.asked.append((str(problem.spec), str(problem.spec) in share.proved))
            bad = str(problem.spec) in self.bad
            found(Judged(str(problem.spec), PROVED))
            found(Outcome(problem, "kernel", "bad" * bad, 1.0, 2.0, None if bad else {"checks": {"plain": 3}, "compiler": self.compiler}, self.compiler))


def test_only_what_holds_is_remembered_and_only_where_nothing_it_rests_on_changed(tmp_path):
    ledger, first = Ledger(tmp_path / "l"), Pretender(["1d_k2"])
    made = run.run(PROBLEMS[:3], "kernels", first, ledger, lambda outcome: None)
    assert [one.holds for one in made] == [True, False, True]
    again = Pretender()
    outcomes = run.run(PROBLEMS[:4], "kernels", again, ledger, lambda outcome: None)
    assert again.asked == [("1d_k2", True), ("1d_k4", False)] and all(one.holds for one in outcomes)
    assert outcomes[0] == Outcome(PROBLEMS[0], "kernel", "", 1.0, 2.0, {"checks": {"plain": 3}, "compiler": "gcc"}, "")
    other = Pretender(tools="clang")
    run.run(PROBLEMS[:1], "kernels", other, ledger, lambda outcome: None)
    assert other.asked == [("1d_k1", True)]
    proofs = Pretender()
    run.run(PROBLEMS[:1], "proofs", proofs, ledger, lambda outcome: None)
    assert proofs.asked == [("1d_k1", True)]


def test_what_was_found_is_kept_when_the_place_fails(tmp_path):
    class Failing(Pretender):
        def examine(self, share, found):
            super().examine(Share(share.problems[:2], share.level), found)
            raise StoreFailed("full")

    ledger, again = Ledger(tmp_path / "l"), Pretender()
    with pytest.raises(StoreFailed):
        run.run(PROBLEMS[:4], "kernels", Failing(), ledger, lambda outcome: None)
    run.run(PROBLEMS[:4], "kernels", again, ledger, lambda outcome: None)
    assert [name for name, _ in again.asked] == ["1d_k3", "1d_k4"]


def test_a_geometry_that_was_judged_is_kept_before_its_kernel_is_there(tmp_path):
    class Cut(Pretender):
        def examine(self, share, found):
            found(Judged("1d_k1", PROVED))
            found(Judged("1d_k2", {**PROVED, "3": {"outcome": "undecided", "scope": "all sizes", "why": ""}}))
            raise KeyboardInterrupt

    ledger, again = Ledger(tmp_path / "l"), Pretender()
    with pytest.raises(KeyboardInterrupt):
        run.run(PROBLEMS[:2], "kernels", Cut(), ledger, lambda outcome: None)
    assert ledger.get("proofs", "1d_k2") is None
    run.run(PROBLEMS[:2], "kernels", again, ledger, lambda outcome: None)
    assert again.asked == [("1d_k1", True), ("1d_k2", False)]
    ledger.put("proofs", "1d_k1", {"3": {"outcome": "undecided", "scope": "all sizes", "why": ""}})  # as a check that was short of time leaves it
    run.run(PROBLEMS[:2], "kernels", again, ledger, lambda outcome: None)
    assert again.asked[2:] == [("1d_k1", False)]


def example():
    outcomes = [Outcome(PROBLEMS[0], "kernel", "", 1.0, 2.0, certificate={"checks": {"plain": 3, "rows": 4}, "compiler": "cc|<1>"}),
                Outcome(PROBLEMS[1], "kernel", "gcc:\n <error> ``` |", 5.0, 2.0), Outcome(Problem.of("2d_k3", "conv", "int64", "channels_last"), "proofs", "theorem 7", 0.5)]
    return report.Sweep(["1d_k{1..2}"], "kernels", outcomes, [("1d_k0", "must be | from 1"), ("1d_k0s2", "must be | from 1")], 1, 12.0,
                        [times.Time(PROBLEMS[0], 1.5, 20.0, "rows"), times.Time(PROBLEMS[1], why="no output")])


def test_the_summary_and_the_pages_say_the_same():
    made = example()
    first, slowest, *more = report.summary(made)
    assert first == "3 configurations at level kernels: 1 holds, 2 fall short; 2 refused; 1 known from before; 12.0 s"
    assert slowest.startswith("slowest: 1d_k2 7.0 s, 1d_k1 3.0 s") and more == ["slowest calls: 1d_k1 1.50 ms", "refused 2: must be | from 1"]
    assert report.line(made.outcomes[1]) == "1d_k2: kernel: gcc: <error> ``` |; again: convt build 1d_k2 --map conv_transpose --dtype float32"
    page, text = report.html(made), report.markdown(made)
    for section in report.sections(made):
        assert f"## {section.title}" in text and f"<h2>{section.title}</h2>" in page
    for said in ("convt prove 2d_k3 --steps", "convt build 1d_k2 --map", "2d_k3 conv int64 channels_last: proofs"):
        assert said in page and said in text
    assert "&lt;error&gt;" in page and "<error>" not in page and "must be \\| from 1" in text and "cc\\|\\<1>" in text and "| exact checks passed | 7 |" in text
    assert text.count("```") == 4 and all(row.count(" | ") == head.count(" | ") for head, row in re.findall(r"(?m)^(\|.*)\n(\|.*)$", text))


def convt(*words, **more):
    return subprocess.run([*CONVT, "sweep", *words], capture_output=True, text=True, check=False, **more)


@pytest.mark.parametrize(("words", "says"), [
    (("1d_k{1..",), "convt: GRID="), (("1d_k1", "-o", "a.pdf"), "convt: -o='a.pdf': must end with .html or .md; nearest legal value: a.html"), (("1d_k1", "-o", "no/a.md"), "no folder"),
    (("1d_k1", "--map", "conv,dconv"), "nearest legal value: conv"), (("1d_k1", "--limit", "0"), "--limit"), (("1d_k1", "--time", "--level", "proofs"), "--time"),
    (("1d_k{1..3000}",), "nearest legal value: --limit 3000"), (("1d_k1", "--dask", "tcp://x:8786", "--time"), "leave out --dask"), (("bad.convt.toml",), "bad.convt.toml:")])
def test_bad_input_is_one_line_at_once(tmp_path, words, says):
    (tmp_path / "bad.convt.toml").write_text("convt = 2\n")
    done = convt(*words, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr and not done.stdout and "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 2


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_sweep_for_real(tmp_path):
    """Cold, again, deeper into kinds, timed, and with one kernel that cannot be built."""
    store = os.environ | {"CONVT_STORE": str(tmp_path / "store")}
    done = convt("1d_k{0..2}", "--dtype", "int64", "-o", "a.html", cwd=tmp_path, env=store)
    assert done.returncode == 0 and "2 configurations at level kernels: all hold; 1 refused; " in done.stdout and "kernel[0]=0" in done.stdout, done
    assert done.stdout.count("\n") == 3 and done.stderr == "wrote a.html\n" and "1d_k2 int64" in (tmp_path / "a.html").read_text()
    done = convt("1d_k{1,2}", "--dtype", "int64", "--time", "-o", "a.md", cwd=tmp_path, env=store)
    assert done.returncode == 0 and "2 known from before" in done.stdout
    row = re.search(r"\| 1d_k2 int64 \| ([0-9.]+) \| ([0-9.]+) \| plain \|", (tmp_path / "a.md").read_text())
    assert row and float(row[1]) > 0
    proofs = convt("1d_k{1..2}", "--level", "proofs", cwd=tmp_path, env=store | {"CC": "no-such-compiler"})
    assert proofs.returncode == 0, proofs
    missing = convt("1d_k{1..2}", cwd=tmp_path, env=store | {"CC": "no-such-compiler"})
    assert missing.returncode == 3 and missing.stderr.count("\n") == 1




@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_one_kernel_that_does_not_compile_is_named_with_its_line(tmp_path, monkeypatch):
    """In the process that examines a share, through all of it."""
    from convt._codegen import build

    monkeypatch.setenv("CONVT_STORE", str(tmp_path))  # others may have made these kernels
    whole = build.Compiler.compile
    monkeypatch.setattr(build.Compiler, "compile", lambda self, name, source: whole(self, name, source + "\nno Python\n" if "1d_k2_i64" in source else source))
    problems = [Problem.of(f"1d_k{k}", dtype="int64") for k in (1, 2, 3)]
    made = list(child.examined(Share(problems, "kernels", [str(one.spec) for one in problems]), lambda words: None))
    assert [one.holds for one in made] == [True, False, True] and "cython" in made[1].why and made[1].command == "convt build 1d_k2 --map conv_transpose --dtype int64"
    assert made[0].certificate["checks"] and made[0].tools


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_nobody_reads_it_and_narrow_terminals(tmp_path):
    store = os.environ | {"CONVT_STORE": str(tmp_path / "store"), "COLUMNS": "20"}
    closed = subprocess.Popen([*CONVT, "sweep", "1d_k{0..1}", "--level", "proofs"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=store)
    closed.stdout.close()
    assert closed.stderr.read() == b"" and closed.wait() == 0
    parent, end = pty.openpty()
    running = subprocess.Popen([*CONVT, "sweep", "1d_k{1..3}", "--level", "proofs"], stdout=end, stderr=end, env=store | {"TERM": "xterm"})
    os.close(end)
    shown = b""
    while True:
        try:
            piece = os.read(parent, 1 << 16)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(parent)
    assert running.wait() == 0 and b"3 configurations at level proofs: all hold" in shown and b"Traceback" not in shown


def test_a_failure_is_printed_above_the_moving_line(monkeypatch, capsys):
    """Both share a terminal: the line goes, the text stands, the line comes back."""
    from convt import progress

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.working("one") as say:
        say.start()
        say("two")
        say.above("kept")
        assert say.shown.live.is_started
    assert capsys.readouterr().out == "kept\n"
