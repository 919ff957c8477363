import json
from pathlib import Path

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from oracle import transposed_length as by_walking
from strategies import axes

from convt._derive import ArgumentError, Axis, ConvSpec, lengths

ROWS = [json.loads(line) for line in Path(__file__).parents[1].joinpath("data/configs.jsonl").read_text().splitlines()]


@given(axes, st.integers(1, 9))
def test_image_length_is_what_walking_the_index_relation_finds(axis, m):
    assert lengths.image_length(axis, m) == by_walking(m, axis.kernel, axis.stride, axis.dilation, *axis.padding,
                                                       axis.output_padding)


@given(axes, st.integers(1, 40))
def test_feature_length_counts_the_windows_that_fit(axis, n):
    lo, hi = axis.padding
    starts = range(-lo, n + hi, axis.stride)
    assert lengths.feature_length(axis, n) == sum(start + axis.span <= n + hi for start in starts)


@given(axes, st.integers(1, 9))
def test_round_trip_exactly_when_op_is_below_the_stride(axis, m):
    n = lengths.image_length(axis, m)
    if n >= 1:
        assert (lengths.feature_length(axis, n) == m) == (axis.output_padding < axis.stride)


@given(axes, st.integers(-3, 40))
def test_the_largest_feature_length_is_the_last_whose_image_fits(axis, n):
    fitting = [m for m in range(1, 60) if lengths.image_length(axis, m) <= n]
    assert lengths.largest_feature_length(axis, n) == max(fitting, default=0)


def test_every_conformance_row_has_the_length_it_states():
    for row in ROWS:
        spec = ConvSpec(row["kernel"], row["stride"], list(zip(row["padding_begin"], row["padding_end"], strict=True)),
                        row["dilation"], row["output_padding"])
        assert list(lengths.image_lengths(spec, row["input"])) == row["output"], row["id"]
        if "down" in row:
            assert -(-row["output"][0] // row["down"]) == row["output_after_down"]


def test_the_same_formulas_take_symbols():
    m, k, s, d, lo, hi, op = sympy.symbols("m k s d lo hi op", integer=True)
    n = lengths.transposed_length(m, k, s, d, lo, hi, op)
    assert sympy.expand(n - (s * (m - 1) + d * (k - 1) + 1 + op - lo - hi)) == 0
    assert lengths.windows(n, k, s, d, lo, hi).has(sympy.floor)


def test_an_empty_output_is_refused_with_the_largest_legal_crop():
    with pytest.raises(ArgumentError, match=r"axis 0 would have length -8 .* a total crop of 1 or less"):
        lengths.image_lengths(ConvSpec.parse("1d_k1p5"), [2])
    with pytest.raises(ArgumentError, match="nearest legal value: 3"):
        lengths.feature_lengths(ConvSpec.parse("1d_k3"), [2])


def test_solving_for_output_padding():
    spec = ConvSpec.parse("1d_k3s2p1")
    assert [lengths.with_image_lengths(spec, [4], [n]).axes[0].output_padding for n in (7, 8)] == [0, 1]
    with pytest.raises(ArgumentError, match="from 7 to 8"):
        lengths.with_image_lengths(spec, [4], [9])
    assert lengths.with_image_lengths(spec, [4], [12], limit=False) == ConvSpec.of([Axis(3, 2, (1, 1), 1, 5)])
