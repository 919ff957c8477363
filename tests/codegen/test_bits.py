"""Results depend on geometry, element type, channels, sizes and algorithm only: not on threads, on neighbours in the batch, on packing, or
on the caller's floating-point state; and what is not finite reaches the outputs of its taps, on any number of threads."""

import ctypes
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from modules import OUT, Called, compiled, loaded, other_openmp

from convt._codegen import reference
from convt._codegen.problem import Problem

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
PROBLEMS = [
    Problem.of("2d_k4s2p1"), Problem.of("1d_k5s2p1op1", layout="channels_last"), Problem.of("1d_k3s1p1", dtype="float64"),
    Problem.of("2d_k4s2p1", weights="bilinear"), Problem.of("2d_k3s2p1", "conv"), Problem.of("2d_k3p1", "conv", layout="channels_last"),
    Problem.of("1d_k3s2p1", "conv_weight_gradient"), Problem.of("2d_k3x2s1x2p1x0", "conv_weight_gradient", "float64", "channels_last"),
]
SIZES = {  # name of a problem's suffix -> (features, images, groups): several, so that every family has some
    "dense": [(17, 33, 1), (5, 3, 1), (6, 6, 2)], "depthwise": [(19, 19, 19), (3, 3, 3)],
}
FAMILIES = {  # of each map
    "conv": {"plain", "direct", "fast", "fast4", "rows", "planes", "stencil", "depthwise"}, "conv_transpose": {"plain", "direct", "fast", "fast4", "rows", "planes", "depthwise", "fixed"},
    "conv_weight_gradient": {"plain", "outer", "dots", "fast_outer"}}


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("module")
    module = loaded(*compiled(PROBLEMS, folder))
    return [Called(module, problem) for problem in PROBLEMS]


def cases(kernels, extra=3, batch=1):
    """(kernel, features, images, groups, family), every family that takes these channels."""
    for kernel in kernels:
        problem = kernel.problem
        for features, images, groups in (size for kind in SIZES if kind == "depthwise" or not problem.filter for size in SIZES[kind]):
            for family in kernel.families(batch, features, images, groups, extra):
                yield kernel, features, images, groups, family


def numbers(rng, shapes, problem):
    """Integers, so that finite outputs are exact; the filter's own weights where they are built in."""
    arrays = {letter: rng.integers(-3, 4, shape).astype(problem.dtype) for letter, shape in shapes.items()}
    return arrays | {"w": filter_weights(problem, shapes)} if problem.filter else arrays


def filter_weights(problem, shapes):
    return np.broadcast_to(problem.filter.array(np.dtype(problem.dtype)), shapes["w"]).copy()


def expected(kernel, arrays, shapes, groups):
    spec = kernel.problem.spec
    with np.errstate(invalid="ignore"):
        if kernel.problem.map == "conv":
            return reference.conv(spec, arrays["x"], arrays["w"], None, shapes["u"][2:], groups)
        if kernel.problem.map == "conv_transpose":
            return reference.conv_transpose(spec, arrays["u"], arrays["w"], None, shapes["x"][2:], groups)
        return reference.conv_weight_gradient(spec, arrays["x"], arrays["u"], groups)


def spoil(rng, array, count):
    """NaN and Inf in random places."""
    places = rng.integers(0, array.size, count)
    array.reshape(-1)[places] = rng.choice(np.array([np.nan, np.inf, -np.inf], array.dtype), count)


def test_every_family_is_among_the_cases(kernels):
    every = [(kernel.problem.map, family) for kernel, *_, family in cases(kernels)]
    assert {map: {family for its, family in every if its == map} for map in FAMILIES} == FAMILIES


def repeat(kernels, rng, calls, batch, extra):
    """Calls with NaN and Inf in random places against the reference: those that were wrong."""
    wrong, done, every = [], 0, list(cases(kernels, extra, batch))
    while done < calls:
        for kernel, features, images, groups, family in every:
            shapes = kernel.shapes(batch, features, images, groups, extra)
            arrays = numbers(rng, shapes, kernel.problem)
            letters = [letter for letter in "uwx" if letter != OUT[kernel.problem.map] and not (letter == "w" and kernel.problem.filter)]
            spoil(rng, arrays[letters[rng.integers(len(letters))]], rng.integers(1, 4))
            wanted = expected(kernel, arrays, shapes, groups)
            for threads in (1, 2, 3):
                got, (ran, used) = kernel(arrays, wanted.shape, groups, threads, family)
                if used != threads or not np.array_equal(got, wanted, equal_nan=True):
                    wrong.append((kernel.problem.name, features, images, groups, family, ran, threads, used))
                done += 1
    return wrong


def test_nan_and_inf_reach_exactly_the_outputs_of_their_taps_on_any_number_of_threads(kernels):
    assert not repeat(kernels, np.random.default_rng(1), 300, 3, 4)


@pytest.mark.full
def test_ten_thousand_threaded_calls_with_nan_and_inf(kernels):
    assert not repeat(kernels, np.random.default_rng(2), 10_000, 2, 14)


def test_a_bad_feature_is_never_overlooked_where_two_threads_meet_one_each(kernels):
    """Bad features in the first and the last run of pixels, which different threads transform at the same time."""
    kernel, rng = kernels[0], np.random.default_rng(3)
    shapes = kernel.shapes(1, 64, 16, 1, 21)
    arrays = numbers(rng, shapes, kernel.problem)
    arrays["u"][0, 5, [0, -1], [0, -1]] = np.nan
    wanted = expected(kernel, arrays, shapes, 1)
    for turn in range(60):
        got, ran = kernel(arrays, wanted.shape, 1, 2 + turn % 2, "fast")
        assert ran == ("direct", 2 + turn % 2) and np.array_equal(got, wanted, equal_nan=True), turn


def bits(array):
    return np.ascontiguousarray(array).view(np.uint8)


def images_of(kernel, shapes):
    """The letters of the arrays that have a batch, output left out."""
    return [letter for letter in "ux" if letter != OUT[kernel.problem.map]]


@pytest.mark.parametrize("bad", [False, True])
def test_an_image_has_the_same_bits_alone_and_in_any_batch(kernels, bad):
    """Batches of 1 to 17 through every family and the default choice, packed and not, on 1 to 3 threads; with one bad image, too."""
    rng, most = np.random.default_rng(4), 17
    every = [(k, f, i, g, family) for k, f, i, g, family in cases(kernels) if k.problem.map != "conv_weight_gradient"]
    every += [(k, f, i, g, None) for k, f, i, g in dict.fromkeys(case[:4] for case in every)]
    for kernel, features, images, groups, family in every:
        shapes = kernel.shapes(most, features, images, groups)
        arrays = {letter: rng.standard_normal(shape).astype(kernel.problem.dtype) for letter, shape in shapes.items()}
        arrays |= {"w": filter_weights(kernel.problem, shapes)} if kernel.problem.filter else {}
        letter, own = images_of(kernel, shapes)[0], OUT[kernel.problem.map]
        alone = [kernel(arrays | {letter: arrays[letter][b:b + 1]}, (1, *shapes[own][1:]), groups, 1, family)[0][0] for b in range(most)]
        packed = kernel.pack(arrays["w"], groups, family) if family and not kernel.problem.filter else None
        for batch in range(1, most + 1):
            given, spoilt = arrays[letter][:batch].copy(), batch // 2
            if bad:
                given[spoilt].reshape(-1)[batch % given[spoilt].size] = (np.nan, np.inf, 3e15)[batch % 3]
            got, _ = kernel(arrays | {letter: given}, (batch, *shapes[own][1:]), groups, 1 + batch % 3, family, packed if batch % 2 else None)
            wanted = list(alone[:batch])
            if bad:
                wanted[spoilt] = kernel(arrays | {letter: given[spoilt:spoilt + 1]}, (1, *shapes[own][1:]), groups, 1, family)[0][0]
            assert (bits(got) == bits(np.stack(wanted))).all(), (kernel.problem.name, features, images, groups, family, batch)


def test_the_family_is_chosen_for_one_image_packed_or_not(kernels):
    from convt._codegen.pipeline import build

    rng, kernel = np.random.default_rng(5), build([PROBLEMS[0]])[0]
    for channels, size in ((4, 4), (8, 8), (24, 3), (64, 6)):
        u = rng.standard_normal((64, channels, size, size)).astype(np.float32)
        w = rng.standard_normal((channels, channels, 4, 4)).astype(np.float32)
        packed = kernel.pack(w)
        for batch in (1, 2, 16, 64):
            for weights in (w, packed):
                assert (bits(kernel(u[:batch], weights)) == bits(np.concatenate([kernel(u[b:b + 1], w) for b in range(batch)]))).all()


libm = ctypes.CDLL("libm.so.6")
ROUNDING = {"upward": 0x800, "downward": 0x400, "toward zero": 0xC00}


class State:
    """The calling thread's floating-point state as libm hands it out: on x86-64 MXCSR is its last word."""

    def __init__(self):
        self.words = (ctypes.c_uint32 * 8)()
        libm.fegetenv(self.words)

    def set(self, **bits):
        other = State()
        for word, value in bits.items():
            other.words[int(word[1:])] |= value
        libm.fesetenv(other.words)

    def restore(self):
        libm.fesetenv(self.words)


def in_another_thread(work):
    """Run it in a new thread, for which OpenMP has no threads yet; what it raises is raised here."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.mark.skipif("x86_64" not in __import__("platform").machine(), reason="sets MXCSR, which x86-64 has")
@pytest.mark.parametrize("state", ["flush", *ROUNDING])
@pytest.mark.parametrize("team", ["ours", "others"])
def test_the_callers_floating_point_state_changes_no_bit_and_comes_back(kernels, tmp_path, state, team):
    """Also where the threads have it that OpenMP keeps for the caller, because other code started them."""
    change = 0x8040 if state == "flush" else ROUNDING[state] << 3

    def work():
        before = State()
        before.set(_7=change)
        try:
            assert team == "ours" or ctypes.CDLL(other_openmp(tmp_path)).team() == 3
        finally:
            before.restore()
        for case in cases(kernels):
            same_bits(*case, change)

    in_another_thread(work)


def same_bits(kernel, features, images, groups, family, change):
    rng = np.random.default_rng(6)
    shapes = kernel.shapes(2, features, images, groups)
    tiny = 1e-20 if kernel.problem.dtype == "float32" else 1e-156
    arrays = {letter: (rng.standard_normal(shape) * tiny).astype(kernel.problem.dtype) for letter, shape in shapes.items()}
    if kernel.problem.filter:  # its weights are of ordinary size
        arrays |= {"u": arrays["u"] * np.float32(tiny), "w": filter_weights(kernel.problem, shapes)}
    own = OUT[kernel.problem.map]
    wanted, _ = kernel(arrays, shapes[own], groups, 1, family)
    assert ((abs(wanted) < np.finfo(kernel.problem.dtype).tiny) & (wanted != 0)).any(), "no subnormal outputs: nothing is tested"
    packs = not kernel.problem.filter and kernel.problem.map != "conv_weight_gradient"
    for threads in (3, 1, 2):
        before = State()
        before.set(_7=change)
        inside = State()
        try:
            packed = kernel.pack(arrays["w"], groups, family) if threads == 2 and packs else None
            got, _ = kernel(arrays, shapes[own], groups, threads, family, packed)
            after = State()
        finally:
            before.restore()
        assert list(after.words) == list(inside.words) and after.words[7] & change == change
        assert (bits(got) == bits(wanted)).all(), (kernel.problem.name, features, images, groups, family, threads)


@pytest.mark.parametrize(("name", "map"), [("2d_k3p12d12", "conv"), ("2d_k3s2p24d12", "conv_transpose")])
def test_taps_that_are_left_out_leave_no_sign_of_it(name, map):
    """A bias of −0 and zeros give 0, whether a run of pixels meets the zeros of the border or leaves their taps out."""
    import convt

    kernel = convt.kernel(map, name)
    w, bias = np.ones((8, 8, 3, 3), np.float32), np.full(8, -0.0, np.float32)
    for sign in (1, -1):
        for threads in (1, 2, 3):
            found = kernel(np.zeros((2, 8, 33, 33), np.float32), sign * w, bias, algorithm="direct", threads=threads)
            assert not found.any() and not np.signbit(found).any()


@pytest.mark.parametrize(("name", "map", "size"), [
    ("2d_k3p18d18", "conv", (33, 33)), ("3d_k3p1x1x14d1x1x14", "conv", (16, 16, 20)), ("2d_k3s2p30d24", "conv_transpose", (30, 30))])
@pytest.mark.parametrize("groups", [1, 40])
@pytest.mark.parametrize("scale", [1, 1e-30])
def test_bits_do_not_depend_on_which_pixels_leave_taps_out_together(name, map, size, groups, scale):
    """Threads and the batch cut runs elsewhere: what pixels beside each other read, and what they leave out, changes no order of sums,
    nor the sign of a zero that is all that is left of small numbers."""
    import convt

    kernel, rng = convt.kernel(map, name), np.random.default_rng(18)
    given = (scale * rng.standard_normal((3, 40, *size))).astype(np.float32)
    w = (scale * rng.standard_normal((40, 40 // groups, *kernel.problem.spec.kernel))).astype(np.float32)
    whole = kernel(given, w, algorithm="direct", threads=1, groups=groups)
    assert whole[0, 0].size > 4 * 96  # several runs of the fewest pixels that leave taps out
    for threads in (1, 2, 3, 8):
        assert (bits(kernel(given, w, algorithm="direct", threads=threads, groups=groups)) == bits(whole)).all()
        for image in range(3):
            assert (bits(kernel(given[image:image + 1], w, algorithm="direct", threads=threads, groups=groups)) == bits(whole[image:image + 1])).all()


def test_a_zero_left_by_small_numbers_has_one_sign(kernels):
    """Each product underflows to a zero with a sign of its own: the same in every family, alone and in a batch, on any number of threads."""
    rng, wrong = np.random.default_rng(20), []
    for kernel, features, images, groups, family in cases(kernels, 24, 3):
        shapes = kernel.shapes(3, features, images, groups, 24)
        tiny = 1e-30 if kernel.problem.dtype == "float32" else 1e-200
        arrays = {letter: (tiny * rng.standard_normal(shape)).astype(kernel.problem.dtype) for letter, shape in shapes.items()}
        if kernel.problem.filter:  # its weights are of ordinary size
            arrays |= {"u": np.copysign(np.float32(1e-45), arrays["u"]), "w": filter_weights(kernel.problem, shapes)}
        own = OUT[kernel.problem.map]
        whole, _ = kernel(arrays, shapes[own], groups, 1, family)
        for threads in (2, 3, 8):
            if (bits(kernel(arrays, shapes[own], groups, threads, family)[0]) != bits(whole)).any():
                wrong.append((kernel.problem.name, features, images, groups, family, threads))
        if own != "w":
            letter = images_of(kernel, shapes)[0]
            for image in range(3):
                alone, _ = kernel(arrays | {letter: arrays[letter][image:image + 1]}, (1, *shapes[own][1:]), groups, 1, family)
                if (bits(alone) != bits(whole[image:image + 1])).any():
                    wrong.append((kernel.problem.name, features, images, groups, family, "image", image))
    assert not wrong, wrong
