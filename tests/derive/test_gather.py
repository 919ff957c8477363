"""The gather form against the index relation, by trial and by the judges; and what the three maps say of themselves against NumPy."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import axes, specs

from convt._codegen import reference
from convt._derive import Axis, ConvSpec, judges, lengths
from convt._derive.claims import ForAll
from convt._derive.form import MAPS as GIVES
from convt._derive.form import a, i, j, relation, symbols, tap_range
from convt._derive.gather import Gather, gather, shared
from convt._derive.logic import All, Either, Equal, Floor, Iff
from convt._derive.maps import MAPS
from convt._derive.statement import Statement, Variable

NAMES = ("conv", "conv_transpose")
q = symbols("q")


def related(axis, map, output):
    """{(tap, input)} that meet in an output, by trying every tap and every input near it, inside the input or not."""
    if MAPS[map].source == "x":
        return {(tap, axis.stride * output + axis.dilation * tap - axis.padding[0]) for tap in range(axis.kernel)}
    place = output + axis.padding[0]
    near = range((place - axis.dilation * axis.kernel) // axis.stride - 1, place // axis.stride + 2)
    return {(tap, feature) for tap in range(axis.kernel) for feature in near if axis.stride * feature + axis.dilation * tap == place}


def reads(made, output):
    """[(tap, input)] of an output, as the fast families run on them."""
    pixel, phase = divmod(output + made.lead, made.phases)
    return [(made.tap[t], made.step * pixel + made.offset[t]) for t in range(made.start[phase], made.start[phase + 1])]


@given(axes, st.sampled_from(NAMES), st.integers(1, 24), st.booleans())
def test_every_output_reads_what_is_related_to_it_and_each_pair_once(axis, map, outputs, uncropped):
    made = gather(axis, map, uncropped)
    for output in range(outputs):
        found = reads(made, output)
        assert len(found) == len(set(found)) and set(found) == related(axis, map, output)
    assert (made.kernel, len(made.start), made.start[0], made.start[-1]) == (axis.kernel, made.phases + 1, 0, len(made.tap))
    assert sorted(made.tap) == list(range(axis.kernel)) and len(made.offset) == len(made.tap)  # each tap in one phase


@given(axes, st.sampled_from(NAMES), st.integers(1, 24), st.booleans())
def test_borders_are_as_wide_as_some_output_reaches_and_no_wider(axis, map, outputs, uncropped):
    made = gather(axis, map, uncropped)
    most = made.most
    assert most == max(len(related(axis, map, output)) for output in range(made.phases))
    pixels = made.pixels(outputs)
    assert 0 <= made.lead < made.phases and (pixels - 1) * made.phases < outputs + made.lead <= pixels * made.phases
    places = [made.step * pixel + offset for pixel in range(pixels) for offset in made.offset]
    assert made.low == min(made.offset)
    assert made.positions(outputs) == max(places) - min(places) + 1
    assert all(0 <= place - made.low < made.positions(outputs) for place in places)


@given(axes, st.sampled_from(NAMES), st.booleans())
def test_phases_that_share_their_offsets_have_every_tap_once(axis, map, uncropped):
    made = gather(axis, map, uncropped)
    groups = shared(made)
    rows = [(phase, offset, tap) for each in groups for (offset, phase), tap in zip(
        ((offset, phase) for offset in each.offsets for phase in each.phases), each.taps, strict=True)]
    assert sorted(rows) == sorted((phase, made.offset[t], made.tap[t]) for phase in range(made.phases) for t in range(made.start[phase], made.start[phase + 1]))
    assert len({each.phases for each in groups}) == len(groups)
    if axis.dilation == 1 and uncropped:  # all phases, and the first k mod s of them once more
        assert [len(each.phases) for each in groups] == [kind for kind in (axis.stride * (map == "conv_transpose") or 1, axis.kernel % made.phases) if kind and kind <= axis.kernel]


@given(axes)
def test_the_weight_gradient_sums_over_the_pairs_of_conv(axis):
    assert gather(axis, "conv_weight_gradient") == gather(axis, "conv")


def test_the_weight_gradient_of_one_tap_is_the_sum_over_the_pairs_that_it_serves():
    axis, m = Axis(3, 2, (2, -1), 3, 1), 7
    n = lengths.image_length(axis, m)
    u, x = np.arange(1, m + 1), np.arange(1, n + 1) ** 2
    made = gather(axis, "conv_weight_gradient")
    sums = [sum(int(u[out]) * int(x[place]) for out in range(m) if 0 <= (place := made.step * out + made.offset[made.tap.index(tap)]) < n)
            for tap in range(axis.kernel)]
    assert sums == reference.conv_weight_gradient(ConvSpec.of([axis]), x[None, None], u[None, None], 1).reshape(-1).tolist()


AXES = [Axis(4, 2, (1, 1)), Axis(3, 2, (1, 1), 1, 1), Axis(4, 2, (1, 2), 3, 1), Axis(3, 4, (2, 0), 6), Axis(2, 5, (-3, 4), 3, 2), Axis(5, 1, (2, 2), 2),
        Axis(1, 1, (0, 0)), Axis(7, 3, (9, 0), 2)]


def exactly(axis, map, made):
    """For all integers: a tap is related to (i, j) ⇔ it is one of the rows of the phase of the output."""
    place = axis.stride * i + axis.dilation * a - axis.padding[0]
    variables = (Variable(i, -2, 3), Variable(a, -1, axis.kernel), Variable(j, place - 1, place + 1))
    output, source = (i, j) if MAPS[map].source == "x" else (j, i)
    rows = [All(Equal(a, tap), Equal(output + made.lead, made.phases * q + phase), Equal(source, made.step * q + offset))
            for each in shared(made) for (offset, phase), tap in zip(
                ((offset, phase) for offset in each.offsets for phase in each.phases), each.taps, strict=True)]
    return Statement(variables, (), Iff(All(tap_range(axis), relation(axis)), Either(*rows)), (Floor(q, output + made.lead, made.phases),))


@pytest.mark.parametrize("uncropped", [False, True])
@pytest.mark.parametrize("map", NAMES)
@pytest.mark.parametrize("axis", AXES, ids=str)
def test_the_judges_prove_it_for_all_integers(axis, map, uncropped):
    """The sums of an axis, as phases that share their offsets list them."""
    (verdict,) = judges.judge_all(ForAll(exactly(axis, map, gather(axis, map, uncropped))).statements())
    assert verdict.outcome == "proved" and {"isl", *judges.smt.installed()} <= set(verdict.judges)


CHANGES = {
    "an offset one less": lambda made: replace(made, offset=(*made.offset[:-1], made.offset[-1] - 1)),
    "all offsets one more": lambda made: replace(made, offset=tuple(offset + 1 for offset in made.offset)),
    "two taps swapped": lambda made: replace(made, tap=(made.tap[-1], *made.tap[1:-1], made.tap[0])),
    "another step": lambda made: replace(made, step=made.step + 1),
    "a phase's start": lambda made: replace(made, start=(0, made.start[1] - 1, *made.start[2:])),
    "another lead": lambda made: replace(made, lead=made.lead + 1),
}


@pytest.mark.parametrize("map", NAMES)
@pytest.mark.parametrize("change", CHANGES)
def test_wrong_neighbours_are_refuted(map, change):
    axis = AXES[2]
    assert judges.judge(exactly(axis, map, CHANGES[change](gather(axis, map)))).outcome == "refuted"


def test_values_that_can_be_checked_by_hand():
    """k4 s2 p1: even outputs n = 2q read tap 1 at q and tap 3 at q − 1, odd ones tap 0 at q + 1 and tap 2 at q."""
    assert gather(Axis(4, 2, (1, 1)), "conv_transpose") == Gather(4, 2, 1, (0, 2, 4), (1, 3, 0, 2), (0, -1, 1, 0))
    assert gather(Axis(4, 2, (1, 1)), "conv_transpose", True) == Gather(4, 2, 1, (0, 2, 4), (0, 2, 1, 3), (0, -1, 0, -1), 1)
    assert gather(Axis(4, 2, (1, 1)), "conv") == Gather(4, 1, 2, (0, 4), (0, 1, 2, 3), (-1, 0, 1, 2))


# the maps

@given(specs, st.sampled_from(list(MAPS)), st.integers(0, 2**32 - 1))
def test_a_map_reads_and_gives_the_letters_that_it_says(spec, name, seed):
    """The names of the reference's arguments, and the index relation entry by entry: an output changes where ``source`` says."""
    made, rng = MAPS[name], np.random.default_rng(seed)
    function = getattr(reference, name)
    assert "".join(letter for letter in inspect.signature(function).parameters if letter in "uwx") == made.reads
    assert set(made.reads) | {made.gives} == set("uwx") and made.gives not in made.reads and made.gives == GIVES[name]
    assert made.biased == ("bias" in inspect.signature(function).parameters)
    assert {made.source, made.target} == {"u", "x"} and (made.gives == "w" or made.target == made.gives)
    assert made.fed in made.reads and made.fed != "w" and (made.gives == "w" or made.fed == made.source)
    m = [lengths.smallest_feature_length(axis) + 1 for axis in spec.axes]
    shapes = {"u": (1, 2, *m), "w": (2, 3, *spec.kernel), "x": (1, 3, *lengths.image_lengths(spec, m))}
    arrays = {letter: rng.integers(-4, 5, shape) for letter, shape in shapes.items()}
    more = {"conv": (None, shapes["u"][2:], 1), "conv_transpose": (None, shapes["x"][2:], 1), "conv_weight_gradient": (1,)}[name]
    got = function(spec, *(arrays[letter] for letter in made.reads), *more)
    assert got.shape == shapes[made.gives]
    wanted = {letter: np.zeros(shape, np.int64) for letter, shape in shapes.items()}[made.gives]
    if np.prod(m) * np.prod(spec.kernel) > 3000:
        return
    for features in np.ndindex(*m):
        for taps in np.ndindex(*spec.kernel):
            place = tuple(axis.stride * one + axis.dilation * tap - axis.padding[0] for axis, one, tap in zip(spec.axes, features, taps, strict=True))
            if all(0 <= at < length for at, length in zip(place, shapes["x"][2:], strict=True)):
                at = {"u": (0, slice(None), *features), "w": (slice(None), slice(None), *taps), "x": (0, slice(None), *place)}
                letters = {"u": "f", "w": "fc", "x": "c"}
                one, two = made.reads
                wanted[at[made.gives]] += np.einsum(f"{letters[one]},{letters[two]}->{letters[made.gives]}", arrays[one][at[one]], arrays[two][at[two]])
    assert (got == wanted).all()


def test_of_a_map_that_has_a_conjugate_form_that_argument_is_conjugated():
    """⟨K x, u⟩ with the conjugates taken is the adjoint: what the transpose conjugates is w, what the gradient conjugates is x."""
    assert {name: made.conjugates for name, made in MAPS.items()} == {"conv": None, "conv_transpose": "w", "conv_weight_gradient": "x"}
    assert all(made.conjugates is None or made.conjugates in made.reads for made in MAPS.values())
