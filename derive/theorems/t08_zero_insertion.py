"""Theorem 8: gather by zero insertion is Aᵀ.

Insert s−1 zeros between features, pad by d(k−1) − p_lo before and d(k−1) − p_hi + op after (crop where negative),
flip the kernel, and convolve with unit stride. Source: Dumoulin & Visin (2016), section 4, extended.
"""

from __future__ import annotations

from collections.abc import Iterator

from .. import lengths
from ..claims import ForAll, Identity
from ..form import a, feature_range, i, image_range, j, m, relation, size_variables, symbols, tap_range
from ..logic import All, Between, Equal, Exists, Iff
from ..objects import Length
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

T, b, flipped = symbols("T b a'")


def theorem(spec: ConvSpec) -> Theorem:
    """Gather by zero insertion = Aᵀ."""
    return compose(8, "zero insertion", "all sizes",
                   "a unit-stride convolution of the zero-filled input with the flipped kernel computes Aᵀu",
                   by_axis(spec.axes, axis_lines))


def pads_of(axis: Axis) -> tuple[int, int]:
    """Padding (before, after) of the equivalent direct convolution; negative means crop."""
    reach = axis.dilation * (axis.kernel - 1)
    return reach - axis.padding[0], reach - axis.padding[1] + axis.output_padding


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    before, after = pads_of(axis)
    gather = Fact("insert {insert}, pad {before} before and {after} after, flip",
                  {"insert": axis.stride - 1, "before": before, "after": after},
                  lambda insert, before, after: (ForAll(chain(axis, insert, before, after)), unit_length(axis, insert, before, after)))
    yield gather
    yield Step("output j reads padded position b = j + d·a′ with the flipped tap a′ = k−1−a; b holds the inserted "
               "position T = b − before, and T = s·i holds a feature: together that is the index relation",
               gather.claims[0])
    yield Step("its length is n", gather.claims[1])


def unit_length(axis: Axis, insert: int, before: int, after: int) -> Identity:
    """Windows of unit stride that fit into the padded signal: n."""
    padded = (insert + 1) * (m - 1) + 1 + before + after
    return Identity((lengths.windows(padded, axis.kernel, 1, axis.dilation, 0, 0),), (Length(axis),))


def chain(axis: Axis, insert: int | None = None, before: int | None = None, after: int | None = None) -> Statement:
    """i is a feature and related ⇔ ∃ a′, b, T: insert, pad, flip, convolve lead from i to j by way of a; b is in the buffer."""
    if insert is None or before is None or after is None:
        insert, (before, after) = axis.stride - 1, pads_of(axis)
    inserted = (insert + 1) * (m - 1) + 1
    links = All(
        Equal(flipped, axis.kernel - 1 - a),
        Equal(b, j + axis.dilation * flipped),
        Equal(T, b - before), Between(0, T, inserted - 1),
        Equal(T, (insert + 1) * i),
    )
    read = j + axis.dilation * (axis.kernel - 1 - a)
    exists = Exists((flipped, b, T), links, (axis.kernel - 1 - a, read, read - before))
    sizes, facts = size_variables(axis)
    place = axis.stride * i + axis.dilation * a - axis.padding[0]
    variables = (*sizes, Variable(i, -1, m), Variable(a, 0, axis.kernel - 1), Variable(j, place - 1, place + 1))
    given = (facts[2], tap_range(axis), image_range())
    claim = All(Iff(All(feature_range(), relation(axis)), exists), Between(0, read, inserted + before + after - 1))
    return Statement(variables, given, claim)
