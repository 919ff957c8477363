"""The Python functions that users call. Arrays in, arrays out; kernels are found, or built once, behind them.

Shapes: images x are (batch, C, *n), features u are (batch, F, *m), weights w are (F, C/groups, *kernel); with
``layout="channels_last"`` x is (batch, *n, C) and u is (batch, *m, F), while w stays. Element types: float32, float64,
int64, complex64, complex128, the same for all arrays of a call. Bad arguments raise ``ArgumentError`` (a ValueError).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from convt._codegen import arrays, reference
from convt._codegen.call import Call, checked
from convt._codegen.kernel import Kernel
from convt._codegen.packed import Packed
from convt._codegen.problem import LAYOUTS, TYPES, Problem
from convt._derive import crops
from convt._derive.errors import ArgumentError
from convt._derive.lengths import feature_lengths, image_lengths, output_paddings
from convt._derive.spec import LONGEST, ConvSpec, integer, per_axis

if TYPE_CHECKING:
    from convt._derive.derivation import Derivation

Ints = int | Sequence[int]
Padding = int | Sequence[int] | Sequence[tuple[int, int]] | Literal["same", "valid"]
Engine = Literal["auto", "compiled", "reference"]
Layout = Literal["channels_first", "channels_last"]
ENGINES = ("auto", "compiled", "reference")


def conv_transpose(u: Any, w: Any, bias: Any = None, *, stride: Ints = 1, padding: Padding = 0, output_padding: Ints = 0,
                   output_size: Ints | None = None, dilation: Ints = 1, groups: int = 1, conjugate: bool = False,
                   layout: Layout = "channels_first", engine: Engine = "auto", algorithm: str = "auto", out: Any = None,
                   threads: int | None = None) -> Any:
    """Transposed convolution ∂T/∂x: features (B, F, *m) and weights (F, C/G, *k) to images (B, C, *n).

    n = s(m−1) + d(k−1) + 1 + op − p_lo − p_hi on each axis. ``output_size`` asks for n itself, one of the s lengths
    with the same m, instead of ``output_padding`` (or beside one that gives it). ``padding``: "valid" crops nothing,
    "same" what all frameworks crop; where they differ, one error names each framework's numbers. ``bias``: one value an
    image channel; outputs without any tap equal it. ``conjugate`` conjugates w, which makes the map the adjoint of
    ``conv`` for complex types.
    ``out`` must be C-contiguous, of the result's shape and type, and overlap no input.
    """
    layout = _layout(layout)
    spec, first = _spec("u", u, w, stride, padding, dilation, output_padding, layout, output_size)
    m = _lengths(first.shape, layout)
    if output_size is None:
        lengths = image_lengths(spec, m)
    else:
        lengths = per_axis("output_size", output_size, spec.dims, 1, LONGEST)
        if not any(spec.output_padding):
            output_paddings(spec, m, lengths)
        elif lengths != (given := image_lengths(spec, m)):
            raise ArgumentError("output_size", lengths, f"contradicts output_padding={spec.output_padding}, which gives {given} for "
                                f"feature lengths {m}: name one of the two", given)
    return _call("conv_transpose", spec, first, w, bias, groups, conjugate, layout, engine, algorithm, out, threads, lengths)


def conv(x: Any, w: Any, bias: Any = None, *, stride: Ints = 1, padding: Padding = 0, dilation: Ints = 1, groups: int = 1,
         feature_size: Ints | None = None, conjugate: bool = False, layout: Layout = "channels_first", engine: Engine = "auto",
         algorithm: str = "auto", out: Any = None, threads: int | None = None) -> Any:
    """Strided convolution ∂T/∂u (cross-correlation): images (B, C, *n) and weights (F, C/G, *k) to features (B, F, *m).

    m = ⌊(n + p_lo + p_hi − d(k−1) − 1)/s⌋ + 1 unless ``feature_size`` (or the shape of ``out``) asks for less, as the
    adjoint of a transposed convolution with op ≥ s does. ``padding``: "valid" is 0; "same", for stride 1, keeps the length,
    d(k−1) in halves with the smaller one first. ``bias``: one value a feature channel. ``conjugate`` is there
    for symmetry and must stay False: conv conjugates nothing.
    """
    layout = _layout(layout)
    spec, first = _spec("x", x, w, stride, padding, dilation, 0, layout)
    n = _lengths(first.shape, layout)
    natural = feature_lengths(spec, n)
    wanted = feature_size
    if wanted is None and out is not None and len(shape := arrays.view("out", out).shape) == spec.dims + 2:
        wanted = _lengths(shape, layout)
    lengths = natural if wanted is None else per_axis("feature_size", wanted, spec.dims, 1, LONGEST)
    for axis, (asked, most) in enumerate(zip(lengths, natural, strict=True)):
        if not 1 <= asked <= most:
            raise ArgumentError(f"feature_size[{axis}]", asked, f"must be from 1 to {most} for image length {n[axis]} of {spec}",
                                min(max(asked, 1), most))
    return _call("conv", spec, first, w, bias, groups, conjugate, layout, engine, algorithm, out, threads, lengths)


def conv_weight_gradient(x: Any, u: Any, *, kernel: Ints, stride: Ints = 1, padding: Padding = 0, dilation: Ints = 1,
                         groups: int = 1, conjugate: bool = False, layout: Layout = "channels_first",
                         engine: Engine = "auto", algorithm: str = "auto", out: Any = None,
                         threads: int | None = None) -> Any:
    """Weight gradient ∂T/∂w: images (B, C, *n) and features (B, F, *m) to weights (F, C/groups, *kernel).

    ``kernel`` is the kernel size. m and n come from the arrays; any n that some output padding gives is legal.
    ``conjugate`` conjugates x.
    """
    image = arrays.view("x", x)
    if not 3 <= image.ndim <= 5:
        raise ArgumentError("x", image.shape, "must have 3 to 5 axes: batch, channels and 1 to 3 spatial ones")
    layout = _layout(layout)
    if isinstance(padding, str):
        taps = per_axis("kernel", kernel, image.ndim - 2, 1)
        padding = crops.of_conv(padding, taps, stride, dilation, _lengths(image.shape, layout))
    spec = ConvSpec(kernel, stride, padding, dilation, 0, dims=image.ndim - 2)
    return _call("conv_weight_gradient", spec, image, u, None, groups, conjugate, layout, engine, algorithm, out, threads, None)


def kernel(map: str, spec: ConvSpec | str, dtype: Any = "float32", layout: Layout = "channels_first",
           conjugate: bool = False, weights: Any = None) -> Kernel:
    """The kernel of one of the three maps for a geometry: from the store, or generated, compiled and checked now.

    ``weights`` builds one filter for every channel into a transposed convolution, which is then called with the
    features alone: an array of the kernel's shape, or "bilinear", "nearest", "average", "fir:1,3,3,1[,gain=…]", "taps:1,3,3,1".
    Raises ``ArgumentError`` for a bad request, ``CompilerMissing`` without a C compiler.
    """
    return _kernel(Problem.of(spec, map, _type_name(dtype), layout, conjugate, weights=weights))


def build(problems: Sequence[Problem | ConvSpec | str]) -> list[Kernel]:
    """Many kernels together, in few modules. A spec or a name stands for its float32 transposed convolution."""
    from convt._codegen.pipeline import build as make

    if isinstance(problems, Problem | ConvSpec | str):
        raise ArgumentError("problems", problems, "must be a list of problems, specs or names", [str(problems)])
    return make([problem if isinstance(problem, Problem) else Problem.of(problem) for problem in problems])


def derive(spec: ConvSpec | str, size: Ints | None = None) -> Derivation:
    """Derive and prove everything about a configuration: ``.theorems``, ``.verdicts``, and rich display in notebooks.

    ``size``: feature lengths m of the printed examples.
    """
    from convt._derive.derivation import derivation

    return derivation(spec, size)


@lru_cache(maxsize=512)
def _kernel(problem: Problem) -> Kernel:
    from convt._codegen.pipeline import build as make

    return make([problem])[0]


def _call(map_name: str, spec: ConvSpec, first: Any, second: Any, bias: Any, groups: int, conjugate: bool, layout: str,
          engine: str, algorithm: str, out: Any, threads: int | None, lengths: tuple[int, ...] | None) -> Any:
    if not isinstance(engine, str) or engine not in ENGINES:
        raise ArgumentError("engine", engine, f"must be one of {', '.join(ENGINES)}", "auto")
    name = _type_name(first.dtype)
    problem = Problem.of(spec, map_name, name, layout, conjugate)
    if threads is not None:
        integer("threads", threads, 1, 1024)
    _algorithm(problem, algorithm)
    call = checked(problem, first, second, bias, groups, out, lengths, {})
    result = _reference(problem, call) if engine == "reference" else _kernel(problem).launch(call, threads, algorithm)
    return result if out is None else out


def _algorithm(problem: Problem, algorithm: str) -> None:
    """Refuse a family that the kernel will not carry before the kernel is built."""
    if isinstance(algorithm, str) and algorithm == "auto":
        return
    from convt._codegen.plan import families

    known = ("auto", *(family.NAME for family in families() if family.accepts(problem)))
    if not isinstance(algorithm, str) or algorithm not in known:
        raise ArgumentError("algorithm", algorithm, f"must be one of {', '.join(known)}", "auto")


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


def _spec(name: str, first: Any, w: Any, stride: Ints, padding: Padding, dilation: Ints, output_padding: Ints, layout: Layout,
          output_size: Ints | None = None) -> tuple[ConvSpec, Any]:
    """The geometry that a call describes: the kernel size comes from the weights."""
    array = arrays.view(name, first)
    if not 3 <= array.ndim <= 5:
        raise ArgumentError(name, array.shape, "must have 3 to 5 axes: batch, channels and 1 to 3 spatial ones")
    if 0 in array.shape:
        raise ArgumentError(name, array.shape, "must have no empty axis")
    shape = w.weights.shape if isinstance(w, Packed) else arrays.view("w", w).shape
    if len(shape) != array.ndim:
        raise ArgumentError("w", shape, f"must have as many axes as {name}, {array.ndim}: (F, C/G, *kernel)")
    if 0 in shape:
        raise ArgumentError("w", shape, "must have no empty axis")
    if isinstance(padding, str):
        lengths = _lengths(array.shape, layout)
        if name == "x":
            padding = crops.of_conv(padding, shape[2:], stride, dilation, lengths)
        else:
            padding = crops.of_transposed(padding, shape[2:], stride, dilation, lengths, output_padding, output_size)
    return ConvSpec(shape[2:], stride, padding, dilation, output_padding, dims=array.ndim - 2), array


def _layout(layout: str) -> Any:
    if not isinstance(layout, str) or layout not in LAYOUTS:
        raise ArgumentError("layout", layout, f"must be one of {', '.join(LAYOUTS)}", LAYOUTS[0])
    return layout


def _lengths(shape: tuple[int, ...], layout: str) -> tuple[int, ...]:
    return tuple(shape[1:-1] if layout == "channels_last" else shape[2:])


def _type_name(dtype: Any) -> str:
    try:
        name = str(np.dtype(dtype).name)
    except Exception:  # whatever NumPy makes of a text or an object that is no type
        name = str(dtype)
    if name not in TYPES:
        raise ArgumentError("dtype", name, f"must be one of {', '.join(TYPES)}", "float32")
    return name
