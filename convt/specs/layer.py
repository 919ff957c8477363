"""A layer of a spec, resolved: geometry, lengths, channels, and what must hold. Everything wrong is said at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, TypeVar

from convt._codegen import memory
from convt._codegen.elements import TYPES
from convt._derive.errors import ArgumentError
from convt._derive.spec import LONGEST, ConvSpec, integer, is_sequence, per_axis

from . import forward, lengths, words
from .lengths import Length
from .mistakes import Mistake, Path, closest
from .model import Defaults, LayerTable
from .places import line_of

if TYPE_CHECKING:
    from convt._codegen.problem import Problem

Value = TypeVar("Value")


@dataclass(frozen=True)
class Layer:
    """One layer. ``input`` and ``output`` are what the map takes and makes; ``channels`` likewise."""

    file: str
    line: int
    name: str
    spec: ConvSpec
    target: str
    map: str
    dtype: str
    layout: str
    bias: bool
    groups: int
    channels: tuple[int, int] | None
    weights: Any
    """The filter that is built in, as ``Problem.of`` takes it: text or an array."""
    input: tuple[Length, ...]
    output: tuple[Length, ...] | None
    theorems: tuple[int, ...]
    properties: tuple[str, ...]
    fits_skip: tuple[tuple[int, ...], ...]
    agree: tuple[str, ...]
    max_error: float | None
    memory: int | None
    family: str | None
    faster_than: tuple[str, float] | None
    said: tuple[str, dict[str, Any]] | None
    """(key, arguments) where the geometry is in a framework's words."""

    @property
    def size(self) -> tuple[int, ...] | None:
        """Lengths of the input where they are numbers."""
        numbers = [length.number for length in self.input]
        return None if None in numbers else tuple(number for number in numbers if number is not None)

    @property
    def made(self) -> tuple[Length, ...]:
        """Lengths of the output, as the geometry has them."""
        return tuple(lengths.along(axis, self.map, given) for axis, given in zip(self.spec.axes, self.input, strict=True))

    @property
    def features(self) -> int:
        """Channels F of the features; 1 where none are said."""
        return 1 if self.channels is None else self.channels[0 if self.map == "conv_transpose" else 1]

    @property
    def images(self) -> int:
        """Channels C of the image; 1 where none are said."""
        return 1 if self.channels is None else self.channels[1 if self.map == "conv_transpose" else 0]

    @property
    def sizes(self) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        """(feature lengths m, image lengths n) where the input's are numbers."""
        if self.size is None:
            return None
        made = tuple(length.at(0) for length in self.made)
        return (self.size, made) if self.map == "conv_transpose" else (made, self.size)

    def problem(self, target: str = "host") -> Problem:
        """The kernel that it is, for a processor. Raises ``ArgumentError``."""
        from convt._codegen.problem import Problem

        return Problem.of(self.spec, self.map, self.dtype, self.layout, target=target, weights=self.weights)


@dataclass
class Reader:
    """Makes one layer of its table; ``mistakes`` gets what is wrong with it."""

    file: str
    number: int
    lines: dict[Path, int]
    mistakes: list[Mistake]
    wrong: frozenset[str] = frozenset()
    """Keys whose values are of another kind than they should be: said already, and left out."""

    def layer(self, table: LayerTable, defaults: Defaults, target: str) -> Layer | None:
        """The layer, or None where something is wrong with it."""
        before = len(self.mistakes)
        of = _Values(table, defaults)
        geometry = {"config", *words.GEOMETRY, *words.DIALECTS, "dims", "map"}
        found = None if geometry & self.wrong else self.geometry(table, of("map", "conv_transpose"))
        spec, said = found or (None, None)
        input = self.lengths(table, "input", spec)
        output = self.lengths(table, "output", spec)
        map_name, dtype = of("map", "conv_transpose"), of("dtype", "float32")
        groups = table.groups or words.groups(said[1] if said else {})
        if input is not None and output is not None:
            self.letters(input, output)
        for place, count in enumerate(table.channels or ()):
            if count % groups:
                self.add(("channels", place), count, f"must be a multiple of groups, {groups}", -(-count // groups) * groups)
        default = Length(1, 0, 1, "m" if map_name == "conv_transpose" else "n")
        theorems, properties = self.holds([*(defaults.hold or ()), *(table.hold or ())], len(defaults.hold or ()))
        if spec is not None:
            self.attempt((), memory.demand_smallest, spec, TYPES[dtype].size)
        weights = spec and self.attempt(("weights",), self.filter, table, spec, map_name, dtype)
        if words.NO_CHECKERBOARD in properties and table.weights is None and "weights" not in self.wrong:
            self.add(("hold",), words.NO_CHECKERBOARD, "is about given weights: name them, or hold uniform coverage", words.UNIFORM)
        most = self.attempt(("memory",), size_in_bytes, of("memory", None))
        channels = None if table.channels is None else (table.channels[0], table.channels[1])
        faster = None if table.faster_than is None else (str(table.faster_than.peer), table.faster_than.ratio)
        self.needs_sizes(table)
        if table.faster_than is not None and (map_name, dtype, table.weights) != ("conv_transpose", "float32", None):
            self.add(("faster_than",), f"{map_name} of {dtype}", "is measured for conv_transpose of float32 without built-in weights")
        family, skips = self.family(table), self.skips(table, spec.dims if spec else 1)
        if spec is None or len(self.mistakes) > before or self.wrong:
            return None
        return Layer(
            self.file, self.lines.get(("layer", self.number), 1), table.name, spec, target, map_name, dtype,
            of("layout", "channels_first"), of("bias", False), groups, channels, weights,
            input or (default,) * spec.dims, output, theorems, properties, skips, tuple(dict.fromkeys(of("agree", ()))),
            of("max_error", None), most, family, faster, said)

    def geometry(self, table: LayerTable, map_name: str) -> tuple[ConvSpec, tuple[str, dict[str, Any]] | None] | None:
        """The configuration, and the framework's words that say it."""
        given = [key for key in ("config", "kernel", *words.DIALECTS) if getattr(table, key) is not None]
        if len(given) != 1:
            rule = "needs one geometry: config, kernel, or a framework's words: " + ", ".join(words.DIALECTS)
            self.add(given[-1:], given or None, rule + (f"; there are {len(given)}" if given else ""), given[0] if given else "config")
            return None
        key, = given
        for field in words.GEOMETRY[1:]:
            if key != "kernel" and getattr(table, field) is not None:
                self.add((field,), getattr(table, field), f"stands beside kernel only; here {key} says the geometry")
        dims = next((len(lengths_) for lengths_ in (table.input, table.output) if lengths_), table.dims)
        if key == "config":
            spec = self.attempt((key,), ConvSpec.parse, table.config)
            return None if spec is None else (spec, None)
        if key == "kernel":
            given_fields = {field: getattr(table, field) for field in words.GEOMETRY if getattr(table, field) is not None}
            named = any(is_sequence(value) for value in given_fields.values())
            spec = self.attempt((key,), lambda: ConvSpec(**given_fields, dims=None if named else dims))
            return None if spec is None else (spec, None)
        said = dict(getattr(table, key))
        if map_name == "conv_transpose":
            spec = self.attempt((key,), self.read, key, said, dims, table.input)
        else:
            spec = self.attempt((key,), forward.read, key, said, dims, self.known(table.input))
        return None if spec is None else (spec, (key, said))

    @staticmethod
    def read(key: str, said: dict[str, Any], dims: int | None, input: list[int | str] | None) -> ConvSpec:
        """What a framework's words mean, for every size where that can be said, else for the layer's."""
        from convt import dialects
        from convt._derive.dialects import dialect

        given, name = dict(said), words.DIALECTS[key]
        if dims is not None and "dims" not in given and dims in dialect(name).DIMS:
            given["dims"] = dims
        try:
            return dialects.read(name, **given).spec
        except ArgumentError:
            if not input or not all(isinstance(length, int) for length in input):
                raise
            return dialects.read(name, [length for length in input if isinstance(length, int)], **given).spec

    @staticmethod
    def known(given: list[int | str] | None) -> list[Length] | None:
        """The input's lengths where they are all right: what is wrong with them is said elsewhere."""
        try:
            return None if given is None else [lengths.parse("input", value) for value in given]
        except ArgumentError:
            return None

    def lengths(self, table: LayerTable, key: str, spec: ConvSpec | None) -> tuple[Length, ...] | None:
        """The lengths under a key, one an axis."""
        given = getattr(table, key)
        if given is None:
            return None
        if spec is not None and len(given) != spec.dims:
            self.add((key,), given, f"must have one length for each of {spec.dims} axes of {spec}", (given * 3)[:spec.dims])
            return None
        found = [self.attempt((key, number), lengths.parse, key, value) for number, value in enumerate(given)]
        return None if None in found else tuple(length for length in found if length is not None)

    def letters(self, input: tuple[Length, ...], output: tuple[Length, ...]) -> None:
        """A formula speaks of its axis' letter; numbers follow from numbers."""
        for axis, (given, wanted) in enumerate(zip(input, output, strict=True)):
            if given.divisor > 1 or (given.letter and given.times < 1):
                self.add(("input", axis), str(given), "must be a number, or grow with its letter without division", given.letter)
            elif given.letter != wanted.letter:
                rule = f"must be a formula in {given.letter}, the letter of this axis' input" if given.letter else \
                    "must be a number, as this axis' input is"
                self.add(("output", axis), str(wanted), rule, given.letter or None)

    def holds(self, names: list[int | str], inherited: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """(theorems, properties) of these names."""
        theorems: list[int] = []
        properties: list[str] = []
        for place, name in enumerate(names):
            number = words.theorem(name)
            if number is not None:
                theorems.append(number)
            elif isinstance(name, str) and name.strip().lower() in words.PROPERTIES:
                properties.append(name.strip().lower())
            else:
                legal = [*words.PROPERTIES, *words.THEOREMS.values()]
                path = ("hold", place - inherited) if place >= inherited else ()
                near = closest(name, legal, 0.3) if isinstance(name, str) else min(max(name, 1), len(words.THEOREMS))
                self.add(path, name, f"must be a theorem, by its number (1 to {len(words.THEOREMS)}) or title, or one of "
                         + ", ".join(words.PROPERTIES), near)
        return tuple(dict.fromkeys(theorems)), tuple(dict.fromkeys(properties))

    def filter(self, table: LayerTable, spec: ConvSpec, map_name: str, dtype: str) -> Any:
        """The built-in weights, checked."""
        if table.weights is None:
            return None
        from convt._codegen.problem import Problem
        from convt.files import array

        given: Any = table.weights
        if given.endswith(".npy"):
            given = array("weights", File(self.file).parent / given)
        Problem.of(spec, map_name, dtype, weights=given)
        return given

    def skips(self, table: LayerTable, dims: int) -> tuple[tuple[int, ...], ...]:
        """Lengths of skip connections, one an axis each."""
        found = [self.attempt(("fits_skip", number), per_axis, "fits_skip", entry, dims, 1, LONGEST)
                 for number, entry in enumerate(table.fits_skip or ())]
        return tuple(entry for entry in found if entry is not None)

    def family(self, table: LayerTable) -> str | None:
        """The family, known."""
        legal = words.families()
        if table.family is not None and table.family not in legal:
            self.add(("family",), table.family, f"must be one of {', '.join(legal)}", closest(table.family, legal, 0.3) or "plain")
        return table.family

    def needs_sizes(self, table: LayerTable) -> None:
        """What is about one size needs it."""
        if self.wrong & {"channels", "input"}:
            return
        sized = table.channels is not None and table.input is not None and all(isinstance(length, int) for length in table.input)
        for key in ("family", "memory", "max_error", "faster_than"):
            if not sized and getattr(table, key) is not None:
                self.add((key,), getattr(table, key), "needs channels, and input in numbers")

    def attempt(self, path: Path, make: Callable[..., Value], *arguments: Any) -> Value | None:
        """What ``make`` makes, or None and a mistake."""
        try:
            return make(*arguments)
        except ArgumentError as error:
            argument = str(error.argument).partition("[")[0]
            if ("layer", self.number, *path, argument) in self.lines:
                path = (*path, argument)
            elif argument in words.GEOMETRY and ("layer", self.number, argument) in self.lines:
                path = (argument,)
            self.add(path, error.value, error.rule, error.nearest)
            return None

    def add(self, path: Any, value: Any, rule: str, nearest: Any = None) -> None:
        """One more mistake."""
        full = ("layer", self.number, *path)
        self.mistakes.append(Mistake(self.file, line_of(full, self.lines), full, value, rule, nearest))


@dataclass(frozen=True)
class _Values:
    """What a layer says, else the defaults."""

    table: LayerTable
    defaults: Defaults

    def __call__(self, key: str, otherwise: Any) -> Any:
        own = getattr(self.table, key)
        own = getattr(self.defaults, key) if own is None else own
        return otherwise if own is None else own


def size_in_bytes(value: int | str | None) -> int | None:
    """Bytes, from a number or from text as ``64 MiB``."""
    if value is None or isinstance(value, int):
        return None if value is None else integer("memory", value, 1, 1 << 60)
    number, unit = value.strip().rstrip("BKMGi"), value.strip().lstrip("0123456789. ")
    try:
        return integer("memory", int(float(number) * words.UNITS[unit]), 1, 1 << 60)
    except (KeyError, ValueError, OverflowError):
        rule = f"must be bytes, or text such as 64 MiB with one of {', '.join(words.UNITS)}"
        raise ArgumentError("memory", value, rule, "64 MiB") from None


