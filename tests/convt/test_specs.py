"""Spec files: what they may say, every mistake at once, and what the level of shapes finds."""

import inspect
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import specs
from hypothesis import given
from hypothesis import strategies as st

from convt import ConvSpec
from convt._derive import lengths as formulas
from convt._derive.errors import ArgumentError
from convt._derive.spec import Axis
from convt.specs import check, lengths, model, places, reading, report, shapes, words
from convt.specs.finding import exit_code
from convt.specs.mistakes import BadSpec

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "specs").glob("*.convt.toml"))
GOOD = [path for path in EXAMPLES if path.stem != "mistakes.convt"]
ROWS = [json.loads(line) for line in (ROOT / "tests" / "data" / "configs.jsonl").read_text().splitlines()]


def found(tmp_path, text):
    """Findings of the one layer, by what they are about."""
    result, = check.check(reading.read([specs.write(tmp_path, text)]), "shapes")
    return {finding.what: finding for finding in result.findings}


def mistakes(tmp_path, text):
    with pytest.raises(BadSpec) as error:
        reading.read([specs.write(tmp_path, text)])
    return error.value.mistakes


def test_twelve_mistakes_are_named(tmp_path):
    path = ROOT / "examples" / "specs" / "mistakes.convt.toml"
    said = {number: (rule, int(count)) for number, line in enumerate(path.read_text().splitlines(), 1)
            for count, rule in re.findall(r"# (\d+): (.*)", line)}
    assert sorted(count for _, count in said.values()) == list(range(1, 13))
    with pytest.raises(BadSpec) as error:
        reading.read([path])
    assert {one.line for one in error.value.mistakes} == set(said) and len(error.value.mistakes) == 12
    for one in error.value.mistakes:
        assert said[one.line][0] in str(one) and one.nearest is not None, str(one)
        assert str(one).startswith(f"{path}:{one.line}: ")


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name.partition(".")[0])
def test_examples_hold(path):
    results = check.check(reading.read([path]), "shapes")
    assert results and all(result.holds for result in results), list(report.failures(results))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name.partition(".")[0])
def test_every_key_is_on_its_line(path):
    text = path.read_text()
    found = places.places(text)

    def walk(value, at):
        assert at in found, at
        if at and isinstance(at[-1], str):
            assert at[-1] in text.splitlines()[found[at] - 1]
        entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, entry in entries:
            walk(entry, (*at, key))

    walk(tomllib.loads(text), ())


def test_lines_of_tables_in_tables_and_dotted_keys():
    text = '[[layer]]\nname = "a"\n[layer.torch]\nkernel_size = [\n 1,\n 2]\n[[layer]]\ntorch.stride = 2\nfaster_than = { peer = "torch" }\n'
    found = places.places(text)
    assert found[("layer", 0, "torch", "kernel_size", 1)] == 6 and found[("layer", 1, "torch", "stride")] == 8
    assert found[("layer", 1, "faster_than", "peer")] == 9 and places.line_of(("layer", 1, "nothing"), found) == 7


def test_the_conformance_file_is_a_spec(tmp_path):
    results = check.check(reading.read([specs.write(tmp_path, specs.conformance(ROWS))]), "shapes")
    assert len(results) == len(ROWS) == 664 and all(result.holds for result in results)
    wrong = [{**row, "output": [row["output"][0] + 1, *row["output"][1:]]} for row in ROWS]
    results = check.check(reading.read([specs.write(tmp_path, specs.conformance(wrong))]), "shapes")
    assert not any(result.holds for result in results)


def test_shapes_need_no_judge_and_no_compiler():
    code = ("import sys; from convt.specs import check, reading; import subprocess; subprocess.Popen = None\n"
            f"print(all(r.holds for r in check.check(reading.read({[str(path) for path in GOOD if 'fcn' not in path.name]}), 'shapes')))\n"
            "print([m for m in ('sympy', 'islpy', 'z3', 'cvc5', 'torch', 'jinja2', 'Cython') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["True", "[]"]


LENGTHS = st.builds(lambda a, b, c: lengths._reduced(lengths.Length(a, b, c, "H")), st.integers(1, 6), st.integers(-9, 9), st.integers(1, 6))
AXES = st.builds(Axis, st.integers(1, 5), st.integers(1, 4), st.tuples(st.integers(-2, 3), st.integers(-2, 3)), st.integers(1, 3), st.integers(0, 5))


@given(LENGTHS, LENGTHS, st.integers(1, 5))
def test_formulas_are_compared_for_every_size(one, other, least):
    wanted = next((value for value in range(least, 400) if one.at(value) != other.at(value)), None)
    assert lengths.first_difference(one, other, least) == wanted


@given(AXES, st.integers(1, 4), st.integers(-3, 3))
def test_formulas_are_those_of_the_maps(axis, times, more):
    given_length = lengths.Length(times, more, 1, "H")
    up, down = (lengths.along(axis, map_name, given_length) for map_name in ("conv_transpose", "conv"))
    for value in range(1, 30):
        at = times * value + more
        assert up.at(value) == formulas.image_length(axis, at)
        assert down.at(value) == formulas.windows(at, axis.kernel, axis.stride, axis.dilation, *axis.padding)


@given(LENGTHS)
def test_formulas_are_read_as_they_are_printed(length):
    text = str(length).replace("⌊", "(").replace("⌋", "").replace("/", ")//") if length.divisor > 1 else str(length)
    assert lengths._reduced(lengths.parse("output", text.replace("((", "(").replace("))", ")"))) == length


@pytest.mark.parametrize("text", ["2**H", "H/2", "H*W", "f(H)", "", "2 H", "H//0", "H//-1", "1e3", "True", "'a'", "H//2*2", "x" * 5000, "(" * 500,
                                  "9" * 5000, "-1", "0", "H if H else 1", "H.real", "H//2 + W//2"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(ArgumentError, match="must be"):
        lengths.parse("output", text)


def test_a_wrong_output_names_the_cause_and_the_smallest_size(tmp_path):
    one = found(tmp_path, '[[layer]]\nname = "a"\nconfig = "1d_k3s2p1"\ninput = ["H"]\noutput = ["2*H"]\n')["output"]
    assert one.state == "falls short" and "output_padding = 1, which is 0, gives it" in one.why and one.example == "H = 1: input 1 gives 1, not 2"
    assert subprocess.run(one.command, shell=True, capture_output=True, text=True, check=True).stdout.strip() == "(1, 1, 1)"
    one = found(tmp_path, '[[layer]]\nname = "a"\nconfig = "2d_k4s2p1"\ninput = [8, 8]\noutput = [16, 18]\n')["output"]
    assert "axis 1 has length 16, and should have 18: a total padding of 0, which is 2, gives it" in one.why
    one = found(tmp_path, '[[layer]]\nname = "a"\nmap = "conv"\nconfig = "1d_k3s2"\ninput = ["H"]\noutput = ["H//2"]\n')["output"]
    assert "axis 0 has length ⌊(H − 1)/2⌋, and should have ⌊H/2⌋" in one.why and one.example == "H = 4: input 4 gives 1, not 2"
    one = found(tmp_path, '[[layer]]\nname = "a"\nconfig = "1d_k3s2"\ninput = ["H"]\noutput = ["3*H"]\n')["output"]
    assert "another stride, which is 2" in one.why
    one = found(tmp_path, '[[layer]]\nname = "a"\nconfig = "1d_k3s2p3"\ninput = [2]\n')["output"]
    assert "would have length −1" in one.why.replace("-", "−") and "the least input length is 3" in one.why


@pytest.mark.parametrize(("config", "holds"), [("2d_k4s2p1", True), ("2d_k3s2p1", False), ("1d_k2s5d3", False), ("1d_k4s2d2", False), ("1d_k6s2d3", True)])
def test_uniform_coverage_is_the_count_of_every_interior_output(tmp_path, config, holds):
    one = found(tmp_path, f'[[layer]]\nname = "a"\nconfig = "{config}"\nhold = ["uniform coverage"]\n')["uniform coverage"]
    assert (one.state == "holds") == holds
    axis = ConvSpec.parse(config).axes[0]
    counts = [sum((j - axis.dilation * tap) % axis.stride == 0 for tap in range(axis.kernel)) for j in range(40, 40 + axis.stride)]
    assert (len(set(counts)) == 1) == holds


@pytest.mark.parametrize(("config", "weights", "holds"), [
    ("2d_k4s2p1", "bilinear", True), ("2d_k3s2p1op1", "average", False), ("1d_k3s2", "taps:1,2,1", True), ("1d_k2s3", "nearest", None),
    ("1d_k3s1d2", "taps:1,2,1", True), ("1d_k2s2d2", "taps:1,1", False)])
def test_checkerboards_of_given_weights(tmp_path, config, weights, holds):
    text = f'[[layer]]\nname = "a"\nconfig = "{config}"\nweights = "{weights}"\nhold = ["no checkerboard"]\n'
    if holds is None:
        assert "kernel and stride must be equal" in mistakes(tmp_path, text)[0].rule
    else:
        one = found(tmp_path, text)["no checkerboard"]
        assert (one.state == "holds") == holds and (holds or "sum to" in one.why)


def test_round_trips_and_skips(tmp_path):
    text = '[[layer]]\nname = "a"\nconfig = "1d_k3s2op2"\nhold = ["shape round trip"]\nfits_skip = [30]\n'
    one = found(tmp_path, text)
    assert one["shape round trip"].example == "m = 1 goes to n = 5, which goes to m = 2" and one["fits_skip"].example == "n = 30, m = 15, back to 33"
    assert found(tmp_path, '[[layer]]\nname = "a"\nconfig = "2d_k2s2"\nfits_skip = [30, [64, 2]]\n')["fits_skip"].state == "holds"
    one = found(tmp_path, '[[layer]]\nname = "a"\nconfig = "2d_k2s2"\nfits_skip = [30, [64, 31]]\n')["fits_skip"]
    assert "length 31 on axis 1 meets 30" in one.why


@pytest.mark.parametrize(("text", "key", "words_"), [
    ("convt = 2\n[[layer]]\nname = 'a'\nconfig = '1d_k3'\n", "convt", "must be 1"),
    ("[[layer]]\nconfig = '1d_k3'\n", "layer[0].name", "is needed"),
    ("", "layer", "is needed"),
    ("layer = 3\n", "layer", "must be a list"),
    ("[[layer]]\nname = 'a'\n", "layer[0]", "needs one geometry"),
    ("[[layer]]\nname = 'a'\nkernel = 3\nconfig = '1d_k3'\n", "layer[0].kernel", "there are 2"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3'\nstride = 2\n", "layer[0].stride", "stands beside kernel only"),
    ("[[layer]]\nname = 'a'\nkernel = [3, 3]\nstride = [2]\n", "layer[0].stride", "one entry for each of 2 axes"),
    ("[[layer]]\nname = 'a'\nkernel = [3, 3]\nstride = [2, 0]\n", "layer[0].stride[1]", "at least 1; nearest legal value: 1"),
    ("[[layer]]\nname = 'a'\nkernel = 3\n", "layer[0].kernel", "is needed when no argument has one entry an axis"),
    ("[[layer]]\nname = 'a'\ntorch = { kernel_size = 3, padd = 1 }\ndims = 2\n", "layer[0].torch.padd", "no such argument"),
    ("[[layer]]\nname = 'a'\nmap = 'conv'\ncaffe = { kernel_size = 3 }\n", "layer[0].caffe", "read for conv_transpose"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3'\ninput = [0]\n", "layer[0].input[0]", "must be from 1"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3'\ninput = ['H//2']\noutput = ['H']\n", "layer[0].input[0]", "without division"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3'\ninput = ['H']\noutput = ['W']\n", "layer[0].output[0]", "formula in H"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3'\ninput = ['H']\noutput = [3]\n", "layer[0].output[0]", "formula in H"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3'\nweights = 'no.npy'\n", "layer[0].weights", "No such file"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3'\nweights = 'bilinear'\ndtype = 'int64'\n", "layer[0].weights", "float32 and float64"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3'\nfamily = 'plain'\n", "layer[0].family", "needs channels"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3'\nmax_error = -1.0\n", "layer[0].max_error", "more than 0"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3'\nfits_skip = [[1, 2]]\n", "layer[0].fits_skip[0]", "one entry for each of 1 axes"),
    ("[[layer]]\nname = 'a'\nconfig = '3d_k1048576'\n", "layer[0]", "smallest call"),
    ("[[layer]]\nname = 'a\\nb'\nconfig = '1d_k3'\n".replace("'a\\nb'", '"a\\nb"'), "layer[0].name", "printable"),
    ("[[layer]]\nname = 'a'\nconfig = '1d_k3\n", "file", "is not TOML"),
])
def test_mistakes(tmp_path, text, key, words_):
    from convt.specs.mistakes import keys

    one, = mistakes(tmp_path, text)
    assert (keys(one.path) or "file") == key and words_ in str(one), str(one)


def test_mistakes_of_several_files_and_layers_are_said_together(tmp_path):
    one = specs.write(tmp_path, "[[layer]]\nname = 'a'\nconfig = 'x'\ninput = ['2**H']\nmemory = '3 Megs'\nhold = [99]\n", "one.convt.toml")
    two = specs.write(tmp_path, "[[layer]]\nname = 'a'\nkernel = '3'\nhold = ['ajoint']\n[[layer]]\nname = 'a'\nconfig = '1d_k3'\n", "two.convt.toml")
    with pytest.raises(BadSpec) as error:
        reading.read([one, two, tmp_path / "three.convt.toml"])
    assert [(Path(one.file).name, one.line) for one in error.value.mistakes] == [
        ("one.convt.toml", line) for line in (4, 5, 6, 6, 7)] + [("three.convt.toml", 1)] + [("two.convt.toml", line) for line in (4, 5, 7)]


def test_words_are_those_of_the_tool():
    import convt.cli.check
    import convt.pytest_plugin
    from convt.specs.finding import LEVELS

    assert convt.cli.check.LEVELS == convt.pytest_plugin.LEVELS == LEVELS
    from convt._codegen.elements import TYPES
    from convt._codegen.family import families
    from convt._codegen.problem import LAYOUTS, MAPS
    from convt._codegen.target import TARGETS
    from convt._derive.dialects import dialects
    from convt._derive.readings import KERNEL
    from convt._derive.theorems import theorems

    spec = ConvSpec.parse("2d_k4s2p1")
    assert {(made := make(spec)).number: made.title for make in theorems()} == words.THEOREMS and made
    known = {one.NAME: one for one in dialects()}
    assert sorted(words.DIALECTS.values()) == sorted(known)
    assert (set(words.MAPS), set(words.DTYPES), set(words.LAYOUTS)) == (set(MAPS), set(TYPES), set(LAYOUTS))
    assert set(words.TARGETS) == set(TARGETS) - {"host"} and words.families() == tuple(family.NAME for family in families())
    for key, name in words.DIALECTS.items():  # what the page says of a dialect are its own arguments
        told = re.findall(r"`(\w+)`", model.LayerTable.model_fields[key].description)
        assert told and set(told) <= {*KERNEL, *inspect.signature(known[name].read).parameters}, name


def test_models_and_words_say_the_same():
    made = model.schema()
    layer = made["$defs"]["LayerTable"]["properties"]
    assert set(words.DIALECTS) | set(words.GEOMETRY) < set(layer) and all(field.get("description") for field in layer.values())
    values = {key: next(one["enum"] for one in layer[key]["anyOf"] if "enum" in one) for key in ("map", "dtype", "layout")}
    assert values == {"map": list(words.MAPS), "dtype": list(words.DTYPES), "layout": list(words.LAYOUTS)}
    assert made["properties"]["target"]["enum"] == list(words.TARGETS)
    assert layer["agree"]["anyOf"][0]["items"]["enum"] == list(words.LIBRARIES)


def test_the_page_is_made_from_the_schema():
    from convt.specs.page import page

    assert (ROOT / "docs" / "specs.md").read_text(encoding="utf-8") == page(), "convt schema --format markdown -o docs/specs.md"


def test_the_sketch_of_the_page_holds(tmp_path):
    from convt.specs.page import page

    sketch = re.search(r"```toml\n(.*?)```", page(), re.S)[1]
    results = check.check(reading.read([specs.write(tmp_path, sketch)]), "shapes")
    assert [result.holds for result in results] == [True, True]


def test_formats(tmp_path):
    import xml.etree.ElementTree as ET

    path = specs.write(tmp_path, '[[layer]]\nname = "a,b:%"\nconfig = "1d_k3"\ninput = [4]\noutput = [9]\n[[layer]]\nname = "c"\nconfig = "1d_k3"\n')
    results = check.check(reading.read([path]), "shapes")
    line, = report.github(results)
    assert line.startswith(f"::error file={path},line=2,title=a%2Cb%3A%25%3A output::output: axis 0") and "%0Ainput 4 gives 6, not 9%0A" in line
    data = json.loads(report.data(results, "shapes", 1))
    assert [layer["holds"] for layer in data["layers"]] == [False, True] and data["layers"][0]["findings"][0]["example"]
    suite, = ET.fromstring(report.junit(results, 1.0))
    assert suite.attrib["tests"] == "2" and suite.attrib["failures"] == "1" and "input 4 gives 6" in suite[0][0].text


def test_exit_codes_of_results(tmp_path):
    from convt.specs.finding import Finding

    result, = check.check(reading.read([specs.write(tmp_path, "[[layer]]\nname = 'a'\nconfig = '1d_k3'\n")]), "shapes")
    assert exit_code([result], True) == 0
    result.findings.append(Finding("libraries", "torch", "missing"))
    assert (exit_code([result], False), exit_code([result], True)) == (0, 3)
    result.findings.append(Finding("libraries", "jax", "falls short"))
    assert exit_code([result], True) == 1


def test_commands_say_what_is_missing(monkeypatch):
    from convt._derive.errors import ToolMissing
    from convt.specs import needs

    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match=r"pydantic.*pip install 'convt\[specs\]'"):
        needs.demand("pydantic")


@pytest.mark.parametrize(("words_", "code"), [(["a.convt.toml", "--level", "shapes"], 0), (["b.convt.toml", "--level", "shapes"], 1),
                                              (["no.convt.toml"], 2), (["a.convt.toml", "--only", "c", "--level", "shapes"], 2),
                                              (["b.convt.toml", "--only", "a*", "--level", "shapes", "--format", "json"], 0)])
def test_exit_codes_of_the_command(tmp_path, words_, code):
    specs.write(tmp_path, "[[layer]]\nname = 'a'\nconfig = '1d_k3'\n")
    specs.write(tmp_path, "[[layer]]\nname = 'ab'\nconfig = '1d_k3'\n[[layer]]\nname = 'b'\nconfig = '1d_k3'\ninput = [4]\noutput = [4]\n", "b.convt.toml")
    done = subprocess.run([sys.executable, "-m", "convt", "check", *words_], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_whose_name_is_no_text_is_named_in_every_format(tmp_path):
    """Its bytes are escaped in JSON, which reads them back, and left out of XML, which cannot say them."""
    name = b"a\xff.convt.toml".decode("utf-8", "surrogateescape")
    specs.write(tmp_path, "[[layer]]\nname = 'a'\nconfig = '1d_k3'\ninput = [4]\noutput = [4]\n", name)
    for kind in ("text", "json", "github"):
        done = subprocess.run([sys.executable, "-m", "convt", "check", name, "--level", "shapes", "--format", kind, "--junit", "out.xml"], cwd=tmp_path,
                              capture_output=True, check=False)
        assert done.returncode == 1 and not done.stderr and b'name="a?.convt.toml"' in (tmp_path / "out.xml").read_bytes(), done
        assert kind != "json" or json.loads(done.stdout)["layers"][0]["file"] == name
    done = subprocess.run([sys.executable, "-m", "convt", "check", f"no{name}", "--format", "json"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 2 and json.loads(done.stdout)["mistakes"][0]["file"] == f"no{name}"


def test_coverage_counts_are_those_of_the_phases():
    for row in ROWS[::9]:
        for k, s, d in zip(row["kernel"], row["stride"], row["dilation"], strict=True):
            axis = Axis(k, s, (0, 0), d)
            counts = [0] * s
            for tap in range(k):
                counts[d * tap % s] += 1
            assert shapes.taps(axis) == counts


def test_the_lock_of_an_example_holds():
    path = ROOT / "examples" / "specs" / "unet.convt.toml"
    results = check.check(reading.read([path]), "shapes")
    assert Path(f"{path}.lock").exists() and check.against_locks(results, "shapes") == []
    assert all(result.holds for result in results), list(report.failures(results))
