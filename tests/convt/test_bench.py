"""The benchmark counts, checks and reports rightly. Nothing here depends on how fast anything is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from convt._codegen.errors import Failure
from convt._derive import ArgumentError
from convt._derive.lengths import smallest_feature_length
from convt.bench import growth, harness, report
from convt.bench.layers import Layer, load
from convt.bench.limits import Limits

ROOT = Path(__file__).parents[2]


def run(*arguments, cwd=None):
    return subprocess.run([sys.executable, "-m", "convt", "bench", *arguments], capture_output=True, text=True, cwd=cwd, check=False)


def test_the_default_layers_are_legal_and_count_their_work():
    layers = load()
    assert len(layers) == 39 and len({layer.name for layer in layers}) == 39
    by_name = {layer.name: layer for layer in layers}
    first = by_name["DCGAN 1024-512 k4s2p1 @4"]
    assert first.flops == 2 * 1024 * 512 * 16 * 16 and first.image == (8, 8)
    assert first.bytes == 4 * (1024 * 16 + 1024 * 512 * 16 + 512 * 64)
    depthwise = next(layer for layer in layers if layer.groups > 1)
    assert depthwise.flops == 2 * depthwise.features * depthwise.size[0] * depthwise.size[1] * depthwise.spec.kernel[0] ** 2


def test_bad_layers_are_refused(tmp_path):
    for text, what in (("{}", "list of layers"), ("[{}]", "layer 0"), ("[1", "not JSON"),
                       ('[{"in_channels": 3, "out_channels": 4, "input": [3], "kernel": [2], "groups": 2}]', "must divide"),
                       ('[{"in_channels": 1, "out_channels": 1, "input": [1], "kernel": [1], "padding": [3]}]', "padding")):
        (tmp_path / "l.json").write_text(text)
        with pytest.raises(ArgumentError, match=what):
            load(tmp_path / "l.json")
    with pytest.raises(ArgumentError, match="--only"):
        load(only="no such layer")
    with pytest.raises(ArgumentError, match="--layers"):
        load(tmp_path / "missing.json")


def test_the_interval_of_paired_ratios():
    ours = [1.0] * 11
    assert harness.interval(ours, [2.0] * 11) == (2.0, 2.0, 2.0)
    middle, low, high = harness.interval(ours, [float(number) for number in range(1, 12)])
    assert (middle, low, high) == (6.0, 2.0, 10.0)  # ranks 2 and 10 of 11: 98.8 %; 3 and 9 would be 93.5 %
    assert harness.summary([0.001, 0.002, 0.003]) == (2.0, 1.0, 3.0)


@given(specs, st.integers(1, 2), st.sampled_from([(1, 1, 1), (2, 3, 1), (4, 2, 2), (3, 3, 3)]), st.integers(0, 3))
def test_what_methods_are_compared_with_is_the_layer_and_none_of_our_code(spec, batch, channels, extra):
    features, images, groups = channels
    layer = Layer("a", spec, batch, features, images, groups, tuple(smallest_feature_length(axis) + extra for axis in spec.axes))
    rng = np.random.default_rng(0)
    u, w = (rng.integers(-4, 5, shape) for shape in layer.shapes[:2])
    wanted = oracle.run("conv_transpose", spec.kernel, spec.stride, spec.dilation, [begin for begin, _ in spec.padding], layer.size, layer.image,
                        groups, u=u, w=w)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convt.api.kernel", None)
        patch.setattr("convt._codegen.reference._summed", None)
        patch.setattr("convt._derive.lengths.image_length", None)
        exact, magnitude = harness.reference(layer, u.astype(np.float32), w.astype(np.float32))
    assert exact.dtype == np.float64 and exact.shape == wanted.shape and (exact == wanted).all() and (magnitude >= abs(exact)).all()


def made_up():
    layers = load(only="DCGAN")[:2]
    timed = [harness.Timed(layer.name, {"convt": [0.002] * 5, "convt fresh output": [0.003] * 5, "convt packing each call": [0.004] * 5,
                                        "convt_cl": [0.002] * 5, "torch": [0.006] * 5, "ort": [0.003] * 5, "torch_cl": [0.0025] * 5})
             for layer in layers]
    return report.Results(tuple(layers), {1: timed}, {1: Limits(1, 100.0, 64.0, 28.0, 20.0)}, {"torch": "2"}, "a machine")


def test_the_report_says_what_was_measured():
    results = made_up()
    means = results.means(1)
    assert means["best channels-first"] == pytest.approx(1.5) and means["best of any"] == pytest.approx(1.25)
    assert means["torch"] == pytest.approx(3.0)
    row = results.rows(1)[0]
    assert row[1] == "2" and row[5].startswith("1.50") and row[5].endswith("ort") and row[6].endswith("torch_cl")
    assert row[8] == f"{results.limits[1].bound(results.layers[0].flops, results.layers[0].bytes) / 2:.0%}"
    assert "Geometric means" in results.markdown() and json.dumps(results.as_data())
    pytest.importorskip("matplotlib", reason="needs the extra draw")
    assert all(data.startswith(b"\x89PNG") for data in report.pictures(results, 1).values())


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_small_run_from_a_file(tmp_path):
    (tmp_path / "l.json").write_text(json.dumps([
        {"in_channels": 3, "out_channels": 4, "input": [5], "kernel": [3], "stride": [2], "padding": [1]},
        {"name": "grouped", "in_channels": 4, "out_channels": 4, "groups": 4, "input": [4, 5], "kernel": [2, 2], "stride": [2, 2]}]))
    done = run("--layers", "l.json", "--threads", "1", "--rounds", "3", "--peers", "torch,scipy", "--format", "json", "-o", "r.json",
               "--write", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "r.json").read_text())
    assert data["limits"]["1"]["fma"] > 1 and [layer["name"] for layer in data["layers"]] == ["3-4 1d_k3s2p1", "grouped"]
    for layer in data["layers"]:
        rounds = layer["threads"]["1"]["rounds"]
        assert {"convt", "convt_cl", "convt fresh output", "convt packing each call"} <= set(rounds)
        assert all(len(samples) == 3 and min(samples) > 0 for samples in rounds.values())
        assert "scipy" in layer["threads"]["1"]["refused"]
    assert "3-4 1d_k3s2p1" in (tmp_path / "bench.md").read_text() and (tmp_path / "bench-roofline.png").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_process_that_ends_early_says_why():
    with pytest.raises(Failure, match=r"1 thread ended with 1: .*ArgumentError: --layers='missing.json'"):
        harness.measure("missing.json", "", 1, 3, [])


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_growth_sweeps_name_families_and_cliffs(monkeypatch):
    monkeypatch.setattr(growth, "SWEEPS", {"image size": ((3, 5), lambda m: ("1d_k3s2p1", 2, 4, (m,)))})
    monkeypatch.setattr(growth, "SECONDS", 0)
    allowed = os.sched_getaffinity(0)
    sweeps = growth.measure()
    assert os.sched_getaffinity(0) == allowed
    assert [point.value for point in sweeps["image size"]] == [3, 5]
    assert all(point.family in ("direct", "rows", "plain") and point.per_output > 0 for point in sweeps["image size"])
    assert growth.as_data(sweeps)["image size"][1]["value"] == 5 and growth.picture(sweeps).startswith(b"\x89PNG")


def test_a_step_up_by_more_than_a_quarter_is_a_cliff():
    points = [growth.Point(1, "rows", 1, 100), growth.Point(2, "rows", 1, 124), growth.Point(3, "direct", 1, 160), growth.Point(4, "direct", 1, 90)]
    assert growth.cliffs(points) == [(points[1], points[2])]
    assert "| 3 | direct | 1 | **160** |" in growth.markdown({"stride": points}) and "| 2 | rows | 1 | 124 |" in growth.markdown({"stride": points})


def test_bad_options_are_named():
    assert "--threads" in run("--threads", "0").stderr and run("--threads", "4096").returncode == 2
    assert "--peers" in run("--peers", "nobody").stderr
    assert "--write" in run("--write", "no/such/folder").stderr


def test_the_page_of_results_is_of_the_default_layers():
    text = (ROOT / "docs" / "bench.md").read_text(encoding="utf-8")
    for layer in load():
        assert text.count(f"| {layer.name} |") == 2
    assert re.search(r"\d{4}-\d\d-\d\d; .*; torch ", text)
