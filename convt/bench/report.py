"""The results as tables, a page and pictures. Nothing here measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from statistics import geometric_mean, median
from typing import Any

from .harness import Timed
from .layers import FEW, KINDS, Layer
from .limits import Limits
from .peers import PEERS
from .samples import interval, summary

FIRST = tuple(peer.name for peer in PEERS if not peer.channels_last)
HEAD = ("layer", "ours ms", "spread", "fresh", "packing", "× best channels-first", "× best of any", "× best as exact", "× torch",
        "of the bound", "errors")
KIND_HEAD = ("layers", "how many", *HEAD[5:-1])
AS_EXACT = 2  # times our largest error, which a peer as exact as we are may have
TITLES = {"conv": "conv: convolution", "conv_transpose": "conv_transpose: transposed convolution",
          "conv_weight_gradient": "conv_weight_gradient: gradient of a convolution by its weights",
          "backward": "backward: both gradients of a transposed convolution, by its features and by its weights"}
HOW = """Medians of shuffled rounds; every method was checked against float64 first, ours against the proved bound of the family that ran.
Ratios are medians of paired ratios, theirs/ours, with their 95 % interval: above 1 we are faster. *Fresh* allocates the output,
*packing* packs the weights at each call; of `conv` and `conv_transpose` the other times do neither. Weights are constant there;
those that gradients are for are not, and we pack them in each call of `backward`.

*Errors* are ours and those of the best of any: the largest |error| of an entry, in units of 2⁻²⁴ times the sum of the magnitudes that
are added up there. *As exact* are the libraries whose largest error is at most twice ours: larger tiles of a fast algorithm save more
products than smaller ones, and lose more digits.

Each library is a process of its own, pinned to as many cores as threads, and stopped (SIGSTOP) except for its own samples: threads
that wait by spinning take no time from whatever comes next. A sample begins with a call that is not counted."""


@dataclass(frozen=True)
class Results:
    """One map: its layers, and by number of threads what was timed and the limits."""

    layers: tuple[Layer, ...]
    timed: Mapping[int, Sequence[Timed]]
    limits: Mapping[int, Limits]

    def rows(self, threads: int) -> list[tuple[str, ...]]:
        """One row a layer, in the order of HEAD."""
        return [_row(layer, timed, self.limits[threads]) for layer, timed in zip(self.layers, self.timed[threads], strict=True)]

    def ratios(self, threads: int, kind: str | None = None) -> dict[str, list[float]]:
        """Of the layers of a kind (or of all) the ratios theirs/ours, and the part of the bound that is reached."""
        columns: dict[str, list[float]] = {name.removeprefix("× "): [] for name in KIND_HEAD[2:]}
        for layer, timed in zip(self.layers, self.timed[threads], strict=True):
            if kind not in (None, layer.kind):
                continue
            ours = timed.rounds["convt"]
            for name, peer in (("best channels-first", best(timed, FIRST)), ("best of any", best(timed)),
                               ("best as exact", best(timed, as_exact(timed))), ("torch", "torch")):
                if peer in timed.rounds:
                    columns[name].append(interval(ours, timed.rounds[peer])[0])
            columns["of the bound"].append(self.limits[threads].bound(layer.flops, layer.bytes) / summary(ours)[0])
        return columns

    def means(self, threads: int, kind: str | None = None) -> dict[str, tuple[float, float]]:
        """(geometric mean, median) of each column of ``ratios`` that is not empty."""
        return {name: (geometric_mean(values), median(values)) for name, values in self.ratios(threads, kind).items() if values}

    def kinds(self, threads: int) -> list[tuple[str, ...]]:
        """Geometric means with medians of all layers and of each kind, in the order of KIND_HEAD."""
        rows = []
        for kind in (None, *KINDS):
            count = sum(kind in (None, layer.kind) for layer in self.layers)
            means = self.means(threads, kind)
            cells = (f"{means[name][0]:.2f} ({means[name][1]:.2f})" if name in means else "none" for name in self.ratios(threads, kind))
            rows += [(kind or "all", str(count), *cells)] if count else []
        return rows

    def as_data(self) -> dict[str, Any]:
        """Plain data: every round of every method, in seconds."""
        means = {str(t): {kind or "all": self.means(t, kind) for kind in (None, *KINDS)} for t in self.timed}
        return {"geometric means and medians": means,
                "layers": [{"name": layer.name, "spec": str(layer.spec), "kind": layer.kind, "flops": layer.flops, "bytes": layer.bytes,
                            "threads": {str(t): asdict(rows[number]) for t, rows in self.timed.items()}}
                           for number, layer in enumerate(self.layers)]}

    def markdown(self, map: str) -> str:
        """The section of a map."""
        lines = [f"## {TITLES[map]}", "", f"![layers under the machine's limits](bench-{map}-roofline.png)", ""]
        if any(best(each) for each in next(iter(self.timed.values()))):
            lines += [f"![speed against the best peer](bench-{map}-bars.png)", ""]
        for threads in self.timed:
            lines += [f"### {threads} thread{'s' * (threads > 1)}", "", *_table(HEAD, self.rows(threads)), "",
                      "Geometric means, and medians in brackets:", "", *_table(KIND_HEAD, self.kinds(threads)), ""]
        return "\n".join(lines)


@dataclass(frozen=True)
class Run:
    """Everything of one run, map by map."""

    maps: Mapping[str, Results]
    limits: Mapping[int, Limits]
    versions: Mapping[str, str]
    machine: str

    def as_data(self) -> dict[str, Any]:
        """Plain data."""
        return {"date": date.today().isoformat(), "machine": self.machine, "versions": dict(self.versions),
                "limits": {str(threads): asdict(limits) for threads, limits in self.limits.items()},
                "maps": {name: results.as_data() for name, results in self.maps.items()}}

    def markdown(self) -> str:
        """The whole run as a page."""
        listed = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        limits = (f"{threads} thread{'s' * (threads > 1)}: {found.fma:.0f} GFLOP/s, copy {found.copy_cached:.0f} GB/s in the cache and "
                  f"{found.copy:.0f} GB/s beyond, fill {found.fill:.0f} GB/s." for threads, found in self.limits.items())
        asked = f"--map {','.join(self.maps)} --threads {','.join(map(str, self.limits))}"
        lines = ["# Benchmark", "", f"Written by `convt bench {asked} --write FOLDER`; do not edit.", "",
                 f"{date.today().isoformat()}; {self.machine}; {listed or 'no peers'}.", "", HOW, "",
                 f"*Dense* layers have one group and {FEW} channels or more on both sides, *depthwise and one channel* means groups of one "
                 "channel.", "", "Limits of this run:", "", *(f"- {line}" for line in limits), ""]
        return "\n".join([*lines, *(results.markdown(name) for name, results in self.maps.items())])


def by_map(layers: Sequence[Layer], timed: Mapping[int, Sequence[Timed]], limits: Mapping[int, Limits]) -> dict[str, Results]:
    """What was timed together, map by map."""
    def kept(name: str, rows: Sequence[Timed]) -> list[Timed]:
        return [row for layer, row in zip(layers, rows, strict=True) if layer.map == name]

    return {name: Results(tuple(layer for layer in layers if layer.map == name),
                          {threads: kept(name, rows) for threads, rows in timed.items()}, limits)
            for name in dict.fromkeys(layer.map for layer in layers)}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(row) + " |" for row in rows)]


def as_exact(timed: Timed) -> list[str]:
    """The methods whose largest error is at most ``AS_EXACT`` times ours."""
    return [name for name, error in timed.error.items() if error <= AS_EXACT * timed.error["convt"]]


def best(timed: Timed, names: Sequence[str] | None = None) -> str:
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
        return f"{summary(timed.rounds[name])[0]:.3g}" if name in timed.rounds else "none"

    bound = limits.bound(layer.flops, layer.bytes)
    errors = [f"{timed.error[name]:.2g}" for name in ("convt", best(timed)) if name in timed.error]
    return (layer.name, f"{middle:.3g}", f"{low:.3g}–{high:.3g}", time("convt fresh output"), time("convt packing each call"),
            *[against(best(timed, names)) for names in (FIRST, None, as_exact(timed))], against("torch").removesuffix(" torch"),
            f"{bound / middle:.0%}", ", ".join(errors))


def _ticks(least: float, most: float) -> list[float]:
    """Round numbers around these: 1, 2 and 5 times powers of ten."""
    ladder = [step * 10.0**power for power in range(-4, 6) for step in (1, 2, 5)]
    return [tick for tick in ladder if min(least, 0.5) / 2.5 < tick < max(most, 2) * 2.5]


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
    others = [(layer, timed) for layer, timed in pairs if best(timed)]
    panel.loglog([layer.flops / layer.bytes for layer, _ in others],
                 [layer.flops / summary(timed.rounds[best(timed)])[0] / 1e6 for layer, timed in others], "x", label="best peer")
    panel.set_xlabel("FLOP per byte")
    panel.set_ylabel("GFLOP/s")
    panel.set_title(f"Layers under the machine's limits, {threads} thread{'s' * (threads > 1)}", fontsize=10)
    panel.legend()
    keep("roofline.png", figure)
    if others:
        figure, panel = plt.subplots(figsize=(8, 1.2 + 0.26 * len(others)), layout="constrained")
        speed = [interval(timed.rounds["convt"], timed.rounds[best(timed)])[0] for _, timed in others]
        panel.barh(range(len(others)), [value - 1 for value in speed], left=1,
                   color=["#18794e" if value >= 1 else "#b42318" for value in speed])
        panel.set_yticks(range(len(others)), [f"{layer.name} ({best(timed)})" for layer, timed in others], fontsize=7)
        panel.invert_yaxis()
        panel.axvline(1, color="0.3", linewidth=1)
        panel.set_xscale("log")
        panel.set_xticks(ticks := _ticks(min(speed), max(speed)), [f"{tick:g}" for tick in ticks])
        panel.minorticks_off()
        panel.set_xlabel("speed against the best peer of any layout")
        keep("bars.png", figure)
    return found
