"""The one error for bad input: it names the argument, its value, the rule, and the nearest legal value. And a missing tool."""

from __future__ import annotations


class ArgumentError(ValueError):
    """An argument breaks a rule.

    Attributes ``argument``, ``value``, ``rule`` and ``nearest`` hold the four parts that the message spells out;
    ``nearest`` is ``None`` where no single legal value is closest.
    """

    def __init__(self, argument: str, value: object, rule: str, nearest: object = None) -> None:
        self.argument, self.value, self.rule, self.nearest = argument, value, rule, nearest
        shown = repr(value)
        if len(shown) > 120:
            shown = shown[:117] + "..."
        hint = "" if nearest is None else f"; nearest legal value: {nearest}"
        super().__init__(f"{argument}={shown}: {rule}{hint}")

    def __reduce__(self) -> tuple[type[ArgumentError], tuple[str, object, str, object]]:
        return type(self), (self.argument, self.value, self.rule, self.nearest)


class ToolMissing(RuntimeError):
    """A program that is not installed; the message names the cure."""


class ChildFailed(RuntimeError):
    """A child process of this tool could not be started, or ended before it answered: no verdict about anything."""
