"""Statements about lengths: halving, doubling, larger and smaller, and output padding's limits."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from .. import lengths
from ..claims import ForAll, Identity
from ..counterexample import Expected, Replay, described
from ..dialects import keras
from ..form import length_of_image, m, n, symbols
from ..logic import All, Equal, Exists, Floor, Le, Lt, Maximum
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from . import GUIDE, LAYERS, PYTORCH, Case, Saying, grid

M, q, t, D, p, op = symbols("M q t D p op")
TOPIC = "lengths"


def sayings() -> Iterator[Saying]:
    """Statements 1, 19, 27, 28, 33, 36 and 37."""
    yield Saying(1, TOPIC, "a convolution with stride s has n/s outputs along an axis of n inputs, so (input/s)² in an image",
                 input_over_stride,
                 "The length is ⌊(n + p_lo + p_hi − span)/s⌋ + 1, which is n/s only where the border makes up for the kernel. Texts "
                 "that say so mean the SAME padding of an n that the stride divides.",
                 "s divides n and 1 ≤ span − p_lo − p_hi ≤ s", "the output has ⌊(n + p_lo + p_hi − span)/s⌋ + 1 positions along an axis",
                 f"{LAYERS} (the question)")
    yield Saying(19, TOPIC, "a convolution with stride 2 halves the length, and its transpose doubles it", halves_and_doubles,
                 "Both happen for k = 4, p = 1 and for k = 2, p = 0. For odd kernels one of the two needs output padding.",
                 "2p ∈ {k − 2, k − 1} and k + op − 2p = 2 (without dilation)",
                 "stride 2 halves even lengths ⇔ 2p ∈ {k − 2, k − 1}; its transpose doubles every length ⇔ k + op − 2p = 2",
                 f"compare {GUIDE}, chapter 4")
    yield Saying(27, TOPIC, "the output of a transposed convolution is larger than its input", larger,
                 "Cropping more than the kernel adds makes it smaller or equal. With stride 1 and 2p = d(k−1) it keeps the size.",
                 "s(m−1) + span + op − p_lo − p_hi > m for the smallest legal m",
                 "the output has s(m−1) + span + op − p_lo − p_hi positions along an axis", f"compare {GUIDE}, section 4.4")
    yield Saying(28, TOPIC, "a transposed convolution of I features has O = s(I − 1) + k − 2p outputs along an axis", simple_formula,
                 "The formula leaves out dilation and output padding. Each of them alone makes it wrong.",
                 "(d − 1)(k − 1) + op = 0", "O = s(I − 1) + d(k − 1) + 1 + op − 2p", f"{GUIDE}, relationship 13")
    yield Saying(33, TOPIC, "the padding of a transposed convolution can be chosen so that its output fits a skip connection", fine_tunes,
                 "Symmetric padding moves the length by 2, so it reaches only every second length. Output padding or an asymmetric "
                 "crop reaches the others.", "the uncropped length exceeds the wanted one by an even number",
                 "where the difference is odd, use output padding 1 (if s ≥ 2) or an asymmetric crop",
                 "compare Ronneberger, Fischer & Brox, U-Net (2015), where the features of the skip connection are cropped instead")
    yield Saying(36, TOPIC, "a transposed convolution with VALID padding in Keras has length s(m−1) + k", keras_valid,
                 "Where the span is smaller than the stride, Keras appends zeros up to s·m. Dilation and output_padding count too.",
                 "d(k−1) + 1 = k ≥ s, without output_padding", "the length is s(m−1) + max(span, s), or s(m−1) + span + op with "
                 "output_padding", "compare the Keras documentation, Conv2DTranspose, and the function deconv_output_length in its sources")
    yield Saying(37, TOPIC, "an output padding below max(s, d), as PyTorch demands, lets the convolution give the input's length back",
                 pytorch_limit,
                 "The map exists for every op ≥ 0. But only for op < s does the forward convolution of the result have length m.",
                 "d ≤ s", "the convolution gives the length m back ⇔ op < s",
                 f"{PYTORCH}: output_padding, and its error: output padding must be smaller than either stride or dilation")


def _windows(axis: Axis) -> tuple[Floor, Maximum]:
    return Floor(q, n + sum(axis.padding) - axis.span, axis.stride), Maximum(M, 0, q + 1)


def _ones(map_name: str, axis: Axis, size: int, expected: Expected) -> Replay:
    """Ones through the map: only lengths matter."""
    return Replay(map_name, ConvSpec.of([axis]), (size,), (1,) * size, (1,) * axis.kernel, expected)  # type: ignore[arg-type]


def input_over_stride() -> Iterator[Case]:
    """For each residue of n: s·M = n."""
    for row in grid(s=(2, 3, 1), k=(3, 1, 2, 4), p=(0, 1)):
        axis = Axis(row["k"], row["s"], (row["p"],) * 2)
        for rest in range(axis.stride):
            given = (Le(1, n), Equal(n, axis.stride * t + rest))
            statement = Statement((Variable(t, 0, 9), Variable(n, 1, 9)), given, Equal(axis.stride * M, n), _windows(axis))
            need = axis.span - sum(axis.padding)
            size = 4 * axis.stride + rest
            said = Expected(f"n/s = {size}/{axis.stride}", (Fraction(size, axis.stride),))
            yield Case(f"{described(axis)}, n = {size}", (ForAll(statement),),
                       rest == 0 and 1 <= need <= axis.stride, axis.kernel == 1, _ones("conv", axis, size, said))


def halves_and_doubles() -> Iterator[Case]:
    """∀ even n: 2M = n, and ∀ m: n(m) = 2m."""
    for row in grid(k=(3, 2, 4, 5), p=(1, 0, 2), op=(0, 1)):
        axis = Axis(row["k"], 2, (row["p"],) * 2, 1, row["op"])
        halves = Statement((Variable(t, 1, 9), Variable(n, 2, 9)), (Le(1, t), Equal(n, 2 * t)), Equal(2 * M, n), _windows(axis))
        k, p2 = axis.kernel, 2 * row["p"]
        size = max(lengths.smallest_feature_length(axis), 4)
        yield Case(described(axis), (ForAll(halves), Identity((length_of_image(axis),), (2 * m,))),
                   p2 in (k - 2, k - 1) and k + row["op"] - p2 == 2, False,
                   _ones("conv_transpose", axis, size, Expected(f"twice the {size} features", (2 * size,))))


def larger() -> Iterator[Case]:
    """∀ legal m: n > m."""
    for row in grid(s=(1, 2), k=(3, 2, 1), p=(1, 2, 0), op=(0, 1)):
        axis = Axis(row["k"], row["s"], (row["p"],) * 2, 1, row["op"])
        least = lengths.smallest_feature_length(axis)
        size = max(least, 3) if lengths.image_length(axis, max(least, 3)) <= max(least, 3) else least
        statement = Statement((Variable(m, least, least + 4),), (Le(least, m),), Lt(m, length_of_image(axis)))
        yield Case(described(axis), (ForAll(statement),), lengths.image_length(axis, least) > least, axis.kernel == axis.stride == 1,
                   _ones("conv_transpose", axis, size, Expected(f"larger than the {size} features", (size,), more=True)))


def simple_formula() -> Iterator[Case]:
    """n = s(m−1) + k − 2p for all m."""
    for row in grid(k=(3, 2, 1), s=(2, 1), p=(1, 0), d=(1, 2), op=(1, 0)):
        axis = Axis(row["k"], row["s"], (row["p"],) * 2, row["d"], row["op"])
        said = axis.stride * (m - 1) + axis.kernel - 2 * row["p"]
        size = lengths.smallest_feature_length(axis) + 2
        how = f"s(I − 1) + k − 2p = {axis.stride}·{size - 1} + {axis.kernel} − {2 * row['p']}"
        yield Case(described(axis), (Identity((length_of_image(axis),), (said,)),),
                   (axis.dilation - 1) * (axis.kernel - 1) + axis.output_padding == 0, axis.kernel == 1,
                   _ones("conv_transpose", axis, size, Expected(how, (int(said.xreplace({m: size})),))))


def fine_tunes() -> Iterator[Case]:
    """∃ p ≥ 0 with 2p = D, for every D of a parity."""
    for rest in (1, 0):
        reachable = Exists((p,), All(Equal(p, t), Equal(2 * p, D)), (t,))
        statement = Statement((Variable(t, 0, 6), Variable(D, 0, 9)), (Equal(D, 2 * t + rest),), reachable)
        found = [lengths.image_length(Axis(3, 2, (crop, crop)), 4) for crop in (0, 1, 2)]
        wanted = found[1] + rest
        how = f"the skip connection has {wanted} positions, and p = 0, 1, 2 give {found[0]}, {found[1]}, {found[2]}"
        yield Case("k = 3, s = 2, 4 features", (ForAll(statement),), rest == 0, False,
                   _ones("conv_transpose", Axis(3, 2, (1, 1)), 4, Expected(how, (wanted,))))


def keras_valid() -> Iterator[Case]:
    """Keras's own length rule against s(m−1) + k."""
    for row in grid(s=(3, 2, 1), k=(2, 1, 3, 4), d=(1, 2), op=(None, 0, 1)):
        k, s, d, extra = row["k"], row["s"], row["d"], row["op"]
        if (s > 1 and d > 1) or (extra or 0) >= s:  # Keras refuses them
            continue
        reach, size = lengths.span(k, d), 2
        length = keras.length(m, s, reach, "valid", extra)
        appended = int(keras.length(size, s, reach, "valid", extra)) - (s * (size - 1) + reach)
        said = Expected(f"s(m − 1) + k = {s}·{size - 1} + {k}", (s * (size - 1) + k,))
        yield Case(f"k = {k}, s = {s}, d = {d}, " + ("without output_padding" if extra is None else f"output_padding {extra}"),
                   (Identity((length,), (s * (m - 1) + k,)),),
                   reach == k and ((k >= s) if extra is None else extra == 0), k == s == 1,
                   _ones("conv_transpose", Axis(k, s, (0, 0), d, appended), size, said))


def pytorch_limit() -> Iterator[Case]:
    """∀ op < max(s, d): M(n(m, op)) = m."""
    for row in grid(s=(1, 2, 3), d=(2, 1, 3), k=(2, 3)):
        axis = Axis(row["k"], row["s"], (0, 0), row["d"])
        given = (Le(1, m), Le(0, op), Lt(op, max(row["s"], row["d"])), Equal(n, length_of_image(axis) + op))
        statement = Statement((Variable(m, 1, 3), Variable(op, 0, 3), Variable(n, 1, 9)), given, Equal(M, m), _windows(axis))
        most, size = max(row["s"], row["d"]) - 1, 2
        image = lengths.image_length(axis, size) + most
        said = Expected(f"the transposed convolution of {size} features with op = {most} has length {image}, and this is the way back",
                        (size,))
        yield Case(f"k = {row['k']}, s = {row['s']}, d = {row['d']}, op = {most}", (ForAll(statement),), row["d"] <= row["s"], False,
                   _ones("conv", axis, image, said))
