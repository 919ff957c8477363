"""Standard streams as they come: missing, full, or of an encoding that cannot spell what is printed."""

from __future__ import annotations

import codecs
import os
import re
import sys
from unicodedata import combining, decomposition, name

SPELLED = {  # where a stream has no better, and neither its accents nor its name say how a letter is spelled
    "→": "->", "←": "<-", "↦": "|->", "⇒": "=>", "⟹": "=>", "⇔": "<=>", "⟺": "<=>", "↔": "<->", "↑": "up", "↓": "down", "≔": ":=",
    "≤": "<=", "≥": ">=", "≪": "<<", "≫": ">>", "≠": "!=", "≡": "===", "≈": "~", "−": "-", "±": "+-", "⁻": "^-", "–": "-", "—": "-",
    "━": "-", "─": "-", "×": "x", "·": "*", "⋅": "*", "∗": "*", "∘": " o ", "⊗": "(x)", "⊙": "(.)", "⊕": "(+)", "∑": "sum", "∏": "prod",
    "∫": "int", "√": "sqrt", "∂": "d", "∇": "grad ", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "⟨": "<", "⟩": ">", "‖": "||",
    "∣": "|", "∞": "inf", "∅": "{}", "∈": " in ", "∉": " not in ", "⊆": " within ", "∪": " or ", "∩": " and ", "∀": "for all ",
    "∃": "exists ", "∧": " and ", "∨": " or ", "¬": "not ", "\N{COMBINING MACRON}": "_bar", '′': "'", '’': "'", '‘': "'", '“': '"',
    '”': '"', '„': '"', "•": "*", "◦": "o", "□": "[]", "⋮": ":", "⋱": "\\", "µ": "u", "✓": "yes", "✗": "no", "█": "#", "Π": "prod",
    "Σ": "sum", "λ": "lambda",
}
GREEK = re.compile("GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?([A-Z]+)")
PLAIN_ASCII = "convt-ascii"  # the codec under a name of its own: click answers a stream that says "ascii" with UTF-8


def spell(error: UnicodeError) -> tuple[str, int]:
    """The handler of letters that an encoding has not: spelled out, or as a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(spelled, error.object[error.start:error.end])), error.end


def spelled(letter: str) -> str:
    """One letter in ASCII: ``≤`` as ``<=``, ``x₀`` as ``x_0``, ``ū`` as ``u_bar``, ``τ`` as ``tau``."""
    if letter in SPELLED or letter.isascii():
        return SPELLED.get(letter, letter)
    kind, _, parts = decomposition(letter).rpartition("> ")
    if parts:
        sign = {"<super": "^", "<sub": "_"}.get(kind, "")
        return sign + "".join(spelled(chr(int(part, 16))) for part in parts.split())
    if combining(letter):  # an accent, whose letter is there
        return ""
    greek = GREEK.match(name(letter, ""))
    return (greek[2].capitalize() if greek[1] == "CAPITAL" else greek[2].lower()) if greek else "?"


def _plain_ascii(wanted: str) -> codecs.CodecInfo | None:
    if wanted != PLAIN_ASCII.replace("-", "_"):
        return None
    known = codecs.lookup("ascii")
    return codecs.CodecInfo(known.encode, known.decode, known.streamreader, known.streamwriter, known.incrementalencoder,
                            known.incrementaldecoder, PLAIN_ASCII)


def prepare() -> None:
    """Before anything is printed: no descriptor is missing (a file would take its number), no letter can end the program."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    codecs.register_error("convt-spell", spell)
    codecs.register(_plain_ascii)
    for missing in ("stdout", "stderr"):
        stream = getattr(sys, missing)
        if stream is None:
            setattr(sys, missing, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # for the life of the process
        elif hasattr(stream, "reconfigure"):
            ascii_only = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=PLAIN_ASCII if ascii_only else None, errors="convt-spell")


def shown(text: str) -> str:
    """The text as standard output will spell it: what a column is as wide as."""
    encoding = sys.stdout.encoding
    return text.encode(encoding, "convt-spell").decode(encoding) if getattr(sys.stdout, "errors", "") == "convt-spell" else text


def finish() -> None:
    """Say all that was printed, now, while an error can still be reported. Raises ``OSError`` (a full disk, a closed pipe).

    What could not be said is forgotten: the interpreter would try once more at its end, and complain in its own way.
    """
    failed = None
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
            failed = failed or error
    if failed:
        raise failed
