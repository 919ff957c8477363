"""Theorem 20: weights that are a product over the axes split an N-D map into one map an axis.

Interpolation, average pooling and blur kernels are of this kind (for each pair of channels, or channel by channel); the
saving is the ratio of the two counts below.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import sympy
from sympy.matrices.expressions.kronecker import matrix_kronecker_product

from ..claims import Identity
from ..form import TrilinearForm, entry
from ..lengths import image_lengths, smallest_feature_length
from ..matrix import ConvMatrix
from ..phases import tap_range
from ..spec import ConvSpec
from ..theorem import Step, Theorem, product_rule

TERMS = 4000  # entries of a matrix that is multiplied out


def theorem(spec: ConvSpec) -> Theorem:
    """Separable kernels."""
    title, why = "separable kernels", "a kernel of rank one factors the map into one map an axis"
    if spec.dims == 1:
        return Theorem(20, title, "this size", why, (), not_applicable="one axis: nothing to separate")
    whole, parts = costs(spec, (64,) * spec.dims)
    size = " × ".join(["64"] * spec.dims)
    says = f"{whole / parts:.1f} times fewer multiplications for m = {size}" if whole > parts else \
        f"no fewer multiplications: axis by axis {parts / whole:.1f} times as many for m = {size}"
    return Theorem(20, title, "this size", why, tuple(steps(spec)), says)


def costs(spec: ConvSpec, feature: tuple[int, ...]) -> tuple[int, int]:
    """Multiplications (all taps at once, axis by axis from the last to the first)."""
    image = image_lengths(spec, tuple(max(f, smallest_feature_length(axis)) for f, axis in zip(feature, spec.axes, strict=True)))
    pairs = [sum(len(tap_range(axis, tap, f, g)) for tap in range(axis.kernel))
             for axis, f, g in zip(spec.axes, feature, image, strict=True)]
    parts = sum(prod(feature[:number]) * pairs[number] * prod(image[number + 1:]) for number in range(spec.dims))
    return prod(pairs), parts


def steps(spec: ConvSpec) -> Iterator[Step]:
    """All steps."""
    yield product_rule(spec.dims)
    feature = tuple(smallest_feature_length(axis) + (spec.dims == 2) for axis in spec.axes)
    made = ConvMatrix.at(spec, feature)
    size = "m = " + " × ".join(map(str, feature))
    if prod(made.shape) <= TERMS:
        weight = {tap: sympy.Mul(*[entry(f"v{number + 1}", (index,)) for number, index in enumerate(tap)])
                  for row in made.taps for tap in row if tap is not None}
        whole = [sympy.Integer(0) if tap is None else weight[tap] for row in made.taps for tap in row]
        axes = []
        for number, axis in enumerate(spec.axes):
            one = ConvMatrix.at(ConvSpec.of([axis]), (feature[number],), (made.image[number],))
            axes.append(sympy.ImmutableMatrix(*one.shape, [
                sympy.Integer(0) if tap is None else entry(f"v{number + 1}", tap) for row in one.taps for tap in row]))
        factors = " ⊗ ".join(f"A_{number + 1}" for number in range(spec.dims))
        yield Step("with w[a₁, a₂, …] = v₁[a₁]·v₂[a₂]·…, the matrix is the Kronecker product of the axes' matrices: apply them "
                   "one after the other", Identity(tuple(whole), tuple(matrix_kronecker_product(*axes)), size, ("A", factors)),
                   "this size")
    whole_cost, parts_cost = costs(spec, feature)
    form = TrilinearForm.at(spec, feature)
    yield Step(f"all taps at once cost one multiplication a term of T, {whole_cost}; axis by axis it is {parts_cost}",
               Identity((len(form.terms),), (whole_cost,), size, ("terms of T", "product of the axes' pairs")), "this size")
