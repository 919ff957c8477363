"""Family ``plain``: loops over the index set of T for any map, type and geometry. Correct first, and readable.

T = Σ u[b,f,i]·w[f,c,a]·x[b,c,j] has three channel letters, and each map keeps two of them and sums over the third:
the transpose keeps (b, c), conv (b, f), the weight gradient (f, c). Inside, every tap walks the proved interval of
features that it relates to image positions, so the inner loop has no test of bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from ..pieces import Piece
from ..plan import INDENT, AxisRow, axis_rows
from ..problem import Problem
from ..target import Target

NAME = "plain"


@dataclass(frozen=True)
class PlainPlan:
    """Rows of ``plain.pyx.jinja`` and of ``plain.c.jinja``: statements and places that Cython and C spell alike."""

    template: str
    symbol: str
    pieces: tuple[Piece, ...]
    says: str
    u: str  # the side of the call that they are on
    x: str
    scalar: str
    parts: int
    w_step: int
    axes: tuple[AxisRow, ...]
    outer_axes: tuple[AxisRow, ...]
    inner_axis: AxisRow
    first: str
    first_count: str
    second: str
    second_count: str
    grouped: str  # the channel that tells the group, of so many each
    per: str
    channels: tuple[str, ...]  # made of the numbers of an item and its group
    summed: str
    summed_first: str
    summed_stop: str
    declared: tuple[tuple[str, str], ...]  # (type, names)
    out_array: str  # the plane that is written: of which array, where it begins, and how many numbers
    out_place: str
    out_count: str
    start: tuple[str, ...]
    biased: tuple[str, ...]
    fill: tuple[str, ...]
    before: tuple[str, ...]
    inner: tuple[str, ...]
    after: tuple[str, ...]
    tap_depth: str


KEEPS = {  # first and second channel letter with their counts, the channel that tells the group, the letter that is summed over
    "conv_transpose": ("b", "call.batch", "c", "call.out_channels", "c", "images_per", (),
                       "f", "group * features_per", "(group + 1) * features_per"),
    "conv": ("b", "call.batch", "f", "call.out_channels", "f", "features_per", (),
             "c", "group * images_per", "(group + 1) * images_per"),
    "conv_weight_gradient": ("f", "call.out_channels", "c", "images_per", "f", "features_per", ("c = c + group * images_per",),
                             "b", "0", "call.batch"),
}
SAYS = {
    "conv_transpose": "One image plane (b, c): each tap of each feature channel adds its shifted features.",
    "conv": "One feature plane (b, f): each tap of each image channel adds its shifted image.",
    "conv_weight_gradient": "All taps of one filter (f, c): each is the product of features and shifted image, summed.",
}


def accepts(problem: Problem) -> bool:
    """Everything."""
    return True


def plan(problem: Problem, shape: Target) -> PlainPlan:
    """Names, strides and the few lines that differ between maps and between real and complex types."""
    spec, element = problem.spec, problem.element
    first, first_count, second, second_count, grouped, per, channels, summed, summed_first, summed_stop = KEEPS[problem.map]
    axes = axis_rows(spec)
    taps = prod(spec.kernel)
    declared, start, biased, before, inner, after = lines(problem.map, element.parts, problem.conjugate, element.wrapping)
    out, side = problem.roles.gives, {problem.roles.source: "in", problem.roles.target: "out"}
    step = "call.out_axis[2]" if out != "w" else str(element.parts)
    values = ("start",) if element.parts == 1 else ("start_re", "start_im")
    places = {"u": "b * call.out_batch + f * call.out_channel", "x": "b * call.out_batch + c * call.out_channel",
              "w": f"(f * images_per + c - group * images_per) * {taps * element.parts}"}
    return PlainPlan(
        template="plain.pyx.jinja", symbol=f"{problem.name}_plain", says=SAYS[problem.map], scalar=element.wrapping,
        parts=element.parts, w_step=taps * element.parts, axes=axes, outer_axes=axes[:-1], inner_axis=axes[-1],
        pieces=(), u=side["u"], x=side["x"], first=first, first_count=first_count, second=second, second_count=second_count,
        grouped=grouped, per=per, channels=channels, summed=summed, summed_first=summed_first, summed_stop=summed_stop,
        declared=declared, out_array="w" if out == "w" else "out_data", out_place=places[out],
        out_count=" * ".join(f"call.out_length[{row.place}]" for row in axes) if out != "w" else str(taps), start=start, biased=biased,
        fill=tuple(f"out[t * {step} + {part}] = {name}" for part, name in enumerate(values)), before=before,
        inner=inner, after=after, tap_depth=INDENT * (2 + spec.dims),
    )


def lines(map_name: str, parts: int, conjugate: bool, scalar: str) -> tuple[Any, ...]:
    """(declared, start, biased, before, inner, after): the statements around and inside the innermost loop.

    The weight gradient sums over all positions of an image: in float32 such a sum would stop growing at 2²⁴ ones, so it is a double,
    in which products of two floats are exact; those of two doubles are rounded before they are added.
    """
    product = "rounded({} * {})" if (map_name, scalar) == ("conv_weight_gradient", "double") else "{} * {}"
    bias = {"conv_transpose": "c", "conv": "f"}.get(map_name)
    names = ("",) if parts == 1 else ("_re", "_im")
    values = tuple(f"start{name}" for name in names)
    start = tuple(f"start{name} = 0" for name in names)
    biased = tuple(f"start{name} = bias[{bias}{f' * 2 + {part}' if parts == 2 else ''}]" for part, name in enumerate(names) if bias)
    u, x = "u_row[t * u_step{}]", "x_row[t * x_step{}]"
    re, im = "", " + 1"
    if map_name == "conv_weight_gradient":
        totals, wide = tuple(f"total{name}" for name in names), tuple(f"wide{name}" for name in names)
        before = tuple(f"total{name} = 0" for name in names)
        after = tuple(f"w_tap[{part}] += total{name}" for part, name in enumerate(names))
        left, right, results = wide, (x.format(re), x.format(im)), ("total_re", "total_im")
        widen = tuple(f"{name} = {u.format(part)}" for name, part in zip(wide, (re, im), strict=False))
        plain = f"total += {product.format('wide', right[0])}"
        kinds = {"double": (*totals, *wide), scalar: values} if scalar == "float" else {scalar: (*totals, *wide, *values)}
    else:
        weights = tuple(f"weight{name}" for name in names)
        before = tuple(f"weight{name} = w_tap[{part}]" for part, name in enumerate(names))
        after, widen = (), ()
        source, target = (u, x) if map_name == "conv_transpose" else (x, u)
        left, right = (source.format(re), source.format(im)), ("weight_re", "weight_im")
        results = (target.format(re), target.format(im))
        plain = f"{target.format(re)} += {source.format(re)} * weight"
        kinds = {scalar: (*weights, *values)}
    declared = tuple((kind, ", ".join(some)) for kind, some in kinds.items())
    if parts == 1:
        return declared, start, biased, before, (*widen, plain), after
    minus, plus = ("+", "-") if conjugate else ("-", "+")  # (a)(conj b) = (ar·br + ai·bi) + (ai·br − ar·bi) i
    inner = (f"{results[0]} += {product.format(left[0], right[0])} {minus} {product.format(left[1], right[1])}",
             f"{results[1]} += {product.format(left[1], right[0])} {plus} {product.format(left[0], right[1])}")
    return declared, start, biased, before, (*widen, *inner), after


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: multiply-adds at the rate of a scalar loop, the outputs, each tap's loops, and a fixed start."""
    taps = prod(problem.spec.kernel)
    return f"macs / {shape.macs_per_ns[1]} + outputs + {2.5 * taps} * call.batch * call.in_channels * outputs_per + 600"


def together(problem: Problem) -> tuple[int, ...]:
    """Each output is a sum of its own, over channels and then taps."""
    return (1,) * problem.spec.dims


def corners(problem: Problem, shape: Target, made: PlainPlan) -> list[dict[str, Any]]:
    """Small sizes with every kind of grouping; features and image channels differ so that swaps show. More planes than threads
    take one by one, and not a multiple of what they take."""
    many = "outputs" if problem.map == "conv_weight_gradient" else "batch"
    return [
        {"batch": 1, "inputs": 1, "outputs": 1, "groups": 1, "extra": 0},
        {"batch": 2, "inputs": 2, "outputs": 3, "groups": 1, "extra": 1},
        {"batch": 3, "inputs": 4, "outputs": 2, "groups": 2, "extra": 2},
        {"batch": 1, "inputs": 3, "outputs": 3, "groups": 3, "extra": 5},
        {"batch": 1, "inputs": 1, "outputs": 1, "groups": 1, "extra": 0} | {many: 197},
    ]
