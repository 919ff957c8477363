"""Mutants of generated kernels: an offset, a bound, a stride, a tap, a sign, made by rule from the emitted source.

Run ``python tests/helpers/mutants.py`` to list them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from convt._codegen.pipeline import generate
from convt._codegen.problem import Problem


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
    (r"(shift\d = \d+ \* a\d) - \((-?\d+)\)", r"\1 + (\2)"),
    (r"(shift\d = )(\d+) \* (a\d)", r"\1(\2 + 1) * \3"),
    (r"(x_step = )(\d+) \*", r"\1(\2 + 1) *"),
    (r"for a0 in range\((\d+)\)", r"for a0 in range(\1 - 1)"),
    (r"w_tap \+= (\d+)", r"w_tap += \1 + 1"),
    (r"(x_row \+= \()(\d+) \* i0", r"\1(\2 + 1) * i0"),
    (r"(_row\[t \* u_step\]) \* weight", r"\1 * weight + \1"),
    (r"\+= (u_row.*) \* weight", r"+= -\1 * weight"),
    (r"(start = bias\[)c", r"\g<1>0"),
    (r"(u_step = product\(u_step, call\.features)\)", r"\1 + 1)"),
    (r"(x_axis\[axis\] = u_step), x_step", r"\1, u_step"),
    (r"group \* features_per, \(group \+ 1\) \* features_per", "0, features_per"),
    (r"\(f \* images_per \+ c - group \* images_per\)", "(f * images_per + c)"),
    # tables
    (r"(_tap\d\[\] = \{)(\d+), (\d+)", r"\g<1>\3, \2"),
    (r"(_offset\d\[\] = \{)(-?\d+), (-?\d+)", r"\g<1>\2, \3 - 1"),
    (r"(_order\[\] = \{)(\d+), (\d+)", r"\g<1>\3, \2"),
    (r"(_entry\[\] = \{0, )(\d+)", r"\g<1>\2 - 1"),
    (r"(_shift\d\[\] = \{)(\d+), (\d+)", r"\g<1>\3, \2"),
    (r"(_Phase \w+\[\] = \{\{0, 0, 0\}, \{\d+, \d+, )(\d+)", r"\g<1>0"),
    # border
    (r"begin = inside \? least\(last, most\(first, -low\[2\]\)\) : last", "begin = least(last, most(first, -low[2]))"),
    (r"least\(last, call->m\[2\] - low\[2\]\)\);", "last);"),
    (r"\(begin \+ low\[2\]\) \* call->u_axis\[2\]", "begin * call->u_axis[2]"),
    (r"(% size\[1\] \+ low\[1\], i0 = at / size\[2\] / size)\[1\]", r"\1[0]"),
    (r"memset\(target, 0, \(last - end\)", "memset(target, 1, (last - end)"),
    # direct
    (r"rest % count\[0\] - low\[0\]\)", "rest % count[0])"),
    (r"(\{ border \}|border_\w+)_put\(call, sums \+ p \* stride", r"\1_put(call, sums + p"),
    (r"least\(length \* stride, call->n\[2\] - q2 \* stride\)", "length * stride"),
    (r"if \(n0 < call->n\[0\] && n1 < call->n\[1\]\)", "if (n0 < call->n[0])"),
    (r"channel = number / blocks \* images_per \+", "channel = number / blocks +"),
    (r"features \+= number / blocks \* features_per", "features += 0"),
    (r"axis\[1\]\.offset\[t1\]\) \* work->border\.size\[2\]", "axis[1].offset[t1]) * work->border.size[1]"),
    (r"w \+= taps \* features_per \* \d+;", "w += 0;"),
    (r"line, side, line, side\);", "start, 0, line, side);"),
    (r"(work\.high = .*) \+ axis->border;", r"\1;"),
    (r"work\.count\[i\] = parts\(call->n\[i\], axis->stride\)", "work.count[i] = call->n[i] / axis->stride"),
    (r"row\[0\] = before, row\[1\] = n0 \* n1 \* n2", "row[0] = before, row[1] = n0 * n1"),
    (r"number / n2 % n1\]", "number % n1]"),
    (r"row\[2\] \* count \+ f - done", "row[2] * channels + f - done"),
    (r"(probe\[lane\] \+= lines\[a \* \d+ \+ lane\]) \* 0", r"\1"),
    # tiles
    (r"for \(ptrdiff_t c = 0; c < channels;", "for (ptrdiff_t c = 1; c < channels;"),
    (r"s5_1 \+= p5\[c\] \* w1", "s5_1 += p5[c] * w0"),
    (r"features \+ offset\[tap\]", "features + offset[0]"),
    (r"s3_0; ", "s2_0; "),
    (r"count -= rows;", "count -= 1;"),
    # rows
    (r"item\.begin\[i\] = most\(0, (.*)\);", r"item.begin[i] = 0;"),
    (r"(item\.count\[i\] = most\(0, least\(item\.rows\[i\], call->m\[i\]) - axis\[i\]\.low", r"\1"),
    (r"\*place\+\+ = \(\(\(axis\[0\]\.offset\[t0\] - axis\[0\]\.low\)", "*place++ = (((axis[0].offset[t0])"),
    (r"tail = inside \? (.*) : item->rows\[2\];", "tail = item->rows[2];"),
    (r"all = least\(part\[1\] \* turns, parts\(call->n\[1\] - n1, axis\[1\]\.stride / turns\)\)", "all = part[1] * turns"),
    (r"q < part\[0\] && n0 < call->n\[0\]", "q < part[0]"),
    (r"w \+= lines\.end\[-1\] \* a \* axis\[2\]\.kernel", "w += lines.end[-1] * axis[2].kernel"),
    (r"phase \+= \(end - place\) \* \d+;", "phase += 0;"),
    (r"places = phase % turns \? places : 0;", "places = 0;"),
    (r"start\[c\] = call->bias != NULL", "start[c] = call->bias == call->x"),
    (r"\.positions = least\(part\[2\] \* axis\[2\]\.stride, call->n\[2\] - first\[2\] \* axis\[2\]\.stride\)",
     ".positions = part[2] * axis[2].stride"),
    (r"channel = plane % call->groups \* images_per \+ before", "channel = plane % call->groups * images_per"),
    (r"plane % call->groups \* features_per \* call->u_channel", "plane % call->groups * call->u_channel"),
    (r"\*target = w\[c \* plan->taps \+ plan->order\[t\]\]", "*target = w[plan->order[t]]"),
    (r"positions -= pixels \* (\d+);", r"positions -= pixels;"),
    (r"s1_0_0 \+= w\[\d+\]", "s1_0_0 += w[0]"),
    (r"(const ptrdiff_t tiles = \(vectors \+ )(\d+)", r"\g<1>0"),
    # fast
    (r"q0 \* axis\[0\]\.outputs \+ axis\[0\]\.lead\)", "q0 * axis[0].outputs)"),
    (r"q2 \* axis\[2\]\.outputs \+ axis\[2\]\.lead;", "q2 * axis[2].outputs + axis[2].lead + 1;"),
    (r"(\.first) \* plane \+ t \* pixel", r"\1 * plane"),
    (r"inner / axis\[1\]\.outputs - axis\[0\]\.shift\[r0\]", "inner / axis[1].outputs"),
    (r"high = low \+ length \* axis\[2\]\.outputs - shift;", "high = low + length * axis[2].outputs;"),
    (r"q >= high \+ shift - axis\[2\]\.shift\[r2\]", "q >= high + shift"),
    (r"w, zero, 0, to,", "w, start, 0, to,"),
    (r"\(r2 - axis\[2\]\.shift\[r2\] \* axis\[2\]\.stride\)", "r2"),
    (r"at \+= axis\[2\]\.most_shift;", "at += 0;"),
    (r"parts\(parts\(call->n\[i\], axis->stride\) \+ axis->most_shift, axis->outputs\)", "parts(parts(call->n[i], axis->stride), axis->outputs)"),
    (r"\(phase->before \* features_per \+ f\)", "(phase->before + f)"),
    (r"(const \w+ m\d+ = m\d+) \+ ", r"\1 - "),
    (r"(const \w+ d\d+ = d\d+) - ", r"\1 + "),
    (r"= (\w+) \+ first;", r"= \1;"),
    # sums
    (r"total \+= ", "total -= "),
    (r"c = c \+ group \* images_per", "c = c"),
]
PROBLEMS = (
    Problem.of("2d_k3x4s2p1x2d1x3op1x0", target="x86-64-v3"),
    Problem.of("2d_k2x3s1x2p0x1", target="x86-64-v3"),
    Problem.of("1d_k3s2p1", "conv", target="generic"),
    Problem.of("2d_k2x3s2x1p0:1x1", "conv_weight_gradient", "int64", target="generic"),
)


def mutants() -> list[Mutant]:
    """Every rule on the first line that it matches, in every problem; text that problems share is changed once."""
    found: dict[tuple[str, str], Mutant] = {}
    for problem in PROBLEMS:
        lines = generate([problem])[1].split("\n")
        for pattern, replacement in RULES:
            for number, line in enumerate(lines):
                changed = re.sub(pattern, replacement, line, count=1)
                if changed != line and not line.startswith("#"):
                    source = "\n".join([*lines[:number], changed, *lines[number + 1:]])
                    found.setdefault((line, changed), Mutant(problem, number + 1, line, changed, source))
                    break
    return list(found.values())


def dead_rules() -> list[str]:
    """Patterns that no line of any problem matches."""
    lines = [line for problem in PROBLEMS for line in generate([problem])[1].split("\n")]
    return [pattern for pattern, _ in RULES if not any(re.search(pattern, line) for line in lines)]


if __name__ == "__main__":
    print("\n".join(map(str, mutants())))
