"""Mutants of generated kernels: an offset, a bound, a stride, a tap, a lost piece of work, made by rule from the emitted source,
and wrong decisions of plans.

Each belongs to an area: a family, or the runtime that all share. Its source carries that family, ``plain`` and what the
family falls back to, so that it compiles quickly. Run ``python tests/helpers/mutants.py`` to list them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from unittest.mock import patch

from modules import whole
from mutant_rules import RULES

from convt._codegen import pieces, plan, problem, transforms, verify
from convt._codegen.families import depthwise, direct, dots, fast, fast4, fast_outer, fixed, outer, plain, planes, rows, stencil
from convt._codegen.pipeline import generate
from convt._codegen.problem import Problem
from convt._derive.gather import Gather

V3 = "x86-64-v3"
BASES = {  # area -> (families beside plain, problems)
    "plain": ((), (Problem.of("2d_k3x4s2p1x2d1x3op1x0", target=V3), Problem.of("1d_k3s2p1", "conv", "complex64", target=V3),
                   Problem.of("2d_k2x3s2x1p0:1x1", "conv_weight_gradient", "int64", target="generic"),
                   Problem.of("3d_k2s2x1x1", "conv_transpose", "complex128", conjugate=True, target="generic"))),
    "direct": ((direct,), (Problem.of("2d_k3x4s2p1x2d1x3op1x0", target=V3), Problem.of("2d_k3x4s2x3p1d1x2", "conv", target=V3), Problem.of("3d_k2s2x1x1", dtype="float64", target=V3),
                         Problem.of("3d_k1x2x1s2x1x2p1x0x0", "conv", layout="channels_last", target=V3), Problem.of("3d_k2x1x3s1x3x2", "conv", target=V3),
                         # rows without a border beside other axes; more taps of a row than a block has channels; phases on the last axis alone
                         *(Problem.of(name, "conv", target=V3) for name in ("2d_k2x1p0:1x0", "2d_k2x1p1:-1x0", "2d_k1", "2d_k6x7")),
                         Problem.of("2d_k2x3s1x2", target=V3))),
    "fast": ((direct, fast, fast4), (Problem.of("2d_k3x4s1x2p1", target=V3), Problem.of("2d_k2x3p0:1x1", "conv", target=V3), Problem.of("2d_k5x4s2p2x1", "conv", target=V3),
                              Problem.of("3d_k4x1x2s2x1x1p1x0x0", dtype="float64", target=V3))),
    "planes": ((planes,), (Problem.of("2d_k3x4s2p1x2d1x3op1x0", target=V3), Problem.of("2d_k3x2p1x0d2x1", "conv", target=V3),
                           Problem.of("3d_k2x3x3s2x1x2p1x0x1", dtype="float64", layout="channels_last", target=V3), Problem.of("1d_k9s3p4", target=V3))),
    "depthwise": ((depthwise,), (Problem.of("2d_k3x4s2x2p0x1op1", layout="channels_last", target=V3),
                                 Problem.of("2d_k3x4s2x3p1d1x2", "conv", layout="channels_last", target=V3))),
    "rows": ((rows,), (Problem.of("2d_k3x5s2p1", target=V3), Problem.of("2d_k4x3s3x2p1", "conv", target=V3), Problem.of("1d_k12s12op3", target=V3),
                     Problem.of("3d_k3x2x3s2x1x2p1x0x1", dtype="float64", layout="channels_last", target=V3))),
    "stencil": ((stencil,), (Problem.of("2d_k5x4s1x2p2x1d1x2", "conv", target=V3), Problem.of("3d_k2x3x3s2x2x1p1x0x1", "conv", target=V3),
                             Problem.of("2d_k3x5p1", target=V3), Problem.of("2d_k2x5s1x3p1", "conv", "float64", target=V3))),
    "outer": ((outer,), tuple(Problem.of(name, "conv_weight_gradient", dtype, layout, target=V3) for name, dtype, layout in (
        ("2d_k3x4s2x3p1d1x2", "float32", "channels_first"),  # taps that are no neighbours
        ("2d_k4x2s1x2p1:0x0", "float64", "channels_last"),
        ("3d_k2x1x3s1x2x1p1x0x1", "float32", "channels_last"), ("1d_k3p1", "float32", "channels_first"), ("2d_k1s2x1", "float32", "channels_first"), ("1d_k2", "float32", "channels_first")))),
    "dots": ((dots,), tuple(Problem.of(name, "conv_weight_gradient", dtype, target=V3) for name, dtype in (
        ("2d_k3x4s2x3p1d1x2", "float32"), ("3d_k2x1x3s1x2x2p1x0x1", "float64"), ("1d_k13p1", "float32"),
        ("2d_k2x9s1x4p0x3", "float32")))),  # rows in four parts
    "fast_outer": ((fast_outer,), tuple(Problem.of(name, "conv_weight_gradient", dtype, layout, target=V3) for name, dtype, layout in (
        ("2d_k3x4s1x2p1", "float64", "channels_first"), ("3d_k3x1x2s2x1x1p1x0x1", "float64", "channels_last"), ("3d_k3x2x2p1:0x0x0", "float64", "channels_first"),
        ("1d_k4s2p1", "float32", "channels_first"), ("2d_k2x4s1x2p1", "float32", "channels_last")))),
    "fixed": ((fixed,), (Problem.of("2d_k5s2p1", weights="fir:1,2,5,3,1", target=V3), Problem.of("3d_k2", weights="fir:1,3", target=V3))),
    "runtime": ((direct, fast), (Problem.of("2d_k2x3s1x2", layout="channels_last", target=V3), Problem.of("1d_k3s2p1op1", target=V3),
                                Problem.of("1d_k3p1", "conv", target=V3))),
}


@dataclass(frozen=True)
class Mutant:
    """A problem whose source is wrong."""

    area: str
    problem: Problem
    what: str
    source: str

    def __str__(self) -> str:
        return f"{self.area}, {self.problem.name}: {self.what}"


@contextmanager
def only(area: str) -> Iterator[None]:
    """Meanwhile kernels carry the families of an area and ``plain``; one child checks them, which is less to start."""
    kept = (*BASES[area][0], plain)
    with ExitStack() as stack:
        stack.enter_context(patch.object(verify, "shares", lambda kernels: [kernels]))
        stack.enter_context(patch.object(plan, "families", lambda: kept))
        yield


@cache
def source(area: str, made: Problem) -> str:
    """What is mutated."""
    with only(area):
        return whole(generate([made])[1])


def of_sources() -> list[Mutant]:
    """Every rule on the first and the last line that it matches, in every problem of its area; the same change of the same line once."""
    found: dict[tuple[str, str, str], Mutant] = {}
    for area, (_, problems) in BASES.items():
        for made in problems:
            lines = source(area, made).split("\n")
            for pattern, replacement in RULES[area]:
                matching = [number for number, line in enumerate(lines) if re.search(pattern, line) and not line.startswith("#")]
                for number in {*matching[:1], *matching[-1:]}:
                    line, changed = lines[number], re.sub(pattern, replacement, lines[number], count=1)
                    text = "\n".join([*lines[:number], changed, *lines[number + 1:]])
                    what = f"line {number + 1}: {line.strip()}  ->  {changed.strip()}"
                    found.setdefault((area, made.key, what), Mutant(area, made, what, text))
    return list(found.values())


def dead_rules() -> list[tuple[str, str]]:
    """Patterns that no line of any problem of their area matches, or that change nothing."""
    return [(area, pattern) for area, (_, problems) in BASES.items() for pattern, replacement in RULES[area]
            if not any(re.sub(pattern, replacement, line) != line for made in problems for line in source(area, made).split("\n"))]


Change = Callable[[Any], Any]


class Narrow(Gather):
    """Borders that are too narrow by one."""

    @property
    def border(self) -> int:
        return super().border - 1


GATHER = {"a tap's offset": lambda x: replace(x, offset=(*x.offset[:-1], x.offset[-1] - 1)),
         "all offsets": lambda x: replace(x, offset=tuple(o + 1 for o in x.offset)),
         "two taps swapped": lambda x: replace(x, tap=(x.tap[1], x.tap[0], *x.tap[2:])),
         "a phase's start": lambda x: replace(x, start=(0, x.start[1] - 1, *x.start[2:])),
         "a border too narrow": lambda x: Narrow(**vars(x))}
ODD_CONV = Problem.of("1d_k5s2p1", "conv", target=V3)
ODD_GRADIENT = replace(ODD_CONV, map="conv_weight_gradient")
ODD = Problem.of("1d_k5s2p1op1", target=V3)


def entry(name: str, value: str) -> Change:
    """Another value of an entry of a family's table."""
    return lambda table: replace(table, entries=tuple((key, value if key == name else old) for key, old in table.entries))


DECISIONS: list[tuple[str, str, Problem, Any, str, Change]] = [  # area, what, problem, module, function, what becomes of its result
    *((area, f"{what}", replace(odd, layout="channels_last") if area == "depthwise" else odd, problem, "gather", change)
      for area in ("direct", "fast", "rows", "depthwise", "planes") for odd in (ODD, ODD_CONV) for what, change in GATHER.items()
      if (area, what) not in (("depthwise", "a border too narrow"), ("fast", "a border too narrow"))
      and (area, odd) != ("planes", ODD_CONV)
      and (odd is ODD or (area != "fast" and what != "a phase's start"))),
    *(("stencil", what, Problem.of("2d_k3x5s1x2p1", "conv", target=V3), problem, "gather", GATHER[what])
      for what in ("a tap's offset", "all offsets", "two taps swapped", "a border too narrow")),
    *(("stencil", f"the {name} of a row", Problem.of("2d_k3x5s1x2p1", "conv", target=V3), pieces, "table", entry(name, value))
      for name, value in (("low", "0"), ("border", "1"), ("widest", "400"), ("most_rows", "9"))),
    *(("planes", what, Problem.of("1d_k5p1", "conv", target=V3), problem, "gather", GATHER[what])
      for what in ("a tap's offset", "all offsets", "two taps swapped", "a border too narrow")),
    ("planes", "how many outputs are cut", ODD, problem, "gather", lambda x: replace(x, lead=1 - x.lead)),
    *(("planes", what, ODD, planes, "shared", lambda groups, change=change: tuple(replace(each, **change(each)) for each in groups))
      for what, change in (("taps of other phases", lambda each: {"taps": each.taps[::-1]}), ("phases in another order", lambda each: {"phases": each.phases[::-1]}),
                           ("offsets in another order", lambda each: {"offsets": each.offsets[::-1]}))),
    *(("fixed", what, Problem.of("1d_k5s2p1op1", weights="average", target=V3), problem, "gather", GATHER[what])
      for what in ("a tap's offset", "two taps swapped", "a phase's start")),
    *((area, what, ODD_GRADIENT, problem, "gather", GATHER[what]) for area in ("outer", "dots")
      for what in ("a tap's offset", "all offsets", "a border too narrow")),
    *((area, "the step", ODD_GRADIENT, problem, "gather", lambda x: replace(x, step=x.step - 1)) for area in ("outer", "dots")),
    *(("dots", f"the {name} of a row", ODD_GRADIENT, pieces, "table", entry(name, value)) for name, value in (("low", "0"), ("border", "1"))),
    ("outer", "no neighbours taken for such", Problem.of("1d_k5d2", "conv_weight_gradient", target=V3), pieces, "table", entry("dense", "1")),
    ("outer", "a tap is missing", ODD_GRADIENT, pieces, "table", entry("taps", "4")),
    *(("fast_outer", what, ODD_GRADIENT, problem, "gather", GATHER[what]) for what in ("a tap's offset", "all offsets")),
    *(("fast_outer", what, ODD_GRADIENT, fast_outer, "tile_axes", lambda axes, change=change: tuple(change(axis) for axis in axes)) for what, change in (
        ("the window's place", lambda axis: replace(axis, runs=tuple(replace(run, lead=run.lead + 1) for run in axis.runs))),
        ("taps swapped in the window", lambda axis: replace(axis, runs=tuple(replace(run, taps=run.taps[::-1]) for run in axis.runs))),
        ("how far a window reaches", lambda axis: replace(axis, reach=axis.reach - 1)), ("the step", lambda axis: replace(axis, step=axis.step - 1)),
        ("the border", lambda axis: replace(axis, low=axis.low - 1)))),
    ("rows", "the order of the taps", ODD, rows, "_by_offset",
     lambda order: [(o, tap, phase) for (o, _, phase), (_, tap, _) in zip(order, order[::-1], strict=True)]),
    *(("plain", f"the {name}", ODD, plain, "axis_rows", lambda axes, change=change: tuple(replace(row, **change) for row in axes))
      for name, change in (("kernel", {"kernel": 4}), ("stride", {"stride": 3}), ("dilation", {"dilation": 2}), ("crop", {"crop": 0}))),
    ("fast", "the phases' shifts", Problem.of("1d_k4s2p1", target=V3), fast, "fast_axes",
     lambda axes: tuple(replace(x, shift=x.shift[::-1]) for x in axes)),
    *(("fast", what, odd, fast, "fast_axes", lambda axes, change=change: tuple(replace(x, runs=change(x.runs)) for x in axes))
      for odd in (ODD, ODD_CONV) for what, change in (
        ("the window's place", lambda runs: tuple(replace(run, lead=run.lead + 1) for run in runs)),
        ("two runs swapped", lambda runs: tuple(replace(run, taps=other.taps) for run, other in zip(runs, runs[::-1], strict=True))),
        ("taps swapped in the window", lambda runs: tuple(replace(run, taps=run.taps[::-1]) for run in runs)))),
    ("fast", "how far a window reaches", ODD_CONV, fast, "fast_axes", lambda axes: tuple(replace(x, reach=x.reach - 1) for x in axes)),
    ("fast", "terms of two phases in one", ODD, fast, "_terms", lambda terms: [replace(term, phase=0) for term in terms]),
    ("fast", "where a term's window begins", ODD_CONV, fast, "_terms", lambda terms: [replace(term, lead=terms[0].lead) for term in terms]),
    ("fast", "the sign in a shared sum", Problem.of("1d_k3p1", "conv", target=V3), transforms, "_shared",
     lambda made: ([{column: abs(value) for column, value in pair.items()} for pair in made[0]], made[1])),
    ("fast", "a point's sign", ODD, transforms, "scaled",
     lambda m: replace(m, inputs=(*m.inputs[:-1], tuple(-v for v in m.inputs[-1])))),
    ("fast", "a divisor", Problem.of("2d_k3p1", "conv", target=V3), transforms, "scaled", lambda m: replace(m, divisor=7 if m.divisor > 1 else 1)),
    ("fast", "which products are divided", Problem.of("2d_k3p1", "conv", target=V3), transforms, "scaled", lambda m: replace(m, divided=frozenset([*m.divided][:-1]))),
]


def of_plans() -> list[Mutant]:
    """Wrong decisions of plans: the source of a function that returns something else."""
    found = []
    for area, what, made, module, name, change in DECISIONS:
        original = getattr(module, name)
        with only(area), patch.object(module, name, lambda *given, original=original, change=change: change(original(*given))):
            found.append(Mutant(area, made, f"plan: {what}", whole(generate([replace(made)])[1])))  # a copy: problems keep their sums
    return found


def mutants() -> list[Mutant]:
    """All of them, by area and problem, so that neighbours share what is compiled."""
    return sorted([*of_sources(), *of_plans()], key=lambda mutant: (mutant.area, mutant.problem.key))


if __name__ == "__main__":
    print("\n".join(map(str, mutants())))
