"""A Dask scheduler and workers on the loopback, as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

SECONDS = 180  # on a machine that does other things too


class Cluster:
    """Started by ``started``; its folder holds logs and the stores of the workers."""

    def __init__(self, folder):
        self.folder, self.running = folder, {}
        self.file = folder / "scheduler.json"

    def start(self, name, module, *words, **environment):
        line = [sys.executable, "-m", f"distributed.cli.dask_{module}", "--no-dashboard", *words]
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(line, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                                                  env=os.environ | {"CONVT_STORE": str(self.folder / f"store-{name}"), "DASK_TEMPORARY_DIRECTORY": str(self.folder)}
                                                  | environment)

    def scheduler(self):
        self.start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self.file))
        until(lambda: self.file.exists() and self.file.read_text().rstrip().endswith("}"), self.log)

    def worker(self, name, *words, **environment):
        """One thread, and no nanny that would start it again."""
        self.start(name, "worker", "--scheduler-file", str(self.file), "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", *words,
                   **environment)
        until(lambda: "Registered to" in self.log(name), lambda: self.log(name))

    @property
    def address(self):
        return json.loads(self.file.read_text())["address"]

    def log(self, name="scheduler"):
        return (self.folder / f"{name}.log").read_text()

    def kill(self, name):
        """As a machine that loses its power."""
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(true, say=lambda: "", seconds=SECONDS):
    """Wait for it."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < seconds, say()
        time.sleep(0.1)


@contextmanager
def started(folder, workers=2):
    """A scheduler and workers called w0, w1, … ."""
    cluster = Cluster(folder)
    try:
        cluster.scheduler()
        for number in range(workers):
            cluster.worker(f"w{number}")
        yield cluster
    finally:
        for name in list(cluster.running):
            cluster.kill(name)
