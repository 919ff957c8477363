"""The letters of a document, once, and the definitions that everything else speaks of."""

from __future__ import annotations

from ..derivation import Derivation
from ..spec import ConvSpec
from ..sums import SLOTS, Output
from ..theorem import spelled
from .phrases import Row
from .sigma import Short, defined

MEANINGS = (
    ("k, s, d", "kernel size, stride and dilation of an axis; p = (p_lo, p_hi): what is cropped from the image before and behind, or "
                "added to it as padding by the convolution; op: output padding; span = d(k−1) + 1; g = gcd(s, d)"),
    ("m, n", "numbers of features and of image positions of an axis, in both directions"),
    ("i, a, j", "index of a feature, of a tap and of an image position; they are related where j = s·i + d·a − p_lo; p_hi and op "
                "enter only through n. Indices count from 0: i < m says 0 ≤ i < m below a Σ"),
    ("b, γ, f, c", "image of a batch of B, group of G, feature channel of F and image channel of C of a group"),
    ("u, w, x", "features (B, F·G, m), weights (F·G, C, k) and images (B, C·G, n); A is the m × n matrix of w; the same w serves all "
                "maps, and nothing is flipped"),
    ("Aᵀ, Aᴴ", "the transpose, and the transpose conjugated"),
    ("q*, ↓, ↑", "correlation with taps q, keeping every s-th, and inserting s − 1 zeros (theorem 9)"),
    ("a′, i′, j′", "another tap, feature or position; other letters are explained where they stand"),
)
SEVERAL = ("Where nothing else is said, what is written with i, a, j, m and n holds on every axis, and u[…, i] has one index an axis; "
           "numbered letters belong to one axis")


def letters_of(derivation: Derivation) -> tuple[str, ...]:
    """What each letter stands for in this document, with the numbers of the configuration."""
    axes = derivation.spec.axes
    labels = {axis: " and ".join(str(number) for number, one in enumerate(axes) if one == axis) for axis in axes}
    numbers = "; ".join((f"axis {label}: " if len(labels) > 1 else "") + spelled(axis) for axis, label in labels.items())
    lines = [f"{letters}: {meaning}." for letters, meaning in MEANINGS]
    return (f"Here {numbers}.", *lines, *([SEVERAL + "."] if derivation.spec.dims > 1 else []))


def definition_rows(spec: ConvSpec) -> list[Row]:
    """The entries of conv, of its transpose and of the weight gradient, from the sums that theorems speak of."""
    printer, made = Short(), list[Row]()
    names = {"u": "conv", "w": "weight gradient", "x": "conv transposed"}
    for slot in SLOTS:
        made.append(Row(defined(Output(spec, slot), printer), rf"\text{{{names[slot]}}}"))
    return made
