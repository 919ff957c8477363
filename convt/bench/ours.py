"""Our own kernels as methods that are timed: with and without memory and packed weights that wait for them, in both layouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import convt
from convt._codegen.kernel import Kernel
from convt._derive.maps import MAPS
from convt.calls import Layout
from convt.peers.call import Prepared, first, last

from .layers import FORWARD, Layer

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Ours:
    """The kernels of a layer in one layout, its arrays in that layout, and memory for what they make."""

    layer: Layer
    layout: Layout
    threads: int
    kernels: tuple[Kernel, ...]
    given: Mapping[str, Array]
    out: tuple[Array, ...]

    @classmethod
    def of(cls, layer: Layer, arrays: Mapping[str, Array], threads: int, layout: Layout = "channels_first") -> Ours:
        """Built, or found in the store. Raises what ``convt.kernel`` raises."""
        move = last if layout == "channels_last" else np.asarray
        shapes = dict(zip("uwx", layer.shapes, strict=True))
        outs = ((MAPS[name].gives, np.zeros(shapes[MAPS[name].gives], np.float32)) for name in layer.maps)
        return cls(layer, layout, threads, tuple(convt.kernel(name, layer.spec, layout=layout) for name in layer.maps),
                   {letter: array if letter == "w" else move(array) for letter, array in arrays.items()},
                   tuple(array if letter == "w" else move(array) for letter, array in outs))

    def families(self) -> list[str]:
        """The family that each kernel chooses for the layer."""
        layer = self.layer
        return [kernel.chosen(layer.features, layer.images, layer.groups, layer.size, layer.image) for kernel in self.kernels]

    def prepared(self, pack: bool = False, fresh: bool = False) -> Prepared:
        """All maps of the layer, one after the other; with weights packed before, or with memory that is new each time."""
        calls = [self._call(kernel, None if fresh else out, pack) for kernel, out in zip(self.kernels, self.out, strict=True)]
        move = first if self.layout == "channels_last" else np.asarray
        gives = [MAPS[name].gives for name in self.layer.maps]
        return Prepared(calls[0] if len(calls) == 1 else lambda: [call() for call in calls],
                        lambda made: [one if letter == "w" else move(one)
                                      for letter, one in zip(gives, made if len(calls) > 1 else [made], strict=True)])

    def _call(self, kernel: Kernel, out: Array | None, pack: bool) -> Callable[[], Any]:
        layer, letters = self.layer, MAPS[kernel.problem.map].reads
        one, two = (self.given[letter] for letter in letters)
        second = kernel.pack(two, groups=layer.groups) if pack and "w" in letters else two
        lengths = {"u": layer.size, "x": layer.image}.get(MAPS[kernel.problem.map].gives)
        return lambda: kernel.run(one, second, None, layer.groups, out, self.threads, "auto", lengths)


def methods(layer: Layer, arrays: Mapping[str, Array], threads: int) -> dict[str, tuple[Prepared, list[str]]]:
    """Name -> (what is timed, the families that run). Weights that are constant are packed once; training changes them at each step."""
    ours, other = Ours.of(layer, arrays, threads), Ours.of(layer, arrays, threads, "channels_last")
    constant = layer.map in FORWARD
    made = {"convt": ours.prepared(pack=constant), "convt fresh output": ours.prepared(pack=constant, fresh=True)}
    if constant:
        made["convt packing each call"] = ours.prepared()
    return {name: (one, ours.families()) for name, one in made.items()} | {"convt_cl": (other.prepared(pack=constant), other.families())}
