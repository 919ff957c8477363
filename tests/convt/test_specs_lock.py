"""The lock beside a spec: facts that do not depend on the machine; whatever changes is said in words."""

import re
import tomllib
from dataclasses import replace

import pytest
import specs

from convt import ConvSpec
from convt._derive.errors import ArgumentError
from convt.specs import check, facts, lock, reading
from convt.specs.finding import Result
from convt.specs.mistakes import BadSpec

SPEC = """
[[layer]]
name = "up3"
torch = { kernel_size = 3, stride = 2, padding = 1, output_padding = 1 }
input = ["H", "W"]

[[layer]]
name = "up4"
config = "2d_k4s2p1"
channels = [64, 32]
input = [16, 16]

[[layer]]
name = "smooth"
config = "1d_k4s2p1"
weights = "bilinear"
"""
VERDICTS = {number: {"outcome": "proved", "scope": "all sizes", "why": ""} for number in range(1, 23)} | {
    20: {"outcome": "not applicable", "scope": "this size", "why": ""}, 23: {"outcome": "checked", "scope": "this size", "why": ""}}


def results(path, deep=True):
    """Results with the facts of every level, as ``check`` makes them; kernels are not built, judges not asked."""
    made = []
    for layer in reading.read([path]):
        kernels = facts.of_kernels(layer) if deep else {}
        made.append(Result(layer, [], facts.of_shapes(layer) | facts.of_proofs(VERDICTS) | kernels))
    return made


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    path = specs.write(tmp_path_factory.mktemp("spec"), SPEC)
    return path, results(path)


@pytest.fixture
def outside_ci(monkeypatch):
    monkeypatch.delenv("CI", raising=False)


def differences(before, after, level="kernels"):
    return [": ".join(one) for one in lock.differences(lock.made(before, "kernels"), lock.made(after, level), level)]


def test_a_lock_comes_back_as_it_was_written(locked, outside_ci):
    path, found = locked
    made = lock.made(found, "libraries")
    assert len(lock.update(str(path), None, made)) == 3
    assert lock.read(str(path)) == made and made.level == "kernels"
    text = lock.path_of(str(path)).read_text(encoding="utf-8")
    names = re.findall(r"\[layer\.(.*)\]", text)
    assert names == sorted(names) and len(text) < 3000
    assert lock.update(str(path), made, made) == []
    for host in ("host", "native", "AMD", "Intel", str(path.parent)):
        assert host not in text


def test_a_lock_is_refused_under_ci_and_never_loses_facts(locked, monkeypatch):
    path, found = locked
    monkeypatch.setenv("CI", "true")
    with pytest.raises(ArgumentError, match="refused where CI is set"):
        lock.update(str(path), None, lock.made(found, "kernels"))
    monkeypatch.setenv("CI", "false")
    with pytest.raises(ArgumentError, match="would drop the facts of level kernels"):
        lock.update(str(path), lock.made(found, "kernels"), lock.made(found, "shapes"))


def facts_of(locked):
    return [(result.layer.name, fact) for result in locked for fact in result.facts]


def test_every_fact_that_is_changed_left_out_or_added_is_said(locked):
    """Each fact of each layer, in three ways: none passes unseen."""
    path, found = locked
    good = lock.made(found, "kernels")
    kinds = set()
    for name, fact in facts_of(found):
        kinds.add(fact)
        own = dict(good.layers[name])
        for text in (own[fact] + " 1", own[fact][:-1], None):
            changed = {key: value for key, value in own.items() if key != fact} | ({} if text is None else {fact: text})
            bad = replace(good, layers={**good.layers, name: changed})
            said = lock.findings(bad, good, str(path))
            assert list(said) == [name] and said[name][0].state == "falls short", (name, fact, text)
    assert kinds == set(facts.LEVEL) - {"falling short"}
    strange = replace(good, layers={**good.layers, "up3": {**good.layers["up3"], "falling short": "5"}})
    assert "theorem 5 (adjoint) was falling short, and is not" in lock.findings(strange, good, str(path))["up3"][0].why
    strange = replace(good, layers={**good.layers, "up3": {**good.layers["up3"], "colour": "red"}})
    assert "has a fact 'colour'" in lock.findings(strange, good, str(path))["up3"][0].why
    fewer, more = (replace(good, layers=layers) for layers in ({k: v for k, v in good.layers.items() if k != "up3"}, {**good.layers, "up9": {}}))
    assert "new, not in the lock" in lock.findings(fewer, good, str(path))["up3"][0].why
    assert "up9 is in the lock, and no longer in the spec" in lock.findings(more, good, str(path))[""][0].why
    assert "target was generic, is x86-64-v3" in lock.findings(replace(good, target="generic"), good, str(path))[""][0].why
    shallow = replace(good, level="shapes")
    assert "the lock of level shapes has a fact 'source'" in " ".join(one.why for one in lock.findings(shallow, good, str(path))["up3"])


@pytest.mark.parametrize("level", ["shapes", "proofs"])
def test_a_shallower_check_compares_what_it_finds(locked, level):
    path, found = locked
    good = lock.made(found, "kernels")
    part = lock.Lock(good.target, level, {name: {fact: text for fact, text in own.items() if fact in facts.within(level)}
                                          for name, own in good.layers.items()})
    assert lock.findings(good, part, str(path)) == {}
    wrong = replace(good, layers={**good.layers, "up3": {**good.layers["up3"], "length": "2·H"}})
    assert list(lock.findings(wrong, part, str(path))) == ["up3"]


def test_differences_are_facts_with_their_cause(tmp_path, locked):
    _, before = locked
    after = results(specs.write(tmp_path, SPEC.replace(", output_padding = 1", "")), deep=False)
    said = [line for line in differences(before, after, "proofs") if line.startswith("up3")]
    assert "up3: output length was 2·H, 2·W, is 2·H − 1, 2·W − 1: output_padding changed from 1 to 0" in said
    assert all("output_padding changed from 1 to 0" in line for line in said) and not differences(before, before)
    assert [line for line in differences(before, after, "proofs") if not line.startswith("up3")] == []
    after = results(specs.write(tmp_path, SPEC.replace("[64, 32]", "[64, 1]")), deep=False)
    assert any("channels changed from 64 → 32 to 64 → 1" in line for line in differences(before, after, "proofs"))
    after = results(specs.write(tmp_path, SPEC.replace('"bilinear"', '"average"')), deep=False)
    assert any("weights changed from bilinear to average" in line for line in differences(before, after, "proofs"))
    after = results(specs.write(tmp_path, SPEC.replace('"2d_k4s2p1"', '"2d_k4s2p1"\ndtype = "float64"\nlayout = "channels_last"')), deep=False)
    assert differences(before, after, "proofs") == ["up4: dtype changed from float32 to float64",
                                                    "up4: layout changed from channels_first to channels_last"]


GENERATOR = {
    "length": ("convt._derive.lengths", "transposed_length", lambda old: lambda *a: old(*a) + 1),
    "phases": ("convt.specs.facts", "phases", lambda old: lambda axis: old(axis)[::-1]),
    "source": ("convt._codegen.pipeline", "generate", lambda old: lambda problems, tools=None: (old(problems, tools)[0], old(problems, tools)[1] + " ")),
    "family": ("convt._codegen.families.direct", "cost", lambda old: lambda *a: "0"),
    "amplification": ("convt._codegen.families.fast", "growth", lambda old: lambda *given: (17.0, 1)),
}


@pytest.mark.parametrize("fact", GENERATOR)
def test_a_tool_that_computes_otherwise_is_said(locked, fact, monkeypatch):
    import importlib

    from convt._codegen import estimate

    path, before = locked
    module, name, change = GENERATOR[fact]
    place = importlib.import_module(module)
    monkeypatch.setattr(place, name, change(getattr(place, name)))
    estimate._choices.cache_clear()
    try:
        level = facts.LEVEL[fact]
        said = differences(before, results(path, deep=level == "kernels"), level)
    finally:
        estimate._choices.cache_clear()
    words = lock.NAMES.get(fact, fact)
    assert any(f": {words} was" in line for line in said), said
    assert fact != "source" or any(line.endswith("the code generator changed") for line in said)


def test_verdicts_that_get_weaker_are_said(locked):
    _, before = locked
    weaker = {**VERDICTS, 5: {"outcome": "undecided", "scope": "all sizes", "why": ""}}
    after = [Result(one.layer, [], {**{k: v for k, v in one.facts.items() if facts.LEVEL[k] != "proofs"}, **facts.of_proofs(weaker)}) for one in before]
    said = differences(before, after)
    assert any("theorem 5 (adjoint) was proved for all sizes, and is not" in line for line in said)
    assert any("theorem 5 (adjoint) is falling short, and was not" in line for line in said)


@pytest.mark.parametrize("text", ["lock = 2\n", "", "lock = 1\nlevel = 'deep'\ntarget = 'x'\n", "lock = 1\n[layer.a]\nlength = 3\n", "lock = 1\nlayer = 3\n",
                                  "lock = \n", "\x00", "lock = 1\nlevel = 'shapes'\ntarget = 'x'\nmore = 1\n", "<<<<<<< HEAD\nlock = 1\n"])
def test_what_is_no_lock_is_a_mistake(tmp_path, text):
    path = specs.write(tmp_path, SPEC)
    lock.path_of(str(path)).write_text(text)
    with pytest.raises(BadSpec):
        lock.read(str(path))


def test_long_facts_are_short_and_still_differ():
    from convt._derive.spec import Axis

    one, other = (facts.short(facts._phases(Axis(1024, 256, (0, 0), dilation))) for dilation in (1, 3))
    assert one != other and max(map(len, (one, other))) <= facts.LONGEST
    assert facts._phases(Axis(3, 2)) == "0: 0@0 2@-1 | 1: 1@0"


def test_estimates_are_evaluated_without_eval():
    from types import SimpleNamespace

    from convt._codegen.estimate import evaluate, sizes
    from convt._codegen.plan import decide
    from convt._codegen.problem import MAPS, Problem

    problems = [Problem.of("2d_k4s2p1", map, layout=layout, target=target)
                for map in MAPS for layout, target in (("channels_first", "x86-64-v3"), ("channels_last", "generic"))]
    for problem in (*problems, Problem.of("2d_k4s2p1", weights="bilinear", target="x86-64-v4")):
        values = sizes(problem, 1, 64, 32, 2, (9, 7), (18, 14))
        call = SimpleNamespace(**{name.removeprefix("call."): value for name, value in values.items() if name.startswith("call.")})
        others = {name: value for name, value in values.items() if "." not in name}
        for row in decide(problem, problem.processor).entry.choices:
            assert evaluate(row.cost, values) == eval(row.cost, {}, {"call": call, **others})  # noqa: S307
    for text in ("__import__('os')", "call.n.__class__", "[1][0]", "lambda: 1"):
        with pytest.raises((KeyError, ValueError)):
            evaluate(text, values)


def test_the_lock_of_a_check_holds(tmp_path, outside_ci):
    path = specs.write(tmp_path, SPEC)
    layers = reading.read([path])
    first = check.check(layers, "shapes")
    assert check.against_locks(first, "shapes", update=True)
    again = check.check(layers, "shapes")
    assert check.against_locks(again, "shapes") == [] and all(result.holds for result in again)
    place = lock.path_of(str(path))
    place.write_text(place.read_text().replace('"2·H, 2·W"', '"2·H, 2·W + 1"'))
    assert tomllib.loads(place.read_text())
    again = check.check(layers, "shapes")
    check.against_locks(again, "shapes")
    assert [result.holds for result in again] == [False, True, True]
    some = check.check(layers[1:], "shapes")
    check.against_locks(some, "shapes", some=True)
    assert all(result.holds for result in some)


def test_configs_of_locks_may_be_anything():
    assert lock._cause("config", "nonsense", "1d_k3") == ["config in the lock is 'nonsense', which is none"]
    assert lock._cause("config", "1d_k3", "2d_k3") == ["config changed from 1d_k3 to 2d_k3"]
    assert str(ConvSpec.parse("1d_k3")) == "1d_k3"
