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

GENERAL = (
    "Every statement here holds for all of them: k, s, d ≥ 1, op ≥ 0, any crop (negative numbers add), all sizes and all values",
    "Where one speaks of g = gcd(s, d), s = g·s′ and d = g·d′; that s′ and d′ have no factor in common says η·d′ = 1 + θ·s′",
    "One axis is written out; the sums of several axes are equal because these statements hold of each axis",
)


OWN = {  # letters that only one theorem speaks of, by its number
    1: "M is the number of windows that fit into an image of n positions, q the quotient in it",
    2: "M is the number of windows that fit into an image of n positions, q the quotient in it",
    3: "D is how much the uncropped image is too long, P and o the total crop and output padding of the answer, h a half; L is a span",
    4: "q is a quotient",
    5: "q is the number of another group",
    9: "L is a length and M the length after ↓; v and τ are positions between two letters, e one in the spread kernel, r a quotient",
    10: "Q and r are quotient and residue of j + p_lo by s; e, t, c and h are integers that name such quotients, lo and hi the first and "
        "the last feature",
    11: "g is what comes in from outside, an array like the one whose place it takes; β is a bias",
    12: "v is a position of the padded image",
    13: "J is j + p_lo with quotient Q and residue r; t counts the taps of a phase from lo to hi, bounded by early, late and up; L is the "
        "first of some neighbours, q a quotient",
    14: "q is the kernel before it is fused and P its zero padding; v is a position of the repeated signal, t counts its copies",
    15: "f is the factor; v and v_2 are doubled distances from the middle of the kernel, e is the distance to the border",
    17: "N is a basis of the signals that are sent to 0, P is AᵀA",
    18: "N and M are the radii of the signals and of the kernel, Y is a centre, q and r are quotients",
    19: "numbers 1 and 2 and the prime of w′ tell the two layers apart; e counts the E channels between them; v, λ and μ are positions "
        "between",
    21: "J₀ and J₁, or J and J′, are the ends of a tile, I₀ and I₁ those of a block, i₀ and i₁, or lo and hi, those of the window; q is a "
        "quotient",
    22: "q are the t taps of a phase and z its inputs; 𝒜, 𝒢 and ℬ are the matrices of an algorithm; J is an output's place, t counts taps",
    25: "q are the weights of the first convolution and t is the place in a block of s; v is a position between the two; Q and r are "
        "quotient and residue of j by s",
    27: "I is the number of outputs, and R the resampling of all positions",
}


def own_letters(number: int) -> str:
    """What the letters of one theorem stand for; nothing where it has none of its own."""
    return f"Here {OWN[number]}." if number in OWN else ""


def letters_of(derivation: Derivation) -> tuple[str, ...]:
    """What each letter stands for in this document, with the numbers of the configuration, if it is about one."""
    axes = derivation.spec.axes
    lines = [f"{letters}: {meaning}." for letters, meaning in MEANINGS]
    if not derivation.spec.chosen:
        return (*lines, *(f"{line}." for line in GENERAL))
    labels = {axis: " and ".join(str(number) for number, one in enumerate(axes) if one == axis) for axis in axes}
    numbers = "; ".join((f"axis {label}: " if len(labels) > 1 else "") + spelled(axis) for axis, label in labels.items())
    return (f"Here {numbers}.", *lines, *([SEVERAL + "."] if derivation.spec.dims > 1 else []))


def definition_rows(spec: ConvSpec) -> list[Row]:
    """The entries of conv, of its transpose and of the weight gradient, from the sums that theorems speak of."""
    printer, made = Short(), list[Row]()
    names = {"u": "conv", "w": "weight gradient", "x": "conv transposed"}
    for slot in SLOTS:
        made.append(Row(defined(Output(spec, slot), printer), rf"\text{{{names[slot]}}}"))
    return made
