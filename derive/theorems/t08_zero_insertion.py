"""Theorem 8: gather by zero insertion is Aᵀ.

Insert s−1 zeros between features, pad by d(k−1) − p_lo before and d(k−1) − p_hi + op after (crop where negative),
flip the kernel, and convolve with unit stride. Source: Dumoulin & Visin (2016), section 4, extended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .. import lengths
from ..claims import Identity, SameSum
from ..form import Indices, compared, image_range, m, size_variables
from ..logic import Between, Equal
from ..objects import Length
from ..spec import Axis, ConvSpec
from ..sums import Way, by_way, letters
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose, said

Recipe = tuple[int, int, int]  # zeros between features, zeros before and after (negative: cut)


def theorem(spec: ConvSpec) -> Theorem:
    """Gather by zero insertion = Aᵀ."""
    return compose(8, "zero insertion", "all sizes",
                   "a unit-stride convolution of the zero-filled input with the flipped kernel computes Aᵀu", lines(spec))


def pads_of(axis: Axis) -> tuple[int, int]:
    """Padding (before, after) of the equivalent direct convolution; negative means crop."""
    reach = axis.dilation * (axis.kernel - 1)
    return reach - axis.padding[0], reach - axis.padding[1] + axis.output_padding


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All lines."""
    own = list(by_axis(spec.axes, lambda axis: axis_lines(spec, axis)))
    yield Step("output j reads padded position v = j + d·a′ with the flipped tap a′ = k−1−a; v holds position τ of the "
               "zero-filled signal, behind what is padded, and τ = s·i holds a feature, on every axis: summed over all these, each once, "
               "it is the sum over the index relation", said(own))
    yield from own


def axis_lines(spec: ConvSpec, axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    before, after = pads_of(axis)
    gather = Fact("insert {insert}, pad {before} before and {after} after, flip",
                  {"insert": axis.stride - 1, "before": before, "after": after},
                  lambda insert, before, after: (gathered(spec, {axis: (insert, before, after)}), unit_length(axis, insert, before, after)))
    yield gather
    yield Step("its length is n", gather.claims[1])


def unit_length(axis: Axis, insert: int, before: int, after: int) -> Identity:
    """Windows of unit stride that fit into the padded signal: n."""
    padded = (insert + 1) * (m - 1) + 1 + before + after
    return Identity((lengths.windows(padded, axis.kernel, 1, axis.dilation, 0, 0),), (Length(axis),))


def gathered(spec: ConvSpec, recipes: Mapping[Axis, Recipe] | None = None) -> SameSum:
    """An output is the sum over the flipped taps of what the padded signal holds where they read."""
    axes = letters(spec)
    ways = [chain(axis, at, (recipes or {}).get(axis, (axis.stride - 1, *pads_of(axis)))) for axis, at in axes]
    given = [fact for axis, at in axes for fact in (image_range(at), size_variables(axis, at)[1][2])]
    flips = [pair for axis, at in axes for pair in compared(axis.dilation, at.letter("a'"), axis.kernel - 1 - at.a, 0)]
    return by_way(spec, "x", ways, given, flips)


def chain(axis: Axis, at: Indices, recipe: Recipe) -> Way:
    """a′, v and τ: insert, pad, flip, convolve lead from i to j by way of a; v is in the padded signal and τ in the zero-filled one."""
    insert, before, after = recipe
    flipped, v, tau = (at.letter(name) for name in ("a'", "v", "τ"))
    inserted = (insert + 1) * (at.m - 1) + 1
    read = at.j + axis.dilation * (axis.kernel - 1 - at.a)
    links = (Equal(flipped, axis.kernel - 1 - at.a), Equal(v, at.j + axis.dilation * flipped), Between(0, v, inserted + before + after - 1),
             Equal(tau, v - before), Between(0, tau, inserted - 1), Equal(tau, (insert + 1) * at.i))
    return Way(((flipped, axis.kernel - 1 - at.a), (v, read), (tau, read - before)), links)
