"""The second opinion: the SMT solvers z3 and cvc5 read the same SMT-LIB text and must find it unsatisfiable.

Each solver runs in a child process of its own with a wall clock (a solver may ignore its own time limit for minutes);
children start on first use, stay for the session and end with it. Quantifiers never reach a solver where a witness is
known: a claimed ∃ is replaced by its witness, an assumed ∃ by a fresh constant. Both are sound for proofs.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from time import perf_counter
from typing import IO, Any

from .. import children
from ..logic import (
    DEFINITIONS,
    All,
    Between,
    Divides,
    Either,
    Equal,
    Exists,
    Floor,
    Iff,
    Implies,
    Le,
    Lt,
    No,
    definition_as_formula,
    monomials,
)
from ..statement import Statement
from .verdict import Opinion

SECONDS = 20.0
DISTRIBUTIONS = {"z3": "z3-solver", "cvc5": "cvc5"}


@cache
def installed() -> tuple[str, ...]:
    """Names of the solvers that can be imported here (extra ``smt``)."""
    return tuple(name for name, distribution in DISTRIBUTIONS.items() if children.installed(distribution))


@cache
def _worker(name: str) -> Worker:
    return Worker(name)


def ask(statement: Statement) -> list[Callable[[], Opinion]]:
    """Send the statement to every solver; the returned functions collect the opinions, in the order of asking."""
    script = text(statement)
    return [_worker(name).ask(script, [str(s) for s in statement.symbols]) for name in installed()]


class Worker:
    """A solver in a child process. ``ask`` returns at once; the returned function waits for the answer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process: subprocess.Popen[str] | None = None
        self.owner = 0
        self.answers: SimpleQueue[str] = SimpleQueue()
        atexit.register(self.stop)

    def start(self) -> subprocess.Popen[str]:
        """The running child; a new one where there is none, or where this process is a fork of its owner."""
        if self.process is None or self.process.poll() is not None or self.owner != os.getpid():
            self.process = children.start(f"{__package__}.smt_worker", self.name, lasting=True, stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE)
            self.owner, self.answers = os.getpid(), SimpleQueue()
            Thread(target=_listen, args=(self.process.stdout, self.answers), daemon=True).start()
        return self.process

    def stop(self) -> None:
        """End the child."""
        if self.process is not None and self.owner == os.getpid():
            children.end(self.process)
        self.process = None

    def ask(self, script: str, names: list[str], seconds: float = SECONDS) -> Callable[[], Opinion]:
        stdin = self.start().stdin
        assert stdin is not None
        stdin.write(json.dumps(script) + "\n")
        stdin.flush()
        answers = self.answers

        def collect() -> Opinion:
            start = perf_counter()
            try:
                line = answers.get(timeout=seconds)
            except Empty:
                line = ""
            if not line:
                answers.put("")  # whoever waits for a later answer of this child need not wait as long
                self.stop()
                return Opinion(self.name, "undecided", 1e3 * (perf_counter() - start), detail="no answer in time")
            answer = json.loads(line)
            point = None
            if answer["model"] is not None:
                point = tuple((name, answer["model"][f"v{index}"]) for index, name in enumerate(names))
            return Opinion(self.name, answer["outcome"], answer["milliseconds"], point, answer["detail"])

        return collect


def _listen(stream: IO[str], answers: SimpleQueue[str]) -> None:
    """Pass the child's lines on; an empty one says that it ended."""
    for line in stream:
        answers.put(line)
    answers.put("")


def text(statement: Statement) -> str:
    """SMT-LIB 2 text whose models are the counterexamples of the statement."""
    writer = _Writer(statement)
    facts = [writer.formula(node, True) for node in statement.given + statement.lemmas]
    facts += [writer.formula(node, True) for node in statement.define]
    facts.append(writer.formula(statement.claim, False))
    declared = [f"(declare-const {name} Int)" for name in writer.constants]
    logic = "(set-logic ALL)"
    return "\n".join([logic, *declared, *(f"(assert {fact})" for fact in facts)])


class _Writer:
    def __init__(self, statement: Statement) -> None:
        self.names: dict[Any, str] = {symbol: f"v{index}" for index, symbol in enumerate(statement.symbols)}
        self.constants = list(self.names.values())
        self.fresh = 0

    def number(self, value: int) -> str:
        return str(value) if value >= 0 else f"(- {-value})"

    def term(self, expression: Any) -> str:
        parts = []
        for coefficient, factors in monomials(expression):
            names = [self.names[factor] for factor in factors]
            product = names if coefficient == 1 and names else [self.number(coefficient), *names]
            parts.append(product[0] if len(product) == 1 else f"(* {' '.join(product)})")
        return "0" if not parts else parts[0] if len(parts) == 1 else f"(+ {' '.join(parts)})"

    def formula(self, node: Any, wanted: bool) -> str:
        """Text that asserts ``node`` (or, with ``wanted`` false, its negation)."""
        args = node.args
        if isinstance(node, Floor) and not args[2].is_Integer:
            value, e, c = args
            node = All(Le(c * value, e), Le(e, c * value + c - 1))
        elif isinstance(node, DEFINITIONS):
            node = definition_as_formula(node)
        if isinstance(node, All | Either):
            conjunction = isinstance(node, All) == wanted
            parts = [self.formula(arg, wanted) for arg in node.args]
            empty = "true" if conjunction else "false"
            return empty if not parts else f"({'and' if conjunction else 'or'} {' '.join(parts)})"
        if isinstance(node, No):
            return self.formula(node.args[0], not wanted)
        if isinstance(node, Implies):
            return self.formula(Either(No(node.args[0]), node.args[1]), wanted)
        if isinstance(node, Iff):
            left, right = node.args
            sides = [All(left, right), All(No(left), No(right))] if wanted else [
                All(left, No(right)), All(No(left), right)]
            return self.formula(Either(*sides), True)
        if isinstance(node, Exists):
            return self.exists(node, wanted)
        atom = self.atom(node)
        return atom if wanted else f"(not {atom})"

    def exists(self, node: Exists, wanted: bool) -> str:
        if not wanted and node.witness:
            return self.formula(node.at_witness(), False)
        outer, bound = self.names, [f"e{self.fresh + index}" for index in range(len(node.variables))]
        self.fresh += len(bound)
        self.names = {**outer, **dict(zip(node.variables, bound, strict=True))}
        body = self.formula(node.body, wanted)
        self.names = outer
        if wanted:
            self.constants += bound
            return body
        return f"(forall ({' '.join(f'({name} Int)' for name in bound)}) {body})"

    def atom(self, node: Any) -> str:
        args = node.args
        if isinstance(node, Between):
            lo, x, hi = map(self.term, args)
            return f"(and (<= {lo} {x}) (<= {x} {hi}))"
        if isinstance(node, Divides):
            return f"(= (mod {self.term(args[1])} {self.term(args[0])}) 0)"
        if isinstance(node, Le | Lt | Equal):
            sign = {Le: "<=", Lt: "<", Equal: "="}[type(node)]
            return f"({sign} {self.term(args[0])} {self.term(args[1])})"
        raise TypeError(f"no SMT-LIB for {type(node).__name__}")
