"""``convt solve``: which crops and output paddings give a wanted length."""

from __future__ import annotations

import json

import click

from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec

from .common import SPEC, show, sizes
from .streams import shown


@click.command(epilog="\b\nExamples:\n  convt solve 2d_k3s2 --from 7 --to 14\n  convt solve 1d_k16s8 --from 50 --to 400 --format json")
@click.argument("spec", type=SPEC)
@click.option("--from", "feature", callback=sizes, required=True, metavar="M", help="Feature lengths m, as 7 or 7x9.")
@click.option("--to", "image", callback=sizes, required=True, metavar="N", help="Image lengths n that are wanted.")
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(spec: ConvSpec, feature: tuple[int, ...], image: tuple[int, ...], kind: str) -> None:
    """Every crop and output padding of a kernel, stride and dilation that give these lengths, and what each dialect writes."""
    from convt._derive.render.solving import solution_data, solution_lines
    from convt._derive.solving import solve

    try:
        found = solve(spec, *(size[0] if len(size) == 1 else size for size in (feature, image)))
    except ArgumentError as error:
        options = {"feature": "--from", "image": "--to", "spec": "SPEC"}
        name, bracket, axis = error.argument.partition("[")
        raise ArgumentError(options[name] + bracket + axis, error.value, error.rule, error.nearest) from None
    if kind == "json":
        show(json.dumps(solution_data(found), indent=1, ensure_ascii=False).encode(), None)
    else:
        click.echo(shown("\n".join(solution_lines(found))))
