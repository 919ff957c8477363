"""A Python function as an implementation: its child process, and what is said when that crashes or hangs."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections import deque
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any

import numpy as np

from convt._derive import children
from convt._derive.errors import ArgumentError, ToolMissing, one_line

from . import child
from .case import Case
from .outcome import Outcome, ending

START = 120.0  # seconds until a module is imported
FIRST = 3  # times the limit, for the first call: libraries are imported and compiled then


class Function:
    """A Python function in a child that stays, until it crashes or hangs."""

    def __init__(self, module: str, function: str, map_name: str, dtype: str, seconds: float) -> None:
        self.words, self.seconds = (module, function, map_name, dtype), seconds
        self.text, self.first = f"{module}:{function}", FIRST
        self.running: _Running | None = None
        self._start()

    def answer(self, case: Case) -> Outcome:
        """The function's answer. A child that crashed or hung is replaced."""
        running = self.running if self.running is not None else self._start()
        limit, self.first = self.seconds * self.first, 1
        try:
            reply = running.asked(str(case), limit)
        except Empty:
            self.close()
            return Outcome("hung", words=f"no answer in {limit:g} s")
        except EOFError:
            how = running.last()
            self.close()
            return Outcome("crashed", words=f"the process ended with {how}")
        array = None
        if reply["kind"] == "answered":
            array = np.frombuffer(base64.b64decode(reply["data"]), np.float64).reshape(reply["shape"])
        return Outcome(reply["kind"], array, one_line(reply["words"])[:300])

    def close(self) -> None:
        """End the child."""
        if self.running is not None:
            children.end(self.running.process)
            self.running = None

    def _start(self) -> _Running:
        folders = [os.getcwd(), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        running = self.running = _Running(children.start(
            child.__name__, *self.words, json.dumps(folders), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        try:
            greeting = running.asked(None, START)
        except Empty:
            self.close()
            raise ArgumentError("IMPLEMENTATION", self.text, f"its module is not imported in {START:g} s") from None
        except EOFError:
            how = running.last()
            self.close()
            raise ArgumentError("IMPLEMENTATION", self.text, f"importing its module ends the process with {how}") from None
        if not greeting["ready"]:
            self.close()
            if "missing" in greeting:
                raise ToolMissing(f"{greeting['missing']}, which is not installed")
            raise ArgumentError("IMPLEMENTATION", self.text, greeting["rule"], greeting.get("nearest"))
        return running


class _Running:
    """A child and the threads that read what it says: none of them is ever interrupted."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.replies: SimpleQueue[str | None] = SimpleQueue()
        self.last_words: deque[str] = deque(maxlen=5)
        self.complaints = Thread(target=self._keep, args=(process.stderr,), daemon=True)
        self.complaints.start()
        Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def asked(self, case: str | None, seconds: float) -> dict[str, Any]:
        """The reply to a case, or the greeting. ``Empty`` after so many seconds, ``EOFError`` where the child ended."""
        if case is not None and self.process.stdin is not None:
            try:
                self.process.stdin.write(case + "\n")
                self.process.stdin.flush()
            except OSError:
                raise EOFError from None
        line = self.replies.get(timeout=seconds)
        if line is None:
            raise EOFError
        reply: dict[str, Any] = json.loads(line)
        return reply

    def last(self) -> str:
        """How it ended, with its last words."""
        self.complaints.join(1)
        return ending(self.process.wait(), "\n".join(self.last_words))

    def _read(self, stream: IO[str]) -> None:
        try:
            for line in stream:
                self.replies.put(line)
        except (OSError, ValueError):  # closed while it was read
            pass
        self.replies.put(None)

    def _keep(self, stream: IO[str]) -> None:
        try:
            for line in stream:
                self.last_words.append(line.rstrip())
        except (OSError, ValueError):
            pass
