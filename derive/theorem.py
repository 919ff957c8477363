"""Theorem, Step, Proof: what a theorem file returns and what proving it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal

from . import judges
from .claims import Claim, ForAll
from .form import symbols
from .logic import All, Between, Equal, Iff
from .spec import Axis, ConvSpec
from .statement import Statement, Variable

Scope = Literal["all sizes", "this size"]
ENOUGH = {"all sizes": {"proved"}, "this size": {"proved", "checked"}}


@dataclass(frozen=True)
class Step:
    """One judged line of a proof: why it is true in words, and the claim itself."""

    reason: str
    claim: Claim
    scope: Scope = "all sizes"


@dataclass(frozen=True)
class Theorem:
    """A numbered fact about one configuration, as the list of the steps that prove it."""

    number: int
    title: str
    scope: Scope
    why: str
    steps: tuple[Step, ...]
    says: str = ""
    not_applicable: str = ""
    """Why there is nothing to prove for this configuration; then there are no steps."""

    def _repr_html_(self) -> str:
        return prove(self)._repr_html_()

    def _repr_latex_(self) -> str:
        return prove(self)._repr_latex_()


@dataclass(frozen=True)
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
    def holds(self) -> bool:
        """Whether every step reaches its scope (or there is none, with a reason)."""
        return self.outcome in ENOUGH[self.theorem.scope] or bool(self.theorem.not_applicable)

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

    ``known`` may hold verdicts of statements that were judged before, and takes those judged now: theorems about
    several configurations share their parametric steps. Times are those of the judges.
    """
    known = {} if known is None else known
    statements = [[step.claim.statements() for step in theorem.steps] for theorem in wanted]
    new = dict.fromkeys(statement for theorem in statements for group in theorem for statement in group
                        if statement not in known)
    known.update(zip(new, judges.judge_all(list(new)), strict=True))
    proofs = []
    for theorem, groups in zip(wanted, statements, strict=True):
        verdicts = tuple(step.claim.conclude([known[statement] for statement in group])
                         for step, group in zip(theorem.steps, groups, strict=True))
        spent = sum(max((o.milliseconds for o in verdict.opinions), default=0.0) for verdict in verdicts)
        proofs.append(Proof(theorem, verdicts, spent))
    return proofs


def prove_spec(spec: ConvSpec, known: dict[Statement, judges.Verdict] | None = None) -> tuple[Proof, ...]:
    """Every theorem of one configuration, judged."""
    return tuple(prove_all([make(spec) for make in theorems()], known))


def theorems(only: Sequence[int] = ()) -> tuple[Callable[[ConvSpec], Theorem], ...]:
    """The ``theorem(spec)`` functions of all files ``tNN_title`` in ``derive/theorems``, or of the numbers ``only``."""
    package = import_module(f"{__package__}.theorems")
    names = sorted(info.name for info in iter_modules(package.__path__) if not only or int(info.name[1:3]) in only)
    return tuple(import_module(f"{package.__name__}.{name}").theorem for name in names)


def each_axis(spec: ConvSpec) -> Iterator[tuple[str, Axis]]:
    """The different axes of a spec with a label: equal axes are proved once."""
    for axis in dict.fromkeys(spec.axes):
        numbers = [str(number) for number, other in enumerate(spec.axes) if other == axis]
        yield ("" if len(numbers) == spec.dims else f"axis {' and '.join(numbers)}: "), axis


def by_axis(spec: ConvSpec, steps: Callable[[Axis], Iterable[Step]]) -> tuple[Step, ...]:
    """The steps of every different axis, and the product rule where there are several axes."""
    rows = [Step(label + step.reason, step.claim, step.scope) for label, axis in each_axis(spec)
            for step in steps(axis)]
    return (*rows, product_rule(spec.dims)) if spec.dims > 1 else tuple(rows)


def product_rule(dims: int) -> Step:
    """An equivalence that holds on every axis holds for the product: the N-D relation is the axes' conjunction."""
    pairs = [symbols(f"L_{number} R_{number}") for number in range(1, dims + 1)]
    flags = tuple(Variable(flag, 0, 1) for pair in pairs for flag in pair)
    ranges = tuple(Between(0, flag.symbol, 1) for flag in flags)
    equal = tuple(Equal(left, right) for left, right in pairs)
    claim = Iff(All(*[Equal(left, 1) for left, _ in pairs]), All(*[Equal(right, 1) for _, right in pairs]))
    reason = (f"the index relation of {dims} axes is the conjunction of the axes' relations: "
              "what is equivalent on each axis is equivalent together")
    return Step(reason, ForAll(Statement(flags, ranges + equal, claim)))
