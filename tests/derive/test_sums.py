"""Theorems state whole sums: each term once, over all axes, channels, groups and images, for every size. What is painted twice is refuted."""

import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import sympy
from strategies import random_spec

from convt._derive import Axis, ConvSpec
from convt._derive.claims import Certificate, ForAll, SameSum, written
from convt._derive.claims.index import parts
from convt._derive.folklore import judge_claims
from convt._derive.form import symbols
from convt._derive.judges import combine, isl
from convt._derive.logic import All, Between, Equal, Le
from convt._derive.pairing import Pairing, one_sum
from convt._derive.proof import prove
from convt._derive.statement import Variable, holds
from convt._derive.sums import CHANNELS, Output
from convt._derive.theorems import t07_scatter as t7
from convt._derive.theorems import t08_zero_insertion as t8
from convt._derive.theorems import t09_words as t9
from convt._derive.theorems import t12_gemm as t12
from convt._derive.theorems import t13_coverage as t13
from convt._derive.theorems import t14_fusion as t14
from convt._derive.theorems import t17_not_an_inverse as t17
from convt._derive.theorems import t19_composition as t19
from convt._derive.theorems import theorems

SPEC = ConvSpec.parse("2d_k3x4s2x3p1:0x2d1x2op1x2")
COPY = symbols("copy")


def outcome(same):
    """By isl alone, which is quick, and by the claim's own part."""
    return same.conclude([combine([isl.judge(statement)]) for statement in same.statements()]).outcome


def sums(spec=SPEC):
    return [(theorem.number, step.claim) for make in theorems() for theorem in [make(spec)] for step in theorem.steps
            if isinstance(step.claim, SameSum)]


SUMS = sums()


def test_what_speaks_of_values_speaks_of_sums():
    assert {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 24, 25, 26, 27, 28, 29, 30} <= {number for number, _ in SUMS}


def doubled(same, copies=2):
    """Everything on the right once more: every stroke is painted twice."""
    right = written(same.right)
    conditions = right.condition.args if isinstance(right.condition, All) else (right.condition,)
    return replace(same, right=replace(right, variables=(*right.variables, Variable(COPY, 0, copies - 1)),
                                       condition=All(*conditions, Between(0, COPY, copies - 1))), forward={**same.forward, COPY: sympy.Integer(0)})


@pytest.mark.parametrize("place", range(len(SUMS)), ids=lambda place: f"{SUMS[place][0]}-{place}")
def test_a_sum_is_proved_and_twice_its_terms_are_refuted(place):
    same = SUMS[place][1]
    assert outcome(same) == "proved"
    assert outcome(doubled(same, 1)) == "proved"
    assert outcome(doubled(same)) == "refuted"
    assert outcome(replace(same, right=replace(written(same.right), summand=2 * written(same.right).summand))) == "refuted"


@pytest.mark.parametrize("place", range(len(SUMS)), ids=lambda place: f"{SUMS[place][0]}-{place}")
def test_a_sum_that_is_equal_up_to_a_size_only_is_refuted(place):
    """Whatever runs over a range that grows with a size, stopped at 40."""
    same = SUMS[place][1]
    right = written(same.right)
    named = {node.args[0] for node in same.define}
    grows = [v.symbol for v in right.variables if any(
        isinstance(node, Between) and node.args[1] == v.symbol and node.args[2].free_symbols - named for node in right.condition.args)]
    for symbol in grows:
        assert outcome(replace(same, right=replace(right, condition=All(*right.condition.args, Le(symbol, 40))))) == "refuted", symbol


def every_axis(same):
    """Letters of the sum by axis, and of channels."""
    return {str(symbol).rpartition("_")[2] if "_" in str(symbol) else str(symbol) for symbol in same.directions[0].symbols}


def test_sums_speak_of_every_axis_and_of_channels_groups_and_images():
    whole = {number: [claim for one, claim in SUMS if one == number] for number, _ in SUMS}
    for number in (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 24, 25, 26, 27, 28, 29, 30):
        assert any({"1", "2"} <= every_axis(claim) for claim in whole[number]), number
    for number in (4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 19, 21, 24, 25, 26):
        spoken = [written(claim.left).summand.free_symbols | written(claim.left).condition.free_symbols for claim in whole[number]]
        assert any(set(CHANNELS[1:]) <= symbols_ for symbols_ in spoken), number
    assert any(CHANNELS[0] in written(claim.right).condition.free_symbols for claim in whole[11]), "a bias is summed over images"


@pytest.mark.parametrize("make", [t7.painted, t8.gathered, t9.spelled_conv, t9.spelled_transposed, t9.adjoint_words, t12.swapped, t14.one_layer,
                                  t19.twice, t17.gram, t13.response, t13.number_of_taps], ids=lambda make: make.__name__)
def test_one_axis_or_one_channel_wrong_is_refuted(make):
    same = make(SPEC if make is not t17.gram else ConvSpec.parse("2d_k3x4s2x3d1x2"))
    right = written(same.right)
    second = [node for node in right.condition.args if isinstance(node, Equal) and all("_2" in str(s) for s in node.free_symbols)]
    second = second or [node for node in right.condition.args if any(str(s) == "t_2" for s in node.free_symbols)]
    for node in second:
        moved = node.func(*node.args[:-1], node.args[-1] + 1)
        assert outcome(replace(same, right=replace(right, condition=right.condition.xreplace({node: moved})))) == "refuted", node
    assert second
    for node in right.condition.args:
        if isinstance(node, Between) and node.args[1] in CHANNELS:
            fewer = Between(0, node.args[1], node.args[2] - 1)
            assert outcome(replace(same, right=replace(right, condition=right.condition.xreplace({node: fewer})))) == "refuted", node


@pytest.mark.slow
def test_parts_say_what_the_whole_says():
    """By isl, each direction in one piece: true ones, doubled ones, and with one condition less."""
    rng = random.Random(3)
    for number, same in SUMS:
        right = written(same.right)
        drop = rng.choice(right.condition.args)
        for one in (same, doubled(same), replace(same, right=replace(right, condition=All(*[c for c in right.condition.args if c != drop])))):
            whole = {isl.judge(direction).outcome for direction in one.directions}
            apart = {isl.judge(part).outcome for direction in one.directions for part in parts(direction)}
            assert ("refuted" in whole) == ("refuted" in apart), (number, drop)


@pytest.mark.slow
def test_parts_say_what_the_whole_says_for_random_layers_and_every_judge():
    rng = random.Random(4)
    for _ in range(3):
        for number, same in sums(random_spec(rng)):
            assert all(isl.judge(direction).outcome == "proved" for direction in same.directions), number
    for direction in t7.painted(SPEC).directions:
        (verdict,) = judge_claims([ForAll(direction)])
        assert verdict.outcome == "proved" and len(verdict.judges) >= 2


def test_parts_that_contradict_make_a_sum_vacuous():
    same = t7.painted(SPEC)
    assert judge_claims([replace(same, given=(Le(symbols("j_1") + 1, symbols("j_1")),))])[0].outcome == "undecided"


def test_equal_axes_are_judged_once():
    assert len(t7.painted(ConvSpec.parse("3d_k4s2p1")).statements()) == len(t7.painted(ConvSpec.parse("1d_k4s2p1")).statements())


def value_of(same, side, **letters):
    """A side of a sum in numbers, by trying all points of a box."""
    chosen = written(getattr(same, side))
    at = {symbol: sympy.Integer(value) for symbol, value in letters.items()}
    names = [variable.symbol for variable in chosen.variables]
    total = 0
    for values in product(range(-1, 4), repeat=len(names)):
        point = {symbols(str(s)): v for s, v in at.items()} | dict(zip(names, map(sympy.Integer, values), strict=True))
        if holds(chosen.condition, point):
            total += chosen.summand.xreplace(point)
    return total


def test_the_checkerboard_of_equal_rows_and_columns_is_a_pattern():
    """w = [[1, 0], [0, 1]] on 2d_k2s2: every output has one tap, rows and columns have equal sums, and the four phase sums differ."""
    spec = ConvSpec.parse("2d_k2s2")
    theorem = t13.theorem(spec)
    assert "4 phases" in theorem.says and "uniform" not in theorem.says and prove(theorem).holds
    shown = {}
    for r in product(range(2), repeat=2):
        total = value_of(t13.response(spec), "right", r_1=r[0], r_2=r[1])
        shown[r] = total.xreplace({one: sympy.Integer(int(one.indices[0] == one.indices[1])) for one in total.atoms(sympy.Indexed)})
    assert shown == {(0, 0): 1, (0, 1): 0, (1, 0): 0, (1, 1): 1}


@pytest.mark.parametrize("slot", ["u", "w", "x"])
def test_an_output_is_that_of_plain_loops_with_groups_and_images(slot):
    """Every entry of the three maps, in numbers: two images, two groups of two feature channels and one image channel, by loops over channel numbers."""
    spec, rng, shapes = ConvSpec.parse("1d_k2s2p1:0"), np.random.default_rng(0), {"u": (2, 4, 2), "w": (4, 1, 2), "x": (2, 2, 3)}
    sizes = {"B": 2, "G": 2, "F": 2, "C": 1, "m": 2, "n": 3}
    data = {name: rng.integers(1, 99, shape) for name, shape in shapes.items()}
    expected = np.zeros(shapes[slot], int)
    for b, f, i, a in product(range(2), range(4), range(2), range(2)):
        j, group = 2 * i + a - 1, f // 2
        if 0 <= j < 3:
            at = {"u": (b, f, i), "w": (f, 0, a), "x": (b, group, j)}
            expected[at[slot]] += np.prod([data[name][at[name]] for name in shapes if name != slot])

    def entry(factor):
        name, index = str(factor.base), [int(one) for one in factor.indices]
        return data[name][{"u": lambda b, g, f, i: (b, 2 * g + f, i), "w": lambda g, f, c, a: (2 * g + f, c, a),
                           "x": lambda b, g, c, j: (b, g + c, j)}[name](*index)]

    output = Output(spec, slot)
    free = [range({"b": 2, "γ": 2, "f": 2, "c": 1, "i": 2, "a": 2, "j": 3}[str(one)]) for one in output.free]
    found = []
    for place in product(*free):
        at = sizes | {str(one): value for one, value in zip(output.free, place, strict=True)}
        point = {symbols(name): sympy.Integer(value) for name, value in at.items()}
        total = 0
        for values in product(range(4), repeat=len(output.written.variables)):
            one = point | dict(zip([v.symbol for v in output.written.variables], map(sympy.Integer, values), strict=True))
            if holds(output.written.condition, one):
                total += np.prod([entry(factor) for factor in output.written.summand.xreplace(one).args])
        found.append(total)
    assert found == list(expected.ravel())


def test_a_wrong_fused_kernel_does_not_pass(monkeypatch):
    """However many taps: one wrong tap of twenty-three, where the matrix is too long to be multiplied out."""
    kernel = t14.kernel
    monkeypatch.setattr(t14, "kernel", lambda axis: [*kernel(axis)[:7], kernel(axis)[7] + 1, *kernel(axis)[8:]])
    assert not prove(t14.theorem(ConvSpec.parse("1d_k16s8p4"))).holds


def test_autocorrelations_far_away_count():
    """Right for neighbouring rows and the next ones, wrong from t = 3 on, as a matrix of three rows cannot see."""
    same = t17.gram(ConvSpec.parse("1d_k9s2"))
    i, other, a, a2 = symbols("i i' a a'")
    assert Equal(a - a2, 2 * (other - i)) in written(same.right).condition.args
    garbage = All(*written(same.right).condition.args, Le(other - i, 2))
    assert outcome(replace(same, right=replace(written(same.right), condition=garbage))) == "refuted"


def test_gradients_of_gradients_by_another_letter_are_refuted():
    assert outcome(one_sum(Pairing(SPEC, "u", incoming="u"), Pairing(SPEC, "x", incoming="u"))) == "proved"
    assert outcome(one_sum(Pairing(SPEC, "u", incoming="u"), Pairing(SPEC, "x", incoming="w"))) == "refuted"


LAYERS = [Axis(4, 2, (1, 1)), Axis(3, 2, (1, 1), 1, 1), Axis(3, 3, (2, 2), 2, 1), Axis(2, 3, (2, 1)), Axis(5, 1, (2, 2)), Axis(2, 5, (1, 4), 3), Axis(3, 1, (0, 3)),
          Axis(1, 4, (2, 5)), Axis(2, 3, (4, 7), 3)]


@pytest.mark.parametrize(("first", "second"), [(one, other) for one in LAYERS for other in LAYERS[::2]], ids=str)
def test_two_layers_are_one_exactly_where_theorem_19_says(first, second):
    """By brute force, with weights that are all positive: a cut term returns at some size, or at none."""
    one = t19.composed(first, second)

    def cut_returns(side):
        for m in range(1, 9):
            n1 = first.stride * (m - 1) + first.span + first.output_padding - sum(first.padding)
            n = second.stride * (n1 - 1) + second.span + second.output_padding - sum(second.padding)
            for i, a in product(range(m), range(first.kernel)):
                v = first.stride * i + first.dilation * a - first.padding[0]
                if n1 >= 1 and (v < 0 if side == 0 else v >= n1):
                    reached = second.stride * v + second.dilation * np.arange(second.kernel) - second.padding[0]
                    if ((reached >= 0) & (reached < n)).any():
                        return True
        return False

    assert (one.low, one.high) == (not cut_returns(0), not cut_returns(1))
    for side in (0, 1):
        if (found := t19.returns(first, second, side)) is not None:
            assert isl.judge(t19.cut_term(first, second, side, found)).outcome == "proved"


def test_two_different_layers_are_stated_for_all_parameters():
    steps = [step for step in t19.theorem(SPEC).steps if step.reason.startswith("for any two layers")]
    together, *apart = steps
    names = set().union(*({str(s) for _, h in step.claim.hypotheses for s in h.free_symbols} if isinstance(step.claim, Certificate) else {
        str(s) for side in (*step.claim.left, *step.claim.right) for s in side.free_symbols} for step in apart))
    assert {"s_1", "s_2", "d_1", "d_2", "k_1", "k_2", "p_lo_1", "p_lo_2", "p_hi_1", "p_hi_2", "op_1", "op_2"} <= names and len(apart) == 6
    letters = {str(one) for part in together.claim.statements() for one in part.parameters}
    assert {"s_1", "s_2", "d_1", "d_2", "k_1", "k_2", "p_lo_1", "p_lo_2"} <= letters
