"""Pictures of a derivation: the matrix with the kernel's colours, and the scatter view. Needs the extra ``draw``."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from ..errors import ArgumentError
from ..form import taps_per_output
from ..lengths import image_lengths
from ..matrix import ConvMatrix
from ..spec import Axis, ConvSpec

CELLS = 200_000  # of a matrix picture: beyond this nothing could be told apart


def pyplot() -> Any:
    """matplotlib without a display. ``ModuleNotFoundError`` names the extra where it is missing."""
    try:
        import matplotlib
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError("pictures need matplotlib: pip install 'convt[draw]'") from missing
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def draw(spec: ConvSpec, feature: tuple[int, ...], kind: str, file_format: str) -> bytes:
    """``kind`` is "matrix" or "scatter", ``file_format`` "png" or "svg". The same call gives the same bytes."""
    plt = pyplot()
    figure = {"matrix": matrix, "scatter": scatter}[kind](plt, spec, feature)
    buffer = BytesIO()
    with plt.rc_context({"svg.hashsalt": "convt", "svg.fonttype": "none"}):
        metadata = {"Date": None} if file_format == "svg" else {"Software": None}
        figure.savefig(buffer, format=file_format, dpi=140, bbox_inches="tight", metadata=metadata)
    plt.close(figure)
    return buffer.getvalue()


def matrix(plt: Any, spec: ConvSpec, feature: tuple[int, ...]) -> Any:
    """A, one colour a tap; rows are feature positions, columns image positions."""
    made = ConvMatrix.at(spec, feature)
    rows, columns = made.shape
    if rows * columns > CELLS:
        raise ArgumentError("size", feature, f"gives a matrix of {rows} × {columns}, too large to draw; draw a smaller one")
    colours = _colours(plt, spec)
    flat = {tap: colours[number] for number, tap in enumerate(_all_taps(spec))}
    picture = [[(1.0, 1.0, 1.0, 1.0) if tap is None else flat[tap] for tap in row] for row in made.taps]
    figure, axes = plt.subplots(figsize=(min(14, 1.5 + 0.42 * columns), min(9, 1.6 + 0.42 * rows)))
    axes.imshow(picture, interpolation="nearest", aspect="equal")
    if columns <= 32 and rows <= 24:
        for r, row in enumerate(made.taps):
            for c, tap in enumerate(row):
                if tap is not None:
                    dark = sum(flat[tap][:3]) < 1.5
                    axes.text(c, r, "".join(map(str, tap)) if max(spec.kernel) <= 10 else ",".join(map(str, tap)),
                              ha="center", va="center", fontsize=7, color="white" if dark else "black")
        axes.set_xticks([c - 0.5 for c in range(columns + 1)], minor=True)
        axes.set_yticks([r - 0.5 for r in range(rows + 1)], minor=True)
        axes.grid(which="minor", color="0.85", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.set_xlabel(f"image position j, n = {' × '.join(map(str, made.image))}")
    axes.set_ylabel(f"feature position i, m = {' × '.join(map(str, feature))}")
    axes.set_title(f"A of {spec}: entry = tap a with j = s·i + d·a − p_lo")
    return figure


def scatter(plt: Any, spec: ConvSpec, feature: tuple[int, ...]) -> Any:
    """Each feature paints the kernel, overlaps add, the crop cuts: one panel an axis."""
    image = image_lengths(spec, feature)
    figure, panels = plt.subplots(spec.dims, 1, squeeze=False, figsize=(13, 1.2 + spec.dims * (1.1 + 0.42 * max(feature))))
    for number, axis in enumerate(spec.axes):
        _scatter_axis(panels[number][0], plt, axis, feature[number], image[number],
                      f"{spec}" + (f", axis {number}" if spec.dims > 1 else ""))
    figure.tight_layout()
    return figure


def _scatter_axis(panel: Any, plt: Any, axis: Axis, feature: int, image: int, title: str) -> None:
    p_lo = axis.padding[0]
    canvas = axis.stride * (feature - 1) + axis.span
    cells = range(min(-p_lo, 0), max(canvas - p_lo, image))
    colours = _colours(plt, ConvSpec.of([axis]))
    counts = taps_per_output(axis, feature, image)
    for i in range(feature):
        for a in range(axis.kernel):
            j = axis.stride * i + axis.dilation * a - p_lo
            visible = 0 <= j < image
            panel.add_patch(plt.Rectangle((j - 0.45, feature - i - 0.4), 0.9, 0.8, color=colours[a],
                                          alpha=1.0 if visible else 0.25, linewidth=0))
            if axis.kernel <= 16 and len(cells) <= 60:
                dark = sum(colours[a][:3]) < 1.5 and visible
                panel.text(j, feature - i, str(a), ha="center", va="center", fontsize=7, color="white" if dark else "black")
        panel.text(cells[0] - 1, feature - i, f"u[{i}]", ha="right", va="center", fontsize=8)
    for j in range(image):
        past = j > canvas - 1 - p_lo
        panel.add_patch(plt.Rectangle((j - 0.45, -0.5), 0.9, 0.8, facecolor="0.92" if counts[j] else "white",
                                      edgecolor="tab:red" if past else "0.4", linewidth=0.8))
        if len(cells) <= 60:
            panel.text(j, -0.1, str(counts[j]), ha="center", va="center", fontsize=7)
    panel.text(cells[0] - 1, -0.1, "taps per x[j]", ha="right", va="center", fontsize=8)
    for edge in (-0.5, image - 0.5):
        panel.axvline(edge, color="tab:red", linewidth=1, linestyle="--")
    panel.set_xlim(cells[0] - 0.6, cells[-1] + 0.6)
    panel.set_ylim(-0.9, feature + 0.8)
    panel.set_yticks([])
    panel.set_xlabel("image position j; dashed: what remains after cropping p_lo and p_hi and un-cropping op")
    panel.set_title(f"{title}: k = {axis.kernel}, stride {axis.stride}, padding {axis.padding}, dilation {axis.dilation}, "
                    f"output padding {axis.output_padding}, m = {feature} → n = {image}", fontsize=10)
    for side in ("left", "right", "top"):
        panel.spines[side].set_visible(False)


def _all_taps(spec: ConvSpec) -> list[tuple[int, ...]]:
    from itertools import product

    return list(product(*(range(k) for k in spec.kernel)))


def _colours(plt: Any, spec: ConvSpec) -> list[Any]:
    count = len(_all_taps(spec))
    return [plt.get_cmap("viridis")(0.08 + 0.87 * number / max(1, count - 1)) for number in range(count)]
