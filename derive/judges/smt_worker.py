"""The child process of one SMT solver: it greets, then reads one question a line and writes one answer a line.

A question is an object with a tag and SMT-LIB text; its answer bears the same tag. Whatever else a solver writes to
standard output goes to standard error.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from importlib import import_module
from time import perf_counter
from typing import Any

LIMIT_MS = 5_000
_VARIABLE = re.compile(r"declare-const (v[0-9]+) Int")


def with_z3(script: str) -> tuple[str, dict[str, int] | None, str]:
    """(outcome, model, reason) by z3."""
    import z3

    solver = z3.SimpleSolver()  # three times faster than the portfolio on statements of this size
    solver.set("timeout", LIMIT_MS)
    solver.from_string(script)
    answer = str(solver.check())
    model = None
    if answer == "sat":
        found = solver.model()
        names = _VARIABLE.findall(script)
        model = {name: found.eval(z3.Int(name), model_completion=True).as_long() for name in names}
    return answer, model, solver.reason_unknown() if answer == "unknown" else ""


def with_cvc5(script: str) -> tuple[str, dict[str, int] | None, str]:
    """(outcome, model, reason) by cvc5."""
    import cvc5

    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    solver.setOption("produce-models", "true")
    solver.setOption("tlimit-per", str(LIMIT_MS))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "statement")
    symbols = parser.getSymbolManager()
    while not (command := parser.nextCommand()).isNull():
        complaint = command.invoke(solver, symbols)
        if complaint and "error" in complaint:
            return "unknown", None, complaint.strip()
    result = solver.checkSat()
    if result.isSat():
        wanted = set(_VARIABLE.findall(script))
        terms = {str(term): term for term in symbols.getDeclaredTerms() if str(term) in wanted}
        return "sat", {name: solver.getValue(term).getIntegerValue() for name, term in terms.items()}, ""
    return ("unsat", None, "") if result.isUnsat() else ("unknown", None, str(result))


def main(name: str) -> None:
    """Greet with the solver's version, then answer until the input ends. Ctrl-C is for the parent, which ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    solver = import_module(name)
    solve, version = {"z3": (with_z3, "get_version_string"), "cvc5": (with_cvc5, "__version__")}[name]
    found = getattr(solver, version)
    print(json.dumps({"ready": name, "version": found() if callable(found) else found}), file=answers, flush=True)
    outcomes = {"unsat": "proved", "sat": "refuted"}
    for line in sys.stdin:
        start = perf_counter()
        question = json.loads(line)
        reply: dict[str, Any]
        try:
            answer, model, reason = solve(question["script"])
            reply = {"outcome": outcomes.get(answer, "undecided"), "model": model, "detail": reason}
        except Exception as error:  # whatever a solver raises is "no decision", never a pass
            reply = {"outcome": "undecided", "model": None, "detail": f"{type(error).__name__}: {error}"}
        spent = 1e3 * (perf_counter() - start)
        print(json.dumps({"tag": question["tag"], **reply, "milliseconds": spent}), file=answers, flush=True)
