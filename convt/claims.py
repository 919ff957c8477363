"""Common statements about transposed convolutions, judged: true, conditional or false, with a counterexample in numbers.

    from convt import claims
    [claim.statement for claim in claims.claims("lengths")]
    claims.judge(14).verdict                                  # 'true', 'conditional' or 'false'

Nothing is written down beforehand: the verdict is what the judges find for the statement's cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from convt._derive import folklore
from convt._derive.counterexample import Number
from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec, integer

__all__ = ["Claim", "Counterexample", "Judgement", "claims", "judge", "topics"]


@dataclass(frozen=True)
class Claim:
    """A statement as people make it. ``source``: where it is made, if that is known."""

    number: int
    topic: str
    statement: str
    source: str


@dataclass(frozen=True)
class Counterexample:
    """Numbers for which a statement is wrong: one channel, all arrays row-major.

    ``map``: "conv" or "conv_transpose"; ``size``: lengths of the input; ``given``: where the input comes from; ``found``: what
    comes out, exactly; ``expected``: what the statement says comes out, and why, in words.
    """

    map: str
    spec: ConvSpec
    size: tuple[int, ...]
    input: tuple[Number, ...]
    weights: tuple[Number, ...]
    bias: Number
    given: str
    found: tuple[Number, ...]
    expected: str


@dataclass(frozen=True)
class Judgement:
    """What the judges found: ``verdict`` "true", "conditional" or "false"; ``condition``: when it holds; ``mended``: what is true.

    ``held`` of ``cases`` geometries or conventions; ``counterexample`` is None for what is true.
    """

    claim: Claim
    verdict: str
    condition: str
    mended: str
    because: str
    held: int
    cases: int
    judges: tuple[str, ...]
    counterexample: Counterexample | None


def topics() -> tuple[str, ...]:
    """The topics, in the order of their first statement."""
    return folklore.topics()


def claims(topic: str | None = None) -> tuple[Claim, ...]:
    """All statements by number, or those of one topic. ``ArgumentError`` for a topic that there is not."""
    if topic is not None and topic not in folklore.topics():
        close = get_close_matches(str(topic), folklore.topics(), 1, 0)
        raise ArgumentError("topic", topic, "must be one of " + ", ".join(folklore.topics()), close[0])
    return tuple(_claim(saying) for saying in folklore.sayings() if topic in (None, saying.topic))


@lru_cache(maxsize=64)
def judge(number: int) -> Judgement:
    """Ask the judges about the statement of this number; seconds for some. ``ArgumentError`` where there is none."""
    known = {saying.number: saying for saying in folklore.sayings()}
    saying = known[integer("number", number, min(known), max(known))]
    judged = folklore.judge(saying)
    replay = judged.replay
    example = None if replay is None else Counterexample(
        replay.map_name, replay.spec, replay.size, replay.input, replay.weights, replay.bias, replay.given, replay.found,
        f"{replay.expected} ({replay.expected.how})")
    return Judgement(_claim(saying), judged.outcome, saying.condition, saying.mended, saying.because, judged.held, judged.cases,
                     judged.judges, example)


def _claim(saying: folklore.Saying) -> Claim:
    return Claim(saying.number, saying.topic, saying.statement, saying.source)
