"""What shows itself, in a terminal and in notebooks.

How is said in ``render``, which knows the mathematics. The mathematics knows of ``render`` only what the package hands over here
(``derive/__init__.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_renderers: list[Callable[[object, str], Any]] = []


def hand_over(renderer: Callable[[object, str], Any]) -> None:
    """From now on things are shown by this: ``renderer(thing, form)``."""
    _renderers[:] = [renderer]


def show(thing: object, form: str) -> Any:
    """A thing in one of the forms that there are for it: ``text``, ``html``, ``latex`` and others."""
    renderer, = _renderers
    return renderer(thing, form)


class Shown:
    """Something that notebooks show."""

    def _repr_html_(self) -> str:
        return str(show(self, "html"))

    def _repr_latex_(self) -> str:
        return str(show(self, "latex"))
