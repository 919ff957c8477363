"""Shares of the configurations on the workers of a Dask cluster, which may be other machines: what comes back is verdicts and
certificates. Kernels stay in the stores of the workers, and the ledger stays here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from time import monotonic, sleep
from typing import Any

from convt._codegen.errors import Failure
from convt._codegen.pipeline import BATCH, generator_digest
from convt._codegen.problem import Problem
from convt._codegen.toolchain import toolchain
from convt._derive import children
from convt._derive.errors import ArgumentError, ChildFailed, ToolMissing, one_line

from .local import events
from .outcome import Event, Outcome, Share, as_data, event, split

CONNECT = 5.0  # seconds in which a scheduler answers
GRACE = 30.0  # seconds without any worker, after which none is expected
PAUSE = 0.1
_ADDRESS = re.compile(r"(?P<scheme>tcp://|tls://)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.%]+\]):(?P<port>[0-9]{1,5})", re.ASCII)


class OtherVersion(ToolMissing):
    """A worker runs other code than this process."""


def greeting() -> tuple[str, str]:
    """On a worker: which convt it has."""
    return version("convt"), generator_digest()


def tools(problem: dict[str, Any]) -> str:
    """On a worker: what it builds with. Raises ``CompilerMissing``."""
    return toolchain().key(Problem.of(**problem).processor)


def examined(share: dict[str, Any], asked: tuple[str, str]) -> list[dict[str, Any]]:
    """On a worker, also on one that came later: what came of each, by child processes of it. Raises ``OtherVersion``."""
    if (own := greeting()) != asked:
        raise OtherVersion(_differs("one that came later", own))
    made, = children.together(1, lambda asked, brood: list(events(asked, brood.demand)), [Share.of(share)], _still_wanted())
    return [one.as_data() for one in made]


def _still_wanted() -> Callable[[], None]:
    """A function that raises ``Ended`` when the scheduler has dropped the task of this thread, as where its client was killed."""
    worker = _dask().get_worker()
    key = worker.get_current_task()

    def demand() -> None:
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise children.Ended("nobody waits for this any more")

    return demand


class Cluster:
    """A connection to a scheduler, as a context. Raises ``ArgumentError`` and ``ToolMissing``, which names what is absent."""

    def __init__(self, address: str) -> None:
        if find_spec("distributed") is None:
            raise ToolMissing("--dask needs distributed, which is not installed: pip install 'convt[dask]'")
        _demand(address)
        dask = _dask()
        for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm", "distributed.utils"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is said once, by an exception
        self.address = address
        try:
            self.client = dask.Client(address, timeout=CONNECT, set_as_default=False, name="convt-sweep")
        except OSError:
            raise ToolMissing(f"no Dask scheduler answers at {address} within {CONNECT:.0f} s: start one with dask scheduler, "
                              "and workers with dask worker ADDRESS") from None

    def __enter__(self) -> Cluster:
        try:
            self._greet()
        except BaseException:
            self.client.close(CONNECT)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # what is left is forgotten by the scheduler, which sees that nobody waits for it
            self.client.close(CONNECT)

    def tools(self, problem: Problem) -> set[str]:
        """What kernels are built with on the workers. Raises ``CompilerMissing``."""
        return set(self._ask(tools, as_data(problem)).values())

    def examine(self, share: Share, found: Callable[[Event], None]) -> None:
        """Call ``found`` with what comes of each, one at a time. Raises what is no configuration's fault."""
        threads = max(1, sum(self.client.nthreads().values()))
        waiting = {self._submit(share, part): part for part in split(share.problems, min(BATCH, -(-len(share.problems) // threads)))}
        try:
            seen = monotonic()
            while waiting:
                done = [future for future in waiting if future.done()]
                seen = self._demand(seen)
                for future in done:
                    self._take(future, waiting, share, found)
                if not done:
                    sleep(PAUSE)
        finally:
            with suppress(Exception):
                self.client.cancel(list(waiting), force=True)

    def _submit(self, share: Share, problems: Sequence[Problem]) -> Any:
        return self.client.submit(examined, share.only(problems).as_data(), greeting(), pure=False)

    def _take(self, future: Any, waiting: dict[Any, Sequence[Problem]], share: Share, found: Callable[[Event], None]) -> None:
        """A future that is done: its results, or what is to be done again."""
        problems = waiting.pop(future)
        error = future.exception(CONNECT) if future.status == "error" else None
        killed = isinstance(error, _dask().KilledWorker)
        if killed and len(problems) == 1:
            found(Outcome(problems[0], "kernel" if share.level == "kernels" else "proofs", f"the workers that examine it end: {error}"))
        elif killed or future.cancelled():
            for half in split(problems, max(1, len(problems) // 2)):
                waiting[self._submit(share, half)] = half
        elif isinstance(error, (Failure, ChildFailed, ToolMissing)):
            raise error
        elif error is not None:
            raise ChildFailed(one_line(f"a worker of {self.address} failed: {type(error).__name__}: {error}"))
        else:
            for made in map(event, future.result(GRACE)):
                if made is not None:
                    found(made)

    def _demand(self, seen: float) -> float:
        """When a worker was seen last. Raises ``ToolMissing`` where none is left, or no scheduler."""
        if self.client.status != "running":
            raise ToolMissing(f"the Dask scheduler at {self.address} went away; what was found is kept, and the next run goes on")
        if monotonic() - seen < 1:
            return seen
        with suppress(OSError):
            if self.client.nthreads():
                return monotonic()
        if monotonic() - seen > GRACE:
            raise ToolMissing(f"the Dask scheduler at {self.address} has had no worker for {GRACE:.0f} s; what was found is kept")
        return seen

    def _greet(self) -> None:
        try:
            self.client.wait_for_workers(1, CONNECT)
        except TimeoutError:
            raise ToolMissing(f"the Dask scheduler at {self.address} has no worker: start one with dask worker {self.address}") from None
        for worker, answer in self._ask(greeting).items():
            if answer != greeting():
                raise ToolMissing(_differs(worker, answer))

    def _ask(self, question: Callable[..., Any], *words: Any) -> dict[str, Any]:
        """Worker -> its answer."""
        try:
            return dict(self.client.run(question, *words))
        except (Failure, ToolMissing):
            raise
        except Exception as error:  # of whatever runs there: it has no convt, or went away meanwhile
            raise ToolMissing(one_line(f"a worker of {self.address} does not answer as convt {version('convt')} does: {error}")) from None


def _dask() -> Any:
    """The package, which is not needed without a cluster."""
    return import_module("distributed")


def _demand(address: str) -> None:
    """Before anything is connected, since half a connection takes its time to end."""
    found = _ADDRESS.fullmatch(address)
    if found is None or int(found["port"]) >= 1 << 16:
        raise ArgumentError("--dask", address, "must be the address of a Dask scheduler: tcp://HOST:PORT", "tcp://127.0.0.1:8786")
    if found["scheme"] == "tls://" and _dask().Security().get_connection_args("client").get("ssl_context") is None:
        raise ArgumentError("--dask", address, "needs the certificates that Dask's configuration names under distributed.comm.tls")


def _differs(worker: str, answer: tuple[str, str]) -> str:
    own = greeting()
    return (f"worker {worker} has convt {answer[0]} with generator {answer[1][:12]}, and here is {own[0]} with {own[1][:12]}: "
            "install the same on both")
