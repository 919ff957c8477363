"""``docs/specs.md``: the page about spec files, made from their schema."""

from __future__ import annotations

from typing import Any

from .model import schema
from .words import PROPERTIES, THEOREMS

TABLES = {"Spec": "A spec file", "Defaults": "[defaults]", "LayerTable": "[[layer]]", "Faster": "faster_than"}
HEAD = """# Spec files

Written by `convt schema --format markdown -o docs/specs.md`; do not edit.

A spec names the layers that a model or a team relies on, in TOML, one file each, by convention `NAME.convt.toml`;
`convt check NAME.convt.toml` says whether they are still what it says. `convt schema -o convt.schema.json` writes its JSON Schema, with
which editors complete and check it: `#:schema ./convt.schema.json` in the first line (Taplo, Even Better TOML).

```toml
convt = 1
[defaults]
agree = ["torch", "onnxruntime"]

[[layer]]
name = "up4"
config = "2d_k2s2"
channels = [1024, 512]
input = [28, 28]
output = [56, 56]
hold = ["adjoint", "polyphase split", "uniform coverage"]

[[layer]]
name = "up3"
torch = { kernel_size = 4, stride = 2, padding = 1 }
input = ["H", "W"]
output = ["2*H", "2*W"]
```
"""
TAIL = """
## Frameworks' words

The words of a key such as `torch` are those of the framework's transposed convolution. With `map = "conv"` or `"conv_weight_gradient"`
they are those of its forward one, for `torch` (`torch.nn.functional.conv2d`), `onnx` (Conv), `tensorflow` (`tf.nn.convolution`), `keras`
(`keras.layers.Conv2D`) and `jax` (`lax.conv_general_dilated`: `window_strides`, `padding`, `rhs_dilation`). There SAME makes ⌈n/s⌉ features
and pads by the rest of n after division by the stride: with a stride the input is numbers, or a multiple such as `"2*H"`; `keras` has
`"causal"` too.

## Levels

| `--level` | checks | needs |
|---|---|---|
| `shapes` | lengths for every size, `fits_skip`, coverage, checkerboards of given weights, round trips: in integers, in milliseconds | |
| `proofs` | and every theorem of each geometry | |
| `kernels` | and that each kernel is built and passes its exact checks; `family`, `max_error`, `memory` | a C compiler |
| `libraries` | and that the libraries of `agree` compute the same lengths and values: smallest sizes, few channels, whole numbers | them |

A library that is named and not installed is reported; `--strict` makes that exit 3. Exit codes: 0 all holds, 1 something falls
short, 2 a spec is wrong, 3 something is missing. What was proved and built before is not done again: a check that was interrupted
goes on where it was.

## The lock

`convt check SPEC --update` writes `SPEC.lock` beside the spec: for each layer its lengths as formulas, the taps of its phases, the
verdicts of the theorems, a digest of the source of its kernel, the family for its size and how much that may amplify rounding errors.
Every later check compares, and says differences as facts: *output length was 2·H, is 2·H − 1: output_padding changed from 1 to 0*. A lock
holds nothing that depends on the machine: sources and families are those of the spec's `target`. Commit it; `--update` is refused where
`CI` is set.

## From a model

`convt import MODEL.onnx -o NAME.convt.toml` (extra `onnx`) makes a layer of every Conv and ConvTranspose node, those in branches, loops and
functions too, named after it. Lengths are those of shape inference; where they are dynamic they are letters, H and W in two dimensions,
and a comment says what the model calls them. `auto_pad` and a fixed `output_shape` become the crops that they mean; SAME of a dynamic
length pads by that length, so a strided layer is said for multiples of its stride. Of weights only the shape is needed, wherever they come
from; other element types than a spec's are checked in float32. `convt import MODEL.tflite` (extra `litert`) does the same for CONV_2D,
DEPTHWISE_CONV_2D and TRANSPOSE_CONV. `convt import --torch MODULE:FACTORY --input 1x3x224x224` runs a PyTorch module once, without
gradients, where its parameters are (on the device `meta` that takes neither memory nor time), and makes a layer of every convolution that
it calls, by modules or by functions; `MODULE` may lie in the current folder, and its code runs. `convt import --keras MODULE:FACTORY`
(extra `dialects`), or a `.keras` or `.h5` file, traces a Keras 3 model without numbers, on the backend that is configured, and makes a
layer of every convolution that it computes: shared layers, nested models, functions, and of a separable convolution its two. Lengths are
those of the model's own inputs, letters where they are None, or those of `--input`.

The layers agree with the library that computes the model (`[defaults]`); add what they must hold. Exit 1 where a layer is left out
because no spec can say it, or where the model's own shapes are not those of its geometry: comments say which and why.

## In pytest, in hooks, in actions

With convt installed, `pytest` collects every `*.convt.toml`: a test a layer, selected by `-k` as others. `--convt-level` (or `convt_level`
in the configuration) says how deep, `libraries` by default.

```yaml
# .pre-commit-config.yaml
- repo: URL-OF-YOUR-COPY
  rev: v0.1.0
  hooks: [{id: convt-check}]
```

```yaml
# .github/workflows/specs.yml
on: [push, pull_request]
jobs:
  specs:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {python-version: "3.12"}
      - run: pip install 'convt[specs]'
      - run: convt check specs/*.convt.toml --format github --junit checks.xml
```
"""


def page() -> str:
    """The whole page."""
    made = schema()
    found = {"Spec": made, **made["$defs"]}
    lines = [HEAD]
    for name, title in TABLES.items():
        required = found[name].get("required", ())
        lines += [f"## `{title}`" if title.startswith("[") or "_" in title else f"## {title}", "", found[name].get("description", ""), "",
                  "| key | value | |", "|---|---|---|"]
        lines += [f"| `{key}` | {_kind(field)} | {'Needed. ' * (key in required)}{_plain(field.get('description', ''))} |"
                  for key, field in found[name]["properties"].items()]
        lines.append("")
    theorems = ", ".join(f"{number} {title}" for number, title in THEOREMS.items())
    lines += ["## What can be held", "", f"Theorems, by number or title: {theorems}. Properties: {', '.join(PROPERTIES)}."]
    return "\n".join(lines) + "\n" + TAIL


def _kind(field: dict[str, Any]) -> str:
    """The values of a field, in words."""
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(one) for one in field["anyOf"] if one.get("type") != "null"))
    if "$ref" in field or "allOf" in field:
        return "table"
    if field.get("type") == "array":
        inner = _kind(field["items"])
        return f"list ({inner})"
    return {"integer": "whole number", "string": "text", "boolean": "true or false", "number": "number", "object": "table"}[field["type"]]


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
