"""Judged statements as text, HTML, LaTeX and plain data. All say the same: the parts of a statement, in the same words."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from html import escape
from typing import Any

from ..counterexample import Replay, nested
from ..folklore import Judged
from ..notation.characters import in_latex
from .html import framed
from .latex import framed as framed_latex
from .words import CONVENTIONS, LETTERS, sentence

TITLE = "Statements about transposed convolutions, judged"
SUBJECT = "Common statements about transposed convolutions: true, conditional or false, with conditions and counterexamples"
VERDICTS = ("True: in every geometry. Conditional: in some, and the condition says in which. False: in none but degenerate ones. "
            "The verdicts are computed by the judges that are named, and the counterexamples by a kernel.")
MARKS = {"true": "proved", "conditional": "judged", "false": "refuted"}
COLOURS = {"true": "good", "conditional": "quiet", "false": "bad"}
LEGEND = (*LETTERS, *CONVENTIONS)
Kernels = Mapping[Replay, str]


def parts(judged: Judged, kernels: Kernels) -> Iterator[tuple[str, str]]:
    """(label, sentence) of everything there is to say of a statement, in the order in which it is read."""
    saying = judged.saying
    if judged.outcome != "true":
        yield "Holds when", saying.condition + "."
        yield "Counterexample", counterexample(judged, kernels)
        yield "Mended", sentence(saying.mended) + "."
    yield "Why", saying.because
    yield "Judged", (f"{judged.held} of {judged.cases} case{'s' * (judged.cases != 1)} hold{'s' * (judged.cases == 1)}, "
                     f"by {', '.join(judged.judges)}.")
    yield "Source", sentence(saying.source) + ("" if saying.source.endswith("?") else ".")


def counterexample(judged: Judged, kernels: Kernels) -> str:
    """One case where the statement fails: what is put in, what comes out, what the statement says and why, and who computed it."""
    case = judged.failing
    if case is None:
        return ""
    replay = case.replay
    if replay is None:
        return sentence(f"{case.where}: {case.words}.")
    expected = replay.expected
    letter = "x" if replay.map_name == "conv" else "u"
    values = nested(replay.found, replay.shape)
    lengths = " × ".join(map(str, replay.shape))
    found = values if expected.values is not None else f"{lengths} value{'s' * (lengths != '1')}, {values}"
    said = str(expected) if expected.values is not None else f"{expected} values"
    return sentence(f"{case.where}: {replay.map_name} {replay.spec} of {letter} = {nested(replay.input, replay.size)}{replay.given} with "
                    f"w = {nested(replay.weights, replay.spec.kernel)} gives {found}, computed by {kernels.get(replay, 'the definition')}; "
                    f"the statement says {said} ({expected.how}).")


def as_data(judged: Judged, kernels: Kernels) -> dict[str, Any]:
    """One object: id, topic, statement, verdict, condition, counterexample, mended, because, source, cases, judges."""
    saying = judged.saying
    return {
        "id": saying.number, "topic": saying.topic, "statement": saying.statement, "verdict": judged.outcome,
        "condition": saying.condition or None, "counterexample": _counterexample(judged, kernels),
        "mended": saying.mended or None, "because": saying.because, "source": saying.source,
        "cases": {"judged": judged.cases, "hold": judged.held}, "judges": list(judged.judges),
    }


def _counterexample(judged: Judged, kernels: Kernels) -> dict[str, Any] | None:
    if judged.failing is None:
        return None
    made: dict[str, Any] = {"where": judged.failing.where, "says": counterexample(judged, kernels)}
    replay = judged.replay
    if replay is not None:
        expected = replay.expected
        said = {"values": None if expected.values is None else list(map(_plain, expected.values)),
                "shape": list(map(_plain, expected.shape)), "more": expected.more, "because": expected.how}
        made["replay"] = {"map": replay.map_name, "spec": str(replay.spec), "size": list(replay.size),
                          "input": list(map(_plain, replay.input)), "weights": list(map(_plain, replay.weights)), "bias": replay.bias,
                          "said": said, "found": list(map(_plain, replay.found)), "shape": list(replay.shape),
                          "computed_by": kernels.get(replay, "the definition")}
    return made


def _plain(value: Any) -> Any:
    """JSON has integers; fractions and complex numbers become text."""
    return str(value).strip("()") if isinstance(value, complex | Fraction) and value != int(value.real) else int(value.real)


def as_text(judgements: Sequence[Judged], kernels: Kernels, width: int = 100) -> str:
    """Statements with their parts, folded to a width, and what the letters mean."""
    blocks = ["\n".join(_lines(judged, kernels, width)) for judged in judgements]
    legend = ["\n".join(fold(line, width, later="  ") for line in LEGEND)]
    return "\n\n".join([*blocks, *legend])


def fold(text: str, width: int, first: str = "", later: str = "") -> str:
    """Lines of at most ``width`` characters; short lists, brackets and equations stay in one line."""
    def glue(match: re.Match[str]) -> str:
        return match[0].replace(" ", "\x00")

    for kept in (r"\[[^\[\]]{1,40}\]|\([^()]{1,16}\)|\d+ × \d+", r"\b\w+ = [^ ]+"):
        text = re.sub(kept, glue, text)
    made = textwrap.fill(text, width, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False)
    return made.replace("\x00", " ")


def _lines(judged: Judged, kernels: Kernels, width: int) -> Iterator[str]:
    head = f"{judged.saying.number:>2}  {judged.outcome.upper()}: {sentence(judged.saying.statement)}."
    yield fold(head, width, later="    ")
    for label, text in parts(judged, kernels):
        yield fold(f"{label}: {text}", width, "    ", "      ")


def page(judgements: Sequence[Judged], kernels: Kernels) -> str:
    """One self-contained page."""
    rows = "".join(f'<tr><td><a href="#s{j.saying.number}">{j.saying.number}</a></td><td>{_badge(j)}</td>'
                   f"<td>{escape(sentence(j.saying.statement))}</td></tr>" for j in judgements)
    legend = "".join(f"<li>{escape(line)}</li>" for line in LEGEND)
    return framed(TITLE, SUBJECT, f"<h1>{TITLE}</h1><p>{escape(VERDICTS)}</p>"
                  f'<table class="stacked"><tr><th>#</th><th>verdict</th><th>statement</th></tr>{rows}</table>'
                  f'{"".join(_section(j, kernels) for j in judgements)}<h2 id="letters">Letters</h2><ul>{legend}</ul>')


def _section(judged: Judged, kernels: Kernels) -> str:
    lines = "".join(f"<p><b>{label}:</b> {escape(text)}</p>" for label, text in parts(judged, kernels))
    number = judged.saying.number
    return f'<h2 id="s{number}">{number}. {escape(sentence(judged.saying.statement))}. {_badge(judged)}</h2>{lines}'


def _badge(judged: Judged) -> str:
    return f'<span class="badge {MARKS[judged.outcome]}">{judged.outcome}</span>'


def document(judgements: Sequence[Judged], kernels: Kernels) -> str:
    """The complete LaTeX document; compiles with pdflatex, lualatex and xelatex."""
    lines = [in_latex(VERDICTS)]
    for judged in judgements:
        verdict = rf"\verdict{{{COLOURS[judged.outcome]}}}{{{judged.outcome}}}"
        lines += [rf"\subsection*{{{judged.saying.number}. {in_latex(sentence(judged.saying.statement))}. {verdict}}}",
                  r"{\raggedright", *(rf"\textbf{{{label}:}} {in_latex(text)}\par" for label, text in parts(judged, kernels)), "}"]
    lines += [r"\section*{Letters}", r"\begin{itemize}", *(rf"\item {in_latex(line)}" for line in LEGEND), r"\end{itemize}"]
    return framed_latex(TITLE, SUBJECT, "\n".join(lines))
