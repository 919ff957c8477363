"""KernelPlan → one .c and one .h without Python: the families of the plan as they are, ``plain`` and the choice of a family as C.

The header is for whoever calls a kernel, and is read from the top. Everything that does not depend on the kernel is static C from
``codegen/runtime``; memory is the caller's (``caller.h``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convt._derive.lengths import image_lengths, smallest_feature_length

from ..estimate import in_c
from ..families.plain import PlainPlan
from ..pieces import Static, Table, static
from ..plan import AxisRow, KernelPlan, Machine, as_fields, distinct
from ..problem import Problem
from ..render import fill, text_of

AROUND = (Static("caller.h", "caller", ()), Static("items.h", "items", ()), Static("plain.h", "plain", ()))
SAYS = {"u": ("features (batch, F, {m})", "features (batch, {m}, F)"), "x": ("image (batch, C, {n})", "image (batch, {n}, C)")}
MAPS = {"conv": "convolution", "conv_transpose": "transposed convolution", "conv_weight_gradient": "weight gradient of a convolution"}
FEATURES, IMAGES, ALONG = 8, 4, 15  # channels of the example, and its feature lengths beyond the least


@dataclass(frozen=True)
class Parameter:
    """An array of a call: its type, its letter, the field of ``Call`` that it becomes, and what it is."""

    type: str
    letter: str
    field: str
    says: str


@dataclass(frozen=True)
class Member:
    """A family in the header and in the kernel's table; ``estimate`` in C, ``address`` of its table."""

    number: int
    family: str
    constant: str
    symbol: str
    pack: str
    pack_size: str
    address: str
    estimate: str


@dataclass(frozen=True)
class Packing:
    """What only kernels have that read weights: one of it, or none."""

    type: str


@dataclass(frozen=True)
class Lengths:
    """The lengths of the output from those of the input: one of it, or none."""

    says: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Interface:
    """Rows of ``header.h.jinja`` and ``entry.c.jinja``."""

    name: str
    guard: str
    what: str
    recipe: tuple[tuple[str, str], ...]
    dims: int
    parameters: tuple[Parameter, ...]
    members: tuple[Member, ...]
    packings: tuple[Packing, ...]
    lengths: tuple[Lengths, ...]
    element: str
    example: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """Rows of ``entry.c.jinja`` that the header does not have."""

    taps: int
    item_size: int
    parts: int
    channel_axis: int
    first_axis: int
    biased: int
    by_image: int
    features_first: int
    macs: str
    axes: tuple[AxisRow, ...]
    plain: int
    fallback: int
    built_in: int


def sources(plan: KernelPlan, machine: Sequence[Machine], checked: Sequence[tuple[str, str]] = ()) -> dict[str, str]:
    """``NAME.c`` and ``NAME.h``. ``checked``: lines about the checks, for the header."""
    shown = interface(plan, checked)
    rows = as_fields(shown)
    pieces = "\n\n".join(text_of(piece).strip("\n") for piece in distinct(plan.name, AROUND, [plan]))
    body = fill("plain_c.c.jinja", {
        "name": plan.name, "recipe": shown.recipe, "demands": fill("demands_c.c.jinja", {"machine": machine}), "call": static("call.h"),
        "pieces": pieces, "plain": "\n\n".join(plain(family.code) for family in plan.families if isinstance(family.code, PlainPlan)),
        "kernel": static("kernel.h"), "entry": static("entry.h"),
        "functions": fill("entry.c.jinja", {key: rows[key] for key in ("name", "dims", "parameters", "members", "packings", "lengths")}
                          | as_fields(entry(plan)))})
    return {f"{plan.name}.c": body, f"{plan.name}.h": fill("header.h.jinja", rows)}


def plain(plan: PlainPlan) -> str:
    """The family ``plain`` as C."""
    rows = as_fields(plan)
    for name in ("template", "pieces"):
        del rows[name]
    return fill("plain.c.jinja", rows).strip("\n")


def interface(plan: KernelPlan, checked: Sequence[tuple[str, str]]) -> Interface:
    """What the header says."""
    problem, name = plan.problem, plan.name
    spec, element, roles = problem.spec, problem.element, problem.roles
    last, packs = problem.layout == "channels_last", "w" in roles.reads
    axes = {letter: ", ".join(f"{letter}{number}" for number in range(spec.dims)) for letter in "mn"}
    says = {letter: row[last].format(**axes) for letter, row in SAYS.items()} | {
        "w": f"weights (F, C/groups, {', '.join(map(str, spec.kernel))})"}
    side = {roles.source: "in_data", roles.target: "out_data", "w": "w"}
    if problem.filter is not None:
        says["w"] += ": the filter that is built in, for each channel; NULL with FIXED, which has it in its code, and which AUTO then is"
    rows = [Parameter(f"const {element.scalar} *", letter, side[letter], says[letter]) for letter in roles.reads]
    if packs:
        rows += [Parameter(f"const {element.scalar} *", "packed", "packed", "the weights as packed for the family; or NULL"),
                 Parameter(f"const {element.scalar} *", "bias", "bias", f"{'C' if roles.gives == 'x' else 'F'} numbers; or NULL")]
    rows.append(Parameter(f"{element.scalar} *", roles.gives, side[roles.gives], f"{says[roles.gives]}: the result"))
    lengths = _lengths(problem, plan.entry.axes)
    given = ["NULL" if row.letter in ("packed", "bias") else row.letter for row in rows]
    return Interface(
        name=name, guard=f"{name.upper()}_H", what=f"{MAPS[problem.map]}, {element.name}, {problem.layout.replace('_', ' ')}",
        recipe=(*_recipe(plan), *checked), dims=spec.dims, parameters=tuple(rows), members=tuple(members(plan)),
        packings=(Packing(element.scalar),) if packs else (), lengths=lengths,
        element="two neighbouring numbers are one complex number: its real and its imaginary part" if element.parts == 2 else
        f"numbers are {element.scalar}", example=tuple(_example(problem, name, given, bool(lengths))))


def _recipe(plan: KernelPlan) -> list[tuple[str, str]]:
    changed = {"made by": f"{plan.problem.command} --c"}
    return [(label, changed.get(label, text.replace("plain.pyx.jinja", "plain.c.jinja"))) for label, text in plan.recipe]


def members(plan: KernelPlan) -> list[Member]:
    """The families of a kernel."""
    tables = {piece.symbol for family in plan.families for piece in family.code.pieces if isinstance(piece, Table)}
    return [Member(row.number, row.family, f"{plan.name}_{row.family.upper()}", row.symbol, row.pack, row.pack_size,
                   f"&{row.table}_plan" if row.table in tables else row.table, in_c(row.cost)) for row in plan.entry.choices]


def entry(plan: KernelPlan) -> Entry:
    """The rest of the kernel's table."""
    rows = plan.entry
    fixed = {row.family: row.number for row in rows.choices}.get("fixed", -1)
    return Entry(rows.taps, rows.item_size, rows.parts, rows.channel_axis, rows.first_axis, rows.biased, rows.by_image, rows.features_first,
                 rows.macs, rows.axes, rows.plain, rows.fallback, fixed)


def _lengths(problem: Problem, axes: tuple[AxisRow, ...]) -> tuple[Lengths, ...]:
    """Of conv its feature lengths, of conv_transpose its image lengths; of the gradient none, whose output has no lengths."""
    gives = problem.roles.gives
    if gives == "x":
        return (Lengths("n from m", tuple(
            f"sizes->n[{row.number}] = image_length(sizes->m[{row.number}], {row.stride}, {row.least + axis.output_padding})"
            for row, axis in zip(axes, problem.spec.axes, strict=True))),)
    if gives == "u":
        return (Lengths("m from n", tuple(
            f"sizes->m[{row.number}] = feature_length(sizes->n[{row.number}], {row.stride}, {row.least})" for row in axes)),)
    return ()


def _example(problem: Problem, name: str, arrays: Sequence[str], lengths: bool) -> list[str]:
    """Lines of a call."""
    m = tuple(smallest_feature_length(axis) + ALONG for axis in problem.spec.axes)
    n = image_lengths(problem.spec, m)
    known = {"n": n} if problem.roles.gives == "u" else {"m": m} if lengths else {"m": m, "n": n}
    shown = ", ".join(f".{letter} = {{{', '.join(map(str, row))}}}" for letter, row in known.items())
    images, groups = (FEATURES, FEATURES) if problem.filter else (IMAGES, 1)
    given = f" {name}_WEIGHTS," if "w" in problem.roles.reads else ""
    return [f"{name}_sizes sizes = {{.batch = 1, .features = {FEATURES}, .images = {images}, .groups = {groups}, {shown}}};",
            *([f"{name}_lengths(&sizes);"] if lengths else []),
            "size_t bytes;", f"{name}_scratch_size(&sizes, {name}_AUTO,{given} 1, &bytes);", "void *scratch = malloc(bytes);",
            f"int result = {name}_run(&sizes, {name}_AUTO, {', '.join(arrays)}, 1, scratch, bytes);",
            f"if (result != {name}_DONE)", f"    puts({name}_text(result));"]
