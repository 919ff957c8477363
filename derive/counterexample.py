"""A statement tried on numbers: what the definition gives, and what whoever believes the statement expects.

Nothing here is written by hand: the numbers that come out follow from the matrix, and those that are expected from a
function of the statement, so both can be computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, Literal

from .lengths import feature_lengths, image_lengths
from .matrix import ConvMatrix
from .spec import Axis, ConvSpec

Number = int | Fraction | complex


@dataclass(frozen=True)
class Expected:
    """What the statement says comes out, and by which reasoning: lengths, values too, or lengths that must be exceeded."""

    how: str
    shape: tuple[int | Fraction, ...]
    values: tuple[Number, ...] | None = None
    more: bool = False

    @classmethod
    def row(cls, how: str, values: Sequence[Number]) -> Expected:
        """These values along one axis."""
        return cls(how, (len(values),), tuple(values))

    def agrees(self, replay: Replay) -> bool:
        """Whether that is what comes out."""
        if self.more:
            return all(found > bound for found, bound in zip(replay.shape, self.shape, strict=True))
        return replay.shape == self.shape and self.values in (None, replay.found)

    def __str__(self) -> str:
        if self.values is not None:
            return nested(self.values, self.shape)
        return ("more than " if self.more else "") + " × ".join(map(spelled, self.shape))


@dataclass(frozen=True)
class Replay:
    """One channel through a map: input and weights row-major, a bias, and what the statement expects of it.

    ``size`` are the lengths of the input; ``given`` says where the input comes from.
    """

    map_name: Literal["conv", "conv_transpose"]
    spec: ConvSpec
    size: tuple[int, ...]
    input: tuple[Number, ...]
    weights: tuple[Number, ...]
    expected: Expected
    given: str = ""
    bias: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of what comes out."""
        return (feature_lengths if self.map_name == "conv" else image_lengths)(self.spec, self.size)

    @property
    def found(self) -> tuple[Number, ...]:
        """What comes out, from the matrix, exactly."""
        return applied(self.map_name, self.spec, self.size, self.input, self.weights, self.bias)


def applied(map_name: str, spec: ConvSpec, size: tuple[int, ...], data: Sequence[Number], weights: Sequence[Number],
            bias: int = 0) -> tuple[Number, ...]:
    """A x + b for ``conv``, Aᵀu + b for ``conv_transpose``, row-major."""
    forward = map_name == "conv"
    matrix = ConvMatrix.at(spec, feature_lengths(spec, size), size) if forward else ConvMatrix.at(spec, size)
    weight = dict(zip(product(*map(range, spec.kernel)), weights, strict=True))
    rows = matrix.taps if forward else tuple(zip(*matrix.taps, strict=True))
    return tuple(sum((weight[tap] * value for tap, value in zip(row, data, strict=True) if tap is not None), bias) for row in rows)


def counting(length: int) -> tuple[int, ...]:
    """1, 2, …: entries that can be told apart."""
    return tuple(range(1, length + 1))


def described(axis: Axis) -> str:
    """The parameters that matter, such as "k = 3, s = 2, p = 1"."""
    low, high = axis.padding
    parts = {"k": axis.kernel, "s": axis.stride, "p": low if low == high else f"({low}, {high})"}
    parts |= {"d": axis.dilation} if axis.dilation > 1 else {}
    parts |= {"op": axis.output_padding} if axis.output_padding else {}
    return ", ".join(f"{name} = {value}" for name, value in parts.items()).replace("-", "−")


def spelled(value: Any) -> str:
    """A number as people write it: −1, 3/4, 2−i."""
    if isinstance(value, complex):
        real, imaginary = int(value.real), int(value.imag)
        size = "" if abs(imaginary) == 1 else str(abs(imaginary))
        return str(real).replace("-", "−") + (f"{'+' if imaginary > 0 else '−'}{size}i" if imaginary else "")
    return str(value).replace("-", "−")


def nested(values: Sequence[Any], shape: Sequence[Any]) -> str:
    """Row-major values in brackets, an axis a pair: [[1, 2], [3, 4]]."""
    if len(shape) < 2:
        return "[" + ", ".join(map(spelled, values)) + "]"
    step = prod(shape[1:])
    return "[" + ", ".join(nested(values[at:at + step], shape[1:]) for at in range(0, len(values), step)) + "]"
