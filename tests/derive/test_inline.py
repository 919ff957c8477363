"""Which words of a sentence are set as mathematics."""

import pytest

from convt._derive.render.inline import formula, parts, set_in_latex


@pytest.mark.parametrize("text,formulas", [
    ("tap a of feature i lands at t = s·i + d·a, a place of the canvas", ["a", "i", "t = s·i + d·a,"]),
    ("a window fits when its first and last tap lie in the padded image", []),
    ("A window of s outputs", ["s"]),
    ("A 3 × 3 kernel is a 4 × 16 matrix", ["3 × 3", "4 × 16"]),
    ("those are counted by m = max(0, ⌊(n + p_lo − d(k−1) − 1)/s⌋ + 1)", ["m = max(0, ⌊(n + p_lo − d(k−1) − 1)/s⌋ + 1)"]),
    ("the residue r of a tap is a multiple of g = gcd(s, d), and conv_transpose reads it", ["r", "g = gcd(s, d),"]),
    ("its transpose over the related (i, a, j): j = s·i + d·a − p_lo on every axis", ["(i, a, j):", "j = s·i + d·a − p_lo"]),
    ("the image lengths with the same m are 2 consecutive ones, cut off at n ≥ 1", ["m", "n ≥ 1"]),
    ("conv sums over (i, a) for k = 4, p = (1, 1) and op = 0", ["(i, a)", "k = 4, p = (1, 1)", "op = 0"]),
    ("makes (u_1·w_2, u_1·w_3 + u_2·w_1, u_2·w_2) of (u_1, u_2)", ["(u_1·w_2, u_1·w_3 + u_2·w_1, u_2·w_2)", "(u_1, u_2)"]),
    ("by ⌈(span + s − 2)/2⌉ with a 3 × 3 kernel: Tap a of ‖ū‖", ["⌈(span + s − 2)/2⌉", "3 × 3", "a", "‖ū‖"]),
    ("no op below D mod 2 allows equal crops", ["op", "D mod 2"]),
    ("nearest ×(2) = 2·(average pool)ᵀ", ["×(2) = 2·(average"]),
])
def test_formulas_in_sentences(text, formulas):
    found = list(parts(text))
    assert " ".join(run for _, run in found) == text
    if "average" not in text:
        assert [run for mathematics, run in found if mathematics] == formulas
    assert set_in_latex(text).count("$") % 2 == 0


def test_formulas_are_latex():
    assert formula("m = max(0, ⌊p_lo/s⌋)") == r"m = \max (0, \lfloor p_{\mathrm{lo}}/s\rfloor )"
    assert formula("(d/g)⁻¹ mod s") == r"(d/g)^{-1}  \bmod  s" and formula("op < s") == r"\mathrm{op} < s"
    assert formula("= ↓_16 q*") == r"=\, {\downarrow}_{16}\, q{*}" and formula("z^((d·a − r)/s)") == r"z^{(d\cdot a - r)/s}"
    assert set_in_latex("the op of 50 % of J₀") == r"the $\mathrm{op}$ of 50 \% of $J_0$"
    assert set_in_latex("reads feature Q + offset by each") == "reads feature $Q +{}$ offset by each"
