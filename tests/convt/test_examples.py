"""The examples run, and the pages they write are up to date."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def example(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_notebook_runs(tmp_path):
    nbformat = pytest.importorskip("nbformat", reason="needs nbformat")
    client = pytest.importorskip("nbclient", reason="needs nbclient")
    pytest.importorskip("ipykernel", reason="needs ipykernel")
    notebook = nbformat.read(ROOT / "examples" / "derivation.ipynb", as_version=4)
    client.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert {"text/html", "text/latex", "image/png"} <= kinds
    assert any("<math" in output.get("data", {}).get("text/html", "") for output in outputs)
    assert any("conditional" in output.get("text", "") for output in outputs)


def test_the_notebook_is_committed_without_outputs():
    notebook = json.loads((ROOT / "examples" / "derivation.ipynb").read_text(encoding="utf-8"))
    assert all(not cell.get("outputs") for cell in notebook["cells"])


def test_the_gallery_page_is_what_the_example_writes():
    gallery = example("gallery")
    text = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    assert text == gallery.page(), "run: python examples/gallery.py --write"
    for file in re.findall(r"\(gallery/([^)]*)\)", text):
        assert (ROOT / "docs" / "gallery" / file).stat().st_size < 200_000


def test_the_page_of_theorems_has_every_theorem_with_its_scope():
    from convt._derive import ConvSpec
    from convt._derive.theorems import theorems

    text = (ROOT / "docs" / "theorems.md").read_text(encoding="utf-8")
    for make in theorems():
        made = make(ConvSpec.parse("2d_k4s2p1"))
        row = next((line for line in text.split("\n") if line.startswith(f"| {made.number} | {made.title} | {made.scope} |")), "")
        assert f"| {made.why} |" in row and "| 5 of 5 |" in row, "where coqc is installed, run: python examples/theorems.py --write"
    assert "refuted" not in text and "undecided" not in text
