"""``padding="same"`` and ``"valid"``: words of frameworks for a crop. Understood where they all mean the same one.

For transposed convolutions the dialects say what each framework means; where they differ, one error names them all. For
convolutions "same" is PyTorch's, ⌊d(k−1)/2⌋ before and the rest after, which strides above 1 do not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from . import lengths
from .dialects import dialect, same_crop
from .errors import ArgumentError
from .spec import LONGEST, ConvSpec, per_axis

WORDS = ("same", "valid")
Crops = tuple[tuple[int, int], ...]
WRITTEN = {  # what frameworks call it: dialect, arguments, whether the length goes along as output_shape
    "same": (("TensorFlow", {"padding": "SAME"}, True), ("Keras", {"padding": "same"}, False), ("JAX", {"padding": "SAME"}, False),
             ("ONNX", {"auto_pad": "SAME_UPPER"}, False), ("ONNX", {"auto_pad": "SAME_LOWER"}, False),
             ("OpenVINO", {"auto_pad": "same_upper"}, True), ("OpenVINO", {"auto_pad": "same_lower"}, True)),
    "valid": (("Keras", {"padding": "valid"}, False), ("JAX", {"padding": "VALID"}, False), ("ONNX", {"auto_pad": "VALID"}, False),
              ("OpenVINO", {"auto_pad": "valid"}, False)),
}
DILATION = {"Keras": "dilation_rate", "JAX": "rhs_dilation"}


def word_of(padding: str) -> str:
    """"same" or "valid", in any case. ``ArgumentError`` for other words."""
    if padding.lower() not in WORDS:
        close = get_close_matches(padding.lower(), WORDS, 1, 0.5)
        raise ArgumentError("padding", padding, 'must be an int, one an axis, one (begin, end) an axis, "same" or "valid"',
                            close[0] if close else 0)
    return padding.lower()


def of_transposed(padding: str, kernel: Sequence[int], stride: Any, dilation: Any, feature: Sequence[int],
                  output_padding: Any = 0, output_size: Any = None) -> Crops:
    """The crop of a transposed convolution that a word means; ``ArgumentError`` names each framework's where they differ."""
    word, dims = word_of(padding), len(kernel)
    s, d = per_axis("stride", stride, dims, 1), per_axis("dilation", dilation, dims, 1)
    more = per_axis("output_padding", output_padding, dims, 0)
    if word == "valid" and (any(more) or output_size is not None):
        return ((0, 0),) * dims
    if any(more):
        raise ArgumentError("padding", padding, f"names a length of its own, and so does output_padding={more}: give the crop in numbers")
    size = None if output_size is None else per_axis("output_size", output_size, dims, 1, LONGEST)
    meant: dict[ConvSpec, list[str]] = {}
    for name, spec in _meanings(word, kernel, s, d, feature, size):
        meant.setdefault(spec, []).append(name)
    if len(meant) == 1:
        return next(iter(meant)).padding
    if not meant:
        raise ArgumentError("padding", padding, f"no framework has it for kernel {tuple(kernel)}, stride {s} and dilation {d}", 0)
    says = "; ".join(f"{', '.join(names)}: {_numbers(spec)}" for spec, names in meant.items())
    first = next(iter(meant))
    raise ArgumentError("padding", padding, f"frameworks differ here, so give numbers. {says}",
                        _numbers(first) if any(first.output_padding) else first.padding)


def of_conv(padding: str, kernel: Sequence[int], stride: Any, dilation: Any, image: Sequence[int]) -> Crops:
    """The padding of a convolution that a word means; ``ArgumentError`` names the numbers where strides are above 1."""
    word, dims = word_of(padding), len(kernel)
    s, d = per_axis("stride", stride, dims, 1), per_axis("dilation", dilation, dims, 1)
    if word == "valid":
        return ((0, 0),) * dims
    rows = list(zip(kernel, s, d, image, strict=True))
    crops = tuple(same_crop(lengths.missing(k, step, gap, -(-n // step), n)) for k, step, gap, n in rows)
    if any(step > 1 for step in s):
        lower = tuple((hi, lo) for lo, hi in crops)
        other = f"; ONNX SAME_LOWER {lower}" if lower != crops else ""
        size = " × ".join(map(str, image))
        raise ArgumentError("padding", padding, "with a stride above 1 it depends on the image's length, and PyTorch refuses it, so "
                            f"give numbers. For n = {size}, TensorFlow, Keras, JAX, ONNX SAME_UPPER: {crops}{other}", crops)
    return crops


def _meanings(word: str, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], feature: Sequence[int],
              size: Sequence[int] | None) -> Iterator[tuple[str, ConvSpec]]:
    """Each framework's reading of a word: by its own length s·m, or with the length that is asked for."""
    for name, arguments, shaped in WRITTEN[word]:
        given = {**arguments, "strides": tuple(stride)}
        if any(gap > 1 for gap in dilation):
            given[DILATION.get(name, "dilations")] = tuple(dilation)
        if size is not None and name in ("Keras", "JAX"):  # these take no length
            continue
        if shaped or size is not None:
            given["output_shape"] = tuple(step * m for step, m in zip(stride, feature, strict=True)) if size is None else tuple(size)
        label = f"{name} {arguments['auto_pad']}" if "auto_pad" in arguments else name
        try:
            yield label, dialect(name).read(feature, kernel, **given).spec
        except ArgumentError:
            continue


def _numbers(spec: ConvSpec) -> str:
    """How a reading is written in numbers."""
    return f"padding={spec.padding}" + (f", output_padding={spec.output_padding}" if any(spec.output_padding) else "")
