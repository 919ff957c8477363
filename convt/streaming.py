"""A convolution of a signal that comes piece by piece: the bits of one call with the whole, and a state of fixed size (theorem 24).

Each push is one call of the kernel, on the slice that theorem 21 names: what was kept and the new piece, from where the kernel's
tiles begin.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from convt._codegen import arrays
from convt._codegen.family import together
from convt._codegen.problem import Problem
from convt._derive.errors import ArgumentError
from convt._derive.halo import slice_of_features, slice_of_image
from convt._derive.lengths import feature_length, feature_lengths, image_length, image_lengths
from convt._derive.phases import Window
from convt._derive.spec import Axis, ConvSpec, integer, spec_of
from convt._derive.streams import features_complete, features_needed, images_complete, images_needed

from .calls import Array, Layout, kernel_of, layout_of, lengths_of, threads_of, type_name

MAPS = ("conv_transpose", "conv")


class Stream:
    """One axis of a signal in pieces; made by ``convt.stream``. ``push`` returns what is complete, ``flush`` the rest.

    ``algorithm``: the family that computes every piece; one call with the whole signal and this ``algorithm=`` gives the same bits.
    ``kept``: how many positions of the axis are kept between two pieces.
    """

    def __init__(self, problem: Problem, weights: Any, bias: Any, axis: int, groups: int, algorithm: str, threads: int | None) -> None:
        self._kernel, self._bias, self._groups, self._threads = kernel_of(problem), bias, groups, threads
        self._packed = self._kernel.pack(weights, groups, algorithm)
        self.algorithm = self._packed.family
        self._asked = self.algorithm if algorithm == "auto" else algorithm  # differs from it where weights are not finite
        self._axis = axis
        self._place = axis + (1 if problem.layout == "channels_last" else 2)
        self._along: Axis = problem.spec.axes[axis]
        self._step = together(problem, self.algorithm)[axis]
        self._transposed = problem.map == "conv_transpose"
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next piece is the first one of a signal."""
        self._came, self._given = 0, 0
        self._kept: Any = None
        self._shape: tuple[int, ...] | None = None
        self._like: Any = None

    @property
    def kept(self) -> int:
        """Positions of the axis that are kept now."""
        return 0 if self._kept is None else int(self._kept.shape[self._place])

    def __repr__(self) -> str:
        return f"<Stream of {self._kernel.name} along axis {self._axis}: {self._came} in, {self._given} out, {self.kept} kept>"

    def push(self, piece: Array) -> Array:
        """The outputs that this piece completes; there may be none. ``piece``: any length along the axis, 0 too.

        Batch and other lengths are those of the first piece. Raises ``ArgumentError``.
        """
        block = self._joined(piece)
        made: Array = self._answer(piece, block, max(self._given, self._complete()))
        return made

    def flush(self) -> Any:
        """The outputs that are left when the signal ends here, and a stream that is as new. Raises ``ArgumentError`` where nothing came."""
        if self._kept is None or not self._came:
            raise ArgumentError("flush", self._came, "nothing was pushed, so there is no signal to end", None)
        end = image_length(self._along, self._came) if self._transposed else feature_length(self._along, self._came)
        if end < 1:
            side = "m" if self._transposed else "n"
            raise ArgumentError("flush", self._came, f"a signal of {side} = {self._came} has no output along axis {self._axis} "
                                f"of {self._kernel.spec}")
        made = self._answer(self._like, self._kept, max(self._given, end), end)
        self.reset()
        return made

    def _joined(self, piece: Any) -> Any:
        """What was kept and the new piece, whose shape must be that of the pieces before along all other axes."""
        name, dtype = ("u", "x")[not self._transposed], np.dtype(self._kernel.problem.dtype)
        seen = arrays.view(name, piece)
        if seen.ndim != self._kernel.spec.dims + 2:
            raise ArgumentError(name, seen.shape, f"must have {self._kernel.spec.dims + 2} axes: batch, channels and "
                                f"{self._kernel.spec.dims} spatial ones")
        around = seen.shape[:self._place] + seen.shape[self._place + 1:]
        if self._shape is not None and around != self._shape:
            raise ArgumentError(name, seen.shape, "must have the shape of the pieces before it, but for the length along axis "
                                f"{self._axis}; reset() begins another signal", None)
        new = arrays.borrow(name, piece, dtype, seen.ndim, True) if seen.shape[self._place] else np.array(seen, dtype)
        self._like = arrays.like(piece, np.empty(0, dtype))  # of its kind, without its memory
        if self._shape is None:
            self._check(new)
        self._shape = around
        self._came += new.shape[self._place]
        return new if self._kept is None or not self.kept else np.concatenate((self._kept, new), self._place)

    def _check(self, first: Any) -> None:
        """The first piece tells what can be wrong with all of them: channels, and the lengths of the other axes."""
        shape = list(first.shape)
        shape[self._place] = max(self._along.span, 64)  # of a signal that is long enough
        shape[0] = 0
        self._kernel.run(np.empty(shape, first.dtype), self._packed, self._bias, self._groups, None, 1, self._asked,
                         self._lengths(tuple(shape), self._least(shape[self._place])))

    def _least(self, length: int) -> int:
        return max(1, image_length(self._along, length) if self._transposed else feature_length(self._along, length))

    def _complete(self) -> int:
        """Outputs that the signal has wherever it ends, and that nothing still to come reaches, nor the tile that they are in."""
        axis, more = self._along, self._step - 1
        if self._transposed:
            known = images_complete(self._came, axis.stride, axis.padding[0]) - axis.stride * more
            return min(int(known), image_length(axis, self._came))
        known = features_complete(self._came, axis.stride, axis.span - 1, axis.padding[0]) // axis.stride - more
        return min(int(known), feature_length(axis, self._came))

    def _answer(self, like: Any, block: Any, stop: int, end: int | None = None) -> Any:
        """Outputs up to ``stop``, computed from a block that ends with the last position that came; what comes later is kept."""
        first = self._came - block.shape[self._place]  # position of the block in the signal
        window = Window(self._given, stop)
        result = self._outputs(block, first, window) if len(window) and self._came else self._nothing(block)
        self._given = window.stop if len(window) and self._came else self._given
        keep = min(max(self._needed(), first), self._came)
        self._kept = np.array(self._cut(block, keep - first, None))
        return arrays.like(like, result)

    def _needed(self) -> int:
        """The first position that outputs still to come read, those of a tile with them included."""
        axis, more = self._along, self._step - 1
        if self._transposed:
            from_here = features_needed(self._given - axis.stride * more, axis.stride, axis.span - 1, axis.padding[0]) // axis.stride
            return min(int(from_here), self._came)
        return int(images_needed(self._given - more, axis.stride, axis.padding[0]))

    def _outputs(self, block: Any, first: int, window: Window) -> Any:
        """These outputs, from the slice of the signal that they read."""
        make = slice_of_image if self._transposed else slice_of_features
        part = make(self._along, window, self._came, self._step)
        shape = list(block.shape)
        shape[self._place] = part.size
        padded = np.zeros(shape, block.dtype)
        read = self._cut(block, part.read.first - first, part.read.stop - first)
        self._cut(padded, part.before, part.before + len(part.read))[...] = read
        made = self._kernel.run(padded, self._packed, self._bias, self._groups, None, self._threads, self._asked,
                                self._lengths(block.shape, part.length))
        return np.ascontiguousarray(self._cut(made, part.skip, part.skip + len(window)))

    def _lengths(self, shape: tuple[int, ...], along: int) -> tuple[int, ...]:
        """Lengths of a call's output: those of the other axes follow from the piece's."""
        sizes = list(lengths_of(shape, self._kernel.problem.layout))
        others = ConvSpec.of([replace(axis, padding=(0, 0), output_padding=0) if number == self._axis else axis
                              for number, axis in enumerate(self._kernel.spec.axes)])
        sizes[self._axis] = self._along.span
        found = list(image_lengths(others, sizes) if self._transposed else feature_lengths(others, sizes))
        found[self._axis] = along
        return tuple(found)

    def _nothing(self, block: Any) -> Any:
        """No outputs, in the shape that they would have."""
        spatial = self._lengths(block.shape, 1)
        channels = self._packed.weights.shape[1] * self._groups if self._transposed else self._packed.weights.shape[0]
        last = self._kernel.problem.layout == "channels_last"
        shape = [block.shape[0], *spatial, channels] if last else [block.shape[0], channels, *spatial]
        shape[self._place] = 0
        return np.empty(shape, block.dtype)

    def _cut(self, array: Any, first: int, stop: int | None) -> Any:
        return array[(slice(None),) * self._place + (slice(first, stop),)]


def stream(spec: ConvSpec | str, w: Any, bias: Any = None, *, map: Literal["conv_transpose", "conv"] = "conv_transpose", axis: int = 0,
           groups: int = 1, conjugate: bool = False, layout: Layout = "channels_first", algorithm: str = "auto",
           threads: int | None = None) -> Stream:
    """A map of a signal that comes in pieces along one axis: audio, sensors, frames of a video, lines of a scanner.

    ``spec``: a ``ConvSpec`` or its name. ``w``: weights (F, C/G, *k). ``axis``: the spatial axis that is cut, 0 the first. Pieces
    are features (B, F, *m) for ``map="conv_transpose"``, images (B, C, *n) for ``"conv"``. ``algorithm``: as everywhere; "auto" takes
    what is chosen for usual sizes, since the signal's length is not known. The other arguments: see ``help(convt.api)``.

        s = convt.stream("1d_k4s2p1", w)
        y = [s.push(piece) for piece in pieces] + [s.flush()]       # together: convt.conv_transpose(whole, w, …, algorithm=s.algorithm)

    For any pieces the outputs have the bits of that one call. A push costs what its piece costs, however much came before:
    ⌈span/s⌉ − 1 features are kept, or span − 1 image positions (theorem 24), and the neighbours of a tile for ``fast`` and
    ``fast4``. Where a signal holds Inf, NaN or huge values, those two leave a piece to ``direct`` that has one, not the whole.

    Raises ``ArgumentError`` for what does not fit, ``CompilerMissing`` where a kernel is to be built and cannot.
    """
    spec = spec_of(spec)
    if map not in MAPS:
        raise ArgumentError("map", map, f"must be one of {', '.join(MAPS)}", MAPS[0])
    integer("axis", axis, 0, spec.dims - 1)
    threads_of(threads)
    problem = Problem.of(spec, map, type_name(arrays.view("w", w).dtype), layout_of(layout), conjugate)
    made = None if bias is None else np.array(arrays.borrow("bias", bias, np.dtype(problem.dtype), 1))
    return Stream(problem, w, made, axis, groups, algorithm, threads)
