"""``convt import``: the convolutions of a model, as a spec file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path as File

import click

from convt._derive.errors import ArgumentError

from .common import show

KINDS = {".tflite": "tflite", ".keras": "keras", ".h5": "keras", ".hdf5": "keras"}
"""Ending of a file -> its reader; all others are read as ONNX."""


@click.command(epilog="\b\nExamples:\n  convt import detector.onnx -o detector.convt.toml\n"
               "  convt import detector.tflite\n"
               "  convt import --torch mypackage.models:unet --input 1x3x224x224 -o unet.convt.toml\n"
               "  convt import --keras mypackage.models:unet")
@click.argument("model", required=False, metavar="[MODEL]")
@click.option("--torch", metavar="MODULE:FACTORY", help="A PyTorch module, or what makes one without arguments; it is run once.")
@click.option("--keras", metavar="MODULE:FACTORY", help="A Keras model, or what makes one without arguments; it is traced.")
@click.option("--input", "inputs", multiple=True, metavar="SHAPE",
              help="Shape of the input, such as 1x3x224x224; once an input. A Keras model has its own, where it says them.")
@click.option("-o", "--output", metavar="FILE", help="Write there.")
def command(model: str | None, torch: str | None, keras: str | None, inputs: tuple[str, ...], output: str | None) -> None:
    """Write a spec file with every convolution of a model: geometry, channels, lengths. `convt check` reads it.

    A model is an ONNX file, a .tflite, .keras or .h5 file, a PyTorch module with --torch, or a Keras model with --keras.

    Exit 1 where layers are left out, or where the model says other lengths than its geometry has: comments say which and why.
    """
    named = [one for one in (model, torch, keras) if one is not None]
    if len(named) != 1:
        raise ArgumentError("MODEL", " ".join(named) or None, "name one model: a file, --torch MODULE:FACTORY, or --keras MODULE:FACTORY")
    kind = "torch" if torch else "keras" if keras else KINDS.get(File(named[0].lower()).suffix, "onnx")
    if bool(inputs) != (kind == "torch") and kind != "keras":
        rule = "says the shape of each input of --torch or of a Keras model, and of nothing else"
        raise ArgumentError("--input", ", ".join(inputs) or None, rule, "1x3x224x224")
    from convt.specs.needs import demand

    demand("pydantic", "tree_sitter", "tree_sitter_toml", "tomlkit", {"tflite": "ai_edge_litert"}.get(kind, kind))
    from convt.imports.rows import rows
    from convt.imports.write import text

    reader = import_module(f"convt.imports.{kind}")
    found = reader.read(named[0], inputs) if kind in ("torch", "keras") else reader.read(named[0])
    made, left = rows(found.layers)
    if not made:
        why = f"; the first of {len(left)} that no spec can say: {left[0].name}: {left[0].reason}" if left else ""
        raise ArgumentError("model", found.name, f"has no convolution that a spec can say{why}")
    show(text(found, made, left).encode(), output)
    other = sum(row.contradicts for row in made)
    click.echo(f"{len(made)} layers" + f", {len(left)} left out" * bool(left)
               + f", {other} where the model says other lengths" * bool(other) + (": see the comments" if left or other else ""), err=True)
    if left or other:
        raise SystemExit(1)
