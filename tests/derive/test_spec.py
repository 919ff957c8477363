import contextlib
import pickle
import re
from fractions import Fraction as F
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from convt._derive import ArgumentError, Axis, ConvSpec


@given(specs)
def test_parse_and_str_are_inverse(spec):
    assert ConvSpec.parse(str(spec)) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec


@pytest.mark.parametrize(("name", "axes"), [
    ("2d_k4s2p1", (Axis(4, 2, (1, 1)),) * 2),
    ("1d_k3s2p0:1d2op1", (Axis(3, 2, (0, 1), 2, 1),)),
    ("2d_k3x5p-1x0:2", (Axis(3, 1, (-1, -1)), Axis(5, 1, (0, 2)))),
    ("3d_k2s2x1x3op0x0x1", (Axis(2, 2), Axis(2, 1), Axis(2, 3, (0, 0), 1, 1))),
])
def test_names_mean_what_the_grammar_says(name, axes):
    assert ConvSpec.parse(name).axes == axes
    assert str(ConvSpec.parse(name)) == name


@pytest.mark.parametrize(("name", "canonical"), [
    ("2d_k3x3", "2d_k3"), ("1d_k3p1:1", "1d_k3p1"), ("2d_k3s1p0d1op0", "2d_k3"), ("2d_k3p1:1x1", "2d_k3p1"),
])
def test_the_canonical_form_collapses_what_is_equal(name, canonical):
    assert str(ConvSpec.parse(name)) == canonical


@pytest.mark.parametrize(("name", "nearest"), [
    ("2d_s2k4", "2d_k4s2"), ("2d_k04", "2d_k4"), ("2D_k4", "2d_k4"), ("2d_k4k3", "2d_k4"), ("2d_k+4", "2d_k4"),
    ("2d_k4 s2", "2d_k4s2"), ("4d_k3", None), ("2d_", None), ("2d_k٤", None), ("2d_k3x3x3", None), ("1d_k3p-0", None),
    ("1d_k3op1d2", "1d_k3d2op1"), ("", None), ("1d_k3\n", "1d_k3"),
])
def test_parse_refuses_and_names_the_nearest(name, nearest):
    with pytest.raises(ArgumentError) as caught:
        ConvSpec.parse(name)
    assert caught.value.nearest == nearest
    assert "name=" in str(caught.value)


def test_constructor_takes_ints_lists_and_pairs():
    assert ConvSpec(kernel=4, stride=2, padding=1, dilation=1, output_padding=0, dims=2) == ConvSpec.parse("2d_k4s2p1")
    assert ConvSpec(kernel=(4, 3), padding=((0, 1), (2, 2))) == ConvSpec.parse("2d_k4x3p0:1x2")
    assert ConvSpec(3, padding=[1, 2]) == ConvSpec.parse("2d_k3p1x2")


def test_specs_are_immutable_values():
    spec = ConvSpec.parse("2d_k4s2p1")
    with pytest.raises(AttributeError):
        spec.axes = ()
    assert {spec: 1}[ConvSpec(4, 2, 1, dims=2)] == 1
    assert spec.identifier == "2d_k4s2p1" and ConvSpec.parse("1d_k3p-1:2").identifier == "1d_k3pn1t2"


class Hostile:
    """Something that no integer is, and that cannot even be shown."""

    def __index__(self):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")


STRANGE = [10**5000, -(10**5000), 1 << 2000, 2.5, float("inf"), float("nan"), True, None, "4", "٤", b"4", Hostile(), np.bool_(True), np.array(3.5), np.ones((2, 2)),
           {}, {1, 2}, object(), "a\nb\0\udcff", "x" * 10**6, [[]], [()], [1, "2"], [None], range(5), [Hostile()], 1j, F(1, 2)]


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("field", ["kernel", "stride", "padding", "dilation", "output_padding", "dims"])
def test_whatever_a_parameter_is_the_error_is_one_short_line(field, value):
    with pytest.raises(ArgumentError) as caught:
        ConvSpec(**{"kernel": 3, "dims": 1} | {field: value})
    assert str(caught.value).isprintable() and len(str(caught.value)) < 600
    with contextlib.suppress(TypeError, AttributeError):  # what cannot be pickled itself
        assert pickle.loads(pickle.dumps(caught.value)).rule == caught.value.rule


@given(st.text() | st.from_regex(r"[1-3]d_k[0-9x:p\-sdo٣ \n_]{1,20}") | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_a_text_is_a_name_or_an_error_of_one_line(text):
    try:
        spec = ConvSpec.parse(text)
    except ArgumentError as error:
        assert str(error).isprintable() and len(str(error)) < 600
        assert error.argument != "name" or error.nearest is None or str(ConvSpec.parse(error.nearest)) == error.nearest
    else:
        assert re.fullmatch("[1-3]d_[kspdox0-9:-]+", text) and ConvSpec.parse(str(spec)) == spec


@given(st.sampled_from(["2d_k4s2p1", "1d_k3s2p0:1d2op1", "3d_k2s2x1x3op0x0x1"]), st.sampled_from(" \n\t_\u00a0\u200b\0٣３²+"), st.data())
def test_no_blank_and_no_digit_outside_ascii_passes(name, letter, data):
    at = data.draw(st.integers(0, len(name)))
    with pytest.raises(ArgumentError):
        ConvSpec.parse(name[:at] + letter + name[at:])


def test_names_of_any_length_are_refused_at_once():
    start = perf_counter()
    for text in ("1d_k" + "9" * 10**6, "1d_k" + "0" * 10**6, "1d_k3" + "x3" * 10**6, "k" * 10**6, "1d_k3" + "p1" * 10**5, " " * 10**6, "1d_k3" + "-0" * 10**5):
        with pytest.raises(ArgumentError):
            ConvSpec.parse(text)
    assert perf_counter() - start < 10
    with pytest.raises(ArgumentError, match="1048576"):
        ConvSpec.parse("1d_k1048577")
    assert str(ConvSpec.parse("1d_k1048576s1048576p-1048576:1048576d1048576op1048576")) == "1d_k1048576s1048576p-1048576:1048576d1048576op1048576"
