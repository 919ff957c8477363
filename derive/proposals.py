"""From a configuration to a dialect's arguments: the plainest that mean the same map for every size, or why there are none.

Where a dialect cannot say a configuration it can often say another that has it inside: without crop (slice the result),
with the taps spread (zeros between them instead of a dilation), with an axis more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import lengths
from .dialects import SIZES, Dialect, dialects, net, plain_dilation, same_map
from .errors import ArgumentError
from .layouts import Weights
from .spec import Axis, ConvSpec
from .writing import spelled

AXIS = re.compile(r"\baxis ([0-9])")


@dataclass(frozen=True)
class Saying:
    """A configuration in a dialect: the arguments, or the rules that it breaks and a way around them.

    ``call`` is text that can be pasted: u, w are features and weights in the dialect's layout, C image channels.
    """

    dialect: Dialect
    spec: ConvSpec
    arguments: Mapping[str, Any] | None
    weights: Weights
    notes: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why there are no arguments: the rules that are broken, each with its numbers; empty where there are arguments."""
        return "; ".join(self.broken)

    @property
    def call(self) -> str:
        """The call, node or layer as it is written there; empty where there is none."""
        return "" if self.arguments is None else self.dialect.call(self.spec, self.arguments)

    @property
    def workaround(self) -> Workaround | None:
        """Another configuration that the dialect can say, and the steps from its result to this one's."""
        return None if self.arguments is not None else next(_workarounds(self.dialect, self.spec), None)

    def __str__(self) -> str:
        if self.arguments is None:
            return f"cannot: {self.reason}"
        return ", ".join(f"{name}={spelled(value)}" for name, value in self.arguments.items()) or "no arguments"


@dataclass(frozen=True)
class Workaround:
    """What can be said instead, and how the wanted image comes from it."""

    saying: Saying
    before: tuple[str, ...]
    """What is done to u and w first."""
    after: tuple[str, ...]
    """What is done to the image x then, in NumPy."""

    @property
    def steps(self) -> list[str]:
        """Everything in order."""
        return [*self.before, f"x = {self.saying.call}", *self.after]

    def __str__(self) -> str:
        return "; ".join(self.steps)


def say(one: Dialect, spec: ConvSpec) -> Saying:
    """How the dialect writes ``spec``, for every size; else the rules that it breaks."""
    if spec.dims in one.DIMS:
        least = [lengths.smallest_feature_length(axis) for axis in spec.axes]
        sizes = [tuple(max(m, low) for low in least) for m in SIZES]
        for number, arguments in enumerate(one.candidates(spec, sizes[0])):
            try:
                readings = [one.read(feature, spec.kernel, **_proposal(one, spec, feature, number)) for feature in sizes]
            except ArgumentError:
                continue
            if all(same_map(reading.spec, spec) for reading in readings):
                return Saying(one, spec, arguments, readings[-1].weights or one.WEIGHTS, readings[-1].notes)
    return Saying(one, spec, None, one.WEIGHTS, broken=tuple(_merged(list(one.limits(spec)), spec.dims)))


def _merged(broken: Sequence[str], dims: int) -> Iterator[str]:
    """One sentence for axes that break the same rule by the same numbers."""
    texts = [AXIS.sub("axis", text, count=1) for text in broken]
    for text in dict.fromkeys(texts):
        numbers = [match[1] for text_of, whole in zip(texts, broken, strict=True) if text_of == text and (match := AXIS.search(whole))]
        where = "axis" if not numbers else "each axis" if len(numbers) == dims > 1 else f"axis {' and '.join(numbers)}"
        yield re.sub(r"\baxis\b", where, text, count=1) if numbers else text


def propose(spec: ConvSpec) -> tuple[Saying, ...]:
    """``spec`` in every dialect."""
    return tuple(say(one, spec) for one in dialects())


def _proposal(one: Dialect, spec: ConvSpec, feature: Sequence[int], number: int) -> dict[str, Any]:
    """The same proposal at another size: arguments such as an output shape depend on it."""
    return next(arguments for index, arguments in enumerate(one.candidates(spec, feature)) if index == number)


def _workarounds(one: Dialect, spec: ConvSpec) -> Iterator[Workaround]:
    """Other configurations that the dialect can say, those with the fewest steps first."""
    for lifted in (False, True):
        for spread, whole in ((False, True), (True, False), (True, True)):
            axes, before = list(spec.axes), []
            if lifted:
                axes.append(Axis(1))
                before.append("give u and w one more axis, of length 1, and take it from x")
            if spread and set(plain_dilation(spec)) != {1}:
                axes = [Axis(axis.span, axis.stride, axis.padding, 1, axis.output_padding) for axis in axes]
                apart = ", ".join(map(str, plain_dilation(spec)))
                before.append(f"spread the taps: {apart} apart on the kernel axes of w, zeros between them")
            if whole:
                axes = [axis.uncropped for axis in axes]
            if len(axes) > 3:
                continue
            saying = say(one, ConvSpec.of(axes))
            if saying.arguments is not None:
                yield Workaround(saying, tuple(before), tuple(_cut(one, spec, lifted)) if whole else ())


def _cut(one: Dialect, spec: ConvSpec, lifted: bool) -> Iterator[str]:
    """Slicing and padding that turn the whole scatter into the image."""
    kept, added = [], []
    for axis in spec.axes:
        lo, hi = axis.padding[0], net(axis)
        kept.append(f"{max(lo, 0) or ''}:{-hi if hi > 0 else ''}")
        added.append((max(-lo, 0), max(-hi, 0)))
    if lifted:
        kept.append(":")
        added.append((0, 0))
    plain = one.WEIGHTS.axes == "k"  # vectors, without batch and channels
    front, back = ([], []) if plain else ([":"], [":"]) if one.CHANNELS_LAST else ([":", ":"], [])
    if set(kept) != {":"}:
        yield f"x = x[{', '.join([*front, *kept, *back])}]"
    if any(map(any, added)):
        yield f"x = numpy.pad(x, {spelled([*[(0, 0)] * len(front), *added, *[(0, 0)] * len(back)])})"
