"""Spec files for tests."""

import json


def write(folder, text, name="a.convt.toml"):
    """A spec file with these layers."""
    path = folder / name
    path.write_text(text if text.startswith("convt") else "convt = 1\n" + text, encoding="utf-8")
    return path


def conformance(rows):
    """Rows of the conformance data as a spec."""
    lines = ["convt = 1", "[defaults]", 'agree = ["torch", "onnxruntime"]']
    for row in rows:
        crops = [list(pair) for pair in zip(row["padding_begin"], row["padding_end"], strict=True)]
        lines += ["", "[[layer]]", f"name = {json.dumps(row['id'])}", f"padding = {crops}", f"bias = {json.dumps(bool(row['bias']))}",
                  *(f"{key} = {row[key]}" for key in ("kernel", "stride", "dilation", "output_padding", "groups", "input", "output")),
                  f"channels = [{row['in_channels']}, {row['out_channels']}]"]
    return "\n".join(lines) + "\n"
