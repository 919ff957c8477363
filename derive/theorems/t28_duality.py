"""Theorem 28: with stride 1 a convolution is a transposed one, kernel flipped, channels swapped, crop d(k−1) − p; and back.

So kernels, fast algorithms and gradients of the one serve the other; and "deconvolution" without a stride is a convolution.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..claims import Identity, SameSum, Sum
from ..form import compared, image_range, n, symbols
from ..logic import All, Between, Equal, Formula
from ..objects import Length
from ..spec import Axis, ConvSpec
from ..statement import Variable
from ..sums import Output, letters, same
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

P_lo, P_hi = symbols("P_lo P_hi")


def theorem(spec: ConvSpec) -> Theorem:
    """Duality of unit strides."""
    unit = ConvSpec.of([Axis(axis.kernel, 1, axis.padding, axis.dilation) for axis in spec.axes])
    return compose(28, "unit strides", "all sizes", "without a stride conv is a transposed convolution, with the kernel flipped, the "
                   "channels swapped and the crop d(k−1) − p", (*lines(unit), *by_axis(unit.axes, axis_lines)))


def dual(axis: Axis) -> Axis:
    """The geometry of the other direction; that of the other's is this one again."""
    reach = axis.dilation * (axis.kernel - 1)
    return Axis(axis.kernel, 1, (reach - axis.padding[0], reach - axis.padding[1]), axis.dilation)


def lines(unit: ConvSpec) -> Iterator[Step]:
    """All axes together; any crop."""
    yield Step("output i of conv reads position j = i + d·a − P_lo with tap a; of the transposed one, with features x and tap "
               "a′ = k − 1 − a, i = j + d·a′ − (d(k−1) − P_lo): the same terms, in every image, group and channel", flipped(unit))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    reach = axis.dilation * (axis.kernel - 1)
    other = Fact("conv with k = {kernel}, d = {dilation}, p = {padding} is the transposed layer {layer}",
                 {"kernel": axis.kernel, "dilation": axis.dilation, "padding": axis.padding, "layer": dual(axis)},
                 lambda kernel, dilation, padding, layer: (
                     flipped(ConvSpec.of([Axis(kernel, 1, padding, dilation)]), layer),
                     Identity((Length(layer, n),), (n + sum(padding) - dilation * (kernel - 1),))))
    yield other
    yield Step("with the layer's own padding", other.claims[0])
    yield Step("its length is n + p_lo + p_hi − d(k−1)", other.claims[1])
    one = Axis(axis.kernel, 1, (reach - P_lo, reach - P_hi), axis.dilation)
    yield Step("for any padding", Identity((Length(one, n),), (n + P_lo + P_hi - reach,)))


def flipped(unit: ConvSpec, layer: Axis | None = None) -> SameSum:
    """Σ w[a]·x[j] over j = i + d·a − P_lo is Σ w[k−1−a′]·x[j] over i = j + d·a′ − crop; P_lo is any, or that of the axis with ``layer``."""
    entry = Output(unit, "u").written
    variables, conditions = list[Variable](), list[Formula](entry.condition.args)
    right_variables, right = list[Variable](), list[Formula]()
    kept = {variable.symbol: variable.symbol for variable in entry.variables}
    there: dict[Any, Any] = dict(kept)
    others, axes, within = list[Variable](), letters(unit), list[tuple[Any, Any]]()
    spatial = {one for _, at in axes for one in (at.a, at.j)}
    variables = list(entry.variables)
    left = [node for node in conditions if not node.free_symbols & spatial]
    right = list(left)
    for axis, at in axes:
        turned, crop, before = at.letter("a'"), dual(axis).padding[0], axis.padding[0]
        if layer is not None:
            crop = layer.padding[0]
        else:
            others.append(Variable(at.letter("P_lo"), -1, 2))
            before = at.letter("P_lo")
            crop = axis.dilation * (axis.kernel - 1) - before
        gap, taps = (axis.dilation, axis.kernel) if layer is None else (layer.dilation, layer.kernel)
        left += [Between(0, at.a, axis.kernel - 1), image_range(at), Equal(at.j, at.i + axis.dilation * at.a - before)]
        right += [Between(0, at.a, axis.kernel - 1), image_range(at), Between(0, turned, taps - 1), Equal(at.a, axis.kernel - 1 - turned),
                  Equal(at.i, (1 if layer is None else layer.stride) * at.j + gap * turned - crop)]
        right_variables.append(Variable(turned, axis.kernel - 1 - at.a, axis.kernel - 1 - at.a))
        there[turned] = axis.kernel - 1 - at.a
        within += compared(axis.dilation, at.a, axis.kernel - 1 - turned, 0)
    return same(unit, Sum(entry.summand, tuple(variables), All(*left)), Sum(entry.summand, (*variables, *right_variables), All(*right)),
                there, kept, (), (), others, within)
