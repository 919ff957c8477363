"""Lines of proofs, read back from their text: below a Σ stands what is summed over, an identity's equations are its entries."""

import random
import re

import pytest
import sympy

from convt._derive import ConvSpec
from convt._derive.claims import Certificate, ForAll, Identity, SameSum, Sum, written
from convt._derive.expression import entries
from convt._derive.form import i, j, m, symbols
from convt._derive.logic import All, Between, Either, Equal, Exists, Iff, Le, No
from convt._derive.notation.plain import plain
from convt._derive.notation.printer import Printer
from convt._derive.render.chain import rows
from convt._derive.render.letters import MEANINGS, OWN, own_letters
from convt._derive.render.phrases import phrase
from convt._derive.render.text import row_lines
from convt._derive.statement import Statement, holds
from convt._derive.theorems import theorems

NAMES = ["1d_k3s2p1op1", "2d_k4s2p1", "2d_k4x2s3x2p1:0x-1:2d1x3op2x0", "3d_k2s2"]


def below(text):
    """(ranges, conditions) of the first Σ in a line."""
    inside = re.search(r"Σ\{(.*?)\}", text)[1]
    ranges, _, conditions = inside.partition(" : ")
    return ranges.split(", "), conditions.split(", ") if conditions else []


def true(conditions, point):
    """Whether printed conditions hold at a point; a letter without number means each axis."""
    numbers = sorted({name.rpartition("_")[2] for name in point if re.search(r"_\d$", name)})
    for condition in conditions:
        for number in numbers if numbers else [""]:
            def value(match, number=number):
                name = match[0]
                return f"({point[name] if name in point else point[f'{name}_{number}']})"

            text = condition.replace("−", "-").replace("≤", "<=").replace(" = ", " == ").replace(" or ", " ∨ ").replace(" and ", " ∧ ")
            text = re.sub(r"(?<![\w'])(\d+)(?=[A-Za-zγτβλμ])|(?<=[\w')]) ?(?=\()|(?<=[\w')]) (?=\w)", lambda m: (m[1] or "") + "*", text)
            text = re.sub(r"([A-Za-z]{2,}|[A-Za-zγτβλμ]'*)(_\w+)?", value, text)
            if not eval(text.replace("∨", "or").replace("∧", "and")):  # noqa: S307
                return False
    return True


def lift(range_):
    """i < m says 0 ≤ i < m."""
    return f"0 ≤ {range_}" if "<" in range_ or "≤" in range_ else "0 = 0"


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_below_a_sum_is_what_is_summed_over(name):
    rng, read, hits = random.Random(5), 0, 0
    for make in theorems():
        for step in make(ConvSpec.parse(name)).steps:
            if not isinstance(step.claim, SameSum):
                continue
            lines = [plain(row.latex) for row in rows(step.claim) if "Σ{" in plain(row.latex)]
            for side, line in zip((step.claim.left, step.claim.right), lines, strict=False):
                whole = written(side)
                ranges, conditions = below(line)
                letters = {*(v.symbol for v in whole.variables), *whole.spoken}
                for trial in range(40):
                    point = {symbol: rng.randint(0, 3) for symbol in letters}
                    for variable in whole.variables if trial % 4 else ():
                        first = sympy.S(variable.first)
                        if variable.first == variable.last and first.free_symbols <= set(point):
                            point[variable.symbol] = int(first.xreplace(point))
                    for node in whole.condition.args if trial % 2 and isinstance(whole.condition, All) else ():
                        if isinstance(node, Equal) and node.args[0].is_Symbol and node.args[1].free_symbols <= set(point):
                            point[node.args[0]] = int(node.args[1].xreplace(point))
                    judged = holds(whole.condition, {symbol: sympy.Integer(number) for symbol, number in point.items()})
                    assert true([*map(lift, ranges), *conditions], {str(symbol): number for symbol, number in point.items()}) == judged, (line, point)
                    hits += judged
                read += 1
    assert read > 20 and hits > 50


def test_a_sum_with_another_range_prints_another_line():
    claim = next(step.claim for make in theorems((7,)) for step in make(ConvSpec.parse("2d_k4s2p1")).steps)
    line = plain(rows(claim)[2].latex)
    whole = written(claim.right)
    for number, node in enumerate(whole.condition.args):
        wrong = All(*whole.condition.args[:number], *whole.condition.args[number + 1:])
        other = SameSum(claim.parameters, claim.given, claim.left, Sum(whole.summand, whole.variables, wrong), claim.forward, claim.backward)
        assert plain(rows(other)[2].latex) != line, node


@pytest.mark.parametrize("name", NAMES[:2])
def test_every_step_has_lines_and_none_holds_commands(name):
    for make in theorems():
        for step in make(ConvSpec.parse(name)).steps:
            made = rows(step.claim)
            assert made and all(row.latex or row.reason for row in made)
            for line in [line for row in made for line in row_lines(row)]:
                assert "\\" not in line and not re.search(r"\b(bmod|substack|limits|begin)\b", line), line
                if line != "⟹ 1 | l":  # all that theorem 30 claims there
                    assert not re.search(r"⌊\(?[\dA-Za-z]\)?⌋|\b1 \||· \d|\+ 0\b", line), line


def test_equations_of_an_identity_stand_apart_and_what_is_the_same_stands_once():
    assert [row.latex for row in rows(Identity((2 * m, i), (2 * m, i)))] == ["2m,\\quad i"]
    y = symbols("y")
    made = rows(Identity(((2 * m - y) * i, i + j), (2 * m * i - y * i, i + j)))
    assert [plain(row.latex) for row in made] == ["i + j" if "i + j" in plain(made[0].latex) else "j + i", "i(2m − y) = 2m i − i y"] or len(made) == 2


def test_formulas_are_grouped_where_they_could_be_misread():
    printer = Printer()
    either = Either(All(Equal(i, 0), Equal(j, 1)), Le(m, i))
    assert plain(phrase(either, printer)) == "(i = 0 and j = 1) or m ≤ i"
    assert plain(phrase(All(either, Le(0, i)), printer)) == "((i = 0 and j = 1) or m ≤ i) and 0 ≤ i"
    assert plain(phrase(Between(0, i, m - 1), printer)) == "0 ≤ i < m" and plain(phrase(Between(1, i, m - 1), printer)) == "1 ≤ i ≤ m − 1"
    assert plain(printer.doprint(No(Equal(i, j)))) == "i ≠ j" and plain(printer.doprint(No(Le(i, j)))) == "¬(i ≤ j)"
    iff = Statement((), (), Iff(Equal(sympy.Integer(1), 1), Exists((i,), Equal(i, 2), ())))
    assert plain(ForAll(iff).latex(printer)) == "1 = 1 ⇔ (∃ i: i = 2)"


def spoken(claim):
    """The letters of a claim that no definition in it explains, without indices."""
    symbols_ = {variable.symbol for statement in claim.statements() for variable in statement.variables} if not isinstance(claim, Certificate) else set().union(
        *(sympy.S(value).free_symbols for _, value in claim.hypotheses))
    if isinstance(claim, Identity) and not claim.context:
        symbols_ |= set().union(*(sympy.S(value).free_symbols for value in entries((claim.left, claim.right))))
    return {symbol.name.partition("_")[0].rstrip("'") for symbol in symbols_}


@pytest.mark.parametrize("name", ["1d_k3s2p1op1", "2d_k3x4s2p1d2"])
def test_every_letter_is_explained_where_it_stands(name):
    """In the document's list, in the theorem's own, or in the words of one of its steps."""
    known = set(re.findall(r"[A-Za-zα-ω]+", " ".join(MEANINGS))) | set("BGFCpy") | {"op", "g"}
    for make in theorems():
        theorem = make(ConvSpec.parse(name))
        words = " ".join([own_letters(theorem.number), theorem.why, *(step.reason for step in theorem.steps)])
        own = set(re.findall(r"(?<![A-Za-z])[A-Za-zα-ω]+|(?<=\d)[a-z](?![a-z])", words))
        for step in theorem.steps:
            missing = {letter for letter in spoken(step.claim) - known - own if letter[0] not in "uwxv"}
            assert not missing, f"theorem {theorem.number} does not say what {missing} is: say it in a reason, or in OWN of render/letters.py"
    titles = {make(ConvSpec.parse(name)).number for make in theorems()}
    assert set(OWN) <= titles


def test_plain_text_shows_matrices_where_it_speaks_of_them():
    claim = next(step.claim for make in theorems((4,)) for step in make(ConvSpec.parse("2d_k2s2")).steps if "this matrix" in step.reason)
    text = "\n".join(line for row in rows(claim) for line in row_lines(row))
    assert re.search(r"A = w\[0, 0\] +w\[0, 1\] +·", text) and text.count("\n\n") == 1, text


def test_a_length_is_printed_without_what_is_nothing():
    from convt._derive import Axis
    from convt._derive.objects import Length

    assert [plain(Length(axis).latex(Printer())) for axis in (Axis(2, 2, (-1, 2), 3), Axis(1, 1), Axis(3, 2, (1, 1), 1, 1))] == [
        "2(m − 1) + 3·1 + 1 + 1 − 2", "(m − 1) + 1", "2(m − 1) + 2 + 1 + 1 − 1 − 1"]
