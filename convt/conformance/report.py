"""The report as text, JSON or JUnit XML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from convt._derive.errors import ToolMissing, one_line

from .case import MAPS, Array
from .naming import Naming
from .outcome import Result
from .run import Report

PRINTED = 48  # entries of an array that are written out


def text(report: Report, command: str) -> str:
    """What a person reads; ``command`` is the command line without a case."""
    passed, failed, refused = (len(report.having(verdict)) for verdict in ("passes", "fails", "refused"))
    counts = f"{passed} cases right, {failed} wrong, {refused} refused"
    lines = [("conforms: " if report.conforms else "does not conform: ") + counts
             + (f", {report.not_asked} not asked: processes crashed or hung" if report.not_asked else "")]
    if not passed and not failed:
        lines.append("  it computed nothing, so nothing is known")
    for naming in dict.fromkeys(map(_alike, report.namings)):
        alike = [one for one in report.namings if _alike(one) == naming]
        lines.append(f"  in {', '.join(f'{one.dims}-D' for one in alike)} it computes: {alike[0]}")
        lines += [f"    {says}" for says in alike[0].says]
        if alike[0].names:
            wrong, explained = sum(one.wrong for one in alike), sum(one.explained for one in alike)
            lines.append(f"    this gives {'all' if explained == wrong else f'{explained} of'} {wrong} wrong answers, and the right ones"
                         + ("" if explained == wrong else "; of the others it says nothing"))
    for kind in dict.fromkeys(one.kind for one in report.having("fails") if one.kind != "answered"):
        some = [one for one in report.having("fails") if one.kind == kind]
        lines.append(f"  {kind} in {len(some)} cases, first {some[0].case}: {some[0].reason}")
    if report.smallest is not None:
        lines += ["smallest case that fails", *(f"  {line}" for line in numbers(report.smallest)),
                  f"  again     {command} --case {report.smallest.case}"]
    if failed:
        lines += ["wrong cases", *_strata(report.results)]
    for reason, number in Counter(one.reason for one in report.having("refused")).most_common(5):
        lines.append(f"refused {number}: {reason or 'without a word'}")
    return "\n".join(lines)


def _alike(naming: Naming) -> tuple[str, tuple[str, ...]]:
    return str(naming), naming.says


def _strata(results: Sequence[Result]) -> list[str]:
    """Where cases fail: a line a corner and a project, with the numbers of axes."""
    total = Counter((_stratum(one), one.case.dims) for one in results)
    wrong = Counter((_stratum(one), one.case.dims) for one in results if one.verdict == "fails")
    return [f"  {stratum}: " + ", ".join(f"{wrong[stratum, dims]} of {total[stratum, dims]} in {dims}-D"
                                         for dims in (1, 2, 3) if wrong[stratum, dims])
            for stratum in dict.fromkeys(stratum for stratum, _ in wrong)]


def _stratum(result: Result) -> str:
    return result.case.source.removesuffix(", axes differ")


def numbers(result: Result) -> list[str]:
    """A case with its inputs, what is expected and what was found."""
    case, found = result.case, result.outcome.array
    given = zip((*MAPS[case.map], "bias"), case.inputs(), strict=True)
    rows = [("case", f"{case}   (shrunk from: {case.source})"), *((name, shown(array)) for name, array in given if array is not None)]
    rows.append(("expected", shown(case.expected())))
    if found is not None:
        rows.append(("found", shown(found)))
    return [f"{name:8}  {value}" for name, value in [*rows, ("so", result.reason)]]


def shown(array: Array) -> str:
    """The numbers, or the shape of what is too large to be read."""
    if array.size > PRINTED:
        return f"an array of shape {array.shape}"
    return json.dumps(array.tolist()).replace(".0,", ",").replace(".0]", "]")


def as_data(report: Report, name: str) -> dict[str, Any]:
    """The report as JSON."""
    return {"implementation": name, "conforms": report.conforms, "not_asked": report.not_asked,
            **{verdict: len(report.having(verdict)) for verdict in ("passes", "fails", "refused")},
            "computes": [{"dims": one.dims, "conventions": one.names, "candidates": one.candidates, "axes": one.axes,
                          "wrong_answers": one.wrong, "explained": one.explained, "says": str(one)} for one in report.namings],
            "smallest": None if report.smallest is None else {
                "case": str(report.smallest.case), "source": report.smallest.case.source, "reason": report.smallest.reason,
                "lines": numbers(report.smallest)},
            "cases": [{"case": str(one.case), "source": one.case.source, "verdict": one.verdict, "kind": one.kind, "reason": one.reason}
                      for one in report.results]}


def junit_parser() -> Any:
    """The package that writes JUnit XML. ``ToolMissing`` where it is not."""
    try:
        return import_module("junitparser")
    except ModuleNotFoundError:
        raise ToolMissing("--format junit needs junitparser: pip install 'convt[specs]'") from None


def junit(report: Report, name: str) -> str:
    """The report as JUnit XML: one test a case, and the smallest that fails. ``ToolMissing`` without junitparser."""
    made = junit_parser()
    suite = made.TestSuite(f"convt conformance {name}")
    computes = "; ".join(f"{one.dims}-D: {one}" for one in report.namings)
    for one in report.results:
        case = made.TestCase(str(one.case), one.case.source)
        if one.verdict == "fails":
            case.result = [made.Failure(one.reason + (f"; {computes}" if computes else ""), one.kind)]
        elif one.verdict == "refused":
            case.result = [made.Skipped(one.reason)]
        suite.add_testcase(case)
    if report.smallest is not None:
        case = made.TestCase(f"smallest: {report.smallest.case}", report.smallest.case.source)
        case.result = [made.Failure(report.smallest.reason, report.smallest.kind)]
        case.system_out = one_line("; ".join(numbers(report.smallest)))
        suite.add_testcase(case)
    xml = made.JUnitXml()
    xml.add_testsuite(suite)
    return str(xml.tostring().decode())
