"""Rational resampling, as one strided convolution whose channels are put beside each other (theorem 27): no zero is multiplied."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import Any

import numpy as np

from convt._codegen import arrays
from convt._codegen.elements import TYPES
from convt._derive.errors import ArgumentError
from convt._derive.spec import integer

from .calls import Array, Engine, threads_of

KAISER, REACH = 5.0, 10  # of SciPy's default filter: the window's shape, zero crossings on either side


def resample(x: Array, up: int, down: int, taps: Any = None, *, axis: int = -1, full: bool = False, engine: Engine = "auto",
             algorithm: str = "auto", threads: int | None = None) -> Array:
    """A signal at up/down times its rate: zeros between, a filter, every ``down``-th kept; SciPy's ``resample_poly`` and ``upfirdn``.

    ``x``: float32, float64, int64 or complex, any shape; ``axis`` is resampled, all else is batch. ``taps``: the filter, at the rate ·up;
    by default SciPy's, a Kaiser window (β = 5) with ten zero crossings on either side. The result has ⌈n·up/down⌉ positions with the
    filter's centre at the first; with ``full=True`` it has all ⌊((n−1)·up + k − 1)/down⌋ + 1 of them from the filter's first tap on,
    for the numbers as they are given (up/down is reduced otherwise).

        y = convt.resample(x, 160, 147)                 # 44.1 kHz to 48 kHz: scipy.signal.resample_poly(x, 160, 147, axis=-1)
        y = convt.resample(x, 3, 2, h, full=True)       # scipy.signal.upfirdn(h, x, 3, 2)

    The other arguments: see ``help(convt.api)``. Raises ``ArgumentError``, ``CompilerMissing`` where a kernel is to be built and cannot.
    """
    seen = arrays.view("x", x)
    if seen.dtype.name not in TYPES:
        raise arrays.unsupported("x", x, seen.dtype.name)
    if seen.ndim == 0 or 0 in seen.shape:
        raise ArgumentError("x", seen.shape, "must have an axis, and none that is empty")
    integer("axis", axis, -seen.ndim, seen.ndim - 1)
    threads_of(threads)
    up, down = integer("up", up, 1), integer("down", down, 1)
    n = seen.shape[axis]
    if not full:
        up, down = up // gcd(up, down), down // gcd(up, down)
        if up == down == 1:
            same: Array = arrays.like(x, np.array(seen))
            return same
    h = _filter(taps, up, down, seen.dtype, full)
    delay = 0 if full else (len(h) - 1) // 2
    length = ((n - 1) * up + len(h) - 1) // down + 1 if full else -(-n * up // down)
    lines = np.ascontiguousarray(np.moveaxis(seen, axis, -1)).reshape(-1, 1, n)
    made = _phases(lines, h, up, down, delay, length, engine, algorithm, threads)
    result = np.moveaxis(made.reshape(*np.moveaxis(seen, axis, -1).shape[:-1], length), -1, axis)
    resampled: Array = arrays.like(x, np.ascontiguousarray(result))
    return resampled


def _phases(x: Any, h: Any, up: int, down: int, delay: int, length: int, engine: Engine, algorithm: str, threads: int | None) -> Any:
    """Output i = up·e + t is output e of filter t of a convolution with stride ``down``; they are put beside each other."""
    from .api import conv

    shifts = [(down * t + delay) // up for t in range(up)]
    last = max(shifts)
    reach = [(len(h) - 1 - (down * t + delay) % up) // up for t in range(up)]  # a′ of the last tap
    first = min(shift - most for shift, most in zip(shifts, reach, strict=True))
    weights = np.zeros((up, 1, last - first + 1), x.dtype)
    for t, (shift, most) in enumerate(zip(shifts, reach, strict=True)):
        if most >= 0:
            own = h[(down * t + delay) % up:: up]
            weights[t, 0, shift - first - most: shift - first + 1] = own[::-1]  # j = down·e + shift − a′
    groups = -(-length // up)
    after = (groups - 1) * down + last + 1 - x.shape[-1]
    wide = conv(x, weights, stride=down, padding=[(-first, max(after, 0))], feature_size=groups, engine=engine,
                algorithm=algorithm, threads=threads)
    return np.moveaxis(wide, 1, 2).reshape(x.shape[0], -1)[:, :length]


def _filter(taps: Any, up: int, down: int, dtype: Any, full: bool) -> Any:
    """The taps in the signal's type."""
    if taps is None:
        if full:
            raise ArgumentError("taps", taps, "must be given with full=True, which has no filter of its own")
        if dtype.kind == "i":
            raise ArgumentError("taps", taps, f"must be given for {dtype.name}: the default filter has fractions", "x.astype('float64')")
        return _default(up, down).astype(dtype)
    seen = arrays.view("taps", taps) if not isinstance(taps, list | tuple) else np.array(taps)
    if seen.ndim != 1 or not len(seen):
        raise ArgumentError("taps", seen.shape, "must be numbers along one axis")
    if not np.can_cast(seen.dtype, dtype, "same_kind"):
        raise ArgumentError("taps", seen.dtype.name, f"cannot filter a signal of {dtype.name}", dtype.name)
    return seen.astype(dtype)


@lru_cache(maxsize=32)
def _default(up: int, down: int) -> Any:
    """SciPy's: a sinc at 1/max(up, down) of the rate's half, windowed, with sum ``up``."""
    most = max(up, down)
    place = np.arange(-REACH * most, REACH * most + 1)
    made = np.sinc(place / most) * np.kaiser(len(place), KAISER)
    return made / made.sum() * up
