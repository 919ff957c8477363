"""``Packed``: weights in the order in which a kernel reads them."""

from __future__ import annotations

import os
from threading import Lock
from typing import Any
from weakref import WeakSet

import numpy as np

from convt._derive import ArgumentError


class Packed:
    """Weights in the order in which a kernel reads them. Made by ``Kernel.pack``, passed in place of w.

    It holds a copy: later changes of the weights do not reach it. ``algorithm`` is what they were packed for; packed
    for "auto" they are packed anew, once, when other sizes of the features ask for another family. ``family`` is the
    one that they were packed for first: ``plain`` where a weight is not finite.

    Two are equal only when they are the same object. A pickled, copied or deep-copied one is packed anew at its first call.
    """

    def __init__(self, kernel: str, groups: int, algorithm: str, weights: Any, family: str) -> None:
        weights = np.require(weights, requirements=("C", "A"))  # what comes from another process may begin at an odd address
        self.kernel, self.groups, self.algorithm, self.weights, self.family = kernel, groups, algorithm, weights, family
        self.ready: dict[str, tuple[str, Any]] = {}  # family -> (the one that runs, its packed weights)
        self.choices: dict[tuple[int, ...], str] = {}  # sizes -> family
        self.lock = Lock()
        weights.setflags(write=False)
        _alive.add(self)

    def __repr__(self) -> str:
        return f"<Packed {self.weights.shape} for {self.family} of {self.kernel}>"

    def __reduce__(self) -> Any:
        return type(self), (self.kernel, self.groups, self.algorithm, self.weights, self.family)

    def demand(self, argument: str, kernel: str) -> None:
        """Raises ``ArgumentError`` where the weights were packed for another kernel than this."""
        if self.kernel != kernel:
            raise ArgumentError(argument, self.kernel, f"was packed for another kernel; this is {kernel}")

    def demand_groups(self, groups: int) -> None:
        """Raises ``ArgumentError`` where the weights were packed for other groups than these."""
        if self.groups != groups:
            raise ArgumentError("groups", groups, f"the weights were packed for {self.groups}", self.groups)

    def asked(self, algorithm: str) -> str:
        """The family for a call that asks for this one: "auto" where neither says. Raises ``ArgumentError``."""
        if self.algorithm != "auto" and algorithm not in ("auto", self.algorithm):
            raise ArgumentError("algorithm", algorithm, f"the weights were packed for {self.algorithm}", self.algorithm)
        return self.algorithm if algorithm == "auto" else algorithm

    @property
    def nbytes(self) -> int:
        """Memory it holds."""
        return int(self.weights.nbytes + sum(buffer.nbytes for _, buffer in self.ready.values() if buffer is not None))


_alive: WeakSet[Packed] = WeakSet()


def _unlock() -> None:
    """In a forked child: the thread that was packing is not here, and would hold its lock for ever."""
    for packed in tuple(_alive):
        packed.lock = Lock()


os.register_at_fork(after_in_child=_unlock)
