"""The polyphase split of an axis, for any stride and dilation.

With J = j + p_lo = s·Q + r, tap a serves phase r when d·a ≡ r (mod s), and then reads feature i = Q + (r − d·a)/s.
Every tap has its own offset; with gcd(s, d) > 1 or k < s some phases are empty (theorem 10 proves all of this).
"""

from __future__ import annotations

from dataclasses import dataclass

from .spec import Axis


@dataclass(frozen=True)
class Phase:
    """The taps that reach image positions j with (j + p_lo) mod s = residue.

    ``taps[t]`` reads the feature at Q + ``offsets[t]``, Q = ⌊(j + p_lo)/s⌋. All offsets are ≤ 0.
    """

    residue: int
    taps: tuple[int, ...]
    offsets: tuple[int, ...]

    @property
    def empty(self) -> bool:
        """No tap: these outputs are zero (or the bias), and must still be written."""
        return not self.taps


@dataclass(frozen=True)
class Window:
    """A half-open range of positions."""

    first: int
    stop: int

    def __len__(self) -> int:
        return max(0, self.stop - self.first)


def phases(axis: Axis) -> tuple[Phase, ...]:
    """The s phases of an axis, by residue. ``Phase`` rows are ready for a table: taps ascending, one offset each."""
    rows: list[tuple[list[int], list[int]]] = [([], []) for _ in range(axis.stride)]
    for tap in range(axis.kernel):
        residue = axis.dilation * tap % axis.stride
        rows[residue][0].append(tap)
        rows[residue][1].append((residue - axis.dilation * tap) // axis.stride)
    return tuple(Phase(residue, tuple(taps), tuple(offsets)) for residue, (taps, offsets) in enumerate(rows))


def phase(axis: Axis, residue: int) -> Phase:
    """One phase without the others: where g divides r its taps are a₀ + (s/g)·t, a₀ = (r/g)·(d/g)⁻¹ mod s/g (theorem 13)."""
    if residue % axis.gcd:
        return Phase(residue, (), ())
    first = residue // axis.gcd * axis.bezout[0] % axis.period
    taps = range(first, axis.kernel, axis.period)
    offset = (residue - axis.dilation * first) // axis.stride
    return Phase(residue, tuple(taps), tuple(range(offset, offset - axis.step * len(taps), -axis.step)))


def tap_range(axis: Axis, tap: int, m: int, n: int) -> Window:
    """The features i in [0, m) whose position s·i + d·tap − p_lo lies in [0, n): an interval (theorem 10)."""
    shift = axis.dilation * tap - axis.padding[0]
    first = max(0, -(shift // axis.stride))
    return Window(first, max(first, min(m, (n - 1 - shift) // axis.stride + 1)))


def interior(axis: Axis, phase: Phase, m: int) -> Window:
    """The Q of a phase whose taps all read features inside [0, m), before cutting to the visible outputs."""
    if phase.empty:
        return Window(0, 0)
    return Window(-min(phase.offsets), max(-min(phase.offsets), m - max(phase.offsets)))
