"""``convt claims``: common statements about transposed convolutions, and what is true of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from difflib import get_close_matches
from shutil import get_terminal_size

import click

from convt._derive.errors import ArgumentError
from convt.progress import working

from .common import Natural, offered, show


def _topics() -> tuple[str, ...]:
    from convt._derive import folklore

    return folklore.topics()


@click.command(epilog="\b\nExamples:\n  convt claims\n  convt claims 14 34\n  convt claims --topic lengths --format html -o claims.html"
               "\n  convt claims --format pdf -o claims.pdf")
@click.argument("numbers", type=Natural("NUMBER", 1), nargs=-1, metavar="[NUMBER]...")
@click.option("--topic", shell_complete=offered(_topics), help="Only this topic: lengths, upsampling, support, …")
@click.option("--format", "kind", type=click.Choice(["text", "latex", "pdf", "html", "json"]), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option("--engine", type=click.Choice(["auto", "reference"]), default="auto", show_default=True,
              help="What computes the counterexamples: compiled kernels, or NumPy loops.")
def command(numbers: tuple[int, ...], topic: str | None, kind: str, output: str | None, engine: str) -> None:
    """Judge each statement: true, conditional or false, with the condition, a counterexample and the mended statement."""
    from convt._derive import folklore
    from convt._derive.render import folklore as render
    from convt._derive.render.pdf import compiled
    from convt.replay import replay

    chosen = [saying for saying in folklore.sayings() if (not numbers or saying.number in numbers)]
    unknown = set(numbers) - {saying.number for saying in chosen}
    if unknown:
        raise ArgumentError("NUMBER", min(unknown), f"statements are numbered 1 to {folklore.sayings()[-1].number}",
                            folklore.sayings()[-1].number)
    if topic is not None:
        if topic not in folklore.topics():
            close = get_close_matches(topic, folklore.topics(), 1, 0)
            raise ArgumentError("--topic", topic, "must be one of " + ", ".join(folklore.topics()), close[0])
        chosen = [saying for saying in chosen if saying.topic == topic]
    if kind == "pdf" and output is None:
        raise ArgumentError("-o", output, "a PDF needs a file to be written to", "claims.pdf")
    with working("judging") as say:
        judged = []
        for number, saying in enumerate(chosen):
            say(f"judging {number + 1} of {len(chosen)}")
            judged.append(folklore.judge(saying))
        say("computing the counterexamples, with kernels that are built once" if engine == "auto" else "computing the counterexamples")
        kernels = replay([one.replay for one in judged if one.replay is not None], engine)
    made: dict[str, Callable[[], str | bytes]] = {
        "text": lambda: render.as_text(judged, kernels, min(max(get_terminal_size((100, 24)).columns, 60), 120)),
        "latex": lambda: render.document(judged, kernels).encode(),
        "pdf": lambda: compiled(render.document(judged, kernels))[0],
        "html": lambda: render.page(judged, kernels).encode(),
        "json": lambda: json.dumps([render.as_data(one, kernels) for one in judged], indent=1, ensure_ascii=False).encode(),
    }
    with working(f"writing {kind}"):
        document = made[kind]()
    show(document, output)
