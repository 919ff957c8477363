"""KernelPlan → source text, and the header that all sources include.

Templates hold text and loops over ready rows; every variable is a field of a plan. Undefined variables are errors, and a
template must use exactly the fields its plan has: one that is missing on either side is an error too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, meta

from .errors import TemplateMismatch
from .pieces import Piece, Static, runtime, runtime_version, static
from .plan import KernelPlan, ModulePlan, as_fields
from .store import HEADER


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader(__package__), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                       keep_trailing_newline=True, autoescape=False)


@cache
def _template(name: str) -> tuple[Template, frozenset[str]]:
    """A template with the names that it uses, parsed once."""
    environment = _environment()
    assert environment.loader is not None
    source, path, _ = environment.loader.get_source(environment, name)
    tree = environment.parse(source, name, path)
    wanted = frozenset(meta.find_undeclared_variables(tree))
    return Template.from_code(environment, environment.compile(tree, name, path), environment.make_globals(None)), wanted


def fill(template: str, rows: dict[str, Any]) -> str:
    """The template's text with these rows. Raises ``TemplateMismatch`` unless names agree both ways."""
    made, wanted = _template(template)
    missing, unused = wanted - set(rows), set(rows) - wanted
    if missing or unused:
        raise TemplateMismatch(f"{template}: not in the plan: {sorted(missing)}; not in the template: {sorted(unused)}")
    return made.render(rows)


def render(plan: ModulePlan) -> str:
    """The source of a module. The same plan gives the same bytes, everywhere."""
    texts = {piece.symbol: text_of(piece) for piece in plan.pieces}
    needed = parts(plan, texts)
    pieces = [{"text": indent(texts[piece.symbol]), "prototypes": piece.prototypes,
               "elsewhere": " && ".join(f"PART != {part}" for part in sorted(needed[piece.symbol])),
               "declarations": [in_c(line) for line in piece.prototypes]}
              for piece in plan.pieces]
    kernels = [{"name": kernel.name, "recipe": kernel.recipe, "families": family_texts(kernel),
                "entry": fill("entry.pyx.jinja", as_fields(kernel.entry)).strip("\n")} for kernel in plan.kernels]
    demands = fill("demands.c.jinja", {"machine": plan.machine})
    return fill("module.pyx.jinja", {"kernels": kernels, "pieces": pieces, "demands": indent(demands), "header": HEADER, "mark": mark(),
                                     "runtime": [line for piece in runtime() for line in piece.prototypes]})


@cache
def header() -> str:
    """``convt_runtime.h``: the static C that the sources of all kernels include."""
    pieces = runtime()
    return fill("runtime.h.jinja", {
        "name": HEADER, "mark": mark(), "version": runtime_version(), "call": static("call.h").strip("\n"),
        "declarations": [in_c(line) for piece in pieces for line in piece.prototypes],
        "bodies": "\n\n".join(text_of(piece).strip("\n") for piece in pieces)})


@cache
def mark() -> str:
    """The macro by which a source knows that the header is its own."""
    text = static("call.h") + "".join(map(text_of, runtime()))
    return f"CONVT_RUNTIME_{sha256(text.encode()).hexdigest()[:12]}"


def parts(plan: ModulePlan, texts: Mapping[str, str]) -> dict[str, set[int]]:
    """Piece -> the parts of the module, 1 and 2, that need its text: they share the families, so that they take about as long.

    The longest family comes first; each goes where less text comes together, what is there already counted once.
    """
    needs: dict[str, set[str]] = {}
    for code in (family.code for kernel in plan.kernels for family in kernel.families if family.code.pieces):
        needs.setdefault(code.symbol, set()).update(piece.symbol for piece in code.pieces)

    def length(symbols: set[str]) -> int:
        return sum(len(texts[symbol]) for symbol in symbols)

    held: dict[int, set[str]] = {1: set(), 2: set()}
    for driver in sorted(needs, key=lambda driver: (-length(needs[driver]), driver)):
        part = min(held, key=lambda part: length(held[part] | needs[driver]))
        held[part] |= needs[driver]
    return {piece.symbol: {part for part, symbols in held.items() if piece.symbol in symbols} for piece in plan.pieces}


def text_of(piece: Piece) -> str:
    """The C of a piece."""
    if isinstance(piece, Static):
        return static(piece.template)
    rows = as_fields(piece)
    template = rows.pop("template")
    del rows["prototypes"]
    return fill(template, rows)


def family_texts(kernel: KernelPlan) -> list[str]:
    """The families of one kernel that are Cython: ``plain``."""
    texts = []
    for family in kernel.families:
        rows = as_fields(family.code)
        if (template := rows.pop("template", None)) is not None:
            rows.pop("pieces")
            texts.append(fill(template, rows).strip("\n"))
    return texts


def in_c(prototype: str) -> str:
    """A prototype for Cython as C."""
    return prototype.removesuffix(" noexcept nogil").removesuffix(" except -1").replace("Py_ssize_t", "ptrdiff_t")


def indent(text: str) -> str:
    """Text moved right by one level, blank lines left blank."""
    return "\n".join("    " + line if line.strip() else "" for line in text.strip("\n").split("\n"))
