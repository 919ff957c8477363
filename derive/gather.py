"""A map along one axis as sums over taps: which input each tap of each output reads. What the fast families run on.

Outputs come in P phases: n = P·q + ρ with 0 ≤ ρ < P. Tap t of phase ρ reads the input at σ·q + offset[t].

    conv             j = s·i + d·a − p_lo at once: P = 1, σ = s, offset d·a − p_lo
    conv_transpose   n + p_lo = s·Q + r, so phase ρ has r = (ρ + p_lo) mod s and the offsets of the polyphase split
                     (theorem 10), shifted by ⌊(ρ + p_lo)/s⌋: P = s, σ = 1

The weight gradient sums over the same pairs of positions as conv, tap by tap.

Counted from the uncropped image on, n + lead = P·q + ρ with lead = p_lo mod s, so that ρ is the residue r: then offsets depend
on the crop by one number for all phases, and without dilation every phase reads the same ones, but for the last (theorem 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from .maps import MAPS
from .phases import phases
from .spec import Axis


@dataclass(frozen=True)
class Gather:
    """Taps of phase ρ are ``tap[start[ρ]:start[ρ+1]]``; each reads the input at ``step``·q + ``offset``.

    Pixel q of phase ρ is output ``phases``·q + ρ − ``lead``.
    """

    kernel: int
    phases: int
    step: int
    start: tuple[int, ...]
    tap: tuple[int, ...]
    offset: tuple[int, ...]
    lead: int = 0

    @property
    def low(self) -> int:
        """The least offset."""
        return min(self.offset)

    @property
    def border(self) -> int:
        """Inputs from the one of the least offset to that of the greatest, beside the first."""
        return max(self.offset) - self.low

    @property
    def most(self) -> int:
        """Taps of the phase that has most."""
        return max(stop - first for first, stop in zip(self.start, self.start[1:], strict=False))

    @property
    def dense(self) -> bool:
        """Whether the taps of each phase, one after the other, read neighbours."""
        return all(self.offset[t] == self.offset[t - 1] + 1 for first, stop in pairwise(self.start) for t in range(first + 1, stop))

    def pixels(self, outputs: int) -> int:
        """How many q so many outputs need."""
        return -(-(outputs + self.lead) // self.phases)

    def positions(self, outputs: int) -> int:
        """Inputs from the first to the last that so many outputs read, borders included."""
        return (self.pixels(outputs) - 1) * self.step + 1 + self.border


@dataclass(frozen=True)
class Shared:
    """Offsets that the same phases read: phase ``phases[i]`` reads ``offsets[e]`` by tap ``taps[e·len(phases) + i]``."""

    offsets: tuple[int, ...]
    phases: tuple[int, ...]
    taps: tuple[int, ...]


def shared(made: Gather) -> tuple[Shared, ...]:
    """Every tap once, by the phases that read its offset: offsets in order, those with the most phases first."""
    reads: dict[int, dict[int, int]] = {}
    for phase in range(made.phases):
        for t in range(made.start[phase], made.start[phase + 1]):
            reads.setdefault(made.offset[t], {})[phase] = made.tap[t]
    together: dict[tuple[int, ...], list[int]] = {}
    for offset in sorted(reads):
        together.setdefault(tuple(reads[offset]), []).append(offset)
    return tuple(Shared(tuple(offsets), phases, tuple(reads[offset][phase] for offset in offsets for phase in phases))
                 for phases, offsets in sorted(together.items(), key=lambda item: (-len(item[0]), item[1])))


@lru_cache(maxsize=1024)
def gather(axis: Axis, map: str, uncropped: bool = False) -> Gather:
    """The sums of an axis for a map by name; those of the weight gradient are those of conv.

    ``uncropped``: outputs are counted from the beginning of the uncropped image on; ``lead`` of the first pixel are cut.
    """
    crop = axis.padding[0]
    if MAPS[map].source == "x":
        taps = tuple(range(axis.kernel))
        return Gather(axis.kernel, 1, axis.stride, (0, axis.kernel), taps, tuple(axis.dilation * tap - crop for tap in taps))
    start, tap, offset = [0], list[int](), list[int]()
    every, lead = phases(axis), crop % axis.stride if uncropped else 0
    for position in range(-lead, axis.stride - lead):
        phase = every[(position + crop) % axis.stride]
        tap += phase.taps
        offset += [value + (position + crop) // axis.stride for value in phase.offsets]
        start.append(len(tap))
    return Gather(axis.kernel, axis.stride, 1, tuple(start), tuple(tap), tuple(offset), lead)
