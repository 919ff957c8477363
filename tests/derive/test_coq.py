"""What is written for Coq says what the judges were asked, and Coq accepts it; where coqc is missing, only the text is tested."""

import random
import re
import subprocess
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import pytest
import sympy
from coq_text import Reader, taken_apart, theorems, value
from coq_trial import tried
from statement_mutants import mutants, sum_mutants

from convt._derive import Axis, ConvSpec
from convt._derive.claims import Certificate, ForAll, Identity, SameSum, Unequal, written
from convt._derive.claims.algebra import entries
from convt._derive.coq import files, judge
from convt._derive.coq.statements import words
from convt._derive.coq.terms import names_of
from convt._derive.fast import fast_algorithm
from convt._derive.judges import isl
from convt._derive.logic import All, Exists, Parameter
from convt._derive.statement import holds
from convt._derive.theorems import theorems as theorems_of
from convt.catalogue import SPECS

needs_coq = pytest.mark.skipif(not judge.version(), reason="coqc is not installed")
FEW = ["2d_k4s2p1", "1d_k3s2p2d2op1"]
POINTS = 25


def alike(symbol, name):
    """Whether a name is that of the symbol: its letters without braces, with underscores behind it where others have it too."""
    return re.sub(r"[^\w']+", "_", re.sub(r"[{}]", "", str(symbol))) == name.rstrip("_") or str(symbol) == name


def named(symbols, bound):
    """Symbol → name in the text: the same ones in the same order."""
    symbols = list(symbols)
    assert len(symbols) == len(bound) == len(set(bound)) and all(map(alike, symbols, bound)), (symbols, bound)
    return dict(zip(symbols, bound, strict=True))


def points(rng, symbols):
    """Numbers for letters; what is divided by is not 0."""
    for _ in range(POINTS):
        yield {symbol: sympy.Integer(rng.randint(1, 5) if isinstance(symbol, Parameter) and symbol.positive_by_law
                                     else rng.choice([0, 1, 2, 3, rng.randint(-4, 9)])) for symbol in symbols}


def integers(point, names):
    return {name: int(point[symbol]) for symbol, name in names.items()}


def read_forall(claim, text, rng):
    statement = claim.statement
    bound, premises, conclusion = taken_apart(text)
    assert {kind for _, kind in bound} <= {"Z"}
    names = named(statement.symbols, [name for name, _ in bound])
    hypotheses = (*statement.hypotheses, *statement.define)
    assert len(premises) == len(hypotheses)
    for point in points(rng, statement.symbols):
        at = integers(point, names)
        for node, premise in zip(hypotheses, premises, strict=True):
            assert bool(value(premise, at)) == holds(node, point), (node, premise)
        for node in statement.define:  # values as they are defined: claims are about those
            point[node.args[0]] = next((sympy.Integer(v) for v in range(-60, 61) if holds(node, point | {node.args[0]: sympy.Integer(v)})),
                                       point[node.args[0]])
        assert bool(value(conclusion, integers(point, names))) == holds(statement.claim, point), (statement.claim, conclusion)


def array(name):
    return lambda indices: random.Random(f"{name}{[int(index) for index in indices]}").randint(-5, 5)


def summand_at(node, point, arrays):
    node = sympy.S(node)
    found = {one: sympy.Integer(array(arrays[one.base])([index.xreplace(point) for index in one.indices])) for one in node.atoms(sympy.Indexed)}
    return int(node.replace(sympy.conjugate, lambda x: 3 * x).xreplace(found))


def read_sum(claim, text, rng):
    bound, premises, conclusion = taken_apart(text)
    arrays = {}
    for side in (claim.left, claim.right):
        for base in sympy.S(written(side).summand).atoms(sympy.IndexedBase):
            (arrays[base],) = [name for name, kind in bound if kind == "list Z -> K" and alike(base, name)]
    assert conclusion[:2] == ("call", "same_sum") and conclusion[2] == "K" and len(conclusion) == 9
    letters = {letter for whole in claim.directions for letter in whole.parameters}
    spoken = set().union(written(claim.left).spoken, written(claim.right).spoken, *(node.free_symbols for node in (*claim.given, *claim.define)))
    legal = [fact for letter in sorted(letters & spoken, key=str) for fact in letter.legal]
    hypotheses = (*legal, *claim.given, *claim.define)
    assert len(premises) == len(hypotheses)
    parameters = [name for name, kind in bound if kind == "Z"]
    for side, (count, condition, summand) in zip((claim.left, claim.right), (conclusion[3:6], conclusion[6:9]), strict=True):
        one = written(side)
        assert count == len(one.variables)
        own = named([variable.symbol for variable in one.variables], condition[1])
        assert condition[1] == summand[1] and condition[0] == summand[0] == "fun"
        spoken = set().union(one.spoken, *(node.free_symbols for node in hypotheses)) - set(own)
        names = own | {symbol: next(name for name in parameters if alike(symbol, name)) for symbol in spoken}
        assert len(set(names.values())) == len(names)
        for point in points(rng, names):
            at = integers(point, names) | {name: array(name) for name in arrays.values()} | {"conjugate": lambda x: 3 * x, "one": 1, "K": "K"}
            for node, premise in zip(hypotheses, premises, strict=True):
                assert bool(value(premise, at)) == holds(node, point), (node, premise)
            for part in one.condition.args if isinstance(one.condition, All) else (one.condition,):
                point |= solved(part, point, own)
            at |= integers(point, names)
            assert bool(value(condition[2], at)) == holds(one.condition, point), (one.condition, condition)
            assert value(summand[2], at) == summand_at(one.summand, point, arrays), (one.summand, summand)


def solved(node, point, own):
    """A variable of the sum moved so that an equation holds, so that conditions are met now and then."""
    if type(node).__name__ == "Equal":
        for side, other in (node.args, node.args[::-1]):
            if side in own:
                return {side: sympy.Integer(other.xreplace(point))}
    return {}


def number(entry, point):
    found = sympy.expand(sympy.S(sympy.Rational(entry.numerator, entry.denominator) if isinstance(entry, Fraction) else entry).xreplace(point))
    real, imaginary = found.as_real_imag()
    return Fraction(int(real.p), int(real.q)), Fraction(int(imaginary.p), int(imaginary.q))


def compared(tree, left, right, point, at):
    """The two lists of an equation are the entries of both sides."""
    one, other = (value(part, at) for part in ((tree[2], tree[3]) if tree[0] == "call" else (tree[1], tree[2])))
    for found, side in ((one, left), (other, right)):
        wanted = [number(entry, point) for entry in entries(side)]
        assert [entry if isinstance(entry, tuple) else (entry, 0) for entry in found] == wanted


def read_identity(claim, text, rng):
    bound, premises, conclusion = taken_apart(text)
    letters = sorted(set().union(*(sympy.S(entry).free_symbols for entry in (*entries(claim.left), *entries(claim.right))
                                   if not isinstance(entry, Fraction))), key=str)
    assert not premises
    names = {symbol: next(name for name, _ in bound if alike(symbol, name)) for symbol in letters}
    assert len(set(names.values())) == len(letters)
    for point in islice(points(rng, letters), 2):
        at = {name: rng.randint(-3, 3) for name, _ in bound} | integers(point, names)
        compared(conclusion, claim.left, claim.right, point, at)


def read_unequal(claim, text, rng):
    assert text.startswith("~ (") and text.endswith(")")
    bound, premises, conclusion = taken_apart(text[3:-1])
    letters = set().union(*(sympy.S(entry).free_symbols for entry in (*entries([claim.left]), *entries([claim.right]))))
    point = {symbol: sympy.S(dict(claim.point).get(symbol, 0)) for symbol in letters}
    at = {name: 0 for name, _ in bound} | {next(name for name, _ in bound if alike(symbol, name)): int(point[symbol]) for symbol in letters}
    compared(conclusion, [claim.left], [claim.right], point, at)
    assert not premises and not value(conclusion, at)


def read_certificate(claim, text, rng):
    bound, premises, conclusion = taken_apart(text)
    letters = sorted(set().union(*(sympy.S(term).free_symbols for _, term in claim.hypotheses), sympy.S(claim.goal).free_symbols), key=str)
    names = named(letters, [name for name, _ in bound])
    assert len(premises) == len(claim.hypotheses)
    for point in points(rng, letters):
        at = integers(point, names)
        for (_, term), premise in zip(claim.hypotheses, premises, strict=True):
            assert value(premise, at) == (sympy.S(term).xreplace(point) >= 0)
        assert value(conclusion, at) == (claim.goal != -1 and sympy.S(claim.goal).xreplace(point) >= 0)


READ = {ForAll: read_forall, SameSum: read_sum, Identity: read_identity, Unequal: read_unequal, Certificate: read_certificate}


def read_back(file, seed=0):
    """Every theorem of the text, in the order of the claims, says what its claim says."""
    found = theorems(file.text)
    assert list(found) == [lemma.name for lemma in file.stated] and not file.missing
    for lemma in file.stated:
        READ[type(lemma.claim)](lemma.claim, found[lemma.name], random.Random(f"{seed}{lemma.name}"))


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in FEW])
def test_each_statement_read_back_from_the_text_is_the_judged_one(name):
    spec = ConvSpec.parse(name)
    for file in (files.about(spec), files.general(), files.any_layers(spec.dims)):
        read_back(file)


def test_every_step_of_every_theorem_is_in_the_files():
    for name in FEW[1:]:
        spec = ConvSpec.parse(name)
        stated = {lemma.statement for file in (files.about(spec), files.general()) for lemma in file.stated}
        stated |= {words(lemma.claim).statement for lemma in files.fast().stated}
        for theorem in (make(spec) for make in theorems_of()):
            for step in theorem.steps:
                assert files.in_numbers("", theorem, step).statement in stated


def test_what_holds_of_all_layers_is_taken_with_numbers_put_in():
    """Nearly all statements with letters; a wrong number, or another axis, and Coq refuses it (below)."""
    for name in ("2d_k3x2s1x3p-1:2x0op1x2", "3d_k3s2p1op1", "1d_k5s3p9"):
        spec = ConvSpec.parse(name)
        own = files.about(spec).stated
        taken = [lemma for lemma in own if lemma.taken]
        judged = [lemma for lemma in own if isinstance(lemma.claim, ForAll | SameSum)]
        assert len(taken) > 0.7 * len(judged)
        assert {place for lemma in taken for place in re.findall(r"Any_\dd", lemma.proof)} == set(map(files.any_module, files.axes_of([spec])))


def test_the_transforms_in_the_text_are_those_that_compute_correlations():
    file = files.fast()
    found = theorems(file.text)
    assert list(found) == [f"F_{outputs}_{taps}" for outputs, taps in ((2, 2), (3, 2), (4, 2), (2, 3), (4, 3), (2, 4), (3, 4))]
    for name, text in found.items():
        _, function, *arguments = Reader.read(text)
        outputs, taps, products, *matrices = (value(argument, {}) for argument in arguments)
        made, (A, G, B) = fast_algorithm(outputs, taps), matrices
        assert function == "fast" and name == f"F_{outputs}_{taps}" and products == len(G) == len(B)
        assert [[list(row) for row in rows] for rows in (made.output, made.weights, made.inputs)] == [A, G, B]
        g, d = [random.randint(-9, 9) for _ in range(taps)], [random.randint(-9, 9) for _ in range(outputs + taps - 1)]
        multiplied = [sum(map(Fraction.__mul__, row, map(Fraction, g))) * sum(map(Fraction.__mul__, line, map(Fraction, d))) for row, line in zip(G, B, strict=True)]
        assert [sum(map(Fraction.__mul__, row, multiplied)) for row in A] == [sum(g[b] * d[i + b] for b in range(taps)) for i in range(outputs)]


def test_nothing_is_taken_for_granted():
    for file in (files.library(), files.general(), files.fast(), files.any_layers(1), files.about(ConvSpec.parse(FEW[1]))):
        assert not re.search(r"\b(Admitted|admit|Axiom|Parameter|Conjecture|Abort|Hypothesis)\b", re.sub(r"\(\*.*?\*\)", "", file.text, flags=re.S))
        imported = re.findall(r"(?m)^From (\w+) Require (?:Import|Export) (.*)\.$", file.text)
        assert imported and all(source == "Coq" or (source, names) == ("Convt", "Library") for source, names in imported)
        beside = re.findall(r"(?m)^From (\w+) Require (?!Import|Export)(.*)\.$", file.text)
        assert beside == ([("Convt", "Any_1d")] if file.module.startswith("conv_") else [])


def test_no_two_letters_share_a_name():
    symbols = [sympy.Symbol("w_{0,1}"), sympy.Symbol("w_{0_1}"), sympy.Symbol("Z", integer=True), sympy.Symbol("x"), sympy.Symbol("x", integer=True), sympy.Symbol("in")]
    names = names_of(symbols)
    assert len(set(names.values())) == len(symbols) and not {"Z", "in"} & set(names.values())


@needs_coq
@pytest.mark.slow
def test_coq_accepts_all_theorems_of_a_few_configurations(tmp_path):
    made = files.write(tmp_path, [ConvSpec.parse(name) for name in FEW])
    for answer in judge.ask(tmp_path, made):
        assert answer.accepted, answer.words


@needs_coq
@pytest.mark.slow
def test_a_false_statement_or_an_axiom_is_not_accepted(tmp_path):
    library = files.library()
    lemma = files.general().stated[0]
    bad = [files.CoqFile("Wrong", "From Convt Require Import Library.\nTheorem wrong : forall m : Z, m < m.\nProof. intros; decided. Qed.\n", (lemma,)),
           files.CoqFile("Taken", "Axiom wrong : False.\nDefinition everything := wrong.\nPrint Assumptions everything.\n", (lemma,)),
           files.CoqFile("Silent", "Axiom wrong : False.\n", (lemma,))]
    for file in bad:
        (tmp_path / f"{file.module}.v").write_text(file.text)
    (tmp_path / "Library.v").write_text(library.text)
    first, *others = judge.ask(tmp_path, [library, *bad])
    assert first.accepted and not any(answer.accepted for answer in others)
    assert others[0].words.startswith("wrong: ")


X, Y = sympy.symbols("x y", real=True)


@needs_coq
@pytest.mark.slow
def test_entries_are_compared_over_integers_fractions_and_complex_numbers(tmp_path):
    """Of sides with letters, each true and with one entry changed: no configuration has fractions and letters in one identity."""
    pairs = [((X + Y) ** 2, X**2 + 2 * X * Y + Y**2), ((X + Y) / 2, X / 2 + Y / 2), ((X + sympy.I * Y) ** 2, X**2 - Y**2 + 2 * sympy.I * X * Y)]
    every = list[files.CoqFile]()
    for number, (left, right) in enumerate(pairs):
        for name, changed in (("True", 0), ("False", X)):
            made = words(Identity((left, Y), (right, Y + changed)))
            lemma = replace(files.general().stated[0], name="sides", statement=made.statement, proof=made.proof)
            every.append(files.CoqFile(f"{name}{number}", f"From Convt Require Import Library.\n{lemma.text}\nPrint Assumptions sides.\n", (lemma,)))
    library = files.library()
    for file in (library, *every):
        (tmp_path / f"{file.module}.v").write_text(file.text)
    _, *answers = judge.ask(tmp_path, [library, *every])
    assert [answer.accepted for answer in answers] == [True, False] * 3, [answer.words for answer in answers]
    assert {made.file.lemmas[0].statement.count(": Q") for made in answers} == {0, 1}


INSTANCE = """From Convt Require Import Library.
From Convt Require Any_1d.
Section Statements.
Variable K : values.
{}
End Statements.
Definition everything := {}.
Print Assumptions everything.
"""


@needs_coq
@pytest.mark.slow
def test_numbers_that_are_not_those_of_the_general_theorem_are_not_accepted(tmp_path):
    """The statement with another stride, or what is proved of another stride: none of it is what is proved of all layers."""
    taken = [lemma for lemma in files.about(ConvSpec.parse("1d_k4s2p1")).stated if lemma.taken]
    chosen = [next(lemma for lemma in taken if isinstance(lemma.claim, kind) and " 2 * i" in lemma.statement) for kind in (ForAll, SameSum)]
    every = []
    for number, lemma in enumerate(chosen):
        said = replace(lemma, statement=lemma.statement.replace(" 2 * i", " 3 * i", 1))
        proved = replace(lemma, proof=re.sub(r"(?<= )2(?= )", "3", lemma.proof))
        assert lemma.proof != proved.proof
        every += [files.CoqFile(f"{name}{number}", INSTANCE.format(one.text, lemma.name), (lemma,))
                  for name, one in (("Good", lemma), ("Said", said), ("Proved", proved))]
    beside = [files.library(), files.any_layers(1)]
    for file in (*beside, *every):
        (tmp_path / f"{file.module}.v").write_text(file.text)
    answers = judge.ask(tmp_path, [*beside, *every])
    assert [answer.accepted for answer in answers] == [True, True, *[True, False, False] * 2], [answer.words for answer in answers]


SUMS = """From Convt Require Import Library.
Definition plain := Values Z 0 1 Z.add Z.mul Z.sub Z.opp InitialRing.Zth.
Theorem six : is_sum (K := plain) (at_point False 2 (fun i j => 0 <= i <= 1 /\\ 0 <= j <= 1 /\\ 0 <= i + j <= 2)) (at_point 0 2 (fun i j => i + 2 * j)) VALUE.
Proof.
  exists [[0; 0]; [0; 1]; [1; 0]; [1; 1]]. split; [| split; [| reflexivity]].
  - repeat constructor; simpl; intuition discriminate.
  - intro x. split.
    + simpl. intros [<- | [<- | [<- | [<- | []]]]]; simpl; lia.
    + destruct x as [| i [| j [| k x]]]; simpl; try contradiction. intros (? & ? & _).
      assert (i = 0 \\/ i = 1) as [-> | ->] by lia; assert (j = 0 \\/ j = 1) as [-> | ->] by lia; tauto.
Qed.
Theorem other : ~ same_sum plain 1 (fun i => 0 <= i <= 1) (fun _ => 1) 1 (fun i => i = 0) (fun _ => 1).
Proof.
  intro same. assert (is_sum (K := plain) (at_point False 1 (fun i => i = 0)) (at_point 0 1 (fun _ => 1)) 2) as (points & once & here & two).
  - apply same. exists [[0]; [1]]. split; [| split; [| reflexivity]].
    + repeat constructor; simpl; intuition discriminate.
    + intro x. split; [intros [<- | [<- | []]]; simpl; lia |].
      destruct x as [| i [| k x]]; simpl; try contradiction. intro. assert (i = 0 \\/ i = 1) as [-> | ->] by lia; tauto.
  - assert (one' : is_sum (K := plain) (at_point False 1 (fun i => i = 0)) (at_point 0 1 (fun _ => 1)) 1).
    { exists [[0]]. split; [repeat constructor; simpl; tauto | split; [| reflexivity]].
      intro x. split; [intros [<- | []]; reflexivity |]. destruct x as [| i [| k x]]; simpl; try contradiction. intros ->. tauto. }
    discriminate (is_sum_unique plain _ _ 1 2 one' (ex_intro _ points (conj once (conj here two)))).
Qed.
Definition everything := (six, other).
Print Assumptions everything.
"""


@needs_coq
@pytest.mark.slow
def test_a_sum_over_letters_is_the_one_that_is_written(tmp_path):
    library, lemma = files.library(), files.general().stated[0]
    tried = [files.CoqFile(name, SUMS.replace("VALUE", value), (lemma,)) for name, value in (("Six", "6"), ("Five", "5"))]
    for file in (library, *tried):
        (tmp_path / f"{file.module}.v").write_text(file.text)
    (_, right, wrong) = judge.ask(tmp_path, [library, *tried])
    assert right.accepted, right.words
    assert not wrong.accepted and wrong.words.startswith("six: ")


def mutants_of(axes):
    """Claims with one thing wrong, and whether isl refutes them."""
    for axis in axes:
        for make in theorems_of():
            for step in make(ConvSpec.of([axis])).steps:
                if isinstance(step.claim, ForAll):
                    for _, what, mutant in mutants(step.claim.statement):
                        yield what, ForAll(mutant), isl.judge(mutant).outcome == "refuted"
                elif isinstance(step.claim, SameSum):
                    for _, what, mutant in sum_mutants(step.claim, refuted):
                        yield what, mutant, refuted(mutant)


def unwitnessed(claim):
    """Whether a mutant changed an ∃: its witness is gone then."""
    return isinstance(claim, ForAll) and any(not node.witness for node in claim.statement.claim.atoms(Exists))


def refuted(claim):
    return any(isl.judge(part).outcome == "refuted" for part in claim.statements())


def coq_agrees(folder, found):
    """No mutant that isl refutes is proved; of the others those where ∃ kept its witness are counted: it is shown by nothing else."""
    found = [(what, words(claim), false or None if unwitnessed(claim) else false) for what, claim, false in found]
    proved = tried(folder, [made for _, made, _ in found])
    assert not [(what, made.statement) for (what, made, false), yes in zip(found, proved, strict=True) if false and yes]
    true = [yes for (_, _, false), yes in zip(found, proved, strict=True) if false is False]
    return len(found), len(true), sum(true)


@needs_coq
@pytest.mark.slow
def test_mutants_that_isl_refutes_fail_in_coq(tmp_path):
    every = list(mutants_of([Axis(3, 2, (5, 6), 2, 1)]))
    number, _, _ = coq_agrees(tmp_path, random.Random(1).sample(every, 60))
    assert number == 60


@needs_coq
@pytest.mark.full
def test_mutants_of_five_geometries_fail_in_coq_where_isl_refutes_them_and_nearly_all_true_ones_are_proved(tmp_path):
    every = [one for axis in (Axis(4, 2, (1, 2), 3, 1), Axis(3, 1, (1, 1)), Axis(3, 2, (5, 6), 2, 1), Axis(5, 3), Axis(4, 6, (-1, -1), 2, 2))
             for one in mutants_of([axis])]
    number, true, proved = coq_agrees(tmp_path, random.Random(2).sample(every, 2500))
    assert number == 2500 and true >= 50 and proved >= 0.95 * true


@needs_coq
@pytest.mark.full
def test_coq_accepts_every_configuration_of_the_catalogue_and_fifty_random_ones(tmp_path):
    rng = random.Random(50)
    drawn = [ConvSpec.of([random_axis(rng) for _ in range(rng.choice([1, 1, 1, 2, 3]))]) for _ in range(50)]
    made = files.write(tmp_path, [*map(ConvSpec.parse, SPECS), *drawn])
    for answer in judge.ask(tmp_path, made):
        assert answer.accepted and not answer.file.missing, (answer.file.module, answer.words)
    own = [file for file in made if file.module.startswith("conv_")]
    for file in (*own, *map(files.any_layers, (1, 2, 3))):
        read_back(file)
    module = own[0].module
    checked = subprocess.run(["coqchk", "-silent", "-Q", ".", "Convt", "-norec", f"Convt.{module}"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def random_axis(rng):
    kernel, stride, dilation = rng.randint(1, 9), rng.randint(1, 5), rng.randint(1, 3)
    return Axis(kernel, stride, (rng.randint(0, 3), rng.randint(0, 3)), dilation, rng.randint(0, stride - 1))
