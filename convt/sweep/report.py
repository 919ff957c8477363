"""The summary of a sweep: one line as text, a page as HTML or Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from convt._codegen.pipeline import generator_digest
from convt._codegen.problem import Problem
from convt._derive.errors import one_line

from .outcome import Outcome
from .times import Time

SLOWEST = 10
ASKED = 20  # words of the command line, and names that are refused for one reason, that a page lists
REASONS = 5  # of refusals that the terminal shows
WIDTH = 300  # letters of a reason in one line
Row = tuple[str, ...]


@dataclass(frozen=True)
class Sweep:
    """All that a summary says. ``asked``: the words of the command line; ``known``: how many were examined by an earlier run."""

    asked: Sequence[str]
    level: str
    outcomes: Sequence[Outcome]
    refused: Sequence[tuple[str, str]]
    known: int
    seconds: float
    times: Sequence[Time] = field(default=())

    @property
    def short(self) -> list[Outcome]:
        """What falls short."""
        return [outcome for outcome in self.outcomes if not outcome.holds]

    @property
    def slowest(self) -> list[Outcome]:
        """Those that took longest, now or when they were examined."""
        return sorted(self.outcomes, key=lambda one: -one.proving - one.building)[:SLOWEST]


def named(problem: Problem) -> str:
    """The configuration, and what of its kind is not as usual."""
    usual = {"conv_transpose", "float32", "channels_first", "host"}
    words = (str(problem.spec), problem.map, problem.dtype, problem.layout, problem.target)
    return " ".join(word for word in words if word not in usual) + " conjugate" * problem.conjugate + (
        f" {problem.filter.name}" if problem.filter else "")


def line(outcome: Outcome) -> str:
    """What is printed of a failure."""
    why = one_line(" ".join(outcome.why.split()))
    shown = why if len(why) <= WIDTH else f"{why[:WIDTH - 3]}..."
    return f"{named(outcome.problem)}: {outcome.stage}: {shown}; again: {outcome.command}"


def summary(sweep: Sweep) -> list[str]:
    """A few lines: counts, the slowest, and why what was refused was."""
    short, total = len(sweep.short), len(sweep.outcomes)
    text = f"{total} configuration{'s' * (total != 1)} at level {sweep.level}: "
    text += f"{total - short} hold{'s' * (total - short == 1)}, {short} fall{'s' * (short == 1)} short" if short else "all hold"
    text += f"; {len(sweep.refused)} refused" * bool(sweep.refused) + f"; {sweep.known} known from before" * bool(sweep.known)
    slow = sweep.slowest[:3]
    lines = [f"{text}; {sweep.seconds:.1f} s", "slowest: " + ", ".join(f"{named(one.problem)} {_seconds(one)}" for one in slow)]
    called = sorted((one for one in sweep.times if not one.why), key=lambda one: -one.milliseconds)[:3]
    lines += ["slowest calls: " + ", ".join(f"{named(one.problem)} {one.milliseconds:.2f} ms" for one in called)] * bool(called)
    reasons = Counter(reason for _, reason in sweep.refused).most_common()
    lines += [f"refused {number}: {reason}" for reason, number in reasons[:REASONS]]
    rest = sum(number for _, number in reasons[REASONS:])
    return lines + [f"refused {rest} for {len(reasons) - REASONS} other reasons"] * bool(rest)


def _seconds(one: Outcome) -> str:
    return f"{one.proving + one.building:.1f} s"


@dataclass(frozen=True)
class Section:
    """A heading over a table."""

    title: str
    head: Row
    rows: Sequence[Row]


def sections(sweep: Sweep) -> list[Section]:
    """What a page has, but for the failures."""
    held = [one for one in sweep.outcomes if one.holds]
    checks = sum(sum(one.certificate["checks"].values()) for one in held if one.certificate)
    asked = [*map(one_line, sweep.asked[:ASKED]), *[f"and {len(sweep.asked) - ASKED} more"] * (len(sweep.asked) > ASKED)]
    counts = [("asked for", ", ".join(asked)),
              ("level", sweep.level), ("configurations", str(len(sweep.outcomes))), ("hold", str(len(held))),
              ("fall short", str(len(sweep.short))), ("refused", str(len(sweep.refused))), ("known from before", str(sweep.known)),
              ("exact checks passed", f"{checks:,}"), ("this run took", f"{sweep.seconds:.1f} s"),
              ("compilers", ", ".join(sorted({one.certificate["compiler"] for one in held if one.certificate})) or "none"),
              ("generator", generator_digest()[:16])]
    kinds = Counter((one.problem.map, one.problem.dtype, one.problem.layout) for one in sweep.outcomes)
    made = [Section("Summary", ("what", "value"), counts),
            Section("Kinds", ("map", "type", "layout", "configurations"), [(*kind, str(number)) for kind, number in sorted(kinds.items())]),
            Section("Slowest", ("configuration", "proofs, s", "kernel (its part of a module), s"),
                    [(named(one.problem), f"{one.proving:.2f}", f"{one.building:.2f}") for one in sweep.slowest])]
    if sweep.times:
        made.append(Section("Times of calls", ("configuration", "one call, ms", "ps a multiply-add", "family"),
                            [one.row(named(one.problem)) for one in sorted(sweep.times, key=lambda one: -one.per_product)]))
    if sweep.refused:
        reasons: dict[str, list[str]] = {}
        for name, reason in sweep.refused:
            reasons.setdefault(reason, []).append(name)
        made.append(Section("Refused", ("reason", "how many", "names"), [
            (reason, str(len(names)), ", ".join(names[:ASKED]) + ", …" * (len(names) > ASKED)) for reason, names in reasons.items()]))
    return made


def markdown(sweep: Sweep) -> str:
    """The page as Markdown."""
    lines = [f"# {_title(sweep)}", "", summary(sweep)[0] + ".", ""]
    lines += ["## Failures", ""] * bool(sweep.short)
    for one in sweep.short:
        lines += [f"### {named(one.problem)}: {one.stage}", "", "```", *one.why.replace("```", "'''").splitlines(), "```", "",
                  f"again: `{one.command}`", ""]
    for section in sections(sweep):
        lines += [f"## {section.title}", "", *(f"| {' | '.join(map(_cell, row))} |" for row in
                                              (section.head, ("---",) * len(section.head), *section.rows)), ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")


def html(sweep: Sweep) -> str:
    """The page as HTML."""
    from convt._derive.render.html import framed

    body = [f"<h1>{escape(_title(sweep))}</h1><p>{escape(summary(sweep)[0])}.</p>", "<h2>Failures</h2>" * bool(sweep.short)]
    body += [f'<h3 class="refuted">{escape(named(one.problem))}: {one.stage}</h3><pre>{escape(one.why)}</pre>'
             f"<p>again: <code>{escape(one.command)}</code></p>" for one in sweep.short]
    for section in sections(sweep):
        rows = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in section.rows]
        head = "".join(f"<th>{escape(cell)}</th>" for cell in section.head)
        body.append(f'<h2>{section.title}</h2><table class="stacked"><tr>{head}</tr>{"".join(f"<tr>{row}</tr>" for row in rows)}</table>')
    return framed(_title(sweep), "configurations of convolutions: derived, proved, built and checked", "".join(body))


def _title(sweep: Sweep) -> str:
    return f"Sweep over {len(sweep.outcomes)} configurations"


PAGES = {".html": html, ".md": markdown}
