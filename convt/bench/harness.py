"""Times of one thread count: every method checked against float64, then timed in shuffled rounds in one process.

A process serves one number of threads: it is pinned to as many cores before any library starts its pool. Run as
``python -m convt.bench.harness REQUEST RESULT`` with JSON files, which is what ``measure`` does.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from convt._codegen.errors import Failure
from convt._codegen.toolchain import toolchain
from convt._derive import children

from .layers import Layer, load

DISTRIBUTIONS = ("torch", "onnx", "onnxruntime", "openvino", "jax", "jaxlib", "tensorflow-cpu", "tensorflow", "scipy")

ROUNDS = 11
SAMPLE = 0.004  # seconds of one sample: short calls are repeated to fill it
WRONG = 1e-3  # of Σ|u||w|: a peer that is further off is not timed; our own kernels must keep Higham's bound


@dataclass
class Timed:
    """One layer at one thread count: seconds of each round by method, and why methods are missing."""

    layer: str
    rounds: dict[str, list[float]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    error: dict[str, float] = field(default_factory=dict)
    """Largest |error| by method, in units of 2⁻²⁴·Σ|u||w|."""


def measure(path: str | None, only: str, threads: int, rounds: int, peers: Sequence[str],
            note: Callable[[str], None] = lambda line: None) -> tuple[list[Timed], dict[str, Any]]:
    """Times for the layers of a file (or the default ones), and the machine's limits, from a process of its own.

    Raises ``CompilerMissing``, and ``Failure`` with the last words of a process that ended early.
    """
    toolchain()
    with tempfile.TemporaryDirectory(prefix="convt-bench-") as folder:
        request, result = Path(folder) / "request.json", Path(folder) / "result.json"
        request.write_text(json.dumps({"path": path, "only": only, "threads": threads, "rounds": rounds, "peers": list(peers)}))
        fixed = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3",
                 "TF_NUM_INTRAOP_THREADS": str(threads), "TF_NUM_INTEROP_THREADS": "1"}
        said = Path(folder) / "stderr"  # libraries talk much there; only what ended the process matters
        with said.open("w", encoding="utf-8") as errors:
            child = children.start(__name__, str(request), str(result), packages=DISTRIBUTIONS, env=os.environ | fixed,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
            try:
                for line in child.stdout or ():
                    note(line.rstrip())
                child.wait()
            finally:
                children.end(child)
        if child.returncode or not result.exists():
            why = (said.read_text(encoding="utf-8", errors="replace").strip() or "no message").split("\n")[-1]
            raise Failure(f"the benchmark process for {threads} thread{'s' * (threads > 1)} ended with {child.returncode}: {why}")
        made = json.loads(result.read_text())
    return [Timed(**row) for row in made["timed"]], made["limits"]


def main(request_path: str, result_path: str) -> None:
    """The child."""
    request = json.loads(Path(request_path).read_text())
    threads = request["threads"]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    from .limits import measure as limits

    found = limits(threads)
    layers = load(request["path"], request["only"])
    timed = []
    for number, layer in enumerate(layers, 1):
        print(f"{threads} thread{'s' * (threads > 1)}: {number} of {len(layers)}, {layer.name}", flush=True)
        timed.append(time_layer(layer, threads, request["rounds"], request["peers"]))
    Path(result_path).write_text(json.dumps({"timed": [asdict(row) for row in timed], "limits": asdict(found)}))


def time_layer(layer: Layer, threads: int, rounds: int, peers: Sequence[str]) -> Timed:
    """Prepare, check and time every method."""
    import numpy as np

    rng = np.random.default_rng(len(layer.name))
    u, w = (rng.standard_normal(shape).astype(np.float32) for shape in layer.shapes[:2])
    exact, magnitude = reference(layer, u, w)
    made = Timed(layer.name)
    methods: dict[str, Callable[[], Any]] = {}
    for name, last, run in prepared(layer, u, w, threads, peers, made.refused):
        value = np.asarray(run())
        value = np.moveaxis(value, -1, 1) if last else value
        if value.shape != exact.shape:
            made.refused[name] = f"gives shape {value.shape}"
            continue
        off = float(np.max(np.abs(value - exact) / np.maximum(magnitude, 1e-30)))
        made.error[name] = off * 2**24
        gamma = layer.terms * 2**-24 / (1 - layer.terms * 2**-24)
        if off > (gamma if name.startswith("convt") else WRONG):
            if name.startswith("convt"):
                raise ArithmeticError(f"{name} on {layer.name}: error {off} beyond Higham's bound {gamma}")
            made.refused[name] = f"wrong by {off:.1e} of Σ|u||w|"
            continue
        methods[name] = run
    repeats = {name: repeats(run) for name, run in methods.items()}
    order = list(methods)
    shuffle = random.Random(layer.name)
    for _ in range(rounds):
        shuffle.shuffle(order)
        for name in order:
            run, count = methods[name], repeats[name]
            start = perf_counter()
            for _ in range(count):
                run()
            made.rounds.setdefault(name, []).append((perf_counter() - start) / count)
    return made


def repeats(run: Callable[[], Any]) -> int:
    """How many calls fill a sample, after a warm-up."""
    start = perf_counter()
    run()
    once = perf_counter() - start
    return max(1, int(SAMPLE / max(once, 1e-7)))


def prepared(layer: Layer, u: Any, w: Any, threads: int, peers: Sequence[str], refused: dict[str, str]) -> Any:
    """(name, channels last, run) of our kernels and of every installed peer that takes the layer."""
    import numpy as np

    import convt

    from .peers import PEERS

    spec, groups = layer.spec, layer.groups
    kernel = convt.kernel("conv_transpose", spec)
    packed, out = kernel.pack(w, groups=groups), np.zeros(layer.shapes[2], np.float32)
    yield "convt", False, lambda: kernel(u, packed, groups=groups, out=out, threads=threads)
    yield "convt fresh output", False, lambda: kernel(u, packed, groups=groups, threads=threads)
    yield "convt packing each call", False, lambda: kernel(u, w, groups=groups, out=out, threads=threads)
    last = convt.kernel("conv_transpose", spec, layout="channels_last")
    packed_last, u_last = last.pack(w, groups=groups), np.ascontiguousarray(np.moveaxis(u, 1, -1))
    out_last = np.zeros((layer.batch, *layer.image, layer.images), np.float32)
    yield "convt_cl", True, lambda: last(u_last, packed_last, groups=groups, out=out_last, threads=threads)
    for peer in PEERS:
        if peer.name not in peers:
            continue
        try:
            run = peer.prepare(layer, u, w, threads)
            run()
        except Exception as error:  # whatever a library raises: it cannot take the layer
            refused[peer.name] = f"{type(error).__name__}: {error}".split("\n")[0][:160]
            continue
        # torch's channels-last tensors are channels first to look at
        yield peer.name, peer.channels_last and not peer.name.startswith("torch"), run


def reference(layer: Layer, u: Any, w: Any) -> tuple[Any, Any]:
    """The output in float64, and Σ|u||w| for each entry."""
    import numpy as np

    wide = u.astype(np.float64), w.astype(np.float64)
    return scattered(layer, *wide), scattered(layer, *map(np.abs, wide))


def scattered(layer: Layer, u: Any, w: Any) -> Any:
    """The layer in NumPy alone, sharing nothing with the kernels that are compared with it.

    Every tap adds its product with the features to its own strided part of the image without crop (which starts p_lo
    before the image); the image is cut out of that, with zeros where it reaches beyond.
    """
    import numpy as np

    axes, groups = layer.spec.axes, layer.groups
    whole = tuple(axis.stride * (m - 1) + axis.dilation * (axis.kernel - 1) + 1 for axis, m in zip(axes, layer.size, strict=True))
    image = np.zeros((layer.batch, layer.images, *whole))
    features = u.reshape(layer.batch, groups, layer.features // groups, -1)
    by_group = w.reshape(groups, layer.features // groups, layer.images // groups, *layer.spec.kernel)
    for taps in np.ndindex(*layer.spec.kernel):
        part = np.matmul(by_group[(..., *taps)].swapaxes(1, 2), features).reshape(layer.batch, layer.images, *layer.size)
        where: Any = (..., *(slice(axis.dilation * a, axis.dilation * a + axis.stride * (m - 1) + 1, axis.stride)
                             for axis, a, m in zip(axes, taps, layer.size, strict=True)))
        image[where] += part
    for number, axis in enumerate(axes, 2):
        low, high = -axis.padding[0], axis.output_padding - axis.padding[1]
        margins = [(0, 0)] * image.ndim
        margins[number] = max(low, 0), max(high, 0)
        image = np.pad(image, margins)
        image = image[(slice(None),) * number + (slice(max(-low, 0), image.shape[number] - max(-high, 0)),)]
    return image


def summary(samples: Sequence[float]) -> tuple[float, float, float]:
    """(median, lower, upper quartile) in milliseconds."""
    ordered = sorted(samples)
    quarter = len(ordered) // 4
    return 1e3 * median(ordered), 1e3 * ordered[quarter], 1e3 * ordered[-1 - quarter]


def interval(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Median of the paired ratios theirs/ours, with the 95 % interval of that median (order statistics, binomial)."""
    from math import comb

    ratios = sorted(their / our for our, their in zip(ours, theirs, strict=True))
    n, tail, rank = len(ratios), 0.0, 0
    while tail + comb(n, rank) / 2**n <= 0.025:
        tail += comb(n, rank) / 2**n
        rank += 1
    low = max(0, rank - 1)
    return median(ratios), ratios[low], ratios[n - 1 - low]

