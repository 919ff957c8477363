"""``convt schema``: what may stand in a spec file."""

from __future__ import annotations

import json

import click

from .common import show


@click.command(epilog="\b\nExamples:\n  convt schema -o convt.schema.json\n  convt schema --format markdown")
@click.option("--format", "kind", type=click.Choice(["json", "markdown"]), default="json", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write there.")
def command(kind: str, output: str | None) -> None:
    """Print JSON Schema of spec files, with which editors complete and check them; or the page about them."""
    from convt.specs.needs import demand

    demand("pydantic")
    from convt.specs.model import schema
    from convt.specs.page import page

    show((page() if kind == "markdown" else json.dumps(schema(), indent=1, ensure_ascii=False)).encode(), output)
