"""``convt dialects``: how frameworks and formats say a configuration, and who cannot; or what a framework's arguments mean."""

from __future__ import annotations

import json
from typing import Any

import click

from convt._derive.errors import ArgumentError

from .common import SpecType, offered, show, sizes
from .streams import shown


class Word(SpecType):
    """A configuration name, or name=value with ``--read``."""

    name = "spec"

    def convert(self, value: Any, param: Any, context: Any) -> Any:
        reading = isinstance(context.params.get("dialect"), str)
        return value if reading and isinstance(value, str) else super().convert(value, param, context)


def _dialects() -> list[str]:
    from convt._derive.dialects import dialects

    return [one.NAME.lower() for one in dialects()]


@click.command(epilog="\b\nExamples:\n  convt dialects 2d_k4s2p1\n  convt dialects 2d_k3s2p0:1 --format json\n"
                      "  convt dialects --read pytorch stride=2 padding=1 kernel_size=4\n"
                      "  convt dialects --read tensorflow kernel_size=3 strides=2 output_shape=8 --size 4")
@click.argument("words", type=Word(), nargs=-1, required=True, metavar="SPEC | NAME=VALUE...")
@click.option("--read", "dialect", is_eager=True, metavar="DIALECT", shell_complete=offered(_dialects),
              help="Read this dialect's own arguments, NAME=VALUE each, instead of a SPEC.")
@click.option("--size", callback=sizes, help="With --read: the meaning for these feature lengths m only, as 4 or 4x6.")
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(words: tuple[Any, ...], dialect: str | None, size: tuple[int, ...] | None, kind: str) -> None:
    """Print a call of each dialect for this configuration, or why it has none and what to do instead; or read arguments."""
    from convt._derive.render import dialects as render

    if dialect is not None:
        from convt._derive.readings import question
        from convt._derive.values import arguments_of

        asked = question(dialect, arguments_of(" ".join(words)))
        feature = _feature(size, asked.dims)
        reading = asked.always() if feature is None else asked.at(feature)
        found: Any = render.reading_data(asked, reading, feature)
        lines = list(render.reading_lines(asked, reading, feature))
    else:
        if len(words) != 1 or size is not None:
            raise ArgumentError("--size" if len(words) == 1 else "SPEC", size or " ".join(map(str, words)),
                                "goes with --read" if len(words) == 1 else "must be one configuration, or arguments with --read DIALECT")
        from convt._derive.proposals import propose

        sayings = propose(words[0])
        found = [render.saying_data(one) for one in sayings]
        lines = [line for one in sayings for line in render.saying_lines(one)]
    if kind == "json":
        show(json.dumps(found, indent=1, ensure_ascii=False).encode(), None)
    else:
        click.echo(shown("\n".join(lines)))


def _feature(size: tuple[int, ...] | None, dims: int) -> tuple[int, ...] | None:
    """One length for all axes, or one an axis."""
    from convt._derive.readings import feature_size

    return feature_size(size[0] if size is not None and len(size) == 1 else size, dims)
