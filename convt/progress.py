"""A line on standard error that moves while work goes on, where somebody watches; nothing in pipes, files and logs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import Any

PATIENCE = 0.4  # seconds without a word: what is quick needs none


class Say:
    """Called with other words for the line; ``above`` prints what stays. This one has no line."""

    def __call__(self, words: str) -> None:
        """Show these words from now on."""

    def above(self, text: str) -> None:
        """A line on standard output, now. Raises ``BrokenPipeError`` where nobody reads it."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


@contextmanager
def working(what: str) -> Iterator[Say]:
    """Show ``what`` and the seconds since; calling what it gives shows other words. Gone when the work is done.

    Nothing else should be printed meanwhile but by ``above``: it would share the line.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield Say()
        return
    line = _Line(what)
    timer = Timer(PATIENCE, line.start)
    timer.daemon = True
    timer.start()
    try:
        yield line
    finally:
        timer.cancel()
        line.stop()


class _Line(Say):
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

    def __call__(self, words: str) -> None:
        with self.lock:
            self.words = words
            if self.shown is not None:
                self.shown.update(self.shown.task_ids[0], description=words)

    def above(self, text: str) -> None:
        with self.lock:
            if self.shown is not None:
                self.shown.stop()  # which clears the line
            super().above(text)
            if self.shown is not None:
                self.shown.start()

    def stop(self) -> None:
        with self.lock:
            self.ended = True
            if self.shown is not None:
                self.shown.stop()
