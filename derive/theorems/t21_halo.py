"""Theorem 21: the input window (halo) of any output tile, and which outputs a window of inputs completes.

Large arrays are computed tile by tile and on several cores; these are the exact windows, so tiles can be computed
apart and joined: ``derive/halo.py`` computes slices from the formulas that are stated here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..claims import ForAll, Identity, SameSum, Sum
from ..form import a, bounded, compared, feature_range, i, j, m, relation, symbols, tap_range
from ..halo import features_read, images_read
from ..logic import All, Between, Either, Equal, Exists, Floor, Formula, Iff, Le, Lt, Maximum
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..sums import Output, letters, same
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose

N, N2, first, stop, p_lo, lo, hi, Q, best, L, M = symbols("N N' I I' p_lo lo hi Q a' L M")


def theorem(spec: ConvSpec) -> Theorem:
    """Halo."""
    return compose(21, "halo", "all sizes",
                   "which features an output tile reads, exactly, and which outputs a block of features completes",
                   (*lines(spec), *by_axis(spec.axes, axis_lines)))


def lines(spec: ConvSpec) -> Iterator[Step]:
    """All axes together; any crop, size and tile."""
    yield Step("an output in N ≤ j < N′ on every axis is its sum over the features of ⌈(N + p_lo − d(k−1))/s⌉ … ⌊(N′ − 1 + p_lo)/s⌋ "
               "alone: a tile can be computed from that slice of the features", from_slice(spec))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis; the steps serve every crop, size and tile."""
    if axis.chosen:
        yield from window_lines(axis)
    yield Step("the window of a tile of L outputs has at most ⌈(L + d(k−1))/s⌉ features", ForAll(widest(axis)))
    yield Step("and as many where s divides N + p_lo − d(k−1)", ForAll(attained(axis)))
    at_least = "tiles of at least d outputs" if not axis.chosen else "every tile" if axis.dilation == 1 or axis.kernel == 1 else \
        f"tiles of at least d = {axis.dilation} outputs"
    yield Step(f"for {at_least} outputs N ≤ j < N′ read every feature of that window: a′ = max(0, ⌈(N + p_lo − s·i)/d⌉) is such a tap",
               ForAll(all_needed(axis)))
    yield Step("conversely features I ≤ i < I′ alone complete s(I−1) + d(k−1) + 1 − p_lo ≤ j < s·I′ − p_lo, open-ended where the "
               "block ends with the features", ForAll(completed(axis)))
    yield Step("conv's outputs I ≤ i < I′ read no image position outside s·I − p_lo … s(I′−1) + d(k−1) − p_lo",
               ForAll(read_by_conv(axis)))
    yield Step("counted from feature I and image position s·I on, (i, a, j) are related as before: slices take the same kernel",
               ForAll(moved(axis)))


def window_lines(axis: Axis) -> Iterator[Line]:
    """The widest window of tiles that are worth a core, in numbers."""
    reach = axis.dilation * (axis.kernel - 1)
    window = Fact("the window of {tile} outputs has at most {features} features",
                  {"tile": 16 * axis.stride, "features": -(-(16 * axis.stride + reach) // axis.stride)},
                  lambda tile, features: (ForAll(widest(axis)), Identity((-(-(tile + reach) // axis.stride),), (features,))))
    yield window
    yield Step("in numbers", window.claims[1])


def widest(axis: Axis) -> Statement:
    """N′ = N + L ⇒ the window has no more than M features."""
    variables = (Variable(p_lo, -1, 2), Variable(N, -1, 4), Variable(L, 0, 5), Variable(N2, 0, 9))
    return Statement(variables, (Equal(N2, N + L),), Le(hi - lo + 1, M), (*_window(axis), _most(axis)),
                     ((axis.stride, hi - lo - M),))


def attained(axis: Axis) -> Statement:
    """Where the tile begins so that s divides N + p_lo − d(k−1), the window has as many."""
    variables = (Variable(p_lo, -1, 2), Variable(Q, 0, 2), Variable(L, 0, 5), Variable(N, 0, 9), Variable(N2, 0, 9))
    begins = Equal(N + p_lo - axis.dilation * (axis.kernel - 1), axis.stride * Q)
    ends = (axis.stride, hi - Q - M), (axis.stride, Q + M - 2 - hi)
    return Statement(variables, (begins, Equal(N2, N + L)), Equal(hi - lo + 1, M), (*_window(axis), _most(axis)),
                     (*compared(axis.stride, lo, Q, 1), *ends))


def _most(axis: Axis) -> Formula:
    """M = ⌈(L + d(k−1))/s⌉."""
    return Floor(M, L + axis.dilation * (axis.kernel - 1) + axis.stride - 1, axis.stride)


def _window(axis: Axis) -> tuple[Formula, Formula]:
    low, high = features_read(N, N2, axis.kernel, axis.stride, axis.dilation, p_lo)
    return Floor(lo, low, axis.stride), Floor(hi, high, axis.stride)


def _position(axis: Axis, tap: Any = a) -> Any:
    return axis.stride * i + axis.dilation * tap - p_lo


def _related(axis: Axis) -> Formula:
    return Equal(j, _position(axis))


def from_slice(spec: ConvSpec) -> SameSum:
    """Σ u·w over the related (i, a) = the same over lo ≤ i ≤ hi, for outputs of the tile."""
    output, axes = Output(spec, "x"), letters(spec)
    given, define, inside, others, moved_crop = list[Formula](), list[Formula](), list[Formula](), list[Variable](), dict[Any, Any]()
    within = list[tuple[Any, Any]]()
    for axis, at in axes:
        start, stop, first_, last_, crop = (at.letter(name) for name in ("N", "N'", "lo", "hi", "p_lo"))
        low, high = features_read(start, stop, axis.kernel, axis.stride, axis.dilation, crop)
        define += [Floor(first_, low, axis.stride), Floor(last_, high, axis.stride)]
        given += [Le(start, at.j), Lt(at.j, stop)]
        inside.append(Between(first_, at.i, last_))
        others += [Variable(crop, -1, 2), Variable(start, -1, 3), Variable(stop, start + 1, start + 3)]
        within += [(axis.stride, first_ - at.i - 1), (axis.stride, at.i - last_ - 1), *bounded(axis, at)[2:]]
        moved_crop[relation(axis, at)] = Equal(at.j, axis.stride * at.i + axis.dilation * at.a - crop)
    whole = output.written
    related = All(*[moved_crop.get(node, node) for node in whole.condition.args])
    kept = {variable.symbol: variable.symbol for variable in whole.variables}
    of_all, of_slice = (Sum(whole.summand, whole.variables, All(*related.args, *more)) for more in ((), inside))
    return same(spec, of_all, of_slice, kept, kept, given, define, others, within)


def all_needed(axis: Axis) -> Statement:
    """i in the window and the tile long enough ⇒ some tap and output of the tile read it."""
    shortest = 1 if axis.kernel == 1 else axis.dilation
    products = [(axis.dilation, term) for term in (Q - best, best - Q, best, -best, Q - axis.kernel, -1 - Q)]
    products += [(axis.stride, i - lo), (axis.stride, hi - i)]
    reads = Exists((a, j), All(tap_range(axis), _related(axis), Between(N, j, N2 - 1)), (best, _position(axis, best)))
    given = (Le(N + shortest, N2), Between(lo, i, hi))
    define = (*_window(axis), Floor(Q, N + p_lo - axis.stride * i + axis.dilation - 1, axis.dilation), Maximum(best, 0, Q))
    variables = (Variable(p_lo, -1, 2), Variable(N, -1, 3), Variable(N2, N + shortest, N + shortest + 2), Variable(i, -1, 5))
    return Statement(variables, given, reads, define, tuple(products))


def completed(axis: Axis) -> Statement:
    """A feature that reaches such an output lies in the block."""
    begin = Either(Equal(first, 0), Le(axis.stride * (first - 1) + axis.dilation * (axis.kernel - 1) + 1 - p_lo, j))
    end = Either(Equal(stop, m), Lt(j, axis.stride * stop - p_lo))
    variables = (Variable(m, 2, 4), Variable(first, 0, m - 1), Variable(stop, first + 1, m), Variable(p_lo, -1, 2), Variable(i, 0, m - 1),
                 Variable(a, 0, axis.kernel - 1), Variable(j, 0, 9))
    given = (feature_range(), tap_range(axis), _related(axis), begin, end)
    within = (axis.stride, first - 1 - i), (axis.stride, i - stop), *bounded(axis)[2:]
    return Statement(variables, given, Between(first, i, stop - 1), (), within)


def read_by_conv(axis: Axis) -> Statement:
    """(i, a, j) related and I ≤ i < I′ ⇒ j is in the window."""
    low, high = images_read(first, stop, axis.kernel, axis.stride, axis.dilation, p_lo)
    variables = (Variable(p_lo, -1, 2), Variable(first, -1, 3), Variable(stop, first + 1, first + 3), Variable(a, 0, axis.kernel - 1),
                 Variable(i, first, stop - 1), Variable(j, -9, 9))
    given = (tap_range(axis), _related(axis), Le(first, i), Lt(i, stop))
    within = (axis.stride, i - first), (axis.stride, stop - 1 - i), *bounded(axis)[2:]
    return Statement(variables, given, Between(low, j, high), (), within)


def moved(axis: Axis) -> Statement:
    """(i − I, a, j − s·I) is related exactly where (i, a, j) is."""
    variables = (Variable(p_lo, -1, 2), Variable(first, -1, 2), Variable(a, 0, axis.kernel - 1), Variable(i, -1, 5), Variable(j, -3, 9))
    there = Equal(j - axis.stride * first, axis.stride * (i - first) + axis.dilation * a - p_lo)
    return Statement(variables, (), Iff(_related(axis), there))
