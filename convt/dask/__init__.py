"""Arrays larger than memory: ``conv_transpose`` and ``conv`` of dask arrays, lazily, block by block of the output.

    import convt.dask
    import dask.array as da

    u = da.from_zarr("features.zarr")                       # (batch, F, *m), chunks as they are
    y = convt.dask.conv_transpose(u, w, stride=2, padding=1)
    y.to_zarr("image.zarr")

Each block of the output is one call of the kernel, on the slice of the input that theorem 21 names. The family is chosen once,
for the whole array, and slices begin where its tiles begin: the result has the bits that one call of ``convt.conv_transpose``
with the whole array has, for any chunks and on any number of threads. One thing is of the whole: where an image holds Inf, NaN
or huge values among its inputs, families ``fast`` and ``fast4`` leave all of that image to ``direct``; of a slice, it leaves that
slice. Then what the others hold is within the same bounds on rounding errors, and its Inf and NaN are at the same places; with
``algorithm="direct"``, or any other but ``fast``, bits are the same there, too.

Needs the extra ``dask``: ``pip install 'convt[dask]'``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    import dask.array as da
    from dask.base import tokenize
except ImportError as error:
    raise ImportError(f"convt.dask needs dask with its arrays ({error}): pip install 'convt[dask]'") from None

from convt._codegen.call import Call
from convt._codegen.family import together
from convt._codegen.problem import Problem
from convt._derive.spec import integer

from ..calls import Ints, Layout, Padding, kernel_of, layout_of, of_conv, of_transpose, request
from .arguments import described, in_memory, of_whole
from .chunks import Chunks, output_chunks
from .graph import all_blocks, output, sliced, whole_blocks
from .tasks import Work

__all__ = ["conv", "conv_transpose"]


def conv_transpose(u: da.Array, w: Any, bias: Any = None, *, stride: Ints = 1, padding: Padding = 0, output_padding: Ints = 0,
                   output_size: Ints | None = None, dilation: Ints = 1, groups: int = 1, conjugate: bool = False,
                   layout: Layout = "channels_first", algorithm: str = "auto", chunks: Chunks = None, threads: int | None = 1,
                   reread: bool = True) -> da.Array:
    """``convt.conv_transpose`` of a dask array of features (B, F, *m), as a dask array of images (B, C, *n).

    ``w``, ``bias``: arrays in memory; dask arrays are computed, once, now. ``chunks``: lengths of the image's blocks, for each
    spatial axis an int, a tuple that adds up to n, or None; by default block b of the features gives the image's block of s
    times its length, the last one what is left. Batches are split as those of ``u``, channels are not. ``threads``: of each
    block; dask computes several blocks at once. ``reread``: blocks of ``u`` that come straight from storage (``from_zarr``,
    ``from_array``, …) and that other slices reach into are read twice, once for themselves and once for their rims, so that
    memory holds no more of them than are worked on; False reads each once, and dask may keep a row of them. Blocks
    that were computed are never computed twice. The other arguments are those of ``convt.conv_transpose``.

        u = da.ones((1, 64, 4096, 4096), chunks=(1, 64, 512, 512), dtype="float32")
        convt.dask.conv_transpose(u, np.ones((64, 3, 4, 4), "float32"), stride=2, padding=1).chunks[2]      # 8 blocks of 1024

    Raises ``ArgumentError`` for what does not fit, ``CompilerMissing`` where a kernel is to be built and cannot.
    """
    like, w, bias = described("u", u), in_memory(w), in_memory(bias)
    with of_whole("u", u):
        spec, lengths = of_transpose(like, w, stride, padding, dilation, output_padding, output_size, layout_of(layout))
        problem, call = request("conv_transpose", spec, like, w, bias, groups, conjugate, layout, algorithm, None, lengths)
    return _blocks(problem, call, u, lengths, algorithm, chunks, threads, reread)


def conv(x: da.Array, w: Any, bias: Any = None, *, stride: Ints = 1, padding: Padding = 0, dilation: Ints = 1, groups: int = 1,
         feature_size: Ints | None = None, conjugate: bool = False, layout: Layout = "channels_first", algorithm: str = "auto",
         chunks: Chunks = None, threads: int | None = 1, reread: bool = True) -> da.Array:
    """``convt.conv`` of a dask array of images (B, C, *n), as a dask array of features (B, F, *m).

    By default block b of the image gives the block of the features that begins at ⌈its beginning/s⌉. The other arguments are
    those of ``convt.conv`` and of ``conv_transpose`` above.

        x = da.ones((1, 3, 8192, 8192), chunks=(1, 3, 1024, 1024), dtype="float32")
        convt.dask.conv(x, np.ones((64, 3, 7, 7), "float32"), stride=2, padding=3).chunks[2]                # 8 blocks of 512

    Raises ``ArgumentError`` for what does not fit, ``CompilerMissing`` where a kernel is to be built and cannot.
    """
    like, w, bias = described("x", x), in_memory(w), in_memory(bias)
    with of_whole("x", x):
        spec, lengths = of_conv(like, w, stride, padding, dilation, feature_size, layout_of(layout))
        problem, call = request("conv", spec, like, w, bias, groups, conjugate, layout, algorithm, None, lengths)
    return _blocks(problem, call, x, lengths, algorithm, chunks, threads, reread)


def _blocks(problem: Problem, call: Call, array: da.Array, lengths: tuple[int, ...], algorithm: str, chunks: Chunks,
            threads: int | None, reread: bool) -> da.Array:
    """The map of an array, block by block. Everything is checked, and the kernel is there, before dask computes."""
    axes, last = problem.spec.axes, problem.layout == "channels_last"
    place, channel = (slice(1, -1), -1) if last else (slice(2, None), 1)
    wanted = output_chunks(axes, problem.map, array.chunks[place], lengths, chunks)
    if threads is not None:
        integer("threads", threads, 1, 1024)
    work = _work(problem, call, array.shape[place], lengths, algorithm, threads)
    batch, channels = whole_blocks(array.chunks[0]), all_blocks(array.chunks[channel], call.shape[channel])
    along = [sliced(axis, problem.map, given, some, step) for axis, given, some, step in
             zip(axes, array.chunks[place], wanted, together(problem, work.family), strict=True)]
    name = f"{problem.map}-{tokenize(array.name, work.token, lengths, wanted)}"
    return output(name, array, work, [batch, *along, channels] if last else [batch, channels, *along], place, reread)


def _work(problem: Problem, call: Call, sizes: tuple[int, ...], lengths: tuple[int, ...], algorithm: str, threads: int | None) -> Work:
    """What all blocks share. The family is the one for the whole array."""
    kernel, groups = kernel_of(problem), call.groups
    weights, bias = np.array(call.two), None if call.bias is None else np.array(call.bias)  # the user's may change
    family = call.packed.asked(algorithm) if call.packed is not None else algorithm
    if family == "auto":
        lengths_of = (sizes, lengths) if problem.map == "conv_transpose" else (lengths, sizes)
        family = kernel.chosen(weights.shape[0], weights.shape[1] * groups, groups, *lengths_of)
    work = Work(tokenize(problem.key, family, groups, threads, weights, bias), problem, family, weights, bias, groups, threads)
    kernel.prepare(work.ready()[1], family)
    return work
