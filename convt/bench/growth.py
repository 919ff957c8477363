"""How time grows: one sweep over image size, channels, kernel size and stride each, one thread, our kernels only.

What is compared between neighbours of a sweep is the time per multiply-add of the direct algorithm: a step up of more
than CLIFF is a cliff, and is named.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

from convt._derive.spec import ConvSpec

from .layers import FORWARD, Layer
from .samples import sample

CLIFF = 1.25
SECONDS = 0.15  # spent on one point
SWEEPS: dict[str, tuple[tuple[int, ...], Callable[[int], tuple[str, int, int, tuple[int, ...]]]]] = {
    # name -> (values, value -> (spec, features, images, feature lengths))
    "image size": ((4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192), lambda m: ("2d_k4s2p1", 64, 64, (m, m))),
    "channels": ((1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256), lambda c: ("2d_k4s2p1", c, c, (32, 32))),
    "kernel size": ((2, 3, 4, 5, 6, 7, 8, 10, 12, 16), lambda k: (f"2d_k{k}s2", 64, 64, (32, 32))),
    "stride": ((1, 2, 3, 4, 5, 6, 8, 10, 16), lambda s: (f"1d_k{2 * s}s{s}", 64, 64, (4096 // s,))),
}


@dataclass(frozen=True)
class Point:
    """One layer of a sweep: nanoseconds an output and picoseconds a multiply-add, and the family that ran."""

    value: int
    family: str
    per_output: float
    per_product: float


def measure(map: str, note: Callable[[str], None] = lambda line: None) -> dict[str, list[Point]]:
    """All sweeps of what is timed under a name, pinned to one core."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        return {name: [_point(map, value, *layer(value), note) for value in values] for name, (values, layer) in SWEEPS.items()}
    finally:
        os.sched_setaffinity(0, allowed)


def _point(map: str, value: int, spec: str, features: int, images: int, size: tuple[int, ...], note: Callable[[str], None]) -> Point:
    from .exact import arrays
    from .ours import Ours

    layer = Layer(f"{features}-{images} {spec} @{size[0]}", ConvSpec.parse(spec), 1, features, images, 1, size, map)
    ours = Ours.of(layer, arrays(layer), 1)
    run = ours.prepared(pack=map in FORWARD).run
    run()
    times: list[float] = []
    begin = perf_counter()
    while len(times) < 5 or perf_counter() - begin < SECONDS:
        times.append(sample(run, 1))
    spent = median(times)
    note(f"{map} {layer.name}")
    outputs = sum(array.size for array in ours.out)
    return Point(value, " + ".join(ours.families()), spent * 1e9 / outputs, spent * 1e12 / (layer.flops / 2))


def cliffs(points: list[Point]) -> list[tuple[Point, Point]]:
    """Neighbours between which the time per multiply-add goes up by more than CLIFF."""
    return [(a, b) for a, b in pairwise(points) if b.per_product > CLIFF * a.per_product]


def as_data(sweeps: dict[str, list[Point]]) -> dict[str, list[dict[str, Any]]]:
    """Plain data."""
    return {name: [asdict(point) for point in points] for name, points in sweeps.items()}


def markdown(map: str, sweeps: dict[str, list[Point]]) -> str:
    """The section of the page."""
    lines = [f"## Growth of {map}", "", "One thread. Steps up of the time per multiply-add by more than a quarter are in bold.", "",
             f"![time per output](bench-{map}-growth.png)", ""]
    for name, points in sweeps.items():
        steep = {b.value for _, b in cliffs(points)}
        lines += [f"| {name} | family | ns an output | ps a multiply-add |", "|---|---|---|---|"]
        for p in points:
            mark = "**" * (p.value in steep)
            lines.append(f"| {p.value} | {p.family} | {p.per_output:.3g} | {mark}{p.per_product:.3g}{mark} |")
        lines.append("")
    return "\n".join(lines)


def picture(sweeps: dict[str, list[Point]]) -> bytes:
    """growth.png: time per output on log axes, marked by family."""
    from io import BytesIO

    from convt._derive.render.figures import pyplot

    plt = pyplot()
    figure, panels = plt.subplots(1, len(sweeps), figsize=(3.2 * len(sweeps), 3.4), squeeze=False, layout="constrained")
    for panel, (name, points) in zip(panels[0], sweeps.items(), strict=True):
        panel.loglog([p.value for p in points], [p.per_output for p in points], color="0.6", zorder=1)
        for family in dict.fromkeys(p.family for p in points):
            some = [p for p in points if p.family == family]
            panel.loglog([p.value for p in some], [p.per_output for p in some], "o", label=family)
        panel.set_xlabel(name)
        panel.set_ylabel("ns an output")
        panel.legend(fontsize=7)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()
