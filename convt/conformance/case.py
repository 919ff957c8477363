"""``Case``: one call of an implementation, with inputs that are labels and the output that the definition asks for."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import isqrt, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convt._codegen import reference
from convt._derive.errors import ArgumentError
from convt._derive.lengths import feature_lengths, image_lengths
from convt._derive.spec import ConvSpec

Array = NDArray[Any]
MAPS = {"conv_transpose": "uw", "conv": "xw", "conv_weight_gradient": "xu"}
"""Map -> letters of the two arrays that it takes: the data, and the weights or, of the gradient of weights, the features."""
PRIMES = np.array([n for n in range(2, 200) if all(n % d for d in range(2, isqrt(n) + 1))])
LARGEST_SUM = 1 << 15  # of labels: float32 has them exactly, and fast algorithms within 0.25
GRAMMAR = ("is a configuration, then m= (or n= for conv and the gradient of weights) lengths, f= and c= channels, g= groups, b= batch "
           "and bias, such as 2d_k3s2p1op1,m=3x4,f=4,c=6,g=2,b=1,bias")
NUMBER = re.compile("[1-9][0-9]{0,5}")
MOST = 1 << 24  # entries of an array of a case


@dataclass(frozen=True)
class Case:
    """Geometry, lengths of the input (m for ``conv_transpose``, n for the others), channels, groups, batch, and whether with a bias."""

    spec: ConvSpec
    size: tuple[int, ...]
    features: int = 1
    images: int = 1
    groups: int = 1
    batch: int = 1
    bias: bool = False
    map: str = "conv_transpose"
    source: str = field(default="", compare=False)
    """Where it comes from: a project, or the corner that it visits."""

    @classmethod
    def parse(cls, text: str, map_name: str = "conv_transpose") -> Case:
        """The case that ``str`` writes. ``ArgumentError`` for anything else."""
        name, *words = text.split(",")
        letter = LENGTHS[map_name]
        given: dict[str, Any] = {"f": (1,), "c": (1,), "g": (1,), "b": (1,)}
        for word in words:
            key, equals, value = word.partition("=")
            parts = value.split("x")
            right = (key == "bias" and not equals) or (key in (*given, letter) and all(map(NUMBER.fullmatch, parts)))
            if not right or (key != letter and len(parts) > 1):
                raise ArgumentError("--case", text, f"cannot have {word!r}: a case {GRAMMAR}")
            given[key] = tuple(map(int, parts)) if equals else (True,)
        if letter not in given:
            raise ArgumentError("--case", text, f"has no {letter}=: a case {GRAMMAR}")
        spec = ConvSpec.parse(name)
        size = given[letter] * spec.dims if len(given[letter]) == 1 else given[letter]
        (features,), (images,), (groups,), (batch,) = (given[key] for key in "fcgb")
        if features % groups or images % groups:
            raise ArgumentError("--case", text, f"{groups} groups must divide {features} and {images} channels", 1)
        if map_name == "conv_weight_gradient" and "bias" in given:
            raise ArgumentError("--case", text, "has a bias, and the gradient of weights takes none")
        case = cls(spec, size, features, images, groups, batch, "bias" in given, map_name, "given")
        case.demand_possible()
        return case

    def __str__(self) -> str:
        sizes = "x".join(map(str, self.size))
        return (f"{self.spec},{LENGTHS[self.map]}={sizes},f={self.features},c={self.images},g={self.groups},b={self.batch}"
                + ",bias" * self.bias)

    @property
    def dims(self) -> int:
        """Number of axes."""
        return self.spec.dims

    @property
    def lengths(self) -> tuple[int, ...]:
        """Lengths of the output; of the features, where the kernel is the output. ``ArgumentError`` where they would be empty."""
        return (image_lengths if self.map == "conv_transpose" else feature_lengths)(self.spec, self.size)

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Shapes of the data, of the other array, and of the output."""
        into, out = (self.features, self.images) if self.map == "conv_transpose" else (self.images, self.features)
        data, other = (self.batch, into, *self.size), (self.batch, out, *self.lengths)
        weights = (self.features, self.images // self.groups, *self.spec.kernel)
        return (data, other, weights) if self.map == "conv_weight_gradient" else (data, weights, other)

    @property
    def weight(self) -> tuple[int, ...]:
        """By which cases are ordered, the simplest first."""
        axes = self.spec.axes
        numbers = [abs(v) for axis in axes for v in (axis.kernel, axis.stride, axis.dilation, *axis.padding, axis.output_padding)]
        return (self.dims, prod(self.size) * self.features * self.batch, prod(self.spec.kernel) * self.images, self.groups, sum(numbers),
                self.bias)

    @property
    def may_be_refused(self) -> bool:
        """Output padding that reaches the stride and negative crops are no part of many libraries: refused or right."""
        return any(axis.output_padding >= axis.stride or min(axis.padding) < 0 for axis in self.spec.axes)

    def demand_possible(self) -> None:
        """``ArgumentError`` where an array would be empty or large."""
        for shape in self.shapes:
            if prod(shape) > MOST:
                raise ArgumentError("--case", str(self), f"has an array of shape {shape}, and at most {MOST} entries are compared")

    def inputs(self) -> tuple[Array, Array, Array | None]:
        """The two arrays and the bias in int64. Labels, each once as far as sums stay exact in float32; those of the second are primes."""
        data, weights, out = self.shapes
        draw = np.random.default_rng(zlib.crc32(str(self).encode()))
        terms = prod(weights[2:]) * (self.batch if self.map == "conv_weight_gradient" else max(data[1] // self.groups, 1))
        bound = max(3, isqrt(LARGEST_SUM // terms))
        primes = PRIMES[bound >= PRIMES]
        u, w = draw.permutation(prod(data)).reshape(data), draw.permutation(prod(weights)).reshape(weights)
        return 1 + u % bound, primes[w % len(primes)], 100 * (1 + draw.permutation(out[1])) if self.bias else None

    def expected(self) -> Array:
        """The output by the definition, in int64."""
        return _expected(self)

    def arguments(self) -> dict[str, Any]:
        """What an implementation is called with beside the arrays: one number, or one (begin, end) pair, an axis."""
        spec = self.spec
        given: dict[str, Any] = {"stride": spec.stride, "padding": spec.padding, "dilation": spec.dilation, "groups": self.groups}
        if self.map == "conv_transpose":
            given["output_padding"] = spec.output_padding
        if self.map == "conv_weight_gradient":
            given["kernel"] = spec.kernel
        return {name: given[name] for name in ARGUMENTS if name in given}


ARGUMENTS = ("kernel", "stride", "padding", "output_padding", "dilation", "groups")
"""In the order in which an implementation that has other names for them is given them."""
LENGTHS = {"conv_transpose": "m", "conv": "n", "conv_weight_gradient": "n"}


@lru_cache(maxsize=4096)
def _expected(case: Case) -> Array:
    data, other, bias = case.inputs()
    if case.map == "conv_weight_gradient":
        return reference.conv_weight_gradient(case.spec, data, other, case.groups)
    y: Array = getattr(reference, case.map)(case.spec, data, other, bias, case.lengths, case.groups)
    return y


def possible(cases: Sequence[Case]) -> list[Case]:
    """Those whose output is not empty, each once."""
    kept = []
    for case in dict.fromkeys(cases):
        try:
            case.demand_possible()
        except ArgumentError:
            continue
        kept.append(case)
    return kept
