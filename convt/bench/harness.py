"""Times on one number of threads: every method checked against float64, then timed in shuffled rounds.

Each library is a process of its own (``worker``), pinned to as many cores as threads before its pool starts, and stopped by a signal
whenever another one is timed: pools that wait by spinning would take the cores of whatever comes next.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any

from convt._codegen.errors import Failure
from convt._codegen.toolchain import toolchain
from convt._derive import children

from .layers import Layer

DISTRIBUTIONS = ("torch", "onnx", "onnxruntime", "openvino", "jax", "jaxlib", "tensorflow-cpu", "tensorflow", "scipy", "ncnn",
                 "opencv-python-headless")


@dataclass
class Timed:
    """One layer at one thread count: seconds of each round by method, and why methods are missing."""

    layer: str
    rounds: dict[str, list[float]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    error: dict[str, float] = field(default_factory=dict)
    """Largest |error| by method, in units of 2⁻²⁴ times the sum of magnitudes of what is added, such as Σ|u||w|."""
    families: dict[str, list[str]] = field(default_factory=dict)
    """What ran, by method of ours: a family for each map."""


class Library:
    """A worker, which runs while it is asked and is stopped otherwise."""

    def __init__(self, name: str, threads: int, folder: Path) -> None:
        self.name, self.threads, self.folder = name, threads, folder
        folder.mkdir()
        self.number = 0  # of the process that works, which is a child of ``child``
        self.child = self._started()

    def _started(self) -> subprocess.Popen[str]:
        threads = str(self.threads)
        fixed = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3",
                 "TF_NUM_INTRAOP_THREADS": threads, "TF_NUM_INTEROP_THREADS": "1"}
        with (self.folder / "stderr").open("w", encoding="utf-8") as errors:  # libraries talk much; what ended the process matters
            return children.start("convt.bench.worker", self.name, threads, str(self.folder), packages=DISTRIBUTIONS,
                                  env=os.environ | fixed, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)

    def greet(self) -> None:
        """Wait until it is loaded, and stop it."""
        self.number = self._answer()
        self._park()

    def ask(self, question: str, *words: Any) -> Any:
        """Its answer. Raises ``Failure`` with the last words of a process that ended."""
        assert self.child.stdin is not None
        self._signal(signal.SIGCONT)
        with suppress(OSError):  # where it has ended: so says its answer
            self.child.stdin.write(json.dumps([question, *words]) + "\n")
            self.child.stdin.flush()
        answer = self._answer()
        self._park()
        return answer

    def restart(self) -> None:
        """Another process in place of one that ended."""
        self.end()
        self.child = self._started()
        self.greet()

    def end(self) -> None:
        """End the process."""
        children.end(self.child)

    def _park(self) -> None:
        """Stop the process, and wait until each of its threads has stopped."""
        self._signal(signal.SIGSTOP)
        while any(state not in "TtZX" for state in states(self.number)):
            sleep(1e-4)

    def _signal(self, which: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.number, which)

    def _answer(self) -> Any:
        line = self.child.stdout.readline() if self.child.stdout else ""
        if not line.endswith("\n"):
            status = self.child.wait()
            said = (self.folder / "stderr").read_text(encoding="utf-8", errors="replace").strip() or "no message"
            raise Failure(f"the benchmark's process of {self.name} for {self.threads} thread{'s' * (self.threads > 1)} ended with "
                          f"{status}: {said.splitlines()[-1]}")
        return json.loads(line)


def states(process: int) -> list[str]:
    """The state of each thread of a process, as in proc(5): R runs, S sleeps, T is stopped; none of a process that has ended."""
    found = []
    for path in Path(f"/proc/{process}/task").glob("*/stat"):
        with suppress(OSError):  # a thread that ends meanwhile
            found.append(path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0])
    return found


def measure(layers: Sequence[Layer], threads: int, rounds: int, peers: Sequence[str],
            note: Callable[[str], None] = lambda line: None) -> tuple[list[Timed], dict[str, Any]]:
    """Times for layers of any maps, and the machine's limits, from a process for each library.

    Raises ``CompilerMissing``, ``ArithmeticError`` where a kernel of ours is off, and ``Failure`` where a process ended early.
    """
    from .peers import PEERS

    toolchain()
    works = {layer.map for layer in layers}
    names = dict.fromkeys(["convt", *(peer.library for peer in PEERS if peer.name in peers and works & set(peer.works))])
    with tempfile.TemporaryDirectory(prefix="convt-bench-") as folder, ExitStack() as stack:
        libraries = {}
        for name in names:
            libraries[name] = Library(name, threads, Path(folder, name))
            stack.callback(libraries[name].end)
        for each in libraries.values():
            each.greet()
        limits = libraries["convt"].ask("limits")
        timed = []
        for number, layer in enumerate(layers, 1):
            note(f"{threads} thread{'s' * (threads > 1)}: {number} of {len(layers)}, {layer.map} {layer.name}")
            able = [peer.name for peer in PEERS if peer.name in peers and layer.map in peer.works]
            timed.append(time_layer(layer, libraries, rounds, able))
    return timed, limits


def time_layer(layer: Layer, libraries: Mapping[str, Library], rounds: int, peers: Sequence[str]) -> Timed:
    """Prepare, check and time every method."""
    from .check import Check
    from .peers import PEERS

    check, made = Check(layer), Timed(layer.name)
    methods: dict[str, Library] = {}
    for each in libraries.values():
        try:
            answers = each.ask("prepare", layer.as_data(), peers)
        except Failure as error:  # what ends a library's process is that library's affair
            if each.name == "convt":
                raise
            each.restart()
            answers = {peer.name: {"refused": str(error)} for peer in PEERS if peer.library == each.name and peer.name in peers}
        for name, answer in answers.items():
            if "refused" in answer:
                made.refused[name] = answer["refused"]
                continue
            found = [each.folder / f"{name}.{number}.npy" for number in range(answer["arrays"])]
            made.error[name], why = check.compare(name, found, answer.get("families"))
            if why:
                made.refused[name] = why
                continue
            methods[name] = each
            if "families" in answer:
                made.families[name] = answer["families"]
    order = list(methods)
    shuffle = random.Random(layer.name)
    for _ in range(rounds):
        shuffle.shuffle(order)
        for name in order:
            made.rounds.setdefault(name, []).append(methods[name].ask("time", name))
    return made
