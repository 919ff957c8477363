"""Plans and text: decided once, the same everywhere, and nothing typed by a user reaches a template."""

import os
import re
import subprocess
import sys

import pytest

from convt._codegen.build import parts_of
from convt._codegen.errors import TemplateMismatch
from convt._codegen.family import families
from convt._codegen.pipeline import generate
from convt._codegen.plan import decide, explain, module
from convt._codegen.problem import Problem
from convt._codegen.render import fill, header, parts, render, text_of
from convt._codegen.store import HEADER
from convt._codegen.target import TARGETS
from convt._derive import ArgumentError

EMIT = "import sys; from convt._codegen.pipeline import generate; from convt._codegen.problem import Problem; " \
       "sys.stdout.write(generate([Problem.of(*sys.argv[1:])])[1])"
ARGUMENTS = ["2d_k3s2p1op1", "conv_transpose", "float32", "channels_first", "", "x86-64-v3"]


@pytest.mark.parametrize("name", ["conv_transpose1d_k3s2p1op1_f32_x86_64_v3", "conv1d_k3s2p1_c64_generic",
                                  "conv_weight_gradient2d_k3s2p0t1_i64_cl_generic"])
def test_emitted_source_is_the_golden_file(name, golden):
    problem = {
        "conv_transpose1d_k3s2p1op1_f32_x86_64_v3": Problem.of("1d_k3s2p1op1", target="x86-64-v3"),
        "conv1d_k3s2p1_c64_generic": Problem.of("1d_k3s2p1", "conv", "complex64", target="generic"),
        "conv_weight_gradient2d_k3s2p0t1_i64_cl_generic": Problem.of("2d_k3s2p0:1", "conv_weight_gradient", "int64",
                                                                    "channels_last", target="generic"),
    }[name]
    assert problem.name == name
    golden(f"{name}.pyx", generate([problem])[1])


def test_the_header_that_sources_include_is_the_golden_file(golden):
    golden(HEADER, header())


@pytest.mark.parametrize("map", ["conv", "conv_transpose", "conv_weight_gradient"])
def test_a_source_reads_from_the_top_and_repeats_nothing_of_the_runtime(map):
    """Its head, the plain kernel, the families, then what Python calls; what does not depend on a kernel is in the header alone."""
    text = generate([Problem.of("2d_k3p1", map, target="x86-64-v3")])[1]
    places = [text.index(words) for words in ("# made by", f'#include "{HEADER}"', f"cdef int {map}2d_k3p1_f32_x86_64_v3_plain_item(", "_block(const float", "cdef object enter(",
                                              f"\ndef {map}2d_k3p1_f32_x86_64_v3(")]
    assert places == sorted(places)
    shared = re.findall(r"(?m)^(?:SHARED|static)[^=;\n]*[ *](\w+)\([^;]*$", header())
    assert len(shared) > 25 and {"spread", "scratch", "execute", "runtime_begin"} <= set(shared)
    assert not [name for name in shared if re.search(rf"(?m)^    (?:SHARED|static)[^=;\n]*[ *]{name}\([^;]*$", text)]


@pytest.mark.slow
def test_source_is_byte_identical_under_other_hash_seeds():
    texts = {subprocess.run([sys.executable, "-c", EMIT, *ARGUMENTS], capture_output=True, text=True, check=True,
                            env=os.environ | {"PYTHONHASHSEED": seed}).stdout for seed in ("0", "1", "12345")}
    assert len(texts) == 1
    text = texts.pop()
    assert text and not re.search(r"/(home|root|tmp|work)\b", text) and not re.search(r"20[0-9][0-9]-", text)


def test_the_header_is_the_recipe():
    text = generate([Problem.of("2d_k4s2p1", target="x86-64-v3")])[1]
    head = [line for line in text.split("\n") if line.startswith("#")]
    assert "# conv_transpose2d_k4s2p1_f32_x86_64_v3" in head
    assert any(line.startswith("# made by   convt build 2d_k4s2p1 --map conv_transpose") for line in head)
    assert "# lengths   n = 2·m on each axis" in head
    assert any("r=0: taps 0, 2 at offsets 0, −1" in line for line in head)
    assert any(line.startswith("# rests on  lengths, round trip") for line in head)


def test_template_variables_and_plan_fields_are_compared_both_ways():
    problem = Problem.of("1d_k3", target="generic")
    plan = next(f for f in families() if f.NAME == "plain").plan(problem, TARGETS["generic"])
    from convt._codegen.plan import as_fields

    rows = {k: v for k, v in as_fields(plan).items() if k not in ("template", "pieces")}
    fill(plan.template, rows)
    with pytest.raises(TemplateMismatch, match="not in the template: .'surplus'"):
        fill(plan.template, rows | {"surplus": 1})
    rows.pop("says")
    with pytest.raises(TemplateMismatch, match="not in the plan: .'says'"):
        fill(plan.template, rows)


@pytest.mark.parametrize(("name", "map"), [("2d_k4s2p1", "conv_transpose"), ("2d_k3p1", "conv"), ("3d_k3s2p1", "conv"), ("2d_k3p1", "conv_weight_gradient")])
def test_the_families_are_compiled_in_two_parts_of_about_one_length(name, map):
    """Every function that is called from elsewhere is made in one part; what a part makes has its pieces there; none is twice the other."""
    plan = decide(Problem.of(name, map), TARGETS["x86-64-v4"])
    whole = module(plan.name, [plan])
    texts = {piece.symbol: text_of(piece) for piece in whole.pieces}
    found = parts(whole, texts)
    assert all(found[piece.symbol] and found[piece.symbol] <= {1, 2} for piece in whole.pieces)
    assert all(len(found[piece.symbol]) == 1 for piece in whole.pieces if piece.prototypes)
    for family in plan.families:
        assert all(found[family.code.symbol] <= found[piece.symbol] for piece in family.code.pieces)
    lengths = [sum(len(texts[symbol]) for symbol, some in found.items() if part in some) for part in (1, 2)]
    assert max(lengths) < 2 * min(lengths)
    assert parts_of(render(whole)) == [1, 2] and parts_of(generate([Problem.of(name, map, "int64", target="generic")])[1]) == []


def test_plans_are_frozen_and_can_be_explained():
    plan = decide(Problem.of("2d_k4s2p1"), TARGETS["x86-64-v3"]).citing(["lengths"])
    with pytest.raises(AttributeError):
        plan.recipe = ()
    assert dict(plan.recipe)["rests on"] == "lengths: for every m ≥ 1" and plan.citing([]) == plan
    assert "direct" in explain(plan) and "plain" in explain(plan)


@pytest.mark.parametrize(("field", "value"), [
    ("map", "conv_transposed"), ("map", "../conv"), ("dtype", "float16"), ("dtype", "float32; import os"),
    ("layout", "nchw"), ("target", "-march=native"), ("target", "x86-64-v9"), ("spec", "2d_k3; drop"), ("spec", 3),
])
def test_problems_refuse_everything_outside_their_lists(field, value):
    with pytest.raises(ArgumentError):
        Problem.of(**({"spec": "2d_k3"} | {field: value}))


def test_names_are_distinct_for_distinct_problems_and_legal_identifiers():
    problems = {Problem.of(spec, m, d, layout, conjugate, target)
                for spec in ("1d_k3p-1:2", "1d_k3p1", "2d_k3x2op1x0") for m in ("conv_transpose", "conv_weight_gradient")
                for d in ("float32", "complex64") for layout in ("channels_first", "channels_last")
                for conjugate in (False, True) for target in ("host", "x86-64-v3")}
    names = {problem.name for problem in problems}
    assert len(names) == len(problems) and all(name.isidentifier() for name in names)
    assert Problem.of("2d_k4s2p1").name == "conv_transpose2d_k4s2p1_f32"
    assert Problem.of("2d_k4s2p1", dtype="complex64", layout="channels_last", conjugate=True,
                      target="generic").name == "conv_transpose2d_k4s2p1_c64_cl_conj_generic"


def test_generated_folder_is_what_the_generator_writes():
    from pathlib import Path

    from convt.catalogue import texts

    folder = Path(__file__).parents[2] / "generated"
    assert {p.name: p.read_text(encoding="utf-8") for pattern in ("*.pyx", "*.h") for p in folder.glob(pattern)} == texts(), "run: convt sync"
