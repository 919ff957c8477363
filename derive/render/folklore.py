"""Judged statements as text, HTML and plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..folklore import Judged, Replay
from .html import STYLE

MARKS = {"true": "proved", "conditional": "judged", "false": "refuted"}


def as_data(judged: Judged, kernels: Mapping[Replay, str]) -> dict[str, Any]:
    """One object: id, statement, verdict, condition, counterexample, mended, because, source, topic, cases, judges."""
    saying = judged.saying
    return {
        "id": saying.number, "topic": saying.topic, "statement": saying.statement, "verdict": judged.outcome,
        "condition": saying.condition or None, "counterexample": counterexample(judged, kernels),
        "mended": saying.mended or None, "because": saying.because, "source": saying.source,
        "cases": {"judged": judged.cases, "hold": judged.held}, "judges": list(judged.judges),
    }


def counterexample(judged: Judged, kernels: Mapping[Replay, str]) -> dict[str, Any] | None:
    """The first case that fails: where, the point that the judges found, and numbers that a kernel computed too."""
    if judged.outcome == "true" or judged.failing is None:
        return None
    found: dict[str, Any] = {"where": judged.failing.where, "at": dict(judged.point)}
    replay = judged.replay
    if replay is not None:
        found["replay"] = {"map": replay.map_name, "spec": str(replay.spec), "input": list(map(_plain, replay.input)),
                           "weights": list(map(_plain, replay.weights)), "said": list(map(_plain, replay.said)),
                           "found": list(map(_plain, replay.found)), "computed_by": kernels.get(replay, "the definition")}
    return found


def _plain(value: complex) -> Any:
    """JSON has no complex numbers: they become text."""
    return str(value).strip("()") if isinstance(value, complex) else value


def numbers(replay: Replay) -> str:
    """The counterexample in one line."""
    def row(values: Sequence[complex]) -> str:
        return "[" + ", ".join(str(_plain(value)).replace("-", "−") for value in values) + "]"

    if len(replay.said) != len(replay.found):
        found, said = f"{len(replay.found)} values", f"{len(replay.said)}"
    else:
        found, said = row(replay.found), row(replay.said)
    letter = "x" if replay.map_name == "conv" else "u"
    return f"{replay.map_name} {replay.spec}, {letter} = {row(replay.input)}, w = {row(replay.weights)}: {found}, " \
           f"not {said}"


def as_text(judged: Judged, kernels: Mapping[Replay, str]) -> list[str]:
    """A statement with its verdict, a few lines."""
    saying = judged.saying
    lines = [f"{saying.number:>2}  {judged.outcome.upper()}: {saying.statement}"]
    if saying.condition and judged.outcome != "true":
        lines.append(f"      holds: {saying.condition}")
    if judged.failing is not None:
        at = ", ".join(f"{name} = {value}" for name, value in judged.point).replace("-", "−")
        lines.append(f"      fails: {judged.failing.where}" + (f" at {at}" if at else ""))
    if judged.replay is not None:
        lines.append(f"             {numbers(judged.replay)} (by {kernels.get(judged.replay, 'the definition')})")
    if saying.mended:
        lines.append(f"      mended: {saying.mended}")
    lines.append(f"      {saying.because}")
    lines.append(f"      {judged.held} of {judged.cases} cases hold, by {', '.join(judged.judges)}"
                 + (f"; source: {saying.source}" if saying.source else ""))
    return lines


def page(judgements: Sequence[Judged], kernels: Mapping[Replay, str]) -> str:
    """One self-contained page."""
    rows = "".join(f'<tr><td><a href="#s{j.saying.number}">{j.saying.number}</a></td><td>{_badge(j)}</td>'
                   f"<td>{escape(j.saying.statement)}</td></tr>" for j in judgements)
    parts = "".join(_section(j, kernels) for j in judgements)
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" '
            f'content="width=device-width, initial-scale=1"/><title>Statements about transposed convolutions</title>'
            f"<style>{STYLE}</style></head><body><h1>Statements about transposed convolutions, judged</h1>"
            f"<p>True: for every geometry. Conditional: for some, and the condition says which. False: for none beyond degenerate ones. "
            f"The verdicts are computed by the judges named.</p>"
            f'<table class="stacked"><tr><th>#</th><th>verdict</th><th>statement</th></tr>{rows}</table>'
            f"{parts}</body></html>\n")


def _section(judged: Judged, kernels: Mapping[Replay, str]) -> str:
    saying = judged.saying
    lines = [f"<p>{escape(saying.because)}</p>"]
    if saying.condition and judged.outcome != "true":
        lines.append(f"<p><b>Holds:</b> {escape(saying.condition)}.</p>")
    if saying.mended:
        lines.append(f"<p><b>Mended:</b> {escape(saying.mended)}.</p>")
    if judged.failing is not None:
        at = ", ".join(f"{name} = {value}" for name, value in judged.point).replace("-", "−")
        lines.append(f"<p><b>Fails:</b> {escape(judged.failing.where)}{escape(' at ' + at) if at else ''}.</p>")
    if judged.replay is not None:
        lines.append(f"<p><code>{escape(numbers(judged.replay))}</code> "
                     f'<span class="judges">by {escape(kernels.get(judged.replay, "the definition"))}</span></p>')
    source = f"; source: {escape(saying.source)}" if saying.source else ""
    lines.append(f'<p class="judges">{judged.held} of {judged.cases} cases hold, by {escape(", ".join(judged.judges))}{source}.</p>')
    return (f'<h2 id="s{saying.number}">{saying.number}. {escape(saying.statement)} '
            f'{_badge(judged)}</h2>{"".join(lines)}')


def _badge(judged: Judged) -> str:
    return f'<span class="badge {MARKS[judged.outcome]}">{judged.outcome}</span>'
