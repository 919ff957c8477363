"""The commands: what they print, what they write, how they end."""

import hashlib
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter

import pytest

from convt._derive.theorems import files


def run(*arguments, cwd=None, **environment):
    return subprocess.run([sys.executable, "-m", "convt", *arguments], capture_output=True, text=True, cwd=cwd, check=False,
                          env=os.environ | environment)


def test_help_is_quick_and_loads_nothing():
    code = "import sys; sys.argv = ['convt', '--help']\nimport convt.cli\ntry:\n    convt.cli.main()\nfinally:\n" \
           "    print([m for m in ('sympy', 'numpy', 'rich', 'jinja2', 'convt.cli.prove') if m in sys.modules])"
    start = perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "[]" in done.stdout and "Exit codes" in done.stdout
    assert perf_counter() - start < 3  # a bound for catching heavy imports, not a measurement


@pytest.mark.slow
def test_prove_prints_a_line_a_theorem():
    done = run("prove", "2d_k4s2p1", "1d_k2s5d3")
    assert done.returncode == 0
    titles = [line.split("  ")[1:] for line in done.stdout.split("\n") if line[:1].isdigit() and "  " in line]
    for title in ("lengths", "round trip", "adjoint", "zero insertion", "polyphase split", "composition", "worked examples"):
        assert sum(title in [cell.strip() for cell in cells] for cells in titles) == 2
    assert done.stdout.count("not applicable") == 2 and "one axis: nothing to separate" in done.stdout
    assert "refuted" not in done.stdout and "2d_k4s2p1" in done.stdout


def test_prove_exits_1_when_a_theorem_falls_short(monkeypatch):
    from click.testing import CliRunner

    from convt._derive.claims import Identity
    from convt._derive.theorem import Step, Theorem
    from convt.cli import main_group

    wrong = Theorem(7, "wrong", "all sizes", "", (Step("1 = 2", Identity((1,), (2,))),))
    import_module("convt._derive.chosen")  # which keeps the theorems that it meets first
    monkeypatch.setattr("convt._derive.proof.theorems", lambda: (lambda spec: wrong,))
    result = CliRunner().invoke(main_group, ["prove", "1d_k3"])
    assert result.exit_code == 1 and "theorem 7 is refuted" in result.output


@pytest.mark.slow
def test_prove_for_coq_says_what_is_written_and_that_nothing_checked_it_where_coqc_is_missing(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from convt.cli import main_group

    import_module("convt._derive.coq.judge")
    monkeypatch.setattr("convt._derive.coq.judge.version", lambda: "")
    result = CliRunner().invoke(main_group, ["prove", "1d_k2", "--coq", str(tmp_path)])
    names = {path.name for path in tmp_path.iterdir()}
    assert result.exit_code == 0 and names == {"_CoqProject", "Library.v", "General.v", "Fast.v", "Any_1d.v", "conv_1d_k2.v"}
    written = (tmp_path / "conv_1d_k2.v").read_text(encoding="utf-8").count("\nTheorem ")
    assert f"conv_1d_k2.v: {written} statements\n" in result.output and written > 90
    assert "coqc is not installed" in result.output and ", coq " not in result.output


@pytest.mark.slow
@pytest.mark.parametrize("missing", [False, True], ids=["not accepted", "no words"])
def test_prove_for_coq_fails_where_coq_does_not_accept_or_has_no_words(tmp_path, monkeypatch, missing):
    from click.testing import CliRunner

    from convt._derive.coq.judge import Answer
    from convt._derive.coq.terms import NotInCoq
    from convt.cli import main_group

    def no_words(claim, *numbers):
        raise NotInCoq("no words for it")

    if missing:
        for made in ("general", "any_layers", "_places"):  # what was made before is forgotten
            monkeypatch.setattr(f"convt._derive.coq.files.{made}", getattr(import_module("convt._derive.coq.files"), made).__wrapped__)
        monkeypatch.setattr("convt._derive.coq.sums.statement", no_words)
    monkeypatch.setattr("convt._derive.coq.judge.version", lambda: "8.16.1")
    monkeypatch.setattr("convt._derive.coq.judge.ask", lambda folder, files: [
        Answer(file, not file.module.startswith("conv") or missing, 1.0, "T01_lengths_1: Cannot find witness.") for file in files])
    result = CliRunner().invoke(main_group, ["prove", "1d_k2", "--coq", str(tmp_path)])
    heard = {line.split("  ")[0]: ", coq " in line for line in result.output.split("\n") if line[:1].isdigit()}
    assert result.exit_code == 1 and "Coq does not have all of it" in result.output
    assert heard["2"] == missing and not heard["5"]  # theorem 5 is a sum
    assert ("T05_adjoint_1 (no words for it)" if missing else "NOT accepted by coqc 8.16.1: T01_lengths_1") in result.output


@pytest.mark.slow
def test_prove_shares_many_configurations_out(monkeypatch):
    """Sixteen or more go to several processes; what is printed is the same."""
    names = [f"1d_k{k}s{s}" for k in range(1, 9) for s in (1, 2)]
    together = run("prove", *names)
    assert together.returncode == 0
    alone = run("prove", names[5])
    rows = [line.split("  ")[:2] for line in together.stdout.split("\n")]
    at = rows.index([names[5]])
    assert [line.split("  ")[:2] for line in alone.stdout.split("\n")[:25]] == rows[at:at + 25]


@pytest.mark.slow
def test_derive_writes_a_pdf(tmp_path):
    done = run("derive", "1d_k3s2p1op1", "--format", "pdf", "-o", "d.pdf", cwd=tmp_path)
    if done.returncode == 3:
        assert "apt-get install" in done.stderr
        pytest.skip("needs TeX")
    assert done.returncode == 0 and (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF")
    assert run("derive", "1d_k3", "--format", "pdf").returncode == 2
    done = run("derive", "1d_k3", "--format", "pdf", "-o", "e.pdf", cwd=tmp_path, PATH="/nonexistent")
    assert done.returncode == 3 and "latexmk" in done.stderr and not (tmp_path / "e.pdf").exists()


@pytest.mark.slow
def test_derive_in_every_format(tmp_path):
    from convt._derive.theorems import files

    for kind, mark in (("text", "Theorem 1"), ("latex", r"\end{document}"), ("html", "<math"), ("json", '"theorems"')):
        done = run("derive", "1d_k3s2p1op1", "--format", kind, "-o", f"d.{kind}", cwd=tmp_path)
        assert done.returncode == 0 and mark in (tmp_path / f"d.{kind}").read_text(encoding="utf-8")
    data = json.loads((tmp_path / "d.json").read_text())
    assert data["spec"] == "1d_k3s2p1op1" and {t["number"]: t["verdict"] for t in data["theorems"]} == (
        dict.fromkeys(files(), "proved") | {20: "not applicable", 23: "checked"})


@pytest.mark.slow
def test_the_end_of_a_file_s_name_says_its_format(tmp_path):
    for name, mark in (("d.txt", "Theorem 1"), ("d.tex", r"\end{document}"), ("d.html", "<math"), ("d.json", '"theorems"')):
        done = run("derive", "1d_k1", "--only", "1", "-o", name, cwd=tmp_path)
        assert done.returncode == 0 and mark in (tmp_path / name).read_text(encoding="utf-8"), done.stderr
    done = run("derive", "1d_k1", "--only", "1", "--format", "text", "-o", "e.html", cwd=tmp_path)
    assert done.returncode == 0 and "Theorem 1" in (tmp_path / "e.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_derive_some_theorems_and_a_short_derivation():
    from click.testing import CliRunner

    from convt.cli import main_group

    def printed(*words):
        done = CliRunner().invoke(main_group, words)
        assert done.exit_code == 0, done.output
        return done.output

    data = json.loads(printed("derive", "1d_k3s2op2", "--only", "4,polyphase-split", "--format", "json"))
    assert [theorem["number"] for theorem in data["theorems"]] == [4, 10] and data["notes"]
    text = printed("derive", "1d_k3s2p1op1", "--short")
    assert text.count("Theorem ") == len(files()) + 1 and "Euler's identity" in text
    rows = {columns: printed("derive", "2d_k3s2p1", "--size", "3", "--only", "4", "--columns", columns).split("Matrix A ")[1].split("(9 × 25)")[0]
            for columns in ("12", "25")}
    assert "…" in rows["12"] and "…" not in rows["25"] and rows["25"].count("w1,1") == 9
    refused = CliRunner().invoke(main_group, ["derive", "1d_k3", "--columns", "1000"])
    assert refused.exit_code and "256" in str(refused.exception or refused.output)
    assert printed("prove", "1d_k3s2op2").split("\n")[1].startswith("note: output padding 2 is not below the stride 2")


@pytest.mark.slow
def test_claims_are_all_judged(tmp_path):
    done = run("claims", "--format", "json", "--engine", "reference", "-o", "c.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "c.json").read_text())
    assert [row["id"] for row in rows] == list(range(1, 38))
    for row in rows:
        assert row["verdict"] in ("true", "conditional", "false") and row["statement"] and row["because"] and row["source"]
        assert (row["verdict"] == "true") == (row["counterexample"] is None) == (row["condition"] is None)


@pytest.mark.slow
def test_claims_by_topic_and_number():
    done = run("claims", "--topic", "support", "--engine", "reference")
    assert done.returncode == 0 and done.stdout.count("cases hold") == 5
    done = run("claims", "14", "34", "--format", "html", "--engine", "reference")
    assert done.returncode == 0 and "<h2" in done.stdout and "<script" not in done.stdout
    done = run("claims", "14", "34", "--format", "latex", "--engine", "reference")
    assert done.returncode == 0 and done.stdout.count(r"\subsection*") == 2 and r"\end{document}" in done.stdout
    assert run("claims", "14", "--format", "pdf", "--engine", "reference").returncode == 2
    assert run("claims", "38").returncode == 2 and "lengths" in run("claims", "--topic", "length").stderr


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_counterexamples_are_replayed_by_kernels():
    done = run("claims", "6", "12", "--format", "json")
    assert [row["counterexample"]["replay"]["computed_by"] for row in json.loads(done.stdout)] == [
        "conv_transpose1d_k2_i64", "conv_transpose1d_k2_c128"]


def test_dialects_prints_every_dialect():
    done = run("dialects", "2d_k3s2p0:1")
    assert done.returncode == 0 and "padding='SAME'" in done.stdout and "cannot: " in done.stdout
    rows = json.loads(run("dialects", "1d_k3s2p1op1", "--format", "json").stdout)
    assert {row["dialect"]: row["arguments"] is None for row in rows} == {
        "Caffe": True, "JAX": False, "Keras": True, "LiteRT": True, "oneDNN": False, "ONNX": False, "OpenVINO": False,
        "PyTorch": False, "SciPy": True, "TensorFlow": True}


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_build_leaves_a_package(tmp_path):
    """What is in it is tested in ``test_packages.py``. Kernels come in modules of their own, also where the store holds one with others."""
    import convt

    convt.build(["1d_k3s2", "1d_k4s2p1"])
    done = run("build", "1d_k3s2", "1d_k4s2p1", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.endswith("to build it: pip install ./out\n"), done.stderr
    names = {path.name for path in (tmp_path / "out").iterdir()}
    kernels = ("conv_transpose1d_k3s2_f32", "conv_transpose1d_k4s2p1_f32")
    assert names == {"pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "test_impulses.py", "SHA256SUMS", "convt_runtime.h",
                     *(name + end for name in kernels for end in (".pyx", ".c", ".json"))}
    for name in kernels:
        assert json.loads((tmp_path / "out" / f"{name}.json").read_text())["miss_probability"] <= 1e-12
        assert (tmp_path / "out" / f"{name}.pyx").read_text(encoding="utf-8").count(f"\ndef {name}(") == 1
    done = run("build", "1d_k3s2", "1d_k4s2p1", "--explain", "--channels", "8,8", "--size", "16", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.count("families, cheapest estimate wins") == done.stdout.count("source: ") == 2


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_build_for_coq_puts_digests_into_the_certificates_of_the_package(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from convt.cli import main_group

    import_module("convt._derive.coq.judge")
    monkeypatch.setattr("convt._derive.coq.judge.version", lambda: "")
    result = CliRunner().invoke(main_group, ["build", "1d_k3s2", "-o", str(tmp_path / "out"), "--coq"])
    assert result.exit_code == 0, result.output
    said = json.loads((tmp_path / "out" / "conv_transpose1d_k3s2_f32.json").read_text())["coq"]
    assert said["coqc"] is None and set(said["files_sha256"]) == {"Library.v", "General.v", "Fast.v", "Any_1d.v", "conv_1d_k3s2.v"}
    for name, digest in said["files_sha256"].items():
        assert hashlib.sha256((tmp_path / "out" / "coq" / name).read_bytes()).hexdigest() == digest
    for words in (["--coq"], ["--coq", "--c", "-o", "c"], ["--coq", "--source-only", "-o", "c"]):
        refused = CliRunner().invoke(main_group, ["build", "1d_k3s2", *words])
        assert refused.exit_code and not (tmp_path / "c").exists()


@pytest.mark.slow
def test_build_without_a_compiler_says_what_to_install(tmp_path):
    done = run("build", "1d_k3", cwd=tmp_path, CC="no-such-cc")
    assert done.returncode == 3 and "apt-get install gcc" in done.stderr and "Traceback" not in done.stderr
    assert run("doctor", CC="no-such-cc").returncode == 3
    for arguments in (("prove", "1d_k3"), ("derive", "1d_k3"), ("build", "1d_k3", "--target", "x86-64-v3", "--source-only")):
        assert run(*arguments, CC="no-such-cc", cwd=tmp_path).returncode == 0


@pytest.mark.slow
def test_draw_writes_pictures(tmp_path):
    pytest.importorskip("matplotlib", reason="needs the extra draw")
    for name in ("m.png", "m.svg"):
        assert run("draw", "2d_k3s2p1", "-o", name, cwd=tmp_path).returncode == 0
    assert run("draw", "2d_k3s2p1", "--kind", "scatter", "-o", "s.svg", cwd=tmp_path).returncode == 0
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG") and "<svg" in (tmp_path / "s.svg").read_text()


@pytest.mark.slow
def test_sync_check_prints_the_difference_and_the_cure(tmp_path):
    folder = tmp_path / "generated"
    folder.mkdir()
    assert run("sync", cwd=tmp_path).returncode == 0 and run("sync", "--check", cwd=tmp_path).returncode == 0
    assert len(list(folder.glob("*.pyx"))) == 20 and [path.name for path in folder.glob("*.h")] == ["convt_runtime.h"]
    victim = sorted(folder.iterdir())[0]
    victim.write_text(victim.read_text(encoding="utf-8").replace("# SPDX", "# spdx", 1), encoding="utf-8")
    sorted(folder.iterdir())[1].unlink()
    (folder / "stranger.pyx").write_text(sorted(folder.iterdir())[2].read_text(encoding="utf-8"), encoding="utf-8")
    done = run("sync", "--check", cwd=tmp_path)
    assert done.returncode == 1 and "+# SPDX-License-Identifier" in done.stdout and "run 'convt sync'" in done.stderr
    assert "missing: generated/" in done.stdout and "not in the catalogue: generated/stranger.pyx" in done.stdout
    assert run("sync", cwd=tmp_path).returncode == 0 and run("sync", "--check", cwd=tmp_path).returncode == 0


def test_doctor_names_everything(tmp_path):
    done = run("doctor")
    assert done.returncode == 0
    for name in ("islpy", "z3-solver", "C compiler", "Python.h", "store"):
        assert name in done.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_demo_goes_the_whole_way(tmp_path):
    pytest.importorskip("matplotlib", reason="needs the extra draw")
    done = run("demo", "--fresh", "-o", "d", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("proved", "compile and prove", "exact checks passed", "Try next"):
        assert words in done.stdout
    page = (tmp_path / "d" / "index.html").read_text(encoding="utf-8")
    assert "<math" in page and "data:image/png;base64" in page and "miss_probability" in page and "<script" not in page
    from PIL import Image

    with Image.open(tmp_path / "d" / "upsampled.png") as image:
        assert image.width > 1200


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_decoder_example_runs():
    path = Path(__file__).parents[2] / "examples" / "decoder.py"
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "(32, 32) picture" in done.stdout, done.stderr
    assert float(done.stdout.split(": ")[-1]) < 1e-4


def test_the_measuring_script_compiles():
    path = Path(__file__).parents[2] / "examples" / "times.py"
    compile(path.read_text(encoding="utf-8"), str(path), "exec")


@pytest.mark.parametrize("words, some, none", [
    ("convt pr", {"prove"}, {"build"}), ("convt prove 2d_k4", {"2d_k4s2p1", "2d_k4s4"}, {"1d_k8s4"}), ("convt build 2d_k4s2p1 1d_", {"1d_k8s4"}, {"2d_k1"}),
    ("convt build --target x86", {"x86-64-v3", "x86-64-v4"}, {"generic"}), ("convt build --dtype c", {"complex64", "complex128"}, {"int64"}),
    ("convt build --map conv_", {"conv_transpose", "conv_weight_gradient"}, {"conv"}), ("convt build --layout ", {"channels_first", "channels_last"}, set()),
    ("convt draw 1d_k3 --kind s", {"scatter"}, {"gather"}), ("convt claims --format ", {"html", "latex"}, set()),
    ("convt derive 1d_k3 --only 4,po", {"4,polyphase-split"}, {"4,adjoint", "polyphase-split"}), ("convt derive 1d_k3 --only ad", {"adjoint"}, {"matrix"}),
    ("convt bench --peers torch,o", {"torch,ort", "torch,openvino"}, {"torch,jax"}), ("convt claims --topic up", {"upsampling"}, {"lengths"}),
    ("convt dialects --read ten", {"tensorflow"}, {"keras"})])
def test_completion_offers_what_is_legal(words, some, none):
    typed = words.split(" ")
    command = "import sys; sys.argv = ['convt']; from convt.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, env=os.environ | {
        "_CONVT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(typed) - 1)})
    offered = {line.partition(",")[2] for line in done.stdout.split()}
    assert some <= offered and not none & offered and all(word.startswith(typed[-1]) for word in offered)


@pytest.mark.usefixtures("compiler")
def test_stage_lines_of_several_kernels_name_theirs(monkeypatch):
    """Of one kernel alone there is nothing to tell apart."""
    from convt._codegen import pipeline
    from convt._codegen.problem import Problem

    problems = [Problem.of("1d_k2"), Problem.of("1d_k3"), Problem.of("1d_k4")]

    def make(some, keys, tools, store, known, report, brood, ready):
        report("check", 0.5, "7 exact checks")
        return {}

    monkeypatch.setattr(pipeline, "make", make)
    monkeypatch.setattr(pipeline, "key_of", lambda problem, tools: f"none-{problem.name}")
    for alone, wanted in ((True, {f"{problem.name}: 7 exact checks" for problem in problems}), (False, {"7 exact checks"})):
        said = []
        pipeline.build(problems, lambda *words, said=said: said.append(words), alone)
        assert {detail for _, _, detail in said} == wanted


@pytest.mark.parametrize(("words", "says"), [
    (("prove", "1d_k2", "--coq", "/dev/null/x"), "--coq=/dev/null/x: /dev/null is no folder"),
    (("derive", "--general", "--size", "3"), "--size=3: does not go with --general"),
    (("derive", "1d_k2", "--general"), "SPEC=1d_k2: does not go with --general"),
    (("derive", "1d_k2", "--cost", "--format", "json"), "--cost=True: prints numbers as text"), (("derive", "1d_k2", "--columns", "3"), "--columns=3")])
def test_options_that_do_not_go_together_or_nowhere_are_named(words, says):
    refused = run(*words)
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1 and says in refused.stderr.replace("'", ""), refused.stderr
