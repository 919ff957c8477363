"""What is proved for all parameters: made of letters, judged in linear arithmetic, and specialised node by node."""

from dataclasses import replace

import pytest
import sympy
from click.testing import CliRunner
from statement_mutants import mutants, sum_mutants

from convt._derive import Axis, ConvSpec, general, judges, parameters
from convt._derive.claims import Certificate, ForAll, Identity, SameSum, written
from convt._derive.derivation import general_derivation
from convt._derive.errors import ArgumentError
from convt._derive.form import i, j, m, symbols
from convt._derive.judges import isl
from convt._derive.judges.linear import linear
from convt._derive.logic import All, Between, Divides, Equal, Exists, Floor, Le, Lt, Parameter
from convt._derive.proof import prove, prove_spec
from convt._derive.statement import Refused, Statement, Variable, folded
from convt._derive.theorems import t07_scatter as t7
from convt._derive.theorems import t17_not_an_inverse as t17
from convt._derive.theorems import theorems

k, s, d = map(Parameter, "ksd")
AXIS = Axis(4, 2, (1, 2), 3, 1)
CONFIGURATIONS = ["1d_k4s2p1:2d3op1", "1d_k1", "1d_k1s2d3", "1d_k5s3p9", "1d_k2s4p-1:0d6op5", "2d_k3x2s1x3p-1:2x0op1x2", "3d_k3s2p1op1"]
OF_EACH = {  # theorem: what it says of a configuration alone, in numbers; everything else rests on the general theorem
    2: {"m + ⌊op/s⌋ in numbers"}, 3: {"the canonical answer for n = s·m"}, 4: {"at a size"}, 5: {"Euler's identity", "expanded with"},
    6: {"expanded in", "with one imaginary weight"}, 9: {"multiplied out", "q*↑ is the transpose", "with ↑ in the place", "and the shapes"},
    10: {"with j + p_lo = s·Q + r, the related", "every tap stands", "by counting"}, 12: {"at a size"}, 14: {"tap a of the fused", "multiplied out"}, 21: {"in numbers"},
    19: {"by way of the channels", "the lengths agree: stride", "and only there", "↓_"},
    24: {"M = "}, 26: {"periodic: the outermost", "reflect: the outermost"}, 27: {"K = "}}


def stated():
    """The general index statements and sums that speak of parameters."""
    every = [claim for number in general.NUMBERS for claim in general.claims(number)]
    return [claim for claim in every if any(one.parameters for one in claim.statements())]


def not_proved(claim):
    """isl alone does not prove it, or it is refused: the others may only agree."""
    try:
        return any(isl.judge(one).outcome != "proved" for one in claim.statements())
    except Refused:
        return True


def test_every_general_theorem_is_proved_by_all_judges():
    made = general_derivation()
    assert made.holds and [proof.theorem.number for proof in made.proofs] == list(general.NUMBERS)
    for proof in made.proofs:
        assert proof.general == len(proof.theorem.steps)
        for step, verdict in zip(proof.theorem.steps, proof.verdicts, strict=True):
            assert verdict.outcome == "proved"
            if isinstance(step.claim, ForAll | SameSum):
                assert {"isl", *judges.smt.installed()} <= set(verdict.judges), step.reason


def test_a_general_document_speaks_of_no_configuration():
    made = general_derivation()
    for text in (made.text(), made.latex(), made.html()):
        assert "any layer" not in text and "for m =" not in text and "Matrix A" not in text
        assert all(title in text for title in ("round trip", "zero insertion", "composition", "halo"))
    assert made.json()["matrix"] is None and made.json()["theorems"][6]["verdict"] == "proved"
    with pytest.raises(ArgumentError, match="by itself; general are theorems 1, 2"):
        general_derivation("1,22")


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_rests_on_general_theorems(name):
    spec = ConvSpec.parse(name)
    for make in theorems(general.NUMBERS):
        theorem = make(spec)
        for step in theorem.steps:
            if isinstance(step.claim, ForAll | SameSum) and not general.instance_of(theorem.number, spec.axes, step.claim):
                alone = OF_EACH.get(theorem.number, set())
                shortest = theorem.number == 21 and "every feature of that window" in step.reason and 1 in spec.kernel  # one tap: every tile
                assert shortest or any(start in step.reason for start in alone), (theorem.number, step.reason)


def test_verdicts_name_the_general_proof():
    for proof in prove_spec(ConvSpec.parse("2d_k4x3s2x3p1:2x0d1x2op1x2"), only=(7, 8, 12)):
        assert proof.holds
        for step, verdict in zip(proof.theorem.steps, proof.verdicts, strict=True):
            if isinstance(step.claim, ForAll | SameSum):
                assert verdict.judges[0] == "general" and {"isl", *judges.smt.installed()} <= set(verdict.judges)


def test_an_instance_with_one_node_changed_is_no_instance():
    spec, count = ConvSpec.of([AXIS]), 0
    for make in theorems(general.NUMBERS):
        theorem = make(spec)
        for step in theorem.steps:
            claim = step.claim
            if isinstance(claim, ForAll) and general.instance_of(theorem.number, spec.axes, claim):
                for _, what, mutant in mutants(claim.statement):
                    count += 1
                    assert not general.instance_of(theorem.number, spec.axes, ForAll(mutant)), (step.reason, what)
            elif isinstance(claim, SameSum) and general.instance_of(theorem.number, spec.axes, claim):
                for _, what, mutant in sum_mutants(claim, lambda bare: True):
                    count += 1
                    assert not general.instance_of(theorem.number, spec.axes, mutant), (step.reason, what)
    assert count > 2000


def test_what_is_said_of_several_axes_together_is_an_instance_too():
    """Of these axes, in this order; one node changed, it is none."""
    axes = (Axis(3, 2, (0, 0)), Axis(4, 3, (0, 0), 2))
    claim = ForAll(t17.echelon(ConvSpec.of(axes)))
    assert general.instance_of(17, axes, claim) in general.claims(17, 2)
    assert not general.instance_of(17, axes[::-1], claim) and not general.instance_of(17, axes[:1], claim)
    found = list(mutants(claim.statement))
    assert len(found) > 10
    for _, what, mutant in found:
        assert not general.instance_of(17, axes, ForAll(mutant)), what


def test_a_changed_step_is_judged_by_itself_and_refuted():
    theorem = theorems([7])[0](ConvSpec.of([AXIS]))
    right = written(theorem.steps[0].claim.right)
    canvas = symbols("J")
    moved = replace(right, condition=right.condition.xreplace({Equal(canvas, j + 1): Equal(canvas, j)}))
    wrong = replace(theorem, steps=(replace(theorem.steps[0], claim=replace(theorem.steps[0].claim, right=moved)), theorem.steps[1]), headline=())
    proof = prove(wrong)
    assert proof.outcome == "refuted" and [("general" in verdict.judges) for verdict in proof.verdicts] == [False, True]


def test_what_is_not_proved_in_general_is_judged_in_numbers(monkeypatch):
    """A general claim that falls short lends its verdict to nobody."""
    theorem = theorems([7])[0](ConvSpec.of([AXIS]))
    weak = replace(t7.blank(parameters.any_axis()), products=())
    monkeypatch.setattr(general, "instance_of", lambda number, axes, claim: ForAll(weak) if isinstance(claim, ForAll) else None)
    proof = prove(theorem)
    assert proof.holds and not any("general" in verdict.judges for verdict in proof.verdicts)


EXPLAINED = {  # (theorem, place) of general mutants that are proved: they say nothing else
    (1, "claim.0.0.1 coefficient of i s"): "s·i ≥ 0 ⇔ (s + 1)·i ≥ 0", (1, "claim.0.0.1 coefficient of j"): "j ≥ 0 ⇔ 2j ≥ 0",
    (1, "define 1.0 minus 1"): "both ranges are empty together", (2, "claim.0 Equal to Le"): "conv of the transposed length is never below m",
    (2, "define 1.0 plus 1"): "m ≥ 1", (2, "define 1.0 minus 1"): "m ≥ 1", (9, "claim.0 Equal to Le"): "⌈L/s⌉ is never below m",
    (10, "claim.2 Implies to Iff"): "the other direction is what the first two parts say",
    (13, "claim.0.1.0.1 coefficient of g i s'"): "s·i + s·i + d·a is a multiple of g, too", (30, "claim.1.1 sign of Q s'"): "|Q| = |−Q|",
    **{(24, f"claim.{place}.0.1 coefficient of j"): "j ≥ 0 ⇔ 2j ≥ 0" for place in ("0", "1.0", "1.1.0")}}


@pytest.mark.slow
def test_wrong_neighbours_of_general_statements_are_not_proved():
    count, left = 0, set()
    for number in general.NUMBERS:
        for claim in general.claims(number):
            if isinstance(claim, ForAll) and claim.statement.parameters:
                for place, _, mutant in mutants(claim.statement):
                    count += 1
                    if not not_proved(ForAll(mutant)):
                        left.add((number, place))
    assert count >= 900 and left == set(EXPLAINED)


REPLICATED = {  # of the sums over a replicated border: at its ends j = v says the same as j = 0 and j = n − 1
    "Lt to Le": "v ≤ 0 for v < 0", "0 plus 1": "v < 1 for v < 0", "J - P_lo minus 1": "v − 1 < 0 for v < 0", "Equal to Le": "j ≤ 0 for j = 0",
    "n minus 1": "n − 1 ≤ v for n ≤ v", "J - P_lo plus 1": "n ≤ v + 1 for n ≤ v"}


@pytest.mark.slow
def test_wrong_neighbours_of_general_sums_are_not_proved():
    count, left = 0, set()
    replicated = {general.key_of_sums(claim, sympy.S) for claim in general.claims(26)[-1:]}
    for key, claim in {general.key_of_sums(claim, sympy.S): claim for claim in stated() if isinstance(claim, SameSum)}.items():
        for _, what, mutant in sum_mutants(claim, not_proved):
            count += 1
            if not not_proved(mutant):
                assert key in replicated, (key[0], what)
                left.add(what)
    assert left == set(REPLICATED)
    assert count >= 1500


def test_sums_of_several_axes_are_those_of_one():
    """What is judged of two or three axes of letters is what is judged of one."""
    for number in general.NUMBERS:
        one = {general.key(part) for claim in general.claims(number) for part in claim.statements()}
        for dims in (2, 3):
            for claim in general.claims(number, dims):
                if isinstance(claim, SameSum) and any("_" in str(v.symbol) for side in (claim.left, claim.right) for v in written(side).variables):
                    assert {general.key(part) for part in claim.statements()} <= one, number


BOX = (Variable(i, 0, 3), Variable(j, 0, 3))
q, t = symbols("q t")
LIES = {
    "a product that is not said to grow": Statement(BOX, (Le(i, j),), Lt(s * i, s * j), (), ((s, j - i),)),
    "a hint that would be false": Statement(BOX, (Le(0, i),), Le(1, s * i), (), ((s, i - 1), (i - 1, s - 1))),
    "a divisor that divides nothing": Statement(BOX, (), Divides(d, d * i + 1)),
    "a witness that is none": Statement(BOX, (), Exists((t,), Equal(s * t, s * i + 1), (i,))),
    "a quotient one too large": Statement(BOX, (), Equal(q, i + 1), (Floor(q, s * i, s),), ((s, i - q - 1), (s, q - i - 1))),
    "k ≥ 2": Statement(BOX, (), Le(2, k)),
    "s·d = s": Statement(BOX, (), Equal(s * d, s)),
    "hypotheses that contradict each other by a product": Statement(BOX, (Le(0, i), Lt(s * i, 0)), Equal(i, 7), (), ((s, i),)),
    "an assumed ∃ taken for a claimed one": Statement(BOX, (Exists((t,), Equal(i, s * t), (j,)),), Equal(i, s * j)),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_about_all_parameters_are_not_proved(lie):
    verdict = ForAll(LIES[lie]).conclude([judges.judge(LIES[lie])])
    assert verdict.outcome in ("refuted", "undecided")
    if verdict.point:
        assert LIES[lie].refuted_at({symbol: dict(verdict.point)[str(symbol)] for symbol in LIES[lie].symbols})


def test_instances_are_of_this_layer_and_of_this_theorem():
    claim, axes = ForAll(t7.blank(AXIS)), (AXIS,)
    assert general.instance_of(7, axes, claim)
    assert not general.instance_of(7, (replace(AXIS, stride=3),), claim) and not general.instance_of(8, axes, claim)
    assert not general.instance_of(22, axes, claim) and not general.instance_of(7, (), claim)
    assert not general.instance_of(7, axes, Identity((i,), (i,)))


def test_what_linear_arithmetic_cannot_see_is_undecided_and_not_refuted():
    true = Statement(BOX, (Le(0, i),), Le(0, s * i))
    assert judges.judge(true).outcome == "undecided"
    assert judges.judge(replace(true, products=((s, i),))).outcome == "proved"


REFUSED = {
    "a divisor that may be 0": lambda: linear(Statement(BOX, (), Le(0, s), (Floor(q, i, Parameter("p_lo")),))),
    "a claimed ∃ without a witness": lambda: linear(Statement(BOX, (), Exists((t,), Equal(s * t, s * i)))),
    "a bound letter that something else has": lambda: linear(Statement(BOX, (Exists((j,), Equal(i, s * j)),), Le(0, s))),
    "stride 0": lambda: parameters.numbers_of(Axis(3, 0)),
    "output padding below 0": lambda: parameters.numbers_of(Axis(3, 1, (0, 0), 1, -1)),
    "numbers that break the law": lambda: Statement(BOX, (), Le(1, s)).at({s: sympy.Integer(0)}),
    "a letter that nothing declares": lambda: Statement(BOX, (), Le(symbols("s"), i)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what):
    with pytest.raises(Refused):
        REFUSED[what]()


def test_numbers_decide_what_they_decide():
    left = Le(0, i)
    assert folded(All(Le(1, sympy.Integer(2)), left)) == left and folded(All(left, left)) == All(left, left)
    assert Statement(BOX, (Le(k, 5),), Between(0, i, k - 1)).at({k: sympy.Integer(4)}) == Statement(BOX, (), Between(0, i, 3))
    with pytest.raises(Refused):
        Statement(BOX, (Le(k, 5),), Le(0, i)).at({k: sympy.Integer(6)})


def test_certificates_still_speak_of_everything():
    proof = prove(theorems([19])[0](ConvSpec.of([AXIS])))
    speak = [general.speaks_of_all(proof.theorem, step.claim, verdict) for step, verdict in zip(proof.theorem.steps, proof.verdicts, strict=True)]
    assert all(say for say, step in zip(speak, proof.theorem.steps, strict=True) if isinstance(step.claim, Certificate)) and not all(speak)
    assert proof.general == sum(speak)


def test_the_command_needs_a_layer_or_general():
    from convt.cli.derive import command

    run = CliRunner().invoke
    assert run(command, []).exit_code == 2 and "SPEC" in run(command, []).output
    refused = run(command, ["1d_k2", "--general"])
    assert refused.exit_code and isinstance(refused.exception, ArgumentError) and "no configuration" in str(refused.exception)
    made = run(command, ["--general", "--only", "7"])
    assert made.exit_code == 0 and "Theorem 7, scatter" in made.output and f"{m}" in made.output
