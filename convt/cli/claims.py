"""``convt claims``: common statements about transposed convolutions, and what is true of them."""

from __future__ import annotations

import json
from difflib import get_close_matches

import click

from convt._derive.errors import ArgumentError
from convt.progress import working

from .common import Natural, show


@click.command(epilog="\b\nExamples:\n  convt claims\n  convt claims 14 34\n  convt claims --topic lengths --format html -o claims.html")
@click.argument("numbers", type=Natural("NUMBER", 1), nargs=-1, metavar="[NUMBER]...")
@click.option("--topic", help="Only this topic: lengths, upsampling, support, …")
@click.option("--format", "kind", type=click.Choice(["text", "html", "json"]), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option("--engine", type=click.Choice(["auto", "reference"]), default="auto", show_default=True,
              help="What computes the counterexamples: compiled kernels, or NumPy loops.")
def command(numbers: tuple[int, ...], topic: str | None, kind: str, output: str | None, engine: str) -> None:
    """Judge each statement: true, conditional or false, with the condition, a counterexample and the mended statement."""
    from convt._derive import folklore
    from convt._derive.render import folklore as render
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
    with working("judging") as say:
        judged = []
        for number, saying in enumerate(chosen):
            say(f"judging {number + 1} of {len(chosen)}")
            judged.append(folklore.judge(saying))
        say("computing the counterexamples, with kernels that are built once" if engine == "auto" else "computing the counterexamples")
        kernels = replay([one.replay for one in judged if one.replay is not None], engine)
    if kind == "json":
        show(json.dumps([render.as_data(one, kernels) for one in judged], indent=1, ensure_ascii=False).encode(), output)
    elif kind == "html":
        show(render.page(judged, kernels).encode(), output)
    else:
        show("\n\n".join("\n".join(render.as_text(one, kernels)) for one in judged), output)
