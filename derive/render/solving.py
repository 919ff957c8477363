"""What ``solve`` found, as text and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..solving import Answers, Solution

SHOWN = 6  # crops of one output padding that are written out


def solution_lines(found: Solution) -> Iterator[str]:
    """The answers of each different axis, the canonical and the symmetric one, and each dialect's."""
    yield f"{found.spec} from {_by(found.feature)} to {_by(found.image)}"
    for answers in dict.fromkeys(found.axes):
        numbers = [str(number) for number, other in enumerate(found.axes) if other == answers]
        yield from _axis(answers, "" if len(numbers) == len(found.axes) else f"axis {' and '.join(numbers)}: ")
    yield f"  smaller half first: {found.canonical}"
    yield f"  equal ends: {found.symmetric or 'none, as the total is odd and stride 1 has no output padding'}"
    for saying in found.choices:
        if saying.arguments is None:
            yield f"{saying.dialect.NAME}  none; of {saying.spec}: {saying.reason}"
        else:
            yield f"{saying.dialect.NAME}  {saying.spec}: {saying.call}"


def solution_data(found: Solution) -> dict[str, Any]:
    """The same as a dictionary; ``total`` is the crop with op = 0, below 0 where there must be an output padding."""
    return {
        "spec": str(found.spec), "feature": list(found.feature), "image": list(found.image),
        "axes": [{"total": answers.excess, "output_padding": list(answers.rows), "answers": answers.count, "maps": answers.maps}
                 for answers in found.axes],
        "canonical": str(found.canonical), "symmetric": None if found.symmetric is None else str(found.symmetric),
        "dialects": [{"dialect": saying.dialect.NAME, "spec": None if saying.arguments is None else str(saying.spec),
                      "call": saying.call, "reason": saying.reason} for saying in found.choices],
    }


def _axis(answers: Answers, label: str) -> Iterator[str]:
    maps = f"{answers.maps} map{'s' * (answers.maps != 1)}"
    yield (f"  {label}{answers.count} answer{'s' * (answers.count != 1)}, {maps}: a crop of {answers.excess} + op in all, "
           f"wherever it is cut, for {_range(answers.rows)}").replace("-", "−")
    for op in list(answers.rows)[:SHOWN]:
        total = answers.total(op)
        crops = [f"{low}:{total - low}" for low in range(min(total + 1, SHOWN))]
        yield f"    op {op}: p {' '.join(crops)}" + (f" … {total}:0" if total >= SHOWN else "")
    if len(answers.rows) > SHOWN:
        yield "    …"


def _range(rows: range) -> str:
    return f"op = {rows[0]}" if len(rows) == 1 else f"op = {rows[0]} … {rows[-1]}"


def _by(sizes: tuple[int, ...]) -> str:
    return " × ".join(map(str, sizes))
