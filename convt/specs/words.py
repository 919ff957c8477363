"""The words that a spec may use: theorems, properties, libraries, dialects, families."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

THEOREMS = {
    1: "lengths", 2: "round trip", 3: "solving", 4: "matrix", 5: "adjoint", 6: "complex adjoint", 7: "scatter", 8: "zero insertion",
    9: "words", 10: "polyphase split", 11: "gradients", 12: "im2col", 13: "coverage", 14: "fusion", 15: "bilinear",
    16: "average pooling", 17: "not an inverse", 18: "support", 19: "composition", 20: "separable kernels", 21: "halo",
    22: "fast algorithms", 23: "worked examples", 24: "pieces", 25: "pixel shuffle", 26: "borders", 27: "resampling",
    28: "unit strides", 29: "cost", 30: "frames",
}
UNIFORM, NO_CHECKERBOARD, ROUND_TRIP = PROPERTIES = ("uniform coverage", "no checkerboard", "shape round trip")
LIBRARIES = ("torch", "onnxruntime", "jax", "tensorflow", "openvino")
DIALECTS = {"torch": "PyTorch", "onnx": "ONNX", "tensorflow": "TensorFlow", "keras": "Keras", "jax": "JAX", "openvino": "OpenVINO",
            "onednn": "oneDNN", "litert": "LiteRT", "caffe": "Caffe", "scipy": "SciPy"}
"""Key of a spec -> name of the dialect."""
GEOMETRY = ("kernel", "stride", "padding", "dilation", "output_padding")
MAPS = ("conv_transpose", "conv", "conv_weight_gradient")
DTYPES = ("float32", "float64", "int64", "complex64", "complex128")
LAYOUTS = ("channels_first", "channels_last")
TARGETS = ("x86-64-v3", "x86-64-v4", "x86-64", "generic")
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "KB": 10**3, "MB": 10**6, "GB": 10**9, "B": 1}


def families() -> tuple[str, ...]:
    """Names of the families of code, by their files."""
    found = (item.name.partition(".") for item in files(f"{__name__.partition('.')[0]}._codegen").joinpath("families").iterdir())
    return tuple(sorted({stem for stem, _, suffix in found if suffix in ("py", "pyc") and stem != "__init__"}))


def groups(said: Mapping[str, Any]) -> int:
    """The number of groups in a framework's words; 1 where they say none, or none that is right, which their reader tells."""
    found = next((said[name] for name in ("groups", "group", "feature_group_count") if name in said), 1)
    return found if type(found) is int and found > 0 else 1


def theorem(name: str | int) -> int | None:
    """The number of a theorem by its number or title; None where there is no such theorem."""
    if isinstance(name, int):
        return name if name in THEOREMS else None
    return next((number for number, title in THEOREMS.items() if title == name.strip().lower()), None)
