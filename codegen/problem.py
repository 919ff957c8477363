"""``Problem``: what to generate. Geometry, map, element type, layout and target; everything else is decided later."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from convt._derive import ArgumentError, ConvSpec
from convt._derive.gather import Gather, gather
from convt._derive.maps import MAPS as ROLES
from convt._derive.maps import Map
from convt._derive.spec import spec_of

from . import memory
from .elements import TYPES, ElementType
from .filters import Filter, filter_of
from .target import TARGETS, Target

MAPS = tuple(ROLES)
LAYOUTS = ("channels_first", "channels_last")


@dataclass(frozen=True)
class Problem:
    """One kernel to generate. Build it with ``Problem.of``, which checks every field."""

    spec: ConvSpec
    map: str = "conv_transpose"
    dtype: str = "float32"
    layout: str = "channels_first"
    conjugate: bool = False
    target: str = "host"
    filter: Filter | None = None
    """Weights that are built in: one filter for every channel."""

    @classmethod
    def of(cls, spec: ConvSpec | str, map: str = "conv_transpose", dtype: str = "float32",
           layout: str = "channels_first", conjugate: bool = False, target: str = "host", weights: Any = None) -> Problem:
        """The checked problem. ``conjugate`` only matters for complex types, and ``conv`` has no conjugate form.

        ``weights`` builds one filter for every channel into a float transposed convolution: an array of the kernel's
        shape, or a name that ``codegen/filters.py`` explains.
        """
        spec = spec_of(spec)
        map = _member("map", map, MAPS)
        dtype = _member("dtype", str(dtype), tuple(TYPES))
        memory.demand_smallest(spec, TYPES[dtype].size)
        if conjugate and map == "conv":
            raise ArgumentError("conjugate", conjugate, "conv has no conjugate form: it conjugates nothing", False)
        conjugate = bool(conjugate) and TYPES[dtype].parts == 2
        if weights is not None and (map != "conv_transpose" or not TYPES[dtype].is_float):
            raise ArgumentError("weights", weights if isinstance(weights, str) else type(weights).__name__,
                                f"are built into conv_transpose of float32 and float64, not {map} of {dtype}")
        return cls(spec, map, dtype, _member("layout", layout, LAYOUTS), conjugate,
                   _member("target", target, tuple(TARGETS)), None if weights is None else filter_of(weights, spec, dtype))

    @property
    def element(self) -> ElementType:
        """The element type."""
        return TYPES[self.dtype]

    @property
    def roles(self) -> Map:
        """Which arguments the map reads and gives."""
        return ROLES[self.map]

    @cached_property
    def gathers(self) -> tuple[Gather, ...]:
        """The sums of each axis, as the fast families run on them."""
        return tuple(gather(axis, self.map) for axis in self.spec.axes)

    @cached_property
    def uncropped(self) -> tuple[Gather, ...]:
        """The same sums with pixels counted from the uncropped image on."""
        return tuple(gather(axis, self.map, True) for axis in self.spec.axes)

    @property
    def processor(self) -> Target:
        """The target profile."""
        return TARGETS[self.target]

    @cached_property
    def name(self) -> str:
        """Name of kernel, file, module and function alike, such as ``conv_transpose2d_k4s2p1_f32``."""
        suffix = "_cl" * (self.layout == "channels_last") + "_conj" * self.conjugate
        machine = "" if self.target == "host" else "_" + self.target.replace("-", "_")
        suffix += f"_{self.filter.name}" if self.filter else ""
        return f"{self.map}{self.spec.identifier}_{self.element.code}{suffix}{machine}"

    @property
    def command(self) -> str:
        """The command line that makes this kernel."""
        options = f"convt build {self.spec} --map {self.map} --dtype {self.dtype}"
        if self.layout != "channels_first":
            options += f" --layout {self.layout}"
        options += " --conjugate" * self.conjugate
        if self.filter is not None:
            options += f" --weights {self.filter.text}"
        return options if self.target == "host" else f"{options} --target {self.target}"

    @property
    def key(self) -> str:
        """All fields as one line of text: what the store hashes."""
        return f"{self.map} {self.spec} {self.dtype} {self.layout} {'conj' if self.conjugate else '-'} {self.target}" + (
            f" {self.filter.name} {self.filter.text}" if self.filter else "")


def _member(argument: str, value: str, legal: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in legal:
        from difflib import get_close_matches

        close = get_close_matches(str(value)[:40], legal, 1, 0.3)
        raise ArgumentError(argument, value, f"must be one of {', '.join(legal)}", close[0] if close else None)
    return value
