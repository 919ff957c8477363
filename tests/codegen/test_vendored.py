"""Modules that are called directly: their own border refuses what does not fit; many of them in one process; forks; threads that do not start."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from modules import Called, compiled, copies, loaded, other_openmp

from convt._codegen.problem import Problem

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
PROBLEMS = [Problem.of("1d_k4s2p1"), Problem.of("1d_k3s2p1", "conv_weight_gradient"), Problem.of("1d_k4s2p1", layout="channels_last")]
HELPERS = Path(__file__).parents[1] / "helpers"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return compiled(PROBLEMS, tmp_path_factory.mktemp("vendored"))


@pytest.fixture(scope="module")
def module(library):
    return loaded(*library)


def child(code, *words, seconds=240):
    """Run code in a fresh Python that finds the helpers; its output. A hang is killed."""
    done = subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HELPERS)!r})\n" + code, *map(str, words)],
                          capture_output=True, text=True, check=False, timeout=seconds)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


NAME, LAST, GRADIENT = PROBLEMS[0].name, PROBLEMS[2].name, PROBLEMS[1].name
HUGE, MOST = 2**62, 2**63 - 1
U, W, X = (np.ones(shape, np.float32) for shape in ((1, 8, 5), (8, 4, 4), (1, 4, 10)))
LENGTHS = {  # what packed_length and costs refuse: features, images, groups, family or lengths
    "no groups": (8, 4, 0, "fast"), "negative groups": (8, 4, -2, "direct"), "groups that do not divide": (8, 4, 3, "rows"),
    "no features": (0, 4, 1, "direct"), "no images": (8, 0, 1, "direct"), "negative features": (-8, -4, 1, "direct"),
    "a product beyond 64 bits": (HUGE, 4, 1, "direct"), "two of them": (2**40, 2**40, 1, "fast"), "just below": (2**46, 2**14, 1, "rows"),
    "the greatest number": (MOST, MOST, MOST, "direct"), "no such family": (8, 4, 1, "none"), "a number for a family": (8, 4, 1, 3),
    "a family that does not take these": (8, 4, 1, "depthwise"), "beyond any integer": (2**70, 4, 1, "direct"), "a float": (8.5, 4, 1, "direct"),
}
COSTS = {
    "batch 0": (0, 8, 4, 1, [5], [10]), "negative batch": (-1, 8, 4, 1, [5], [10]), "groups 0": (1, 8, 4, 0, [5], [10]),
    "no feature lengths": (1, 8, 4, 1, [], [10]), "too many lengths": (1, 8, 4, 1, [5, 5], [10, 10]), "length 0": (1, 8, 4, 1, [0], [10]),
    "an image that is too short": (1, 8, 4, 1, [5], [8]), "huge lengths": (1, 8, 4, 1, [HUGE], [HUGE]), "greatest lengths": (1, 8, 4, 1, [MOST], [MOST]),
    "a batch beyond memory": (2**46, 2**20, 4, 1, [5], [10]), "negative length": (1, 8, 4, 1, [-5], [10]), "groups beyond": (1, 8, 4, MOST, [5], [10]),
}


def odd(array, shift):
    """The same numbers so many bytes off."""
    raw = np.zeros(array.nbytes + 8, np.uint8)
    moved = raw[shift:shift + array.nbytes].view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


def overlapping():
    """Two arrays (features, image) that share memory."""
    raw = np.zeros(U.size + X.size - 1, np.float32)
    return raw[:U.size].reshape(U.shape), raw[U.size - 1:].reshape(X.shape)


CALLS = {  # (first, second, bias, out, groups, threads, family, packed)
    "other type": (U.astype(np.float64), W, None, X.copy(), 1, 1, None, None),
    "fewer axes": (U[0], W, None, X.copy(), 1, 1, None, None),
    "not contiguous": (np.ones((1, 8, 10), np.float32)[..., ::2], W, None, X.copy(), 1, 1, None, None),
    "misaligned first input": (odd(U, 1), W, None, X.copy(), 1, 1, None, None),
    "misaligned weights": (U, odd(W, 2), None, X.copy(), 1, 1, None, None),
    "misaligned out": (U, W, None, odd(X, 3), 1, 1, None, None),
    "misaligned bias": (U, W, odd(np.ones(4, np.float32), 1), X.copy(), 1, 1, None, None),
    "out read-only": (U, W, None, (lambda a: (a.setflags(write=False), a)[1])(X.copy()), 1, 1, None, None),
    "out over an input": (overlapping()[0], W, None, None, 1, 1, None, None),
    "out over the bias": (U, W, "of out", X.copy(), 1, 1, None, None),
    "no batch but in the image": (U[:0], W, None, X.copy(), 1, 1, None, None), "no batch but in the features": (U, W, None, X[:0].copy(), 1, 1, None, None),
    "no batch, and no such family": (U[:0], W, None, X[:0].copy(), 1, 1, "nothing", None),
    "no batch, and an image too short": (U[:0], W, None, X[:0, :, :8].copy(), 1, 1, None, None),
    "other batch": (U, W, None, np.ones((2, 4, 10), np.float32), 1, 1, None, None),
    "no channels": (U[:, :0], W[:0], None, X.copy(), 1, 1, None, None),
    "empty with absurd axes": (np.empty((2**50, 0, 5), np.float32), W, None, X.copy(), 1, 1, None, None),
    "groups 0": (U, W, None, X.copy(), 0, 1, None, None), "groups -1": (U, W, None, X.copy(), -1, 1, None, None),
    "groups that do not divide": (U, W, None, X.copy(), 3, 1, None, None), "groups beyond": (U, W, None, X.copy(), MOST, 1, None, None),
    "other kernel size": (U, np.ones((8, 4, 3), np.float32), None, X.copy(), 1, 1, None, None),
    "other weights": (U, W[:4], None, X.copy(), 1, 1, None, None),
    "image too short": (U, W, None, X[..., :8].copy(), 1, 1, None, None),
    "bias too long": (U, W, np.ones(5, np.float32), X.copy(), 1, 1, None, None),
    "no such family": (U, W, None, X.copy(), 1, 1, "nothing", None),
    "family that does not take these": (U, W, None, X.copy(), 1, 1, "fixed", None),
    "packed too short": (U, W, None, X.copy(), 1, 1, "direct", np.ones(7, np.float32)),
    "packed of another type": (U, W, None, X.copy(), 1, 1, "direct", np.ones(7, np.int32)),
    "packed without its family": (U, W, None, X.copy(), 1, 1, None, np.ones(8 * 32 * 4, np.float32)),
    "packed for what takes none": (U, W, None, X.copy(), 1, 1, "plain", np.ones(7, np.float32)),
    "threads 0": (U, W, None, X.copy(), 1, 0, None, None), "threads -1": (U, W, None, X.copy(), 1, -1, None, None),
    "threads 100000": (U, W, None, X.copy(), 1, 100_000, None, None), "None": (None, W, None, X.copy(), 1, 1, None, None),
}
REFUSALS = (ValueError, TypeError, OverflowError, BufferError)


@pytest.mark.parametrize("name", LENGTHS)
def test_sizes_of_packed_weights_are_checked(module, name):
    kernel = LAST if LENGTHS[name][3] == "depthwise" else NAME
    with pytest.raises(REFUSALS):
        module.packed_length(kernel, *LENGTHS[name])
    features, _, groups, family = LENGTHS[name]
    with pytest.raises(REFUSALS):  # W has 8 features and 4 images a group
        module.pack(kernel, W if features == 8 else W[:0], np.ones(7, np.float32), groups, family)


@pytest.mark.parametrize("name", COSTS)
def test_sizes_of_estimates_are_checked(module, name):
    with pytest.raises(REFUSALS):
        module.costs(NAME, *COSTS[name])


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_does_not_fit_is_refused(module, name):
    first, second, bias, out, groups, threads, family, packed = CALLS[name]
    if out is None:
        first, out = overlapping()
    bias = out.reshape(-1)[:4] if isinstance(bias, str) else bias
    before = out.copy()
    with pytest.raises(REFUSALS):
        getattr(module, NAME)(first, second, bias, out, groups, threads, family, packed, True)
    assert (out == before).all()


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
@pytest.mark.parametrize("bias", [False, True])
def test_an_empty_batch_gives_an_empty_result_or_sums_of_nothing(module, problem, bias):
    """As the Python functions do; a gradient of weights is zero then, whatever stood in its array."""
    called = Called(module, problem)
    shapes = called.shapes(0, 8, 4, 1)
    out = {"conv_weight_gradient": "w"}.get(problem.map, "x")
    arrays = {letter: np.ones(shape, np.float32) for letter, shape in shapes.items() if letter != out}
    for family in (None, "plain"):
        found, (ran, threads) = called(arrays, shapes[out], threads=2, family=family, bias=np.ones(4, np.float32) if bias and out == "x" else None)
        assert found.shape == shapes[out] and not found.any() and threads == 1 and (family is None or ran == family)


def test_packing_checks_its_buffers(module):
    length = module.packed_length(NAME, 8, 4, 1, "direct")
    whole = np.zeros(length + W.size, np.float32)
    for w, packed, threads in ((W, np.ones(length - 1, np.float32), 1), (W, np.ones(length + 1, np.float32), 1), (odd(W, 1), whole[:length], 1),
                               (W, odd(whole[:length], 2), 1), (whole[:W.size].reshape(W.shape), whole[W.size - 1:W.size - 1 + length], 1),
                               (W[..., :3], whole[:length], 1), (W.astype(np.int32), whole[:length], 1), (W, whole[:length], 0)):
        with pytest.raises(REFUSALS):
            module.pack(NAME, w, packed, 1, "direct", threads)
    with pytest.raises(REFUSALS):
        module.packed_length("no such kernel", 8, 4, 1, "direct")


def test_the_gradient_takes_no_bias(module):
    x, u, w = np.ones((1, 2, 9), np.float32), np.ones((1, 2, 5), np.float32), np.ones((2, 2, 3), np.float32)
    with pytest.raises(ValueError, match="length of bias"):
        getattr(module, GRADIENT)(x, u, np.ones(2, np.float32), w)
    assert getattr(module, GRADIENT)(x, u, None, w) == ("plain", 1)


MANY = """
import ctypes, threading
import numpy as np
from modules import loaded
name, kernel, *paths = sys.argv[1:]
rng = np.random.default_rng(0)
u, w = rng.standard_normal((2, 24, 40), dtype=np.float32), rng.standard_normal((24, 20, 4), dtype=np.float32)
wanted = None
def use(function):
    for family in ("direct", "fast", "rows", "plain"):
        out = np.zeros((2, 20, 80), np.float32)
        assert function(u, w, None, out, 1, 2, family, None, True) == (family, 2)
        results.setdefault(family, out)
        assert (results[family] == out).all()
results = {}
modules = []
for path in paths:
    module = loaded(name, path)
    use(getattr(module, kernel))
    modules.append(module)
other = threading.Thread(target=lambda: [use(getattr(module, kernel)) for module in modules[::29]])
other.start(); other.join()
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
def keys():
    libc, free = ctypes.CDLL(None), []
    key = ctypes.c_uint()
    while libc.pthread_key_create(ctypes.byref(key), None) == 0:
        free.append(key.value)
    return len(free)
print(len(modules), keys())
"""


def test_three_hundred_modules_in_one_process(library, tmp_path):
    name, path = library
    count, keys = map(int, child(MANY, name, NAME, *copies(path, tmp_path, 300)).split())
    assert count == 300 and keys > 900, "thread-specific keys are few: a module must not take one"


KEPT = """
import ctypes, threading
import numpy as np
from modules import loaded
name, kernel, *paths = sys.argv[1:]
u, w = np.ones((1, 256, 4096), np.float32), np.ones((256, 256, 4), np.float32)
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
def use(module, family):
    out = np.zeros((1, 256, 8192), np.float32)
    getattr(module, kernel)(u, w, None, out, 1, 2, family, None, True)
modules = [loaded(name, path) for path in paths]
use(modules[0], "fast")
before = resident()
for module in modules:
    workers = [threading.Thread(target=use, args=(module, family)) for family in ("fast", "direct", "rows")]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
grown = resident() - before
modules[-1].forget()
ctypes.CDLL(None).malloc_trim(0)
print(grown >> 20, (resident() - before) >> 20)
"""


def test_scratch_memory_is_bounded_for_the_process(library, tmp_path):
    """Twenty modules used from sixty threads that end keep what a few threads need at once; any module's ``forget`` frees all of it."""
    grown, left = map(int, child(KEPT, *(library[0], NAME), *copies(library[1], tmp_path, 20)).split())
    assert grown < 256 and left < 64, (grown, left)


FORK = """
import ctypes, os, signal
import numpy as np
from modules import loaded
name, kernel, openmp, *paths = sys.argv[1:]
a, b, c = (loaded(name, path) for path in paths)
if openmp:
    assert ctypes.CDLL(openmp).team() > 1
u = np.random.default_rng(0).standard_normal((2, 24, 40), dtype=np.float32)
w = np.random.default_rng(1).standard_normal((24, 20, 4), dtype=np.float32)
def call(module, family="fast", threads=2):
    out = np.zeros((2, 20, 80), np.float32)
    ran = getattr(module, kernel)(u, w, None, out, 1, threads, family, None, True)
    return out, ran
wanted = call(a, threads=1)[0]
for turn in range(100):
    call(a, "direct" if turn % 2 else "fast")
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        good = all(call(module)[1] == ("fast", 1) and (call(module)[0] == wanted).all() for module in (b, a, c))
        if good and turn % 10 == 0 and os.fork() == 0:  # a grandchild
            os._exit(0 if (call(c)[0] == wanted).all() else 1)
        if good and turn % 10 == 0:
            good = os.wait()[1] == 0
        os._exit(0 if good else 1)
    assert os.waitpid(pid, 0)[1] == 0, turn
    assert (call(b)[0] == wanted).all() and call(b)[1] == ("fast", 2), "the parent goes on with its threads"
"""

@pytest.mark.parametrize("other", [False, True], ids=["alone", "after other code used OpenMP"])
def test_a_forked_child_calls_any_module_after_threads_were_used(library, tmp_path, other):
    child(FORK, library[0], NAME, other_openmp(tmp_path) if other else "", *copies(library[1], tmp_path, 3))


LIMITED = """
import resource
import numpy as np
from modules import loaded
name, kernel, path = sys.argv[1:]
module = loaded(name, path)
u = np.random.default_rng(0).standard_normal((2, 24, 40), dtype=np.float32)
w = np.random.default_rng(1).standard_normal((24, 20, 4), dtype=np.float32)
def call(threads):
    out = np.zeros((2, 20, 80), np.float32)
    return out, getattr(module, kernel)(u, w, None, out, 1, threads, "direct", None, True)[1]
wanted, one = call(1)
size = int(open("/proc/self/statm").read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (size + (100 << 20),) * 2)
counts = []
for threads in (1024, 3, 1024, 2, 64):
    got, used = call(threads)
    assert (got == wanted).all()
    counts.append(used)
print(*counts)
"""


def test_threads_that_cannot_be_started_are_done_without(library):
    """A thread's stack is 8 MB, and memory for some ten is left."""
    counts = list(map(int, child(LIMITED, library[0], NAME, library[1]).split()))
    assert all(1 <= used < 64 for used in counts) and counts[1] in (2, 3) and counts[3] == 2, counts


def test_a_thousand_threads(library):
    code = LIMITED.replace("resource.setrlimit(resource.RLIMIT_AS, (size + (100 << 20),) * 2)", "")
    counts = list(map(int, child(code, library[0], NAME, library[1]).split()))
    assert counts[1] == 3 and counts[3] == 2 and min(counts) >= 1, counts


def test_a_module_is_called_as_its_text_says(module):
    called = Called(module, PROBLEMS[0])
    assert called.families(1, 5, 3, 1) == ["direct", "fast", "plain", "planes", "rows"]
    assert Called(module, PROBLEMS[2]).families(1, 3, 3, 3) == ["depthwise", "direct", "plain", "planes", "rows"]
