"""Adding a family is adding one file: it is planned, emitted, checked and chosen like the others."""

import subprocess
import sys
import sysconfig
from fractions import Fraction
from itertools import product

import pytest

import convt._codegen.families as package
from convt import ConvSpec
from convt._codegen.build import Compiler
from convt._codegen.family import families
from convt._codegen.pipeline import build, generate
from convt._codegen.plan import decide, module
from convt._codegen.problem import Problem
from convt._codegen.render import header, render
from convt._codegen.store import HEADER
from convt._codegen.target import TARGETS
from convt._codegen.toolchain import abi, toolchain
from convt._codegen.verify import verify
from convt._derive.gather import gather
from convt._derive.phases import phases

SECOND = '''
from dataclasses import replace
from convt._codegen.families import plain
NAME = "second"
accepts, together, corners = plain.accepts, plain.together, plain.corners
def plan(problem, shape):
    return replace(plain.plan(problem, shape), symbol=problem.name + "_second", says="The same loops again.")
def cost(problem, shape):
    return "1.0"
'''


WIDTHS = [("generic", "x86-64"), ("x86-64-v3", "x86-64"), ("x86-64-v3", "host"), ("x86-64-v4", "host")]  # shape of the source, flags of the compiler


@pytest.fixture
def second_family(tmp_path, monkeypatch):
    tmp_path.joinpath("second.py").write_text(SECOND)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    monkeypatch.setenv("CONVT_STORE", str(tmp_path / "store"))


def test_families_are_found_by_name(second_family):
    assert [family.NAME for family in families()] == ["depthwise", "direct", "dots", "fast", "fast4", "fast_outer", "fixed", "outer", "plain", "planes", "rows", "second", "stencil"]


@pytest.mark.slow
@pytest.mark.usefixtures("compiler", "second_family")
def test_a_new_family_is_checked_and_chosen():
    import numpy as np

    kernel = build([Problem.of("1d_k3s2", dtype="int64")])[0]
    assert {check["family"] for check in kernel.certificate["checks"]} == {"plain", "second"}
    costs = kernel.explain(2, 2, (8,))
    assert min(costs, key=costs.get) == "second" and "The same loops again." in kernel.source
    u, w = np.ones((1, 2, 3), np.int64), np.ones((2, 1, 3), np.int64)
    assert (kernel(u, w) == kernel(u, w, algorithm="plain")).all()


@pytest.mark.slow
@pytest.mark.usefixtures("compiler", "second_family")
def test_a_family_that_computes_something_else_is_not_published(monkeypatch, tmp_path):
    from convt._codegen.errors import CheckFailed
    from convt._codegen.families import plain

    original = plain.lines
    monkeypatch.setattr(plain, "lines", lambda *a: (*original(*a)[:4], ("x_row[t * x_step] += weight",), original(*a)[5]))
    with pytest.raises(CheckFailed, match="family (plain|second), check"):
        build([Problem.of("1d_k3s2", dtype="int64")])
    assert not [path for path in (tmp_path / "store").iterdir() if path.is_dir()]


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize(("map", "shape", "flags"), [
    *(("conv_transpose", *row) for row in WIDTHS), *(pytest.param("conv", *row, marks=pytest.mark.full) for row in WIDTHS),
    ("conv_weight_gradient", *WIDTHS[-1]), *(pytest.param("conv_weight_gradient", *row, marks=pytest.mark.full) for row in WIDTHS[:-1])])
def test_every_vector_width_is_exact_wherever_it_runs(map, shape, flags, tmp_path):
    """4, 8 and 16 lanes; where the machine lacks the width, the compiler lowers it."""
    problem = Problem.of("2d_k4s2p1", map, target=flags)
    source = render(module(problem.name, [decide(problem, TARGETS[shape])]))
    with Compiler(tmp_path, toolchain(), problem.processor) as compiler:
        library = compiler.compile(problem.name, source)
    checked = verify([decide(problem, TARGETS[shape])], problem.name, library)[problem.name]
    own = {"conv": {"direct", "fast", "rows", "stencil"}, "conv_transpose": {"direct", "fast", "rows", "planes"}, "conv_weight_gradient": {"dots", "fast_outer", "outer"}}
    assert {check["family"] for check in checked} == {"plain"} | own[map]
    assert f"vector_size({TARGETS[shape].vector_bytes})" in source


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize(("name", "dtype"), [("2d_k4s2p1", "float32"), ("1d_k5s3p1op1", "float64"), ("3d_k2s2", "float32")])
def test_stores_past_the_caches_are_exact(name, dtype, monkeypatch, tmp_path):
    """Outputs of more than 16 MB pass the caches by: with the limit at a few hundred bytes the checks see these stores too."""
    from convt._codegen import pieces

    monkeypatch.setattr(pieces, "STREAMING_BYTES", 256)
    problem, tools = Problem.of(name, dtype=dtype), toolchain()
    with Compiler(tmp_path, tools, problem.processor) as compiler:
        library = compiler.compile(problem.name, generate([problem], tools)[1])
    checked = verify([decide(problem, tools.shape(problem.processor))], problem.name, library)[problem.name]
    assert {check["family"] for check in checked} >= {"direct", "plain", "planes", "rows"}


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_sixteen_lanes_compile_for_processors_that_have_them(tmp_path):
    problem = Problem.of("1d_k4s2p1", target="x86-64-v4")
    with Compiler(tmp_path, toolchain(), problem.processor) as compiler:
        assert compiler.compile(problem.name, generate([problem])[1]).exists()


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_source_compiles_in_one_piece_too(tmp_path):
    """``build`` compiles its two halves beside each other; whoever takes a source along compiles it whole."""
    problem, tools = Problem.of("2d_k3s2p1op1"), toolchain()
    (tmp_path / f"{problem.name}.pyx").write_text(generate([problem], tools)[1])
    (tmp_path / HEADER).write_text(header())
    subprocess.run([sys.executable, "-m", "cython", f"{problem.name}.pyx"], cwd=tmp_path, check=True)
    library = tmp_path / f"{problem.name}{abi()}"
    subprocess.run([*tools.command, *tools.flags(problem.processor), f"-I{sysconfig.get_paths()['include']}", f"{problem.name}.c",
                    "-o", library.name], cwd=tmp_path, check=True)
    checked = verify([decide(problem, tools.shape(problem.processor))], problem.name, library)[problem.name]
    assert {check["family"] for check in checked} == {"direct", "fast", "plain", "planes", "rows"}


@pytest.mark.parametrize("map", ["conv", "conv_transpose"])
@pytest.mark.parametrize("name", ["1d_k2", "1d_k3", "2d_k3s2p1op1", "2d_k4s2p1", "2d_k5s2", "2d_k7s2", "2d_k5", "2d_k8s2", "2d_k12s2", "1d_k11s5p3",
                                  "1d_k11", "1d_k12", "2d_k3p1", "2d_k3s2p2d2op1", "3d_k3s2"])
def test_fast_uses_only_algorithms_that_theorem_22_proves(name, map):
    from convt._codegen.families import fast, fast4
    from convt._codegen.transforms import cut
    from convt._derive.theorems import t22_fast

    problem = Problem.of(name, map)
    taken = [family for family in (fast, fast4) if family.accepts(problem)]
    if not taken:
        assert map == "conv"
        pytest.skip("too many points, or a step with taps that are no neighbours")
    proved = {(outputs, taps) for taps in t22_fast.pieces(problem.spec) for outputs in t22_fast.OUTPUTS[taps]}
    for axis in (axis for family in taken for axis in fast.fast_axes(problem, family.FEW)):
        for taps in filter(None, axis.taps):
            used = {(axis.outputs, piece) for piece in cut(axis.outputs, taps) if piece > 1}
            assert used <= proved, (axis, used - proved)


@pytest.mark.parametrize("map", ["conv", "conv_transpose"])
@pytest.mark.parametrize("name", ["1d_k4096p1", "1d_k4096s3", "2d_k3x40", "2d_k200s2"])
def test_no_algorithm_is_looked_for_where_phases_have_many_taps(name, map, monkeypatch):
    """Those for thousands of taps would take seconds and gigabytes to find."""
    from convt._codegen.families import fast, fast4

    monkeypatch.setattr(fast, "algorithm", None)
    assert not any(family.accepts(Problem.of(name, map)) for family in (fast, fast4))


@pytest.mark.parametrize(("name", "map", "outputs", "grows"), [
    ("2d_k3p1", "conv", (4, 4), "484/9"), ("2d_k3p1", "conv_transpose", (4, 4), "484/9"), ("1d_k9", "conv", (4,), "22/3"), ("2d_k6s2", "conv_transpose", (4, 4), "484/9"),
    ("3d_k3p1", "conv", (2, 2, 4), "1408/27"), ("2d_k6p2", "conv", (2, 4), "176/9"), ("2d_k5p2", "conv", None, None),
    ("2d_k5s2", "conv_transpose", (4, 4), "484/9"), ("2d_k4", "conv", None, None), ("2d_k3s2", "conv_transpose", None, None), ("3d_k4s2", "conv_transpose", None, None)])
def test_four_outputs_where_they_save_a_tenth_of_the_products(name, map, outputs, grows):
    """And two or three on other axes, where errors would grow too much or points be too many."""
    from convt._codegen.families import fast, fast4

    problem = Problem.of(name, map)
    assert fast.accepts(problem) and fast4.accepts(problem) == (outputs is not None)
    if outputs is not None:
        assert tuple(axis.outputs for axis in fast.fast_axes(problem, fast4.FEW)) == outputs
        assert fast4.growth(problem)[0] == pytest.approx(float(Fraction(grows)))


def test_fifteenths_are_exact_wherever_the_sum_is_a_multiple_of_fifteen():
    """c + c/15 of sixteenths, as the generated code takes it, with and without fused rounding: for whole n of which 15 n has room."""
    import numpy as np

    from convt._codegen.transforms import scaled

    assert {scaled(*each).divisor for each in ((4, 3), (3, 4))} == {15} and scaled(4, 2).divisor == 1
    for element, wide in ((np.float32, np.float64), (np.float64, np.float64)):
        most = 2 ** (np.finfo(element).nmant + 1) // 15
        n = np.arange(most) if most < 1 << 21 else np.random.default_rng(0).integers(most, size=1 << 20)
        c, part = (element(15 / 16) * n).astype(element), element(1 / 15)  # exact: sixteenths of 15 n
        assert (c.astype(wide) * 16 == n * 15.0).all() and (c + part * c == n).all()
        assert wide is element or ((part * c.astype(wide) + c).astype(element) == n).all()  # rounded once: products of two have room


# layers in which no output reads the input at its own place: all that it reads lies before it, or behind
ASIDE = [Problem.of("2d_k3x4s1x2p9x11", "conv"), Problem.of("2d_k3x2s2x1p-5x-7", "conv", "float64", "channels_last"), Problem.of("3d_k1x3x2s1x2x1p8x0x5", "conv"),
         Problem.of("2d_k3x4s1x2p-6x-19"), Problem.of("2d_k3x2s2x1p23x9", layout="channels_last"), Problem.of("3d_k2x1x3p5x40x7"),
         Problem.of("2d_k5x3p40x-9", "conv"), Problem.of("1d_k3s2p-40", weights="fir:1,2,1"), Problem.of("1d_k3s2p41", weights="fir:1,2,1"),
         Problem.of("2d_k3x4s1x2p9x11", "conv_weight_gradient"), Problem.of("2d_k3x2s2x1p-5x-7", "conv_weight_gradient", "float64")]


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_layers_that_read_aside_pass_the_checks_of_every_family(monkeypatch, tmp_path):
    monkeypatch.setenv("CONVT_STORE", str(tmp_path))
    first = [gather(problem.spec.axes[0], problem.map) for problem in ASIDE]
    assert all(axis.low > 0 or axis.low + axis.border < 0 for axis in first)
    checked = {check["family"] for kernel in build(ASIDE) for check in kernel.certificate["checks"]}
    assert checked == {family.NAME for family in families()}


# phases without taps on one axis, beside axes that have several: kernels of one tap with a stride, and what s and d have in common
EMPTY = [Problem.of("3d_k1x3x3s2x1x1p0x1x1"), Problem.of("3d_k1x2x3s3x2x1", dtype="float64"), Problem.of("3d_k3x1x2s1x2x1", layout="channels_last"),
         Problem.of("3d_k2x3x1s1x2x3"), Problem.of("3d_k1x1x4s2x3x2"), Problem.of("2d_k1x3s2x1p0x9d1x9"), Problem.of("2d_k3x1s1x2p9x0d9x1"),
         Problem.of("3d_k1x3x3s2x1x1p0x8x8d1x8x8"), Problem.of("2d_k3s2p4d4"), Problem.of("3d_k2x3x2s2x1x2p0x1x0d2x1x2")]


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_phases_without_taps_pass_the_checks_of_every_family_on_any_axis(monkeypatch, tmp_path):
    monkeypatch.setenv("CONVT_STORE", str(tmp_path))
    empty = {(number, problem.spec.dims) for problem in EMPTY for number, axis in enumerate(problem.spec.axes)
             if len(phases(axis)) > sum(not phase.empty for phase in phases(axis))}
    assert empty >= {(0, 2), (1, 2), (0, 3), (1, 3), (2, 3)}
    checked = {check["family"] for kernel in build(EMPTY) for check in kernel.certificate["checks"]}
    assert checked >= {"direct", "fast", "plain", "planes", "rows"}


def test_theorem_22_states_every_algorithm_that_gradients_run_on():
    """Kernels of one to seven taps on each axis, with strides: whatever runs and pieces the plan makes of them."""
    from convt._codegen.families import fast_outer
    from convt._codegen.transforms import cut
    from convt._derive.theorems.t22_fast import GRADIENTS, pieces

    found = set()
    for kernel in product(range(1, 8), range(1, 8), (1, 2, 3, 5)):
        for stride in ((1, 1, 1), (2, 1, 1), (2, 3, 2)):
            problem = Problem.of(ConvSpec(kernel, stride), "conv_weight_gradient")
            if not fast_outer.accepts(problem):
                continue
            for axis in fast_outer.tile_axes(problem):
                found |= {(taps, piece) for run in axis.runs for taps in [len(run.taps)] for piece in cut(taps, axis.positions) if min(taps, piece) > 1}
            assert {len(run.taps) for axis in fast_outer.tile_axes(problem) for run in axis.runs} - {1} <= set(pieces(problem.spec))
    assert found == {(taps, outputs) for taps, each in GRADIENTS.items() for outputs in each}
