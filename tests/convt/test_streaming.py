"""A signal in pieces has the bits of the whole, however it is cut, in both directions; what is kept does not grow."""

import random
from itertools import pairwise

import numpy as np
import pytest

import convt
from convt._codegen.family import families
from convt._codegen.problem import Problem
from convt._derive import ArgumentError, ConvSpec
from convt._derive.lengths import image_length, smallest_feature_length
from convt._derive.streams import features_kept, images_kept

CASES = [  # spec, map, axis, channels (F, C, groups), layout, element type
    ("1d_k4s2p1", "conv_transpose", 0, (17, 9, 1), "channels_first", "float32"), ("1d_k4s2p1", "conv", 0, (17, 9, 1), "channels_first", "float32"),
    ("2d_k3p1", "conv", 1, (9, 17, 1), "channels_first", "float32"), ("2d_k4s2p1", "conv_transpose", 0, (17, 9, 1), "channels_last", "float32"),
    ("1d_k3s2p0:5op1", "conv_transpose", 0, (3, 3, 3), "channels_first", "float64"), ("1d_k1s3", "conv_transpose", 0, (1, 1, 1), "channels_first", "float32"),
    ("1d_k2s5d3", "conv", 0, (4, 6, 2), "channels_first", "float64"), ("1d_k7s2p-9:4op1", "conv_transpose", 0, (2, 2, 1), "channels_first", "float32"),
    ("1d_k5p4:-3", "conv", 0, (5, 3, 1), "channels_first", "int64"), ("1d_k3p-1:4", "conv_transpose", 0, (2, 3, 1), "channels_first", "complex64"),
    ("1d_k16s8p4", "conv_transpose", 0, (1, 1, 1), "channels_first", "float32"),
]


def numbers(rng, shape, dtype):
    values = rng.standard_normal(shape) * 8
    return (values + 1j * rng.standard_normal(shape)).astype(dtype) if np.dtype(dtype).kind == "c" else values.astype(dtype)


def bits(array):
    return np.ascontiguousarray(array).view(np.uint8)


def prepared(spec, map_name, axis, channels, layout, dtype, length, seed=0):
    """A signal of this many features (or of the image that they have), weights and a bias."""
    rng, made = np.random.default_rng(seed), ConvSpec.parse(spec)
    features, images, groups = channels
    sizes = [smallest_feature_length(one) + 9 for one in made.axes]
    sizes[axis] = max(length, smallest_feature_length(made.axes[axis]))
    if map_name == "conv":
        sizes = [image_length(one, m) for one, m in zip(made.axes, sizes, strict=True)]
    inputs, outputs = (features, images) if map_name == "conv_transpose" else (images, features)
    shape = (2, *sizes, inputs) if layout == "channels_last" else (2, inputs, *sizes)
    w = numbers(rng, (features, images // groups, *made.kernel), dtype)
    return numbers(rng, shape, dtype), w, numbers(rng, (outputs,), dtype), axis + (1 if layout == "channels_last" else 2)


def whole_call(spec, map_name, x, w, bias, groups, layout, algorithm):
    made = ConvSpec.parse(spec)
    more = {"output_padding": made.output_padding} if map_name == "conv_transpose" else {}
    return getattr(convt, map_name)(x, w, bias, stride=made.stride, padding=made.padding, dilation=made.dilation, groups=groups, layout=layout,
                                    algorithm=algorithm, **more)


def cuts(rng, length):
    """Ends of pieces: of one position, of none, of many."""
    ends = [0]
    while ends[-1] < length:
        ends.append(min(length, ends[-1] + rng.choice((0, 1, 1, 2, 3, 7, 20))))
    return ends


def in_pieces(stream, x, place, ends):
    made = [stream.push(np.take(x, range(first, stop), axis=place)) for first, stop in pairwise(ends)]
    return np.concatenate([*made, stream.flush()], place)


def taken(case):
    """The families of a case's kernel that take its channels."""
    spec, map_name, _, (features, images, groups), layout, dtype = case
    problem = Problem.of(spec, map_name, dtype, layout)
    costs = convt.build([problem])[0].explain(features, images, tuple(smallest_feature_length(one) + 9 for one in problem.spec.axes), 1, groups)
    return [family for family, cost in costs.items() if cost < 1e300]


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]} {case[0]} {case[4][9:]}")
def test_pieces_have_the_bits_of_the_whole(case):
    spec, map_name, axis, channels, layout, dtype = case
    rng = random.Random(3)
    for algorithm in ["auto", *taken(case)]:
        for length in (1, 2, 37):
            x, w, bias, place = prepared(spec, map_name, axis, channels, layout, dtype, length)
            stream = convt.stream(spec, w, bias, map=map_name, axis=axis, groups=channels[2], layout=layout, algorithm=algorithm)
            expected = whole_call(spec, map_name, x, w, bias, channels[2], layout, stream.algorithm)
            for _ in range(3):  # the same stream again after each flush
                found = in_pieces(stream, x, place, cuts(rng, x.shape[place]))
                assert found.shape == expected.shape and (bits(found) == bits(expected)).all(), (stream.algorithm, length)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("case", [case for case in CASES if case[5] != "int64"], ids=lambda case: f"{case[1]} {case[0]} {case[4][9:]}")
def test_weights_that_are_not_finite_stream_too(case):
    """Packing leaves them to ``plain``, whatever family was asked for."""
    spec, map_name, axis, channels, layout, dtype = case
    x, w, bias, place = prepared(spec, map_name, axis, channels, layout, dtype, 37)
    w.flat[w.size // 2] = np.inf
    for algorithm in ["auto", *taken(case)]:
        stream = convt.stream(spec, w, bias, map=map_name, axis=axis, groups=channels[2], layout=layout, algorithm=algorithm)
        found = in_pieces(stream, x, place, cuts(random.Random(4), x.shape[place]))
        for asked in {algorithm, stream.algorithm} - {"auto"}:
            expected = whole_call(spec, map_name, x, w, bias, channels[2], layout, asked)
            assert found.shape == expected.shape and np.array_equal(found, expected, equal_nan=True), (algorithm, asked)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_cases_have_families_whose_outputs_come_together():
    """Tiles of the transforms begin where those of the whole do."""
    seen = {family for case in CASES for family in taken(case)}
    assert "fast" in seen and "direct" in seen and {family.NAME for family in families()} >= seen


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", ["1d_k4s2p1", "1d_k16s8p4", "1d_k2s5d3", "1d_k3d4", "1d_k1s3"])
def test_what_is_kept_is_what_the_theorem_says(name):
    axis = ConvSpec.parse(name).axes[0]
    for map_name, most in (("conv_transpose", features_kept(axis)), ("conv", images_kept(axis))):
        w, x = np.ones((1, 1, axis.kernel), "float32"), np.ones((1, 1, 200), "float32")
        stream, seen = convt.stream(name, w, map=map_name, algorithm="plain"), set()
        for at in range(200):
            stream.push(x[..., at: at + 1])
            seen.add(stream.kept)
        assert max(seen) == most, (map_name, seen)
        stream.reset()
        assert stream.kept == 0


class Watched:
    """A kernel that notes the shapes it is called with."""

    def __init__(self, kernel):
        self.kernel, self.problem, self.spec, self.name, self.seen = kernel, kernel.problem, kernel.spec, kernel.name, []

    def run(self, block, *rest):
        self.seen.append(block.shape)
        return self.kernel.run(block, *rest)


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_piece_costs_the_same_however_much_came_before():
    """The kernel sees the same lengths for the hundredth piece as for the third."""
    w = np.ones((4, 3, 4), "float32")
    for map_name, channels in (("conv_transpose", 4), ("conv", 3)):
        stream = convt.stream("1d_k4s2p1", w, map=map_name)
        stream._kernel = Watched(stream._kernel)
        for _ in range(100):
            stream.push(np.ones((1, channels, 24), "float32"))
        seen = stream._kernel.seen
        assert len(set(seen[3:])) == 1 and seen[50][2] <= 24 + 8 + 8


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_what_does_not_fit_is_refused():
    w = np.ones((4, 3, 4), "float32")
    stream = convt.stream("1d_k4s2p1", w)
    with pytest.raises(ArgumentError, match="nothing was pushed"):
        stream.flush()
    with pytest.raises(ArgumentError, match="feature channels of w"):
        stream.push(np.ones((1, 5, 8), "float32"))
    with pytest.raises(ArgumentError, match="element type float32"):
        stream.push(np.ones((1, 4, 8)))
    with pytest.raises(ArgumentError, match="must have 3 axes"):
        stream.push(np.ones((4, 8), "float32"))
    stream.push(np.ones((1, 4, 8), "float32"))
    with pytest.raises(ArgumentError, match="pieces before it"):
        stream.push(np.ones((2, 4, 8), "float32"))
    stream.push(np.ones((1, 4, 0), "float32"))
    assert stream.flush().shape == (1, 3, 1)
    for arguments, argument in ((("1d_k4s2p1", w, None, "axis", 1), "axis"), (("1d_k4s2p1", w, None, "map", "conv_weight_gradient"), "map"),
                                (("1d_k4s2p1", w, None, "algorithm", "warp"), "algorithm"), (("1d_k3", w, None, "groups", 1), "w"),
                                (("1d_k4s2p1", w, None, "groups", 3), "groups"), (("1d_k4s2p1", w, None, "threads", 0), "threads")):
        with pytest.raises(ArgumentError) as refused:
            convt.stream(*arguments[:3], **{arguments[3]: arguments[4]})
        assert refused.value.argument == argument
    short = convt.stream("1d_k3s2p2", np.ones((1, 1, 3), "float32"))
    short.push(np.ones((1, 1, 1), "float32"))
    with pytest.raises(ArgumentError, match="has no output"):
        short.flush()


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_tensors_come_back_as_tensors():
    torch = pytest.importorskip("torch")
    w = torch.ones((2, 1, 4))
    stream = convt.stream("1d_k4s2p1", w)
    made = [stream.push(torch.ones((1, 2, 5))), stream.push(torch.ones((1, 2, 3))), stream.flush()]
    assert all(isinstance(one, torch.Tensor) for one in made)
    assert torch.equal(torch.cat(made, 2), convt.conv_transpose(torch.ones((1, 2, 8)), w, stride=2, padding=1, algorithm=stream.algorithm))
