"""Every crop and output padding that turn feature lengths m into wanted image lengths n, and which of them each dialect says.

Theorem 3 has the answers: with D = s(m−1) + span − n a total crop of D + op, for each op below the stride that leaves it
at least 0. Where it is cut is free. p_hi and op act only as p_hi − op (theorem 1), so answers with one p_lo are one map.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from .dialects import dialects
from .errors import ArgumentError
from .lengths import crop_for, missing
from .proposals import Saying, say
from .spec import LARGEST, LONGEST, Axis, ConvSpec, per_axis, spec_of

TRIED = 16  # answers that a dialect is asked for, the plainest first


@dataclass(frozen=True)
class Answers:
    """What one axis may be: for each legal output padding, the total crop; ``excess`` is D."""

    axis: Axis
    excess: int

    @property
    def rows(self) -> range:
        """The legal output paddings."""
        return range(max(0, -self.excess), self.axis.stride)

    def total(self, op: int) -> int:
        """The total crop with this output padding: D + op."""
        return self.excess + op

    @property
    def count(self) -> int:
        """How many (p_lo, p_hi, op) there are."""
        return sum(self.total(op) + 1 for op in self.rows)

    @property
    def maps(self) -> int:
        """How many different maps they are: one for each p_lo."""
        return self.total(self.axis.stride - 1) + 1

    def all(self) -> Iterator[Axis]:
        """Every answer, by output padding and then by p_lo."""
        for op in self.rows:
            for low in range(self.total(op) + 1):
                yield replace(self.axis, padding=(low, self.total(op) - low), output_padding=op)

    def plainest(self) -> Iterator[Axis]:
        """One answer a map: halves with the smaller one first, equal ones, the larger one first, then further and further apart."""
        half = max(self.excess, 0) // 2
        places = sorted(range(max(0, half - TRIED), min(self.maps, half + TRIED)), key=lambda low: (abs(2 * low - self.excess), low))
        for low in dict.fromkeys((half, *places)):
            op = max(0, -self.excess, low - self.excess)
            yield replace(self.axis, padding=(low, self.total(op) - low), output_padding=op)


@dataclass(frozen=True)
class Solution:
    """All answers of a kernel, stride and dilation for feature lengths m and image lengths n."""

    spec: ConvSpec
    feature: tuple[int, ...]
    image: tuple[int, ...]
    axes: tuple[Answers, ...]

    @property
    def canonical(self) -> ConvSpec:
        """The least output padding, and the total crop in halves, the smaller one first: TensorFlow's SAME where n = s·m."""
        return self._answer(False)

    @property
    def symmetric(self) -> ConvSpec | None:
        """Equal crops with the least output padding; None where stride 1 and an odd total forbid them."""
        try:
            return self._answer(True)
        except ArgumentError:
            return None

    def _answer(self, equal: bool) -> ConvSpec:
        found = [crop_for(axis, m, n, equal) for axis, m, n in zip(self.spec.axes, self.feature, self.image, strict=True)]
        return ConvSpec.of([replace(axis, padding=crop, output_padding=op) for axis, (crop, op) in zip(self.spec.axes, found, strict=True)])

    @cached_property
    def choices(self) -> tuple[Saying, ...]:
        """For each dialect the plainest answer that it can say, as it is written there; without arguments where it can say none."""
        ranked = [list(answers.plainest()) for answers in self.axes]
        tried = [ConvSpec.of([one[min(rank, len(one) - 1)] for one in ranked]) for rank in range(min(TRIED, max(map(len, ranked))))]
        if self.symmetric is not None:
            tried.insert(1, self.symmetric)
        made = []
        for one in dialects():
            sayings = (say(one, spec) for spec in tried)
            made.append(next((saying for saying in sayings if saying.arguments is not None), say(one, tried[0])))
        return tuple(made)


def solve(spec: ConvSpec | str, feature: int | Sequence[int], image: int | Sequence[int]) -> Solution:
    """Which crops and output paddings give image lengths n (``image``) from feature lengths m (``feature``)?

    ``spec``: kernel, stride and dilation, as a ``ConvSpec`` or a name without p and op. ``feature``, ``image``: an int, or one an
    axis. The answer's ``canonical`` and ``symmetric`` are configurations, ``axes`` has all, ``choices`` each dialect's.

        found = convt.solve("2d_k3s2", 7, 14)
        found.canonical, found.symmetric          # ConvSpec.parse('2d_k3s2p0:1'), ConvSpec.parse('2d_k3s2p1op1')

    Raises ``ArgumentError`` where no crop ≥ 0 and output padding below the stride give n, with the nearest length that some give.
    """
    spec = spec_of(spec)
    if any(axis.padding != (0, 0) or axis.output_padding for axis in spec.axes):
        plain = spec.uncropped
        raise ArgumentError("spec", str(spec), "has a crop or an output padding, which are what is solved for", str(plain))
    m, n = (per_axis(name, value, spec.dims, 1, LONGEST) for name, value in (("feature", feature), ("image", image)))
    rows = []
    for number, (axis, long, wanted) in enumerate(zip(spec.axes, m, n, strict=True)):
        crop, _ = crop_for(axis, long, wanted, argument=f"image[{number}]")
        if max(crop) > LARGEST:
            raise ArgumentError(f"image[{number}]", wanted, f"needs a total crop of {sum(crop)}, and {LARGEST} at one end are the most")
        rows.append(Answers(axis, missing(axis.kernel, axis.stride, axis.dilation, long, wanted)))
    return Solution(spec, m, n, tuple(rows))
