"""What a library computes for layers, in a child process: whole numbers in float32, so that sums are exact.

The small cases of many layers are computed together, which spares a library a compilation each; what it refuses
together it is asked for one by one.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from convt._codegen import reference
from convt._derive import lengths
from convt._derive.maps import MAPS
from convt._derive.spec import ConvSpec
from convt.peers import Library, library
from convt.peers.call import Array, Call, CannotSay

from .task import Task

MOST = 1 << 24  # products of one case
EXTRA = (0, 1, 2, 5)  # features of each axis beyond the least, the smallest first
OTHERWISE_SAID = ("kernel_size", "kernel_shape", "kernel", "dims", "group", "groups")  # by the arrays and the call


def main(name: str, together: str) -> None:
    """The child: a list of tasks on standard input, an answer a line, as many computed at once as ``together`` says."""
    sys.stdout, out = sys.stderr, sys.stdout  # what libraries print is no answer
    tasks = [Task(**task) for task in json.loads(sys.stdin.read())]
    try:
        peer = library(name)
        for first in range(0, len(tasks), int(together)):
            for answer in answers(peer, tasks[first:first + int(together)]):
                print(json.dumps(answer), file=out, flush=True)
    except ModuleNotFoundError as error:
        print(json.dumps({"absent": f"is not installed ({error})"}), file=out, flush=True)
    os._exit(0)  # some libraries never end their threads


def answers(peer: Library, tasks: Sequence[Task]) -> list[dict[str, str]]:
    """For each task whether the library agrees on every case, and the smallest on which it does not."""
    calls = [list(cases(task)) for task in tasks]
    unsaid = [_unsaid(peer, some) for some in calls]
    found = iter(_computed(peer, [call for some, why in zip(calls, unsaid, strict=True) if not why for call in some]))
    return [why or _answer(peer.NAME, [(call, next(found)) for call in some]) for some, why in zip(calls, unsaid, strict=True)]


def _unsaid(peer: Library, calls: list[Call]) -> dict[str, str]:
    """The answer where nothing can be asked."""
    if not calls:
        return {"state": "left out", "why": "its smallest case is too large to compare"}
    try:
        for call in calls:
            peer.words(call)
    except CannotSay as error:
        return {"state": "left out", "why": f"{peer.NAME} cannot say it: {error}"}
    except Exception:  # whatever a library raises is its answer when it is asked
        pass
    return {}


def _computed(peer: Library, calls: list[Call]) -> list[Array | Exception]:
    """What the library makes of each call, or raises."""
    if not calls:
        return []
    try:
        made = [np.asarray(one) for one in peer.compute(calls)]
        if len(made) != len(calls):
            raise ValueError(f"{len(made)} answers to {len(calls)} calls")
        return [*made]
    except Exception as error:  # whatever a library raises is its answer
        half = len(calls) // 2
        return [*_computed(peer, calls[:half]), *_computed(peer, calls[half:])] if half else [error]


def _answer(name: str, found: list[tuple[Call, Array | Exception]]) -> dict[str, str]:
    """The verdict on the cases of one layer."""
    for call, made in found:
        sizes = {"conv_transpose": (call.data.shape, call.shape), "conv": (call.shape, call.data.shape)}
        m, n = sizes.get(call.map) or ((() if call.u is None else call.u.shape), call.data.shape)
        shown = f"m = {_lengths(m[2:])}, n = {_lengths(n[2:])}"
        if isinstance(made, Exception):
            said = (str(made).strip() or type(made).__name__).split("\n")[0]
            return {"state": "falls short", "why": f"{name} refuses it: {said[:300]}", "example": shown}
        wanted = definition(call)
        if made.shape != wanted.shape:
            why = f"{name} makes lengths {_lengths(made.shape[2:])}, not {_lengths(wanted.shape[2:])}"
            return {"state": "falls short", "why": why, "example": shown}
        wrong = np.argwhere(~(np.abs(made - wanted) <= 1e-4 * (1 + np.abs(wanted).max())))
        if len(wrong):
            place = tuple(map(int, wrong[0]))
            return {"state": "falls short", "why": f"{name} computes other values: {len(wrong)} of {wanted.size}",
                    "example": f"{shown}, at {place}: {made[place]:g}, not {wanted[place]:g}"}
    return {"state": "holds"}


def cases(task: Task) -> Iterator[Call]:
    """Calls of a layer, the smallest first, as long as they are small."""
    spec, rng = ConvSpec.parse(task.spec), np.random.default_rng(0)
    own = {name: tuple(value) if isinstance(value, list) else value for name, value in (task.words or {}).items()
           if name not in OTHERWISE_SAID}
    for extra in EXTRA:
        if task.map == "conv_transpose":
            m = tuple(lengths.smallest_feature_length(axis) + extra for axis in spec.axes)
            n = lengths.image_lengths(spec, m)
        else:
            n = tuple(max(1, axis.span - sum(axis.padding)) + extra for axis in spec.axes)
            m = lengths.feature_lengths(spec, n)
        if prod(m) * prod(spec.kernel) * task.features * task.images > MOST or prod(n) * task.images > MOST:
            return
        shapes = {"u": (2, task.features, *m), "w": (task.features, task.images // task.groups, *spec.kernel), "x": (2, task.images, *n)}
        given: dict[str, Any] = {letter: rng.integers(-4, 5, shape).astype(np.float32) for letter, shape in shapes.items()}
        if task.taps is not None:
            given["w"] = np.broadcast_to(np.array(task.taps, np.float32).reshape(spec.kernel), shapes["w"]).copy()
        if task.bias and task.map != "conv_weight_gradient":
            given["bias"] = rng.integers(-4, 5, task.images if task.map == "conv_transpose" else task.features).astype(np.float32)
        del given[MAPS[task.map].gives]
        yield Call(spec, task.map, **given, groups=task.groups, own=own)


def definition(call: Call) -> Array:
    """What the definition makes of a call, in float64."""
    data = call.data.astype(np.float64)
    if call.map == "conv_weight_gradient":
        assert call.u is not None
        return reference.conv_weight_gradient(call.spec, data, call.u.astype(np.float64), call.groups)
    function = reference.conv_transpose if call.map == "conv_transpose" else reference.conv
    bias = None if call.bias is None else call.bias.astype(np.float64)
    return function(call.spec, data, call.weights.astype(np.float64), bias, call.shape[2:], call.groups)


def _lengths(values: Any) -> str:
    return str(values[0]) if len(values) == 1 else "(" + ", ".join(map(str, values)) + ")"
