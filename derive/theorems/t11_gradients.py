"""Theorem 11: the three derivatives of T, why the gradients of each map are again among the three, and the bias.

Training needs the gradient of each map by each input, and the gradients of those: all of them are T with one slot
left open, so the set of three maps is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from ..claims import Identity
from ..expression import Context, Expression, Inner, Product, Rows, Transpose
from ..form import MAPS, TrilinearForm
from ..objects import Derivative, Gradient, Map, Vector, renamed
from ..pairing import Pairing, one_sum
from ..sizes import small_enough, smallest
from ..spec import ConvSpec
from ..theorem import Fact, Line, Step, Theorem, compose

NEXT = {"conv": "conv_transpose and conv_weight_gradient", "conv_transpose": "conv and conv_weight_gradient",
        "conv_weight_gradient": "conv_transpose and conv"}


def theorem(spec: ConvSpec) -> Theorem:
    """Gradients and gradients of gradients."""
    return compose(11, "gradients", "all sizes", "the gradients of each of the three maps are the other two, with the same weights",
                   lines(spec))


def lines(spec: ConvSpec) -> Iterator[Line]:
    """All lines."""
    by_weight = Fact("{left} = {right}", {"left": Pairing(spec, "w"), "right": Pairing(spec, "x")},
                     lambda left, right: (one_sum(left, right),))
    yield by_weight
    yield Step("collecting T by the weight instead of the feature runs over the same triples, each once: ∂T/∂w is the third map",
               by_weight.claims[0])
    small, missing = small_enough("T", spec)
    if missing:
        yield missing
    for label, one in small:
        form = TrilinearForm.at(one, smallest(one))
        for map_name, letter in MAPS.items():
            yield Step(f"{label}the gradients of ⟨g, {map_name}⟩: g takes the place of {letter} in T, and the open slot is one of "
                       f"the others: {NEXT[map_name]}", closed(form, letter), "this size")
        yield Step(f"{label}a bias adds b to every position of its channel, so its gradient is the sum of what comes back",
                   bias(form), "this size")


@dataclass(frozen=True)
class Incoming(Expression):
    """g, of the shape of u, w or x."""

    form: TrilinearForm
    like: str

    @property
    def rows(self) -> Rows:
        return [[value] for value in renamed(self.form, self.like, "g").values()]

    @property
    def context(self) -> Context:
        return {"m": self.form.feature}

    def latex(self, printer: Any) -> str:
        return "g"


def closed(form: TrilinearForm, letter: str) -> Identity:
    """The gradients of ⟨g, ∂T/∂letter⟩ by its two inputs are the two other derivatives of T with g in the place of the letter."""
    loss = Inner(Incoming(form, letter), Derivative(form, letter))
    others = [other for other in MAPS.values() if other != letter]
    return Identity(tuple(Gradient(loss, Vector(form, other)) for other in others),
                    tuple(Derivative(form, other, (letter, "g")) for other in others))


@dataclass(frozen=True)
class Bias(Expression):
    """b as a number, or b at every place of ``like``."""

    like: Product | None = None

    @property
    def rows(self) -> Rows:
        return [[sympy.Symbol("b")]] * (1 if self.like is None else len(self.like.rows))

    def latex(self, printer: Any) -> str:
        return "b"


@dataclass(frozen=True)
class Plus(Expression):
    """Two columns, added."""

    left: Product
    right: Bias

    @property
    def rows(self) -> Rows:
        return [[one[0] + other[0]] for one, other in zip(self.left.rows, self.right.rows, strict=True)]

    @property
    def below(self) -> tuple[Expression, ...]:
        return self.left, self.right

    def latex(self, printer: Any) -> str:
        return f"{self.left.latex(printer)} + {self.right.latex(printer)}"


def bias(form: TrilinearForm) -> Identity:
    """∂⟨g, Aᵀu + b⟩/∂b is the sum of the entries of g."""
    g, output = Incoming(form, "x"), Product(Transpose(Map(form)), Vector(form, "u"))
    return Identity((Gradient(Inner(g, Plus(output, Bias(output))), Bias()),), (sympy.Add(*[row[0] for row in g.rows]),))
