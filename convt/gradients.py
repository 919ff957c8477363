"""All gradients of a layer in one call: of its input, its weights and its bias, whichever are needed.

Theorem 11: the map that is ∂T/∂(one argument of the trilinear form T) has, by another argument, the gradient ∂T/∂(that
argument), with the incoming gradient in the place of the first. So the gradients of each of the three maps are the two others:

    y = conv_transpose(u, w)           u: conv(grad, w)               w: conv_weight_gradient(grad, u)
    y = conv(x, w)                     x: conv_transpose(grad, w)     w: conv_weight_gradient(x, grad)
    y = conv_weight_gradient(x, u)     x: conv_transpose(u, grad)     u: conv(x, grad)

The third line is what gradients of gradients need. Complex gradients are ∂L/∂re + i·∂L/∂im of a real L, which is PyTorch's
convention; so the arguments that stay are conjugated (theorem 6). With another border than zeros the image is extended first, and a
gradient by it is folded (theorem 26).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from convt._codegen import arrays
from convt._codegen.call import inputs
from convt._codegen.packed import Packed
from convt._derive.errors import ArgumentError
from convt._derive.maps import MAPS
from convt._derive.spec import ConvSpec, is_sequence

from .borders import Border, border_of, extended_image, fold, without_border
from .calls import (
    Engine,
    Ints,
    Layout,
    Lengths,
    Padding,
    answer,
    engine_of,
    layout_of,
    lengths_of,
    of_conv,
    of_transpose,
    problem_of,
    threads_of,
)

BLOCK = 256  # terms that are added one after the other
WIDE = {"float32": "float64", "complex64": "complex128"}  # what sums of the others are rounded from


class ConvTransposeGradients(NamedTuple):
    """∂L/∂u, ∂L/∂w and ∂L/∂bias of a transposed convolution; None for what was not needed."""

    u: Any
    w: Any
    bias: Any


class ConvGradients(NamedTuple):
    """∂L/∂x, ∂L/∂w and ∂L/∂bias of a convolution; None for what was not needed."""

    x: Any
    w: Any
    bias: Any


def conv_transpose_backward(u: Any, w: Any, grad: Any, *, needs: Sequence[str] = ("u", "w", "bias"), stride: Ints = 1,
                            padding: Padding = 0, output_padding: Ints = 0, output_size: Ints | None = None, dilation: Ints = 1,
                            groups: int = 1, conjugate: bool = False, layout: Layout = "channels_first", engine: Engine = "auto",
                            out: Sequence[Any] | None = None, threads: int | None = None,
                            border: Border = "zeros") -> ConvTransposeGradients:
    """Gradients of ``conv_transpose`` by u, w and bias, from that by its result: the same keywords as in the call itself.

    ``u``: features (B, F, *m). ``w``: weights (F, C/G, *k), or what ``Kernel.pack`` made of them. ``grad``: ∂L/∂y (B, C, *n) for
    y = conv_transpose(u, w, bias, …). ``needs``: which gradients, of "u", "w" and "bias"; the bias needs no value here. ``out``:
    three arrays, in this order, None where a fresh one shall be made; what an earlier call returned will do. ``output_padding``,
    ``output_size``, ``border``: as in the call. ``conjugate``: the call conjugated w. For complex types gradients are PyTorch's,
    ∂L/∂re + i·∂L/∂im. The other arguments: see ``help(convt.api)``. Returns a named tuple (u, w, bias) of arrays of the kind of
    ``u``, None where not needed. The gradient by the bias, the sum of ``grad`` over batch and positions, is summed in float64
    where it is float32.

        u, w = np.ones((8, 64, 28, 28), "float32"), np.ones((64, 32, 4, 4), "float32")
        grad = np.ones((8, 32, 56, 56), "float32")
        convt.conv_transpose_backward(u, w, grad, stride=2, padding=1).bias.shape    # (32,)
        convt.conv_transpose_backward(u, w, grad, stride=2, padding=1, needs=["w"]).w.shape    # (64, 32, 4, 4)

    Raises ``ArgumentError`` for what does not fit, ``CompilerMissing`` where a kernel is to be built and cannot.
    """
    layout = layout_of(layout)
    spec, lengths = of_transpose(u, w, stride, padding, dilation, output_padding, output_size, layout)
    return ConvTransposeGradients(*_backward("conv_transpose", spec, u, w, grad, needs, groups, conjugate, layout, engine, out, threads,
                                             lengths, border))


def conv_backward(x: Any, w: Any, grad: Any, *, needs: Sequence[str] = ("x", "w", "bias"), stride: Ints = 1, padding: Padding = 0,
                  dilation: Ints = 1, groups: int = 1, feature_size: Ints | None = None, conjugate: bool = False,
                  layout: Layout = "channels_first", engine: Engine = "auto", out: Sequence[Any] | None = None,
                  threads: int | None = None, border: Border = "zeros") -> ConvGradients:
    """Gradients of ``conv`` by x, w and bias, from that by its result: the same keywords as in the call itself.

    ``x``: images (B, C, *n). ``w``: weights (F, C/G, *k), or what ``Kernel.pack`` made of them. ``grad``: ∂L/∂y (B, F, *m) for
    y = conv(x, w, bias, …). ``needs``: which gradients, of "x", "w" and "bias"; the bias needs no value here. ``out``: three
    arrays, in this order, None where a fresh one shall be made; what an earlier call returned will do. ``feature_size`` and
    ``border``: as in the call. ``conjugate`` must stay False, as in the call. For complex types gradients are PyTorch's,
    ∂L/∂re + i·∂L/∂im. The other arguments: see ``help(convt.api)``. Returns a named tuple (x, w, bias) of arrays of the kind of
    ``x``, None where not needed. The gradient by the bias, the sum of ``grad`` over batch and positions, is summed in float64
    where it is float32.

        x, w = np.ones((8, 3, 32, 32), "float32"), np.ones((64, 3, 7, 7), "float32")
        grad = np.ones((8, 64, 16, 16), "float32")
        convt.conv_backward(x, w, grad, stride=2, padding=3).x.shape    # (8, 3, 32, 32)

    Raises ``ArgumentError`` for what does not fit, ``CompilerMissing`` where a kernel is to be built and cannot.
    """
    layout = layout_of(layout)
    spec, lengths = of_conv(x, w, stride, padding, dilation, feature_size, layout)
    return ConvGradients(*_backward("conv", spec, x, w, grad, needs, groups, conjugate, layout, engine, out, threads, lengths, border))


def _backward(map_name: str, spec: ConvSpec, first: Any, w: Any, grad: Any, needs: Sequence[str], groups: int, conjugate: bool,
              layout: str, engine: str, out: Sequence[Any] | None, threads: int | None, lengths: Lengths, border: str) -> list[Any]:
    """The gradients in the order of the arguments. All that can be wrong is found before anything is computed."""
    engine_of(engine)
    threads_of(threads)
    problem = problem_of(map_name, spec, first, layout, conjugate)
    role, dtype, last = problem.roles, np.dtype(problem.dtype), layout == "channels_last"
    names = (*role.reads, "bias")
    needed, bordered = _names(needs, names), border_of(border) != "zeros"
    if bordered and isinstance(w, Packed):  # for the kernel that reads the extended image
        w.demand("w", problem_of(map_name, without_border(spec)[1], first, layout, conjugate).name)
        w.demand_groups(groups)
        w = w.weights
    one, two, _, groups, shape, channels = inputs(problem, first, w, groups, lengths, None, {})
    slots = {role.reads[0]: one, "w": two, role.gives: arrays.borrow("grad", grad, dtype, spec.dims + 2, True)}
    if slots[role.gives].shape != shape:
        raise ArgumentError("grad", slots[role.gives].shape, f"must have the shape of what {map_name} gives with these arguments", shape)
    outs = _outs(out, names, needed, (one.shape, two.shape, (channels,)), dtype, slots)

    plain = _of_any_length(spec)
    seen = slots
    if bordered:  # theorem 26: what the maps see is the extended image
        grown, plain = extended_image(border, plain, slots["x"], layout)
        seen = slots | {"x": grown}
    found: list[Any] = []
    for number, name in enumerate(names):
        if name not in needed:
            found.append(None)
            continue
        if name == "bias":
            result = channel_sums(slots[role.gives], last, outs[number])
        elif name == "x" and bordered:
            canvas = _open_slot(name, plain, seen, groups, conjugate, layout, engine, None, threads)
            result = fold(canvas, border, without_border(spec)[0], 1 if last else 2)
            if outs[number] is not None:
                outs[number][...] = result
        else:
            result = _open_slot(name, plain, seen, groups, conjugate, layout, engine, outs[number], threads)
        if name == "w" and map_name == "conv_transpose" and not conjugate and dtype.kind == "c":
            np.conjugate(result, out=result)  # grad·conj(u), and the map conjugates grad
        found.append(arrays.like(first, result) if out is None or out[number] is None else out[number])
    return found


@lru_cache(maxsize=512)
def _of_any_length(spec: ConvSpec) -> ConvSpec:
    """The same layer without output padding: lengths come from the arrays."""
    return ConvSpec(spec.kernel, spec.stride, spec.padding, spec.dilation, dims=spec.dims)


def _open_slot(name: str, spec: ConvSpec, slots: dict[str, Any], groups: int, conjugate: bool, layout: str, engine: str, out: Any,
               threads: int | None) -> Any:
    """∂T/∂name at the other slots, conjugated as the gradient wants it (of w: or its conjugate)."""
    role = next(role for role in MAPS.values() if role.gives == name)
    first, second = (slots[letter] for letter in role.reads)
    if role.name == "conv" and not conjugate:
        second = second.conj()
    return answer(role.name, spec, first, second, None, groups, role.conjugates is not None, layout, engine, "auto", out, threads,
                  None if name == "w" else lengths_of(slots[name].shape, layout), once=True)


def _names(needs: Sequence[str], legal: tuple[str, ...]) -> set[str]:
    """The gradients that are needed, by name."""
    if isinstance(needs, str):
        raise ArgumentError("needs", needs, f"must be a list of some of {', '.join(legal)}", [needs] if needs in legal else list(legal))
    try:
        asked = list(needs)
    except TypeError:
        raise ArgumentError("needs", needs, f"must be a list of some of {', '.join(legal)}", list(legal)) from None
    for number, name in enumerate(asked):
        if not isinstance(name, str) or name not in legal:
            raise ArgumentError(f"needs[{number}]", name, f"must be one of {', '.join(legal)}")
    return set(asked)


def _outs(out: Sequence[Any] | None, names: tuple[str, ...], needed: set[str], shapes: tuple[tuple[int, ...], ...], dtype: np.dtype[Any],
          slots: dict[str, Any]) -> list[Any]:
    """Where each gradient goes: an array that overlaps no input and no other, or None."""
    if out is None:
        return [None] * len(names)
    if not is_sequence(out) or isinstance(out, np.ndarray) or len(out) != len(names):
        raise ArgumentError("out", type(out).__name__, f"must be one array, or None, for each of {', '.join(names)}", (None,) * len(names))
    given = {"grad" if letter not in names else letter: array for letter, array in slots.items()}
    found = list[Any]()
    for number, (name, value, shape) in enumerate(zip(names, out, shapes, strict=True)):
        argument = f"out[{number}]"
        if value is not None and name not in needed:
            raise ArgumentError(argument, type(value).__name__, f"is for the gradient by {name}, which needs={sorted(needed)} leaves out")
        found.append(None if value is None else arrays.writable(value, shape, dtype, given, argument))
        given[argument] = found[-1]
    return found


def channel_sums(array: Any, last: bool, out: Any) -> Any:
    """The sum of each channel over batch and positions, in blocks of blocks: the same bits always, rounded once for float32."""
    channels = array.shape[-1] if last else array.shape[1]
    wide = np.dtype(WIDE.get(array.dtype.name, array.dtype.name))
    sums = _sums(array.reshape(-1, channels).T if last else _sums(array.reshape(*array.shape[:2], prod(array.shape[2:])), wide).T, wide)
    result = np.empty(channels, array.dtype) if out is None else out
    result[...] = sums
    return result


def _sums(values: Any, wide: np.dtype[Any]) -> Any:
    """Sums over the last axis: of blocks, then of blocks of these, until one is left."""
    while True:
        *rest, count = values.shape
        whole = count - count % BLOCK
        blocks = values[..., :whole].reshape(*rest, whole // BLOCK, BLOCK).sum(-1, dtype=wide)
        values = np.concatenate([blocks, values[..., whole:].sum(-1, dtype=wide, keepdims=True)], -1)
        if values.shape[-1] == 1:
            return values[..., 0]
