"""Our own kernels as methods that are timed: with and without memory and packed weights that wait for them, in both layouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
        """The layer's map; with weights packed before, or with memory that is new each time."""
        run = self._backward(fresh) if self.layer.map == "backward" else self._kernel(pack, fresh)
        move = first if self.layout == "channels_last" else np.asarray
        return Prepared(run, lambda made: [one if MAPS[name].gives == "w" else move(one)
                                           for name, one in zip(self.layer.maps, made, strict=True)])

    def _kernel(self, pack: bool, fresh: bool) -> Callable[[], Sequence[Array]]:
        layer, (kernel,), out = self.layer, self.kernels, None if fresh else self.out[0]
        roles = MAPS[layer.map]
        one, two = (self.given[letter] for letter in roles.reads)
        second = kernel.pack(two, groups=layer.groups) if pack else two
        lengths = {"u": layer.size, "x": layer.image}.get(roles.gives)
        return lambda: [kernel.run(one, second, None, layer.groups, out, self.threads, "auto", lengths)]

    def _backward(self, fresh: bool) -> Callable[[], Sequence[Array]]:
        spec, (u, w, grad) = self.layer.spec, (self.given[letter] for letter in "uwx")
        out = None if fresh else (*self.out, None)

        def run() -> Sequence[Array]:
            return convt.conv_transpose_backward(
                u, w, grad, needs=("u", "w"), stride=spec.stride, padding=spec.padding, output_padding=spec.output_padding,
                dilation=spec.dilation, groups=self.layer.groups, layout=self.layout, out=out, threads=self.threads)[:2]

        return run


def methods(layer: Layer, arrays: Mapping[str, Array], threads: int) -> dict[str, tuple[Prepared, list[str]]]:
    """Name -> (what is timed, the families that run). Weights that are constant are packed once; training changes them at each step."""
    ours, other = Ours.of(layer, arrays, threads), Ours.of(layer, arrays, threads, "channels_last")
    constant = layer.map in FORWARD
    made = {"convt": ours.prepared(pack=constant), "convt fresh output": ours.prepared(pack=constant, fresh=True)}
    if constant:
        made["convt packing each call"] = ours.prepared()
    return {name: (one, ours.families()) for name, one in made.items()} | {"convt_cl": (other.prepared(pack=constant), other.families())}
