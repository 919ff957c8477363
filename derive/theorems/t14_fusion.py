"""Theorem 14: nearest-neighbour upsampling followed by a convolution is one transposed convolution.

"Resize, then convolve" is the usual cure for checkerboards; this shows which transposed convolution it is, borders
under zero padding included, so that a kernel can skip the enlarged intermediate image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from ..claims import Identity, SameSum, Sum
from ..expression import Transpose
from ..form import Indices, TrilinearForm, bounded, entry, feature_range, m, symbols
from ..logic import All, Between, Equal, Formula
from ..objects import At, Length, Map
from ..operators import Slide, Spread, Up, Word
from ..sizes import too_long
from ..spec import Axis, ConvSpec
from ..statement import Variable
from ..sums import channels, f, letters, same, tensor
from ..theorem import Fact, LeftOut, Line, Step, Theorem, by_axis, compose, said

P_lo, P_hi = symbols("P_lo P_hi")
TAPS = 4096  # of a fused kernel, and sums of it, that are written out


def theorem(spec: ConvSpec) -> Theorem:
    """Repeat ×s, then correlate = one transposed convolution."""
    return compose(14, "fusion", "all sizes", "repeat ×s, then a k-tap convolution, is one transposed convolution with "
                   "k + s − 1 taps (d = 1), borders included", lines(spec))


def fused(axis: Axis, pads: tuple[Any, Any] | None = None) -> Axis:
    """The one layer for zero padding ``pads`` of the correlation (default: this axis' own padding)."""
    reach = axis.dilation * (axis.kernel - 1)
    before, after = axis.padding if pads is None else pads
    return Axis(reach + axis.stride, axis.stride, (reach - before, reach - after))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All axes together, and each: the strides are the repetition, k and d belong to the correlation."""
    own = list(by_axis(spec.axes, lambda axis: axis_lines(spec, axis)))
    yield Step("for any zero padding P_lo before: copy r of feature i stands at v = s·i + r of the repeated signal, and output j reads "
               "it with tap a′ of q where v = j + d·a′ − P_lo; that is tap a = r + d(k−1−a′) of the fused kernel (1…1)*flip(↑q), crop "
               "d(k−1) − P_lo: both sums have the same terms, each once", one_layer(spec, any_padding=True))
    yield Step("with the layer's own zero padding", said(own))
    yield from own


def axis_lines(spec: ConvSpec, axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    reach = axis.dilation * (axis.kernel - 1)
    layer = Fact("repeat ×{repeat}, then k = {kernel}, d = {dilation} with zero padding {padding} = the layer {layer}",
                 {"repeat": axis.stride, "kernel": axis.kernel, "dilation": axis.dilation, "padding": axis.padding, "layer": fused(axis)},
                 lambda repeat, kernel, dilation, padding, layer: own_layer(spec, axis, Axis(kernel, repeat, padding, dilation), layer))
    yield layer
    yield Step("its length is s·m + P_lo + P_hi − d(k−1)", layer.claims[1])
    whole = axis.stride * m + P_lo + P_hi - reach
    one = fused(axis, (P_lo, P_hi))
    yield Step("the lengths agree for any padding, with the crops d(k−1) − P_lo and d(k−1) − P_hi and no output padding",
               Identity((Length(one),), (whole,)))
    if not axis.chosen:
        return
    count = max(fused(axis).kernel, axis.kernel * axis.stride)
    yield LeftOut("the fused kernel", count, TAPS) if count > TAPS else Step(
        "tap a of the fused kernel is the sum of the q[a′] with 0 ≤ a − d(k−1−a′) < s", fused_taps(axis))
    feature = (-(-reach // axis.stride) + 1,)
    plain = axis.uncropped
    missing = LeftOut("the fused matrix", count, TAPS) if count > TAPS else too_long(
        "the fused matrix", ConvSpec.of([fused(plain)]), feature)
    yield missing or Step("multiplied out, the matrices are equal", at_a_size(plain, feature), "this size")


def own_layer(spec: ConvSpec, axis: Axis, recipe: Axis, layer: Axis) -> tuple[SameSum, Identity]:
    """The same with one layer in numbers on one axis, and its length."""
    return (one_layer(spec, {axis: (recipe, layer)}),
            Identity((Length(layer),), (axis.stride * m + sum(recipe.padding) - axis.dilation * (axis.kernel - 1),)))


def one_layer(spec: ConvSpec, layers: Mapping[Axis, tuple[Axis, Axis]] | None = None, any_padding: bool = False) -> SameSum:
    """Repeat and correlate with q, by a recipe's stride, padding and dilation = the layer with the taps Σ q[a′] over a = r + d(k−1−a′)."""
    variables, conditions = channels(f)
    twice, once, twice_inside, once_inside = list[Variable](), list[Variable](), list[Formula](), list[Formula]()
    there, back, others = dict[Any, Any]({f: f}), dict[Any, Any]({f: f}), list[Variable]()
    products = list[tuple[Any, Any]]()
    for axis, at in letters(spec):
        recipe, layer = (layers or {}).get(axis, (axis, fused(axis)))
        before = at.letter("P_lo") if any_padding else recipe.padding[0]
        if any_padding:
            recipe, layer = axis, fused(axis, (before, before))
            others.append(Variable(before, -1, 2))
        r, copied, v, tap, links, at_once = terms(recipe, layer, at, before)
        own = (Variable(at.i, 0, at.m - 1), Variable(r, 0, recipe.stride - 1), Variable(copied, 0, recipe.kernel - 1))
        inside = (feature_range(at), Between(0, r, recipe.stride - 1), Between(0, copied, recipe.kernel - 1))
        twice += [*own, Variable(at.letter("v"), v, v)]
        once += [*own, Variable(at.a, tap, tap)]
        twice_inside += [*inside, *links]
        once_inside += [*inside, *at_once]
        kept = {at.i: at.i, r: r, copied: copied}
        there, back = there | kept | {at.a: tap}, back | kept | {at.letter("v"): v}
        products += [*bounded(recipe, at)[:2], (recipe.dilation, copied), (recipe.dilation, recipe.kernel - 1 - copied)]
    summand = tensor(spec, "u") * tensor(spec, "w", "q").xreplace({at.a: at.letter("a'") for _, at in letters(spec)})
    return same(spec, Sum(summand, (*variables, *twice), All(*conditions, *twice_inside)),
                Sum(summand, (*variables, *once), All(*conditions, *once_inside)), there, back, (), (), others, products)


def terms(recipe: Axis, layer: Axis, at: Indices, before: Any) -> tuple[Any, Any, Any, Any, tuple[Formula, ...], tuple[Formula, ...]]:
    """r, a′, the terms of v and of a, and what links and bounds these two along one axis."""
    r, copied, v = at.letter("r"), at.letter("a'"), at.letter("v")
    position, tap = recipe.stride * at.i + r, r + recipe.dilation * (recipe.kernel - 1 - copied)
    links = (Equal(v, position), Between(0, v, recipe.stride * at.m - 1), Equal(v, at.j + recipe.dilation * copied - before))
    at_once = (Equal(at.a, tap), Between(0, at.a, layer.kernel - 1),
               Equal(at.j, layer.stride * at.i + layer.dilation * at.a - layer.padding[0]))
    return r, copied, position, tap, links, at_once


def kernel(axis: Axis) -> list[sympy.Expr]:
    """(1…1) * flip(↑_d q), true convolution: the weights of the fused layer."""
    reach = axis.dilation * (axis.kernel - 1)
    taps: list[list[Any]] = [[] for _ in range(reach + axis.stride)]
    for number in range(axis.kernel):
        for copy in range(axis.stride):
            taps[copy + reach - axis.dilation * number].append(entry("q", (number,)))
    return [sympy.Add(*terms) for terms in taps]


def fused_taps(axis: Axis) -> Identity:
    """The kernel, tap by tap, is the sum over the window of s positions of the flipped, spread q that it covers."""
    k, s, d = axis.kernel, axis.stride, axis.dilation
    windows = [range(max(0, -((s - 1 - tap) // d)), min(k - 1, tap // d) + 1) for tap in range(d * (k - 1) + s)]
    return Identity(tuple(kernel(axis)), tuple(sympy.Add(*[entry("q", (k - 1 - place,)) for place in window]) for window in windows))


def at_a_size(axis: Axis, feature: tuple[int, ...]) -> Identity:
    """Repeat (zeros between, then s ones), then correlate, against the fused layer."""
    taps = tuple(entry("q", (number,)) for number in range(axis.kernel))
    repeat = (Spread((1,) * axis.stride), Up(axis.stride))
    one = TrilinearForm.at(ConvSpec.of([fused(axis)]), feature)
    return Identity((At(Word((Slide(taps, axis.dilation), *repeat)), feature[0]),), (Transpose(Map(one, tuple(kernel(axis)))),))
