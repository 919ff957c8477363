"""The Python functions that users call. Arrays in, arrays out; kernels are found, or built once, behind them.

Shapes: images x are (batch, C, *n), features u are (batch, F, *m), weights w are (F, C/groups, *kernel); with
``layout="channels_last"`` x is (batch, *n, C) and u is (batch, *m, F), while w stays. Element types: float32, float64,
int64, complex64, complex128, the same for all arrays of a call. Arrays are NumPy's, buffers, or what speaks DLPack (torch,
JAX, …), contiguous or not; the result is of the first one's kind. Bad arguments raise ``ArgumentError`` (a ValueError).

Arguments that all maps share:

``stride``, ``dilation``: an int, or one int an axis.

``padding``: the crop of the image side, as ``torch`` means it. An int for both ends of every axis; one int an axis; or one
(begin, end) pair an axis, ``[(0, 1), (0, 1)]``. Negative numbers widen instead.

``groups``: image and feature channels are split into so many groups that do not see each other; ``groups=C`` is depthwise.

``border``: what stands beyond the image where ``padding`` is positive: ``"zeros"``, or ``"periodic"`` (needs n ≥ p), ``"reflect"`` (the
end is not repeated; needs n > p), ``"replicate"``. ``conv`` and ``conv_weight_gradient`` read the extended image; ``conv_transpose``, the
adjoint, adds what falls there back to where it was copied from (theorem 26). Weights are packed for the geometry without that padding.
Of the maps not with ``out``; both backward calls take it.

``engine``: ``"auto"`` and ``"compiled"`` use the kernel, which is generated, compiled and checked at the first call of its kind
(seconds) and kept in the store; ``"reference"`` is NumPy, needs no compiler, and is slow.

``algorithm``: ``"auto"`` takes the family with the least estimate for these sizes. By name: ``"plain"`` (loops, every map and
type), ``"direct"``, ``"planes"``, ``"rows"``, ``"stencil"``, ``"depthwise"``, ``"fast"`` and ``"fast4"`` (Toom-Cook),
``"fixed"``, and for the weight gradient ``"outer"``, ``"fast_outer"`` (Toom-Cook), ``"dots"``; a kernel carries those that fit it.

``out``: where the result goes: of its shape and type, C-contiguous, overlapping no input. It is returned.

``threads``: at most so many, by default all cores that the process may use. The result is the same, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convt._codegen import arrays
from convt._codegen.kernel import Kernel
from convt._codegen.problem import Problem
from convt._derive import crops
from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec, per_axis

from .borders import Border, border_of, extended, folded
from .calls import Array, Engine, Ints, Layout, Padding, answer, kernel_of, layout_of, lengths_of, of_conv, of_transpose, type_name
from .progress import working

if TYPE_CHECKING:
    from convt._derive.derivation import Derivation


def conv_transpose(u: Array, w: Any, bias: Any = None, *, stride: Ints = 1, padding: Padding = 0, output_padding: Ints = 0,
                   output_size: Ints | None = None, dilation: Ints = 1, groups: int = 1, conjugate: bool = False,
                   layout: Layout = "channels_first", engine: Engine = "auto", algorithm: str = "auto", out: Any = None,
                   threads: int | None = None, border: Border = "zeros") -> Array:
    """Transposed convolution ∂T/∂x: features (B, F, *m) and weights (F, C/G, *k) to images (B, C, *n).

    n = s(m−1) + d(k−1) + 1 + op − p_lo − p_hi on each axis (theorem 1; T is the trilinear form of ``docs/theorems.md``).

    ``u``: features (B, F, *m). ``w``: weights (F, C/G, *k), or what ``Kernel.pack`` made of them. ``bias``: C values, or
    None; outputs without any tap equal it. ``output_padding``: an int, or one an axis; or ``output_size``: n itself, one of
    the s lengths with the same m (or beside an ``output_padding`` that gives it). ``padding`` may be "valid", which crops
    nothing, or "same", what all frameworks crop; where they differ, one error names each framework's numbers.
    ``conjugate`` conjugates w, which makes the map the adjoint of ``conv`` for complex types. The other
    arguments: see ``help(convt.api)``. Returns an array (B, C, *n) of the kind of ``u``.

        u, w = np.ones((1, 64, 28, 28), "float32"), np.ones((64, 32, 4, 4), "float32")
        convt.conv_transpose(u, w, stride=2, padding=1).shape               # (1, 32, 56, 56)
        convt.conv_transpose(u, w, stride=2, padding=[(1, 1), (0, 1)])      # a crop of its own for each end

    Raises ``ArgumentError`` for what does not fit, ``CompilerMissing`` where a kernel is to be built and cannot.
    """
    layout = layout_of(layout)
    spec, lengths = of_transpose(u, w, stride, padding, dilation, output_padding, output_size, layout)
    options = groups, conjugate, layout, engine, algorithm, out, threads
    result: Array = (answer("conv_transpose", spec, u, w, bias, *options, lengths) if border_of(border) == "zeros"
                     else folded(border, spec, u, w, bias, options, lengths))
    return result


def conv(x: Array, w: Any, bias: Any = None, *, stride: Ints = 1, padding: Padding = 0, dilation: Ints = 1, groups: int = 1,
         feature_size: Ints | None = None, conjugate: bool = False, layout: Layout = "channels_first", engine: Engine = "auto",
         algorithm: str = "auto", out: Any = None, threads: int | None = None, border: Border = "zeros") -> Array:
    """Strided convolution ∂T/∂u (cross-correlation): images (B, C, *n) and weights (F, C/G, *k) to features (B, F, *m).

    m = ⌊(n + p_lo + p_hi − d(k−1) − 1)/s⌋ + 1 on each axis (theorem 1) unless ``feature_size`` (or the shape of ``out``) asks
    for less, as the adjoint of a transposed convolution with op ≥ s does.

    ``x``: images (B, C, *n). ``w``: weights (F, C/G, *k), or what ``Kernel.pack`` made of them. ``bias``: F values, or None.
    ``padding`` may be "valid", which is 0, or, for stride 1, "same", which keeps the length: d(k−1) in halves, the smaller first.
    ``conjugate`` is there for symmetry and must stay False: conv conjugates nothing. The other arguments: see
    ``help(convt.api)``. Returns an array (B, F, *m) of the kind of ``x``.

        x, w = np.ones((1, 3, 224, 224), "float32"), np.ones((64, 3, 7, 7), "float32")
        convt.conv(x, w, stride=2, padding=3).shape                         # (1, 64, 112, 112)

    Raises ``ArgumentError`` for what does not fit, ``CompilerMissing`` where a kernel is to be built and cannot.
    """
    layout = layout_of(layout)
    if feature_size is None and out is not None and len(shape := arrays.view("out", out).shape) == arrays.view("x", x).ndim:
        feature_size = lengths_of(shape, layout)
    spec, lengths = of_conv(x, w, stride, padding, dilation, feature_size, layout)
    options = groups, conjugate, layout, engine, algorithm, out, threads
    result: Array = (answer("conv", spec, x, w, bias, *options, lengths) if border_of(border) == "zeros"
                     else extended("conv", border, spec, x, w, bias, options, lengths))
    return result


def conv_weight_gradient(x: Array, u: Any, *, kernel: Ints, stride: Ints = 1, padding: Padding = 0, dilation: Ints = 1,
                         groups: int = 1, conjugate: bool = False, layout: Layout = "channels_first",
                         engine: Engine = "auto", algorithm: str = "auto", out: Any = None,
                         threads: int | None = None, border: Border = "zeros") -> Array:
    """Weight gradient ∂T/∂w: images (B, C, *n) and features (B, F, *m) to weights (F, C/groups, *kernel).

    For y = conv(x, w), ``u`` is ∂L/∂y; for y = conv_transpose(u, w), ``x`` is ∂L/∂y (theorem 11).

    ``kernel``: the kernel size, an int or one an axis. m and n come from the arrays; any n that some output padding gives
    is legal. ``conjugate`` conjugates x. The other arguments: see ``help(convt.api)``. Returns an array of the kind of ``x``.

        x, u = np.ones((8, 32, 56, 56), "float32"), np.ones((8, 64, 28, 28), "float32")
        convt.conv_weight_gradient(x, u, kernel=4, stride=2, padding=1).shape   # (64, 32, 4, 4)

    Raises ``ArgumentError`` for what does not fit, ``CompilerMissing`` where a kernel is to be built and cannot.
    """
    image = arrays.view("x", x)
    if not 3 <= image.ndim <= 5:
        raise ArgumentError("x", image.shape, "must have 3 to 5 axes: batch, channels and 1 to 3 spatial ones")
    layout = layout_of(layout)
    if isinstance(padding, str):
        taps = per_axis("kernel", kernel, image.ndim - 2, 1)
        padding = crops.of_conv(padding, taps, stride, dilation, lengths_of(image.shape, layout))
    spec = ConvSpec(kernel, stride, padding, dilation, 0, dims=image.ndim - 2)
    options = groups, conjugate, layout, engine, algorithm, out, threads
    result: Array = (answer("conv_weight_gradient", spec, x, u, None, *options, None) if border_of(border) == "zeros"
                     else extended("conv_weight_gradient", border, spec, x, u, None, options, None))
    return result


def kernel(map: str, spec: ConvSpec | str, dtype: Any = "float32", layout: Layout = "channels_first",
           conjugate: bool = False, weights: Any = None) -> Kernel:
    """The kernel of one of the three maps for a geometry: from the store, or generated, compiled and checked now.

    ``map``: ``"conv"``, ``"conv_transpose"`` or ``"conv_weight_gradient"``. ``spec``: a ``ConvSpec`` or its name. ``dtype``: an
    element type, as a name or NumPy's. ``conjugate``: the conjugate form of a complex map. ``weights`` builds one filter for
    every channel into a transposed convolution, which is then called with the features alone: an array of the kernel's
    shape, or "bilinear", "nearest", "average", "fir:1,3,3,1[,gain=…]", "taps:1,3,3,1".

        k = convt.kernel("conv_transpose", "2d_k4s2p1")
        packed = k.pack(w)                        # once, for weights that stay
        y = k(u, packed, bias, threads=2)         # a call never compiles
        k.certificate["miss_probability"]         # what was proved and checked, and how sure that is

    Raises ``ArgumentError`` for a bad request, ``CompilerMissing`` without a C compiler.
    """
    return kernel_of(Problem.of(spec, map, type_name(dtype), layout, conjugate, weights=weights))


def build(problems: Sequence[Problem | ConvSpec | str]) -> list[Kernel]:
    """Many kernels together, in few modules: faster than one after the other. Kernels come in the order of the problems.

    A spec or a name stands for its float32 transposed convolution. Raises what ``kernel`` raises.
    """
    from convt._codegen.pipeline import build as make

    if isinstance(problems, Problem | ConvSpec | str):
        raise ArgumentError("problems", problems, "must be a list of problems, specs or names", [str(problems)])
    wanted = [problem if isinstance(problem, Problem) else Problem.of(problem) for problem in problems]
    with working(f"building {len(wanted)} kernel{'s' * (len(wanted) != 1)}") as say:
        return make(wanted, lambda stage, seconds, detail: say(f"building {len(wanted)} kernels: {stage} done"))


def derive(spec: ConvSpec | str, size: Ints | None = None) -> Derivation:
    """Derive and prove everything about a configuration.

    ``spec``: a ``ConvSpec`` or its name. ``size``: feature lengths m of the printed examples, an int or one an axis.

        d = convt.derive("2d_k4s2p1")
        d.holds, d.verdicts                       # True, {1: 'proved', …}
        print(d)                                  # or d.html(), d.latex(), d.pdf(), d.json(); notebooks show it by themselves

    Raises ``ArgumentError`` for a spec or size that is not legal.
    """
    from convt._derive.derivation import derivation

    with working(f"proving {spec}"):
        return derivation(spec, size)
