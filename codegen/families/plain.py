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
    """Rows of ``plain.pyx.jinja``."""

    template: str
    symbol: str
    pieces: tuple[Piece, ...]
    says: str
    u: str  # the side of the call that they are on, and where a plane of theirs begins
    x: str
    u_plane: str
    x_plane: str
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
    channels: tuple[str, ...]
    summed: str
    summed_range: str
    declared: tuple[str, ...]
    out: str
    out_count: str
    start: tuple[str, ...]
    fill: tuple[str, ...]
    before: tuple[str, ...]
    inner: tuple[str, ...]
    after: tuple[str, ...]
    tap_depth: str


KEEPS = {
    "conv_transpose": ("b", "call.batch", "c", "call.out_channels",
                       ("group = c // images_per",), "f", "group * features_per, (group + 1) * features_per"),
    "conv": ("b", "call.batch", "f", "call.out_channels",
             ("group = f // features_per",), "c", "group * images_per, (group + 1) * images_per"),
    "conv_weight_gradient": ("f", "call.out_channels", "c", "images_per",
                             ("group = f // features_per", "c = c + group * images_per"), "b", "0, call.batch"),
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
    first, first_count, second, second_count, channels, summed, summed_range = KEEPS[problem.map]
    axes = axis_rows(spec)
    taps = prod(spec.kernel)
    declared, start, before, inner, after = lines(problem.map, element.parts, problem.conjugate, element.scalar)
    out, side = problem.roles.gives, {problem.roles.source: "in", problem.roles.target: "out"}
    step = "call.out_axis[2]" if out != "w" else str(element.parts)
    values = ("start",) if element.parts == 1 else ("start_re", "start_im")
    places = {
        "u": f"<{element.scalar} *> call.{side['u']}_data + b * call.{side['u']}_batch + f * call.{side['u']}_channel",
        "x": f"<{element.scalar} *> call.{side['x']}_data + b * call.{side['x']}_batch + c * call.{side['x']}_channel",
        "w": f"<{element.scalar} *> call.w + (f * images_per + c - group * images_per) * {taps * element.parts}",
    }
    count = " * ".join(f"call.out_length[{row.place}]" for row in axes) if out != "w" else str(taps)
    return PlainPlan(
        template="plain.pyx.jinja", symbol=f"{problem.name}_plain", says=SAYS[problem.map], scalar=element.scalar,
        parts=element.parts, w_step=taps * element.parts, axes=axes, outer_axes=axes[:-1], inner_axis=axes[-1],
        pieces=(), u=side["u"], x=side["x"], u_plane=places["u"], x_plane=places["x"],
        first=first, first_count=first_count, second=second, second_count=second_count, channels=channels,
        summed=summed, summed_range=summed_range, declared=declared, out=places[out], out_count=count, start=start,
        fill=tuple(f"out[t * {step} + {part}] = {name}" for part, name in enumerate(values)), before=before,
        inner=inner, after=after, tap_depth=INDENT * (2 + spec.dims),
    )


def lines(map_name: str, parts: int, conjugate: bool, scalar: str) -> tuple[tuple[str, ...], ...]:
    """(declared, start, before, inner, after): the statements around and inside the innermost loop.

    The weight gradient sums over all positions of an image: in float32 such a sum would stop growing at 2²⁴ ones, so it is a double.
    """
    bias = {"conv_transpose": "c", "conv": "f"}.get(map_name)
    names = ("",) if parts == 1 else ("_re", "_im")
    values = tuple(f"start{name}" for name in names)
    start = tuple(f"start{name} = bias[{bias}{f' * 2 + {part}' if parts == 2 else ''}] if bias != NULL else 0"
                  if bias else f"start{name} = 0" for part, name in enumerate(names))
    u, x = "u_row[t * u_step{}]", "x_row[t * x_step{}]"
    re, im = "", " + 1"
    if map_name == "conv_weight_gradient":
        declared, single = tuple(f"total{name}" for name in names), scalar == "float"
        widened = "<double> " * single
        before = tuple(f"total{name} = 0" for name in names)
        after = tuple(f"w_tap[{part}] += total{name}" for part, name in enumerate(names))
        left, right, results = (widened + u.format(re), widened + u.format(im)), (x.format(re), x.format(im)), ("total_re", "total_im")
        plain = f"total += {left[0]} * {right[0]}"
        kinds = {"double": declared, scalar: values} if single else {scalar: (*declared, *values)}
    else:
        declared = tuple(f"weight{name}" for name in names)
        before = tuple(f"weight{name} = w_tap[{part}]" for part, name in enumerate(names))
        after = ()
        source, target = (u, x) if map_name == "conv_transpose" else (x, u)
        left, right = (source.format(re), source.format(im)), ("weight_re", "weight_im")
        results = (target.format(re), target.format(im))
        plain = f"{target.format(re)} += {source.format(re)} * weight"
        kinds = {scalar: (*declared, *values)}
    declarations = tuple(f"{kind} {', '.join(some)}" for kind, some in kinds.items())
    if parts == 1:
        return declarations, start, before, (plain,), after
    minus, plus = ("+", "-") if conjugate else ("-", "+")  # (a)(conj b) = (ar·br + ai·bi) + (ai·br − ar·bi) i
    inner = (f"{results[0]} += {left[0]} * {right[0]} {minus} {left[1]} * {right[1]}",
             f"{results[1]} += {left[1]} * {right[0]} {plus} {left[0]} * {right[1]}")
    return declarations, start, before, inner, after


def cost(problem: Problem, shape: Target) -> str:
    """Nanoseconds: multiply-adds at the rate of a scalar loop, the outputs, each tap's loops, and a fixed start."""
    taps = prod(problem.spec.kernel)
    return f"macs / {shape.macs_per_ns[1]} + outputs + {2.5 * taps} * call.batch * call.in_channels * outputs_per + 600"


def together(problem: Problem) -> tuple[int, ...]:
    """Each output is a sum of its own, over channels and then taps."""
    return (1,) * problem.spec.dims


def corners(problem: Problem, shape: Target) -> list[dict[str, Any]]:
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
