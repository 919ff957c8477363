"""What says nothing does not count: lies of each kind of claim, of headlines and of theorems are refused, refuted or undecided."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest
import sympy

from convt._derive import ConvSpec
from convt._derive.claims import Certificate, ForAll, Identity, Refused, SameSum, Sum, Unequal, written
from convt._derive.expression import Inner, Product, Transpose
from convt._derive.folklore import judge_claims
from convt._derive.form import TrilinearForm, symbols
from convt._derive.judges import enumerate as enumeration
from convt._derive.judges import judge
from convt._derive.logic import All, Between, Either, Equal, Exists, Floor, Iff, Implies, Le, Lt
from convt._derive.objects import Map, Vector
from convt._derive.pairing import Pairing, one_sum
from convt._derive.proof import prove
from convt._derive.statement import Statement, Variable
from convt._derive.theorem import Fact, Step, Theorem

x, y, q, r = symbols("x y q r")
BOX = (Variable(x, -4, 4), Variable(y, -4, 4))
SPEC = ConvSpec.parse("1d_k3s2p1")
FORM = TrilinearForm.at(SPEC, (2,))
U, A, X = Vector(FORM, "u"), Map(FORM), Vector(FORM, "x")
SAME = one_sum(Pairing(SPEC, "u"), Pairing(SPEC, "x"))
SURE = Step("sure", ForAll(Statement(BOX, (), Le(x, x))))
HALF = sympy.Rational(1, 2)


def outcome(make):
    """What becomes of a claim; ``refused`` where it cannot even be made, or asked about."""
    try:
        (verdict,) = judge_claims([make()])
    except Refused:
        return "refused"
    return verdict.outcome


def sums(left=None, right=None, forward=None, backward=None, given=()):
    """Σ over 0 ≤ x < 3 of w[x] is Σ over 1 ≤ y ≤ 3 of w[y − 1], or another claim about the same two sums."""
    w = sympy.IndexedBase("w")
    one = left or Sum(w[x], (Variable(x, 0, 2),), Between(0, x, 2))
    other = right or Sum(w[y - 1], (Variable(y, 1, 3),), Between(1, y, 3))
    return SameSum((), given, one, other, forward or {y: x + 1}, backward or {x: y - 1})


W = sympy.IndexedBase("w")


def sized(condition):
    """Σ over 0 ≤ x < q of w[x] is Σ of w[y − 1] under a condition."""
    return SameSum((Variable(q, 0, 6),), (), Sum(W[x], (Variable(x, 0, q - 1),), Between(0, x, q - 1)),
                   Sum(W[y - 1], (Variable(y, 1, q),), condition), {y: x + 1}, {x: y - 1})


def certificate(**changes):
    """x ≥ 0, y ≥ 0 ⟹ x·y + x ≥ 0, or another."""
    good = {"hypotheses": (("x", x), ("y", y)), "rows": ((1, ("x", "y")), (1, ("x",))), "goal": x * y + x}
    return Certificate(**good | changes)


HONEST = {
    "for all": lambda: ForAll(Statement(BOX, (Le(0, x), Lt(x, y)), Le(1, y))),
    "identity": lambda: Identity((Inner(U, Product(A, X)),), (Inner(Product(Transpose(A), U), X),)),
    "identity of numbers": lambda: Identity((x * (x + 1), Fraction(1, 2)), (x**2 + x, HALF)),
    "unequal": lambda: Unequal(x, 2 * x, ((x, sympy.Integer(1)),)),
    "same sum": sums,
    "same sum of forms": lambda: SAME,
    "certificate": certificate,
    "contradiction": lambda: certificate(hypotheses=(("x", x), ("not x", -x - 1)), rows=((1, ("x",)), (1, ("not x",))), goal=-1),
}
LIES = {
    "for all": {
        "hypotheses that contradict each other": lambda: ForAll(Statement(BOX, (Lt(x, y), Lt(y, x)), Equal(x, 7))),
        "a hypothesis that is false": lambda: ForAll(Statement(BOX, (Either(),), Equal(x, y))),
        "a definition without a value": lambda: ForAll(Statement(BOX, (Equal(2 * q, 2 * x + 1),), Equal(x, y), (Floor(q, x, 1),))),
        "a floor by zero": lambda: ForAll(Statement(BOX, (), Equal(x, y), (Floor(q, x, 0),))),
        "a symbol that is not declared": lambda: ForAll(Statement(BOX, (Le(x, r),), Le(x, r))),
        "a value defined twice": lambda: ForAll(Statement(BOX, (), Equal(x, y), (Floor(q, x, 1), Floor(q, x + 1, 1)))),
        "a value defined by itself": lambda: ForAll(Statement(BOX, (), Equal(x, y), (Floor(q, q + 1, 1),))),
        "a definition of a variable": lambda: ForAll(Statement(BOX, (), Equal(x, y), (Floor(x, y, 1),))),
        "its hypothesis is its goal": lambda: ForAll(Statement(BOX, (Le(x, y), Le(0, x)), Le(x, y))),
        "its hypotheses are its goal": lambda: ForAll(Statement(BOX, (Le(x, y), Le(0, x)), All(Le(0, x), Le(x, y)))),
        "nothing": lambda: ForAll(Statement(BOX, (), All())),
        "true in the box, false outside": lambda: ForAll(Statement(BOX, (), Le(x, 4))),
        "true up to a size": lambda: ForAll(Statement(BOX, (Le(0, x),), Implies(Le(x, 1000), Le(1000, x - 1)))),
        "a claim under a condition that never holds": lambda: ForAll(Statement(BOX, (Equal(2 * x, 1),), Equal(x, y))),
        "an existence without anything": lambda: ForAll(Statement(BOX, (), Exists((q,), Equal(2 * q, 2 * x + 1)))),
    },
    "identity": {
        "nothing with nothing": lambda: Identity((), ()),
        "empty tuples": lambda: Identity(((), ()), ((),)),
        "nothing with something": lambda: Identity((), (x,)),
        "floats": lambda: Identity((0.1 + 0.2,), (0.3,)),
        "equal floats": lambda: Identity((0.5,), (0.5,)),
        "a float inside": lambda: Identity((sympy.Float(0.5) * x,), (sympy.Float(0.5) * x,)),
        "a float where a whole number was taken before": lambda: [Identity((number * x,), (number * x,)) for number in (7, sympy.Float(7))][-1],
        "nan with nan": lambda: Identity((sympy.nan,), (sympy.nan,)),
        "infinity with infinity": lambda: Identity((sympy.oo,), (sympy.oo,)),
        "words": lambda: Identity(("n",), ("n",)),
        "truth values": lambda: Identity((True,), (True,)),
        "formulas": lambda: Identity((Le(x, y),), (Le(x, y),)),
        "one entry wrong": lambda: Identity((x, y, x), (x, y, y)),
        "one entry missing": lambda: Identity((x, y), (x,)),
        "equal at every number, not as polynomials modulo 2": lambda: Identity((x**2,), (x,)),
        "another order": lambda: Identity((A,), (Transpose(A),)),
        "two sizes under one letter": lambda: Identity((A,), (Map(TrilinearForm.at(SPEC, (3,))),)),
    },
    "unequal": {
        "the same": lambda: Unequal(x, x, ((x, sympy.Integer(1)),)),
        "the same in other words": lambda: Unequal(x * (x + 1), x**2 + x, ((x, sympy.Integer(3)),)),
        "different, but not there": lambda: Unequal(x, 2 * x, ((x, sympy.Integer(0)),)),
        "without a point": lambda: Unequal(x, 2 * x),
        "floats": lambda: Unequal(0.1 + 0.2, 0.3),
        "at a float": lambda: Unequal(x, 2 * x, ((x, 0.5),)),
        "nan": lambda: Unequal(sympy.nan, sympy.nan),
    },
    "same sum": {
        "another summand": lambda: sums(right=Sum(2 * sympy.IndexedBase("w")[y - 1], (Variable(y, 1, 3),), Between(1, y, 3))),
        "one term more": lambda: sums(right=Sum(sympy.IndexedBase("w")[y - 1], (Variable(y, 1, 4),), Between(1, y, 4))),
        "one term less": lambda: sums(right=Sum(sympy.IndexedBase("w")[y - 1], (Variable(y, 1, 2),), Between(1, y, 2))),
        "every term twice": lambda: sums(right=Sum(W[y - 1], (Variable(y, 1, 3), Variable(r, 0, 1)), All(Between(1, y, 3), Between(0, r, 1))),
                                         forward={y: x + 1, r: 0 * x}),
        "every term twice, by a map and its mirror": lambda: sums(
            right=Sum(W[y - 1], (Variable(y, 1, 3), Variable(r, 0, 1)), All(Between(1, y, 3), Between(0, r, 1))), forward={y: x + 1, r: 1 - 0 * x}),
        "equal up to a size": lambda: sized(All(Between(1, y, q), Either(Le(q, 50), Le(y, q - 1)))),
        "equal at one size": lambda: sized(All(Between(1, y, q), Le(y, 3))),
        "equal sums of other terms": lambda: sums(forward={y: 3 - x}, backward={x: 3 - y}),
        "a definition that leaves the sum empty": lambda: replace(sums(), define=(Floor(q, sympy.Integer(1), 0),)),
        "a map that is not undone": lambda: sums(backward={x: y - 2}),
        "a map that folds": lambda: sums(forward={y: 1 + 0 * x}),
        "a map that leaves out a variable": lambda: sums(forward={x: x}),
        "empty sums": lambda: sums(left=Sum(x, (Variable(x, 0, 2),), All(Lt(x, 0), Lt(0, x))),
                                   right=Sum(y - 1, (Variable(y, 1, 3),), All(Lt(y, 1), Lt(1, y)))),
        "parameters that contradict": lambda: SameSum((Variable(r, 0, 1),), (Lt(r, r),), sums().left, sums().right, {y: x + 1}, {x: y - 1}),
        "a sum over nothing": lambda: sums(left=Sum(sympy.Integer(1), (), Le(0, 0))),
        "a free variable": lambda: sums(left=Sum(x + r, (Variable(x, 0, 2),), Between(0, x, 2)),
                                        right=Sum(y - 1 + r, (Variable(y, 1, 3),), Between(1, y, 3))),
        "floats where whole numbers were taken before": lambda: [sums(*[Sum(number * x, (Variable(x, 0, 2),), Between(0, x, 2))] * 2, {x: x}, {x: x})
                                                                 for number in (7, sympy.Float(7))][-1],
        "floats": lambda: sums(left=Sum(0.5 * x, (Variable(x, 0, 2),), Between(0, x, 2)),
                               right=Sum(0.5 * (y - 1), (Variable(y, 1, 3),), Between(1, y, 3))),
        "a border forgotten": lambda: replace(SAME, left=replace(written(SAME.left), condition=All(*written(SAME.left).condition.args[:2]))),
    },
    "certificate": {
        "its hypothesis is its goal": lambda: certificate(hypotheses=(("g", x * y + x),), rows=((1, ("g",)),)),
        "its hypothesis is its goal, expanded": lambda: certificate(hypotheses=(("g", x * (y + 1)),), rows=((1, ("g",)),)),
        "a row missing": lambda: certificate(rows=((1, ("x", "y")),)),
        "a negative row": lambda: certificate(rows=((1, ("x", "y")), (-1, ("x",))), goal=x * y - x),
        "a row that counts nothing": lambda: certificate(rows=((0, ("x", "y")), (1, ("x",)))),
        "a hypothesis it does not state": lambda: certificate(rows=((1, ("x", "z")), (1, ("x",)))),
        "two hypotheses of one name": lambda: certificate(hypotheses=(("x", x), ("x", -x), ("y", y))),
        "a goal that needs no proof": lambda: certificate(rows=(), goal=sympy.Integer(0)),
        "hypotheses that contradict": lambda: certificate(hypotheses=(("x", x), ("y", y), ("no", -x - 1))),
        "a contradiction from what does not contradict": lambda: certificate(goal=-1),
        "fractions of a row": lambda: certificate(rows=((0.5, ("x", "y")), (0.5, ("x",))), goal=(x * y + x) / 2),
        "a float goal": lambda: certificate(goal=1.0 * x * y + 1.0 * x),
    },
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest_claims_count(kind):
    assert outcome(HONEST[kind]) in ("proved", "checked")


@pytest.mark.parametrize(("kind", "lie"), [(kind, lie) for kind, lies in LIES.items() for lie in lies])
def test_lies_do_not_count(kind, lie):
    assert outcome(LIES[kind][lie]) in ("refused", "refuted", "undecided")


def fact(value=3, states=lambda n: (Identity((n,), (3,)),)):
    return Fact("n = {n}", {"n": value}, states)


THEOREMS = {
    "no step": lambda: Theorem(0, "t", "all sizes", "", ()),
    "no step, but a headline": lambda: Theorem(0, "t", "this size", "", (), (fact(),)),
    "steps of what does not apply": lambda: Theorem(0, "t", "all sizes", "", (SURE,), not_applicable="nothing to prove"),
    "all sizes from one size": lambda: Theorem(0, "t", "all sizes", "", (Step("at a size", Identity((A,), (A,)), "this size"),)),
    "a step of one size that calls itself all sizes": lambda: Theorem(0, "t", "all sizes", "", (SURE, Step("at a size", Identity((A,), (A,))))),
    "a step about a point that calls itself all sizes": lambda: Theorem(
        0, "t", "all sizes", "", (SURE, Step("differs", Unequal(x, 2 * x, ((x, sympy.Integer(1)),))))),
    "a headline that no step states": lambda: Theorem(0, "t", "all sizes", "", (SURE,), (fact(),)),
    "a headline that states nothing": lambda: Theorem(0, "t", "all sizes", "", (SURE,), (fact(states=lambda n: ()),)),
    "a headline for all sizes from a step at one": lambda: Theorem(
        0, "t", "all sizes", "", (SURE, Step("at a size", Identity((A,), (A,)), "this size")), (fact(states=lambda n: (Identity((A,), (A,)),)),)),
    "a headline with another value than its step": lambda: Theorem(
        0, "t", "all sizes", "", (Step("three", fact().claims[0]),), (fact(4),)),
    "a false headline": lambda: Theorem(0, "t", "all sizes", "", (Step("four", fact(4).claims[0]),), (fact(4),)),
    "a vacuous step among true ones": lambda: Theorem(
        0, "t", "all sizes", "", (SURE, Step("never", ForAll(Statement(BOX, (Lt(x, x),), Equal(x, y)))))),
}


@pytest.mark.parametrize("lie", THEOREMS)
def test_theorems_that_say_nothing_or_too_much_do_not_hold(lie):
    try:
        theorem = THEOREMS[lie]()
    except Refused:
        return
    assert not prove(theorem).holds


def test_an_honest_theorem_holds():
    assert prove(Theorem(0, "t", "all sizes", "", (SURE, Step("three", fact().claims[0])), (fact(),))).holds


def test_enumeration_is_no_judge_of_what_it_did_not_meet():
    """No point of the small ranges satisfies the hypotheses, so only the others decided."""
    far = Statement(BOX, (Le(1000, x),), Le(7, x))
    assert judge(far).outcome == "proved" and "enumerate" not in judge(far).judges
    assert enumeration.judge(far) is None
    assert "enumerate" in judge(Statement(BOX, (Le(0, x),), Le(-1, x))).judges


def test_a_sum_lists_the_judges_that_heard_both_directions():
    w = sympy.IndexedBase("w")
    far = SameSum((), (), Sum(w[x], (Variable(x, 0, 2),), Between(100, x, 102)), Sum(w[y - 1], (Variable(y, 101, 103),), Between(101, y, 103)),
                  {y: x + 1}, {x: y - 1})
    (verdict,) = judge_claims([far])
    assert verdict.outcome == "proved" and "enumerate" not in verdict.judges


def test_enumeration_reads_terms_by_itself(monkeypatch):
    """With a broken reading of terms the others are wrong together, and enumeration, which does not share it, contradicts them."""
    from convt._derive.judges import JudgesDisagree, isl, smt_text
    from convt._derive.logic import monomials

    def without_constant(term):
        return tuple(row for row in monomials(term) if row[1])

    monkeypatch.setattr(isl, "monomials", without_constant)
    monkeypatch.setattr(smt_text, "monomials", without_constant)
    with pytest.raises(JudgesDisagree):
        judge(Statement(BOX, (), Le(x + 1, x)))
    assert not hasattr(enumeration, "monomials")


def test_terms_mean_the_same_to_enumeration_and_to_sympy():
    rng = random.Random(5)
    for _ in range(200):
        def term(depth):
            if depth == 0:
                return rng.choice([x, y, sympy.Integer(rng.randint(-3, 3))])
            return rng.choice([lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b, lambda a, b: a**2])(term(depth - 1), term(depth - 1))
        made = sympy.S(term(3))
        nest = enumeration._Nest(Statement(BOX, (), Le(x, x)))
        at = {"v0": rng.randint(-5, 5), "v1": rng.randint(-5, 5)}
        assert eval(nest.term(made), {}, at) == made.subs({x: at["v0"], y: at["v1"]})  # noqa: S307


def test_equations_with_a_factor_are_solved_by_enumeration_where_they_have_a_solution():
    statement = Statement((Variable(x, -9, 9), Variable(y, 0, 0)), (Equal(3 * y, x + 1),), Either(Equal(x, 3 * y - 1), Lt(x, y)))
    assert enumeration.judge(statement).outcome == "checked"
    assert enumeration.judge(replace(statement, claim=Le(y, 2))).point == (("x", 8), ("y", 3))
    assert enumeration.judge(Statement(BOX, (), Iff(Exists((q,), Equal(2 * q, x)), Exists((r,), Equal(4 * r, 2 * x))))).outcome == "checked"


def test_a_search_that_is_too_long_leaves_the_point_to_the_others():
    far = Statement(BOX, (), Exists((q,), All(Between(0, q, 1 << 20), Le(x + y + 1, q + r), ), ()), (Floor(r, x, 1),))
    found = enumeration.judge(far)
    assert found is None or found.outcome == "checked"
