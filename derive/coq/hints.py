"""What ``lia`` is told of products of letters, which it takes for letters of their own.

A statement about all parameters names pairs of terms: their product is not negative where they are not. Said like that, each
pair is a question, and the cases that ``lia`` looks at double with it. So what a premise decides is said as a fact, and pairs that
differ by signs, or by one, are said together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy

from ..judges.linear import non_negative
from ..logic import Equal, Parameter
from ..statement import letters_of
from .terms import Names, term

Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Hints:
    """Pairs of terms, and the premises that are known where they are told."""

    pairs: Sequence[Pair]
    known: Sequence[Any]

    def split(self, letters: Set[Any]) -> tuple[Hints, Hints]:
        """Those that speak of these letters alone, and the others."""
        ready = [pair for pair in self.pairs if letters_of(pair[0] * pair[1]) <= letters]
        return Hints(ready, self.known), Hints([pair for pair in self.pairs if pair not in ready], self.known)

    def told(self, names: Names) -> str:
        """Tactics that say so: what is 0 first, then facts, then what is left of questions."""
        found = [(FACT not in known, _posed(lemma, terms, known, names)) for lemma, terms, known in self._lemmas()]
        return "".join([*(_nought(x, letter, names) for x, letter in self._noughts.values()),
                        *(words for _, words in sorted(dict.fromkeys(found), key=lambda one: one[0]))])

    @cached_property
    def _every(self) -> set[Pair]:
        """All pairs, in both orders, multiplied out."""
        return {(sympy.expand(x), sympy.expand(y)) for pair in self.pairs for x, y in (pair, pair[::-1])}

    def _all_told(self, xs: Iterable[Any], ys: Iterable[Any]) -> bool:
        return all((sympy.expand(x), sympy.expand(y)) in self._every for x in xs for y in ys)

    @cached_property
    def _noughts(self) -> dict[Any, Pair]:
        """Terms x that are 0 because c·x is, with the letter c: of these x − 1 and −x − 1 are paired with it, and x with others."""
        found = dict[Any, Pair]()
        for pair in self.pairs:
            for x, y in (pair, pair[::-1]):
                letter = next((c for c in self._letters if self._all_told((x - 1, -x - 1), [c])), None)
                if letter is not None and self._all_told((x, -x), (y, -y)):
                    found[sympy.expand(upright(x))] = upright(x), letter
        return found

    @property
    def _letters(self) -> list[Any]:
        """Those that are 1 or more."""
        return list(dict.fromkeys(one for pair in self.pairs for one in pair if isinstance(one, Parameter) and one.positive_by_law))

    def _lemmas(self) -> Iterator[tuple[str, Iterable[Any], str]]:
        """(lemma of the library, terms, proofs of what it supposes) for each pair."""
        zeros = {sympy.expand(node.args[0] - node.args[1]): node.args for node in self.known if isinstance(node, Equal)}
        zeros |= {zero: (x, sympy.Integer(0)) for zero, (x, _) in self._noughts.items()}
        zeros |= {sympy.expand(-difference): sides for difference, sides in zeros.items()}
        facts = set(non_negative(tuple(self.known)))
        for x, y in self.pairs:
            if any(sympy.expand(-side - 1) in facts for side in (x, y)):
                continue  # it says nothing: one of them is negative
            nought = next((sides for sides in ((x, y), (y, x)) if sympy.expand(sides[0]) in zeros), None)
            free, letter = (y, x) if isinstance(x, Parameter) else (x, y)
            if nought:
                yield "times_equal", (*zeros[sympy.expand(nought[0])], upright(nought[1])), GIVEN
            elif self._all_told((x, -x), (y, -y)):
                yield "times_nought", (upright(x), upright(y)), ""
            elif not (isinstance(letter, Parameter) and letter.positive_by_law):
                yield "Z.mul_nonneg_nonneg", (x, y), ""
            elif sympy.expand(free) in facts:
                yield "times_positive", (free, letter), GIVEN + FACT
            elif {sympy.expand(upright(free + 1)), sympy.expand(upright(free - 1))} & self._noughts.keys():
                continue  # it was used to see that this is 0
            else:
                near = (upright(free), upright(free + 1))
                middle = next((one for one in near if self._all_told((one, -one, one - 1, -one - 1), [letter])), None)
                lemma, one = ("times_positive", free) if middle is None else ("times_ordered", sympy.expand(middle))
                yield lemma, (one, letter), GIVEN


def _posed(lemma: str, terms: Iterable[Any], known: str, names: Names) -> str:
    return f"pose proof ({lemma} {' '.join(f'({term(one, names)})' for one in terms)}{known}); "


def _nought(x: Any, letter: Any, names: Names) -> str:
    """That x is 0: neither 1 or more nor −1 or less, as the product with the letter would be, too."""
    sides = "".join(_posed("times_positive", (side, letter), GIVEN, names) for side in (x - 1, -x - 1))
    return f"assert ({term(x, names)} = 0) by ({sides}lia); "


GIVEN, FACT = " ltac:(assumption)", " ltac:(lia)"
NO_HINTS = Hints((), ())


def upright(x: Any) -> Any:
    """A term or its negative: always the same one of the two."""
    return -x if x.could_extract_minus_sign() else x
