"""The child process of one SMT solver: a JSON string of SMT-LIB text a line in, a JSON object a line out."""

from __future__ import annotations

import json
import re
import sys
from time import perf_counter
from typing import Any

LIMIT_MS = 15_000
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
    """Answer until the input ends."""
    solve = {"z3": with_z3, "cvc5": with_cvc5}[name]
    outcomes = {"unsat": "proved", "sat": "refuted"}
    for line in sys.stdin:
        start = perf_counter()
        reply: dict[str, Any]
        try:
            answer, model, reason = solve(json.loads(line))
            reply = {"outcome": outcomes.get(answer, "undecided"), "model": model, "detail": reason}
        except Exception as error:  # whatever a solver raises is "no decision", never a pass
            reply = {"outcome": "undecided", "model": None, "detail": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply | {"milliseconds": 1e3 * (perf_counter() - start)}), flush=True)

