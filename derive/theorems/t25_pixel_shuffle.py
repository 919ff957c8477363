"""Theorem 25: a convolution to s times the channels and a pixel shuffle are one transposed convolution, and the other way round.

Sub-pixel convolution (W. Shi et al., 2016) is advertised beside transposed convolution; they are one map, with the weights in
another order, so that either's kernels, initialisation and analysis serve the other. ``convt.fuse`` and ``convt.unfuse`` reorder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from ..claims import Identity, SameSum, Sum
from ..form import compared, feature_range, m, symbols
from ..logic import All, Between, Equal, Formula
from ..objects import Length
from ..spec import Axis, ConvSpec
from ..statement import Variable
from ..sums import b, c, channels, f, group, letters, same
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose, said

P_lo, P_hi = symbols("P_lo P_hi")


def theorem(spec: ConvSpec) -> Theorem:
    """Convolve, then shuffle ×s = one transposed convolution."""
    return compose(25, "pixel shuffle", "all sizes", "a convolution to s times the channels, then a pixel shuffle, is one transposed "
                   "convolution with s·span taps (d = 1), borders included, and any such layer is one", lines(spec))


def shuffled(axis: Axis, pads: tuple[Any, Any] | None = None) -> Axis:
    """The one layer, for zero padding ``pads`` of the convolution (default: this axis' own padding); its stride is the shuffle's."""
    reach = axis.dilation * (axis.kernel - 1)
    before, after = axis.padding if pads is None else pads
    return Axis(axis.stride * (reach + 1), axis.stride, (axis.stride * (reach - before), axis.stride * (reach - after)))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All axes together, and each: the strides are the shuffle's, k and d belong to the convolution, which has none."""
    own = list(by_axis(spec.axes, lambda axis: axis_lines(spec, axis)))
    yield Step("for any zero padding P_lo before: output j = s·v + r is channel r of c at position v of the convolution, which reads "
               "feature i = v + d·a′ − P_lo with tap a′ of q; that is tap a = r + s·d(k−1−a′) of the one layer, crop s(d(k−1) − P_lo): "
               "both sums have the same terms, each once, in every image, group and channel", one_layer(spec, any_padding=True))
    yield Step("with the layer's own zero padding", said(own))
    plain = ConvSpec.of([Axis(axis.kernel, axis.stride, (0, 0)) for axis in spec.axes])
    yield Step("and back: the s·k taps of a layer with stride s and d = 1 are the a = r + s(k−1−a′), each once: every transposed "
               "convolution, filled up with zero taps to a multiple of s, is such a pair", back(plain))
    yield from own


def axis_lines(spec: ConvSpec, axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    reach = axis.dilation * (axis.kernel - 1)
    layer = Fact("convolve with k = {kernel}, d = {dilation} and zero padding {padding}, then shuffle ×{factor} = the layer {layer}",
                 {"kernel": axis.kernel, "dilation": axis.dilation, "padding": axis.padding, "factor": axis.stride,
                  "layer": shuffled(axis)},
                 lambda kernel, dilation, padding, factor, layer: (
                     one_layer(spec, {axis: (Axis(kernel, factor, padding, dilation), layer)}),
                     Identity((Length(layer),), (factor * (m + sum(padding) - dilation * (kernel - 1)),))))
    yield layer
    yield Step("its length is s times that of the convolution, m + P_lo + P_hi − d(k−1)", layer.claims[1])
    any_crop = axis.stride * (reach - P_lo), axis.stride * (reach - P_hi)
    one = Axis(axis.stride * (reach + 1), axis.stride, any_crop)
    yield Step("for any padding, with the crops s(d(k−1) − P_lo) and s(d(k−1) − P_hi) and no output padding",
               Identity((Length(one),), (sympy.expand(axis.stride * (m + P_lo + P_hi - reach)),)))


def one_layer(spec: ConvSpec, layers: Mapping[Axis, tuple[Axis, Axis]] | None = None, any_padding: bool = False) -> SameSum:
    """Convolve with q by a recipe's padding and dilation, shuffle by its stride = the layer with tap r + s·d(k−1−a′) for q[r, a′]."""
    variables, conditions = channels(f)
    twice, once, links, at_once = list[Variable](), list[Variable](), list[Formula](), list[Formula]()
    there, back_again, others = dict[Any, Any]({f: f}), dict[Any, Any]({f: f}), list[Variable]()
    subs, taps, within = list[Any](), list[Any](), list[tuple[Any, Any]]()
    for axis, at in letters(spec):
        recipe, layer = (layers or {}).get(axis, (axis, shuffled(axis)))
        before = at.letter("P_lo") if any_padding else recipe.padding[0]
        if any_padding:
            layer = shuffled(axis, (before, before))
            others.append(Variable(before, -1, 2))
        r, copied, v = (at.letter(name) for name in ("r", "a'", "v"))
        place, tap = at.i - recipe.dilation * copied + before, r + recipe.stride * recipe.dilation * (recipe.kernel - 1 - copied)
        own = (Variable(at.i, 0, at.m - 1), Variable(r, 0, recipe.stride - 1), Variable(copied, 0, recipe.kernel - 1))
        inside = (feature_range(at), Between(0, r, recipe.stride - 1), Between(0, copied, recipe.kernel - 1))
        twice += [*own, Variable(v, place, place)]
        once += [*own, Variable(at.a, tap, tap)]
        links += [*inside, Equal(at.j, recipe.stride * v + r), Equal(at.i, v + recipe.dilation * copied - before)]
        at_once += [*inside, Equal(at.a, tap), Between(0, at.a, layer.kernel - 1),
                    Equal(at.j, layer.stride * at.i + layer.dilation * at.a - layer.padding[0])]
        kept = {at.i: at.i, r: r, copied: copied}
        there, back_again = there | kept | {at.a: tap}, back_again | kept | {v: place}
        gap, stride = recipe.dilation, recipe.stride
        within += [pair for count in (copied, recipe.kernel - 1 - copied) for pair in ((gap, count), (stride, gap * count))]
        within += compared(stride, at.i, v + gap * copied - before, 0)
        subs.append(r)
        taps.append(copied)
    summand = _signal(spec) * sympy.IndexedBase("q")[(group, f, c, *subs, *taps)]
    return same(spec, Sum(summand, (*variables, *twice), All(*conditions, *links)),
                Sum(summand, (*variables, *once), All(*conditions, *at_once)), there, back_again, (), (), others, within)


def back(plain: ConvSpec) -> SameSum:
    """Σ over the taps 0 ≤ a < s·k is Σ over r and a′ with a = r + s(k−1−a′), for j = s·Q + r′: of w[a], whatever reaches j."""
    axes, (variables, conditions) = letters(plain), channels(f)
    left, right, inside, pairs = list[Variable](), list[Variable](), list[Formula](), list[Formula]()
    there, again, others, given = dict[Any, Any]({f: f}), dict[Any, Any]({f: f}), list[Variable](), list[Formula]()
    within = list[tuple[Any, Any]]()
    for axis, at in axes:
        s, k, Q, rest = axis.stride, axis.kernel, at.letter("Q"), at.letter("r'")
        r, copied = at.letter("r"), at.letter("a'")
        tap, reached = r + s * (k - 1 - copied), Equal(at.j, s * at.i + at.a)
        left += [Variable(at.i, 0, at.m - 1), Variable(at.a, 0, s * k - 1)]
        right += [Variable(at.i, 0, at.m - 1), Variable(r, 0, s - 1), Variable(copied, 0, k - 1), Variable(at.a, tap, tap)]
        inside += [feature_range(at), Between(0, at.a, s * k - 1), reached]
        pairs += [feature_range(at), Between(0, r, s - 1), Between(0, copied, k - 1), Equal(at.a, tap), reached]
        given += [Equal(at.j, s * Q + rest), Between(0, rest, s - 1)]
        others += [Variable(Q, 0, 3), Variable(rest, 0, s - 1)]
        within += [(s, i) for i in (at.i - Q - 1, Q - at.i - k, copied, k - 1 - copied)]
        within += compared(s, at.i + k - 1 - copied, Q, 0, 1)
        there |= {at.i: at.i, at.a: at.a, r: rest, copied: k - 1 - Q + at.i}
        again |= {at.i: at.i, at.a: at.a}
    summand = _signal(plain) * sympy.IndexedBase("w")[(group, f, c, *[at.a for _, at in axes])]
    return same(plain, Sum(summand, (*variables, *left), All(*conditions, *inside)),
                Sum(summand, (*variables, *right), All(*conditions, *pairs)), there, again, given, (), others, within)


def _signal(spec: ConvSpec) -> Any:
    return sympy.IndexedBase("u")[(b, group, f, *[at.i for _, at in letters(spec)])]
