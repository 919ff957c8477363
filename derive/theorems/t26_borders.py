"""Theorem 26: periodic, reflected and replicated borders are an extension before the convolution, and its adjoint after the transpose.

Zero padding is a crop; every other border copies positions of the image beyond its ends. The transpose then adds what falls
there back to where it was copied from, so that ⟨u, conv(x)⟩ = ⟨conv_transpose(u), x⟩ still holds. ``border=`` computes this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..claims import ForAll, SameSum, Sum
from ..form import feature_range, n, symbols, tap_range
from ..logic import All, Between, Either, Equal, Formula, Iff, Le, Lt
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import CHANNELS, channels, letters, same, tensor
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

v, low, high = symbols("v P_lo P_hi")


@dataclass(frozen=True)
class Border:
    """A way to continue an image: the position that stands at v < 0, and at v ≥ n; and how far it reaches."""

    name: str
    before: Callable[[Any, Any], Any]
    behind: Callable[[Any, Any], Any]
    short: int | None
    """It reaches n − short positions; None: as far as one likes."""


BORDERS = (Border("periodic", lambda v, n: v + n, lambda v, n: v - n, 0),
           Border("reflect", lambda v, n: -v, lambda v, n: 2 * (n - 1) - v, 1),
           Border("replicate", lambda v, n: 0 * v, lambda v, n: n - 1, None))


def theorem(spec: ConvSpec) -> Theorem:
    """Borders."""
    return compose(26, "borders", "all sizes", "other borders than zeros: an extension before the convolution, and its adjoint after the "
                   "transpose; and how long the image must be", (*by_axis(spec.axes, axis_lines), *lines(spec)))


def lines(spec: ConvSpec) -> Iterator[Step]:
    """All axes together, each border; any crop."""
    for border in BORDERS:
        yield Step(f"{border.name}: conv reads position v = s·i + d·a − P_lo of the extended image, which is position j of the image; its "
                   "transpose paints J = s·i + d·a of the canvas without a crop and adds it to that j: the same terms, in every channel, "
                   "group and image", folded(spec, border))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis."""
    if axis.chosen:
        yield from ends(axis)
    for border in BORDERS[:2]:  # a replicated border reaches as far as one likes
        reach = f"n − {border.short}" if border.short else "n"
        yield Step(f"{border.name}: each position from −P_lo to −1 is one of the image, for P_lo ≤ {reach}", ForAll(inside(border, True)))
        yield Step(f"{border.name}: and each from n to n − 1 + P_hi, for P_hi ≤ {reach}", ForAll(inside(border, False)))


def ends(axis: Axis) -> Iterator[Line]:
    """How long an image has to be for the crop of this axis, in numbers."""
    most = max(*axis.padding, 0)
    least = Fact("periodic needs n ≥ {periodic}, reflect n ≥ {reflect}", {"periodic": max(most, 1), "reflect": most + 1},
                 lambda periodic, reflect: (ForAll(long_enough(axis, BORDERS[0], periodic)),
                                            ForAll(long_enough(axis, BORDERS[1], reflect))))
    yield least
    for border, claim in zip(BORDERS, least.claims, strict=False):
        yield Step(f"{border.name}: the outermost positions of this crop lie in the image exactly where n is so long", claim)


def inside(border: Border, before: bool) -> Statement:
    """−P_lo ≤ v < 0 (or n ≤ v < n + P_hi) and the image long enough ⇒ what stands there is one of its positions; reflect repeats no end."""
    short = border.short or 0
    if before:
        return Statement((Variable(n, 1, 3), Variable(low, 0, 3), Variable(v, -3, 3)), (Le(low, n - short), Le(-low, v), Lt(v, 0)),
                         Between(short, border.before(v, n), n - 1))
    return Statement((Variable(n, 1, 3), Variable(high, 0, 3), Variable(v, -1, 6)), (Le(high, n - short), Le(n, v), Lt(v, n + high)),
                     Between(0, border.behind(v, n), n - 1 - short))


def long_enough(axis: Axis, border: Border, least: int) -> Statement:
    """The outermost positions −p_lo and n − 1 + p_hi of this crop, where it has them, are positions of the image ⇔ n ≥ least."""
    crops = [max(crop, 0) for crop in axis.padding]
    first, last = border.before(-crops[0], n), border.behind(n - 1 + crops[1], n)
    within = (Le(0, first), Le(last, n - 1)) if border.short == 0 else (Le(first, n - 1), Le(0, last))
    ends = [one for one, crop in zip(within, crops, strict=True) if crop] or [Le(1, n)]
    return Statement((Variable(n, 1, 9),), (), Iff(All(*ends), Le(least, n)))


def continued(border: Border, position: Any, place: Any, length: Any) -> Formula:
    """Position ``place`` of the image stands at ``position`` of the extended one."""
    ends = Equal(place, border.before(position, length)), Equal(place, border.behind(position, length))
    if border.short is None:  # elsewhere 0 ≤ j < n says which it is
        ends = All(Lt(position, 0), ends[0]), All(Le(length, position), ends[1])
    return All(Between(0, place, length - 1), Either(Equal(place, position), *ends))


def folded(spec: ConvSpec, border: Border) -> SameSum:
    """Σ u·w·x over (i, a, v, j) with v = s·i + d·a − P_lo read from j = Σ over (i, a, J, j) with J = s·i + d·a painted and added to j."""
    variables, conditions = channels(*CHANNELS)
    reads, paints, read, painted = list[Variable](), list[Variable](), list[Formula](), list[Formula]()
    there, back, others = dict[Any, Any](), dict[Any, Any](), list[Variable]()
    for axis, at in letters(spec):
        place, canvas, before, behind = (at.letter(name) for name in ("v", "J", "P_lo", "P_hi"))
        position = axis.stride * at.i + axis.dilation * at.a
        own = (Variable(at.i, 0, at.m - 1), Variable(at.a, 0, axis.kernel - 1), Variable(at.j, 0, at.n - 1))
        within = (feature_range(at), tap_range(axis, at))
        reads += [*own, Variable(place, position - before, position - before)]
        paints += [*own, Variable(canvas, position, position)]
        read += [*within, Equal(place, position - before), Le(place, at.n - 1 + behind),
                 continued(border, place, at.j, at.n)]
        painted += [*within, Equal(canvas, position), Le(canvas, at.n + before + behind - 1),
                    continued(border, canvas - before, at.j, at.n)]
        kept = {variable.symbol: variable.symbol for variable in own}
        there, back = there | kept | {canvas: place + before}, back | kept | {place: canvas - before}
        others += [Variable(before, 0, 1), Variable(behind, 0, 1)]
    term = tensor(spec, "u") * tensor(spec, "w") * tensor(spec, "x")
    kept = {one: one for one in CHANNELS}
    return same(spec, Sum(term, (*variables, *reads), All(*conditions, *read)),
                Sum(term, (*variables, *paints), All(*conditions, *painted)), kept | there, kept | back, (), (), others)
