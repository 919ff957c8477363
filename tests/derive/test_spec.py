import pickle

import pytest
from hypothesis import given
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
