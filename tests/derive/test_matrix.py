import itertools

import numpy as np
import oracle
import pytest
import sympy
from hypothesis import given, settings
from strategies import specs

from convt._derive import ArgumentError, ConvMatrix, ConvSpec, TrilinearForm, lengths
from convt._derive.lengths import smallest_feature_length
from convt._derive.phases import interior, phases, tap_range


def small(spec):
    return [smallest_feature_length(axis) + (spec.dims == 1) for axis in spec.axes]


@settings(max_examples=25)
@given(specs)
def test_the_matrix_is_what_the_oracle_does_to_unit_vectors(spec):
    m = small(spec)
    n = lengths.image_lengths(spec, m)
    rows, columns = int(np.prod(m)), int(np.prod(n))
    if rows * columns > 4000 or np.prod(spec.kernel) > 60:
        return
    count = int(np.prod(spec.kernel))
    w = np.arange(1, count + 1).reshape(1, 1, *spec.kernel)
    u = np.eye(rows, dtype=np.int64).reshape(rows, 1, *m)
    begin = [p[0] for p in spec.padding]
    result = oracle.run("conv_transpose", spec.kernel, spec.stride, spec.dilation, begin, m, n, 1, u=u, w=w)
    matrix = ConvMatrix.at(spec, m)
    number = {tap: i + 1 for i, tap in enumerate(itertools.product(*map(range, spec.kernel)))}
    assert [[number.get(tap, 0) for tap in row] for row in matrix.taps] == result.reshape(rows, columns).tolist()


def test_the_three_derivatives_of_the_form():
    spec = ConvSpec.parse("1d_k3s2p1")
    form = TrilinearForm.at(spec, [2])
    u, w, x = (sympy.Matrix(form.unknowns(letter)) for letter in "uwx")
    a = ConvMatrix.at(spec, [2]).symbolic
    assert sympy.Matrix(form.derivative("conv")) == sympy.expand(a * x)
    assert sympy.Matrix(form.derivative("conv_transpose")) == sympy.expand(a.T * u)
    assert sympy.Matrix(form.derivative("conv_weight_gradient")) == sympy.Matrix([sympy.diff(form.expression, v) for v in w])


def test_large_matrices_are_printed_by_block_and_dots():
    text = str(ConvMatrix.at(ConvSpec.parse("1d_k4s2p1"), [30]))
    assert "…" in text and "(30 × 60)" in text and len(text.split("\n")) <= 13
    assert str(ConvMatrix.at(ConvSpec.parse("1d_k3"), [2])) == "w0 w1 w2  ·\n ·  w0 w1 w2\n(2 × 4)".replace(" ·  w0", " · w0")


@pytest.mark.parametrize("name,size", [("2d_k3s2p1d2op1", (2, 2)), ("1d_k3s4d6", (5,)), ("3d_k3s2p1", (2, 2, 2)), ("1d_k4s2p1", (30,)), ("2d_k2p3", (6, 6)),
                                       ("1d_k16s8p4", (9,)), ("2d_k9s4p3", (3, 3)), ("3d_k2s3d2", (2, 1, 3)), ("1d_k2s1d20", (3,))])
def test_what_is_printed_of_a_large_matrix_shows_its_weights(name, size):
    """Every printed row shows a weight if it has one, and more than its share; the columns left out between two are 0 or too many."""
    made = ConvMatrix.at(ConvSpec.parse(name), size)
    table, _ = made.block()
    rows, columns = made._shown()
    assert len(table) <= 13 and len(table[0]) <= 18
    for r, line in zip(rows, table, strict=True):
        if r is not None and any(made.taps[r]):
            assert any(text.startswith("w") for text in line), (r, line)
            assert all(text == "…" or text == ("0" if made.taps[r][c] is None else "w" + ",".join(map(str, made.taps[r][c])))
                       for c, text in zip(columns, line, strict=True) if c is not None)
    shown = sum(text.startswith("w") for line in table for text in line)
    assert shown >= len([text for line in table for text in line if text == "0"]) / 8


@given(specs)
def test_phases_split_every_tap_once_and_ranges_are_exact(spec):
    for axis in spec.axes:
        split = phases(axis)
        assert sorted(tap for phase in split for tap in phase.taps) == list(range(axis.kernel))
        assert sum(not phase.empty for phase in split) == min(axis.kernel, axis.period)
        m = smallest_feature_length(axis) + 3
        n = lengths.image_length(axis, m)
        for phase in split:
            for tap, offset in zip(phase.taps, phase.offsets, strict=True):
                inside = [i for i in range(m) if 0 <= axis.stride * i + axis.dilation * tap - axis.padding[0] < n]
                window = tap_range(axis, tap, m, n)
                assert inside == list(range(window.first, window.stop))
                for i in inside:
                    j = axis.stride * i + axis.dilation * tap - axis.padding[0]
                    q, r = divmod(j + axis.padding[0], axis.stride)
                    assert (r, i) == (phase.residue, q + offset)
            if not phase.empty:
                window = interior(axis, phase, m)
                for q in range(window.first, window.stop):
                    assert all(0 <= q + offset < m for offset in phase.offsets)


def test_argument_errors_survive_pickling():
    import pickle

    error = ArgumentError("a", 1, "must be 2", 2)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
