"""Factors of estimates: what a family takes beside what it is estimated to take, by vector width and map.

``fitted.json`` is what ``convt bench --fit`` measured on some machines, reviewed and kept with the code: the choice of a
family never depends on the machine that a kernel is built or called on. What is not there has factor 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from .target import Target

FILE = "fitted.json"


@cache
def factors() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """Vector width in bytes -> map -> family -> factor."""
    found: Mapping[str, Mapping[str, Mapping[str, float]]] = json.loads((files(__package__) / FILE).read_text(encoding="utf-8"))
    return found


def factor(shape: Target, map: str, family: str) -> float:
    """By which the estimate of a family is multiplied on processors of this shape."""
    return factors().get(str(shape.vector_bytes), {}).get(map, {}).get(family, 1.0)


def scaled(cost: str, shape: Target, map: str, family: str) -> str:
    """An estimate with its factor."""
    found = factor(shape, map, family)
    return cost if found == 1 else f"{found:g} * ({cost})"
