"""Theorem, Step, Fact: what a theorem file returns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Literal

import sympy

from . import order
from .claims import Claim, Identity, Refused, Unequal
from .notation.plain import plain
from .notation.printer import Printer
from .shown import Shown
from .spec import Axis

Scope = Literal["all sizes", "this size"]


@dataclass(frozen=True)
class Step:
    """One judged line of a proof: the claim, and why it is true in words. The words explain; only the claim claims."""

    reason: str
    claim: Claim
    scope: Scope = "all sizes"


@dataclass(frozen=True)
class Fact:
    """One line of a headline: fixed words around values, and the claims that are made from the same values.

    ``states(**values)`` are claims of the theorem's steps, so a value that is not what was judged cannot be printed.
    """

    words: str
    values: Mapping[str, Any]
    states: Callable[..., tuple[Claim, ...]]
    axes: str = ""
    claims: tuple[Claim, ...] = ()
    """What is judged of these values."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "claims", self.claims or self.states(**self.values))

    def __str__(self) -> str:
        said = self.words.format(**{name: spelled(value) for name, value in self.values.items()})
        return self.axes + re.sub(r"\b(\w+) = \1(?=[, ])", r"\1", said)  # a letter that stands for itself


@dataclass(frozen=True)
class LeftOut:
    """A step at a size that is not made, because it would be too long: what, how many entries, and how many are written out."""

    what: str
    entries: int
    most: int
    axes: str = ""

    def __str__(self) -> str:
        return f"{self.axes}{self.what} is not written out: {self.entries:,} entries, and {self.most:,} are the most"


Line = Step | Fact | LeftOut


@dataclass(frozen=True, repr=False)
class Theorem(Shown):
    """A numbered fact about one configuration, as the list of the steps that prove it.

    Raises ``Refused`` where there is no step and no reason why it does not apply, where a line of the headline is not
    stated by a step, and where the scope is wider than that of the steps it rests on.
    """

    number: int
    title: str
    scope: Scope
    why: str
    steps: tuple[Step, ...]
    headline: tuple[Fact, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    not_applicable: str = ""
    """Why there is nothing to prove for this configuration; then there are no steps."""
    axes: tuple[Axis, ...] = ()
    """Of the configuration that it is about."""

    def __post_init__(self) -> None:
        if bool(self.steps) == bool(self.not_applicable):
            raise Refused(f"theorem {self.number}: steps, or a reason why it does not apply")
        wide = [step.claim for step in self.steps if step.scope == "all sizes"]
        for claim in wide:
            if isinstance(claim, Unequal) or (isinstance(claim, Identity) and claim.context):
                raise Refused(f"theorem {self.number}: a step about one size does not speak of all sizes")
        enough = wide if self.scope == "all sizes" else [step.claim for step in self.steps]
        if self.steps and not enough:
            raise Refused(f"theorem {self.number} claims all sizes, and no step does")
        for fact in self.headline:
            if not fact.claims or any(all(claim is not one for one in enough) and claim not in enough for claim in fact.claims):
                raise Refused(f"theorem {self.number} says {str(fact)!r}, and no step of that scope does")

    @property
    def says(self) -> str:
        """The headline in one line."""
        return "; ".join(map(str, self.headline))

    def __repr__(self) -> str:
        return f"<Theorem {self.number}, {self.title}: {self.says or self.not_applicable}>"


def spelled(value: Any) -> str:
    """A value of a headline: numbers and terms with · and −, tuples, layers, and whatever has a notation of its own."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Axis) and not value.chosen:
        more = f", output padding {spelled(value.output_padding)}" if value.output_padding != 0 else ""
        gap = f", dilation {spelled(value.dilation)}" if value.dilation != 1 else ""
        return f"of kernel size {spelled(value.kernel)}, stride {spelled(value.stride)}, crop {spelled(value.padding)}{gap}{more}"
    if isinstance(value, Axis):
        rest = {"d": value.dilation} if value.dilation != 1 else {}
        rest |= {"op": value.output_padding} if value.output_padding else {}
        shown = {"k": value.kernel, "s": value.stride, "p": value.padding} | rest
        return ", ".join(f"{letter} = {spelled(number)}" for letter, number in shown.items())
    if isinstance(value, tuple):
        return "(" + ", ".join(map(spelled, value)) + ")"
    if hasattr(value, "latex"):
        return plain(value.latex(Printer()))
    return order.text(value) if isinstance(value, int | sympy.Expr) else str(value)


def compose(number: int, title: str, scope: Scope, why: str, lines: Iterable[Line]) -> Theorem:
    """A theorem from its lines in any order."""
    found = list(lines)
    return Theorem(number, title, scope, why, tuple(line for line in found if isinstance(line, Step)),
                   tuple(line for line in found if isinstance(line, Fact)), tuple(line for line in found if isinstance(line, LeftOut)))


@cache
def once(lines: Callable[[], Iterable[Step]]) -> tuple[Step, ...]:
    """Steps that speak of no configuration: all theorems share them."""
    return tuple(lines())


def said(lines: Iterable[Line], which: int = 0) -> Claim:
    """What the first headline among the lines is made from, for the step that is to state it."""
    return next(line for line in lines if isinstance(line, Fact)).claims[which]


@lru_cache(maxsize=512)
def _lines(lines: Callable[[Axis], Iterable[Line]], axis: Axis) -> tuple[Line, ...]:
    return tuple(lines(axis))


def by_axis(axes: Sequence[Axis], lines: Callable[[Axis], Iterable[Line]]) -> Iterator[Line]:
    """The lines of every different axis. What is said of all axes together is a line of the theorem's own."""
    made = _lines if lines.__closure__ is None else lambda lines, axis: lines(axis)  # what depends on the axis alone is made once
    for axis in dict.fromkeys(axes):
        numbers = [str(number) for number, other in enumerate(axes) if other == axis]
        label = "" if len(numbers) == len(axes) else f"axis {' and '.join(numbers)}: "
        for line in made(lines, axis):
            yield replace(line, reason=label + line.reason) if isinstance(line, Step) else replace(line, axes=label)
