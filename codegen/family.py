"""One family of kernels and what it decides about a problem: a ``FamilyPlan`` is all that anybody asks of it later."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol

from . import fitted
from .pieces import Piece
from .problem import Problem
from .target import Target


class Code(Protocol):
    """What every family emits: the function that runs it, and the C pieces that this needs.

    Also, where it has them: ``template``, of its Cython text, whose own the other fields are; ``pack_symbol``, the
    function that packs weights; ``table``, the constants about this kernel that the functions read.
    """

    @property
    def symbol(self) -> str: ...

    @property
    def pieces(self) -> tuple[Piece, ...]: ...


class Family(Protocol):
    """A file in ``codegen/families``: ``NAME``, ``accepts``, ``plan``, ``cost``, ``together`` and ``corners``, the sizes that the
    checks visit.

    ``plan`` decides what is emitted; ``corners`` are of what it decided. A corner has ``batch``, ``inputs`` and ``outputs``
    (channels), ``groups``, ``extra`` (features of each axis beyond the least) and, if it needs them, ``along`` (of the last axis)
    and ``growth`` (of intermediate sums).

    ``together`` says of each axis how many neighbouring outputs of a phase come from one window of inputs, the first of them
    at a multiple of it (less a constant of the phase). They round together: a slice of a large array that begins at such a
    multiple and holds all of the windows has the bits that the whole has. 1 where each output is a sum of its own, whose
    terms come in an order that no position changes.

    Also, where it needs them: ``rounding``, the bound on its errors, with ``growth`` and ``longest``, which ``error_bound`` reads;
    ``RESTS_ON``, theorems beyond those of every kernel; ``GIVES_UP``, the arguments whose Inf and NaN it leaves to the fallback,
    and whether huge values too.
    """

    NAME: str

    def accepts(self, problem: Problem) -> bool: ...

    def plan(self, problem: Problem, shape: Target) -> Code: ...

    def cost(self, problem: Problem, shape: Target) -> str: ...

    def together(self, problem: Problem) -> tuple[int, ...]: ...

    def corners(self, problem: Problem, shape: Target, made: Any) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class FamilyPlan:
    """One family of a kernel: all that is asked of it later, by whoever renders, proves, checks or certifies."""

    name: str
    code: Code
    cost: str
    """Estimated nanoseconds, as an expression in the sizes of a call."""
    corners: tuple[dict[str, Any], ...]
    """Sizes that its checks visit."""
    rounding: str
    """The bound on its rounding errors, in words."""
    rests_on: tuple[int, ...]
    """Numbers of theorems, beyond those of every kernel."""
    gives_up: tuple[str, bool] | None
    """The arguments whose Inf and NaN it leaves to the fallback, and whether huge values too; None where it takes all."""


def families() -> tuple[Family, ...]:
    """The modules in ``codegen/families``, by name: nothing is registered."""
    package = import_module(f"{__package__}.families")
    names = sorted(info.name for info in iter_modules(package.__path__))
    return tuple(import_module(f"{package.__name__}.{name}") for name in names)


def planned(family: Family, problem: Problem, shape: Target) -> FamilyPlan:
    """What a family decides about a problem that it accepts."""
    code = family.plan(problem, shape)
    return FamilyPlan(
        family.NAME, code, fitted.scaled(family.cost(problem, shape), shape, problem.map, family.NAME),
        tuple(family.corners(problem, shape, code)), getattr(family, "rounding", usual_rounding)(problem),
        tuple(getattr(family, "RESTS_ON", ())), getattr(family, "GIVES_UP", None))


def together(problem: Problem, family: str) -> tuple[int, ...]:
    """Of each axis, how many neighbouring outputs of a phase a family of this problem's kernel computes from one window."""
    return _called(family).together(problem)


def usual_rounding(problem: Problem) -> str:
    """Higham's bound for sums of products of finite numbers; families that sum otherwise have their own ``rounding``."""
    terms = "Σ" + "".join(f"|{letter}|" for letter in "wux" if letter in problem.roles.reads)
    bias = " with the bias" * problem.roles.biased
    return f"|error| ≤ γ·{terms}, γ = t·ε/(1 − t·ε), t terms{bias}, ε half a unit in the last place"


def amplification(problem: Problem, family: str) -> tuple[float, int]:
    """(how many times the rounding errors of direct sums, how many more roundings) the bound of a family allows."""
    growth = getattr(_called(family), "growth", None)
    return growth(problem) if growth else (1.0, 0)


def _called(name: str) -> Family:
    return next(family for family in families() if name == family.NAME)


def error_bound(problem: Problem, family: str, terms: int) -> tuple[float, bool]:
    """What the errors of a family on finite data stay below for sums of so many terms, and whether that is a share of t·max·max.

    Else it is a share of the sum of the terms' magnitudes. It is the bound that ``FamilyPlan.rounding`` states in words.
    """
    made, (times, more) = _called(family), amplification(problem, family)
    element, longest = problem.element, getattr(made, "longest", lambda terms: terms)(terms)
    share = (longest + more) * element.parts * element.rounding
    return times * share / (1 - share) if share < 1 else float("inf"), times > 1
