"""The facts of a layer that its lock holds: short texts that do not depend on the machine, level by level."""

from __future__ import annotations

import hashlib

from convt._derive.phases import phases
from convt._derive.spec import Axis

from . import words
from .finding import LEVELS
from .layer import Layer
from .lengths import Length, along
from .proofs import Verdicts

LONGEST = 160  # letters of a fact; longer ones are kept as their beginning and a digest
CAUSES = ("config", "map", "dtype", "layout", "channels", "groups", "weights", "input")
"""Facts that the spec says itself: where others change, these say why."""
LEVEL = {**dict.fromkeys((*CAUSES, "length", "phases"), "shapes"),
         **dict.fromkeys(("proved for all sizes", "checked at one size", "not applicable", "falling short"), "proofs"),
         **dict.fromkeys(("source", "family", "amplification"), "kernels")}
"""Fact -> the level that finds it."""


def of_shapes(layer: Layer) -> dict[str, str]:
    """What the spec says, lengths as formulas, phases with taps."""
    channels = "" if layer.channels is None else f"{layer.channels[0]} → {layer.channels[1]}"
    filter = "" if layer.weights is None else str(getattr(layer.problem().filter, "text", ""))
    found = {"config": str(layer.spec), "map": layer.map, "dtype": layer.dtype, "layout": layer.layout, "channels": channels,
             "groups": str(layer.groups), "weights": filter, "input": ", ".join(map(str, layer.input)),
             "length": ", ".join(_length(layer, number) for number in range(layer.spec.dims)),
             "phases": "; ".join(map(_phases, layer.spec.axes if len(set(layer.spec.axes)) > 1 else layer.spec.axes[:1]))}
    return {name: short(text) for name, text in found.items() if text}


def _length(layer: Layer, number: int) -> str:
    """A length as a formula, in m or n where the input is a number: ``2·m = 56``."""
    if layer.input[number].letter:
        return str(layer.made[number])
    formula = along(layer.spec.axes[number], layer.map, Length(1, 0, 1, "m" if layer.map == "conv_transpose" else "n"))
    return f"{formula} = {layer.made[number]}"


def _phases(axis: Axis) -> str:
    """Each phase's taps, with the feature that a tap reads: ``0: 1@0 3@-1 | 1: …``."""
    if axis.stride > 256 or axis.kernel > 4096:
        return f"{axis.stride} phases of {axis.kernel} taps, dilation {axis.dilation}"
    return " | ".join(f"{phase.residue}:" + "".join(f" {tap}@{offset}" for tap, offset in zip(phase.taps, phase.offsets, strict=True))
                      for phase in phases(axis))


def of_proofs(found: Verdicts) -> dict[str, str]:
    """Verdicts with their scope: the numbers of the theorems."""
    kinds: dict[str, list[str]] = {}
    for number, verdict in sorted(found.items()):
        name = {"proved": "proved for all sizes", "checked": "checked at one size", "not applicable": "not applicable"}.get(
            verdict["outcome"], "falling short")
        kinds.setdefault(name, []).append(str(number))
    return {name: " ".join(numbers) for name, numbers in kinds.items()}


def of_kernels(layer: Layer) -> dict[str, str]:
    """Digest of the generated source and its header for the target, the family chosen at the layer's size, and how errors may grow."""
    from convt._codegen.family import amplification
    from convt._codegen.pipeline import generate
    from convt._codegen.render import header

    from .choice import chosen

    problem = layer.problem(layer.target)
    found = {"source": hashlib.sha256((header() + generate([problem])[1]).encode()).hexdigest()[:16]}
    if layer.size is not None and layer.channels is not None and all(length.at(0) > 0 for length in layer.made):
        found["family"] = chosen(layer)
        if problem.element.is_float or problem.element.parts == 2:
            found["amplification"] = f"{amplification(problem, found['family'])[0]:g}"
    return found


def short(text: str) -> str:
    """A text of bounded length that still differs where the whole does."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST - 20]}… {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def within(level: str) -> tuple[str, ...]:
    """The facts that a check at this level finds."""
    return tuple(name for name, own in LEVEL.items() if LEVELS.index(own) <= LEVELS.index(level))


def theorem_words(numbers: str) -> str:
    """``5 (adjoint)`` for each number."""
    return ", ".join(f"{number} ({words.THEOREMS.get(int(number), 'unknown')})" for number in numbers.split() if number.isdecimal())
