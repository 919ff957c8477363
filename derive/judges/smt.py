"""The second opinion: the SMT solvers z3 and cvc5 read the same SMT-LIB text and must find it unsatisfiable.

Each solver runs in a child process of its own with a wall clock (a solver may ignore its own time limit for minutes);
children start on first use, stay for the session and end with it. A child says first which solver it is; one that ends
before is no judge, and that is an error. Every question bears a tag that nobody can guess, and only the answer with
the same tag is believed: what is left over from a question that nobody waits for any more answers nothing else.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import subprocess
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from queue import Empty, SimpleQueue
from threading import Event, RLock, Thread
from time import perf_counter
from typing import IO, Any

from .. import children
from ..errors import ChildFailed
from ..statement import Statement
from .linear import linear
from .smt_text import text
from .verdict import Opinion

__all__ = ["Worker", "ask", "installed", "restart", "text"]

SECONDS = 12.0  # for an answer
START = 60.0  # until the greeting, on a machine that is busy
DISTRIBUTIONS = {"z3": "z3-solver", "cvc5": "cvc5"}
STOPPED = "it was stopped"
ANSWER = {"tag", "outcome", "model", "detail", "milliseconds"}


@cache
def installed() -> tuple[str, ...]:
    """Names of the solvers that can be imported here (extra ``smt``)."""
    return tuple(name for name, distribution in DISTRIBUTIONS.items() if children.installed(distribution))


@cache
def _worker(name: str) -> Worker:
    return Worker(name)


def ask(statement: Statement) -> list[Callable[[], Opinion]]:
    """Send the statement to every solver; the returned functions collect the opinions. Raises ``ChildFailed``.

    What a solver leaves undecided it is asked once more, in another form that says the same.
    """
    statement = linear(statement)
    script = text(statement)
    return [_asked(worker, statement, script) for worker in map(_worker, installed())]


def _asked(worker: Worker, statement: Statement, script: str) -> Callable[[], Opinion]:
    names = [str(s) for s in statement.symbols]
    collect = worker.ask(script, names)

    def opinion() -> Opinion:
        first = collect()
        if first.outcome == "undecided" and worker.alive and (other := text(statement, from_the_end=True)) != script:
            second = worker.ask(other, names)()
            return first if second.outcome == "undecided" else second
        return first

    return opinion


def restart() -> None:
    """End the solvers, with all questions that are still open; the next question starts new ones."""
    for name in installed():
        _worker(name).stop()


@dataclass
class Child:
    """A running solver: its process, the questions that are open, and the last lines of its standard error."""

    process: subprocess.Popen[str]
    solver: str
    outbox: SimpleQueue[str | None] = field(default_factory=SimpleQueue)
    open: dict[str, SimpleQueue[dict[str, Any] | None]] = field(default_factory=dict)
    last_words: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    lock: Any = field(default_factory=RLock)
    greeted: Event = field(default_factory=Event)
    """Set when it greeted, and when it will not."""
    ready: bool = False
    ended: str = ""
    """Why it is not asked any more."""

    def serve(self) -> None:
        """Start the threads that write questions, read answers and keep the last words: none of them is ever interrupted."""
        words = Thread(target=self._keep_words, args=(self.process.stderr,), daemon=True)
        for thread in (words, Thread(target=self._write, args=(self.process.stdin,), daemon=True),
                       Thread(target=self._read, args=(self.process.stdout, words), daemon=True)):
            thread.start()

    def put(self, script: str) -> SimpleQueue[dict[str, Any] | None]:
        """Ask; the answer comes into the queue, or None when the child ended without one."""
        tag = secrets.token_hex(8)
        slot: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        with self.lock:
            if self.ended:
                slot.put(None)
            else:
                self.open[tag] = slot
                self.outbox.put(json.dumps({"tag": tag, "script": script}) + "\n")
        return slot

    def end(self, why: str) -> None:
        """Kill it; whoever waits for it waits no longer."""
        with self.lock:
            self.ended = self.ended or why
            slots, self.open = list(self.open.values()), {}
        children.kill(self.process)
        self.outbox.put(None)
        self.greeted.set()
        for slot in slots:
            slot.put(None)

    def _write(self, stream: IO[str]) -> None:
        try:
            for line in iter(self.outbox.get, None):
                stream.write(line)
                stream.flush()
            stream.close()
        except (OSError, ValueError):
            return  # it died: the thread that reads notices, and knows its last words

    def _keep_words(self, stream: IO[str]) -> None:
        for line in stream:
            self.last_words.append(line.strip())

    def _read(self, stream: IO[str], words: Thread) -> None:
        why = "the solver ended"
        for line in stream:
            try:
                self._hear(line)
            except (ValueError, KeyError, TypeError) as lost:
                why = f"the solver lost step: {lost}"
                break
        words.join(0.5)
        self.end(why)
        self.process.wait()

    def _hear(self, line: str) -> None:
        """The greeting, then answers to open questions; anything else means that the child is not to be believed."""
        if not self.ready:
            if line.startswith('{"ready": '):  # before it, others may have written to standard output
                if (name := json.loads(line)["ready"]) != self.solver:
                    raise ValueError(f"{name} greeted for {self.solver}")
                self.ready = True
                self.greeted.set()
            return
        answer = json.loads(line)
        if not isinstance(answer, dict) or set(answer) != ANSWER:
            raise ValueError("not an answer")
        if answer["outcome"] not in ("proved", "refuted", "undecided") or (answer["outcome"] == "refuted") != (answer["model"] is not None):
            raise ValueError("an answer without an outcome")
        with self.lock:
            slot = self.open.pop(answer["tag"], None)
        if slot is None:
            raise ValueError("an answer to no open question")
        slot.put(answer)


class Worker:
    """A solver in a child process. ``ask`` returns at once; the returned function waits for the answer.

    A child that died or lost step answers ``undecided`` and is replaced at the next question. One that could not start
    raises ``ChildFailed`` with its last words.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.child: Child | None = None
        self.owner = 0
        self.lock = RLock()
        atexit.register(self.stop)

    def start(self) -> Child:
        """The running child; a new one where there is none, or where this process is a fork of its owner."""
        child = self.child
        if child is None or child.ended or child.process.poll() is not None or self.owner != os.getpid():
            pipe = subprocess.PIPE
            try:
                process = children.start(f"{__package__}.smt_worker", self.name, lasting=True, stdin=pipe, stdout=pipe, stderr=pipe,
                                         encoding="utf-8", errors="replace")
            except OSError as error:
                raise ChildFailed(f"the judge {self.name} could not start: {error}") from error
            child = Child(process, self.name)
            self.child, self.owner = child, os.getpid()
            child.serve()
        return child

    @property
    def alive(self) -> bool:
        """Whether its child answered and can be asked on."""
        return self.child is not None and not self.child.ended

    def stop(self) -> None:
        """End the child."""
        child, self.child = self.child, None
        if child is not None and self.owner == os.getpid():
            child.end(STOPPED)
            child.process.wait()

    def ask(self, script: str, names: list[str], seconds: float = SECONDS) -> Callable[[], Opinion]:
        with self.lock:
            child = self.start()
            slot = child.put(script)

        def collect() -> Opinion:
            if not child.greeted.wait(START):
                child.end(f"no greeting within {START:.0f} s")
            if not child.ready and child.ended != STOPPED:
                raise ChildFailed(f"the judge {self.name} could not start: {' / '.join([*child.last_words][-3:]) or child.ended}")
            start = perf_counter()
            try:
                answer = slot.get(timeout=seconds)
            except Empty:
                answer = None
                child.end("no answer in time")
            if answer is None:
                return Opinion(self.name, "undecided", 1e3 * (perf_counter() - start), detail=child.ended)
            try:
                model = answer["model"]
                point = None if model is None else tuple((name, int(model[f"v{index}"])) for index, name in enumerate(names))
                return Opinion(self.name, answer["outcome"], float(answer["milliseconds"]), point, str(answer["detail"]))
            except (KeyError, TypeError, ValueError) as lost:
                child.end(f"the solver lost step: {lost!r}")
                return Opinion(self.name, "undecided", 1e3 * (perf_counter() - start), detail=child.ended)

        return collect


def _in_a_fork() -> None:
    """A fork has its parent's locks as they were at that moment, and none of its threads: it begins anew."""
    _worker.cache_clear()


os.register_at_fork(after_in_child=_in_a_fork)
