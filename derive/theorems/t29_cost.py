"""Theorem 29: how many multiply-adds a layer takes, exactly, and how many more with zeros inserted.

Products with inserted zeros, or with what a border lacks, are no work that has to be done. Counted are the related (i, a, j):
uncropped every feature meets every tap, a crop takes away what it hides. ``convt derive --cost`` counts them at a size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sympy

from ..claims import Identity, SameSum, Sum
from ..form import bounded, feature_range, image_range, length_of_image, m, size_variables, tap_range, triples
from ..logic import All, Formula
from ..spec import Axis, ConvSpec
from ..statement import Variable
from ..sums import CHANNELS, channels, letters, same
from ..theorem import Fact, Line, Step, Theorem, by_axis, compose


def theorem(spec: ConvSpec) -> Theorem:
    """Cost."""
    return compose(29, "cost", "all sizes", "the number of multiply-adds, and what zero insertion takes more",
                   (*lines(spec), *by_axis(spec.axes, axis_lines)))


def lines(spec: ConvSpec) -> Iterator[Step]:
    """All axes and channels together."""
    yield Step("one product for each image, group, pair of channels and related (i, a, j): as many as there are (i, a) whose position "
               "s·i + d·a − p_lo is in the image, on every axis", products(spec))
    plain = ConvSpec.of([replace(axis, padding=(0, 0), output_padding=0) for axis in spec.axes])
    yield Step("uncropped they are all (i, a): nothing falls outside", products(plain, everything=True))


def axis_lines(axis: Axis) -> Iterator[Line]:
    """The lines for one axis, uncropped."""
    plain = replace(axis, padding=(0, 0), output_padding=0)
    count = Fact("uncropped {products} products a pair of channels, with zeros inserted {dense}",
                 {"products": sympy.expand(axis.kernel * m), "dense": sympy.expand(axis.kernel * length_of_image(plain))},
                 lambda products, dense: (Identity((axis.kernel * m, axis.kernel * length_of_image(plain)), (products, dense)),))
    yield count
    yield Step("m features meet k taps; a window of k taps over the filled signal at each of n outputs makes n·k products", count.claims[0])


def products(spec: ConvSpec, everything: bool = False) -> SameSum:
    """Σ 1 over the related (b, γ, f, c, i, a, j) = Σ 1 over the (b, γ, f, c, i, a) inside; ``everything``: no condition is left."""
    variables, conditions = channels(*CHANNELS)
    related, pairs, chain, inside, there = list[Variable](), list[Variable](), [*conditions], [*conditions], {one: one for one in CHANNELS}
    given, within = list[Formula](), list[tuple[Any, Any]]()
    for axis, at in letters(spec):
        own = (Variable(at.i, 0, at.m - 1), Variable(at.a, 0, axis.kernel - 1))
        position = axis.stride * at.i + axis.dilation * at.a - axis.padding[0]
        related += [*own, Variable(at.j, 0, at.n - 1)]
        pairs += own
        chain += triples(axis, at).args
        inside += [feature_range(at), tap_range(axis, at), *([] if everything else [image_range(at).xreplace({at.j: position})])]
        if everything:
            given.append(size_variables(axis, at)[1][2])
        there |= {at.i: at.i, at.a: at.a, at.j: position}
        within += bounded(axis, at)
    return same(spec, Sum(sympy.Integer(1), (*variables, *related), All(*chain)), Sum(sympy.Integer(1), (*variables, *pairs), All(*inside)),
                there, there, given, (), (), within)

