"""Coq as a judge: ``coqc`` reads the files, and its kernel accepts every proof of a file or none.

It is asked on request only, since it takes seconds; where it is not installed, nothing is asked.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .. import children
from .files import CoqFile

NAME = "coq"
SECONDS = 600.0  # until an answer about one file, on a machine that is busy
CLOSED = "Closed under the global context"


@dataclass(frozen=True)
class Answer:
    """What Coq says of a file: whether it accepts all of it, without axioms, in how many seconds of CPU; else its last words."""

    file: CoqFile
    accepted: bool
    seconds: float
    words: str = ""


@cache
def version() -> str:
    """The version of ``coqc``, empty where it is not installed."""
    if shutil.which("coqc") is None:
        return ""
    asked, said, _ = _run(("coqc", "--print-version"), Path())
    return said.split(" ")[0].strip() if asked == 0 else ""


def ask(folder: Path, files: Sequence[CoqFile]) -> list[Answer]:
    """Each file in order. A file that does not end, or says anything but that it rests on no axiom, is not accepted."""
    return [_ask(folder, file) for file in files]


def _ask(folder: Path, file: CoqFile) -> Answer:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        code, said, complaint = _run(("coqc", "-q", "-noglob", "-Q", ".", "Convt", f"{file.module}.v"), folder)
    except subprocess.TimeoutExpired:
        return Answer(file, False, _spent(before), f"no answer within {SECONDS:.0f} s")
    output = said.strip()
    accepted = code == 0 and output == (CLOSED if file.lemmas else "")
    return Answer(file, accepted, _spent(before), "" if accepted else _last_words(file, complaint, output))


def _run(words: tuple[str, ...], folder: Path) -> tuple[int, str, str]:
    """(exit code, what it said, what it complained of) of a child that ends with this process."""
    child = children.start_program(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   encoding="utf-8", errors="replace")
    said, complaint = children.finish(child, None, SECONDS)
    return child.returncode, said, complaint


def _spent(before: resource.struct_rusage) -> float:
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _last_words(file: CoqFile, complaint: str, output: str) -> str:
    """The theorem at which Coq stopped, and why."""
    error = complaint.find("Error:")
    where = re.findall(r"line (\d+)", complaint[:error])
    above = "\n".join(file.text.split("\n")[:int(where[-1])]) if where else ""
    name = re.findall(r"Theorem (\w+)", above)
    why = re.sub(r"\s+", " ", complaint[error:] if error >= 0 else complaint or f"it rests on axioms: {output}")[:300].strip()
    return f"{name[-1]}: {why}" if name else why
