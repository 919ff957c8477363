"""Headlines are true: each is read back from its text and compared with brute force, and no value in it can be another one."""

import random
import re
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
import sympy
from strategies import random_spec

from convt._derive import Axis, ConvSpec
from convt._derive.judges import combine, isl
from convt._derive.lengths import smallest_feature_length
from convt._derive.operators import Word
from convt._derive.pairing import Pairing
from convt._derive.theorems import theorems

NAMES = ["3d_k3s2x3x1p1x1x0", "2d_k3s2x3p1", "2d_k3p0:2", "2d_k3s2p1op1", "2d_k4s2p1", "1d_k4s2p-1:2", "1d_k2s5d3", "1d_k3s4p2d6op5",
         "2d_k4x2s3x2p1:0x-1:2d1x3op2x0", "1d_k5s3p9", "1d_k1s3op1", "3d_k2x3x2s2x1x3p0:1x-1x1d2x1x1"]
RANDOM = [str(random_spec(random.Random(seed))) for seed in range(300, 306)]


def number(text, **letters):
    """The value of a printed term."""
    return eval(text.replace("·", "*").replace("−", "-"), {"max": max}, letters)  # noqa: S307


def length(axis, m):
    """n by walking: the canvas, cropped and un-cropped."""
    last = max(axis.stride * i + axis.dilation * a for i in range(m) for a in range(axis.kernel))
    return last + 1 + axis.output_padding - sum(axis.padding)


def table(axis, m, n):
    """A with 1 + tap where the tap relates, else 0, by trying every tap."""
    made = np.zeros((m, n), dtype=int)
    for i in range(m):
        for a in range(axis.kernel):
            j = axis.stride * i + axis.dilation * a - axis.padding[0]
            if 0 <= j < n:
                made[i, j] = a + 1
    return made


def matrix(axis, m, n, weights):
    return np.concatenate([[0], weights])[table(axis, m, n)]


def taken(text):
    """The layer that a text k = …, s = …, p = (…), d = …, op = … names."""
    found = dict(re.findall(r"\b(k|s|d|op) = (\d+)", text))
    low, high = map(number, re.search(r"p = \(([^,]*), ([^)]*)\)", text).groups())
    return Axis(int(found["k"]), int(found["s"]), (low, high), int(found.get("d", 1)), int(found.get("op", 0)))


def sizes(axis, count=3):
    least = smallest_feature_length(axis)
    return range(least, least + count)


def weights(k, seed=0):
    return np.random.default_rng(seed).integers(1, 99, k)


def lengths_line(axis, text):
    (n,) = re.fullmatch(r"n = (.*)", text).groups()
    assert all(number(n, m=m) == length(axis, m) for m in sizes(axis))


def round_trip(axis, text):
    (back,) = re.fullmatch(r"conv of the transposed length is (.*)", text).groups()
    for m in sizes(axis):
        n = length(axis, m)
        windows = sum(start + axis.span <= n + sum(axis.padding) for start in range(0, n + sum(axis.padding), axis.stride))
        assert number(back, m=m) == windows


def solving(axis, text):
    n, low, high, op = re.fullmatch(r"n = (.*) by the crop \((.*), (.*)\) and op = (.*)", text).groups()
    other = replace(axis, padding=(number(low), number(high)), output_padding=number(op))
    assert all(number(n, m=m) == length(other, m) for m in range(1, 5)) and min(other.padding) >= 0 and 0 <= number(op) < axis.stride


def entries(axis, text):
    (place,) = re.fullmatch(r"A\[i, j\] = w\[a\] ⇔ j = (.*)", text).groups()
    m = sizes(axis)[-1]
    n = length(axis, m)
    for i in range(m):
        for a in range(axis.kernel):
            j = number(place, i=i, a=a)
            assert not 0 <= j < n or table(axis, m, n)[i, j] == a + 1
    assert sum(0 <= number(place, i=i, a=a) < n for i in range(m) for a in range(axis.kernel)) == np.count_nonzero(table(axis, m, n))


def scatter(axis, text):
    paint, seen = re.fullmatch(r"paint tap a of feature i at (.*), add, show position (.*) at j", text).groups()
    m, w = sizes(axis)[-1], weights(axis.kernel)
    n = length(axis, m)
    u = weights(m, 1)
    canvas = {}
    for i in range(m):
        for a in range(axis.kernel):
            canvas[number(paint, i=i, a=a)] = canvas.get(number(paint, i=i, a=a), 0) + u[i] * w[a]
    assert [canvas.get(number(seen, j=j), 0) for j in range(n)] == list(u @ matrix(axis, m, n, w))


def zero_insertion(axis, text):
    insert, before, after = map(number, re.fullmatch(r"insert (\S+), pad (\S+) before and (\S+) after, flip", text).groups())
    m, w = sizes(axis)[-1], weights(axis.kernel)
    u = weights(m, 1)
    filled = np.zeros((insert + 1) * (m - 1) + 1, dtype=int)
    filled[:: insert + 1] = u
    padded = np.concatenate([np.zeros(max(before, 0), int), filled, np.zeros(max(after, 0), int)])
    padded = padded[max(-before, 0): len(padded) - max(-after, 0)]
    n = len(padded) - axis.dilation * (axis.kernel - 1)
    assert n == length(axis, m)
    assert [sum(padded[j + axis.dilation * a] * w[axis.kernel - 1 - a] for a in range(axis.kernel)) for j in range(n)] == list(
        u @ matrix(axis, m, n, w))


def run_word(word, signal, w):
    """Letters from right to left on numbers."""
    for letter in reversed(re.findall(r"pad\([^)]*\)|[↓↑]_\d+(?:\(\+\d+\))?(?=\s|$)|\(\(↑_\d+ q\)\*\)ᵀ|\(q\*\)ᵀ|\(↑_\d+ q\)\*|q\*", word)):
        if letter.startswith("pad"):
            low, high = map(number, re.findall(r"[−\d]+", letter))
            signal = np.concatenate([np.zeros(max(low, 0), int), signal, np.zeros(max(high, 0), int)])
            signal = signal[max(-low, 0): len(signal) - max(-high, 0)]
        elif letter.startswith("↓"):
            signal = signal[:: int(letter[2:])]
        elif letter.startswith("↑"):
            s, extra = int(re.search(r"\d+", letter)[0]), int((re.search(r"\+(\d+)", letter) or [0, 0])[1])
            made = np.zeros(s * (len(signal) - 1) + 1 + extra, int)
            made[: s * (len(signal) - 1) + 1: s] = signal
            signal = made
        else:
            d = int((re.search(r"↑_(\d+)", letter) or [0, 1])[1])
            spread = np.zeros(d * (len(w) - 1) + 1, int)
            spread[::d] = w
            signal = np.convolve(signal, spread) if letter.endswith("ᵀ") else np.correlate(signal, spread, "valid")
    return signal


def words(axis, text):
    conv, transposed = re.fullmatch(r"conv = (.*), transposed = (.*)", text).groups()
    m, w = sizes(axis)[-1] + axis.kernel, weights(axis.kernel)
    n = length(axis, m)
    u, x = weights(m, 1), weights(n, 2)
    assert list(run_word(transposed, u, w)) == list(u @ matrix(axis, m, n, w))
    found = run_word(conv, x, w)
    assert list(found[:m]) == list(matrix(axis, m, n, w) @ x)[: len(found)] and len(found) >= m


def polyphase(axis, text):
    busy, phases = map(int, re.fullmatch(r"(\d+) of (\d+) phases have taps", text).groups())
    assert phases == axis.stride and busy == len({axis.dilation * a % axis.stride for a in range(axis.kernel)})


def gemm(axis, text):
    (place,) = re.fullmatch(r"im2col\(x\)\[a, i\] = x\[(.*)\]", text).groups()
    assert all(number(place, i=i, a=a, p_lo=axis.padding[0]) == axis.stride * i + axis.dilation * a - axis.padding[0]
               for i in range(4) for a in range(axis.kernel))


def coverage(axis, text):
    listed, even = re.fullmatch(r"(.*); as many everywhere: (yes|no)", text).groups()
    said = sorted((int(taps), int(phases)) for phases, taps in re.findall(r"(\d+) phases? with (\d+) taps?", listed))
    m = axis.span // axis.stride + 2 * axis.stride + axis.span
    plain = replace(axis, padding=(0, 0), output_padding=0)
    counts = np.count_nonzero(table(plain, m, length(plain, m)), axis=0)[axis.span: axis.span + axis.stride]
    assert said == sorted((int(taps), int(number)) for taps, number in zip(*np.unique(counts, return_counts=True), strict=True))
    assert (even == "yes") == (len(set(counts)) == 1)


def phases_seen(spec, text):
    """Random weights, except that every phase but one has the same sum: what a constant input shows inside has that one other value."""
    sums = int(re.match(r"inside, a constant shows the sums of the weights of (\d+) phases and nothing else", text)[1])
    m = [axis.span + axis.stride for axis in spec.axes]
    tables = [table(replace(axis, padding=(0, 0)), one, axis.stride * one) for axis, one in zip(spec.axes, m, strict=True)]
    w = np.random.default_rng(1).integers(1, 10**6, spec.kernel)
    seen = w
    for number_, one in enumerate(tables):  # how often each tap reaches each output, along one axis after the other
        taps = np.stack([(one == tap + 1).sum(axis=0) for tap in range(spec.kernel[number_])], axis=1)
        seen = np.moveaxis(np.tensordot(taps, seen, (1, number_)), 0, number_)
    inside = seen[tuple(slice(axis.span - 1, axis.span - 1 + axis.stride) for axis in spec.axes)]
    expected = {}
    for tap in np.ndindex(*spec.kernel):
        phase = tuple(axis.dilation * a % axis.stride for axis, a in zip(spec.axes, tap, strict=True))
        expected[phase] = expected.get(phase, 0) + w[tap]
    assert inside.size == sums == np.prod(spec.stride)
    assert sorted(inside.ravel()) == sorted([*expected.values(), *[0] * (sums - len(expected))])


def fusion(axis, text):
    repeat, k, d, low, high, layer = re.fullmatch(
        r"repeat ×(\d+), then k = (\d+), d = (\d+) with zero padding \((\S+), (\S+)\) = the layer (.*)", text).groups()
    assert (int(repeat), int(k), int(d)) == (axis.stride, axis.kernel, axis.dilation) and (number(low), number(high)) == axis.padding
    one, m, q = taken(layer), axis.span + 2, weights(axis.kernel)
    u = weights(m, 1)
    long = np.repeat(u, axis.stride)
    padded = np.concatenate([np.zeros(max(axis.padding[0], 0), int), long, np.zeros(max(axis.padding[1], 0), int)])
    padded = padded[max(-axis.padding[0], 0): len(padded) - max(-axis.padding[1], 0)]
    spread = np.zeros(axis.span, int)
    spread[:: axis.dilation] = q
    found = np.correlate(padded, spread, "valid")
    fused = np.convolve(np.ones(axis.stride, int), spread[::-1])
    assert one.kernel == len(fused) and length(one, m) == len(found)
    assert list(found) == list(u @ matrix(one, m, len(found), fused))


def bilinear(axis, text):
    factor, layer = re.fullmatch(r"×(\d+) by the layer (.*)", text).groups()
    one, f, m = taken(layer), axis.stride, 6
    assert int(factor) == f == one.stride and length(one, m) == f * m
    tent = np.array([2 * f - abs(2 * a - (one.kernel - 1)) for a in range(one.kernel)])
    line = np.arange(m) @ matrix(one, m, f * m, tent)  # a straight line stays one: 2f times its values
    inside = line[f:-f]
    assert (np.diff(inside) == 2).all() and inside[0] == 2 * f * (f - (f - 1) / 2) / f


def pooling(spec, text):
    window, factor = re.fullmatch(r"nearest ×\((.*)\) = (\d+)·\(average pool\)ᵀ", text).groups()
    assert [number(part) for part in window.split(",")] == list(spec.stride) and int(factor) == np.prod(spec.stride)


def not_an_inverse(spec, text):
    rows, n, lost = re.fullmatch(r"uncropped, A has (.*) rows and (.*) columns, and where w\[0\] ≠ 0 its rows are independent: (.*) "
                                 "independent signals are sent to 0", text).groups()
    plain = [replace(axis, padding=(0, 0), output_padding=0) for axis in spec.axes]
    for m in (1, 2) if spec.dims > 1 else (1, 2, 4):
        w = np.random.default_rng(2).integers(1, 9, spec.kernel)
        tables = [table(axis, m + number_, length(axis, m + number_)) for number_, axis in enumerate(plain)]
        made = np.zeros([len(one) for one in tables] + [len(one[0]) for one in tables])
        for at in np.ndindex(*made.shape):
            taps = [one[at[k], at[k + spec.dims]] for k, one in enumerate(tables)]
            made[at] = 0 if 0 in taps else w[tuple(tap - 1 for tap in taps)]
        made = made.reshape(np.prod([len(one) for one in tables]), -1)
        at = {"m": m} if spec.dims == 1 else {f"m_{axis + 1}": m + axis for axis in range(spec.dims)}
        assert made.shape == (number(rows, **at), number(n, **at))
        assert np.linalg.matrix_rank(made) == len(made) and made.shape[1] - len(made) == number(lost, **at)
        if made.size > 20000:
            return


def support(axis, text):
    centre, again = re.fullmatch(r"row i has a position \|j\| ≤ ρ in reach of the kernel, \|(.*) − j\| ≤ ρ′, exactly where \|(.*)\| ≤ ρ \+ ρ′; "
                                 "all others vanish", text).groups()
    for i in range(-9, 10):
        assert number(centre, i=i) == number(again, i=i) == axis.stride * i
        for radius, reach in ((0, 0), (3, 2), (2, 5)):
            row = [j for j in range(-radius, radius + 1) if abs(axis.stride * i - j) <= reach]
            assert bool(row) == (abs(number(again, i=i)) <= radius + reach)


def composition(axis, text):
    layer, where = re.fullmatch(r"twice this layer is the layer (k = .*?), (border included|wherever no term returns.*)", text).groups()
    one, m, w = taken(layer), sizes(axis)[-1] + 1, weights(axis.kernel)
    n1 = length(axis, m)
    n2 = length(axis, n1)
    spread = np.zeros(axis.stride * axis.dilation * (axis.kernel - 1) + 1, int)
    spread[:: axis.stride * axis.dilation] = w
    second = np.zeros(axis.span, int)
    second[:: axis.dilation] = w
    kernel = np.convolve(spread, second)
    assert (one.kernel, length(one, m)) == (len(kernel), n2)
    both = matrix(axis, m, n1, w) @ matrix(axis, n1, n2, w)
    single = matrix(one, m, n2, kernel)
    cut = replace(axis, padding=(0, 0), output_padding=0)
    lost = matrix(cut, m, length(cut, m), w).copy()
    lost[:, max(axis.padding[0], 0): max(axis.padding[0] + n1, 0)] = 0  # what the first crop left; the rest would return to these j:
    tap = [[divmod(j + axis.padding[0] - axis.stride * (v - axis.padding[0]), axis.dilation) for j in range(n2)] for v in range(lost.shape[1])]
    returns = lost @ np.array([[w[a] if not rest and 0 <= a < axis.kernel else 0 for a, rest in row] for row in tap])
    agrees = (both == single).all(axis=0)
    assert agrees.all() if where == "border included" else all(agrees[j] for j in range(n2) if not returns[:, j].any())


def separable(spec, text):
    whole, parts, m = re.fullmatch(r"(\d+) multiplications with all taps at once, (\d+) axis by axis, for m = \((.*)\)", text).groups()
    m = [int(part) for part in m.split(",")]
    n = [length(axis, one) for axis, one in zip(spec.axes, m, strict=True)]
    pairs = [np.count_nonzero(table(axis, one, other)) for axis, one, other in zip(spec.axes, m, n, strict=True)]
    assert int(whole) == np.prod(pairs)
    assert int(parts) == sum(int(np.prod(m[:k])) * pairs[k] * int(np.prod(n[k + 1:])) for k in range(len(m)))


def halo(axis, text):
    tile, features = map(int, re.fullmatch(r"the window of (\d+) outputs has at most (\d+) features", text).groups())
    reach = axis.dilation * (axis.kernel - 1)
    begins = [first + axis.padding[0] for first in range(2 * axis.stride)]
    assert max((at + tile - 1) // axis.stride - -(-(at - reach) // axis.stride) + 1 for at in begins) == features


def fast(spec, text):
    *gradient, outputs, taps, few, many, growth = re.fullmatch(
        r"(?:the gradient by (\d+) taps from (\d+) outputs at once, )?F\((\d+), (\d+)\): (\d+) multiplications for (\d+), magnitudes grow by (\S+)", text).groups()
    assert gradient in ([None, None], [outputs, taps])  # the taps are what F gives
    more = (int(outputs), int(taps)) == (4, 2)  # at the pair ±i: a complex product by three real ones
    assert int(few) == int(outputs) + int(taps) - 1 + more and int(many) == int(outputs) * int(taps) and number(growth) >= 1


def literature(spec, text):
    made, features, by = re.fullmatch(r"the layer k = 3, s = 2, p = 1 makes \((.*)\) of \((.*)\) by \((.*)\)", text).groups()
    u, w = dict(zip(features.split(", "), (3, 7), strict=True)), dict(zip(by.split(", "), (2, 5, 11), strict=True))
    axis = Axis(3, 2, (1, 1))
    assert [number(part, **u, **w) for part in made.split(", ")] == list(np.array([3, 7]) @ matrix(axis, 2, 3, np.array([2, 5, 11])))


def names(spec, text):
    """⟨u, A x⟩ and the like, on numbers."""
    rng = np.random.default_rng(4)
    m = [smallest_feature_length(axis) for axis in spec.axes]
    n = [length(axis, one) for axis, one in zip(spec.axes, m, strict=True)]
    w = rng.integers(-9, 9, spec.kernel) + 1j * rng.integers(-9, 9, spec.kernel) * ("ᴴ" in text)
    rows = np.zeros((*m, *n), dtype=complex)
    tables = [table(axis, one, other) for axis, one, other in zip(spec.axes, m, n, strict=True)]
    for at in np.ndindex(*rows.shape):
        taps = [one[at[k], at[k + spec.dims]] for k, one in enumerate(tables)]
        rows[at] = 0 if 0 in taps else w[tuple(tap - 1 for tap in taps)]
    a = rows.reshape(np.prod(m), np.prod(n))
    if a.size > 20000:
        return
    u, x = rng.integers(-9, 9, a.shape[0]) + 0j, rng.integers(-9, 9, a.shape[1]) + 0j
    if "ᴴ" in text:
        u, x = u * (1 + 2j), x * (3 - 1j)
    values = {"⟨u, A x⟩": np.vdot(u, a @ x) if "ᴴ" in text else u @ a @ x, "⟨Aᵀ u, x⟩": (a.T @ u) @ x,
              "⟨Aᴴ u, x⟩": np.vdot(a.conj().T @ u, x), "⟨w, ∂T/∂w⟩": u @ a @ x}
    left, right = text.removesuffix(" with ⟨u, x⟩ = Σ ū x").split(" = ")
    assert np.isclose(values[left], values[right])


def pieces(axis, text):
    """By pushing one after the other: how far outputs still to come reach back."""
    features, images = map(int, re.fullmatch(r"a stream keeps (\d+) of the features, or at most (\d+) of the image positions", text).groups())
    count = 3 * axis.span + 3 * axis.stride
    reached = {(i, axis.stride * i + axis.dilation * a) for i in range(count) for a in range(axis.kernel)}
    came = 2 * axis.span
    open_ = {i for i, j in reached if j >= axis.stride * came}  # outputs that a later feature may reach
    assert features == came - min(open_)
    most = 0
    for known in range(2 * axis.span, 2 * axis.span + axis.stride):
        first = min(i for i in range(count) if axis.stride * i + axis.span - 1 >= known)
        most = max(most, known - axis.stride * first)
    assert images == most


def pixel_shuffle(axis, text):
    """Convolve to s channels with numbers, put them beside each other, and compare with the layer."""
    k, d, low, high, factor, layer = re.fullmatch(
        r"convolve with k = (\d+), d = (\d+) and zero padding \((\S+), (\S+)\), then shuffle ×(\d+) = the layer (.*)", text).groups()
    assert (int(k), int(d), int(factor)) == (axis.kernel, axis.dilation, axis.stride) and (number(low), number(high)) == axis.padding
    one, m = taken(layer), 2 * axis.span + 3 + sum(abs(crop) for crop in axis.padding)
    u, q = weights(m, 1), np.random.default_rng(6).integers(1, 99, (axis.stride, axis.kernel))
    padded = np.concatenate([np.zeros(max(axis.padding[0], 0), int), u, np.zeros(max(axis.padding[1], 0), int)])
    padded = padded[max(-axis.padding[0], 0): len(padded) - max(-axis.padding[1], 0)]
    spread = np.zeros((axis.stride, axis.span), int)
    spread[:, :: axis.dilation] = q
    found = np.stack([np.correlate(padded, row, "valid") for row in spread], axis=1).ravel()
    assert length(one, m) == len(found) and list(found) == list(u @ matrix(one, m, len(found), spread[:, ::-1].T.ravel()))


def frames(axis, text):
    """Lags of features that share a position, by trying all taps."""
    lags, step = map(int, re.fullmatch(r"diagonals of A Aᵀ on each side of the main one: (\d+), at multiples of (\d+)", text).groups())
    found = {axis.dilation * (one - two) // axis.stride for one in range(axis.kernel) for two in range(axis.kernel)
             if axis.dilation * (one - two) % axis.stride == 0}
    assert found == {step * x for x in range(-lags, lags + 1)}


def resampling(axis, text):
    up, down, taps, again, most = map(int, re.fullmatch(
        r"resampling by (\d+)/(\d+) with (\d+) taps is (\d+) filters of at most (\d+) taps", text).groups())
    assert (up, down, taps, again) == (axis.stride, axis.dilation, axis.kernel, axis.stride)
    assert most == max(len(range(r, taps, up)) for r in range(up))


def borders(axis, text):
    """The shortest image that each border can continue, position by position."""
    periodic, reflect = map(int, re.fullmatch(r"periodic needs n ≥ (\d+), reflect n ≥ (\d+)", text).groups())
    places = {periodic: lambda v, n: v + n if v < 0 else v - n, reflect: lambda v, n: -v if v < 0 else 2 * (n - 1) - v}
    low, high = (max(crop, 0) for crop in axis.padding)
    for least, place in places.items():
        fits = [n for n in range(1, low + high + 3) if all(0 <= place(v, n) < n for v in (*range(-low, 0), *range(n, n + high)))]
        assert least == fits[0] and fits == list(range(least, low + high + 3))


def cost(axis, text):
    few, dense = re.fullmatch(r"uncropped (.*) products a pair of channels, with zeros inserted (.*)", text).groups()
    plain = replace(axis, padding=(0, 0), output_padding=0)
    for m in (1, 2, 5):
        n = length(plain, m)
        assert number(few, m=m) == np.count_nonzero(table(plain, m, n)) and number(dense, m=m) == n * axis.kernel


def unit_strides(axis, text):
    k, d, low, high, layer = re.fullmatch(r"conv with k = (\d+), d = (\d+), p = \((\S+), (\S+)\) is the transposed layer (.*)", text).groups()
    assert (int(k), int(d)) == (axis.kernel, axis.dilation) and (number(low), number(high)) == axis.padding
    one, n = taken(layer), 2 * axis.span + sum(abs(crop) for crop in axis.padding)
    x, w = weights(n, 1), weights(axis.kernel)
    padded = np.concatenate([np.zeros(max(axis.padding[0], 0), int), x, np.zeros(max(axis.padding[1], 0), int)])
    padded = padded[max(-axis.padding[0], 0): len(padded) - max(-axis.padding[1], 0)]
    spread = np.zeros(axis.span, int)
    spread[:: axis.dilation] = w
    found = np.correlate(padded, spread, "valid")
    assert length(one, n) == len(found) and list(found) == list(x @ matrix(one, n, len(found), w[::-1]))


BY_AXIS = {1: lengths_line, 2: round_trip, 3: solving, 4: entries, 7: scatter, 8: zero_insertion, 9: words, 10: polyphase, 12: gemm,
           13: coverage, 14: fusion, 15: bilinear, 19: composition, 21: halo, 24: pieces, 25: pixel_shuffle, 26: borders, 27: resampling, 28: unit_strides, 29: cost, 30: frames}
WHOLE = {5: names, 6: names, 11: names, 16: pooling, 17: not_an_inverse, 20: separable, 22: fast, 23: literature}


@pytest.mark.parametrize("name", NAMES + [pytest.param(name, marks=pytest.mark.slow) for name in RANDOM])
def test_every_headline_is_what_brute_force_finds(name):
    spec = ConvSpec.parse(name)
    for make in theorems():
        theorem = make(spec)
        covered = []
        for fact in theorem.headline:
            text = str(fact).removeprefix(fact.axes)
            assert text in theorem.says
            if theorem.number == 13 and text.startswith("inside"):
                phases_seen(spec, text)
            elif theorem.number in WHOLE:
                WHOLE[theorem.number](spec, text)
            elif theorem.number == 18:
                chosen = [Axis(1, int(s)) for s in re.findall(r"\d+", fact.axes)] or [Axis(1, spec.stride[0])]
                covered += [axis.stride for axis in chosen]
                for axis in chosen:
                    support(axis, text)
            else:
                chosen = [int(number) for number in re.findall(r"\d+", fact.axes)] or list(range(spec.dims))
                covered += chosen
                for number_ in chosen:
                    BY_AXIS[theorem.number](spec.axes[number_], text)
        if theorem.number in BY_AXIS:
            assert sorted(covered) == list(range(spec.dims)), "every axis is spoken of, and once"
        elif theorem.number == 18:
            assert sorted(covered) == sorted(set(spec.stride))
        assert theorem.headline or theorem.not_applicable


def others(value):
    """Values next to this one."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | sympy.Expr):
        yield from (value + 1, value - 1)
    elif isinstance(value, tuple):
        for number_, part in enumerate(value):
            yield from ((*value[:number_], other, *value[number_ + 1:]) for other in others(part))
    elif isinstance(value, Word):
        yield from (Word((*value.letters[:number_], other, *value.letters[number_ + 1:]))
                    for number_, letter in enumerate(value.letters) for other in others(letter))
    elif is_dataclass(value) and not isinstance(value, Pairing):
        for field in fields(value):
            if field.name != "taps":
                yield from (replace(value, **{field.name: other}) for other in others(getattr(value, field.name)))


def refuted(claim):
    """By isl alone, which is quick, and by the claim's own part."""
    return claim.conclude([combine([isl.judge(statement)]) for statement in claim.statements()]).outcome == "refuted"


CHOSEN = {(21, "tile"), (27, "up"), (27, "down"), (27, "taps")}  # what a headline speaks of, not what it says


@pytest.mark.parametrize("name", ["1d_k4s2p1:2d3op1", "2d_k3x4s2x3p0:1x-1d1x2", "1d_k5s3p2"])
def test_no_value_of_a_headline_can_be_another(name):
    """Whatever number in a headline is changed, what is then claimed is refuted (or cannot even be said)."""
    tried = 0
    for make in theorems():
        theorem = make(ConvSpec.parse(name))
        for fact in theorem.headline:
            assert fact.states(**fact.values) == fact.claims
            for key, value in fact.values.items():
                for other in others(value):
                    if (theorem.number, key) in CHOSEN or str(other) == str(value):
                        continue
                    try:
                        claims = fact.states(**dict(fact.values) | {key: other})
                    except (ValueError, ZeroDivisionError, ArithmeticError, IndexError):
                        continue
                    tried += 1
                    assert any(map(refuted, claims)), f"theorem {theorem.number} could say {key} = {other} as well: {fact}"
    assert tried > 60


@pytest.mark.full
def test_random_headlines_are_what_brute_force_finds():
    rng = random.Random(17)
    for _ in range(150):
        test_every_headline_is_what_brute_force_finds(str(random_spec(rng)))
