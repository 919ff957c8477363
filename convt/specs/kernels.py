"""The third level: the kernel of each layer, built and checked exactly, and what is said of it at the layer's size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING

from convt._codegen.pipeline import build_each
from convt._codegen.problem import Problem

from .choice import bound, chosen
from .finding import Finding
from .layer import Layer

if TYPE_CHECKING:
    from convt._codegen.kernel import Kernel

SHARE = 40  # kernels in one go: what is built stays when the next share is interrupted


def kernels(layers: Sequence[Layer], say: Callable[[str], None]) -> dict[Problem, Kernel | Exception]:
    """The kernel of each problem, or why there is none: many together. Raises ``CompilerMissing``."""
    wanted = list(dict.fromkeys(layer.problem() for layer in layers))
    made: dict[Problem, Kernel | Exception] = {}
    for first in range(0, len(wanted), SHARE):
        say(f"building and checking kernels: {first} of {len(wanted)}")
        made |= build_each(wanted[first:first + SHARE])
    return made


def findings(layer: Layer, kernel: Kernel | Exception) -> Iterator[Finding]:
    """What is said of a kernel, and at the layer's size."""
    command = layer.problem().command
    if isinstance(kernel, Exception):
        yield Finding("kernels", "kernel", "falls short", str(kernel), "", command)
    else:
        yield Finding("kernels", "kernel")
    if layer.size is None or layer.channels is None:
        return
    family = chosen(layer)
    explained = f"{command} --explain --channels {layer.features},{layer.images} --size {'x'.join(map(str, (layer.sizes or ((),))[0]))}"
    if layer.family is not None:
        yield Finding("kernels", "family") if family == layer.family else Finding(
            "kernels", "family", "falls short", f"the estimates for {layer.target} choose {family}, and should choose {layer.family}", "",
            explained)
    if layer.max_error is not None:
        allowed = bound(layer, family)
        yield Finding("kernels", "max_error") if allowed <= layer.max_error else Finding(
            "kernels", "max_error", "falls short",
            f"the bound of {family} allows {allowed:.3g}, more than {layer.max_error:g}", "", explained)
    if layer.memory is not None and not isinstance(kernel, Exception):
        taken = memory(layer, kernel, family)
        yield Finding("kernels", "memory") if taken <= layer.memory else Finding(
            "kernels", "memory", "falls short", f"input, weights, packed weights and output take {taken:,} bytes, more than "
            f"{layer.memory:,}", "", explained)


def memory(layer: Layer, kernel: Kernel, family: str) -> int:
    """Bytes of input, weights, packed weights and output of one image."""
    assert layer.sizes is not None
    m, n = layer.sizes
    F, C, G = layer.features, layer.images, layer.groups
    arrays = F * prod(m) + C * prod(n) + F * (C // G) * prod(layer.spec.kernel)
    packs = layer.map != "conv_weight_gradient" and layer.weights is None
    own = kernel.explain(F, C, m, groups=G)
    packed = kernel.packed_bytes(F, C, G, family if family in own else min(own, key=own.__getitem__)) if packs else 0
    return arrays * layer.problem().element.size + packed
