"""Where a long formula may break: LaTeX mathematics cut at its outermost relations, connectives and sums."""

from __future__ import annotations

import re

SHORT = 24  # characters of LaTeX that are never cut
BEFORE = (r"\Longrightarrow", r"\Leftrightarrow", r"\Rightarrow",
          r"\wedge", r"\vee", r"\text", r"\quad", "=", r"\le ", r"\ge ", r"\ne ", " + ", " - ")
AFTER = (r",\;", r",\,", ", ", r"\,")
_TOKEN = re.compile(r"\\begin\{\w+\}|\\end\{\w+\}|\\left\b|\\right\b|\\[{}]|[{}]|" + "|".join(map(re.escape, (*AFTER, *BEFORE))))

SUM = re.compile(r"\\sum\\limits_\{\\substack\{((?:[^{}]|\{[^{}]*\})*)\}\}")  # as wide as the longest line below it


def pieces(latex: str) -> list[str]:
    """The formula in parts that may stand on different lines; none is cut inside braces, \\left … \\right or a matrix."""
    depth, start, made = 0, 0, list[str]()
    for token in _TOKEN.finditer(latex):
        word = token[0]
        if word == "{" or (word.startswith((r"\begin", r"\left")) and word != r"\leftarrow"):
            depth += 1
        elif word == "}" or word.startswith((r"\end", r"\right")):
            depth -= 1
        elif depth == 0 and word in AFTER and token.end() - start >= SHORT:
            made.append(latex[start:token.end()])
            start = token.end()
        elif depth == 0 and word in BEFORE and token.start() - start >= SHORT:
            made.append(latex[start:token.start()])
            start = token.start()
    return [piece for piece in (*made, latex[start:]) if piece.strip()]


def ems(latex: str) -> int:
    """The width of a formula with matrices in ems, by rough sizes of entries and letters."""
    wide, latex = 0.0, SUM.sub(lambda match: "x" * round(0.75 * max(_letters(line, "m") for line in match[1].split(r"\\"))), latex)
    for part in re.split(r"(\\begin\{(?:pmatrix|array)\}.*?\\end\{(?:pmatrix|array)\})", latex):
        if part.startswith(r"\begin"):
            inside = re.sub(r"^\{[c|]+\}", "", part.removeprefix(r"\begin{pmatrix}").removeprefix(r"\begin{array}"))
            rows = [row.split("&") for row in inside.replace(r"\hline", "").split(r"\\")]
            wide += max(sum(1.4 + 0.45 * _letters(cell, "") for cell in row) for row in rows)
        else:
            wide += 0.62 * _letters(part, "m")
    return max(8, int(1.15 * wide) + 2)


def _letters(latex: str, command: str) -> int:
    return len(re.sub(r"\\\w+|[{}\s]", command, latex))
