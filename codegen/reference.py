"""The three maps in NumPy, straight from the index relation: slow, plain, and exact in integers.

It answers ``engine="reference"`` where no compiler is, and the checks compare machine code with it. It shares no
formula with the kernels: which features, taps and image positions belong together is found by trying every one. An axis
is walked tap by tap or feature by feature, whichever are fewer; ``entries`` computes chosen outputs only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convt._derive import ConvSpec
from convt._derive.spec import Axis

Array = NDArray[Any]
Step = tuple[Any, Any, Any, str]
LETTERS = {"u": "bf", "w": "fc", "x": "bc"}


def conv_transpose(spec: ConvSpec, u: Array, w: Array, bias: Array | None, image: tuple[int, ...], groups: int) -> Array:
    """∂T/∂x: image (B, C, *n) from features (B, F, *m) and weights (F, C/G, *k)."""
    y = _started((u.shape[0], w.shape[1] * groups, *image), bias, u.dtype)
    return _summed(spec, "x", {"u": u, "w": w, "x": y}, groups)


def conv(spec: ConvSpec, x: Array, w: Array, bias: Array | None, feature: tuple[int, ...], groups: int) -> Array:
    """∂T/∂u: features (B, F, *m) from image (B, C, *n) and weights (F, C/G, *k)."""
    y = _started((x.shape[0], w.shape[0], *feature), bias, x.dtype)
    return _summed(spec, "u", {"u": y, "w": w, "x": x}, groups)


def conv_weight_gradient(spec: ConvSpec, x: Array, u: Array, groups: int) -> Array:
    """∂T/∂w: (F, C/G, *k) from image (B, C, *n) and features (B, F, *m)."""
    gradient = np.zeros((u.shape[1], x.shape[1] // groups, *spec.kernel), u.dtype)
    return _summed(spec, "w", {"u": u, "w": gradient, "x": x}, groups)


def entries(spec: ConvSpec, out: str, arrays: dict[str, Array], lengths: dict[str, tuple[int, ...]], positions: Sequence[tuple[int, ...]],
            groups: int, dtype: Any, support: dict[str, tuple[Array, ...]]) -> Array:
    """Outputs of a map at some positions only, as (…, channel, position): ``out`` is u, w or x; its array is not read.

    ``lengths`` are those of u, w and x on each axis. Of an array in ``support`` only these places of each axis are read:
    the others hold zeros.
    """
    first, second = (letter for letter in "uwx" if letter != out)
    found = list[Array]()
    for position in positions:
        at = [_partners(axis, out, place, tuple(lengths[letter][number] for letter in "uwx"),
                        *(None if letter not in support else tuple(support[letter][number].tolist()) for letter in (first, second)))
              for number, (axis, place) in enumerate(zip(spec.axes, position, strict=True))]
        parts = []
        for f, c in _channels(arrays, out, groups):
            some: dict[str, tuple[Any, Any]] = {"u": (slice(None), f), "w": (f, slice(None)), "x": (slice(None), c)}
            one, two = (arrays[letter][some[letter]][:, :, *np.ix_(*(pair[number] for pair in at))].astype(dtype)
                        for number, letter in enumerate((first, second)))
            shape = f"{LETTERS[first]}z,{LETTERS[second]}z->{LETTERS[out]}"
            parts.append(np.einsum(shape, one.reshape(*one.shape[:2], -1), two.reshape(*two.shape[:2], -1)))
        found.append(np.concatenate(parts, 0 if out == "w" else 1))
    return np.stack(found, -1)


def touched(axis: Axis, m: int, n: int) -> tuple[Array, Array]:
    """Which features and which image positions of an axis some related triple has."""
    u, x = np.zeros(m, bool), np.zeros(n, bool)
    for i, _, j, _ in steps(axis, m, n):
        u[i] = True
        x[j] = True
    return u, x


def triples(axis: Axis, m: int, n: int) -> tuple[Array, Array, Array]:
    """All related (i, a, j) of an axis, by trying every pair of feature and tap."""
    i, a = np.divmod(np.arange(m * axis.kernel), axis.kernel)
    j = axis.stride * i + axis.dilation * a - axis.padding[0]
    kept = (j >= 0) & (j < n)
    return i[kept], a[kept], j[kept]


@lru_cache(maxsize=1024)
def steps(axis: Axis, m: int, n: int) -> list[Step]:
    """(i, a, j, which arrays move): for each tap, its features and image positions; or for each feature, its taps and positions."""
    by_tap, row = axis.kernel <= m, list[Step]()
    inner = np.arange(m if by_tap else axis.kernel)
    for outer in range(axis.kernel if by_tap else m):
        j = axis.stride * inner + axis.dilation * outer if by_tap else axis.stride * outer + axis.dilation * inner
        j = j - axis.padding[0]
        related = np.flatnonzero((j >= 0) & (j < n))
        if related.size:
            first, last = int(related[0]), int(related[-1])
            moving = slice(first, last + 1)
            image = slice(int(j[first]), int(j[last]) + 1, axis.stride if by_tap else axis.dilation)
            row.append((moving, outer, image, "ux") if by_tap else (outer, moving, image, "wx"))
    return row


@lru_cache(maxsize=4096)
def _partners(axis: Axis, out: str, place: int, lengths: tuple[int, int, int], *support: tuple[int, ...] | None) -> tuple[Array, Array]:
    """The places of the two inputs that meet in one output of an axis, in the order of u, w, x."""
    m, k, n = lengths
    s, d, crop = axis.stride, axis.dilation, axis.padding[0]
    if out == "w":
        i = np.arange(m) if support[0] is None else np.array(support[0])
        one, two = i, s * i + d * place - crop
        kept = (two >= 0) & (two < n)
    else:
        a = np.arange(k) if support[1 if out == "x" else 0] is None else np.array(support[1 if out == "x" else 0])
        if out == "x":
            one, rest = np.divmod(place + crop - d * a, s)
            two, kept = a, (rest == 0) & (one >= 0) & (one < m)
        else:
            one, two = a, s * place + d * a - crop
            kept = (two >= 0) & (two < n)
    for values, only in zip((one, two), support, strict=True):
        kept &= True if only is None else np.isin(values, np.array(only))
    return one[kept], two[kept]


def _started(shape: tuple[int, ...], bias: Array | None, dtype: Any) -> Array:
    y = np.zeros(shape, dtype)
    if bias is not None:
        y += bias.reshape(-1, *[1] * (len(shape) - 2))
    return y


def _summed(spec: ConvSpec, out: str, arrays: dict[str, Array], groups: int) -> Array:
    """Add every related triple to the array of the output."""
    m, n = arrays["u"].shape[2:], arrays["x"].shape[2:]
    first, second = (letter for letter in "uwx" if letter != out)
    rows = [steps(axis, *lengths) for axis, lengths in zip(spec.axes, zip(m, n, strict=True), strict=True)]
    for f, c in _channels(arrays, out, groups):
        some = {"u": (slice(None), f), "w": (f, slice(None)), "x": (slice(None), c)}
        for combination in product(*rows):
            *places, moving = zip(*combination, strict=True)
            at = {letter: (*some[letter], *place) for letter, place in zip("uwx", places, strict=True)}
            names = {letter: LETTERS[letter] + "".join(axis for axis, who in zip("pqr", moving, strict=False) if letter in who)
                     for letter in "uwx"}
            arrays[out][at[out]] += np.einsum(f"{names[first]},{names[second]}->{names[out]}", arrays[first][at[first]],
                                              arrays[second][at[second]])
    return arrays[out]


def _channels(arrays: dict[str, Array], out: str, groups: int) -> Iterator[tuple[slice, slice]]:
    """The feature and image channels of each group."""
    features = arrays["w"].shape[0] if out != "w" else arrays["u"].shape[1]
    images = arrays["x"].shape[1] if out != "x" else arrays["w"].shape[1] * groups
    each, per = features // groups, images // groups
    for g in range(groups):
        yield slice(g * each, (g + 1) * each), slice(g * per, (g + 1) * per)
