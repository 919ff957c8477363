"""The explicit matrix A of a convolution at a size: conv is A x, transposed is Aᵀ u, A is always m × n."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from math import prod
from typing import Any

import sympy

from . import lengths
from .form import entry, index_triples
from .notation.mathml import mathml
from .spec import Axis, ConvSpec

BLOCK = 12  # larger matrices are printed by their first and last rows
NEAR = 4096  # rows from either end that are looked at
COLUMNS = 18  # that are printed then: those where some printed row is not 0


def axis_taps(axis: Axis, feature: int, image: int) -> list[list[int | None]]:
    """Row i, column j: the tap a with s·i + d·a − p_lo = j, or None where there is none."""
    table: list[list[int | None]] = [[None] * image for _ in range(feature)]
    for at_i, tap, at_j in index_triples(axis, feature, image):
        table[at_i][at_j] = tap
    return table


@dataclass(frozen=True)
class Lines:
    """Printed entries, such as w0, 0 and …, and before which rows and columns a block begins."""

    table: list[list[str]]
    rows: frozenset[int]
    columns: frozenset[int]

    def __str__(self) -> str:
        wide = max((len(cell) for row in self.table for cell in row), default=1)
        made = list[str]()
        for number, row in enumerate(self.table):
            made += [""] * (number in self.rows)
            shown = ["·".rjust(wide) if cell == "0" else cell.rjust(wide) for cell in row]
            made.append("".join(" " * ((at > 0) + (at in self.columns)) + cell for at, cell in enumerate(shown)))
        return "\n".join(made)

    def latex(self) -> str:
        """The same as a matrix."""
        cell = {"0": r"\cdot", "…": r"\cdots"}
        rows = [" & ".join(cell.get(text) or f"w_{{{text[1:]}}}" for text in row) for row in self.table]
        if not self.rows and not self.columns:
            return r"\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"
        columns = "".join(("|" if at in self.columns else "") + "c" for at in range(len(self.table[0])))
        ruled = r" \\ ".join((r"\hline " if at in self.rows else "") + row for at, row in enumerate(rows))
        return rf"\left(\begin{{array}}{{{columns}}}{ruled}\end{{array}}\right)"


@dataclass(frozen=True)
class ConvMatrix:
    """A for chosen sizes, rows over feature positions and columns over image positions, both row-major.

    Nothing is written out before it is asked for: ``taps`` is the whole matrix, ``tap`` one entry of it.
    """

    spec: ConvSpec
    feature: tuple[int, ...]
    image: tuple[int, ...]

    @classmethod
    def at(cls, spec: ConvSpec, feature: Sequence[int], image: Sequence[int] | None = None) -> ConvMatrix:
        """The matrix for feature lengths m (and image lengths n, if they are not to follow from m)."""
        return cls(spec, tuple(feature), tuple(image or lengths.image_lengths(spec, feature)))

    @cached_property
    def taps(self) -> tuple[tuple[tuple[int, ...] | None, ...], ...]:
        """Rows of tuples of taps (one an axis) whose weight stands there, None for a zero: the product of the axes' matrices."""
        tables = [axis_taps(axis, f, g) for axis, f, g in zip(self.spec.axes, self.feature, self.image, strict=True)]
        rows = []
        for at_i in product(*map(range, self.feature)):
            lines = [table[index] for table, index in zip(tables, at_i, strict=True)]
            rows.append(tuple(None if None in entries else entries for entries in product(*lines)))
        return tuple(rows)  # type: ignore[arg-type]

    def tap(self, row: int, column: int) -> tuple[int, ...] | None:
        """One entry, by solving j = s·i + d·a − p_lo for a on every axis."""
        found = []
        for axis, at_i, at_j in zip(self.spec.axes, _places(row, self.feature), _places(column, self.image), strict=True):
            tap, rest = divmod(at_j + axis.padding[0] - axis.stride * at_i, axis.dilation)
            if rest or not 0 <= tap < axis.kernel:
                return None
            found.append(tap)
        return tuple(found)

    @property
    def shape(self) -> tuple[int, int]:
        """(product of m, product of n)."""
        return prod(self.feature), prod(self.image)

    @property
    def symbolic(self) -> sympy.ImmutableMatrix:
        """The SymPy matrix with entries w_a."""
        return sympy.ImmutableMatrix(*self.shape, [self._entry(tap) for row in self.taps for tap in row])

    def _entry(self, tap: tuple[int, ...] | None) -> Any:
        return sympy.Integer(0) if tap is None else entry("w", tap)

    def block(self, most: int = BLOCK) -> tuple[list[list[str]], tuple[int, int]]:
        """The entries as text and the true shape. With more than ``most`` rows or columns the first and last rows, with the columns where
        they are not 0; dots stand for what is left out."""
        rows, columns = self._shown(most)
        return self._table(rows, columns), self.shape

    def _table(self, rows: Sequence[int | None], columns: Sequence[int | None]) -> list[list[str]]:
        label: dict[tuple[int, ...] | None, str] = {None: "0"}
        table = []
        for r in rows:
            table.append(["…" if r is None or c is None else
                          label.setdefault(tap := self.tap(r, c), "w" + ",".join(map(str, tap or ()))) for c in columns])
        return table

    def _shown(self, most: int = BLOCK) -> tuple[list[int | None], list[int | None]]:
        """Rows and columns to print, None where some are left out: as many rows as can show their weights."""
        height, width = self.shape
        columns_at_most = most * COLUMNS // BLOCK
        full = list(range(height)) if height <= most else self._full_rows()
        rows, columns = list[int | None](), list[int | None]()
        for half in range(most // 2, 1, -1):
            kept = full if len(full) <= 2 * half else [*full[:half], *full[1 - half:]]
            rows = _with_gaps(kept, height)
            columns = _with_gaps(sorted({c for r in kept for c in self._weights_of(r)}) if width > most else list(range(width)), width)
            if len(columns) <= columns_at_most:
                return rows, columns
        return rows, [*columns[:columns_at_most // 2], None, *columns[-columns_at_most // 2 + 1:]]

    def lines(self, most: int = BLOCK, transposed: bool = False) -> Lines:
        """What is printed of A or of Aᵀ, with the places where a block of the next axis begins."""
        rows, columns = self._shown(most)
        table = self._table(rows, columns)
        breaks = tuple(frozenset(at for at in range(1, len(shown)) if _block_of(shown[at - 1], inner) != _block_of(shown[at], inner))
                       for shown, inner in ((rows, self.feature[-1]), (columns, self.image[-1])))
        if self.spec.dims == 1:
            breaks = (frozenset(), frozenset())
        if transposed:
            return Lines([list(row) for row in zip(*table, strict=True)], breaks[1], breaks[0])
        return Lines(table, *breaks)

    def _ranges(self, row: int) -> list[range]:
        """On each axis the positions j = s·i + d·a − p_lo of a row's weights."""
        made = []
        for axis, at_i, n in zip(self.spec.axes, _places(row, self.feature), self.image, strict=True):
            start = axis.stride * at_i - axis.padding[0]
            first, stop = max(0, -(start // axis.dilation)), min(axis.kernel, (n - 1 - start) // axis.dilation + 1)
            made.append(range(start + axis.dilation * first, start + axis.dilation * stop, axis.dilation))
        return made

    def _full_rows(self) -> list[int]:
        """The first and the last rows that have weights, among those near either end; the outermost ones where none has."""
        height = self.shape[0]
        ends = (range(min(height, NEAR)), range(height - 1, max(-1, height - NEAR - 1), -1))
        found = {row for end in ends for row in islice((r for r in end if all(map(len, self._ranges(r)))), BLOCK)}
        return sorted(found) or [*range(BLOCK // 2), *range(height - BLOCK // 2 + 1, height)]

    def _weights_of(self, row: int) -> Iterator[int]:
        """Columns of a row's weights, of many only the first and the last."""
        ranges = self._ranges(row)
        count = prod(map(len, ranges))
        for number in range(count) if count <= 2 * COLUMNS else (*range(COLUMNS), *range(count - COLUMNS, count)):
            column = 0
            for index, positions, n in zip(_places(number, tuple(map(len, ranges))), ranges, self.image, strict=True):
                column = column * n + positions[index]
            yield column

    def __str__(self) -> str:
        return self.text()

    def text(self, most: int = BLOCK, transposed: bool = False) -> str:
        """A or Aᵀ in lines, zeros as dots, blocks apart, and its shape."""
        height, width = self.shape[::-1] if transposed else self.shape
        return f"{self.lines(most, transposed)}\n({height} × {width})"

    def latex(self, most: int = BLOCK, transposed: bool = False) -> str:
        """A or Aᵀ in LaTeX, zeros as small dots, large ones by their first and last rows, lines between the blocks of several axes."""
        return self.lines(most, transposed).latex()

    def _repr_html_(self) -> str:
        return mathml(self.latex())

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


def _block_of(index: int | None, inner: int) -> int | None:
    return None if index is None else index // inner


def _with_gaps(kept: list[int], length: int) -> list[int | None]:
    """The indices, and None where more than one is missing between two of them or at an end."""
    made: list[int | None] = []
    before = -1
    for index in [*kept, length]:
        if index - before == 2:
            made.append(index - 1)
        elif index - before > 2:
            made.append(None)
        if index < length:
            made.append(index)
        before = index
    return made


def _places(position: int, lengths: tuple[int, ...]) -> list[int]:
    """The index on every axis of a row-major position."""
    found = []
    for length in reversed(lengths):
        position, place = divmod(position, length)
        found.append(place)
    return found[::-1]
