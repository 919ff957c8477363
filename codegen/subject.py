"""One family of one kernel under test: called in poisoned memory, on as many threads as asked, and held to what it was asked for."""

from __future__ import annotations

from functools import partial, reduce
from math import prod
from typing import Any

import numpy as np

from convt._derive.maps import MAPS
from convt._derive.spec import ConvSpec

from . import reference, samples
from .cases import MOST_ENTRIES, Case
from .guard import PATTERNS, Guarded, poisoned_heap


class Wrong(Exception):
    """A check failed; the text says which, where, and with what figures."""


class Subject:
    """A family of a kernel. ``task``: the kernel as plain data."""

    def __init__(self, module: Any, task: dict[str, Any], family: str) -> None:
        self.run = getattr(module, task["name"])
        self.pack, self.packed_length = partial(module.pack, task["name"]), partial(module.packed_length, task["name"])
        self.forget = module.forget
        self.name, self.family, self.map = task["name"], family, task["map"]
        self.spec = ConvSpec.parse(task["spec"])
        self.dtype, self.parts, self.bits = np.dtype(task["dtype"]), task["parts"], task["bits"]
        self.wide = np.dtype({"f": np.float64, "c": np.complex128, "i": np.int64}[self.dtype.kind])
        self.last, self.conjugate, self.filter = task["channels_last"], task["conjugate"], task["filter"]
        self.roles = MAPS[self.map]
        self.out = self.roles.gives
        self.instead, self.leaves, self.leaves_huge = task["instead"].get(family, (None, "", False))
        """The family that takes what this one cannot, None where it takes all; of which arguments, and whether huge values too."""

    def __str__(self) -> str:
        return f"{self.name}, family {self.family}"

    def call(self, given: dict[str, Any], bias: Any, case: Case, turn: int, threads: int, answers: tuple[str, ...] = (),
             fresh: bool = True) -> Any:
        """The output, channels first. ``turn`` alternates edges, poison and packing; ``answers``: families that may, instead of this one.

        ``fresh``: scratch memory is poison; else it is what earlier calls, of other sizes, left there.

        Raises ``Wrong`` where something else than the family answers, or on another number of threads, or where memory beside
        an output is written.
        """
        pattern, right, packs = PATTERNS[(turn + turn // 3) % 3], turn % 2 == 0, turn // 2 % 2
        first, second = (Guarded.of(self.laid_out(letter, given[letter]), right, pattern).array for letter in self.roles.reads)
        shape = self.laid_out(self.out, np.empty(case.shapes(self.spec)[self.out], np.bool_)).shape
        out = Guarded(shape, self.dtype, right, None if prod(shape) > 4 * MOST_ENTRIES else pattern)
        beta = None if bias is None else Guarded.of(bias, right, pattern).array
        if fresh:
            self.forget()
        written, family = [out], self.family
        packed = None
        if packs and (size := self.packed_length(case.features, case.images, case.groups, self.family)):
            packed = Guarded((size,), self.dtype, right, pattern)
            with poisoned_heap(pattern):
                finite = self.pack(second, packed.array, case.groups, self.family, threads, True)
            if finite:
                written.append(packed)
            elif "plain" in answers:
                packed, family = None, "plain"
            else:
                raise Wrong(f"{self}: pack took finite weights for infinite ones, {case}")
        with poisoned_heap(pattern):
            ran, used = self.run(first, second, beta, out.array, case.groups, threads, family, packed and packed.array, True)
        if ran not in (answers or (self.family,)):
            raise Wrong(f"{self}: {ran} answered in its place, {case}")
        if used != threads:
            raise Wrong(f"{self}: ran on {used} threads, not {threads}, {case}")
        if not all(memory.intact() for memory in written):
            raise Wrong(f"{self}: wrote beside its output or its packed weights, {case}, {threads} threads")
        return np.moveaxis(out.array, -1, 1) if self.last and self.out != "w" else out.array

    def draw(self, case: Case, rng: Any, bound: int, kept: int | None = None) -> tuple[dict[str, Any], samples.Support]:
        """Random integers as inputs, the weights of the filter that is built in; and where inputs are not zero, as in ``samples``."""
        given, support = samples.draw(self.spec, case, self.roles.reads, self.dtype, rng, bound, kept)
        if self.filter is not None:
            given["w"] = np.empty_like(given["w"])
            given["w"][...] = np.array(self.filter["values"]).reshape(self.spec.kernel)
        return given, support

    def laid_out(self, letter: str, array: Any) -> Any:
        """u and x in the kernel's layout; w is the same in both."""
        return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if self.last and letter != "w" else array

    def expected(self, given: dict[str, Any], bias: Any, case: Case) -> Any:
        """All entries of the map by the NumPy reference, in a wider type in which these integers are exact."""
        arrays = self.widened(given)
        beta = None if bias is None else bias.astype(self.wide)
        if self.map == "conv":
            return reference.conv(self.spec, arrays["x"], arrays["w"], beta, case.feature, case.groups)
        if self.map == "conv_transpose":
            return reference.conv_transpose(self.spec, arrays["u"], arrays["w"], beta, case.image, case.groups)
        return reference.conv_weight_gradient(self.spec, arrays["x"], arrays["u"], case.groups)

    def expected_at(self, given: dict[str, Any], bias: Any, case: Case, support: dict[str, Any], positions: list[tuple[int, ...]]) -> Any:
        """Entries of the map at some positions, as (…, channel, position)."""
        arrays = given | {self.out: np.empty(case.shapes(self.spec)[self.out][:2])}
        conjugated = self.conjugated()
        lazily = {letter: array.conj() if letter == conjugated else array for letter, array in arrays.items()}
        found = reference.entries(self.spec, self.out, lazily, case.lengths(self.spec), positions, case.groups, self.wide, support)
        return found if bias is None else found + bias.astype(self.wide)[None, :, None]

    def widened(self, given: dict[str, Any]) -> dict[str, Any]:
        """Inputs in the wider type, the one that the map conjugates conjugated."""
        conjugated = self.conjugated()
        arrays = {letter: array.astype(self.wide) for letter, array in given.items()}
        return {letter: array.conj() if letter == conjugated else array for letter, array in arrays.items()}

    def conjugated(self) -> str | None:
        """Both conjugate forms are the plain map of one conjugated argument."""
        return self.roles.conjugates if self.conjugate else None

    def unread(self, given: dict[str, Any], case: Case) -> dict[str, Any] | None:
        """The inputs with NaN wherever no related triple reads: what shows up in a result must not be read. None without such places."""
        if self.dtype.kind not in "fc" or case.some:
            return None
        marks = [reference.touched(axis, m, n) for axis, m, n in case.axes(self.spec)]
        if all(mark.all() for axis in marks for mark in axis):
            return None
        copies = {}
        for letter, array in given.items():
            copies[letter] = array.copy()
            if letter != "w":
                outside = ~reduce(np.logical_and.outer, [axis["ux".index(letter)] for axis in marks])
                copies[letter][:, :, outside] = np.nan
        return copies
