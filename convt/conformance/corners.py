"""Generated cases: the corners of the definition on each axis, all axes alike and axes that differ, channels of every kind."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from convt._derive.lengths import image_length
from convt._derive.spec import Axis, ConvSpec

from .case import Case, possible

CORNERS = {  # what a case visits: axes (k, s, (p_lo, p_hi), d, op), and the feature length m
    "no stride": ((3, 1, (0, 0), 1, 0), (3, 1, (1, 1), 1, 0), (2, 1, (1, 0), 1, 0)),
    "stride": ((4, 2, (1, 1), 1, 0), (3, 2, (0, 0), 1, 0), (3, 2, (1, 1), 1, 1)),
    "output padding": ((3, 3, (0, 0), 1, 2), (2, 2, (0, 0), 1, 1), (5, 3, (2, 2), 1, 2)),
    "op ≥ s": ((3, 2, (0, 0), 1, 2), (2, 1, (0, 0), 1, 1), (3, 2, (1, 1), 1, 3)),
    "k < s": ((2, 3, (0, 0), 1, 0), (1, 2, (0, 0), 1, 1), (2, 4, (0, 1), 1, 2)),
    "gcd(s, d) > 1": ((3, 2, (1, 1), 2, 0), (3, 4, (1, 2), 2, 1), (2, 3, (0, 0), 3, 0)),
    "asymmetric crop": ((4, 2, (0, 1), 1, 0), (3, 1, (2, 0), 1, 0), (5, 2, (0, 3), 1, 1), (3, 2, (3, 1), 2, 1)),
    "negative crop": ((3, 2, (-1, -1), 1, 0), (3, 2, (-1, 2), 1, 0), (2, 3, (-2, -1), 1, 1)),
    "dilation": ((3, 1, (1, 1), 2, 0), (3, 2, (1, 1), 3, 1), (2, 3, (0, 1), 2, 0)),
    "empty phases": ((2, 4, (1, 1), 2, 0), (3, 2, (0, 1), 4, 1), (1, 3, (0, 0), 1, 2)),
    "features cut off": ((2, 3, (4, 4), 1, 0), (3, 2, (4, 0), 1, 0), (2, 2, (0, 3), 2, 1)),
    "one tap": ((1, 1, (0, 0), 1, 0), (1, 1, (1, 0), 1, 0)),
}
CHANNELS = (  # features, images, groups, batch, bias
    (2, 3, 1, 1, False), (2, 2, 1, 1, True), (4, 6, 2, 1, False), (2, 4, 2, 2, False), (3, 3, 3, 1, True), (1, 1, 1, 1, False),
    (3, 2, 1, 2, True), (4, 2, 2, 1, True), (3, 3, 1, 1, False), (4, 8, 2, 1, True),
    (6, 4, 2, 1, False), (4, 4, 2, 1, False), (2, 2, 1, 1, False))
SIZES = {1: (4, 5, 3, 1), 2: (3, 4, 2, 1), 3: (3, 2, 4, 1)}  # feature lengths of cases with so many axes


def corners(dims: int, map_name: str = "conv_transpose") -> list[Case]:
    """Each corner on all axes alike, and beside other corners on the other axes; twice with other channels in 1-D."""
    axes = [(name, Axis(*row)) for name, rows in CORNERS.items() for row in rows]
    chosen = []
    for number, (name, axis) in enumerate(axes):
        mixed = [axis, *(axes[(number + step) % len(axes)][1] for step in (7, 18))][:dims]
        for turn, some in enumerate(([axis] * dims, mixed)):
            channels = CHANNELS[(2 * number + 5 * turn) % len(CHANNELS)]
            sizes = SIZES[dims][0:1] * dims if turn == 0 else tuple(SIZES[dims][(number + place) % 4] for place in range(dims))
            chosen.append(case(some, sizes, channels, map_name, f"{name}, axes differ" if turn and dims > 1 else name))
    return possible(chosen)


def case(axes: list[Axis], features: tuple[int, ...], channels: tuple[int, int, int, int, bool], map_name: str, source: str) -> Case:
    """The case with feature lengths m, or larger ones where the output would be empty; the other maps take the image that these give."""
    sizes = tuple(next(m for m in range(least, least + 64) if image_length(axis, m) > 0)
                  for axis, least in zip(axes, features, strict=True))
    one = Case(ConvSpec.of(axes), sizes, *channels, source=source)
    if map_name == "conv_transpose":
        return one
    images = tuple(image_length(axis, m) for axis, m in zip(axes, sizes, strict=True))
    plain = ConvSpec.of([replace(axis, output_padding=0) for axis in axes])
    return replace(one, spec=plain, size=images, map=map_name, bias=one.bias and map_name == "conv")


def drawn(dims: int, map_name: str, seed: int) -> Iterator[Case]:
    """Random cases without end: what tells conventions apart that the corners do not."""
    rng = random.Random(seed)
    while True:
        axes = []
        for _ in range(dims):
            stride = rng.randint(1, 3)
            axes.append(Axis(rng.randint(1, 4), stride, (rng.randint(0, 3), rng.randint(0, 3)), rng.randint(1, 3), rng.randrange(stride)))
        if rng.random() < 0.3:  # parameters that look symmetric
            axes = [replace(axis, padding=axis.padding[:1] * 2) for axis in axes[:1] * dims]
        sizes = tuple(rng.randint(2, 4) for _ in range(dims))
        yield from possible([case(axes, sizes, rng.choice(CHANNELS), map_name, "drawn")])
