"""A line on standard error that moves while work goes on, where somebody watches; nothing in pipes, files and logs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import Any

PATIENCE = 0.4  # seconds without a word: what is quick needs none


@contextmanager
def working(what: str) -> Iterator[Callable[[str], None]]:
    """Show ``what`` and the seconds since; calling what it gives shows other words. Gone when the work is done.

    Nothing else should be printed meanwhile: it would share the line.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda words: None
        return
    line = _Line(what)
    timer = Timer(PATIENCE, line.start)
    timer.daemon = True
    timer.start()
    try:
        yield line.say
    finally:
        timer.cancel()
        line.stop()


class _Line:
    """The line, once somebody has waited for it."""

    def __init__(self, words: str) -> None:
        self.words, self.lock, self.ended = words, Lock(), False
        self.shown: Any = None

    def start(self) -> None:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        with self.lock:
            if not self.ended:
                self.shown = Progress(SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn(),
                                      console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
                self.shown.add_task(self.words, total=None)
                self.shown.start()

    def say(self, words: str) -> None:
        with self.lock:
            self.words = words
            if self.shown is not None:
                self.shown.update(self.shown.task_ids[0], description=words)

    def stop(self) -> None:
        with self.lock:
            self.ended = True
            if self.shown is not None:
                self.shown.stop()
