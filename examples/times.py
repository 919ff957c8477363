"""Measure the times that the README states, on this machine, and print them as a Markdown table.

    python examples/times.py              print
    python examples/times.py --write      also put the table into docs/times.md and README.md

Medians; a cold build starts from an empty store, the 20 kernels are those of the catalogue, built for the host.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
BUILD = "import sys, time; from convt._codegen.problem import Problem; from convt._codegen.pipeline import build; " \
        "t = time.perf_counter(); " \
        "build([Problem.of(n) for n in sys.argv[1:]]); print(time.perf_counter() - t)"


def theorem_times(name: str = "2d_k4s2p1", rounds: int = 9) -> tuple[float, str]:
    """The slowest theorem's median in ms, judges warm, and its title."""
    from convt._derive import ConvSpec
    from convt._derive.judges import warm_up
    from convt._derive.proof import prove
    from convt._derive.theorems import theorems

    warm_up()
    spec = ConvSpec.parse(name)
    medians = []
    for make in theorems():
        spent = []
        for _ in range(rounds):
            start = perf_counter()
            title = prove(make(spec)).theorem.title
            spent.append(1e3 * (perf_counter() - start))
        medians.append((median(spent), title))
    return max(medians)


def build_seconds(names: list[str], store: str) -> float:
    """Seconds of one ``build`` in a fresh process, imports of the pipeline not counted, everything it imports later counted."""
    done = subprocess.run([sys.executable, "-c", BUILD, *names], env=os.environ | {"CONVT_STORE": store}, capture_output=True,
                          text=True, check=True)
    return float(done.stdout)


def first_speed() -> tuple[float, float]:
    """GFLOP/s of family ``direct``, 256 → 256 channels, k4 s2 p1, 16 × 12, one thread, weights packed; and the pack in ms."""
    import numpy as np

    import convt

    rng = np.random.default_rng(0)
    u, w = rng.standard_normal((1, 256, 16, 12)).astype(np.float32), rng.standard_normal((256, 256, 4, 4)).astype(np.float32)
    kernel = convt.kernel("conv_transpose", "2d_k4s2p1")
    packed, out = kernel.pack(w), np.empty((1, 256, 32, 24), np.float32)
    spent, packing = [], []
    for _ in range(60):
        start = perf_counter()
        kernel(u, packed, out=out, threads=1)
        spent.append(perf_counter() - start)
    for _ in range(9):
        start = perf_counter()
        kernel.pack(w)
        packing.append(perf_counter() - start)
    return 2 * 256 * 256 * 16 * 192 / median(spent) / 1e9, 1e3 * median(packing)


def table() -> str:
    """All rows, with machine and date."""
    from convt._codegen.toolchain import describe
    from convt.catalogue import SPECS

    slowest, title = theorem_times()
    with tempfile.TemporaryDirectory() as folder:
        cold = median(build_seconds(["2d_k4s2p1"], os.path.join(folder, str(n))) for n in range(5))
        warm = 1e3 * median(build_seconds(["2d_k4s2p1"], os.path.join(folder, "0")) for _ in range(9))
        twenty = median(build_seconds(list(SPECS), os.path.join(folder, f"t{n}")) for n in range(3))
    speed, packing = first_speed()
    rows = [
        (f"slowest theorem of `2d_k4s2p1` ({title}), all judges warm", f"{slowest:.0f} ms"),
        ("cold build of one kernel: planned, proved, compiled, checked, published", f"{cold:.1f} s"),
        ("the same kernel from the store, new process, after imports", f"{warm:.0f} ms"),
        (f"{len(SPECS)} kernels built together", f"{twenty:.1f} s"),
        ("256 → 256 channels, k4 s2 p1, 16 × 12, float32, one thread, weights packed", f"{speed:.0f} GFLOP/s"),
        ("packing those weights", f"{packing:.1f} ms"),
    ]
    with open("/proc/cpuinfo") as file:
        cpu = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown processor")
    lines = ["| what | median |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows)]
    note = f"Taken by `python examples/times.py --write` on {date.today()}, {os.cpu_count()} cores ({cpu}), {describe()}."
    return "\n".join([*lines, "", note])


def main() -> None:
    """Print, and with ``--write`` put the table where the documents have it."""
    text = table()
    print(text)
    if "--write" in sys.argv:
        (ROOT / "docs" / "times.md").write_text(f"# Times\n\n{text}\n", encoding="utf-8")
        readme = ROOT / "README.md"
        marked = re.sub(r"(<!-- times -->\n).*?(<!-- end of times -->)", lambda m: f"{m[1]}{text}\n{m[2]}",
                        readme.read_text(encoding="utf-8"), flags=re.S)
        readme.write_text(marked, encoding="utf-8")


if __name__ == "__main__":
    main()
