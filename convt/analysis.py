"""What given weights do: phase sums and checkerboards (theorem 13), autocorrelations, frame bounds and rank (theorem 30), separability.

Everything is about the uncropped layer, one group at a time, in float64. Frame bounds are the extrema of a symbol on a torus,
evaluated on a grid and enclosed by how fast it can change between its points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import pi, prod
from pathlib import Path
from typing import Any

import numpy as np

from convt._codegen import arrays
from convt._codegen.elements import TYPES
from convt._derive.errors import ArgumentError
from convt._derive.phases import phases
from convt._derive.spec import LONGEST, ConvSpec, integer, spec_of

from . import files

GRID = {1: 512, 2: 48, 3: 16}  # points an axis, by dimension
CLOSE = 64  # units in the last place of the weights' type that count as equal, a tap
MOST = 1 << 28  # numbers that a symbol may have on its grid


@dataclass(frozen=True)
class Analysis:
    """Facts about weights (F, C/G, *k) of a geometry; made by ``convt.analyse``. Nothing is computed before it is asked for."""

    weights: Any
    spec: ConvSpec
    groups: int = 1

    @cached_property
    def phase_sums(self) -> Any:
        """(F, C/G, *s): what a feature map of ones shows inside, by residue of j + p_lo on each axis; 0 where a phase is empty."""
        made: Any = np.zeros((*self.weights.shape[:2], *self.spec.stride), self.weights.dtype)
        for tap in product(*map(range, self.spec.kernel)):
            at = tuple(axis.dilation * a % axis.stride for axis, a in zip(self.spec.axes, tap, strict=True))
            made[(..., *at)] += self.weights[(..., *tap)]
        return made

    @cached_property
    def checkerboard(self) -> bool:
        """Whether a constant input leaves a pattern: some pair of channels whose phase sums are not all equal, rounding aside."""
        sums = self.phase_sums.reshape(*self.weights.shape[:2], -1)
        spread = np.abs(sums - sums[..., :1]).max(axis=2)
        return bool((spread > self._tolerance * np.abs(self.weights).reshape(*spread.shape, -1).sum(axis=2)).any())

    def overlap(self, size: int = 6) -> Any:
        """Aᵀ1 (C, *n): what features of 1 become, ``size`` of them an axis, border and crop included."""
        from .api import conv_transpose

        integer("size", size, 1, LONGEST)
        ones = np.ones((1, self.weights.shape[0], *(size,) * self.spec.dims), self.weights.dtype)
        return conv_transpose(ones, self.weights, stride=self.spec.stride, padding=self.spec.padding, dilation=self.spec.dilation,
                              output_padding=self.spec.output_padding, groups=self.groups, engine="reference")[0]

    def draw(self, path: str | Path, channel: tuple[int, int] = (0, 0), size: int = 4) -> None:
        """The overlap map of one pair of channels (f, c) as a picture: .png, .svg, .pdf or .tikz."""
        from fractions import Fraction

        from convt._derive.render.figures import FORMATS, draw
        from convt._derive.render.scenes import Numbers

        suffix = Path(path).suffix[1:]
        if suffix not in FORMATS or suffix == "gif":
            endings = ", ".join("." + name for name in FORMATS if name != "gif")
            raise ArgumentError("path", str(path), f"must end in {endings}", "overlap.png")
        for number, (at, most) in enumerate(zip(channel, self.weights.shape, strict=False)):
            integer(f"channel[{number}]", at, 0, most - 1)
        if self.weights.dtype.kind == "c":
            raise ArgumentError("w", self.weights.dtype.name, "is drawn for real weights only")
        taps = [Fraction(float(value)).limit_denominator(100) for value in self.weights[channel].ravel()]
        feature = (integer("size", size, 1, LONGEST),) * self.spec.dims
        files.write(path, draw(self.spec, feature, "overlap", suffix, Numbers.of(self.spec, feature, (), taps)))

    @cached_property
    def autocorrelations(self) -> dict[tuple[int, ...], Any]:
        """Lag i′ − i → the block (G, F/G, F/G) of A Aᵀ (A Aᴴ); lags that are not there have none."""
        split, made = self._split, dict[tuple[int, ...], Any]()
        rows = [[(one, two, axis.dilation * (one - two) // axis.stride) for one in range(axis.kernel) for two in range(axis.kernel)
                 if axis.dilation * (one - two) % axis.stride == 0] for axis in self.spec.axes]
        for chosen in product(*rows):
            first, second, lag = (tuple(row[place] for row in chosen) for place in range(3))
            block = np.einsum("gfc,ghc->gfh", split[(..., *first)], split[(..., *second)].conj())
            made[lag] = made[lag] + block if lag in made else block
        return made

    @cached_property
    def tight(self) -> bool:
        """Whether A Aᵀ is a multiple of I in every group, the same one: then ‖Aᵀu‖² = ‖u‖² times it."""
        centre, scale = self.autocorrelations[(0,) * self.spec.dims], np.abs(self.autocorrelations[(0,) * self.spec.dims]).max()
        level = centre[0, 0, 0]
        off = [np.abs(block).max() for lag, block in self.autocorrelations.items() if any(lag)]
        worst = max([np.abs(centre - level * np.eye(centre.shape[1])).max(), *off])
        return bool(worst <= self._tolerance * prod(self.weights.shape[1:]) * scale)

    @property
    def orthonormal(self) -> bool:
        """Whether A Aᵀ = I: the rows are orthonormal, and AᵀA projects."""
        level = self.autocorrelations[(0,) * self.spec.dims][0, 0, 0]
        return self.tight and bool(abs(level - 1) <= self._tolerance * prod(self.weights.shape[1:]))

    @cached_property
    def bounds(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """((c₀, c₁), (C₀, C₁)): the best c and C in c‖u‖² ≤ ‖Aᵀu‖² ≤ C‖u‖² for all lengths lie in these intervals."""
        values, slack = self._singular
        low, high = values[..., -1].min(), values.max()
        if not self._may_be_full:
            low = 0.0
        return (max(0.0, low - slack) ** 2, low**2), (high**2, (high + slack) ** 2)

    @cached_property
    def rank(self) -> int:
        """Of the F features of a position, how many are independent: F where Aᵀ loses nothing (but boundary effects)."""
        values, _ = self._singular
        least = values.max() * max(values.shape[-1], prod(self.weights.shape[1:])) * np.finfo(values.dtype).eps
        return int((values > least).sum(axis=-1).reshape(self.groups, -1).max(axis=1).sum())

    @cached_property
    def factors(self) -> tuple[Any, ...] | None:
        """One array (F, C/G, k) an axis whose products are the weights, or None where some kernel is not separable."""
        rest, made = self.weights.astype(np.result_type(self.weights, np.float64)), []
        for _ in self.spec.axes[:-1]:
            flat = rest.reshape(*rest.shape[:3], -1)
            u, values, v = np.linalg.svd(flat, full_matrices=False)
            if (values[..., 1:].max(axis=-1, initial=0) > self._tolerance * prod(self.spec.kernel) * values[..., 0]).any():
                return None
            made.append(u[..., 0])
            rest = (values[..., :1] * v[..., 0, :]).reshape(*rest.shape[:2], *rest.shape[3:])
        return (*made, rest)

    @property
    def separable(self) -> bool:
        """Whether every kernel is a product of one vector an axis (theorem 20 counts what that saves)."""
        return self.factors is not None

    def __str__(self) -> str:
        (low, more), (less, high) = self.bounds
        sums = self.phase_sums
        shape = f"{self.weights.shape[0]} features, {self.weights.shape[1] * self.groups} channels"
        return "\n".join((
            f"{self.spec}, {shape}" + f" in {self.groups} groups" * (self.groups > 1),
            f"  phase sums from {sums.real.min():.6g} to {sums.real.max():.6g}: " + (
                "a constant input leaves a checkerboard" if self.checkerboard else "no checkerboard"),
            f"  frame bounds c in [{low:.6g}, {more:.6g}], C in [{less:.6g}, {high:.6g}]" + (
                ": orthonormal" if self.orthonormal else ": tight" if self.tight else ""),
            f"  rank {self.rank} of {self.weights.shape[0]} features",
            f"  separable: {'yes' if self.separable else 'no'}"))

    @property
    def _tolerance(self) -> float:
        """Relative differences below it are rounding; 0 for integers."""
        kind = self.weights.dtype
        return 0.0 if kind.kind == "i" else CLOSE * float(np.finfo(kind).eps)

    @cached_property
    def _split(self) -> Any:
        """(G, F/G, C/G, *k), in float64 or complex128."""
        wide = self.weights.astype(np.result_type(self.weights, np.float64))
        return wide.reshape(self.groups, -1, *self.weights.shape[1:])

    @property
    def _may_be_full(self) -> bool:
        return bool(self.weights.shape[0] // self.groups <= self.weights.shape[1] * prod(self.spec.stride))

    @cached_property
    def _singular(self) -> tuple[Any, float]:
        """Singular values (G, points, ·) of the phases' transfer matrix F/G × C/G·∏s on a grid, and by how much they may move between."""
        split, dims = self._split, self.spec.dims
        points = GRID[dims]
        if (count := points**dims * split.shape[0] * split.shape[1] * split.shape[2] * prod(self.spec.stride)) > MOST:
            raise ArgumentError("w", self.weights.shape, f"would need {count:,} numbers for its frame bounds, and {MOST:,} are the most")
        angles = 2 * pi * np.arange(points) / points
        matrix, middle = split, [axis.dilation * (axis.kernel - 1) // axis.stride / 2 for axis in self.spec.axes]
        for number, axis in enumerate(self.spec.axes):  # taps of one axis become its residues and angles
            change = np.zeros((axis.kernel, axis.stride, points), complex)
            for phase in phases(axis):
                for tap, offset in zip(phase.taps, phase.offsets, strict=True):
                    change[tap, phase.residue] = np.exp(1j * angles * (-offset - middle[number]))
            matrix = np.tensordot(matrix, change, (3, 0))
        order = [0, *[4 + 2 * axis for axis in range(dims)], 1, 2, *[3 + 2 * axis for axis in range(dims)]]
        symbol = matrix.transpose(order).reshape(split.shape[0], points**dims, split.shape[1], -1)
        norms = np.linalg.norm(np.moveaxis(split, (1, 2), (-2, -1)), ord=2, axis=(-2, -1)).max(axis=0)
        slack = 0.0
        for number, axis in enumerate(self.spec.axes):
            away = np.abs(axis.dilation * np.arange(axis.kernel) // axis.stride - middle[number])
            slack += pi / points * float(np.tensordot(norms, away, (number, 0)).sum())
        return np.linalg.svd(symbol, compute_uv=False), slack


def analyse(w: Any, spec: ConvSpec | str, *, groups: int = 1) -> Analysis:
    """What these weights do as a transposed convolution, whatever the lengths.

    ``w``: weights (F, C/G, *k). ``spec``: a ``ConvSpec`` or its name.

        found = convt.analyse(w, "2d_k4s2p1")
        found.checkerboard, found.phase_sums          # does a constant leave a pattern? what it shows, phase by phase
        found.bounds, found.tight, found.orthonormal  # c‖u‖² ≤ ‖Aᵀu‖² ≤ C‖u‖²
        found.rank, found.factors                     # independent features; one vector an axis, or None
        found.overlap(6), found.draw("overlap.png")   # Aᵀ1 as numbers and as a picture
        print(found)

    Raises ``ArgumentError`` for what does not fit.
    """
    spec = spec_of(spec)
    array = arrays.view("w", w)
    if array.dtype.name not in TYPES:
        raise arrays.unsupported("w", w, array.dtype.name)
    if array.ndim != spec.dims + 2 or array.shape[2:] != spec.kernel or 0 in array.shape:
        raise ArgumentError("w", array.shape, f"must have shape (F, C/G, {', '.join(map(str, spec.kernel))}) for {spec}")
    if array.shape[0] % integer("groups", groups, 1, LONGEST):
        raise ArgumentError("groups", groups, f"must divide the {array.shape[0]} feature channels of w", 1)
    if not np.isfinite(array).all():
        raise ArgumentError("w", array.shape, "has Inf or NaN, of which nothing can be said")
    return Analysis(np.array(array), spec, groups)
