"""``convt derive``: the derivation of a configuration."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec
from convt.progress import working

from .common import SPEC, Natural, naturals, offered_list, show, sizes
from .terminal import coloured


def _titles() -> list[str]:
    from convt.specs.words import THEOREMS

    return [title.replace(" ", "-") for title in THEOREMS.values()]


def _cost(spec: ConvSpec, size: tuple[int, ...] | None, channels: str | None) -> Iterator[str]:
    """What a call costs, as text."""
    from convt._derive.cost import cost, cost_lines
    from convt._derive.derivation import printed_size
    from convt._derive.spec import LONGEST, per_axis

    pair = (1, 1) if channels is None else naturals("--channels", channels, ",", "must be two numbers, features and images", "256,128")
    if len(pair) != 2:
        raise ArgumentError("--channels", channels, "must be two numbers, features and images", "256,128")
    feature = printed_size(spec) if size is None else per_axis("--size", size[0] if len(size) == 1 else size, spec.dims, 1, LONGEST)
    return cost_lines(cost(spec, feature), *pair)


ENDS = {".tex": "latex", ".pdf": "pdf", ".html": "html", ".json": "json"}


@click.command(epilog="\b\nExamples:\n  convt derive 2d_k4s2p1\n  convt derive 1d_k3s2p1op1 --size 5 -o k3.tex"
               "\n  convt derive 2d_k4s2p1 -o k4.pdf\n  convt derive 1d_k4s2p1 --only 4,polyphase-split"
               "\n  convt derive 1d_k4s2p1 --short\n  convt derive 2d_k4s2p1 --cost --size 16x12 --channels 256,128"
               "\n  convt derive --general -o general.html")
@click.argument("spec", type=SPEC, required=False)
@click.option("--format", "chosen_kind", type=click.Choice(["text", "latex", "pdf", "html", "json"]),
              help="By default what the end of FILE says: .tex, .pdf, .html or .json, else text.")
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option("--size", callback=sizes, metavar="M", help="Feature lengths of the printed examples, such as 4 or 4x6.")
@click.option("--only", metavar="THEOREMS", shell_complete=offered_list(_titles),
              help="Prove and print only these, with their sections: numbers or titles, such as 4,adjoint.")
@click.option("--columns", type=Natural("--columns", 4), default=12, show_default=True, metavar="N",
              help="Rows and columns of a matrix that are printed before dots stand for the others.")
@click.option("--cost", "only_cost", is_flag=True, help="Only how many multiply-adds and bytes a call of --size takes (theorem 29).")
@click.option("--channels", metavar="F,C", help="With --cost: feature and image channels, such as 256,128.")
@click.option("--general", is_flag=True, help="What holds for all k, s, d, p and op, without a SPEC.")
@click.option("--short", is_flag=True, help="Headlines and pictures, and the steps of one proof: the adjoint's, or the first of --only.")
def command(spec: ConvSpec | None, chosen_kind: str | None, output: str | None, size: tuple[int, ...] | None, only: str | None,
            columns: int, only_cost: bool, channels: str | None, general: bool, short: bool) -> None:
    """Lengths, matrix, phases and every theorem with its steps, each judged; or with --cost what a call costs."""
    kind = chosen_kind or ENDS.get(Path(output or "").suffix, "text")
    if only_cost and spec is not None:
        if kind != "text" or only is not None or short:
            raise ArgumentError("--cost", True, "prints numbers as text: it goes with --size, --channels and -o alone")
        show("\n".join(_cost(spec, size, channels)), output)
        return
    if channels is not None:
        raise ArgumentError("--channels", channels, "goes with --cost")
    from convt._derive.chosen import chosen
    from convt._derive.derivation import derivation, general_derivation

    if general and (spec is not None or size is not None):
        name, value = ("SPEC", str(spec)) if spec is not None else ("--size", "x".join(map(str, size or ())))
        raise ArgumentError(name, value, "does not go with --general, which speaks of no configuration and of no size")
    if spec is None and not general:
        raise click.UsageError("Missing argument 'SPEC' (or --general).")
    if only_cost:
        raise ArgumentError("--cost", True, "is of a configuration, and goes without --general", False)
    if kind == "pdf" and output is None:
        raise ArgumentError("-o", output, "a PDF needs a file to be written to", f"{spec or 'general'}.pdf")
    wanted = () if only is None else chosen(only, "--only")
    with working(f"proving {spec or 'for all parameters'}"):
        made = general_derivation(wanted, short) if spec is None else derivation(spec, size, wanted, short, columns)
    render: dict[str, Callable[[], str | bytes]] = {
        "text": made.text, "latex": made.latex, "pdf": made.pdf, "html": made.html,
        "json": lambda: json.dumps(made.json(), indent=1, ensure_ascii=False),
    }
    if kind == "text" and output is None and sys.stdout.isatty():
        coloured(made.text())
    else:
        with working(f"writing {kind}"):
            document = render[kind]()
        show(document.encode() if isinstance(document, str) and kind != "text" else document, output)
    if not made.holds:
        raise SystemExit(1)
