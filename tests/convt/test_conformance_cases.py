"""The cases: what they visit, how they are written, and that the packaged configurations are those of the conformance data."""

import json
from collections import Counter
from math import prod
from pathlib import Path

import numpy as np
import oracle
import pytest

import convt
from convt.conformance.case import Case
from convt.conformance.corners import CORNERS
from convt.conformance.outcome import Outcome, allowed, judge
from convt.conformance.run import chosen
from convt.conformance.shrink import shrunk, simpler
from convt.conformance.third_party import rows_of, third_party

DATA = Path(__file__).parents[1] / "data"
PACKAGED = Path(convt.__file__).parent / "conformance" / "configs.json"


def test_the_packaged_configurations_are_the_conformance_data():
    rows = [json.loads(line) for line in (DATA / "configs.jsonl").read_text().splitlines()]
    assert json.loads(PACKAGED.read_text()) == rows_of(rows)
    assert sum(len(third_party(dims, everything=True)) for dims in (1, 2, 3)) > 400
    sources = {case.source for dims in (1, 2, 3) for case in third_party(dims)}
    assert len(sources) >= 15


@pytest.mark.parametrize("map_name", ["conv_transpose", "conv", "conv_weight_gradient"])
def test_the_set_visits_every_corner(map_name):
    cases = chosen(map_name)
    counted = Counter(case.dims for case in cases)
    assert all(80 <= counted[dims] <= 120 for dims in (1, 2, 3))
    for dims in (1, 2, 3):
        some = [case for case in cases if case.dims == dims]
        assert {case.source.removesuffix(", axes differ") for case in some} >= set(CORNERS)
        axes = [axis for case in some for axis in case.spec.axes]
        visited = {
            "k < s": any(axis.kernel < axis.stride for axis in axes), "gcd": any(axis.gcd > 1 for axis in axes),
            "asymmetric": any(axis.padding[0] != axis.padding[1] for axis in axes), "negative": any(min(axis.padding) < 0 for axis in axes),
            "op ≥ s": map_name != "conv_transpose" or any(axis.output_padding >= axis.stride for axis in axes),
            "groups": any(1 < case.groups < case.features for case in some), "depthwise": any(case.groups == case.features > 1 for case in some),
            "square": any(case.features == case.images > 1 and case.groups == 1 for case in some), "bias": any(case.bias for case in some) == (map_name != "conv_weight_gradient"),
            "batch": any(case.batch > 1 for case in some), "one": any(1 in case.size for case in some),
            "axes differ": dims == 1 or any(len(set(case.spec.axes)) == dims for case in some)}
        assert all(visited.values()), visited
    assert max(prod(case.shapes[2]) * prod(case.spec.kernel) for case in cases) < 10**6


@pytest.mark.parametrize("map_name", ["conv_transpose", "conv", "conv_weight_gradient"])
def test_a_case_is_read_as_it_is_written_and_expects_what_the_oracle_says(map_name, request):
    request.getfixturevalue("compiler")
    for case in chosen(map_name)[::3]:
        assert Case.parse(str(case), map_name) == case
        data, weights, bias = case.inputs()
        begin = [lo for lo, _ in case.spec.padding]
        m, n, given = (case.size, case.lengths, {"u": data}) if map_name == "conv_transpose" else (case.lengths, case.size, {"x": data})
        given["u" if map_name == "conv_weight_gradient" else "w"] = weights
        wanted = oracle.run(map_name, case.spec.kernel, case.spec.stride, case.spec.dilation, begin, m, n, case.groups, **given)
        if bias is not None:
            wanted = wanted + bias.reshape(-1, *[1] * case.dims)
        assert np.array_equal(case.expected(), wanted), case
        assert data.min() >= 1 and weights.min() >= 2 and wanted.max() < 1 << 24


def test_labels_of_small_cases_are_distinct():
    data, weights, _ = Case.parse("1d_k3s2,m=4,f=2,c=2").inputs()
    assert len(set(data.ravel().tolist())) == data.size and len(set(weights.ravel().tolist())) == weights.size


def test_an_answer_is_compared_within_rounding_only():
    case = Case.parse("1d_k3s2p1,m=5,f=4,c=2")
    wanted = case.expected().astype(np.float64)
    assert judge(case, Outcome("answered", wanted * (1 + 1e-6))).verdict == "passes"
    for place in np.ndindex(wanted.shape):
        for difference in (1, -0.1):
            off = wanted.copy()
            off[place] += difference
            assert judge(case, Outcome("answered", off)).reason.startswith(f"entry {place} is")
    assert allowed(np.array([10**7])) == 0.25 and allowed(np.array([100])) == pytest.approx(1e-3)
    for shape in ((), (1,), wanted.shape[1:], (*wanted.shape, 1), (0,)):
        assert "has shape" in judge(case, Outcome("answered", np.ones(shape))).reason


def test_refusals_that_are_legal():
    for text, legal in (("1d_k3s2op2,m=2", True), ("1d_k3s2op1,m=2", False), ("1d_k3p-1,m=2", True), ("1d_k3p1:0,m=2", False)):
        case = Case.parse(text)
        assert judge(case, Outcome("raised", words="ValueError")).verdict == ("refused" if legal else "fails")
        assert judge(case, Outcome("refused")).verdict == "refused"
        for kind in ("crashed", "hung"):
            assert judge(case, Outcome(kind)).verdict == "fails"


def test_shrinking_ends_at_the_cause():
    start = Case.parse("3d_k3x5x4s2x3x1p1:0x-1:2x0d2x1x3op1x0x0,m=3x4x2,f=6,c=4,g=2,b=2,bias")

    def ask(case):
        bad = case.spec.axes[-1].dilation > 1 and case.features > 1
        return judge(case, Outcome("answered", case.expected() + float(bad)))

    smallest = shrunk(ask(start), ask).case
    assert str(smallest) == "1d_k1d2,m=1,f=2,c=1,g=1,b=1"
    assert all(case.weight < start.weight or case.dims < 3 for case in simpler(start))
