"""conv and the weight gradient at sizes with several blocks: the same bits for any number of threads, layout and packing; NaN and Inf
as ``plain`` has them; errors of long sums within the bounds that the certificates state."""

from itertools import product
from math import ceil, log2

import numpy as np
import pytest
from modules import Called, compiled, loaded

from convt._codegen import reference
from convt._codegen.families import dots, fast_outer, outer
from convt._codegen.problem import Problem

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
GEOMETRY = "2d_k3x2s2x1p1x0"
LAYOUTS = ("channels_first", "channels_last")
PROBLEMS = [*(Problem.of(name, map, layout=layout) for name, map in ((GEOMETRY, "conv"), ("2d_k3p1", "conv"), (GEOMETRY, "conv_weight_gradient"))
              for layout in LAYOUTS), Problem.of("1d_k3p1", "conv_weight_gradient"), Problem.of("1d_k3p2d2", "conv_weight_gradient", "float64")]
GRADIENTS = [  # (name, batch, features, images, groups, feature lengths, what it is)
    (GEOMETRY, 2, 19, 37, 1, (9, 8), "one part, fewer than threads"), (GEOMETRY, 3, 40, 3, 1, (21, 30), "channels of neighbouring taps as rows"),
    (GEOMETRY, 40, 20, 6, 2, (9, 5), "two parts, groups, lanes of features"), (GEOMETRY, 200, 5, 9, 1, (4, 3), "seven parts, more than threads"),
    (GEOMETRY, 170, 18, 18, 18, (3, 2), "six parts of channels that are groups"), (GEOMETRY, 1, 300, 256, 1, (3, 4), "sums beyond the second-level cache"),
    ("1d_k3p1", 1, 3, 2, 1, (70_001,), "five parts of one line"), ("1d_k3p1", 1, 1, 1, 1, (40_000,), "three parts of one channel"),
    ("1d_k3p2d2", 2, 33, 5, 1, (600,), "lines of two runs"),
    ("1d_k3p1", 131_077, 2, 1, 1, (1,), "so many groups of tiles that more than eight are added one after the other"),
]
CONVS = [  # (batch, features, images, groups, feature lengths)
    (3, 33, 17, 1, (23, 19)), (2, 6, 6, 2, (40, 37)), (2, 19, 19, 19, (33, 31)), (1, 3, 2, 1, (9, 700)), (5, 70, 5, 1, (4, 5)),
]


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """(name of the geometry, map, layout) -> the kernel."""
    module = loaded(*compiled(PROBLEMS, tmp_path_factory.mktemp("module")))
    return {(str(problem.spec), problem.map, problem.layout): Called(module, problem) for problem in PROBLEMS}


def shapes_of(kernel, batch, features, images, groups, m):
    from convt._derive.lengths import image_lengths

    spec = kernel.problem.spec
    return {"u": (batch, features, *m), "w": (features, images // groups, *spec.kernel), "x": (batch, images, *image_lengths(spec, m))}


def drawn(rng, kernel, shapes):
    return {letter: rng.standard_normal(shapes[letter]).astype(kernel.problem.dtype) for letter in kernel.problem.roles.reads}


def families_of(kernel, batch, features, images, groups, shapes):
    costs = kernel.module.costs(kernel.problem.name, batch, features, images, groups, shapes["u"][2:], shapes["x"][2:])
    return [family for family, cost in costs.items() if cost < 1e300]


def same(one, two):
    """Bit for bit."""
    return one.tobytes() == two.tobytes()


@pytest.mark.parametrize("family", ["outer", "dots", "fast_outer"])
@pytest.mark.parametrize("row", GRADIENTS, ids=lambda row: f"{row[0]}, {row[-1]}")
def test_the_weight_gradient_has_the_same_bits_on_any_threads_and_in_both_layouts(kernels, row, family):
    """And errors within the bound of the certificate, for random floats."""
    name, batch, features, images, groups, m, _ = row
    found = []
    for kernel in (kernel for (geometry, map, _), kernel in kernels.items() if (geometry, map) == (name, "conv_weight_gradient")):
        shapes = shapes_of(kernel, batch, features, images, groups, m)
        arrays = drawn(np.random.default_rng(1), kernel, shapes)
        if family not in families_of(kernel, batch, features, images, groups, shapes):
            assert (family, kernel.problem.layout) == ("dots", "channels_last") or (family == "fast_outer" and (groups == features or "d2" in name))
            continue
        for threads in (1, 2, 3, 5):
            got, ran = kernel(arrays, shapes["w"], groups, threads, family)
            assert ran == (family, threads)
            found.append(got)
    if not found:
        return
    assert all(same(found[0], other) for other in found)
    wide = {letter: array.astype(np.longdouble) for letter, array in arrays.items()}
    wanted = reference.conv_weight_gradient(kernel.problem.spec, wide["x"], wide["u"], groups)
    if family == "fast_outer":
        positions, (grows, more) = batch * int(np.prod(m)), fast_outer.growth(kernel.problem)
        allowed = grows * gamma(fast_outer.longest(positions) + more, kernel) * positions * abs(wide["x"]).max() * abs(wide["u"]).max()
        assert (abs(found[0] - wanted) <= allowed).all()
        return
    terms = stated(family, kernel, batch * int(np.prod(m)))
    assert (abs(found[0] - wanted) <= gamma(terms, kernel) * sizes(kernel, wide, groups)).all()


def stated(family, kernel, terms):
    """t of the certificate: sums of positions, sums of these, and the depth of the tree of their parts."""
    if family == "outer":
        return outer.RUN + 2 * outer.RUNS + 1 + ceil(log2(max(1, ceil(terms / outer.RUNS))))
    lanes = 16 // np.dtype(kernel.problem.dtype).itemsize  # at least
    return max(dots.SEGMENT, dots.PANEL_BYTES // np.dtype(kernel.problem.dtype).itemsize) // lanes + 2 * dots.BLOCKS + 1 + ceil(log2(lanes * ceil(terms / dots.BLOCKS)))


def gamma(terms, kernel):
    unit = np.finfo(kernel.problem.dtype).eps / 2
    return terms * unit / (1 - terms * unit)


def sizes(kernel, wide, groups):
    """Σ|u||x|."""
    return reference.conv_weight_gradient(kernel.problem.spec, abs(wide["x"]), abs(wide["u"]), groups)


@pytest.mark.parametrize("name", [GEOMETRY, "2d_k3p1"])
@pytest.mark.parametrize("row", CONVS, ids=str)
def test_conv_has_the_same_bits_on_any_threads_in_both_layouts_packed_or_not(kernels, name, row):
    """Every family; and errors within its bound, for random floats."""
    batch, features, images, groups, m = row
    found, wanted = {}, None
    for layout in LAYOUTS:
        kernel = kernels[name, "conv", layout]
        shapes = shapes_of(kernel, batch, features, images, groups, m)
        arrays = drawn(np.random.default_rng(2), kernel, shapes)
        bias = np.linspace(-1, 1, features).astype(kernel.problem.dtype)
        for family in families_of(kernel, batch, features, images, groups, shapes):
            for threads, packs in ((1, False), (2, True), (3, False), (5, True)):
                packed = kernel.pack(arrays["w"], groups, family) if packs else None
                got, ran = kernel(arrays, shapes["u"], groups, threads, family, packed, bias)
                assert ran == (family, threads)
                assert same(found.setdefault(family, got), got), (family, layout, threads, packs)
    assert len(found) >= 3
    wide = {letter: array.astype(np.longdouble) for letter, array in arrays.items()}
    spec, wide_bias = kernel.problem.spec, bias.astype(np.longdouble)
    wanted = reference.conv(spec, wide["x"], wide["w"], wide_bias, m, groups)
    bound = reference.conv(spec, abs(wide["x"]), abs(wide["w"]), abs(wide_bias), m, groups)
    terms = images // groups * int(np.prod(spec.kernel)) + 1
    for family, got in found.items():
        if family in ("fast", "fast4"):
            from convt._codegen.families import fast, fast4

            grows, more = {"fast": fast, "fast4": fast4}[family].growth(kernel.problem)
            assert (abs(got - wanted) <= grows * gamma(terms + more, kernel) * terms * abs(wide["x"]).max() * abs(wide["w"]).max() + gamma(1, kernel)).all()
        else:
            assert (abs(got - wanted) <= gamma(terms, kernel) * bound).all(), family


def strange_places(rng, shape):
    """Corners, borders and somewhere: one entry at a time."""
    yield (0,) * len(shape)
    yield tuple(length - 1 for length in shape)
    for _ in range(2):
        yield tuple(int(rng.integers(length)) for length in shape)


@pytest.mark.parametrize("row", [row for row in GRADIENTS if np.prod(row[5]) * row[1] < 50_000], ids=lambda row: f"{row[0]}, {row[-1]}")
def test_what_is_not_finite_reaches_the_filters_of_its_products_as_in_plain(kernels, row):
    name, batch, features, images, groups, m, _ = row
    rng = np.random.default_rng(3)
    kernel = kernels[name, "conv_weight_gradient", LAYOUTS[batch % 2 if name == GEOMETRY else 0]]
    shapes = shapes_of(kernel, batch, features, images, groups, m)
    arrays = {letter: rng.integers(-3, 4, shapes[letter]).astype(kernel.problem.dtype) for letter in "ux"}
    for letter, value in product("ux", (np.nan, np.inf)):
        for turn, place in enumerate(strange_places(rng, shapes[letter])):
            given = arrays | {letter: arrays[letter].copy()}
            given[letter][place] = value
            wanted, _ = kernel(given, shapes["w"], groups, 1, "plain")
            for family in families_of(kernel, batch, features, images, groups, shapes):
                got, (ran, used) = kernel(given, shapes["w"], groups, 1 + turn % 3, family)
                assert used == 1 + turn % 3 and ran == ("plain" if letter == "u" or family == "fast_outer" else family)
                assert np.array_equal(got, wanted, equal_nan=True), (letter, value, place, family)


@pytest.mark.parametrize("name", [GEOMETRY, "2d_k3p1"])
@pytest.mark.parametrize("row", CONVS[:4], ids=str)
def test_what_is_not_finite_reaches_the_outputs_of_its_taps_as_in_plain(kernels, name, row):
    batch, features, images, groups, m = row
    rng = np.random.default_rng(4)
    kernel = kernels[name, "conv", LAYOUTS[images % 2]]
    shapes = shapes_of(kernel, batch, features, images, groups, m)
    arrays = {letter: rng.integers(-3, 4, shapes[letter]).astype(kernel.problem.dtype) for letter in "wx"}
    for letter, value in product("wx", (np.nan, -np.inf)):
        for turn, place in enumerate(strange_places(rng, shapes[letter])):
            given = arrays | {letter: arrays[letter].copy()}
            given[letter][place] = value
            wanted, _ = kernel(given, shapes["u"], groups, 1, "plain")
            for family in families_of(kernel, batch, features, images, groups, shapes):
                got, (ran, used) = kernel(given, shapes["u"], groups, 1 + turn % 3, family)
                assert used == 1 + turn % 3 and np.array_equal(got, wanted, equal_nan=True), (letter, value, place, family, ran)


# long sums

LONG = ("1d_k3p1", "conv_weight_gradient", "channels_first")
EVERY = ("plain", "outer", "dots", None)  # for one channel of each


def ones_add_up(kernel, length, family):
    """The tap in the middle has so many products of ones, its neighbours one less."""
    ones = {letter: np.ones((1, 1, length), np.float32) for letter in "ux"}
    got, _ = kernel(ones, (1, 1, 3), 1, 1, family)
    assert abs(got[0, 0].astype(int) - [length - 1, length, length - 1]).max() <= 2 and int(got[0, 0, 1]) == length


@pytest.mark.parametrize("family", EVERY)
def test_a_gradient_of_more_ones_than_24_bits_count_is_exact(kernels, family):
    """2²⁴ + 2¹⁰ ones: one running sum would stay at 2²⁴."""
    ones_add_up(kernels[LONG], (1 << 24) + (1 << 10), family)


@pytest.mark.full
@pytest.mark.parametrize("family", EVERY)
def test_a_gradient_of_two_to_the_25th_ones_is_exact(kernels, family):
    ones_add_up(kernels[LONG], 1 << 25, family)


@pytest.mark.parametrize("channels", [(1, 1, 1), *(pytest.param(row, marks=pytest.mark.full) for row in ((2, 3, 1), (4, 4, 4), (3, 20, 1)))])
def test_the_relative_error_of_long_sums_is_below_a_millionth(kernels, channels):
    (features, images, groups), rng, kernel, length = channels, np.random.default_rng(5), kernels[LONG], 2_600_000
    arrays = {letter: rng.random((1, channels, length), np.float32) for letter, channels in (("u", features), ("x", images))}
    wanted = reference.conv_weight_gradient(kernel.problem.spec, arrays["x"].astype(np.float64), arrays["u"].astype(np.float64), groups)
    for family in (*EVERY, *["fast_outer"] * (features * images > groups**2)):
        got, _ = kernel(arrays, wanted.shape, groups, 1, family)
        assert (abs(got - wanted) < 1e-6 * wanted).all(), (family, abs(got / wanted - 1).max())


@pytest.mark.full
def test_complex_sums_are_as_long(tmp_path):
    problem = Problem.of("1d_k1", "conv_weight_gradient", "complex64")
    kernel, length = Called(loaded(*compiled([problem], tmp_path)), problem), (1 << 24) + (1 << 10)
    ones = {letter: np.ones((1, 1, length), np.complex64) for letter in "ux"}
    assert kernel(ones, (1, 1, 1))[0].tolist() == [[[length]]]
