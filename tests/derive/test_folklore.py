"""Common statements: the verdicts are those of the mathematics, computed from the judges, and they fail when something is wrong."""

from dataclasses import replace

import pytest

from convt._derive import folklore, judges
from convt._derive.claims import ForAll, Identity
from convt._derive.folklore import ConditionIsWrong, judge, sayings
from convt._derive.logic import Iff

TRUE = {2, 7, 17, 22, 30, 31}
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
            assert not one.replay.expected.agrees(one.replay)
    assert sum(one.replay is not None for one in judged.values()) >= 28


def test_the_examples_of_the_literature(judged):
    assert judged[34].replay.found == (2, 5, 4, 6)
    assert judged[8].replay.found == (1, 3, 2, 2, 4, 10, 6, 6, 3, 7, 4, 4, 3, 7, 4, 4)
    assert judged[12].replay.found == (1 + 1j, 4 + 1j, 4 - 2j)
    assert judged[14].replay.found[:4] == (1, 3, 1, 3)
    assert judged[6].replay.found == (3, 8, 5)
    assert (judged[13].replay.found, judged[13].replay.expected.values) == ((49, 62), (25, 50))
    assert judged[16].replay.expected.values == (5, 7, 5, 7)


def test_the_numbers_of_a_case_must_say_what_the_judges_say():
    """What the statement expects comes out wherever it holds, and a statement that is wrong has a case that shows it."""
    saying = sayings()[33]

    def spoilt(cases=saying.cases):
        for case in cases():
            said = case.replay.expected
            yield replace(case, replay=replace(case.replay, expected=replace(said, values=(*said.values[:-1], 7))))

    def silent(cases=saying.cases):
        return [replace(case, replay=None) for case in cases()]

    with pytest.raises(ConditionIsWrong, match="its numbers say"):
        judge(replace(saying, cases=spoilt))
    with pytest.raises(ConditionIsWrong, match="no case shows"):
        judge(replace(saying, cases=silent))


def test_statements_that_followed_from_their_own_premises_can_fail_now():
    """22 and 25 are about the matrix: another formula, or no bound on the rows, is refuted."""
    from convt._derive.folklore import judge_claims, support

    for s in (1, 2, 3):
        (pairs, entries), (turned, others) = support.transposed(s, 1, 1), support.transposed(s, 1, -1)
        mixed = Iff(pairs.statement.claim.args[0], turned.statement.claim.args[1])
        wrong = [ForAll(replace(pairs.statement, claim=mixed)), replace(entries, right=others.right)]
        assert [verdict.outcome for verdict in judge_claims(wrong)] == ["refuted", "refuted"]
    beyond = [case for case in sayings()[24].cases() if not case.condition]
    assert beyond and all(verdict.outcome == "refuted" for case in beyond for verdict in judge_claims(case.claims))


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
