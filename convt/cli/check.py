"""``convt check``: are the layers of a spec still what it says?"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import click

from convt._derive.errors import ArgumentError
from convt.files import write
from convt.progress import working

from .common import FileType, show, utf8
from .streams import shown
from .terminal import table

if TYPE_CHECKING:
    from convt.specs.finding import Result
    from convt.specs.layer import Layer
    from convt.specs.mistakes import BadSpec

LEVELS = ("shapes", "proofs", "kernels", "libraries")


@click.command(epilog="\b\nExamples:\n  convt check unet.convt.toml\n  convt check specs/*.convt.toml --level shapes\n"
               "  convt check unet.convt.toml --update\n  convt check unet.convt.toml --format github --junit checks.xml")
@click.argument("files", nargs=-1, required=True, metavar="SPEC...", type=FileType())
@click.option("--level", type=click.Choice(LEVELS), default="libraries", show_default=True,
              help="How deep: lengths and counts only; theorems too; kernels too; libraries too.")
@click.option("--only", multiple=True, metavar="NAME", help="Only these layers; * and ? stand for letters.")
@click.option("--format", "kind", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--junit", metavar="FILE", help="Write JUnit's XML too.")
@click.option("--update", is_flag=True, help="Write the lock beside each spec, and list what changed; refused where CI is set.")
@click.option("--speed", is_flag=True, help="Measure faster_than too.")
@click.option("--strict", is_flag=True, help="Exit 3 where a library that is named is not installed.")
def command(files: tuple[str, ...], level: str, only: tuple[str, ...], kind: str, junit: str | None, update: bool, speed: bool,
            strict: bool) -> None:
    """Check the layers of spec files: lengths, theorems, kernels, what libraries compute, and the lock beside each file."""
    from convt.specs.needs import demand

    demand("pydantic", "tree_sitter", "tree_sitter_toml", *["junitparser"] * bool(junit))
    from convt.specs import check, report
    from convt.specs.finding import exit_code
    from convt.specs.mistakes import BadSpec
    from convt.specs.reading import read

    start = perf_counter()
    if only and update:
        raise ArgumentError("--update", ", ".join(only), "writes whole locks: it does not go with --only")
    try:
        layers = _chosen(read(files), only)
        with working(f"checking {len(layers)} layers") as say:
            results = check.check(layers, level, say, speed)
        notes = check.against_locks(results, level, update, bool(only))
    except BadSpec as error:
        _complain(error, kind)
        raise SystemExit(2) from None
    seconds, code = perf_counter() - start, exit_code(results, strict)
    if junit:
        write(junit, report.junit(results, seconds))
    if kind == "json":
        show(utf8(report.data(results, level, code)), None)
    else:
        _print(results, notes, kind, report.summary(results, level, seconds))
    if code:
        raise SystemExit(code)


def _complain(error: BadSpec, kind: str) -> None:
    """Every mistake, a line each."""
    from convt.specs import report

    if kind == "json":
        show(utf8(report.mistakes(error.mistakes)), None)
    for one in error.mistakes:
        if kind == "github":
            click.echo(shown(report.annotation("error", one.file, one.line, "spec", one.told)))
        else:
            click.echo(shown(str(one)), err=True)


def _chosen(layers: Sequence[Layer], only: tuple[str, ...]) -> list[Layer]:
    """The layers that are asked for."""
    kept = [layer for layer in layers if not only or any(fnmatch.fnmatchcase(layer.name, pattern) for pattern in only)]
    if not kept:
        from convt.specs.mistakes import closest

        names = [layer.name for layer in layers]
        raise ArgumentError("--only", ", ".join(only), "no layer has this name", closest(only[0], names, 0.3) or names[0])
    return kept


def _print(results: Sequence[Result], notes: Sequence[str], kind: str, summary: str) -> None:
    from convt.specs import report

    if kind == "github":
        for line in report.github(results):
            click.echo(shown(line))
    else:
        table(("layer", "geometry", "output", "found"), report.rows(results), ("bold", "", "", ""))
        for line in report.failures(results):
            click.echo(shown(line))
    for line in notes:
        click.echo(shown(line))
    click.echo(shown(summary))
