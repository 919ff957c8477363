"""Shares of the configurations in child processes of this machine.

A process that ends before its last word, crashed or killed, loses nothing but its own work: what it had not answered is asked
again, in halves, until the configuration is found that ends a process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from convt._codegen import errors, upkeep
from convt._codegen.pipeline import BATCH, FAULTS
from convt._codegen.place import open_store
from convt._codegen.problem import Problem
from convt._codegen.toolchain import toolchain
from convt._derive import children
from convt._derive.errors import ChildFailed

from .outcome import Event, Outcome, Share, event, split

MOST = 4 * BATCH  # configurations of one process: what their proofs share is judged once, and what it keeps stays bounded


class Local:
    """As many processes as this one may use processors."""

    def tools(self, problem: Problem) -> set[str]:
        """What kernels are built with here. Raises ``CompilerMissing``."""
        return {toolchain(open_store().root).key(problem.processor)}

    def examine(self, share: Share, found: Callable[[Event], None]) -> None:
        """Call ``found`` with what comes of each, one at a time, as soon as it is known. Raises what is no configuration's fault."""
        jobs = len(os.sched_getaffinity(0))
        shares = split(share.problems, min(MOST, -(-len(share.problems) // jobs)))
        lock = Lock()

        def work(problems: Sequence[Problem], brood: children.Brood) -> None:
            for made in events(share.only(problems), brood.demand):
                with lock:
                    found(made)

        try:
            children.together(jobs, work, shares)
        except BaseException:
            with suppress(OSError):
                upkeep.sweep(open_store())  # what the children were building when they were ended
            raise


def events(share: Share, alive: Callable[[], None] = lambda: None) -> Iterator[Event]:
    """What comes of each configuration of a share. ``alive()`` raises where the work was given up."""
    left = list(share.problems)
    while left:
        got = False
        child = _Child(share.only(left))
        for made in child.events():
            if isinstance(made, Outcome):
                got = True
                left.remove(made.problem)
            yield made
        alive()
        if left and not got:
            if len(left) == 1:
                yield Outcome(left[0], child.stage, child.last_words)
                return
            for half in (left[:len(left) // 2], left[len(left) // 2:]):
                yield from events(share.only(half), alive)
            return


class _Child:
    """A process that examines a share, and what it tried last."""

    def __init__(self, share: Share) -> None:
        self.share, self.at, self.code = share, "starting", 0

    def events(self) -> Iterator[Event]:
        """Until it ends. Raises what it says is no configuration's fault."""
        child = children.start(f"{__package__}.child", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert child.stdin is not None and child.stdout is not None
            with suppress(BrokenPipeError), child.stdin as pipe:
                json.dump(self.share.as_data(), pipe)
            for line in child.stdout:
                row: dict[str, Any] = json.loads(line) if line.endswith("}\n") else {}
                if (made := event(row)) is not None:
                    yield made
                elif "fault" in row:
                    raise _fault(**row)
                self.at = row.get("at", self.at)
            self.code = child.wait()
        finally:
            children.end(child)

    @property
    def stage(self) -> str:
        """What it was doing."""
        return "kernel" if self.at.startswith("building") else "proofs"

    @property
    def last_words(self) -> str:
        """How it ended, and at what."""
        how = f"{signal.Signals(-self.code).name}" if self.code < 0 else f"status {self.code}"
        return f"its process ended with {how} while {self.at}"


def _fault(fault: str, why: str) -> Exception:
    kind = next((kind for kind in FAULTS if kind.__name__ == fault), None)
    return kind(why) if kind is not None and hasattr(errors, fault) else ChildFailed(f"a process of the sweep: {fault}: {why}")
