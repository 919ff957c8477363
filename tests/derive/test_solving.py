"""Solving finds every crop and output padding, by brute force, and each dialect's choice means one of them."""

import json
import random
from itertools import product

import pytest
from click.testing import CliRunner

import convt
from convt._derive import ArgumentError, Axis, ConvSpec
from convt._derive.lengths import image_length, image_lengths
from convt._derive.solving import solve


def every(axis, m, n):
    """All (p_lo, p_hi, op) with crops ≥ 0 and op below the stride, by trying."""
    reach = axis.stride * m + axis.span
    return {(low, high, op) for low, high, op in product(range(reach), range(reach), range(axis.stride))
            if image_length(Axis(axis.kernel, axis.stride, (low, high), axis.dilation, op), m) == n}


def test_all_answers_are_found_and_nothing_else():
    rng = random.Random(0)
    for _ in range(60):
        axis, m, n = Axis(rng.randint(1, 5), rng.randint(1, 4), (0, 0), rng.randint(1, 3)), rng.randint(1, 4), rng.randint(1, 14)
        expected = every(axis, m, n)
        if not expected:
            with pytest.raises(ArgumentError) as refused:
                solve(ConvSpec.of([axis]), m, n)
            assert refused.value.argument == "image[0]" and every(axis, m, refused.value.nearest)
            continue
        (answers,) = solve(ConvSpec.of([axis]), m, n).axes
        found = [(*one.padding, one.output_padding) for one in answers.all()]
        assert len(found) == len(set(found)) == answers.count and set(found) == expected
        assert answers.maps == len({low for low, _, _ in expected})
        plainest = [(*one.padding, one.output_padding) for one in answers.plainest()]
        assert set(plainest) <= expected and len({low for low, _, _ in plainest}) == len(plainest) == min(answers.maps, len(plainest))
        assert abs(plainest[0][0] - plainest[0][1]) <= 1 and plainest[0][2] == min(op for _, _, op in expected)


@pytest.mark.parametrize(("name", "m", "n"), [("2d_k3s2", 7, 14), ("1d_k4s2", 5, 10), ("1d_k16s8", 3, 24), ("2d_k4x3s2x1", (7, 5), (14, 6)), ("1d_k3d2", 6, 5),
                                              ("3d_k2s2", 4, 8), ("1d_k1s3", 4, 12), ("1d_k4", 5, 7)])
def test_what_a_dialect_is_given_has_the_length(name, m, n):
    found = solve(name, m, n)
    assert image_lengths(found.canonical, found.feature) == found.image
    if found.symmetric is not None:
        assert image_lengths(found.symmetric, found.feature) == found.image
        assert all(low == high for low, high in found.symmetric.padding)
    said = [saying for saying in found.choices if saying.arguments is not None]
    assert len(said) >= 3 and len(found.choices) == len(convt.dialects.names())
    for saying in said:
        assert image_lengths(saying.spec, found.feature) == found.image
        assert all(axis in set(answers.all()) for axis, answers in zip(saying.spec.axes, found.axes, strict=True))


def test_the_choices_of_seven_to_fourteen():
    found = convt.solve("2d_k3s2", 7, 14)
    chosen = {saying.dialect.NAME: saying for saying in found.choices}
    assert str(chosen["PyTorch"].spec) == "2d_k3s2p1op1" and chosen["PyTorch"].arguments["output_padding"] == (1, 1)
    assert str(chosen["TensorFlow"].spec) == "2d_k3s2p0:1" and chosen["TensorFlow"].arguments["padding"] == "SAME"
    assert chosen["Caffe"].arguments is None and "same at both ends" in chosen["Caffe"].reason


@pytest.mark.parametrize(("arguments", "argument", "nearest"), [
    (("1d_k3s2p1", 7, 14), "spec", "1d_k3s2"), (("1d_k3s2op1", 7, 14), "spec", "1d_k3s2"), (("1d_k3s2", 7, 17), "image[0]", 16),
    (("1d_k3s2", 0, 4), "feature", 1), (("1d_k3s2", 7, 1.5), "image", 2), (("2d_k3s2", (7, 7, 7), 14), "feature", (7, 7)), (("1d_k3s2", 2**30, 1), "image[0]", None)])
def test_what_cannot_be_solved_is_refused(arguments, argument, nearest):
    with pytest.raises(ArgumentError) as refused:
        convt.solve(*arguments)
    assert refused.value.argument == argument and refused.value.nearest == nearest


def test_the_command_says_them_all():
    from convt.cli import main_group

    done = CliRunner().invoke(main_group, ["solve", "2d_k3s2", "--from", "7", "--to", "14"])
    assert done.exit_code == 0 and "op 0: p 0:1 1:0" in done.output and "op 1: p 0:2 1:1 2:0" in done.output and "5 answers, 3 maps" in done.output
    data = json.loads(CliRunner().invoke(main_group, ["solve", "1d_k1s3", "--from", "4", "--to", "12", "--format", "json"]).output)
    assert data["axes"] == [{"total": -2, "output_padding": [2], "answers": 1, "maps": 1}] and data["symmetric"] == "1d_k1s3op2"
    with pytest.raises(ArgumentError, match=r"^--to\[0\]=99: .*; nearest legal value: 16"):
        CliRunner().invoke(main_group, ["solve", "2d_k3s2", "--from", "7", "--to", "99"], catch_exceptions=False)
