"""Statements about upsampling, pooling and checkerboards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from ..claims import Claim, ForAll, Identity, Unequal
from ..counterexample import Expected, Number, Replay, counting, described, nested, spelled
from ..form import TrilinearForm, a, entry, i, j, relation
from ..logic import Equal, Iff
from ..matrix import ConvMatrix
from ..operators import Spread, Up, Word, matrix
from ..phases import phases
from ..spec import Axis, ConvSpec
from ..statement import Statement, Variable
from ..theorems import t14_fusion, t15_bilinear, t16_pooling
from . import GUIDE, LAYERS, Case, Saying, grid

TOPIC = "upsampling"
HALF = sympy.Rational(1, 2)


def sayings() -> Iterator[Saying]:
    """Statements 2, 3, 14, 16, 17 and 18."""
    yield Saying(2, TOPIC, "upsampling by an integer factor f is convolution with input stride 1/f, that is backwards convolution with "
                 "stride f", fractional_stride,
                 "Output j reads feature (j + p − a)/f where that is an integer, which is the transposed index relation. Bilinear "
                 "weights interpolate inside only: at the border a constant 1 becomes 3/4 for f = 2, 2/3 for f = 3, 5/8 and 7/8 for "
                 "f = 4.", source="Long, Shelhamer & Darrell, Fully convolutional networks for semantic segmentation (2015), section 3.3",
                 mended_claims=border_values)
    yield Saying(3, TOPIC, "every upsampling layer is a backwards average pooling, a multiple of its transpose", backwards_pooling,
                 "Nearest-neighbour upsampling is s times the transpose of average pooling. Bilinear and learned upsampling have other "
                 "weights, and maximum pooling has no transpose.", "the weights are all equal and k = s",
                 "nearest ×s is s times the transpose of average pooling, along each axis",
                 "compare Zeiler & Fergus, Visualizing and understanding convolutional networks (2014), section 2.1: unpooling")
    yield Saying(14, TOPIC, "a kernel size divisible by the stride removes checkerboards", divisible,
                 "It makes the number of taps uniform, not the sum of their weights. A constant input shows the sums of the phases.",
                 "all phase sums are equal (an empty phase has sum 0)", "the output of a constant is constant inside ⇔ all phase sums "
                 "are equal", "Odena, Dumoulin & Olah, Deconvolution and checkerboard artifacts (2016)", equal_sums)
    yield Saying(16, TOPIC, "nearest-neighbour upsampling ×2 is ↑₂(1, 1) ∗ x, with ↑₂ inserting zeros", box_before_up,
                 "The zeros have to be inserted into x: (1, 1) ∗ (↑₂x) fills them. Read as (↑₂(1, 1)) ∗ x it is the filter (1, 0, 1), "
                 "which repeats the signal, not each sample; read as ↑₂((1, 1) ∗ x) it mixes neighbours and leaves the zeros.",
                 "s = 1", "nearest ×2 is (1, 1) ∗ (↑₂x)", f"{LAYERS} (an answer from signal processing)", box_after_up)
    yield Saying(17, TOPIC, "repeating each sample twice and filtering by (q₀, q₁, q₂) is one transposed convolution with stride 2 and "
                 "kernel (q₀, q₀+q₁, q₁+q₂, q₂)", one_kernel,
                 "Both read as true convolutions; as correlations the kernel is (q₂, q₁+q₂, q₀+q₁, q₀). With zero padding 1 the borders "
                 "agree for k = 4, s = 2, p = 1.", source=f"{LAYERS} (an answer from signal processing)")
    yield Saying(18, TOPIC, "pooling is non-linear", pooling,
                 "The maximum is not linear: of (1, 0) and (0, 1) it is 1 and 1, of their sum 1. The average is, and has a transpose.",
                 "it is maximum pooling", "average pooling is a strided convolution with equal weights, hence linear",
                 f"{GUIDE}, chapter 3, of all kinds of pooling", average_is_linear)


def fractional_stride() -> Iterator[Case]:
    """(i, a, j) related ⇔ f·i = j + p − a."""
    for f in (1, 2, 3, 4):
        axis = t15_bilinear.filler(f)
        place = axis.stride * i + a - axis.padding[0]
        statement = Statement((Variable(i, 0, 3), Variable(a, 0, axis.kernel - 1), Variable(j, place - 1, place + 1)), (),
                              Iff(relation(axis), Equal(f * i, j + axis.padding[0] - a)))
        yield Case(f"f = {f}", (ForAll(statement),), True, f == 1)


def border_values() -> Sequence[Claim]:
    """3/4; 2/3; 5/8 and 7/8: Aᵀ1 at the border, multiplied out."""
    claims = []
    for f, values in ((2, (sympy.Rational(3, 4),)), (3, (sympy.Rational(2, 3),)), (4, (sympy.Rational(5, 8), sympy.Rational(7, 8)))):
        form = TrilinearForm.at(ConvSpec.of([t15_bilinear.filler(f)]), (3,))
        weights = [sympy.Rational(w.numerator, w.denominator) for w in t15_bilinear.weights(f)]
        numbers = dict(zip(form.unknowns("w"), weights, strict=True)) | dict.fromkeys(form.unknowns("u"), sympy.Integer(1))
        outputs = [value.xreplace(numbers) for value in form.derivative("conv_transpose")]
        claims.append(Identity((*outputs[:len(values)], *outputs[:-len(values) - 1:-1]), values * 2, (3,)))
    return claims


def _pool(s: int, feature: int) -> sympy.ImmutableMatrix:
    made = ConvMatrix.at(ConvSpec.of([Axis(s, s)]), (feature,))
    return made.symbolic.xreplace({entry("w", (tap,)): sympy.Rational(1, s) for tap in range(s)})


def backwards_pooling() -> Iterator[Case]:
    """Upsampling matrix = s·(average pool)ᵀ."""
    for s in (2, 3):
        pooled = s * _pool(s, 2).T
        kinds: dict[str, tuple[Axis, Sequence[Number]]] = {
            f"bilinear ×{s}": (t15_bilinear.filler(s), t15_bilinear.weights(s)), f"learned weights, k = s = {s}": (Axis(s, s), counting(s)),
            f"nearest ×{s}": (Axis(s, s), (1,) * s)}
        for name, (axis, numbers) in kinds.items():
            fixed = {} if name.startswith("learned") else {entry("w", (tap,)): sympy.Rational(value) for tap, value in enumerate(numbers)}
            made = ConvMatrix.at(ConvSpec.of([axis]), (2,)).symbolic.xreplace(fixed)
            said = Expected.row(f"{s} times the transpose of average pooling", [value for value in (4, 8) for _ in range(s)])
            yield Case(name, (Identity(tuple(made.T), tuple(pooled), (2,)),), name == f"nearest ×{s}", False,
                       Replay("conv_transpose", ConvSpec.of([axis]), (2,), (4, 8), tuple(numbers), said))


def divisible() -> Iterator[Case]:
    """For all weights, the phase sums are equal, where s divides k; on numbers cropped to what all taps reach."""
    for row in grid(s=(2, 3, 1), times=(1, 2)):
        s, k = row["s"], row["s"] * row["times"]
        axis = Axis(k, s, (k - s, k - s))
        sums = [sympy.Add(*[entry("w", (tap,)) for tap in phase.taps]) for phase in phases(axis)]
        weights, size = tuple(range(1, 2 * k, 2)), 3
        mean = sum(weights) // s
        image = ConvMatrix.at(ConvSpec.of([axis]), (size,)).image[0]
        said = Expected.row(f"the same value everywhere, so the sum of the weights over s: {sum(weights)}/{s}", (mean,) * image)
        yield Case(described(axis), (Identity(tuple(sums), tuple([sums[0]] * len(sums))),), s == 1, s == 1,
                   Replay("conv_transpose", ConvSpec.of([axis]), (size,), (1,) * size, weights, said))


def equal_sums() -> Sequence[Claim]:
    """With equal phase sums the interior of Aᵀ1 is constant: k = 4, s = 2, w = (1, 2, 2, 1)."""
    form = TrilinearForm.at(ConvSpec.parse("1d_k4s2p1"), (4,))
    numbers = dict(zip(form.unknowns("w"), (1, 2, 2, 1), strict=True)) | dict.fromkeys(form.unknowns("u"), 1)
    inside = [value.xreplace(numbers) for value in form.derivative("conv_transpose")][1:-1]
    return [Identity(tuple(inside), (3,) * len(inside), (4,))]


def _nearest(s: int) -> sympy.ImmutableMatrix:
    return sympy.ImmutableMatrix(2 * s, 2, lambda r, c: int(r // s == c))


def box_before_up() -> Iterator[Case]:
    """nearest ×s against (↑_s(1…1)) ∗ x and against ↑_s((1…1) ∗ x)."""
    x = (5, 7)
    for row in grid(s=(2, 3, 1), reading=("filter", "output")):
        s, up = row["s"], f"↑{chr(ord('₀') + row['s'])}"
        zeros = tuple(matrix(Up(s), s) * sympy.ones(s, 1))
        word, how = ((Word((Spread(zeros),)), f"({up}({', '.join('1' * s)})) ∗ x, the filter {nested(zeros, (len(zeros),))}")
                     if row["reading"] == "filter" else (Word((Up(s), Spread((1,) * s))), f"{up}(({', '.join('1' * s)}) ∗ x)"))
        made = matrix(word, len(x))
        said = Expected.row(how, tuple(int(value) for value in made * sympy.ImmutableMatrix(x)))
        yield Case(f"nearest ×{s}, the layer {described(Axis(s, s))} with weights 1", (Identity(tuple(_nearest(s)), tuple(made), (2,)),),
                   s == 1, s == 1, Replay("conv_transpose", ConvSpec.of([Axis(s, s)]), (2,), x, (1,) * s, said))


def box_after_up() -> Sequence[Claim]:
    """nearest ×s = (1…1)*(↑_s x)."""
    return [Identity(tuple(_nearest(s)), tuple(matrix(Word((Spread((1,) * s), Up(s))), 2)), (2,)) for s in (2, 3)]


def one_kernel() -> Iterator[Case]:
    """The kernel as a polynomial product, and every border term for padding 1."""
    taps = t14_fusion.kernel(Axis(3, 2))[::-1]
    q = [entry("q", (number,)) for number in range(3)]
    yield Case("the kernel", (Identity(tuple(taps), (q[0], q[0] + q[1], q[1] + q[2], q[2])),), True)
    axis = Axis(3, 2, (1, 1))
    yield Case("the borders, zero padding 1", (t14_fusion.one_layer(ConvSpec.of([axis])),
               Identity((t14_fusion.fused(axis).kernel, *t14_fusion.fused(axis).padding), (4, 1, 1))), True)


def pooling() -> Iterator[Case]:
    """Pooling (1, 0) and (0, 1) and adding, against pooling their sum."""
    for name, pool in (("average", lambda x, y: (x + y) * HALF), ("maximum", sympy.Max)):
        one, other = pool(sympy.Integer(1), sympy.Integer(0)), pool(sympy.Integer(0), sympy.Integer(1))
        whole = pool(sympy.Integer(1), sympy.Integer(1))
        words = f"of (1, 0) and (0, 1) it is {spelled(one)} and {spelled(other)}, together {spelled(one + other)}; of their sum (1, 1) " \
                f"it is {spelled(whole)}, the same; by the statement these would differ"
        yield Case(f"{name} pooling", (Unequal(one + other, whole),), name == "maximum",
                   words="" if name == "maximum" else words)


def average_is_linear() -> Sequence[Claim]:
    """The pool of any window position is one feature: theorem 16."""
    return [t16_pooling.copied(ConvSpec.of([Axis(s, s)])) for s in (2, 3)]
