"""Every theorem reaches its scope; every wrong neighbour is refuted; no hypothesis assumes the conclusion."""

import random
from dataclasses import replace

import pytest
import sympy
from strategies import random_spec

from convt._derive import Axis, ConvSpec, judges
from convt._derive.claims import Certificate, ForAll, Identity, Refused, SameSum, written
from convt._derive.derivation import derivation
from convt._derive.expression import entries
from convt._derive.form import a, i, j, m, n, symbols
from convt._derive.logic import All, Between, Either, Equal, Floor, Le, Lt
from convt._derive.pairing import Pairing, one_sum
from convt._derive.proof import prove, prove_spec
from convt._derive.theorems import files, theorems
from convt._derive.theorems import t01_lengths as t1
from convt._derive.theorems import t02_round_trip as t2
from convt._derive.theorems import t03_solving as t3
from convt._derive.theorems import t04_matrix as t4
from convt._derive.theorems import t07_scatter as t7
from convt._derive.theorems import t08_zero_insertion as t8
from convt._derive.theorems import t09_words as t9
from convt._derive.theorems import t10_polyphase as t10
from convt._derive.theorems import t12_gemm as t12
from convt._derive.theorems import t13_coverage as t13
from convt._derive.theorems import t14_fusion as t14
from convt._derive.theorems import t15_bilinear as t15
from convt._derive.theorems import t16_pooling as t16
from convt._derive.theorems import t17_not_an_inverse as t17
from convt._derive.theorems import t18_support as t18
from convt._derive.theorems import t19_composition as t19
from convt._derive.theorems import t21_halo as t21
from convt._derive.theorems import t22_fast as t22
from convt._derive.theorems import t24_pieces as t24
from convt._derive.theorems import t25_pixel_shuffle as t25
from convt._derive.theorems import t26_borders as t26
from convt._derive.theorems import t27_resampling as t27
from convt._derive.theorems import t28_duality as t28
from convt._derive.theorems import t29_cost as t29
from convt._derive.theorems import t30_frames as t30

CASES = ["2d_k4s2p1", "1d_k3s2p1op1", "2d_k3s2p1d2op1", "1d_k16s8p4", "3d_k2s2", "1d_k1", "1d_k2s5d3", "1d_k3s4p2d6", "1d_k3s2d4op3",
         "2d_k3x2s1x3p-1:2x0", "3d_k3s2p1op1", "1d_k64s32p16", "1d_k5s3p9", "1d_k40s7d3"]


@pytest.mark.parametrize("name", [*CASES[:4], *(pytest.param(name, marks=pytest.mark.slow) for name in CASES[4:])])
def test_every_theorem_reaches_its_scope(name):
    made = derivation(name)
    assert made.holds, made.verdicts
    for proof in made.proofs:
        assert all(verdict.outcome in ("proved", "checked") for verdict in proof.verdicts)
        assert bool(proof.verdicts) != bool(proof.theorem.not_applicable)
        assert "isl" in proof.judges or proof.theorem.number == 23 or proof.theorem.not_applicable


def every_step_is_agreed(count, seed):
    rng, known = random.Random(seed), {}
    for _ in range(count):
        spec = random_spec(rng)
        for proof in prove_spec(spec, known):
            assert proof.holds, (str(spec), proof.theorem.title, proof.outcome)
            for verdict in proof.verdicts:
                assert verdict.outcome in ("proved", "checked")
                if "isl" in verdict.judges:
                    assert set(judges.smt.installed()) <= set(verdict.judges)


@pytest.mark.slow
def test_random_configurations_too():
    every_step_is_agreed(8, 11)


@pytest.mark.full
def test_two_hundred_random_configurations():
    every_step_is_agreed(200, 12)


AXIS = Axis(4, 2, (1, 2), 3, 1)  # nothing in it coincides: k, s, d, p_lo, p_hi, op all different


K4 = Axis(4, 2, (1, 1))


ONE_AXIS, TWICE, PLAIN = ConvSpec.of([AXIS]), ConvSpec.of([K4]), ConvSpec.of([replace(AXIS, padding=(0, 0), output_padding=0)])
UNIT = ConvSpec.of([replace(AXIS, stride=1, output_padding=0)])
T, R, J, V, TAU, A2, A3, I2 = symbols("t r J v τ a' a'' i'")


def adjoint():
    return one_sum(Pairing(ConvSpec.of([AXIS]), "u"), Pairing(ConvSpec.of([AXIS]), "x"))


def replace_in(node, old, new):
    changed = node.xreplace({old: new})
    assert changed != node, f"{old} is no part of it"
    return changed


def right(same, old, new):
    """Another right-hand sum: something else in its condition."""
    other = written(same.right)
    return replace(same, right=replace(other, condition=replace_in(other.condition, old, new)))


def less(side, condition):
    """A sum with one condition fewer."""
    conditions = written(side).condition.args
    assert condition in conditions
    return replace(written(side), condition=All(*[one for one in conditions if one != condition]))


def refuted(claim):
    if isinstance(claim, SameSum):
        return any(judges.judge(part).outcome == "refuted" and refuted(part) for part in claim.statements())
    statement = claim
    verdict = judges.judge(statement)
    assert verdict.outcome == "refuted" and verdict.point is not None, verdict
    point = {symbol: dict(verdict.point)[str(symbol)] for symbol in statement.symbols}
    assert statement.refuted_at(point)
    return True


NEIGHBOURS = {
    "1: one window more": lambda: t1.windows_that_fit(AXIS).replace(t1.M, t1.M + 1),
    "1: one window less": lambda: t1.windows_that_fit(AXIS).replace(t1.M, t1.M - 1),
    "1: p_hi dropped": lambda: replace(t1.windows_that_fit(AXIS), define=t1.windows_that_fit(replace(AXIS, padding=(1, 0))).define),
    "1: p_lo dropped": lambda: replace(t1.windows_that_fit(AXIS), define=t1.windows_that_fit(replace(AXIS, padding=(0, 2))).define),
    "1: dilation dropped": lambda: replace(t1.windows_that_fit(AXIS), define=t1.windows_that_fit(replace(AXIS, dilation=1)).define),
    "1: the largest position is one less": lambda: t1.reached_range(AXIS).replace(m, m - 1),
    "1: d(k−2) instead of d(k−1)": lambda: replace(t1.reached_range(AXIS), claim=t1.reached_range(replace(AXIS, kernel=3)).claim),
    "2: ≤ for <": lambda: t2.back_again(AXIS).replace(Lt(t2.op, AXIS.stride), Le(t2.op, AXIS.stride)),
    "2: op < s − 1": lambda: t2.back_again(AXIS).replace(Lt(t2.op, AXIS.stride), Lt(t2.op, AXIS.stride - 1)),
    "2: the fibre one longer": lambda: replace(t2.fibre(AXIS), claim=t2.fibre(replace(AXIS, stride=2)).claim.xreplace(
        {t2.fibre(AXIS).claim.args[1].args[2]: t2.fibre(AXIS).claim.args[1].args[2] + 1})),
    "2: one more than m": lambda: t2.own_op(AXIS).replace(m + t2.Q2, m + t2.Q2 + 1),
    "2: dropped −p": lambda: replace(t2.back_again(AXIS), given=t2.back_again(replace(AXIS, padding=(0, 0))).given),
    "4: two taps apart by one": lambda: t4.one_tap(AXIS).replace(a, a + 1),
    "4: dropped −p": lambda: replace(t4.where_nonzero(AXIS), claim=t4.where_nonzero(AXIS).claim.xreplace(
        {j + 1 - 2 * i: j - 2 * i})),
    "4: one tap too far": lambda: replace(t4.where_nonzero(AXIS), claim=t4.where_nonzero(AXIS).claim.func(
        t4.where_nonzero(AXIS).claim.args[0], t4.where_nonzero(replace(AXIS, kernel=5)).claim.args[1])),
    "5: j one further": lambda: replace(adjoint(), forward=adjoint().forward | {j: 2 * i + 3 * a}),
    "5: conv that forgets the left border": lambda: replace(adjoint(), left=less(adjoint().left, Between(0, 2 * i + 3 * a - 1, n - 1))),
    "7: canvas one shorter": lambda: right(t7.painted(ONE_AXIS), t7.last_painted(AXIS), t7.last_painted(AXIS) - 1),
    "7: crop dropped": lambda: right(t7.painted(ONE_AXIS), Equal(J, j + 1), Equal(J, j)),
    "7: paint at the previous position": lambda: right(t7.painted(ONE_AXIS), Equal(J, 2 * i + 3 * a), Equal(J, 2 * i + 3 * a - 1)),
    "7: blank one too early": lambda: replace(t7.blank(AXIS), given=(*t7.blank(AXIS).given[:2], Le(
        t7.last_painted(AXIS) - 1, j))),
    "8: not flipped": lambda: right(t8.gathered(ONE_AXIS), Equal(A2, 3 - a), Equal(A2, a)),
    "8: one zero too few before": lambda: right(t8.gathered(ONE_AXIS), Equal(TAU, V - 8), Equal(TAU, V - 7)),
    "8: s zeros instead of s − 1": lambda: right(t8.gathered(ONE_AXIS), Equal(TAU, 2 * i), Equal(TAU, 3 * i)),
    "10: wrong phase": lambda: replace(t10.cover(AXIS), define=t10.cover(replace(AXIS, padding=(0, 2))).define),
    "10: an offset off by one": lambda: t10.cover(AXIS).replace(Equal(i, t10.Q - 3), Equal(i, t10.Q - 2)),
    "10: a tap left out": lambda: replace(t10.cover(AXIS), claim=t10.cover(AXIS).claim.func(
        t10.cover(AXIS).claim.args[0], t10.cover(AXIS).claim.args[1].func(*t10.cover(AXIS).claim.args[1].args[1:]))),
    "10: residues swapped": lambda: t10.cover(AXIS).replace(Equal(a, 0), Equal(a, 1)),
    "10: interval ends one early": lambda: t10.interval(AXIS).replace(t10.hi, t10.hi - 1),
    "3: D ≥ −s suffices": lambda: t3.legal(AXIS).replace(Lt(-2, t3.D), Le(-2, t3.D)),
    "3: the larger half first": lambda: t3.canonical(AXIS).replace(
        Between(0, t3.total - t3.Q - t3.Q, 1), Between(0, t3.Q - (t3.total - t3.Q), 1)),
    "3: TensorFlow rounds up": lambda: replace(t3.jax_is_tensorflow(), define=(
        *t3.jax_is_tensorflow().define[:2], Floor(t3.Q2, t3.total + 1, 2))),
    "9: ↑ = ↓ᵀ for op ≤ s": lambda: t9.up_is_down_transposed(2).replace(Lt(t9.op, 2), Le(t9.op, 2)),
    "9: ⌊L/s⌋ for ⌈L/s⌉": lambda: replace(t9.down_length(2), define=(Floor(t9.M, t9.L, 2),)),
    "9: ↑ puts s zeros between": lambda: right(t9.spelled_transposed(ONE_AXIS), Equal(t9.tau, 2 * i), Equal(t9.tau, 3 * i)),
    "9: op on the output instead of ↑u": lambda: right(t9.spelled_transposed(ONE_AXIS), 2 * m - 1, 2 * m - 3),
    "9: conv pads one more": lambda: right(t9.spelled_conv(ONE_AXIS), Equal(J, j + 1), Equal(J, j + 2)),
    "9: the transposed word crops one more": lambda: right(t9.adjoint_words(ONE_AXIS), Equal(j, J - 1), Equal(j, J - 2)),
    "9: ↓ᵀ has op = s zeros at the end": lambda: replace(t9.adjoint_letters(2), given=(
        Between(0, t9.op, 2), t9.adjoint_letters(2).given[1])),
    "9: ↓ ↑ shifts": lambda: right(t9.down_after_up(2), Equal(i, t9.other), Equal(i, t9.other + 1)),
    "9: a tap of ↑q between": lambda: right(t9.dilated(AXIS), Equal(t9.spread, 3 * a), Equal(t9.spread, 3 * a + 1)),
    "10: a feature one earlier": lambda: right(t10.gathered(ONE_AXIS), Between(0, t10.Q - t10.e, m - 1), Between(0, t10.Q - t10.e - 1, m - 1)),
    "12: im2col without the padding": lambda: right(t12.by_columns(ONE_AXIS, "u"), Equal(J, j + 1), Equal(J, j)),
    "12: col2im one further": lambda: right(t12.by_columns(ONE_AXIS, "x"), Equal(J, j + 1), Equal(J, j + 2)),
    "13: one tap more": lambda: right(t13.number_of_taps(ONE_AXIS), symbols("hi"), symbols("hi") + 1),
    "13: the sum of the next phase": lambda: replace(t13.response(ONE_AXIS), given=(
        Equal(t13.J, 2 * t13.Q + t13.r + 1), t13.response(ONE_AXIS).given[1])),
    "13: complete one too early, for a constant": lambda: replace(t13.response(ONE_AXIS), given=(
        t13.response(ONE_AXIS).given[0], Between(7, t13.J, 2 * m - 1))),
    "13: s − 1 neighbours show every phase": lambda: t13.every_phase(ONE_AXIS, 2)[1].statement.replace(t13.N + 1, t13.N),
    "13: the first tap is J mod s": lambda: replace(t13.first_tap(Axis(4, 3, (0, 0), 2)), claim=t13.first_tap(
        Axis(4, 3, (0, 0), 1)).claim.xreplace({3 * i + a: 3 * i + 2 * a})),
    "13: complete one too early": lambda: replace(t13.complete(AXIS), given=(
        t13.complete(AXIS).given[0], Le(t13.complete(AXIS).given[1].args[0] - 2, t13.J), t13.complete(AXIS).given[2])),
    "14: q not flipped": lambda: right(t14.one_layer(ONE_AXIS), Equal(a, R + 9 - 3 * A2), Equal(a, R + 3 * A2)),
    "14: crop P_lo instead of d(k−1) − P_lo": lambda: right(t14.one_layer(ONE_AXIS), Equal(j, 2 * i + a - 8), Equal(j, 2 * i + a - 1)),
    "14: one copy more": lambda: right(t14.one_layer(ONE_AXIS), Between(0, R, 1), Between(0, R, 2)),
    "15: a ramp one to the left": lambda: t15.ramp(3, t15.filler(3)).replace(2 * j - 2, 2 * j - 1),
    "15: two terms at the border too": lambda: t15.two_terms(t15.filler(3), Between(0, j, 3 * m - 1)),
    "15: the border is one wider": lambda: replace(t15.first_only(t15.filler(4)), given=(
        Between(0, j, 2), *t15.first_only(t15.filler(4)).given[1:])),
    "16: nearest rounds up": lambda: right(t16.copied(ConvSpec.parse("1d_k3s3")), Equal(i, symbols("Q")), Equal(i, symbols("Q") + 1)),
    "17: pairs with the sign turned": lambda: right(t17.gram(PLAIN), Equal(3 * (a - A2), 2 * (I2 - i)), Equal(3 * (a - A2), 2 * (i - I2))),
    "17: rows in echelon form by the last axis": lambda: replace(t17.echelon(ConvSpec.parse("2d_k3s2")), claim=t17.before(*[
        [one[1], one[0]] for one in ([2 * symbols("i_1"), 2 * symbols("i_2")], [
            2 * symbols(f"i'_{axis}") + symbols(f"a_{axis}") for axis in (1, 2)])])),
    "18: 2ρ/s as it is printed": lambda: t18.rows().replace(
        Between(-t18.signal - t18.reach, t18.Y, t18.signal + t18.reach), Between(-2 * t18.signal, t18.Y, 2 * t18.signal)),
    "19: two k4s2p1 layers are one, border included": lambda: replace(t19.twice(TWICE), given=(Between(0, j, 2 * t19.n1 - 1),)),
    "19: crop p₁ + p₂": lambda: right(t19.twice(TWICE), Equal(j, 4 * i + A3 - 3), Equal(j, 4 * i + A3 - 2)),
    "19: one tap fewer": lambda: right(t19.twice(TWICE), Between(0, A3, 9), Between(0, A3, 8)),
    "19: a cut term returns from further away": lambda: t19.cut_term(K4, K4, 0, (0, 0)).replace(Lt(V, 0), Lt(V, -1)),
    "19: ↓(↑q)* reads one further": lambda: right(t19.noble(2), Equal(t19.mu, i + a), Equal(t19.mu, i + a + 1)),
    "21: the window ends one early": lambda: right(t21.from_slice(ONE_AXIS), symbols("hi"), symbols("hi") - 1),
    "21: exact for tiles of one output, dilated": lambda: replace(t21.all_needed(AXIS), given=(
        Le(t21.N + 1, t21.N2), t21.all_needed(AXIS).given[1])),
    "21: a block completes one output more": lambda: replace(t21.completed(AXIS), given=(
        *t21.completed(AXIS).given[:4], Either(Equal(t21.stop, m), Le(j, 2 * t21.stop - t21.p_lo)))),
    "21: conv reads one position less": lambda: t21.read_by_conv(AXIS).replace(
        t21.read_by_conv(AXIS).claim.args[2], t21.read_by_conv(AXIS).claim.args[2] - 1),
    "21: a slice begins at the image position of its own number": lambda: t21.moved(AXIS).replace(j - 2 * t21.first, j - t21.first),
    "24: a piece completes one output more": lambda: replace(t24.of_piece(ONE_AXIS), given=(
        t24.of_piece(ONE_AXIS).given[0], Le(j, 2 * t24.stop - t24.p_lo))),
    "24: one feature less is kept": lambda: right(t24.of_piece(ONE_AXIS), symbols("lo"), symbols("lo") + 1),
    "24: conv keeps one position less": lambda: right(t24.of_conv_piece(ONE_AXIS), 2 * t24.first - t24.p_lo, 2 * t24.first - t24.p_lo + 1),
    "24: pieces overlap by one": lambda: t24.joins(AXIS).replace(Le(2 * t24.first - t24.p_lo, j), Le(2 * t24.first - t24.p_lo - 1, j)),
    "24: pieces leave one out": lambda: t24.joins(AXIS).replace(Le(2 * t24.first - t24.p_lo, j), Le(2 * t24.first - t24.p_lo + 1, j)),
    "24: feature I completes nothing more": lambda: replace(t24.complete(AXIS), given=(
        *t24.complete(AXIS).given[:2], Le(j, 2 * t24.first - t24.p_lo))),
    "25: the kernel is not flipped": lambda: right(t25.one_layer(ONE_AXIS), Equal(a, R + 18 - 6 * A2), Equal(a, R + 6 * A2)),
    "25: the crop is not multiplied": lambda: right(t25.one_layer(ONE_AXIS), Equal(j, 2 * i + a - 16), Equal(j, 2 * i + a - 8)),
    "25: sub-positions the other way round": lambda: right(t25.one_layer(ONE_AXIS), Equal(a, R + 18 - 6 * A2), Equal(a, 1 - R + 18 - 6 * A2)),
    "25: one sub-position more": lambda: right(t25.one_layer(ONE_AXIS), Between(0, R, 1), Between(0, R, 2)),
    "25: taps s(k−1−a′) without r": lambda: right(t25.back(PLAIN), Equal(a, R + 6 - 2 * A2), Equal(a, 6 - 2 * A2)),
    "30: pairs with the sign turned": lambda: right(t30.gram(PLAIN), Equal(3 * (a - A2), 2 * (I2 - i)), Equal(3 * (a - A2), 2 * (i - I2))),
    "30: one channel fewer": lambda: right(t30.gram(PLAIN), symbols("C") - 1, symbols("C") - 2),
    "30: one lag more": lambda: t30.meet(AXIS, 3).replace(Between(-3, 2 * t30.Q, 3), Between(-4, 2 * t30.Q, 4)),
    "30: one lag fewer": lambda: t30.meet(AXIS, 3).replace(Between(-3, 2 * t30.Q, 3), Between(-1, 2 * t30.Q, 1)),
    "30: lags at every number": lambda: t30.nowhere_else(AXIS, 2),
    "27: the filter is turned round": lambda: right(t27.whole(ONE_AXIS), Equal(V, TAU + a), Equal(V, TAU - a)),
    "27: s zeros between": lambda: right(t27.whole(ONE_AXIS), Equal(TAU, 2 * j), Equal(TAU, 3 * j)),
    "27: a phase reads one later": lambda: right(t27.by_phase(ONE_AXIS), Equal(j, 3 * t10.Q + symbols("Q'") - A2), Equal(
        j, 3 * t10.Q + symbols("Q'") - A2 + 1)),
    "27: one output more": lambda: replace(t27.length(2, 3, 4), define=(Floor(t27.hi, 2 * n + 4, 3),)),
    "27: one tap fewer": lambda: replace(t27.longest(2, 5), define=(Floor(t27.K, 5, 2),)),
    "26: reflect needs n ≥ p only": lambda: replace(t26.inside(t26.BORDERS[1], True), given=(
        Le(t26.low, n), *t26.inside(t26.BORDERS[1], True).given[1:])),
    "26: periodic reaches one further": lambda: replace(t26.inside(t26.BORDERS[0], False), given=(
        Le(t26.high, n + 1), *t26.inside(t26.BORDERS[0], False).given[1:])),
    "26: reflect from p on": lambda: t26.long_enough(AXIS, t26.BORDERS[1], 2),
    "26: reflect repeats the end": lambda: t26.inside(replace(t26.BORDERS[1], before=lambda v, n: -v - 1), True),
    "26: folded one further": lambda: right(t26.folded(ONE_AXIS, t26.BORDERS[1]), Equal(J, 2 * i + 3 * a), Equal(J, 2 * i + 3 * a + 1)),
    "26: the transpose folds what conv replicates": lambda: replace(
        t26.folded(ONE_AXIS, t26.BORDERS[1]), right=t26.folded(ONE_AXIS, t26.BORDERS[2]).right),
    "29: cropped they are all as well": lambda: replace(t29.products(ONE_AXIS), right=t29.products(PLAIN, everything=True).right),
    "29: a crop that takes one more away": lambda: right(t29.products(ONE_AXIS), 2 * i + 3 * a - 1, 2 * i + 3 * a - 2),
    "28: not flipped": lambda: right(t28.flipped(UNIT), Equal(a, 3 - A2), Equal(a, A2)),
    "28: the same crop": lambda: t28.flipped(UNIT, replace(t28.dual(UNIT.axes[0]), padding=(1, 2))),
    "22: the same tap moves the other way": lambda: t22.slides(AXIS).replace(
        Equal(i, t22.i0 - 3 * (t22.t - 1)), Equal(i, t22.i0 - 3 * (t22.t + 1))),
    "10: interval starts one late": lambda: t10.interval(AXIS).replace(t10.lo, t10.lo + 1),
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_wrong_neighbours_are_refuted(name):
    assert refuted(NEIGHBOURS[name]())


def test_certificates_that_do_not_add_up_are_refused():
    spec = ConvSpec.parse("2d_k4s2p1")
    certificates = [step.claim for make in theorems() for step in make(spec).steps if isinstance(step.claim, Certificate)]
    assert len(certificates) >= 6
    for certificate in certificates:
        for number in range(len(certificate.rows)):
            missing = replace(certificate, rows=certificate.rows[:number] + certificate.rows[number + 1:])
            assert missing.conclude(()).outcome == "refuted"
        if certificate.goal != -1:
            assert replace(certificate, goal=certificate.goal - 1).conclude(()).outcome == "refuted"
        for factor in (-1, 0):
            with pytest.raises(Refused):
                replace(certificate, rows=tuple((factor * c, names) for c, names in certificate.rows), goal=factor * certificate.goal)


def test_two_k4s2p1_layers_differ_at_the_first_output():
    back = NEIGHBOURS["19: two k4s2p1 layers are one, border included"]().directions[1]
    point = dict.fromkeys(back.symbols, 0) | {m: 1, t19.n1: 2, A2: 3, A3: 3} | {symbol: 2 for symbol in back.symbols if str(symbol) in ("C'", "F")}
    assert back.refuted_at(point)


def test_what_is_claimed_to_differ_differs():
    from convt._derive.claims import Unequal

    x = sympy.Symbol("x")
    assert Unequal(x, 2 * x, ((x, sympy.Integer(1)),)).conclude(()).outcome == "checked"
    assert Unequal(x, x + 0, ((x, sympy.Integer(1)),)).conclude(()).outcome == "refuted"
    assert Unequal(x, 2 * x).conclude(()).outcome == "refuted", "a symbol without a number is 0"


def test_every_identity_notices_one_entry_that_is_wrong():
    seen = set()
    for make in theorems():
        theorem = make(ConvSpec.parse("2d_k4x3s2x1p1"))
        for step in theorem.steps:
            if isinstance(step.claim, Identity):
                for position in (0, len(entries(step.claim.right)) - 1):
                    right = entries(step.claim.right)
                    right[position] += 1
                    assert replace(step.claim, right=tuple(right)).conclude(()).outcome == "refuted"
                seen.add(theorem.number)
    assert {1, 3, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 16, 17, 19, 20, 22, 23} <= seen


def test_sums_with_another_summand_are_refused():
    same = adjoint()
    other = replace(same, right=replace(written(same.right), summand=written(same.right).summand * 2))
    assert other.conclude([judges.judge(s) for s in other.statements()]).outcome == "refuted"
    assert Identity((m,), (m + 1,)).conclude(()).outcome == "refuted"
    assert Identity((m,), (m, n)).conclude(()).outcome == "refuted"


CROPPED = Axis(3, 2, (5, 6), 2, 1)  # crops more than the kernel's reach on both sides


def index_claims(axis):
    """Statements and sums by what they are: the theorem, their variables and the number of hypotheses."""
    found = {}
    for make in theorems():
        theorem = make(ConvSpec.of([axis]))
        for step in theorem.steps:
            if isinstance(step.claim, ForAll | SameSum):
                about = step.claim.statement if isinstance(step.claim, ForAll) else step.claim.directions[1]
                given = step.claim.statement.given if isinstance(step.claim, ForAll) else step.claim.given
                key = theorem.number, " ".join(map(str, about.symbols)), len(given)
                found.setdefault(key, []).append(step.claim)
    return found


ONE, OTHER = index_claims(AXIS), index_claims(CROPPED)


def without(claim, index):
    """What is to be judged without one hypothesis; of sums what they share, as the conditions of a sum are no hypotheses."""
    if isinstance(claim, ForAll):
        return (claim.statement.without(index),)
    return replace(claim, given=claim.given[:index] + claim.given[index + 1:]).statements()


@pytest.mark.parametrize("key", sorted(ONE), ids=lambda key: f"{key[0]}:{key[1]}")
def test_deleting_any_hypothesis_refutes(key):
    """What is assumed is needed: each hypothesis, left out, makes the statement false for one of two geometries."""
    from convt._derive.judges import isl

    claims = [*ONE[key], *OTHER.get(key, [])]
    for index in range(key[2]):
        outcomes = {isl.judge(statement).outcome for claim in claims for statement in without(claim, index)}
        assert "refuted" in outcomes, f"theorem {key[0]}: hypothesis {index} of {claims[0]} is not needed"


NUMBERS = list(files())


def test_a_theorem_is_one_file_and_nothing_else(tmp_path, monkeypatch):
    import convt._derive.theorems as package

    tmp_path.joinpath("t99_extra.py").write_text(
        "from convt._derive.theorem import Step, Theorem\nfrom convt._derive.claims import Identity\n"
        "def theorem(spec):\n    return Theorem(99, 'extra', 'all sizes', 'why', (Step('r', Identity((1,), (1,))),))\n")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    assert [make(ConvSpec.of([AXIS])).number for make in theorems()] == [*NUMBERS, 99]


def test_a_theorem_takes_its_verdict_from_its_weakest_step():
    from convt._derive.theorem import Step, Theorem

    false = right(t7.painted(ONE_AXIS), Equal(J, j + 1), Equal(J, j))
    proof = prove(Theorem(0, "wrong", "all sizes", "", (Step("true", Identity((1,), (1,))), Step("false", false))))
    assert proof.outcome == "refuted" and not proof.holds
