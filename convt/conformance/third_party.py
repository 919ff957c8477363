"""Configurations of other projects' tests, examples and models, from ``configs.json``: geometry and kind of groups, small sizes.

The file is made from the conformance data of the tests, and a test compares the two.
"""

from __future__ import annotations

import json
from importlib import resources
from itertools import zip_longest
from math import prod
from typing import Any

from convt._derive.spec import ConvSpec

from .case import Case, possible
from .corners import case

KINDS = {"": ((2, 3, 1, 1, True), (3, 2, 1, 1, False), (2, 2, 1, 2, False)), "grouped": ((4, 6, 2, 1, True), (4, 2, 2, 1, False)),
         "depthwise": ((3, 3, 3, 1, True), (2, 2, 2, 2, False)), "single": ((1, 1, 1, 1, False),)}
MOST = 100_000  # multiply-adds of one case of the sample
SAMPLE = 24  # of each number of axes


def third_party(dims: int, map_name: str = "conv_transpose", everything: bool = False) -> list[Case]:
    """Every configuration with so many axes, or a sample that goes round the strata (groups, dilation, crops, output padding, project)."""
    strata = dict[Any, list[Case]]()
    number = 0
    for project, names in projects().items():
        for name in names:
            text, _, kind = name.partition(" ")
            spec, number = ConvSpec.parse(text), number + 1
            if spec.dims != dims:
                continue
            sizes = tuple((4, 3, 2)[(number + axis) % 3] for axis in range(spec.dims))
            one = case(list(spec.axes), sizes, KINDS[kind][number % len(KINDS[kind])], map_name, project)
            key = (kind, max(spec.dilation) > 1, any(lo != hi for lo, hi in spec.padding), max(spec.output_padding) > 0, project)
            if everything or prod(spec.kernel) * prod(one.size) * one.features * one.images <= MOST:
                strata.setdefault(key, []).append(one)
    rounds = zip_longest(*(strata[key] for key in sorted(strata)))
    cases = possible([one for some in rounds for one in some if one is not None])
    return cases if everything else cases[:SAMPLE]


def projects() -> dict[str, list[str]]:
    """The configurations of each project, as ``configs.json`` has them."""
    found: dict[str, list[str]] = json.loads(resources.files("convt.conformance").joinpath("configs.json").read_text(encoding="utf-8"))
    return found


def rows_of(configurations: list[dict[str, Any]]) -> dict[str, list[str]]:
    """What ``configs.json`` holds: from rows like those of the tests' conformance data, each configuration of a project once."""
    found = dict[str, dict[str, None]]()
    for row in configurations:
        spec = ConvSpec(row["kernel"], row["stride"], list(zip(row["padding_begin"], row["padding_end"], strict=True)), row["dilation"],
                        row["output_padding"])
        groups, channels = row["groups"], (row["in_channels"], row["out_channels"])
        kind = "single" if channels == (1, 1) else "" if groups == 1 else "depthwise" if channels == (groups, groups) else "grouped"
        found.setdefault(row["source"]["repo"], {})[f"{spec} {kind}".strip()] = None
    return {project: list(names) for project, names in sorted(found.items())}
