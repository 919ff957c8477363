"""The machine's own limits, measured in the run whose times they are held against."""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter

import numpy as np

from convt._codegen.errors import BuildError
from convt._codegen.probes import ask
from convt._codegen.toolchain import toolchain

CACHED, STREAMED = 2 << 20, 96 << 20  # bytes that are copied: inside the last cache, and far beyond it
CACHE_BYTES = 12 << 20  # layers up to this size are held against the cached bandwidth
ROUNDS = 5


@dataclass(frozen=True)
class Limits:
    """GFLOP/s of fused multiply-adds, and GB/s (read plus written) of copies and fills, for a number of threads."""

    threads: int
    fma: float
    copy_cached: float
    copy: float
    fill: float

    def bound(self, flops: int, size: int) -> float:
        """Milliseconds that a direct algorithm needs at least: arithmetic or memory, whichever is slower."""
        bandwidth = self.copy_cached if size <= CACHE_BYTES else self.copy
        return 1e3 * max(flops / (1e9 * self.fma), size / (1e9 * bandwidth))


def measure(threads: int) -> Limits:
    """Compile the loops and time them on this many threads. Raises ``CompilerMissing``."""
    with tempfile.TemporaryDirectory(prefix="convt-limits-") as folder, as_file(files("convt.bench") / "limits.c") as source:
        library = Path(folder) / "limits.so"
        status, _, words = ask([*toolchain().command, "-O2", "-march=native", "-ffp-contract=fast", "-fPIC", "-shared",
                                str(Path(source).absolute()), "-o", str(library)], folder)
        if status:
            raise BuildError(f"limits.c was not compiled: {words.strip().splitlines()[-1] if words.strip() else status}")
        calls = ctypes.CDLL(str(library))
        calls.fma_peak.restype, calls.fma_peak.argtypes = ctypes.c_double, [ctypes.c_long]
        calls.copy.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long, ctypes.c_long]
        calls.fill.argtypes = [ctypes.c_void_p, ctypes.c_long, ctypes.c_long]
        rounds = 20_000_000 // calls.lanes_of_fma()
        flops = 24 * calls.lanes_of_fma() * rounds

        def copied(size: int) -> float:
            repeat = max(1, (192 << 20) // size)
            pairs = [(np.ones(size // 8, np.float32), np.ones(size // 8, np.float32)) for _ in range(threads)]
            spent = _together([partial(calls.copy, to.ctypes.data, of.ctypes.data, size // 8, repeat) for to, of in pairs])
            return threads * size * repeat / spent / 1e9

        def filled(size: int) -> float:
            areas = [np.ones(size // 4, np.float32) for _ in range(threads)]
            spent = _together([partial(calls.fill, to.ctypes.data, size // 4, 2) for to in areas])
            return threads * size * 2 / spent / 1e9

        fma = threads * flops / _together([partial(calls.fma_peak, rounds)] * threads) / 1e9
        return Limits(threads, fma, copied(CACHED), copied(STREAMED), filled(STREAMED))


def _together(calls: list[Callable[[], object]]) -> float:
    """Median seconds for all calls side by side; ctypes releases the GIL."""
    times = []
    for _ in range(ROUNDS):
        threads = [Thread(target=call) for call in calls[1:]]
        start = perf_counter()
        for thread in threads:
            thread.start()
        calls[0]()
        for thread in threads:
            thread.join()
        times.append(perf_counter() - start)
    return median(times)
