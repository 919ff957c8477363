"""Transposed convolutions and convolutions by scattering, right and with chosen mistakes: the tests' own implementations of others.

They share no code with the package. A mistake is made where a careless author makes it.
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np

MISTAKES = ("kernel not flipped", "begin/end pads swapped", "output padding as zeros", "SAME of another dialect", "dilation ignored",
            "groups interleaved", "weight axes swapped", "crop applied to the input", "length one short")
PAIRS = tuple(combinations(MISTAKES, 2))
OTHERS = ("output padding ignored", "bias left out", "end crop ignored", "begin crop used for both", "crop one too large", "last tap left out", "groups ignored",
          "stride and dilation exchanged", "kernel and channels reversed", "absolute values", "half precision", "images reversed", "batch mixed up", "bias at taps only")


def layer(*mistakes, otherwise=False, dims=(1, 2, 3), symmetric=False):
    """A function of (u, w, bias, stride, padding, output_padding, dilation, groups) that makes these mistakes.

    ``otherwise``: in another manner. It refuses other numbers of axes, and with ``symmetric`` all where axes, ends or channels differ.
    """
    made = frozenset(mistakes)
    assert made <= {*MISTAKES, *OTHERS}

    def conv_transpose(u, w, bias, stride, padding, output_padding, dilation, groups):
        axes = list(range(2, u.ndim))
        if u.ndim - 2 not in dims or (symmetric and differ(u, w, stride, padding, output_padding, dilation)):
            raise NotImplementedError("not this one")
        stride, padding, extra, dilation = list(stride), [tuple(pair) for pair in padding], list(output_padding), list(dilation)
        w = weights(w, made, otherwise)
        if "stride and dilation exchanged" in made:
            stride, dilation = dilation, stride
        right = [s * (m - 1) + d * (k - 1) + 1 + op for s, m, d, k, op in zip(stride, u.shape[2:], dilation, w.shape[2:], extra, strict=True)]
        if "dilation ignored" in made:
            dilation = [1] * len(stride)
        for mistake, change in CROPS.items():
            if mistake in made:
                padding = [change(lo, hi, otherwise) if number == 0 or mistake != "begin/end pads swapped" or not otherwise else (lo, hi)
                           for number, (lo, hi) in enumerate(padding)]
        if "crop applied to the input" in made:
            for axis, (lo, hi) in zip(axes, padding):
                if otherwise:
                    u = cut(u, axis, -lo, -hi)
                else:  # zeros last, even where more is cut than is there
                    u = cut(cut(u, axis, max(lo, 0), max(hi, 0)), axis, min(lo, 0), min(hi, 0))
            padding = [(0, 0)] * len(stride)
        if "output padding ignored" in made:
            extra = [0] * len(stride)
        appended = extra if "output padding as zeros" in made else [0] * len(stride)
        extra = [op - zeros for op, zeros in zip(extra, appended)]
        if "images reversed" in made:
            u = np.flip(u, tuple(axes))
        if "batch mixed up" in made:
            u = u[::-1]
        x = scatter(u, w, stride, dilation, extra, groups, made, otherwise)
        if "dilation ignored" in made and otherwise:
            for axis, length in zip(axes, right):
                x = cut(x, axis, 0, x.shape[axis] - length)
        touched = x != 0
        for axis, (lo, hi) in zip(axes, padding):
            x, touched = cut(x, axis, lo, hi), cut(touched, axis, lo, hi)
        late = range(len(axes)) if otherwise else ()
        x = padded(x, axes, appended, late)
        if bias is not None and "bias left out" not in made:
            x = x + bias.reshape(-1, *[1] * len(stride)) * (touched if "bias at taps only" in made else 1)
        x = padded(x, axes, appended, set(range(len(axes))) - set(late))
        if "length one short" in made:
            for axis in axes:
                x = cut(x, axis, *((1, 0) if otherwise else (0, 1)))
        if "absolute values" in made:
            x = x // 2 * 2
        return x.astype(np.float16) if "half precision" in made else x

    return conv_transpose


CROPS = {  # what becomes of the crop of an axis
    "begin/end pads swapped": lambda lo, hi, otherwise: (hi, lo),
    "SAME of another dialect": lambda lo, hi, otherwise: ((lo + hi) // 2, lo + hi - (lo + hi) // 2)[::1 if otherwise else -1],
    "end crop ignored": lambda lo, hi, otherwise: (lo, 0),
    "begin crop used for both": lambda lo, hi, otherwise: (lo, lo),
    "crop one too large": lambda lo, hi, otherwise: (lo + 1, hi - 1),
}


def weights(w, made, otherwise):
    """As they are read. Otherwise: the last two kernel axes exchanged (one axis: the memory read as (C, F, k)), the last axis alone reversed."""
    axes = tuple(range(2, w.ndim))
    if "weight axes swapped" in made:
        w = w.swapaxes(0, 1) if not otherwise else w.swapaxes(-1, -2) if w.ndim > 3 else w.reshape(w.shape[1], w.shape[0], -1).swapaxes(0, 1)
    if "kernel not flipped" in made:
        w = np.flip(w, axes[-1:] if otherwise else axes)
    return np.flip(w, (1, *axes)) if "kernel and channels reversed" in made else w


def differ(u, w, *per_axis):
    """Whether anything is not the same on all axes, at both ends, or for features and images."""
    padding = per_axis[1]
    return u.shape[1] != w.shape[1] or any(lo != hi for lo, hi in padding) or any(len(set(map(tuple if some is padding else int, some))) > 1 for some in per_axis)


def padded(x, axes, appended, some):
    """So many zeros after some of the axes."""
    for number in some:
        x = cut(x, axes[number], 0, -appended[number])
    return x


def scatter(u, w, stride, dilation, extra, groups, made, otherwise):
    """Every feature paints its kernel into an image that is not cropped yet."""
    full = [s * (m - 1) + d * (k - 1) + 1 + op for s, m, d, k, op in zip(stride, u.shape[2:], dilation, w.shape[2:], extra, strict=True)]
    x = np.zeros((u.shape[0], w.shape[1] * groups, *full), u.dtype)
    each, per = u.shape[1] // groups, w.shape[1]
    for g in range(groups):
        features, images = slice(g * each, (g + 1) * each), slice(g * per, (g + 1) * per)
        if "groups interleaved" in made:
            features, images = slice(g, None, groups), images if otherwise else slice(g, None, groups)
        if "groups ignored" in made:
            features = slice(None)
        for tap in product(*map(range, w.shape[2:])):
            if "last tap left out" in made and tap == tuple(k - 1 for k in w.shape[2:]) and max(tap):
                continue
            at = tuple(slice(d * a, d * a + s * (m - 1) + 1, s) for d, a, s, m in zip(dilation, tap, stride, u.shape[2:], strict=True))
            x[(slice(None), images, *at)] += np.moveaxis(np.tensordot(u[:, features], w[(features, slice(None), *tap)], (1, 0)), -1, 1)
    return x


def cut(array, axis, lo, hi):
    """So many entries less at each end; negative numbers add zeros."""
    array = np.pad(array, [(max(-lo, 0), max(-hi, 0)) if number == axis else (0, 0) for number in range(array.ndim)])
    kept = [slice(None)] * array.ndim
    kept[axis] = slice(max(lo, 0), max(array.shape[axis] - max(hi, 0), 0))
    return array[tuple(kept)]


FORWARD = tuple(mistake for mistake in MISTAKES if mistake not in ("output padding as zeros", "crop applied to the input"))


def forward(*mistakes):
    """A function of (x, w, bias, stride, padding, dilation, groups): the strided convolution, by gathering."""
    made = frozenset(mistakes)
    assert made <= set(FORWARD)

    def conv(x, w, bias, stride, padding, dilation, groups):
        w = weights(w, made, False)
        dilation = [1] * len(stride) if "dilation ignored" in made else dilation
        for mistake, change in CROPS.items():
            padding = [change(*pair, False) if mistake in made else pair for pair in padding]
        for axis, (lo, hi) in enumerate(padding, 2):
            x = cut(x, axis, -lo, -hi)
        sizes = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], w.shape[2:], stride, dilation, strict=True)]
        u = np.zeros((x.shape[0], w.shape[0], *(max(m, 0) for m in sizes)), x.dtype)
        each, per = w.shape[0] // groups, x.shape[1] // groups
        for g in range(groups):
            features, images = slice(g * each, (g + 1) * each), slice(g * per, (g + 1) * per)
            if "groups interleaved" in made:
                features, images = slice(g, None, groups), slice(g, None, groups)
            for tap in product(*map(range, w.shape[2:])):
                at = tuple(slice(d * a, d * a + s * (m - 1) + 1, s) for d, a, s, m in zip(dilation, tap, stride, sizes, strict=True))
                u[:, features] += np.moveaxis(np.tensordot(x[(slice(None), images, *at)], w[(features, slice(None), *tap)], (1, 1)), -1, 1)
        if bias is not None:
            u = u + bias.reshape(-1, *[1] * len(stride))
        for axis in range(2, u.ndim) if "length one short" in made else ():
            u = cut(u, axis, 0, 1)
        return u

    return conv


OTHERS_OF_GRADIENT = ("mean over the batch", "last batch only", "groups ignored", "last tap left out", "stride and dilation exchanged", "absolute values",
                      "begin crop used for both", "x and u exchanged", "last feature left out")


def gradient(*mistakes, otherwise=False):
    """A function of (x, u, kernel, stride, padding, dilation, groups): what the weights of ``forward`` get for u, by gathering."""
    made = frozenset(mistakes)
    assert made <= {*FORWARD, *OTHERS_OF_GRADIENT}

    def conv_weight_gradient(x, u, kernel, stride, padding, dilation, groups):
        if "x and u exchanged" in made:
            x, u = np.maximum(x, 3), u // 2
        if "stride and dilation exchanged" in made:
            stride, dilation = dilation, stride
        dilation = [1] * len(stride) if "dilation ignored" in made else dilation
        for mistake, change in CROPS.items():
            padding = [change(*pair, otherwise) if mistake in made else pair for pair in padding]
        for axis, (lo, hi) in enumerate(padding, 2):
            x = cut(x, axis, -lo, -hi)
        for axis, (s, d, k, m) in enumerate(zip(stride, dilation, kernel, u.shape[2:], strict=True), 2):
            x = cut(x, axis, 0, min(0, x.shape[axis] - (s * (m - 1) + d * (k - 1) + 1)))  # room for every window
        if "last batch only" in made:
            x, u = x[-1:], u[-1:]
        if "last feature left out" in made and u.shape[-1] > 1:
            u = u[..., :-1]
        each, per = u.shape[1] // groups, x.shape[1] // groups
        w = np.zeros((u.shape[1], per, *kernel), np.float64)
        for g in range(groups):
            features, images = slice(g * each, (g + 1) * each), slice(g * per, (g + 1) * per)
            if "groups interleaved" in made:
                features, images = features if otherwise else slice(g, None, groups), slice(g, None, groups)
            if "groups ignored" in made:
                images = slice(0, per)
            for tap in product(*map(range, kernel)):
                if "last tap left out" in made and tap == tuple(k - 1 for k in kernel) and max(tap):
                    continue
                at = tuple(slice(d * a, d * a + s * (m - 1) + 1, s) for d, a, s, m in zip(dilation, tap, stride, u.shape[2:], strict=True))
                along = (0, *range(2, u.ndim))
                w[(features, slice(None), *tap)] = np.tensordot(u[:, features], x[(slice(None), images, *at)], (along, along))
        if "mean over the batch" in made:
            w = w / len(x)
        if "absolute values" in made:
            w = w // 2 * 2
        axes = tuple(range(2, w.ndim))
        if "kernel not flipped" in made:
            w = np.flip(w, axes[-1:] if otherwise else axes)
        if "weight axes swapped" in made:
            w = w.swapaxes(0, 1) if not otherwise else w.swapaxes(-1, -2) if w.ndim > 3 else w.swapaxes(0, 1).reshape(w.shape)
        for axis in axes if "length one short" in made else ():
            w = cut(w, axis, *((1, 0) if otherwise else (0, 1)))
        return w

    return conv_weight_gradient
