"""Layers of other projects' test suites: lengths, and exact values against the oracle up to 10⁷ multiply-adds."""

import json
from math import prod
from pathlib import Path

import numpy as np
import oracle
import pytest
from modules import INPUTS, OUT, Called, compiled, loaded

import convt
from convt._codegen.problem import Problem
from convt._derive import ConvSpec

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
DATA = Path(__file__).parents[1] / "data"
ROWS = [json.loads(line) for line in (DATA / "configs.jsonl").read_text().splitlines()]
VALUES = [json.loads(line) for line in (DATA / "values.jsonl").read_text().splitlines()]
SMALL = [row for row in ROWS if row["macs"] <= 10**7]


def spec_of(row):
    crops = list(zip(row["padding_begin"], row["padding_end"], strict=True))
    return ConvSpec(row["kernel"], row["stride"], crops, row["dilation"], row["output_padding"])


def stratified(rows, count):
    """Rows from every stratum (dims, grouped, dilated, odd crops, source) in turn, until there are ``count``."""
    strata = {}
    for row in rows:
        key = (row["dims"], row["groups"] > 1, max(row["dilation"]) > 1, row["padding_begin"] != row["padding_end"],
               max(row["output_padding"]) > 0, row["source"]["repo"])
        strata.setdefault(key, []).append(row)
    chosen = []
    while len(chosen) < count and any(strata.values()):
        for key in sorted(strata, key=str):
            if strata[key]:
                chosen.append(strata[key].pop(0))
    return chosen[:count]


def check(rows):
    specs = list(dict.fromkeys(spec_of(row) for row in rows))
    kernels = dict(zip(specs, convt.build([Problem.of(spec) for spec in specs]), strict=True))
    rng = np.random.default_rng(3)
    for row in rows:
        spec = spec_of(row)
        F, C, G, batch = row["in_channels"], row["out_channels"], row["groups"], row["batch"]
        terms = F // G * prod(row["kernel"]) + 1
        bound = min(9, int((2**24 / terms) ** 0.5))
        assert bound >= 1, row["id"]
        u = rng.integers(-bound, bound + 1, (batch, F, *row["input"]))
        w = rng.integers(-bound, bound + 1, (F, C // G, *row["kernel"]))
        b = rng.integers(-bound, bound + 1, C) if row["bias"] else None
        wanted = oracle.run("conv_transpose", row["kernel"], row["stride"], row["dilation"], row["padding_begin"],
                            row["input"], row["output"], G, u=u, w=w)
        if b is not None:
            wanted += b.reshape(-1, *[1] * row["dims"])
        costs = kernels[spec].explain(F, C, row["input"], batch, G)
        assert "plain" in costs
        for family in ["auto", *(name for name, cost in costs.items() if cost < 1e300)]:
            got = kernels[spec](u.astype(np.float32), w.astype(np.float32), None if b is None else b.astype(np.float32),
                                groups=G, algorithm=family)
            assert got.shape[2:] == tuple(row["output"]) and (got == wanted).all(), (row["id"], row["name"], family)
        if "down" in row:  # SciPy: true convolution, so the filter is flipped, then every down-th sample is kept
            h = np.arange(1, row["kernel"][0] + 1)
            full = kernels[spec](u.astype(np.float32), h[None, None].astype(np.float32))[0, 0]
            stuffed = np.zeros(row["stride"][0] * (row["input"][0] - 1) + 1, np.int64)
            stuffed[:: row["stride"][0]] = u[0, 0]
            down = np.convolve(stuffed, h)[:: row["down"]]
            assert down.shape == (row["output_after_down"],) and (full[:: row["down"]] == down).all(), row["id"]


CHOSEN = stratified(SMALL, 60)


@pytest.mark.parametrize("part", range(3))
def test_a_stratified_sample_of_rows_is_exact(part):
    """For ``make test``; ``make test-full`` takes every row."""
    rows = sorted(CHOSEN, key=lambda row: str(spec_of(row)))
    check(rows[part * 20:(part + 1) * 20])


@pytest.mark.full
@pytest.mark.parametrize("part", range(15))
def test_every_row_is_exact(part):
    rows = sorted(SMALL, key=lambda row: str(spec_of(row)))
    share = -(-len(rows) // 15)
    check(rows[part * share:(part + 1) * share])


def check_all_maps(rows, folder):
    """⟨conv(x, w), u⟩ = ⟨x, conv_transpose(u, w)⟩ = ⟨w, gradient(x, u)⟩, and every entry, through every family that takes a row."""
    problems = [Problem.of(spec, map) for spec in dict.fromkeys(spec_of(row) for row in rows) for map in OUT]
    module, rng, ran = loaded(*compiled(problems, folder)), np.random.default_rng(5), set()
    for row in rows:
        spec, F, C, G, batch = spec_of(row), row["in_channels"], row["out_channels"], row["groups"], row["batch"]
        geometry = (row["kernel"], row["stride"], row["dilation"], row["padding_begin"], row["input"], row["output"], G)
        shapes = {"u": (batch, F, *row["input"]), "w": (F, C // G, *row["kernel"]), "x": (batch, C, *row["output"])}
        terms = max(F // G * prod(row["kernel"]), C // G * prod(row["kernel"]), batch * prod(row["input"]))
        bound = min(4, int((2**24 / terms) ** 0.5))
        assert bound >= 1, row["id"]
        ints = {letter: rng.integers(-bound, bound + 1, shape) for letter, shape in shapes.items()}
        arrays, sums = {letter: array.astype(np.float32) for letter, array in ints.items()}, set()
        for map in OUT:
            kernel, own = Called(module, Problem.of(spec, map)), OUT[map]
            wanted = oracle.run(map, *geometry, **{letter: ints[letter] for letter in INPUTS[map]})
            sums.add(int((wanted * ints[own]).sum()))
            costs = module.costs(kernel.problem.name, batch, F, C, G, row["input"], row["output"])
            for turn, family in enumerate([None, *(name for name, cost in costs.items() if cost < 1e300)]):
                got, (answered, used) = kernel(arrays, shapes[own], G, 1 + turn % 3, family)
                assert used == 1 + turn % 3 and answered == (family or answered), (row["id"], map, family, answered)
                assert (got == wanted).all(), (row["id"], row["name"], map, family)
                ran.add((map, answered))
        assert len(sums) == 1, (row["id"], sums)
    return ran


def test_a_few_rows_are_exact_in_all_three_maps(tmp_path):
    rows = stratified([row for row in SMALL if row["macs"] <= 10**6 and len(row["kernel"]) < 3], 7)
    assert check_all_maps(rows, tmp_path) >= {("conv", "direct"), ("conv", "rows"), ("conv", "fast"), ("conv_weight_gradient", "outer"), ("conv_weight_gradient", "fast_outer"),
                                              ("conv_transpose", "direct")}


@pytest.mark.full
@pytest.mark.parametrize("part", range(30))
def test_every_row_is_exact_in_all_three_maps(part, tmp_path):
    rows = sorted(SMALL, key=lambda row: str(spec_of(row)))
    share = -(-len(rows) // 30)
    check_all_maps(rows[part * share:(part + 1) * share], tmp_path)


def test_the_sample_covers_every_source():
    assert {row["source"]["repo"] for row in CHOSEN} == {row["source"]["repo"] for row in SMALL}
    assert any("down" in row for row in CHOSEN)


@pytest.mark.parametrize("case", VALUES, ids=[case["name"] for case in VALUES])
def test_the_values_of_the_onnx_examples(case):
    x, w, y = (np.array(case[key], np.float32) for key in ("x", "w", "y"))
    bias = None if case["b"] is None else np.array(case["b"], np.float32)
    given, dims = case["attributes"], x.ndim - 2
    stride, dilation, extra = (given.get(key, [default] * dims) for key, default in (
        ("strides", 1), ("dilations", 1), ("output_padding", 0)))
    pads = given.get("pads", [0] * 2 * dims)
    crops = list(zip(pads[:dims], pads[dims:], strict=True))
    if "output_shape" in given or "auto_pad" in given:  # then the crop follows from the length; ONNX puts the half first
        upper = given.get("auto_pad") == "SAME_UPPER"
        totals = [s * (m - 1) + d * (k - 1) + 1 + op - n for s, m, d, k, op, n in
                  zip(stride, x.shape[2:], dilation, w.shape[2:], extra, y.shape[2:], strict=True)]
        crops = [(t // 2, t - t // 2) if upper else (t - t // 2, t // 2) for t in totals]
    for engine in ("compiled", "reference"):
        got = convt.conv_transpose(x, w, bias, stride=stride, padding=crops, dilation=dilation, output_padding=extra,
                                   groups=given.get("group", 1), engine=engine)
        assert got.shape == y.shape and (got == y).all()
