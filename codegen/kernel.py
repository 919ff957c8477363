"""``Kernel``: a checked, loaded kernel that can be called. A call never compiles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from threading import Lock
from typing import Any

import numpy as np

from convt._derive import ArgumentError, ConvSpec
from convt._derive.lengths import feature_lengths, image_lengths, smallest_feature_length, with_image_lengths
from convt._derive.spec import integer

from . import arrays
from .extension import from_bytes
from .problem import Problem
from .store import Entry
from .threads import cores

_modules: dict[str, Any] = {}  # kernels of one module share it: by digest of its file
_forked = False


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


@dataclass(frozen=True)
class Packed:
    """Weights in the order in which a kernel reads them. Made by ``Kernel.pack``, passed in place of w.

    It holds a copy: later changes of the weights do not reach it. ``family`` is what they are packed for; weights
    packed for "auto" are packed anew, once, when other sizes of the features ask for another family.
    """

    kernel: str
    groups: int
    family: str
    weights: Any
    buffers: dict[str, Any]
    auto: bool
    lock: Any = field(default_factory=Lock, repr=False, compare=False)
    choices: dict[tuple[int, ...], str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def nbytes(self) -> int:
        """Memory it holds."""
        return int(self.weights.nbytes + sum(buffer.nbytes for buffer in self.buffers.values() if buffer is not None))


MOST_SHAPES = 4096  # of outputs that a kernel remembers


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
        self._shapes: dict[Any, tuple[tuple[int, ...], int]] = {}  # of outputs: working them out takes longer than a small call

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

    def __repr__(self) -> str:
        return f"<Kernel {self.name}>"

    def __call__(self, first: Any, second: Any = None, bias: Any = None, *, groups: int = 1, out: Any = None,
                 threads: int | None = None, algorithm: str = "auto") -> Any:
        """The map; a kernel with a built-in filter takes no second input, and treats every channel alike.

        ``out``: C-contiguous, of the right shape, not overlapping an input; it also fixes the lengths.

        ``threads``: default all cores; the result is the same for any number. ``algorithm``: "auto", or a family that
        the kernel carries. Raises ``ArgumentError``.
        """
        return self.run(first, second, bias, groups, out, threads, algorithm)

    def run(self, first: Any, second: Any, bias: Any, groups: int, out: Any, threads: int | None, algorithm: str,
            lengths: tuple[int, ...] | None = None) -> Any:
        """``__call__`` with the lengths of the output side given: image lengths, or feature lengths for conv."""
        rank = self.spec.dims + 2
        names = {"conv": ("x", "w"), "conv_transpose": ("u", "w"), "conv_weight_gradient": ("x", "u")}[self.problem.map]
        if self.problem.filter is not None:
            second, groups = self._built_in(names[0], first, second)
        packed = second if isinstance(second, Packed) else None
        if packed is not None and packed.kernel != self.name:
            raise ArgumentError("w", packed.kernel, f"was packed for another kernel; this is {self.name}")
        one = arrays.borrow(names[0], first, self._dtype, rank)
        two = packed.weights if packed else arrays.borrow(names[1], second, self._dtype, rank)
        groups = integer("groups", groups, 1)
        if packed is not None and packed.groups != groups:
            raise ArgumentError("groups", groups, f"the weights were packed for {packed.groups}", packed.groups)
        wanted = arrays.view("out", out).shape if out is not None and lengths is None else None
        key = (one.shape, two.shape, groups, lengths, wanted)
        if (found := self._shapes.get(key)) is None:
            found = output_shape(self.problem, one, two, groups, lengths, wanted)
            if len(self._shapes) < MOST_SHAPES:
                self._shapes[key] = found
        shape, channels = found
        if bias is not None:
            if self.problem.map == "conv_weight_gradient":
                raise ArgumentError("bias", type(bias).__name__, "conv_weight_gradient takes none", None)
            bias = arrays.borrow("bias", bias, self._dtype, 1)
            if bias.shape[0] != channels:
                raise ArgumentError("bias", bias.shape, f"must have one value for each of {channels} output channels",
                                    (channels,))
        result = arrays.output(out, shape, self._dtype, {names[0]: one, names[1]: two, "bias": bias})
        family, buffer = self._packed_family(algorithm, packed, one, result) if packed is not None else (
            None if algorithm == "auto" else algorithm, None)
        count = 1 if _forked else cores() if threads is None else integer("threads", threads, 1, 1024)
        with _algorithm_named(family):
            self._run(one, two, bias, result, groups, count, family, buffer)
        return result if out is None else out

    def _built_in(self, name: str, first: Any, second: Any) -> tuple[Any, int]:
        """The filter as weights for as many channels as ``first`` has, each a group of its own."""
        assert self.problem.filter is not None
        if second is not None:
            raise ArgumentError("w", type(second).__name__, f"{self.name} has its weights built in and takes none", None)
        shape = arrays.view(name, first).shape
        channels = shape[-1] if self.problem.layout == "channels_last" else shape[1] if len(shape) > 1 else 1
        if channels not in self._filters:
            taps = self.problem.filter.array(self._dtype)
            self._filters[channels] = np.ascontiguousarray(np.broadcast_to(taps, (channels, 1, *self.spec.kernel)))
        return self._filters[channels], channels

    def pack(self, w: Any, groups: int = 1, algorithm: str = "auto") -> Packed:
        """The weights (F, C/G, \\*kernel) in the order the kernel reads them, to pass in place of w."""
        if self.problem.map == "conv_weight_gradient":
            raise ArgumentError("w", type(w).__name__, "conv_weight_gradient has no weights to pack")
        if self.problem.filter is not None:
            raise ArgumentError("w", type(w).__name__, f"{self.name} has its weights built in and takes none", None)
        weights = arrays.borrow("w", w, self._dtype, self.spec.dims + 2)
        check_weights(self.spec, weights)
        groups = integer("groups", groups, 1)
        images = weights.shape[1] * groups
        if weights.shape[0] % groups:
            raise ArgumentError("groups", groups, f"must divide the {weights.shape[0]} feature channels of w")
        family = self._favourite(weights.shape[0], images, groups) if algorithm == "auto" else algorithm
        made = Packed(self.name, groups, family, weights.copy(), {}, algorithm == "auto")
        used = self._prepare(made, family)
        return made if used == family else replace(made, family=used, auto=False)

    def _prepare(self, packed: Packed, family: str) -> str:
        """Pack for a family, once. The family that will run: ``plain`` where a weight is not finite."""
        with packed.lock:
            if family not in packed.buffers:
                images = packed.weights.shape[1] * packed.groups
                with _algorithm_named(family):
                    size = self._packed_length(packed.weights.shape[0], images, packed.groups, family)
                buffer = aligned(size, self._dtype) if size else None
                if size and not self._pack(packed.weights, buffer, packed.groups, family, 1 if _forked else cores()):
                    family, buffer = "plain", None
                packed.buffers[family] = buffer
            return family

    def _packed_family(self, algorithm: str, packed: Packed, one: Any, result: Any) -> tuple[str, Any]:
        """The family for these sizes with its packed weights."""
        if algorithm not in ("auto", packed.family):
            raise ArgumentError("algorithm", algorithm, f"the weights were packed for {packed.family}", packed.family)
        family = packed.family
        if packed.auto:
            shape = (*one.shape[1:], *result.shape[1:])  # of one image: its result does not depend on the others
            if shape not in packed.choices:
                last = self.problem.layout == "channels_last"
                (_, features, feature), (_, images, image) = _split(one, last), _split(result, last)
                if self.problem.map == "conv":
                    features, images, feature, image = images, features, image, feature
                costs = self._costs(1, features, images, packed.groups, feature, image)
                packed.choices[shape] = self._prepare(packed, min(costs, key=costs.__getitem__))
            family = packed.choices[shape]
        return family, packed.buffers[family]

    def explain(self, features: int, images: int, size: tuple[int, ...], batch: int = 1, groups: int = 1) -> dict[str, float]:
        """Family -> estimated nanoseconds at these sizes (``size``: feature lengths); the least for a batch of one is chosen."""
        image = image_lengths(self.spec, size)
        return dict(self._costs(batch, features, images, groups, size, image))

    def _favourite(self, features: int, images: int, groups: int) -> str:
        size = tuple(smallest_feature_length(axis) + 63 for axis in self.spec.axes)
        costs = self._costs(1, features, images, groups, size, image_lengths(self.spec, size))
        return str(min(costs, key=costs.__getitem__))


def output_shape(problem: Problem, one: Any, two: Any, groups: int, lengths: tuple[int, ...] | None,
                 wanted: tuple[int, ...] | None) -> tuple[tuple[int, ...], int]:
    """Shape of a map's output and its number of channels, after checking that the inputs fit together.

    ``lengths`` fixes the spatial lengths of the output; ``wanted``, the shape of ``out``, may shorten those of conv.
    """
    spec, last = problem.spec, problem.layout == "channels_last"
    batch, channels, sizes = _split(one, last)
    if problem.map == "conv_weight_gradient":
        other_batch, features, feature = _split(two, last)
        if other_batch != batch:
            raise ArgumentError("u", two.shape, f"must have the batch of x, {batch}")
        _divides(groups, features, "feature channels of u")
        _divides(groups, channels, "image channels of x")
        with_image_lengths(spec, feature, sizes, "x", limit=False)
        return (features, channels // groups, *spec.kernel), features
    check_weights(spec, two)
    features, per = two.shape[:2]
    _divides(groups, features, "feature channels of w")
    if problem.map == "conv_transpose":
        if channels != features:
            raise ArgumentError("u", one.shape, f"must have the {features} feature channels of w, has {channels}")
        natural, outputs = lengths or image_lengths(spec, sizes), per * groups
    else:
        if channels != per * groups:
            raise ArgumentError("x", one.shape, f"must have {per * groups} channels (C/G of w × groups), has {channels}")
        natural, outputs = lengths or feature_lengths(spec, sizes), features
        if wanted is not None and lengths is None:
            fixed = wanted[1:-1] if last else wanted[2:]
            if len(fixed) == spec.dims and all(1 <= f <= n for f, n in zip(fixed, natural, strict=True)):
                natural = tuple(fixed)
    return ((batch, *natural, outputs) if last else (batch, outputs, *natural)), outputs


@contextmanager
def _algorithm_named(family: str | None) -> Iterator[None]:
    """What a module says about its argument ``family``, said about the user's argument."""
    try:
        yield
    except ValueError as error:
        argument, _, rule = str(error).partition(": ")
        if argument != "family":
            raise
        raise ArgumentError("algorithm", family, rule) from None


def check_weights(spec: ConvSpec, w: Any) -> None:
    """Weights must be (F, C/G, \\*kernel)."""
    if w.shape[2:] != spec.kernel:
        raise ArgumentError("w", w.shape, f"must have shape (F, C/G, {', '.join(map(str, spec.kernel))}) for {spec}")


def _split(array: Any, last: bool) -> tuple[int, int, tuple[int, ...]]:
    """(batch, channels, lengths) of an image or feature array."""
    shape = array.shape
    return (shape[0], shape[-1], shape[1:-1]) if last else (shape[0], shape[1], shape[2:])


def _divides(groups: int, channels: int, what: str) -> None:
    if channels % groups:
        nearest = max(g for g in range(1, groups + 1) if channels % g == 0)
        raise ArgumentError("groups", groups, f"must divide the {channels} {what}", nearest)


def aligned(size: int, dtype: np.dtype[Any]) -> Any:
    """An uninitialised array that begins on a cache line."""
    raw = np.empty(size * dtype.itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size * dtype.itemsize].view(dtype)

