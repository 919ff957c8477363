"""A derivation: one configuration with its lengths, matrix, phases and proved theorems, ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import general, lengths
from .chosen import chosen
from .errors import ArgumentError
from .matrix import BLOCK, ConvMatrix
from .parameters import any_layer
from .phases import Phase, phases
from .proof import Proof, prove_all, prove_spec
from .shown import Shown, show
from .spec import LONGEST, ConvSpec, integer, is_sequence, per_axis, spec_of
from .theorem import Theorem

WIDEST = 256  # columns of a matrix
SHOWN = 5  # the theorem that a short derivation proves before the reader's eyes: the adjoint


@dataclass(frozen=True)
class Derivation(Shown):
    """What is derived for one spec. ``feature`` is the size (one m an axis) at which examples are printed.

    ``short``: headlines, and the steps of one proof only.
    """

    spec: ConvSpec
    feature: tuple[int, ...]
    proofs: tuple[Proof, ...]
    short: bool = False
    columns: int = BLOCK
    """Of a matrix that are printed at most; larger ones by their first and last rows."""

    @property
    def in_full(self) -> tuple[Proof, ...]:
        """The proofs that are printed step by step: all, or of a short derivation the adjoint's, or else the first."""
        if not self.short:
            return self.proofs
        return tuple(sorted(self.proofs, key=lambda proof: (not proof.theorem.steps, proof.theorem.number != SHOWN))[:1])

    def shows(self, *numbers: int) -> bool:
        """Whether the sections that rest on one of these theorems are printed."""
        return self.spec.chosen and not self.short and any(proof.theorem.number in numbers for proof in self.proofs)

    def looks(self, *numbers: int) -> bool:
        """Whether documents have the sections that rest on one of these theorems: short ones too."""
        return self.spec.chosen and any(proof.theorem.number in numbers for proof in self.proofs)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is legal here and unusual elsewhere."""
        return lengths.notes(self.spec) if self.spec.chosen else ()

    @property
    def image(self) -> tuple[int, ...]:
        """Image lengths n at the printed size."""
        return lengths.image_lengths(self.spec, self.feature)

    @property
    def theorems(self) -> tuple[Theorem, ...]:
        """The theorems, by number."""
        return tuple(proof.theorem for proof in self.proofs)

    @property
    def verdicts(self) -> dict[int, str]:
        """Outcome of each theorem, by number."""
        return {proof.theorem.number: proof.outcome for proof in self.proofs}

    @property
    def holds(self) -> bool:
        """Whether every theorem reaches its scope."""
        return all(proof.holds for proof in self.proofs)

    @property
    def matrix(self) -> ConvMatrix:
        """A at the printed size."""
        return ConvMatrix.at(self.spec, self.feature)

    @property
    def phases(self) -> tuple[tuple[Phase, ...], ...]:
        """The polyphase split of every axis."""
        return tuple(phases(axis) for axis in self.spec.axes)

    def latex(self) -> str:
        """A complete LaTeX document."""
        return str(show(self, "document"))

    def pdf(self) -> bytes:
        """The LaTeX document compiled (needs latexmk, tectonic or pdflatex)."""
        return bytes(show(self, "pdf"))

    def html(self) -> str:
        """A self-contained HTML page with MathML (needs extra ``html``)."""
        return str(show(self, "page"))

    def text(self) -> str:
        """Plain text."""
        return str(show(self, "text"))

    def json(self) -> dict[str, Any]:
        """Plain data: spec, sizes, and every theorem with its steps, judges and verdicts."""
        return dict(show(self, "data"))

    def __repr__(self) -> str:
        short = [number for number, proof in ((p.theorem.number, p) for p in self.proofs) if not proof.holds]
        state = f"theorems {', '.join(map(str, short))} fall short" if short else f"{len(self.proofs)} theorems hold"
        return f"<Derivation {self.spec}: {state}; print() it, or .html(), .latex(), .pdf()>"

    def __str__(self) -> str:
        return self.text()


def derivation(spec: ConvSpec | str, size: int | Sequence[int] | None = None, only: int | str | Sequence[int | str] = (),
               short: bool = False, columns: int = BLOCK) -> Derivation:
    """Derive and prove everything for one configuration, or some theorems of it.

    ``spec``: a ``ConvSpec`` or its name. ``size``: the m of printed examples, an int or one int an axis (default:
    small). ``only``: theorems by number or title, such as ``(4, "polyphase split")`` or ``"4,10"``; the others are neither proved nor
    printed, nor the sections that rest on them. ``short``: print headlines and one proof. ``columns``: of a matrix that are
    printed before dots stand for the others. Raises ``ArgumentError`` for a spec, size or theorem that is not legal,
    ``JudgesDisagree`` if judges contradict.
    """
    spec = spec_of(spec)
    feature, numbers = printed_size(spec, size), chosen(only)
    most = integer("columns", columns, 4, WIDEST)
    return Derivation(spec, feature, prove_spec(spec, only=numbers) if numbers else prove_spec(spec), short, most)


def general_derivation(only: int | str | Sequence[int | str] = (), short: bool = False) -> Derivation:
    """What holds for all k, s, d, p and op, as a document that speaks of no configuration.

    ``only`` and ``short`` as of ``derivation``. Raises ``ArgumentError`` for a theorem that has no general form.
    """
    numbers = chosen(only) or general.NUMBERS
    if lacking := [number for number in numbers if number not in general.NUMBERS]:
        raise ArgumentError("only", ",".join(map(str, lacking)), "is proved for each configuration by itself; general are theorems "
                            + ", ".join(map(str, general.NUMBERS)), general.NUMBERS[0])
    return Derivation(any_layer(), (), tuple(prove_all([general.theorem(number) for number in numbers])), short)


def printed_size(spec: ConvSpec, size: int | Sequence[int] | None = None) -> tuple[int, ...]:
    """The m of printed examples: as asked for, else the smallest that shows how neighbours overlap."""
    if size is None:
        extra = 2 if spec.dims == 1 else 1
        return tuple(lengths.smallest_feature_length(axis) + extra for axis in spec.axes)
    wanted: Sequence[Any] = tuple(size) if is_sequence(size) else (size,)
    feature = per_axis("feature size", tuple(wanted) * spec.dims if len(wanted) == 1 else wanted, spec.dims, 1, LONGEST)
    lengths.image_lengths(spec, feature)
    if max(feature) > 512:
        raise ArgumentError("size", size, "is the size of a printed example and at most 512", 512)
    return feature
