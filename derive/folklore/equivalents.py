"""Statements about the equivalent direct convolution: zeros, padding, flips, cost, and what output padding appends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .. import lengths
from ..claims import ForAll, Identity
from ..counterexample import Expected, Number, Replay, applied, counting, described
from ..form import a, feature_range, i, image_range, j, length_of_image, m, n, relation, size_variables, symbols, tap_range
from ..logic import All, Between, Equal, Exists, Iff, Le, Lt, No
from ..phases import phases
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorems.t08_zero_insertion import pads_of
from . import GUIDE, LAYERS, PYTORCH, Case, Saying, grid

T, b = symbols("T b")
TOPIC = "equivalent convolution"


def sayings() -> Iterator[Saying]:
    """Statements 4, 5, 10, 11, 29, 32 and 34."""
    yield Saying(4, TOPIC, "for s = 1 and p = 0 a transposed convolution is the convolution of the input padded with zeros",
                 pad_and_convolve,
                 "The padding is k − 1 on each side, and the kernel has to be flipped. Without the flip only symmetric kernels agree.",
                 "the padding is k − 1 and the kernel is flipped", "pad by k − 1 on each side, flip the kernel, convolve",
                 f"{LAYERS}; compare {GUIDE}, section 4.3")
    yield Saying(5, TOPIC, "for s = 2 a transposed convolution puts zeros around each feature and convolves", zeros_around,
                 "One zero goes between neighbours, so features come to stand 2 apart. A zero on each side of each feature puts them "
                 "3 apart.", "features come to stand s apart", "insert s − 1 zeros between neighbours, then convolve with stride 1",
                 f"{LAYERS}; compare {GUIDE}, section 4.5")
    yield Saying(10, TOPIC, "a transposed convolution can always be computed by a direct convolution with zero padding",
                 direct_with_padding,
                 "Where the layer crops more than the kernel reaches, the equivalent padding is negative. Then the direct convolution "
                 "has to crop its input.", "p_lo ≤ d(k−1) and p_hi − op ≤ d(k−1)",
                 "insert s − 1 zeros, pad by d(k−1) − p_lo before and d(k−1) − p_hi + op after, and crop where that is negative",
                 f"{GUIDE}, section 4.2")
    yield Saying(11, TOPIC, "a direct convolution that computes the same as a transposed one is less efficient, because of the zeros",
                 less_efficient,
                 "Among s neighbouring outputs zero insertion spends s·k multiplications, k of them on features. The s phases, direct "
                 "convolutions with every s-th tap, spend those k only.", "s > 1 and the zeros are really inserted",
                 "zero insertion costs s times more; one direct convolution for each of the s phases costs nothing extra",
                 f"{GUIDE}, section 4.2")
    yield Saying(29, TOPIC, "a transposed convolution inserts s − 1 zeros between its features and convolves with unit stride",
                 insert_and_convolve,
                 "That leaves out the border and the flip: two features and k = 3, s = 2 give one value. The border is padded by "
                 "d(k−1) − p.", "the border is padded by d(k−1) − p and the kernel is flipped",
                 "insert s − 1 zeros, pad by d(k−1) − p_lo before and d(k−1) − p_hi + op after, "
                 "flip, convolve with unit stride", f"compare {GUIDE}, section 4.6")
    yield Saying(32, TOPIC, "the padding p of a transposed convolution is the zero padding of the equivalent direct convolution",
                 same_padding,
                 "p crops the output. The equivalent direct convolution pads by what is left of the kernel's reach.",
                 "2p = d(k−1)", "the equivalent direct convolution pads by d(k−1) − p",
                 f"compare {PYTORCH}: padding; {GUIDE}, section 4.4")
    yield Saying(34, TOPIC, "the output padding of a transposed convolution appends zeros", appends_zeros,
                 "It shows positions that were cropped, which hold real sums. Only where nothing was cropped at the end are they zero.",
                 "op = 0 or p_hi ≤ 0", "output padding un-crops: at most max(0, min(op, p_hi)) of the new outputs are not zero",
                 f"compare {PYTORCH}: output_padding, which says that no zeros are added to the output; and {GUIDE}, relationship 14, "
                 "where zeros are added to the input of the equivalent convolution")


def _chain(axis: Axis, spacing: int, before: int, flip: bool) -> Statement:
    """Feature i and tap a meet output j ⇔ T = spacing·i, b = T + before, b = j + d·(a or flipped a)."""
    tap = axis.kernel - 1 - a if flip else a
    read = j + axis.dilation * tap
    exists = Exists((b, T), All(Equal(b, read), Equal(T, b - before), Equal(T, spacing * i)), (read, read - before))
    sizes, facts = size_variables(axis)
    place = axis.stride * i + axis.dilation * a - axis.padding[0]
    variables = (*sizes, Variable(i, 0, m - 1), Variable(a, 0, axis.kernel - 1), Variable(j, place - 2, place + 2))
    return Statement(variables, (facts[0], facts[2], feature_range(), tap_range(axis), image_range()), Iff(relation(axis), exists))


def direct(features: Sequence[Number], taps: Sequence[Number], spacing: int, pads: tuple[int, int], flip: bool,
           dilation: int = 1) -> list[Number]:
    """Features ``spacing`` apart, zeros before and after, and a convolution with unit stride: what such a recipe computes."""
    filled: list[Number] = [0] * (spacing * (len(features) - 1) + 1)
    filled[::spacing] = features
    filled = [0] * pads[0] + filled + [0] * pads[1]
    used = list(taps)[::-1] if flip else list(taps)
    windows = range(len(filled) - dilation * (len(used) - 1))
    return [sum(tap * filled[at + dilation * number] for number, tap in enumerate(used)) for at in windows]


def _insert(axis: Axis) -> str:
    return {1: "", 2: "insert 1 zero between neighbours, "}.get(axis.stride, f"insert {axis.stride - 1} zeros between neighbours, ")


def _tried(axis: Axis, size: int, spacing: int, pads: tuple[int, int], flip: bool, how: str) -> Replay:
    """1, 2, … through the layer, against the recipe."""
    u, w = counting(size), counting(axis.kernel)
    return Replay("conv_transpose", ConvSpec.of([axis]), (size,), u, w,
                  Expected.row(how, direct(u, w, spacing, pads, flip, axis.dilation)))


def pad_and_convolve() -> Iterator[Case]:
    """k, padded by 0 or k − 1, flipped or not."""
    for row in grid(k=(3, 2, 1), full=(True, False), flip=(False, True)):
        k, flip, pad = row["k"], row["flip"], row["k"] - 1 if row["full"] else 0
        axis = Axis(k)
        how = f"pad by {pad}, convolve with the kernel {'flipped' if flip else 'as it is'}"
        yield Case(described(axis), (ForAll(_chain(axis, 1, pad, flip)),), (flip and row["full"]) or k == 1, k == 1,
                   _tried(axis, 3, 1, (pad, pad), flip, how))


def zeros_around() -> Iterator[Case]:
    """Features 2 or 3 apart."""
    for row in grid(k=(2, 3, 4), spacing=(3, 2)):
        k, spacing = row["k"], row["spacing"]
        how = ("a zero on each side of each feature" if spacing == 3 else "a zero between neighbours") + f", border {k - 1}, flip, convolve"
        yield Case(described(Axis(k, 2)), (ForAll(_chain(Axis(k, 2), spacing, k - 1, True)),), spacing == 2, False,
                   _tried(Axis(k, 2), 2, spacing, (k - 1, k - 1), True, how))


def direct_with_padding() -> Iterator[Case]:
    """The chain and the length with negative pads replaced by 0."""
    for row in grid(k=(3, 2), s=(2, 1), d=(1, 2), lo=(3, 0, 1), hi=(3, 0), op=(0, 1)):
        axis = Axis(row["k"], row["s"], (row["lo"], row["hi"]), row["d"], row["op"])
        before, after = (max(pad, 0) for pad in pads_of(axis))
        length = axis.stride * (m - 1) + 1 + before + after - axis.dilation * (axis.kernel - 1)
        yield Case(described(axis), (Identity((length,), (length_of_image(axis),)),
                                     ForAll(_chain(axis, axis.stride, before, True))), min(pads_of(axis)) >= 0, False,
                   _tried(axis, lengths.smallest_feature_length(axis) + 1, axis.stride, (before, after), True,
                          f"{_insert(axis)}pad by {before} and {after}, none where d(k−1) − p is negative, flip, convolve"))


def less_efficient() -> Iterator[Case]:
    """Multiplications for s neighbouring outputs: more than the k that the transposed convolution spends on its features."""
    for row in grid(k=(3, 4, 1), s=(2, 1), method=("phases", "zero insertion")):
        k, s = row["k"], row["s"]
        cost = s * k if row["method"] == "zero insertion" else sum(len(phase.taps) for phase in phases(Axis(k, s)))
        yield Case(f"k = {k}, s = {s}, {row['method']}", (ForAll(Statement((), (), Lt(k, cost))),),
                   s > 1 and row["method"] == "zero insertion", s == 1,
                   words="" if row["method"] == "zero insertion" else
                   f"split into {s} direct convolutions, one a phase, {s} neighbouring outputs take {cost} multiplications; the transposed "
                   f"convolution takes {k}; by the statement these {cost} would be more")


def insert_and_convolve() -> Iterator[Case]:
    """With and without the border, with and without the flip."""
    for row in grid(k=(3, 2), s=(2, 3), p=(1, 0), full=(False, True), flip=(False, True)):
        axis = Axis(row["k"], row["s"], (row["p"],) * 2)
        pads = pads_of(axis) if row["full"] else (0, 0)
        length = axis.stride * (m - 1) + 1 + sum(pads) - (axis.kernel - 1)
        how = f"{_insert(axis)}{f'pad by {pads[0]}, ' if row['full'] else ''}{'flip, ' if row['flip'] else ''}convolve"
        claims = Identity((length,), (length_of_image(axis),)), ForAll(_chain(axis, axis.stride, pads[0], row["flip"]))
        yield Case(described(axis), claims, row["flip"] and pads == pads_of(axis), False,
                   _tried(axis, 2, axis.stride, pads, row["flip"], how))


def same_padding() -> Iterator[Case]:
    """The chain with p zeros before."""
    for row in grid(k=(3, 2, 5, 1), s=(1, 2), d=(1, 2), p=(0, 1, 2)):
        p = row["p"]
        axis = Axis(row["k"], row["s"], (p, p), row["d"])
        how = f"{_insert(axis)}pad by p = {p}, flip, convolve"
        yield Case(described(axis), (ForAll(_chain(axis, axis.stride, p, True)),), 2 * p == axis.dilation * (axis.kernel - 1),
                   axis.kernel == 1, _tried(axis, lengths.smallest_feature_length(axis) + 2, axis.stride, (p, p), True, how))


def appends_zeros() -> Iterator[Case]:
    """No feature and tap reach the op last outputs (d = 1, p_hi ≤ k)."""
    for row in grid(k=(3, 2), s=(2, 1, 3), crop=(1, 2, 0, -1), op=(1, 2, 0)):
        axis = Axis(row["k"], row["s"], (row["crop"],) * 2, 1, row["op"])
        sizes, facts = size_variables(axis)
        variables = (*sizes, Variable(i, 0, m - 1), Variable(a, 0, axis.kernel - 1), Variable(j, 0, 9))
        given = (*facts, feature_range(), tap_range(axis), relation(axis))
        added = All(Between(n - axis.output_padding, j, n - 1), Le(1, n - axis.output_padding))
        bare = replace(axis, output_padding=0)
        size = max(lengths.smallest_feature_length(bare), 2)
        u, w = counting(size), counting(axis.kernel)
        without = applied("conv_transpose", ConvSpec.of([bare]), (size,), u, w)
        said = Expected.row(f"the output without output padding, then {axis.output_padding} zero{'s' * (axis.output_padding != 1)}",
                            (*without, *[0] * axis.output_padding))
        yield Case(described(axis), (ForAll(Statement(variables, given, No(added))),),
                   axis.output_padding == 0 or axis.padding[1] <= 0, False,
                   Replay("conv_transpose", ConvSpec.of([axis]), (size,), u, w, said))
