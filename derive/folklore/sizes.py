"""Statements about lengths: halving, doubling, larger and smaller, and output padding's limits."""

from __future__ import annotations

from collections.abc import Iterator

from .. import lengths
from ..claims import ForAll, Identity
from ..dialects import keras
from ..form import length_of_image, m, n, symbols
from ..logic import All, Equal, Exists, Floor, Le, Lt, Maximum
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from . import Case, Replay, Saying, grid

M, q, t, D, p, op = symbols("M q t D p op")
TOPIC = "lengths"
GUIDE = "Dumoulin & Visin, A guide to convolution arithmetic (2016)"


def sayings() -> Iterator[Saying]:
    """Statements 1, 19, 27, 28, 33, 36 and 37."""
    yield Saying(1, TOPIC, "a convolution's output has (input/s)² positions", input_over_stride,
                 "The length is ⌊(n + 2p − k)/s⌋ + 1, which is n/s only where the border makes up for the kernel. Textbooks mean "
                 "the SAME padding of an n that the stride divides.",
                 "s divides n and 1 ≤ span − p_lo − p_hi ≤ s", "the output has ⌊(n + p_lo + p_hi − span)/s⌋ + 1 positions an axis",
                 "lecture notes on strided convolution")
    yield Saying(19, TOPIC, "stride 2 halves, its transpose doubles", halves_and_doubles,
                 "Both happen for k = 4, p = 1 and for k = 2, p = 0. For odd kernels one of the two needs output padding.",
                 "2p ∈ {k − 2, k − 1} and k + op − 2p = 2 (d = 1)",
                 "stride 2 halves even lengths ⇔ 2p ∈ {k − 2, k − 1}; its transpose doubles ⇔ span + op − p_lo − p_hi = 2", GUIDE)
    yield Saying(27, TOPIC, "the output of a transposed convolution is larger than its input", larger,
                 "Cropping more than the kernel adds makes it smaller or equal. With stride 1 and 2p = d(k−1) it keeps the size.",
                 "s(m−1) + span + op − p_lo − p_hi > m for the smallest legal m",
                 "the output has s(m−1) + span + op − p_lo − p_hi positions an axis", GUIDE)
    yield Saying(28, TOPIC, "O = s(I − 1) + k − 2p", simple_formula,
                 "The formula leaves out dilation and output padding. Each of them alone makes it wrong.",
                 "(d − 1)(k − 1) + op = 0", "O = s(I − 1) + d(k − 1) + 1 + op − 2p", GUIDE)
    yield Saying(33, TOPIC, "padding fine-tunes the size to match a skip connection", fine_tunes,
                 "Symmetric padding moves the length by 2, so it reaches only every second length. Output padding or an asymmetric "
                 "crop reaches the others.", "the mismatch D is even",
                 "for odd D use output padding 1 (if s ≥ 2) or an asymmetric crop", "U-Net discussions")
    yield Saying(36, TOPIC, "a Keras VALID transposed convolution has length s(m−1) + k", keras_valid,
                 "Where the span is smaller than the stride, Keras appends zeros up to s·m. Dilation and output_padding count too.",
                 "d(k−1) + 1 = k ≥ s, without output_padding", "the length is s(m−1) + max(span, s), or s(m−1) + span + op with "
                 "output_padding", "Keras documentation")
    yield Saying(37, TOPIC, "op < max(s, d) suffices, as PyTorch checks", pytorch_limit,
                 "The map exists for every op ≥ 0. But only for op < s does the forward convolution of the result have length m.",
                 "d ≤ s", "the round trip needs op < s", "PyTorch's argument check")


def _windows(axis: Axis) -> tuple[Floor, Maximum]:
    return Floor(q, n + sum(axis.padding) - axis.span, axis.stride), Maximum(M, 0, q + 1)


def _image(axis: Axis, size: int, said: int) -> Replay:
    """conv of ones; the statement says how many come out."""
    return Replay("conv", ConvSpec.of([axis]), (size,), (1,) * size, (1,) * axis.kernel, (1,) * said)


def input_over_stride() -> Iterator[Case]:
    """For each residue of n: s·M = n."""
    for row in grid(k=(1, 2, 3, 4), s=(1, 2, 3), p=(0, 1)):
        axis = Axis(row["k"], row["s"], (row["p"],) * 2)
        for rest in range(axis.stride):
            given = (Le(1, n), Equal(n, axis.stride * t + rest))
            statement = Statement((Variable(t, 0, 9), Variable(n, 1, 9)), given, Equal(axis.stride * M, n), _windows(axis))
            need = axis.span - sum(axis.padding)
            yield Case(f"{ConvSpec.of([axis])}, n ≡ {rest} mod {axis.stride}", (ForAll(statement),),
                       rest == 0 and 1 <= need <= axis.stride, axis.kernel == 1,
                       _image(axis, 4 * axis.stride + rest, -(-(4 * axis.stride + rest) // axis.stride)))


def halves_and_doubles() -> Iterator[Case]:
    """∀ even n: 2M = n, and ∀ m: n(m) = 2m."""
    for row in grid(k=(2, 3, 4, 5), p=(0, 1, 2), op=(0, 1)):
        axis = Axis(row["k"], 2, (row["p"],) * 2, 1, row["op"])
        halves = Statement((Variable(t, 1, 9), Variable(n, 2, 9)), (Le(1, t), Equal(n, 2 * t)), Equal(2 * M, n), _windows(axis))
        k, p2 = axis.kernel, 2 * row["p"]
        size = lengths.smallest_feature_length(axis)
        yield Case(str(ConvSpec.of([axis])), (ForAll(halves), Identity((length_of_image(axis),), (2 * m,))),
                   p2 in (k - 2, k - 1) and k + row["op"] - p2 == 2, False,
                   Replay("conv_transpose", ConvSpec.of([axis]), (size,), (1,) * size, (1,) * k, (1,) * (2 * size)))


def larger() -> Iterator[Case]:
    """∀ legal m: n > m."""
    for row in grid(k=(1, 2, 3), s=(1, 2), p=(0, 1, 2), op=(0, 1)):
        axis = Axis(row["k"], row["s"], (row["p"],) * 2, 1, row["op"])
        least = lengths.smallest_feature_length(axis)
        statement = Statement((Variable(m, least, least + 4),), (Le(least, m),), Lt(m, length_of_image(axis)))
        yield Case(str(ConvSpec.of([axis])), (ForAll(statement),), lengths.image_length(axis, least) > least,
                   axis.kernel == axis.stride == 1, Replay("conv_transpose", ConvSpec.parse("1d_k3p2"), (5,), (1,) * 5, (1,) * 3, (1,) * 6))


def simple_formula() -> Iterator[Case]:
    """n = s(m−1) + k − 2p for all m."""
    for row in grid(k=(1, 2, 3), s=(1, 2), p=(0, 1), d=(1, 2), op=(0, 1)):
        axis = Axis(row["k"], row["s"], (row["p"],) * 2, row["d"], row["op"])
        said = axis.stride * (m - 1) + axis.kernel - 2 * row["p"]
        size = lengths.smallest_feature_length(axis) + 2
        yield Case(str(ConvSpec.of([axis])), (Identity((length_of_image(axis),), (said,)),),
                   (axis.dilation - 1) * (axis.kernel - 1) + axis.output_padding == 0, axis.kernel == 1,
                   Replay("conv_transpose", ConvSpec.of([axis]), (size,), (1,) * size, (1,) * axis.kernel,
                          (1,) * int(said.xreplace({m: size}))))


def fine_tunes() -> Iterator[Case]:
    """∃ p ≥ 0 with 2p = D, for every D of a parity."""
    for rest in (0, 1):
        reachable = Exists((p,), All(Equal(p, t), Equal(2 * p, D)), (t,))
        statement = Statement((Variable(t, 0, 6), Variable(D, 0, 9)), (Equal(D, 2 * t + rest),), reachable)
        yield Case(f"D {'odd' if rest else 'even'}", (ForAll(statement),), rest == 0, False,
                   Replay("conv_transpose", ConvSpec.parse("1d_k3s2p1"), (4,), (1,) * 4, (1,) * 3, (1,) * 8))


def keras_valid() -> Iterator[Case]:
    """Keras's own length rule against s(m−1) + k."""
    for row in grid(k=(1, 2, 3, 4), s=(1, 2, 3), d=(1, 2), op=(None, 0, 1)):
        k, s, d, extra = row["k"], row["s"], row["d"], row["op"]
        reach = lengths.span(k, d)
        length = keras.length(m, s, reach, "valid", extra)
        yield Case(f"k = {k}, s = {s}, d = {d}, output_padding = {extra}", (Identity((length,), (s * (m - 1) + k,)),),
                   reach == k and ((k >= s) if extra is None else extra == 0), k == s == 1,
                   Replay("conv_transpose", ConvSpec.parse("1d_k2s3op1"), (2,), (1, 1), (1, 1), (1,) * 5))


def pytorch_limit() -> Iterator[Case]:
    """∀ op < max(s, d): M(n(m, op)) = m."""
    for row in grid(k=(2, 3), s=(1, 2, 3), d=(1, 2, 3)):
        axis = Axis(row["k"], row["s"], (0, 0), row["d"])
        given = (Le(1, m), Le(0, op), Lt(op, max(row["s"], row["d"])), Equal(n, length_of_image(axis) + op))
        statement = Statement((Variable(m, 1, 3), Variable(op, 0, 3), Variable(n, 1, 9)), given, Equal(M, m), _windows(axis))
        first = Axis(row["k"], row["s"], (0, 0), row["d"], row["s"])
        size = lengths.image_length(first, 1)
        yield Case(str(ConvSpec.of([axis])), (ForAll(statement),), row["d"] <= row["s"], False, _image(axis, size, 1))

