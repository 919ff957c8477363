"""``convt draw``: pictures of a configuration."""

from __future__ import annotations

from pathlib import Path

import click

from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec

from .common import SPEC, sizes, write


@click.command(epilog="\b\nExamples:\n  convt draw 2d_k4s2p1 -o matrix.png\n"
               "  convt draw 1d_k3s2p1op1 --kind scatter --size 5 -o scatter.svg")
@click.argument("spec", type=SPEC)
@click.option("-o", "--output", metavar="FILE", required=True, help="The picture; .png or .svg, or .gif for scatter and gather.")
@click.option("--kind", type=click.Choice(["matrix", "scatter", "gather", "overlap", "phases"]), default="matrix", show_default=True)
@click.option("--size", callback=sizes, metavar="M", help="Feature lengths, such as 4 or 4x6.")
def command(spec: ConvSpec, output: str, kind: str, size: tuple[int, ...] | None) -> None:
    """Draw the matrix, how features scatter, how outputs gather, how often taps overlap, or the phases; 3-D as slices."""
    from convt._derive.derivation import printed_size
    from convt._derive.render.figures import FORMATS, draw

    suffix = Path(output).suffix
    if suffix[1:] not in FORMATS:
        raise ArgumentError("-o", output, "must end in .png, .svg or .gif", f"{Path(output).stem or spec}.png")
    write(output, draw(spec, printed_size(spec, size), kind, suffix[1:]))
    click.echo(f"wrote {output}")
