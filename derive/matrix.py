"""The explicit matrix A of a convolution at a size: conv is A x, transposed is Aᵀ u, A is always m × n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import sympy

from . import lengths
from .form import entry, index_triples
from .spec import Axis, ConvSpec

BLOCK = 12  # larger matrices are printed by their first and last rows
COLUMNS = 18  # that are printed then: those where some printed row is not 0


def axis_taps(axis: Axis, feature: int, image: int) -> list[list[int | None]]:
    """Row i, column j: the tap a with s·i + d·a − p_lo = j, or None where there is none."""
    table: list[list[int | None]] = [[None] * image for _ in range(feature)]
    for at_i, tap, at_j in index_triples(axis, feature, image):
        table[at_i][at_j] = tap
    return table


@dataclass(frozen=True)
class ConvMatrix:
    """A for chosen sizes, rows over feature positions and columns over image positions, both row-major.

    ``taps[row][column]`` is the tuple of taps (one an axis) whose weight stands there, or None for a zero.
    """

    spec: ConvSpec
    feature: tuple[int, ...]
    image: tuple[int, ...]
    taps: tuple[tuple[tuple[int, ...] | None, ...], ...]

    @classmethod
    def at(cls, spec: ConvSpec, feature: Sequence[int], image: Sequence[int] | None = None) -> ConvMatrix:
        """The matrix for feature lengths m: N-D by the product of the axes' matrices."""
        image = tuple(image or lengths.image_lengths(spec, feature))
        tables = [axis_taps(axis, f, g) for axis, f, g in zip(spec.axes, feature, image, strict=True)]
        rows = []
        for at_i in product(*map(range, feature)):
            lines = [table[index] for table, index in zip(tables, at_i, strict=True)]
            rows.append(tuple(None if None in entries else entries for entries in product(*lines)))
        return cls(spec, tuple(feature), image, tuple(rows))  # type: ignore[arg-type]

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

    def block(self) -> tuple[list[list[str]], tuple[int, int]]:
        """The entries as text and the true shape. Of large matrices the first and last rows, with the columns where they are not 0;
        dots stand for what is left out."""
        rows, columns = self._shown()
        label: dict[tuple[int, ...] | None, str] = {None: "0"}
        table = []
        for r in rows:
            table.append(["…" if r is None or c is None else
                          label.setdefault(self.taps[r][c], "w" + ",".join(map(str, self.taps[r][c] or ())))
                          for c in columns])
        return table, self.shape

    def _shown(self) -> tuple[list[int | None], list[int | None]]:
        """Rows and columns to print, None where some are left out: as many rows as can show their weights."""
        height, width = self.shape
        full = [r for r in range(height) if height <= BLOCK or any(tap is not None for tap in self.taps[r])]
        rows, columns = list[int | None](), list[int | None]()
        for half in range(BLOCK // 2, 1, -1):
            kept = full if len(full) <= 2 * half else [*full[:half], *full[1 - half:]]
            rows = _with_gaps(kept, height)
            columns = _with_gaps([c for c in range(width) if width <= BLOCK or any(self.taps[r][c] is not None for r in kept)], width)
            if len(columns) <= COLUMNS:
                return rows, columns
        return rows, [*columns[:COLUMNS // 2], None, *columns[-COLUMNS // 2 + 1:]]

    def __str__(self) -> str:
        table, shape = self.block()
        width = max((len(text) for row in table for text in row), default=1)
        body = "\n".join(" ".join(text.rjust(width) for text in row).replace(" 0", " ·") for row in table)
        body = "\n".join(line if not line.startswith("0 ") else "·" + line[1:] for line in body.split("\n"))
        return f"{body}\n({shape[0]} × {shape[1]})"

    def latex(self) -> str:
        """The matrix in LaTeX, zeros as small dots, large ones by their first and last rows."""
        table, _ = self.block()
        cell = {"0": r"\cdot", "…": r"\cdots"}
        rows = [" & ".join(cell.get(text) or f"w_{{{text[1:]}}}" for text in row) for row in table]
        return r"\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"

    def _repr_html_(self) -> str:
        from .render.html import mathml

        return mathml(self.latex())

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


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
