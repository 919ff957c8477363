"""The files that Coq reads: one with lemmas, one with what holds of every configuration, those about all layers of so many axes,
and one for each configuration.

A claim that is made of every configuration alike stands in ``General.v`` once. Index statements and sums that are proved of all
k, s, p, d and op stand in ``Any_1d.v`` and so on, and what a configuration takes from there has its numbers put in; identities
stand with the configurations. A claim without words in Coq is named in the file, and counted: nothing is left out in silence.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from .. import general as parametric
from ..claims import Claim, ForAll, SameSum
from ..notation.plain import plain
from ..notation.printer import Printer
from ..spec import ConvSpec
from ..theorem import Step, Theorem
from ..theorems import theorems
from ..theorems.t22_fast import correlates
from . import transforms
from .statements import at_numbers, words
from .terms import NotInCoq

LIBRARY, GENERAL, FAST = "Library", "General", "Fast"
APART = ("1d_k1", "2d_k3x5s2x4p1x0d3x2op1x0")  # two configurations that share no parameter on any axis
WIDTH = 120


@dataclass(frozen=True)
class Lemma:
    """A claim under its name in a file. ``statement`` and ``proof`` are empty where Coq has no words for it, and ``why`` says so."""

    name: str
    theorem: int
    claim: Claim
    statement: str
    proof: str
    why: str = ""
    taken: bool = False
    """Whether it is what another file proves, with numbers put in."""

    @property
    def text(self) -> str:
        """The theorem with its proof, or nothing."""
        return f"Theorem {self.name} : {wrapped(self.statement)}.\nProof.\n  {wrapped(self.proof)}.\nQed." if self.statement else ""


@dataclass(frozen=True)
class CoqFile:
    """A file: its module's name, text, and what it states."""

    module: str
    text: str
    lemmas: tuple[Lemma, ...] = ()

    @property
    def stated(self) -> tuple[Lemma, ...]:
        """What is written as a theorem."""
        return tuple(lemma for lemma in self.lemmas if lemma.statement)

    @property
    def missing(self) -> tuple[Lemma, ...]:
        """What has no words in Coq."""
        return tuple(lemma for lemma in self.lemmas if not lemma.statement)


def write(folder: Path, specs: Sequence[ConvSpec]) -> list[CoqFile]:
    """The files about these configurations in a folder, in the order in which Coq is to read them."""
    made = [library(), general(), fast(), *map(any_layers, axes_of(specs)), *[about(spec) for spec in dict.fromkeys(specs)]]
    folder.mkdir(parents=True, exist_ok=True)
    for file in made:
        (folder / f"{file.module}.v").write_text(file.text, encoding="utf-8")
    (folder / "_CoqProject").write_text("-Q . Convt\n" + "".join(f"{file.module}.v\n" for file in made), encoding="utf-8")
    return made


@lru_cache(maxsize=1)
def library() -> CoqFile:
    """The lemmas on sums and matrices, and the tactics."""
    return CoqFile(LIBRARY, resources.files(__package__).joinpath("Library.v").read_text(encoding="utf-8"))


def axes_of(specs: Iterable[ConvSpec]) -> list[int]:
    """The numbers of axes for which there is a file about all layers: one, and those that configurations have."""
    return sorted({1, *(spec.dims for spec in specs)})


def rests_on(spec: ConvSpec) -> list[str]:
    """The modules that the file about a configuration rests on."""
    return [LIBRARY, GENERAL, FAST, *map(any_module, axes_of([spec]))]


def module_of(spec: ConvSpec) -> str:
    """The name of a configuration as a module of Coq."""
    return "conv_" + str(spec).replace(":", "to").replace("-", "minus")


@lru_cache(maxsize=1)
def general() -> CoqFile:
    """What two configurations without a common parameter state alike, which is what all of them state."""
    first, second = ([make(ConvSpec.parse(name)) for make in theorems()] for name in APART)
    elsewhere = {lemma_of("", theorem, step).statement for theorem in second for step in theorem.steps}
    return _file(GENERAL, "What holds of every transposed convolution, and the examples of the literature", first,
                 lambda lemma: "" if lemma.statement in elsewhere else None)


@lru_cache(maxsize=1)
def fast() -> CoqFile:
    """The fast algorithms of theorem 22, one theorem each."""
    lemmas = [Lemma(f"F_{made.outputs}_{made.taps}", 22, correlates(made.outputs, made.taps), transforms.statement(made), "correlates")
              for made in transforms.algorithms()]
    lines = [comment("* Fast algorithms for short correlations (theorem 22); Library.nested takes any two of them to two axes"), "",
             f"From Convt Require Import {LIBRARY}.", ""]
    for lemma in lemmas:
        size = lemma.name[2:].replace("_", ", ")
        lines += [comment(f"F({size}): outputs by A, of products of sums of weights by G and sums of inputs by B."), lemma.text, ""]
    return CoqFile(FAST, "\n".join([*lines, *_everything([*(lemma.name for lemma in lemmas), "nested"])]) + "\n", tuple(lemmas))


def any_module(dims: int) -> str:
    """The name of the file about all layers of so many axes."""
    return f"Any_{dims}d"


@lru_cache(maxsize=3)
def any_layers(dims: int) -> CoqFile:
    """What is proved of all k, s, p, d and op: of one axis, or of several what is said of them together."""
    known = {lemma.statement: f"{GENERAL}.{lemma.name}" for lemma in general().stated}

    def elsewhere(lemma: Lemma) -> str | None:
        if not isinstance(lemma.claim, ForAll | SameSum):
            return None
        together = isinstance(lemma.claim, SameSum) or parametric.joins_axes(lemma.claim.statement)
        axes = len(parametric.theorem(lemma.theorem, dims).axes) if together else 1
        return known.get(lemma.statement, "") if axes == dims else None

    return _file(any_module(dims), f"All transposed convolutions in {dims}-D: k, s, p, d and op are letters",
                 [parametric.theorem(number, dims) for number in parametric.NUMBERS], elsewhere)


@lru_cache(maxsize=3)
def _places(dims: int) -> dict[int, str]:
    """Where what is said of all layers of so many axes is proved: the claims by what they are, as these are made once."""
    places = {lemma.statement: f"{any_module(dims)}.{lemma.name}" for lemma in any_layers(dims).stated}
    made = [parametric.theorem(number, dims) for number in parametric.NUMBERS]
    said = {id(step.claim): lemma_of("", theorem, step).statement for theorem in made for step in theorem.steps}
    return {claim: places[statement] for claim, statement in said.items() if statement in places}


def about(spec: ConvSpec) -> CoqFile:
    """What is stated of one configuration."""
    known = {lemma.statement: f"{GENERAL}.{lemma.name}" for lemma in general().stated}
    known |= {words(lemma.claim).statement: f"{FAST}.{lemma.name}" for lemma in fast().lemmas}
    return _file(module_of(spec), f"The transposed convolution {spec}", [make(spec) for make in theorems()],
                 lambda lemma: known.get(lemma.statement, ""), in_numbers, [any_module(dims) for dims in axes_of([spec])])


def lemma_of(name: str, theorem: Theorem, step: Step) -> Lemma:
    """A step as a theorem of Coq, if there are words for it."""
    try:
        made = words(step.claim)
    except NotInCoq as why:
        return Lemma(name, theorem.number, step.claim, "", "", str(why))
    return Lemma(name, theorem.number, step.claim, made.statement, made.proof)


def in_numbers(name: str, theorem: Theorem, step: Step) -> Lemma:
    """A step as what is proved of all layers, with the numbers of this one put in; else by itself."""
    if found := parametric.with_numbers(theorem.number, theorem.axes, step.claim):
        whole, numbers = found
        if place := _places(1).get(id(whole)) or _places(len(theorem.axes)).get(id(whole)):
            made = at_numbers(whole, numbers, place)
            return Lemma(name, theorem.number, step.claim, made.statement, made.proof, taken=True)
    return lemma_of(name, theorem, step)


def _file(module: str, title: str, made: Iterable[Theorem], elsewhere: Callable[[Lemma], str | None],
          stated: Callable[[str, Theorem, Step], Lemma] = lemma_of, beside: Sequence[str] = ()) -> CoqFile:
    """Every theorem with its steps; what is stated ``elsewhere`` is named there, or left to others (None)."""
    lemmas = dict[str, Lemma]()
    lines = [comment(f"* {title}"), "", f"From Convt Require Import {LIBRARY}.", *(f"From Convt Require {file}." for file in beside),
             "", "Section Statements.",
             comment("Values of entries: the elements of any commutative ring."), "Variable K : values.",
             "Add Ring values_ring : (laws K).", ""]
    for theorem in made:
        head = [comment(f"** Theorem {theorem.number}, {theorem.title}: {theorem.not_applicable or theorem.why}"), ""]
        lines += head if theorem.not_applicable else []
        title = re.sub(r"[^a-z0-9]+", "_", theorem.title.lower())
        for number, step in enumerate(theorem.steps, 1):
            lemma = stated(f"T{theorem.number:02}_{title}_{number}", theorem, step)
            place = elsewhere(lemma)
            if place is None:
                continue
            place = place or (lemmas[lemma.statement].name if lemma.statement in lemmas else "")
            lines, head = lines + head, []
            lines += [comment(f"{step.reason}. {formula_of(step)}".strip())]
            if place:
                lines += [comment(f"This is {place}."), ""]
                continue
            lemmas[lemma.statement or lemma.name] = lemma
            lines += [lemma.text or comment(f"NOT STATED in Coq: {lemma.why}."), ""]
    lines += ["End Statements.", ""]
    lines += _everything(lemma.name for lemma in lemmas.values() if lemma.text)
    return CoqFile(module, "\n".join(lines) + "\n", tuple(lemmas.values()))


def _everything(names: Iterable[str]) -> Iterator[str]:
    """One definition that uses all theorems, so that one question about axioms answers for all."""
    yield comment("No theorem above rests on an axiom: Coq answers 'Closed under the global context'.")
    yield "Definition everything : True :="
    yield from (f"  let _ := {name} in" for name in names)
    yield "  I."
    yield "Print Assumptions everything."


def formula_of(step: Step) -> str:
    """The claim as the documents print it."""
    return plain(step.claim.latex(Printer()))


def comment(text: str) -> str:
    """Words for a reader; nothing in them is read by Coq."""
    safe = text.replace("(*", "( *").replace("*)", "* )").replace('"', "'")
    return "\n    ".join(textwrap.wrap(f"(** {safe} *)", WIDTH, break_long_words=False, break_on_hyphens=False))


def wrapped(text: str) -> str:
    """Long lines broken at blanks, indented as they begin."""
    lines = list[str]()
    for line in text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip(" ")) + 2)
        lines += textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False,
                               drop_whitespace=True) or [""]
    return "\n".join(lines)
