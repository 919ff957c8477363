"""Draw the pictures of docs/gallery.md, and write that page: python examples/gallery.py [--write]"""

from __future__ import annotations

import sys
from pathlib import Path

from convt._derive import ConvSpec
from convt._derive.render.figures import draw

DOCS = Path(__file__).parents[1] / "docs"
PICTURES = (  # name, size, kind, format, what to see
    ("1d_k3s2p1op1", (3,), "scatter", "png", "Three features paint their kernel. The crop cuts tap 0 of the first one; output padding "
     "uncovers the last output, which is a real sum."),
    ("1d_k3s2p1op1", (3,), "matrix", "png", "The same as a matrix: rows are features, columns are outputs, one colour a tap."),
    ("1d_k3s2p1op1", (3,), "gather", "gif", "The same outputs by zero insertion: the flipped kernel slides with stride 1 over the filled "
     "and padded input."),
    ("2d_k3s2p1op1", (2, 2), "scatter", "gif", "Two dimensions: each feature adds its 3 × 3 kernel, where they overlap the sums grow."),
    ("2d_k3s2p1op1", (2, 2), "gather", "png", "Two dimensions by zero insertion, one output of sixteen."),
    ("2d_k3s2p0:1d2", (2, 2), "scatter", "png", "Dilation 2 and an asymmetric crop: gcd(s, d) = 2, so three quarters of the outputs have "
     "no tap at all."),
    ("2d_k3s2p1op1", (3, 3), "overlap", "png", "Why checkerboards: 1, 2 or 4 taps reach an output, by turns."),
    ("2d_k4s2p1", (3, 3), "overlap", "png", "With s dividing k every inner output has the same number of taps."),
    ("2d_k3s2p1op1", (3, 3), "phases", "png", "The four phases and their taps: this is how the kernels are generated."),
    ("3d_k2s2", (2, 2, 2), "phases", "png", "Three dimensions, slice by slice."),
    ("2d_k4s2p1", (2, 2), "matrix", "svg", "A two-dimensional layer as one matrix."),
)


def page() -> str:
    """The text of docs/gallery.md."""
    lines = ["# Gallery", "", "Made by `python examples/gallery.py --write`; the command below each picture draws it alone.", ""]
    for name, size, kind, suffix, text in PICTURES:
        file = filename(name, kind, suffix)
        sizes = "x".join(map(str, size))
        lines += [f"## {kind}, {name}", "", text, "", f"![{kind} of {name}](gallery/{file})", "",
                  f"`convt draw {name} --kind {kind} --size {sizes} -o {file}`", ""]
    return "\n".join(lines)


def filename(name: str, kind: str, suffix: str) -> str:
    """Colons are no good in file names."""
    return f"{name.replace(':', 't')}-{kind}.{suffix}"


def main() -> None:
    """Write the pictures and the page, or only say what they are."""
    if "--write" not in sys.argv:
        print(page())
        return
    folder = DOCS / "gallery"
    folder.mkdir(exist_ok=True)
    for name, size, kind, suffix, _ in PICTURES:
        (folder / filename(name, kind, suffix)).write_bytes(draw(ConvSpec.parse(name), size, kind, suffix))
    (DOCS / "gallery.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
