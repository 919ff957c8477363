"""The first level: lengths, phases and counts, in integers. No SymPy, no judge, no compiler; exact for every size."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from convt._derive import lengths as formulas
from convt._derive.spec import Axis

from . import words
from .finding import Finding
from .layer import Layer
from .lengths import Length, first_difference, smallest

MOST = 10**8  # multiplications that a command for reading may take


def findings(layer: Layer) -> Iterator[Finding]:
    """Everything that this level says of a layer."""
    yield _output(layer)
    if layer.fits_skip:
        yield _skips(layer)
    checks = {words.UNIFORM: _uniform, words.NO_CHECKERBOARD: _checkerboard, words.ROUND_TRIP: _round_trip}
    for name in layer.properties:
        yield checks[name](layer)


def again(layer: Layer, sizes: tuple[int, ...]) -> str:
    """The command that computes this layer, with one channel, for an input of these lengths, and prints the shape."""
    spec = layer.spec
    if prod(spec.kernel) * prod(sizes) > MOST or layer.map == "conv_weight_gradient":
        return f"convt check {shlex.quote(layer.file)} --only {shlex.quote(layer.name)} --level shapes"
    said = {"stride": spec.stride, "padding": spec.padding, "dilation": spec.dilation, "output_padding": spec.output_padding}
    usual = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "output_padding": (0,)}
    words = [f"{name}={value}" for name, value in said.items() if value != usual[name] * spec.dims
             and (name != "output_padding" or layer.map == "conv_transpose")]
    call = ", ".join([f"np.ones({(1, 1, *sizes)})", f"np.ones({(1, 1, *spec.kernel)})", *words, "engine='reference'"])
    line = f"import convt, numpy as np; print(convt.{layer.map}({call}).shape)"
    return f'python -c "{line}"'


def _output(layer: Layer) -> Finding:
    for number, (axis, given, made) in enumerate(zip(layer.spec.axes, layer.input, layer.made, strict=True)):
        if not given.letter and made.at(0) < 1:
            least = formulas.smallest_feature_length(axis) if layer.map == "conv_transpose" else max(1, axis.span - sum(axis.padding))
            return Finding("shapes", "output", "falls short", f"axis {number} would have length {made} for input length {given}: the least "
                           f"input length is {least}", f"input {given}", _asked(layer, 0))
    for number, (axis, given, made, wanted) in enumerate(zip(layer.spec.axes, layer.input, layer.made, layer.output or (), strict=False)):
        at = first_difference(made, wanted, smallest(given, made))
        if at is not None:
            where = f"{given.letter} = {at}: " if given.letter else ""
            why = f"axis {number} has length {made}, and should have {wanted}: {_cause(axis, layer.map, made, wanted)}"
            return Finding("shapes", "output", "falls short", why, f"{where}input {given.at(at)} gives {made.at(at)}, not {wanted.at(at)}",
                           _asked(layer, at))
    return Finding("shapes", "output")


def _asked(layer: Layer, at: int) -> str:
    return again(layer, tuple(given.at(at if given.letter else 0) for given in layer.input))


def _cause(axis: Axis, map_name: str, made: Length, wanted: Length) -> str:
    """What could give the wanted length."""
    if made.times * wanted.divisor != wanted.times * made.divisor:
        return f"another stride, which is {axis.stride}"
    missing = wanted.at(0) - made.at(0)
    if map_name != "conv_transpose":
        return f"a total padding of {sum(axis.padding) + missing * axis.stride}, which is {sum(axis.padding)}, gives it"
    if 0 <= axis.output_padding + missing < axis.stride:
        return f"output_padding = {axis.output_padding + missing}, which is {axis.output_padding}, gives it"
    return f"a total padding of {sum(axis.padding) - missing}, which is {sum(axis.padding)}, gives it"


def _skips(layer: Layer) -> Finding:
    for lengths in layer.fits_skip:
        for number, (axis, n) in enumerate(zip(layer.spec.axes, lengths, strict=True)):
            m = n // axis.stride
            back = formulas.image_length(axis, m) if m else 0
            if back != n:
                why = f"a skip connection of length {n} on axis {number} meets {back}: ⌊{n}/{axis.stride}⌋ = {m} features, and n = " \
                      f"{formulas.formula(axis).removeprefix('n = ')}"
                return Finding("shapes", "fits_skip", "falls short", why, f"n = {n}, m = {m}, back to {back}",
                               again(layer, tuple(n // axis.stride for axis, n in zip(layer.spec.axes, lengths, strict=True))))
    return Finding("shapes", "fits_skip")


def taps(axis: Axis) -> list[int]:
    """How many taps each phase has."""
    found = Counter(axis.dilation * tap % axis.stride for tap in range(axis.kernel))
    return [found[residue] for residue in range(axis.stride)]


def _uniform(layer: Layer) -> Finding:
    for number, axis in enumerate(layer.spec.axes):
        counts = taps(axis)
        if len(set(counts)) > 1:
            other = next(residue for residue, count in enumerate(counts) if count != counts[0])
            why = f"axis {number}: phase 0 has {_taps(counts[0])}, phase {other} {_taps(counts[other])}; uniform needs gcd(s, d) = 1 and " \
                  f"s = {axis.stride} to divide k = {axis.kernel}"
            return Finding("shapes", words.UNIFORM, "falls short", why, f"image positions j with (j + {axis.padding[0]}) mod {axis.stride} "
                           f"= 0 and = {other}", f"convt draw {layer.spec} --kind overlap -o overlap.svg")
    return Finding("shapes", words.UNIFORM)


def _taps(count: int) -> str:
    return f"{count} tap" + "s" * (count != 1)


def phase_sums(layer: Layer) -> dict[tuple[int, ...], Fraction]:
    """Sum of the built-in weights of each phase; 0 where it has no tap."""
    filter = layer.problem().filter
    assert filter is not None
    sums = {phase: Fraction(0) for phase in product(*(range(axis.stride) for axis in layer.spec.axes))}
    for place, value in zip(product(*map(range, layer.spec.kernel)), filter.values, strict=True):
        sums[tuple(axis.dilation * tap % axis.stride for axis, tap in zip(layer.spec.axes, place, strict=True))] += value
    return sums


def _checkerboard(layer: Layer) -> Finding:
    sums = phase_sums(layer)
    first = (0,) * layer.spec.dims
    other = next((phase for phase, value in sums.items() if value != sums[first]), None)
    if other is None:
        return Finding("shapes", words.NO_CHECKERBOARD)
    built_in = layer.problem().filter
    assert built_in is not None  # the property is about given weights
    return Finding("shapes", words.NO_CHECKERBOARD, "falls short",
                   f"constant features show a pattern: the weights of phase {_place(first)} sum to {sums[first]}, those of phase "
                   f"{_place(other)} to {sums[other]}", f"features of ones: {float(sums[first]):g} beside {float(sums[other]):g}",
                   f"convt build {layer.spec} --weights {shlex.quote(str(built_in.text))}")


def _place(phase: tuple[int, ...]) -> Any:
    return phase[0] if len(phase) == 1 else phase


def _round_trip(layer: Layer) -> Finding:
    for number, axis in enumerate(layer.spec.axes):
        if axis.output_padding >= axis.stride:
            m = formulas.smallest_feature_length(axis)
            n = formulas.image_length(axis, m)
            why = f"axis {number}: output_padding = {axis.output_padding} is not below the stride, {axis.stride}: lengths do not come back"
            return Finding("shapes", words.ROUND_TRIP, "falls short", why, f"m = {m} goes to n = {n}, which goes to m = "
                           f"{formulas.feature_length(axis, n)}", f"convt prove {layer.spec} --steps")
    return Finding("shapes", words.ROUND_TRIP)
