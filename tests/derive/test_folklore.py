"""Common statements: the verdicts are those of the mathematics, computed from the judges, and they fail when something is wrong."""

from dataclasses import replace

import pytest

from convt._derive import folklore, judges
from convt._derive.claims import ForAll, Identity
from convt._derive.folklore import ConditionIsWrong, judge, sayings

TRUE = {2, 7, 17, 22, 25, 30, 31}
FALSE = {6, 13, 14, 15, 16}


@pytest.fixture(scope="module")
def judged():
    return {saying.number: judge(saying) for saying in sayings()}


def test_every_verdict(judged):
    assert list(judged) == list(range(1, 38))
    for number, one in judged.items():
        assert one.outcome == ("true" if number in TRUE else "false" if number in FALSE else "conditional"), one.saying.statement


def test_counterexamples_stand_with_whatever_is_not_true(judged):
    for one in judged.values():
        assert (one.failing is None) == (one.outcome == "true")
        assert bool(one.saying.condition and one.saying.mended) == (one.outcome != "true")
        assert one.saying.because.count(".") >= 2 and one.saying.source
        if one.replay is not None:
            assert one.replay.found != one.replay.said
    assert sum(one.replay is not None for one in judged.values()) >= 25


def test_the_examples_of_the_literature(judged):
    assert judged[34].replay.found == (1, 2, 1, 1)
    assert judged[8].replay.found == (1, 3, 2, 2, 4, 10, 6, 6, 3, 7, 4, 4, 3, 7, 4, 4)
    assert judged[12].replay.found == (1 + 1j, 2 - 1j)
    assert judged[14].replay.found[:4] == (1, 0, 1, 0)
    assert judged[6].replay.found == (1, 1, 0)


def test_a_condition_that_is_not_exact_is_an_error():
    for number in (1, 10, 19, 27, 32, 34, 36, 37):
        saying = sayings()[number - 1]

        def turned(cases=saying.cases):
            first, *rest = cases()
            return [replace(first, condition=not first.condition), *rest]

        with pytest.raises(ConditionIsWrong, match=f"statement {number}"):
            judge(replace(saying, cases=turned))


def test_a_mended_statement_that_is_false_is_an_error():
    saying = sayings()[13]
    with pytest.raises(ConditionIsWrong, match="mended"):
        judge(replace(saying, mended_claims=lambda: [Identity((1,), (2,))]))


def test_another_statement_gets_another_verdict():
    """Statement 7 with one index off, and statement 30 with another result, do not pass as true."""
    swapped = sayings()[6]

    def off_by_one():
        for case in swapped.cases():
            same = case.claims[0]
            wrong = replace(same, forward={**same.forward, next(iter(same.forward)): next(iter(same.forward)) + 1})
            yield replace(case, claims=(wrong,))

    with pytest.raises(ConditionIsWrong):
        judge(replace(swapped, cases=off_by_one))
    example = sayings()[29]
    case = next(iter(example.cases()))
    identity = case.claims[0]
    with pytest.raises(ConditionIsWrong):
        judge(replace(example, cases=lambda: [replace(case, claims=(replace(identity, right=(*identity.right[::-1][:2], 0)),))]))


def test_a_judge_that_believes_everything_is_noticed(monkeypatch):
    from convt._derive.judges import enumerate as enumeration
    from convt._derive.judges import isl, smt

    believe = judges.Opinion("isl", "proved")
    monkeypatch.setattr(isl, "judge", lambda statement: believe)
    monkeypatch.setattr(enumeration, "judge", lambda statement: judges.Opinion("enumerate", "checked"))
    monkeypatch.setattr(smt, "ask", lambda statement: [])
    noticed = 0
    for saying in sayings():
        if any(isinstance(claim, ForAll) for case in saying.cases() for claim in case.claims):
            try:
                judge(saying)
            except ConditionIsWrong:
                noticed += 1
    assert noticed >= 10


def test_topics_cover_every_statement():
    assert {saying.topic for saying in sayings()} == set(folklore.topics())
