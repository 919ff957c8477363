"""``convt demo``: the whole way, on a real photograph."""

from __future__ import annotations

import json
from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from convt.files import write
from convt.progress import working

NAME = "2d_k4s2p1"
FACE, SIDE = (120, 30, 440, 350), 160  # left, upper, right, lower of the part that is shown, and its size in pixels


@click.command(epilog="\b\nExample:\n  convt demo -o my-demo")
@click.option("-o", "--output", default="convt-demo", show_default=True, metavar="DIR", help="Where picture and page go.")
@click.option("--fresh", is_flag=True, help="Build the kernels anew even if the store has them.")
def command(output: str, fresh: bool) -> None:
    """Derive, prove, generate, compile and check a kernel before your eyes, then upsample a photo with it."""
    import os
    import tempfile

    from convt._derive.errors import ArgumentError
    from convt._derive.render.figures import pyplot

    pyplot()  # say what is missing before anything else happens
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise ArgumentError("-o", output, "exists and is no folder")
    if not fresh:
        return _demo(folder)
    with tempfile.TemporaryDirectory(prefix="convt-demo-") as store:
        os.environ["CONVT_STORE"] = store
        _demo(folder)
    return None


def _demo(folder: Path) -> None:
    import convt
    from convt._codegen.pipeline import build
    from convt._codegen.plan import decide, explain
    from convt._codegen.problem import Problem
    from convt._codegen.toolchain import toolchain
    from convt._derive.derivation import Derivation, printed_size
    from convt._derive.judges import available, warm_up
    from convt._derive.lengths import image_lengths
    from convt._derive.proof import prove
    from convt._derive.theorems import theorems

    say, spec = click.echo, convt.ConvSpec.parse(NAME)
    say(_title("\n1  State it") + f"   {spec}: kernel 4, stride 2, padding 1, on two axes")
    size = printed_size(spec)
    say(_title("\n2  Derive it") + f"  lengths: m = 80 × 80 gives n = {' × '.join(map(str, image_lengths(spec, (80, 80))))}")
    say(f"   the matrix A for m = {' × '.join(map(str, size))}:")
    say("\n".join("   " + line for line in str(Derivation(spec, size, ()).matrix).split("\n")))

    say(_title("\n3  Prove it") + f"   for every size, by {', '.join(available())}, which must agree")
    with working("starting the judges"):
        warm_up()
    proofs = []
    for make in theorems():
        proof = prove(make(spec))
        proofs.append(proof)
        say(f"   {proof.theorem.number:>2} {proof.theorem.title:16} {click.style(f'{proof.outcome:8}', fg='green')} "
            f"{proof.milliseconds:5.0f} ms  {proof.theorem.says}")
    derivation = Derivation(spec, size, tuple(proofs))

    say(_title("\n4  Plan it"))
    tools = toolchain()
    problem = Problem.of(spec)
    say("\n".join("   " + line for line in explain(decide(problem, tools.shape(problem.processor))).split("\n")[:9]))

    say(_title("\n5  Generate, compile, check"))
    start = perf_counter()
    wanted = [problem, Problem.of("2d_k3s2p1op1")]
    kernels = build(wanted, lambda stage, seconds, detail: say(f"   {stage:18} {seconds:5.2f} s  {detail}"))
    kernel, three = kernels
    certificate = kernel.certificate
    say(f"   ready after {perf_counter() - start:.2f} s; source: {kernel.entry.folder / (kernel.entry.module + '.pyx')}")
    for check in [c for c in certificate["checks"] if "miss" in c][:4]:
        say(f"   family {check['family']}: F = {check['features']}, C = {check['images']}, G = {check['groups']}, "
            f"{check['trials']} × {check['terms']} terms in [−{check['bound']}, {check['bound']}], all entries equal")
    say(f"   {len(certificate['checks'])} exact checks passed; a wrong coefficient would be missed with probability "
        f"{certificate['miss_probability']:.1e}")

    say(_title("\n6  Use it"))
    photo, pictures = _upsample(kernel, three)
    folder.mkdir(parents=True, exist_ok=True)
    panel = _panel(photo, pictures)
    write(folder / "upsampled.png", panel)
    write(folder / "index.html", _page(derivation, panel, kernel.source, certificate))
    say(f"   wrote {folder / 'upsampled.png'} and {folder / 'index.html'}")
    say(_title("\nTry next") + "     convt prove 2d_k3s2p1d2op1 --steps\n              convt derive 1d_k3s2p1op1 --size 4\n"
        f"              convt build {NAME} -o kernels --explain --channels 256,128 --size 16x12\n"
        "              convt draw 1d_k3s2p1op1 --kind scatter -o scatter.png\n")


def _title(words: str) -> str:
    return click.style(words, bold=True)


def _photograph() -> Any:
    """Part of the photograph of Grace Hopper that matplotlib ships (public domain), as floats in [0, 1]."""
    import numpy as np
    from matplotlib.cbook import get_sample_data
    from PIL import Image

    file: Any = get_sample_data("grace_hopper.jpg")
    with file:
        image = Image.open(file).convert("RGB")
        pixels = np.asarray(image.crop(FACE).resize((SIDE, SIDE)))
    return pixels.astype(np.float32) / 255


def _upsample(kernel: Any, three: Any) -> tuple[Any, dict[str, Any]]:
    """The photograph and its three upsamplings, each a depthwise transposed convolution of the three colours."""
    import numpy as np

    photo = _photograph()
    u = np.ascontiguousarray(np.moveaxis(photo, -1, 0)[None])
    line = np.array([1, 3, 3, 1], np.float32) / 4
    weights: dict[str, tuple[Any, Any]] = {
        "bilinear, k = 4: smooth": (kernel, np.outer(line, line)),
        "ones, k = 3, s = 2: checkerboard": (three, np.full((3, 3), 4 / 9, np.float32)),
        "ones, k = 4, s = 2: none": (kernel, np.full((4, 4), 1 / 4, np.float32)),
    }
    pictures = {}
    for title, (made, filled) in weights.items():
        w = np.ascontiguousarray(np.broadcast_to(filled, (3, 1, *filled.shape)))
        y = made(u, w, groups=3)
        pictures[title] = np.clip(np.moveaxis(y[0], 0, -1), 0, 1)
    return photo, pictures


def _panel(photo: Any, pictures: dict[str, Any]) -> bytes:
    import numpy as np

    from convt._derive.render.figures import pyplot

    plt = pyplot()
    titles = {f"the photo, {photo.shape[1]} × {photo.shape[0]}": np.kron(photo, np.ones((2, 2, 1), np.float32)), **pictures}
    side, gap, dpi = 2 * photo.shape[0], 8, 100
    width, height = len(titles) * (side + gap) + gap, side + 40
    figure = plt.figure(figsize=(width / dpi, height / dpi), dpi=dpi)
    for number, (title, picture) in enumerate(titles.items()):  # pixel for pixel: resampling would hide the point
        left = gap + number * (side + gap)
        figure.figimage(picture, left, gap, origin="upper")
        figure.text((left + side / 2) / width, 1 - 12 / height, title, ha="center", va="center", fontsize=10)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    plt.close(figure)
    return buffer.getvalue()


def _page(derivation: Any, panel: bytes, source: str, certificate: dict[str, Any]) -> str:
    from convt._derive.render.html import page

    image = f'<p><img alt="the photo and three upsamplings of it" src="data:image/png;base64,{b64encode(panel).decode()}"></p>'
    shown = escape(json.dumps(certificate, indent=1))
    after = (f"<h2>Kernel</h2><details><summary>Certificate: what was proved and checked before it was called</summary>"
             f"<pre>{shown}</pre></details><details><summary>Generated source</summary><pre>{escape(source)}</pre></details>")
    return page(derivation, image, after)
