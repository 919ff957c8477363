"""The letters of a document, once, and the definitions that everything else speaks of."""

from __future__ import annotations

from ..derivation import Derivation
from ..spec import ConvSpec
from ..sums import SLOTS, Output
from ..theorem import spelled
from .phrases import Row
from .sigma import Short, defined

MEANINGS = {  # letters -> meaning, the same in every theorem
    "k, s, d": "kernel size, stride and dilation of an axis",
    "p, p_lo, p_hi, op": "p = (p_lo, p_hi) is cropped from the image before and behind, or added to it as padding by the convolution; op "
                         "is the output padding",
    "span, g": "span = d(k−1) + 1 positions lie between the first and the last tap, both included; g = gcd(s, d)",
    "m, n": "numbers of features and of image positions of an axis, in both directions",
    "i, a, j": "index of a feature, of a tap and of an image position; they are related where j = s·i + d·a − p_lo; p_hi and op enter only "
               "through n. Indices count from 0: i < m says 0 ≤ i < m below a Σ",
    "b, γ, f, c": "index of an image of a batch of B, of a group of G, and of a feature channel of F and an image channel of C of a group",
    "u, w, x": "features (B, F·G, m), weights (F·G, C, k) and images (B, C·G, n); the same w serves all maps, and nothing is flipped",
    "T, A, Aᵀ, Aᴴ": "T is the sum of u·w·x over all related (i, a, j); A is the m × n matrix of w, with its transpose, and its transpose "
                    "conjugated",
    "J, Q, r": "J = j + p_lo is a position of the uncropped image; Q and r are quotient and residue, of J by s where nothing else is said: "
               "outputs with the same r are one phase",
    "t, e": "t counts the taps of a phase, and e how many features before Q one of them reads: d·a = s·e + r",
    "q, q*, ↓, ↑": "taps of a filter, correlation with them, keeping every s-th, and inserting s − 1 zeros (theorem 9)",
    "v, τ": "a position between two maps, and one of ↑u, where feature i stands at τ = s·i",
    "P, P_lo, P_hi": "any padding or crop: both ends together, before and behind",
    "L, M": "lengths: L of positions, M of features",
    "I, I′, N, N′": "ends of a block of features I ≤ i < I′, and of image positions N ≤ j < N′",
    "lo, hi": "the first and the last of neighbours that are said where they stand",
    "a′, i′, j′": "another tap, feature or position, and so with every other letter and its prime; what is not here is explained where it "
                  "stands",
}
SEVERAL = ("Where nothing else is said, what is written with i, a, j, m and n holds on every axis, and u[…, i] has one index an axis; "
           "numbered letters belong to one axis")

FACTORS = {"s′, d′, φ, ψ": "s = g·s′ and d = g·d′, where s′ and d′ have no factor in common: φ·d′ = 1 + ψ·s′"}  # of general statements
GENERAL = (
    "Every statement here holds for all of them: k, s, d ≥ 1, op ≥ 0, any crop (negative numbers add), all sizes and all values",
    "One axis is written out; the sums of several axes are equal because these statements hold of each axis",
)


OWN = {  # letters that only one theorem speaks of, by its number: letters -> meaning
    3: {"D": "is how much the uncropped image is too long", "P′, op′": "are total crop and output padding of the canonical answer"},
    4: {"δ": "is 1 at one place and 0 elsewhere"},
    6: {"u′, u″": "are real and imaginary part of u, and so of w and x"},
    11: {"y": "is what comes in from outside, an array like the one whose place it takes", "β": "is a bias"},
    12: {"W": "is w as a matrix, one row a feature channel"},
    13: {"early, late, up": "are bounds of t"},
    15: {"η, η′": "are doubled distances from the middle of the kernel"},
    17: {"Z": "is a basis of the signals that are sent to 0"},
    18: {"ρ, ρ′": "are the radii of the signals and of the kernel", "Y": "is the middle of the kernel of row i", "j″": "leads to j′"},
    19: {"λ, μ": "are positions between the layers", "w′": "are the weights of the second", "c′": "is one of C′ channels between them"},
    22: {"𝒜, 𝒢, ℬ": "are the matrices of an algorithm"},
    27: {"R": "is the resampling of all positions", "K": "is the greatest number of taps of a phase"},
    30: {"l": "tells how far features are apart", "z": "is a complex number", "H": "belongs to a phase"},
}


def own_letters(number: int) -> str:
    """What the letters of one theorem stand for; nothing where it has none of its own."""
    said = [f"{' and '.join((*(', '.join(names[:-1]),) * (len(names) > 1), names[-1]))} {meaning}"
            for names, meaning in ((letters.split(", "), meaning) for letters, meaning in OWN.get(number, {}).items())]
    return f"Here {'; '.join(said)}." if said else ""


def letters_of(derivation: Derivation) -> tuple[str, ...]:
    """What each letter stands for in this document, with the numbers of the configuration, if it is about one."""
    axes = derivation.spec.axes
    lines = [f"{letters}: {meaning}." for letters, meaning in (MEANINGS | ({} if derivation.spec.chosen else FACTORS)).items()]
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
