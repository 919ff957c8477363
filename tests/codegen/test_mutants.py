"""Every mutant that changes a result is caught by the checks before publishing.

Whether a mutant changes results is decided by the tests' own oracle, at sizes that the checks do not use, on one to
three threads, in memory that is poisoned.
"""

import os
import subprocess
import sys
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import numpy as np
import oracle
import pytest
from mutants import BASES, DECISIONS, dead_rules, mutants, only, source
from workshop import Broken, Workshop

from convt._codegen import reference
from convt._codegen.errors import CheckFailed
from convt._codegen.guard import PATTERNS, Guarded, poisoned_heap
from convt._codegen.planning import plans_of
from convt._codegen.verify import verify
from convt._derive import lengths

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
FEW = 64  # in `make test`, and one of each area that these leave out
PARTS = 14
SECONDS = 40
SIZES = [  # (batch, features, images, groups, extra on each axis, more on the last): none of them is a corner of the checks
    (1, 2, 2, 1, 4, 0), (2, 3, 20, 1, 6, 0), (2, 6, 4, 2, 7, 0), (4, 1, 3, 1, 0, 0), (3, 4, 34, 2, 2, 0), (1, 700, 3, 1, 4, 0), (9, 3, 5, 1, 9, 0),
    (2, 18, 3, 1, 5, 0), (1, 11, 11, 11, 3, 0), (2, 5, 5, 5, 40, 0),
]
GRADIENT = [  # more of them for the weight gradient: lanes of either side, in groups; lines of several runs; three parts and more, of groups and side by side
    (2, 40, 6, 2, 3, 0), (2, 1, 1, 1, 2, 1100), (1, 2, 3, 1, 1, 2300), (70, 3, 5, 1, 0, 0), (70, 4, 6, 2, 1, 0), (67, 3, 3, 3, 1, 0), (130, 19, 2, 1, 0, 0),
]


@cache
def everything():
    """All mutants, and those of `make test`: as many as FEW, evenly over areas, problems and rules, and one of every area at least."""
    found = mutants()
    some = [found[len(found) * number // FEW] for number in range(FEW)]
    for area in BASES:
        if not any(mutant.area == area for mutant in some):
            of_area = [mutant for mutant in found if mutant.area == area]
            some.append(of_area[len(of_area) // 2])
    return found, some


def parts(chosen, count):
    """Nearly equal runs of neighbours, which share what is compiled."""
    return [chosen[len(chosen) * n // count:len(chosen) * (n + 1) // count] for n in range(count)]


def missed(chosen, folder):
    """The mutants that pass the checks and change a result."""
    workshop, found = Workshop(folder), []
    for mutant in chosen:
        try:
            library = workshop.library(mutant.problem.name, mutant.source, mutant.problem.processor)
        except Broken:
            continue  # caught even earlier
        try:
            with only(mutant.area):
                verify(plans_of([mutant.problem], None), mutant.problem.name, library, seconds=SECONDS)
        except CheckFailed:
            continue
        if changes_a_result(mutant.area, mutant.problem, library):
            found.append(str(mutant))
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_mutants_that_change_a_result_are_caught(part, tmp_path):
    chosen = parts(everything()[1], PARTS)[part]
    found = missed(chosen, tmp_path)
    assert not found, "published although wrong:\n" + "\n".join(found)


@pytest.mark.full
@pytest.mark.parametrize("part", range(2 * PARTS))
def test_all_other_mutants_that_change_a_result_are_caught(part, tmp_path):
    every, some = everything()
    found = missed(parts([mutant for mutant in every if mutant not in some], 2 * PARTS)[part], tmp_path)
    assert not found, "published although wrong:\n" + "\n".join(found)


def test_there_are_enough_mutants_of_every_kind():
    every, some = everything()
    assert len(every) >= 190 and FEW <= len(some) < 2 * FEW and len({str(mutant) for mutant in every}) == len(every)
    assert not dead_rules()
    for area in BASES:
        assert len([mutant for mutant in every if mutant.area == area]) >= 8
        assert [mutant for mutant in some if mutant.area == area]
    assert {mutant.problem.map for mutant in every} == {"conv", "conv_transpose", "conv_weight_gradient"}
    assert {mutant.problem.dtype for mutant in every} >= {"float32", "float64", "int64", "complex64", "complex128"}
    assert {mutant.problem.layout for mutant in every} == {"channels_first", "channels_last"}
    assert any(mutant.problem.spec.dims == 3 for mutant in every) and any(mutant.problem.filter for mutant in every)


@pytest.mark.parametrize("area, problem", [pytest.param(area, problem, marks=[pytest.mark.full] if number else [], id=f"{area}-{problem.name}")
                                           for area, (_, problems) in BASES.items() for number, problem in enumerate(problems)])
def test_what_is_mutated_passes_its_checks_and_the_oracle(area, problem, tmp_path):
    """``make test`` takes the first problem of each area, ``make test-full`` all."""
    library = Workshop(tmp_path).library(problem.name, source(area, problem), problem.processor)
    with only(area):
        passed = verify(plans_of([problem], None), problem.name, library)[problem.name]
    assert {check["family"] for check in passed} >= {"plain", *(family.NAME for family in BASES[area][0] if family.accepts(problem))}
    assert not changes_a_result(area, problem, library)


def changes_a_result(area, problem, library):
    """Run the library in a child at the oracle's sizes; a crash, a hang or any difference is a changed result."""
    words = [sys.executable, __file__, area, problem.name, str(library)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120,
                              env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1] / "helpers"), "OMP_WAIT_POLICY": "passive", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"})
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


class Loaded:
    """A library, its problem, and calls of it in poisoned memory, held to the family and the threads that they ask for."""

    def __init__(self, problem, library):
        spec = spec_from_loader(problem.name, ExtensionFileLoader(problem.name, library))
        self.problem, self.module = problem, module_from_spec(spec)
        spec.loader.exec_module(self.module)
        self.function, self.last = getattr(self.module, problem.name), problem.layout == "channels_last"
        self.out = problem.roles.gives

    def laid_out(self, letter, array):
        return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if self.last and letter != "w" else np.ascontiguousarray(array)

    def call(self, given, bias, shape, groups, family, threads, pattern, packing=False, others=()):
        """The result and whether everything else is as it must be."""
        inputs = {"conv": "xw", "conv_transpose": "uw", "conv_weight_gradient": "xu"}[self.problem.map]
        one, two = (Guarded.of(self.laid_out(letter, given[letter]), threads % 2 == 0, pattern).array for letter in inputs)
        out = Guarded(self.laid_out(self.out, np.empty(shape)).shape, self.problem.dtype, threads % 2 == 1, pattern)
        packed = None
        self.module.forget()
        with poisoned_heap(pattern):
            if packing and (length := self.module.packed_length(self.problem.name, given["w"].shape[0], given["w"].shape[1] * groups, groups, family)):
                packed = Guarded((length,), self.problem.dtype, True, pattern)
                if not self.module.pack(self.problem.name, two, packed.array, groups, family, threads, True):
                    return None, "plain" in others
            ran = self.function(one, two, bias, out.array, groups, threads, family, packed and packed.array, True)
        right = ran[0] in (others or (family,)) and ran[1] == threads and out.intact()
        return (np.moveaxis(out.array, -1, 1) if self.last and self.out != "w" else out.array), right


def compare(problem, library):
    """Whether the library computes what the oracle computes, whatever is in memory, on any threads, forked or not."""
    loaded, rng, turn = Loaded(problem, library), np.random.default_rng(77), 0
    spec = problem.spec
    hears_nan = problem.element.is_float and problem.filter is None
    geometry = (spec.kernel, spec.stride, spec.dilation, [p[0] for p in spec.padding])
    for batch, features, images, groups, extra, more in SIZES + GRADIENT * (loaded.out == "w"):
        if problem.filter is not None:
            images = groups = features = min(features, 12)
        if spec.dims == 3:
            extra = min(extra, 6)
        m = [extra + 2 + number + more * (number == spec.dims - 1) for number in range(spec.dims)]
        while any(lengths.image_length(axis, length) < 1 for axis, length in zip(spec.axes, m, strict=True)):
            m = [length + 1 for length in m]
        n = lengths.image_lengths(spec, m)
        shapes = {"u": (batch, features, *m), "w": (features, images // groups, *spec.kernel), "x": (batch, images, *n)}
        ints = {letter: rng.integers(-3, 4, shape) + (1j * rng.integers(-3, 4, shape) if problem.element.parts == 2 else 0)
                for letter, shape in shapes.items()}
        if problem.filter is None:
            wanted = through(problem, geometry, m, n, groups, ints)
        else:
            ints["w"] = np.broadcast_to(problem.filter.array(np.float64), shapes["w"])
            wanted = reference.conv_transpose(spec, ints["u"].astype(float), ints["w"], None, n, groups)
        bias = None
        if problem.map != "conv_weight_gradient":
            bias = rng.integers(-3, 4, wanted.shape[1])
            wanted = wanted + bias.reshape(-1, *[1] * spec.dims)
            bias = bias.astype(problem.dtype)
        given = {letter: array.astype(problem.dtype) for letter, array in ints.items()}
        costs = loaded.module.costs(problem.name, batch, features, images, groups, m, n)
        for family in (name for name, cost in costs.items() if cost < 1e300):
            for threads in (1, 2, 3):
                for packing in (False, True) if loaded.out != "w" else (False,):
                    turn += 1
                    got, right = loaded.call(given, bias, wanted.shape, groups, family, threads, PATTERNS[turn % 3], packing)
                    same = (got == wanted).all() if problem.filter is None or problem.filter.exact else np.allclose(got, wanted, rtol=1e-5, atol=1e-5)
                    if not right or not same:
                        return False
                if hears_nan and extra and not strange_is_right(loaded, given, (m, n), groups, family, threads, rng):
                    return False
    return forked_is_right(loaded, given, wanted.shape, groups)


def through(problem, geometry, m, n, groups, ints):
    """The map of integers by the oracle; complex numbers by their parts."""
    inputs = {"conv": "xw", "conv_transpose": "uw", "conv_weight_gradient": "xu"}[problem.map]
    one, two = inputs
    other = {"conv_transpose": "w", "conv_weight_gradient": "x"}.get(problem.map) if problem.conjugate else None
    arrays = {letter: ints[letter].conj() if letter == other else ints[letter] for letter in inputs}

    def run(a, b):
        return oracle.run(problem.map, *geometry, m, n, groups, **{one: a, two: b})

    if problem.element.parts == 1:
        return run(arrays[one], arrays[two])
    (ar, ai), (br, bi) = ((arrays[letter].real.astype(int), arrays[letter].imag.astype(int)) for letter in (one, two))
    return run(ar, br) - run(ai, bi) + 1j * (run(ar, bi) + run(ai, br))


def strange_is_right(loaded, given, lengths, groups, family, threads, rng):
    """NaN in one entry of an input reaches what the reference says, in the images or filters that have it only."""
    spec, (m, n) = loaded.problem.spec, lengths
    for letter in loaded.problem.roles.reads:
        spoilt = {name: array.copy() for name, array in given.items()}
        spoilt[letter][tuple(int(rng.integers(0, length)) for length in spoilt[letter].shape)] = np.nan
        u, w, x = (spoilt.get(name, np.empty(0)).astype(float) for name in "uwx")
        wanted = (reference.conv_transpose(spec, u, w, None, tuple(n), groups) if loaded.out == "x" else
                  reference.conv(spec, x, w, None, tuple(m), groups) if loaded.out == "u" else reference.conv_weight_gradient(spec, x, u, groups))
        got, right = loaded.call(spoilt, None, wanted.shape, groups, family, threads, "huge", False, (family, "direct", "plain"))
        if not right or not ((got == wanted) | (np.isnan(got) & np.isnan(wanted))).all():
            return False
    return True


def forked_is_right(loaded, given, shape, groups):
    """A call in a forked child ends (the caller of this process waits for so long only) and is right."""
    wanted, _ = loaded.call(given, None, shape, groups, "plain", 2, "nan")
    if (child := os.fork()) == 0:
        inputs = {"conv": "xw", "conv_transpose": "uw", "conv_weight_gradient": "xu"}[loaded.problem.map]
        arrays = [loaded.laid_out(letter, given[letter]) for letter in inputs]
        out = np.empty(loaded.laid_out(loaded.out, np.empty(shape)).shape, loaded.problem.dtype)
        loaded.function(*arrays, None, out, groups, 2, "plain", None, True)
        os._exit(0 if (loaded.laid_out(loaded.out, wanted) == out).all() else 1)
    return os.waitpid(child, 0)[1] == 0


if __name__ == "__main__":
    chosen = next(problem for problem in [*BASES[sys.argv[1]][1], *(row[2] for row in DECISIONS)] if problem.name == sys.argv[2])
    sys.exit(0 if compare(chosen, sys.argv[3]) else 1)
