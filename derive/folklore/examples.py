"""Statements about particular numbers, and about what SAME means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from ..claims import Claim, Identity
from ..counterexample import Expected, Replay, applied, counting, described, nested
from ..dialects import keras, onnx, openvino, pytorch, tensorflow
from ..spec import ConvSpec
from ..theorem import Step
from ..theorems.t23_worked_examples import classics, outputs
from . import GUIDE, LAYERS, Case, Saying, grid

TOPIC = "examples and dialects"
TF = ((1, 1, 3, 2), (1, 1, 3, 2), (4, 4, 10, 6), (3, 3, 7, 4))
SAID = tuple(value for row in TF for value in row)
SQUARE, ONES = (1, 2, 3, 4), (1,) * 9
CROPPED = ConvSpec.parse("2d_k3s2p0:1")


def sayings() -> Iterator[Saying]:
    """Statements 8, 9, 30, 31 and 35."""
    symmetric = nested(applied("conv_transpose", ConvSpec.parse("2d_k3s2p1op1"), (2, 2), SQUARE, ONES), (4, 4))
    yield Saying(8, TOPIC, "a transposed convolution of [[1, 2], [3, 4]] with 3 × 3 ones, stride 2 and SAME padding gives "
                 f"{nested(SAID, (4, 4))}", same_of_ones,
                 f"That is TensorFlow's crop (0, 1). With p = 1 and op = 1, of the same shape, it is {symmetric}.",
                 "the crop is (0, 1) on both axes", "SAME fixes the shape; the crop decides the values: (0, 1) gives these",
                 f"{LAYERS} (an answer in TensorFlow)", these_numbers)
    yield Saying(9, TOPIC, "a transposed convolution of a 2 × 2 input with a 3 × 3 kernel and stride 2 has a 5 × 5 output",
                 five_by_five,
                 "5 = 2·(2 − 1) + 3 is the uncropped length, which VALID gives. SAME gives s·m = 4.", "nothing is cropped: VALID padding",
                 "the output is 5 × 5 with VALID padding, 4 × 4 with SAME padding",
                 "compare the TensorFlow documentation, tf.nn.conv2d_transpose, and the Keras documentation, Conv2DTranspose")
    yield Saying(30, TOPIC, "[x₁, x₂] through a transposed convolution with weights [w₁, w₂, w₃], s = 2 and p = 1 gives "
                 "[x₁w₂, x₁w₃ + x₂w₁, x₂w₂]", lambda: _classic("k = 3, s = 2"),
                 "Two features, three outputs, and the middle one has two terms. Entry by entry it is the sum over the index relation.",
                 source=f"compare {GUIDE}, section 4.6")
    yield Saying(31, TOPIC, "a 2 × 2 kernel on 2 × 2 features gives 4 × 4 without overlap for s = 2, and 3 × 3 with overlap for s = 1",
                 lambda: _classic("2 × 2 kernel"),
                 "With k = s the copies tile the output. With s = 1 they overlap, and the middle output has all four terms.",
                 source="compare Zhang, Lipton, Li & Smola, Dive into Deep Learning, section Transposed Convolution")
    yield Saying(35, TOPIC, "SAME_UPPER means the same crop in ONNX and in OpenVINO", same_upper,
                 "ONNX gives the smaller half of an odd crop to the beginning, OpenVINO the larger. Only an even total has one middle.",
                 "the total crop is even", "name the crop (p_lo, p_hi), not SAME_UPPER",
                 "compare the ONNX operator ConvTranspose: auto_pad, and the OpenVINO operation ConvolutionBackpropData: auto_pad")


def same_of_ones() -> Iterator[Case]:
    """The crops of four libraries for n = 4, from their dialects."""
    feature, kernel = (2, 2), (3, 3)
    readings = {
        "PyTorch with p = 1 and op = 1": pytorch.read(feature, kernel, stride=2, padding=1, output_padding=1),
        "ONNX with SAME_LOWER": onnx.read(feature, kernel, strides=2, auto_pad="SAME_LOWER"),
        "ONNX with SAME_UPPER": onnx.read(feature, kernel, strides=2, auto_pad="SAME_UPPER"),
        "Keras with padding same": keras.read(feature, kernel, strides=2, padding="same"),
        "TensorFlow with SAME": tensorflow.read(feature, kernel, output_shape=(4, 4), strides=2),
    }
    for name, reading in readings.items():
        found = outputs(reading.spec, SQUARE, ONES, feature)
        said = Expected("the numbers of the statement", (4, 4), SAID)
        yield Case(name, (Identity(tuple(found), tuple(map(sympy.Integer, SAID)), feature),), reading.spec.padding[0][0] == 0, False,
                   Replay("conv_transpose", reading.spec, feature, SQUARE, ONES, said))


def these_numbers() -> Sequence[Claim]:
    """The crop (0, 1) gives the numbers of the statement."""
    return [Identity(tuple(outputs(CROPPED, SQUARE, ONES, (2, 2))), tuple(map(sympy.Integer, SAID)), (2, 2))]


def five_by_five() -> Iterator[Case]:
    """Keras's length rule for m = 2."""
    m, s, k = 2, 2, 3
    for padding in ("same", "valid"):
        spec = keras.read((m, m), (k, k), strides=s, padding=padding).spec
        said = Expected(f"s(m − 1) + k = {s}·{m - 1} + {k} along each axis", (s * (m - 1) + k,) * 2)
        yield Case(f"{padding.upper()} padding", (Identity((keras.length(m, s, k, padding, None),), (5,), (m,)),), padding == "valid",
                   False, Replay("conv_transpose", spec, (m, m), SQUARE, ONES, said))


def _classic(name: str) -> Iterator[Case]:
    for step in classics():
        if isinstance(step, Step) and step.reason.startswith(name):
            yield Case(step.reason, (step.claim,), True)


def same_upper() -> Iterator[Case]:
    """p_lo of ONNX against p_lo of OpenVINO, n = s·m."""
    for row in grid(s=(2, 1, 3), k=(3, 2, 4, 5)):
        k, s, m = row["k"], row["s"], 2
        if k < s:
            continue
        first = onnx.read((m,), (k,), strides=s, auto_pad="SAME_UPPER").spec
        second = openvino.read((m,), (k,), strides=s, auto_pad="same_upper", output_shape=(m * s,)).spec
        u, w = counting(m), counting(k)
        said = Expected.row(f"SAME_UPPER of OpenVINO crops {second.padding[0]}", applied("conv_transpose", second, (m,), u, w))
        yield Case(f"SAME_UPPER of ONNX, which crops {first.padding[0]}, with {described(first.axes[0])}",
                   (Identity((first.padding[0][0],), (second.padding[0][0],)),), (k - s) % 2 == 0, False,
                   Replay("conv_transpose", first, (m,), u, w, said))
