"""Problem → KernelPlan: every decision about a kernel, frozen and printable. Templates only spell plans out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import prod
from typing import Any

from convt._derive.spec import ConvSpec

from .errors import PieceMismatch
from .family import Code, FamilyPlan, families, planned
from .heading import recipe
from .pieces import Piece
from .problem import Problem
from .target import Target

INDENT = "    "
RESTS_ON = (1, 2, 4, 5, 7, 8, 10)  # lengths, round trip, matrix, adjoint, scatter, zero insertion, polyphase split; families may add to it
FALLBACK = "direct"  # takes the inputs that a family gives up, where a kernel has it; else ``plain`` does


@dataclass(frozen=True)
class AxisRow:
    """One axis as the templates need it: ``place`` is its index in a ``Call``, the depths are the indents of its two loops."""

    number: int
    place: int
    kernel: int
    stride: int
    dilation: int
    crop: int
    least: int  # image length at feature length 1 and op = 0: n = stride·(m−1) + least + op
    tap_depth: str
    loop_depth: str


@dataclass(frozen=True)
class Choice:
    """One family inside a kernel: its functions and table, ``NULL`` where it has none, and its estimate as an expression."""

    number: int
    family: str
    symbol: str
    pack: str
    pack_size: str
    table: str
    cost: str


@dataclass(frozen=True)
class EntryPlan:
    """Rows of ``entry.pyx.jinja``: the functions that Python calls. ``roles`` says which argument is u, w and x."""

    name: str
    dims: int
    taps: int
    item_size: int
    parts: int
    formats: tuple[str, ...]
    type_name: str
    layout: str
    inputs: tuple[str, str]
    roles: dict[str, int]
    channel_axis: int
    first_axis: int
    biased: int
    by_image: int
    features_first: int
    macs: str
    axes: tuple[AxisRow, ...]
    choices: tuple[Choice, ...]
    plain: int
    fallback: int


@dataclass(frozen=True)
class KernelPlan:
    """One kernel: the recipe that heads its text, its families, and its entry."""

    problem: Problem
    recipe: tuple[tuple[str, str], ...]
    families: tuple[FamilyPlan, ...]
    entry: EntryPlan

    @property
    def name(self) -> str:
        """The name of the kernel."""
        return self.problem.name

    @property
    def fallback(self) -> str:
        """The family that takes whatever others give up."""
        return self.families[self.entry.fallback].name

    @property
    def rests_on(self) -> tuple[int, ...]:
        """Numbers of the theorems that the kernel and its families rest on."""
        return tuple(dict.fromkeys((*RESTS_ON, *(number for family in self.families for number in family.rests_on))))

    def citing(self, titles: Sequence[str]) -> KernelPlan:
        """The same with these titles of theorems in its header."""
        line = ("rests on", ", ".join(titles) + ": for every m ≥ 1")
        return replace(self, recipe=(*self.recipe, line)) if titles else self


@dataclass(frozen=True)
class Machine:
    """What the compiler must be told that it may use, as a condition of the preprocessor, and the words where it was not told."""

    condition: str
    says: str


@dataclass(frozen=True)
class ModulePlan:
    """One source file: one or several kernels with the pieces of C that they share, and what their compiler must know."""

    name: str
    kernels: tuple[KernelPlan, ...]
    pieces: tuple[Piece, ...]
    machine: tuple[Machine, ...] = ()


def decide(problem: Problem, shape: Target) -> KernelPlan:
    """The plan of one kernel for a processor of this shape."""
    plans = tuple(planned(family, problem, shape) for family in families() if family.accepts(problem))
    choices = tuple(choice(number, family) for number, family in enumerate(plans))
    roles = problem.roles
    last = problem.layout == "channels_last"
    number = {made.family: made.number for made in choices}
    entry = EntryPlan(
        name=problem.name, dims=problem.spec.dims, taps=prod(problem.spec.kernel), item_size=problem.element.size,
        parts=problem.element.parts,
        formats=problem.element.formats, type_name=problem.element.name, layout=problem.layout.replace("_", " "),
        inputs=(roles.reads[0], roles.reads[1]), roles={letter: at for at, letter in enumerate(roles.reads + roles.gives)},
        channel_axis=problem.spec.dims + 1 if last else 1, first_axis=1 if last else 2,
        biased=int(roles.biased), by_image=int(roles.gives != "w"), features_first=int(roles.source == "u"),
        macs="inputs * outputs_per" if roles.source == "u" else "outputs * inputs_per",
        axes=axis_rows(problem.spec), choices=choices,
        plain=number["plain"], fallback=number.get(FALLBACK, number["plain"]),
    )
    return KernelPlan(problem, tuple(recipe(problem, shape, templates([plan.code for plan in plans]))), plans, entry)


def choice(number: int, family: FamilyPlan) -> Choice:
    """The row of a family in its kernel's entry."""
    pack = getattr(family.code, "pack_symbol", None)
    return Choice(number, family.name, family.code.symbol, pack or "NULL", f"{pack}_size" if pack else "NULL",
                  getattr(family.code, "table", "NULL"), family.cost)


def module(name: str, kernels: Sequence[KernelPlan], machine: Sequence[Machine] = ()) -> ModulePlan:
    """Several kernels as one source file; equal pieces are emitted once. Raises ``PieceMismatch``."""
    return ModulePlan(name, tuple(kernels), distinct(name, (), kernels), tuple(machine))


def distinct(name: str, before: Sequence[Piece], kernels: Sequence[KernelPlan]) -> tuple[Piece, ...]:
    """The pieces of a file, once each, after those that come ``before``. Raises ``PieceMismatch``."""
    pieces: dict[str, Piece] = {}
    for piece in (*before, *(piece for kernel in kernels for family in kernel.families for piece in family.code.pieces)):
        if pieces.setdefault(piece.symbol, piece) != piece:
            raise PieceMismatch(f"{name}: two different pieces bear the name {piece.symbol}")
    return tuple(pieces.values())


def machine(target: Target, shape: Target, macros: Sequence[str]) -> tuple[Machine, ...]:
    """The instructions that source for a target needs, by the macros that tell of them; none where any processor will do."""
    if not macros:
        return ()
    elsewhere = " on a machine like the one it was made for, or make it anew with --target" if target.name == "host" else ""
    return (Machine(" && ".join(f"defined({macro})" for macro in macros),
                    f"this needs the instructions of {' '.join(macro.strip('_') for macro in macros)}: compile it with "
                    f"{target.compile_with(shape.tune)}{elsewhere}"),)


def axis_rows(spec: ConvSpec) -> tuple[AxisRow, ...]:
    """The axes with the indents of their loops: taps outside, features inside."""
    return tuple(
        AxisRow(number, 3 - spec.dims + number, axis.kernel, axis.stride, axis.dilation, axis.padding[0], axis.span - sum(axis.padding),
                INDENT * (2 + number), INDENT * (2 + spec.dims + number))
        for number, axis in enumerate(spec.axes)
    )


def templates(plans: Sequence[Code]) -> list[str]:
    """The templates that the text of families comes from, once each; those of constants and common types left out."""
    names = dict.fromkeys(getattr(part, "template", "") for plan in plans for part in (*plan.pieces, plan))
    return [name for name in names if name not in ("", "constants.c.jinja", "geometry.c.jinja", "table.c.jinja")]


def as_fields(plan: Any) -> dict[str, Any]:
    """The fields of a plan, not copied: what its template sees."""
    return {field.name: getattr(plan, field.name) for field in fields(plan)}


def explain(plan: KernelPlan) -> str:
    """The plan as text for people."""
    lines = [plan.name, *(f"  {label:9} {text}" for label, text in plan.recipe), "  families, cheapest estimate wins:"]
    for choice in plan.entry.choices:
        lines.append(f"    {choice.family:10} ns ≈ {choice.cost}")
    parts: dict[str, Any] = {}
    for family in plan.families:
        parts |= {piece.symbol: piece for piece in family.code.pieces} | {family.code.symbol: family.code}
    for symbol, part in parts.items():
        shown = {k: v for k, v in as_fields(part).items() if isinstance(v, int) or k == "scalar"}
        lines += [f"  {symbol}: " + ", ".join(f"{k} = {v}" for k, v in shown.items())] if shown else []
    return "\n".join(lines)
