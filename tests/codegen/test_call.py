"""What a call may be given: nothing impossible is begun, packed weights are worth what plain ones are, and Packed is honest."""

import copy
import os
import pickle
import re
import signal
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import far_specs

import convt
from convt import ArgumentError
from convt._codegen import memory
from convt._codegen.problem import MAPS, Problem
from convt._derive import ConvSpec
from convt._derive.lengths import image_lengths

F32 = np.float32


def zeros(*shape):
    return np.broadcast_to(F32(0), shape).copy()


def spread(*shape):
    """An array of any shape in four bytes."""
    return np.broadcast_to(F32(0), shape)


IMPOSSIBLE = {
    "features far apart": lambda engine: convt.conv_transpose(zeros(1, 1, 300, 300), zeros(1, 1, 2, 2), stride=1 << 20, engine=engine),
    "taps far apart": lambda engine: convt.conv_transpose(zeros(1, 1, 2, 2), zeros(1, 1, 3, 3), dilation=1 << 20, engine=engine),
    "beyond 64 bits": lambda engine: convt.conv_transpose(zeros(1, 1, 9, 9, 9), zeros(1, 1, 2, 2, 2), stride=1 << 20, dilation=1 << 20, engine=engine),
    "a huge margin": lambda engine: convt.conv(zeros(1, 1, 2, 2, 2), zeros(1, 1, 1, 1, 1), padding=1 << 20, engine=engine),
    "uncropped": lambda engine: convt.conv_transpose(zeros(1, 1, 2, 2), zeros(1, 1, 1, 1), padding=-(1 << 20), engine=engine),
    "a huge kernel": lambda engine: convt.conv_weight_gradient(zeros(1, 1, 2, 2), zeros(1, 1, 1, 1), kernel=1 << 20, padding=1 << 19, engine=engine),
    "many channels": lambda engine: convt.conv_transpose(zeros(1, 1, 1000, 1000), zeros(1, 1 << 16, 1, 1), engine=engine),
    "channels last": lambda engine: convt.conv_transpose(zeros(1, 3000, 3000, 1), zeros(1, 1, 2, 2), stride=1 << 10, layout="channels_last", engine=engine),
    "a view without end": lambda engine: convt.conv_transpose(spread(1, 1, 1 << 35), zeros(1, 1, 1), engine=engine),
    "weights without end": lambda engine: convt.conv_transpose(zeros(1, 1, 1), spread(1, 1 << 35, 1), engine=engine),
    "a bias without end": lambda engine: convt.conv_transpose(zeros(1, 1, 1), zeros(1, 1, 1), spread(1 << 35), engine=engine),
}


@pytest.mark.parametrize("engine", ["auto", "reference"])
@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_exist_is_refused_before_anything_is_built_or_taken(name, engine, monkeypatch):
    monkeypatch.setattr("convt._codegen.pipeline.build", lambda *_: pytest.fail("a kernel is built"))
    tracemalloc.start()
    try:
        with pytest.raises(ArgumentError) as caught:
            IMPOSSIBLE[name](engine)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    assert caught.value.rule and caught.value.argument and "\n" not in str(caught.value)


def test_the_largest_that_works_is_the_largest(monkeypatch):
    monkeypatch.setattr(memory, "most_bytes", lambda: 10_000)
    for spec, m in (("2d_k4s2p1", (90, 90)), ("2d_k3s5x2", (9, 900)), ("1d_k3s7", (9000,))):
        kernel = zeros(1, 1, *ConvSpec.parse(spec).kernel)
        options = {"stride": ConvSpec.parse(spec).stride, "padding": ConvSpec.parse(spec).padding, "engine": "reference"}
        with pytest.raises(ArgumentError) as caught:
            convt.conv_transpose(zeros(1, 1, *m), kernel, **options)
        best = tuple(map(int, re.findall(r"[0-9]+", caught.value.nearest)))
        assert convt.conv_transpose(zeros(1, 1, *best), kernel, **options).nbytes <= 10_000
        more = tuple(min(length + 1, most) for length, most in zip(best, m, strict=True))
        assert np.prod(image_lengths(ConvSpec.parse(spec), more)) * 4 > 10_000


def test_what_exists_is_not_refused(monkeypatch):
    u, w = np.ones((1, 1, 100), F32), np.ones((1, 1, 3), F32)
    wanted = convt.conv_transpose(u, w, engine="reference")
    monkeypatch.setattr(memory, "most_bytes", lambda: 100)
    with pytest.raises(ArgumentError, match="output shape"):
        convt.conv_transpose(u, w, engine="reference")
    assert (convt.conv_transpose(u, w, engine="reference", out=np.empty_like(wanted)) == wanted).all()


@pytest.mark.parametrize("name", ["3d_k1048576", "2d_k1048576", "3d_k2d1048576", "2d_k1p-1048576", "3d_k1s1p1048576"])
def test_geometries_without_any_possible_call_are_refused(name):
    for map in MAPS:
        with pytest.raises(ArgumentError, match="GiB") as caught:
            Problem.of(name, map)
        Problem.of(caught.value.nearest, map)


def test_large_geometries_that_some_machine_can_hold_are_legal():
    for name in ("1d_k1048576s1048576", "2d_k1s46889x4p0x1", "2d_k200s200", "1d_k8s4d10000", "1d_k1s1048576", "2d_k1d1048576", "2d_k40000"):
        Problem.of(name)


@pytest.fixture(scope="module")
def kernels(private_store):
    """All kernels of these tests together: one module takes a fraction of the time of many."""
    wanted = [Problem.of("1d_k3s2", map, dtype) for map in MAPS for dtype in ("float32", "complex64")]
    convt.build([*wanted, Problem.of("1d_k3s2", layout="channels_last")])


@given(far_specs, st.sampled_from(MAPS), st.sampled_from(["float32", "complex128"]))
def test_a_legal_name_is_a_problem_or_is_refused_with_one_that_is(spec, map, dtype):
    assert ConvSpec.parse(str(spec)) == spec
    try:
        problem = Problem.of(spec, map, dtype)
    except ArgumentError as error:
        assert "GiB" in error.rule and str(error).isprintable()
        assert error.nearest is None or Problem.of(error.nearest, map, dtype)
    else:
        assert re.fullmatch("[a-z0-9_]{1,200}", problem.name)


@given(far_specs, st.sampled_from([1, 2, 3]))
def test_a_call_at_the_limits_ends_in_its_result_or_one_line(spec, length):
    m = tuple(length for _ in spec)
    if np.prod(spec.kernel, dtype=float) * np.prod(m) > 1e4:
        return
    options = {"stride": spec.stride, "padding": spec.padding, "dilation": spec.dilation, "engine": "reference"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "most_bytes", lambda: 1 << 20)
        for call in (lambda: convt.conv_transpose(zeros(1, 1, *m), zeros(1, 1, *spec.kernel), output_padding=spec.output_padding, **options),
                     lambda: convt.conv(zeros(1, 1, *m), zeros(1, 1, *spec.kernel), **options),
                     lambda: convt.conv_weight_gradient(zeros(1, 1, *m), zeros(1, 1, *m), kernel=spec.kernel, **options)):
            made = outcome(call)
            assert made.nbytes <= 1 << 20 if isinstance(made, np.ndarray) else str(made).isprintable()


def off_by_one(array):
    """The same values at an odd address."""
    raw = np.zeros(array.nbytes + 1, np.uint8)
    view = raw[1:].view(np.uint8)
    made = np.frombuffer(view.data, array.dtype).reshape(array.shape)
    made[...] = array
    assert not made.flags.aligned
    return made


@pytest.mark.slow
@pytest.mark.usefixtures("compiler", "kernels")
@pytest.mark.parametrize("dtype", ["float32", "complex64"])
@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_misaligned_arrays_are_copied(dtype, engine):
    rng = np.random.default_rng(0)
    u, w, b, x = (rng.integers(-4, 5, shape).astype(dtype) for shape in ((2, 4, 5), (4, 3, 3), (3,), (2, 3, 11)))
    for call, arrays in (
        (lambda u, w, b, **o: convt.conv_transpose(u, w, b, stride=2, engine=engine, **o), (u, w, b)),
        (lambda x, w, b, **o: convt.conv(x, w, b, stride=2, engine=engine, **o), (x, w, np.resize(b, 4))),
        (lambda x, u, **o: convt.conv_weight_gradient(x, u, kernel=3, stride=2, engine=engine, **o), (x, u)),
    ):
        wanted = call(*arrays)
        assert (call(*map(off_by_one, arrays)) == wanted).all()
        for number in range(len(arrays)):
            assert (call(*(off_by_one(a) if at == number else a for at, a in enumerate(arrays))) == wanted).all()
        with pytest.raises(ArgumentError, match="out=.*aligned"):
            call(*arrays, out=off_by_one(np.empty_like(wanted)))
    if engine == "auto":
        kernel = convt.kernel("conv_transpose", "1d_k3s2", dtype)
        assert (kernel(u, kernel.pack(off_by_one(w))) == kernel(u, w)).all()


def outcome(action, *arguments, **options):
    try:
        return action(*arguments, **options)
    except ArgumentError as error:
        return error


@pytest.mark.slow
@pytest.mark.usefixtures("compiler", "kernels")
@pytest.mark.parametrize(("map", "layout"), [("conv_transpose", "channels_first"), ("conv_transpose", "channels_last"), ("conv", "channels_first")])
def test_packing_refuses_what_the_call_refuses_and_nothing_else(map, layout):
    kernel = convt.kernel(map, "1d_k3s2", layout=layout)
    rng = np.random.default_rng(1)
    families = sorted(kernel.explain(1, 1, (3,)))
    refused = made = 0
    for features in (1, 2, 8, 9, 16, 32):
        for per in (1, 2, 8, 33):
            for groups in (0, 1, 2, 3, 8, 9, "2", 2.0, True):
                for algorithm in ("auto", *families, "nothing", None):
                    w = rng.standard_normal((features, per, 3)).astype(F32)
                    if algorithm in ("auto", "direct") and per == 2:
                        w[0, 0, 0] = np.inf
                    channels = features if map == "conv_transpose" else per * groups if isinstance(groups, int) and groups else per
                    one = rng.standard_normal((2, channels, 9)).astype(F32)
                    one = np.ascontiguousarray(np.moveaxis(one, 1, -1)) if layout == "channels_last" else one
                    plain = outcome(kernel, one, w, groups=groups, algorithm=algorithm)
                    packed = outcome(kernel.pack, w, groups, algorithm)
                    if isinstance(plain, ArgumentError):
                        assert isinstance(packed, ArgumentError) and packed.argument == plain.argument, (features, per, groups, algorithm, plain)
                        refused += 1
                        continue
                    assert not isinstance(packed, ArgumentError), packed
                    assert np.array_equal(kernel(one, packed, groups=groups, algorithm=algorithm), plain, equal_nan=True)
                    assert np.array_equal(kernel(one, packed, groups=groups), plain, equal_nan=True)
                    made += 1
    assert refused > 100 and made > 100
    good = np.ones((2, 2, 3), F32)
    for bad in (good.astype(float), good[0], good[:0], good[..., :2], [[1.0]], None, "w", kernel.pack(good)):
        assert isinstance(outcome(kernel.pack, bad), ArgumentError), bad


@pytest.mark.slow
@pytest.mark.usefixtures("compiler", "kernels")
def test_packed_for_auto_serves_any_algorithm():
    kernel = convt.kernel("conv_transpose", "1d_k3s2")
    u, w = np.ones((1, 16, 9), F32), np.ones((16, 16, 3), F32)
    packed = kernel.pack(w)
    for family, cost in kernel.explain(16, 16, (9,)).items():
        if cost < 1e300:
            assert (kernel(u, packed, algorithm=family) == kernel(u, w, algorithm=family)).all()
    with pytest.raises(ArgumentError, match="packed for rows"):
        kernel(u, kernel.pack(w, algorithm="rows"), algorithm="plain")


@pytest.mark.slow
@pytest.mark.usefixtures("compiler", "kernels")
def test_packed_has_an_identity_and_can_be_copied_and_pickled():
    kernel = convt.kernel("conv_transpose", "1d_k3s2")
    u, w = np.ones((1, 16, 9), F32), np.random.default_rng(0).standard_normal((16, 16, 3)).astype(F32)
    for algorithm in ("auto", "direct", "plain"):
        packed = kernel.pack(w, algorithm=algorithm)
        wanted = kernel(u, packed)
        assert packed == packed and packed != kernel.pack(w, algorithm=algorithm) and len({packed, packed}) == 1
        assert "Packed" in repr(packed) and packed.nbytes >= w.nbytes
        for other in (copy.copy(packed), copy.deepcopy(packed), pickle.loads(pickle.dumps(packed))):
            assert other is not packed and (kernel(u, other) == wanted).all() and other.family == packed.family
        with pytest.raises(ValueError, match="read-only"):
            packed.weights[0, 0, 0] = 1


@pytest.mark.slow
@pytest.mark.usefixtures("compiler", "kernels")
def test_a_fork_while_another_thread_packs_does_not_hang_the_child(monkeypatch):
    kernel = convt.kernel("conv_transpose", "1d_k3s2")
    u, w = np.ones((1, 16, 9), F32), np.ones((16, 16, 3), F32)
    wanted = kernel(u, w, algorithm="direct")
    packed = kernel.pack(w)
    packing, go, pack = threading.Event(), threading.Event(), kernel._pack

    def slowly(*arguments):
        packing.set()
        go.wait(60)
        return pack(*arguments)

    monkeypatch.setattr(kernel, "_pack", slowly)
    thread = threading.Thread(target=lambda: kernel(u, packed, algorithm="direct"))
    packed.ready.clear()
    thread.start()
    assert packing.wait(60)
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        kernel._pack = pack
        os._exit(0 if (kernel(u, packed, algorithm="direct") == wanted).all() else 1)
    go.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0


def test_the_names_of_files_are_short_enough_for_any_kernel():
    from convt._codegen.target import TARGETS
    from convt._codegen.toolchain import abi
    from convt._derive import Axis

    long = ConvSpec.of([Axis(1048570 + n, 1048570 + n, (-1048570 - n, -1048571 - n), 1048570 + n, 1048570 + n) for n in range(3)])
    assert len(str(long)) == 154  # there is no longer one: every entry has seven digits, every crop a sign
    word = object.__new__(Problem)
    for name, value in {"spec": long, "map": "conv_weight_gradient", "dtype": "complex128", "layout": "channels_last", "conjugate": True, "filter": None}.items():
        object.__setattr__(word, name, value)
    for target in TARGETS:
        object.__setattr__(word, "target", target)
        assert len(f".{word.name}{abi()}-12345678") <= 255
