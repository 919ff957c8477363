"""Judges: Statement → Verdict. Each reads the statement by itself, and they must agree.

isl and the SMT solvers share how a term becomes a list of monomials; enumeration reads terms in its own way, and a
counterexample is replayed in a third.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from sympy import S, Symbol

from ..logic import Le, Parameter
from ..parameters import numbers_of
from ..spec import Axis
from ..statement import Statement, Variable, letters_of
from . import enumerate as enumeration
from . import isl, smt
from .verdict import JudgesDisagree, Opinion, Outcome, Verdict, combine

__all__ = ["JudgesDisagree", "Opinion", "Outcome", "Verdict", "available", "combine", "judge", "judge_all", "warm_up"]

GEOMETRIES = [{letter.name: value for letter, value in numbers_of(axis).items()} for axis in (
    Axis(4, 2, (1, 2), 3, 1), Axis(1), Axis(3, 2, (5, 6), 2, 1), Axis(2, 5, (1, 0), 3, 3), Axis(3, 4, (-1, 0), 2, 2))]
"""Parameters for which enumeration tries what is stated of all."""
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
            own = [(isl.judge(statement), counted(statement)) for statement in statements]
            answers = [[collect() for collect in collectors] for collectors in waiting]
        except BaseException:
            smt.restart()
            raise
    verdicts = []
    for statement, (by_isl, by_counting), by_solvers in zip(statements, own, answers, strict=True):
        opinions = [_replayed(statement, one) for one in (by_isl, *by_solvers, *([by_counting] if by_counting else []))]
        verdicts.append(combine(opinions, by_isl.detail == "vacuous"))
    return verdicts


def counted(statement: Statement) -> Opinion | None:
    """Enumeration; of what speaks of parameters, with some numbers for them."""
    if not statement.parameters:
        return enumeration.judge(statement)
    ends = set[Any]().union(*(letters_of(S(end)) for v in statement.variables for end in (v.first, v.last)))
    letters = dict.fromkeys((*statement.parameters, *(one for one in ends if isinstance(one, Parameter))))
    found = list[tuple[dict[Parameter, int], Opinion]]()
    for numbers in GEOMETRIES:
        values = {one: numbers[one.name.rstrip("_0123456789")] for one in letters}
        if opinion := enumeration.judge(statement.at(values)):
            found.append(({one: int(values[one]) for one in statement.parameters}, opinion))
    spent = sum(opinion.milliseconds for _, opinion in found)
    for values, opinion in found:
        if opinion.outcome == "refuted":
            chosen = ((str(one), value) for one, value in values.items())
            return replace(opinion, milliseconds=spent, point=(*chosen, *(opinion.point or ())))
    return Opinion(enumeration.NAME, "checked", spent, detail=f"for {len(found)} choices of the parameters") if found else None


def _replayed(statement: Statement, opinion: Opinion) -> Opinion:
    """A point that refutes the linear form of a statement about all parameters is believed where it refutes the statement."""
    if opinion.outcome != "refuted":
        return opinion
    by_name = {str(symbol): symbol for symbol in statement.symbols}
    point = {by_name[name]: value for name, value in opinion.point or () if name in by_name}
    if statement.refuted_at(point):
        return replace(opinion, point=tuple((str(symbol), value) for symbol, value in point.items()))
    if statement.parameters:
        return Opinion(opinion.judge, "undecided", opinion.milliseconds, detail="more about products of variables is needed")
    raise JudgesDisagree(f"{opinion.judge} refutes at {opinion.point}, but there the statement holds")
