"""Behind the functions of the front door: the geometry that arguments describe, and the kernel, or NumPy, that answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, TypeVar

import numpy as np

from convt._codegen import arrays, reference
from convt._codegen.call import Call, checked
from convt._codegen.elements import TYPES
from convt._codegen.kernel import Kernel
from convt._codegen.packed import Packed
from convt._codegen.problem import LAYOUTS, Problem
from convt._derive import crops
from convt._derive.errors import ArgumentError
from convt._derive.lengths import feature_lengths, image_lengths, output_paddings
from convt._derive.maps import MAPS
from convt._derive.spec import LONGEST, ConvSpec, integer, per_axis

from .progress import working

Array = TypeVar("Array")  # whatever offers NumPy's interface, a buffer or DLPack: the result is of the first one's kind
Ints = int | Sequence[int]
Padding = int | Sequence[int] | Sequence[tuple[int, int]] | Literal["same", "valid"]
Engine = Literal["auto", "compiled", "reference"]
Layout = Literal["channels_first", "channels_last"]
ENGINES = ("auto", "compiled", "reference")
Lengths = tuple[int, ...]


def of_transpose(u: Any, w: Any, stride: Ints, padding: Padding, dilation: Ints, output_padding: Ints, output_size: Ints | None,
                 layout: str) -> tuple[ConvSpec, Lengths]:
    """The geometry of a call of ``conv_transpose`` and the lengths of its result. Raises ``ArgumentError``."""
    spec, first = _spec("u", u, w, stride, padding, dilation, output_padding, layout, output_size)
    return spec, image_side(spec, lengths_of(first.shape, layout), output_size)


def image_side(spec: ConvSpec, m: Lengths, output_size: Ints | None = None) -> Lengths:
    """Image lengths of ``conv_transpose``: by the output padding, or those that are asked for. Raises ``ArgumentError``."""
    if output_size is None:
        return image_lengths(spec, m)
    lengths = per_axis("output_size", output_size, spec.dims, 1, LONGEST)
    if not any(spec.output_padding):
        output_paddings(spec, m, lengths)
    elif lengths != (given := image_lengths(spec, m)):
        raise ArgumentError("output_size", lengths, f"contradicts output_padding={spec.output_padding}, which gives {given} for "
                            f"feature lengths {m}: name one of the two", given)
    return lengths


def of_conv(x: Any, w: Any, stride: Ints, padding: Padding, dilation: Ints, feature_size: Ints | None,
            layout: str) -> tuple[ConvSpec, Lengths]:
    """The geometry of a call of ``conv`` and the lengths of its result. Raises ``ArgumentError``."""
    spec, first = _spec("x", x, w, stride, padding, dilation, 0, layout)
    return spec, feature_side(spec, lengths_of(first.shape, layout), feature_size)


def feature_side(spec: ConvSpec, n: Lengths, feature_size: Ints | None = None) -> Lengths:
    """Feature lengths of ``conv``: all that fit, or fewer that are asked for. Raises ``ArgumentError``."""
    natural = feature_lengths(spec, n)
    lengths = natural if feature_size is None else per_axis("feature_size", feature_size, spec.dims, 1, LONGEST)
    for axis, (asked, most) in enumerate(zip(lengths, natural, strict=True)):
        if not 1 <= asked <= most:
            raise ArgumentError(f"feature_size[{axis}]", asked, f"must be from 1 to {most} for image length {n[axis]} of {spec}",
                                min(max(asked, 1), most))
    return lengths


def answer(map_name: str, spec: ConvSpec, first: Any, second: Any, bias: Any, groups: int, conjugate: bool, layout: str,
           engine: str, algorithm: str, out: Any, threads: int | None, lengths: Lengths | None, once: bool = False) -> Any:
    """The result of a map; ``lengths`` fixes those of its output side. Raises ``ArgumentError``, ``CompilerMissing``.

    ``once``: weights change from call to call, so the family is chosen with their packing, for the whole batch.
    """
    engine_of(engine)
    threads_of(threads)
    problem, call = request(map_name, spec, first, second, bias, groups, conjugate, layout, algorithm, out, lengths)
    if engine == "reference":
        result = _reference(problem, call)
    else:
        kernel = kernel_of(problem)
        result = kernel.launch(call, threads, kernel.for_one_call(call) if once else algorithm)
    return arrays.like(first, result) if out is None else out


def request(map_name: str, spec: ConvSpec, first: Any, second: Any, bias: Any, groups: int, conjugate: bool, layout: str,
            algorithm: str, out: Any, lengths: Lengths | None) -> tuple[Problem, Call]:
    """The problem of a call, and its arrays checked against it, before a kernel is built. Raises ``ArgumentError``.

    All is found from shapes and types: an empty batch describes arrays that are larger than memory.
    """
    problem = problem_of(map_name, spec, first, layout, conjugate)
    _algorithm(problem, algorithm)
    return problem, checked(problem, first, second, bias, groups, out, lengths, {})


@lru_cache(maxsize=512)
def kernel_of(problem: Problem) -> Kernel:
    """The kernel of a problem, remembered."""
    from convt._codegen.pipeline import build as make

    with working(f"building {problem.name}, once: plan and render") as say:
        return make([problem], lambda stage, seconds, detail: say(f"building {problem.name}, once: {stage} done"))[0]


def problem_of(map_name: str, spec: ConvSpec, first: Any, layout: str, conjugate: bool) -> Problem:
    """What is to be computed for a first array of this element type. Raises ``ArgumentError``."""
    name = MAPS[map_name].reads[0]
    dtype = arrays.view(name, first).dtype.name
    if dtype not in TYPES:
        raise arrays.unsupported(name, first, dtype)
    made = _problem if isinstance(layout, str) and isinstance(conjugate, bool) else Problem.of
    return made(spec, map_name, dtype, layout, conjugate)


@lru_cache(maxsize=512)
def _problem(spec: ConvSpec, map_name: str, dtype: str, layout: str, conjugate: bool) -> Problem:
    """Remembered: checking it again would take a small call as long as its kernel."""
    return Problem.of(spec, map_name, dtype, layout, conjugate)


def engine_of(engine: str) -> None:
    """Refuse an engine that there is not."""
    if not isinstance(engine, str) or engine not in ENGINES:
        raise ArgumentError("engine", engine, f"must be one of {', '.join(ENGINES)}", "auto")


def threads_of(threads: int | None) -> None:
    """Refuse a number of threads that there cannot be."""
    if threads is not None:
        integer("threads", threads, 1, 1024)


def _algorithm(problem: Problem, algorithm: str) -> None:
    """Refuse a family that the kernel will not carry before the kernel is built."""
    if isinstance(algorithm, str) and algorithm == "auto":
        return
    from convt._codegen.family import families

    known = ("auto", *(family.NAME for family in families() if family.accepts(problem)))
    if not isinstance(algorithm, str) or algorithm not in known:
        takes = next(((family.accepts.__doc__ or "").strip(" .\n") for family in families() if algorithm == family.NAME), "")
        reason = f"; {algorithm} takes {takes[0].lower()}{takes[1:]}, not {problem.name}" if takes else ""
        raise ArgumentError("algorithm", algorithm, f"must be one of {', '.join(known)}{reason}", "auto")


def _reference(problem: Problem, call: Call) -> Any:
    """The same call in NumPy; needs no compiler."""
    last = problem.layout == "channels_last"
    one, two, bias, groups = call.one, call.two, call.bias, call.groups
    result = call.result()

    def front(array: Any) -> Any:
        return np.moveaxis(array, -1, 1) if last else array

    with np.errstate(over="ignore"):
        if problem.map == "conv_transpose":
            w = two.conj() if problem.conjugate else two
            value = reference.conv_transpose(problem.spec, front(one), w, bias, front(result).shape[2:], groups)
        elif problem.map == "conv":
            value = reference.conv(problem.spec, front(one), two, bias, front(result).shape[2:], groups)
        else:
            x = one.conj() if problem.conjugate else one
            value = reference.conv_weight_gradient(problem.spec, front(x), front(two), groups)
    result[...] = np.moveaxis(value, 1, -1) if last and problem.map != "conv_weight_gradient" else value
    return result


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
        lengths = lengths_of(array.shape, layout)
        if name == "x":
            padding = crops.of_conv(padding, shape[2:], stride, dilation, lengths)
        else:
            padding = crops.of_transposed(padding, shape[2:], stride, dilation, lengths, output_padding, output_size)
    return ConvSpec(shape[2:], stride, padding, dilation, output_padding, dims=array.ndim - 2), array


def layout_of(layout: str) -> Any:
    """The layout, if there is such a one. Raises ``ArgumentError``."""
    if not isinstance(layout, str) or layout not in LAYOUTS:
        raise ArgumentError("layout", layout, f"must be one of {', '.join(LAYOUTS)}", LAYOUTS[0])
    return layout


def lengths_of(shape: tuple[int, ...], layout: str) -> tuple[int, ...]:
    """The spatial lengths of an array of this shape."""
    return tuple(shape[1:-1] if layout == "channels_last" else shape[2:])


def type_name(dtype: Any) -> str:
    """The name of an element type. Raises ``ArgumentError`` where kernels have none."""
    try:
        name = str(np.dtype(dtype).name)
    except Exception:  # whatever NumPy makes of a text or an object that is no type
        name = str(dtype)
    if name not in TYPES:
        raise ArgumentError("dtype", name, f"must be one of {', '.join(TYPES)}", "float32")
    return name
