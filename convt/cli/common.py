"""What several commands share: the SPEC argument, writing a file whole or not at all, tables that fit the terminal."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec


class SpecType(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in newer click, not in 8.1
    """A configuration name such as 2d_k4s2p1."""

    name = "spec"

    def convert(self, value: Any, param: Any, context: Any) -> ConvSpec:
        return value if isinstance(value, ConvSpec) else ConvSpec.parse(value)


SPEC = SpecType()


def sizes(context: Any, param: Any, value: str | None) -> tuple[int, ...] | None:
    """``4`` or ``4x6``: one length for all axes, or one an axis."""
    if value is None:
        return None
    parts = value.split("x")
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise ArgumentError(f"--{param.name}", value, "must be a positive integer, or one an axis joined by x", "4x4")
    return tuple(int(part) for part in parts)


def write(path: str | Path, content: str | bytes) -> None:
    """Write a regular file at once: it is there as a whole, or as it was before.

    A link stays, and what it leads to is written. A file keeps its mode, a new one gets that of the umask. Raises
    ``ArgumentError`` for what is there and is no regular file: a folder, a device, a FIFO, a socket.
    """
    try:
        target = Path(path).resolve()
        mode: int | None = target.lstat().st_mode
    except FileNotFoundError:
        mode = None
    except (OSError, RuntimeError, ValueError) as error:  # links that lead in a circle, a name that is too long
        raise ArgumentError("-o", str(path), f"cannot be a file: {error}") from None
    if mode is not None and not stat.S_ISREG(mode):
        raise ArgumentError("-o", str(path), "is a folder; name a file" if stat.S_ISDIR(mode) else
                            "is no regular file, and only those are written; without -o the output goes to standard output")
    if not target.parent.is_dir():
        raise ArgumentError("-o", str(path), f"there is no folder {target.parent}")
    temporary = target.with_name(f".convt-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            file.write(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def show(content: str | bytes, path: str | None) -> None:
    """To the file if one is named, else to standard output."""
    if path is None:
        click.echo(content)
    else:
        write(path, content)
        click.echo(f"wrote {path}", err=True)


def coloured(text: str) -> None:
    """A derivation on a terminal: headings bold, verdicts green or red, judges dim."""
    from rich.console import Console
    from rich.text import Text

    made = Text(text)
    made.highlight_regex(r"(?m)^(Theorem \d+, [^:]*|[A-Z][^:\n]*)$|^Theorem \d+, [^:]*", "bold")
    made.highlight_regex(r"\b(proved|checked)\b", "green")
    made.highlight_regex(r"\b(refuted|undecided)\b", "bold red")
    made.highlight_regex(r"(?<=\bby )[a-z0-9, ]+ in \d+ ms", "dim")
    Console(soft_wrap=True).print(made)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()) -> None:
    """A rich table on a terminal; aligned plain columns elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        made = Table(box=None, pad_edge=False)
        for number, name in enumerate(head):
            made.add_column(name, style=styles[number] if number < len(styles) else None)
        for row in rows:
            made.add_row(*row)
        Console().print(made)
        return
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
