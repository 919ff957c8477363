"""Target profiles: what a processor offers, as constants, so that generated text does not depend on the host.

``host`` is the machine at hand: its profile is one of the named ones, chosen by what the compiler says about it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Vector width in bytes, number of vector registers, and the compiler flags that select them.

    ``tune`` keeps values that a tile uses several times in registers: gcc's tuning for AMD processors loads them from
    memory for each multiply-add, which halves the speed of a tile on those same processors (measured on Zen 3).
    ``macs_per_ns`` are rough rates of one thread for float32 multiply-adds, for the cost model: (register tile,
    plain loops). They only have to rank the families.
    """

    name: str
    vector_bytes: int
    registers: int
    flags: tuple[str, ...]
    tune: tuple[str, ...]
    macs_per_ns: tuple[float, float]


TARGETS = {t.name: t for t in (
    Target("host", 32, 16, ("-march=native",), (), (45.0, 1.5)),
    Target("generic", 16, 16, (), (), (6.0, 1.0)),
    Target("x86-64", 16, 16, ("-march=x86-64",), (), (10.0, 1.0)),
    Target("x86-64-v3", 32, 16, ("-march=x86-64-v3",), ("-mtune=skylake",), (45.0, 1.5)),
    Target("x86-64-v4", 64, 32, ("-march=x86-64-v4",), ("-mtune=skylake-avx512",), (80.0, 1.5)),
)}


def like_host(macros: frozenset[str]) -> Target:
    """The named profile whose shape fits what ``-march=native`` defines; only its flags are the host's own."""
    if "__AVX512F__" in macros and "__AVX512VL__" in macros:
        return TARGETS["x86-64-v4"]
    if "__AVX2__" in macros and "__FMA__" in macros:
        return TARGETS["x86-64-v3"]
    return TARGETS["generic"]
