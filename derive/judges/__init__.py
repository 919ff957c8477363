"""Judges: Statement → Verdict. Each reads the statement by itself, and they must agree.

isl and the SMT solvers share how a term becomes a list of monomials; enumeration reads terms in its own way, and a
counterexample is replayed in a third.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Lock

from sympy import Symbol

from ..logic import Le
from ..statement import Statement, Variable
from . import enumerate as enumeration
from . import isl, smt
from .verdict import JudgesDisagree, Opinion, Outcome, Verdict, combine

__all__ = ["JudgesDisagree", "Opinion", "Outcome", "Verdict", "available", "combine", "judge", "judge_all", "warm_up"]


_one_at_a_time = Lock()


def _in_a_fork() -> None:
    """Another thread may have held the lock when this process was forked."""
    global _one_at_a_time
    _one_at_a_time = Lock()


os.register_at_fork(after_in_child=_in_a_fork)


def available() -> tuple[str, ...]:
    """The judges at work here: ``isl`` and ``enumerate`` always, ``z3`` and ``cvc5`` where installed (extra smt)."""
    return (isl.NAME, *smt.installed(), enumeration.NAME)


def warm_up() -> None:
    """Start every judge and let it load, so that what follows is timed without that."""
    x = Symbol("x", integer=True)
    judge(Statement((Variable(x, 0, 1),), (), Le(x, x)))


def judge(statement: Statement) -> Verdict:
    """Hear every judge that applies, side by side, and combine. Raises ``JudgesDisagree``.

    A counterexample is replayed in plain integers before it is believed; one that does not replay is an error too.
    """
    return judge_all([statement])[0]


def judge_all(statements: Sequence[Statement]) -> list[Verdict]:
    """``judge`` for many: the solvers work in their processes while isl and enumeration work in this one.

    Whatever interrupts it (an error of a judge, Ctrl-C) ends the solvers, so that none works on for nobody.
    """
    with _one_at_a_time:
        try:
            waiting = [smt.ask(statement) for statement in statements]
            own = [(isl.judge(statement), enumeration.judge(statement)) for statement in statements]
            answers = [[collect() for collect in collectors] for collectors in waiting]
        except BaseException:
            smt.restart()
            raise
    verdicts = []
    for statement, (by_isl, by_counting), by_solvers in zip(statements, own, answers, strict=True):
        opinions = [by_isl, *by_solvers, *([by_counting] if by_counting else [])]
        for opinion in opinions:
            if opinion.outcome == "refuted":
                _replay(statement, opinion)
        verdicts.append(combine(opinions, by_isl.detail == "vacuous"))
    return verdicts


def _replay(statement: Statement, opinion: Opinion) -> None:
    by_name = {str(symbol): symbol for symbol in statement.symbols}
    point = {by_name[name]: value for name, value in opinion.point or ()}
    if not statement.refuted_at(point):
        raise JudgesDisagree(f"{opinion.judge} refutes at {opinion.point}, but there the statement holds")
