"""The levels below shapes: proofs and their ledger, kernels, libraries; interrupted and killed."""

import os
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pytest
import specs

from convt import ConvSpec
from convt._derive import children
from convt.peers import DISTRIBUTIONS
from convt.peers.call import CannotSay
from convt.specs import answers, check, choice, kernels, libraries, proofs, reading
from convt.specs import ledger as ledger_file
from convt.specs.finding import LEVELS
from convt.specs.ledger import Ledger

ROOT = Path(__file__).parents[2]
PROVED = {number: {"outcome": "proved", "scope": "all sizes", "why": ""} for number in range(1, 24)}
ROWS = [f'[[layer]]\nname = "l{k}"\nconfig = "1d_k{k}s2"\ninput = ["H"]\noutput = ["2*H + {k - 2}"]\n' for k in range(2, 8)]


def layer(tmp_path, text):
    one, = reading.read([specs.write(tmp_path, text)])
    return one


def states(findings):
    return {finding.what: finding.state for finding in findings}


def test_theorems_that_fall_short_are_said_and_named_ones_must_apply(tmp_path):
    one = layer(tmp_path, '[[layer]]\nname = "a"\nconfig = "1d_k4s2p1"\nhold = [5, "separable kernels", "uniform coverage"]\n')
    found = list(proofs.findings(one, {**PROVED, 20: {"outcome": "not applicable", "scope": "", "why": "one axis"},
                                       7: {"outcome": "undecided", "scope": "all sizes", "why": ""}}))
    assert states(found) == {"theorem 5, adjoint": "holds", "theorem 20, separable kernels": "falls short", "theorem 13, coverage": "holds",
                             "theorem 7, scatter": "falls short"}
    assert "one axis" in found[1].why and "is undecided; its scope is all sizes" in found[3].why
    one = layer(tmp_path, '[[layer]]\nname = "a"\nconfig = "1d_k4s2p1"\n')
    assert states(proofs.findings(one, PROVED)) == {"theorems": "holds"}


def test_the_ledger_remembers_and_survives_damage(tmp_path):
    ledger = Ledger(tmp_path / "checks.sqlite")
    ledger.put("proofs", "1d_k3", {"1": 2})
    assert Ledger(ledger.path).get("proofs", "1d_k3") == {"1": 2} and ledger.get("facts", "1d_k3") is None
    ledger.path.write_bytes(b"no database at all" * 100)
    again = Ledger(ledger.path)
    assert again.get("proofs", "1d_k3") is None
    again.put("proofs", "1d_k3", 5)
    for number in range(1200):
        again.put("many", str(number), number) if number % 300 == 7 else None
    assert again.some("many", [str(number) for number in range(1200)]) == {"7": 7, "307": 307, "607": 607, "907": 907}
    assert again.get("proofs", "1d_k3") == 5
    nowhere = Ledger(tmp_path / "no" / "such" / "folder")
    nowhere.put("a", "b", 1)
    assert nowhere.get("a", "b") is None


@pytest.mark.parametrize("package", ["z3-solver", "cvc5", "islpy", "sympy"])
def test_the_ledger_forgets_what_other_judges_said(tmp_path, monkeypatch, package):
    def with_version(number):
        def asked(name):
            if name == package and number is None:
                raise PackageNotFoundError(name)
            return number if name == package else version(name)

        monkeypatch.setattr(ledger_file, "version", asked)
        ledger_file._judges.cache_clear()
        return Ledger(tmp_path / "checks.sqlite")

    with_version("1.0").put("proofs", "1d_k3", 1)
    assert with_version("1.0").get("proofs", "1d_k3") == 1
    assert with_version("1.1").get("proofs", "1d_k3") is None and with_version(None).get("proofs", "1d_k3") is None
    monkeypatch.undo()
    ledger_file._judges.cache_clear()


def test_what_was_proved_is_not_proved_again(tmp_path, monkeypatch):
    ledger = Ledger(tmp_path / "checks.sqlite")
    asked = []
    monkeypatch.setattr(proofs, "_elsewhere", lambda some: [asked.append(str(spec)) or (str(spec), {"1": {"outcome": "proved"}}) for spec in some])
    one, two = ConvSpec.parse("1d_k3"), ConvSpec.parse("1d_k4s2")
    assert proofs.verdicts([one, two, one], ledger, lambda words: None)[one] == {1: {"outcome": "proved"}}
    proofs.verdicts([two, one, ConvSpec.parse("1d_k5")], ledger, lambda words: None)
    assert sorted(asked) == ["1d_k3", "1d_k4s2", "1d_k5"]


def task(spec, map_name="conv_transpose", groups=1, bias=False, words=None):
    return libraries.Task(spec, map_name, groups, 2 * groups, 2 * groups, bias, None, words)


LIES = {  # what is computed instead
    "flipped": lambda call: answers.definition(replace(call, w=call.w[..., ::-1])),
    "one short": lambda call: answers.definition(call)[..., :-1],
    "shifted": lambda call: np.roll(answers.definition(call), 1, -1),
    "nan": lambda call: answers.definition(call) * np.nan,
    "no bias": lambda call: answers.definition(replace(call, bias=None)),
    "nothing": lambda call: None,
    "raises": lambda call: 1 / 0,
    "other batch": lambda call: answers.definition(call)[::-1],
}


class Peer:
    """A library that computes this of each call, whatever it is; and how many calls it was asked for at once."""

    NAME = "peer"

    def __init__(self, one=answers.definition, words=lambda call: {}):
        self.one, self.words, self.asked = one, words, []

    def compute(self, calls):
        self.asked.append(len(calls))
        return [self.one(call) for call in calls]


@pytest.mark.parametrize("map_name", ["conv_transpose", "conv"])
@pytest.mark.parametrize("lie", LIES)
def test_a_library_that_computes_otherwise_is_told_with_the_smallest_case(lie, map_name):
    tasks = [task(spec, map_name, 2, True) for spec in ("1d_k4s2p1", "2d_k3s2p0:1op1")]
    for found in answers.answers(Peer(LIES[lie]), tasks):
        assert found["state"] == "falls short" and "peer" in found["why"] and "m = " in found["example"], found
    assert answers.answers(Peer(), tasks) == [{"state": "holds"}] * 2


def test_layers_are_computed_together_and_one_that_is_refused_spoils_no_other():
    def one(call):
        if call.spec == refused and call.shape[-1] > 3:
            raise ValueError("too long")
        return answers.definition(call)

    def words(call):
        if call.spec == unsaid:
            raise CannotSay("no words")

    specs_ = [ConvSpec.parse(name) for name in ("1d_k1", "1d_k2", "1d_k3s2", "1d_k4s2p1", "1d_k5")]
    refused, unsaid = specs_[1], specs_[3]
    tasks = [task(str(spec)) for spec in specs_]
    found = answers.answers(Peer(one, words), tasks)
    assert [answer["state"] for answer in found] == ["holds", "falls short", "holds", "left out", "holds"]
    assert found[1]["why"] == "peer refuses it: too long" and found[1]["example"] == "m = 3, n = 4"
    assert found[3]["why"] == "peer cannot say it: no words"
    peer = Peer()
    answers.answers(peer, tasks)
    assert peer.asked == [4 * len(tasks)]
    peer.compute = lambda calls: [answers.definition(call) for call in calls[1:]]
    assert {answer["state"] for answer in answers.answers(peer, tasks)} == {"falls short"}


def test_cases_are_small_and_begin_with_the_smallest():
    assert [call.u.shape[2:] for call in answers.cases(task("1d_k4s2p1"))] == [(1,), (2,), (3,), (6,)]
    assert answers.answers(Peer(), [task("3d_k300")])[0]["state"] == "left out"


def _program(monkeypatch, code):
    """Another program in place of the child."""
    def start(module, *words, packages=(), **options):
        return children.start_program([sys.executable, "-c", code, *words], **options)

    monkeypatch.setattr(libraries.children, "start", start)


def test_a_library_that_ends_its_process_falls_short_and_the_rest_goes_on(monkeypatch):
    _program(monkeypatch, "import sys, json, os\ntasks = json.load(sys.stdin)\n"
             "if sys.argv[2] != '1' and any(t['spec'] == '1d_k2' for t in tasks): os.abort()\nfor t in tasks:\n"
             "    if t['spec'] == '1d_k2': os.abort()\n    print(json.dumps({'state': 'holds'}), flush=True)\n")
    answers = libraries._answers("torch", [task("1d_k1"), task("1d_k2"), task("1d_k3"), task("1d_k2")])
    assert [answer["state"] for answer in answers] == ["holds", "falls short", "holds", "falls short"] and "ended with" in answers[1]["why"]


@pytest.mark.slow
def test_a_library_that_hangs_falls_short(monkeypatch):
    _program(monkeypatch, "import sys, json, time\nfor t in json.load(sys.stdin):\n    if t['spec'] == '1d_k2': time.sleep(60)\n"
             "    print(json.dumps({'state': 'holds'}), flush=True)\n")
    monkeypatch.setattr(libraries, "START", 0.5)
    monkeypatch.setattr(libraries, "EACH", 0.5)
    answers = libraries._answers("torch", [task("1d_k1"), task("1d_k2")])
    assert [answer["state"] for answer in answers] == ["holds", "falls short"] and "did not answer within" in answers[1]["why"]


def test_a_library_that_is_absent_is_missing(monkeypatch):
    _program(monkeypatch, "print('{\"absent\": \"is not installed\"}')")
    assert [answer["state"] for answer in libraries._answers("torch", [task("1d_k1"), task("1d_k2")])] == ["missing", "missing"]


LAYERS = """
[[layer]]
name = "own words"
torch = { kernel_size = [4, 3], stride = 2, padding = 1, output_padding = [0, 1] }
bias = true
[[layer]]
name = "onnx words"
onnx = { kernel_shape = [3, 3], strides = [2, 2], pads = [0, 1, 1, 0], output_padding = [1, 0] }
[[layer]]
name = "onnx numbers"
onnx = { kernel_shape = [3, 3], strides = 2, pads = [0, 1, 1, 0], output_padding = 1, dilations = 1 }
[[layer]]
name = "depthwise"
config = "1d_k4s2p1"
channels = [8, 8]
groups = 8
[[layer]]
name = "filter"
config = "2d_k4s2p1"
weights = "fir:1,3,3,1,gain=4"
[[layer]]
name = "conv"
map = "conv"
config = "3d_k3s2p1"
bias = true
[[layer]]
name = "conv in torch's words"
map = "conv"
torch = { kernel_size = [4, 3], padding = "same", dilation = [1, 2] }
[[layer]]
name = "conv in ONNX's words"
map = "conv"
onnx = { kernel_shape = [4, 3], strides = 2, pads = [0, 1, 2, 0] }
bias = true
[[layer]]
name = "odd conv"
map = "conv"
config = "1d_k3s2p-1:2d2"
[[layer]]
name = "gradient"
map = "conv_weight_gradient"
config = "2d_k3s2p1"
channels = [4, 2]
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torch", "onnxruntime", "jax", "tensorflow", "openvino"])
def test_libraries_agree(tmp_path, name):
    if not any(children.installed(one) for one in DISTRIBUTIONS[name]):
        pytest.skip(f"needs {name}")
    layers = reading.read([specs.write(tmp_path, f'convt = 1\n[defaults]\nagree = ["{name}"]\n{LAYERS}')])
    found = {one.name: finding for one, (finding,) in zip(layers, libraries.compare(layers, lambda words: None), strict=True)}
    assert {finding.state for finding in found.values()} <= {"holds", "left out"}, found
    assert sum(finding.state == "holds" for finding in found.values()) >= {"torch": 9, "onnxruntime": 8, "jax": 8, "tensorflow": 5, "openvino": 7}[name], found


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_kernels_and_what_is_said_of_them(tmp_path):
    text = '[[layer]]\nname = "a"\nconfig = "2d_k4s2p1"\nchannels = [64, 32]\ninput = [16, 16]\nfamily = "{}"\nmemory = "{}"\nmax_error = {}\n'
    one = layer(tmp_path, text.format("fast", "2 MiB", 1e-2))
    kernel, = kernels.kernels([one], lambda words: None).values()
    assert states(kernels.findings(one, kernel)) == {"kernel": "holds", "family": "holds", "max_error": "holds", "memory": "holds"}
    other = layer(tmp_path, text.format("plain", "300 KiB", 1e-7))
    found = {finding.what: finding for finding in kernels.findings(other, kernel)}
    assert [found[name].state for name in ("family", "memory", "max_error")] == ["falls short"] * 3
    assert "choose fast, and should choose plain" in found["family"].why
    taken = kernels.memory(one, kernel, "fast")
    assert taken == 4 * (64 * 256 + 32 * 1024 + 64 * 32 * 16) + kernel.pack(np.ones((64, 32, 4, 4), "float32"), algorithm="fast").ready["fast"][1].nbytes
    errors = []
    rng = np.random.default_rng(1)
    for _ in range(3):
        u, w = rng.uniform(-1, 1, (1, 64, 16, 16)).astype("float32"), rng.uniform(-1, 1, (64, 32, 4, 4)).astype("float32")
        from convt import conv_transpose

        exact = conv_transpose(u.astype("float64"), w.astype("float64"), stride=2, padding=1, engine="reference")
        errors.append(np.abs(kernel(u, w, algorithm="fast") - exact).max() / (64 * 4 * np.abs(w).max() * np.abs(u).max()))
    assert max(errors) < choice.bound(one, "fast")


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_kernel_that_fails_its_checks_falls_short_and_others_do_not(tmp_path, monkeypatch):
    from convt._codegen import pipeline
    from convt._codegen.errors import CheckFailed

    layers = reading.read([specs.write(tmp_path, '[[layer]]\nname = "a"\nconfig = "1d_k3"\n[[layer]]\nname = "b"\nconfig = "1d_k4s2p1"\n')])
    build = pipeline.build

    def failing(problems):
        if any(str(problem.spec) == "1d_k3" for problem in problems):
            raise CheckFailed("a wrong bit")
        return build(problems)

    monkeypatch.setattr(pipeline, "build", failing)
    found = kernels.kernels(layers, lambda words: None)
    assert [states(kernels.findings(one, found[one.problem()]))["kernel"] for one in layers] == ["falls short", "holds"]


def command(path, *words):
    return [sys.executable, "-m", "convt", "check", str(path), *words]


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_everything_at_once(tmp_path):
    path = specs.write(tmp_path, 'convt = 1\n[defaults]\nagree = ["torch"]\n[[layer]]\nname = "up"\nconfig = "2d_k4s2p1"\nchannels = [8, 4]\ninput = [8, 8]\n'
                       'output = [16, 16]\nhold = ["adjoint"]\n')
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(command(path, "--update", "--junit", "out.xml", "--strict"), cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == (0 if children.installed("torch") else 3), done.stdout + done.stderr
    assert "up: new" in done.stdout and (tmp_path / "out.xml").exists()
    text = Path(f"{path}.lock").read_text()
    assert all(f"{fact} =" in text.replace('"', "") for fact in ("length", "phases", "proved for all sizes", "source", "family", "amplification"))
    for level in LEVELS[:3]:
        assert subprocess.run(command(path, "--level", level), cwd=tmp_path, check=False, env=environment).returncode == 0


@pytest.mark.full
@pytest.mark.usefixtures("compiler")
def test_the_examples_hold_at_every_level(tmp_path):
    paths = [path for path in sorted((ROOT / "examples" / "specs").glob("*.convt.toml")) if "mistakes" not in path.name]
    results = check.check(reading.read(paths), "libraries")
    assert all(result.holds for result in results), [finding for result in results for finding in result.of("falls short")]


FAST = '[[layer]]\nname = "a"\nconfig = "2d_k4s2p1"\nchannels = [16, 8]\ninput = [8, 8]\nfaster_than = {{ peer = "{}", ratio = {} }}\n'


def test_ratios_of_times(tmp_path, monkeypatch):
    from convt.bench import harness
    from convt.specs import speed
    from convt.specs.finding import Result

    asked = []

    def measure(layers, threads, rounds, peers, note):
        asked.append((len(layers), threads, peers))
        return [harness.Timed("0", {"convt": [1.0] * 11, "ort": [1.5] * 11})], {}

    monkeypatch.setattr(harness, "measure", measure)
    for ratio, peer, state in ((1.4, "onnxruntime", "holds"), (1.6, "onnxruntime", "falls short"), (1.0, "torch", "missing")):
        result = Result(layer(tmp_path, FAST.format(peer, ratio)))
        speed.measure([result, Result(layer(tmp_path, '[[layer]]\nname = "b"\nconfig = "1d_k3"\n'))], lambda words: None)
        assert states(result.findings) == {"faster_than": state}
    assert asked == [(1, 1, ["ort"]), (1, 1, ["ort"]), (1, 1, ["torch"])]
    with pytest.raises(reading.BadSpec, match="is measured for conv_transpose of float32"):
        layer(tmp_path, FAST.format("torch", 1.0) + 'dtype = "float64"\n')


@pytest.mark.full
@pytest.mark.usefixtures("compiler")
def test_speed_is_measured(tmp_path):
    if not children.installed("torch"):
        pytest.skip("needs torch")
    done = subprocess.run(command(specs.write(tmp_path, FAST.format("torch", 0.001)), "--level", "shapes", "--speed", "--format", "json"),
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and '"faster_than"' in done.stdout, done.stderr


@pytest.mark.full
@pytest.mark.usefixtures("compiler")
def test_the_conformance_file_holds_at_every_level(tmp_path):
    import json

    rows = [json.loads(line) for line in (ROOT / "tests" / "data" / "configs.jsonl").read_text().splitlines()]
    results = check.check(reading.read([specs.write(tmp_path, specs.conformance(rows))]), "libraries")
    assert len(results) == 664 and all(result.holds for result in results), [str(one) for result in results for one in result.of("falls short")]
