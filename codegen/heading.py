"""What heads a generated file: how it was made, for which processor, and which lengths and phases it has."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from convt._derive.phases import phase as phase_of
from convt._derive.spec import Axis, ConvSpec

from .problem import Problem
from .target import Target


def recipe(problem: Problem, shape: Target, templates: Sequence[str]) -> list[tuple[str, str]]:
    """The header of a generated file: how it was made and what is known about it."""
    spec = problem.spec
    lines = [("made by", problem.command),
             ("from", f"templates {', '.join(templates)}; target {problem.target}"),
             ("compile", f"with {problem.processor.compile_with(shape.tune)}")]
    lines += [("lengths", text) for text in _by_axis(spec, _length)]
    lines += [("phases", text) for text in _by_axis(spec, _phases)]
    if problem.filter is not None:
        taps = ", ".join(map(str, problem.filter.values[:8])) + (", …" if len(problem.filter.values) > 8 else "")
        rounding = "exact for integers" if problem.filter.exact else f"within γ of {prod(spec.kernel) + 3} terms"
        lines.append(("filter", f"{problem.filter.name}: {taps}; gain {problem.filter.gain}; {rounding}"))
    return lines


def _by_axis(spec: ConvSpec, describe: Any) -> list[str]:
    texts = [describe(axis) for axis in spec.axes]
    if len(set(texts)) == 1:
        return [texts[0] + (" on each axis" if spec.dims > 1 else "")]
    return [f"axis {number}: {text}" for number, text in enumerate(texts)]


def _length(axis: Axis) -> str:
    constant = axis.span + axis.output_padding - sum(axis.padding) - axis.stride
    tail = "" if constant == 0 else f" {'+' if constant > 0 else '−'} {abs(constant)}"
    return f"n = {'' if axis.stride == 1 else f'{axis.stride}·'}m{tail}"


def _phases(axis: Axis) -> str:
    texts = []
    for residue in range(min(8, axis.stride)):
        phase = phase_of(axis, residue)
        taps = ", ".join(map(str, phase.taps[:6])) + (", …" if len(phase.taps) > 6 else "")
        offsets = ", ".join(str(o).replace("-", "−") for o in phase.offsets[:6]) + (", …" if len(phase.taps) > 6 else "")
        texts.append(f"r={residue}: " + (f"taps {taps} at offsets {offsets}" if phase.taps else "no taps"))
    more = f"   and {axis.stride - 8} more" if axis.stride > 8 else ""
    return "   ".join(texts) + more
