"""Theorem 14: nearest-neighbour upsampling followed by a convolution is one transposed convolution.

"Resize, then convolve" is the usual cure for checkerboards; this shows which transposed convolution it is, borders
under zero padding included, so that a kernel can skip the enlarged intermediate image.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy

from .. import lengths
from ..claims import ForAll, Identity
from ..expression import Transpose
from ..form import TrilinearForm, a, entry, feature_range, i, j, m, symbols
from ..logic import All, Between, Equal, Exists, Iff
from ..objects import At, Length, Map
from ..operators import Slide, Spread, Up, Word
from ..sizes import TERMS, too_long
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Fact, LeftOut, Line, Step, Theorem, by_axis, compose

t, b, v, P_lo, P_hi = symbols("t b v P_lo P_hi")


def theorem(spec: ConvSpec) -> Theorem:
    """Repeat ×s, then correlate = one transposed convolution."""
    return compose(14, "fusion", "all sizes", "repeat ×s, then a k-tap convolution, is one transposed convolution with "
                   "k + s − 1 taps (d = 1), borders included", by_axis(spec.axes, axis_lines))


def fused(axis: Axis, pads: tuple[Any, Any] | None = None) -> Axis:
    """The one layer for zero padding ``pads`` of the correlation (default: this axis' own padding)."""
    reach = axis.dilation * (axis.kernel - 1)
    before, after = axis.padding if pads is None else pads
    return Axis(reach + axis.stride, axis.stride, (reach - before, reach - after))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis: stride s is the repetition, k and d belong to the correlation, any zero padding P."""
    reach = axis.dilation * (axis.kernel - 1)
    yield Step("copy t of feature i stands at v = s·i + t of the repeated signal, and output j reads it with tap b where "
               "v = j + d·b − P_lo; that is tap a = t + d(k−1−b) of the fused kernel (1…1)*flip(↑q), crop d(k−1) − P_lo",
               ForAll(quadruples(axis)))
    layer = Fact("repeat ×{repeat}, then k = {kernel}, d = {dilation} with zero padding {padding} = the layer {layer}",
                 {"repeat": axis.stride, "kernel": axis.kernel, "dilation": axis.dilation, "padding": axis.padding, "layer": fused(axis)},
                 lambda repeat, kernel, dilation, padding, layer: own_layer(Axis(kernel, repeat, padding, dilation), layer))
    yield layer
    yield Step("with the zero padding of this configuration", layer.claims[0])
    yield Step("and its length is s·m + P_lo + P_hi − d(k−1)", layer.claims[1])
    whole = axis.stride * m + P_lo + P_hi - reach
    one = lengths.transposed_length(m, reach + axis.stride, axis.stride, 1, reach - P_lo, reach - P_hi, 0)
    yield Step("the lengths agree, with crop d(k−1) − P on each side and no output padding",
               Identity((one,), (whole,)))
    feature = (-(-reach // axis.stride) + 1,)
    plain = Axis(axis.kernel, axis.stride, (0, 0), axis.dilation)
    whole_layer = fused(plain)
    missing = LeftOut("the fused matrix", whole_layer.kernel, TERMS) if whole_layer.kernel > TERMS else too_long(
        "the fused matrix", ConvSpec.of([whole_layer]), feature)
    yield missing or Step("multiplied out, the matrices are equal", at_a_size(plain, feature), "this size")


def own_layer(axis: Axis, layer: Axis) -> tuple[ForAll, Identity]:
    """The same for the padding of an axis and one layer in numbers."""
    return (ForAll(quadruples(axis, axis.padding, layer)),
            Identity((Length(layer),), (axis.stride * m + sum(axis.padding) - axis.dilation * (axis.kernel - 1),)))


def quadruples(axis: Axis, pads: tuple[Any, Any] = (P_lo, P_hi), layer: Axis | None = None) -> Statement:
    """(i, t, b, j) by way of v ⇔ (i, t, b, j) by way of the fused tap a; v and a lie where they should."""
    layer = fused(axis, pads) if layer is None else layer
    reach = axis.dilation * (axis.kernel - 1)
    position = axis.stride * i + t
    repeated = Exists((v,), All(Equal(v, position), Equal(v, j + axis.dilation * b - pads[0])), (position,))
    tap = t + reach - axis.dilation * b
    together = Exists((a,), All(Equal(a, tap), Equal(j, layer.stride * i + layer.dilation * a - layer.padding[0])), (tap,))
    claim = All(Iff(repeated, together), Between(0, position, axis.stride * m - 1), Between(0, tap, layer.kernel - 1))
    given = (feature_range(), Between(0, t, axis.stride - 1), Between(0, b, axis.kernel - 1))
    place = axis.stride * i + t - axis.dilation * b + pads[0]
    any_pad = (Variable(P_lo, -1, 2),) if pads[0] == P_lo else ()
    variables = (Variable(m, 1, 3), *any_pad, Variable(i, 0, m - 1), Variable(t, 0, axis.stride - 1),
                 Variable(b, 0, axis.kernel - 1), Variable(j, place - 1, place + 1))
    return Statement(variables, given, claim)


def kernel(axis: Axis) -> list[sympy.Expr]:
    """(1…1) * flip(↑_d q), true convolution: the weights of the fused layer."""
    reach = axis.dilation * (axis.kernel - 1)
    taps = [sympy.Integer(0)] * (reach + axis.stride)
    for number in range(axis.kernel):
        for copy in range(axis.stride):
            taps[copy + reach - axis.dilation * number] += entry("q", (number,))
    return taps


def at_a_size(axis: Axis, feature: tuple[int, ...]) -> Identity:
    """Repeat (zeros between, then s ones), then correlate, against the fused layer."""
    taps = tuple(entry("q", (number,)) for number in range(axis.kernel))
    repeat = (Spread((1,) * axis.stride), Up(axis.stride))
    one = TrilinearForm.at(ConvSpec.of([fused(axis)]), feature)
    return Identity((At(Word((Slide(taps, axis.dilation), *repeat)), feature[0]),), (Transpose(Map(one, tuple(kernel(axis)))),))
