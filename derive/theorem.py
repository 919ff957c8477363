"""Theorem, Step, Proof: what a theorem file returns and what proving it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, wraps
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules
from typing import Any, Literal

import sympy

from . import general, judges, order
from .claims import Claim, Identity, Refused, Unequal
from .spec import Axis, ConvSpec
from .statement import Statement

Scope = Literal["all sizes", "this size"]
OWN = ("summand", "polynomials", "certificate")  # what a claim computes itself
ENOUGH = {"all sizes": {"proved"}, "this size": {"proved", "checked"}}


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
        return self.axes + self.words.format(**{name: spelled(value) for name, value in self.values.items()})


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
class Theorem:
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
    axes: tuple[Axis, ...] = ()
    """Of the configuration that it is about."""
    """Why there is nothing to prove for this configuration; then there are no steps."""

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

    def _repr_html_(self) -> str:
        return prove(self)._repr_html_()

    def _repr_latex_(self) -> str:
        return prove(self)._repr_latex_()


def spelled(value: Any) -> str:
    """A value of a headline: numbers and terms with · and −, tuples, layers, and whatever has a notation of its own."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Axis):
        rest = {"d": value.dilation} if value.dilation != 1 else {}
        rest |= {"op": value.output_padding} if value.output_padding else {}
        shown = {"k": value.kernel, "s": value.stride, "p": value.padding} | rest
        return ", ".join(f"{letter} = {spelled(number)}" for letter, number in shown.items())
    if isinstance(value, tuple):
        return "(" + ", ".join(map(spelled, value)) + ")"
    if hasattr(value, "latex"):
        from .render.printer import Printer
        from .render.text import plain

        return plain(value.latex(Printer()))
    return order.text(value) if isinstance(value, int | sympy.Expr) else str(value)


def compose(number: int, title: str, scope: Scope, why: str, lines: Iterable[Line]) -> Theorem:
    """A theorem from its lines in any order."""
    found = list(lines)
    return Theorem(number, title, scope, why, tuple(line for line in found if isinstance(line, Step)),
                   tuple(line for line in found if isinstance(line, Fact)), tuple(line for line in found if isinstance(line, LeftOut)))


@dataclass(frozen=True, repr=False)
class Proof:
    """A theorem with the verdict of each step."""

    theorem: Theorem
    verdicts: tuple[judges.Verdict, ...]
    milliseconds: float

    @property
    def outcome(self) -> judges.Outcome | Literal["not applicable"]:
        """``proved`` or ``checked`` (its scope is reached), else the first verdict that falls short."""
        if self.theorem.not_applicable:
            return "not applicable"
        for step, verdict in zip(self.theorem.steps, self.verdicts, strict=True):
            if verdict.outcome not in ENOUGH[step.scope]:
                return verdict.outcome
        return "proved" if self.theorem.scope == "all sizes" else "checked"

    @property
    def general(self) -> int:
        """How many steps are instances of what is proved for all parameters, or speak of no configuration."""
        return sum(general.speaks_of_all(self.theorem, step.claim, verdict)
                   for step, verdict in zip(self.theorem.steps, self.verdicts, strict=True))

    @property
    def holds(self) -> bool:
        """Whether every step reaches its scope (or there is none, with a reason)."""
        return self.outcome in ENOUGH[self.theorem.scope] or bool(self.theorem.not_applicable)

    def __repr__(self) -> str:
        return f"<Proof of theorem {self.theorem.number}, {self.theorem.title}: {self.outcome}; print() it>"

    def _repr_html_(self) -> str:
        from .render.html import proof_fragment

        return proof_fragment(self)

    def _repr_latex_(self) -> str:
        from .render.latex import theorem

        return "\n".join(theorem(self))

    def __str__(self) -> str:
        from .render.text import steps

        return "\n".join(steps(self))

    @property
    def judges(self) -> tuple[str, ...]:
        """Names of all judges that were heard, each once, in order of appearance."""
        return tuple(dict.fromkeys(name for verdict in self.verdicts for name in verdict.judges))


def prove(theorem: Theorem, known: dict[Statement, judges.Verdict] | None = None) -> Proof:
    """Judge every step. Raises ``JudgesDisagree``."""
    return prove_all([theorem], known)[0]


def prove_all(wanted: Sequence[Theorem], known: dict[Statement, judges.Verdict] | None = None) -> list[Proof]:
    """Judge every step of several theorems, all statements in one go, each once. Raises ``JudgesDisagree``.

    In the place of a statement that is an instance of a general one, the general one is judged.
    ``known`` may hold verdicts of statements that were judged before, and takes those judged now: theorems about
    several configurations share their parametric steps. Times are those of the judges.
    """
    known = {} if known is None else known
    whole = [[general.instance_of(theorem.number, theorem.axes, step.claim) for step in theorem.steps] for theorem in wanted]
    asked = [[(claim or step.claim).statements() for claim, step in zip(claims, theorem.steps, strict=True)]
             for claims, theorem in zip(whole, wanted, strict=True)]
    _judge(chain.from_iterable(chain.from_iterable(asked)), known)
    return [_proof(*one, known) for one in zip(wanted, whole, asked, strict=True)]


def _proof(theorem: Theorem, whole: Sequence[Claim | None], asked: Sequence[tuple[Statement, ...]],
           known: dict[Statement, judges.Verdict]) -> Proof:
    """The theorem with the verdict of every step; of an instance of a general claim that is proved, the verdict of that one."""
    verdicts, heard = list[judges.Verdict](), list[Statement]()
    for step, claim, statements in zip(theorem.steps, whole, asked, strict=True):
        verdict = (claim or step.claim).conclude([known[one] for one in statements])
        if claim is not None and verdict.outcome == "proved":
            verdicts.append(general.instance(verdict))
            continue
        if claim is not None:
            statements = step.claim.statements()
            _judge(statements, known)
            verdict = step.claim.conclude([known[one] for one in statements])
        verdicts.append(verdict)
        heard += statements
    spent = sum(max((o.milliseconds for o in known[one].opinions), default=0.0) for one in dict.fromkeys(heard))
    spent += sum(o.milliseconds for verdict in verdicts for o in verdict.opinions if o.judge in OWN)
    return Proof(theorem, tuple(verdicts), spent)


def _judge(statements: Iterable[Statement], known: dict[Statement, judges.Verdict]) -> None:
    """Those that are not known."""
    new = [one for one in dict.fromkeys(statements) if one not in known]
    if new:
        known.update(zip(new, judges.judge_all(new), strict=True))


def prove_spec(spec: ConvSpec, known: dict[Statement, judges.Verdict] | None = None, only: Sequence[int] = ()) -> tuple[Proof, ...]:
    """Every theorem of one configuration, or those of the numbers ``only``, judged."""
    return tuple(prove_all([make(spec) for make in (theorems(only) if only else theorems())], known))


def theorems(only: Sequence[int] = ()) -> tuple[Callable[[ConvSpec], Theorem], ...]:
    """The ``theorem(spec)`` functions of all files ``tNN_title`` in ``derive/theorems``, or of the numbers ``only``."""
    names = [name for number, name in files().items() if not only or number in only]
    return tuple(_about(import_module(f"{__package__}.theorems.{name}").theorem) for name in names)


def _about(make: Callable[[ConvSpec], Theorem]) -> Callable[[ConvSpec], Theorem]:
    """The same, and the theorem says which axes it is about."""
    @wraps(make)
    def made(spec: ConvSpec) -> Theorem:
        theorem = make(spec)
        object.__setattr__(theorem, "axes", spec.axes)  # nothing that is checked when it is made
        return theorem

    return made


def files() -> dict[int, str]:
    """Number → name of the file, ascending."""
    package = import_module(f"{__package__}.theorems")
    return {int(name[1:3]): name for name in sorted(info.name for info in iter_modules(package.__path__))}


@cache
def once(lines: Callable[[], Iterable[Step]]) -> tuple[Step, ...]:
    """Steps that speak of no configuration: all theorems share them."""
    return tuple(lines())


def said(lines: Iterable[Line], which: int = 0) -> Claim:
    """What the first headline among the lines is made from, for the step that is to state it."""
    return next(line for line in lines if isinstance(line, Fact)).claims[which]


def by_axis(axes: Sequence[Axis], lines: Callable[[Axis], Iterable[Line]]) -> Iterator[Line]:
    """The lines of every different axis. What is said of all axes together is a line of the theorem's own."""
    for axis in dict.fromkeys(axes):
        numbers = [str(number) for number, other in enumerate(axes) if other == axis]
        label = "" if len(numbers) == len(axes) else f"axis {' and '.join(numbers)}: "
        for line in lines(axis):
            yield replace(line, reason=label + line.reason) if isinstance(line, Step) else replace(line, axes=label)
