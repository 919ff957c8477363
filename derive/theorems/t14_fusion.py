"""Theorem 14: nearest-neighbour upsampling followed by a convolution is one transposed convolution.

"Resize, then convolve" is the usual cure for checkerboards; this shows which transposed convolution it is, borders
under zero padding included, so that a kernel can skip the enlarged intermediate image.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from .. import lengths
from ..claims import ForAll, Identity
from ..form import a, entry, feature_range, i, j, m, symbols
from ..logic import All, Between, Equal, Exists, Iff
from ..matrix import ConvMatrix
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorem import Step, Theorem, by_axis
from .t05_adjoint import TERMS

t, b, v, P_lo, P_hi = symbols("t b v P_lo P_hi")


def theorem(spec: ConvSpec) -> Theorem:
    """Repeat ×s, then correlate = one transposed convolution."""
    sizes = dict.fromkeys(f"k = {fused(axis).kernel}, s = {axis.stride}, p = {fused(axis).padding[0]}" for axis in spec.axes)
    return Theorem(14, "fusion", "all sizes", "repeat ×s, then a k-tap convolution, is one transposed convolution with "
                   "k + s − 1 taps (d = 1), borders included", by_axis(spec, axis_steps), "the fused layer: " + "; ".join(sizes))


def fused(axis: Axis, pads: tuple[int, int] | None = None) -> Axis:
    """The one layer for zero padding ``pads`` of the correlation (default: this axis' own padding)."""
    reach = axis.dilation * (axis.kernel - 1)
    before, after = axis.padding if pads is None else pads
    return Axis(reach + axis.stride, axis.stride, (reach - before, reach - after))


def axis_steps(axis: Axis) -> Iterator[Step]:
    """The steps for one axis: stride s is the repetition, k and d belong to the correlation, any zero padding P."""
    reach = axis.dilation * (axis.kernel - 1)
    yield Step("copy t of feature i stands at v = s·i + t of the repeated signal, and output j reads it with tap b where "
               "v = j + d·b − P_lo; that is tap a = t + d(k−1−b) of the fused kernel (1…1)*flip(↑q), crop d(k−1) − P_lo",
               ForAll(quadruples(axis)))
    whole = axis.stride * m + P_lo + P_hi - reach
    one = lengths.transposed_length(m, reach + axis.stride, axis.stride, 1, reach - P_lo, reach - P_hi, 0)
    yield Step("the lengths agree, with crop d(k−1) − P on each side and no output padding",
               Identity((one,), (whole,), shown=("n", "s·m + P_lo + P_hi − d(k−1)")))
    feature = -(-reach // axis.stride) + 1
    if (reach + axis.stride) * feature <= TERMS:
        yield Step("multiplied out, the matrices are equal", at_a_size(axis, feature), "this size")


def quadruples(axis: Axis) -> Statement:
    """(i, t, b, j) by way of v ⇔ (i, t, b, j) by way of the fused tap a; v and a lie where they should."""
    reach = axis.dilation * (axis.kernel - 1)
    position = axis.stride * i + t
    repeated = Exists((v,), All(Equal(v, position), Equal(v, j + axis.dilation * b - P_lo)), (position,))
    tap = t + reach - axis.dilation * b
    together = Exists((a,), All(Equal(a, tap), Equal(j, axis.stride * i + a - (reach - P_lo))), (tap,))
    claim = All(Iff(repeated, together), Between(0, position, axis.stride * m - 1), Between(0, tap, reach + axis.stride - 1))
    given = (feature_range(), Between(0, t, axis.stride - 1), Between(0, b, axis.kernel - 1))
    place = axis.stride * i + t - axis.dilation * b + P_lo
    variables = (Variable(m, 1, 3), Variable(P_lo, -1, 2), Variable(i, 0, m - 1), Variable(t, 0, axis.stride - 1),
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


def at_a_size(axis: Axis, feature: int) -> Identity:
    """Repeat, then correlate without padding, against the fused matrix."""
    repeat = ConvMatrix.at(ConvSpec.of([Axis(axis.stride, axis.stride)]), (feature,))
    ones = {entry("w", (copy,)): 1 for copy in range(axis.stride)}
    correlate = ConvMatrix.at(ConvSpec.of([Axis(axis.kernel, 1, (0, 0), axis.dilation)]),
                              (axis.stride * feature - axis.dilation * (axis.kernel - 1),), (axis.stride * feature,))
    taps = {entry("w", (number,)): entry("q", (number,)) for number in range(axis.kernel)}
    both = correlate.symbolic.xreplace(taps) * repeat.symbolic.xreplace(ones).T
    one = ConvMatrix.at(ConvSpec.of([fused(axis, (0, 0))]), (feature,))
    folded = {entry("w", (number,)): value for number, value in enumerate(kernel(axis))}
    return Identity(tuple(both), tuple(one.symbolic.T.xreplace(folded)), f"m = {feature}",
                    ("(q*) repeat", "Aᵀ with the fused kernel"))
