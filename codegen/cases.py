"""Which sizes the checks visit: the corners that families wish for, as far as memory and time allow, and what must be refused.

A kernel of any legal name is checked within bounds that follow from its plan. A corner that is too large is visited with
fewer images, then with shorter axes, and left out where even that is too much; the smallest call is always made. What
is too much for the reference is compared at some entries only, and an input that is too large is zero but for some of
its entries: the certificate says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from math import prod
from typing import Any

from convt._derive import ConvSpec
from convt._derive.lengths import image_length, smallest_feature_length
from convt._derive.spec import Axis

from .plan import KernelPlan
from .problem import Problem

THREADS = (1, 2, 3)
MOST_ENTRIES = 1 << 21  # of all arrays of a case
MOST_MACS = 1 << 25  # of a call
MOST_COMPARED = 1 << 24  # multiply-adds of the reference, if it computes all entries
MOST_STEPS = 1 << 12  # of the reference through taps or features
VECTORS = 32  # channels that such a family may fill up to, or leave between pixels
MOST_DENSE = 1 << 28  # multiply-adds with these and with borders
MOST_SWEPT = 1 << 31  # multiply-adds of a family that sweeps over all bordered inputs, however few of them an output needs
MOST_SCRATCH = 1 << 25  # scalars that a call needs beside its arrays


@dataclass(frozen=True)
class Case:
    """Sizes of one call. ``growth``: how much larger intermediate sums may be than sums of products.

    ``some``: only some entries are compared. ``thin``: inputs of more than MOST_ENTRIES entries are zero but for some.
    """

    batch: int
    features: int
    images: int
    groups: int
    feature: tuple[int, ...]
    image: tuple[int, ...]
    growth: int = 1
    some: bool = False
    thin: bool = False

    @classmethod
    def of(cls, row: dict[str, Any]) -> Case:
        """From plain data."""
        fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
        return cls(**fields)

    def axes(self, spec: ConvSpec) -> list[tuple[Axis, int, int]]:
        """Each axis with its feature and image length."""
        return list(zip(spec.axes, self.feature, self.image, strict=True))

    def lengths(self, spec: ConvSpec) -> dict[str, tuple[int, ...]]:
        """Of u, w and x on each axis."""
        return {"u": self.feature, "w": spec.kernel, "x": self.image}

    def shapes(self, spec: ConvSpec) -> dict[str, tuple[int, ...]]:
        """Of u, w and x, channels first."""
        return {"u": (self.batch, self.features, *self.feature), "x": (self.batch, self.images, *self.image),
                "w": (self.features, self.images // self.groups, *spec.kernel)}

    def entries(self, spec: ConvSpec) -> int:
        """Of u, w and x together."""
        return sum(map(prod, self.shapes(spec).values()))

    def macs(self, spec: ConvSpec) -> int:
        """Multiply-adds at most: related triples of the axes, for each image, feature channel and image channel of its group."""
        related = prod(min(m * axis.kernel, n * partners(axis, "x", m, n)) for axis, m, n in self.axes(spec))
        return self.batch * self.features * (self.images // self.groups) * related


def partners(axis: Axis, out: str, m: int, n: int) -> int:
    """How many products of an axis one output has at most."""
    if out == "x":
        return min(m, -(-axis.kernel // axis.period))
    return min(axis.kernel, n) if out == "u" else min(m, n)


def asked(plan: KernelPlan) -> dict[str, list[dict[str, Any]]]:
    """Family -> its cases as plain data."""
    return {family.name: [asdict(case) for case in cases(plan.problem, family.corners, family.name != "plain")] for family in plan.families}


def cases(problem: Problem, corners: Sequence[dict[str, Any]], copies: bool) -> list[Case]:
    """Corners with lengths, each as near to its wish as is ``affordable``; the first is the smallest and always there."""
    found: dict[Case, None] = {}
    for number, corner in enumerate(corners):
        if problem.filter is not None:  # one filter for every channel: each channel is a group
            corner = corner | {"outputs": corner["inputs"], "groups": corner["inputs"]}
        made = next((case for case in smaller(problem, corner) if affordable(problem, case, copies)), None)
        if made is None and number == 0:
            made = next(smaller(problem, corner | {"batch": 1, "extra": 0}))
        if made is not None:
            found.setdefault(limited(problem, made))
    return list(found)


def smaller(problem: Problem, corner: dict[str, Any]) -> Iterator[Case]:
    """The case of a corner, then with one image only, then with shorter and shorter axes.

    Axes have ``extra`` features more than the least, each one more than the axis before it; the last has ``along`` if given.
    """
    spec, along = problem.spec, corner.get("along", 0)
    features, images = (corner["inputs"], corner["outputs"]) if problem.roles.source == "u" else (corner["outputs"], corner["inputs"])
    longest = max(corner["extra"], along)
    for batch, most in dict.fromkeys([(corner["batch"], longest), *((1, most) for most in range(longest, -1, -1))]):
        extra = min(corner["extra"], most)
        extras = [extra + number if extra else 0 for number in range(spec.dims)]
        if along:
            extras[-1] = min(along, most)
        feature, image = zip(*map(lengths, spec.axes, extras), strict=True)
        yield Case(batch, features, images, corner["groups"], feature, image, corner.get("growth", 1))


def lengths(axis: Axis, extra: int) -> tuple[int, int]:
    """Feature and image length: the smallest legal ones, and so many features more."""
    m = smallest_feature_length(axis) + extra
    return m, image_length(axis, m)


def affordable(problem: Problem, case: Case, copies: bool) -> bool:
    """Whether a case stays below what a call may take; ``copies``: with borders around features and whole vectors of channels."""
    spec = problem.spec
    if case.entries(spec) > MOST_ENTRIES or case.macs(spec) > MOST_MACS:
        return False
    inputs, outputs, lengths = ((case.features, case.images, case.image) if problem.roles.source == "u"
                                else (case.images, case.features, case.feature))
    pixels = case.batch * prod(axis.pixels(n) for axis, n in zip(problem.gathers, lengths, strict=True))
    bordered = case.batch * prod(axis.positions(n) for axis, n in zip(problem.gathers, lengths, strict=True))
    if copies and bordered * inputs * prod(spec.kernel) > MOST_SWEPT:
        return False
    packed = inputs * -(-outputs // case.groups // VECTORS) * VECTORS * prod(spec.kernel)
    return not copies or (max(bordered * (inputs + VECTORS), packed) <= MOST_SCRATCH and packed * pixels <= MOST_DENSE)


def limited(problem: Problem, case: Case) -> Case:
    """How much of a case is compared, and whether its inputs are thinned out."""
    spec, arrays = problem.spec, case.shapes(problem.spec)
    steps = case.groups * prod(min(axis.kernel, m) for axis, m, _ in case.axes(spec))
    thin = max(map(prod, arrays.values())) > MOST_ENTRIES
    return replace(case, thin=thin, some=thin or steps > MOST_STEPS or case.macs(spec) > MOST_COMPARED)
