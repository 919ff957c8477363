"""The checker itself: what it asks for is what is answered, by the family and on the threads that it names, in poisoned memory."""

import ctypes
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import oracle
import pytest
from strategies import random_spec

from convt._codegen import cases, guard, reference, samples, trials, verify
from convt._codegen.cases import Case
from convt._codegen.errors import CheckFailed
from convt._codegen.pipeline import build
from convt._codegen.plan import decide
from convt._codegen.problem import Problem
from convt._codegen.subject import Subject
from convt._derive import ArgumentError, ConvSpec, children, lengths
from convt._derive.lengths import smallest_feature_length
from convt._derive.maps import MAPS

PROBLEM = Problem.of("1d_k3s2")


# what is asked and what is answered

def answer(kernels):
    """A complete answer."""
    return {kernel["name"]: [{"family": family, "case": number, "threads": list(kernel["threads"]), "check": "some", "trials": 3, "miss": 1e-13}
                             for family, rows in kernel["cases"].items() for number in range(len(rows))] for kernel in kernels}


@pytest.fixture
def asked():
    return [verify.describe(decide(PROBLEM, PROBLEM.processor), (1, 2, 3)), verify.describe(decide(Problem.of("1d_k3s2", "conv"), PROBLEM.processor), (1, 2, 3))]


def test_every_family_and_case_is_asked_for_on_one_two_and_three_threads(asked):
    assert verify.complete("module", asked, json.dumps(answer(asked))) == answer(asked)
    assert cases.THREADS == (1, 2, 3) and list(asked[0]["cases"]) == ["direct", "fast", "plain", "planes", "rows"]


@pytest.mark.parametrize("spoil", [
    lambda words: words.clear(),
    lambda words: words.pop(next(iter(words))),
    lambda words: words.update({name: [] for name in words}),
    lambda words: next(iter(words.values())).pop(),
    lambda words: next(iter(words.values())).pop(0),
    lambda words: next(iter(words.values()))[0].update(threads=[1]),
    lambda words: next(iter(words.values()))[0].update(threads=[1, 2, 2]),
    lambda words: next(iter(words.values()))[0].update(family="plain"),
    lambda words: next(iter(words.values()))[0].update(case=1),
    lambda words: next(iter(words.values()))[0].update(trials=0),
    lambda words: next(iter(words.values()))[0].update(miss=0.0),
    lambda words: next(iter(words.values()))[0].update(miss=1.0),
    lambda words: next(iter(words.values()))[0].pop("miss"),
    lambda words: next(iter(words.values())).append(next(iter(words.values()))[0]),
])
def test_an_answer_about_less_than_was_asked_fails(asked, spoil):
    words = answer(asked)
    spoil(words)
    with pytest.raises(CheckFailed, match="answered"):
        verify.complete("module", asked, json.dumps(words))


@pytest.mark.parametrize("text", ["", "\n", "nothing", "[]", "null", "3", '"0 checks"', '{"a": 3}', '{"a": [3]}', '{"a": [{"miss": 1}]}'])
def test_no_answer_fails(asked, text):
    with pytest.raises(CheckFailed, match="answer"):
        verify.complete("module", asked, text)


@pytest.mark.parametrize("program", ["pass", "print('{}')", "print('[]')", "import sys; sys.exit(1)", "import os; os.abort()"])
def test_a_checker_that_is_replaced_is_not_believed(monkeypatch, program):
    monkeypatch.setattr(children, "command", lambda module, *words, **more: [sys.executable, "-c", program])
    with pytest.raises(CheckFailed):
        verify.verify([decide(PROBLEM, PROBLEM.processor)], "module", Path("library.so"))


def test_two_children_share_the_questions_evenly(asked):
    parts = verify.shares(asked)
    assert len(parts) == 2
    every = [(kernel["name"], family, rows) for part in parts for kernel in part for family, rows in kernel["cases"].items()]
    wanted = [(kernel["name"], family, rows) for kernel in asked for family, rows in kernel["cases"].items()]
    assert sorted(every, key=str) == sorted(wanted, key=str)
    counts = [sum(len(rows) for kernel in part for rows in kernel["cases"].values()) for part in parts]
    assert max(counts) - min(counts) <= max(len(rows) for _, _, rows in wanted)
    alone = [asked[0] | {"cases": {"plain": asked[0]["cases"]["plain"]}}]
    assert verify.shares(alone) == [alone]  # nobody is asked about nothing


def test_answers_come_in_the_order_of_the_families(asked, monkeypatch):
    monkeypatch.setattr(verify, "describe", lambda problem, *_: next(kernel for kernel in asked if kernel["name"] == problem.name))
    monkeypatch.setattr(verify, "_ask", lambda child, module, library, kernels, seconds: (child.kill(), answer(kernels))[1])
    monkeypatch.setattr(children, "command", lambda module, *words, **more: [sys.executable, "-c", "input()"])
    assert verify.verify([decide(one, PROBLEM.processor) for one in (PROBLEM, Problem.of("1d_k3s2", "conv"))], "module", Path("library.so")) == answer(asked)


@pytest.mark.parametrize("family", ["plain", "direct"])  # the first child asks about one, the second about the other
def test_where_one_child_fails_the_other_is_not_waited_for(family, monkeypatch):
    program = f"import sys, time; sys.exit(1) if '\"{family}\":' in sys.stdin.read() else time.sleep(200)"
    monkeypatch.setattr(children, "command", lambda module, *words, **more: [sys.executable, "-c", program])
    before = time.monotonic()
    with pytest.raises(CheckFailed):
        verify.verify([decide(PROBLEM, PROBLEM.processor)], "module", Path("library.so"))
    assert time.monotonic() - before < 100


DECOYS = {"codegen/__init__.py": "raise SystemExit('codegen')", "codegen/checks.py": "print('{}')", "numpy.py": "raise SystemExit('numpy')",
          "json.py": "raise SystemExit('json')", "random.py": "raise SystemExit('random')", "z3.py": "raise SystemExit('z3')",
          "convt_bench.py": "", "derive/__init__.py": "raise SystemExit('derive')"}
SCRIPT = """
import sys
from pathlib import Path
import numpy  # the real one: decoys come first from here on
here = str(Path(__file__).parent)
sys.path.insert(0, here)
from convt._codegen.pipeline import build
from convt._codegen.problem import Problem
from convt._derive import ConvSpec
from convt._derive.judges import smt
from convt._derive.proof import prove_all
from convt._derive.theorems import theorems
kernel = build([Problem.of("1d_k2s2", "conv", "int64")])[0]
checks = kernel.certificate["checks"]
proofs = prove_all([make(ConvSpec.parse("1d_k2s2")) for make in theorems((1,))], {})
assert all(proof.holds for proof in proofs) and set(smt.installed()) <= {judge for proof in proofs for judge in proof.judges}, proofs
from convt._derive import children
import subprocess
bench = subprocess.run(children.command("convt.bench.worker", "no_library", "no_number", "folder"), capture_output=True, text=True)
assert "no_number" in bench.stderr and not any(word in bench.stderr for word in ("SystemExit", "decoy")), bench.stderr
print(len([check for check in checks if "miss" in check]), sorted({count for check in checks for count in check["threads"]}))
"""


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("place", ["the current folder", "PYTHONPATH", "beside the script"])
def test_files_of_the_same_names_change_nothing(tmp_path, place):
    """Checks, solvers and the benchmark's child run this tool's code, whatever lies where the user works."""
    decoys, elsewhere = tmp_path / "decoys", tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name, text in DECOYS.items():
        (decoys / name).parent.mkdir(parents=True, exist_ok=True)
        (decoys / name).write_text(text)
    script = (decoys if place == "beside the script" else elsewhere) / "script.py"
    # the script itself imports NumPy and JSON before it can see the decoys: it is the children that must not
    script.write_text("import json, random, numpy\n" * (place != "beside the script") + SCRIPT)
    environment = os.environ | {"CONVT_STORE": str(tmp_path / "store")}
    command = [sys.executable, str(script)]
    if place == "PYTHONPATH":
        command = [sys.executable, "-c", f"import sys, os; sys.path[:] = [p for p in sys.path if p != {str(decoys)!r}]; "
                   f"import json, random, numpy; exec(compile(open({str(script)!r}).read(), {str(script)!r}, 'exec'), dict(__file__={str(script)!r}))"]
        environment |= {"PYTHONPATH": str(decoys)}
    if place == "beside the script":
        command = [sys.executable, "-c", f"import json, random, numpy; exec(compile(open({str(script)!r}).read(), {str(script)!r}, 'exec'), "
                   f"dict(__file__={str(script)!r}))"]
    done = subprocess.run(command, cwd=decoys if place == "the current folder" else elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split("\n")[-2].endswith("[1, 2, 3]") and not done.stdout.startswith("0 ")


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_certificate_lists_every_family_case_and_number_of_threads(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVT_STORE", str(tmp_path))
    kernel = build([PROBLEM])[0]
    certificate = kernel.certificate
    wanted = {(family, number, count) for family, rows in cases.asked(decide(PROBLEM, _host())).items() for number in range(len(rows)) for count in (1, 2, 3)}
    assert {(row["family"], row["case"], count) for row in certificate["checks"] if "miss" in row for count in row["threads"]} == wanted
    assert 0 < certificate["miss_probability"] <= 1e-12 and certificate["limits"] == []
    for row in certificate["checks"]:
        assert {"feature", "image", "batch", "features", "images", "groups", "check"} <= set(row)


def _host():
    from convt._codegen.toolchain import toolchain

    return toolchain().shape(PROBLEM.processor)


# poison

HEAP = """
import ctypes, threading
from convt._codegen import guard
libc = ctypes.CDLL(None)
libc.aligned_alloc.argtypes, libc.aligned_alloc.restype = (ctypes.c_size_t, ctypes.c_size_t), ctypes.c_void_p
libc.free.argtypes = (ctypes.c_void_p,)

def look(seen):
    for size in (64, 4096, 300_000, 5_000_000):
        block = libc.aligned_alloc(64, size)
        seen.append(set(ctypes.string_at(block, size)))
        libc.free(block)

for pattern in guard.PATTERNS * 2:
    with guard.poisoned_heap(pattern):
        for _ in range(3):
            thread = threading.Thread(target=look, args=[seen := []])
            thread.start()
            thread.join()
            assert seen == [{guard.BYTES[pattern]}] * 4, (pattern, seen)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc's heap can be poisoned")
def test_fresh_memory_of_the_heap_is_poison_in_every_thread():
    done = subprocess.run([sys.executable, "-c", HEAP], env=os.environ | verify.ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for pattern, byte in guard.BYTES.items():
        for dtype in (np.float32, np.float64):
            values = np.frombuffer(bytes([byte] * 8), dtype)
            assert np.isnan(values).all() if pattern == "nan" else (abs(values) > 1e38).all()


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128", "int64"])
@pytest.mark.parametrize("right", [False, True])
def test_guarded_arrays_are_poison_inside_and_beside(dtype, right):
    for pattern in guard.PATTERNS:
        made = guard.Guarded((3, 7), dtype, right, pattern)
        for part in (made.array, *made.beside):
            values = part.reshape(-1).view(made.beside[0].dtype)
            if np.dtype(dtype).kind == "i" or pattern != "nan":
                assert (abs(values.astype(float)) > 1e18).all()
                assert pattern != "huge" or values.size < 4 or (values[:-1] != values[1:]).any()
            else:
                assert np.isnan(values).all()
        assert made.intact() and sum(part.nbytes for part in made.beside) == 4096 - made.array.nbytes
        address = ctypes.addressof(ctypes.c_char.from_buffer(made.array))
        ctypes.memset(address - 1 if right else address + made.array.nbytes, 3, 1)
        assert not made.intact()


@pytest.mark.parametrize("deed", ["made.array[0] = 1", "made.array.base[0]", "ctypes.string_at(address + 4096 * right - 1 + (8 - 4096) * right, 1)"])
@pytest.mark.parametrize("right", [False, True])
def test_inputs_cannot_be_written_and_nobody_steps_over_an_edge(deed, right):
    code = f"""
import ctypes, numpy as np
from convt._codegen.guard import Guarded
right = {right}
made = Guarded.of(np.ones(1), right, "nan")
address = made.start + made.body - 8 if right else made.start
ctypes.string_at(address, 8)
{"made.array[0] = 1" if "= 1" in deed else "ctypes.string_at(address + 8 if right else address - 1, 1)"}
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -11


# sizes

def test_a_case_whose_sums_have_no_room_keeps_few_channels_and_ends():
    """Room for 24 bits: with much growth or many terms only few channels are not zero, and what is still too much is said."""
    subject = Subject(_Module(), verify.describe(decide(PROBLEM, PROBLEM.processor), (1,)), "fast")
    case = Case(1, 4000, 1, 1, (1,), (3,), growth=6000)
    bound, terms, kept, channels = trials.magnitudes(subject, case)
    assert bound >= 1 and kept is not None and kept < channels == 4000 and bound**2 * terms * 6000 <= 2**24
    given, _ = samples.draw(subject.spec, case, "uw", np.dtype(np.float32), np.random.default_rng(1), bound, kept)
    assert (given["u"].any(axis=(0, 2))).sum() <= kept
    with pytest.raises(Exception, match="no integers but 0 are exact"):
        trials.magnitudes(subject, Case(1, 4, 1, 1, (1,), (3,), growth=2**25))


class _Module:
    """As much of a module as a subject takes."""

    forget = pack = packed_length = staticmethod(lambda *given: 0)

    def __getattr__(self, name):
        return self.forget


@pytest.mark.parametrize("seed", range(4))
def test_the_reference_and_its_entries_agree_with_the_oracle(seed):
    import random

    rng, data = random.Random(seed), np.random.default_rng(seed)
    for _ in range(25):
        spec = random_spec(rng)
        groups, batch = rng.choice([1, 2]), rng.randint(1, 2)
        features, images = groups * rng.randint(1, 2), groups * rng.randint(1, 3)
        m = tuple(smallest_feature_length(axis) + rng.randint(0, 3) for axis in spec.axes)
        n = lengths.image_lengths(spec, m)
        case = Case(batch, features, images, groups, m, n)
        arrays = {letter: data.integers(-4, 5, shape) for letter, shape in case.shapes(spec).items()}
        got = {"x": reference.conv_transpose(spec, arrays["u"], arrays["w"], None, n, groups),
               "u": reference.conv(spec, arrays["x"], arrays["w"], None, m, groups),
               "w": reference.conv_weight_gradient(spec, arrays["x"], arrays["u"], groups)}
        for name, out in [(made.name, made.gives) for made in MAPS.values()]:
            given = {letter: array for letter, array in arrays.items() if letter != out}
            wanted = oracle.run(name, spec.kernel, spec.stride, spec.dilation, [p[0] for p in spec.padding], m, n, groups, **given)
            assert (got[out] == wanted).all()
            at = samples.positions(spec, case, out, {}, data)
            some = reference.entries(spec, out, arrays, case.lengths(spec), at, groups, np.int64, {})
            assert (some == samples.taken(wanted, at)).all()


@pytest.mark.parametrize("name", ["1d_k3s2", "2d_k4s2p1", "3d_k3s2", "2d_k200s200", "2d_k1s46889x4p0x1", "1d_k8s4d10000", "3d_k64", pytest.param("1d_k1s1048576", marks=pytest.mark.slow),
                                  "1d_k65536", "2d_k512s256", "1d_k2s1p-100000", "2d_k2d10000", "2d_k1p10000", "3d_k1s1000", "1d_k1048576p1048575", "2d_k200p199"])
@pytest.mark.parametrize("map", MAPS)
def test_cases_are_planned_within_bounds(map, name):
    problem = Problem.of(name, map)
    asked = cases.asked(decide(problem, PROBLEM.processor))
    assert asked["plain"]
    for family, rows in asked.items():
        for number, row in enumerate(rows):
            case = Case.of(row)
            assert all(m >= smallest_feature_length(axis) for axis, m in zip(problem.spec.axes, case.feature, strict=True))
            assert number == 0 or cases.affordable(problem, case, family != "plain"), (family, case)
            assert not case.thin or case.some
            if number and family != "plain" and map == "conv_transpose":  # a family may sweep over all features for a few pixels
                assert case.batch * case.features * math.prod((*case.feature, *problem.spec.kernel)) <= 1 << 31, (family, case)


@pytest.mark.parametrize(("name", "nearest"), [
    ("3d_k1048576", "3d_k1476"), ("3d_k2d1048576", "3d_k2d1859"), ("3d_k1op1048576", "3d_k1op1859"), ("2d_k3p-1048576", None), ("3d_k1p1048576", None),
])
def test_what_no_machine_could_hold_is_refused_with_the_largest_that_works(name, nearest):
    with pytest.raises(ArgumentError, match="24 GiB") as refused:
        build([Problem.of(name)])
    assert Problem.of(refused.value.nearest)
    assert nearest is None or refused.value.nearest == nearest, refused.value.nearest
    assert ConvSpec.parse(refused.value.nearest)
