"""Layouts of weights: the axes in a dialect's order, whether its kernel is reversed, and how groups are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Weights:
    """Layout of a dialect's weights: axes g (groups), f (features), c (image channels), k (all kernel axes); and whether reversed.

    Without g, features of all groups stand one after another, as in (F, C/G, *k). Without f and c it is one channel's vector.
    """

    axes: str
    flipped: bool = False
    grouped: bool = False
    """Whether it is how groups are written: that says C/G instead of C."""

    def to_ours(self, array: Any) -> Any:
        """An array in the dialect's layout as (F, C/G, *k), reversed along the kernel axes where the dialect does."""
        if self.axes == "k":
            return array[(None, None)]
        moved = array.transpose(self._order(array.ndim))
        if "g" in self.axes:
            moved = moved.reshape(-1, *moved.shape[2:])
        return self._turned(moved)

    def from_ours(self, array: Any, groups: int = 1) -> Any:
        """(F, C/G, *k) in the dialect's layout."""
        turned = self._turned(array)
        if self.axes == "k":
            return turned[0, 0]
        if "g" in self.axes:
            turned = turned.reshape(groups, -1, *turned.shape[1:])
        order = self._order(turned.ndim)
        return turned.transpose([order.index(axis) for axis in range(turned.ndim)])

    def _turned(self, array: Any) -> Any:
        """Our layout, reversed along the kernel axes or as it is."""
        return array[(slice(None), slice(None), *[slice(None, None, -1)] * (array.ndim - 2))] if self.flipped else array

    def names(self, dims: int) -> list[str]:
        """One name an axis: g, f, c, and k0, k1, … of a kernel with so many axes."""
        return [name for letter in self.axes for name in ([f"k{axis}" for axis in range(dims)] if letter == "k" else [letter])]

    def _order(self, ndim: int) -> list[int]:
        """For each of our axes (g, f, c, *k): where the dialect has it."""
        names = self.names(ndim - sum(letter != "k" for letter in self.axes))
        return [names.index(name) for name in sorted(names, key=lambda name: ("gfck".index(name[0]), name))]

    def __str__(self) -> str:
        words = {"g": "G", "f": "F/G" if "g" in self.axes else "F", "c": "C/G" if self.grouped else "C", "k": "*k"}
        inner = ", ".join(words[letter] for letter in self.axes) if len(self.axes) > 1 else "k,"
        return f"({inner})" + (", reversed" if self.flipped else "")


@dataclass(frozen=True)
class Groups:
    """How a dialect says groups: its argument (empty where the shapes say it), its layout, its operation where that changes, and
    where it has them if not everywhere."""

    argument: str
    weights: Weights
    operation: str = ""
    where: str = ""

    def __str__(self) -> str:
        how = self.operation or (f"{self.argument}=G" if self.argument else "by the shapes")
        return f"{how}, weights {self.weights}" + f" ({self.where})" * bool(self.where)


def conversion(one: Weights, other: Weights, dims: int) -> str:
    """NumPy that turns weights ``w`` of the first layout into the second, without groups; "w" where they are the same."""
    if one.axes == "k":
        return "w" if other.axes == "k" else "w[None, None]" + _moved(Weights("fck"), other, dims)
    if other.axes == "k":
        return "w" + _moved(one, Weights("fck"), dims) + "[0, 0]"
    return "w" + _moved(one, other, dims)


def _moved(one: Weights, other: Weights, dims: int) -> str:
    here, there = one.names(dims), other.names(dims)
    order = [here.index(name) for name in there]
    move = "" if order == sorted(order) else f".transpose({', '.join(map(str, order))})"
    turned = ", ".join("::-1" if name[0] == "k" else ":" for name in there)
    return move + (f"[{turned}]" if one.flipped != other.flipped else "")
