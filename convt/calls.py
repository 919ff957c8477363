"""What a call of the front door describes: its geometry, the lengths of its output, its problem, and arrays that fit together.

All of it is found from shapes and types, before a kernel is built: arrays larger than memory are described by an empty batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from convt._codegen import arrays
from convt._codegen.call import Call, checked
from convt._codegen.elements import TYPES
from convt._codegen.packed import Packed
from convt._codegen.problem import LAYOUTS, Problem
from convt._derive import crops
from convt._derive.errors import ArgumentError
from convt._derive.lengths import feature_lengths, image_lengths, output_paddings
from convt._derive.maps import MAPS
from convt._derive.spec import LONGEST, ConvSpec, per_axis

Ints = int | Sequence[int]
Padding = int | Sequence[int] | Sequence[tuple[int, int]] | Literal["same", "valid"]
Layout = Literal["channels_first", "channels_last"]


def transposed(u: Any, w: Any, stride: Ints, padding: Padding, output_padding: Ints, output_size: Ints | None, dilation: Ints,
               layout: str) -> tuple[ConvSpec, tuple[int, ...]]:
    """(geometry, image lengths) of a transposed convolution. Raises ``ArgumentError``."""
    spec, first = _spec("u", u, w, stride, padding, dilation, output_padding, layout, output_size)
    m = spatial(first.shape, layout)
    if output_size is None:
        lengths = image_lengths(spec, m)
    else:
        lengths = per_axis("output_size", output_size, spec.dims, 1, LONGEST)
        if not any(spec.output_padding):
            output_paddings(spec, m, lengths)
        elif lengths != (given := image_lengths(spec, m)):
            raise ArgumentError("output_size", lengths, f"contradicts output_padding={spec.output_padding}, which gives {given} for "
                                f"feature lengths {m}: name one of the two", given)
    return spec, lengths


def forward(x: Any, w: Any, stride: Ints, padding: Padding, dilation: Ints, feature_size: Ints | None, layout: str,
            out: Any = None) -> tuple[ConvSpec, tuple[int, ...]]:
    """(geometry, feature lengths) of a convolution; ``feature_size`` or the shape of ``out`` may ask for less than fits. Raises
    ``ArgumentError``."""
    spec, first = _spec("x", x, w, stride, padding, dilation, 0, layout)
    n = spatial(first.shape, layout)
    natural = feature_lengths(spec, n)
    wanted = feature_size
    if wanted is None and out is not None and len(shape := arrays.view("out", out).shape) == spec.dims + 2:
        wanted = spatial(shape, layout)
    lengths = natural if wanted is None else per_axis("feature_size", wanted, spec.dims, 1, LONGEST)
    for axis, (asked, most) in enumerate(zip(lengths, natural, strict=True)):
        if not 1 <= asked <= most:
            raise ArgumentError(f"feature_size[{axis}]", asked, f"must be from 1 to {most} for image length {n[axis]} of {spec}",
                                min(max(asked, 1), most))
    return spec, lengths


def request(map_name: str, spec: ConvSpec, first: Any, second: Any, bias: Any, groups: int, conjugate: bool, layout: str,
            algorithm: str, out: Any, lengths: tuple[int, ...] | None) -> tuple[Problem, Call]:
    """The problem of a call, and its arrays checked against it. Raises ``ArgumentError``."""
    dtype = arrays.view(MAPS[map_name].reads[0], first).dtype.name
    if dtype not in TYPES:
        raise arrays.unsupported(MAPS[map_name].reads[0], first, dtype)
    problem = Problem.of(spec, map_name, dtype, layout, conjugate)
    _algorithm(problem, algorithm)
    return problem, checked(problem, first, second, bias, groups, out, lengths, {})


def _algorithm(problem: Problem, algorithm: str) -> None:
    """Refuse a family that the kernel will not carry before the kernel is built."""
    if isinstance(algorithm, str) and algorithm == "auto":
        return
    from convt._codegen.plan import families

    known = ("auto", *(family.NAME for family in families() if family.accepts(problem)))
    if not isinstance(algorithm, str) or algorithm not in known:
        takes = next(((family.accepts.__doc__ or "").strip(" .\n") for family in families() if algorithm == family.NAME), "")
        reason = f"; {algorithm} takes {takes[0].lower()}{takes[1:]}, not {problem.name}" if takes else ""
        raise ArgumentError("algorithm", algorithm, f"must be one of {', '.join(known)}{reason}", "auto")


def _spec(name: str, first: Any, w: Any, stride: Ints, padding: Padding, dilation: Ints, output_padding: Ints, layout: str,
          output_size: Ints | None = None) -> tuple[ConvSpec, Any]:
    """The geometry that a call describes: the kernel size comes from the weights."""
    array = arrays.view(name, first)
    shape = w.weights.shape if isinstance(w, Packed) else arrays.view("w", w).shape
    if array.ndim == len(shape) - 1 and array.ndim >= 2:
        raise ArgumentError(name, array.shape, f"has no batch axis: pass {name}[None], and take [0] of the result")
    if not 3 <= array.ndim <= 5:
        raise ArgumentError(name, array.shape, "must have 3 to 5 axes: batch, channels and 1 to 3 spatial ones")
    if 0 in array.shape[1:]:
        raise ArgumentError(name, array.shape, "must have no empty axis but that of the batch")
    if len(shape) != array.ndim:
        raise ArgumentError("w", shape, f"must have as many axes as {name}, {array.ndim}: (F, C/G, *kernel)")
    if 0 in shape:
        raise ArgumentError("w", shape, "must have no empty axis")
    if isinstance(padding, str):
        lengths = spatial(array.shape, layout)
        if name == "x":
            padding = crops.of_conv(padding, shape[2:], stride, dilation, lengths)
        else:
            padding = crops.of_transposed(padding, shape[2:], stride, dilation, lengths, output_padding, output_size)
    return ConvSpec(shape[2:], stride, padding, dilation, output_padding, dims=array.ndim - 2), array


def spatial(shape: tuple[int, ...], layout: str) -> tuple[int, ...]:
    """The lengths of the axes that are neither batch nor channels. Raises ``ArgumentError`` for a layout that there is not."""
    if not isinstance(layout, str) or layout not in LAYOUTS:
        raise ArgumentError("layout", layout, f"must be one of {', '.join(LAYOUTS)}", LAYOUTS[0])
    return tuple(shape[1:-1] if layout == "channels_last" else shape[2:])
