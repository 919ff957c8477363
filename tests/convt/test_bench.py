"""The benchmark counts, checks and reports rightly. Nothing here depends on how fast anything is."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from convt._codegen import estimate, fitted
from convt._codegen.errors import Failure
from convt._codegen.family import error_bound, families
from convt._codegen.plan import decide
from convt._codegen.problem import Problem
from convt._codegen.target import TARGETS
from convt._derive import ArgumentError, ConvSpec
from convt._derive.lengths import smallest_feature_length
from convt._derive.maps import MAPS
from convt.bench import exact, fit, growth, harness, report, samples
from convt.bench.check import Check
from convt.bench.layers import KINDS, WORKS, Layer, load
from convt.bench.limits import Limits
from convt.bench.peers import PEERS

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
    assert by_name["DCGAN 64-3 k4s2p1 @32"].terms("conv_transpose") == 64 * 2 * 2  # of the 4 × 4 taps a phase has 2 × 2
    assert by_name["dilated 128-128 k3s2p2d2op1 @32"].terms("conv_transpose") == 128 * 3 * 3  # all taps meet one phase, none the others
    depthwise = next(layer for layer in layers if layer.groups > 1)
    assert depthwise.flops == 2 * depthwise.features * depthwise.size[0] * depthwise.size[1] * depthwise.spec.kernel[0] ** 2


@pytest.mark.parametrize("map", WORKS)
def test_each_map_has_layers_of_every_kind(map):
    layers = load(map=map)
    assert len(layers) >= 28 and len({layer.name for layer in layers}) == len(layers)
    assert {layer.kind for layer in layers} == set(KINDS) and {layer.spec.dims for layer in layers} == {1, 2, 3}
    for layer in layers:
        assert layer.map == map and Layer.of_data(json.loads(json.dumps(layer.as_data()))) == layer
        assert set(layer.reads) == {letter for name in layer.maps for letter in MAPS[name].reads}


def test_layers_of_convolutions_count_from_the_image():
    stem, gradient = (load(only="stem", map=map)[0] for map in ("conv", "conv_weight_gradient"))
    assert stem.size == (112, 112) and stem.image == (224, 224) and (stem.images, stem.features) == (3, 64)
    assert stem.flops == gradient.flops == 2 * 112 * 112 * 64 * 3 * 49 and stem.bytes == gradient.bytes
    assert stem.terms("conv") == 3 * 49 and gradient.terms("conv_weight_gradient") == 112 * 112
    both, once = (load(only="DCGAN 64-3", map=map)[0] for map in ("backward", "conv_transpose"))
    assert both.flops == 2 * once.flops and both.bytes == once.bytes + 4 * (64 * 32 * 32 + 64 * 3 * 16)


def test_bad_layers_are_refused(tmp_path):
    for text, what in (("{}", "list of layers"), ("[{}]", "layer 0"), ("[1", "not JSON"),
                       ('[{"in_channels": 3, "out_channels": 4, "input": [3], "kernel": [2], "groups": 2}]', "must divide"),
                       ('[{"in_channels": 1, "out_channels": 1, "input": [1], "kernel": [1], "padding": [3]}]', "padding")):
        (tmp_path / "l.json").write_text(text)
        with pytest.raises(ArgumentError, match=what):
            load(tmp_path / "l.json")
    with pytest.raises(ArgumentError, match="--only"):
        load(only="no such layer")
    for more, what in (('"output_padding": [1]', "belongs to a transposed"), ('"padding": [-1]', "no window")):
        (tmp_path / "l.json").write_text(f'[{{"in_channels": 1, "out_channels": 1, "input": [3], "kernel": [3], {more}}}]')
        with pytest.raises(ArgumentError, match=what):
            load(tmp_path / "l.json", map="conv")
    with pytest.raises(ArgumentError, match="--layers"):
        load(tmp_path / "missing.json")


def test_the_interval_of_paired_ratios():
    ours = [1.0] * 11
    assert samples.interval(ours, [2.0] * 11) == (2.0, 2.0, 2.0)
    middle, low, high = samples.interval(ours, [float(number) for number in range(1, 12)])
    assert (middle, low, high) == (6.0, 2.0, 10.0)  # ranks 2 and 10 of 11: 98.8 %; 3 and 9 would be 93.5 %
    assert samples.summary([0.001, 0.002, 0.003]) == (2.0, 1.0, 3.0)


@given(specs, st.integers(1, 2), st.sampled_from([(1, 1, 1), (2, 3, 1), (4, 2, 2), (3, 3, 3)]), st.integers(0, 3), st.sampled_from(sorted(WORKS)))
def test_what_methods_are_compared_with_is_the_layer_and_none_of_our_code(spec, batch, channels, extra, map):
    features, images, groups = channels
    size = tuple(smallest_feature_length(axis) + extra for axis in spec.axes)
    layer = Layer("a", spec, batch, features, images, groups, size, map)
    rng = np.random.default_rng(0)
    made = {letter: rng.integers(-4, 5, shape) for letter, shape in zip("uwx", layer.shapes, strict=True) if letter in layer.reads}
    wanted = [oracle.run(name, spec.kernel, spec.stride, spec.dilation, [begin for begin, _ in spec.padding], layer.size, layer.image,
                         groups, **{letter: made[letter] for letter in MAPS[name].reads}) for name in layer.maps]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convt.api.kernel", None)
        patch.setattr("convt._codegen.reference._summed", None)
        patch.setattr("convt._derive.lengths.image_length", None)
        found = exact.reference(replace(layer, lengths=wanted[0].shape[2:] if map == "conv_transpose" else made["x"].shape[2:]),
                                {letter: array.astype(np.float32) for letter, array in made.items()})
    for (value, magnitude), right in zip(found, wanted, strict=True):
        assert value.dtype == np.float64 and value.shape == right.shape and (value == right).all() and (magnitude >= abs(value)).all()


def kept(folder, arrays):
    paths = [folder / f"{number}.npy" for number in range(len(arrays))]
    for path, array in zip(paths, arrays, strict=True):
        np.save(path, array)
    return paths


@pytest.mark.parametrize("map", WORKS)
def test_a_method_that_is_off_is_found(map, tmp_path):
    """Ours: by more than the bound that is proved for the family that ran. Peers: by far, or in their shapes."""
    layer = Layer("a", ConvSpec.parse("1d_k4s2p1"), 2, 8, 4, 1, (9,), map)
    check = Check(layer)
    right = [value.astype(np.float32) for value, _ in check.exact]
    plain = ["plain"] * len(right)
    assert check.compare("convt", kept(tmp_path, right), plain)[0] < 1.01 and not list(tmp_path.iterdir())
    for number, (name, (_, magnitude)) in enumerate(zip(layer.maps, check.exact, strict=True)):
        for family in [family for family in ("plain", "fast", "outer", "fast_outer") if family in families_of(layer, name)]:
            share, by_largest = error_bound(Problem.of(layer.spec, name), family, layer.terms(name))
            most = share * (layer.terms(name) * np.prod([abs(check.given[letter]).max() for letter in MAPS[name].reads]) if by_largest else magnitude)
            for times, holds in ((0.8, True), (1.2, False)):
                wrong = [value.astype(np.float64) for value, _ in check.exact]
                wrong[number] = wrong[number] + times * most
                ran = [*plain[:number], family, *plain[number + 1:]]
                if holds:
                    assert check.compare("convt", kept(tmp_path, wrong), ran)[1] == ""
                else:
                    with pytest.raises(ArithmeticError, match=f"{family} of {name} is off"):
                        check.compare("convt", kept(tmp_path, wrong), ran)
        wrong = [*right[:number], right[number] * 1.5, *right[number + 1:]]
        assert "wrong by" in check.compare("torch", kept(tmp_path, wrong), None)[1]
        nothing = [*right[:number], right[number] * np.nan, *right[number + 1:]]
        assert "wrong by" in check.compare("torch", kept(tmp_path, nothing), None)[1]
    assert "gives shapes" in check.compare("torch", kept(tmp_path, [right[0][:1], *right[1:]]), None)[1]
    assert "gives shapes" in check.compare("torch", kept(tmp_path, [*right, right[0]]), None)[1]


def families_of(layer, name):
    return [family.NAME for family in families() if family.accepts(Problem.of(layer.spec, name))]


def test_the_bound_of_long_sums_grows_with_blocks_only():
    problem = Problem.of("1d_k3", "conv_weight_gradient")
    assert error_bound(problem, "outer", 1 << 25)[0] < 600 * 2**-24 < 1 < error_bound(problem, "plain", 1 << 25)[0]
    assert error_bound(problem, "dots", 1 << 25)[0] < 3200 * 2**-24
    assert error_bound(problem, "fast_outer", 1 << 25)[0] < 14.5 * 6100 * 2**-24
    assert error_bound(problem, "outer", 10) == error_bound(problem, "dots", 10) == error_bound(problem, "plain", 10)


def made_up():
    layers = load(only="DCGAN")[:2] + load(only="bilinear dw C21 k4")
    timed = [harness.Timed(layer.name, {"convt": [0.002] * 5, "convt fresh output": [0.003] * 5, "convt packing each call": [0.004] * 5,
                                        "convt_cl": [0.002] * 5, "torch": [0.006] * 5, "ort": [0.003] * 5, "torch_cl": [0.0025] * 5},
                           error={"convt": 2.0, "torch": 1.0, "ort": 4.0, "torch_cl": 4.5})
             for layer in layers]
    timed[2].rounds["torch"] = [0.012] * 5
    other = load(only="stem", map="conv_weight_gradient")
    gradient = [harness.Timed(layer.name, {"convt": [0.002] * 5, "convt fresh output": [0.003] * 5}, error={"convt": 1.0}) for layer in other]
    limits = {1: Limits(1, 100.0, 64.0, 28.0, 20.0)}
    return report.Run(report.by_map([*layers, *other], {1: timed + gradient}, limits), limits, {"torch": "2"}, "a machine")


def test_the_report_says_what_was_measured():
    run = made_up()
    assert list(run.maps) == ["conv_transpose", "conv_weight_gradient"]
    results = run.maps["conv_transpose"]
    means = results.means(1)
    assert means["best channels-first"] == pytest.approx((1.5, 1.5)) and means["best of any"] == pytest.approx((1.25, 1.25))
    assert means["best as exact"] == pytest.approx((1.5, 1.5))
    assert means["torch"] == pytest.approx((54 ** (1 / 3), 3.0)) and results.means(1, KINDS[1])["torch"] == pytest.approx((6, 6))
    row = results.rows(1)[0]
    assert row[1] == "2" and row[5].startswith("1.50") and row[5].endswith("ort") and row[6].endswith("torch_cl") and row[7] == row[5]
    assert row[10] == "2, 4.5" and row[9] == f"{results.limits[1].bound(results.layers[0].flops, results.layers[0].bytes) / 2:.0%}"
    assert [kind[:2] for kind in results.kinds(1)] == [("all", "3"), (KINDS[0], "2"), (KINDS[1], "1")]
    assert run.maps["conv_weight_gradient"].rows(1)[0][4:9] == ("none",) * 5
    page, data = run.markdown(), json.loads(json.dumps(run.as_data()))
    assert page.count("## conv_") == 2 and "Geometric means" in page and "| dense | 2 | 1.50 (1.50) |" in page
    assert [layer["kind"] for layer in data["maps"]["conv_transpose"]["layers"]] == [KINDS[0], KINDS[0], KINDS[1]]
    pytest.importorskip("matplotlib", reason="needs the extra draw")
    for each in run.maps.values():
        assert all(content.startswith(b"\x89PNG") for content in report.pictures(each, 1).values())


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_small_run_from_a_file(tmp_path):
    (tmp_path / "l.json").write_text(json.dumps([
        {"in_channels": 3, "out_channels": 4, "input": [5], "kernel": [3], "stride": [2], "padding": [1]},
        {"name": "grouped", "in_channels": 4, "out_channels": 4, "groups": 4, "input": [4, 5], "kernel": [2, 2], "stride": [2, 2]}]))
    done = run("--layers", "l.json", "--threads", "1", "--rounds", "3", "--peers", "torch,scipy", "--format", "json", "-o", "r.json",
               "--write", "new/folder", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "r.json").read_text())
    layers = data["maps"]["conv_transpose"]["layers"]
    assert data["limits"]["1"]["fma"] > 1 and [layer["name"] for layer in layers] == ["3-4 1d_k3s2p1", "grouped"]
    for layer in layers:
        rounds = layer["threads"]["1"]["rounds"]
        assert {"convt", "convt_cl", "convt fresh output", "convt packing each call"} <= set(rounds)
        assert all(len(samples) == 3 and min(samples) > 0 for samples in rounds.values())
        assert "scipy" in layer["threads"]["1"]["refused"]
    folder = tmp_path / "new" / "folder"
    assert "3-4 1d_k3s2p1" in (folder / "bench.md").read_text() and (folder / "bench-conv_transpose-roofline.png").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_small_run_of_every_other_map(tmp_path):
    """The layers are such that all maps need two kernels a layout."""
    (tmp_path / "l.json").write_text(json.dumps([{"name": "a", "batch": 2, "in_channels": 3, "out_channels": 4, "input": [5], "kernel": [2], "stride": [2]}]))
    done = run("--map", "conv,conv_weight_gradient", "--map", "backward", "--layers", "l.json", "--threads", "1", "--rounds", "3", "--peers", "none",
               "--format", "json", "-o", "r.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    maps = json.loads((tmp_path / "r.json").read_text())["maps"]
    assert list(maps) == ["conv", "conv_weight_gradient", "backward"]
    for name, results in maps.items():
        made = results["layers"][0]["threads"]["1"]
        methods = {"convt", "convt_cl", "convt fresh output"} | ({"convt packing each call"} if name == "conv" else set())
        assert set(made["rounds"]) == set(made["error"]) == set(made["families"]) == methods and max(made["error"].values()) < 10
        assert all(len(ran) == len(WORKS[name].maps) for ran in made["families"].values())


SMALL = [  # (spec, batch, features, images, groups, feature lengths, image lengths of a convolution)
    ("2d_k3s2p1", 1, 6, 4, 1, (4, 3), (8, 5)), ("2d_k3s1p1", 2, 4, 4, 4, (5, 4), (5, 4)), ("2d_k3s2p1", 1, 8, 4, 4, (3, 3), (6, 6)), ("2d_k3p2d2", 1, 3, 8, 1, (6, 6), (6, 6)),
    ("2d_k2s2", 1, 4, 6, 2, (3, 3), (6, 7)), ("1d_k5s2p2", 1, 4, 1, 1, (7,), (14,)), ("1d_k3p2d2", 2, 4, 6, 1, (9,), (9,)), ("3d_k3s2p1", 1, 4, 3, 1, (2, 3, 2), (4, 5, 3)),
    ("1d_k9s4", 1, 1, 1, 1, (8,), (37,)), ("1d_k9s4p3", 1, 1, 1, 1, (8,), (34,)), ("2d_k4s2p1", 1, 4, 8, 1, (4, 4), (8, 8)),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", dict.fromkeys(peer.library for peer in PEERS))
def test_what_libraries_are_timed_on_is_the_layer(name, tmp_path):
    """In each layout that a peer has, for each map: right, or refused with the library's own words."""
    if find_spec(name) is None:
        pytest.skip("needs the extra peers")
    worker = harness.Library(name, 1, tmp_path / name)
    taken = set()
    try:
        worker.greet()
        for map, work in WORKS.items():
            peers = [peer.name for peer in PEERS if peer.library == name and map in peer.works]
            for spec, *numbers, size, image in SMALL:
                layer = Layer("a", ConvSpec.parse(spec), *numbers, size, map, image if work.of == "conv" else None)
                check = Check(layer)
                answers = worker.ask("prepare", layer.as_data(), peers)
                assert list(answers) == peers
                for peer, answer in answers.items():
                    if "refused" not in answer:
                        taken.add((map, peer))
                        _, why = check.compare(peer, [worker.folder / f"{peer}.{number}.npy" for number in range(answer["arrays"])], None)
                        assert not why, (map, layer, peer, why)
                        assert worker.ask("time", peer) > 0
                    assert set(harness.states(worker.number)) == {"T"}
    finally:
        worker.end()
    assert taken == {(map, peer.name) for peer in PEERS if peer.library == name for map in peer.works}


@pytest.mark.slow
def test_a_library_that_crashes_misses_one_layer(tmp_path):
    pytest.importorskip("scipy", reason="needs the extra peers")
    worker, layer = harness.Library("scipy", 1, tmp_path / "scipy"), Layer("a", ConvSpec.parse("1d_k4s2"), 1, 1, 1, 1, (9,))
    try:
        worker.greet()
        os.kill(worker.number, signal.SIGKILL)
        without = harness.time_layer(layer, {"scipy": worker}, 3, ["scipy"])
        assert not without.rounds and "process of scipy for 1 thread ended" in without.refused["scipy"]
        assert len(harness.time_layer(layer, {"scipy": worker}, 3, ["scipy"]).rounds["scipy"]) == 3
    finally:
        worker.end()


@pytest.mark.slow
@pytest.mark.parametrize("end", ["while it works", "while it is stopped"])
def test_a_library_that_ends_early_says_why(end, tmp_path):
    worker = harness.Library("convt", 1, tmp_path / "convt")
    try:
        worker.greet()
        if end == "while it is stopped":
            os.kill(worker.number, signal.SIGKILL)
            worker.child.wait()
        with pytest.raises(Failure, match=r"process of convt for 1 thread ended with .*: (no message|.*no_such_question)"):
            worker.ask("no_such_question")
    finally:
        worker.end()


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_growth_sweeps_name_families_and_cliffs(monkeypatch):
    monkeypatch.setattr(growth, "SWEEPS", {"image size": ((3, 5), lambda m: ("1d_k3s2p1", 2, 4, (m,)))})
    monkeypatch.setattr(growth, "SECONDS", 0)
    allowed = os.sched_getaffinity(0)
    sweeps = growth.measure("conv_transpose")
    assert os.sched_getaffinity(0) == allowed
    assert [point.value for point in sweeps["image size"]] == [3, 5]
    assert all(point.family in ("direct", "rows", "plain") and point.per_output > 0 for point in sweeps["image size"])
    assert growth.as_data(sweeps)["image size"][1]["value"] == 5 and growth.picture(sweeps).startswith(b"\x89PNG")


def test_a_step_up_by_more_than_a_quarter_is_a_cliff():
    points = [growth.Point(1, "rows", 1, 100), growth.Point(2, "rows", 1, 124), growth.Point(3, "direct", 1, 160), growth.Point(4, "direct", 1, 90)]
    assert growth.cliffs(points) == [(points[1], points[2])]
    assert "| 3 | direct | 1 | **160** |" in (page := growth.markdown("conv", {"stride": points})) and "| 2 | rows | 1 | 124 |" in page


def test_bad_options_are_named():
    assert "--threads" in run("--threads", "0").stderr and run("--threads", "4096").returncode == 2
    assert "--peers" in run("--peers", "nobody").stderr
    assert "--map" in run("--map", "conv,convolve").stderr and "--vendored" in run("--vendored", "--map", "conv").stderr
    assert "--write" in run("--write", __file__ + "/folder").stderr


def test_the_default_threads_are_legal_on_one_core():
    on_one = "import os, runpy; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); runpy.run_module('convt', run_name='__main__', alter_sys=True)"
    done = subprocess.run([sys.executable, "-c", on_one, "bench", "--peers", "nobody"], capture_output=True, text=True, check=False)
    assert "--peers" in done.stderr and "--threads" not in done.stderr


def test_the_page_of_results_is_of_the_default_layers():
    text = (ROOT / "docs" / "bench.md").read_text(encoding="utf-8")
    threads = re.findall(r"(?m)^- (\d+) threads?: \d+ GFLOP/s", text)
    assert "1" in threads
    for map in WORKS:
        section = text.partition(f"## {report.TITLES[map]}\n")[2].partition("\n## ")[0]
        for layer in load(map=map):
            assert section.count(f"| {layer.name} |") == len(threads), (map, layer.name)
    assert re.search(r"\d{4}-\d\d-\d\d; .*; torch ", text)


def test_factors_are_medians_of_contenders_and_losses_are_what_the_choice_loses():
    layer, shape = load(only="DCGAN 64-3")[0], TARGETS["x86-64-v3"]

    def measured(name, **families):
        return fit.Measured(replace(layer, name=name), {key: fit.Spent(*value) for key, value in families.items()})

    found = fit.Fit(shape, (
        measured("a", direct=(100.0, 100.0, 100.0), rows=(150.0, 75.0, 75.0), plain=(900.0, 90.0, 90.0)),  # plain is no contender
        measured("b", direct=(210.0, 200.0, 200.0), rows=(200.0, 100.0, 220.0)),
        measured("c", direct=(90.0, 100.0, 100.0))))
    assert found.ratios("conv_transpose") == {"direct": [0.9, 1.0, 1.05], "rows": [2.0, 2.0]}
    assert found.factors("conv_transpose") == {"direct": 1.0, "rows": 2.0}
    first, second, third = found.measured
    assert first.loss({}) == 1.5 and first.loss({"rows": 2.0, "plain": 9.0}) == 1.0
    assert second.loss({}) == 1.05  # chosen by the estimate for one image
    assert third.loss({}) == 1.0
    table = json.loads(found.table())["32"]["conv_transpose"]
    assert table["direct"] == 1.0 and table["rows"] == 2.0 and "plain" not in table
    assert found.losses()[0][1] == "3" and len(found.rows()) == 2


def test_a_factor_scales_the_estimate_that_is_computed_and_the_one_that_is_compiled(monkeypatch):
    problem, shape = Problem.of("2d_k4s2p1", target="x86-64-v3"), TARGETS["x86-64-v3"]
    before = {choice.family: choice.cost for choice in decide(problem, shape).entry.choices}
    monkeypatch.setattr(fitted, "factors", lambda: {"32": {"conv_transpose": {"rows": 1.5}}, "64": {"conv_transpose": {"direct": 3.0}}})
    after = {choice.family: choice.cost for choice in decide(problem, shape).entry.choices}
    assert after.pop("rows") == f"1.5 * ({before.pop('rows')})" and after == before
    values = estimate.sizes(problem, 1, 8, 4, 1, (5, 5), (10, 10))
    assert estimate.in_c("1.5 * (inputs + 2.0)").startswith("1.5 * (") and estimate.evaluate("1.5 * (inputs)", values) == 1.5 * 200


def test_fitted_factors_name_families_that_there_are():
    for width, maps in fitted.factors().items():
        assert int(width) in {target.vector_bytes for target in TARGETS.values()} and set(maps) <= set(MAPS)
        for names in maps.values():
            assert set(names) <= {family.NAME for family in families()} and all(0.2 < factor < 5 for factor in names.values())


@pytest.mark.slow
def test_families_are_timed_beside_their_estimates(tmp_path, compiler):
    done = run("--fit", "--only", "DCGAN 64-3", "--rounds", "3", "-o", str(tmp_path / "f.json"))
    assert done.returncode == 0, done.stderr
    assert "lost today" in done.stdout and "× estimated" in done.stderr
    ((width, maps),) = ((w, m) for w, m in json.loads((tmp_path / "f.json").read_text()).items() if "conv_transpose" in m)
    assert {"direct", "planes"} & set(maps["conv_transpose"]) and int(width) >= 16
    assert "--fit" in run("--fit", "--map", "backward").stderr
