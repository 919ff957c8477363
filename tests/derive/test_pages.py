"""Pages in a browser: nothing is wider than the page on a phone, on a screen, on paper, in the light and in the dark."""

import re

import pytest
from browser import CHROMIUM, PAPER, too_wide

from convt._derive.derivation import derivation, general_derivation
from convt._derive.render.breaking import pieces
from convt._derive.render.html import page
from convt._derive.theorems import files

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
NAMES = ["2d_k4s2p1", "3d_k3x2x4s2x3x1p0:1x-1x2d2x1x1op1x0x0", "1d_k16s8p4"]
VIEWS = {"phone": (390, False, False), "phone, dark": (390, False, True), "screen": (1280, False, False), "paper": (PAPER, True, False)}


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("name", ["general", *(pytest.param(name, marks=[pytest.mark.full] if name.startswith("3d") else []) for name in NAMES)])
def test_no_element_of_a_derivation_is_wider_than_its_page(name, tmp_path):
    pytest.importorskip("latex2mathml", reason="needs the extra html")
    made = (general_derivation() if name == "general" else derivation(name)).html()
    for view, (width, paper, dark) in VIEWS.items():
        assert too_wide(made, width, tmp_path, paper, dark) == [], view


@needs_browser
def test_a_page_that_is_too_wide_is_noticed(tmp_path):
    planted = "<!doctype html><html><body><details><div style='width: 700px'>x</div></details><p style='overflow-x: auto'>" + "y" * 300 + "</p></body></html>"
    assert {row[0] for row in too_wide(planted, 390, tmp_path)} >= {"DIV", "scrolls: P"}


@pytest.mark.slow
@needs_browser
def test_no_element_of_the_claims_is_wider_than_its_page(tmp_path):
    from convt._derive import folklore
    from convt._derive.render.folklore import page as claims

    judged = [folklore.judge(saying) for saying in folklore.sayings()]
    made = claims(judged, {})
    assert made.count('<span class="badge') == 2 * len(judged)
    for view, (width, paper, dark) in VIEWS.items():
        assert too_wide(made, width, tmp_path, paper, dark) == [], view


def anchors(made):
    ids = re.findall(r'id="([^"]+)"', made)
    assert set(re.findall(r'href="#([^"]+)"', made)) <= set(ids) and len(ids) == len(set(ids))
    return set(ids)


def test_links_lead_somewhere_and_every_section_is_there():
    pytest.importorskip("latex2mathml", reason="needs the extra html")
    made = page(derivation("1d_k3s2p1op1"))
    assert {"theorems", "lengths", "matrix", "phases", "pictures", "coverage", "t1", "t10"} <= anchors(made) and made.count("<svg") == 5
    assert made.count('<details class="asked">') == len(files()) - 1  # what the judges were asked is folded, of every theorem that has steps


def test_pages_of_some_theorems_have_their_sections_and_pictures():
    pytest.importorskip("latex2mathml", reason="needs the extra html")
    made = page(derivation("1d_k3s2p1op1", only=(4, 13)))
    assert anchors(made) == {"theorems", "matrix", "pictures", "coverage", "conventions", "trusted", "t4", "t13"} and made.count("<svg") == 2
    made = page(derivation("1d_k3s2p1op1", short=True))
    assert {"theorems", "conventions", "matrix", "pictures", "numbers", "trusted", "t5", "t19"} <= anchors(made) and made.count("<details") == 1


def test_pages_say_what_they_are_and_name_no_author():
    pytest.importorskip("latex2mathml", reason="needs the extra html")
    from convt._derive import folklore
    from convt._derive.render import folklore as claims

    for made, words in ((page(derivation("1d_k3s2p1op1", only=(4, 10))), "1d_k3s2p1op1"), (claims.page([folklore.judge(folklore.sayings()[33])], {}), "Statements")):
        assert '<html lang="en">' in made and words in re.search("<title>(.+?)</title>", made)[1] and words in made.split("<h1>")[1].split("</h1>")[0]
        assert len(re.search('<meta name="description" content="(.+?)">', made)[1]) > 40 and "author" not in made.lower()


@pytest.mark.parametrize("latex", [
    r"0 \le i \le m - 1,\; 0 \le a \le 2 \Longrightarrow 0 \le 2 a + 2 i \le 2 m + 2 \wedge x_{a + b + c - d} = \frac{1 + 2}{3 - 4 + 5}",
    r"\textstyle\sum_{(i, a)} u_{i} \, w_{a} \, x_{2 i + a - 1} \;\; [0 \le i \le m - 1 \wedge 0 \le a \le 2]",
])
def test_formulas_break_outside_of_braces_only(latex):
    made = pieces(latex)
    assert len(made) > 1 and "".join(made) == latex
    assert all(piece.count("{") == piece.count("}") for piece in made)
