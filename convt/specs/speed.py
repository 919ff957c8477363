"""``faster_than``: layers timed beside a library, by the harness of ``convt bench``, on one thread."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from convt.bench.layers import Layer as BenchLayer

from .finding import Finding, Result
from .layer import Layer

ROUNDS = 11
PEERS = {"onnxruntime": "ort"}
"""Where the harness calls a library otherwise."""


def measure(results: Sequence[Result], say: Callable[[str], None]) -> None:
    """Add a finding to each result whose layer asks for it. Raises what ``bench.harness.measure`` raises."""
    from convt.bench import harness

    asked = [result for result in results if result.layer.faster_than is not None]
    if not asked:
        return
    layers = [_timed(str(number), result.layer) for number, result in enumerate(asked)]
    peers = list(dict.fromkeys(_peer(result.layer) for result in asked))
    timed, _ = harness.measure(layers, 1, ROUNDS, peers, lambda line: say(f"timing: {line}"))
    for result, made in zip(asked, timed, strict=True):
        result.findings.append(_finding(result.layer, made))


def _peer(layer: Layer) -> str:
    name = layer.faster_than[0] if layer.faster_than is not None else ""
    return PEERS.get(name, name)


def _timed(name: str, layer: Layer) -> BenchLayer:
    assert layer.sizes is not None
    return BenchLayer(name, layer.spec, 1, layer.features, layer.images, layer.groups, layer.sizes[0])


def _finding(layer: Layer, made: object) -> Finding:
    from convt.bench.harness import Timed
    from convt.bench.samples import interval

    assert isinstance(made, Timed) and layer.faster_than is not None
    name, wanted = layer.faster_than
    theirs = made.rounds.get(_peer(layer))
    if theirs is None:
        return Finding("speed", "faster_than", "missing", f"{name} was not timed: {made.refused.get(_peer(layer), 'it is not installed')}")
    ratio, low, high = interval(made.rounds["convt"], theirs)
    if ratio >= wanted:
        return Finding("speed", "faster_than")
    why = f"{ratio:.2f} times as fast as {name} (95 %: {low:.2f} to {high:.2f}), and should be {wanted:g} times"
    again = f"convt check {shlex.quote(layer.file)} --only {shlex.quote(layer.name)} --level shapes --speed"
    return Finding("speed", "faster_than", "falls short", why, "", again)
