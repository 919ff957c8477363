"""Mutants of generated kernels: an offset, a bound, a stride, a tap, a sign, made by rule from the emitted source.

Run ``python tests/helpers/mutants.py`` to list them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from codegen.pipeline import generate
from codegen.problem import Problem


@dataclass(frozen=True)
class Mutant:
    """A problem whose source has one line changed."""

    problem: Problem
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.problem.name}:{self.line}: {self.before.strip()}  ->  {self.after.strip()}"


RULES = [  # pattern in one line, replacement; each is tried on the first lines that match
    (r"return max\(0, -floor_division\(shift, stride\)\)", "return max(0, 1 - floor_division(shift, stride))"),
    (r"return max\(0, -floor_division\(shift, stride\)\)", "return -floor_division(shift, stride)"),
    (r"floor_division\(n - 1 - shift, stride\) \+ 1", "floor_division(n - 1 - shift, stride)"),
    (r"floor_division\(n - 1 - shift, stride\) \+ 1", "floor_division(n - shift, stride) + 1"),
    (r"return min\(m, (.*)\)$", r"return \1"),
    (r"-\(\(b - 1 - a\) // b\)", "-((b - a) // b)"),
    (r"return -floor_division\(residue - position, stride\)", "return -floor_division(residue - position - 1, stride)"),
    (r"(shift\d = \d+ \* a\d) - \((-?\d+)\)", r"\1 + (\2)"),
    (r"(shift\d = )(\d+) \* (a\d)", r"\1(\2 + 1) * \3"),
    (r"(x_step = )(\d+) \*", r"\1(\2 + 1) *"),
    (r"for a0 in range\((\d+)\)", r"for a0 in range(\1 - 1)"),
    (r"w_tap \+= (\d+)", r"w_tap += \1 + 1"),
    (r"(x_row \+= \()(\d+) \* i0", r"\1(\2 + 1) * i0"),
    (r"(_row\[t \* u_step\]) \* weight", r"\1 * weight + \1"),
    (r"\+= (u_row.*) \* weight", r"+= -\1 * weight"),
    (r"(start = bias\[)c", r"\g<1>0"),
    (r"(u_batch = .*)", r"\1 + 1"),
    (r"group \* features_per, \(group \+ 1\) \* features_per", "0, features_per"),
    (r"\(f \* images_per \+ c - group \* images_per\)", "(f * images_per + c)"),
    (r"(_tap\d\[\] = \{)(\d+), (\d+)", r"\g<1>\3, \2"),
    (r"(_offset\d\[\] = \{)(-?\d+), (-?\d+)", r"\g<1>\2, \3 - 1"),
    (r"(low = min\(low, first \+ .*\))", r"low = min(low, 1 + first)"),
    (r"high = max\(high, stop \+", "high = max(high, stop - 1 +"),
    (r"min\(work\.size\[(\d)\], call\.m\[\d\] - work\.low\[\d\]\)", r"work.size[\1]"),
    (r"outside = outside or i < 0 or", "outside = outside or"),
    (r"memset\(target, 0, first \* work\.pixel", "memset(target, 1, first * work.pixel"),
    (r"memset\(target \+ end \* work\.pixel, 0,", "memset(target + end * work.pixel, 1,"),
    (r"target\[t \* work\.pixel \+ f\] = u\[t \*", r"target[t * work.pixel + f] = u[(t + f % 2) *"),
    (r"(before = before \* )(\d+)", r"\1(\2 - 1)"),
    (r"taps \*= taps1", "taps *= taps0"),
    (r"(offset\[t\] = rest \* work\.pixel)", r"\1 + 1"),
    (r"pixel\[p\] = c \* work\.pixel \+ group \* features_per", "pixel[p] = c * work.pixel"),
    (r"(\(first0 \+ q0\) \+ r0 - \()(-?\d+)", r"\1\2 + 1"),
    (r"(lane \+= \()(\d+)( \* \(first1)", r"\g<1>\2 + 1\3"),
    (r"(q\d \+= 1)$", "q0 += 1"),
    (r"rest \+= 1", "rest += 2"),
    (r"if bias != NULL and lane < outputs else 0", "if bias != NULL and lane < outputs else 1"),
    (r"(bias\[group \* images_per \+) block \* \d+ \+ lane", r"\1 lane"),
    (r"channels = min\((\d+), features_per - done\)", r"channels = min(\1 - 1, features_per - done)"),
    (r"w \+= taps \* channels \* \d+", "w += 0"),
    (r"line\[place\[p\]\] = sums\[p \* (\d+) \+ lane\]", r"line[place[p]] = sums[p * \1]"),
    (r"first = turn \* (\d+)", r"first = turn * (\1 + 1)"),
    (r"for lane in range\(outputs\):", "for lane in range(outputs - 1):"),
    (r"target\[lane\] = w\[lane \* taps \+ a\]", "target[lane] = w[lane * taps]"),
    (r"table\[3 \* a \+ 1\] = n0", "table[3 * a + 1] = 1 + n0"),
    (r"(t1 = .* % )n1", r"\1n2"),
    (r"(a = \(t0 \* )phases.kernel\[1\]", r"\1phases.kernel[0]"),
    (r"before \+= n0", "before += 1 + n0"),
    (r"table\[3 \* a\] = before", "table[3 * a] = 0"),
    (r"for \(ptrdiff_t c = 0; c < channels;", "for (ptrdiff_t c = 1; c < channels;"),
    (r"s5_1 \+= p5\[c\] \* w1", "s5_1 += p5[c] * w0"),
    (r"features \+ offset\[tap\]", "features + offset[0]"),
    (r"s3_0; ", "s2_0; "),
    (r"total \+= ", "total -= "),
    (r"c = c \+ group \* images_per", "c = c"),
]
PROBLEMS = (
    Problem.of("2d_k3x4s2p1x2d1x3op1x0", target="x86-64-v3"),
    Problem.of("1d_k3s2p1", "conv", target="generic"),
    Problem.of("2d_k2x3s2x1p0:1x1", "conv_weight_gradient", "int64", target="generic"),
)


def mutants() -> list[Mutant]:
    """Every rule on the first line that it matches, in every problem."""
    found = []
    for problem in PROBLEMS:
        lines = generate([problem])[1].split("\n")
        for pattern, replacement in RULES:
            for number, line in enumerate(lines):
                changed = re.sub(pattern, replacement, line, count=1)
                if changed != line and not line.startswith("#"):
                    source = "\n".join([*lines[:number], changed, *lines[number + 1:]])
                    found.append(Mutant(problem, number + 1, line, changed, source))
                    break
    return found


if __name__ == "__main__":
    print("\n".join(map(str, mutants())))
