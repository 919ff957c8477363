import json
import re
import shutil
from xml.etree import ElementTree

import pytest

from convt import dialects
from convt._derive.claims import SameSum
from convt._derive.derivation import derivation, general_derivation
from convt._derive.render import FORMS, pdf, show
from convt._derive.render.chain import rows, statement
from convt._derive.render.latex import step_latex, worked
from convt._derive.render.letters import definition_rows
from convt._derive.theorems import files

NAMES = ["2d_k4s2p1", "1d_k3s2p1op1", "3d_k3x2x4s2x3x1p0:1x-1x2d2x1x1op1x0x0", "1d_k40s7d3"]


def test_the_latex_document_is_the_golden_file(golden):
    golden("derivation_1d_k3s2p1op1.tex", derivation("1d_k3s2p1op1").latex())


def test_what_shows_itself_has_every_form():
    """What is looked up when it is asked for is there, for notebooks too."""
    whole = derivation("1d_k3s2p1", only=(5, 7))
    apart = dialects.compare("pytorch: kernel_size=3 stride=2", "pytorch: kernel_size=3 stride=2 padding=1")
    things = {"Derivation": whole, "Proof": whole.proofs[0], "Comparison": apart}
    assert things.keys() == FORMS.keys()
    for name, thing in things.items():
        assert {"text"} <= FORMS[name].keys() and str(thing) == show(thing, "text") and "\n" in str(thing)
        for form in FORMS[name].keys() - {"pdf"}:
            assert show(thing, form), (name, form)
    theorem = whole.theorems[0]
    assert theorem._repr_html_() == things["Proof"]._repr_html_() and "Theorem 5" in theorem._repr_latex_()
    assert "<math" in whole.proofs[1]._repr_html_() and "\\subsection" in whole.proofs[1]._repr_latex_()
    assert callable(pdf.document)


PRINTED = ["2d_k4s2p1", "1d_k3s2p1op1", "2d_k3s2p1d2op1", "1d_k16s8p4", "3d_k2s2"]


def document(name):
    return general_derivation() if name == "general" else derivation(name)


@pytest.mark.parametrize("name", ["general", *PRINTED])
def test_latex_is_written_in_ascii_and_text_without_commands(name):
    made = document(name)
    assert not set(re.findall(r"[^\x00-\x7f]", made.latex()))  # pdflatex stops at a letter that it has no font for
    assert not re.findall(r"\\[a-zA-Z]+", made.text())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["general", *PRINTED, *NAMES[2:]])
def test_the_document_compiles_without_warnings_that_matter(name):
    from convt._derive.errors import ToolMissing
    from convt._derive.render.pdf import compiled

    try:
        pdf, log = compiled(document(name).latex())
    except ToolMissing as missing:
        pytest.skip(str(missing))
    assert pdf.startswith(b"%PDF") and len(pdf) < 1_000_000
    too_wide = [float(width) for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert not [width for width in too_wide if width > 10], f"overfull boxes in {name}: {too_wide}"
    assert "LaTeX Warning: Reference" not in log and "Missing character" not in log


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs TeX")
@pytest.mark.parametrize("name", PRINTED[:3])
def test_a_short_document_has_six_to_eight_pages(name):
    from convt._derive.render.pdf import compiled

    _, log = compiled(derivation(name, short=True).latex())
    assert 6 <= int(re.search(r"Output written on \S+ \((\d+) pages", log)[1]) <= 8


def test_pdf_without_tex_names_the_cure(monkeypatch):
    from convt._derive.errors import ToolMissing

    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(ToolMissing, match="apt-get install latexmk"):
        pdf.compiled("")


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs TeX")
def test_a_document_that_tex_refuses_says_why():
    from convt._derive.render.pdf import DoesNotCompile, compiled

    with pytest.raises(DoesNotCompile, match="Undefined control sequence"):
        compiled(r"\documentclass{article}\begin{document}\nosuchcommand\end{document}")


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("name", [*PRINTED[:2], *(pytest.param(name, marks=pytest.mark.slow) for name in (*PRINTED[2:], *NAMES[2:]))])
def test_no_formula_is_printed_without_a_judged_statement(name, short):
    """Walk the document: each line of a proof stands below the name of the step and the line of its claim, with its verdict; what the
    judges were asked stands below the name of its step; and matrices, pictures and numbers below the theorem that they rest on."""
    made = derivation(name, short=short)
    proofs = {proof.theorem.number: proof for proof in made.proofs}
    lines = made.latex().split("\\begin{document}")[1].split("\n")
    seen, asked = set(), set()
    for number, line in enumerate(lines):
        if line.startswith((r"\row{\verdict", r"\row{}")):
            continue
        if line.startswith(r"\row{"):
            if lines[number - 1] == "% definition":
                assert any(row.latex in line for row in definition_rows(made.spec))
                continue
            if lines[number - 1] == "% by theorem 23":
                assert any(row.latex in line for row in worked(made))
                continue
            if stated := re.fullmatch(r"% theorem (\d+), statement: (\w+)", lines[number - 1]):
                proof = proofs[int(stated[1])]
                (row,) = statement(proof.theorem)
                first = next(step.claim for step in proof.theorem.steps if isinstance(step.claim, SameSum))
                of_claim = rows(first)
                assert row.latex in line and proof.outcome == stated[2] and row.latex.startswith(of_claim[0].latex)
                assert any(row.latex == f"{of_claim[0].latex} {one.latex}" for one in of_claim[1:3])
                continue
            behind = re.fullmatch(r"% theorem (\d+), step (\d+), line (\d+): (\w+)", lines[number - 1])
            assert behind, f"no statement behind {line[:80]}"
            proof, index, at = proofs[int(behind[1])], int(behind[2]) - 1, int(behind[3])
            row = rows(proof.theorem.steps[index].claim)[at]
            assert line in (rf"\row{{$\displaystyle {row.latex}$}}{{{reason(row)}}}", rf"\row{{\fitrow{{$\displaystyle {row.latex}$}}}}{{{reason(row)}}}",
                            rf"\row{{}}{{{reason(row)}}}")
            assert proof.verdicts[index].outcome == behind[4] in ("proved", "checked")
            seen.add((int(behind[1]), index, at))
        if line.startswith("$"):
            behind = re.fullmatch(r"% theorem (\d+), step (\d+): (\w+)", lines[number - 1])
            assert behind, f"no statement behind {line[:80]}"
            proof, index = proofs[int(behind[1])], int(behind[2]) - 1
            assert line == f"${step_latex(proof.theorem.steps[index])}$" and proof.verdicts[index].outcome == behind[3]
            asked.add((int(behind[1]), index))
        if ("pmatrix" in line or "{array}" in line) and not line.startswith((r"\row{", "$")):
            assert "% by theorem 4" in lines[number - 1]
        if line.startswith(r"\begin{tabular}"):
            assert lines[number - 1] == "% by theorem 1"
        if line.startswith(r"{\setlength{\unitlength}"):
            assert re.fullmatch("% by theorem (7|8|10)", lines[number - 2])
    printed = {int(n) for n in re.findall(r"% by theorem (\d+)", "\n".join(lines))}
    assert {1, 4, 10, 13} <= printed <= {1, 4, 7, 8, 10, 13, 23} and all(proofs[n].holds for n in printed)
    every = {(proof.theorem.number, index) for proof in made.in_full for index in range(len(proof.theorem.steps))}
    assert {one[:2] for one in seen} == every and asked == (set() if short else every)


def reason(row):
    return f"${row.reason}$" if row.reason else ""


@pytest.mark.parametrize("name", [*NAMES[:2], *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES[2:])])
def test_the_page_is_well_formed_and_self_contained(name):
    pytest.importorskip("latex2mathml", reason="needs the extra html")
    page = derivation(name).html()
    assert not re.search(r"<script|https?://(?!www\.w3\.org)", page)
    body = page.removeprefix("<!doctype html>").replace("&nbsp;", " ")
    body = re.sub(r"<meta ([^>]*)>", r"<meta \1/>", body)
    body = re.sub(r"&(?!(amp|lt|gt|quot|#))\w+;", "?", body)
    root = ElementTree.fromstring(body)
    maths = [node for node in root.iter() if node.tag.endswith("}math") or node.tag == "math"]
    assert len(maths) > 10


def test_every_step_stands_in_every_rendering_with_its_verdict():
    made = derivation("1d_k3s2p1op1")
    data, text, latex = made.json(), made.text(), made.latex()
    json.dumps(data)
    for proof, row in zip(made.proofs, data["theorems"], strict=True):
        for step, verdict, written in zip(proof.theorem.steps, proof.verdicts, row["steps"], strict=True):
            assert written["verdict"] == verdict.outcome and step.reason in text
            assert written["latex"] in latex


def test_a_refuted_step_shows_its_counterexample():
    from dataclasses import replace

    from convt._derive.claims import written
    from convt._derive.derivation import Derivation
    from convt._derive.form import j, symbols
    from convt._derive.logic import Equal
    from convt._derive.proof import prove
    from convt._derive.spec import ConvSpec
    from convt._derive.theorem import Step, Theorem
    from convt._derive.theorems import t07_scatter as t7

    same, canvas = t7.painted(ConvSpec.parse("1d_k3s2p1")), symbols("J")
    wrong = replace(written(same.right), condition=written(same.right).condition.xreplace({Equal(canvas, j + 1): Equal(canvas, j)}))
    proof = prove(Theorem(7, "scatter", "all sizes", "", (Step("wrong", replace(same, right=wrong)),)))
    made = replace(derivation("1d_k3s2p1"), proofs=(proof,))
    assert isinstance(made, Derivation) and not made.holds
    assert "refuted" in made.text() and "counterexample {'m': 1" in made.text()


def test_only_proves_and_prints_the_theorems_that_are_asked_for():
    """And the sections that rest on them: theorem 1 has the lengths, 4 the matrix, 10 the phases, 13 the coverage."""
    made = derivation("1d_k3s2p1op1", only=["10", "matrix", 4])
    assert list(made.verdicts) == [4, 10]
    text, latex, data = made.text(), made.latex(), made.json()
    assert re.findall(r"^Theorem (\d+)", text, re.MULTILINE) == ["4", "10"]
    assert "\nMatrix A" in text and "\nPhases" in text and "\nLengths" not in text
    assert set(re.findall(r"% by theorem (\d+)", latex)) == {"4", "10"} and set(re.findall(r"% theorem (\d+)", latex)) == {"4", "10"}
    assert [row["number"] for row in data["theorems"]] == [4, 10] and data["matrix"] and data["phases"]
    assert derivation("1d_k3s2p1op1", only=(1,)).json()["matrix"] is None
    assert list(derivation("1d_k3", only=("im2col", "Worked examples", "poly")).verdicts) == [10, 12, 23]
    assert list(derivation("1d_k3", only="4, polyphase split").verdicts) == [4, 10] and list(derivation("1d_k3", only=4).verdicts) == [4]


@pytest.mark.slow
def test_short_prints_headlines_and_one_proof():
    made, chosen = derivation("1d_k3s2p1op1", short=True), derivation("1d_k3s2p1op1", only=(10, 20, 4), short=True)
    assert [proof.theorem.number for proof in (*made.in_full, *chosen.in_full)] == [5, 4]
    for proof in made.proofs:
        assert proof.theorem.says in made.text()
        shown = proof.theorem.number == 5
        assert all((step.reason in made.text()) == shown or step.reason in str([p.theorem.steps for p in made.in_full]) for step in proof.theorem.steps)
    latex = made.latex()
    assert set(re.findall(r"% theorem (\d+), step", latex)) == {"5"} and {"4", "7", "8", "10"} <= set(re.findall(r"% by theorem (\d+)", latex))
    assert "Appendix" not in latex and all(rf"\hypertarget{{t{proof.theorem.number}}}" in latex for proof in made.proofs)
    assert [row["number"] for row in made.json()["theorems"] if row["steps"] is not None] == [5]


def test_only_and_short_of_theorems_without_proof():
    made = derivation("1d_k3", only=(20,), short=True)
    assert made.holds and "one axis: nothing to separate" in made.text() and "nothing to separate" in made.latex() and not made.json()["matrix"]


LAST = max(files())


@pytest.mark.parametrize(("word", "nearest"), [(0, "1"), (LAST + 1, str(LAST)), (99, str(LAST)), ("-3", "1"), ("x", "1"), ("", "1"), ("adjiont", "adjoint"), ("zz", "1"),
                                               ("4;10", "1"), (4.5, "1"), ("٤", "1")])
def test_a_theorem_that_is_none_is_refused_with_the_nearest(word, nearest):
    from convt._derive.errors import ArgumentError

    with pytest.raises(ArgumentError) as refused:
        derivation("1d_k3", only=(word,))
    assert refused.value.argument == "only" and refused.value.nearest == nearest and f"1 to {LAST}" in refused.value.rule


@pytest.mark.parametrize("name", PRINTED[:3])
def test_no_section_repeats_a_theorem(name):
    steps = re.findall(r"% theorem (\d+), step (\d+)(, line \d+)?:", derivation(name).latex())
    assert len(steps) == len(set(steps))


def test_documents_say_what_they_are_and_name_no_author():
    latex = derivation("2d_k4s2p1", only=(4, 10)).latex()
    assert r"pdftitle={The transposed convolution 2d\_k4s2p1}" in latex and "theorems 4, 10" in re.search("pdfsubject={(.+?)}", latex)[1]
    assert "pdflang={en}" in latex and "pdfauthor={}" in latex and r"\author{}" in latex


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("pdflatex") and shutil.which("pdfinfo")), reason="needs TeX and pdfinfo")
@pytest.mark.parametrize("options", [{"only": (4, 10)}, {"short": True}])
def test_a_pdf_carries_its_metadata(options, tmp_path):
    import subprocess

    from convt._derive.render.pdf import compiled

    pdf, log = compiled(derivation("1d_k4s2p1op2", **options).latex())
    (tmp_path / "d.pdf").write_bytes(pdf)
    told = dict(re.findall(r"^(\w+): +(.*)$", subprocess.run(["pdfinfo", tmp_path / "d.pdf"], capture_output=True, text=True, check=True).stdout, re.MULTILINE))
    assert told["Title"] == "The transposed convolution 1d_k4s2p1op2" and "theorems" in told["Subject"] and not told.get("Author")
    assert "Missing character" not in log and not re.search(r"Overfull \\hbox \((?!\d\.)", log)


def test_an_output_padding_that_frameworks_refuse_has_a_note():
    from convt._derive.lengths import notes
    from convt._derive.spec import ConvSpec

    for name, lines in {"1d_k3s2op1": 0, "1d_k3s2op2": 1, "2d_k3s2op1": 0, "2d_k3s2op2x1": 1, "2d_k3s2op2": 1, "2d_k3s2op2x3": 2, "1d_k3s2d3op2": 1}.items():
        assert len(notes(ConvSpec.parse(name))) == lines, name
    assert "axis 0: output padding 2 is not below the stride 2" in notes(ConvSpec.parse("2d_k3s2op2x1"))[0]
    assert "PyTorch" in notes(ConvSpec.parse("1d_k3s2op2"))[0] and "PyTorch" not in notes(ConvSpec.parse("1d_k3s2d3op2"))[0]
    made = derivation("1d_k3s2op5", only=(1, 2))
    assert "m + 2 features" in made.notes[0] and made.proofs[1].theorem.says == "conv of the transposed length is m + 2"
    for shown in (made.text(), made.latex(), str(made.json()["notes"])):
        assert "not below the stride 2" in shown and "PyTorch, ONNX and Keras refuse it" in shown
    assert derivation("1d_k3s2op1", only=(1,)).json()["notes"] == []


@pytest.mark.parametrize(("name", "takes"), [("1d_k3s2op2", False), ("1d_k3s2d3op2", True), ("1d_k3s2op1", True)])
def test_the_note_says_what_pytorch_does(name, takes):
    torch = pytest.importorskip("torch")
    from convt._derive.lengths import notes
    from convt._derive.spec import ConvSpec

    spec = ConvSpec.parse(name)
    axis = spec.axes[0]
    call = lambda: torch.nn.functional.conv_transpose1d(torch.ones(1, 1, 4), torch.ones(1, 1, axis.kernel), stride=axis.stride,  # noqa: E731
                                                        dilation=axis.dilation, output_padding=axis.output_padding)
    assert ("PyTorch" not in "".join(notes(spec))) == takes
    if takes:
        call()
    else:
        with pytest.raises(RuntimeError, match="output padding must be smaller"):
            call()
