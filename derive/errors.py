"""The one error for bad input: it names the argument, its value, the rule, and the nearest legal value. And a missing tool."""

from __future__ import annotations

from collections.abc import Callable


class ArgumentError(ValueError):
    """An argument breaks a rule.

    Attributes ``argument``, ``value``, ``rule`` and ``nearest`` hold the four parts that the message spells out;
    ``nearest`` is ``None`` where no single legal value is closest.
    """

    def __init__(self, argument: str, value: object, rule: str, nearest: object = None) -> None:
        self.argument, self.value, self.rule, self.nearest = argument, value, rule, nearest
        hint = "" if nearest is None else f"; nearest legal value: {_short(nearest, str)}"
        super().__init__(one_line(f"{argument}={_short(value, repr)}: {rule}{hint}"))

    def __reduce__(self) -> tuple[type[ArgumentError], tuple[str, object, str, object]]:
        return type(self), (self.argument, self.value, self.rule, self.nearest)


def one_line(text: str) -> str:
    """The text with every line break, control character and lone surrogate escaped: an error is one line that can be printed."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _short(value: object, spell: Callable[[object], str]) -> str:
    """How an error shows a value. Values come from users: spelling them may fail (integers beyond 4,300 digits) or be endless."""
    try:
        shown = f"an integer of {value.bit_length()} bits" if isinstance(value, int) and abs(value) >> 512 else spell(value)
    except Exception:  # whatever a class of the user's raises
        shown = f"<{type(value).__name__}>"
    return shown if len(shown) <= 120 else shown[:117] + "..."


class ToolMissing(RuntimeError):
    """A program that is not installed; the message names the cure."""


class ChildFailed(RuntimeError):
    """A child process of this tool could not be started, or ended before it answered: no verdict about anything."""
