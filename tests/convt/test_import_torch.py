"""PyTorch modules become specs, and specs of published generators hold the lengths that PyTorch returns."""

import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs torch")
import torch_modules  # noqa: E402

from convt import cli  # noqa: E402
from convt._codegen import reference  # noqa: E402
from convt._derive.errors import ArgumentError  # noqa: E402
from convt.specs import check, reading, report  # noqa: E402

NETWORKS = {  # name -> (shapes, how many layers of each map)
    "unet": (("1x1x572x572", "1x1x188x204", "2x1x220x300"), {"conv": 19, "conv_transpose": 4}),
    "dcgan": (("1x100x1x1", "4x100x2x3", "2x100x7x5"), {"conv_transpose": 5}),
    "hifigan": (("1x80x32", "1x80x1", "3x80x101"), {"conv": 74, "conv_transpose": 4}),
}


def imported(tmp_path, factory, *shapes, name="a.convt.toml"):
    """The layers that a check reads and holds."""
    target = tmp_path / name
    cli.main_group(["import", "--torch", factory, *[word for shape in shapes for word in ("--input", shape)], "-o", str(target)],
                   standalone_mode=False)
    results = check.check(reading.read([target]), "shapes")
    assert all(result.holds for result in results), list(report.failures(results))
    return {result.layer.name: result.layer for result in results}


def returned(factory, shape):
    """Lengths of what each convolution of a module returns, by its name: PyTorch's own hooks."""
    module, found = getattr(torch_modules, factory)().eval(), {}
    for name, one in module.named_modules():
        if isinstance(one, torch.nn.modules.conv._ConvNd):
            one.register_forward_hook(lambda _, given, output, name=name: found.update({name: (tuple(given[0].shape[2:]), tuple(output.shape[2:]))}))
    with torch.no_grad():
        module(torch.zeros(tuple(map(int, shape.split("x"))), device="meta"))
    return found


@pytest.mark.parametrize("network", NETWORKS)
def test_published_networks_from_model_to_lock(tmp_path, network, monkeypatch):
    """Model, spec, check, lock; the formulas of each spec are true at the sizes of the others too."""
    monkeypatch.delenv("CI", raising=False)
    shapes, counts = NETWORKS[network]
    wanted = [returned(network, shape) for shape in shapes]
    for number, shape in enumerate(shapes):
        name = f"{number}.convt.toml"
        layers = imported(tmp_path, f"torch_modules:{network}", shape, name=name)
        assert {kind: sum(layer.map == kind for layer in layers.values()) for kind in counts} == counts
        assert layers.keys() == wanted[number].keys()
        for name_, layer in layers.items():
            assert (layer.size, tuple(length.number for length in layer.output)) == wanted[number][name_], name_
            for other in wanted:
                given, made = other[name_]
                assert tuple(reading_at(layer, given)) == made, name_
        for more in (["--update"], []):
            cli.main_group(["check", str(tmp_path / name), "--level", "shapes", *more], standalone_mode=False)
        assert all(layer in next(tmp_path.glob(f"{number}*.lock")).read_text() for layer in layers)


def reading_at(layer, given):
    """The lengths that a layer's geometry makes of others than its own."""
    from convt.specs.lengths import Length, along

    return (along(axis, layer.map, Length(0, length)).number for axis, length in zip(layer.spec.axes, given, strict=True))


def test_every_way_to_call_a_convolution_is_seen(tmp_path):
    layers = imported(tmp_path, "torch_modules:mixed", "1x3x8")
    assert list(layers) == ["same", "circular", "up", "up_2", "conv_transpose1d", "conv_transpose1d_2", "conv1d"]
    assert [str(layer.spec) for layer in layers.values()] == [
        "1d_k4p4:5d3", "1d_k3", "1d_k3s2d2", "1d_k3s2d2op1", "1d_k3s3p1op2", "1d_k3s3p1", "1d_k3d2"]
    assert layers["circular"].groups == 2 and layers["circular"].size == (10,) and not layers["conv1d"].bias and layers["same"].bias
    assert layers["conv_transpose1d"].channels == (4, 5) and layers["conv_transpose1d_2"].channels == (5, 4)
    with torch.no_grad():
        wanted = torch_modules.mixed()(torch.zeros(1, 3, 8)).shape[1:]
    assert tuple(length.number for length in layers["conv1d"].output) == tuple(wanted)


def test_same_puts_the_larger_half_last(tmp_path):
    layer = imported(tmp_path, "torch_modules:mixed", "1x3x8")["same"]
    module = torch_modules.Mixed().eval()
    x = torch.randint(-3, 4, (1, 3, 8)).float()
    with torch.no_grad():
        wanted = module.same(x).numpy()
        parts = [value.detach().double().numpy() for value in (x, module.same.weight, module.same.bias)]
    assert abs(reference.conv(layer.spec, *parts, (8,), 1) - wanted).max() < 1e-4


def test_a_module_in_half_precision(tmp_path):
    layers = imported(tmp_path, "torch_modules:half", "1x2x5x6")
    assert layers["0"].dtype == "float32" and "# float16 in the model" in (tmp_path / "a.convt.toml").read_text()


def test_modules_that_call_a_convolution_twice_or_are_one(tmp_path):
    torch_modules.again.train()
    assert list(imported(tmp_path, "torch_modules:again", "1x2x1")) == ["one"]
    layers = imported(tmp_path, "torch_modules:bare", "1x2x3x4x5")
    assert list(layers) == ["conv_transpose3d"] and str(layers["conv_transpose3d"].spec) == "3d_k4s1x2x3"


@pytest.mark.parametrize(("factory", "shape", "words"), [
    ("torch_modules", "1x2", "must be MODULE:FACTORY; nearest legal value: models:unet"), ("nowhere_at_all:f", "1x2", "ModuleNotFoundError"),
    ("torch_modules:none", "1x2", "AttributeError"), ("torch_modules:number", "1x2", "must be a torch.nn.Module, or make one; it is a int"),
    ("torch_modules:fails", "1x2", "cannot be made: RuntimeError: no weights"), ("torch_modules:half", "1x3x5x5", "cannot be run with it: "),
    ("torch_modules:nothing", "1x3", "has no convolution"), ("torch_modules:half", "1x2xH", "whole numbers from 1 joined by x"),
    ("torch_modules:half", "1x0x4x4", "whole numbers from 1"), ("torch_modules:half", "999999999x999999999", "elements, and may have")])
def test_one_error_for_what_cannot_be_imported(factory, shape, words):
    with pytest.raises(ArgumentError) as error:
        cli.main_group(["import", "--torch", factory, "--input", shape], standalone_mode=False)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_the_current_folder_is_looked_into(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))  # the path is put back after the test
    shutil.copy(Path(torch_modules.__file__), tmp_path / "of_this_folder.py")
    monkeypatch.chdir(tmp_path)
    assert len(imported(tmp_path, "of_this_folder:dcgan", "1x100x1x1")) == 5


@pytest.mark.full
def test_a_published_generator_holds_to_the_last_level(tmp_path):
    imported(tmp_path, "torch_modules:dcgan", "1x100x1x1")
    results = check.check(reading.read([tmp_path / "a.convt.toml"]), "libraries")
    assert all(result.holds for result in results), list(report.failures(results))
