"""The results as a table and as pictures. Nothing here measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from math import exp, log
from typing import Any

from .harness import Timed, interval, summary
from .layers import Layer
from .limits import Limits
from .peers import PEERS

FIRST = tuple(peer.name for peer in PEERS if not peer.channels_last)
HEAD = ("layer", "ours ms", "spread", "fresh", "packing", "× best channels-first", "× best of any", "× torch", "of the bound")


@dataclass(frozen=True)
class Results:
    """Everything of one run: by number of threads, the limits and the layers."""

    layers: tuple[Layer, ...]
    timed: Mapping[int, Sequence[Timed]]
    limits: Mapping[int, Limits]
    versions: Mapping[str, str]
    machine: str

    def rows(self, threads: int) -> list[tuple[str, ...]]:
        """One row a layer, in the order of HEAD."""
        return [_row(layer, timed, self.limits[threads]) for layer, timed in zip(self.layers, self.timed[threads], strict=True)]

    def means(self, threads: int) -> dict[str, float]:
        """Geometric means of the ratios (theirs/ours), and of the part of the bound that is reached."""
        columns: dict[str, list[float]] = {"best channels-first": [], "best of any": [], "torch": [], "of the bound": []}
        for layer, timed in zip(self.layers, self.timed[threads], strict=True):
            ours = timed.rounds["convt"]
            for name, peer in (("best channels-first", best(timed, FIRST)), ("best of any", best(timed, None)), ("torch", "torch")):
                if peer in timed.rounds:
                    columns[name].append(interval(ours, timed.rounds[peer])[0])
            columns["of the bound"].append(self.limits[threads].bound(layer.flops, layer.bytes) / summary(ours)[0])
        return {name: exp(sum(map(log, values)) / len(values)) for name, values in columns.items() if values}

    def as_data(self) -> dict[str, Any]:
        """Plain data: every round of every method, in seconds."""
        return {"date": date.today().isoformat(), "machine": self.machine, "versions": dict(self.versions),
                "limits": {str(t): asdict(limits) for t, limits in self.limits.items()},
                "geometric means": {str(t): self.means(t) for t in self.timed},
                "layers": [{"name": layer.name, "spec": str(layer.spec), "flops": layer.flops, "bytes": layer.bytes,
                            "threads": {str(t): asdict(rows[number]) for t, rows in self.timed.items()}}
                           for number, layer in enumerate(self.layers)]}

    def markdown(self) -> str:
        """The whole run as a page."""
        listed = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        lines = ["# Benchmark", "", "Written by `convt bench --write docs`; do not edit.", "",
                 f"{date.today().isoformat()}; {self.machine}; {listed or 'no peers'}.", "",
                 "Medians of shuffled rounds in one process for each number of threads; every method was checked against float64 first. "
                 "Ratios are medians of paired ratios, theirs/ours, with their 95 % interval: above 1 we are faster. *Fresh* allocates the "
                 "output, *packing* packs the weights at each call; the other times do neither.", "",
                 "![layers under the machine's limits](bench-roofline.png)", "", "![speed against the best peer](bench-bars.png)", ""]
        for threads in self.timed:
            limits = self.limits[threads]
            lines += [f"## {threads} thread{'s' * (threads > 1)}", "",
                      f"Limits of this run: {limits.fma:.0f} GFLOP/s, copy {limits.copy_cached:.0f} GB/s in the cache and "
                      f"{limits.copy:.0f} GB/s beyond, fill {limits.fill:.0f} GB/s.", "",
                      "| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|",
                      *("| " + " | ".join(row) + " |" for row in self.rows(threads)), "",
                      "Geometric means: " + ", ".join(f"{name} {value:.2f}" for name, value in self.means(threads).items()) + ".", ""]
        return "\n".join(lines)


def best(timed: Timed, names: Sequence[str] | None) -> str:
    """The fastest peer among the names (or of all), empty where none was timed."""
    peers = [name for name in timed.rounds if not name.startswith("convt") and (names is None or name in names)]
    return min(peers, key=lambda name: summary(timed.rounds[name])[0], default="")


def _row(layer: Layer, timed: Timed, limits: Limits) -> tuple[str, ...]:
    ours = timed.rounds["convt"]
    middle, low, high = summary(ours)

    def against(peer: str) -> str:
        if peer not in timed.rounds:
            return "none"
        ratio, least, most = interval(ours, timed.rounds[peer])
        return f"{ratio:.2f} ({least:.2f}–{most:.2f}) {peer}"

    def time(name: str) -> str:
        return f"{summary(timed.rounds[name])[0]:.3g}"

    bound = limits.bound(layer.flops, layer.bytes)
    return (layer.name, f"{middle:.3g}", f"{low:.3g}–{high:.3g}", time("convt fresh output"), time("convt packing each call"),
            against(best(timed, FIRST)), against(best(timed, None)), against("torch").removesuffix(" torch"), f"{bound / middle:.0%}")


def pictures(results: Results, threads: int) -> dict[str, bytes]:
    """roofline.png: GFLOP/s against FLOP per byte under the machine's limits; bars.png: speed against the best peers."""
    from io import BytesIO

    from convt._derive.render.figures import pyplot

    plt, limits = pyplot(), results.limits[threads]
    pairs = list(zip(results.layers, results.timed[threads], strict=True))
    found: dict[str, bytes] = {}

    def keep(name: str, figure: Any) -> None:
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
        plt.close(figure)
        found[name] = buffer.getvalue()

    figure, panel = plt.subplots(figsize=(8, 5), layout="constrained")
    intensity = [layer.flops / layer.bytes for layer, _ in pairs]
    grid = [min(intensity) / 2 * (4 * max(intensity) / min(intensity)) ** (step / 60) for step in range(61)]
    panel.loglog(grid, [min(limits.fma, limits.copy * x) for x in grid], color="0.3", label="bound (memory, FMA)")
    panel.loglog(grid, [min(limits.fma, limits.copy_cached * x) for x in grid], color="0.7", linestyle="--", label="bound (cache, FMA)")
    panel.loglog(intensity, [layer.flops / summary(timed.rounds["convt"])[0] / 1e6 for layer, timed in pairs], "o", label="convt")
    others = [(layer, timed) for layer, timed in pairs if best(timed, None)]
    panel.loglog([layer.flops / layer.bytes for layer, _ in others],
                 [layer.flops / summary(timed.rounds[best(timed, None)])[0] / 1e6 for layer, timed in others], "x", label="best peer")
    panel.set_xlabel("FLOP per byte")
    panel.set_ylabel("GFLOP/s")
    panel.set_title(f"Layers under the machine's limits, {threads} thread{'s' * (threads > 1)}", fontsize=10)
    panel.legend()
    keep("roofline.png", figure)
    if others:
        figure, panel = plt.subplots(figsize=(8, 1.2 + 0.26 * len(others)), layout="constrained")
        speed = [interval(timed.rounds["convt"], timed.rounds[best(timed, None)])[0] for _, timed in others]
        panel.barh(range(len(others)), speed, color=["#18794e" if value >= 1 else "#b42318" for value in speed])
        panel.set_yticks(range(len(others)), [f"{layer.name} ({best(timed, None)})" for layer, timed in others], fontsize=7)
        panel.invert_yaxis()
        panel.axvline(1, color="0.3", linewidth=1)
        panel.set_xlabel("speed against the best peer of any layout")
        keep("bars.png", figure)
    return found
