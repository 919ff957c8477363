"""LiteRT models become specs: the lengths and values that LiteRT computes, and one error for what is no model."""

import random
from itertools import product

import numpy as np
import pytest
from packaged import packaged

pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
import lite_models as models
from libraries import litert_model

from convt import cli
from convt._codegen import reference
from convt._derive.errors import ArgumentError
from convt.specs import check, reading, report


def imported(tmp_path, content):
    """(the one layer that a check reads and holds, the text)."""
    source, target = tmp_path / "a.tflite", tmp_path / "a.convt.toml"
    source.write_bytes(content)
    cli.main_group(["import", str(source), "-o", str(target)], standalone_mode=False)
    result, = check.check(reading.read([target]), "shapes")
    assert result.holds, list(report.failures([result]))
    return result.layer, target.read_text()


def whole(*shape):
    return np.random.default_rng(0).integers(-3, 4, shape).astype(np.float32)


def output(length, kernel, stride, dilation, padding):
    return -(-length // stride) if padding == "SAME" else (length - dilation * (kernel - 1) - 1) // stride + 1


@pytest.mark.parametrize(("operator", "kernel", "stride", "dilation", "padding", "size"), [
    (operator, kernel, stride, dilation, padding, size) for operator, (kernel, stride, dilation), padding, size in product(
        ("CONV_2D", "DEPTHWISE_CONV_2D"), [((3, 2), (2, 2), (1, 1)), ((4, 5), (3, 3), (1, 1)), ((2, 1), (3, 3), (1, 1)), ((3, 2), (1, 1), (2, 3))],
        ("SAME", "VALID"), ((9, 10), (11, 8)))])
def test_forward_convolutions_are_those_of_litert(tmp_path, operator, kernel, stride, dilation, padding, size):
    made = tuple(map(output, size, kernel, stride, dilation, (padding,) * 2))
    x, w = whole(1, *size, 2), whole(*((4, *kernel, 2) if operator == "CONV_2D" else (1, *kernel, 4)))
    content = models.forward(operator, x.shape, w, (1, *made, 4), padding, stride, dilation)
    layer, text = imported(tmp_path, content)
    ours = np.moveaxis(w, -1, 1) if operator == "CONV_2D" else np.moveaxis(w, -1, 0)
    wanted = np.moveaxis(models.run(content, x), -1, 1)
    found = reference.conv(layer.spec, np.moveaxis(x, -1, 1).astype(float), ours.astype(float), np.ones(4), made, layer.groups)
    assert np.array_equal(found, wanted) and f"padding is {padding}" in text and layer.layout == "channels_last" and layer.bias
    assert layer.groups == (1 if operator == "CONV_2D" else 2) and layer.channels == (2, 4)


@pytest.mark.parametrize(("kernel", "stride", "padding", "made"), [
    ((3, 3), (2, 2), "SAME", (8, 9)), ((3, 3), (2, 2), "SAME", (7, 10)), ((2, 4), (2, 3), "VALID", (8, 16)), ((1, 2), (3, 3), "SAME", (12, 15))])
def test_transposed_convolutions_are_those_of_litert(tmp_path, kernel, stride, padding, made):
    u, w = whole(1, 4, 5, 3), whole(2, *kernel, 3)
    content = litert_model(u, w, (1, *made, 2), *stride, padding)
    layer, _ = imported(tmp_path, content)
    found = reference.conv_transpose(layer.spec, np.moveaxis(u, -1, 1).astype(float), np.moveaxis(w, -1, 0).astype(float), None, made, 1)
    assert np.array_equal(found, np.moveaxis(models.run(content, u), -1, 1))
    assert (layer.channels, layer.map, layer.bias) == ((3, 2), "conv_transpose", False)


def test_dynamic_lengths_stay_letters(tmp_path):
    """As models have them: the shape says 1, and the signature −1."""
    signatures = [-1, -1, 9, 2], [-1, -1, 5, 4]
    _, text = imported(tmp_path, models.forward("CONV_2D", (1, 1, 9, 2), whole(4, 3, 3, 2), (1, 1, 5, 4), "SAME", (2, 2), signatures=signatures))
    assert "# dynamic in the model: H\n" in text and "# SAME pads by the length; said for those that 2 divides\n" in text
    assert 'input = ["2*H", 9]\noutput = ["H", 5]' in text


def refused(tmp_path, content, words):
    with pytest.raises(ArgumentError) as error:
        imported(tmp_path, content)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_what_is_no_model_or_cannot_be_said(tmp_path):
    content = models.forward("CONV_2D", (1, 9, 9, 2), whole(4, 3, 3, 2), (1, 7, 7, 4), "VALID", (1, 1))
    refused(tmp_path, b"", "is no LiteRT model: it does not begin with TFL3")
    refused(tmp_path, content[:4] + b"XXXX" + content[8:], "is no LiteRT model")
    refused(tmp_path, content[:60], "is not a whole LiteRT model")
    refused(tmp_path, models.forward("CONV_3D", (1, 9, 9, 2), whole(4, 3, 3, 2), (1, 7, 7, 4), "VALID", (1, 1)), "is none of those that a spec can say")
    refused(tmp_path, models.forward("CONV_2D", (1, 9, 9, 3), whole(4, 3, 3, 2), (1, 7, 7, 4), "VALID", (1, 1)), "do not fit 3 channels in")


def test_the_32_convolutions_of_basic_pitch(tmp_path):
    """The same layers as its ONNX model has."""
    source, target = tmp_path / "a.tflite", tmp_path / "a.convt.toml"
    source.write_bytes(packaged("basic_pitch", "saved_models/icassp_2022/nmp.tflite"))
    cli.main_group(["import", str(source), "-o", str(target)], standalone_mode=False)
    found = sorted(str(layer.spec) for layer in reading.read([target]))
    assert len(found) == 32
    pytest.importorskip("onnx", reason="needs onnx")
    source = tmp_path / "a.onnx"
    source.write_bytes(packaged("basic_pitch", "saved_models/icassp_2022/nmp.onnx"))
    cli.main_group(["import", str(source), "-o", str(target)], standalone_mode=False)
    assert found == sorted(str(layer.spec) for layer in reading.read([target]))


@pytest.mark.slow
def test_wrong_bytes_are_refused_in_one_line_or_read(tmp_path):
    from convt.imports import tflite
    from convt.imports.rows import rows

    whole_model = models.forward("CONV_2D", (1, 9, 9, 2), whole(4, 3, 3, 2), (1, 5, 5, 4), "SAME", (2, 2))
    rng, read = random.Random(0), 0
    for _ in range(400):
        content = bytearray(whole_model[:rng.choice((len(whole_model), len(whole_model), rng.randrange(len(whole_model))))])
        for _ in range(rng.choice((1, 1, 2, 3))):
            content[rng.randrange(len(content))] = rng.randrange(256) if content else 0
        (tmp_path / "a.tflite").write_bytes(content)
        try:
            rows(tflite.read(str(tmp_path / "a.tflite")).layers)
            read += 1
        except ArgumentError as error:
            assert "\n" not in str(error)
    assert read > 50
