"""``Kernel``: a checked, loaded kernel that can be called. A call never compiles."""

from __future__ import annotations

import os
from functools import cached_property, partial
from typing import Any

import numpy as np

from convt._derive import ArgumentError, ConvSpec
from convt._derive.lengths import image_lengths, smallest_feature_length
from convt._derive.spec import LONGEST, integer

from . import arrays, memory
from .call import MOST_SHAPES, Call, Shapes, check_weights, checked, split
from .extension import from_bytes
from .packed import Packed
from .problem import Problem
from .store import Entry
from .threads import cores

_modules: dict[str, Any] = {}  # kernels of one module share it: by digest of its file
_forked = False
NEVER = 1e300  # the estimate of a family that does not take the channels
PACKING = 0.2  # nanoseconds for a byte of packed weights that are made for one call, and come back from farther than the caches


def _in_child() -> None:
    global _forked
    _forked = True


os.register_at_fork(after_in_child=_in_child)


def load(entry: Entry) -> Any:
    """The extension module of an entry."""
    identity = entry.files[entry.library.name]
    if identity not in _modules:
        _modules.setdefault(identity, from_bytes(entry.module, entry.binary(), str(entry.library)))
    entry.held.clear()
    return _modules[identity]


class Kernel:
    """A compiled map for one geometry, element type and layout. Thread-safe, re-entrant, and without the GIL inside.

    Arrays are (batch, channels, \\*spatial), or (batch, \\*spatial, channels) for channels_last; weights are
    (F, C/G, \\*kernel) in both. Call it with the two inputs of its map: ``(x, w)`` for conv, ``(u, w)`` for
    conv_transpose, ``(x, u)`` for conv_weight_gradient.
    """

    def __init__(self, problem: Problem, entry: Entry) -> None:
        self.problem, self.entry = problem, entry
        module = load(entry)
        self._run = getattr(module, problem.name)
        self._pack = partial(module.pack, problem.name)
        self._packed_length = partial(module.packed_length, problem.name)
        self._costs = partial(module.costs, problem.name)
        self._dtype = np.dtype(problem.dtype)
        self._filters: dict[int, Any] = {}
        self._shapes: Shapes = {}
        self._once: dict[Any, str] = {}

    @cached_property
    def name(self) -> str:
        """Name of the kernel."""
        return self.problem.name

    @property
    def spec(self) -> ConvSpec:
        """The geometry."""
        return self.problem.spec

    @cached_property
    def source(self) -> str:
        """The generated Cython source."""
        return self.entry.source

    @cached_property
    def certificate(self) -> dict[str, Any]:
        """What was proved, what was checked, by what it was compiled."""
        return self.entry.certificate

    def plain_c(self) -> dict[str, bytes]:
        """This kernel as ``NAME.c`` and ``NAME.h``, without Python, for programs in C, C++ or Rust (docs/c.md).

        Compiled here, as this kernel was, and held to its bits. Raises ``BuildError`` or ``CheckFailed``.
        """
        from .plain_c import package

        return package([self])

    def __repr__(self) -> str:
        return f"<Kernel {self.name}>"

    def __call__(self, first: Any, second: Any = None, bias: Any = None, *, groups: int = 1, out: Any = None,
                 threads: int | None = None, algorithm: str = "auto") -> Any:
        """The map; a kernel with a built-in filter takes no second input, and treats every channel alike.

        ``out``: C-contiguous, of the right shape, not overlapping an input; it also fixes the lengths. Without it the result is
        an array of the first input's kind: a torch tensor for a torch tensor.

        ``threads``: default all cores; the result is the same for any number. ``algorithm``: "auto", or a family that
        the kernel carries. Raises ``ArgumentError``.
        """
        return self.run(first, second, bias, groups, out, threads, algorithm)

    def run(self, first: Any, second: Any, bias: Any, groups: int, out: Any, threads: int | None, algorithm: str,
            lengths: tuple[int, ...] | None = None) -> Any:
        """``__call__`` with the lengths of the output side given: image lengths, or feature lengths for conv."""
        if self.problem.filter is not None:
            second, groups = self._built_in(self.problem.roles.reads[0], first, second)
        call = checked(self.problem, first, second, bias, groups, out, lengths, self._shapes)
        result = self.launch(call, threads, algorithm)
        return arrays.like(first, result) if out is None else out

    def launch(self, call: Call, threads: int | None = None, algorithm: str = "auto") -> Any:
        """The result of a call whose arguments are checked: a fresh array, or that of its ``out``."""
        _name_of_family(algorithm)
        result = call.result()
        if 0 in call.one.shape:  # an empty batch: nothing to compute, or a sum of nothing
            result.fill(0)
            return result
        family, buffer = self._packed_family(algorithm, call.packed, call.one, result) if call.packed is not None else (
            None if algorithm == "auto" else algorithm, None)
        count = 1 if _forked else cores() if threads is None else integer("threads", threads, 1, 1024)
        try:  # a context manager would take four times as long as the smallest call
            self._run(call.one, call.two, call.bias, result, call.groups, count, family, buffer)
        except ValueError as error:
            raise _about_algorithm(error, family) from None
        return result

    def _built_in(self, name: str, first: Any, second: Any) -> tuple[Any, int]:
        """The filter as weights for as many channels as ``first`` has, each a group of its own."""
        assert self.problem.filter is not None
        if second is not None:
            raise ArgumentError("w", type(second).__name__, f"{self.name} has its weights built in and takes none", None)
        shape = arrays.view(name, first).shape
        channels = shape[-1] if self.problem.layout == "channels_last" else shape[1] if len(shape) > 1 else 1
        if channels not in self._filters:
            taps = self.problem.filter.array(self._dtype)
            memory.demand("channels", (channels, 1, *self.spec.kernel), self._dtype.itemsize)
            self._filters[channels] = np.ascontiguousarray(np.broadcast_to(taps, (channels, 1, *self.spec.kernel)))
        return self._filters[channels], channels

    def pack(self, w: Any, groups: int = 1, algorithm: str = "auto") -> Packed:
        """The weights (F, C/G, \\*kernel) in the order the kernel reads them, to pass in place of w."""
        if self.problem.map == "conv_weight_gradient":
            raise ArgumentError("w", type(w).__name__, "conv_weight_gradient has no weights to pack")
        if self.problem.filter is not None:
            raise ArgumentError("w", type(w).__name__, f"{self.name} has its weights built in and takes none", None)
        weights = arrays.borrow("w", w, self._dtype, self.spec.dims + 2)
        groups = integer("groups", groups, 1, LONGEST)
        check_weights(self.spec, weights, groups)
        _name_of_family(algorithm)
        made = Packed(self.name, groups, algorithm, weights.copy(), algorithm)
        made.family = self.prepare(made, self._favourite(made) if algorithm == "auto" else algorithm)[0]
        return made

    def prepare(self, packed: Packed, family: str) -> tuple[str, Any]:
        """(family that will run, its packed weights), packed once: ``plain`` where a weight is not finite."""
        if (found := packed.ready.get(family)) is not None:
            return found
        with packed.lock:
            if family not in packed.ready:
                costs = self._usual_costs(packed)
                if family not in costs:
                    raise ArgumentError("algorithm", family, f"is not in this kernel, which has {', '.join(costs)}", "auto")
                if costs[family] >= NEVER:
                    raise ArgumentError("algorithm", family, "does not take these channels and groups", "auto")
                images = packed.weights.shape[1] * packed.groups
                size = self._packed_length(packed.weights.shape[0], images, packed.groups, family)
                memory.demand(f"w packed for {family}", (size,), self._dtype.itemsize, lambda: "algorithm='plain', which packs nothing")
                buffer = aligned(size, self._dtype) if size else None
                if size and not self._pack(packed.weights, buffer, packed.groups, family, 1 if _forked else cores()):
                    packed.ready[family] = "plain", None
                else:
                    packed.ready[family] = family, buffer
            return packed.ready[family]

    def _packed_family(self, algorithm: str, packed: Packed, one: Any, result: Any) -> tuple[str, Any]:
        """The family for these sizes with its packed weights."""
        family = packed.asked(algorithm)
        return self.prepare(packed, self._chosen(packed, one, result) if family == "auto" else family)

    def _chosen(self, packed: Packed, one: Any, result: Any) -> str:
        """The family with the least estimate for these sizes."""
        shape = (*one.shape[1:], *result.shape[1:])  # of one image: its result does not depend on the others
        if shape not in packed.choices:
            features, images, feature, image = self._sides(one.shape, result.shape)
            packed.choices[shape] = self.chosen(features, images, packed.groups, feature, image)
        return packed.choices[shape]

    def _sides(self, one: tuple[int, ...], result: tuple[int, ...]) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
        """Feature and image channels, feature and image lengths, of a first input and a result of these shapes."""
        last = self.problem.layout == "channels_last"
        (_, features, feature), (_, images, image) = split(one, last), split(result, last)
        return (images, features, image, feature) if self.problem.roles.source == "x" else (features, images, feature, image)

    def chosen(self, features: int, images: int, groups: int, feature: tuple[int, ...], image: tuple[int, ...]) -> str:
        """The family with the least estimate for one image of these channels, feature lengths and image lengths."""
        costs = self._costs(1, features, images, groups, feature, image)
        return min(costs, key=costs.__getitem__)

    def for_one_call(self, call: Call) -> str:
        """The family with the least estimate for a whole call, its batch and the packing of its weights for nothing else included.

        "auto" where weights are packed already, or are none. Bits depend on the batch then: gradients may, results may not.
        """
        if call.packed is not None or self.problem.roles.gives == "w" or 0 in call.one.shape:
            return "auto"
        key = (call.one.shape, call.shape, call.groups)
        if (found := self._once.get(key)) is None:
            features, images, feature, image = self._sides(call.one.shape, call.shape)
            costs = {family: cost + PACKING * self.packed_bytes(features, images, call.groups, family) for family, cost in self._costs(
                call.one.shape[0], features, images, call.groups, feature, image).items() if cost < NEVER}
            found = min(costs, key=costs.__getitem__)
            if len(self._once) < MOST_SHAPES:
                self._once[key] = found
        return found

    def packed_bytes(self, features: int, images: int, groups: int, family: str) -> int:
        """Bytes of the weights as a family packs them; 0 where it packs none."""
        return int(self._packed_length(features, images, groups, family)) * self._dtype.itemsize

    def explain(self, features: int, images: int, size: tuple[int, ...], batch: int = 1, groups: int = 1) -> dict[str, float]:
        """Family -> estimated nanoseconds at these sizes (``size``: feature lengths); the least for a batch of one is chosen."""
        image = image_lengths(self.spec, size)
        memory.demand("size", (batch, images, *image), self._dtype.itemsize)
        return dict(self._costs(batch, features, images, groups, size, image))

    def _favourite(self, packed: Packed) -> str:
        costs = self._usual_costs(packed)
        return min(costs, key=costs.__getitem__)

    def _usual_costs(self, packed: Packed) -> dict[str, float]:
        """Estimates at sizes that are neither small nor large; NEVER where a family does not take the channels."""
        size = tuple(smallest_feature_length(axis) + 63 for axis in self.spec.axes)
        features, per = packed.weights.shape[:2]
        return dict(self._costs(1, features, per * packed.groups, packed.groups, size, image_lengths(self.spec, size)))


def _name_of_family(algorithm: object) -> None:
    if not isinstance(algorithm, str):
        raise ArgumentError("algorithm", algorithm, "must be auto, or a family that the kernel carries", "auto")


def _about_algorithm(error: ValueError, family: str | None) -> ValueError:
    """What a module says about its argument ``family``, said about the user's argument; other errors as they are."""
    argument, _, rule = str(error).partition(": ")
    return ArgumentError("algorithm", family, rule) if argument == "family" else error


def aligned(size: int, dtype: np.dtype[Any]) -> Any:
    """An uninitialised array that begins on a cache line."""
    raw = np.empty(size * dtype.itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size * dtype.itemsize].view(dtype)

