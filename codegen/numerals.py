"""Numbers as users write them: exact rationals, of bounded length before any arithmetic."""

from __future__ import annotations

import re
from fractions import Fraction

from convt._derive import ArgumentError

DIGITS = 30
LENGTH = 100_000  # characters of weights: what a command line can carry
_NUMBER = re.compile(rf"[+-]?(?:[0-9]{{1,{DIGITS}}}(?:/[0-9]{{1,{DIGITS}}}|(?:\.[0-9]{{0,{DIGITS}}})?(?:e[+-]?[0-9]{{1,2}})?)"
                     rf"|\.[0-9]{{1,{DIGITS}}}(?:e[+-]?[0-9]{{1,2}})?)", re.ASCII)
_HEX = re.compile(r"[+-]?0x[01]\.[0-9a-f]{1,13}p[+-][0-9]{1,4}", re.ASCII)


def number(text: str) -> Fraction | None:
    """The rational that this spells: 3, -3/8, 0.25, 1e-3, or a float in hexadecimal, 0x1.8p-1. ``None`` for all else."""
    try:
        if _HEX.fullmatch(text):
            return Fraction(float.fromhex(text))
        value = Fraction(text) if _NUMBER.fullmatch(text) else None
    except (OverflowError, ZeroDivisionError):
        return None
    return value if value is not None and short(value) else None


def several(weights: str, text: str, example: str) -> tuple[Fraction, ...]:
    """Numbers joined by commas. Raises ``ArgumentError`` that shows ``weights``, of which they are a part."""
    if len(text) > LENGTH:
        raise ArgumentError("weights", weights, f"must have at most {LENGTH} characters", example)
    parts = text.split(",")
    values = [number(part) for part in parts]
    if None in values:
        wrong = parts[values.index(None)]
        raise ArgumentError("weights", weights, f"must be numbers of at most {DIGITS} digits joined by commas, without blanks, such as 3, "
                            f"-3/8, 0.25 or 1e-3; {wrong[:40]!r} is none", example)
    return tuple(value for value in values if value is not None)


def short(value: Fraction) -> bool:
    """Whether the value is a ratio of whole numbers of at most DIGITS digits."""
    return max(abs(value.numerator), value.denominator) < 10**DIGITS


def shown(value: Fraction) -> str | None:
    """The value so that ``number`` reads it, ``None`` where it is neither a short ratio nor a float."""
    ratio = str(value) if short(value) else None
    if ratio is not None and len(ratio) <= 12:
        return ratio
    try:
        return float(value).hex() if Fraction(float(value)) == value else ratio
    except OverflowError:
        return None
