"""LaTeX as this package writes it, as one line of Unicode."""

from __future__ import annotations

import re

SIGNS = {
    r"\le": "≤", r"\ge": "≥", r"\Longrightarrow": "⟹", r"\Rightarrow": "⇒", r"\Leftrightarrow": "⇔", r"\wedge": "∧",
    r"\vee": "∨", r"\neg": "¬", r"\exists": "∃", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\mid": "|", r"\max": "max",
    r"\min": "min", r"\sum": "Σ", r"\langle": "⟨", r"\rangle": "⟩", r"\delta": "δ", r"\partial": "∂", r"\Vert": "‖", r"\bmod": "mod",
    r"\dots": "…", r"\cdot": "·", r"\times": "×", r"\to": "→", r"\ne": "≠", r"\uparrow": "↑", r"\downarrow": "↓",
    r"\lceil": "⌈", r"\rceil": "⌉", r"\tau": "τ", r"\lambda": "λ", r"\mu": "μ", r"\infty": "∞", r"\otimes": "⊗",
    r"\beta": "β", r"\gamma": "γ", r"\eta": "η", r"\rho": "ρ", r"\nmid": "∤", r"\mapsto": "↦", r"\varphi": "φ", r"\psi": "ψ", r"\pm": "±",
    r"\approx": "≈", r"\forall": "∀", r"\odot": "⊙", r"\big": "", r"\mathcal": "",
    r"\#": "#", r"\left": "", r"\right": "", r"\textstyle": "", r"\quad": " ", r"\;": " ", r"\,": " ",
}


_BRACED = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_SUM = re.compile(rf"\\sum\\limits_\{{\\substack\{{((?:[^{{}}]|{_BRACED})*)\}}\}}")


def plain(latex: str) -> str:
    """The LaTeX that this package writes as one line of Unicode; empty where it holds a matrix."""
    if "pmatrix" in latex or "{array}" in latex:
        return ""
    for letter, sign in {"A": "𝒜", "G": "𝒢", "B": "ℬ"}.items():
        latex = latex.replace(rf"\mathcal {letter}", sign)
    text = _SUM.sub(lambda m: r"\sum\{" + m[1].replace(r"\\[1pt]", r"\;:\;").replace(r"\\", r",\;") + r"\}", latex)
    text = text.replace(r"\_", "\x03").replace(r"^{\mathsf T}", "ᵀ").replace("^{T}", "ᵀ").replace(r"^{\mathsf H}", "ᴴ")
    text = re.sub(r"\\(?:text|mathrm|mathsf)\{([^{}]*)\}", r"\1", text.replace("^{-1}", "⁻¹"))
    text = re.sub(r"\\overline\{\{([a-z])\}", "\\1\u0304", re.sub(r"\\bar ([a-z])", "\\1\u0304", text))
    text = re.sub(r"\\([{}])", lambda m: {"{": "\x01", "}": "\x02"}[m[1]], text)
    while (folded := re.sub(r"_\{([^{}]*)\}", _subscript, text)) != text:
        text = folded
    while (folded := re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", _fraction, text)) != text:
        text = folded
    text = re.sub(r"\\[A-Za-z]+|\\[#;,]", lambda m: SIGNS.get(m[0], m[0]), text)
    text = re.sub(r"([⟨∂⌊¬δ]) | ([⟩⌋])", r"\1\2", re.sub(" ?· ?", "·", text))
    text = text.replace("{", "").replace("}", "").replace("\x01", "{").replace("\x02", "}").replace("\x03", "_")
    text = re.sub(r"\s+", " ", text.replace("-", "−")).replace("( ", "(").strip()
    text = re.sub(r" (?=[),\]])|(?<=[α-ω]) (?=[_\[])", "", text)
    return re.sub(r"(?<=[(∧∨⟹⇔⇒,⌊]) ?− (?=\w)", lambda m: m[0].replace("− ", "−"), text)


def _fraction(match: re.Match[str]) -> str:
    above, below = match.groups()
    return f"{above}/{below}" if re.fullmatch(r"[\w']+", above) else f"({above})/{below}"


def _subscript(match: re.Match[str]) -> str:
    return f"_{match[1]}" if re.fullmatch(r"\w+'?|\(.*\)", match[1]) else f"[{match[1].replace(',', ', ')}]"
