"""Problem → KernelPlan: every decision about a kernel, frozen and printable. Templates only spell plans out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from math import prod
from pkgutil import iter_modules
from typing import Any, Protocol

from convt._derive.phases import phase as phase_of
from convt._derive.spec import Axis, ConvSpec

from . import fitted
from .errors import PieceMismatch
from .pieces import Piece
from .problem import Problem
from .target import Target

INDENT = "    "
STRICT = "direct"  # takes the inputs that a family gives up, where a kernel has it; else ``plain`` does


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


class FamilyPlan(Protocol):
    """What every family's plan has: the function that runs it, and the C pieces that this needs.

    Also, where it has them: ``template``, of its Cython text, whose own the other fields are; ``pack_symbol``, the
    function that packs weights; ``table``, the constants about this kernel that the functions read.
    """

    @property
    def symbol(self) -> str: ...

    @property
    def pieces(self) -> tuple[Piece, ...]: ...


class Family(Protocol):
    """A file in ``codegen/families``: ``NAME``, ``accepts``, ``plan``, ``cost``, ``together`` and ``corners``, the sizes that the
    checks visit.

    A corner has ``batch``, ``inputs`` and ``outputs`` (channels), ``groups``, ``extra`` (features of each axis beyond the least) and, if it
    needs them, ``along`` (of the last axis) and ``growth`` (of intermediate sums).

    ``together`` says of each axis how many neighbouring outputs of a phase come from one window of inputs, the first of them
    at a multiple of it (less a constant of the phase). They round together: a slice of a large array that begins at such a
    multiple and holds all of the windows has the bits that the whole has. 1 where each output is a sum of its own, whose
    terms come in an order that no position changes.

    Also, where it needs them: ``rounding``, the bound on its errors, with ``growth`` and ``longest``, which ``error_bound`` reads;
    ``RESTS_ON``, theorems beyond those of every kernel; ``GIVES_UP``, the arguments whose Inf and NaN it leaves to the strict family,
    and whether huge values too.
    """

    NAME: str

    def accepts(self, problem: Problem) -> bool: ...

    def plan(self, problem: Problem, shape: Target) -> FamilyPlan: ...

    def cost(self, problem: Problem, shape: Target) -> str: ...

    def together(self, problem: Problem) -> tuple[int, ...]: ...

    def corners(self, problem: Problem, shape: Target) -> list[dict[str, Any]]: ...


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
    strict: int


@dataclass(frozen=True)
class KernelPlan:
    """One kernel: the recipe that heads its text, its families, and its entry."""

    name: str
    recipe: tuple[tuple[str, str], ...]
    families: tuple[FamilyPlan, ...]
    entry: EntryPlan


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


def families() -> tuple[Family, ...]:
    """The modules in ``codegen/families``, by name: nothing is registered."""
    package = import_module(f"{__package__}.families")
    names = sorted(info.name for info in iter_modules(package.__path__))
    return tuple(import_module(f"{package.__name__}.{name}") for name in names)


def decide(problem: Problem, shape: Target, theorems: Sequence[str] = ()) -> KernelPlan:
    """The plan of one kernel for a processor of this shape. ``theorems`` are the titles its header will cite."""
    accepted = [family for family in families() if family.accepts(problem)]
    plans = tuple(family.plan(problem, shape) for family in accepted)
    choices = tuple(choice(number, family.NAME, plan, fitted.scaled(family.cost(problem, shape), shape, problem.map, family.NAME))
                    for number, (family, plan) in enumerate(zip(accepted, plans, strict=True)))
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
        plain=number["plain"], strict=number.get(STRICT, number["plain"]),
    )
    return KernelPlan(problem.name, tuple(recipe(problem, shape, plans, theorems)), plans, entry)


def choice(number: int, family: str, plan: FamilyPlan, cost: str) -> Choice:
    """The row of a family in its kernel's entry."""
    pack = getattr(plan, "pack_symbol", None)
    return Choice(number, family, plan.symbol, pack or "NULL", f"{pack}_size" if pack else "NULL", getattr(plan, "table", "NULL"), cost)


def together(problem: Problem, family: str) -> tuple[int, ...]:
    """Of each axis, how many neighbouring outputs of a phase a family of this problem's kernel computes from one window."""
    return next(each for each in families() if family == each.NAME).together(problem)


def roundings(problem: Problem) -> dict[str, str]:
    """Family -> the bound on its rounding errors for finite data: Higham's for sums of products, or what the family says."""
    terms = "Σ" + "".join(f"|{letter}|" for letter in "wux" if letter in problem.roles.reads)
    bias = " with the bias" * problem.roles.biased
    usual = f"|error| ≤ γ·{terms}, γ = t·ε/(1 − t·ε), t terms{bias}, ε half a unit in the last place"
    return {family.NAME: getattr(family, "rounding", lambda problem: usual)(problem) for family in families() if family.accepts(problem)}


def error_bound(problem: Problem, family: str, terms: int) -> tuple[float, bool]:
    """What the errors of a family on finite data stay below for sums of so many terms, and whether that is a share of t·max·max.

    Else it is a share of the sum of the terms' magnitudes. It is the bound that ``roundings`` states in words.
    """
    made = next(each for each in families() if family == each.NAME)
    times, more = getattr(made, "growth", lambda problem: (1.0, 0))(problem)
    element, longest = problem.element, getattr(made, "longest", lambda terms: terms)(terms)
    share = (longest + more) * element.parts * element.rounding
    return times * share / (1 - share) if share < 1 else float("inf"), times > 1


def module(name: str, kernels: Sequence[KernelPlan], machine: Sequence[Machine] = ()) -> ModulePlan:
    """Several kernels as one source file; equal pieces are emitted once. Raises ``PieceMismatch``."""
    return ModulePlan(name, tuple(kernels), distinct(name, (), kernels), tuple(machine))


def distinct(name: str, before: Sequence[Piece], kernels: Sequence[KernelPlan]) -> tuple[Piece, ...]:
    """The pieces of a file, once each, after those that come ``before``. Raises ``PieceMismatch``."""
    pieces: dict[str, Piece] = {}
    for piece in (*before, *(piece for kernel in kernels for plan in kernel.families for piece in plan.pieces)):
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


def templates(plans: Sequence[FamilyPlan]) -> list[str]:
    """The templates that the text of families comes from, once each; those of constants and common types left out."""
    names = dict.fromkeys(getattr(part, "template", "") for plan in plans for part in (*plan.pieces, plan))
    return [name for name in names if name not in ("", "constants.c.jinja", "geometry.c.jinja", "table.c.jinja")]


def recipe(problem: Problem, shape: Target, plans: Sequence[FamilyPlan], theorems: Sequence[str]) -> list[tuple[str, str]]:
    """The header of a generated file: how it was made and what is known about it."""
    spec = problem.spec
    lines = [("made by", problem.command),
             ("from", f"templates {', '.join(templates(plans))}; target {problem.target}"),
             ("compile", f"with {problem.processor.compile_with(shape.tune)}")]
    lines += [("lengths", text) for text in _by_axis(spec, _length)]
    lines += [("phases", text) for text in _by_axis(spec, _phases)]
    if problem.filter is not None:
        taps = ", ".join(map(str, problem.filter.values[:8])) + (", …" if len(problem.filter.values) > 8 else "")
        rounding = "exact for integers" if problem.filter.exact else f"within γ of {prod(spec.kernel) + 3} terms"
        lines.append(("filter", f"{problem.filter.name}: {taps}; gain {problem.filter.gain}; {rounding}"))
    if theorems:
        lines.append(("rests on", ", ".join(theorems) + ": for every m ≥ 1"))
    return lines


def _by_axis(spec: ConvSpec, describe: Any) -> list[str]:
    texts = [describe(axis) for axis in spec.axes]
    if len(set(texts)) == 1:
        return [texts[0] + (" on each axis" if spec.dims > 1 else "")]
    return [f"axis {number}: {text}" for number, text in enumerate(texts)]


def _length(axis: Axis) -> str:
    constant = axis.span + axis.output_padding - sum(axis.padding) - axis.stride
    tail = "" if constant == 0 else f" {'+' if constant > 0 else '−'} {abs(constant)}"
    return f"n = {'' if axis.stride == 1 else f'{axis.stride}·'}m{tail}"


def _phases(axis: Axis) -> str:
    texts = []
    for residue in range(min(8, axis.stride)):
        phase = phase_of(axis, residue)
        taps = ", ".join(map(str, phase.taps[:6])) + (", …" if len(phase.taps) > 6 else "")
        offsets = ", ".join(str(o).replace("-", "−") for o in phase.offsets[:6]) + (", …" if len(phase.taps) > 6 else "")
        texts.append(f"r={residue}: " + (f"taps {taps} at offsets {offsets}" if phase.taps else "no taps"))
    more = f"   and {axis.stride - 8} more" if axis.stride > 8 else ""
    return "   ".join(texts) + more


def as_fields(plan: Any) -> dict[str, Any]:
    """The fields of a plan, not copied: what its template sees."""
    return {field.name: getattr(plan, field.name) for field in fields(plan)}


def explain(plan: KernelPlan) -> str:
    """The plan as text for people."""
    lines = [plan.name, *(f"  {label:9} {text}" for label, text in plan.recipe), "  families, cheapest estimate wins:"]
    for choice in plan.entry.choices:
        lines.append(f"    {choice.family:9} ns ≈ {choice.cost}")
    parts: dict[str, Any] = {}
    for family in plan.families:
        parts |= {piece.symbol: piece for piece in family.pieces} | {family.symbol: family}
    for symbol, part in parts.items():
        shown = {k: v for k, v in as_fields(part).items() if isinstance(v, int) or k == "scalar"}
        lines += [f"  {symbol}: " + ", ".join(f"{k} = {v}" for k, v in shown.items())] if shown else []
    return "\n".join(lines)
