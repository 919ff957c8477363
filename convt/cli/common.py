"""What several commands share: the SPEC argument, writing a file whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec


class SpecType(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in newer click, not in 8.1
    """A configuration name such as 2d_k4s2p1."""

    name = "spec"

    def convert(self, value: Any, param: Any, context: Any) -> ConvSpec:
        return value if isinstance(value, ConvSpec) else ConvSpec.parse(value)

    def shell_complete(self, context: Any, param: Any, incomplete: str) -> list[CompletionItem]:
        from convt.catalogue import SPECS

        return [CompletionItem(name) for name in SPECS if name.startswith(incomplete)]


def offered(words: Callable[[], Iterable[str]]) -> Callable[[Any, Any, str], list[str]]:
    """The completion of an option whose values ``words`` lists; what is legal is said, with the nearest, by who takes the value."""
    return lambda context, param, incomplete: [word for word in words() if word.startswith(incomplete)]


SPEC = SpecType()
DIGITS = re.compile("[0-9]{1,12}")  # counted before they become a number


class Natural(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A whole number from ``least`` on, in ASCII digits; ``option`` is its name in errors."""

    name = "integer"

    def __init__(self, option: str, least: int) -> None:
        self.option, self.least = option, least

    def convert(self, value: Any, param: Any, context: Any) -> int:
        return value if isinstance(value, int) else natural(self.option, value, self.least)


def natural(option: str, text: str, least: int = 1) -> int:
    """A whole number from ``least`` on. ``ArgumentError`` for all but ASCII digits, and for more of them than any size needs."""
    number = int(text) if DIGITS.fullmatch(text) else -1
    if number < least:
        raise ArgumentError(option, text, f"must be a whole number from {least} to {10**12 - 1}", least)
    return number


def naturals(option: str, text: str, separator: str, rule: str, example: str) -> tuple[int, ...]:
    """Positive whole numbers with a separator between them."""
    parts = text.split(separator)
    if not all(DIGITS.fullmatch(part) and int(part) for part in parts):
        raise ArgumentError(option, text, rule, example)
    return tuple(map(int, parts))


def sizes(context: Any, param: Any, value: str | None) -> tuple[int, ...] | None:
    """``4`` or ``4x6``: one length for all axes, or one an axis."""
    if value is None:
        return None
    return naturals(f"--{param.name}", value, "x", "must be a positive integer, or one an axis joined by x, of at most 12 digits", "4x4")


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
    """To the file if one is named, else to standard output: bytes (documents are UTF-8) as they are, texts as it can spell them."""
    if path is None:
        click.echo(content)
    else:
        write(path, content)
        click.echo(f"wrote {path}", err=True)
