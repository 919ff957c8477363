import json
import re
import shutil
import subprocess
from xml.etree import ElementTree

import pytest

from derive import derivation

NAMES = ["2d_k4s2p1", "1d_k3s2p1op1", "3d_k3x2x4s2x3x1p0:1x-1x2d2x1x1op1x0x0", "1d_k40s7d3"]


def test_the_latex_document_is_the_golden_file(golden):
    golden("derivation_1d_k3s2p1op1.tex", derivation("1d_k3s2p1op1").latex())


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_latex_document_compiles(name, tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("needs pdflatex (apt-get install texlive-latex-recommended)")
    (tmp_path / "d.tex").write_text(derivation(name).latex())
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "d.tex"], cwd=tmp_path,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode("latin1")[-1500:]


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
    data, text = made.json(), made.text()
    json.dumps(data)
    for proof, row in zip(made.proofs, data["theorems"], strict=True):
        for step, verdict, written in zip(proof.theorem.steps, proof.verdicts, row["steps"], strict=True):
            assert written["verdict"] == verdict.outcome and step.reason in text
            assert written["latex"] in made.latex()


def test_a_refuted_step_shows_its_counterexample():
    from dataclasses import replace

    from derive.claims import ForAll
    from derive.derivation import Derivation
    from derive.form import j
    from derive.logic import Equal
    from derive.spec import Axis
    from derive.theorem import Step, Theorem, prove
    from derive.theorems import t07_scatter as t7

    wrong = t7.painted(Axis(3, 2, (1, 1))).replace(Equal(j, t7.t - 1), Equal(j, t7.t))
    proof = prove(Theorem(7, "scatter", "all sizes", "", (Step("wrong", ForAll(wrong)),)))
    made = replace(derivation("1d_k3s2p1"), proofs=(proof,))
    assert isinstance(made, Derivation) and not made.holds
    assert "refuted" in made.text() and "counterexample {'m': 1" in made.text()


def test_pictures_are_the_same_bytes_every_time():
    pytest.importorskip("matplotlib", reason="needs the extra draw")
    from derive import ConvSpec
    from derive.render.figures import draw

    for kind in ("matrix", "scatter"):
        for name, size in (("1d_k3s2p1op1", (4,)), ("2d_k3s2p0:1", (2, 3)), ("1d_k16s8p4", (5,))):
            first, second = (draw(ConvSpec.parse(name), size, kind, "svg") for _ in range(2))
            assert first == second and b"<svg" in first
        assert draw(ConvSpec.parse("1d_k3s2p1op1"), (4,), kind, "png").startswith(b"\x89PNG")
