"""Theorem 11: the three derivatives of T, why the gradients of each map are again among the three, and the bias.

Training needs the gradient of each map by each input, and the gradients of those: all of them are T with one slot
left open, so the set of three maps is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import sympy

from ..claims import SameSum, Sum
from ..form import MAPS, feature_range, image_range
from ..logic import All
from ..pairing import Pairing, one_sum
from ..spec import ConvSpec
from ..statement import Variable
from ..sums import SLOTS, Nested, b, c, channels, f, group, letters, same, tensor
from ..theorem import Fact, Line, Step, Theorem, compose

GIVES = {letter: name for name, letter in MAPS.items()}


def theorem(spec: ConvSpec) -> Theorem:
    """Gradients and gradients of gradients."""
    return compose(11, "gradients", "all sizes", "the gradients of each of the three maps are the other two, with the same weights",
                   lines(spec))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All lines."""
    by_weight = Fact("{left} = {right}", {"left": Pairing(spec, "w"), "right": Pairing(spec, "x")},
                     lambda left, right: (one_sum(left, right),))
    yield by_weight
    yield Step("collecting T by the weight instead of the feature runs over the same triples, each once: ∂T/∂w is the third map",
               by_weight.claims[0])
    for filled in SLOTS:
        for other in SLOTS:
            if other != filled:
                left, right = sorted((Pairing(spec, slot, incoming=filled) for slot in (filled, other)), key=lambda side: side.slot == "x")
                yield Step(f"the gradient of ⟨y, {GIVES[filled]}⟩ by {other}: y takes the place of {filled} in T, and {other} is paired "
                           f"with {GIVES[other]} of the two others", one_sum(left, right))
    biased: tuple[Literal["u", "x"], ...] = ("x", "u")
    for slot in biased:
        yield Step(f"a bias of {GIVES[slot]} adds β to every position of its channel, in every image; its gradient, what β is paired with, "
                   "is the sum of y over images and positions", bias(spec, slot))


def bias(spec: ConvSpec, slot: Literal["u", "x"]) -> SameSum:
    """⟨y, β at every place⟩ = Σ over channels of β·(Σ y over images and positions)."""
    channel = c if slot == "x" else f
    incoming = tensor(spec, slot, "y")
    beta = sympy.IndexedBase("β")[group, channel]
    places = [(at.j, image_range(at), at.n) if slot == "x" else (at.i, feature_range(at), at.m) for _, at in letters(spec)]
    of_image, in_image = channels(b)
    of_channels, in_channels = channels(group, channel)
    positions, inside = tuple(Variable(place, 0, size - 1) for place, _, size in places), [one for _, one, _ in places]
    together = Sum(incoming * beta, (*of_image, *of_channels, *positions), All(*in_image, *in_channels, *inside))
    apart = Nested((Sum(beta, of_channels, All(*in_channels)), Sum(incoming, (*of_image, *positions), All(*in_image, *inside))))
    kept = {variable.symbol: variable.symbol for variable in together.variables}
    return same(spec, together, apart, kept, kept)
