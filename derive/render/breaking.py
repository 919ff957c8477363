"""Where a long formula may break: LaTeX mathematics cut at its outermost relations, connectives and sums."""

from __future__ import annotations

import re

SHORT = 24  # characters of LaTeX that are never cut
BEFORE = (r"\Longrightarrow", r"\Leftrightarrow", r"\Rightarrow",
          r"\wedge", r"\vee", r"\text", r"\quad", "=", r"\le ", r"\ge ", r"\ne ", " + ", " - ")
AFTER = (r",\;", r",\,", ", ", r"\,")
_TOKEN = re.compile(r"\\begin\{\w+\}|\\end\{\w+\}|\\left\b|\\right\b|\\[{}]|[{}]|" + "|".join(map(re.escape, (*AFTER, *BEFORE))))

_NESTED = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
SUM = re.compile(rf"\\sum\\limits_\{{\\substack(?P<below>{_NESTED})\}}")  # as wide as the longest line below it
SMALL = 0.72  # of a letter in an index, to one that is none


def pieces(latex: str) -> list[str]:
    """The formula in parts that may stand on different lines; none is cut inside braces, \\left … \\right or a matrix."""
    depth, start, made = 0, 0, list[str]()
    for token in _TOKEN.finditer(latex):
        word = token[0]
        if word == r"\," and r"\limits" in latex:  # a factor stays with its sum
            continue
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
    wide, latex = 0.0, SUM.sub(lambda match: "x" * round(SMALL * max(map(_letters, match["below"].split(r"\\")))), latex)
    for part in re.split(r"(\\begin\{(?:pmatrix|array)\}.*?\\end\{(?:pmatrix|array)\})", latex):
        if part.startswith(r"\begin"):
            inside = re.sub(r"^\{[c|]+\}", "", part.removeprefix(r"\begin{pmatrix}").removeprefix(r"\begin{array}"))
            rows = [row.split("&") for row in inside.replace(r"\hline", "").split(r"\\")]
            wide += max(sum(1.4 + 0.45 * len(re.sub(r"\\\w+|[{}\s]", "", cell)) for cell in row) for row in rows)
        else:
            wide += 0.62 * _letters(part)
    return max(8, int(1.15 * wide) + 2)


def _letters(latex: str) -> float:
    """How many letters wide; what stands between two terms has blanks around it, and an index is small."""
    latex = re.sub(r"\\(?:mathrm|mathsf|mathcal|text|left|right|displaystyle|overline|bar)\b|\\[,\[]|\d+pt\]", "", latex)
    small = sum(_letters(match[1]) for match in re.finditer(rf"[_^]({_NESTED})", latex))
    flat = re.sub(rf"[_^]{_NESTED}|[{{}}\s_^]", "", re.sub(r"\\[a-zA-Z]+|\\;", "=", re.sub(r"[_^]\{", lambda m: m[0], latex)))
    between = len(re.findall("[=<>+-]", flat))
    return len(flat) + 0.7 * between + SMALL * small
