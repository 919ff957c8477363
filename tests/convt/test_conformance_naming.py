"""Mistaken implementations are caught, and their mistake named or called unknown; nothing is named that is not so."""

import resource

import pytest
from here import Here
from layers import FORWARD, MISTAKES, OTHERS, OTHERS_OF_GRADIENT, PAIRS, forward, gradient, layer

from convt.conformance.case import Case
from convt.conformance.conventions import CONVENTIONS
from convt.conformance.implementation import opened
from convt.conformance.run import chosen, run

SAME_AS_ONE = {frozenset({"begin/end pads swapped", "SAME of another dialect"}): ("SAME of another dialect",)}  # shared out anew, swapped or not


def named(function, dims=(1, 2, 3), map_name="conv_transpose"):
    """The report, and what it names for each number of axes."""
    report = run(Here(function), chosen(map_name, dims))
    return report, {one.dims: one.names for one in report.namings}


def test_the_table_has_the_nine():
    assert tuple(one.name for one in CONVENTIONS) == MISTAKES and len(MISTAKES) == 9 and len(PAIRS) == 36


def test_what_is_right_conforms():
    report, names = named(layer())
    assert report.conforms and not names and report.smallest is None and len(report.having("passes")) == len(report.results) >= 280
    assert named(forward(), map_name="conv")[0].conforms
    report, names = named(gradient(), map_name="conv_weight_gradient")
    assert report.conforms and not names and len(report.results) >= 270 and not any(one.case.bias for one in report.results)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(9), ids=MISTAKES)
def test_each_mistake_is_named_in_a_child_in_seconds(number, tmp_path, monkeypatch):
    """In 1-D to 3-D, through the command's own way; ten seconds of the processor's time are a bound, not a measurement."""
    (tmp_path / "wrong.py").write_text(f"import sys\nsys.path.append({__file__.rpartition('/convt/')[0] + '/helpers'!r})\n"
                                       "from layers import MISTAKES, layer\nfunctions = [layer(one) for one in MISTAKES]\n"
                                       + "".join(f"def mistake{n}(*given): return functions[{n}](*given)\n" for n in range(9)))
    monkeypatch.chdir(tmp_path)
    before = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    with opened(f"wrong:mistake{number}") as implementation:
        report = run(implementation, chosen())
    assert sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) - before < 10
    assert not report.conforms and [(one.dims, one.names) for one in report.namings] == [(dims, (MISTAKES[number],)) for dims in (1, 2, 3)]
    smallest = report.smallest.case
    assert smallest.dims == 1 and max(*smallest.size, smallest.features, smallest.images, *smallest.spec.kernel) <= 4, smallest


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_in_another_manner(mistake):
    """Zeros before the bias, the other SAME, the length of the dilated kernel, inputs interleaved only, kernel axes exchanged, one axis only."""
    report, names = named(layer(mistake, otherwise=True), (1, 2))
    assert not report.conforms and names == {1: (mistake,), 2: (mistake,)}


@pytest.mark.parametrize("mistake", [one for one in MISTAKES if one not in ("begin/end pads swapped", "SAME of another dialect")])
@pytest.mark.parametrize("otherwise", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_at_parameters_that_look_symmetric(mistake, otherwise):
    """An implementation that refuses all others. Where both ends are alike, to swap them is no mistake."""
    report, names = named(layer(mistake, otherwise=otherwise, symmetric=True))
    assert not report.conforms and names and set(names.values()) == {(mistake,)}


@pytest.mark.parametrize("mistake", ["begin/end pads swapped", "SAME of another dialect"])
def test_to_swap_ends_that_are_alike_is_no_mistake(mistake):
    assert named(layer(mistake, symmetric=True), (1,))[0].conforms


DIMS = [1, *(pytest.param(dims, marks=pytest.mark.full) for dims in (2, 3))]


@pytest.mark.slow
@pytest.mark.parametrize("dims", DIMS)
@pytest.mark.parametrize("otherwise", [False, pytest.param(True, marks=pytest.mark.full)])
@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_two_mistakes_are_named_or_unknown(pair, dims, otherwise):
    report, names = named(layer(*pair, otherwise=otherwise), (dims,))
    assert not report.conforms and list(names) == [dims]
    right = SAME_AS_ONE.get(frozenset(pair), pair)
    if otherwise:
        assert set(names[dims]) <= set(pair), names  # on one axis only, or one of them hides the other: fewer names, never others
    else:
        assert names[dims] == right


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS[::7], ids=" and ".join)
@pytest.mark.parametrize("dims", [2, 3])
def test_two_mistakes_with_more_axes(pair, dims):
    assert named(layer(*pair), (dims,))[1] == {dims: SAME_AS_ONE.get(frozenset(pair), pair)}


@pytest.mark.slow
@pytest.mark.parametrize("other", OTHERS)
def test_what_has_no_name_is_unknown(other):
    report, names = named(layer(other), (1, 2))
    assert not report.conforms and set(names.values()) == {()}
    assert all("unknown" in str(one) for one in report.namings)


@pytest.mark.slow
@pytest.mark.parametrize(("mistake", "other"), [(MISTAKES[number % 9], other) for number, other in enumerate(OTHERS)])
def test_a_known_mistake_beside_one_without_a_name_is_unknown(mistake, other):
    report, names = named(layer(mistake, other), (1,))
    assert not report.conforms and names == {1: ()}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", FORWARD)
def test_mistakes_of_the_forward_map(mistake):
    report, names = named(forward(mistake), (1, 2), "conv")
    assert not report.conforms and names == {1: (mistake,), 2: (mistake,)}


OF_GRADIENT = [(mistake, otherwise) for mistake in FORWARD for otherwise in (False, True)]


@pytest.mark.slow
@pytest.mark.parametrize(("mistake", "otherwise"), OF_GRADIENT)
def test_mistakes_of_the_gradient_of_weights(mistake, otherwise):
    """Each in two manners: named, in two dimensions too, whatever else the conventions can say."""
    report, names = named(gradient(mistake, otherwise=otherwise), (1, 2), "conv_weight_gradient")
    assert not report.conforms and names == {1: (mistake,), 2: (mistake,)}


@pytest.mark.slow
@pytest.mark.parametrize("pair", [pytest.param(pair, marks=[] if number % 5 == 0 else pytest.mark.full) for number, pair in
                                  enumerate(pair for pair in PAIRS if set(pair) <= set(FORWARD))], ids=" and ".join)
def test_two_mistakes_of_the_gradient_are_named_or_unknown(pair):
    report, names = named(gradient(*pair), (1,), "conv_weight_gradient")
    assert not report.conforms and names == {1: SAME_AS_ONE.get(frozenset(pair), pair)}


@pytest.mark.slow
@pytest.mark.parametrize("other", OTHERS_OF_GRADIENT)
def test_what_has_no_name_in_the_gradient_is_unknown(other):
    report, names = named(gradient(other), (1, 2), "conv_weight_gradient")
    assert not report.conforms and set(names.values()) <= {()}
    for mistake in FORWARD[::3]:
        if (mistake, other) == ("length one short", "last tap left out"):
            continue  # the tap is what is missing: one mistake
        report, names = named(gradient(mistake, other), (1,), "conv_weight_gradient")
        assert not report.conforms and names == {1: ()}, mistake


def test_a_mistake_that_is_made_sometimes_is_unknown():
    """The right answers of an implementation count too."""
    def sometimes(u, w, bias, stride, **more):
        return (layer("kernel not flipped") if stride[0] > 1 else layer())(u, w, bias, stride, **more)

    report, names = named(sometimes, (1,))
    assert not report.conforms and names == {1: ()}


@pytest.mark.parametrize(("mistake", "refuses", "expected"), [
    ("begin/end pads swapped", False, ("begin/end pads swapped",)), ("SAME of another dialect", False, ("SAME of another dialect",)),
    ("begin/end pads swapped", True, ())])
def test_two_names_are_told_apart_by_further_cases(mistake, refuses, expected):
    """Crops 0:1 alone do not tell them apart; if nothing else is answered, neither is named."""
    cases = [Case.parse(f"1d_k{k}s{s}p0:1,m={m},f=2,c=2") for k in (2, 3, 4) for s in (1, 2) for m in (3, 4, 5)]

    def function(u, w, bias, stride, padding, **more):
        if refuses and tuple(padding[0]) != (0, 1):
            raise NotImplementedError
        return layer(mistake)(u, w, bias, stride, padding, **more)

    report = run(Here(function), cases)
    assert [one.names for one in report.namings] == [expected]
    assert ("not told apart" in str(report.namings[0])) == refuses and (len(report.namings[0].candidates) > 1) == refuses


def test_a_mistake_on_some_axes_says_where():
    report, _ = named(layer("begin/end pads swapped", otherwise=True), (2,))
    assert str(report.namings[0]) == "begin/end pads swapped (on axis 0 only)"


def test_a_mistake_in_one_number_of_axes_is_told_of_that():
    def mixed(u, *more):
        return (layer("dilation ignored") if u.ndim == 4 else layer())(u, *more)

    report = run(Here(lambda u, w, bias, **more: mixed(u, w, bias, *more.values())), chosen(dims=(1, 2)))
    assert [(one.dims, one.names) for one in report.namings] == [(2, ("dilation ignored",))]
    assert report.smallest.case.dims == 2


def test_a_mistake_of_a_few_answers_is_not_named():
    report = run(Here(layer("kernel not flipped")), [Case.parse("1d_k3s2,m=2")])
    assert not report.conforms and not report.namings
