import json
import re
import shutil
from xml.etree import ElementTree

import pytest

from convt._derive.derivation import derivation
from convt._derive.render.latex import step_latex

NAMES = ["2d_k4s2p1", "1d_k3s2p1op1", "3d_k3x2x4s2x3x1p0:1x-1x2d2x1x1op1x0x0", "1d_k40s7d3"]


def test_the_latex_document_is_the_golden_file(golden):
    golden("derivation_1d_k3s2p1op1.tex", derivation("1d_k3s2p1op1").latex())


PRINTED = ["2d_k4s2p1", "1d_k3s2p1op1", "2d_k3s2p1d2op1", "1d_k16s8p4", "3d_k2s2"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PRINTED, *NAMES[2:]])
def test_the_document_compiles_without_warnings_that_matter(name):
    from convt._derive.errors import ToolMissing
    from convt._derive.render.pdf import compiled

    try:
        pdf, log = compiled(derivation(name).latex())
    except ToolMissing as missing:
        pytest.skip(str(missing))
    assert pdf.startswith(b"%PDF") and len(pdf) < 1_000_000
    too_wide = [float(width) for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert not [width for width in too_wide if width > 10], f"overfull boxes in {name}: {too_wide}"
    assert "LaTeX Warning: Reference" not in log and "Missing character" not in log


def test_pdf_without_tex_names_the_cure(monkeypatch):
    from convt._derive.errors import ToolMissing
    from convt._derive.render import pdf

    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(ToolMissing, match="apt-get install latexmk"):
        pdf.compiled("")


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs TeX")
def test_a_document_that_tex_refuses_says_why():
    from convt._derive.render.pdf import DoesNotCompile, compiled

    with pytest.raises(DoesNotCompile, match="Undefined control sequence"):
        compiled(r"\documentclass{article}\begin{document}\nosuchcommand\end{document}")


@pytest.mark.parametrize("name", [*PRINTED, *NAMES[2:]])
def test_no_formula_is_printed_without_a_judged_statement(name):
    """Walk the document: each displayed formula stands below the name of the step whose claim it is, with its verdict."""
    made = derivation(name)
    proofs = {proof.theorem.number: proof for proof in made.proofs}
    lines = made.latex().split("\\begin{document}")[1].split("\n")
    formulas = 0
    for number, line in enumerate(lines):
        if line.startswith("$"):
            behind = re.fullmatch(r"% theorem (\d+), step (\d+): (\w+)", lines[number - 1])
            assert behind, f"no statement behind {line[:80]}"
            proof, index = proofs[int(behind[1])], int(behind[2]) - 1
            assert line == f"${step_latex(proof.theorem.steps[index])}$"
            assert proof.verdicts[index].outcome == behind[3] in ("proved", "checked")
            formulas += 1
        if "pmatrix" in line and not line.startswith("$"):
            assert any("% by theorem 4" in other for other in lines[number - 2: number])
        if line.startswith(r"\begin{tabular}"):
            assert lines[number - 1] == "% by theorem 1"
    printed = {int(n) for n in re.findall(r"% by theorem (\d+)", "\n".join(lines))}
    assert printed == {1, 4, 10, 13} and all(proofs[n].holds for n in printed)
    assert formulas >= sum(len(proof.theorem.steps) for proof in made.proofs)


@pytest.mark.parametrize("name", NAMES)
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

    from convt._derive.claims import ForAll
    from convt._derive.derivation import Derivation
    from convt._derive.form import j
    from convt._derive.logic import Equal
    from convt._derive.spec import Axis
    from convt._derive.theorem import Step, Theorem, prove
    from convt._derive.theorems import t07_scatter as t7

    wrong = t7.painted(Axis(3, 2, (1, 1))).replace(Equal(t7.t, j + 1), Equal(t7.t, j))
    proof = prove(Theorem(7, "scatter", "all sizes", "", (Step("wrong", ForAll(wrong)),)))
    made = replace(derivation("1d_k3s2p1"), proofs=(proof,))
    assert isinstance(made, Derivation) and not made.holds
    assert "refuted" in made.text() and "counterexample {'m': 1" in made.text()
