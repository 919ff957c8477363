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
from convt._codegen.kernel import Kernel
from convt._codegen.problem import LAYOUTS, TYPES, Problem
from convt._derive.errors import ArgumentError
from convt._derive.lengths import feature_lengths, image_lengths, with_image_lengths
from convt._derive.spec import ConvSpec, integer

if TYPE_CHECKING:
    from convt._derive.derivation import Derivation

Ints = int | Sequence[int]
Padding = int | Sequence[int] | Sequence[tuple[int, int]]
Engine = Literal["auto", "compiled", "reference"]
Layout = Literal["channels_first", "channels_last"]
ENGINES = ("auto", "compiled", "reference")


def conv_transpose(u: Any, w: Any, bias: Any = None, *, stride: Ints = 1, padding: Padding = 0, output_padding: Ints = 0,
                   output_size: Ints | None = None, dilation: Ints = 1, groups: int = 1, conjugate: bool = False,
                   layout: Layout = "channels_first", engine: Engine = "auto", algorithm: str = "auto", out: Any = None,
                   threads: int | None = None) -> Any:
    """Transposed convolution ∂T/∂x: features (B, F, *m) and weights (F, C/G, *k) to images (B, C, *n).

    n = s(m−1) + d(k−1) + 1 + op − p_lo − p_hi on each axis. ``output_size`` asks for n itself, one of the s lengths
    with the same m, instead of ``output_padding``. ``bias``: one value an image channel; outputs without any tap
    equal it. ``conjugate`` conjugates w, which makes the map the adjoint of ``conv`` for complex types.
    ``out`` must be C-contiguous, of the result's shape and type, and overlap no input.
    """
    spec, first = _spec("u", u, w, stride, padding, dilation, output_padding)
    layout, m = _layout(layout), _lengths(first, layout)
    if output_size is None:
        lengths = image_lengths(spec, m)
    else:
        lengths = tuple(_per_axis("output_size", output_size, spec.dims))
        with_image_lengths(spec, m, lengths)
    return _call("conv_transpose", spec, u, w, bias, groups, conjugate, layout, engine, algorithm, out, threads, lengths)


def conv(x: Any, w: Any, bias: Any = None, *, stride: Ints = 1, padding: Padding = 0, dilation: Ints = 1, groups: int = 1,
         feature_size: Ints | None = None, conjugate: bool = False, layout: Layout = "channels_first", engine: Engine = "auto",
         algorithm: str = "auto", out: Any = None, threads: int | None = None) -> Any:
    """Strided convolution ∂T/∂u (cross-correlation): images (B, C, *n) and weights (F, C/G, *k) to features (B, F, *m).

    m = ⌊(n + p_lo + p_hi − d(k−1) − 1)/s⌋ + 1 unless ``feature_size`` (or the shape of ``out``) asks for less, as the
    adjoint of a transposed convolution with op ≥ s does. ``bias``: one value a feature channel. ``conjugate`` is there
    for symmetry and must stay False: conv conjugates nothing.
    """
    spec, first = _spec("x", x, w, stride, padding, dilation, 0)
    layout, n = _layout(layout), _lengths(first, layout)
    natural = feature_lengths(spec, n)
    wanted = feature_size
    if wanted is None and out is not None:
        shape = arrays.view("out", out).shape
        wanted = shape[1:-1] if layout == "channels_last" else shape[2:]
    lengths = natural if wanted is None else tuple(_per_axis("feature_size", wanted, spec.dims))
    for axis, (asked, most) in enumerate(zip(lengths, natural, strict=True)):
        if not 1 <= asked <= most:
            raise ArgumentError(f"feature_size[{axis}]", asked, f"must be from 1 to {most} for image length {n[axis]} of {spec}",
                                min(max(asked, 1), most))
    return _call("conv", spec, x, w, bias, groups, conjugate, layout, engine, algorithm, out, threads, lengths)


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
    spec = ConvSpec(kernel, stride, padding, dilation, 0, dims=image.ndim - 2)
    return _call("conv_weight_gradient", spec, x, u, None, groups, conjugate, _layout(layout), engine, algorithm, out,
                 threads, None)


def kernel(map: str, spec: ConvSpec | str, dtype: Any = "float32", layout: Layout = "channels_first",
           conjugate: bool = False, weights: Any = None) -> Kernel:
    """The kernel of one of the three maps for a geometry: from the store, or generated, compiled and checked now.

    ``weights`` builds one filter for every channel into a transposed convolution, which is then called with the
    features alone: an array of the kernel's shape, or "bilinear", "nearest", "average", "fir:1,3,3,1[,gain=…]".
    Raises ``ArgumentError`` for a bad request, ``CompilerMissing`` without a C compiler.
    """
    return _kernel(Problem.of(spec, map, _type_name(dtype), layout, conjugate, weights=weights))


def build(problems: Sequence[Problem | ConvSpec | str]) -> list[Kernel]:
    """Many kernels together, in few modules. A spec or a name stands for its float32 transposed convolution."""
    from convt._codegen.pipeline import build as make

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
    if engine not in ENGINES:
        raise ArgumentError("engine", engine, f"must be one of {', '.join(ENGINES)}", "auto")
    name = _type_name(arrays.view("the first array", first).dtype)
    problem = Problem.of(spec, map_name, name, layout, conjugate)
    if engine == "reference":
        return _reference(problem, first, second, bias, groups, out, lengths)
    return _kernel(problem).run(first, second, bias, groups, out, threads, algorithm, lengths)


def _reference(problem: Problem, first: Any, second: Any, bias: Any, groups: int, out: Any,
               lengths: tuple[int, ...] | None) -> Any:
    """The same call in NumPy, with the same demands on its arguments; needs no compiler."""
    from convt._codegen.kernel import output_shape

    dtype, dims, last = np.dtype(problem.dtype), problem.spec.dims, problem.layout == "channels_last"
    names = {"conv": ("x", "w"), "conv_transpose": ("u", "w"), "conv_weight_gradient": ("x", "u")}[problem.map]
    one, two = (arrays.borrow(name, value, dtype, dims + 2) for name, value in zip(names, (first, second), strict=True))
    groups = integer("groups", groups, 1)
    shape, channels = output_shape(problem, one, two, groups, lengths, None)
    if bias is not None:
        bias = arrays.borrow("bias", bias, dtype, 1)
        if bias.shape[0] != channels:
            raise ArgumentError("bias", bias.shape, f"must have one value for each of {channels} output channels", (channels,))
    result = arrays.output(out, shape, dtype, {names[0]: one, names[1]: two, "bias": bias})

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
    return result if out is None else out


def _spec(name: str, first: Any, w: Any, stride: Ints, padding: Padding, dilation: Ints,
          output_padding: Ints) -> tuple[ConvSpec, Any]:
    """The geometry that a call describes: the kernel size comes from the weights."""
    array = arrays.view(name, first)
    if not 3 <= array.ndim <= 5:
        raise ArgumentError(name, array.shape, "must have 3 to 5 axes: batch, channels and 1 to 3 spatial ones")
    if 0 in array.shape:
        raise ArgumentError(name, array.shape, "must have no empty axis")
    weights = getattr(w, "weights", None)
    shape = (weights if weights is not None else arrays.view("w", w)).shape
    if len(shape) != array.ndim:
        raise ArgumentError("w", shape, f"must have as many axes as {name}, {array.ndim}: (F, C/G, *kernel)")
    if 0 in shape:
        raise ArgumentError("w", shape, "must have no empty axis")
    return ConvSpec(shape[2:], stride, padding, dilation, output_padding, dims=array.ndim - 2), array


def _layout(layout: str) -> Any:
    if layout not in LAYOUTS:
        raise ArgumentError("layout", layout, f"must be one of {', '.join(LAYOUTS)}", LAYOUTS[0])
    return layout


def _lengths(array: Any, layout: str) -> tuple[int, ...]:
    return tuple(array.shape[1:-1] if layout == "channels_last" else array.shape[2:])


def _per_axis(argument: str, value: Ints, dims: int) -> list[int]:
    values = [value] * dims if isinstance(value, int) else list(value)
    if len(values) != dims:
        raise ArgumentError(argument, value, f"must have one entry for each of {dims} axes")
    return [integer(f"{argument}[{axis}]", entry, 1, 1 << 40) for axis, entry in enumerate(values)]


def _type_name(dtype: Any) -> str:
    try:
        name = str(np.dtype(dtype).name)
    except TypeError:
        name = str(dtype)
    if name not in TYPES:
        raise ArgumentError("dtype", name, f"must be one of {', '.join(TYPES)}", "float32")
    return name
