"""Reading what users write, and comparing two of them: the same map just when brute force finds the same images."""

import json
import random
import subprocess
import sys

import numpy as np
import pytest

import convt
from convt._derive import ArgumentError, ConvSpec
from convt._derive.dialects import dialects
from convt._derive.lengths import formula, image_length, smallest_feature_length
from convt._derive.proposals import say
from convt._derive.spec import Axis
from convt._derive.values import Affine, arguments_of
from convt._derive.writing import spelled

READ = convt.dialects.read


def small(rng):
    k, s, d = rng.randint(1, 3), rng.randint(1, 3), rng.choice((1, 1, 2))
    lo = rng.randint(0, 2)
    return Axis(k, s, (lo, rng.choice((lo, lo + 1))), d, rng.choice((0, 0, 1)))


def neighbour(axis, rng):
    """The same axis, or one that differs in one number; sometimes in one that means nothing."""
    k, s, (lo, hi), d, op = axis.kernel, axis.stride, axis.padding, axis.dilation, axis.output_padding
    return rng.choice((axis, axis, Axis(k, s, (lo, hi + 1), d, op + 1), Axis(k, s, (lo, hi), d + 1, op), Axis(k, s + 1, (lo, hi), d, op),
                       Axis(k + 1, s, (lo, hi), d, op), Axis(k, s, (lo + 1, hi), d, op), Axis(k, s, (lo, hi), d, op + 1),
                       Axis(k, s, (lo + 1, max(hi - 1, 0)), d, op), Axis(k, s, (hi, lo), d, op)))


def written(spec, rng):
    """The configuration as text in a dialect that can say it, or its own name."""
    able = [saying for one in dialects() if (saying := say(one, spec)).arguments is not None]
    if rng.random() < 0.1 or not able:
        return str(spec)
    saying = rng.choice(able)
    given = dict(saying.arguments)
    if "output_shape" in given:
        given["output_shape"] = [Affine(axis.stride, image_length(axis, 1) - axis.stride) for axis in spec.axes]
    text = {name: f"[{', '.join(map(repr, value))}]" if name == "output_shape" else spelled(value) for name, value in given.items()}
    return f"{saying.dialect.NAME.upper()}: kernel_size={spec.kernel} " + rng.choice((", ", " ")).join(f"{name}={value}" for name, value in text.items())


def image(spec, m):
    """Entries of the image for m features, by brute force: at each position the set of (tap, feature) on each axis; None where it is empty."""
    lines = []
    for axis, size in zip(spec.axes, m):
        n = image_length(axis, size)
        if n < 1:
            return None
        line = [set() for _ in range(n)]
        for i in range(size):
            for a in range(axis.kernel):
                j = axis.stride * i + axis.dilation * a - axis.padding[0]
                if 0 <= j < n:
                    line[j].add((a, i))
        lines.append(line)
    whole = np.empty([len(line) for line in lines], object)
    for place in np.ndindex(whole.shape):
        sets = [line[j] for line, j in zip(lines, place)]
        whole[place] = frozenset() if not all(sets) else tuple(map(frozenset, sets))
    return whole


def equal(one, other):
    return one.shape == other.shape and all(one[place] == other[place] for place in np.ndindex(one.shape))


def pairs(count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        axes = [small(rng) for _ in range(rng.choice((1, 1, 1, 2)))]
        others = [neighbour(axis, rng) for axis in axes]
        yield ConvSpec.of(axes), ConvSpec.of(others), rng


def test_the_same_map_is_the_same_images_for_every_size():
    verdicts = []
    for one, other, rng in pairs(250, 0):
        found = convt.dialects.compare(written(one, rng), written(other, rng))
        least = [max(smallest_feature_length(axis) for axis in both) for both in zip(one.axes, other.axes)]
        sizes = [[m + more for m in least] for more in range(6)]
        images = [(image(one, m), image(other, m)) for m in sizes]
        expected = one.kernel == other.kernel and all(equal(*both) for both in images)
        assert found.same == expected, (one, other, found)
        assert found.same_lengths == all(both[0].shape == both[1].shape for both in images)
        for difference in found.differences:
            check_the_smallest(difference, one.axes[difference.axis], other.axes[difference.axis])
        assert bool(found.differences) == (not found.same) and len(found.names) == 2
        verdicts.append(found.same)
    assert 60 <= sum(verdicts) <= 190, sum(verdicts)


def check_the_smallest(difference, a, b):
    """No smaller m shows a difference, nor a smaller position."""
    spec, other = ConvSpec.of([a]), ConvSpec.of([b])
    for m in range(max(smallest_feature_length(a), smallest_feature_length(b)), difference.features):
        assert equal(image(spec, [m]), image(other, [m]))
    one, two = (image(which, [difference.features]) for which in (spec, other))
    assert difference.lengths == (len(one), len(two))
    shared = [j for j in range(min(difference.lengths)) if one[j] != two[j]]
    assert difference.position == (shared[0] if shared else None)
    if shared:
        assert [set(entry) for entry in difference.entries] == [set(which[shared[0]][0]) if which[shared[0]] else set() for which in (one, two)]


def test_one_size_is_compared_entry_by_entry():
    verdicts = []
    for one, other, rng in pairs(150, 1):
        m = [max(smallest_feature_length(axis) for axis in both) + rng.randint(0, 1) for both in zip(one.axes, other.axes)]
        found = convt.dialects.compare(one, other, m)
        assert found.same == (one.kernel == other.kernel and equal(image(one, m), image(other, m))), (one, other, m)
        assert found.feature == tuple(m)
        verdicts.append(found.same)
    assert convt.dialects.compare("1d_k1s2", "1d_k1s3op0", 1).same and not convt.dialects.compare("1d_k1s2", "1d_k1s3", 2).same
    assert any(verdicts) and not all(verdicts)


def test_images_of_zeros_are_the_same_and_kernels_of_other_sizes_are_not():
    """Axis 0 has no tap at any position of one feature's image, so that nothing that axis 1 says can be seen."""
    one, other = "2d_k1x3s3x1p1:0x0op1x0", "2d_k1x3s3x1p1:0x1:-1op1x0"
    assert convt.dialects.compare(one, other, (1, 3)).same and not convt.dialects.compare(one, other, (2, 3)).same
    assert not convt.dialects.compare(one, "2d_k1x3s3x1p1:0x0:1op1x0", (1, 3)).same  # other lengths
    found = convt.dialects.compare("1d_k1", "1d_k2p0:1", 1)
    assert not found.same and not found.differences and "so that no weights fit both" in str(found)


def test_a_shift_carries_the_one_into_the_other():
    for one, other, _ in pairs(150, 2):
        found = convt.dialects.compare(one, other)
        if found.shift is None:
            continue
        m = [max(smallest_feature_length(axis) for axis in both) + 2 for both in zip(one.axes, other.axes)]
        here, there = image(one, m), image(other, m)
        for place in np.ndindex(there.shape):
            shifted = tuple(j + delta for j, delta in zip(place, found.shift))
            if all(0 <= j < n for j, n in zip(shifted, here.shape)):
                assert there[place] == here[shifted]


def test_arrays_are_converted_by_what_is_printed():
    """For every two dialects: the printed NumPy turns the one's weights and features into the other's."""
    w = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    u = np.arange(2 * 6 * 7.0).reshape(1, 2, 6, 7)
    for one in ("pytorch", "tensorflow", "litert", "onednn", "jax", "keras"):
        for other in ("pytorch", "openvino", "litert", "onednn", "jax"):
            found = convt.dialects.compare((one, {"kernel_size": (4, 5)}), f"{other}: kernel_size=(4, 5)")
            here, there = (convt.dialects.weights(name).from_ours(w) for name in (one, other))
            assert np.array_equal(run(found.weights, here), there), (one, other, found.weights)
            here, there = (u if not question.channels_last else np.moveaxis(u, 1, -1) for question in (found.one, found.other))
            assert np.array_equal(run(found.features, here), there)
    line = np.arange(12.0).reshape(2, 2, 3)[:1, :1]
    for one, other in (("scipy", "jax"), ("tensorflow", "scipy"), ("scipy", "scipy")):
        found = convt.dialects.compare(f"{one}: kernel_size=3", f"{other}: kernel_size=3")
        here, there = (convt.dialects.weights(name).from_ours(line) for name in (one, other))
        assert np.array_equal(run(found.weights, here), there), found.weights


def run(text, array):
    """One of the few expressions that are printed: transposition, slicing, moveaxis."""
    return eval(text, {"w": array, "u": array, "numpy": np})


def test_arguments_are_read_as_they_are_pasted():
    assert arguments_of("kernel_size=4, stride=(2, 2), padding='SAME' output_padding=None") == {
        "kernel_size": 4, "stride": (2, 2), "padding": "SAME", "output_padding": None}
    assert arguments_of("padding=[(1, 2), (0,1)] transpose_kernel=True") == {"padding": ((1, 2), (0, 1)), "transpose_kernel": True}
    assert arguments_of("output_shape=[2*m, m*3 - 1, -m, 7]") == {"output_shape": (Affine(2, 0), Affine(3, -1), Affine(-1, 0), 7)}
    assert arguments_of("  ") == {}
    for text in ("kernel_size", "4 stride=2", "stride=", "stride=2**9", "stride=m*m", "stride=f(2)", "stride={2}", "stride=1/2", "stride=(1", "stride='a'+1",
                 "stride=[x for x in y]", "stride=...", "stride=1j", "stride=b'a'", "stride=\0", "stride=" + "(" * 300 + ")" * 300):
        with pytest.raises(ArgumentError):
            arguments_of(text)


def test_axes_are_as_many_as_are_named():
    assert READ("pytorch", kernel_size=4, stride=2, padding=1).spec == ConvSpec.parse("1d_k4s2p1")
    assert READ("pytorch", kernel_size=4, stride=2, padding=1, dims=3).spec == ConvSpec.parse("3d_k4s2p1")
    assert READ("pytorch", kernel_size=(4, 4), stride=2, padding=1, groups=4).spec == ConvSpec.parse("2d_k4s2p1")
    assert READ("pytorch", kernel_size=4, stride=(2, 1)).spec == ConvSpec.parse("2d_k4s2x1")
    assert READ("litert", kernel_size=3, stride_h=2, stride_w=2).spec == ConvSpec.parse("2d_k3s2p0:1")
    assert READ("tensorflow", kernel_size=3, strides=[1, 2, 2, 1], output_shape=[8, 8, 8, 16], feature_size=4).spec == ConvSpec.parse("2d_k3s2p0:1")
    assert READ("tensorflow", kernel_size=(3, 3), strides=2, padding=[[0, 0], [1, 1], [1, 1], [0, 0]], output_shape="2*m").spec == ConvSpec.parse("2d_k3s2p1op1")
    assert READ("tensorflow", kernel_size=(3, 3), strides=[1, 2, 2, 1], padding=[[0, 0], [1, 1], [0, 1], [0, 0]]).spec == ConvSpec.parse("2d_k3s2p1x0:1")
    assert convt.dialects.compare("pytorch: kernel_size=4 stride=2 padding=1", "litert: kernel_size=4 stride_h=2 stride_w=2").same
    assert convt.dialects.weights("onednn", 2).axes == "gcfk" and READ("onednn", kernel_size=3, groups=2).weights.axes == "gcfk"


def test_what_depends_on_the_length_needs_one():
    assert READ("tensorflow", kernel_size=3, strides=2, output_shape=7, feature_size=4).spec == ConvSpec.parse("1d_k3s2p1")
    assert READ("onnx", kernel_size=3, strides=2, output_shape="2*m").spec == ConvSpec.parse("1d_k3s2p1:0")
    for name, arguments in (("onnx", {"strides": 2, "output_shape": 8}), ("openvino", {"strides": 2, "output_shape": "m + 5", "auto_pad": "same_upper"}),
                            ("tensorflow", {"strides": 2, "output_shape": "3*m"})):
        with pytest.raises(ArgumentError, match="output_shape"):
            READ(name, kernel_size=3, **arguments)


def test_a_crop_that_takes_small_images_away_is_read_from_large_ones():
    assert READ("pytorch", kernel_size=3, padding=40).spec == ConvSpec.parse("1d_k3p40")
    assert READ("caffe", kernel_size=3, pad=9).spec == ConvSpec.parse("1d_k3p9")
    assert not convt.dialects.compare("pytorch: kernel_size=3 padding=40", "1d_k3p39").same


@pytest.mark.parametrize("one", [one.NAME for one in dialects()])
def test_wrong_values_are_one_error_each(one):
    """Whatever stands in an argument: a reading or an ``ArgumentError``."""
    values = (0, -1, 2.5, None, True, "same", "SAME", "", (), (1,), (1, 2, 3, 4), [[1]], [(0, 0)], [(1, 2, 3)], {}, object(), 10**30, float("nan"),
              np.float32(1), np.int64(2), np.array([1, 2]), b"x", Affine(1, 0), -(10**9), [None], ["m"], (0, 0))
    from convt._derive.dialects import dialect
    from convt._derive.readings import _parameters

    rng, read = random.Random(one), 0
    names = [*_parameters(dialect(one)), "groups", "dims", "feature_size"]
    for _ in range(300):
        given = {"kernel_size": rng.choice((3, 3, 3, (3, 2), *values))} | {rng.choice(names): rng.choice(values) for _ in range(rng.randint(1, 2))}
        try:
            read += READ(one, **given) is not None
        except ArgumentError as error:
            assert str(error).isprintable()
    assert read


@pytest.mark.parametrize("axis", [Axis(3, 2, (1, 1)), Axis(1), Axis(4, 1, (0, 0)), Axis(2, 3, (5, 5)), Axis(1, 2, (0, 1))])
def test_a_formula_is_the_length(axis):
    for m in (1, 2, 9):
        text = formula(axis).replace("−", "-").replace("n = ", "").replace("m", f"*{m}")
        assert eval(text.lstrip("*")) == image_length(axis, m)


def command(*words):
    return subprocess.run([sys.executable, "-m", "convt", *words], capture_output=True, text=True, check=False)


def test_compare_exits_by_its_answer():
    same = command("compare", "pytorch: kernel_size=4 stride=2 padding=1", "tensorflow: kernel_size=4 strides=2 padding=SAME")
    assert same.returncode == 0 and "are the same map for every size" in same.stdout and "w.transpose(2, 1, 0)" in same.stdout
    other = command("compare", "pytorch: kernel_size=3 stride=2 padding=1 output_padding=1", "keras: kernel_size=3 strides=2 padding=same")
    assert other.returncode == 1 and not other.stderr
    for words in ("lengths: the same", "for m = 1 x[0] is w[1]·u[0] in PyTorch, w[0]·u[0] in Keras", "Keras's x[j] is PyTorch's x[j − 1]", "x = x[:, :, :-1]"):
        assert words in other.stdout, words
    unlike = str(convt.dialects.compare("jax: kernel_size=3 strides=2 padding=SAME", "pytorch: kernel_size=3 stride=2 padding=1 output_padding=1"))
    assert "transpose_kernel=True), with weights (*k, C, F)" in unlike and "w.transpose(1, 2, 0)[:, :, ::-1]" in unlike and "conv_transpose1d(u, w, stride=(2,)); x = x[:, :, :-1]\n" in unlike
    assert "transpose_kernel=True), with weights" in str(convt.dialects.compare("jax: kernel_size=3 strides=2 padding=SAME", "keras: kernel_size=3 strides=2"))
    data = json.loads(command("compare", "1d_k3s2p1", "1d_k3s2p1op1", "--format", "json").stdout)
    assert data["same"] is False and data["same_lengths"] is False and data["differences"][0]["n"] == [1, 2]
    assert command("compare", "1d_k1s2", "1d_k1s3", "--size", "1").returncode == 0
    assert command("compare", "1d_k3").returncode == 2


def test_dialects_reads():
    done = command("dialects", "--read", "pytorch", "stride=2", "padding=1", "kernel_size=4")
    assert done.returncode == 0 and "PyTorch says 1d_k4s2p1" in done.stdout and "n = 2m" in done.stdout and "torch 2." in done.stdout
    data = json.loads(command("dialects", "--read", "tensorflow", "kernel_size=(3,3)", "strides=2", "output_shape=(8, 7)", "--size", "4", "--format", "json").stdout)
    assert data["spec"] == "2d_k3s2p0:1x1" and data["length"] == [8, 7]


def test_claims_are_judged_by_number():
    listed = convt.claims.claims()
    assert [claim.number for claim in listed] == list(range(1, len(listed) + 1)) and set(convt.claims.topics()) == {claim.topic for claim in listed}
    false = convt.claims.judge(14)
    assert false.claim == listed[13] and false.verdict in ("false", "conditional") and false.held < false.cases
    example = false.counterexample
    arrays = [np.array(values).reshape(1, 1, *size) for values, size in ((example.input, example.size), (example.weights, example.spec.kernel))]
    function = getattr(convt, example.map)
    options = {"output_padding": example.spec.output_padding} if example.map == "conv_transpose" else {}
    x = function(*arrays, stride=example.spec.stride, padding=example.spec.padding, dilation=example.spec.dilation, engine="reference", **options)
    assert np.array_equal(x.reshape(-1), np.array(example.found))
    true = next(judged for judged in map(convt.claims.judge, range(1, 38)) if judged.verdict == "true")
    assert true.counterexample is None and true.held == true.cases


def test_the_modules_are_there_without_importing_them():
    code = "import sys, convt; assert 'convt.dialects' not in sys.modules; convt.dialects.names; convt.claims.topics; print('ok')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "ok\n"
    for module in (convt.dialects, convt.claims):
        assert all(getattr(module, name).__doc__ for name in module.__all__)
