"""Folded statements say what the judged ones say: both are evaluated at many points, for every theorem."""

import random

import pytest

from convt._derive import ConvSpec
from convt._derive.claims import ForAll, SameSum
from convt._derive.form import symbols
from convt._derive.logic import Absolute, All, Between, Bracket, Divides, Either, Equal, Floor, Iff, Implies, Le, Maximum, Minimum, No
from convt._derive.render.folding import FALSE, TRUE, fold, folded
from convt._derive.statement import holds
from convt._derive.theorems import theorems

J, i, a, q, e = symbols("J i a q e")


def value(node, point):
    """What a definition names."""
    terms = [int(arg.xreplace(point)) for arg in node.args[1:]] if not isinstance(node, Bracket) else [int(holds(node.args[1], point))]
    return {Floor: lambda x, c: x // c, Maximum: max, Minimum: min, Absolute: abs, Bracket: int}[type(node)](*terms)


def points(statement, rng, count):
    """Points with values for the definitions, near and beyond the ranges that the variables have."""
    for _ in range(count):
        point = {letter: rng.randint(letter.LEAST.get(letter.name.split("_")[0], -3), 4) for letter in statement.parameters}
        for variable in statement.variables:
            low, high = (int(end.xreplace(point)) if hasattr(end, "xreplace") and not (end.free_symbols - set(point)) else int(end) if isinstance(end, int) else 0
                         for end in (variable.first, variable.last))
            point[variable.symbol] = rng.randint(low - 1, max(low, high) + 2)
        for node in statement.define:
            if node.args[0] in point or set().union(*(arg.free_symbols for arg in node.args[1:])) - set(point):
                break
            point[node.args[0]] = value(node, point)
        else:
            import sympy

            yield {symbol: sympy.Integer(number) for symbol, number in point.items()}


@pytest.mark.parametrize("name", ["1d_k3s2p1op1", "2d_k4x2s3x2p1:0x-1:2d1x3op2x0", "1d_k1s3", "1d_k5s4p2d6"])
def test_a_folded_statement_says_the_same(name):
    rng, compared, shorter = random.Random(3), 0, 0
    for make in theorems():
        for step in make(ConvSpec.parse(name)).steps:
            for statement in step.claim.statements() if isinstance(step.claim, ForAll | SameSum) else ():
                given, define, claim = folded(statement.given, statement.define, statement.claim)
                shorter += len(define) < len(statement.define) or claim != statement.claim
                for point in points(statement, rng, 12):
                    supposed = all(holds(node, point) for node in statement.given)
                    assert supposed == all(holds(node, point) for node in (*given, *define)), (make, statement)
                    if supposed:
                        assert holds(statement.claim, point) == holds(claim, point), (make, statement)
                    compared += 1
    assert compared > 300 and shorter > 3


def test_what_is_true_of_itself_goes():
    assert fold(All(Either(Divides(1, J), No(Equal(J, a))), Either(No(Divides(1, J)), Equal(J, i)))) == Equal(J, i)
    assert fold(Floor(q, 2 * J, 2)) == fold(Floor(q, J, 1)) == Equal(q, J) and fold(Floor(q, 2 * J + 4, 6)) == Floor(q, J + 2, 3)
    assert fold(Between(0, e, 0)) == Equal(e, 0) and fold(Iff(Le(0, i), Divides(1, J))) == Le(0, i)
    assert fold(Implies(Le(2, 1), Le(i, a))) == TRUE and fold(All(Le(2, 1), Le(i, a))) == FALSE
    assert fold(Equal(2 * (i + a), 2 * i + 2 * a)) == TRUE and folded((), (), Equal(i, i))[2] == Equal(i, i)
    given, define, claim = folded((Le(q, i),), (Floor(q, J, 1),), Equal(q, a))
    assert (given, define, claim) == ([Le(J, i)], [], Equal(J, a))
