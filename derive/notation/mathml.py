"""LaTeX mathematics as MathML."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def mathml(latex: str, display: str = "block") -> str:
    """LaTeX mathematics as MathML. Raises ``ModuleNotFoundError`` naming the extra where the converter is missing."""
    try:
        from latex2mathml.converter import convert
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError("HTML output needs latex2mathml: pip install 'convt[html]'") from missing
    made = str(convert(latex.replace(r"\\[1pt]", r"\\"), display=display))
    made = re.sub(r"<mo( [^>]*)?>(&#x0219[13];|[↑↓])</mo>", r"<mi>\2</mi>", made)  # no relation, which would grow
    return made.replace("<math ", '<math displaystyle="true" ', 1) if r"\limits" in latex else made
