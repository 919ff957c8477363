"""Whether two ways of writing a transposed convolution are the same map: lengths, values, and the smallest difference.

For every length, two configurations are the same map just when k, s, d (of more than one tap), p_lo and p_hi − op agree
on every axis: enough features make every product of a tap and a feature visible, and its place gives the numbers. For
one length the entries are compared one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import lengths
from .dialects import Reading, net, same_map
from .errors import ArgumentError
from .layouts import conversion
from .proposals import Saying, say
from .readings import Question
from .shown import show
from .spec import Axis, ConvSpec

MOST = 1 << 22  # products of a position and a tap that are looked at
Entry = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Difference:
    """The smallest one on an axis: m features, and a length or what stands at a position j of the image.

    ``entries`` holds, for both, pairs (tap a, feature i): x[j] is the sum of w[a]·u[i].
    """

    axis: int
    features: int
    lengths: tuple[int, int]
    position: int | None = None
    entries: tuple[Entry, Entry] = ((), ())


@dataclass(frozen=True)
class Comparison:
    """Two questions, what they mean, and where they differ first. ``feature``: the one size compared; None for every size."""

    one: Question
    other: Question
    readings: tuple[Reading, Reading]
    feature: tuple[int, ...] | None
    same: bool
    differences: tuple[Difference, ...]

    def __repr__(self) -> str:
        return f"<Comparison: {self.names[0]} and {self.names[1]} {'are the same map' if self.same else 'differ'}>"

    def __str__(self) -> str:
        return str(show(self, "text"))

    @property
    def same_lengths(self) -> bool:
        """Whether the images are equally long."""
        one, other = (reading.spec for reading in self.readings)
        if self.feature is not None:
            return lengths.image_lengths(one, self.feature) == lengths.image_lengths(other, self.feature)
        return len(one.axes) == len(other.axes) and all(
            a.stride == b.stride and lengths.image_length(a, 1) == lengths.image_length(b, 1) for a, b in zip(one, other, strict=True))

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called."""
        one, other = self.one.name, self.other.name
        return (one, other) if one != other else (f"the first {one}", f"the second {other}")

    @property
    def shift(self) -> tuple[int, ...] | None:
        """δ with other[j] = one[j + δ] on each axis, where only the crops differ."""
        one, other = (reading.spec for reading in self.readings)
        if self.same or [_taps(axis) for axis in one.axes] != [_taps(axis) for axis in other.axes]:
            return None
        return tuple(b.padding[0] - a.padding[0] for a, b in zip(one.axes, other.axes, strict=True))

    @property
    def weights(self) -> str:
        """NumPy that turns the first one's weights w into the second one's."""
        one, other = (reading.weights or question.weights
                      for reading, question in zip(self.readings, (self.one, self.other), strict=True))
        return conversion(one, other, self.one.dims)

    @property
    def features(self) -> str:
        """NumPy that turns the first one's features u into the second one's."""
        if self.one.channels_last == self.other.channels_last:
            return "u"
        return "numpy.moveaxis(u, 1, -1)" if self.other.channels_last else "numpy.moveaxis(u, -1, 1)"

    @property
    def instead(self) -> tuple[tuple[str, Saying], ...]:
        """How each dialect says the other one's map: whose map, and the proposal."""
        if self.same:
            return ()
        rows = ((self.one.dialect, self.names[1], self.readings[1]), (self.other.dialect, self.names[0], self.readings[0]))
        return tuple((name, say(dialect, reading.spec)) for dialect, name, reading in rows if dialect is not None)


def compare(one: Question, other: Question, feature: Sequence[int] | None = None) -> Comparison:
    """Compare for every size, or for these feature lengths. ``ArgumentError`` where one of the two is refused."""
    if one.dims != other.dims:
        one, other = _same_dims(one, other)
    size = None if feature is None else tuple(feature)
    readings = tuple(question.always() if size is None else question.at(size) for question in (one, other))
    specs = readings[0].spec, readings[1].spec
    if size is None:
        same = same_map(*specs)
        differences = () if same else tuple(_smallest(*specs))
    else:
        differences = tuple(_at(*specs, size))
        same = not differences and specs[0].kernel == specs[1].kernel
    return Comparison(one, other, (readings[0], readings[1]), size, same, differences)


def _same_dims(one: Question, other: Question) -> tuple[Question, Question]:
    """A kernel that is one number for all axes takes as many axes as the other has."""
    for question, wanted in ((one, other.dims), (other, one.dims)):
        if question.spread and question.dialect is not None and wanted in question.dialect.DIMS:
            wider = question.with_dims(wanted)
            return (wider, other) if question is one else (one, wider)
    raise ArgumentError("dims", (one.dims, other.dims), f"{one.name} has {one.dims} spatial axes and {other.name} {other.dims}")


def _taps(axis: Axis) -> tuple[int, int, int]:
    return axis.kernel, axis.stride, axis.dilation if axis.kernel > 1 else 1


def _smallest(one: ConvSpec, other: ConvSpec) -> Iterator[Difference]:
    """For each axis that differs, the fewest features that show it."""
    for number, (a, b) in enumerate(zip(one.axes, other.axes, strict=True)):
        if _taps(a) == _taps(b) and (a.padding[0], net(a)) == (b.padding[0], net(b)):
            continue
        m = max(lengths.smallest_feature_length(a), lengths.smallest_feature_length(b))
        left = MOST
        while (left := left - _work(a, b, m)) > 0:
            found = _first(number, a, b, m)
            if found is not None:
                yield found
                break
            m += 1


def _work(a: Axis, b: Axis, m: int) -> int:
    """Products of a position and a tap."""
    return max(lengths.image_length(a, m), lengths.image_length(b, m)) * max(a.kernel, b.kernel)


def _at(one: ConvSpec, other: ConvSpec, feature: Sequence[int]) -> Iterator[Difference]:
    """The axes on which the images differ at one size."""
    rows = [(number, a, b, m) for number, (a, b, m) in enumerate(zip(one.axes, other.axes, feature, strict=True))]
    for _, a, b, m in rows:
        if _work(a, b, m) > MOST:
            raise ArgumentError("feature size", m, f"positions times taps of an axis are {_work(a, b, m)}, and at most {MOST} are compared")
    found = [difference for row in rows if (difference := _first(*row)) is not None]
    zero = _is_zero(one, feature) and _is_zero(other, feature)  # then only the lengths can differ
    yield from (difference for difference in found if not zero or difference.lengths[0] != difference.lengths[1])


def _is_zero(spec: ConvSpec, feature: Sequence[int]) -> bool:
    """Whether no image position has a tap: on some axis every one of them is empty."""
    return any(not any(_entries(axis, m, j) for j in range(lengths.image_length(axis, m)))
               for axis, m in zip(spec.axes, feature, strict=True))


def _first(number: int, a: Axis, b: Axis, m: int) -> Difference | None:
    """The first position where two axes differ at m features: another entry, or (if all are the same) another length."""
    sizes = lengths.image_length(a, m), lengths.image_length(b, m)
    for j in range(min(sizes)):
        entries = _entries(a, m, j), _entries(b, m, j)
        if entries[0] != entries[1]:
            return Difference(number, m, sizes, j, entries)
    return None if sizes[0] == sizes[1] else Difference(number, m, sizes)


def _entries(axis: Axis, m: int, j: int) -> Entry:
    """The products (tap, feature) at image position j: j + p_lo = s·i + d·a."""
    place = j + axis.padding[0]
    return tuple((tap, (place - axis.dilation * tap) // axis.stride) for tap in range(axis.kernel)
                 if 0 <= place - axis.dilation * tap < axis.stride * m and (place - axis.dilation * tap) % axis.stride == 0)
