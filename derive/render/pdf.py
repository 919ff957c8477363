"""A LaTeX document as PDF, by latexmk, tectonic or pdflatex, whichever is there."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from .. import children
from ..derivation import Derivation
from ..errors import ToolMissing
from . import latex

COMMANDS = {
    "latexmk": ["latexmk", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-quiet", "d.tex"],
    "tectonic": ["tectonic", "--keep-logs", "d.tex"],
    "pdflatex": ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "d.tex"],
}
SECONDS = 180


class DoesNotCompile(RuntimeError):
    """TeX refused a document that this package wrote."""


def document(derivation: Derivation) -> bytes:
    """The LaTeX document of a derivation as PDF."""
    return compiled(latex.document(derivation))[0]


def compiled(document: str) -> tuple[bytes, str]:
    """(PDF, log). ``ToolMissing`` with the cure where no TeX is installed, ``DoesNotCompile`` with the end of the log."""
    tool = next((name for name in COMMANDS if shutil.which(name)), None)
    if tool is None:
        raise ToolMissing("PDF needs latexmk, tectonic or pdflatex: apt-get install latexmk texlive-latex-recommended "
                          "texlive-fonts-recommended lmodern (or use --format latex)")
    with tempfile.TemporaryDirectory(prefix="convt-tex-") as folder:
        (Path(folder) / "d.tex").write_text(document, encoding="utf-8")
        for _ in range(2 if tool == "pdflatex" else 1):  # the table of theorems settles its columns in the second run
            done = children.start_program(COMMANDS[tool], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                          stderr=subprocess.STDOUT, errors="replace")
            try:
                said, _ = children.finish(done, seconds=SECONDS)
            except subprocess.TimeoutExpired:
                raise DoesNotCompile(f"{tool} did not end within {SECONDS} s") from None
        log = Path(folder) / "d.log"
        text = log.read_text(encoding="latin-1") if log.exists() else said
        made = Path(folder) / "d.pdf"
        if done.returncode or not made.exists():
            raise DoesNotCompile(f"{tool} failed:\n" + "\n".join(text.splitlines()[-30:]))
        return made.read_bytes(), text
