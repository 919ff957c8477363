"""KernelPlan → source text. Templates hold text and loops over ready rows; every variable is a field of a plan.

Undefined variables are errors, and a template must use exactly the fields its plan has: one that is missing on either
side is an error too.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, meta

from .errors import TemplateMismatch
from .pieces import Piece, Static, runtime_version, static
from .plan import KernelPlan, ModulePlan, as_fields


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
    pieces = [{"text": indent(text_of(piece)), "prototypes": piece.prototypes,
               "declarations": [line.removesuffix(" noexcept nogil").removesuffix(" except -1") for line in piece.prototypes]}
              for piece in plan.pieces]
    kernels = [{"name": kernel.name, "recipe": kernel.recipe, "texts": kernel_texts(kernel)} for kernel in plan.kernels]
    demands = fill("demands.c.jinja", {"machine": plan.machine})
    return fill("module.pyx.jinja", {"kernels": kernels, "pieces": pieces, "demands": indent(demands),
                                     "call": indent(static("call.h")), "version": runtime_version()})


def text_of(piece: Piece) -> str:
    """The C of a piece."""
    if isinstance(piece, Static):
        return static(piece.template)
    rows = as_fields(piece)
    template = rows.pop("template")
    del rows["prototypes"]
    return fill(template, rows)


def kernel_texts(kernel: KernelPlan) -> list[str]:
    """The functions of one kernel: its families, then its entry."""
    texts = []
    for family in kernel.families:
        rows = as_fields(family)
        if (template := rows.pop("template", None)) is not None:
            rows.pop("pieces")
            texts.append(fill(template, rows).strip("\n"))
    return [*texts, fill("entry.pyx.jinja", as_fields(kernel.entry)).strip("\n")]


def indent(text: str) -> str:
    """Text moved right by one level, blank lines left blank."""
    return "\n".join("    " + line if line.strip() else "" for line in text.strip("\n").split("\n"))
