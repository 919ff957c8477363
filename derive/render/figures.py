"""Pictures of a configuration: matrix, scatter, gather, overlap counts and phases. Needs the extra ``draw``."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from io import BytesIO
from itertools import product
from math import prod
from typing import Any

from ..errors import ArgumentError
from ..form import taps_per_output
from ..lengths import image_lengths
from ..matrix import ConvMatrix
from ..spec import Axis, ConvSpec
from .scenes import CELLS, FRAMES, Frame, Grid, frames, heading

KINDS = ("matrix", "scatter", "gather", "overlap", "phases")
FORMATS = ("png", "svg", "gif")
ENTRIES = 200_000  # of a matrix picture
PLAIN = {"feature": "#7fb3d5", "zero": "#ffffff", "border": "#dbe4ec", "cut": "#c9c9c9", "plain": "#ffffff", "more": "#f6c9c5"}
MILLISECONDS = 700  # of one frame


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
    """A picture of one of ``KINDS`` in one of ``FORMATS``; only scatter and gather move. The same call gives the same bytes."""
    plt = pyplot()
    if file_format == "gif" and kind not in ("scatter", "gather"):
        raise ArgumentError("--kind", kind, "does not move, so it cannot be a GIF", "scatter")
    if kind == "matrix":
        return _saved(plt, matrix(plt, spec, feature), file_format)
    image = image_lengths(spec, feature)
    least = prod(max(n, axis.stride * (m - 1) + axis.span) for axis, m, n in zip(spec.axes, feature, image, strict=True))
    if least > CELLS:
        raise ArgumentError("size", feature, f"gives {least} cells, too many to tell apart; draw a smaller one")
    if kind == "scatter" and spec.dims == 1 and file_format != "gif":
        return _saved(plt, scatter(plt, spec, feature), file_format)
    shown = frames(spec, feature, kind)
    cells = sum(len(grid.cells) for grid in shown[0].grids)
    if cells > CELLS or (file_format == "gif" and len(shown) > FRAMES):
        raise ArgumentError("size", feature, f"gives {cells} cells and {len(shown)} frames, too many to tell apart; draw a smaller one")
    title = heading(spec, feature)
    if file_format != "gif":
        return _saved(plt, picture(plt, shown[len(shown) // 2], title, spec.dims), file_format)
    return _animated([_saved(plt, picture(plt, frame, title, spec.dims), "png", 80) for frame in shown])


def _saved(plt: Any, figure: Any, file_format: str, dpi: int = 140) -> bytes:
    buffer = BytesIO()
    with plt.rc_context({"svg.hashsalt": "convt", "svg.fonttype": "none"}):
        metadata = {"Date": None} if file_format == "svg" else {"Software": None}
        figure.savefig(buffer, format=file_format, dpi=dpi, metadata=metadata)
    plt.close(figure)
    return buffer.getvalue()


def _animated(pages: Sequence[bytes]) -> bytes:
    """The pages as a GIF that repeats."""
    try:
        from PIL import Image
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError("GIF needs pillow: pip install 'convt[draw]'") from missing
    images = [Image.open(BytesIO(page)).convert("P", palette=Image.Palette.ADAPTIVE, colors=128) for page in pages]
    buffer = BytesIO()
    images[0].save(buffer, format="GIF", save_all=True, append_images=images[1:], duration=MILLISECONDS, loop=0, optimize=True)
    return buffer.getvalue()


def picture(plt: Any, frame: Frame, title: str, dims: int) -> Any:
    """A frame: its grids from left to right (rows below each other for one axis), slices side by side within a grid."""
    below = dims == 1
    widths = [_width(grid) for grid in frame.grids]
    heights = [grid.stop[1] - grid.first[1] for grid in frame.grids]
    scale = min(0.45, 12.5 / (max(widths) if below else sum(widths) + 2))
    size = (max(7.0, scale * (max(widths) if below else sum(widths) + 2)), 1.5 + scale * (sum(heights) if below else max(heights))
            + 0.45 * (len(frame.grids) if below else 1))
    figure, panels = plt.subplots(len(frame.grids) if below else 1, 1 if below else len(frame.grids), squeeze=False, figsize=size,
                                  gridspec_kw={"height_ratios" if below else "width_ratios": heights if below else widths},
                                  layout="constrained")
    top = max((cell.kind for grid in frame.grids for cell in grid.cells.values() if isinstance(cell.kind, int)), default=1)
    for panel, grid in zip(panels.flat, frame.grids, strict=True):
        _grid(plt, panel, grid, top, 7 if scale > 0.25 else 5 if scale > 0.15 else 0)
    wide = int(size[0] * 14.5)
    figure.suptitle(textwrap.fill(title, wide), fontsize=9, fontweight="bold")
    figure.supxlabel(textwrap.fill(frame.caption, wide), fontsize=8)
    return figure


def _width(grid: Grid) -> int:
    slices = grid.stop[0] - grid.first[0]
    return slices * (grid.stop[2] - grid.first[2]) + (slices - 1)


def _grid(plt: Any, panel: Any, grid: Grid, top: int, font: int) -> None:
    """One panel: slices of a third axis stand side by side with a gap."""
    step = grid.stop[2] - grid.first[2] + 1
    colours = plt.get_cmap("YlGnBu")
    for at in grid.positions:
        cell = grid.cells[at]
        x, y = at[2] + (at[0] - grid.first[0]) * step, at[1]
        colour = colours(0.12 + 0.75 * cell.kind / max(top, 1)) if isinstance(cell.kind, int) else PLAIN[cell.kind]
        panel.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="0.6", linewidth=0.5))
        if cell.mark:
            panel.add_patch(plt.Rectangle((x - 0.43, y - 0.43), 0.86, 0.86, fill=False, edgecolor="#d9480f", linewidth=1.6, zorder=3))
        if cell.text and font:
            dark = isinstance(cell.kind, int) and cell.kind > 0.6 * top
            panel.text(x, y, cell.text, ha="center", va="center", fontsize=min(font, 26 / max(3, len(cell.text))),
                       color="white" if dark else "black", zorder=4)
    slices = range(grid.first[0], grid.stop[0])
    panel.set_xlim(grid.first[2] - 0.6, grid.first[2] + len(slices) * step - 1.4)
    panel.set_ylim(grid.stop[1] - 0.4, grid.first[1] - 0.6)
    panel.set_aspect("equal")
    ends = [grid.first[2], grid.stop[2] - 1]
    panel.set_xticks([at + slice_ * step for slice_ in range(len(slices)) for at in sorted(set(ends))],
                     [str(at).replace("-", "−") for _ in slices for at in sorted(set(ends))], fontsize=7)
    rows = sorted({grid.first[1], grid.stop[1] - 1}) if grid.stop[1] - grid.first[1] > 1 else []
    panel.set_yticks(rows, [str(row).replace("-", "−") for row in rows], fontsize=7)
    panel.tick_params(length=0)
    named = f"{grid.title}" + (f" (slices {slices[0]} … {slices[-1]} of axis 0)" if len(slices) > 1 else "")
    panel.set_title(named.replace("slices -", "slices −"), fontsize=8)
    for side in panel.spines.values():
        side.set_visible(False)


def matrix(plt: Any, spec: ConvSpec, feature: tuple[int, ...]) -> Any:
    """A, one colour a tap; rows are feature positions, columns image positions."""
    made = ConvMatrix.at(spec, feature)
    rows, columns = made.shape
    if rows * columns > ENTRIES:
        raise ArgumentError("size", feature, f"gives a matrix of {rows} × {columns}, too large to draw; draw a smaller one")
    colours = _colours(plt, spec)
    flat = {tap: colours[number] for number, tap in enumerate(_all_taps(spec))}
    picture = [[(1.0, 1.0, 1.0, 1.0) if tap is None else flat[tap] for tap in row] for row in made.taps]
    figure, axes = plt.subplots(figsize=(max(5.5, min(14, 1.5 + 0.42 * columns)), min(9, 1.6 + 0.42 * rows)), layout="constrained")
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
    for ticks in (axes.xaxis, axes.yaxis):
        ticks.get_major_locator().set_params(integer=True)
    axes.set_title(f"A of {spec}: tap a with j = s·i + d·a − p_lo", fontsize=10)
    return figure


def scatter(plt: Any, spec: ConvSpec, feature: tuple[int, ...]) -> Any:
    """One axis: each feature paints the kernel in a row of its own, overlaps add, the crop cuts."""
    image = image_lengths(spec, feature)
    figure, panel = plt.subplots(figsize=(13, 2.3 + 0.42 * feature[0]), layout="constrained")
    _scatter_axis(panel, plt, spec.axes[0], feature[0], image[0], str(spec))
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
    return list(product(*(range(k) for k in spec.kernel)))


def _colours(plt: Any, spec: ConvSpec) -> list[Any]:
    count = len(_all_taps(spec))
    return [plt.get_cmap("viridis")(0.08 + 0.87 * number / max(1, count - 1)) for number in range(count)]
