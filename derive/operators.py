"""The algebra of signal processing with finite lengths: words of ↓, ↑, q*, (q*)ᵀ and pads, and their adjoints.

A word is applied from right to left. Every letter knows the length it makes of a length, the rows of its matrix, and its adjoint
at a length: ↓_s at length L has the adjoint ↑_s with (L−1) mod s zeros at the end. Theorem 9 says how ``conv`` and
``conv_transpose`` are spelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sympy

from .spec import Axis

Row = Mapping[int, Any]
"""The entries of a row that are not 0, by column."""


class Letter(Protocol):
    """One operation on signals of one axis."""

    def length(self, of: int) -> int: ...

    def rows(self, of: int) -> list[Row]: ...

    def adjoint(self, of: int) -> Letter: ...


def matrix(letter: Letter, of: int) -> sympy.ImmutableMatrix:
    """The matrix of a letter or a word, for signals of this length."""
    return sympy.ImmutableMatrix(letter.length(of), of, [entry for row in dense(letter, of) for entry in row])


def dense(letter: Letter, of: int) -> list[list[Any]]:
    """The same as rows of entries."""
    return [[sympy.S(row.get(column, 0)) for column in range(of)] for row in letter.rows(of)]


@dataclass(frozen=True)
class Down:
    """↓_s keeps positions 0, s, 2s, …: L → ⌈L/s⌉."""

    stride: int

    def length(self, of: int) -> int:
        """⌈L/s⌉."""
        return -(-of // self.stride)

    def rows(self, of: int) -> list[Row]:
        """⌈L/s⌉ × L."""
        return [{self.stride * row: 1} for row in range(self.length(of))]

    def adjoint(self, of: int) -> Up:
        """↑_s with as many zeros at the end as ↓_s forgets."""
        return Up(self.stride, (of - 1) % self.stride)

    def __str__(self) -> str:
        return f"↓_{self.stride}"


@dataclass(frozen=True)
class Up:
    """↑_s puts s−1 zeros between, and ``extra`` behind: m → s(m−1)+1+extra."""

    stride: int
    extra: int = 0

    def length(self, of: int) -> int:
        """s(m−1)+1+extra."""
        return self.stride * (of - 1) + 1 + self.extra

    def rows(self, of: int) -> list[Row]:
        """(s(m−1)+1+extra) × m."""
        return [{row // self.stride: 1} if row % self.stride == 0 and row // self.stride < of else {} for row in range(self.length(of))]

    def adjoint(self, of: int) -> Word:
        """↓_s, which would keep too much where extra ≥ s: those positions are cut off first."""
        surplus = self.extra - self.extra % self.stride
        return Word((Down(self.stride), Pad(0, -surplus)) if surplus else (Down(self.stride),))

    def __str__(self) -> str:
        return f"↑_{self.stride}" + (f"(+{self.extra})" if self.extra else "")


@dataclass(frozen=True)
class Slide:
    """q*: correlation with the taps at distance ``dilation``, windows that fit only: L → L − d(k−1)."""

    taps: tuple[Any, ...]
    dilation: int = 1
    count: Any = None
    """k, where the taps are not told one by one."""

    @property
    def reach(self) -> Any:
        """d(k−1)."""
        return self.dilation * ((len(self.taps) if self.count is None else self.count) - 1)

    def length(self, of: int) -> int:
        """L − d(k−1)."""
        return of - self.reach

    def rows(self, of: int) -> list[Row]:
        """(L − d(k−1)) × L, the taps from left to right in each row."""
        return [{row + self.dilation * number: tap for number, tap in enumerate(self.taps)} for row in range(self.length(of))]

    def adjoint(self, of: int) -> Spread:
        """(q*)ᵀ."""
        return Spread(self.taps, self.dilation, self.count)

    def __str__(self) -> str:
        ones = self.count is None and all(tap == 1 for tap in self.taps)
        taps = "1" * min(len(self.taps), 3) + "…" * (len(self.taps) > 3) if ones else "q"
        return f"{taps}*" if self.dilation == 1 else f"(↑_{self.dilation} {taps})*"


@dataclass(frozen=True)
class Spread:
    """(q*)ᵀ: every position paints the taps: L → L + d(k−1)."""

    taps: tuple[Any, ...]
    dilation: int = 1
    count: Any = None

    def length(self, of: int) -> int:
        """L + d(k−1)."""
        return of + self.adjoint(of).reach

    def rows(self, of: int) -> list[Row]:
        """(L + d(k−1)) × L, the taps from top to bottom in each column."""
        made: list[dict[int, Any]] = [{} for _ in range(self.length(of))]
        for column in range(of):
            for number, tap in enumerate(self.taps):
                made[column + self.dilation * number][column] = tap
        return [*made]

    def adjoint(self, of: int) -> Slide:
        """q*."""
        return Slide(self.taps, self.dilation, self.count)

    def __str__(self) -> str:
        return f"({Slide(self.taps, self.dilation, self.count)})ᵀ"


@dataclass(frozen=True)
class Pad:
    """Zeros before and after; negative numbers cut."""

    before: int
    after: int

    def length(self, of: int) -> int:
        """L + before + after."""
        return of + self.before + self.after

    def rows(self, of: int) -> list[Row]:
        """Identity, shifted down by ``before``."""
        return [{row - self.before: 1} if 0 <= row - self.before < of else {} for row in range(self.length(of))]

    def adjoint(self, of: int) -> Pad:
        """Cut what was padded, pad what was cut."""
        return Pad(-self.before, -self.after)

    def __str__(self) -> str:
        return f"pad({self.before}, {self.after})".replace("-", "−")


@dataclass(frozen=True)
class Word:
    """Letters applied from right to left."""

    letters: tuple[Letter, ...]

    def lengths(self, of: int) -> list[int]:
        """The length before each letter, from the right, and the final one."""
        found = [of]
        for letter in reversed(self.letters):
            found.append(letter.length(found[-1]))
        return found

    def length(self, of: int) -> int:
        """The final length."""
        return self.lengths(of)[-1]

    def rows(self, of: int) -> list[Row]:
        """The product of the letters' matrices."""
        made: list[Row] = [{row: 1} for row in range(of)]
        for letter in reversed(self.letters):
            made = [_times(row, made) for row in letter.rows(len(made))]
        return made

    def adjoint(self, of: int) -> Word:
        """The letters' adjoints in the opposite order, at the lengths they had."""
        turned: list[Letter] = []
        for letter, length in zip(reversed(self.letters), self.lengths(of), strict=False):
            other = letter.adjoint(length)
            turned = [*turned, *reversed(other.letters)] if isinstance(other, Word) else [*turned, other]
        return Word(tuple(turned))

    def __str__(self) -> str:
        return " ".join(map(str, self.letters))


def _times(row: Row, rows: Sequence[Row]) -> Row:
    """A row times the matrix of these rows."""
    found: dict[int, Any] = {}
    for at, value in row.items():
        for column, other in rows[at].items():
            term = other if value == 1 else value if other == 1 else value * other
            found[column] = found[column] + term if column in found else term
    return found


def conv_word(axis: Axis, taps: Sequence[Any] = ()) -> Word:
    """``conv`` of one axis: pad, slide, keep every s-th. Without ``taps`` there are k of them that are not told."""
    return Word((Down(axis.stride), Slide(tuple(taps), axis.dilation, None if taps else axis.kernel), Pad(*axis.padding)))


def transposed_word(axis: Axis, taps: Sequence[Any] = ()) -> Word:
    """``conv_transpose`` of one axis: insert zeros (and op at the end), spread, crop. ``taps`` as of ``conv_word``."""
    return Word((Pad(-axis.padding[0], -axis.padding[1]), Spread(tuple(taps), axis.dilation, None if taps else axis.kernel),
                 Up(axis.stride, axis.output_padding)))
