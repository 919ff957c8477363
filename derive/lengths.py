"""The only home of the length formulas, both ways, and of solving them.

Each formula is written once, in plain arithmetic, and works for Python integers and for SymPy expressions alike.
Theorem 1 derives them from the index relation j = s·i + d·a − p_lo; everything else in the project asks here.
Source of the forms: V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep learning* (2016), relations
6 and 14, extended to dilation, asymmetric crop and output padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .errors import ArgumentError
from .spec import LONGEST, Axis, ConvSpec, per_axis


def span(k: Any, d: Any) -> Any:
    """Image positions from the first tap to the last: d(k−1)+1."""
    return d * (k - 1) + 1


def transposed_length(m: Any, k: Any, s: Any, d: Any, p_lo: Any, p_hi: Any, op: Any) -> Any:
    """Image length n for feature length m: n = s(m−1) + d(k−1) + 1 + op − p_lo − p_hi. May come out below 1."""
    return s * (m - 1) + span(k, d) + op - p_lo - p_hi


def windows(n: Any, k: Any, s: Any, d: Any, p_lo: Any, p_hi: Any) -> Any:
    """⌊(n + p_lo + p_hi − d(k−1) − 1)/s⌋ + 1, the number of windows that fit; 0 or less when none does."""
    return (n + p_lo + p_hi - span(k, d)) // s + 1


def feature_length(axis: Axis, n: int) -> int:
    """Length m ≥ 0 of ``conv`` along one axis for image length n ≥ 1: max(0, windows)."""
    return max(0, windows(n, axis.kernel, axis.stride, axis.dilation, *axis.padding))


def image_length(axis: Axis, m: int) -> int:
    """Length n of ``conv_transpose`` along one axis for feature length m ≥ 1; may come out below 1."""
    return int(transposed_length(m, axis.kernel, axis.stride, axis.dilation, *axis.padding, axis.output_padding))


def formula(axis: Axis) -> str:
    """The image length in m, as "n = 2m − 1"."""
    times, more = axis.stride, image_length(axis, 1) - axis.stride
    return f"n = {times if times > 1 else ''}m" + (f" {'+' if more > 0 else '−'} {abs(more)}" if more else "")


def smallest_feature_length(axis: Axis) -> int:
    """The least m ≥ 1 whose image length is at least 1."""
    missing = 1 - image_length(axis, 1)
    return 1 + max(0, -(-missing // axis.stride))


def largest_feature_length(axis: Axis, n: int) -> int:
    """The largest m whose image length is at most n; 0 where there is none."""
    return max(0, 1 + (n - image_length(axis, 1)) // axis.stride)


def image_lengths(spec: ConvSpec, feature: Sequence[int]) -> tuple[int, ...]:
    """Image lengths n, one an axis, for feature lengths m ≥ 1. ``ArgumentError`` where an axis would be empty."""
    lengths = []
    for number, (axis, m) in enumerate(zip(spec.axes, _sizes("feature size", feature, spec.dims), strict=True)):
        n = image_length(axis, m)
        if n < 1:
            crop = n + sum(axis.padding) - 1
            raise ArgumentError(
                "padding", axis.padding,
                f"axis {number} would have length {n} for input length {m} "
                "(n = s(m−1) + d(k−1) + 1 + op − p_lo − p_hi must be ≥ 1)", f"a total crop of {crop} or less",
            )
        lengths.append(n)
    return tuple(lengths)


def feature_lengths(spec: ConvSpec, image: Sequence[int]) -> tuple[int, ...]:
    """Feature lengths m, one an axis, for image lengths n ≥ 1. ``ArgumentError`` where no window fits."""
    lengths = []
    for number, (axis, n) in enumerate(zip(spec.axes, _sizes("image size", image, spec.dims), strict=True)):
        m = feature_length(axis, n)
        if m < 1:
            least = max(1, axis.span - sum(axis.padding))
            raise ArgumentError(
                f"image size[{number}]", n,
                f"no window of span {axis.span} fits with padding {axis.padding} "
                "(m = ⌊(n + p_lo + p_hi − d(k−1) − 1)/s⌋ + 1 must be ≥ 1)", least,
            )
        lengths.append(m)
    return tuple(lengths)


def with_image_lengths(spec: ConvSpec, feature: Sequence[int], image: Sequence[int], argument: str = "output_size",
                       limit: bool = True) -> ConvSpec:
    """``spec`` with the output padding that turns feature lengths m into exactly these image lengths n.

    With ``limit`` only 0 ≤ op < s is legal (the s lengths with the same m, theorem 2); without, any op ≥ 0.
    """
    extra = output_paddings(spec, feature, image, argument, limit)
    return ConvSpec.of([Axis(axis.kernel, axis.stride, axis.padding, axis.dilation, op)
                        for axis, op in zip(spec.axes, extra, strict=True)])


def output_paddings(spec: ConvSpec, feature: Sequence[int], image: Sequence[int], argument: str = "output_size",
                    limit: bool = True) -> tuple[int, ...]:
    """The output padding of each axis that ``with_image_lengths`` would set; it may be beyond what a spec can have."""
    extra = []
    wanted = _sizes(argument, image, spec.dims)
    for number, (axis, m, n) in enumerate(zip(spec.axes, feature, wanted, strict=True)):
        plain = Axis(axis.kernel, axis.stride, axis.padding, axis.dilation)
        first = image_length(plain, m)
        last = first + axis.stride - 1 if limit else None
        if n < first or (last is not None and n > last):
            legal = f"from {first} to {last}" if limit else f"at least {first}"
            raise ArgumentError(f"{argument}[{number}]", n, f"must be {legal} for feature length {m} of {spec}",
                                first if n < first or last is None else last)
        extra.append(n - first)
    return tuple(extra)


def missing(k: Any, s: Any, d: Any, m: Any, n: Any) -> Any:
    """D = s(m−1) + span − n: how much the uncropped image exceeds the wanted length n. Legal lengths have D > −s."""
    return s * (m - 1) + span(k, d) - n


def crop_for(axis: Axis, m: int, n: int, symmetric: bool = False, argument: str = "image size") -> tuple[tuple[int, int], int]:
    """((p_lo, p_hi), op) that turn feature length m into image length n with crops ≥ 0 and 0 ≤ op < s (theorem 3).

    The canonical answer is total crop max(D, 0), smaller half first, and op = max(−D, 0). With ``symmetric`` both crops
    are equal and op is the least that allows it. ``ArgumentError`` where there is no answer.
    """
    s, excess = axis.stride, missing(axis.kernel, axis.stride, axis.dilation, m, n)
    if excess <= -s or n < 1:
        raise ArgumentError(argument, n, f"no crop ≥ 0 and output padding below {s} give it from feature length {m}",
                            max(1, min(n, n + excess + s - 1)))
    if not symmetric:
        total = max(excess, 0)
        return (total // 2, total - total // 2), max(-excess, 0)
    op = excess % 2 if excess >= 0 else -excess
    if op >= s:
        raise ArgumentError(argument, n, f"an odd total crop of {excess} has equal halves only with output padding, "
                            "and stride 1 allows none", n + 1)
    return ((excess + op) // 2,) * 2, op


def _sizes(argument: str, sizes: Sequence[int], dims: int) -> tuple[int, ...]:
    return per_axis(argument, tuple(sizes), dims, 1, LONGEST)


def notes(spec: ConvSpec) -> tuple[str, ...]:
    """What is legal here and refused elsewhere: an output padding that is not below the stride (theorem 2)."""
    found = []
    for axis in dict.fromkeys(spec.axes):
        op, s = axis.output_padding, axis.stride
        numbers = [str(number) for number, other in enumerate(spec.axes) if other == axis]
        if op >= s:
            where = "" if len(numbers) == spec.dims else f"ax{'e' if len(numbers) > 1 else 'i'}s {' and '.join(numbers)}: "
            others = "ONNX Runtime and Keras refuse it" if op < axis.dilation else "PyTorch, ONNX and Keras refuse it"
            found.append(f"{where}output padding {op} is not below the stride {s}: the map exists, but the convolution of its output has "
                         f"m + {op // s} features, not m, and {others}")
    return tuple(found)
