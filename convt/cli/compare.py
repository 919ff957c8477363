"""``convt compare``: whether two ways of writing a transposed convolution are the same map. Exit code 1 where they are not."""

from __future__ import annotations

import json
import sys

import click

from .common import sizes


@click.command(epilog='\b\nExamples:\n  convt compare "pytorch: kernel_size=4 stride=2 padding=1" "tensorflow: kernel_size=4 strides=2"\n'
                      '  convt compare 2d_k3s2p1op1 "keras: kernel_size=(3, 3) strides=2 padding=same" --format json')
@click.argument("one")
@click.argument("other")
@click.option("--size", callback=sizes, help="Compare for these feature lengths m only, as 4 or 4x6.")
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(one: str, other: str, size: tuple[int, ...] | None, kind: str) -> None:
    """Compare two, each a SPEC or "DIALECT: NAME=VALUE …" in the framework's own arguments: lengths, values, the smallest difference."""
    from convt._derive import readings
    from convt._derive.comparison import compare
    from convt._derive.render.dialects import comparison_data, comparison_lines

    first, second = readings.parsed(one), readings.parsed(other)
    feature = readings.feature_size(size[0] if size is not None and len(size) == 1 else size, max(first.dims, second.dims))
    found = compare(first, second, feature)
    data = comparison_data(found) if kind == "json" else None
    click.echo("\n".join(comparison_lines(found)) if data is None else json.dumps(data, indent=1, ensure_ascii=False))
    if not found.same:
        sys.exit(1)
