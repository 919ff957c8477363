"""A process that times one library, or our own kernels, on one number of threads.

``harness`` asks and this answers, each in lines of JSON: a layer is prepared, and what its methods make is left in files
to be checked; a method is timed. Between its answers the process is stopped.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from convt.peers import library
from convt.peers.call import Call, Prepared

from .exact import arrays
from .layers import Layer
from .limits import measure
from .peers import PEERS
from .samples import repeats, sample

Array = np.ndarray[Any, Any]


def main(name: str, threads: str, folder: str) -> None:
    """The child: it greets with its process's number once its library is loaded; each line that it reads is one question."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(threads)])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")  # libraries talk on standard output
    os.dup2(2, 1)
    if name != "convt":
        with suppress(Exception):  # so says the answer to each layer
            library(name)
    work = Worker(name, int(threads), Path(folder))
    print(json.dumps(os.getpid()), file=answers, flush=True)
    for line in sys.stdin:
        question, *words = json.loads(line)
        print(json.dumps(getattr(work, question)(*words)), file=answers, flush=True)


class Worker:
    """The questions. ``folder`` is where arrays are left."""

    def __init__(self, name: str, threads: int, folder: Path) -> None:
        self.name, self.threads, self.folder = name, threads, folder
        self.methods: dict[str, tuple[Prepared, int]] = {}

    def limits(self) -> dict[str, Any]:
        """What the machine can do."""
        return asdict(measure(self.threads))

    def prepare(self, data: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
        """Method -> the number of arrays that it made, which lie in ``NAME.0.npy`` and so on, and our families; or why it cannot."""
        self.methods.clear()
        layer = Layer.of_data(data)
        given, answer = arrays(layer), dict[str, Any]()
        if self.name == "convt":
            from .ours import methods

            for name, (made, families) in methods(layer, given, self.threads).items():
                answer[name] = {"arrays": self._keep(name, made), "families": families}
            return answer
        for peer in PEERS:
            if peer.name in names and peer.library == self.name:
                try:
                    call = Call(layer.spec, layer.map, given.get("u"), given.get("x"), given.get("w"), groups=layer.groups)
                    made = library(peer.library).prepare(call, self.threads, **peer.options)
                    answer[peer.name] = {"arrays": self._keep(peer.name, made)}
                except Exception as error:  # whatever a library raises: it cannot take the layer
                    answer[peer.name] = {"refused": f"{type(error).__name__}: {error}".split("\n")[0][:160]}
        return answer

    def time(self, name: str) -> float:
        """Seconds of one call, after one that is not counted: it wakes threads and fills caches."""
        made, count = self.methods[name]
        made.run()
        return sample(made.run, count)

    def _keep(self, name: str, made: Prepared) -> int:
        found = made.read(made.run())
        for number, array in enumerate(found):
            np.save(self.folder / f"{name}.{number}.npy", array)
        self.methods[name] = made, repeats(made.run)
        return len(found)
