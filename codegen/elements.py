"""Element types: what kernels compute in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ElementType:
    """An element type: its NumPy name, its code in kernel names, and how C and the buffer protocol spell it.

    ``parts`` is 2 for complex types, whose arithmetic is written out in real parts of type ``scalar``.
    ``bits`` is the number of integer bits that sums of exact products may use.
    """

    name: str
    code: str
    scalar: str
    size: int
    parts: int
    formats: tuple[str, ...]
    bits: int

    @property
    def is_float(self) -> bool:
        """Real floating point."""
        return self.parts == 1 and self.scalar != "int64_t"

    @property
    def wrapping(self) -> str:
        """The C type that scalars are computed in: unsigned integers wrap as signed ones do on any machine, and by the rules of C."""
        return "uint64_t" if self.scalar == "int64_t" else self.scalar

    @property
    def rounding(self) -> float:
        """Largest relative error of one operation on real parts: half a unit in the last place, 0 for integers."""
        return 0.0 if self.scalar == "int64_t" else 2.0**-self.bits


TYPES = {t.name: t for t in (
    ElementType("float32", "f32", "float", 4, 1, ("f",), 24),
    ElementType("float64", "f64", "double", 8, 1, ("d",), 53),
    ElementType("int64", "i64", "int64_t", 8, 1, ("l", "q"), 63),
    ElementType("complex64", "c64", "float", 8, 2, ("Zf",), 24),
    ElementType("complex128", "c128", "double", 16, 2, ("Zd",), 53),
)}
