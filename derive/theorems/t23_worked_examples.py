"""Theorem 23: the examples that texts on transposed convolution work by hand, reproduced symbolically.

They are the same for every configuration: whoever has one of these texts open can compare entry by entry. The last
one works this configuration through with numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import sympy

from ..claims import Identity
from ..expression import Entry, Product, Transpose, nested
from ..form import TrilinearForm, entry
from ..matrix import ConvMatrix
from ..objects import Map, Vector
from ..sizes import smallest, too_long
from ..spec import Axis, ConvSpec
from ..theorem import Fact, LeftOut, Line, Scope, Step, Theorem, compose
from .t14_fusion import fused, kernel

SIZE: Scope = "this size"
TERMS, OUTPUTS = 80, 32  # of this configuration's own example
OWN = "this configuration with u = 1, 2, … and w = 1, 2, …"


def theorem(spec: ConvSpec) -> Theorem:
    """Worked examples."""
    return compose(23, "worked examples", SIZE, "examples of the literature, entry by entry", (*classics(), *own(spec)))


def output(spec: ConvSpec, features: Sequence[Any], weights: Sequence[Any], feature: Sequence[int]) -> Product:
    """Aᵀu for the given entries of u and w, both row-major."""
    form = TrilinearForm.at(spec, feature)
    return Product(Transpose(Map(form, tuple(map(sympy.S, weights)))), Vector(form, "u", tuple(map(sympy.S, features))))


def outputs(spec: ConvSpec, features: Sequence[Any], weights: Sequence[Any], feature: Sequence[int]) -> list[sympy.Expr]:
    """The entries of Aᵀu."""
    return [row[0] for row in output(spec, features, weights, feature).rows]


def _plain(letter: str, *shape: int) -> list[sympy.Symbol]:
    """Letters with indices that start at 1, as the texts have them."""
    if len(shape) == 1:
        return [sympy.Symbol(f"{letter}_{number + 1}") for number in range(shape[0])]
    return [sympy.Symbol(f"{letter}_{{{r + 1}{c + 1}}}") for r in range(shape[0]) for c in range(shape[1])]


@lru_cache(maxsize=1)
def classics() -> tuple[Line, ...]:
    """The examples that do not depend on the configuration."""
    return tuple(_classics())


def _classics() -> Iterator[Line]:
    spec = ConvSpec.parse
    w, v, u = _plain("w", 3), _plain("u", 2), _plain("u", 2, 2)
    first_example = Fact("the layer k = 3, s = 2, p = 1 makes {image} of {features} by {weights}",
                         {"features": tuple(v), "weights": tuple(w), "image": (v[0] * w[1], v[0] * w[2] + v[1] * w[0], v[1] * w[1])},
                         lambda features, weights, image: (Identity((output(spec("1d_k3s2p1"), features, weights, (2,)),), image),))
    yield first_example
    yield Step("k = 3, s = 2, p = 1 on two features: three outputs, the middle one with two terms", first_example.claims[0], SIZE)
    made = Map(TrilinearForm.at(spec("2d_k3"), (2, 2)))
    first = [entry("w", (c // 4, c % 4)) if c // 4 < 3 and c % 4 < 3 else sympy.Integer(0) for c in range(16)]
    rows = [first, [sympy.Integer(0), *first[:-1]], [sympy.Integer(0)] * 4 + first[:-4], [sympy.Integer(0)] * 5 + first[:-5]]
    yield Step("a 3 × 3 kernel on a 4 × 4 image is a 4 × 16 matrix, four shifted copies of its first row; its transpose maps 4 "
               "features back to 16 positions", Identity((made,), (tuple(map(tuple, rows)),)), SIZE)
    k = _plain("w", 2, 2)
    apart = tuple(u[(r // 2) * 2 + c // 2] * k[(r % 2) * 2 + c % 2] for r in range(4) for c in range(4))
    yield Step("2 × 2 kernel, stride 2: four copies side by side, without overlap",
               Identity((output(spec("2d_k2s2"), u, k, (2, 2)),), (nested(apart, (4, 4)),)), SIZE)
    together = [sympy.Add(*[u[2 * (r - a) + c - b] * k[2 * a + b] for a in range(2) for b in range(2)
                            if 0 <= r - a < 2 and 0 <= c - b < 2]) for r in range(3) for c in range(3)]
    found = output(spec("2d_k2"), u, k, (2, 2))
    yield Step("2 × 2 kernel, stride 1: the copies overlap, the middle is the sum of all four", Identity(
        (Entry(found, 4), found), (u[0] * k[3] + u[1] * k[2] + u[2] * k[1] + u[3] * k[0], nested(together, (3, 3)))), SIZE)
    for name, text, table in (
            ("2d_k3s2p0:1", "cropped as TensorFlow's SAME does, (0, 1)", "1, 1, 3, 2; 1, 1, 3, 2; 4, 4, 10, 6; 3, 3, 7, 4"),
            ("2d_k3s2p1op1", "cropped symmetrically with output padding 1", "1, 3, 2, 2; 4, 10, 6, 6; 3, 7, 4, 4; 3, 7, 4, 4")):
        numbers = tuple(sympy.Integer(int(number)) for number in table.replace(";", ",").split(","))
        yield Step(f"[[1, 2], [3, 4]] with a 3 × 3 kernel of ones and stride 2, {text}",
                   Identity((output(spec(name), (1, 2, 3, 4), (1,) * 9, (2, 2)),), (nested(numbers, (4, 4)),)), SIZE)
    q = [entry("q", (number,)) for number in range(3)]
    layer = fused(Axis(3, 2))
    yield Step("repeat ×2, then three taps is one kernel of four, q₀, q₀ + q₁, q₁ + q₂, q₂ as true convolutions, with stride 2 "
               "(theorem 14 has it as correlations)", Identity(
                   (tuple(kernel(Axis(3, 2))[::-1]), layer.kernel, layer.stride), ((q[0], q[0] + q[1], q[1] + q[2], q[2]), 4, 2)), SIZE)


def own(spec: ConvSpec) -> Iterator[Line]:
    """This configuration with u = 1, 2, … and w = 1, 2, …, summed over the related (i, a) of each output."""
    feature = smallest(spec)
    missing = too_long("this configuration's own example", spec, feature, TERMS)
    if missing:
        yield missing
        return
    form = TrilinearForm.at(spec, feature)
    if prod(form.image) > OUTPUTS:
        yield LeftOut("this configuration's own example", prod(form.image), OUTPUTS)
        return
    u, w = range(1, prod(feature) + 1), range(1, prod(spec.kernel) + 1)
    made = ConvMatrix.at(spec, feature)
    weight = dict(zip(product(*map(range, spec.kernel)), w, strict=True))
    direct = [sum((row * weight[tap] for row, taps in zip(u, made.taps, strict=True) if (tap := taps[column]) is not None), 0)
              for column in range(prod(form.image))]
    by_form = [value.xreplace(dict(zip((*form.unknowns("u"), *form.unknowns("w")), map(sympy.Integer, (*u, *w)), strict=True)))
               for value in form.derivative("conv_transpose")]
    image = nested(direct, form.image)
    yield Step(f"{OWN}, by the matrix and by the form", Identity((output(spec, u, w, feature), tuple(by_form)), (image, image)), SIZE)
