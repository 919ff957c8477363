"""Pictures: readable at their size or refused, nothing overlaps, colours are the same in every format, numbers are the sums."""

import shutil
import subprocess
from fractions import Fraction
from io import BytesIO
from itertools import combinations
from math import prod
from time import perf_counter

import numpy as np
import pytest

from convt import ArgumentError, ConvSpec
from convt._codegen import reference
from convt._derive.matrix import ConvMatrix
from convt._derive.render import palette
from convt._derive.render.figures import canvas, draw, place, pyplot
from convt._derive.render.scenes import KINDS, Numbers, Scene, count, frame
from convt._derive.render.sheet import LEAST_FONT

CASES = [("1d_k3s2p1op1", (4,)), ("2d_k3s2p0:1", (2, 3)), ("1d_k16s8p4", (5,)), ("1d_k16s8p4", (11,)), ("3d_k2s2p0:1", (2, 2, 1)), ("2d_k2p3", (6, 6)),
         ("3d_k2s2", (2, 2, 2)), ("3d_k3s2p1", (3, 3, 3)), pytest.param("2d_k9s4p3", (12, 12), marks=pytest.mark.slow), ("2d_k3s2p1d2op1", (4, 4)), ("1d_k3s4d6", (4,)),
         ("2d_k1s1", (1, 1)), ("2d_k3x1s1x2", (12, 1)), ("1d_k2s2p-3:2", (7,)), ("3d_k1x1x5", (1, 1, 9))]


def scenes(name, size):
    """(kind, moving) of every picture that this configuration has."""
    kinds = [(kind, False) for kind in KINDS if kind != "steps"]
    return [*kinds, ("scatter", True)] if prod(size) <= 12 else kinds


@pytest.mark.parametrize("name,size", CASES)
def test_no_word_overlaps_another_or_leaves_the_page(name, size):
    pytest.importorskip("matplotlib", reason="needs the extra draw")
    plt = pyplot()
    for kind, moving in scenes(name, size):
        try:
            made = place(ConvSpec.parse(name), size, kind, moving)
        except ArgumentError as refused:
            assert refused.nearest, (kind, refused)
            continue
        for sheet in made[:: max(1, len(made) // 2)]:
            figure = canvas(plt, sheet)
            renderer = figure.canvas.get_renderer()
            boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in figure.axes[0].texts]
            page = figure.bbox
            assert min(word.size for word in sheet.words) >= LEAST_FONT
            for said, box in boxes:
                assert page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1, (kind, said)
            for (said, box), (other, place_) in combinations(sorted(boxes, key=lambda pair: pair[1].y0), 2):
                if place_.y0 > box.y1:
                    continue
                inside = min(box.x1, place_.x1) - max(box.x0, place_.x0) > 0.5 and min(box.y1, place_.y1) - max(box.y0, place_.y0) > 0.5
                assert not inside, (kind, said, other)
            plt.close(figure)


READABLE = {("1d_k16s8p4", "matrix")}  # of those below: a matrix is told by its dots


@pytest.mark.parametrize("name,size", [("2d_k9s4p3", (60, 60)), ("1d_k16s8p4", (40,)), ("2d_k3", (150, 150)), ("3d_k3s2p1", (19, 19, 19))])
@pytest.mark.parametrize("kind", ["scatter", "gather", "overlap", "phases", "matrix"])
def test_what_could_not_be_read_is_refused_at_once_with_the_largest_size(name, size, kind):
    spec, start = ConvSpec.parse(name), perf_counter()
    if (name, kind) in READABLE:
        assert place(spec, size, kind)
        return
    with pytest.raises(ArgumentError) as refused:
        place(spec, size, kind)
    assert perf_counter() - start < 1
    nearest = tuple(map(int, str(refused.value.nearest).split("x")))
    assert place(spec, nearest, kind)
    with pytest.raises(ArgumentError):
        place(spec, tuple(m + 1 for m in nearest), kind)


@pytest.mark.slow
@pytest.mark.parametrize("name,size,kind", [("1d_k3s2p1op1", (3,), "gather"), ("2d_k3s2p1op1", (2, 2), "scatter")])
def test_gif_has_the_colours_of_the_png(name, size, kind):
    """Every pixel of every frame is the nearest colour of the palette, rarely far from the PNG's; cells have its very colours."""
    pytest.importorskip("matplotlib", reason="needs the extra draw")
    image = pytest.importorskip("PIL.Image", reason="needs the extra draw")
    from convt._derive.render.figures import page

    spec = ConvSpec.parse(name)
    gif = image.open(BytesIO(draw(spec, size, kind, "gif")))
    sheets = place(spec, size, kind, True)
    assert gif.n_frames == len(sheets)
    for number, sheet in enumerate(sheets):
        gif.seek(number)
        still = np.asarray(image.open(BytesIO(page(sheet, "gif"))).convert("RGB")).astype(int)
        moved = np.asarray(gif.convert("RGB")).astype(int)
        assert moved.shape == still.shape
        pairs, times = np.unique(np.concatenate([still, moved], axis=2).reshape(-1, 6), axis=0, return_counts=True)
        used = np.unique(pairs[:, 3:], axis=0)
        nearest = ((pairs[:, None, :3] - used) ** 2).sum(-1).min(-1)
        assert (((pairs[:, :3] - pairs[:, 3:]) ** 2).sum(-1) == nearest).all()
        assert np.average(np.sqrt(nearest), weights=times) < 0.5 and np.average(nearest > 144, weights=times) < 0.01
        for box in sheet.boxes:
            if box.fill:
                at = (int((box.y + 0.12 * box.height) * 100 / 72), int((box.x + 0.5 * box.width) * 100 / 72))
                assert (moved[at] == still[at]).all(), (number, box)


def test_the_palette_is_what_it_says():
    assert palette.ramp("amount", 0) == palette.RAMPS["amount"][0] and palette.ramp("tap", 1) == palette.RAMPS["tap"][-1]
    assert palette.mixed("ff0000", "0000ff", 0.25) == "4000bf" and palette.dark("253494") and not palette.dark("ffffff")


@pytest.mark.parametrize("name,size", [("1d_k3s2p1op1", (4,)), ("2d_k3s2p0:1", (2, 3)), ("2d_k2s2d2", (3, 2)), ("1d_k2s2p-1:1", (4,))])
def test_numbers_of_the_users_choice_are_summed(name, size):
    """The last frame of scatter, the row below the steps and every frame of gather show Aᵀu."""
    spec = ConvSpec.parse(name)
    u = np.arange(1, prod(size) + 1).reshape(1, 1, *size) - 3
    w = (np.arange(1, prod(spec.kernel) + 1) * 2 - 5).reshape(1, 1, *spec.kernel)
    image = ConvMatrix.at(spec, size).image
    wanted = reference.conv_transpose(spec, u, w, None, image, 1).reshape(-1)
    scene = Scene.of(spec, size, Numbers.of(spec, size, [Fraction(int(v)) for v in u.ravel()], [Fraction(int(v)) for v in w.ravel()]))

    def value(text):
        return int(text.replace("−", "-")) if text else 0

    for index in range(prod(image)):
        grid = frame(scene, "gather", index).grids[1]
        assert [value(cell.text) for cell in grid.cells.values() if cell.mark] == [wanted[index]]
    if spec.dims == 1:
        shown = frame(scene, "steps", 0).grids[0].cells
        assert [value(shown[0, size[0] + 1, j].text) for j in range(image[0])] == wanted.tolist()
    last = frame(scene, "scatter", count(scene, "scatter") - 1).grids[1]
    inside = [cell for at, cell in sorted(last.cells.items()) if cell.kind != "cut"]
    assert [value(cell.text) for cell in inside if not cell.mark] == [v for v, cell in zip(wanted, inside, strict=True) if not cell.mark]


def test_numbers_that_do_not_fit_are_refused():
    spec = ConvSpec.parse("1d_k3s2p1")
    with pytest.raises(ArgumentError, match="must be 4 numbers"):
        Numbers.of(spec, (4,), [Fraction(1)])
    with pytest.raises(ArgumentError, match="no features or weights"):
        draw(spec, (4,), "phases", "tikz", Numbers.of(spec, (4,)))


@pytest.mark.parametrize("name,size,kind", [("1d_k3s2p1op1", (4,), "scatter"), ("2d_k3s2p0:1", (2, 3), "gather"), ("3d_k2s2", (2, 2, 2), "phases"),
                                            ("2d_k4s2p1", (2, 2), "matrix")])
def test_tikz_says_what_the_picture_says_and_compiles(name, size, kind, tmp_path):
    spec = ConvSpec.parse(name)
    text = draw(spec, size, kind, "tikz").decode()
    sheet = place(spec, size, kind)[0]
    assert text.count(r"\node") == len(sheet.words) and text.count(r"\path[") == len(sheet.boxes) + 1
    assert text.isascii()
    if shutil.which("pdflatex") is None or subprocess.run(["kpsewhich", "tikz.sty"], capture_output=True, check=False).returncode:
        pytest.skip("needs pdflatex and TikZ")
    tmp_path.joinpath("a.tex").write_text("\\documentclass{article}\\usepackage{tikz}\\pagestyle{empty}\\begin{document}\n" + text + "\\end{document}\n")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-800:]


PICTURES = [("1d_k3s2p1op1", (4,)), ("2d_k3s2p0:1", (2, 3)), ("1d_k16s8p4", (5,)), ("3d_k2s2p0:1", (2, 2, 1)), ("2d_k2p3", (6, 6))]


@pytest.mark.parametrize("kind", ["matrix", "scatter", "gather", "overlap", "phases"])
def test_pictures_are_the_same_bytes_every_time(kind):
    pytest.importorskip("matplotlib", reason="needs the extra draw")
    for name, size in PICTURES:
        first, second = (draw(ConvSpec.parse(name), size, kind, "svg") for _ in range(2))
        assert first == second and b"<svg" in first
    for file_format, start in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("tikz", b"% needs")):
        made = {draw(ConvSpec.parse("1d_k3s2p1op1"), (4,), kind, file_format) for _ in range(2)}
        assert len(made) == 1 and made.pop().startswith(start)


@pytest.mark.slow
def test_moving_pictures_have_a_frame_for_each_feature_or_output():
    pytest.importorskip("matplotlib", reason="needs the extra draw")
    image = pytest.importorskip("PIL.Image", reason="needs the extra draw")
    spec = ConvSpec.parse("1d_k3s2p1op1")
    for kind, frames in (("scatter", 3), ("gather", 6)):
        assert image.open(BytesIO(draw(spec, (3,), kind, "gif"))).n_frames == frames
    with pytest.raises(ArgumentError, match="does not move"):
        draw(spec, (3,), "overlap", "gif")
    with pytest.raises(ArgumentError, match="more cells or frames"):
        draw(spec, (200,), "gather", "gif")


@pytest.mark.parametrize("name,size", PICTURES)
def test_pictures_show_the_index_relation(name, size):
    """What the last frames show is the matrix: the counts of scatter, the windows of gather, the taps of each phase."""
    spec = ConvSpec.parse(name)
    made, scene = ConvMatrix.at(spec, size), Scene.of(spec, size)
    columns = [[row[c] for row in made.taps if row[c] is not None] for c in range(prod(made.image))]
    for kind in ("scatter", "overlap"):
        grid = frame(scene, kind, count(scene, kind) - 1).grids[-1]
        inside = [grid.cells[at].kind for at in sorted(grid.cells) if grid.cells[at].kind != "cut"]
        assert [kind if isinstance(kind, int) else 0 for kind in inside] == [len(column) for column in columns]
    assert count(scene, "gather") == len(columns)
    for index, column in enumerate(columns):
        cells = frame(scene, "gather", index).grids[0].cells.values()
        read = sorted(cell.text for cell in cells if cell.mark and cell.kind == "feature")
        assert read == sorted(" ".join(map(str, tap)) for tap in column)
    shown = frame(scene, "matrix", 0).grids[0].cells
    taps = {(0, r, c): tap for r, row in enumerate(made.taps) for c, tap in enumerate(row) if tap is not None}
    between = "" if max(spec.kernel) <= 10 else ","
    assert {at: cell.text for at, cell in shown.items()} == {at: between.join(map(str, tap)) for at, tap in taps.items()}
