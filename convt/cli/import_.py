"""``convt import``: the convolutions of a model, as a spec file."""

from __future__ import annotations

from importlib import import_module

import click

from convt._derive.errors import ArgumentError

from .common import show


@click.command(epilog="\b\nExamples:\n  convt import detector.onnx -o detector.convt.toml\n"
               "  convt import detector.tflite\n"
               "  convt import --torch mypackage.models:unet --input 1x3x224x224 -o unet.convt.toml")
@click.argument("model", required=False, metavar="[MODEL]")
@click.option("--torch", "factory", metavar="MODULE:FACTORY", help="A PyTorch module, or what makes one without arguments; it is run once.")
@click.option("--input", "inputs", multiple=True, metavar="SHAPE", help="Shape of the module's input, such as 1x3x224x224; once an input.")
@click.option("-o", "--output", metavar="FILE", help="Write there.")
def command(model: str | None, factory: str | None, inputs: tuple[str, ...], output: str | None) -> None:
    """Write a spec file with every convolution of a model: geometry, channels, lengths. `convt check` reads it.

    A model is an ONNX file, a .tflite file, or with --torch a PyTorch module.

    Exit 1 where layers are left out, or where the model says other lengths than its geometry has: comments say which and why.
    """
    if (model is None) == (factory is None):
        raise ArgumentError("MODEL", model, "name one model: a file, or --torch MODULE:FACTORY")
    if (factory is None) != (not inputs):
        rule = "says the shape of each input of --torch, and of nothing else"
        raise ArgumentError("--input", ", ".join(inputs) or None, rule, "1x3x224x224")
    from convt.specs.needs import demand

    kind = "torch" if model is None else "tflite" if model.lower().endswith(".tflite") else "onnx"
    demand("pydantic", "tree_sitter", "tree_sitter_toml", "tomlkit", {"tflite": "ai_edge_litert"}.get(kind, kind))
    from convt.imports.rows import rows
    from convt.imports.write import text

    reader = import_module(f"convt.imports.{kind}")
    found = reader.read(factory, inputs) if model is None else reader.read(model)
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
