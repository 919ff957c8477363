"""``convt dialects``: how frameworks and formats say a configuration, and who cannot."""

from __future__ import annotations

import json

import click

from convt._derive.spec import ConvSpec

from .common import SPEC, show
from .terminal import table


@click.command(epilog="\b\nExamples:\n  convt dialects 2d_k4s2p1\n  convt dialects 2d_k3s2p0:1 --format json")
@click.argument("spec", type=SPEC)
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(spec: ConvSpec, kind: str) -> None:
    """Print the arguments of each dialect for this configuration, or why it has none."""
    from convt._derive.dialects import SIZES, dialects, say

    sayings = [say(one, spec) for one in dialects()]
    if kind == "json":
        show(json.dumps([{
            "dialect": one.dialect.NAME, "operation": one.dialect.OPERATION.format(dims=spec.dims),
            "arguments": None if one.arguments is None else dict(one.arguments), "reason": one.reason,
            "weights": str(one.weights), "channels_last": one.dialect.CHANNELS_LAST, "notes": list(one.notes),
        } for one in sayings], indent=1, ensure_ascii=False).encode(), None)
        return
    rows = [(one.dialect.NAME, one.dialect.OPERATION.format(dims=spec.dims), str(one.weights), str(one)) for one in sayings]
    table(("dialect", "operation", "weights", "arguments"), rows, ("bold", "", "dim", ""))
    notes = [f"{one.dialect.NAME}: {note}" for one in sayings for note in one.notes]
    if any(one.arguments and "output_shape" in one.arguments for one in sayings):
        notes.append(f"output_shape is written for m = {SIZES[0]} (or the smallest legal m)")
    if notes:
        click.echo("\n" + "\n".join(notes))
