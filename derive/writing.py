"""Calls as users of a dialect write them: text that can be pasted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import lengths
from .spec import ConvSpec, is_sequence


def written(function: str, *words: str, **arguments: Any) -> str:
    """A call in Python."""
    return f"{function}({', '.join([*words, *(f'{name}={spelled(value)}' for name, value in arguments.items())])})"


def spelled(value: Any) -> str:
    """A value in Python; text of class ``Code`` as it is."""
    if isinstance(value, tuple | list):
        inner = ", ".join(map(spelled, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    return str(value) if isinstance(value, Code) else repr(value)


class Code(str):
    """Python text that stands in a call as it is."""


def image_shape(spec: ConvSpec, channels_last: bool = True) -> list[Code]:
    """[batch, *n, C] in Python, for features u of any size."""
    first = 1 if channels_last else 2
    spatial = []
    for number, axis in enumerate(spec.axes):
        more = lengths.image_length(axis, 1) - axis.stride
        times = f"{axis.stride} * " * (axis.stride > 1)
        spatial.append(Code(f"{times}u.shape[{first + number}]" + (f" {'+' if more > 0 else '-'} {abs(more)}" if more else "")))
    return [Code("u.shape[0]"), *spatial, Code("C")] if channels_last else [Code("u.shape[0]"), Code("C"), *spatial]


def beyond(arguments: Mapping[str, Any], **usual: Any) -> dict[str, Any]:
    """The arguments that differ from what is usual on some axis."""
    return {name: value for name, value in arguments.items()
            if name not in usual or any(entry != usual[name] for entry in (value if is_sequence(value) else [value]))}
