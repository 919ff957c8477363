"""Every mutant that changes a result is caught by the checks before publishing.

Whether a mutant changes results is decided by the tests' own oracle, at sizes that the checks do not use.
"""

import os
import subprocess
import sys
import tempfile
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import numpy as np
import oracle
import pytest
from mutants import dead_rules, mutants

from convt._codegen.build import Compiler
from convt._codegen.errors import BuildError, CheckFailed
from convt._codegen.toolchain import toolchain
from convt._codegen.verify import verify
from convt._derive import lengths

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("compiler")]
ALL = mutants()
SHARE = 12
SIZES = [  # (batch, features, images, groups, extra): none of them is a corner of the checks
    (1, 2, 2, 1, 4), (2, 3, 20, 1, 6), (2, 6, 4, 2, 7), (4, 1, 3, 1, 0), (3, 4, 34, 2, 2), (1, 700, 3, 1, 4), (9, 3, 5, 1, 9),
]


def changes_a_result(mutant, library):
    """Run the mutant in a child at the oracle's sizes; a crash or any difference is a changed result."""
    done = subprocess.run([sys.executable, __file__, mutant.problem.name, str(mutant.problem.key), str(library)],
                          capture_output=True, text=True, check=False, timeout=120,
                          env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1] / "helpers"), "MALLOC_PERTURB_": "99"})
    return done.returncode != 0


def compare(problem, library):
    spec = spec_from_loader(problem.name, ExtensionFileLoader(problem.name, library))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    function = getattr(module, problem.name)
    rng = np.random.default_rng(77)
    geometry = (problem.spec.kernel, problem.spec.stride, problem.spec.dilation, [p[0] for p in problem.spec.padding])
    for batch, features, images, groups, extra in SIZES:
        m = [extra + 2 + number for number in range(problem.spec.dims)]
        while any(lengths.image_length(axis, length) < 1 for axis, length in zip(problem.spec.axes, m, strict=True)):
            m = [length + 1 for length in m]
        n = lengths.image_lengths(problem.spec, m)
        shapes = {"u": (batch, features, *m), "w": (features, images // groups, *problem.spec.kernel), "x": (batch, images, *n)}
        ints = {letter: rng.integers(-3, 4, shape) for letter, shape in shapes.items()}
        inputs = {"conv": "xw", "conv_transpose": "uw", "conv_weight_gradient": "xu"}[problem.map]
        wanted = oracle.run(problem.map, *geometry, m, n, groups, **{letter: ints[letter] for letter in inputs})
        bias = None
        if problem.map != "conv_weight_gradient":
            bias = rng.integers(-3, 4, wanted.shape[1])
            wanted = wanted + bias.reshape(-1, *[1] * problem.spec.dims)
            bias = bias.astype(problem.dtype)
        given = [ints[letter].astype(problem.dtype) for letter in inputs]
        costs = module.costs(problem.name, batch, features, images, groups, m, n)
        for family in (name for name, cost in costs.items() if cost < 1e300):
            for packing in (False, True):
                packed = None
                if packing and (length := module.packed_length(problem.name, features, images, groups, family)):
                    packed = np.empty(length, problem.dtype)
                    if not module.pack(problem.name, given[1], packed, groups, family):
                        return False
                out = np.full(wanted.shape, 99, problem.dtype)
                function(*given, bias, out, groups, 1, family, packed)
                if not (out == wanted).all():
                    return False
    return True


@pytest.mark.parametrize("part", range(-(-len(ALL) // SHARE)))
def test_mutants_that_change_a_result_are_caught(part):
    tools, missed = toolchain(), []
    for mutant in ALL[part * SHARE:(part + 1) * SHARE]:
        with tempfile.TemporaryDirectory(prefix="mutant-") as name:
            folder = Path(name)
            try:
                with Compiler(folder, tools, mutant.problem.processor) as compiler:
                    library = compiler.compile(mutant.problem.name, mutant.source)
            except BuildError:
                continue  # caught even earlier
            try:
                verify([mutant.problem], tools.shape(mutant.problem.processor), mutant.problem.name, library)
            except CheckFailed:
                continue
            if changes_a_result(mutant, library):
                missed.append(str(mutant))
    assert not missed, "published although wrong:\n" + "\n".join(missed)


def test_there_are_enough_mutants_of_every_kind():
    assert len(ALL) >= 80
    assert not dead_rules()
    assert {mutant.problem.map for mutant in ALL} == {"conv", "conv_transpose", "conv_weight_gradient"}


def test_plan_mutants_are_caught(monkeypatch):
    """A wrong decision in a plan, not in a template: every one that changes results fails its checks."""
    from dataclasses import replace

    from convt._codegen.pipeline import generate
    from convt._codegen.problem import Problem

    tools = toolchain()
    problem = Problem.of("1d_k5s2p1op1", target="x86-64-v3")

    def verdict(problem):
        source = generate([problem])[1]
        with tempfile.TemporaryDirectory(prefix="mutant-") as name, Compiler(Path(name), tools, problem.processor) as compiler:
            library = compiler.compile(problem.name, source)
            try:
                verify([problem], problem.processor, problem.name, library)
            except CheckFailed:
                return "caught"
            return "missed" if changes_a_result(type(ALL[0])(problem, 0, "", "", source), library) else "equivalent"

    from convt._codegen import transforms
    from convt._codegen.families import direct, fast, plain, rows

    outcomes = {}

    def mutate(label, modules, name, changed, problem=problem):
        with monkeypatch.context() as patch:
            original = getattr(modules[0], name)
            for module in modules:
                patch.setattr(module, name, lambda *given: changed(original(*given)))
            outcomes[label] = verdict(problem)

    mutate("a tap's offset", (direct, rows, fast), "split", lambda x: replace(x, offset=(*x.offset[:-1], x.offset[-1] - 1)))
    mutate("the border", (direct, rows, fast), "split", lambda x: replace(x, low=x.low + 1, offset=tuple(o + 1 for o in x.offset)))
    mutate("two taps swapped", (direct, rows, fast), "split", lambda x: replace(x, tap=(x.tap[1], x.tap[0], *x.tap[2:])))
    mutate("a phase's start", (direct, rows, fast), "split", lambda x: replace(x, start=(0, x.start[1] - 1, x.start[2])))
    mutate("rows: the order of the taps", (rows,), "_by_offset", lambda order: [(o, tap, phase) for (o, _, phase), (_, tap, _) in
                                                                               zip(order, order[::-1], strict=True)])
    for label, change in {"kernel": {"kernel": 4}, "stride": {"stride": 3}, "dilation": {"dilation": 2}, "crop": {"crop": 0}}.items():
        mutate(f"plain: {label}", (plain,), "axis_rows", lambda axes, change=change: tuple(replace(row, **change) for row in axes))
    mutate("fast: the phases' shifts", (fast,), "_axes", lambda axes: tuple(replace(x, shift=x.shift[::-1]) for x in axes),
           Problem.of("1d_k4s2p1", target="x86-64-v3"))
    mutate("fast: the window's place", (fast,), "_axes", lambda axes: tuple(replace(x, lead=x.lead + 1) for x in axes))
    mutate("fast: two phases swapped", (fast,), "_axes", lambda axes: tuple(replace(x, taps=x.taps[::-1]) for x in axes))
    mutate("fast: two taps swapped", (fast,), "_tap_places", lambda places: [row[::-1] for row in places])
    mutate("fast: a point's sign", (transforms, fast), "scaled", lambda m: (m[0], m[1], (*m[2][:-1], tuple(-v for v in m[2][-1]))))
    assert set(outcomes.values()) == {"caught"}, outcomes


if __name__ == "__main__":
    from convt._codegen.problem import Problem

    map_name, name, dtype, layout, conjugate, target = sys.argv[2].split(" ")
    sys.exit(0 if compare(Problem.of(name, map_name, dtype, layout, conjugate == "conj", target), sys.argv[3]) else 1)
