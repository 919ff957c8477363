"""Results as text, JSON, annotations of GitHub's actions, and JUnit's XML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from .finding import Finding, Result, State
from .mistakes import Mistake, keys

STATES: tuple[State, State] = ("missing", "left out")


def rows(results: Sequence[Result]) -> list[tuple[str, str, str, str]]:
    """A row a layer: name, geometry, output, and what was found."""
    return [(result.layer.name, str(result.layer.spec), " × ".join(map(str, result.layer.made)), _summed(result)) for result in results]


def _summed(result: Result) -> str:
    short = result.of("falls short")
    if short:
        return "FALLS SHORT: " + ", ".join(dict.fromkeys(finding.what for finding in short))
    absent, silent = ([finding.what for finding in result.of(state)] for state in STATES)
    return "holds" + (f"; not there: {', '.join(absent)}" if absent else "") + (f"; not said by {', '.join(silent)}" if silent else "")


def failures(results: Sequence[Result]) -> Iterator[str]:
    """For each failure: its place, the reason, the smallest counterexample, and a command that shows it again."""
    for result in results:
        for finding in result.of("falls short"):
            yield f"{result.layer.file}:{result.layer.line}: {result.layer.name}: {finding.what}: {finding.why}"
            if finding.example:
                yield f"    smallest: {finding.example}"
            if finding.command:
                yield f"    again: {finding.command}"


def summary(results: Sequence[Result], level: str, seconds: float) -> str:
    """One line about all."""
    short = sum(not result.holds for result in results)
    checked = sum(len(result.of("holds")) for result in results)
    absent = sorted({finding.what for result in results for finding in result.of("missing")})
    text = f"{len(results)} layer{'s' * (len(results) != 1)} at level {level}: "
    text += f"{short} fall{'s' * (short == 1)} short" if short else "all hold"
    return text + f"; {checked} checks in {seconds:.2f} s" + (f"; not there: {', '.join(absent)}" if absent else "")


def data(results: Sequence[Result], level: str, code: int) -> str:
    """JSON: what was found, and the facts."""
    return json.dumps({"level": level, "exit": code, "layers": [{
        "name": result.layer.name, "file": result.layer.file, "line": result.layer.line, "spec": str(result.layer.spec),
        "output": list(map(str, result.layer.made)), "holds": result.holds, "facts": result.facts,
        "findings": [_row(finding) for finding in result.findings]} for result in results]}, indent=1, ensure_ascii=False)


def mistakes(found: Sequence[Mistake]) -> str:
    """JSON: what is wrong in spec files."""
    return json.dumps({"exit": 2, "mistakes": [{
        "file": one.file, "line": one.line, "key": keys(one.path), "value": repr(one.value)[:200], "rule": one.rule,
        "nearest": None if one.nearest is None else str(one.nearest)} for one in found]}, indent=1, ensure_ascii=False)


def _row(finding: Finding) -> dict[str, Any]:
    named = {"level": finding.level, "what": finding.what, "state": finding.state, "why": finding.why, "example": finding.example,
             "command": finding.command}
    return {name: value for name, value in named.items() if value}


ANNOTATED: dict[State, str] = {"falls short": "error", "missing": "notice"}


def github(results: Sequence[Result]) -> Iterator[str]:
    """Workflow commands: an annotation a failure, a notice for what is missing."""
    for result in results:
        for state, word in ANNOTATED.items():
            for finding in result.of(state):
                text = "\n".join(filter(None, (str(finding), finding.example, finding.command)))
                yield annotation(word, result.layer.file, result.layer.line, f"{result.layer.name}: {finding.what}", text)


def annotation(word: str, file: str, line: int, title: str, text: str) -> str:
    """``::error file=…,line=…,title=…::text``, escaped as GitHub asks."""
    def plain(part: str) -> str:
        return part.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def field(part: str) -> str:
        return plain(part).replace(":", "%3A").replace(",", "%2C")

    return f"::{word} file={field(file)},line={line},title={field(title)}::{plain(text)}"


def junit(results: Sequence[Result], seconds: float) -> bytes:
    """JUnit's XML: a suite a file, a case a layer. Needs junitparser (extra ``specs``)."""
    from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

    xml: Any = JUnitXml("convt")
    for file in dict.fromkeys(result.layer.file for result in results):
        suite = TestSuite(_legal(file))
        for result in (result for result in results if result.layer.file == file):
            case = TestCase(result.layer.name, _legal(file), seconds / len(results))
            lines = [_legal(line) for line in failures([result])]
            if lines:
                failure = Failure(lines[0], "falls short")
                failure.text = "\n".join(lines)
                case.result = [failure]
            elif result.findings and all(finding.state != "holds" for finding in result.findings):
                case.result = [Skipped(_legal("; ".join(map(str, result.findings))))]
            suite.add_testcase(case)
        xml.add_testsuite(suite)
    xml.update_statistics()
    return bytes(xml.tostring())


def _legal(text: str) -> str:
    """Without the letters that XML cannot hold: controls, and bytes of a file's name that are no letters."""
    return "".join(letter if letter in "\t\n" or (letter >= " " and not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff")
                   else "?" for letter in text)
