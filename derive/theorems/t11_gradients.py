"""Theorem 11: the three derivatives of T, why the gradients of each map are again among the three, and the bias.

Training needs the gradient of each map by each input, and the gradients of those: all of them are T with one slot
left open, so the set of three maps is closed.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ..claims import Identity, SameSum, Sum
from ..form import MAPS, TrilinearForm, inner, partials
from ..logic import All
from ..spec import ConvSpec
from ..theorem import Step, Theorem
from .t05_adjoint import one_sum, small_enough, smallest_sizes

NEXT = {"conv": "conv_transpose and conv_weight_gradient", "conv_transpose": "conv and conv_weight_gradient",
        "conv_weight_gradient": "conv_transpose and conv"}


def theorem(spec: ConvSpec) -> Theorem:
    """Gradients and gradients of gradients."""
    return Theorem(11, "gradients", "all sizes", "the gradients of each of the three maps are the other two, with the same weights",
                   tuple(steps(spec)), "∂T/∂u = conv, ∂T/∂x = conv_transpose, ∂T/∂w = conv_weight_gradient")


def steps(spec: ConvSpec) -> Iterator[Step]:
    """All steps."""
    yield Step("collecting T by the weight instead of the feature runs over the same triples, each once: "
               "Σ w·∂T/∂w and Σ u·∂T/∂u are one sum, as Σ x·∂T/∂x is (theorem 5)", by_weight(spec))
    for small in small_enough(spec):
        form = TrilinearForm.at(small, smallest_sizes(small))
        size = "m = " + " × ".join(map(str, form.feature))
        for map_name, letter in MAPS.items():
            yield Step(f"the gradients of ⟨g, {map_name}⟩: g takes the place of {letter} in T, and the open slot is one of "
                       f"the others: {NEXT[map_name]}", closed(form, map_name, size), "this size")
        yield Step("a bias adds b to every position of its channel, so its gradient is the sum of what comes back",
                   bias(form, size), "this size")


def by_weight(spec: ConvSpec) -> SameSum:
    """Σ over (a, i) with j inside the image against Σ over all related (i, a, j)."""
    same = one_sum(spec)
    taps_first = tuple(sorted(same.left.variables, key=lambda variable: str(variable.symbol)[0] != "a"))
    left = Sum(same.left.summand, taps_first, All(*same.left.condition.args[::-1]))
    return SameSum(same.parameters, same.given, left, same.right, same.forward, same.backward, ("Σ w·∂T/∂w", "T"))


def closed(form: TrilinearForm, map_name: str, size: str) -> Identity:
    """The gradients of Σ g·map by its two inputs are the two other derivatives of T with g in the third place."""
    letter = MAPS[map_name]
    others = [name for name in MAPS if name != map_name]
    names = {symbol: sympy.Symbol(symbol.name.replace(letter, "g", 1)) for symbol in form.unknowns(letter)}
    loss = inner(list(names.values()), form.derivative(map_name))
    left, right = [], []
    for other in others:
        left += partials(loss, form.unknowns(MAPS[other]))
        right += [value.xreplace(names) for value in form.derivative(other)]
    wanted = f"∂⟨g, {map_name}⟩", ", ".join(f"∂T(g)/∂{MAPS[other]}" for other in others)
    return Identity(tuple(left), tuple(right), size, wanted)


def bias(form: TrilinearForm, size: str) -> Identity:
    """∂/∂b Σ g·(Aᵀu + b) = Σ g."""
    b = sympy.Symbol("b")
    gradients = [sympy.Symbol(symbol.name.replace("x", "g", 1)) for symbol in form.unknowns("x")]
    loss = inner(gradients, [value + b for value in form.derivative("conv_transpose")])
    return Identity(tuple(partials(loss, [b])), (sympy.Add(*gradients),), size, ("∂⟨g, Aᵀu + b⟩/∂b", "Σ g"))
