"""Keras models become specs, and the specs hold the lengths and the values that Keras returns."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="needs keras")
pytest.importorskip("tensorflow", reason="needs tensorflow")
pytestmark = pytest.mark.slow  # TensorFlow takes seconds to come up
import keras_models  # noqa: E402

from convt import cli  # noqa: E402
from convt._codegen import reference  # noqa: E402
from convt._derive.errors import ArgumentError  # noqa: E402
from convt.specs import check, reading, report  # noqa: E402
from convt.specs.lengths import Length, along  # noqa: E402


def imported(tmp_path, *words, name="a.convt.toml"):
    """The layers that a check reads and holds."""
    cli.main_group(["import", *words, "-o", str(tmp_path / name)], standalone_mode=False)
    results = check.check(reading.read([tmp_path / name]), "shapes")
    assert all(result.holds for result in results), list(report.failures(results))
    return {result.layer.name: result.layer for result in results}


def returned(model, *shape):
    """Lengths of what goes into each convolution of a model and what comes out, by its name: computed by Keras."""
    convolutions = [one for one in model.layers if "Conv" in type(one).__name__]
    probe = keras.Model(model.inputs, [part for one in convolutions for part in (one.input, one.output)])
    parts = [tuple(part.shape[1:-1]) for part in probe([np.zeros(shape, "float32")])]
    return {one.name: (parts[2 * number], parts[2 * number + 1]) for number, one in enumerate(convolutions)}


def from_model_to_lock(tmp_path, layers, name="a.convt.toml"):
    for more in (["--update"], []):
        cli.main_group(["check", str(tmp_path / name), "--level", "shapes", *more], standalone_mode=False)
    assert all(layer in Path(tmp_path / f"{name}.lock").read_text() for layer in layers)


def test_a_unet_whose_lengths_are_open(tmp_path, monkeypatch):
    """One spec; its formulas give what Keras returns at three sizes, and the spec of each size says the same."""
    monkeypatch.delenv("CI", raising=False)
    layers = imported(tmp_path, "--keras", "keras_models:unet")
    assert "dynamic in the model: H, W" in (tmp_path / "a.convt.toml").read_text() and len(layers) == 13
    for batch, *size in ((1, 32, 48), (2, 8, 8), (1, 40, 24)):
        wanted = returned(keras_models.unet(), batch, *size, 3)
        fixed = imported(tmp_path, "--keras", "keras_models:unet", "--input", f"{batch}x{size[0]}x{size[1]}x3", name="b.convt.toml")
        assert layers.keys() == fixed.keys() == wanted.keys()
        for name, (given, made) in wanted.items():
            assert (fixed[name].size, tuple(length.number for length in fixed[name].output)) == (given, made), name
            assert tuple(along(axis, layers[name].map, Length(0, n)).number for axis, n in zip(layers[name].spec.axes, given, strict=True)) == made
    assert [(layers[name].channels, str(layers[name].spec)) for name in ("halve0", "up2")] == [((8, 8), "2d_k3s2p0:1"), ((32, 32), "2d_k4s2p1")]
    from_model_to_lock(tmp_path, layers)


def test_a_dcgan_from_a_factory_and_from_files(tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    model = keras_models.dcgan()
    wanted = returned(model, 2, 100)
    given = [["--keras", "keras_models:dcgan"]]
    for ending in ("keras", "h5"):
        model.save(tmp_path / f"dcgan.{ending}")
        given.append([str(tmp_path / f"dcgan.{ending}")])
    for words in given:
        layers = imported(tmp_path, *words)
        assert {name: (layer.size, tuple(length.number for length in layer.output)) for name, layer in layers.items()} == wanted
        assert [layer.bias for layer in layers.values()] == [False, False, True] and {layer.map for layer in layers.values()} == {"conv_transpose"}
    from_model_to_lock(tmp_path, layers)


MIXED = {  # name -> configuration, channels, groups, lengths in and out, bias
    "causal": ("1d_k3p4:0d2", (6, 6), 1, 24, 24, True), "apart/depthwise": ("1d_k4s2p1", (6, 12), 6, 24, 12, False),
    "apart/pointwise": ("1d_k1", (12, 8), 1, 12, 12, True), "deep": ("1d_k3", (8, 16), 8, 12, 10, True),
    "shared": ("1d_k3p1", (16, 16), 4, 10, 10, False), "shared_2": ("1d_k3p1", (16, 16), 4, 5, 5, False),
    "nested/inner": ("1d_k2", (16, 6), 1, 5, 4, True), "gate/conv": ("1d_k3s2p0:1", (6, 4), 1, 4, 2, False),
    "gate/conv_transpose": ("1d_k4s3op2", (4, 6), 1, 2, 9, False)}


def seen(layers):
    return {name: (str(layer.spec), layer.channels, layer.groups, *layer.size, layer.output[0].number, layer.bias) for name, layer in layers.items()}


def test_every_way_to_compute_a_convolution_is_seen(tmp_path):
    """In layers, shared ones and nested models, and by functions; nothing is left patched."""
    before = keras.Layer.__call__, keras.src.backend.nn.conv
    assert seen(imported(tmp_path, "--keras", "keras_models:mixed")) == MIXED
    assert (keras.Layer.__call__, keras.src.backend.nn.conv) == before
    assert keras_models.mixed()(np.zeros((1, 24, 6), "float32")).shape == (1, 9, 6)


def test_a_model_that_says_no_shape_and_channels_first(tmp_path):
    layers = imported(tmp_path, "--keras", "keras_models:Subclassed", "--input", "2x3x5x6x7")
    assert {name: (str(layer.spec), layer.channels, layer.size, layer.layout) for name, layer in layers.items()} == {
        "one": ("3d_k2x3x1", (3, 4), (5, 6, 7), "channels_first"), "two": ("3d_k2s2", (4, 2), (4, 4, 7), "channels_first")}


@pytest.mark.parametrize(("make", "size"), [
    (lambda: keras.layers.Conv2D(3, (4, 2), strides=3, padding="same", bias_initializer="ones"), (8, 10)),
    (lambda: keras.layers.Conv2D(3, (4, 3), dilation_rate=(2, 3), padding="same"), (8, 9)),
    (lambda: keras.layers.Conv1D(3, 3, padding="causal", dilation_rate=2, bias_initializer="ones"), (9,)),
    (lambda: keras.layers.Conv1D(3, 4, padding="causal", strides=2), (9,)),
    (lambda: keras.layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2, padding="same", bias_initializer="ones"), (8, 9)),
    (lambda: keras.layers.Conv2DTranspose(3, (4, 3), strides=2, padding="same", output_padding=1, bias_initializer="ones"), (4, 5)),
    (lambda: keras.layers.Conv3DTranspose(3, 2, strides=3), (2, 3, 2))])
def test_values_are_those_of_keras(tmp_path, monkeypatch, make, size):
    rng = np.random.default_rng(0)
    model = keras.Sequential([keras.Input((*size, 2)), make()])
    kernel, *rest = model.layers[0].weights
    kernel.assign(rng.integers(-3, 4, kernel.shape))
    monkeypatch.setattr(keras_models, "given", model, raising=False)
    layer, = imported(tmp_path, "--keras", "keras_models:given").values()
    x, w = rng.integers(-3, 4, (2, *size, 2)).astype("float32"), np.asarray(kernel).astype(float)
    if "Depthwise" in type(model.layers[0]).__name__:
        w = np.moveaxis(w.reshape(*w.shape[:-2], -1), -1, 0)[:, None]
    else:
        w = np.moveaxis(w, (-1, -2), (0, 1))
    bias = np.asarray(rest[0]).astype(float)
    function = reference.conv_transpose if layer.map == "conv_transpose" else reference.conv
    found = function(layer.spec, np.moveaxis(x, -1, 1).astype(float), w, bias, tuple(length.number for length in layer.output), layer.groups)
    assert np.array_equal(found, np.moveaxis(np.asarray(model(x)), -1, 1)) and layer.bias


def test_what_no_spec_can_say_is_a_comment(tmp_path, monkeypatch):
    """A kernel beyond the largest; exit 1, and the others are written."""
    from convt._derive.spec import LARGEST

    model = keras.Sequential([keras.Input((LARGEST + 9, 1)), keras.layers.Conv1D(1, LARGEST + 1, name="long"), keras.layers.Conv1D(1, 3, name="short")])
    monkeypatch.setattr(keras_models, "given", model, raising=False)
    with pytest.raises(SystemExit) as code:
        imported(tmp_path, "--keras", "keras_models:given")
    text = (tmp_path / "a.convt.toml").read_text()
    assert code.value.code == 1 and 'name = "short"' in text and "#   long: kernel" in text and 'name = "long"' not in text


@pytest.mark.full
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_say_the_same(tmp_path, backend):
    pytest.importorskip(backend, reason=f"needs {backend}")
    code = (f"import sys; sys.path.append({str(Path(keras_models.__file__).parent)!r})\nfrom convt.imports.keras import read\n"
            "print([(one.name, one.geometry, one.input, one.output) for name in ('mixed', 'unet') for one in read('keras_models:' + name).layers])")
    said = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                           env={**os.environ, "KERAS_BACKEND": name}).stdout for name in (backend, "tensorflow")]
    assert said[0] == said[1] and "gate/conv_transpose" in said[0]


@pytest.mark.slow
def test_libraries_compute_the_same(tmp_path):
    """Each layer of the models, without kernels: what a spec says is what TensorFlow computes."""
    from convt.specs import libraries

    layers = [layer for factory in ("mixed", "dcgan", "unet") for layer in imported(tmp_path, "--keras", f"keras_models:{factory}").values()]
    states = [finding.state for findings in libraries.compare(layers, lambda words: None) for finding in findings]
    assert set(states) <= {"holds", "left out"} and states.count("holds") >= 18


@pytest.mark.parametrize(("words", "said"), [
    (["--keras", "keras_models"], "must be MODULE:FACTORY"), (["--keras", "nowhere_at_all:f"], "ModuleNotFoundError"),
    (["--keras", "keras_models:number"], "must be a keras.Model, or make one; it is a int"),
    (["--keras", "keras_models:fails"], "cannot be made: RuntimeError: no weights"), (["--keras", "keras_models:nothing"], "has no convolution"),
    (["--keras", "keras_models:Subclassed"], "says no shape of its inputs"), (["--keras", "keras_models:unet", "--input", "1x9x9x3"], "cannot be traced"),
    (["--keras", "keras_models:unet", "--input", "1x8x8x3", "--input", "1x8"], "cannot be traced"),
    (["nowhere.keras"], "is no file"), (["--keras", "a:b", "--torch", "a:b"], "name one model")])
def test_one_error_for_what_cannot_be_imported(words, said):
    with pytest.raises(ArgumentError) as error:
        cli.main_group(["import", *words], standalone_mode=False)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_no_model(tmp_path):
    for ending in ("keras", "h5"):
        path = tmp_path / f"a.{ending}"
        path.write_bytes(b"no model")
        with pytest.raises(ArgumentError, match="cannot be loaded"):
            cli.main_group(["import", str(path)], standalone_mode=False)
