"""What people find who look: TAB, help(), docstrings with examples that run, and one line for every value in a console."""

import inspect
import pydoc
import subprocess
import sys

import pytest

import convt

MAPS = ("conv", "conv_transpose", "conv_weight_gradient", "conv_backward", "conv_transpose_backward")
FUNCTIONS = (*MAPS, "build", "derive", "kernel")
EXAMPLES = """import functools
import numpy as np
import convt
import convt.api
for name in convt.__all__:
    if name.startswith("conv"):
        setattr(convt, name, functools.partial(getattr(convt, name), engine="reference"))
"""


def test_what_tab_and_help_show():
    shown = {name for name in dir(convt) if not name.startswith("_")}
    assert {*FUNCTIONS, "ConvSpec", "ArgumentError"} <= shown and not {"Any", "TYPE_CHECKING", "annotations"} & shown
    page = pydoc.plain(pydoc.render_doc(convt))
    for name in FUNCTIONS:
        assert f"\n    {name}(" in page
    assert "conv_transpose(u: 'Array', w: 'Any'" in page and "-> 'Array'" in page


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstrings_name_every_argument(name):
    function = getattr(convt, name)
    told = inspect.getdoc(function) + (inspect.getdoc(convt.api) if name.startswith("conv") else "")
    for argument in inspect.signature(function).parameters:
        assert f"``{argument}``" in told or argument in ("problems", "layout"), argument
    assert "Raises" in told


@pytest.mark.parametrize("name", MAPS)
def test_the_examples_of_docstrings_are_true(name):
    lines = [line.strip() for line in inspect.getdoc(getattr(convt, name)).splitlines() if line.startswith("    ")]
    stated = [(call.strip(), told.strip()) for call, _, told in (line.partition("  # ") for line in lines)]
    claims = [f"assert {call} == {told}, {call!r}" if told.startswith("(") else call for call, told in stated]
    assert any(claim.startswith("assert") for claim in claims)
    done = subprocess.run([sys.executable, "-c", EXAMPLES + "\n".join(claims)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_what_a_console_shows_is_one_line():
    made = convt.derive("2d_k4s2p1")
    for value in (made, *made.proofs, *made.theorems, made.spec, made.phases[0][0]):
        assert len(repr(value)) < 600 and "\n" not in repr(value), repr(value)[:300]
    assert f"{len(made.theorems)} theorems hold" in repr(made) and "<Theorem 5, adjoint: ⟨u, A x⟩" in repr(made.theorems[4])
