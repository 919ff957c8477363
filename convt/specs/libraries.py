"""The fourth level: libraries compute small cases of each layer, lengths and values, each library in a child of its own.

A library that crashes or hangs ends its child, not the check: the layer it was at falls short, and the rest goes on.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import cast

from convt._derive import children
from convt.peers import DISTRIBUTIONS

from . import forward
from .finding import Finding, State
from .layer import Layer
from .task import Task

START, EACH = 120.0, 5.0  # seconds that importing a library, and one layer, may take
TOGETHER = 40  # layers that a library computes at once
ENVIRONMENT = {"OMP_NUM_THREADS": "1",
               "XLA_FLAGS": "--xla_backend_optimization_level=0"}  # compiling takes JAX's time, and few numbers are computed
OWN_WORDS = {"torch": "torch", "onnxruntime": "onnx"}
"""Library -> key of the dialect whose arguments it takes as they are written."""


def compare(layers: Sequence[Layer], say: Callable[[str], None]) -> list[list[Finding]]:
    """For each layer, a finding a library that it names."""
    names = list(dict.fromkeys(name for layer in layers for name in layer.agree))
    found: list[list[Finding]] = [[] for _ in layers]

    def work(name: str, brood: children.Brood) -> list[tuple[int, Finding]]:
        numbers = [number for number, layer in enumerate(layers) if name in layer.agree]
        asked = {number: _task(name, layers[number]) for number in numbers}
        spelled = {json.dumps(asdict(task)): task for task in asked.values()}  # layers that are alike are compared once
        answers = dict(zip(spelled, _answers(name, list(spelled.values())), strict=True))
        say(f"comparing: {name} done")
        return [(number, _finding(name, layers[number], answers[json.dumps(asdict(task))])) for number, task in asked.items()]

    for answers in children.together(2, work, names):
        for number, finding in answers:
            found[number].append(finding)
    return found


def _task(name: str, layer: Layer) -> Task:
    """The layer with few channels: groups stay groups."""
    if layer.weights is not None:
        built_in = layer.problem().filter
        assert built_in is not None  # where weights are given
        taps: list[float] | None = [float(value) for value in built_in.values]
        groups, features, images = 2, 2, 2
    else:
        taps, groups = None, min(layer.groups, 3)
        features, images = (groups * min(channels // layer.groups, 2) for channels in (layer.features, layer.images))
    words = dict(layer.said[1]) if layer.said is not None and OWN_WORDS.get(name) == layer.said[0] else None
    if words is not None and layer.map != "conv_transpose" and (max(layer.spec.stride) > 1 and forward.by_length(words)):
        words = None  # the lengths that are compared are others than the layer's
    return Task(str(layer.spec), layer.map, groups, features, images, layer.bias, taps, words)


def _answers(name: str, tasks: list[Task]) -> list[dict[str, str]]:
    """One answer a task. Where the child ends or hangs, another does the rest one by one, so that the layer is known."""
    answers: list[dict[str, str]] = []
    together = TOGETHER
    while len(answers) < len(tasks):
        rest = tasks[len(answers):]
        child = children.start(f"{__package__}.answers", name, str(together), packages=DISTRIBUTIONS[name], env=os.environ | ENVIRONMENT,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        why = ""
        try:
            said, _ = children.finish(child, json.dumps([asdict(task) for task in rest]), START + EACH * len(rest))
        except subprocess.TimeoutExpired as error:
            said = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
            why = f"{name} did not answer within {START + EACH * len(rest):.0f} s"
        lines = [json.loads(line) for line in said.splitlines() if line.startswith("{") and line.endswith("}")]
        if len(lines) == 1 and "absent" in lines[0]:
            return [*answers, *[{"state": "missing", "why": f"{name} {lines[0]['absent']}"}] * len(rest)]
        answers += lines
        if len(lines) < len(rest) and together == 1:
            answers.append({"state": "falls short", "why": why or f"{name} ended with {child.returncode}, without an answer"})
        together = 1
    return answers


def _finding(name: str, layer: Layer, answer: dict[str, str]) -> Finding:
    command = f"convt check {shlex.quote(layer.file)} --only {shlex.quote(layer.name)}" if answer["state"] == "falls short" else ""
    return Finding("libraries", name, cast(State, answer["state"]), answer.get("why", ""), answer.get("example", ""), command)
