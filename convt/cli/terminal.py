"""What is printed for a reader: tables that fit the terminal, and colours.

Texts are never read as markup: brackets, colons and asterisks are printed as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import zip_longest

import click

from .streams import shown


def coloured(text: str) -> None:
    """A derivation on a terminal: headings bold, verdicts green or red, judges dim."""
    from rich.console import Console
    from rich.text import Text

    made = Text(shown(text))
    made.highlight_regex(r"(?m)^(Theorem \d+, [^:]*|[A-Z][^:\n]*)$|^Theorem \d+, [^:]*", "bold")
    made.highlight_regex(r"\b(proved|checked)\b", "green")
    made.highlight_regex(r"\b(refuted|undecided)\b", "bold red")
    made.highlight_regex(r"(?<=\bby )[a-z0-9, ]+ in \d+ ms", "dim")
    Console(soft_wrap=True).print(made)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()) -> None:
    """Columns, folded to the width of a terminal and aligned elsewhere; where a word would be broken, a paragraph a row. Nothing is cut."""
    head, rows = tuple(map(shown, head)), [tuple(map(shown, row)) for row in rows]
    columns = list(zip(head, *rows, strict=True))
    widths = [max(map(len, cells)) for cells in columns]
    if not sys.stdout.isatty():
        for row in [head, *rows]:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    least = [max(len(word) for cell in cells for word in cell.split() or [""]) for cells in columns]
    room = console.width - 2 * (len(head) - 1)
    if sum(least) > room:
        names = max(map(len, head))
        for row in rows:
            console.print(Text(f"{head[0]} {row[0]}", styles[0] if styles else ""), soft_wrap=True)
            for name, cell in zip(head[1:], row[1:], strict=True):
                console.print(Text(f"  {name.ljust(names)}  {cell}"), soft_wrap=True)
        return
    while sum(widths) > room:  # rich would break words of narrow columns before it folds wide ones
        widest = max((number for number in range(len(widths)) if widths[number] > least[number]), key=widths.__getitem__)
        widths[widest] -= 1
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, width, style in zip_longest(head, widths, styles[:len(head)], fillvalue=""):
        made.add_column(Text(str(name)), style=style or None, width=int(width), overflow="fold")
    for row in rows:
        made.add_row(*map(Text, row))
    console.print(made)
