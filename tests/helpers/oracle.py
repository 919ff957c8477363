"""The tests' own judge of numbers: ``oracle.c`` behind ctypes, and the geometry of a row of the conformance data."""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

MAPS = {"conv": 0, "conv_transpose": 1, "conv_weight_gradient": 2}


@cache
def _library():
    folder = tempfile.mkdtemp(prefix="oracle-")
    target = os.path.join(folder, "oracle.so")
    source = Path(__file__).with_name("oracle.c")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-fwrapv", "-shared", "-fPIC", str(source), "-o", target], check=True)
    return ctypes.CDLL(target)


def run(map_name, kernel, stride, dilation, begin, m, n, groups, u=None, w=None, x=None):
    """The map in int64, channels first; the array that is its output is left out and returned."""
    some_w_shape = None if w is None else w.shape
    if map_name == "conv_weight_gradient":
        features, images, batch = u.shape[1], x.shape[1], u.shape[0]
        some_w_shape = (features, images // groups, *kernel)
    elif map_name == "conv_transpose":
        features, images, batch = w.shape[0], w.shape[1] * groups, u.shape[0]
    else:
        features, images, batch = w.shape[0], x.shape[1], x.shape[0]
    shapes = {"u": (batch, features, *m), "w": some_w_shape, "x": (batch, images, *n)}
    arrays = {letter: np.zeros(shapes[letter], np.int64) if given is None else np.ascontiguousarray(given, np.int64)
              for letter, given in (("u", u), ("w", w), ("x", x))}
    out = {"conv": "u", "conv_transpose": "x", "conv_weight_gradient": "w"}[map_name]
    arrays[out][...] = 0

    def three(values, fill):
        return (ctypes.c_long * 3)(*([fill] * (3 - len(values))), *map(int, values))

    pointer = ctypes.POINTER(ctypes.c_int64)
    _library().oracle(MAPS[map_name], *(ctypes.c_long(v) for v in (batch, features, images, groups)), three(m, 1), three(n, 1),
                      three(kernel, 1), three(stride, 1), three(dilation, 1), three(begin, 0),
                      *(arrays[letter].ctypes.data_as(pointer) for letter in "uwx"))
    return arrays[out]


def transposed_length(m, k, s, d, lo, hi, op):
    """Length by walking: one more than the largest position reached, less the crops, plus op."""
    return max(s * i + d * a for i in (0, m - 1) for a in (0, k - 1)) + 1 - lo - hi + op
