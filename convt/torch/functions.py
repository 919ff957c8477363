"""The three maps as functions of tensors, with the keywords of the front door and gradients of every order."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from convt._derive import crops
from convt._derive.errors import ArgumentError
from convt._derive.lengths import transposed_length, windows
from convt._derive.spec import LONGEST, ConvSpec, integer, per_axis

from ..borders import Border, Pads, border_of, demand, places
from ..calls import Ints, Padding, feature_side, image_side
from .operators import OPERATORS, in_memory_like

MODES = {"periodic": "circular", "reflect": "reflect", "replicate": "replicate"}
"""``border`` -> what PyTorch calls it."""


def conv_transpose(u: Tensor, w: Tensor, bias: Tensor | None = None, *, stride: Ints = 1, padding: Padding = 0, output_padding: Ints = 0,
                   output_size: Ints | None = None, dilation: Ints = 1, groups: int = 1, conjugate: bool = False,
                   border: Border = "zeros") -> Tensor:
    """``convt.conv_transpose`` of tensors, differentiable: features (B, F, *m) and weights (F, C/G, *k) to images (B, C, *n).

    Arguments as there; tensors are on the CPU. Raises ``ArgumentError``, and ``CompilerMissing`` where a kernel cannot be built.
    """
    _demand("u", u, w, bias)
    m, kernel = u.shape[2:], w.shape[2:]
    if isinstance(padding, str):
        padding = crops.of_transposed(padding, kernel, stride, dilation, m, output_padding, output_size)
    spec, *geometry = _, s, ends, d, more = _geometry(kernel, stride, padding, dilation, output_padding)
    if spec is not None and _known(m, output_size):
        size = list(image_side(spec, tuple(m), output_size))
    elif output_size is None:
        size = [transposed_length(*row) for row in zip(m, kernel, s, d, ends[::2], ends[1::2], more)]
    else:
        size = _each(output_size, len(kernel))
    w = w.conj() if conjugate else w
    if border_of(border) == "zeros":
        return _call("conv_transpose", geometry, u, w, bias, groups, size)
    pads, geometry = _inside(geometry, border, size)
    canvas = _call("conv_transpose", geometry, u, w, None, groups, [n + low + high for n, (low, high) in zip(size, pads, strict=True)])
    made = _folded(canvas, border, pads)
    if bias is None:
        return made
    if bias.dtype != made.dtype:
        raise ArgumentError("bias", str(bias.dtype), f"must have element type {made.dtype}; convert it: bias.to({made.dtype})", made.dtype)
    if tuple(bias.shape) != (made.shape[1],):
        raise ArgumentError("bias", tuple(bias.shape), f"must have one value for each of {made.shape[1]} output channels", (made.shape[1],))
    return made + bias.reshape(-1, *[1] * len(kernel))


def conv(x: Tensor, w: Tensor, bias: Tensor | None = None, *, stride: Ints = 1, padding: Padding = 0, dilation: Ints = 1,
         groups: int = 1, feature_size: Ints | None = None, border: Border = "zeros") -> Tensor:
    """``convt.conv`` of tensors, differentiable: images (B, C, *n) and weights (F, C/G, *k) to features (B, F, *m).

    Arguments as there; tensors are on the CPU. Raises ``ArgumentError``, and ``CompilerMissing`` where a kernel cannot be built.
    """
    _demand("x", x, w, bias)
    n, kernel = x.shape[2:], w.shape[2:]
    if isinstance(padding, str):
        padding = crops.of_conv(padding, kernel, stride, dilation, n)
    spec, *geometry = _, s, ends, d, _ = _geometry(kernel, stride, padding, dilation)
    if spec is not None and _known(n, feature_size):
        size = list(feature_side(spec, tuple(n), feature_size))
    elif feature_size is None:
        size = [windows(*row) for row in zip(n, kernel, s, d, ends[::2], ends[1::2])]
    else:
        size = _each(feature_size, len(kernel))
    x, geometry = _extended(x, geometry, border)
    return _call("conv", geometry, x, w, bias, groups, size)


def conv_weight_gradient(x: Tensor, u: Tensor, *, kernel: Ints, stride: Ints = 1, padding: Padding = 0, dilation: Ints = 1,
                         groups: int = 1, conjugate: bool = False, border: Border = "zeros") -> Tensor:
    """``convt.conv_weight_gradient`` of tensors, differentiable: images (B, C, *n) and features (B, F, *m) to (F, C/G, *kernel).

    Arguments as there; tensors are on the CPU. Raises ``ArgumentError``, and ``CompilerMissing`` where a kernel cannot be built.
    """
    _demand("x", x, u, None, "u")
    taps = _each(kernel, x.dim() - 2) if torch.compiler.is_compiling() else list(per_axis("kernel", kernel, x.dim() - 2, 1))
    if isinstance(padding, str):
        padding = crops.of_conv(padding, taps, stride, dilation, x.shape[2:])
    _, *geometry = _geometry(taps, stride, padding, dilation)
    x, geometry = _extended(x.conj() if conjugate else x, geometry, border)
    return _call("conv_weight_gradient", geometry, x, u, None, groups, taps)


def _call(name: str, geometry: Any, first: Tensor, second: Tensor, bias: Tensor | None, groups: int, size: Any) -> Tensor:
    biased = [] if name == "conv_weight_gradient" else [bias]
    stride, ends, dilation, _ = geometry
    if not torch.compiler.is_compiling():
        groups = integer("groups", groups, 1, LONGEST)
    result: Tensor = OPERATORS[name](first, second, *biased, size, stride, ends, dilation, groups)
    return result


def _geometry(kernel: Any, stride: Ints, padding: Any, dilation: Ints, output_padding: Ints = 0) -> Any:
    """The spec, then stride, (begin, end, begin, …) of the padding, dilation and output padding of each axis. Raises ``ArgumentError``.

    While a graph is traced there is no spec, and numbers are taken as they are: the operator checks them.
    """
    dims, spec = len(kernel), None
    if not torch.compiler.is_compiling():
        spec = ConvSpec(kernel, stride, padding, dilation, output_padding, dims=dims)
        stride, padding, dilation, output_padding = spec.stride, spec.padding, spec.dilation, spec.output_padding
    ends = [end for pair in _each(padding, dims) for end in _each(pair, 2)]
    return spec, _each(stride, dims), ends, _each(dilation, dims), _each(output_padding, dims)


def _inside(geometry: Any, border: str, image: Any) -> tuple[Pads, Any]:
    """What a border adds to an image of these lengths, and the geometry that is left. Raises ``ArgumentError``."""
    stride, ends, dilation, more = geometry
    pads = [(max(low, 0), max(high, 0)) for low, high in zip(ends[::2], ends[1::2], strict=True)]
    if _known(image):
        demand(border, pads, image)
    return pads, (stride, [min(end, 0) for end in ends], dilation, more)


def _extended(x: Tensor, geometry: Any, border: str) -> tuple[Tensor, Any]:
    """The image with its borders (theorem 26), and the geometry that is left."""
    if border_of(border) == "zeros":
        return x, geometry
    pads, geometry = _inside(geometry, border, x.shape[2:])
    if x.is_floating_point() or x.is_complex():
        grown = torch.nn.functional.pad(x, [end for pair in pads[::-1] for end in pair], MODES[border])
    else:
        grown = x
        for axis, (low, high) in enumerate(pads, 2):
            if low or high:
                n = x.shape[axis]
                grown = grown.index_select(axis, places(border, torch.arange(-low, n + high, device=x.device), n))
    return in_memory_like(x, grown), geometry


def _folded(y: Tensor, border: str, pads: Pads) -> Tensor:
    """The adjoint: what stands in a border is added to where it was copied from, in the order in which arrays do it."""
    made = y
    for axis, (low, high) in enumerate(pads, 2):
        if low or high:
            n = made.shape[axis] - low - high
            found = places(border, torch.arange(-low, n + high, device=y.device), n)
            image = made.narrow(axis, low, n)
            image = image.index_add(axis, found[:low], made.narrow(axis, 0, low))
            made = image.index_add(axis, found[low + n:], made.narrow(axis, low + n, high))
    return in_memory_like(y, made)


def _each(value: Any, count: int) -> list[Any]:
    """One value for each, from one for all or from a sequence."""
    return list(value) if hasattr(value, "__len__") else [value] * count


def _demand(name: str, first: Any, second: Any, bias: Any, other: str = "w") -> None:
    """``ArgumentError`` for what are no tensors, are elsewhere than on the CPU, or have other ranks."""
    for argument, value in ((name, first), (other, second), ("bias", bias)):
        if value is None and argument == "bias":
            continue
        if not isinstance(value, Tensor):
            raise ArgumentError(argument, type(value).__name__, "must be a torch.Tensor")
        if value.device.type not in ("cpu", "meta"):
            raise ArgumentError(argument, f"a tensor on {value.device}", f"must be on the CPU, where kernels run; pass {argument}.cpu()")
        if value.layout != torch.strided:
            raise ArgumentError(argument, f"a tensor of {value.layout}", f"must be dense; pass {argument}.to_dense()")
    if first.dim() == second.dim() - 1 and first.dim() >= 2:
        raise ArgumentError(name, tuple(first.shape), f"has no batch axis: pass {name}[None], and take [0] of the result")
    if not 3 <= first.dim() <= 5:
        raise ArgumentError(name, tuple(first.shape), "must have 3 to 5 axes: batch, channels and 1 to 3 spatial ones")
    if second.dim() != first.dim():
        raise ArgumentError(other, tuple(second.shape), f"must have as many axes as {name}, {first.dim()}")


def _known(*lengths: Any) -> bool:
    """Whether lengths are numbers, and not symbols of a graph that is being traced."""
    return not any(isinstance(length, torch.SymInt) for value in lengths for length in _each(value, 1))
