"""How long each family takes beside its estimate, and the factors that make the choice right: ``convt bench --fit``.

Every family that takes a layer is timed on it, one thread, in shuffled rounds. The factor of a family on a map is the median
of measured/estimated over the layers where it is a contender. What a choice loses is the time of the chosen family beside
that of the fastest; it is said with the factors of today and with the new ones, so that one sees whether they are better.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import geometric_mean, median
from typing import Any, NamedTuple

from convt._codegen import fitted
from convt._codegen.estimate import estimates
from convt._codegen.kernel import NEVER, Kernel
from convt._codegen.target import TARGETS, Target
from convt._codegen.toolchain import toolchain
from convt._derive.maps import MAPS

from .exact import arrays
from .layers import FORWARD, Layer
from .ours import Ours
from .samples import repeats, sample

CONTENDS = 2.0  # times as long as the fastest, at most: where a family is slower, its estimate need not be exact
HOPELESS = 12.0  # times the least estimate: not timed
HEAD = ("map", "family", "layers", "factor today", "new factor", "measured/estimated, quartiles")
LOSS_HEAD = ("map", "layers", "lost today", "lost with the new factors", "wrong by more than 5 % then")


class Spent(NamedTuple):
    """Nanoseconds of a family on a layer: measured, estimated, and estimated for one image, by which is chosen; factors left out."""

    measured: float
    estimated: float
    image: float


@dataclass(frozen=True)
class Measured:
    """A layer, and the families that were timed."""

    layer: Layer
    families: Mapping[str, Spent]

    def best(self) -> float:
        """Nanoseconds of the fastest family."""
        return min(spent.measured for spent in self.families.values())

    def loss(self, factors: Mapping[str, float]) -> float:
        """Time of the family that is chosen with these factors, beside the fastest."""
        chosen = min(self.families, key=lambda name: self.families[name].image * factors.get(name, 1.0))
        return self.families[chosen].measured / self.best()

    def contenders(self) -> Iterator[tuple[str, float]]:
        """(family, measured/estimated) where it is not much slower than the fastest."""
        return ((name, spent.measured / spent.estimated) for name, spent in self.families.items()
                if spent.measured <= CONTENDS * self.best())


@dataclass(frozen=True)
class Fit:
    """What was measured on a processor of some shape."""

    shape: Target
    measured: tuple[Measured, ...]

    def ratios(self, map: str) -> dict[str, list[float]]:
        """Family -> measured/estimated of the layers of a map on which it contends."""
        found = dict[str, list[float]]()
        for each in self.of(map):
            for name, ratio in each.contenders():
                found.setdefault(name, []).append(ratio)
        return {name: sorted(values) for name, values in sorted(found.items())}

    def of(self, map: str) -> list[Measured]:
        """The layers of a map."""
        return [each for each in self.measured if each.layer.map == map]

    def maps(self) -> list[str]:
        """The maps that were measured."""
        return list(dict.fromkeys(each.layer.map for each in self.measured))

    def today(self, map: str) -> dict[str, float]:
        """Family -> the factor that estimates have now."""
        return {name: fitted.factor(self.shape, map, name) for name in self.ratios(map)}

    def factors(self, map: str) -> dict[str, float]:
        """Family -> the factor that was measured."""
        return {name: round(median(values), 2) for name, values in self.ratios(map).items()}

    def rows(self) -> list[tuple[str, ...]]:
        """One row a map and family, in the order of HEAD."""
        return [(map, name, str(len(values)), f"{self.today(map)[name]:g}", f"{self.factors(map)[name]:g}",
                 f"{values[len(values) // 4]:.2f} to {values[-1 - len(values) // 4]:.2f}")
                for map in self.maps() for name, values in self.ratios(map).items()]

    def losses(self) -> list[tuple[str, ...]]:
        """One row a map, in the order of LOSS_HEAD."""
        rows = list[tuple[str, ...]]()
        for map in self.maps():
            new = {each.layer.name: each.loss(self.factors(map)) for each in self.of(map)}
            wrong = [f"{name} {loss:.2f}" for name, loss in new.items() if loss > 1.05]
            old = geometric_mean([each.loss(self.today(map)) for each in self.of(map)])
            rows.append((map, str(len(new)), f"{100 * old - 100:.1f} %", f"{100 * geometric_mean(new.values()) - 100:.1f} %",
                         "; ".join(wrong) or "none"))
        return rows

    def table(self) -> str:
        """``fitted.json`` with the new factors of this shape and these maps; the others as they are."""
        every = {width: {map: dict(names) for map, names in maps.items()} for width, maps in fitted.factors().items()}
        mine = every.setdefault(str(self.shape.vector_bytes), {})
        mine |= {map: mine.get(map, {}) | self.factors(map) for map in self.maps()}
        return json.dumps(every, indent=1, sort_keys=True) + "\n"


def measure(layers: Sequence[Layer], rounds: int, note: Callable[[str], None] = lambda line: None) -> Fit:
    """Every family on every layer, pinned to one core. Raises what ``convt.kernel`` raises."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        found = []
        for layer in layers:
            found.append(_layer(layer, rounds))
            note(f"{layer.map} {layer.name}: " + ", ".join(
                f"{name} {1e-3 * spent.measured:.0f} µs ({spent.measured / spent.estimated:.2f} × estimated)"
                for name, spent in found[-1].families.items()))
    finally:
        os.sched_setaffinity(0, allowed)
    return Fit(toolchain().shape(TARGETS["host"]), tuple(found))


def _layer(layer: Layer, rounds: int) -> Measured:
    ours = Ours.of(layer, arrays(layer), 1)
    (kernel,) = ours.kernels
    costs, image = (_estimates(kernel, layer, batch) for batch in (layer.batch, 1 if layer.map in FORWARD else layer.batch))
    runs = {name: _run(ours, name) for name, cost in costs.items() if cost <= HOPELESS * min(costs.values())}
    counts = {name: repeats(run) for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    rng = Random(1)
    for _ in range(rounds):
        for name in rng.sample(list(runs), len(runs)):
            times[name].append(sample(runs[name], counts[name]))
    return Measured(layer, {name: Spent(1e9 * median(values), costs[name], image[name]) for name, values in times.items()})


def _estimates(kernel: Kernel, layer: Layer, batch: int) -> dict[str, float]:
    """Family -> nanoseconds, factors left out."""
    shape = toolchain().shape(kernel.problem.processor)
    costs = estimates(kernel.problem, shape, batch, layer.features, layer.images, layer.groups, layer.size, layer.image)
    return {name: cost / fitted.factor(shape, layer.map, name) for name, cost in costs.items() if cost < NEVER}


def _run(ours: Ours, family: str) -> Callable[[], Any]:
    """A warm call of the layer by a family."""
    layer, (kernel,), (out,) = ours.layer, ours.kernels, ours.out
    roles = MAPS[layer.map]
    one, two = (ours.given[letter] for letter in roles.reads)
    second = kernel.pack(two, layer.groups, family) if layer.map in FORWARD else two
    lengths = {"u": layer.size, "x": layer.image}.get(roles.gives)

    def run() -> Any:
        return kernel.run(one, second, None, layer.groups, out, 1, family, lengths)

    run()
    return run
