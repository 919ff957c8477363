"""Formulas within sentences: which words of "tap a of feature i lands at t = s·i + d·a" are mathematics, and how that is set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..notation.characters import LATEX_OF, bars, in_latex

SIGNS = "=≤≥<>·−+⌊⌋⌈⌉⇔⇒≠∧∨Σ∂⟨⟩|‖²∃∈×⊗→…↑↓₀₁₂₃₄₅₆₇₈₉′″ᵀᴴ\u0304"
OPERATORS = "=≤≥<>·−+⇔⇒≠×⊗→"
NAMES = ("op", "lo", "hi", "max", "min", "mod", "gcd", "conj")  # words that stand in formulas
FUNCTIONS = {"max": r"\max ", "min": r"\min ", "mod": r" \bmod ", "gcd": r"\gcd "}
LETTER = r"[A-Za-zα-ωū𝒜𝒢ℬ][\u0304′″'₀-₉ᵀᴴ]*"
SIMPLE = re.compile("|".join((  # words that are formulas by themselves
    rf"{LETTER}(_\w+)?", "[₀-₉]", r"q\*", f"{LETTER}/{LETTER}", rf"\d*{LETTER}\[.*", r"\d+[a-zA-Z]", r"\d*[a-zA-Z]\(.*",
    rf"({'|'.join(NAMES)})\(.*", r"(.*[^A-Za-z])?[A-Za-z]_\w.*")))
BEFORE_A = {"taps", "some", "and", "of", "with", "row", "at", "where", "entry"}  # words behind which a lone "a" may be the tap
VERBS = {"is", "has", "are", "by", "x", "at", "of", "itself", "and", "in", "alone", "sends"}


def parts(text: str) -> Iterator[tuple[bool, str]]:
    """(is mathematics, text) of a sentence, in order; blanks belong to the words."""
    words = text.split(" ")
    marks = [_is_formula(words, number) for number in range(len(words))]
    for number, word in enumerate(words):  # numbers beside operators, and a tap between letters
        left, right = (marks[at] if 0 <= at < len(words) else False for at in (number - 1, number + 1))
        counted = re.fullmatch(r"[\d(){}\[\],:;.]+", word)
        beside = (left and _operator(words[number - 1])) or (right and _operator(words[number + 1]))
        listed = left and re.fullmatch(r"[\w−]{1,2}[)\]],?.*|\d+,", word) and _unclosed(words[_start(marks, number):number])  # (1, 1)
        if (counted and beside) or (word == "a," and left and right) or listed:
            marks[number] = True
    run, before = list[str](), False
    for word, mark in zip(words, marks, strict=True):
        if run and (mark != before or (mark and _ends(run[-1]) and not _unclosed(run))):
            yield before, " ".join(run)
            run = []
        run.append(word)
        before = mark
    yield before, " ".join(run)


def _start(marks: list[bool], number: int) -> int:
    """Where the formula begins that ends before this word."""
    while number and marks[number - 1]:
        number -= 1
    return number


def _unclosed(words: list[str]) -> bool:
    """Whether a bracket is still open behind these words."""
    return any(" ".join(words).count(left) > " ".join(words).count(right) for left, right in ("()", "[]"))


def _ends(word: str) -> bool:
    """Whether a sentence's comma, colon or semicolon ends a formula here."""
    return word[-1:] in ".;:" or (word[-1:] == "," and len(word) > 3 and not re.search(r"[()\[⟨]", word))


def _is_formula(words: list[str], number: int) -> bool:
    word = words[number].rstrip(".,;:")
    bare = word.strip("()[]{}")
    before, following = (words[at] if 0 <= at < len(words) else "" for at in (number - 1, number + 1))
    if bare == "a":
        plain = re.match(r"[a-z]{3,}|\d", following) is not None
        return before.lower() == "tap" or _operator(following) or _operator(before) or (not plain and (before in BEFORE_A or word != "a"))
    if word == "A" and number == 0 and re.match(r"[a-z]{2,}|\d", following) and following not in VERBS:
        return False
    if bare in NAMES or (bare == "span" and (_operator(before) or _operator(following))) or SIMPLE.fullmatch(bare):
        return bare != "mod" or number > 0
    if re.search(r"[A-Za-z]{3,}", re.sub("|".join((*NAMES, "span")), "", bare)) or not bare:
        return False
    return any(sign in word for sign in SIGNS)


def _operator(word: str) -> bool:
    return word == "mod" or (bool(word) and all(letter in SIGNS for letter in word))


def formula(text: str) -> str:
    """A formula in plain characters as LaTeX mathematics."""
    made = bars(re.sub(r"([{}#&%])", r"\\\1", text))
    made = re.sub(r"\b(max|min|mod|gcd)\b", lambda m: FUNCTIONS[m[1]], made)
    if "*" in made or re.search("[↓↑]_", made):  # a word: its letters stand apart
        made = made.replace(" ", r"\, ")
    made = re.sub(r"(?<![\\A-Za-z_])(op|lo|hi|span|conj|pad)(?![A-Za-z])", r"\\mathrm{\1}", made)
    made = re.sub(r"_([A-Za-z]{2,})", r"_{\\mathrm{\1}}", made)
    made = re.sub(r"([_^])\(((?:[^()]|\([^()]*\))*)\)", r"\1{\2}", re.sub(r"_(\d{2,})", r"_{\1}", made))  # of several characters
    made = re.sub(r"(?<=[q)])\*", "{*}", made)  # of a word, no product
    return "".join(LATEX_OF.get(letter, letter) for letter in made)


def set_in_latex(text: str) -> str:
    """The sentence for LaTeX, its formulas as mathematics."""
    made = list[str]()
    for mathematics, run in parts(text):
        core = run.rstrip(".,;:") if mathematics else run
        ending = "{}" if core[-1:] in OPERATORS else ""  # an operator before a word keeps its blanks
        made.append(f"${formula(core)}{ending}${run[len(core):]}" if mathematics and core else in_latex(run))
    return " ".join(made)
