"""``convt draw``: pictures of a configuration."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from convt._codegen.numerals import number
from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec
from convt.files import write
from convt.progress import working

from .common import SPEC, sizes


def numbers(context: Any, param: Any, value: str | None) -> tuple[Fraction, ...]:
    """``1,-2,1/2``: whole numbers, decimals and fractions of at most twelve characters."""
    parts = value.split(",") if value is not None else []
    made = [number(part) if len(part) <= 12 else None for part in parts]
    if None in made:
        raise ArgumentError(f"--{param.name}", value, f"must be numbers joined by commas, such as 1,-2,1/2; "
                            f"{parts[made.index(None)][:40]!r} is none", "1,2,1")
    return tuple(value for value in made if value is not None)


@click.command(epilog="\b\nExamples:\n  convt draw 2d_k4s2p1 -o matrix.png\n"
               "  convt draw 1d_k3s2p1op1 --kind scatter --size 5 -o scatter.svg\n"
               "  convt draw 1d_k3s2p1 --kind scatter --size 3 --features 1,2,3 --weights 1,2,1 -o sums.tikz")
@click.argument("spec", type=SPEC)
@click.option("-o", "--output", metavar="FILE", help="The picture: .png, .svg, .pdf, .tikz (for \\input), or .gif for scatter and "
              "gather; without it SPEC-KIND.png in this folder.")
@click.option("--kind", type=click.Choice(["matrix", "scatter", "gather", "overlap", "phases"]), default="matrix", show_default=True)
@click.option("--size", callback=sizes, metavar="M", help="Feature lengths, such as 4 or 4x6.")
@click.option("--features", callback=numbers, metavar="NUMBERS", help="Show these features, row by row, with products and sums.")
@click.option("--weights", callback=numbers, metavar="NUMBERS", help="Show these weights, row by row, with products and sums.")
def command(spec: ConvSpec, output: str | None, kind: str, size: tuple[int, ...] | None, features: tuple[Fraction, ...],
            weights: tuple[Fraction, ...]) -> None:
    """Draw the matrix, how features scatter, how outputs gather, how often taps overlap, or the phases; 3-D as slices."""
    from convt._derive.derivation import printed_size
    from convt._derive.render.figures import FORMATS, draw
    from convt._derive.render.scenes import Numbers

    output = output or f"{str(spec).replace(':', 't')}-{kind}.png"
    suffix = Path(output).suffix
    if suffix[1:] not in FORMATS:
        raise ArgumentError("-o", output, f"must end in {', '.join('.' + name for name in FORMATS)}", f"{Path(output).stem or spec}.png")
    feature = printed_size(spec, size)
    chosen = Numbers.of(spec, feature, features, weights) if features or weights else None
    with working(f"drawing {output}"):
        picture = draw(spec, feature, kind, suffix[1:], chosen)
    write(output, picture)
    click.echo(f"wrote {output}")
