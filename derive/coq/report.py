"""What ``convt prove --coq`` does: write the files, let Coq read them where it is installed, and say how far that carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..spec import ConvSpec
from . import files, judge


@dataclass(frozen=True)
class Report:
    """What is said of each file, which theorems of which configurations Coq accepts, and whether anything that was asked failed."""

    lines: tuple[str, ...]
    accepted: frozenset[tuple[ConvSpec, int]]
    failed: bool
    digests: Mapping[str, str]
    """SHA-256 of each file."""

    def of(self, spec: ConvSpec) -> dict[str, Any]:
        """What the certificate of a kernel says: the files about its configuration, and which Coq accepted them, if any did."""
        names = [f"{module}.v" for module in (*files.rests_on(spec), files.module_of(spec))]
        return {"coqc": judge.version() if any(one == spec for one, _ in self.accepted) else None,
                "files_sha256": {name: self.digests[name] for name in names}}


def report(specs: Sequence[ConvSpec], folder: Path) -> Report:
    """Write and check the files about these configurations. A theorem is accepted if every step of it is."""
    made = files.write(folder, specs)
    answers = judge.ask(folder, made) if judge.version() else []
    good = {answer.file.module for answer in answers if answer.accepted}
    lines = [_said(file, next((answer for answer in answers if answer.file is file), None)) for file in made if file.lemmas]
    if not judge.version():
        lines.append(f"coqc is not installed (Debian: apt install coq): the files in {folder} are written, and nothing has checked them")
    accepted = set[tuple[ConvSpec, int]]()
    for spec in dict.fromkeys(specs):
        needed = {*files.rests_on(spec), files.module_of(spec)}
        if good >= needed:
            missing = {lemma.theorem for file in made if file.module in needed for lemma in file.missing}
            accepted |= {(spec, number) for number in range(1, 100) if number not in missing}
    failed = any(file.missing for file in made) or (bool(answers) and len(good) < len(made))
    digests = {f"{file.module}.v": hashlib.sha256(file.text.encode()).hexdigest() for file in made}
    return Report(tuple(lines), frozenset(accepted), failed, digests)


def _said(file: files.CoqFile, answer: judge.Answer | None) -> str:
    """One line about a file: how many of its statements are written, and what Coq says of them."""
    stated, every = len(file.stated), len(file.lemmas)
    number = f"{stated} of {every} statements" if stated < every else f"{every} statements"
    left = f"; not stated: {', '.join(f'{lemma.name} ({lemma.why})' for lemma in file.missing)}" if file.missing else ""
    if answer is None:
        return f"{file.module}.v: {number}{left}"
    if answer.accepted:
        return f"{file.module}.v: {number}, accepted by coqc {judge.version()} without axioms in {answer.seconds:.1f} s of CPU{left}"
    return f"{file.module}.v: {number}, NOT accepted by coqc {judge.version()}: {answer.words}{left}"
