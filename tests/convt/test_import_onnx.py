"""ONNX models become specs: the same layers, the lengths and values that ONNX Runtime computes, and one error for what is no model."""

import random
import re
import tomllib
from itertools import product

import numpy as np
import pytest
from packaged import packaged

onnx = pytest.importorskip("onnx", reason="needs onnx")
import onnx_models as models  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402
from onnx_models import tensor, value  # noqa: E402

from convt import cli  # noqa: E402
from convt._codegen import reference  # noqa: E402
from convt._derive.errors import ArgumentError  # noqa: E402
from convt.specs import check, reading, report  # noqa: E402

KINDS = ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")


def imported(tmp_path, made, left_out=0, level="shapes"):
    """(the layers that a check reads and holds, the text)."""
    target = tmp_path / "a.convt.toml"
    arguments = ["import", str(models.write(tmp_path, made)), "-o", str(target)]
    if left_out:
        with pytest.raises(SystemExit) as stopped:
            cli.main_group(arguments, standalone_mode=False)
        assert stopped.value.code == 1
    else:
        cli.main_group(arguments, standalone_mode=False)
    text = target.read_text()
    results = check.check(reading.read([target]), level)
    assert all(result.holds for result in results), list(report.failures(results))
    assert len(re.findall(r"(?m)^#   ", text)) == left_out
    return {result.layer.name: result.layer for result in results}, text


def lengths(layer):
    return [str(length) for length in layer.output]


def computed(layer, x, w, bias=None):
    """What the reference makes of a layer."""
    made = tuple(length.at(0) for length in layer.made)
    function = getattr(reference, layer.map)
    return function(layer.spec, x.astype(float), w.astype(float), bias, made, layer.groups)


CONV = [("Conv", kernel, s, d, auto, size) for (kernel, s, d), auto, size in product(
    [((3,), 2, 1), ((2,), 3, 1), ((4,), 2, 3), ((1, 4), 2, 1), ((3, 2), 1, 2), ((5, 3, 2), 3, 1)], KINDS, (10, 11))]
TRANSPOSED = [("ConvTranspose", kernel, s, d, auto, size) for (kernel, s, d), auto, size in product(
    [((3,), 2, 1), ((4,), 3, 1), ((2, 4), 2, 2), ((3, 3), 1, 1), ((3, 4, 5), 2, 1)], KINDS, (3, 4))]


@pytest.mark.parametrize(("operator", "kernel", "s", "d", "auto", "size"), CONV + TRANSPOSED)
def test_lengths_and_values_are_those_of_onnx_runtime(tmp_path, operator, kernel, s, d, auto, size):
    pytest.importorskip("onnxruntime")
    dims = len(kernel)
    pads = {} if auto != "NOTSET" else {"pads": [1] * dims + [0] * dims}
    data = [1, 2 if operator == "ConvTranspose" else 6, *(size + axis for axis in range(dims))]
    made = models.one(operator, kernel, data, (2, 3), 2, strides=[s] * dims, dilations=[d] * dims, auto_pad=auto, **pads)
    layers, text = imported(tmp_path, made)
    if operator == "Conv" and auto.startswith("SAME") and d > 1:
        assert "which ONNX Runtime refuses with dilations" in text
        assert lengths(layers["layer"]) == [str(-(-length // s)) for length in data[2:]]
        return
    x = np.random.default_rng(0).integers(-3, 4, data).astype(np.float32)
    wanted = models.run(made, x)
    assert lengths(layers["layer"]) == list(map(str, wanted.shape[2:]))
    assert np.array_equal(computed(layers["layer"], x, onnx.numpy_helper.to_array(made.graph.initializer[0])), wanted)


@pytest.mark.parametrize(("shape", "auto"), list(product([[9, 8], [7, 9], [10, 11]], ["NOTSET", "SAME_UPPER", "SAME_LOWER"])))
def test_an_output_shape_is_kept(tmp_path, shape, auto):
    pytest.importorskip("onnxruntime")
    made = models.one("ConvTranspose", (3, 4), [1, 2, 4, 4], (2, 4), strides=[2, 2], output_shape=shape, auto_pad=auto, bias=True)
    layers, text = imported(tmp_path, made)
    assert f"output_shape is {shape[-2:]}" in text
    x = np.random.default_rng(0).integers(-3, 4, (1, 2, 4, 4)).astype(np.float32)
    weights, bias = (onnx.numpy_helper.to_array(one) for one in made.graph.initializer)
    wanted = models.run(made, x)
    assert wanted.shape[2:] == tuple(shape[-2:]) and lengths(layers["layer"]) == list(map(str, shape[-2:]))
    assert np.array_equal(computed(layers["layer"], x, weights, bias.astype(float)), wanted) and layers["layer"].bias


def test_dynamic_lengths_stay_letters_and_are_said(tmp_path):
    node = helper.make_node("ConvTranspose", ["x", "w"], ["u"], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 0])
    after = helper.make_node("Conv", ["u", "v"], ["y"], strides=[1, 2])
    made = models.model([node, after], [value("x", "batch", 2, "height", None)], (), [tensor("w", 2, 3, 4, 4), tensor("v", 5, 3, 3, 3)])
    layers, text = imported(tmp_path, made)
    assert list(layers) == ["u", "y"] and "# dynamic in the model: H (height), W\n" in text and text.count("unk__") == 0
    assert lengths(layers["u"]) == ["2·H + 1", "2·W"] and layers["u"].channels == (2, 3)
    assert lengths(layers["y"]) == ["H − 2", "⌊(W − 1)/2⌋"] and layers["y"].channels == (3, 5)
    assert tomllib.loads(text)["layer"][1]["output"] == ["H - 2", "(W - 1)//2"]


def test_same_of_dynamic_lengths_is_said_for_multiples_of_the_stride(tmp_path):
    pytest.importorskip("onnxruntime")
    made = models.one("Conv", (3, 5), [1, 3, "h", "w"], strides=[2, 1], auto_pad="SAME_UPPER")
    layers, text = imported(tmp_path, made)
    layer = layers["layer"]
    assert "SAME pads by the length; said for those that 2 divides" in text
    assert [str(length) for length in layer.input] == ["2·H", "W"] and lengths(layer) == ["H", "W"]
    x = np.random.default_rng(0).integers(-3, 4, (1, 3, 8, 7)).astype(np.float32)
    weights = onnx.numpy_helper.to_array(made.graph.initializer[0])
    assert np.array_equal(reference.conv(layer.spec, x.astype(float), weights.astype(float), None, (4, 7), 1), models.run(made, x))


def test_a_fixed_output_of_dynamic_lengths_is_left_out(tmp_path):
    nodes = [helper.make_node("ConvTranspose", ["x", "w"], ["u"], "up\nto", strides=[2], output_shape=[9]),
             helper.make_node("Conv", ["u", "v"], ["y"], "last")]
    made = models.model(nodes, [value("x", 1, 2, "n")], (), [tensor("w", 2, 3, 4), tensor("v", 5, 3, 3)])
    layers, text = imported(tmp_path, made, left_out=1)
    assert list(layers) == ["last"] and "# Left out, 1 of 2:\n#   up\\nto: output_shape=[9]: is fixed while the input's" in text


def constant(name, *shape):
    return helper.make_node("Constant", [], [name], value=tensor(name, *shape))


def identity(name, into):
    return helper.make_node("Identity", [name], [into])


CONV_NODE = helper.make_node("ConvTranspose", ["x", "w"], ["y"], "up", strides=[2, 1])


@pytest.mark.parametrize("behind", [
    ([], [tensor("w", 4, 3, 2, 5)]), ([constant("w", 4, 3, 2, 5)], []), ([constant("v", 4, 3, 2, 5), identity("v", "w")], []),
    ([identity("a", "v"), identity("v", "w")], [tensor("a", 4, 3, 2, 5)]),
    ([helper.make_node("Transpose", ["a"], ["w"], perm=[1, 0, 3, 2])], [tensor("a", 3, 4, 5, 2)]),
    ([helper.make_node("Cast", ["a"], ["w"], to=TensorProto.FLOAT)], [tensor("a", 4, 3, 2, 5, dtype=np.float16)]),
    ([helper.make_node("DequantizeLinear", ["a", "s"], ["w"])], [tensor("a", 4, 3, 2, 5, dtype=np.int8), tensor("s")]),
], ids=["initialiser", "Constant", "Identity of Constant", "Identities", "Transpose", "Cast", "DequantizeLinear"])
def test_weights_are_found_behind_nodes(tmp_path, behind):
    nodes, initialisers = behind
    layers, _ = imported(tmp_path, models.model([*nodes, CONV_NODE], [value("x", 1, 4, 7, 9)], (), initialisers))
    layer = layers["up"]
    assert (layer.channels, layer.spec.kernel, lengths(layer), layer.dtype) == ((4, 3), (2, 5), ["14", "13"], "float32")


def test_weights_are_found_where_shapes_cannot_be_inferred(tmp_path):
    """An operator that onnx does not know is between, and the input of the model has no shape."""
    nodes = [constant("v", 4, 3, 2, 5), identity("v", "w"), helper.make_node("Strange", ["z"], ["x"], domain="of.ours"), CONV_NODE]
    layers, text = imported(tmp_path, models.model(nodes, [value("z", None)], domains=["of.ours"]))
    assert lengths(layers["up"]) == ["2·H", "W + 4"] and layers["up"].channels == (4, 3) and "dynamic in the model: H, W" in text


def test_computed_weights_need_a_kernel_shape(tmp_path):
    nodes = [helper.make_node("ConvTranspose", ["x", "w"], ["u"], "one"),
             helper.make_node("ConvTranspose", ["x", "w"], ["y"], "two", kernel_shape=[3, 3])]
    layers, text = imported(tmp_path, models.model(nodes, [value("x", 1, 4, 5, 5), value("w", None)]), left_out=1)
    assert layers["two"].channels is None and "channels are not known" in text and "#   one: kernel_shape=None: is not said" in text


def test_inner_graphs_and_outer_weights(tmp_path):
    """If in Loop: a branch uses weights of the main graph, behind an Identity of its own."""
    inner = models.graph([identity("v", "w"), helper.make_node("ConvTranspose", ["x", "w"], ["t"], "up", strides=[2])],
                         [], [value("t", None)], [], "then")
    other = models.graph([helper.make_node("ConvTranspose", ["x", "a"], ["e"], "up", strides=[3])], [], [value("e", None)],
                         [tensor("a", 2, 4, 5)], "else")
    choose = helper.make_node("If", ["more"], ["r"], "choose", then_branch=inner, else_branch=other)
    body = models.graph([choose, helper.make_node("Identity", ["more"], ["again"])],
                        [value("i", kind=TensorProto.INT64), value("more", kind=TensorProto.BOOL)],
                        [value("again", kind=TensorProto.BOOL), value("r", None)], [], "body")
    made = models.model([helper.make_node("Loop", ["n", ""], ["y"], "loop", body=body)],
                        [value("x", 1, 2, 6), value("n", kind=TensorProto.INT64)], (), [tensor("v", 2, 3, 4)])
    layers, text = imported(tmp_path, made)
    assert [(name, layer.channels, lengths(layer)) for name, layer in layers.items()] == [
        ("up", (2, 4), ["20"]), ("up_2", (2, 3), ["14"])]
    assert "# in loop/body/choose/then_branch" in text and "# in loop/body/choose/else_branch" in text


def test_weights_are_found_without_shape_inference(tmp_path, monkeypatch):
    """Constants behind Identities of inner graphs, from outer ones: only the input's lengths are not known."""
    def refuse(*_, **__):
        raise RuntimeError("not today\nnor tomorrow")

    inner = models.graph([identity("w", "v"), helper.make_node("ConvTranspose", ["x", "v"], ["t"], "up", strides=[2])], [], [value("t", None)], [], "one")
    other = models.graph([identity("x", "t")], [], [value("t", None)], [], "two")
    nodes = [constant("c", 2, 3, 4), identity("c", "w"), helper.make_node("If", ["more"], ["y"], "if", then_branch=inner, else_branch=other)]
    made = models.model(nodes, [value("x", 1, 2, 7), value("more", kind=TensorProto.BOOL)])
    monkeypatch.setattr(onnx.shape_inference, "infer_shapes", refuse)
    layers, text = imported(tmp_path, made)
    assert "# shapes could not be inferred: not today\n" in text
    assert (layers["up"].channels, lengths(layers["up"])) == ((2, 3), ["16"])


def block(name, calls=()):
    """A function whose stride is its caller's."""
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], "up")
    attribute = node.attribute.add()
    attribute.name, attribute.ref_attr_name, attribute.type = "strides", "by", onnx.AttributeProto.INTS
    return helper.make_function("of.ours", name, ["x", "w"], ["y"], [node, *calls],
                                [helper.make_opsetid("", 17), helper.make_opsetid("of.ours", 1)], ["by"])


def test_functions_are_walked_with_their_attributes(tmp_path):
    nodes = [helper.make_node("up", ["x", "w"], ["u"], "first", domain="of.ours", by=[2]),
             helper.make_node("up", ["u", "v"], ["y"], "second", domain="of.ours", by=[4])]
    made = models.model(nodes, [value("x", 1, 2, 6)], (), [tensor("w", 2, 3, 4), tensor("v", 3, 5, 4)], functions=[block("up")],
                        domains=["of.ours"])
    layers, _ = imported(tmp_path, made)
    assert [(layer.channels, lengths(layer)) for layer in layers.values()] == [((2, 3), ["14"]), ((3, 5), ["56"])]


def test_functions_that_call_themselves_are_refused(tmp_path):
    calls = {name: [helper.make_node(other, ["x", "w"], ["z"], domain="of.ours")] for name, other in (("a", "b"), ("b", "a"))}
    made = models.model([helper.make_node("a", ["x", "w"], ["y"], domain="of.ours", by=[2])], [value("x", 1, 2, 6)], (),
                        [tensor("w", 2, 3, 4)], functions=[block(name, calls[name]) for name in "ab"], domains=["of.ours"])
    refused(models.write(tmp_path, made), "a function that calls itself")


@pytest.mark.parametrize("opset", [1, 9, 11, 13, 21, 22])
def test_opsets(tmp_path, opset):
    nodes = [helper.make_node("ConvTranspose", ["x", "w"], ["u"], "up", strides=[2, 2], output_padding=[1, 0]),
             helper.make_node("Conv", ["u", "k"], ["y"], "down", auto_pad="SAME_LOWER", strides=[2, 2])]
    made = models.model(nodes, [value("x", 1, 2, 5, 5), value("w", 2, 4, 3, 3)], (), [tensor("w", 2, 4, 3, 3), tensor("k", 3, 4, 2, 3)], opset)
    layers, _ = imported(tmp_path, made)
    assert lengths(layers["up"]) == ["12", "11"] and lengths(layers["down"]) == ["6", "6"]
    assert str(layers["down"].spec) == "2d_k2x3s2p0x1"


@pytest.mark.parametrize(("kind", "wanted", "note"), [
    ("FLOAT16", "float32", "float16 in the model"), ("BFLOAT16", "float32", "bfloat16 in the model"), ("DOUBLE", "float64", None)])
def test_element_types(tmp_path, kind, wanted, note):
    number = TensorProto.DataType.Value(kind)
    node = helper.make_node("Conv", ["x", "w"], ["y"], "c")
    layers, text = imported(tmp_path, models.model([node], [value("x", 1, 2, 5, kind=number), value("w", 3, 2, 2, kind=number)]))
    assert layers["c"].dtype == wanted and (note is None or f"# {note}\n" in text)


def test_quantised_and_fused_operators(tmp_path):
    byte, scale = TensorProto.UINT8, [value(name) for name in ("s", "t", "r")]
    zeros = [value(name, kind=TensorProto.UINT8) for name in ("z", "q", "p")]
    nodes = [helper.make_node("QLinearConv", ["x", "s", "z", "w", "t", "q", "r", "p"], ["a"], "quantised", strides=[2]),
             helper.make_node("ConvInteger", ["x", "w"], ["b"], "integer"),
             helper.make_node("FusedConv", ["f", "v"], ["c"], "fused", domain="com.microsoft", activation="Relu"),
             helper.make_node("DeformConv", ["f", "v", "o"], ["y"], "deformed")]
    made = models.model(nodes, [value("x", 1, 2, 7, kind=byte), value("w", 4, 2, 3, kind=byte), value("f", 1, 2, 7), value("v", 4, 2, 3),
                                value("o", None), *scale, *zeros], opset=21, domains=["com.microsoft"])
    layers, text = imported(tmp_path, made, left_out=1)
    assert [(name, lengths(layer), layer.channels) for name, layer in layers.items()] == [
        ("quantised", ["3"], (2, 4)), ("integer", ["5"], (2, 4)), ("fused", ["5"], (2, 4))]
    assert text.count("# uint8 in the model") == 2 and "deformed: op_type='DeformConv': is none" in text


BAD_LAYERS = {
    "four axes": (("Conv", (1, 2, 2, 2), [1, 3, 5, 5, 5, 5]), "has 4 axes; a spec says 1 to 3"),
    "other kernel": (("Conv", (2, 2), [1, 3, 5, 5], {"kernel_shape": [3, 3]}), "the weights have [2, 2]"),
    "other channels": (("Conv", (2, 2), [1, 4, 5, 5]), "are for 3 channels, and the input has 4"),
    "other rank": (("Conv", (2, 2), [1, 3, 5]), "must have batch, channels and 2 axes"),
    "groups": (("ConvTranspose", (2, 2), [1, 2, 5, 5], {"group": 3}), "must divide 2"),
    "kind": (("Conv", (2, 2), [1, 3, 5, 5], {"strides": [1.5, 1.5]}), "must be INTS"),
    "stride": (("Conv", (2, 2), [1, 3, 5, 5], {"strides": [0, 1]}), "must be from 1"),
    "count": (("Conv", (2, 2), [1, 3, 5, 5], {"pads": [1, 1]}), "one entry for each of 4 axes"),
    "output shape": (("ConvTranspose", (2, 2), [1, 2, 5, 5], {"output_shape": [1, 3, 6, 6]}), "one entry for each of 2 axes"),
    "word": (("Conv", (2, 2), [1, 3, 5, 5], {"auto_pad": "SAME"}), "must be one of NOTSET"),
    "output padding": (("ConvTranspose", (2, 2), [1, 2, 5, 5], {"output_padding": [2, 2]}), "smaller than stride or dilation"),
    "no output": (("Conv", (9, 9), [1, 3, 5, 5]), "output"),
}


@pytest.mark.parametrize("name", BAD_LAYERS)
def test_layers_that_cannot_be_said_say_why(tmp_path, name):
    (operator, kernel, data, *more), words = BAD_LAYERS[name]
    attributes = more[0] if more else {}
    made = models.one(operator, kernel, data, **attributes)
    made.graph.node.append(helper.make_node("Conv", ["g", "h"], ["z"], "good"))
    made.graph.input.append(value("g", 1, 1, 4))
    made.graph.initializer.append(tensor("h", 1, 1, 2))
    layers, text = imported(tmp_path, made, left_out=1)
    assert list(layers) == ["good"] and re.search(rf"(?m)^#   layer: .*{re.escape(words)}", text), text


def test_names_become_unique_and_printable(tmp_path):
    names = ["a", "a", "a_2", "x" * 150, "x" * 150, "b\nc\0", "#[[layer]]", '"']
    nodes = [helper.make_node("Conv", ["x", "w"], [f"y{number}"], name) for number, name in enumerate(names)]
    made = models.model([*nodes, helper.make_node("Conv", ["x", "w"], ["y"])], [value("x", 1, 3, 5)], (), [tensor("w", 2, 3, 2)])
    layers, _ = imported(tmp_path, made)
    assert list(layers) == ["a", "a_2", "a_2_2", "x" * 100, "x" * 98 + "_2", "b\\nc\\x00", "#[[layer]]", '"', "y"]


def test_a_model_whose_own_shapes_are_others_is_told(tmp_path, capsys):
    made = models.one("Conv", (2,), [1, 3, 5])
    made.graph.output[0].CopyFrom(value("y", 1, 2, 7))
    path = models.write(tmp_path, made)
    with pytest.raises(SystemExit) as stopped:
        cli.main_group(["import", str(path)], standalone_mode=False)
    said = capsys.readouterr()
    assert stopped.value.code == 1 and "# the model's own shapes say [7] for the output" in said.out
    assert "1 layers, 1 where the model says other lengths: see the comments" in said.err


def refused(path, *words):
    with pytest.raises(ArgumentError) as error:
        cli.main_group(["import", str(path)], standalone_mode=False)
    for word in words:
        assert word in str(error.value), str(error.value)
    assert "\n" not in str(error.value)


GOOD = models.one("ConvTranspose", (4, 4), [1, 2, 5, 5]).SerializeToString()
BAD = {"empty": b"", "text": b"not a model\n", "zeros": bytes(100), "png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "toml": b"convt = 1\n"}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_model_is_refused(tmp_path, name):
    refused(models.write(tmp_path, BAD[name]), "model=", "is no ONNX model, or not a whole one")


def test_every_truncated_model_is_refused(tmp_path):
    for end in range(len(GOOD)):
        refused(models.write(tmp_path, GOOD[:end]), "is no ONNX model, or not a whole one")


@pytest.mark.slow
def test_a_model_with_wrong_bytes_is_refused_in_one_line_or_read(tmp_path):
    """Whatever is said is said of layers that a check can read."""
    from convt.imports import onnx as reader
    from convt.imports.rows import rows
    from convt.imports.write import text

    nodes = [constant("v", 2, 3, 4, 4), identity("v", "w"), helper.make_node("ConvTranspose", ["x", "w"], ["u"], "up", strides=[2, 2], pads=[1, 1, 1, 1]),
             helper.make_node("Conv", ["u", "k"], ["z"], "down", auto_pad="SAME_UPPER", strides=[2, 1]),
             helper.make_node("ConvTranspose", ["z", "q"], ["y"], "last", output_shape=[9, 9])]
    whole = models.model(nodes, [value("x", 1, 2, "h", 5)], (), [tensor("k", 3, 3, 2, 3), tensor("q", 3, 1, 3, 3)]).SerializeToString()
    rng, read = random.Random(0), 0
    for number in range(500):
        content = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 3))):
            at = rng.randrange(len(content))
            content[at:at + rng.choice((0, 1, 1, 1, 2))] = rng.randbytes(rng.choice((0, 1, 1, 1, 2)))
        try:
            found = reader.read(str(models.write(tmp_path, bytes(content))))
        except ArgumentError as error:
            assert "\n" not in str(error)
            continue
        made, left = rows(found.layers)
        if made:
            target = tmp_path / f"{number}.convt.toml"
            target.write_text(text(found, made, left), encoding="utf-8")
            assert len(reading.read([target])) == len(made)
            read += 1
    assert read > 50


def test_files_that_cannot_be_read(tmp_path):
    refused(tmp_path / "none.onnx", "No such file")
    refused(tmp_path, "Is a directory")
    refused("/dev/null", "is no regular file")
    with open(tmp_path / "large.onnx", "wb") as file:
        file.truncate(1 << 31)
    refused(tmp_path / "large.onnx", "has 2147483648 bytes, and may have 2147483647")


def test_a_model_without_layers(tmp_path):
    refused(models.write(tmp_path, models.model([identity("x", "y")], [value("x", 1)])), "has no convolution that a spec can say")
    refused(models.write(tmp_path, models.one("Conv", (2,) * 4, [1, 3, *[5] * 4])), "no spec can say: layer:", "has 4 axes")


@pytest.mark.parametrize(("arguments", "words"), [
    ([], "name one model"), (["a.onnx", "--torch", "m:f", "--input", "1x2"], "name one model"), (["a.onnx", "--input", "1x2"], "of --torch"),
    (["--torch", "m:f"], "of --torch")])
def test_arguments_that_do_not_go_together(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        cli.main_group(["import", *arguments], standalone_mode=False)


@pytest.mark.slow
def test_an_imported_spec_holds_to_the_last_level(tmp_path):
    pytest.importorskip("onnxruntime")
    made = models.one("ConvTranspose", (2,), [1, 4, "n"], (4, 2), 2, strides=[2], auto_pad="SAME_LOWER", bias=True)
    layers, _ = imported(tmp_path, made, level="libraries")
    assert set(layers) == {"layer"}


def locked(tmp_path, monkeypatch):
    """The imported spec gets a lock, and holds it."""
    monkeypatch.delenv("CI", raising=False)
    for more in (["--update"], []):
        cli.main_group(["check", str(tmp_path / "a.convt.toml"), "--level", "shapes", *more], standalone_mode=False)
    assert (tmp_path / "a.convt.toml.lock").exists()


def test_the_detector_of_rapidocr(tmp_path, monkeypatch):
    layers, text = imported(tmp_path, packaged("rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx"))
    assert len(layers) == 64 and "62 conv, 2 conv_transpose" in text
    up = [layer for layer in layers.values() if layer.map == "conv_transpose"]
    assert [(layer.channels, lengths(layer), str(layer.spec)) for layer in up] == [
        ((24, 24), ["2·H", "2·W"], "2d_k2s2"), ((24, 1), ["2·H", "2·W"], "2d_k2s2")]
    locked(tmp_path, monkeypatch)


def test_the_32_convolutions_of_basic_pitch(tmp_path, monkeypatch):
    layers, _ = imported(tmp_path, packaged("basic_pitch", "saved_models/icassp_2022/nmp.onnx"))
    assert len(layers) == 32 and all(layer.size and layer.channels for layer in layers.values())
    locked(tmp_path, monkeypatch)
