"""Words that all renderings share: conventions, trust notes, titles and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .. import order
from ..derivation import Derivation
from ..phases import phase
from ..spec import Axis, ConvSpec

SHOWN = 16  # phases of a table
LETTERS = (
    "k, s, d: kernel size, stride, dilation; span = d(k−1) + 1; op: output padding.",
    "p = (p_lo, p_hi): what is cropped from the image, or added to it as padding by the convolution.",
)
CONVENTIONS = (
    "Cross-correlation: nothing is flipped; the same weights w of shape (F, C/G, *k) serve all three maps.",
    "m counts features, n counts image positions, in both directions; A is m × n, conv is A x, its transpose Aᵀ u.",
    "j = s·i + d·a − p_lo relates feature i, tap a and image position j; p_hi and op enter only through n.",
    "Sums run over all axes (a letter with a number each), and over images b < B, groups γ < G, feature channels f < F and image channels "
    "c < C of a group.",
)
TRUST = (
    "Proved: the statements marked so, for every size, by the judges named beside them, which must agree.",
    "Checked: the statements marked so, at the size they name, by expanding polynomials over the integers.",
    "Trusted: the judges themselves (isl, z3, cvc5), SymPy's polynomial arithmetic, Python and the hardware.",
)
APPENDIX = ("Each claim as the judges were asked it: hypotheses, definitions and conclusion, for all integers; sums as the index sets "
            "that a bijection carries onto each other. Behind it the verdict, and who gave it.")


def sentence(text: str) -> str:
    """With a capital letter, unless it begins with a letter that is mathematics."""
    if re.match(r"a (?=[a-z]{3,}|\d)", text):
        return "A" + text[1:]
    kept = re.match(r"(op|conv|min|max)\b|\w+_|[a-z]+\d", text) or not re.match(r"[a-z]{2,}", text)
    return text if kept else text[:1].upper() + text[1:]


def title_of(spec: ConvSpec) -> str:
    """The title of a document about a configuration, or about all."""
    if not spec.chosen:
        return "Transposed convolutions with any kernel, stride, dilation and crop"
    return f"The transposed convolution {spec}"


def subject_of(derivation: Derivation) -> str:
    """What a document about a derivation is about, in one sentence of ASCII."""
    numbers = [str(proof.theorem.number) for proof in derivation.proofs]
    which = f"theorem{'s' * (len(numbers) != 1)} {', '.join(numbers)}" if len(numbers) < 8 else f"{len(numbers)} theorems"
    name = f"convolution {derivation.spec}" if derivation.spec.chosen else "convolutions with any parameters"
    return f"Strided, dilated and transposed {name}: {which}, with the verdicts of their proofs"


def matrix_words(derivation: Derivation) -> str:
    """What the printed matrices are."""
    blocks = "; lines separate the blocks of the last axis" if derivation.spec.dims > 1 else ""
    return (f"The matrix A for m = {' × '.join(map(str, derivation.feature))}, entry by entry, and its transpose: w where the tap relates "
            f"the row's feature to the column's image position{blocks}.")


def length_rows(derivation: Derivation) -> Iterator[tuple[str, str, str]]:
    """(axis label, n in terms of m, example) for every axis."""
    from ..form import length_of_image

    for number, axis in enumerate(derivation.spec.axes):
        example = f"m = {derivation.feature[number]}, n = {derivation.image[number]}"
        yield f"axis {number}", f"n = {order.text(length_of_image(axis))}", example


def phase_rows(derivation: Derivation) -> Iterator[tuple[str, str, str, str]]:
    """(axis, residue, taps, offsets) of every phase, equal axes once; long tables end in dots."""
    axes = derivation.spec.axes
    for alike in dict.fromkeys(map(phases_as, axes)):
        numbers = [number for number, axis in enumerate(axes) if phases_as(axis) == alike]
        axis = axes[numbers[0]]
        label = "each axis" if len(numbers) == len(axes) > 1 else f"axis {' and '.join(map(str, numbers))}"
        for residue in range(min(axis.stride, SHOWN)):
            one = phase(axis, residue)
            yield label, str(one.residue), listed(one.taps) or "none", listed(one.offsets) or "none"
        if axis.stride > SHOWN:
            yield label, "…", f"{axis.stride - SHOWN} more phases", ""


def phases_as(axis: Axis) -> tuple[int, int, int]:
    """What the phases of an axis depend on."""
    return axis.kernel, axis.stride, axis.dilation


def listed(numbers: tuple[int, ...], most: int = 12) -> str:
    """Numbers with true minus signs, long lists cut by dots."""
    shown = [str(number).replace("-", "−") for number in numbers[:most]]
    return ", ".join(shown) + (", …" if len(numbers) > most else "")
