"""Which theorems are meant: by their numbers, or by their titles as they are printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

from .errors import ArgumentError
from .spec import ConvSpec
from .theorems import files, theorems


def chosen(words: int | str | Iterable[int | str], argument: str = "only") -> tuple[int, ...]:
    """Numbers of theorems, ascending, from numbers or titles (or how just one title begins); text has commas between them.

    ``ArgumentError`` names the nearest one.
    """
    if isinstance(words, str):
        words = words.split(",")
    elif not isinstance(words, Iterable):
        words = (words,)
    return tuple(sorted({_number(str(word).strip().lower(), argument) for word in words}))


def _number(word: str, argument: str) -> int:
    known = tuple(files())
    if re.fullmatch("-?[0-9]{1,12}", word, re.ASCII):
        found, near = [int(word)], str(min(known, key=lambda number: abs(number - int(word))))
    else:
        titles = {title.replace(" ", "-"): number for number, title in _titles().items()}
        name = word.replace(" ", "-")
        found = [titles[name]] if name in titles else [number for title, number in titles.items() if name and title.startswith(name)]
        near = next(iter(get_close_matches(name, titles, 1, 0.4)), "1")
    if len(found) != 1 or found[0] not in known:
        raise ArgumentError(argument, word, f"must be numbers of theorems, 1 to {known[-1]}, or their titles, such as polyphase-split, "
                            "with commas between them", near)
    return found[0]


@cache
def _titles() -> dict[int, str]:
    """Number → title; it is the same for every configuration."""
    return {number: make(ConvSpec([1])).title for number, make in zip(files(), theorems(), strict=True)}
