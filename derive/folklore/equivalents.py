"""Statements about the equivalent direct convolution: zeros, padding, flips, cost, and what output padding appends."""

from __future__ import annotations

from collections.abc import Iterator

from ..claims import ForAll, Identity
from ..form import a, feature_range, i, image_range, j, length_of_image, m, n, relation, size_variables, symbols, tap_range
from ..logic import All, Between, Equal, Exists, Iff, Le, Lt, No
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorems.t08_zero_insertion import pads_of
from . import Case, Replay, Saying, grid

T, b = symbols("T b")
TOPIC = "equivalent convolution"
GUIDE = "Dumoulin & Visin, A guide to convolution arithmetic (2016)"


def sayings() -> Iterator[Saying]:
    """Statements 4, 5, 10, 11, 29, 32 and 34."""
    yield Saying(4, TOPIC, "for s = 1, p = 0: pad the input with zeros and convolve", pad_and_convolve,
                 "The padding is k − 1 on each side, and the kernel has to be flipped. Without the flip only symmetric kernels agree.",
                 "padded by k − 1 and flipped", "pad by k − 1 on each side, flip the kernel, convolve", GUIDE,
                 replay=Replay("conv_transpose", ConvSpec.parse("1d_k2"), (2,), (1, 0), (1, 2), (2, 1, 0)))
    yield Saying(5, TOPIC, "for s = 2: put zeros around each pixel", zeros_around,
                 "One zero goes between neighbours, so features come to stand 2 apart. A zero on each side of each feature puts them "
                 "3 apart.", "features stand s apart", "insert s − 1 zeros between pixels, then convolve with stride 1",
                 "animations of transposed convolution", replay=Replay("conv_transpose", ConvSpec.parse("1d_k1s2"), (2,), (1, 1), (1,),
                                                                      (1, 0, 0, 1)))
    yield Saying(10, TOPIC, "a direct convolution with zero padding can always do it", direct_with_padding,
                 "Where the layer crops more than the kernel reaches, the equivalent padding is negative. Then the direct convolution "
                 "has to crop its input.", "p_lo ≤ d(k−1) and p_hi − op ≤ d(k−1)",
                 "pad by d(k−1) − p_lo before and d(k−1) − p_hi + op after, and crop where that is negative", GUIDE)
    yield Saying(11, TOPIC, "but the direct convolution is less efficient", less_efficient,
                 "Among s neighbouring outputs zero insertion spends s·k multiplications, k of them on features. The s phases spend "
                 "those k only.", "s > 1 and the zeros are really inserted",
                 "zero insertion costs s times more; the s phases cost nothing extra", GUIDE)
    yield Saying(29, TOPIC, "insert s − 1 zeros and convolve with unit stride", insert_and_convolve,
                 "That leaves out the border and the flip: [x₁, 0, x₂] with k = 3 gives one value, not 3. The border pad is d(k−1) − p.",
                 "with the pads d(k−1) − p and the flip", "insert s − 1 zeros, pad by d(k−1) − p_lo before and d(k−1) − p_hi + op after, "
                 "flip, convolve with unit stride", "questions and answers",
                 replay=Replay("conv_transpose", ConvSpec.parse("1d_k3s2p1"), (2,), (1, 1), (1, 1, 1), (2,)))
    yield Saying(32, TOPIC, "p is the padding of the equivalent direct convolution", same_padding,
                 "p crops the output. The equivalent direct convolution pads by what is left of the kernel's reach.",
                 "2p = d(k−1)", "the equivalent direct convolution pads by d(k−1) − p", GUIDE,
                 replay=Replay("conv_transpose", ConvSpec.parse("1d_k3"), (3,), (1, 1, 1), (1, 1, 1), (3,)))
    yield Saying(34, TOPIC, "output padding appends zeros", appends_zeros,
                 "It shows positions that were cropped, which hold real sums. Only where nothing was cropped at the end are they zero.",
                 "op = 0 or p_hi ≤ 0", "output padding un-crops: at most max(0, min(op, p_hi)) of the new outputs are not zero",
                 "framework documentation", replay=Replay("conv_transpose", ConvSpec.parse("1d_k3s2p1op1"), (2,), (1, 1), (1, 1, 1),
                                                          (1, 2, 1, 0)))


def _chain(axis: Axis, spacing: int, before: int, flip: bool) -> Statement:
    """Feature i and tap a meet output j ⇔ T = spacing·i, b = T + before, b = j + d·(a or flipped a)."""
    tap = axis.kernel - 1 - a if flip else a
    read = j + axis.dilation * tap
    exists = Exists((b, T), All(Equal(b, read), Equal(T, b - before), Equal(T, spacing * i)), (read, read - before))
    sizes, facts = size_variables(axis)
    place = axis.stride * i + axis.dilation * a - axis.padding[0]
    variables = (*sizes, Variable(i, 0, m - 1), Variable(a, 0, axis.kernel - 1), Variable(j, place - 2, place + 2))
    return Statement(variables, (facts[0], facts[2], feature_range(), tap_range(axis), image_range()), Iff(relation(axis), exists))


def pad_and_convolve() -> Iterator[Case]:
    """k, padded by 0 or k − 1, flipped or not."""
    for row in grid(k=(1, 2, 3), flip=(False, True), full=(False, True)):
        k, flip, full = row["k"], row["flip"], row["full"]
        axis = Axis(k)
        yield Case(f"k = {k}, pad {k - 1 if full else 0}, {'flipped' if flip else 'not flipped'}",
                   (ForAll(_chain(axis, 1, k - 1 if full else 0, flip)),), (flip and full) or k == 1, k == 1)


def zeros_around() -> Iterator[Case]:
    """Features 2 or 3 apart."""
    for row in grid(k=(2, 3, 4), spacing=(2, 3)):
        k, spacing = row["k"], row["spacing"]
        yield Case(f"k = {k}, {'one zero between' if spacing == 2 else 'a zero on each side of each'}",
                   (ForAll(_chain(Axis(k, 2), spacing, k - 1, True)),), spacing == 2)


def direct_with_padding() -> Iterator[Case]:
    """The chain and the length with negative pads replaced by 0."""
    for row in grid(k=(2, 3), s=(1, 2), d=(1, 2), lo=(0, 1, 3), hi=(0, 3), op=(0, 1)):
        axis = Axis(row["k"], row["s"], (row["lo"], row["hi"]), row["d"], row["op"])
        before, after = (max(pad, 0) for pad in pads_of(axis))
        length = axis.stride * (m - 1) + 1 + before + after - axis.dilation * (axis.kernel - 1)
        size = 5
        yield Case(str(ConvSpec.of([axis])), (Identity((length,), (length_of_image(axis),)),
                                              ForAll(_chain(axis, axis.stride, before, True))), min(pads_of(axis)) >= 0, False,
                   Replay("conv_transpose", ConvSpec.of([axis]), (size,), (1,) * size, (1,) * axis.kernel,
                          (0,) * int(length.xreplace({m: size}))))


def less_efficient() -> Iterator[Case]:
    """Multiplications for s neighbouring outputs: more than the k that theorem 10 counts."""
    for row in grid(k=(1, 3, 4), s=(1, 2), method=("zero insertion", "phases")):
        cost = row["s"] * row["k"] if row["method"] == "zero insertion" else row["k"]
        yield Case(f"k = {row['k']}, s = {row['s']}, {row['method']}", (ForAll(Statement((), (), Lt(row["k"], cost))),),
                   row["s"] > 1 and row["method"] == "zero insertion", row["s"] == 1)


def insert_and_convolve() -> Iterator[Case]:
    """With and without the border, with and without the flip."""
    for row in grid(k=(2, 3), s=(2, 3), p=(0, 1), full=(False, True), flip=(False, True)):
        axis = Axis(row["k"], row["s"], (row["p"],) * 2)
        before = pads_of(axis)[0] if row["full"] else 0
        length = axis.stride * (m - 1) + 1 + before + (pads_of(axis)[1] if row["full"] else 0) - (axis.kernel - 1)
        yield Case(f"{ConvSpec.of([axis])}, {'' if row['full'] else 'not '}padded, {'' if row['flip'] else 'not '}flipped",
                   (Identity((length,), (length_of_image(axis),)), ForAll(_chain(axis, axis.stride, before, row["flip"]))),
                   row["flip"] and (row["full"] or before == pads_of(axis)[0] == pads_of(axis)[1]))


def same_padding() -> Iterator[Case]:
    """The chain with p zeros before."""
    for row in grid(k=(1, 2, 3, 5), s=(1, 2), d=(1, 2), p=(0, 1, 2)):
        axis = Axis(row["k"], row["s"], (row["p"],) * 2, row["d"])
        yield Case(str(ConvSpec.of([axis])), (ForAll(_chain(axis, axis.stride, row["p"], True)),),
                   2 * row["p"] == axis.dilation * (axis.kernel - 1), axis.kernel == 1)


def appends_zeros() -> Iterator[Case]:
    """No feature and tap reach the op last outputs (d = 1, p_hi ≤ k)."""
    for row in grid(k=(2, 3), s=(1, 2, 3), hi=(-1, 0, 1, 2), op=(0, 1, 2)):
        axis = Axis(row["k"], row["s"], (0, row["hi"]), 1, row["op"])
        sizes, facts = size_variables(axis)
        variables = (*sizes, Variable(i, 0, m - 1), Variable(a, 0, axis.kernel - 1), Variable(j, 0, 9))
        given = (*facts, feature_range(), tap_range(axis), relation(axis))
        added = All(Between(n - axis.output_padding, j, n - 1), Le(1, n - axis.output_padding))
        yield Case(str(ConvSpec.of([axis])), (ForAll(Statement(variables, given, No(added))),),
                   axis.output_padding == 0 or axis.padding[1] <= 0)
