"""Weights that are known when a kernel is generated: one filter for every channel, exact, with its gain.

    bilinear          w(a) = 1 − |a/f − c| on each axis, f = ⌈k/2⌉, c = (2f − 1 − k mod 2)/(2f), the filler of fully
                      convolutional networks (Long et al. 2015; Caffe's is the same where k = 2f − f mod 2); where k is
                      2s − s mod 2, interior outputs of a constant are that constant
    nearest           1 at every tap, for k = s: each feature is repeated
    average           1/∏k at every tap: the taps sum to 1
    fir:1,3,3,1       the outer product of these taps on all axes, scaled so that all taps sum to 1, or to the gain of
                      fir:1,3,3,1,gain=4
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, gcd, lcm, prod
from typing import Any

import numpy as np

from convt._derive import ArgumentError
from convt._derive.spec import ConvSpec

NAMES = ("bilinear", "nearest", "average", "fir:1,3,3,1")
MOST_TAPS = 4096


@dataclass(frozen=True)
class Filter:
    """The taps of one channel, row-major, and their factors on each axis where they are a product (theorem 20)."""

    label: str
    shape: tuple[int, ...]
    values: tuple[Fraction, ...]
    factors: tuple[tuple[Fraction, ...], ...] | None

    @property
    def gain(self) -> Fraction:
        """The sum of all taps."""
        return sum(self.values, Fraction(0))

    @property
    def exact(self) -> bool:
        """Whether all taps are dyadic and short: then no rounding happens for integers of moderate size."""
        dyadic = all(value.denominator & (value.denominator - 1) == 0 for value in self._constants)
        return dyadic and self.scale < 1 << 16

    @property
    def scale(self) -> int:
        """Σ|w| in units of the last binary place of a tap; infinite products of thirds have no such place."""
        unit = prod(max(value.denominator for value in factor) for factor in self.factors) if self.factors else max(
            value.denominator for value in self.values)
        return ceil(sum(map(abs, self.values), Fraction(0)) * unit)

    @property
    def suffix(self) -> str:
        """For names of kernels."""
        return re.sub(r"[^a-z0-9]+", "_", self.label.replace("-", "n"))

    @property
    def _constants(self) -> tuple[Fraction, ...]:
        return tuple(value for factor in self.factors for value in factor) if self.factors else self.values

    def array(self, dtype: Any) -> Any:
        """The taps as an array of the kernel's shape."""
        return np.array([float(value) for value in self.values], dtype).reshape(self.shape)


def filter_of(weights: Any, spec: ConvSpec) -> Filter:
    """The filter that a name or an array of the kernel's shape stands for. Raises ``ArgumentError``."""
    if prod(spec.kernel) > MOST_TAPS:
        raise ArgumentError("weights", str(weights)[:40],
                            f"are built into kernels of at most {MOST_TAPS} taps; {spec} has {prod(spec.kernel)}")
    return _named(weights, spec) if isinstance(weights, str) else _given(weights, spec)


def _named(text: str, spec: ConvSpec) -> Filter:
    name, _, rest = text.strip().partition(":")
    if name == "fir":
        taps, gain = _fir(text, rest, spec)
        total = sum(taps, Fraction(0))
        factors = [tuple(tap / total for tap in taps)] * spec.dims
        factors[0] = tuple(value * gain for value in factors[0])
        return _product(text.strip().replace(" ", ""), factors)
    if rest or name not in ("bilinear", "nearest", "average"):
        from difflib import get_close_matches

        raise ArgumentError("weights", text, f"must be an array, or one of {', '.join(NAMES)}",
                            (get_close_matches(text, NAMES, 1, 0.3) or ["bilinear"])[0])
    if name == "nearest":
        for axis, (k, s) in enumerate(zip(spec.kernel, spec.stride, strict=True)):
            if k != s:
                raise ArgumentError("weights", text, "repeats each feature, so kernel and stride must be equal; "
                                    f"on axis {axis} they are {k} and {s}", "bilinear")
        return _product(name, [(Fraction(1),) * k for k in spec.kernel])
    if name == "average":
        return _product(name, [(Fraction(1, k),) * k for k in spec.kernel])
    return _product(name, [tuple(_tent(a, k) for a in range(k)) for k in spec.kernel])


def _tent(a: int, k: int) -> Fraction:
    f = -(-k // 2)
    return 1 - abs(Fraction(a, f) - Fraction(2 * f - 1 - k % 2, 2 * f))


def _fir(text: str, rest: str, spec: ConvSpec) -> tuple[list[Fraction], Fraction]:
    parts = [part for part in re.split(r"[,:]", rest.replace(" ", "")) if part]
    gains = [part[5:] for part in parts if part.startswith("gain=")]
    try:
        taps = [Fraction(part) for part in parts if not part.startswith("gain=")]
        gain = Fraction(gains[0]) if gains else Fraction(1)
    except (ValueError, ZeroDivisionError):
        raise ArgumentError("weights", text, "must be fir: and numbers, and may end in gain=number", "fir:1,3,3,1") from None
    if len(gains) > 1 or not taps or sum(taps) == 0:
        raise ArgumentError("weights", text, "must have taps whose sum is not 0, and at most one gain", "fir:1,3,3,1")
    for axis, k in enumerate(spec.kernel):
        if k != len(taps):
            raise ArgumentError("weights", text, f"has {len(taps)} taps; the kernel has {k} on axis {axis}")
    return taps, gain


def _product(label: str, factors: list[tuple[Fraction, ...]]) -> Filter:
    values = tuple(prod(chosen, start=Fraction(1)) for chosen in product(*factors))
    return Filter(label, tuple(map(len, factors)), values, tuple(factors))


def _given(weights: Any, spec: ConvSpec) -> Filter:
    array = np.asarray(weights)
    if array.dtype.kind not in "fiu":
        raise ArgumentError("weights", str(array.dtype), "must be real numbers")
    shape = array.shape
    if shape[-spec.dims:] != spec.kernel or len(shape) not in (spec.dims, spec.dims + 2):
        raise ArgumentError("weights", shape, f"must have the shape of the kernel, {spec.kernel}: one filter for every channel",
                            spec.kernel)
    if len(shape) > spec.dims:  # (C, 1, *k) with equal filters, as depthwise layers hold them
        if shape[1] != 1 or 0 in shape or (array != array[:1]).any():
            raise ArgumentError("weights", shape, "must be the same filter for every channel, (C, 1, *kernel); pack weights that "
                                "differ with Kernel.pack", (1, 1, *spec.kernel))
        array = array[0, 0]
    if not np.isfinite(array).all():
        raise ArgumentError("weights", "Inf or NaN", "must be finite")
    values = tuple(Fraction(value) for value in array.ravel().tolist())
    digest = hashlib.sha256(",".join(map(str, values)).encode()).hexdigest()[:10]
    return Filter(f"w{digest}", spec.kernel, values, _factors(values, spec.kernel))


def _factors(values: tuple[Fraction, ...], shape: tuple[int, ...]) -> tuple[tuple[Fraction, ...], ...] | None:
    """Factors on each axis whose product the values are, None where there are none. The lines through one entry that is not 0."""
    held = dict(zip(product(*map(range, shape)), values, strict=True))
    pivot = next((index for index, value in held.items() if value), None)
    if pivot is None:
        return tuple((Fraction(0),) * k for k in shape)
    factors = []
    rest = Fraction(1)
    for axis, k in enumerate(shape):
        line = tuple(held[(*pivot[:axis], a, *pivot[axis + 1:])] for a in range(k))
        # whole numbers without a common divisor, except on the first axis: then the factors of dyadic taps are dyadic too
        unit = lcm(*(value.denominator for value in line))
        content = Fraction(gcd(*(int(value * unit) for value in line)), unit) if axis else Fraction(1)
        factors.append(tuple(value / content for value in line))
        rest *= content / held[pivot] if axis else 1
    factors[0] = tuple(value * rest for value in factors[0])
    made = tuple(prod(chosen, start=Fraction(1)) for chosen in product(*factors))
    return tuple(factors) if made == values else None
