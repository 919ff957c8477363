"""A claim as a theorem of Coq: what it says, and a proof."""

from __future__ import annotations

from dataclasses import dataclass

from ..claims import Certificate, Claim, ForAll, Identity, SameSum, Unequal
from ..statement import Put
from . import algebra, index, sums
from .terms import NotInCoq


@dataclass(frozen=True)
class Words:
    """A statement and the tactics that prove it."""

    statement: str
    proof: str


def words(claim: Claim) -> Words:
    """The claim in Coq's words. Raises ``NotInCoq`` where there are none."""
    if isinstance(claim, ForAll):
        return Words(index.statement(claim.statement), index.proof(claim.statement))
    if isinstance(claim, SameSum):
        return Words(sums.statement(claim), sums.proof(claim))
    if isinstance(claim, Identity):
        return Words(*algebra.identity(claim))
    if isinstance(claim, Unequal):
        return Words(*algebra.unequal(claim))
    if isinstance(claim, Certificate):
        return Words(*algebra.certificate(claim))
    raise NotInCoq(f"no words for a {type(claim).__name__}")


def at_numbers(general: ForAll | SameSum, numbers: Put, place: str) -> Words:
    """What a claim about all parameters says of these numbers; it is proved at ``place``."""
    if isinstance(general, ForAll):
        return Words(index.statement(general.statement, numbers), index.instance(general.statement, numbers, place))
    return Words(sums.statement(general, numbers), sums.instance(general, numbers, place))
