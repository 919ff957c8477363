"""Statements about particular numbers, and about what SAME means."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ..claims import Identity
from ..dialects import keras, onnx, openvino, pytorch, tensorflow
from ..spec import ConvSpec
from ..theorem import Step
from ..theorems.t23_worked_examples import classics, outputs
from . import Case, Replay, Saying, grid

TOPIC = "examples and dialects"
TF = ((1, 1, 3, 2), (1, 1, 3, 2), (4, 4, 10, 6), (3, 3, 7, 4))


def sayings() -> Iterator[Saying]:
    """Statements 8, 9, 30, 31 and 35."""
    said = tuple(value for row in TF for value in row)
    yield Saying(8, TOPIC, "SAME, x = [[1, 2], [3, 4]], 3 × 3 ones, s = 2 gives [[1,1,3,2],[1,1,3,2],[4,4,10,6],[3,3,7,4]]", same_of_ones,
                 "That is TensorFlow's crop (0, 1). With p = 1 and op = 1 the same shape holds [[1,3,2,2],[4,10,6,6],[3,7,4,4],[3,7,4,4]].",
                 "the crop is (0, 1)", "SAME fixes the shape; the crop decides the values", "questions and answers",
                 replay=Replay("conv_transpose", ConvSpec.parse("2d_k3s2p1op1"), (2, 2), (1, 2, 3, 4), (1,) * 9, said))
    yield Saying(9, TOPIC, "that output should be 5 × 5", five_by_five,
                 "5 = 2·(2 − 1) + 3 is the uncropped length, which VALID gives. SAME gives s·m = 4.", "VALID",
                 "5 × 5 for VALID, 4 × 4 for SAME", "questions and answers",
                 replay=Replay("conv_transpose", ConvSpec.parse("2d_k3s2p0:1"), (2, 2), (1, 2, 3, 4), (1,) * 9, (0,) * 25))
    yield Saying(30, TOPIC, "[x₁, x₂] with [w₁, w₂, w₃], s = 2, p = 1 gives [x₁w₂, x₁w₃ + x₂w₁, x₂w₂]", lambda: _classic("k = 3, s = 2"),
                 "Two features, three outputs, and the middle one has two terms. Entry by entry it is the sum over the index relation.",
                 source="a note on transposed convolution")
    yield Saying(31, TOPIC, "a 2 × 2 kernel on 2 × 2 features gives 4 × 4 without overlap for s = 2, and 3 × 3 with overlap for s = 1",
                 lambda: _classic("2 × 2 kernel"),
                 "With k = s the copies tile the output. With s = 1 they overlap, and the middle output has all four terms.",
                 source="questions and answers")
    yield Saying(35, TOPIC, "SAME_UPPER means the same everywhere", same_upper,
                 "ONNX gives the smaller half of an odd crop to the beginning, OpenVINO the larger. Only an even total has one middle.",
                 "the total crop is even", "name the crop (p_lo, p_hi), not SAME_UPPER", "operator specifications",
                 replay=Replay("conv_transpose", ConvSpec.parse("1d_k3s2p0:1"), (2,), (1, 1), (1, 2, 3), (2, 4, 2, 3)))


def same_of_ones() -> Iterator[Case]:
    """The crops of four libraries for n = 4, from their dialects."""
    feature, kernel = (2, 2), (3, 3)
    readings = {
        "TensorFlow SAME": tensorflow.read(feature, kernel, output_shape=(4, 4), strides=2),
        "Keras same": keras.read(feature, kernel, strides=2, padding="same"),
        "ONNX SAME_UPPER": onnx.read(feature, kernel, strides=2, auto_pad="SAME_UPPER"),
        "ONNX SAME_LOWER": onnx.read(feature, kernel, strides=2, auto_pad="SAME_LOWER"),
        "PyTorch, p = 1, op = 1": pytorch.read(feature, kernel, stride=2, padding=1, output_padding=1),
    }
    numbers = tuple(sympy.Integer(value) for row in TF for value in row)
    for name, reading in readings.items():
        found = outputs(reading.spec, (1, 2, 3, 4), (1,) * 9, feature)
        yield Case(name, (Identity(tuple(found), numbers, (2, 2)),), reading.spec.padding[0][0] == 0)


def five_by_five() -> Iterator[Case]:
    """Keras's length rule for m = 2."""
    for padding in ("same", "valid"):
        yield Case(padding.upper(), (Identity((keras.length(2, 2, 3, padding, None),), (5,), (2,)),), padding == "valid")


def _classic(name: str) -> Iterator[Case]:
    for step in classics():
        if isinstance(step, Step) and step.reason.startswith(name):
            yield Case(step.reason, (step.claim,), True)


def same_upper() -> Iterator[Case]:
    """p_lo of ONNX against p_lo of OpenVINO, n = s·m."""
    for row in grid(k=(2, 3, 4, 5), s=(1, 2, 3)):
        k, s = row["k"], row["s"]
        if k < s:
            continue
        first = onnx.read((4,), (k,), strides=s, auto_pad="SAME_UPPER").spec.padding[0][0]
        second = openvino.read((4,), (k,), strides=s, auto_pad="same_upper", output_shape=(4 * s,)).spec.padding[0][0]
        yield Case(f"k = {k}, s = {s}", (Identity((first,), (second,)),), (k - s) % 2 == 0)
