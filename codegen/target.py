"""Target profiles: what a processor offers, as constants, so that generated text does not depend on the host.

``host`` is the machine at hand: its profile is one of the named ones, chosen by what the compiler says about it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Vector width in bytes, number of vector registers, the compiler flags that select them, and the macros that tell.

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
    macros: tuple[str, ...] = ()
    """What a compiler defines where it may use the instructions that this profile counts on."""


    def compile_with(self, tune: tuple[str, ...]) -> str:
        """The flags for whoever compiles a source by hand, with gcc or clang."""
        return " ".join((*BY_HAND, *self.flags, *tune))


BY_HAND = ("-O2", "-ftree-vectorize", "-std=gnu11", "-fwrapv", "-fno-strict-aliasing", "-fopenmp")
AVX2 = ("__AVX2__", "__FMA__")
AVX512 = (*AVX2, "__AVX512F__", "__AVX512VL__", "__AVX512BW__", "__AVX512DQ__")
TARGETS = {t.name: t for t in (
    Target("host", 32, 16, ("-march=native",), (), (45.0, 1.5)),
    Target("generic", 16, 16, (), (), (6.0, 1.0)),
    Target("x86-64", 16, 16, ("-march=x86-64",), (), (10.0, 1.0)),
    Target("x86-64-v3", 32, 16, ("-march=x86-64-v3",), ("-mtune=skylake",), (45.0, 1.5), AVX2),
    # of 512 bits: tuned so, clang would halve them
    Target("x86-64-v4", 64, 32, ("-march=x86-64-v4",), ("-mtune=skylake-avx512", "-mprefer-vector-width=512"), (57.0, 1.5), AVX512),
)}


def like_host(macros: frozenset[str]) -> Target:
    """The named profile whose shape fits what ``-march=native`` defines; only its flags are the host's own."""
    return next((target for target in (TARGETS["x86-64-v4"], TARGETS["x86-64-v3"]) if macros.issuperset(target.macros)),
                TARGETS["generic"])
