"""``convt store``: what was built, whether it is whole, and how to be rid of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from convt._derive.errors import ArgumentError

from .terminal import table

if TYPE_CHECKING:
    from convt._codegen.upkeep import Held

UNITS = {"h": 3600, "d": 86400, "w": 7 * 86400}


@click.command(epilog="\b\nExamples:\n  convt store\n  convt store verify\n  convt store prune --older-than 30d")
@click.argument("action", type=click.Choice(["list", "verify", "prune"]), default="list")
@click.option("--older-than", "age", metavar="AGE", help="With prune: also kernels built longer ago, such as 12h, 30d or 8w.")
def command(action: str, age: str | None) -> None:
    """List the kernels of the store, verify all digests (exit 1 if one was damaged), or prune it.

    Prune removes what killed processes left, damaged entries that were set aside, and kernels that another version of
    this tool made, which this one never loads.
    """
    from convt._codegen import upkeep
    from convt._codegen.pipeline import generator_digest
    from convt._codegen.place import open_store

    seconds = _seconds(age) if age is not None else None
    if seconds is not None and action != "prune":
        raise ArgumentError("--older-than", age, "goes with prune", "convt store prune --older-than " + str(age))
    store = open_store()
    if action == "prune":
        left = upkeep.sweep(store, all=True)
        gone = upkeep.prune(store, lambda held: held.generator != generator_digest() or (seconds is not None and held.age >= seconds))
        click.echo(f"{len(gone)} kernels removed, {_size(sum(held.size for held in gone))}; {left} leftovers; {store.root}")
        return
    rows = list(upkeep.held(store))
    if action == "verify":
        damaged = [held for held in rows if store.get(held.key) is None]
        click.echo(f"{len(rows) - len(damaged)} of {len(rows)} kernels are what was published; {store.root}")
        if damaged:
            raise SystemExit(1)
        return
    if rows:
        table(("kernel", "size", "built", "compiler", "key"),
              [(held.kernel, _size(held.size), _ago(held), held.compiler, held.key[:12]) for held in rows], ("bold",))
    click.echo(f"{len(rows)} kernels, {_size(sum(held.size for held in rows))}; {store.root}")


def _seconds(age: str) -> int:
    found = re.fullmatch(r"([0-9]{1,6})([hdw])", age)
    if found is None:
        raise ArgumentError("--older-than", age, "must be a number of hours, days or weeks", "30d")
    return int(found[1]) * UNITS[found[2]]


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _ago(held: Held) -> str:
    hours = held.age / 3600
    return f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} d ago"
