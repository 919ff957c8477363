"""The maps as operators of ``torch.library``: ``convt::conv``, ``convt::conv_transpose``, ``convt::conv_weight_gradient``.

An operator gets the lengths of its result and the geometry in numbers, so that one kernel serves all lengths. Gradients of each
are the two others (theorem 11), with the incoming gradient in the place of the result; that holds for these gradients too, so
derivatives of every order exist. Complex tensors: PyTorch's convention, arguments that stay are conjugated.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from convt._codegen.arrays import unsupported
from convt._codegen.call import output_shape
from convt._codegen.elements import TYPES
from convt._codegen.problem import Problem
from convt._derive.errors import ArgumentError
from convt._derive.lengths import output_paddings
from convt._derive.maps import MAPS, Map
from convt._derive.spec import LONGEST, ConvSpec, integer

from ..calls import Engine, answer
from ..gradients import channel_sums

ENGINE: Engine = "auto"
LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
Numbers = Sequence[int]


def _register(role: Map) -> Any:
    """The operator of a map, with its shapes and gradients."""
    def compute(first: Tensor, second: Tensor, *more: Any) -> Tensor:
        bias, size, geometry = _split(role, more)
        problem = _problem(role, first, second, size, geometry)
        lengths = {role.reads[0]: first.shape[2:], role.reads[1]: second.shape[2:], role.gives: size}
        output_paddings(problem.spec, lengths["u"], lengths["x"], "size", limit=False)
        result = _empty(role, problem, first, second, size, geometry[-1])
        layout = "channels_last" if _is_last(first) else "channels_first"
        letters = (*role.reads, role.gives)
        one, two, out = (_laid(letter, array, layout) for letter, array in zip(letters, (first, second, result), strict=True))
        answer(role.name, problem.spec, one, two, None if bias is None else bias.detach(), geometry[-1], False, layout, ENGINE, "auto", out,
               torch.get_num_threads(), None if role.gives == "w" else tuple(size))
        return result

    def fake(first: Tensor, second: Tensor, *more: Any) -> Tensor:
        _, size, geometry = _split(role, more)
        return _empty(role, _problem(role, first, second, size, geometry), first, second, size, geometry[-1])

    def remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])
        ctx.geometry = _split(role, inputs[2:])[2]

    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        slots = dict(zip(role.reads, ctx.saved_tensors, strict=True)) | {role.gives: grad}
        found: list[Any] = [_gradient(letter, role, slots, ctx.geometry) if needed else None
                            for letter, needed in zip(role.reads, ctx.needs_input_grad, strict=False)]
        if role.biased:
            found.append(channel_sum(grad) if ctx.needs_input_grad[2] else None)
        return *found, None, None, None, None, None

    bias = "Tensor? bias, " if role.biased else ""
    schema = (f"(Tensor {role.reads[0]}, Tensor {role.reads[1]}, {bias}SymInt[] size, int[] stride, int[] padding, int[] dilation, "
              "int groups) -> Tensor")
    made = torch.library.custom_op(f"convt::{role.name}", compute, mutates_args=(), device_types="cpu", schema=schema)
    made.register_fake(fake)
    made.register_autograd(backward, setup_context=remember)
    if hasattr(made, "register_autocast"):  # from torch 2.6 on
        made.register_autocast("cpu", torch.float32)
    return made


def _gradient(letter: str, role: Map, slots: dict[str, Tensor], geometry: tuple[Any, ...]) -> Tensor:
    """The gradient by one argument: the map that gives it, of the incoming gradient and of the conjugate of what stays."""
    other = next(one for one in MAPS.values() if one.gives == letter)
    first, second = (slots[name] if name == role.gives else slots[name].conj() for name in other.reads)
    result: Tensor = OPERATORS[other.name](first, second, *[None] * other.biased, list(slots[letter].shape[2:]), *geometry)
    return result


def _split(role: Map, more: Sequence[Any]) -> tuple[Tensor | None, Numbers, tuple[Any, ...]]:
    """(bias, lengths of the result, (stride, padding, dilation, groups)) of what follows the two tensors in a call."""
    bias, size, *geometry = more if role.biased else (None, *more)
    return bias, size, tuple(geometry)


def _problem(role: Map, first: Tensor, second: Tensor, size: Numbers, geometry: tuple[Any, ...]) -> Problem:
    """What is computed, channels first. Raises ``ArgumentError``."""
    stride, padding, dilation, groups = geometry
    integer("groups", groups, 1, LONGEST)
    if (dtype := str(first.dtype).removeprefix("torch.")) not in TYPES:
        raise unsupported(role.reads[0], first, dtype)
    if second.dtype != first.dtype:
        raise ArgumentError(role.reads[1], str(second.dtype), f"must have the element type of {role.reads[0]}, {first.dtype}", first.dtype)
    kernel = size if role.gives == "w" else second.shape[2:]
    return _made(role.name, dtype, *(tuple(map(int, numbers)) for numbers in (kernel, stride, padding, dilation)))


@lru_cache(maxsize=512)
def _made(name: str, dtype: str, kernel: Numbers, stride: Numbers, padding: Numbers, dilation: Numbers) -> Problem:
    return Problem.of(ConvSpec(kernel, stride, list(zip(padding[::2], padding[1::2], strict=True)), dilation), name, dtype)


def _empty(role: Map, problem: Problem, first: Tensor, second: Tensor, size: Numbers, groups: int) -> Tensor:
    """A tensor for the result: channels last where those of the first input are. Raises ``ArgumentError`` where channels do not fit."""
    if role.gives == "w":
        shape: tuple[int, ...] = (second.shape[1], first.shape[1] // groups, *size)
    else:
        shape, _ = output_shape(problem, first, second, groups, tuple(size), None)
    memory = LAST[first.dim()] if role.gives != "w" and _is_last(first) else torch.contiguous_format
    return torch.empty(shape, dtype=first.dtype, device=first.device, memory_format=memory)


def _is_last(tensor: Tensor) -> bool:
    """Whether channels lie together in memory, and positions do not."""
    memory = LAST.get(tensor.dim())
    return memory is not None and not tensor.is_contiguous() and tensor.is_contiguous(memory_format=memory)


def in_memory_like(first: Tensor, made: Tensor) -> Tensor:
    """Channels last where those of the first are."""
    return made.contiguous(memory_format=LAST[first.dim()] if _is_last(first) else torch.contiguous_format)


def _laid(letter: str, tensor: Tensor, layout: str) -> Tensor:
    """A tensor with its axes in the order of a layout, in the same memory; weights have one order."""
    tensor = tensor.detach()
    return tensor.movedim(1, -1) if layout == "channels_last" and letter != "w" else tensor


def _channel_sum(grad: Tensor) -> Tensor:
    last = _is_last(grad)
    result = torch.empty(grad.shape[1], dtype=grad.dtype)
    channel_sums(_laid("x", grad, "channels_last" if last else "channels_first").numpy(), last, result.numpy())
    return result


def _remember_shape(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.shape = inputs[0].shape


def _spread(ctx: Any, grad: Tensor) -> Tensor:
    return grad.reshape(1, -1, *[1] * (len(ctx.shape) - 2)).expand(ctx.shape)


OPERATORS = {role.name: _register(role) for role in MAPS.values()}
channel_sum: Any = torch.library.custom_op("convt::channel_sum", _channel_sum, mutates_args=(), device_types="cpu",
                                           schema="(Tensor grad) -> Tensor")
channel_sum.register_fake(lambda grad: grad.new_empty(grad.shape[1]))
channel_sum.register_autograd(_spread, setup_context=_remember_shape)
