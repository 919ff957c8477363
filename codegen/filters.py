"""Weights that are known when a kernel is generated: one filter for every channel, exact, with its gain.

    bilinear          w(a) = 1 − |a/f − c| on each axis, f = ⌈k/2⌉, c = (2f − 1 − k mod 2)/(2f), the filler of fully
                      convolutional networks (Long et al. 2015; Caffe's is the same where k = 2f − f mod 2); where k is
                      2s − s mod 2, interior outputs of a constant are that constant
    nearest           1 at every tap, for k = s: each feature is repeated
    average           1/∏k at every tap: the taps sum to 1
    fir:1,3,3,1       the outer product of these taps on all axes, scaled so that all taps sum to 1, or to the gain of
                      fir:1,3,3,1,gain=4
    taps:1/4,3/4,…    every tap, the last axis first: as many as the kernel has

Kernels are named after the words bilinear, nearest and average; all others after a digest of their taps. Taps are
rational, so nothing is lost: ``Filter.text`` gives back the same filter.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, gcd, lcm, prod
from typing import Any

import numpy as np

from convt._derive import ArgumentError
from convt._derive.spec import ConvSpec

from . import arrays, numerals

WORDS = ("bilinear", "nearest", "average")
NAMES = (*WORDS, "fir:1,3,3,1", "taps:1,3,3,1")
MOST_TAPS = 4096
Factors = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True)
class Filter:
    """The taps of one channel, row-major, and their factors on each axis where they are a product (theorem 20).

    ``name`` is its part of kernel names, ``text`` what ``weights`` takes for the same filter.
    """

    name: str
    text: str
    shape: tuple[int, ...]
    values: tuple[Fraction, ...]
    factors: Factors | None

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
    def _constants(self) -> tuple[Fraction, ...]:
        return tuple(value for factor in self.factors for value in factor) if self.factors else self.values

    def array(self, dtype: Any) -> Any:
        """The taps as an array of the kernel's shape."""
        return np.array([float(value) for value in self.values], dtype).reshape(self.shape)


def filter_of(weights: Any, spec: ConvSpec, dtype: str = "float64") -> Filter:
    """The filter that a name or an array of the kernel's shape stands for, in this element type. Raises ``ArgumentError``."""
    shown = weights if isinstance(weights, str) else type(weights).__name__
    if prod(spec.kernel) > MOST_TAPS:
        raise ArgumentError("weights", shown, f"are built into kernels of at most {MOST_TAPS} taps; {spec} has {prod(spec.kernel)}")
    word, values, factors = _named(weights, spec) if isinstance(weights, str) else ("", _given(weights, spec), None)
    least, most = (Fraction(float(value)) for value in (np.finfo(dtype).tiny, np.finfo(dtype).max))

    def kept(value: Fraction) -> bool:
        return not value or least <= abs(value) <= most

    if not all(map(kept, values)):
        wrong = next(value for value in values if not kept(value))
        raise ArgumentError("weights", numerals.shown(wrong) or "a tap of many digits",
                            f"taps of {dtype} must be 0, or from {float(least):.3g} to {float(most):.3g} in size",
                            0 if abs(wrong) < least else f"{float(most):.3g}")
    if factors is None:
        factors = factors_of(values, spec.kernel)
    text = word or _text(values, factors)
    if factors is not None and not all(map(kept, (value for axis in factors for value in axis))):
        factors = None  # the product can be written in this type, its factors cannot
    if factors is not None and not all(map(kept, _products(factors[:-1]))):
        factors = None
    return Filter(word or f"w{_digest(values)}", text, spec.kernel, values, factors)


def _named(text: str, spec: ConvSpec) -> tuple[str, tuple[Fraction, ...], Factors | None]:
    """(word or nothing, taps, factors where they are known)."""
    kind, _, rest = text.partition(":")
    if kind == "fir" and rest:
        return "", _fir(text, rest, spec), None
    if kind == "taps" and rest:
        return "", _taps(text, rest, spec), None
    if text not in WORDS:
        from difflib import get_close_matches

        raise ArgumentError("weights", text, f"must be an array, or one of {', '.join(NAMES)}",
                            (get_close_matches(text[:40], NAMES, 1, 0.3) or ["bilinear"])[0])
    if text == "nearest":
        for axis, (k, s) in enumerate(zip(spec.kernel, spec.stride, strict=True)):
            if k != s:
                raise ArgumentError("weights", text, "repeats each feature, so kernel and stride must be equal; "
                                    f"on axis {axis} they are {k} and {s}", "bilinear")
    one = {"nearest": lambda a, k: Fraction(1), "average": lambda a, k: Fraction(1, k), "bilinear": _tent}[text]
    factors = tuple(tuple(one(a, k) for a in range(k)) for k in spec.kernel)
    return text, _products(factors), factors


def _tent(a: int, k: int) -> Fraction:
    f = -(-k // 2)
    return 1 - abs(Fraction(a, f) - Fraction(2 * f - 1 - k % 2, 2 * f))


def _fir(text: str, rest: str, spec: ConvSpec) -> tuple[Fraction, ...]:
    row, separator, last = rest.partition(",gain=")
    taps = numerals.several(text, row, "fir:1,3,3,1")
    gain = numerals.several(text, last, "fir:1,3,3,1,gain=4") if separator else (Fraction(1),)
    if sum(taps) == 0 or len(gain) != 1:
        raise ArgumentError("weights", text, "must have taps whose sum is not 0, and at most one gain", "fir:1,3,3,1")
    for axis, k in enumerate(spec.kernel):
        if k != len(taps):
            raise ArgumentError("weights", text, f"has {len(taps)} taps; the kernel has {k} on axis {axis}")
    whole = _whole(taps)
    if max(map(abs, whole)) >= 10**numerals.DIGITS:
        raise ArgumentError("weights", text, f"as whole numbers its taps must have at most {numerals.DIGITS} digits", "fir:1,3,3,1")
    scale = gain[0] / Fraction(sum(whole)) ** spec.dims
    return tuple(scale * prod(chosen) for chosen in product(*[whole] * spec.dims))


def _taps(text: str, rest: str, spec: ConvSpec) -> tuple[Fraction, ...]:
    values = numerals.several(text, rest, "taps:1,3,3,1")
    if len(values) != prod(spec.kernel):
        raise ArgumentError("weights", text, f"has {len(values)} taps; the kernel has {prod(spec.kernel)}")
    return values


def _given(weights: Any, spec: ConvSpec) -> tuple[Fraction, ...]:
    array = arrays.numbers("weights", weights)
    shape = array.shape
    if shape[-spec.dims:] != spec.kernel or len(shape) not in (spec.dims, spec.dims + 2) or 0 in shape:
        raise ArgumentError("weights", shape, f"must have the shape of the kernel, {spec.kernel}: one filter for every channel",
                            spec.kernel)
    if not np.isfinite(array).all():
        raise ArgumentError("weights", "Inf or NaN", "must be finite")
    if len(shape) > spec.dims:  # (C, 1, *k) with equal filters, as depthwise layers hold them
        if shape[1] != 1 or (array != array[:1]).any():
            raise ArgumentError("weights", shape, "must be the same filter for every channel, (C, 1, *kernel); pack weights that "
                                "differ with Kernel.pack", (1, 1, *spec.kernel))
        array = array[0, 0]
    return tuple(Fraction(value) for value in array.ravel().tolist())


def factors_of(values: tuple[Fraction, ...], shape: tuple[int, ...]) -> Factors | None:
    """Factors on each axis whose product the values are, None where there are none. The lines through one entry that is not 0.

    Equal values have equal factors: beyond the first axis they are whole numbers without a common divisor, the first of
    them positive, over their sum where that is a power of two, so that the factors of dyadic taps are dyadic too.
    """
    held = dict(zip(product(*map(range, shape)), values, strict=True))
    pivot = next((index for index, value in held.items() if value), None)
    if pivot is None:
        return tuple((Fraction(0),) * k for k in shape)
    factors = []
    for axis, k in enumerate(shape):
        line = tuple(held[(*pivot[:axis], a, *pivot[axis + 1:])] for a in range(k))
        whole = _whole(line)
        total = abs(sum(whole))
        unit = total if total and total & (total - 1) == 0 else 1
        factors.append(tuple(Fraction(value, unit) for value in whole) if axis else line)
    rest = prod((factor[at] for factor, at in zip(factors[1:], pivot[1:], strict=True)), start=Fraction(1))
    factors[0] = tuple(value / rest for value in factors[0])
    return tuple(factors) if _products(tuple(factors)) == values else None


def _whole(line: tuple[Fraction, ...]) -> tuple[int, ...]:
    """The line as whole numbers without a common divisor, the first that is not 0 positive."""
    unit = lcm(*(value.denominator for value in line))
    whole = [int(value * unit) for value in line]
    content = gcd(*whole) * (-1 if next(filter(None, whole)) < 0 else 1)
    return tuple(value // content for value in whole)


def _products(factors: Factors) -> tuple[Fraction, ...]:
    return tuple(prod(chosen, start=Fraction(1)) for chosen in product(*factors))


def _text(values: tuple[Fraction, ...], factors: Factors | None) -> str:
    """What ``weights`` takes for these taps: fir: where it is short, taps: for all others."""
    gain = sum(values, Fraction(0))
    if factors is not None and gain and (gained := numerals.shown(gain)) is not None:
        lines = {_whole(factor) for factor in factors}
        row = lines.pop()
        if not lines and max(map(abs, row)) < 10**numerals.DIGITS:
            return f"fir:{','.join(map(str, row))}" + (f",gain={gained}" if gain != 1 else "")
    return "taps:" + ",".join(str(numerals.shown(value)) for value in values)


def _digest(values: tuple[Fraction, ...]) -> str:
    return hashlib.sha256(",".join(f"{value.numerator:x}/{value.denominator:x}" for value in values).encode()).hexdigest()[:16]
