"""The mathematical characters of this project, and names in them, in LaTeX."""

from __future__ import annotations

import re

LATEX_OF = {
    "⌊": r"\lfloor ", "⌋": r"\rfloor ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "⇔": r"\Leftrightarrow ",
    "⇒": r"\Rightarrow ", "−": "-", "·": r"\cdot ", "×": r"\times ", "δ": r"\delta ", "Σ": r"\textstyle\sum ", "²": "^2 ",
    "∂": r"\partial ", "⟨": r"\langle ", "⟩": r"\rangle ", "ᵀ": r"^{\mathsf T}", "′": "'", "∃": r"\exists ",
    "↑": r"{\uparrow}", "↓": r"{\downarrow}", "₁": "_1", "₂": "_2", "…": r"\dots ", "⌈": r"\lceil ", "⌉": r"\rceil ",
    "ᴴ": r"^{\mathsf H}", "τ": r"\tau ", "λ": r"\lambda ", "μ": r"\mu ", "⁻": "^{-}", "¹": "^{1}", "∞": r"\infty ", "±": r"\pm ",
    "β": r"\beta ", "γ": r"\gamma ", "η": r"\eta ", "ρ": r"\rho ", "φ": r"\varphi ", "ψ": r"\psi ", "″": "''",
    "∗": r"\ast ", "‖": r"\Vert ", "∫": r"\int ", "∈": r"\in ",
    "⊗": r"\otimes ", "≈": r"\approx ", "ū": r"\bar u ", "∇": r"\nabla ",
    "𝒜": r"\mathcal A", "𝒢": r"\mathcal G", "ℬ": r"\mathcal B", "₀": "_0", "₃": "_3", "₄": "_4", "∀": r"\forall ", "→": r"\to ",
}
ESCAPE = {"_": r"\_", "&": r"\&", "%": r"\%", "#": r"\#", "{": r"\{", "}": r"\}", "$": r"\$", "^": r"\^{}",
          "~": r"\~{}", "\\": r"\textbackslash{}"}


def bars(text: str) -> str:
    """Letters with a combining macron, and ⁻¹, as LaTeX mathematics."""
    return re.sub("(.)\u0304", lambda m: rf"\bar {m[1]} ", text).replace("⁻¹", "^{-1}")


def in_latex(text: str) -> str:
    """Plain words with mathematical characters as LaTeX text; a letter with an index, such as p_lo, becomes mathematics."""
    pieces: list[str] = []

    def keep(latex: str) -> str:
        pieces.append(rf"\ensuremath{{{latex}}}")
        return chr(0xE000 + len(pieces) - 1)

    text = re.sub("(.)\u0304", lambda m: keep(rf"\bar {m[1]}"), text).replace("⁻¹", keep("^{-1}"))
    text = re.sub(r"(?<![A-Za-z0-9_])([A-Za-zδ↓↑])_((?:(?![ᵀᴴ])\w)+)", lambda m: keep(f"{LATEX_OF.get(m[1], m[1])}_{{{m[2]}}}"), text)
    joined = "".join(rf"\ensuremath{{{LATEX_OF[c]}}}" if c in LATEX_OF else ESCAPE.get(c, c) for c in text)
    return "".join(pieces[ord(c) - 0xE000] if 0xE000 <= ord(c) < 0xE000 + len(pieces) else c for c in joined)
