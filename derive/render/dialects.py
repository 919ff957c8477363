"""Proposals, readings and comparisons of dialects, as text and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..comparison import Comparison, Difference
from ..dialects import Dialect, Reading
from ..layouts import Weights
from ..lengths import formula, image_lengths
from ..proposals import Saying
from ..readings import Question
from ..spec import ConvSpec


def saying_lines(saying: Saying) -> Iterator[str]:
    """A proposal that can be pasted, or the rules that are broken and a way around; the layout of weights; groups; what was compared."""
    one, notes = saying.dialect, list(saying.notes)
    if saying.arguments is None:
        yield f"{one.NAME}  cannot: {saying.reason}"
        way = saying.workaround
        for number, step in enumerate([] if way is None else way.steps):
            yield f"  {'instead: ' if number == 0 else '         '}{step}"
        notes += [] if way is None else way.saying.notes
    else:
        yield f"{one.NAME}  {saying.call}"
    yield f"  {_layout(one, saying.weights)}"
    yield from (f"  note: {note}" for note in dict.fromkeys(notes))


def _layout(one: Dialect, weights: Weights | None) -> str:
    return (f"weights {weights}, channels {'last' if one.CHANNELS_LAST else 'first'}; "
            f"groups: {one.GROUPS or 'none'}; compared with {one.COMPARED}")


def saying_data(saying: Saying) -> dict[str, Any]:
    """The same as a dictionary; an output shape is that for m = 4, or for the least legal m."""
    one, way = saying.dialect, saying.workaround
    return {
        "dialect": one.NAME, "operation": one.OPERATION.format(dims=saying.spec.dims),
        "arguments": None if saying.arguments is None else dict(saying.arguments), "call": saying.call, "reason": saying.reason,
        "workaround": None if way is None else list(way.steps), "weights": str(saying.weights), "channels_last": one.CHANNELS_LAST,
        "groups": None if one.GROUPS is None else str(one.GROUPS), "compared_with": one.COMPARED, "notes": list(saying.notes),
    }


def reading_lines(question: Question, reading: Reading, feature: tuple[int, ...] | None) -> Iterator[str]:
    """What arguments mean: the configuration, its lengths, the layout of weights, notes, and what was compared."""
    spec = reading.spec
    yield f"{question.name} says {spec}" + ("" if feature is None else f" for m = {_by(feature)}")
    crops = _each(spec.padding, lambda crop: f"{crop[0]} before and {crop[1]} after")
    yield f"  crop {crops}, output padding {_each(spec.output_padding, str)}"
    yield f"  length {lengths_of(spec)}" if feature is None else f"  length n = {_by(image_lengths(spec, feature))} for m = {_by(feature)}"
    if question.dialect is not None:
        yield f"  {_layout(question.dialect, reading.weights)}"
    yield from (f"  note: {note}" for note in reading.notes)
    if question.spread and question.dims == 1:
        yield "  the same on every axis; dims=2 or a kernel size of each axis for more than one"


def reading_data(question: Question, reading: Reading, feature: tuple[int, ...] | None) -> dict[str, Any]:
    """The same as a dictionary."""
    spec = reading.spec
    return {"dialect": question.name, "spec": str(spec), "kernel": list(spec.kernel), "stride": list(spec.stride),
            "padding": [list(crop) for crop in spec.padding], "dilation": list(spec.dilation), "output_padding": list(spec.output_padding),
            "feature_size": None if feature is None else list(feature),
            "length": [formula(axis) for axis in spec.axes] if feature is None else list(image_lengths(spec, feature)),
            "weights": str(reading.weights), "channels_last": question.channels_last, "notes": list(reading.notes)}


def comparison(made: Comparison) -> str:
    """Both readings and what differs, as text."""
    return "\n".join(comparison_lines(made))


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Whether the maps are the same, lengths, the smallest difference, how the one becomes the other, and arrays."""
    one, other = comparison.names
    size = "every size" if comparison.feature is None else f"m = {_by(comparison.feature)}"
    yield f"{one} and {other} are the same map for {size}" if comparison.same else f"{one} and {other} differ"
    for name, reading in zip(comparison.names, comparison.readings, strict=True):
        length = lengths_of(reading.spec) if comparison.feature is None else f"n = {_by(image_lengths(reading.spec, comparison.feature))}"
        yield f"  {name}: {length}" if name == str(reading.spec) else f"  {name}: {reading.spec}, {length}"
    if not comparison.same:
        yield f"  lengths: {'the same' if comparison.same_lengths else 'they differ'}"
        if comparison.readings[0].spec.kernel != comparison.readings[1].spec.kernel:
            yield "  kernels: of other sizes, so that no weights fit both"
    for difference in comparison.differences:
        yield f"  smallest difference{_on_axis(comparison, difference)}: {_difference(difference, comparison.names)}"
    if comparison.shift is not None and any(comparison.shift):
        places = ", ".join(f"j{_signed(delta)}" for delta in comparison.shift)
        yield f"  shift: {other}'s x[{', '.join('j' * len(comparison.shift))}] is {one}'s x[{places}] where both have one"
    sides = list(zip((comparison.one, comparison.other), comparison.readings, strict=True))
    for wanted, saying in comparison.instead:
        steps = [saying.call] if saying.arguments is not None else [] if saying.workaround is None else saying.workaround.steps
        if comparison.feature is None and steps:
            asked = [reading.weights for question, reading in sides if question.dialect is saying.dialect and question.groups == 1]
            layout = f", with weights {saying.weights}" if asked and saying.weights not in asked else ""
            yield f"  {wanted}'s map in {saying.dialect.NAME}: {'; '.join(steps)}{layout}"
    if comparison.readings[0].spec.kernel == comparison.readings[1].spec.kernel:
        yield f"  {other}'s weights from {one}'s: {comparison.weights}; features: {comparison.features}"
    for name, reading in zip(comparison.names, comparison.readings, strict=True):
        yield from (f"  note on {name}: {note}" for note in reading.notes)


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """The same as a dictionary."""
    return {
        "same": comparison.same, "same_lengths": comparison.same_lengths,
        "feature_size": None if comparison.feature is None else list(comparison.feature),
        "sides": [{"name": name, "spec": str(reading.spec), "length": [formula(axis) for axis in reading.spec.axes],
                   "notes": list(reading.notes)}
                  for name, reading in zip(comparison.names, comparison.readings, strict=True)],
        "differences": [{"axis": one.axis, "m": one.features, "n": list(one.lengths), "position": one.position,
                         "entries": [[list(pair) for pair in entry] for entry in one.entries]} for one in comparison.differences],
        "shift": None if comparison.shift is None else list(comparison.shift),
        "weights": comparison.weights, "features": comparison.features,
    }


def lengths_of(spec: ConvSpec) -> str:
    """The formula of each axis, once where they are the same."""
    return _each(spec.axes, formula)


def _difference(one: Difference, names: tuple[str, str]) -> str:
    start = f"for m = {one.features} "
    if one.position is None:
        return start + f"{names[0]} has n = {one.lengths[0]}, {names[1]} n = {one.lengths[1]}; what both have is the same"
    sums = [" + ".join(f"w[{tap}]·u[{feature}]" for tap, feature in entry) or "0" for entry in one.entries]
    sizes = f" (n = {one.lengths[0]} and {one.lengths[1]})" if one.lengths[0] != one.lengths[1] else ""
    return start + f"x[{one.position}] is {sums[0]} in {names[0]}, {sums[1]} in {names[1]}{sizes}"


def _on_axis(comparison: Comparison, difference: Difference) -> str:
    return f" on axis {difference.axis}" if comparison.one.dims > 1 else ""


def _each(values: Any, spell: Any) -> str:
    texts = [spell(value) for value in values]
    return texts[0] if len(set(texts)) == 1 else ", ".join(f"{text} on axis {number}" for number, text in enumerate(texts))


def _by(sizes: tuple[int, ...]) -> str:
    return " × ".join(map(str, sizes))


def _signed(number: int) -> str:
    return "" if number == 0 else f" {'+' if number > 0 else '−'} {abs(number)}"
