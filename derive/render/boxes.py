"""Sheet → LaTeX's own ``picture``: coloured rules and words, no package but ``xcolor``. For documents; ``tikz`` is for others'."""

from __future__ import annotations

from . import palette
from .sheet import Box, Sheet
from .tikz import SYMBOLS

ANCHORS = {-1: "[l]", 0: "", 1: "[r]"}


def picture(sheet: Sheet) -> str:
    """The picture at its own size; y upwards, as TeX has it."""
    lines = [r"{\setlength{\unitlength}{1bp}\sffamily", rf"\begin{{picture}}({sheet.width:.1f},{sheet.height:.1f})"]
    for box in sheet.boxes:
        lines += _box(box, sheet.height)
    for x, low, high in sheet.lines:
        lines.append(_rule(palette.LINE, x - 0.3, sheet.height - high, 0.6, high - low))
    for word in sheet.words:
        font = rf"\fontsize{{{word.size:.1f}}}{{{word.size * 1.2:.1f}}}\selectfont" + r"\bfseries" * word.bold
        text = rf"\color[HTML]{{{word.colour.upper()}}}" + "".join(SYMBOLS.get(letter, letter) for letter in word.text)
        lines.append(rf"\put({word.x:.2f},{sheet.height - word.y:.2f}){{\makebox(0,0){ANCHORS[word.align]}{{{font}{text}}}}}")
    return "\n".join([*lines, r"\end{picture}}"])


def _box(box: Box, height: float) -> list[str]:
    """The filling, and the outline as four rules."""
    x, y, wide, high = box.x, height - box.y - box.height, box.width, box.height
    made = [_rule(box.fill, x, y, wide, high)] if box.fill else []
    if box.edge:
        half = box.line / 2
        made += [_rule(box.edge, x - half, at - half, wide + box.line, box.line) for at in (y, y + high)]
        made += [_rule(box.edge, at - half, y, box.line, high) for at in (x, x + wide)]
    return made


def _rule(colour: str, x: float, y: float, wide: float, high: float) -> str:
    return rf"\put({x:.2f},{y:.2f}){{\textcolor[HTML]{{{colour.upper()}}}{{\rule{{{wide:.2f}bp}}{{{high:.2f}bp}}}}}}"
