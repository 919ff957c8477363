"""convt.dask: bits, blocks, reads, memory, schedulers, errors."""

import json
import re
import subprocess
import sys
from collections import Counter
from itertools import accumulate, pairwise, product
from pathlib import Path

import dask.array as da
import numpy as np
import pytest

import convt
import convt.dask
from convt._codegen import family as families_of
from convt._codegen.problem import LAYOUTS, Problem
from convt._derive.lengths import feature_lengths, image_lengths
from convt.dask.chunks import output_chunks

HELPERS = Path(__file__).parents[1] / "helpers"
CASES = [  # map, shape of the input, of the weights, groups, options: axes that differ, every dimension, both layouts, all kinds of elements
    ("conv_transpose", "float32", (2, 17, 13, 11), (17, 9, 4, 4), 1, {"stride": 2, "padding": 1}),
    ("conv_transpose", "float32", (2, 12, 10, 19), (19, 1, 4, 4), 19, {"stride": 2, "padding": 1, "layout": "channels_last"}),
    ("conv_transpose", "float32", (1, 6, 9, 14), (6, 2, 3, 4), 2, {"stride": (1, 2), "padding": [(-1, 2), (0, 0)], "dilation": (2, 1)}),
    ("conv_transpose", "float64", (3, 6, 61), (6, 4, 5), 1, {"padding": 2}),
    ("conv_transpose", "float32", (1, 5, 33), (5, 3, 7), 1, {"stride": 2, "padding": [(-9, 4)], "output_padding": 1}),
    ("conv_transpose", "float32", (1, 4, 5, 6, 4), (4, 8, 3, 3, 3), 1, {"stride": 2, "padding": 1, "output_size": (10, 11, 8)}),
    ("conv_transpose", "int64", (2, 3, 40), (3, 2, 5), 1, {"stride": 2, "padding": [(3, -2)]}),
    ("conv_transpose", "complex64", (2, 2, 31), (2, 3, 3), 1, {"padding": [(-1, 4)], "conjugate": True}),
    ("conv", "float32", (2, 9, 23, 19), (17, 9, 3, 3), 1, {"padding": 1, "feature_size": (20, 19)}),
    ("conv", "float32", (1, 21, 24, 6), (4, 3, 3, 3), 2, {"stride": 2, "padding": 1, "layout": "channels_last"}),
    ("conv", "complex64", (2, 3, 37), (2, 3, 3), 1, {"padding": [(0, 7)], "dilation": 2}),
]
GIVE_UP = {family.NAME for family in families_of.families() if getattr(family, "GIVES_UP", False)
           and any(family.accepts(Problem.of("2d_k3p1", map_name)) for map_name in ("conv", "conv_transpose"))}


def numbers(rng, shape, dtype):
    values = rng.standard_normal(shape) * 8
    return (values + 1j * rng.standard_normal(shape)).astype(dtype) if np.dtype(dtype).kind == "c" else values.astype(dtype)


def given(case, seed=1):
    """(map, input, weights, bias, options)."""
    map_name, dtype, shape, weights, groups, options = case
    rng = np.random.default_rng(seed)
    outputs = weights[0] if map_name == "conv" else weights[1] * groups
    return (map_name, numbers(rng, shape, dtype), numbers(rng, weights, dtype), numbers(rng, (outputs,), dtype), options | {"groups": groups})


def kernel(case):
    """The case's kernel."""
    map_name, one, w, _, options = given(case)
    more = {name: options[name] for name in ("stride", "padding", "dilation", "output_padding") if name in options}
    spec = convt.ConvSpec(w.shape[2:], **more, dims=w.ndim - 2)
    return convt.kernel(map_name, spec, one.dtype, options.get("layout", "channels_first"), options.get("conjugate", False))


def families(case):
    """Those that take the case's channels."""
    _, _, w, _, options = given(case)
    costs = kernel(case).explain(w.shape[0], w.shape[1] * options["groups"], (9,) * (w.ndim - 2), 1, options["groups"])
    return [family for family, cost in costs.items() if cost < 1e300]


def divided(rng, length):
    """Random chunks, 1 among them."""
    edges = sorted({0, length, *(int(edge) for edge in rng.integers(0, length, 3)), min(1, length)})
    return tuple(stop - first for first, stop in pairwise(edges))


def bits(array):
    return np.ascontiguousarray(array).view(np.uint8)


def same(lazy, whole, **options):
    got = lazy.compute(scheduler="sync", **options)
    assert lazy.shape == got.shape == whole.shape and lazy.dtype == got.dtype == whole.dtype
    assert tuple(map(sum, lazy.chunks)) == whole.shape
    assert (bits(got) == bits(whole)).all()


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}-{'x'.join(map(str, case[3]))}")
def test_any_chunks_give_the_bits_of_one_call_in_every_family(case):
    map_name, one, w, bias, options = given(case)
    rng, call, lazy = np.random.default_rng(3), getattr(convt, map_name), getattr(convt.dask, map_name)
    for family in ("auto", *families(case)):
        whole = call(one, w, bias, algorithm=family, **options)
        spatial = slice(1, -1) if "layout" in options else slice(2, None)
        for chunks, wanted in (
            (-1, None),  # one block
            (tuple(divided(rng, length) for length in one.shape), None),  # ragged, batch and channels too
            (-1, tuple(divided(rng, length) for length in whole.shape[spatial])),  # many blocks from one
            (tuple(divided(rng, length) for length in one.shape), tuple(divided(rng, length) for length in whole.shape[spatial])),
        ):
            same(lazy(da.from_array(one, chunks=chunks), w, bias, algorithm=family, chunks=wanted, **options), whole)


@pytest.mark.slow
@pytest.mark.parametrize("case", [CASES[0], CASES[4], CASES[8]], ids=lambda case: case[0])
def test_chunks_of_one_smaller_than_any_halo(case):
    map_name, one, w, bias, options = given(case)
    for reread in (True, False):
        ones = da.from_array(one, chunks=(-1, -1, *(1,) * (one.ndim - 2)))
        same(getattr(convt.dask, map_name)(ones, w, bias, reread=reread, **options), getattr(convt, map_name)(one, w, bias, **options))


@pytest.mark.slow
def test_empty_batches_and_arrays_that_no_machine_could_hold():
    _, u, w, bias, options = given(CASES[0])
    for chunks in ((0,), (0, 2, 0)):
        some = da.concatenate([da.from_array(u[:size], chunks=-1) for size in chunks])
        same(convt.dask.conv_transpose(some, w, bias, **options), convt.conv_transpose(u[:sum(chunks)], w, bias, **options))
    side = 1 << 23
    large = da.zeros((1, 17, side, side), chunks=(1, 17, side // 4, side // 4), dtype="float32")
    assert convt.dask.conv_transpose(large, w, bias, **options).shape == (1, 9, 2 * side, 2 * side)


@pytest.mark.slow
def test_layers_after_each_other_and_elementwise_work_between():
    _, u, w, bias, options = given(CASES[0])
    hidden = convt.dask.conv_transpose(da.from_array(u, chunks=(1, 8, 5, 4)), w, bias, **options)
    other = given(CASES[8])[2]
    back = convt.dask.conv(da.maximum(hidden, 0), other, padding=1)
    whole = convt.conv(np.maximum(convt.conv_transpose(u, w, bias, **options), 0), other, padding=1)
    same(back, whole)
    same(back[:, 3:5, 2:7], whole[:, 3:5, 2:7])


@pytest.mark.slow
def test_what_is_not_finite():
    """Any family but one that gives up its image has the same bits; that one the same places, and finite values as close as it says."""
    _, u, w, bias, options = given(CASES[0])
    u = np.tile(u, (1, 1, 2, 2))
    u[1, 3, 4, 5], u[0, 0, 0, 0] = np.nan, 3e15
    for family in families(CASES[0]):
        whole = convt.conv_transpose(u, w, bias, algorithm=family, **options)
        lazy = convt.dask.conv_transpose(da.from_array(u, chunks=(1, 17, 6, 6)), w, bias, algorithm=family, **options)
        if family not in GIVE_UP:
            same(lazy, whole)
            continue
        got = lazy.compute(scheduler="sync")
        assert (np.isfinite(got) == np.isfinite(whole)).all() and np.isnan(got).any()
        np.testing.assert_allclose(got, whole, rtol=1e-4, atol=1e-3)
    w[0, 0, 0, 0] = np.inf  # then every family but plain leaves the call to plain
    same(convt.dask.conv_transpose(da.from_array(u, chunks=(1, 17, 6, 6)), w, bias, **options), convt.conv_transpose(u, w, bias, **options))


@pytest.mark.slow
def test_weights_are_taken_as_they_are_now_packed_or_from_dask():
    _, u, w, bias, options = given(CASES[0])
    whole, lazy = convt.conv_transpose(u, w, bias, **options), da.from_array(u, chunks=(1, 17, 6, 6))
    made = convt.dask.conv_transpose(lazy, mine := w.copy(), bias, **options)
    again = convt.dask.conv_transpose(lazy, w, bias, **options)
    assert made.name == again.name != convt.dask.conv_transpose(lazy, w, **options).name
    mine[:] = 0
    same(made, whole)
    counted = Counter()
    stored = da.from_array(w, chunks=-1).map_blocks(lambda block: (counted.update(["w"]), block)[1], dtype=w.dtype, meta=w[:0])
    same(convt.dask.conv_transpose(lazy, stored, da.from_array(bias), **options), whole)
    assert counted["w"] == 1
    packed = kernel(CASES[0]).pack(w, algorithm="rows")
    same(convt.dask.conv_transpose(lazy, packed, bias, **options), convt.conv_transpose(u, packed, bias, **options))
    with pytest.raises(convt.ArgumentError, match="packed for rows"):
        convt.dask.conv_transpose(lazy, packed, bias, algorithm="direct", **options)


def test_blocks_correspond_or_are_as_asked_for():
    def blocks(spec, map_name, inputs, chunks=None, lengths=None):
        spec = convt.ConvSpec.parse(spec)
        natural = image_lengths if map_name == "conv_transpose" else feature_lengths
        return output_chunks(spec.axes, map_name, inputs, lengths or natural(spec, tuple(map(sum, inputs))), chunks)

    u = ((40, 40, 20), (7,))
    assert blocks("2d_k4s2p1", "conv_transpose", u) == ((80, 80, 40), (14,))
    assert blocks("2d_k4s2", "conv_transpose", u) == ((80, 80, 42), (16,))  # a short rest goes with the last block
    assert blocks("2d_k4s2op90x0", "conv_transpose", u)[0] == (80, 80, 40, 80, 12)  # a long one has blocks of its own
    assert blocks("2d_k4s2p0:130x0", "conv_transpose", u)[0] == (72,)  # blocks beyond the image are none
    assert blocks("2d_k4s2p1", "conv_transpose", u, 64) == ((64, 64, 64, 8), (14,))
    assert blocks("2d_k4s2p1", "conv_transpose", u, (None, (1, 13))) == ((80, 80, 40), (1, 13))
    assert blocks("1d_k1", "conv_transpose", ((0, 3, 0, 2),)) == ((3, 2),)  # nothing comes of empty blocks
    assert blocks("1d_k3s2p1", "conv", ((33, 33, 35),)) == ((17, 16, 18),)
    assert blocks("1d_k3s2p1", "conv", ((33, 33, 35),), lengths=(30,)) == ((17, 13),)


class Counting:
    """A source that counts which of its blocks are read."""

    def __init__(self, array, chunks):
        self.array, self.shape, self.dtype, self.ndim, self.read = array, array.shape, array.dtype, array.ndim, Counter()
        self.edges = [(0, *accumulate(lengths)) for lengths in chunks]

    def __getitem__(self, index):
        found = self.array[index]
        if found.size:
            places = [edges.index(part.indices(length)[0]) for edges, part, length in zip(self.edges, index, self.shape, strict=True)]
            whole = [part.indices(length)[1] == edges[place + 1] for edges, part, length, place in zip(self.edges, index, self.shape, places, strict=True)]
            assert all(whole), "a read that is not of one block"
            self.read[tuple(places)] += 1
        return found


def reading(axis, outputs, length):
    """Features that outputs of the transpose read, by trial."""
    moved = {j + axis.padding[0] - axis.dilation * a for j in outputs for a in range(axis.kernel)}
    return {place // axis.stride for place in moved if place % axis.stride == 0 and 0 <= place // axis.stride < length}


@pytest.mark.slow
@pytest.mark.parametrize("reread", [False, True])
def test_blocks_are_read_only_where_a_halo_asks_and_twice_at_most(reread):
    spec = kernel(CASES[2]).spec
    _, u, w, bias, options = given((*CASES[2][:2], (1, 6, 11, 12), *CASES[2][3:]))
    chunks = ((1,), (6,), (4, 1, 1, 5), (3, 3, 3, 3))
    source = Counting(u, chunks)
    lazy = convt.dask.conv_transpose(da.from_array(source, chunks=chunks, asarray=True), w, bias, algorithm="direct", reread=reread, **options)
    source.read.clear()
    assert (bits(lazy.compute(scheduler="threads")) == bits(convt.conv_transpose(u, w, bias, algorithm="direct", **options))).all()
    asking = Counter()  # slices that reach into a block
    for index in product(*map(range, lazy.numblocks)):
        edges = [(0, *accumulate(lengths)) for lengths in lazy.chunks[2:]]
        rows = [reading(axis, range(edge[at], edge[at + 1]), length) for axis, edge, at, length in zip(spec.axes, edges, index[2:], u.shape[2:], strict=True)]
        own = {(0, 0, *(next(b for b, stop in enumerate(accumulate(given)) if place < stop) for given, place in zip(chunks[2:], places, strict=True)))
               for places in product(*rows)}
        asking.update(own)
        source.read, kept = Counter(), source.read
        lazy.blocks[index].compute(scheduler="sync")
        assert set(source.read) == own and max(source.read.values()) == 1, index
        source.read = kept
    assert set(source.read) == set(asking)
    assert all(times == (min(2, asking[block]) if reread else 1) for block, times in source.read.items())


@pytest.mark.slow
def test_what_was_computed_is_computed_once():
    counted = Counter()

    def block(values):
        counted.update(["block"])
        return values + 1

    _, one, w, bias, options = given(CASES[6])
    u = da.from_array(one, chunks=(-1, -1, 5)).map_blocks(block, meta=one[:0])
    same(convt.dask.conv_transpose(u, w, bias, **options), convt.conv_transpose(one + 1, w, bias, **options))
    assert counted["block"] == 8


@pytest.mark.slow
def test_zarr_in_and_out(tmp_path):
    _, u, w, bias, options = given(CASES[0])
    da.from_array(u, chunks=(1, 17, 4, 4)).to_zarr(tmp_path / "u.zarr")
    stored = da.from_zarr(tmp_path / "u.zarr")
    convt.dask.conv_transpose(stored, w, bias, **options).to_zarr(tmp_path / "y.zarr")
    assert (bits(da.from_zarr(tmp_path / "y.zarr").compute()) == bits(convt.conv_transpose(u, w, bias, **options))).all()


@pytest.mark.slow
@pytest.mark.parametrize("scheduler", ["threads", "processes", "distributed"])
def test_schedulers(scheduler):
    """In other processes the kernel is opened from the store, and the weights are packed there."""
    _, u, w, bias, options = given(CASES[0])
    lazy = convt.dask.conv_transpose(da.from_array(u, chunks=(1, 9, 4, 4)), w, bias, algorithm="fast", **options)
    whole = convt.conv_transpose(u, w, bias, algorithm="fast", **options)
    if scheduler != "distributed":
        assert (bits(lazy.compute(scheduler=scheduler, num_workers=2)) == bits(whole)).all()
        return
    import distributed

    local = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with distributed.LocalCluster(**local) as cluster, distributed.Client(cluster):
        assert (bits(lazy.compute()) == bits(whole)).all()


LARGE = """
import sys
from peaks import peak_kilobytes
import dask, dask.array as da, numpy as np, zarr
import convt, convt.dask

root, size, size_of_block = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
store = dict(shape=(1, 4, size, size), chunks=(1, 4, size_of_block, size_of_block), dtype="float32")
u = zarr.open(root + "/u.zarr", mode="w", **store)
for row in range(0, size, size_of_block):
    for column in range(0, size, size_of_block):
        block = np.full((1, 4, size_of_block, size_of_block), (row + 3 * column) // size_of_block % 11, "float32")
        u[:, :, row:row + size_of_block, column:column + size_of_block] = block + np.arange(size_of_block, dtype="float32") % 5
w = np.arange(256, dtype="float32").reshape(4, 4, 4, 4) % 7
with dask.config.set(scheduler="threads", num_workers=2):  # a small one first: kernels are built, and what is imported where it is used
    convt.dask.conv_transpose(da.from_zarr(root + "/u.zarr")[..., :8, :8], w, stride=2, padding=1).to_zarr(root + "/small.zarr")
    before = peak_kilobytes()
    made = convt.dask.conv_transpose(da.from_zarr(root + "/u.zarr"), w, stride=2, padding=1)
    made.to_zarr(root + "/y.zarr")
after, y = peak_kilobytes(), zarr.open(root + "/y.zarr", mode="r")
for at in (0, size_of_block - 4, size // 2 - 2, size - 8):  # whole numbers: exact, wherever the blocks end
    part = convt.conv_transpose(u[:, :, at:at + 8, at:at + 8], w, stride=2, padding=1)
    assert (y[:, :, 2 * at + 4:2 * at + 12, 2 * at + 4:2 * at + 12] == part[:, :, 4:12, 4:12]).all()
print(before, after, (np.prod(u.shape) + np.prod(y.shape)) * 4 // 1024)
"""


def large(tmp_path, size, block):
    """(kB that the interpreter with its packages held at most before, and in the end; kB that were read and written)."""
    done = subprocess.run([sys.executable, "-c", LARGE, str(tmp_path), str(size), str(block)], cwd=HELPERS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return map(int, done.stdout.split())


@pytest.mark.slow
def test_memory_is_bounded_by_blocks_in_flight(tmp_path):
    before, after, processed = large(tmp_path, 4096, 256)
    assert processed >= 20 * (64 << 10) > 20 * (after - before)


@pytest.mark.full
def test_twenty_times_the_memory_of_the_process(tmp_path):
    _, after, processed = large(tmp_path, 8192, 256)
    assert processed >= 20 * (256 << 10) > 20 * after


U, X = da.zeros((1, 4, 9), chunks=3, dtype="float32"), da.zeros((1, 2, 9), chunks=3, dtype="float32")
W = np.zeros((4, 2, 3), "float32")


@pytest.mark.parametrize(("make", "says"), [
    (lambda: convt.dask.conv_transpose(np.zeros((1, 4, 9), "float32"), W), "u='ndarray': must be a dask array"),
    (lambda: convt.dask.conv(np.zeros((1, 2, 9), "float32"), W), "x='ndarray': must be a dask array"),
    (lambda: convt.dask.conv_transpose(X, W), r"u=\(1, 2, 9\): must have the 4 feature channels of w, has 2"),
    (lambda: convt.dask.conv(U, W), r"x=\(1, 4, 9\): must have 2 channels"),
    (lambda: convt.dask.conv_transpose(U[:, :, U[0, 0] > 1], W), r"u=\(1, 4, nan\): has blocks of unknown lengths; u.compute_chunk_sizes"),
    (lambda: convt.dask.conv_transpose(U.astype("float16"), W), r"u='float16': must have an element type of .*u.astype\('float32'\)"),
    (lambda: convt.dask.conv_transpose(U[0], W), r"u=\(4, 9\): has no batch axis"),
    (lambda: convt.dask.conv_transpose(U.map_blocks(np.ma.masked_less, 0), W), "u='MaskedArray': must have NumPy arrays as blocks"),
    (lambda: convt.dask.conv_transpose(U, W, chunks=0), r"chunks\[0\]=0: must be from 1 .*; nearest legal value: 1"),
    (lambda: convt.dask.conv_transpose(U, W, chunks=((5, 5),)), r"chunks\[0\]=\(5, 5\): adds up to 10, must add up to the output's length 11"),
    (lambda: convt.dask.conv_transpose(U, W, chunks=(2, 2)), r"chunks=\(2, 2\): must be an int, or have one entry for each of 1 spatial axes"),
    (lambda: convt.dask.conv_transpose(U, W, chunks=1.5), r"chunks\[0\]=1.5: must be an integer"),
    (lambda: convt.dask.conv_transpose(U, W, threads=0), "threads=0: must be from 1"),
    (lambda: convt.dask.conv_transpose(U, W, np.zeros(3, "float32")), r"bias=\(3,\): must have one value for each of 2 output channels"),
    (lambda: convt.dask.conv_transpose(U, W, groups=3), "groups=3: must divide the 4 feature channels"),
    (lambda: convt.dask.conv_transpose(U, W, output_size=20), r"output_size\[0\]=20: must be from 11 to 11"),
    (lambda: convt.dask.conv(X, W, feature_size=9), r"feature_size\[0\]=9: must be from 1 to 7"),
    (lambda: convt.dask.conv_transpose(U, W, layout="last"), "layout='last': must be one of channels_first, channels_last"),
    (lambda: convt.dask.conv_transpose(U, W, algorithm="fastest"), "algorithm='fastest': must be one of auto"),
    (lambda: convt.dask.conv_transpose(U, W, padding=9), "padding=.*axis 0 would have length -7"),
])
def test_errors_come_before_anything_is_computed_or_built(make, says, monkeypatch):
    monkeypatch.setattr("convt.dask.kernel_of", None)
    with pytest.raises(convt.ArgumentError, match=says):
        make()


@pytest.mark.slow
def test_a_family_that_does_not_take_the_channels_is_refused():
    with pytest.raises(convt.ArgumentError, match="algorithm='fast': does not take these channels"):
        convt.dask.conv_transpose(da.zeros((1, 1, 9, 9), dtype="float32"), np.zeros((1, 1, 4, 4), "float32"), stride=2, padding=1, algorithm="fast")


@pytest.mark.slow
def test_the_page_is_true(tmp_path):
    page = (HELPERS.parents[1] / "docs" / "dask.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", page, re.S)[1]
    subprocess.run([sys.executable, "-c", example], cwd=tmp_path, check=True)
    told = dict(re.findall(r"(?m)^\| (`.*`) \|.*begin (anywhere|at a multiple)", page))
    begins = {name: begin for names, begin in told.items() for name in re.findall(r"`(\w+)`", names)}
    problems = [Problem.of("2d_k4s2p1", map_name) for map_name in ("conv_transpose", "conv")] + [Problem.of("2d_k3p1", "conv")]
    for family in families_of.families():
        if not any(family.accepts(Problem.of(problem.spec, problem.map, layout=layout, weights=weights)) for problem in problems
                   for layout in LAYOUTS for weights in (None, *(["bilinear"] if problem.map == "conv_transpose" else []))):
            continue  # another map's
        most = max((max(family.together(problem)) for problem in problems if family.accepts(problem)), default=1)
        assert begins[family.NAME] == ("anywhere" if most == 1 else "at a multiple"), family.NAME
    exception = re.search(r"\*\*What is not finite.\*\* (.*)", page)[1]
    assert set(re.findall(r"`(\w+)` leaves", exception)) == GIVE_UP


def test_without_dask_the_error_names_the_extra():
    code = "import sys; sys.modules['dask'] = None\ntry:\n    import convt.dask\nexcept ImportError as error:\n    print(error)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith("convt.dask needs dask") and said.strip().endswith("pip install 'convt[dask]'")


def test_dask_is_imported_only_for_this_module():
    code = "import sys, json, convt, convt.api; print(json.dumps('dask' in sys.modules))"
    assert json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) is False
