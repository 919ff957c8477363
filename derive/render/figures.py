"""Pictures of a configuration: matrix, scatter, steps, gather, overlap counts and phases. SVG and TikZ need
nothing else, the other formats the extra ``draw``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

from ..errors import ArgumentError
from ..spec import ConvSpec
from .scenes import KINDS, MOVING, Numbers, Scene, count, frame, heading
from .sheet import Sheet, demand_legible, sheet
from .svg import svg
from .tikz import tikz

FORMATS = ("png", "svg", "pdf", "gif", "tikz", "tex")
MILLISECONDS = 700  # of one frame
DPI = {"gif": 100}
METADATA = {"png": {"Software": None}, "gif": None, "pdf": {"CreationDate": None, "Producer": None, "Creator": "convt"}}  # no dates


def pyplot() -> Any:
    """matplotlib without a display. ``ModuleNotFoundError`` names the extra where it is missing."""
    try:
        import matplotlib
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError("pictures need matplotlib: pip install 'convt[draw]'") from missing
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def draw(spec: ConvSpec, feature: tuple[int, ...], kind: str, file_format: str, numbers: Numbers | None = None) -> bytes:
    """A picture of one of ``KINDS`` in one of ``FORMATS``; only scatter and gather move. The same call gives the same bytes.

    ``numbers`` are shown with their products and sums, instead of taps. Raises ``ArgumentError`` for what could not be read.
    """
    sheets = place(spec, feature, kind, file_format == "gif", numbers)
    if file_format in ("tikz", "tex"):
        return tikz(sheets[0]).encode()
    if file_format == "svg":
        return svg(sheets[0], f"{kind} of {spec}").encode()
    return _animated(sheets) if file_format == "gif" else page(sheets[0], file_format)


def place(spec: ConvSpec, feature: tuple[int, ...], kind: str, moving: bool = False, numbers: Numbers | None = None) -> list[Sheet]:
    """The sheets of a picture: every frame where it moves, otherwise the one in the middle."""
    if moving and kind not in MOVING:
        raise ArgumentError("--kind", kind, "does not move, so it cannot be a GIF", "scatter")
    if numbers is not None and kind == "phases":
        raise ArgumentError("--kind", kind, "shows phases, no features or weights", "overlap")
    if kind == "scatter" and spec.dims == 1 and not moving:
        kind = "steps"
    if kind not in KINDS or (kind == "steps" and spec.dims > 1):
        raise ArgumentError("--kind", kind, f"must be one of {', '.join(KINDS)}; steps for one axis only", "scatter")
    scene = Scene.of(spec, feature, numbers)
    demand_legible(scene, kind, moving)
    frames = range(count(scene, kind)) if moving else [count(scene, kind) // 2]
    made = [sheet(scene, frame(scene, kind, index), heading(scene)) for index in frames]
    return [replace(each, height=max(each.height for each in made)) for each in made]


def page(made: Sheet, file_format: str) -> bytes:
    """One sheet as png or pdf."""
    plt = pyplot()
    figure = canvas(plt, made)
    buffer = BytesIO()
    figure.savefig(buffer, format="pdf" if file_format == "pdf" else "png", dpi=DPI.get(file_format, 150), metadata=METADATA[file_format])
    plt.close(figure)
    return buffer.getvalue()


def canvas(plt: Any, made: Sheet) -> Any:
    """A figure whose data coordinates are the points of the sheet."""
    from matplotlib.collections import PolyCollection

    figure = plt.figure(figsize=(made.width / 72, made.height / 72))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, made.width), ylim=(made.height, 0))
    axes.axis("off")
    for outlined in (False, True):  # marks lie above all cells
        boxes = [box for box in made.boxes if (box.fill is None) == outlined]
        corners = [[(b.x, b.y), (b.x + b.width, b.y), (b.x + b.width, b.y + b.height), (b.x, b.y + b.height)] for b in boxes]
        axes.add_collection(PolyCollection(
            corners, facecolors=[f"#{b.fill}" if b.fill else "none" for b in boxes],
            edgecolors=[f"#{b.edge}" if b.edge else "none" for b in boxes], linewidths=[b.line for b in boxes], zorder=1 + outlined))
    for x, low, high in made.lines:
        axes.plot([x, x], [low, high], color="tab:red", linewidth=1, linestyle="--", zorder=3)
    for word in made.words:
        axes.text(word.x, word.y, word.text, fontsize=word.size, ha={-1: "left", 0: "center", 1: "right"}[word.align], va="center_baseline",
                  color=f"#{word.colour}", fontweight="bold" if word.bold else "normal", zorder=4)
    return figure


def _animated(sheets: Sequence[Sheet]) -> bytes:
    """The sheets as a GIF that repeats; one palette, of the colours that most pixels have, for all frames."""
    try:
        from PIL import Image
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError("GIF needs pillow: pip install 'convt[draw]'") from missing
    import numpy as np

    images = [np.asarray(Image.open(BytesIO(page(each, "gif"))).convert("RGB")) for each in sheets]
    pixels = np.concatenate([image.reshape(-1, 3) for image in images])
    colours, which, times = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    palette = colours[np.argsort(-times, kind="stable")[:256]]
    # the nearest by all pairs: Pillow's own search is by cubes, and takes white for its neighbour
    distance = ((colours[:, None, :].astype(int) - palette[None].astype(int)) ** 2).sum(axis=2)
    flat = []
    for indices in np.split(distance.argmin(axis=1).astype(np.uint8)[which.reshape(-1)], len(images)):
        made = Image.fromarray(indices.reshape(images[0].shape[:2]), "P")
        made.putpalette(palette.tobytes())
        flat.append(made)
    buffer = BytesIO()
    flat[0].save(buffer, format="GIF", save_all=True, append_images=flat[1:], duration=MILLISECONDS, loop=0, optimize=False)
    return buffer.getvalue()
