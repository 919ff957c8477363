"""What several commands share: the SPEC argument, numbers, and where output goes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec
from convt.files import write


class SpecType(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in newer click, not in 8.1
    """A configuration name such as 2d_k4s2p1."""

    name = "spec"

    def convert(self, value: Any, param: Any, context: Any) -> ConvSpec:
        return value if isinstance(value, ConvSpec) else ConvSpec.parse(value)

    def shell_complete(self, context: Any, param: Any, incomplete: str) -> list[CompletionItem]:
        from convt.catalogue import SPECS

        return [CompletionItem(name) for name in SPECS if name.startswith(incomplete)]


class FileType(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A name of a file, as it is: whoever opens it says what is wrong with it. Shells complete it."""

    name = "file"

    def shell_complete(self, context: Any, param: Any, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


def offered(words: Callable[[], Iterable[str]]) -> Callable[[Any, Any, str], list[str]]:
    """The completion of an option whose values ``words`` lists; what is legal is said, with the nearest, by who takes the value."""
    return lambda context, param, incomplete: [word for word in words() if word.startswith(incomplete)]


def offered_list(words: Callable[[], Iterable[str]]) -> Callable[[Any, Any, str], list[str]]:
    """The same of an option that takes several, with commas between them: the last one is completed."""
    def several(context: Any, param: Any, incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        return [before + comma + word for word in offered(words)(context, param, last)]
    return several


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


def utf8(text: str) -> bytes:
    """The bytes of a document; bytes of a file's name that are no letters are escaped, as JSON does it."""
    return text.encode("utf-8", "backslashreplace")


def demand_folder(option: str, folder: str | Path | None) -> None:
    """Raises ``ArgumentError`` where no folder can be there, before anything else is done."""
    if folder is None:
        return
    try:
        there = next(path for path in (Path(folder).resolve(), *Path(folder).resolve().parents) if path.exists())
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a name that is too long, or with a zero byte
        raise ArgumentError(option, str(folder), f"cannot be a folder: {error}") from None
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise ArgumentError(option, str(folder), f"{there} is no folder that can be written into")


def show(content: str | bytes, path: str | None) -> None:
    """To the file if one is named, else to standard output: bytes (documents are UTF-8) as they are, texts as it can spell them."""
    if path is None:
        click.echo(content)
    else:
        write(path, content)
        click.echo(f"wrote {path}", err=True)
