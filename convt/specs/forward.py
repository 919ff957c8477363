"""Forward convolutions in frameworks' words: what ``conv`` and ``conv_weight_gradient`` of a spec pad.

The words are those of the frameworks' own functions, and mean what these compute: ``torch.nn.functional.conv…d`` (PyTorch's
notes on ``padding="same"``: stride 1 only, the larger half last), ONNX's operator Conv (``auto_pad``: ⌈n/s⌉ outputs, the
larger half last for SAME_UPPER and first for SAME_LOWER), ``tf.nn.convolution`` (TensorFlow's "Notes on padding": ⌈n/s⌉
outputs, the larger half last), ``keras.layers.Conv`` (the same, and "causal": d(k − 1) zeros before), and
``lax.conv_general_dilated`` (``lax.padtype_to_pads``: as TensorFlow; SAME_LOWER the larger half first).

SAME pads by the rest of n after division by the stride: that is none of a transposed convolution's rules, and with a stride
above 1 it is a geometry only where all lengths of the layer have one rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from convt._derive.dialects import choice, pairs, same_crop
from convt._derive.errors import ArgumentError
from convt._derive.lengths import span
from convt._derive.spec import ConvSpec, integer, is_sequence, per_axis

from .lengths import Length

Crops = list[tuple[int, int]]


@dataclass(frozen=True)
class Axes:
    """What a rule for padding may look at: the axes' numbers, and the input's lengths where they are said."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    input: Sequence[Length] | None

    @property
    def dims(self) -> int:
        """Number of axes."""
        return len(self.kernel)

    def same(self, upper: bool = True) -> Crops:
        """⌈n/s⌉ outputs; the larger half last (``upper``) or first."""
        return [same_crop(span(k, d) - self.rest(axis), upper) for axis, (k, d) in enumerate(zip(self.kernel, self.dilation, strict=True))]

    def rest(self, axis: int) -> int:
        """n mod s of an axis, from 1 to s. ``ArgumentError`` where the layer's lengths have several."""
        s = self.stride[axis]
        given = None if self.input is None or len(self.input) != self.dims else self.input[axis]
        if s > 1 and (given is None or given.divisor > 1 or given.times % s):
            shown = None if given is None else str(given)
            raise ArgumentError("input", shown, f"of axis {axis} must tell its rest after division by the stride {s}, by which SAME pads",
                                f"{s}*{given.letter if given is not None and given.letter else 'n'}")
        return (given.more % s if given is not None else 0) or s


def _torch(axes: Axes, padding: Any = 0) -> Crops:
    if padding == "same" and max(axes.stride) > 1:
        raise ArgumentError("padding", padding, "PyTorch has it for stride 1 only", 0)
    if isinstance(padding, str):
        choice("padding", padding, ("same", "valid"))
        return axes.same() if padding == "same" else [(0, 0)] * axes.dims
    return [(one, one) for one in per_axis("padding", padding, axes.dims, 0)]


def _onnx(axes: Axes, pads: Any = None, auto_pad: str = "NOTSET") -> Crops:
    choice("auto_pad", auto_pad, ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"))
    if auto_pad.startswith("SAME"):
        return axes.same(auto_pad == "SAME_UPPER")
    if auto_pad == "VALID" or pads is None:
        return [(0, 0)] * axes.dims
    ends = per_axis("pads", pads, 2 * axes.dims, 0)
    return list(zip(ends[:axes.dims], ends[axes.dims:], strict=True))


def _tensorflow(axes: Axes, padding: Any = "SAME") -> Crops:
    if isinstance(padding, str):
        return axes.same() if choice("padding", padding, ("SAME", "VALID")) == "SAME" else [(0, 0)] * axes.dims
    return list(pairs("padding", padding[1:-1] if is_sequence(padding) and len(padding) == axes.dims + 2 else padding, axes.dims, 0))


def _keras(axes: Axes, padding: Any = "valid") -> Crops:
    said = choice("padding", padding.lower() if isinstance(padding, str) else padding, ("valid", "same", "causal"))
    if said == "causal" and axes.dims > 1:
        raise ArgumentError("padding", padding, "Keras has it on one axis only", "same")
    before = [(span(k, d) - 1, 0) for k, d in zip(axes.kernel, axes.dilation, strict=True)]
    return {"valid": [(0, 0)] * axes.dims, "causal": before}[said] if said != "same" else axes.same()


def _jax(axes: Axes, padding: Any = "VALID") -> Crops:
    if isinstance(padding, str):
        said = choice("padding", padding.upper(), ("VALID", "SAME", "SAME_LOWER"))
        return [(0, 0)] * axes.dims if said == "VALID" else axes.same(said == "SAME")
    return list(pairs("padding", padding, axes.dims))


@dataclass(frozen=True)
class Words:
    """A framework's names, and what its padding means."""

    kernel: str
    stride: str
    dilation: str
    pad: Callable[..., Crops]
    padding: tuple[str, ...] = ("padding",)
    groups: str = "groups"

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return self.kernel, self.stride, *self.padding, self.dilation, self.groups


WORDS = {
    "torch": Words("kernel_size", "stride", "dilation", _torch),
    "onnx": Words("kernel_shape", "strides", "dilations", _onnx, ("pads", "auto_pad"), "group"),
    "tensorflow": Words("kernel_size", "strides", "dilations", _tensorflow),
    "keras": Words("kernel_size", "strides", "dilation_rate", _keras),
    "jax": Words("kernel_size", "window_strides", "rhs_dilation", _jax, groups="feature_group_count"),
}
"""Key of a spec -> its words for a forward convolution."""


def read(key: str, said: Mapping[str, Any], dims: int | None, input: Sequence[Length] | None) -> ConvSpec:
    """What a framework's words mean. ``ArgumentError`` names the word, its value and the rule."""
    if key not in WORDS:
        raise ArgumentError(key, dict(said), "is read for conv_transpose; of other maps these are: " + ", ".join(WORDS), "torch")
    words = WORDS[key]
    for name, value in said.items():
        if name not in (*words.names, "dims"):
            close = get_close_matches(name, words.names, 1)
            raise ArgumentError(name, value, f"is none of the words of {key} for a convolution: {', '.join(words.names)}",
                                close[0] if close else None)
    if words.kernel not in said:
        raise ArgumentError(words.kernel, None, f"{key} needs a kernel size", 3)
    integer(words.groups, said.get(words.groups, 1), 1)
    named = [len(said[name]) for name in (words.kernel, words.stride, words.dilation) if is_sequence(said.get(name)) and said[name]]
    count = integer("dims", said.get("dims", named[0] if named else dims or 1), 1, 3)
    kernel, stride, dilation = (per_axis(name, said.get(name, 1), count, 1) for name in (words.kernel, words.stride, words.dilation))
    padding = words.pad(Axes(kernel, stride, dilation, input), **{name: said[name] for name in words.padding if name in said})
    return ConvSpec(kernel, stride, padding, dilation)


def by_length(said: Mapping[str, Any]) -> bool:
    """Whether the words pad by the input's length: they mean another geometry at another."""
    return any(isinstance(value, str) and value.upper().startswith("SAME") for value in said.values())
