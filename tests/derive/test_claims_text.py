"""What is printed of a statement: every number is computed again by plain loops, from nothing but the printed words."""

import html
import re
import shutil
from fractions import Fraction
from functools import cache
from itertools import product
from math import prod

import pytest

from convt._derive import folklore
from convt._derive.render import folklore as render
from convt._derive.spec import ConvSpec

TRIED = re.compile(r"(conv|conv_transpose) (\S+) of [ux] = (\[.*?\])(?: = [^=]+ for [xu] = (\[.*?\]))?(?:, so .*?,)? with w = (\[.*?\]) gives "
                   r"(?:(\d+(?: × \d+)*) values?, )?(\[.*?\]), computed by (.+?); the statement says (.*?) \((.*)\)\.")
LETTERS = {"SAME_UPPER", "p_lo", "p_hi", "C_ij", "K_s", "K_sᵀu", "output_padding", "conv_transpose", "deconv_output_length", "conv2d_transpose", "auto_pad"}


@cache
def judged():
    return [folklore.judge(saying) for saying in folklore.sayings()]


@pytest.fixture(scope="module")
def printed():
    """Number → {label: text}, the statement under "", from the text of all statements at one line a part."""
    text = render.as_text(judged(), {}, 100_000)
    found = {}
    for block in text.split("\n\n")[:-1]:
        head, *lines = block.split("\n")
        number, verdict, statement = re.fullmatch(r" ?(\d+)  (TRUE|FALSE|CONDITIONAL): (.*)", head).groups()
        found[int(number)] = {"": statement, "verdict": verdict} | dict(line.strip().split(": ", 1) for line in lines)
    return found


def numbers(text):
    """A printed list, flat: integers, fractions, and a+bi."""
    def one(word):
        word = word.replace("−", "-")
        if not word.endswith("i"):
            return Fraction(word)
        real, sign, size = re.fullmatch(r"(-?\d+)([+-])(\d*)i", word).groups()
        return complex(int(real), int((sign + size) if size else sign + "1"))
    return [one(word) for word in re.findall(r"[^\[\], ]+", text)]


def axes(spec, count):
    """Lengths of a square array on each axis."""
    return (count,) if len(spec.axes) == 1 else (round(count ** 0.5),) * 2


def through(map_name, spec, data, weights, bias=0):
    """The map on one channel: every (i, a) whose position j = s·i + d·a − p_lo is inside, one after the other."""
    size, dims = axes(spec, len(data)), range(len(spec.axes))
    out = [(size[x] + sum(spec.padding[x]) - spec.dilation[x] * (spec.kernel[x] - 1) - 1) // spec.stride[x] + 1 if map_name == "conv" else
           spec.stride[x] * (size[x] - 1) + spec.dilation[x] * (spec.kernel[x] - 1) + 1 + spec.output_padding[x] - sum(spec.padding[x]) for x in dims]
    m, n = (out, size) if map_name == "conv" else (size, out)
    result = [bias] * prod(out)
    for i in product(*map(range, m)):
        for tap, a in enumerate(product(*map(range, spec.kernel))):
            j = [spec.stride[x] * i[x] + spec.dilation[x] * a[x] - spec.padding[x][0] for x in dims]
            if all(0 <= j[x] < n[x] for x in dims):
                at_i, at_j = (sum(p[x] * prod(lengths[x + 1:]) for x in dims) for p, lengths in ((i, m), (j, n)))
                source, target = (at_j, at_i) if map_name == "conv" else (at_i, at_j)
                result[target] += weights[tap] * data[source]
    return result


def slid(signal, taps):
    return [sum(t * signal[at + k] for k, t in enumerate(taps)) for at in range(len(signal) - len(taps) + 1)]


def spaced(u, s):
    return [value for number, x in enumerate(u) for value in ([0] * (s - 1) * (number > 0) + [x])]


def masked(found, bound, s):
    middle = len(found) // 2
    return [value if s * abs(at - middle) <= bound else 0 for at, value in enumerate(found)]


def zero_inserted(spec, u, w, before, after, flip=True):
    return slid([0] * before + spaced(u, spec.stride[0]) + [0] * after, w[::-1] if flip else w)


def recropped(spec, crop, u, w):
    x = spec.axes[0]
    return through("conv_transpose", ConvSpec([x.kernel], [x.stride], [crop], [x.dilation], [x.output_padding + sum(crop) - sum(x.padding)]), u, w)


def without_output_padding(spec, u, w):
    x = spec.axes[0]
    return through("conv_transpose", ConvSpec([x.kernel], [x.stride], [x.padding], [x.dilation]), u, w)


def skipped(text, lengths):
    wanted, *given = map(int, re.search(r"has (\d+) positions, and p = 0, 1, 2 give (\d+), (\d+), (\d+)", text).groups())
    return wanted if given == lengths and wanted not in lengths and max(lengths) > wanted > min(lengths) else None


# What whoever believes the statement expects: of spec, input, weights, what came out, the printed words, and the other list.
EXPECTED = {
    1: lambda spec, x, w, found, words, other: Fraction(len(x), spec.stride[0]),
    3: lambda spec, u, w, found, words, other: [value for value in u for _ in range(spec.stride[0])],
    4: lambda spec, u, w, found, words, other: slid([0] * (len(w) - 1) + u + [0] * (len(w) - 1), w),
    5: lambda spec, u, w, found, words, other: slid([value for x in u for value in (0, x, 0)], w[::-1]),
    6: lambda spec, u, w, found, words, other: other if slid(other, w) == u else None,
    8: lambda spec, u, w, found, words, other: numbers(re.search(r"gives (\[\[.*\]\])", words[""])[1]),
    9: lambda spec, u, w, found, words, other: (spec.stride[0] * (2 - 1) + spec.kernel[0],) * 2,
    10: lambda spec, u, w, found, words, other: zero_inserted(spec, u, w, *[max(0, len(w) - 1 - p) for p in spec.padding[0]]),
    12: lambda spec, u, w, found, words, other: slid([0] * (len(w) - 1) + u + [0] * (len(w) - 1), [v.conjugate() for v in w[::-1]]),
    13: lambda spec, x, w, found, words, other: [sum(v * v for v in w) * value for value in other]
    if through("conv_transpose", spec, other, w) == x else None,
    14: lambda spec, u, w, found, words, other: [sum(w) / spec.stride[0]] * len(found),
    16: lambda spec, u, w, found, words, other: slid([0, 0, *u, 0, 0], [1, 0, 1]),
    19: lambda spec, u, w, found, words, other: 2 * len(u),
    20: lambda spec, u, w, found, words, other: [0] * len(found),
    21: lambda spec, x, w, found, words, other: masked(found, len(x) // 2, 2),
    23: lambda spec, x, w, found, words, other: masked(found, len(w) // 2, 2),
    24: lambda spec, u, w, found, words, other: w[::-1],
    25: lambda spec, x, w, found, words, other: [0] * len(found) if x.index(1) - len(x) // 2 > 1 == sum(x) else None,
    26: lambda spec, x, w, found, words, other: masked(found, 2 * (len(x) // 2), spec.stride[0]),
    27: lambda spec, u, w, found, words, other: f"more than {len(u)}",
    28: lambda spec, u, w, found, words, other: spec.stride[0] * (len(u) - 1) + len(w) - 2 * spec.padding[0][0],
    29: lambda spec, u, w, found, words, other: zero_inserted(spec, u, w, 0, 0, False),
    32: lambda spec, u, w, found, words, other: zero_inserted(spec, u, w, *spec.padding[0]),
    33: lambda spec, u, w, found, words, other: skipped(words["Counterexample"], [
        len(through("conv_transpose", ConvSpec.parse(f"1d_k{len(w)}s{spec.stride[0]}p{p}"), u, w)) for p in (0, 1, 2)]),
    34: lambda spec, u, w, found, words, other: without_output_padding(spec, u, w) + [0] * spec.output_padding[0],
    35: lambda spec, u, w, found, words, other: recropped(spec, (1, 0), u, w) if "OpenVINO crops (1, 0)" in words["Counterexample"] else None,
    36: lambda spec, u, w, found, words, other: spec.stride[0] * (len(u) - 1) + len(w),
    37: lambda spec, x, w, found, words, other: (len(x) - spec.dilation[0] * (len(w) - 1) - 1 - 1) // spec.stride[0] + 1,
}


def test_every_number_of_a_counterexample_is_what_plain_loops_give(printed):
    tried = {number: TRIED.search(parts["Counterexample"]) for number, parts in printed.items() if "Counterexample" in parts}
    assert {number for number, match in tried.items() if match} == set(EXPECTED)
    for number, match in tried.items():
        if match is None:
            continue
        map_name, name, given, other, weights, lengths, found, _, said, _ = match.groups()
        spec, data, w = ConvSpec.parse(name), numbers(given), numbers(weights)
        bias = re.search(r"with the bias (\d+)", printed[number]["Counterexample"])
        out = through(map_name, spec, data, w, int(bias[1]) if bias else 0)
        assert numbers(found) == out, number
        assert lengths is None or prod(map(int, lengths.split(" × "))) == len(out), number
        expected = EXPECTED[number](spec, data, w, out, printed[number], other and numbers(other))
        shown = said.removesuffix(" values")
        if isinstance(expected, list):
            assert numbers(said) == expected != out, number
        elif isinstance(expected, str):
            assert shown == expected and len(out) <= int(shown.split()[-1]), number
        else:
            assert [Fraction(word) for word in shown.split(" × ")] == list(expected if isinstance(expected, tuple) else (expected,)), number
            assert prod(map(Fraction, shown.split(" × "))) != len(out), number


def calculated(text):
    """Sums and differences of products and quotients."""
    total = Fraction(0)
    for sign, term in re.findall(r"([+−]?) ?(\d+(?:[·/]\d+)*)", text):
        value = Fraction(1)
        for operation, number in re.findall(r"([·/]?)(\d+)", term):
            value = value / int(number) if operation == "/" else value * int(number)
        total += -value if sign == "−" else value
    return total


def test_arithmetic_in_the_reasons_is_right(printed):
    """n/s = 8/2 is 4, and s(m − 1) + k = 3·1 + 2 is 5: what is said, computed from the reason that is given."""
    checked = 0
    for parts in printed.values():
        match = TRIED.search(parts.get("Counterexample", ""))
        sum_shown = match and re.search(r"= (\d+(?: ?[·+−/] ?\d+)+)(?: along each axis)?$|: (\d+/\d+)$", match[10])
        if sum_shown and "zero where" not in match[10]:
            value = calculated(sum_shown[1] or sum_shown[2])
            assert numbers(match[9].removesuffix(" values").split(" × ")[0])[0] == value, parts
            checked += 1
    assert checked >= 5


def test_counterexamples_in_words(printed):
    split, other, least = map(int, re.search(r"2 neighbouring outputs take (\d+) multiplications; the transposed convolution takes (\d+); by the "
                                             r"statement these (\d+) would be more", printed[11]["Counterexample"]).groups())
    taps = [sum(1 for i in range(9) for a in range(3) if 2 * i + a == j) for j in (8, 9)]
    assert split == other == least == sum(taps) == 3
    taken, made, needed = (int(re.search(pattern, printed[15]["Counterexample"])[1])
                           for pattern in (r"signal of (\d+) samples to", r"samples to (\d+);", r"samples only of (\d+);"))
    sent = slid(spaced([1] * taken, 2), [1, 1])
    back = spaced([0] * (made + 1), 2)  # ↑(q ∗)ᵀ of a signal of that many samples
    assert (taken, made, needed) == (3, len(sent), len(back))
    assert numbers(re.search(r"it is (\S+ and \S+, together)", printed[18]["Counterexample"])[1].replace(" and", ",").replace(", together", "")) == [
        Fraction(1, 2)] * 2


WORDS = {  # numbers in explanations and mended sentences, computed again: those of 2, 8, 17, 20 and 30 are judged too
    2: lambda text: [numbers_of(f) for f in (2, 3, 4)] == [["3/4"], ["2/3"], ["5/8", "7/8"]]
    and "3/4 for f = 2, 2/3 for f = 3, 5/8 and 7/8 for f = 4" in text,
    6: lambda text: through("conv", ConvSpec.parse("1d_k2"), [1, 0, 0], [1, 1]) == [1, 0] and "(1, 1, 0) and (0, 1, 1)" in text,
    8: lambda text: numbers(re.search(r"it is (\[\[.*\]\])\.", text)[1]) == through(
        "conv_transpose", ConvSpec.parse("2d_k3s2p1op1"), [1, 2, 3, 4], [1] * 9),
    9: lambda text: "5 = 2·(2 − 1) + 3" in text and 5 == 2 * (2 - 1) + 3 and "s·m = 4" in text,
    13: lambda text: abs(0.6 ** 2 + 0.8 ** 2 - 1) < 1e-12 and 0.6 * 0.8 != 0 and "(0.6, 0.8)" in text,
    19: lambda text: all(len(through("conv_transpose", ConvSpec.parse(f"1d_k{k}s2p{p}"), [1] * m, [1] * k)) == 2 * m
                         for k, p in ((4, 1), (2, 0)) for m in (2, 3)) and "k = 4, p = 1 and for k = 2, p = 0" in text,
    20: lambda text: [len(through("conv", ConvSpec.parse("1d_k3s2p1"), [1] * n, [1] * 3)) for n in (7, 8)] == [4, 4] and "7 and 8 both give 4" in text,
    29: lambda text: len(slid(spaced([1, 1], 2), [1, 1, 1])) == 1 and "two features and k = 3, s = 2 give one value" in text,
}


def numbers_of(f):
    """What a constant becomes at the border, by bilinear weights of factor f."""
    k = 2 * f - f % 2
    w = [1 - abs(a - Fraction(k - 1, 2)) / f for a in range(k)]
    out = through("conv_transpose", ConvSpec.parse(f"1d_k{k}s{f}p{f // 2}"), [1] * 4, w)
    return [str(value) for value in out[:len(out) // 2] if value != 1]


def test_numbers_in_explanations(printed):
    for number, holds in WORDS.items():
        assert holds(printed[number]["Why"]), number
    for number, parts in printed.items():
        shown = re.findall(r"\d+/\d+|\[\[|\(\d+, \d+, \d+\)|\b\d\d+\b", parts["Why"] + parts.get("Mended", ""))
        assert not shown or number in WORDS or number == 16, (number, shown)


def test_every_statement_can_be_read_by_itself(printed):
    for number, parts in printed.items():
        shown = ["Why", "Judged", "Source"] if parts["verdict"] == "TRUE" else ["Holds when", "Counterexample", "Mended", "Why", "Judged", "Source"]
        assert [label for label in parts if label not in ("", "verdict")] == shown
        statement = parts[""]
        assert statement.endswith(".") and len(statement.split()) >= 3 and all(text.strip(" .") for text in parts.values()), number
        assert not re.match(r"(it|its|that|this|these|those|they|but|and|so|then|there)\b", statement, re.IGNORECASE), statement
        assert not re.search(r"\b(?:statement|claim|number) \d|\babove\b|\bbelow (?:one|statement)|\bthat output\b", " ".join(parts.values())), number
        assert parts.get("Counterexample", "").count("the statement ") <= 1
        subject = r"convolution|upsampling|pooling|kernel|matrix|layer|filter|SAME_UPPER|padding|K_s|repeating"
        assert re.search(subject, statement, re.IGNORECASE), statement


def test_nothing_of_the_judges_leaks(printed):
    for number, parts in printed.items():
        for label, text in parts.items():
            assert set(re.findall(r"[A-Za-z]\w*_\w+", re.sub(r"\b(?:1|2|3)d_\w+|conv\w*_(?:i64|f64|c128)", "", text))) <= LETTERS, (number, text)
            assert not re.search(r"≡|\bmod \d|\bNone\b|\bat (?:entry|length|[a-z]_\d|[a-z] = [^ ]+,) |\bc = ", text), (number, label, text)


def test_every_source_can_be_found(printed):
    for number, parts in printed.items():
        assert re.search(r"\((?:19|20)\d\d\)|documentation|question 6107|operator \w+|chapter \d|Dive into Deep Learning", parts["Source"]), number
        assert not re.search(r"https?:|lecture notes|questions and answers|a note", parts["Source"]), number


def test_text_page_and_document_say_the_same(printed):
    page = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", render.page(judged(), {}))).split())
    document = render.document(judged(), {})
    for number, parts in printed.items():
        for label, text in parts.items():
            assert label == "verdict" or text in page, (number, label)
        for label in parts:
            assert label in ("", "verdict") or document.count(rf"\textbf{{{label}:}}") == sum(label in other for other in printed.values())
    folded = render.as_text(judged(), {}, 60)
    assert folded.split() == render.as_text(judged(), {}, 100_000).split() and max(map(len, folded.split("\n"))) <= 64


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs TeX")
def test_the_document_compiles():
    from convt._derive.render.pdf import compiled

    pdf, log = compiled(render.document(judged(), {}))
    assert pdf.startswith(b"%PDF") and "Missing character" not in log and "Unicode character" not in log
    assert not [w for w in map(float, re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)) if w > 10]
