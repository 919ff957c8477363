"""``convt conformance``: libraries conform, what crashes or hangs is a failing case, reports in three formats, bad input in one line."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest
from here import Here
from stores import marked

from convt._derive.errors import ArgumentError
from convt.conformance.adapters import NAMES
from convt.conformance.case import Case
from convt.conformance.implementation import opened
from convt.conformance.run import chosen, run
from convt.conformance.third_party import projects

HELPERS = str(Path(__file__).parents[1] / "helpers")
MINE = f"""
import os, signal, sys, time
sys.path.append({HELPERS!r})
import numpy as np
from layers import forward, gradient, layer
made, wrong, conv, conv_weight_gradient = layer(), layer("kernel not flipped"), forward(), gradient()
five, nothing, Layers = 5, None, type("Layers", (), {{"transposed": staticmethod(made)}})

def right(u, w, bias, stride, padding, output_padding, dilation, groups):
    print("not an answer", flush=True)
    return made(u, w, bias, stride, padding, output_padding, dilation, groups)

def other_names(features, kernel, b, s, p, op, d, g):
    return made(features, kernel, b, s, p, op, d, g)

def by_autograd(x, u, sizes, s, p, d, groups):
    import torch
    w = torch.zeros(u.shape[1], x.shape[1] // groups, *sizes, requires_grad=True)
    x = torch.nn.functional.pad(torch.from_numpy(x), [end for pair in reversed(p) for end in pair])
    y = getattr(torch.nn.functional, f"conv{{len(sizes)}}d")(x, w, None, s, 0, d, groups)
    return torch.autograd.grad(y, w, torch.from_numpy(u))[0]

def few(u, w):
    return u

def flipped(u, w, bias, **options):
    return wrong(u, w, bias, **options)

def writes(u, w, bias, **options):
    found = made(u, w, bias, **options)
    u[...], w[...] = np.nan, np.nan
    return found

def crash(u, *more, **options):
    if u.shape[0] > 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    return made(u, *more, **options)

def hang(u, *more, **options):
    if u.shape[0] > 1:
        os.fork()
        time.sleep(60)
    return made(u, *more, **options)

def leave(*given, **options):
    sys.exit(0)

def nan(*given, **options):
    return made(*given, **options) * np.nan

def text(*given, **options):
    return "an image"

def objects(*given, **options):
    return np.array([None])

def huge(*given, **options):
    return np.zeros(1 << 23, np.int8)

def refuse(*given, **options):
    raise NotImplementedError("never")

def picky(u, w, bias, **options):
    if any(op >= s for op, s in zip(options["output_padding"], options["stride"])) or min(map(min, options["padding"])) < 0:
        raise ValueError("no such thing")
    return made(u, w, bias, **options)

def tensor(*given, **options):
    import torch
    return torch.from_numpy(made(*given, **options))
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A folder with modules of the user's, names of the standard library among them."""
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "random.py").write_text("raise SystemExit('random.py of the user was run')\n")
    (tmp_path / "calendar.py").write_text("def conv_transpose(*given, **options): raise NotImplementedError('mine')\n")
    (tmp_path / "needs.py").write_text("import nowhere_to_be_found\n")
    (tmp_path / "ends.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGABRT)\n")
    (tmp_path / "exits.py").write_text("import sys\nsys.exit(3)\n")
    (tmp_path / "fails.py").write_text("1 / 0\n")
    (tmp_path / "tool.txt").write_text("no program")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def convt(*words, **environment):
    return subprocess.run([sys.executable, "-m", "convt", "conformance", *words], capture_output=True, text=True, check=False, env=os.environ | environment)


def report_of(name, cases=None, seconds=10.0, **more):
    with opened(f"mine:{name}", seconds=seconds, **more) as implementation:
        return run(implementation, cases or chosen(dims=(1,)))


FAST = ("torch", "onnxruntime")  # the others compile each case


@pytest.mark.slow
@pytest.mark.parametrize(("name", "dims"), [*((name, "1,2,3") for name in FAST), ("jax", "1"),
                                            *(pytest.param(name, "1,2,3", marks=pytest.mark.full) for name in NAMES if name not in FAST)])
def test_libraries_conform(name, dims):
    pytest.importorskip(name, reason=f"needs {name}")
    done = convt("--adapter", name, "--dims", dims, "--format", "json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["conforms"] and found["fails"] == 0 and found["passes"] >= 30, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("name", "map_name", "least"), [("torch", "conv", 90), ("onnxruntime", "conv", 80), ("torch", "conv_weight_gradient", 90),
                                                         pytest.param("jax", "conv_weight_gradient", 90, marks=pytest.mark.full)])
def test_libraries_conform_in_other_maps(name, map_name, least):
    pytest.importorskip(name, reason=f"needs {name}")
    done = convt("--adapter", name, "--map", map_name, "--dims", "1", "--format", "json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["conforms"] and found["fails"] == 0 and found["passes"] >= least, done.stdout


def test_adapters_leave_the_bias_to_the_library():
    """One that adds it twice is caught: nothing here adds it in its place."""
    from convt.conformance.adapters import Adapter
    from convt.peers.call import CannotSay
    from convt.specs.answers import definition

    class Peer:
        NAME, twice = "peer", False

        def words(self, call):
            if call.groups > 2:
                raise CannotSay("no more than two groups")

        def compute(self, calls):
            return [definition(call) + (self.twice and call.bias is not None) * 100 for call in calls]

    for name in ("conv_transpose", "conv"):
        report = run(Here(getattr(Adapter(Peer()), name)), chosen(name, (1,)))
        assert report.conforms and report.having("refused") and any(one.case.bias for one in report.having("passes"))
    peer = Peer()
    peer.twice = True
    wrong = run(Here(Adapter(peer).conv_transpose), chosen(dims=(1,))).having("fails")
    assert wrong and all(one.case.bias for one in wrong)


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize("name", ["right", "other_names", "writes", "picky", "Layers.transposed"])
def test_ways_of_being_right(name):
    """Printing, other names of arguments, inputs that are written to, refusing what is no part of many libraries."""
    report = report_of(name)
    assert report.conforms and len(report.having("refused")) == (sum(case.may_be_refused for case in chosen(dims=(1,))) if name == "picky" else 0)


@pytest.mark.usefixtures("mine")
def test_the_gradient_of_weights_has_no_bias_and_a_kernel():
    cases = chosen("conv_weight_gradient", (1, 2))
    assert report_of("conv_weight_gradient", cases[::6], map_name="conv_weight_gradient").conforms
    with pytest.raises(ArgumentError, match=r"cannot be called with \(x, u, kernel, stride, padding, dilation, groups\)"):
        report_of("few", cases, map_name="conv_weight_gradient")
    with pytest.raises(ArgumentError, match="takes none"):
        Case.parse("1d_k2,n=3,bias", "conv_weight_gradient")


@pytest.mark.slow
@pytest.mark.usefixtures("mine")
def test_autograd_conforms():
    """Called in order: its names are others."""
    pytest.importorskip("torch", reason="needs torch")
    assert report_of("by_autograd", chosen("conv_weight_gradient"), map_name="conv_weight_gradient").conforms


@pytest.mark.slow
@pytest.mark.usefixtures("mine")
def test_a_tensor_is_an_answer():
    pytest.importorskip("torch", reason="needs torch")
    assert report_of("tensor", chosen(dims=(1,))[:5]).conforms


@pytest.mark.usefixtures("mine")
def test_a_crash_is_a_failing_case_and_shrinks_to_its_cause():
    report = report_of("crash")
    assert not report.conforms and report.smallest.kind == "crashed" and "SIGSEGV" in report.smallest.reason
    assert report.smallest.case.batch == 2 and not report.namings and report.not_asked


@pytest.mark.slow
@pytest.mark.usefixtures("mine")
def test_a_hang_is_a_failing_case_and_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    report = report_of("hang", seconds=0.5)
    assert not report.conforms and report.smallest.kind == "hung" and "0.5 s" in report.smallest.reason and report.smallest.case.batch == 2
    end = monotonic() + 5
    while (left := [words for _, words in marked(str(tmp_path)) if "conformance" in words]) and monotonic() < end:
        sleep(0.05)
    assert not left


@pytest.mark.slow
@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_whatever_ends_it_leaves_nothing(number, code, tmp_path):
    running = subprocess.Popen([sys.executable, "-m", "convt", "conformance", "mine:hang", "--seconds", "60"], env=os.environ | {"TMPDIR": str(tmp_path)},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len([words for _, words in marked(str(tmp_path)) if "conformance.child" in words]) < 3:  # with what it forked
        assert running.poll() is None
        sleep(0.05)
    running.send_signal(number)
    assert running.communicate(timeout=60)[0] == "" and running.returncode == code
    end = monotonic() + 5
    while (left := marked(str(tmp_path))) and monotonic() < end:
        sleep(0.05)
    assert not left


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(("name", "kind", "words"), [
    ("nan", "not finite", "nan"), ("text", "raised", "str"), ("objects", "raised", "object"), ("leave", "raised", "SystemExit"),
    ("huge", "raised", "8388608")])
def test_what_is_no_answer_fails(name, kind, words):
    cases = chosen(dims=(1,))[:3]
    report = report_of(name, cases)
    assert not report.conforms and len(report.having("fails")) == 3 and report.smallest.kind == kind and words in report.smallest.reason
    assert not report.namings


@pytest.mark.usefixtures("mine")
def test_who_refuses_everything_does_not_conform():
    done = convt("mine:refuse", "--dims", "1")
    assert done.returncode == 1 and "computed nothing" in done.stdout and "never" in done.stdout


@pytest.mark.usefixtures("mine")
def test_a_users_module_comes_before_the_standard_library():
    done = convt("calendar:conv_transpose", "--case", "1d_k2,m=2")
    assert done.returncode == 1 and "refused 1: mine" in done.stdout


@pytest.mark.slow
def test_the_report_as_text_json_and_junit(mine):
    junitparser = pytest.importorskip("junitparser", reason="needs the extra specs")
    done = convt("mine:flipped", "--dims", "1")
    assert done.returncode == 1 and "in 1-D it computes: kernel not flipped" in done.stdout and "wrong answers, and the right ones" in done.stdout
    again = next(line for line in done.stdout.split("\n") if line.startswith("  again")).split()
    assert again[1:3] == ["convt", "conformance"]
    once = convt(*again[3:])
    assert once.returncode == 1 and "w         [[[2, 3]]]" in once.stdout and "found     [[[3, 2]]]" in once.stdout
    data = json.loads(convt("mine:flipped", "--dims", "1", "--format", "json").stdout)
    assert not data["conforms"] and data["computes"][0]["conventions"] == ["kernel not flipped"]
    assert data["passes"] + data["fails"] + data["refused"] == len(data["cases"]) == len(chosen(dims=(1,)))
    assert data["smallest"]["case"] == again[-1]
    done = convt("mine:flipped", "--dims", "1", "--format", "junit", "-o", "report.xml")
    suite = next(iter(junitparser.JUnitXml.fromfile(str(mine / "report.xml"))))
    assert done.returncode == 1 and suite.failures == data["fails"] + 1 and suite.tests == len(data["cases"]) + 1
    assert "kernel not flipped" in (mine / "report.xml").read_text(encoding="utf-8")
    assert convt("mine:right", "--dims", "1", "--format", "junit").returncode == 0
    assert convt("mine:right", "--dtype", "float64", "--case", "2d_k3x2s2,m=2x3,f=4,c=2,g=2,b=2,bias").returncode == 0


PROGRAM = f"""#!{sys.executable}
import sys
sys.path.append({HELPERS!r})
import numpy as np
from layers import layer
given = np.load(sys.argv[1])
if given["u"].ndim != 3:
    sys.exit(77)
if given["u"].shape[0] == 2:
    print("does not like two", file=sys.stderr)
    sys.exit(4)
bias = given["bias"] if "bias" in given else None
found = layer(MISTAKE)(given["u"], given["w"], bias, *(given[name] for name in ("stride", "padding", "output_padding", "dilation")), int(given["groups"]))
np.savez(sys.argv[2], y=found)
"""


@pytest.mark.slow
def test_a_program_reads_and_writes_npz(mine):
    def program(name, text):
        (mine / name).write_text(text)
        (mine / name).chmod(0o755)
        return f"./{name}"

    right = program("right", PROGRAM.replace("MISTAKE", ""))
    wrong = program("wrong", PROGRAM.replace("MISTAKE", "'length one short'"))
    lazy = program("lazy", f"#!{sys.executable}\n")
    cases = ["--case", "1d_k3s2p1op1,m=3,f=2,c=3,bias", "--case", "1d_k2s3p-1:0,m=2,f=4,c=2,g=2", "--case", "2d_k2,m=2"]
    done = convt(right, *cases)
    assert done.returncode == 0 and "2 cases right, 0 wrong, 1 refused" in done.stdout, done.stdout
    assert convt(wrong, *cases).returncode == 1
    done = convt(right, "--case", "1d_k2,m=2,b=2")
    assert done.returncode == 1 and "exit status 4: does not like two" in done.stdout
    done = convt(lazy, "--case", "1d_k2,m=2")
    assert done.returncode == 1 and "answer.npz is no answer" in done.stdout


README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
LINES = [line for line in README.split("\n") if line.startswith("convt conformance ")]


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
def test_the_lines_of_the_readme_run(line, mine):
    if "--adapter" in line:
        pytest.importorskip("torch", reason="needs torch")
    (mine / "mylib.py").write_text(MINE + "\nconv_transpose = made\n")
    (mine / "mytool").write_text(PROGRAM.replace("MISTAKE", "").replace('["u"].ndim != 3', '["u"].ndim > 4'))
    (mine / "mytool").chmod(0o755)
    done = convt(*shlex.split(line, comments=True)[2:])
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("report.xml" in line) == (mine / "report.xml").exists() and len(LINES) == 5


def test_the_numbers_of_the_readme():
    assert f"asked for {len(chosen())} cases" in README and f"configurations of {len(projects())} projects" in README


BAD = {
    "no implementation": ([], "IMPLEMENTATION=None: name one implementation"),
    "two of them": (["mine:right", "--adapter", "torch"], "name one implementation"),
    "no such module": (["nothing_here:f"], "there is no module nothing_here"),
    "no such module of a package": (["convt.nothing:f"], "there is no module convt.nothing"),
    "no such function": (["mine:rigth"], "mine has no rigth; nearest legal value: mine:right"),
    "no function": (["mine:five"], "mine.five is no function but int"),
    "other arguments": (["mine:few"], "few cannot be called with (u, w, bias, stride, padding, output_padding, dilation, groups)"),
    "no name": (["mine:"], "must be MODULE:FUNCTION"),
    "a name with blanks": (["mine:a b"], "must be MODULE:FUNCTION"),
    "a module that fails": (["fails:f"], "fails cannot be imported: ZeroDivisionError"),
    "a module that exits": (["exits:f"], "exits cannot be imported: SystemExit: 3"),
    "a module that crashes": (["ends:f"], "signal SIGABRT"),
    "no such program": (["./nothing"], "there is no such program"),
    "no program": (["./tool.txt"], "may not be executed; chmod +x it"),
    "no such adapter": (["--adapter", "troch"], "--adapter='troch': must be one of torch"),
    "four axes": (["mine:right", "--dims", "4"], "--dims='4'"),
    "no axes": (["mine:right", "--dims", "x"], "--dims='x'"),
    "no case": (["mine:right", "--case", "1d_k2"], "has no m="),
    "a case of another map": (["mine:right", "--case", "1d_k2,n=2"], "cannot have 'n=2'"),
    "a case with a wrong word": (["mine:right", "--case", "1d_k2,m=2,f=1x2"], "cannot have 'f=1x2'"),
    "an empty case": (["mine:right", "--case", "1d_k2p5,m=2"], "would have length"),
    "a huge case": (["mine:right", "--case", "1d_k2,m=999999,f=99"], "at most 16777216 entries"),
    "groups that do not divide": (["mine:right", "--case", "1d_k2,m=2,f=3,c=2,g=2"], "2 groups must divide"),
    "no seconds": (["mine:right", "--seconds", "0"], "--seconds='0'"),
    "a folder as output": (["mine:right", "--case", "1d_k2,m=2", "-o", "."], "is a folder"),
}


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line(name):
    from click.testing import CliRunner

    from convt.cli import main_group

    words, expected = BAD[name]
    done = CliRunner().invoke(main_group, ["conformance", *words])
    assert isinstance(done.exception, ArgumentError), (done.exception, done.output)
    assert expected in str(done.exception) and "\n" not in str(done.exception)


@pytest.mark.slow
@pytest.mark.usefixtures("mine")
def test_exit_codes():
    assert convt("mine:five").returncode == 2
    done = convt("needs:f")
    assert done.returncode == 3 and "needs needs nowhere_to_be_found, which is not installed" in done.stderr and "Traceback" not in done.stderr
    assert convt("mine:right", "--case", "1d_k2,m=2").returncode == 0
    assert convt("mine:flipped", "--case", "1d_k2,m=2").returncode == 1


def test_what_is_missing_is_said(monkeypatch):
    from convt._derive.errors import ToolMissing
    from convt.conformance import adapters, report

    monkeypatch.setitem(sys.modules, "junitparser", None)
    with pytest.raises(ToolMissing, match=r"pip install 'convt\[specs\]'"):
        report.junit_parser()
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ModuleNotFoundError):
        _ = adapters.jax


@pytest.mark.parametrize("function", [
    lambda u, w, bias, stride, padding: (u, w, bias, stride, padding), lambda a, b, c, d, e: (a, b, c, d, e),
    lambda u, w, **more: (u, w, more["bias"], more["stride"], more["padding"]), lambda u, w, *, padding, stride, bias: (u, w, bias, stride, padding)])
def test_a_function_is_called_in_the_way_it_is_written(function):
    from convt.conformance.child import called

    assert called(function, (1, 2, 3), {"stride": 4, "padding": 5}) == (1, 2, 3, 4, 5)
