"""Child processes: the same code as this process, whatever the current folder, ``PYTHONPATH`` and ``sys.path`` hold.

A child starts isolated (``-I``): it sees the standard library and the interpreter's own packages, then the folders of
the packages that this tool needs, and this tool itself from where it was loaded here. A ``numpy.py``, ``random.py`` or
``codegen/`` beside the user's script is never among them.

No child outlives this process, however that ends, nor what a child started itself (a compiler's own processes): each
child is a session of two, a watcher and the process that works. The watcher ends as the worker does, and kills the
session when this process has gone. ``Ctrl-C`` at a terminal reaches this process only, which then ends its children.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, TypeVar

from .errors import ChildFailed

NEEDED = ("numpy", "sympy", "mpmath", "islpy", "jinja2", "markupsafe", "cython", "z3-solver", "cvc5")
PACKAGE = __name__.partition(".")[0]
WATCH = """
import os, sys
import _signal as signal  # without its enumerations, whose import takes as long as Python's own start
def watch(parent):
    # returns in the worker only
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    worker = os.fork()
    if not worker:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        return
    for number in range(3):  # the pipes are the worker's
        os.close(number)
    ended = 0
    while not ended:
        signal.sigtimedwait([signal.SIGCHLD], 0.2)
        ended, status = os.waitpid(worker, os.WNOHANG)
        if not ended and os.getppid() != parent:
            os.killpg(0, signal.SIGKILL)
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) != signal.SIGKILL:
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.killpg(0, os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) & 255)
watch(int(sys.argv[1]))
"""
ENTRY = WATCH + """
import json
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
root, package, folders, name, words = json.loads(sys.argv[2])
spec = PathFinder.find_spec(package, [root])
module = sys.modules[package] = module_from_spec(spec)
spec.loader.exec_module(module)
sys.path += [folder for folder in folders if folder not in sys.path]
from importlib import import_module
sys.exit(import_module(name).main(*words))
"""
PROGRAM = WATCH + """
os.execvp(sys.argv[2], sys.argv[2:])
"""
_here = threading.local()
Item = TypeVar("Item")
Result = TypeVar("Result")


class Ended(RuntimeError):
    """The work that this thread took part in was given up."""


class Brood:
    """Children that end together. Threads ``join`` it; what they start belongs to it, but for what is ``lasting``.

    An exception that leaves its ``with`` block ends them all, and what still waits or wants to start another child
    raises ``Ended``.
    """

    def __init__(self) -> None:
        self.ended = False
        self._lock = threading.Lock()
        self._running: list[subprocess.Popen[str]] = []

    def join(self) -> None:
        """The current thread works for this brood from now on."""
        _here.brood = self

    def demand(self) -> None:
        """Raises ``Ended`` if it has ended."""
        if self.ended:
            raise Ended("given up, because another part of the same work failed or was interrupted")

    def add(self, process: subprocess.Popen[str]) -> None:
        """A child that was just started."""
        with self._lock:
            self._running = [known for known in self._running if known.returncode is None]
            self._running.append(process)
            if not self.ended:
                return
        end(process)
        self.demand()

    def __enter__(self) -> Brood:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            with self._lock:
                self.ended = True
                for process in self._running:
                    kill(process)


def helpers(threads: int) -> ThreadPoolExecutor:
    """Threads that work for the brood of this one, if it has any."""
    brood: Brood | None = getattr(_here, "brood", None)
    return ThreadPoolExecutor(threads, initializer=brood.join if brood is not None else None)


def together(threads: int, work: Callable[[Item, Brood], Result], items: Sequence[Item],
             waiting: Callable[[], None] = lambda: None) -> list[Result]:
    """``work(item, brood)`` of each in so many threads that form a brood. The first exception, Ctrl-C included, ends all.

    ``waiting()`` is called now and then; what it raises ends all too.
    """
    brood = Brood()
    with ThreadPoolExecutor(threads, initializer=brood.join) as pool, brood:
        futures = [pool.submit(work, item, brood) for item in items]
        try:
            for future in futures:
                while not future.done():  # a signal that comes just before a wait is not noticed until it ends
                    wait([future], 0.2)
                    waiting()
                future.result()
        finally:
            for future in futures:
                future.cancel()
        return [future.result() for future in futures]


def start(module: str, *words: str, packages: tuple[str, ...] = (), lasting: bool = False, **options: Any) -> subprocess.Popen[str]:
    """Start ``main(*words)`` of a module of this tool in an isolated child; ``options`` are those of ``Popen``.

    ``packages``: distributions that it uses beyond NEEDED. Raises ``ChildFailed``. End it with ``end`` or ``finish``.
    """
    return _start(command(module, *words, packages=packages), lasting, options)


def start_program(words: Sequence[str], **options: Any) -> subprocess.Popen[str]:
    """Start another program in the same way. What it starts itself ends with it."""
    return _start([interpreter(), "-I", "-S", "-c", PROGRAM, str(os.getpid()), *words], False, options)


def finish(process: subprocess.Popen[str], words: str | None = None, seconds: float | None = None) -> tuple[str, str]:
    """Feed a child, wait for its end, and return what it said on both streams. Whatever interrupts this ends the child."""
    try:
        said, complained = process.communicate(words, seconds)
    except BaseException:
        end(process)
        raise
    if (brood := getattr(_here, "brood", None)) is not None:
        brood.demand()
    return said or "", complained or ""


def end(process: subprocess.Popen[str]) -> None:
    """End a child and all that it started, now."""
    kill(process)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def command(module: str, *words: str, packages: tuple[str, ...] = ()) -> list[str]:
    """The command line of ``start``, for use by this process."""
    return [interpreter(), "-I", "-c", ENTRY, str(os.getpid()),
            json.dumps([root(), PACKAGE, folders((*NEEDED, *packages)), module, words])]


def _start(line: list[str], lasting: bool, options: dict[str, Any]) -> subprocess.Popen[str]:
    brood = None if lasting else getattr(_here, "brood", None)
    if brood is not None:
        brood.demand()
    try:
        process = subprocess.Popen(line, text=True, start_new_session=True, **options)
    except OSError as error:
        raise ChildFailed(f"a child process could not be started: {error}") from error
    if brood is not None:
        brood.add(process)
    return process


def kill(process: subprocess.Popen[str]) -> None:
    """End a child and all that it started, without waiting."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def root() -> str:
    """The folder (or zip file) that holds this tool's package."""
    return str(Path(str(sys.modules[PACKAGE].__file__)).absolute().parents[1])


def installed(name: str) -> bool:
    """Whether a distribution is installed; a module of that name beside the user's script does not count."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


@cache
def folders(names: tuple[str, ...]) -> tuple[str, ...]:
    """Where these distributions are installed."""
    found = {}
    for name in names:
        try:
            found[str(Path(str(distribution(name).locate_file(""))).absolute())] = name
        except PackageNotFoundError:
            continue
    return tuple(found)


def interpreter() -> str:
    """This process's Python: an embedding program may have put another name, or none, into ``sys.executable``."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    names = [sys.executable or "", *(os.path.join(prefix, "bin", name) for prefix in (sys.prefix, sys.base_prefix)
                                     for name in (version, "python3"))]
    for name in names:
        if os.path.basename(name).startswith(("python", "pypy")) and os.access(name, os.X_OK):
            return name
    raise ChildFailed(f"no Python interpreter to start child processes with: sys.executable is {sys.executable!r}, "
                      f"and {sys.prefix}/bin has no {version}")
