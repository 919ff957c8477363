"""From the arguments that users write to a configuration: ``pytorch: kernel_size=4, stride=2, padding=1``.

Values are Python's numbers, tuples, lists and words; the length m of the features may stand in an output shape, as in
``output_shape=2*m``. A configuration's own name stands for itself. Everything wrong is one ``ArgumentError``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any

from . import lengths
from .dialects import SIZES, Dialect, Reading, dialect, dialects, same_map
from .errors import ArgumentError
from .layouts import Weights
from .spec import LONGEST, ConvSpec, integer, is_sequence, per_axis
from .values import LONGEST_TEXT, Affine, arguments_of

KERNEL = ("kernel_size", "kernel_shape", "kernel")
SHAPE = "output_shape"


@dataclass(frozen=True)
class Question:
    """Arguments of a dialect as a user gives them, or (without a dialect) a configuration itself."""

    dialect: Dialect | None
    kernel: tuple[int, ...]
    arguments: Mapping[str, Any]
    groups: int = 1
    spec: ConvSpec | None = None
    assumed: str = ""
    spread: bool = False
    """Whether the number of axes was not named: every argument is one number for all of them."""

    def with_dims(self, dims: int) -> Question:
        """The same arguments on so many axes."""
        assert self.dialect is not None
        given = {name: value for name, value in self.arguments.items() if not (name == SHAPE and self.assumed)}
        return question(self.dialect.NAME, {KERNEL[0]: self.kernel[0], **given, "groups": self.groups, "dims": dims})

    @property
    def name(self) -> str:
        """What it is called in sentences."""
        return str(self.spec) if self.dialect is None else self.dialect.NAME

    @property
    def dims(self) -> int:
        """Number of axes."""
        return len(self.kernel)

    def at(self, feature: Sequence[int]) -> Reading:
        """The meaning for these feature lengths."""
        if self.dialect is None:
            assert self.spec is not None
            lengths.image_lengths(self.spec, feature)
            return Reading(self.spec, (), self.weights)
        given = {name: _evaluated(value, feature) if name == SHAPE else value for name, value in self.arguments.items()}
        reading = self.dialect.read(feature, self.kernel, **given)
        return Reading(reading.spec, (*([self.assumed] if self.assumed else []), *reading.notes), self._layout(reading.weights))

    def always(self) -> Reading:
        """The meaning for every length. ``ArgumentError`` where there is none: an output shape of numbers fits one length."""
        if _fixed(self.arguments.get(SHAPE)):
            raise ArgumentError(SHAPE, self.arguments[SHAPE], "fits one input length only: name the feature size, or write it in m",
                                "2*m")
        readings, refused = [], None
        for m in (*SIZES, *(4 * size for size in SIZES)):
            try:
                readings.append(self.at((m,) * self.dims))
            except ArgumentError as error:  # small lengths may leave nothing after the crop; larger ones then do
                if readings:
                    raise
                refused = error
        if not readings:
            readings = [self._where_it_is_long(refused)]
        if any(not same_map(reading.spec, readings[-1].spec) for reading in readings):
            raise ArgumentError(SHAPE, self.arguments.get(SHAPE), "gives another crop for other input lengths: name the feature size")
        return readings[-1]

    def _where_it_is_long(self, refused: ArgumentError | None) -> Reading:
        """The meaning for lengths so large that every crop fits."""
        assert refused is not None
        try:
            return self.at((1 << 24,) * self.dims)
        except ArgumentError:
            raise refused from None

    def _layout(self, own: Weights | None) -> Weights:
        """The layout of the weights: that of groups where there are some, that of the arguments where they change it."""
        if self.groups > 1 and self.dialect is not None and self.dialect.GROUPS is not None:
            return self.dialect.GROUPS.weights
        return own or self.weights

    @property
    def layout(self) -> Weights:
        """The layout of its weights, with groups where there are some."""
        return self._layout(None)

    @property
    def weights(self) -> Weights:
        """The layout of its weights, without groups."""
        return Weights("fck") if self.dialect is None else self.dialect.WEIGHTS

    @property
    def channels_last(self) -> bool:
        """Whether channels stand behind the lengths."""
        return self.dialect is not None and self.dialect.CHANNELS_LAST


def question(name: str, arguments: Mapping[str, Any]) -> Question:
    """Arguments as a dialect's: every name known, a kernel size, as many axes as the longest of them names."""
    if not isinstance(name, str):
        raise ArgumentError("dialect", name, "must be the name of one of " + ", ".join(one.NAME for one in dialects()))
    one, given = dialect(name.strip()), dict(arguments)
    dims = given.pop("dims", None)
    kernel = _kernel(one, given)
    groups = _groups(one, given)
    known = _parameters(one)
    for argument, value in given.items():
        if argument not in known:
            names = [KERNEL[0], *known, "dims"] + ([one.GROUPS.argument] if one.GROUPS and one.GROUPS.argument else [])
            close = get_close_matches(argument, names, 1)
            raise ArgumentError(argument, value, f"{one.NAME} has no such argument here; it has {', '.join(names)}",
                                close[0] if close else None)
    axes = _dims(one, dims, [kernel, *given.values()])
    spread = dims is None and not any(is_sequence(value) for value in (kernel, *given.values()))
    given = {argument: _as_tuples(value) for argument, value in given.items()}
    assumed = ""
    if known.get(SHAPE) is Parameter.empty and SHAPE not in given:
        given[SHAPE], assumed = _usual_shape(one, per_axis(KERNEL[0], kernel, axes, 1), given, axes)
    return Question(one, per_axis(KERNEL[0], kernel, axes, 1), given, groups, assumed=assumed, spread=spread)


def parsed(text: str) -> Question:
    """``pytorch: kernel_size=4, stride=2``, or the name of a configuration."""
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise ArgumentError("description", text, f"must be text of at most {LONGEST_TEXT} letters")
    if re.match(r"\s*[1-3]d_", text):
        spec = ConvSpec.parse(text.strip())
        return Question(None, spec.kernel, {}, spec=spec)
    name, colon, rest = text.partition(":")
    if not colon:
        raise ArgumentError("description", text, "must be a dialect, a colon and its arguments, or a configuration's name",
                            "pytorch: kernel_size=4 stride=2 padding=1")
    return question(name, arguments_of(rest))


def _parameters(one: Dialect) -> dict[str, Any]:
    """The arguments that ``read`` takes, with their usual values."""
    return {name: parameter.default for name, parameter in signature(one.read).parameters.items()
            if parameter.kind is Parameter.KEYWORD_ONLY}


def _kernel(one: Dialect, given: dict[str, Any]) -> Any:
    """The kernel size, by any of its names."""
    named = [name for name in KERNEL if name in given]
    if len(named) != 1:
        raise ArgumentError(KERNEL[0], [given[name] for name in named] or None, f"{one.NAME} needs one kernel size", f"{KERNEL[0]}=3")
    return _as_tuples(given.pop(named[0]))


def _groups(one: Dialect, given: dict[str, Any]) -> int:
    """The number of groups: it changes the weights' layout, not the map on an axis."""
    for name in ("groups", "group"):
        if name in given:
            number = integer(name, given.pop(name), 1)
            if number > 1 and one.GROUPS is None:
                raise ArgumentError(name, number, f"{one.NAME} has no groups here", 1)
            return number
    return 1


def _dims(one: Dialect, dims: Any, values: Sequence[Any]) -> int:
    """As many axes as are named, else as the longest value has entries, else the fewest that the dialect has."""
    longest = max((len(value) for value in values if is_sequence(value)), default=0)
    if dims is None:
        named = len(values[0]) if is_sequence(values[0]) else longest - 2 * (longest > 3)  # with entries for batch and channels
        dims = named or one.DIMS[0]
    number = integer("dims", dims, 1, 3)
    if number not in one.DIMS:
        raise ArgumentError("dims", number, f"{one.OPERATION.format(dims=number)} has {' or '.join(map(str, one.DIMS))} spatial axes",
                            min(one.DIMS, key=lambda known: abs(known - number)))
    return number


def _usual_shape(one: Dialect, kernel: Sequence[int], given: Mapping[str, Any], dims: int) -> tuple[Any, str]:
    """The output shape that TensorFlow's converters take where none is named: s·m for SAME, s(m−1) + max(span, s) for VALID."""
    strides = given.get("strides", 1) if "strides" in _parameters(one) else (given.get("stride_h", 1), given.get("stride_w", 1))
    steps = per_axis("strides", _inner(strides, dims), dims, 1)
    dilations = per_axis("dilations", _inner(given.get("dilations", 1), dims), dims, 1)
    padding = _inner(given.get("padding", "SAME"), dims)
    shape = []
    for axis, (k, s, d) in enumerate(zip(kernel, steps, dilations, strict=True)):
        more = max(lengths.span(k, d) - s, 0)
        if isinstance(padding, str) and padding == "SAME":
            shape.append(Affine(s, 0))
        elif isinstance(padding, str):
            shape.append(Affine(s, more))
        else:
            crop = padding[axis] if is_sequence(padding) and len(padding) > axis else 0
            shape.append(Affine(s, lengths.span(k, d) - s - (sum(crop) if is_sequence(crop) else 0)))
    return tuple(shape), f"no output_shape is named; taken is {', '.join(map(repr, shape))} for m features"


def _inner(value: Any, dims: int) -> Any:
    """Without entries for batch and channels."""
    return value[1:-1] if is_sequence(value) and len(value) == dims + 2 else value


def _evaluated(value: Any, feature: Sequence[int]) -> Any:
    """An output shape at these feature lengths."""
    if isinstance(value, Affine):
        return tuple(value.at(m) for m in feature)
    if is_sequence(value) and len(value) == len(feature):
        return tuple(entry.at(m) if isinstance(entry, Affine) else entry for entry, m in zip(value, feature, strict=True))
    return value


def _fixed(shape: Any) -> bool:
    """Whether an output shape has numbers that do not depend on m."""
    if shape is None or isinstance(shape, Affine):
        return False
    return not is_sequence(shape) or any(not isinstance(entry, Affine) for entry in shape)


def _as_tuples(value: Any) -> Any:
    """Lists, nested ones too, as tuples, so that a question can be compared and kept."""
    return tuple(map(_as_tuples, value)) if isinstance(value, list | tuple) else value


def feature_size(size: Any, dims: int) -> tuple[int, ...] | None:
    """Feature lengths m from a number for all axes, or one an axis."""
    return None if size is None else per_axis("feature size", size, dims, 1, LONGEST)
