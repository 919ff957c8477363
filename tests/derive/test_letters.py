"""A letter means one thing in a whole document: what theorems share is said once, what is a theorem's own at the theorem."""

import re

import pytest
import sympy

from convt._derive import ConvSpec
from convt._derive.claims import Certificate, ForAll, Identity, SameSum, Unequal, written
from convt._derive.expression import entries
from convt._derive.general import NUMBERS, theorem
from convt._derive.render.inline import NAMES, parts
from convt._derive.render.letters import FACTORS, MEANINGS, OWN, own_letters
from convt._derive.theorems import theorems

SPECS = ["1d_k4s2p1", "1d_k3s2p1d2", "2d_k3s2p1op1", "2d_k4x2s3x2p1:0x-1:2d1x3op2x0", "3d_k2s2"]
SHARED = {name: meaning for letters, meaning in (MEANINGS | FACTORS).items() for name in letters.split(", ")}
COUNTED = {"B", "G", "F", "C"}  # said with b, γ, f and c, which they bound


def own(number):
    return {name: meaning for letters, meaning in OWN.get(number, {}).items() for name in letters.split(", ")}


def bare(name):
    """Without an index that is a number or a place, and without primes."""
    return re.sub(r"_\{.*?\}|_?\d+$|['′″]", "", name).rstrip("0123456789")


def spoken(claim):
    """The names of all letters and arrays of a claim, bound ones too."""
    nodes = []
    if isinstance(claim, ForAll):
        made = claim.statement
        nodes = [*(v.symbol for v in made.variables), *made.given, *made.define, made.claim]
    elif isinstance(claim, SameSum):
        sides = [written(claim.left), written(claim.right)]
        nodes = [*claim.given, *claim.define, *(node for side in sides for node in (side.summand, side.condition, *(v.symbol for v in side.variables)))]
    elif isinstance(claim, Certificate):
        nodes = [*(value for _, value in claim.hypotheses), claim.goal]
    elif isinstance(claim, Identity):
        nodes = [*entries(claim.left), *entries(claim.right)]
    elif isinstance(claim, Unequal):
        nodes = [symbol for symbol, _ in claim.point]
    atoms = set().union(*(sympy.S(node).atoms(sympy.Symbol, sympy.IndexedBase) for node in nodes)) if nodes else set()
    return {str(atom) for atom in atoms}


def made(number):
    """A theorem in the documents: about configurations, and about all."""
    return [*(make(ConvSpec.parse(name)) for make in theorems((number,)) for name in SPECS), *([theorem(number)] if number in NUMBERS else [])]


def test_no_letter_has_two_meanings():
    names = [name for letters in (MEANINGS | FACTORS) for name in letters.split(", ")]
    assert len(names) == len(set(names))
    found = dict(SHARED) | dict.fromkeys(COUNTED, "bounds")
    for number in OWN:
        for name, meaning in own(number).items():
            assert found.setdefault(name, meaning) == meaning, (number, name)


@pytest.mark.parametrize("number", range(1, 31))
def test_every_letter_is_in_the_list_or_the_theorem_s_own(number):
    known = {*SHARED, *COUNTED, *own(number)}
    known |= {bare(name) for name in known}
    for one in made(number):
        for step in one.steps:
            missing = {name for name in spoken(step.claim) if bare(name) not in known}
            assert not missing, f"{missing} is neither in MEANINGS nor in OWN[{number}] of derive/render/letters.py: {step.reason}"


def test_a_theorem_s_own_letters_are_spoken_of_there():
    for number in OWN:
        printed = set().union(*(spoken(step.claim) for one in made(number) for step in one.steps))
        words = " ".join(step.reason for one in made(number) for step in one.steps)
        for name in own(number):
            assert bare(name) in {bare(one) for one in printed} or name in words, (number, name)


WORDS = (*(rf"\\b{name}(?![a-z])" for name in NAMES if name not in ("op", "lo", "hi")), "im2col", "col2im", "conj", r"F\(\d", "Im")


def mathematics(text):
    """The letters of the formulas in a sentence."""
    for formula, run in parts(text):
        if formula:
            yield from re.findall(r"(?<![A-Za-z_])(?:op|[pP]_(?:lo|hi)|[A-Za-zα-ω𝒜𝒢ℬ](?![a-z]{2}|[a-z]\b))", re.sub(rf"{'|'.join(WORDS)}", " ", run))


@pytest.mark.parametrize("number", range(1, 31))
def test_letters_in_words_are_known_too(number):
    known = {bare(name) for name in {*SHARED, *COUNTED, *own(number)}}
    for one in made(number):
        for text in (one.says, *(step.reason for step in one.steps), *map(str, one.headline), own_letters(number)):
            missing = {letter for letter in mathematics(text) if bare(letter) not in known}
            assert not missing, (missing, text)
